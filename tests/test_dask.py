"""A scheduler and workers on this machine: the same results, also where a worker is killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from test_batch import HARM, folder_of, organisation, stand_in, status_of, wait_until, written

from assess import batch, cli
from assess.batch import away, cluster
from assess.batch.cluster import Cluster
from assess.batch.job import Job, Made, keep_one
from assess.records import AssessError

WITHOUT = "needs: pip install 'assess[dask]'"
PARAMETERS = {"period": "", "previous": "", "mode": "internal", "seed": 1}
ON_LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="sees workers in /proc")

# A worker of dask's is the parent of the process that a notebook runs in.
DEADLY = """
import os
import time
from pathlib import Path

name = Path(records).name
if name == "deadly":
    os.kill(os.getppid(), 9)
    time.sleep(60)
"""


@pytest.fixture(autouse=True, scope="module")
def _installed():
    pytest.importorskip("distributed", reason=WITHOUT)


def job_for(source, out, notebook, **parameters):
    return Job(source, out, notebook, "print", parameters=PARAMETERS | parameters)


# What travels


def test_a_parcel_holds_the_records_the_notebook_and_nothing_else(tmp_path):
    source = organisation(tmp_path / "records", "one")
    (tmp_path / "records" / "other.csv").write_text("not ours")
    (source / ".hidden").write_text("not records")
    notebook = stand_in(tmp_path / "n")
    parcel = away.pack(job_for(source, tmp_path / "out", notebook), 60, shared=False)
    names = {path.name for path in source.iterdir()} - {".hidden"}
    assert set(parcel.files) == {source / name for name in names} | {notebook}
    assert parcel.files[source / "members.csv"] == (source / "members.csv").read_bytes()


def test_what_a_link_leads_to_outside_the_records_does_not_travel(tmp_path):
    source = organisation(tmp_path / "records", "one")
    (tmp_path / "secret.csv").write_text("secret")
    (source / "votes.csv").unlink(missing_ok=True)
    (source / "votes.csv").symlink_to(tmp_path / "secret.csv")
    notebook = stand_in(tmp_path / "n")
    parcel = away.pack(job_for(source, tmp_path / "out", notebook), 60, shared=False)
    assert parcel.files[source / "votes.csv"] is None


def test_records_too_large_to_travel_are_refused_in_words(tmp_path, monkeypatch):
    """The limit is set to 1 kB; the smallest sample has more."""
    source = organisation(tmp_path / "records", "one")
    monkeypatch.setattr(away, "MOST_BYTES", 1000)
    with pytest.raises(AssessError, match="--dask-shared"):
        away.pack(job_for(source, tmp_path, stand_in(tmp_path / "n")), 60, shared=False)


def test_a_machine_with_another_assess_takes_no_part(tmp_path):
    source = organisation(tmp_path / "records", "one")
    parcel = away.pack(job_for(source, tmp_path, stand_in(tmp_path / "n")), 60, shared=False)
    refused = away.assess_away(replace(parcel, code="another"))
    assert isinstance(refused, away.Refusal)
    assert "another version" in refused.message


def test_a_machine_that_sees_other_records_takes_no_part(tmp_path):
    """The records change between sending and reading, as they would be others elsewhere."""
    source = organisation(tmp_path / "records", "one")
    parcel = away.pack(job_for(source, tmp_path, stand_in(tmp_path / "n")), 60, shared=True)
    assert not [path for path in parcel.files if path.suffix == ".csv"]
    (source / "members.csv").write_text("member_id\n")
    refused = away.assess_away(parcel)
    assert "does not see the same records" in refused.message
    shutil.rmtree(source)
    assert "does not see the same records" in away.assess_away(parcel).message


@pytest.mark.slow
def test_what_comes_back_names_no_folder_of_the_machine_that_made_it(tmp_path, monkeypatch):
    """Nothing is written to the results there, and nothing stays behind."""
    source = organisation(tmp_path / "records", "one")
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(away, "_scratch", lambda: str(tmp_path / "scratch"))
    parcel = away.pack(
        job_for(source, tmp_path / "out", stand_in(tmp_path / "n")), 60, shared=False
    )
    try:
        made = away.assess_away(parcel)
    finally:
        away.rest()
    assert isinstance(made, Made)
    assert (made.outcome.source, made.outcome.folder) == (source, "one/2025")
    assert not [name for name, text in made.files.items() if "scratch" in text]
    assert not list((tmp_path / "scratch").iterdir())
    assert not (tmp_path / "out").exists()


# What is said


def test_without_the_package_the_way_to_install_it_is_said(tmp_path, monkeypatch):
    organisation(tmp_path / "records", "one")
    monkeypatch.setitem(sys.modules, "distributed", None)
    arguments = [
        "run",
        str(tmp_path / "records"),
        "--out",
        str(tmp_path / "out"),
        "--dask",
        "local",
    ]
    told = CliRunner().invoke(cli.main, arguments)
    assert told.exit_code == 2
    assert "pip install 'assess[dask]'" in told.output
    assert not (tmp_path / "out").exists()


def test_shared_records_need_an_address(tmp_path):
    told = CliRunner().invoke(cli.main, ["run", str(tmp_path), "--dask-shared"])
    assert told.exit_code == 2
    assert "--dask-shared goes with --dask" in told.output


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x:1"])
def test_an_address_where_nothing_answers_is_said(tmp_path, monkeypatch, address):
    monkeypatch.setattr(cluster, "ANSWER", 1)
    source = organisation(tmp_path / "records", "one")
    with pytest.raises(AssessError, match="No dask scheduler answers"), Cluster(address) as reached:
        batch.run([source], tmp_path / "out", cluster=reached, quiet=True)


def test_encryption_without_a_certificate_is_said(tmp_path):
    source = organisation(tmp_path / "records", "one")
    with pytest.raises(AssessError, match="certificate"), Cluster("tls://127.0.0.1:1") as reached:
        batch.run([source], tmp_path / "out", cluster=reached, quiet=True)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://10.1.2.3:8786", True),
        ("node7:8786", True),
        ("tls://10.1.2.3:8786", False),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://[::1]:8786", False),
    ],
)
def test_a_network_without_encryption_is_said(capsys, address, said):
    cluster._warn_of_readers(address, shared=False)
    assert ("without encryption" in capsys.readouterr().err) == said


# A scheduler and two workers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def there(tmp_path):
    """A scheduler and two workers as processes of their own: its address, and the workers."""
    port, log = free_port(), open(tmp_path / "dask.log", "w")  # noqa: SIM115
    address = f"tcp://127.0.0.1:{port}"
    environment = os.environ | {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        "DASK_TEMPORARY_DIRECTORY": str(tmp_path / "scratch"),
        "ASSESS_KEYS": str(tmp_path / "no keys of the cluster"),
    }

    def start(kind, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=tmp_path)

    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    one = ("--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", "--no-nanny")
    workers = [start("worker", address, *one) for _ in range(2)]
    yield SimpleNamespace(address=address, scheduler=scheduler, workers=workers)
    for process in (*workers, scheduler):
        process.kill()
        process.wait()
    log.close()


def run_there(records, out, notebook, address, **options):
    shared = options.pop("shared", False)
    with Cluster(address, shared=shared) as reached:
        return batch.run([records], out, notebook=notebook, cluster=reached, quiet=True, **options)


def same_files(one, other):
    """Every file but the log, byte by byte."""
    names = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    names -= {Path("run.log"), Path(".lock")}
    others = {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    assert others - {Path("run.log"), Path(".lock")} == names
    different = [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()]
    assert not different
    return names


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["internal", "publish"])
def test_a_cluster_gives_the_bytes_that_one_machine_gives(tmp_path, there, mode):
    """Records that travel, and records read where they lie; a bad one among them."""
    for name in ("good", "better {braces}"):
        organisation(tmp_path / "records", name, id=name.split()[0])
    broken = organisation(tmp_path / "records", "broken")
    for table in ("members", "meetings", "decisions"):
        (broken / f"{table}.csv").write_bytes(b"\x00\xff\x00")
    notebook = batch.shipped_notebook("assessment")
    options = {"langs": ("en", "cy"), "mode": mode}
    batch.run([tmp_path / "records"], tmp_path / "here", quiet=True, **options)
    run_there(tmp_path / "records", tmp_path / "there", notebook, there.address, **options)
    assert len(same_files(tmp_path / "here", tmp_path / "there")) > 10
    run_there(
        tmp_path / "records", tmp_path / "shared", notebook, there.address, shared=True, **options
    )
    same_files(tmp_path / "here", tmp_path / "shared")
    assert not (tmp_path / "no keys of the cluster").exists()
    assert not [path for path in (tmp_path / "scratch").rglob("*.csv")]


@pytest.mark.slow
@ON_LINUX
def test_a_worker_killed_in_the_middle_loses_nothing(tmp_path, there):
    """One of two workers gets SIGKILL after the first results; the other does the rest.

    The notebook sleeps a second for each of eight, so both are at work when it comes. A second run
    finds nothing to do, and needs no cluster for it.
    """
    for place in range(8):
        organisation(tmp_path / "records", f"slow-{place}")
    notebook = stand_in(tmp_path / "n", HARM)
    out = tmp_path / "reports"
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\nfrom assess import batch\nfrom assess.batch.cluster import Cluster\n"
        "if __name__ == '__main__':\n"
        "    with Cluster(sys.argv[4]) as reached:\n"
        "        batch.run([sys.argv[1]], sys.argv[2], notebook=sys.argv[3], cluster=reached)\n"
    )
    command = [sys.executable, script, tmp_path / "records", out, notebook, there.address]
    running = subprocess.Popen(command)
    wait_until(lambda: len(list(out.glob("*/*/run.json"))) >= 2, seconds=120)
    assert len(list(out.glob("*/*/run.json"))) < 8
    there.workers[0].send_signal(signal.SIGKILL)
    assert running.wait(timeout=120) == 0
    assert {row["state"] for row in status_of(out).values()} == {"assessed"}
    batch.run([tmp_path / "records"], tmp_path / "here", notebook=notebook, quiet=True)
    same_files(tmp_path / "here", out)
    again = run_there(tmp_path / "records", out, notebook, "tcp://127.0.0.1:1")
    assert again.counts == {"unchanged": 8}


@pytest.mark.slow
def test_harm_costs_one_organisation_as_it_does_on_one_machine(tmp_path, there):
    """Hung, killed, raising: each a line; the workers of the cluster live on."""
    for name in ("good", "hangs", "killed", "other", "raises"):
        organisation(tmp_path / "records", name)
    out, notebook = tmp_path / "reports", stand_in(tmp_path / "n", HARM)
    status = run_there(tmp_path / "records", out, notebook, there.address, timeout=10)
    told = {outcome.source.name: outcome for outcome in status.outcomes}
    assert told["good"].state == told["other"].state == "assessed"
    assert written(folder_of(out, "good")) == written(folder_of(out, "other"))
    assert "10 seconds" in told["hangs"].message
    assert "died twice" in told["killed"].message
    assert "ValueError" in told["raises"].message
    assert "Jones" not in (out / "status.csv").read_text() + (out / "run.log").read_text()
    assert status.comparison == ""
    assert [worker.poll() for worker in there.workers] == [None, None]


@pytest.mark.slow
@ON_LINUX
def test_an_organisation_that_kills_workers_of_the_cluster_is_named_and_no_other(tmp_path):
    """Its own cluster allows one death before it gives up; its nannies start workers again."""
    for name in ("a", "deadly", "z"):
        organisation(tmp_path / "records", name)
    out, notebook = tmp_path / "reports", stand_in(tmp_path / "n", DEADLY)
    with Cluster("local", jobs=2) as own:
        status = batch.run([tmp_path / "records"], out, notebook=notebook, cluster=own, quiet=True)
    told = {outcome.source.name: outcome for outcome in status.outcomes}
    assert told["a"].state == told["z"].state == "assessed"
    assert "died at this organisation" in told["deadly"].message


@pytest.mark.slow
def test_a_scheduler_that_goes_away_leaves_what_is_finished(tmp_path, there, monkeypatch):
    """It is killed when the second result is kept. The next run, on one machine, does the rest."""
    for place in range(6):
        organisation(tmp_path / "records", f"slow-{place}")
    out, notebook = tmp_path / "reports", stand_in(tmp_path / "n", HARM)
    kept = []

    def keep(job, made):
        kept.append(keep_one(job, made))
        if len(kept) == 2:
            there.scheduler.kill()
        return kept[-1]

    monkeypatch.setattr(cluster, "keep_one", keep)
    with pytest.raises(AssessError, match="went away"):
        run_there(tmp_path / "records", out, notebook, there.address)
    finished = len(list(out.glob("*/*/run.json")))
    assert 2 <= finished == len(kept) < 6
    status = batch.run([tmp_path / "records"], out, notebook=notebook, quiet=True)
    assert status.counts == {"unchanged": finished, "assessed": 6 - finished}
