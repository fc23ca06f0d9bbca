"""A bundle: what is in it, that its bytes repeat, that its numbers come out again elsewhere."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from assess import batch
from assess.batch import job
from assess.batch.job import Job, assess_one
from assess.bundle import bundle, public_notebook, software, sums, without_place
from assess.bundle.rerun import rerun
from assess.records import AssessError

DATA = Path(__file__).parents[1] / "data"
SMALL, LARGE = "clwb-rhosycwsg", "gofal-elwedd"
DAY = "2026-05-31"
PARAMETERS = 'records = ""\nperiod = ""\nprevious = ""\nlang = "en"\nmode = "internal"\nseed = 0'


def notebook_in(folder):
    """A notebook with the parameters of ours and little else: reports are tested elsewhere."""
    cells = [
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_markdown_cell("## Nothing to see"),
    ]
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "in.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def results(folder, *sources, mode="internal"):
    """A folder of results, as `assess run` leaves it."""
    folder.mkdir(exist_ok=True)
    parameters = {"period": "", "previous": "", "mode": mode, "seed": 1}
    notebook = notebook_in(folder)
    for source in sources:
        out = assess_one(Job(source, folder / "reports", notebook, "", parameters=parameters))
        assert out.state == "assessed", out.message
    return folder / "reports"


@pytest.fixture(autouse=True, scope="module")
def _code_stays_as_it_is():
    """Someone may be editing the code while its tests run; the wheel is made of it."""
    patch, content = pytest.MonkeyPatch(), software.wheel()
    patch.setattr(software, "wheel", lambda: content)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Results of the smallest sample, which has few scores, and of one that has all 48."""
    folder = tmp_path_factory.mktemp("results")
    return results(folder, DATA / SMALL, DATA / LARGE)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Results of the smallest sample alone."""
    return results(tmp_path_factory.mktemp("small"), DATA / SMALL)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Results made to publish."""
    folder = tmp_path_factory.mktemp("published")
    return results(folder, DATA / SMALL, DATA / LARGE, mode="publish")


@pytest.fixture(scope="module")
def with_records(reports, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles") / "with-records"
    bundle(reports, out, records=[DATA / SMALL, DATA / LARGE], date=DAY)
    return out


@pytest.fixture(scope="module")
def without_records(reports, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles") / "without-records"
    bundle(reports, out, date=DAY, authors=["Jones, Mair", "Tegfan Care"], licence="CC-BY-4.0")
    return out


def copied(bundled, tmp_path):
    return shutil.copytree(bundled, tmp_path / "copy")


def changed(folder, table, id, column, value):
    """One cell of a bundle's table, changed in place, and the checksums made to agree."""
    path = folder / "tables" / f"{table}.csv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["id"] == id and row["organisation"] == LARGE)
    before, row[column] = row[column], value
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "SHA256SUMS").write_text(sums(folder))
    return before


# Working it out again


def test_a_bundle_with_records_is_worked_out_again_whole(with_records):
    found = rerun(with_records)
    assert found.differences == ()
    assert found.damaged == ()
    assert (found.start, found.unchecked) == ("records", 0)
    assert found.compared > 2000


def test_a_bundle_without_records_is_worked_out_again_from_its_measures(without_records):
    """It says how many ranges it could not check, for they rest on single meetings."""
    assert not (without_records / "records").exists()
    found = rerun(without_records)
    assert found.differences == ()
    assert found.start == "measures"
    assert found.compared > 1500
    assert found.unchecked > 0
    assert any("could not be checked" in line for line in found.lines())


CHANGES = {  # what someone wrote into the tables: table, id, column -> value
    ("scores", "4.1b", "score"): "99.5",
    ("scores", "5", "score"): "1.25",
    ("scores", "6.2", "coverage"): "0.125",
    ("scores", "1.2a", "state"): "suppressed",
    ("measures", "2.2a", "numerator"): "3.0",
}


@pytest.fixture(scope="module", params=["with_records", "without_records"])
def tampered(request, tmp_path_factory):
    """A bundle with five cells changed and checksums that agree, and what rerun says of it."""
    bundled = request.getfixturevalue(request.param)
    folder = shutil.copytree(bundled, tmp_path_factory.mktemp("tampered") / "copy")
    for (table, id, column), value in CHANGES.items():
        assert changed(folder, table, id, column, value) != value
    return request.param, rerun(folder)


def test_every_changed_number_is_named(tampered):
    """From measures, a changed count shows in all that follows from it, not in itself."""
    kind, found = tampered
    assert found.damaged == ()
    assert not found.same
    named = {(each.id, each.column) for each in found.differences}
    wanted = {(id, column) for _, id, column in CHANGES}
    if kind == "without_records":
        wanted = wanted - {("2.2a", "numerator")} | {("2.2a", "value"), ("2.2a", "score")}
    assert named >= wanted
    assert {each.organisation for each in found.differences} == {LARGE}


def test_a_changed_number_is_said_with_what_comes_out(tampered):
    _, found = tampered
    [line] = [line for line in map(str, found.differences) if "4.1b, score" in line]
    assert line.startswith(f"{LARGE}, 2025-01-01/2025-12-31, 4.1b, score: the bundle says 99.5, ")
    assert any(line.endswith(f"{len(found.differences)} did not.") for line in found.lines())


def test_a_row_taken_out_and_a_row_put_in_are_named(without_records, tmp_path):
    folder = copied(without_records, tmp_path)
    path = folder / "tables" / "scores.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{LARGE},2025-01-01/2025-12-31,3,")]
    assert len(kept) == len(lines) - 1
    kept.append(lines[1].replace(SMALL, "another"))
    path.write_text("".join(kept), encoding="utf-8")
    named = {(each.organisation, each.id) for each in rerun(folder).differences}
    assert named == {(LARGE, "3"), ("another", "1.1a")}


def test_a_damaged_file_is_named(without_records, tmp_path):
    folder = copied(without_records, tmp_path)
    (folder / "README.md").write_text("Nothing is wrong.")
    (folder / "CITATION.cff").unlink()
    found = rerun(folder)
    assert found.damaged == ("CITATION.cff", "README.md")
    assert not found.same
    assert found.differences == ()


def test_what_is_no_bundle_is_refused_in_words(tmp_path):
    with pytest.raises(AssessError, match="is not a bundle of assess"):
        rerun(tmp_path)
    (tmp_path / "note.txt").write_text("a note")
    with pytest.raises(AssessError, match="neither a folder nor a zip file"):
        rerun(tmp_path / "note.txt")


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "a\\..\\outside.txt"])
def test_a_zip_file_cannot_write_outside(name, tmp_path):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "gone out")
    with pytest.raises(AssessError, match="points out of it"):
        rerun(path)
    assert not list(tmp_path.parent.glob("outside.txt"))


def test_a_link_in_a_zip_file_is_refused(tmp_path):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("tables")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, "/etc")
    with pytest.raises(AssessError, match="points out of it"):
        rerun(path)


def test_the_organisation_in_a_run_record_cannot_name_a_folder_elsewhere(small, tmp_path):
    """A record that names ../records is not followed out of the bundle."""
    bundle(small, tmp_path / "made", records=[DATA / SMALL], date=DAY)
    folder = tmp_path / "made"
    path = folder / "reports" / SMALL / "2025" / "run.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"organisation": f"../records/{SMALL}"}))
    with pytest.raises(AssessError, match="tables hold nothing of"):
        rerun(folder)


def test_a_bundle_that_names_a_folder_elsewhere_is_not_followed_there(small, tmp_path):
    """Record and tables agree on an organisation "../../elsewhere", and there are records there."""
    bundle(small, tmp_path / "made", date=DAY)
    shutil.copytree(DATA / SMALL, tmp_path / "elsewhere")
    folder, name = tmp_path / "made", "../../elsewhere"
    (folder / "records").mkdir()
    for path in [*(folder / "tables").glob("*.csv"), *folder.glob("reports/*/*/run.json")]:
        path.write_text(path.read_text(encoding="utf-8").replace(SMALL, name), encoding="utf-8")
    assert json.loads(next(folder.glob("reports/*/*/run.json")).read_text())["organisation"] == name
    assert rerun(folder).start == "measures"


def test_a_zip_file_that_unpacks_to_too_much_is_refused_before_it_does(tmp_path, monkeypatch):
    """A megabyte of zeros packs into a thousandth; the limit is 1,000 bytes here, 2 GB in use."""
    monkeypatch.setattr("assess.bundle.rerun.LARGEST", 1000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tables/scores.csv", b"0" * 1_000_000)
    assert path.stat().st_size < 2000
    with pytest.raises(AssessError, match="holds more than a bundle can"):
        rerun(path)


# The same bytes, and elsewhere


def test_two_bundles_of_the_same_results_have_the_same_bytes(small, tmp_path):
    for name in ("one.zip", "two.zip"):
        bundle(small, tmp_path / name, records=[DATA / SMALL], date=DAY)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.zip", "two.zip"))
    assert hashlib.sha256(one).hexdigest() == hashlib.sha256(two).hexdigest()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_a_zip_file_holds_what_the_folder_holds(without_records, reports, tmp_path):
    given = {"authors": ["Jones, Mair", "Tegfan Care"], "licence": "CC-BY-4.0"}
    bundle(reports, tmp_path / "b.zip", date=DAY, **given)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        names = archive.namelist()
        assert archive.read("SHA256SUMS") == (without_records / "SHA256SUMS").read_bytes()
    assert names == sorted(names)
    assert rerun(tmp_path / "b.zip").same


def test_checksums_hold_for_every_file(with_records):
    lines = (with_records / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split("  ")) for line in lines)
    there = {p.relative_to(with_records).as_posix() for p in with_records.rglob("*") if p.is_file()}
    assert set(listed) == there - {"SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256((with_records / name).read_bytes()).hexdigest() == digest


@pytest.mark.slow
def test_a_bundle_is_worked_out_again_in_a_new_environment(with_records, tmp_path):
    """A new environment with assess from the bundle's own wheel and from nowhere else.

    There is no network here, so the packages it needs are those of this environment; the lock in
    the bundle names them. This checkout is not on the new environment's path.
    """
    folder = shutil.copytree(with_records, tmp_path / "somewhere" / "else")
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    site = Path(subprocess.check_output([python, "-c", where], text=True).strip())
    packages = Path(pd.__file__).parents[1]
    (site / "packages.pth").write_text(f"{packages}\n")
    [wheel] = (folder / "software").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    told = subprocess.run(
        [python, "-c", "import assess; print(assess.__file__)"],
        cwd=folder, env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(told.stdout.strip()).is_relative_to(tmp_path)
    found = subprocess.run(
        [python, "-m", "assess.cli", "rerun", "."],
        cwd=folder, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(r"2 assessments worked out again from records: \d{4,} numbers", found.stdout)
    assert ", 0 did not" in found.stdout


def test_a_zip_file_is_worked_out_again_in_a_new_process(small, tmp_path):
    bundle(small, tmp_path / "b.zip", date=DAY)
    found = subprocess.run(
        [sys.executable, "-m", "assess.cli", "rerun", "b.zip"],
        cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    assert "from measures" in found.stdout


def test_the_wheel_holds_all_that_runs(with_records):
    [wheel] = (with_records / "software").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for name in ("six_principles.yaml", "cli.py", "schemas/members.py", "indicators/values.py"):
        assert f"assess/{name}" in names
    assert "assess/notebooks/assessment.ipynb" in names
    assert not [name for name in names if "__pycache__" in name or "/." in name]


# What others can read


@pytest.mark.parametrize("kind", ["with_records", "without_records"])
def test_the_data_package_is_valid(kind, request):
    """Types, choices, keys, and that every measure belongs to a run and to an indicator."""
    frictionless = pytest.importorskip("frictionless")
    folder = request.getfixturevalue(kind)
    checked = frictionless.Package(str(folder / "datapackage.json")).validate()
    assert checked.valid, checked.flatten(["fieldName", "rowNumber", "note"])
    assert len(checked.tasks) == 4
    for path in folder.glob("records/*/datapackage.json"):
        assert frictionless.Package(str(path)).validate().valid


def test_the_crate_loads_and_each_run_says_what_it_used_and_made(with_records):
    rocrate = pytest.importorskip("rocrate.rocrate")
    loaded = rocrate.ROCrate(str(with_records))
    runs = [entity for entity in loaded.get_entities() if entity.type == "CreateAction"]
    assert [run["name"].split(",")[0] for run in runs] == [
        f"Assessment of {SMALL}",
        f"Assessment of {LARGE}",
    ]
    for run in runs:
        assert run["instrument"]["name"] == "assess"
        assert f"records/{run['name'].split()[2].rstrip(',')}/meetings.csv" in {
            one.id for one in run["object"]
        }
        assert len(run["result"]) >= 3
    assert loaded.root_dataset["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"


CONTEXTS = (
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
)
# What the profile would like and we do not have: a page for assess on the web, which has none; the
# time a run ended, which is not recorded so that the same records give the same bytes; the body an
# author works for, and its page.
NOT_HAD = {
    "The Application SHOULD have a url",
    "The SoftwareApplication id SHOULD be an absolute URI",
    "The Action SHOULD have an endTime in ISO 8601 format",
    "The organization SHOULD have a URL.",
    "The author SHOULD have an organizational affiliation.",
    "The author SHOULD have a Contextual Entity which specifies the organizational `affiliation`.",
}


def faults_of_crate(folder, monkeypatch):
    """What the shapes of Process Run Crate 0.5, and of RO-Crate 1.1 beneath it, find amiss.

    The validator would fetch the two contexts. Here it is handed them: the copy that rocrate
    carries, whose terms are those of 1.1 but for sha256, and the one term of the other that we use.
    """
    rocrate = pytest.importorskip("rocrate")
    pytest.importorskip("rocrate_validator", reason="pip install roc-validator")
    from rocrate_validator import services
    from rocrate_validator.models import Severity, ValidationSettings
    from rocrate_validator.utils.http import HttpRequester

    text = Path(rocrate.__file__).with_name("data").joinpath("ro-crate.jsonld").read_text()
    terms = json.loads(text)["@context"]
    terms.pop("sha256")
    run = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
    known = dict(zip(CONTEXTS, ({"@context": terms}, {"@context": run}), strict=True))

    def handed(self, url, **_):
        said = {"status_code": 200, "headers": {"Content-Type": "application/ld+json"}}
        return SimpleNamespace(**said, json=lambda: known[url], text=json.dumps(known[url]))

    monkeypatch.setattr(HttpRequester, "get", handed, raising=False)
    settings = ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="process-run-crate-0.5",
        requirement_severity=Severity.RECOMMENDED,
    )
    issues = services.validate(settings).get_issues()
    return {(issue.severity.name, issue.message) for issue in issues}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["with_records", "without_records"])
def test_the_crate_conforms_to_its_profile(kind, request, monkeypatch):
    """All that it must have, and all that it should have but for what NOT_HAD gives reasons for."""
    found = faults_of_crate(request.getfixturevalue(kind), monkeypatch)
    assert found <= {("RECOMMENDED", message) for message in NOT_HAD}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "lost", "message"),
    [
        ("CreateAction", "instrument", "The Action MUST have an instrument"),
        ("Dataset", "conformsTo", "The Root Data Entity MUST reference a CreativeWork"),
        ("Dataset", "license", "license"),
    ],
)
def test_a_crate_that_lacks_what_it_must_have_is_found_out(
    part, lost, message, without_records, tmp_path, monkeypatch
):
    folder = copied(without_records, tmp_path)
    path = folder / "ro-crate-metadata.json"
    said = json.loads(path.read_text())
    next(one for one in said["@graph"] if one["@type"] == part).pop(lost)
    path.write_text(json.dumps(said))
    found = faults_of_crate(folder, monkeypatch)
    assert [text for severity, text in found if severity == "REQUIRED" and message in text]


def test_the_crate_names_every_file_and_no_other(with_records):
    graph = json.loads((with_records / "ro-crate-metadata.json").read_text())["@graph"]
    named = {each["@id"] for each in graph if each["@type"] == "File"}
    there = {p.relative_to(with_records).as_posix() for p in with_records.rglob("*") if p.is_file()}
    assert named == there - {"ro-crate-metadata.json", "SHA256SUMS"}
    ids = {each["@id"] for each in graph}
    assert {part["@id"] for part in graph[1]["hasPart"]} <= ids


def test_results_are_their_organisations_where_nobody_else_is_named(with_records):
    """Not those of whoever wrote the program."""
    said = yaml.safe_load((with_records / "CITATION.cff").read_text(encoding="utf-8"))
    names = pd.read_csv(with_records / "tables" / "organisations.csv")["name"]
    assert said["authors"] == [{"name": name} for name in names]


def test_citation_has_what_the_format_requires(without_records):
    """CFF 1.2.0 asks for cff-version, message, title and authors; the day is written as text."""
    said = yaml.safe_load((without_records / "CITATION.cff").read_text(encoding="utf-8"))
    assert said["cff-version"] == "1.2.0"
    assert said["type"] == "dataset"
    assert said["authors"] == [
        {"family-names": "Jones", "given-names": "Mair"},
        {"name": "Tegfan Care"},
    ]
    assert str(said["date-released"]) == DAY
    assert said["license"] == "CC-BY-4.0"
    assert said["references"][0]["type"] == "software"


@pytest.mark.parametrize("name", ["organisations", "indicators", "measures", "scores"])
def test_parquet_and_csv_hold_the_same(name, with_records):
    table = pd.read_parquet(with_records / "tables" / f"{name}.parquet")
    words = {column: "str" for column in table if not pd.api.types.is_numeric_dtype(table[column])}
    words = {column: kind for column, kind in words.items() if table[column].dtype != "bool"}
    written = pd.read_csv(with_records / "tables" / f"{name}.csv", dtype=words)
    assert list(written) == list(table)
    assert len(written) == len(table) > 0
    for column in table.select_dtypes("number"):
        pd.testing.assert_series_equal(
            written[column].astype("float64"), table[column].astype("float64")
        )


def test_every_missing_number_has_its_reason(with_records):
    """48 indicators of two organisations. The club writes almost nothing down."""
    measures = pd.read_csv(with_records / "tables" / "measures.csv", dtype={"id": "str"})
    assert len(measures) == 2 * 48
    unscored = measures[measures["state"] != "scored"]
    assert unscored["why_missing"].notna().all()
    assert measures.loc[measures["state"] == "scored", "why_missing"].isna().all()
    assert set(unscored["why_missing"]) >= {"not known", "not applicable"}


def test_the_readme_says_which_way_it_can_be_worked_out(with_records, without_records):
    whole, part = ((f / "README.md").read_text() for f in (with_records, without_records))
    assert "starts from them" in whole
    assert "Every organisation here is invented" in whole
    assert "starts from the measures" in part
    assert "cannot be checked from here" in part
    assert "do not publish it" in part
    assert "$" not in whole + part


def test_the_readme_is_there_in_welsh_with_the_same_parts(with_records, without_records):
    for folder in (with_records, without_records):
        english, welsh = ((folder / f).read_text() for f in ("README.md", "DARLLENWCHFI.md"))
        assert "$" not in welsh
        assert "Drafft yw'r Gymraeg" in welsh
        for part in ("\n## ", "\n| `", "assess rerun ."):
            assert english.count(part) == welsh.count(part) > 0


# What must not be in it


def test_no_place_of_this_machine_is_in_a_bundle(with_records, without_records):
    """Notebooks keep where their records lay; a bundle's say where they lie in it."""
    here = [str(DATA.parent), str(Path.home()), os.environ.get("USER") or "no such user"]
    looked_at = 0
    for folder in (with_records, without_records):
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix in (".ipynb", ".json", ".csv", ".html", ".md"):
                looked_at += 1
                text = path.read_text(encoding="utf-8")
                assert not [place for place in here[:2] if place in text], path.name
    assert looked_at > 30
    notebook = (with_records / "reports" / SMALL / "2025" / "assessment.ipynb").read_text()
    assert f'records = \\"../../../records/{SMALL}\\"' in notebook
    notebook = (without_records / "reports" / SMALL / "2025" / "assessment.ipynb").read_text()
    assert 'records = \\"not in this bundle\\"' in notebook


def test_a_notebook_keeps_no_private_metadata():
    given = new_notebook(
        cells=[
            new_code_cell(
                '# Parameters\nrecords = "/elsewhere/records"\n'
                'peers = "/elsewhere/middles.csv"\nseed = 1\n',
                metadata={"tags": ["injected-parameters"], "papermill": {"start_time": "noon"}},
            )
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "papermill": {"input_path": "/elsewhere/in.ipynb"},
            "author": "Mair",
        },
    )
    text = public_notebook(nbformat.writes(given), "not in this bundle")
    assert "mair" not in text.casefold()
    assert "noon" not in text
    cleaned = nbformat.reads(text, as_version=4)
    assert cleaned.cells[0].source.splitlines()[1:] == [
        'records = "not in this bundle"',
        'peers = "middles.csv"',
        "seed = 1",
    ]


@pytest.mark.parametrize(
    ("place", "bare"),
    [
        ("/elsewhere/middles.csv", "middles.csv"),
        ("C:\\Elsewhere\\middles.csv", "middles.csv"),
        ("2025-01-01/2025-12-31", "2025-01-01/2025-12-31"),
        ("publish", "publish"),
        (1, 1),
    ],
)
def test_the_place_of_a_file_becomes_its_name(place, bare):
    assert without_place(place) == bare


def test_a_bundle_to_publish_holds_no_rows_and_comes_out_again(published, tmp_path):
    """Scores are worked out from published numbers alone, so anyone can do that again."""
    bundle(published, tmp_path / "out", date=DAY)
    assert not (tmp_path / "out" / "records").exists()
    assert not list((tmp_path / "out").rglob("source_rows.csv"))
    assert not list((tmp_path / "out").rglob("excluded_rows.csv"))
    assert "held back" in (tmp_path / "out" / "README.md").read_text()
    found = rerun(tmp_path / "out")
    assert (found.start, found.differences, found.damaged) == ("measures", (), ())
    measures = pd.read_csv(tmp_path / "out" / "tables" / "measures.csv", dtype={"id": "str"})
    withheld = measures[measures["why_missing"] == "withheld"]
    assert len(withheld) > 3
    assert withheld[["value", "numerator", "denominator", "records"]].isna().all(axis=None)


def test_a_published_score_that_does_not_follow_from_its_count_is_named(published, tmp_path):
    """72 of 86 is published as 84. 85 is no rounding of it."""
    bundle(published, tmp_path / "out", date=DAY)
    changed(tmp_path / "out", "measures", "4.1b", "value", "85.0")
    named = {(each.id, each.column) for each in rerun(tmp_path / "out").differences}
    assert ("4.1b", "value") in named


def test_a_bundle_to_publish_is_a_valid_package(published, tmp_path):
    frictionless = pytest.importorskip("frictionless")
    bundle(published, tmp_path / "out", date=DAY)
    checked = frictionless.Package(str(tmp_path / "out" / "datapackage.json")).validate()
    assert checked.valid, checked.flatten(["fieldName", "rowNumber", "note"])


def test_numbers_about_few_people_are_refused_in_a_bundle_to_publish(published, tmp_path):
    """The last door, should something before it fail: 6 of 9 people with seats."""
    copy = shutil.copytree(published, tmp_path / "reports")
    path = copy / LARGE / "2025" / "scores.csv"
    scores = pd.read_csv(path, dtype={"id": "str", "parent": "str"})
    scores.loc[scores["id"] == "5.2b", ["numerator", "denominator"]] = [6, 9]
    path.write_text(job.as_csv(scores))
    with pytest.raises(AssessError, match=r"fewer than 10 people.*5\.2b"):
        bundle(copy, tmp_path / "out", date=DAY)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def real(tmp_path):
    """The smallest sample, said to be a real organisation, with results for its board."""
    records = shutil.copytree(DATA / SMALL, tmp_path / "records" / SMALL)
    about = records / "organisation.yaml"
    about.write_text(about.read_text().replace("synthetic: true", "synthetic: false"))
    return records


def test_rows_of_a_real_organisation_do_not_go_into_a_bundle_to_publish(real, tmp_path):
    reports = results(tmp_path / "run", real, mode="publish")
    with pytest.raises(AssessError, match="may not go into a bundle made to publish"):
        bundle(reports, tmp_path / "out", records=[real], date=DAY)
    assert not (tmp_path / "out").exists()


def test_rows_for_the_board_bear_pseudonyms_and_come_out_again(real, tmp_path):
    """A researcher under an agreement gets rows, and nobody's code as the organisation wrote it."""
    reports = results(tmp_path / "run", real)
    made = bundle(reports, tmp_path / "out", records=[real], date=DAY)
    assert made.with_records
    assert "do not publish it" in (tmp_path / "out" / "README.md").read_text()
    given = pd.read_csv(real / "members.csv", dtype="str")["member_id"]
    there = pd.read_csv(tmp_path / "out" / "records" / SMALL / "members.csv", dtype="str")
    assert len(there) == len(given) > 10
    assert not set(there["member_id"]) & set(given)
    found = rerun(tmp_path / "out")
    assert (found.start, found.differences) == ("records", ())


# What is refused


def test_records_that_have_changed_since_are_refused(small, tmp_path):
    records = shutil.copytree(DATA / SMALL, tmp_path / SMALL)
    with open(records / "meetings.csv", "a") as file:
        file.write("\n")
    with pytest.raises(AssessError, match="have changed since they were assessed"):
        bundle(small, tmp_path / "out", records=[records], date=DAY)


def test_records_that_are_not_there_are_named(reports, tmp_path):
    with pytest.raises(AssessError, match=f"records of {LARGE} are not under --records"):
        bundle(reports, tmp_path / "out", records=[DATA / SMALL], date=DAY)


def test_results_of_another_framework_are_refused(small, tmp_path):
    copy = shutil.copytree(small, tmp_path / "reports")
    path = copy / SMALL / "2025" / "run.json"
    path.write_text(
        re.sub(r'"framework_sha256": "\w+"', '"framework_sha256": "0"', path.read_text())
    )
    with pytest.raises(AssessError, match=f"results of {SMALL} were made by another version"):
        bundle(copy, tmp_path / "out", date=DAY)


def test_scores_changed_before_bundling_with_records_are_refused(small, tmp_path):
    copy = shutil.copytree(small, tmp_path / "reports")
    path = copy / SMALL / "2025" / "scores.csv"
    table = pd.read_csv(path, dtype={"id": "str", "parent": "str"})
    table.loc[table["id"] == "3.1b", "coverage"] = 0.5
    path.write_text(job.as_csv(table))
    with pytest.raises(AssessError, match="differ between the results and the records"):
        bundle(copy, tmp_path / "out", records=[DATA / SMALL], date=DAY)


def test_nothing_is_overwritten(small, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(AssessError, match="is there already"):
        bundle(small, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"date": "31 May"}, "Write it like 2026-05-31"),
    ],
)
def test_what_cannot_be_read_is_refused(given, message, small, tmp_path):
    with pytest.raises(AssessError, match=message):
        bundle(small, tmp_path / "out", **given)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(AssessError, match="holds no results"):
        bundle(tmp_path, tmp_path / "out")


# What a run writes (R1 to R3)


def test_a_run_record_says_all_that_the_numbers_depend_on(reports):
    record = json.loads((reports / SMALL / "2025" / "run.json").read_text())
    for key in ("inputs_sha256", "notebook_sha256", "method_version", "framework_sha256"):
        assert record[key]
    assert record["parameters"]["seed"] == 1
    assert set(record["rows"]) >= {"read", "used", "left_out"}
    assert record["versions"]["pandas"] == pd.__version__
    digest = hashlib.sha256((DATA / SMALL / "members.csv").read_bytes()).hexdigest()
    assert record["inputs_sha256"]["members.csv"] == digest


def test_source_rows_are_sheet_rows_of_the_records_in_the_bundle(with_records):
    """4.1b of the co-op rests on rows of decisions.csv; rows of a file start at 2."""
    path = with_records / "reports" / LARGE / "2025" / "source_rows.csv"
    rows = pd.read_csv(path, dtype="str").set_index("indicator_id")
    assert rows.loc["4.1b", "source"] == "decisions.csv"
    numbers = [int(n) for span in rows.loc["4.1b", "rows"].split() for n in span.split("-")]
    decisions = (with_records / "records" / LARGE / "decisions.csv").read_text().count("\n")
    assert 2 <= min(numbers) <= max(numbers) <= decisions


def test_shipped_notebooks_are_where_bundles_look_for_them():
    assert batch.shipped_notebook("assessment").is_file()
