"""Many organisations in one run: what is written, what goes wrong, and what a second run does."""

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from assess import batch
from assess.batch import job
from assess.records import AssessError
from assess.whole_files import DiskError, cannot_write, only_run, write_whole

SMALLEST = Path(__file__).parents[1] / "data" / "clwb-rhosycwsg"
EXPECTED = {
    "assessment.html",
    "assessment.ipynb",
    "excluded_rows.csv",
    "run.json",
    "scores.csv",
    "source_rows.csv",
}

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="sees workers in /proc")

# What a notebook may do to the worker it runs in, by the name of the organisation's folder.
HARM = """
import os
from pathlib import Path

name = Path(records).name
if name == "hangs":
    while True:
        pass
if name == "killed":
    os.kill(os.getpid(), 9)
if name == "greedy":
    bytearray(3_000_000_000)
if name == "raises":
    raise ValueError("Mrs Jones, 4 Hill Street")
if name == "leaves":
    os._exit(0)
if name.startswith("slow"):
    import time
    time.sleep(1)
"""


def organisation(folder, name, *, id=None):
    """A copy of the smallest sample organisation under another id."""
    shutil.copytree(SMALLEST, folder / name)
    about = folder / name / "organisation.yaml"
    about.write_text(about.read_text().replace(f"id: {SMALLEST.name}", f"id: {id or name}"))
    return folder / name


def stand_in(folder, *sources):
    """A notebook with the parameters of ours and little else, in a folder of its own."""
    parameters = (
        'records = ""\nperiod = ""\nprevious = ""\nlang = "en"\nmode = "internal"\nseed = 0'
    )
    cells = [
        new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        *map(new_code_cell, sources),
        new_markdown_cell("## What the parameters were"),
        new_code_cell("lang, mode, seed, period"),
    ]
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "in.ipynb")
    return folder / "in.ipynb"


def written(folder):
    return {path.name for path in folder.iterdir()}


def status_of(out):
    with open(out / "status.csv", encoding="utf-8") as file:
        return {row["organisation"]: row for row in csv.DictReader(file)}


@pytest.fixture(autouse=True, scope="module")
def _code_stays_as_it_is():
    """Someone may be editing the code while its tests run; that would make every result stale."""
    batch._CODE[:] = ["as it is"]
    yield
    batch._CODE.clear()


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Two good organisations and one whose required tables cannot be read."""
    folder = tmp_path_factory.mktemp("given")
    records = folder / "records"
    organisation(records, "good")
    organisation(records, "better {braces}", id="better")
    broken = organisation(records, "broken")
    for table in ("members", "meetings", "decisions"):
        (broken / f"{table}.csv").write_bytes(b"\x00\xff\x00")
    return records, stand_in(folder / "notebook")


@pytest.fixture(scope="module")
def first(given, tmp_path_factory):
    records, notebook = given
    out = tmp_path_factory.mktemp("first") / "reports"
    return out, batch.run([records], out, notebook=notebook, langs=("en", "cy"), quiet=True)


def folder_of(out, id):
    (folder,) = (out / id).iterdir()
    return folder


def test_each_organisation_has_all_its_files(first):
    out, _ = first
    for id in ("good", "better"):
        assert written(folder_of(out, id)) >= EXPECTED | {"asesiad.html", "asesiad.ipynb"}


def test_one_that_cannot_be_read_stops_only_itself(first):
    out, status = first
    assert status.exit_code == 1
    assert {o.source.name: o.state for o in status.outcomes} == {
        "better {braces}": "assessed",
        "broken": "failed",
        "good": "assessed",
    }
    assert "Traceback" not in status_of(out)["broken"]["message"]
    assert status_of(out)["broken"]["message"]
    assert not (out / "broken").exists()


def test_the_comparison_and_the_first_page_stand_beside_them(first):
    """Two were assessed, so there is something to compare: six principles for each."""
    out, status = first
    assert status.comparison == ""
    pages = {"comparison", "cymhariaeth"}
    assert {f"{page}.{kind}" for page in pages for kind in ("html", "ipynb")} < written(out)
    with open(out / "comparison.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["organisation"] for row in rows] == ["better"] * 6 + ["good"] * 6
    assert [row["id"] for row in rows[:6]] == list("123456")
    index = (out / "index.html").read_text()
    for link in ("good/2025/assessment.html", "good/2025/asesiad.html", "cymhariaeth.html"):
        assert f'href="{link}"' in index


def test_a_copy_to_publish_holds_no_rows_and_no_names_of_files(given, tmp_path):
    records, notebook = given
    out = tmp_path / "reports"
    batch.run([records / "good"], out, notebook=notebook, mode="publish", quiet=True)
    folder = folder_of(out, "good")
    assert written(folder) >= {"assessment.html", "assessment.ipynb", "run.json", "scores.csv"}
    assert not written(folder) & {"source_rows.csv", "excluded_rows.csv"}
    assert "members.csv" not in (folder / "run.json").read_text()
    assert str(records) not in (folder / "assessment.ipynb").read_text()
    assert "good" not in (folder / "assessment.ipynb").read_text()


def test_a_comparison_of_one_is_not_made_and_an_old_one_not_left(given, tmp_path):
    records, notebook = given
    out = tmp_path / "reports"
    out.mkdir()
    (out / "comparison.html").write_text("of a run before")
    status = batch.run([records / "good"], out, notebook=notebook, quiet=True)
    assert status.comparison == ""
    assert "comparison.html" not in written(out)
    assert "comparison.html" not in (out / "index.html").read_text()


def test_nothing_half_written_or_private_to_the_run_is_left(first):
    out, _ = first
    assert not [path for path in out.rglob(".*") if path.name != ".lock"]


def test_each_language_is_a_whole_page_with_a_link_to_the_other(first):
    folder = folder_of(first[0], "good")
    assert 'href="asesiad.html"' in (folder / "assessment.html").read_text()
    assert 'href="assessment.html"' in (folder / "asesiad.html").read_text()
    assert "(&#39;cy&#39;, " in (folder / "asesiad.html").read_text()


def test_a_notebook_keeps_no_trace_of_the_run_and_runs_again_where_it_lies(first, given):
    """Its parameter points from its own folder to the records; nothing else names this machine."""
    folder = folder_of(first[0], "good")
    text = (folder / "assessment.ipynb").read_text()
    notebook = nbformat.reads(text, 4)
    assert "papermill" not in notebook.metadata
    assert not any("papermill" in cell.metadata for cell in notebook.cells)
    assert str(given[0]) not in text
    (injected,) = (c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", []))
    values = {}
    exec(injected.source, values)
    assert (folder / values["records"]).resolve() == given[0] / "good"


def test_the_run_record_says_what_the_results_rest_on(first):
    record = json.loads((folder_of(first[0], "good") / "run.json").read_text())
    assert record["organisation"] == "good"
    assert record["parameters"]["seed"] == 1
    assert record["parameters"]["lang"] == ["en", "cy"]
    assert set(record["versions"]) >= {"assess", "python", "pandas", "altair"}
    members = (SMALLEST / "members.csv").read_bytes()
    assert (
        record["inputs_sha256"]["members.csv"] == __import__("hashlib").sha256(members).hexdigest()
    )
    assert record["rows"]["read"]["members"] == members.count(b"\n") - 1
    assert set(record["rows"]["used"]) <= {*record["rows"]["read"], "organisation"}
    assert record["method_version"]


def test_scores_carry_what_they_rest_on(first):
    with open(folder_of(first[0], "good") / "scores.csv", encoding="utf-8", newline="") as file:
        text = file.read()
    rows = list(csv.DictReader(text.splitlines()))
    assert "\r" not in text
    assert len([row for row in rows if row["level"] == "principle"]) == 6
    assert len([row for row in rows if row["level"] == "indicator"]) == 48
    assert {"numerator", "denominator", "n_missing", "coverage", "state"} <= set(rows[0])


def test_a_second_run_leaves_alone_what_still_holds(first, given):
    out, _ = first
    records, notebook = given
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*/*")}
    status = batch.run([records], out, notebook=notebook, langs=("en", "cy"), quiet=True)
    assert status.counts == {"unchanged": 2, "failed": 1}
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*/*")} == before
    assert status_of(out)["good"]["folder"].startswith("good/")


def test_two_runs_give_the_same_bytes(first, given, tmp_path):
    """Every file but the log and what this run did, whichever worker made it."""
    out, _ = first
    records, notebook = given
    shutil.copytree(out, tmp_path / "reports")
    batch.run(
        [records],
        tmp_path / "reports",
        notebook=notebook,
        langs=("en", "cy"),
        force=True,
        quiet=True,
    )
    names = {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
    assert len([name for name in names if name.suffix == ".html"]) >= 4
    for name in names - {Path("run.log"), Path("status.csv")}:
        assert (tmp_path / "reports" / name).read_bytes() == (out / name).read_bytes(), name


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda job: job.source / "members.csv", id="records"),
        pytest.param(lambda job: job.notebook, id="notebook"),
    ],
)
def test_a_changed_file_makes_the_results_stale(tmp_path, change):
    source = organisation(tmp_path, "one")
    work = job.Job(source, tmp_path, stand_in(tmp_path / "n"), "", parameters={"seed": 1})
    before = batch.fingerprint(work)
    assert batch.fingerprint(work) == before
    with open(change(work), "a") as file:
        file.write("\n")
    assert batch.fingerprint(work) != before


def test_a_changed_parameter_makes_the_results_stale(tmp_path):
    source, notebook = organisation(tmp_path, "one"), stand_in(tmp_path / "n")
    prints = {
        batch.fingerprint(job.Job(source, tmp_path, notebook, "", langs, parameters={"seed": seed}))
        for langs in (("en",), ("en", "cy"))
        for seed in (1, 2)
    }
    assert len(prints) == 4


def test_changed_code_makes_the_results_stale(monkeypatch):
    """The framework, the template and the catalogue lie beside the code and count as code."""
    monkeypatch.setattr(batch, "_CODE", [])
    before = batch.code_print()
    read = []
    monkeypatch.setattr(batch, "_CODE", [])
    monkeypatch.setattr(batch, "_sha256", lambda path: read.append(path) or str(len(read)))
    assert batch.code_print() != before
    names = {path.name for path in read}
    assert {"six_principles.yaml", "index.html.j2", "assess.po", "members.py", "score.py"} <= names
    assert not any(name.endswith(".pyc") for name in names)


# What may go wrong


@pytest.mark.slow
def test_harm_costs_one_organisation_and_the_next_run_takes_up_the_rest(tmp_path):
    """Hung, killed, out of memory, raising, leaving: each a line; the good ones are complete."""
    names = ["good", "greedy", "hangs", "killed", "leaves", "other", "raises"]
    for name in names:
        organisation(tmp_path / "records", name)
    out, notebook = tmp_path / "reports", stand_in(tmp_path / "n", HARM)
    limits = {"timeout": 10, "memory": 2_000_000_000}
    status = batch.run([tmp_path / "records"], out, notebook=notebook, quiet=True, **limits)
    told = {outcome.source.name: outcome for outcome in status.outcomes}
    assert list(told) == names
    for name in ("good", "other"):
        assert told[name].state == "assessed"
        assert written(folder_of(out, name)) >= EXPECTED
    assert "memory" in told["greedy"].message
    assert "10 seconds" in told["hangs"].message
    assert "died twice" in told["killed"].message
    assert "ValueError" in told["raises"].message
    assert told["leaves"].state == "failed"
    assert "Jones" not in (out / "status.csv").read_text() + (out / "run.log").read_text()
    assert status.exit_code == 1

    for name in ("hangs", "killed"):  # mended: the notebook no longer minds
        shutil.rmtree(tmp_path / "records" / name)
        organisation(tmp_path / "records", f"{name}-mended", id=name)
    again = batch.run([tmp_path / "records"], out, notebook=notebook, quiet=True, **limits)
    told = {outcome.source.name: outcome.state for outcome in again.outcomes}
    assert told["good"] == told["other"] == "unchanged"
    assert told["hangs-mended"] == told["killed-mended"] == "assessed"
    assert told["greedy"] == told["raises"] == "failed"


@pytest.mark.slow
def test_two_organisations_with_one_id_do_not_overwrite_each_other(tmp_path):
    """The first is kept; the second is told of the first."""
    for name in ("a", "b"):
        organisation(tmp_path / "records", name, id="twin")
    arguments = {"notebook": stand_in(tmp_path / "n"), "jobs": 1, "quiet": True}
    status = batch.run([tmp_path / "records"], tmp_path / "reports", **arguments)
    assert [outcome.state for outcome in status.outcomes] == ["assessed", "failed"]
    assert "same id, 'twin'" in status.outcomes[1].message
    again = batch.run([tmp_path / "records"], tmp_path / "reports", **arguments)
    assert [outcome.state for outcome in again.outcomes] == ["unchanged", "failed"]


def test_two_runs_into_one_folder_refuse_each_other(tmp_path):
    source = organisation(tmp_path, "one")
    with (
        only_run(tmp_path / "reports"),
        pytest.raises(AssessError, match="Another run is writing to"),
    ):
        batch.run([source], tmp_path / "reports")


def in_another_process(records, out, notebook):
    """A run in a process of its own, to be stopped from outside."""
    script = notebook.parent / "run.py"
    script.write_text(
        "import sys\nfrom assess import batch\n"
        "if __name__ == '__main__':\n"
        "    batch._CODE[:] = ['as it is']\n"
        "    batch.run([sys.argv[1]], sys.argv[2], notebook=sys.argv[3])\n"
    )
    return subprocess.Popen([sys.executable, script, records, out, notebook])


def wait_until(done, *, seconds=60):
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.05)


def workers_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()]


@pytest.mark.slow
@ON_LINUX
@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(signal.SIGINT, id="Ctrl-C"),
        pytest.param(signal.SIGKILL, id="killed"),
    ],
)
def test_a_run_that_is_stopped_goes_on_where_it_stopped(tmp_path, stop):
    several = 30  # more than a fast machine finishes between being told to stop and stopping
    for place in range(several):
        organisation(tmp_path / "records", f"slow-{place}")
    out, notebook = tmp_path / "reports", stand_in(tmp_path / "n", HARM)
    running = in_another_process(tmp_path / "records", out, notebook)
    wait_until(lambda: len(list(out.glob("*/*/run.json"))) >= 2)
    workers = workers_of(running.pid)
    running.send_signal(stop)
    running.wait(timeout=30)
    wait_until(
        lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in workers), seconds=30
    )
    finished = {path.parent for path in out.glob("*/*/run.json")}
    assert 2 <= len(finished) < several
    assert all(written(folder) >= EXPECTED for folder in finished)

    status = batch.run([tmp_path / "records"], out, notebook=notebook, quiet=True)
    assert status.counts == {"unchanged": len(finished), "assessed": several - len(finished)}
    assert not list(out.rglob("*.part"))


@pytest.mark.slow
@ON_LINUX
def test_a_worker_that_is_killed_once_costs_nothing(tmp_path):
    """Its organisation is tried again, by another worker."""
    for place in range(4):
        organisation(tmp_path / "records", f"slow-{place}")
    out, notebook = tmp_path / "reports", stand_in(tmp_path / "n", HARM)
    running = in_another_process(tmp_path / "records", out, notebook)
    wait_until(lambda: list(out.glob("*/*/run.json")))
    for pid in workers_of(running.pid):
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
            break
    assert running.wait(timeout=60) == 0
    assert {row["state"] for row in status_of(out).values()} == {"assessed"}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 300 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_a_sentence(small_disk, tmp_path):
    """What is finished stays; the next run, with room, goes on."""
    for place in range(6):
        organisation(tmp_path / "records", f"one-{place}")
    notebook = stand_in(tmp_path / "n", "from IPython.display import HTML\nHTML('x' * 50_000)")
    with pytest.raises(AssessError, match="is full"):
        batch.run([tmp_path / "records"], small_disk / "out", notebook=notebook, quiet=True)
    finished = {path.parent for path in (small_disk / "out").glob("*/*/run.json")}
    assert 0 < len(finished) < 6
    assert all(written(folder) >= EXPECTED for folder in finished)
    assert not list((small_disk / "out").rglob("*.part"))

    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    status = batch.run([tmp_path / "records"], small_disk / "out", notebook=notebook, quiet=True)
    assert status.counts == {"unchanged": len(finished), "assessed": 6 - len(finished)}


@pytest.mark.slow
@ON_LINUX
def test_a_worker_does_not_grow_with_the_organisations_it_has_done(tmp_path):
    """One worker, sixty organisations: the memory at the end is that of the start."""
    for place in range(60):
        organisation(tmp_path / "records", f"one-{place:02}")
    look = (
        "from pathlib import Path\n"
        "kept = [bytearray(1_000_000) for _ in range(20)]\n"
        "status = Path('/proc/self/status').read_text().split()\n"
        "with open(Path(records).parents[1] / 'memory.txt', 'a') as seen:\n"
        "    print(status[status.index('VmRSS:') + 1], file=seen)"
    )
    notebook = stand_in(tmp_path / "n", look)
    batch.run([tmp_path / "records"], tmp_path / "reports", notebook=notebook, jobs=1, quiet=True)
    sizes = [int(line) for line in (tmp_path / "memory.txt").read_text().split()]
    assert len(sizes) == 60
    early, late = sorted(sizes[10:20])[5], sorted(sizes[50:])[5]
    assert late - early < 10_000, f"grew by {(late - early) / 40:.0f} kB an organisation"


# Files


def test_a_file_is_the_old_one_or_the_new_one(tmp_path, monkeypatch):
    """Where the disk fills up in the middle, the old file is still whole."""
    path = tmp_path / "scores.csv"
    write_whole(path, "old\n")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="is full"):
        write_whole(path, "new\n" * 1000)
    assert path.read_text() == "old\n"
    assert written(tmp_path) == {"scores.csv"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EROFS, "may not be written to"),
        (errno.EACCES, "may not be written to"),
        (errno.EIO, "cannot be written to"),
    ],
)
def test_a_disk_that_refuses_is_told_in_words(code, words):
    assert words in str(cannot_write(Path("reports"), OSError(code, os.strerror(code))))


# What notebooks are given


def test_a_name_the_notebook_does_not_have_is_refused(tmp_path):
    """papermill would write it into the notebook as code."""
    _, own = job._notebook(stand_in(tmp_path / "n"), 0)
    with pytest.raises(AssessError, match=r"has no parameter import os; x"):
        job.known_parameters(own, {"import os; x": 1}, "in.ipynb")


@pytest.mark.parametrize("value", [(1, 2), {1: "a"}, Path("x"), float, [("a",)]])
def test_a_value_papermill_could_run_as_code_is_refused(tmp_path, value):
    _, own = job._notebook(stand_in(tmp_path / "n"), 0)
    with pytest.raises(AssessError, match="the value of records must be"):
        job.known_parameters(own, {"records": value}, "in.ipynb")


@pytest.mark.parametrize("value", ["a", 1, 0.5, True, None, ["a", 1], {"a": [1, None]}])
def test_plain_values_are_passed_on(tmp_path, value):
    _, own = job._notebook(stand_in(tmp_path / "n"), 0)
    assert job.known_parameters(own, {"records": value}, "in.ipynb") == {"records": value}


# Small things


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ""),
        ([7], "7"),
        ([2, 3, 4, 9], "2-4 9"),
        ([9, 2, 3, 2], "2-3 9"),
        (["finance", "care"], "care finance"),
    ],
)
def test_runs_of_rows_are_shortened(rows, words):
    assert job.spans(rows) == words


def test_progress_is_lines_where_no_one_watches(given, tmp_path, capsys):
    records, notebook = given
    batch.run([records], tmp_path / "reports", notebook=notebook)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert sorted(line.split()[0] for line in lines) == ["1/3", "2/3", "3/3"]
    batch.run([records], tmp_path / "reports", notebook=notebook, quiet=True)
    assert capsys.readouterr().err == ""
    assert (tmp_path / "reports" / "run.log").read_text().count("good: assessed") == 1


def test_both_engines_give_the_same_results(given, first, tmp_path):
    """A real kernel for each notebook: the same pages and tables, byte by byte."""
    records, notebook = given
    out = tmp_path / "reports"
    batch.run([records / "good"], out, notebook=notebook, langs=("en", "cy"), engine="kernel")
    for name in EXPECTED:
        assert (folder_of(out, "good") / name).read_bytes() == (
            folder_of(first[0], "good") / name
        ).read_bytes(), name
