"""Records as a Data Package: valid, the same when read back, and no more than the contracts ask."""

import json
from pathlib import Path

import pytest

from assess.batch.job import scores_table
from assess.bundle.data_package import DESCRIPTOR, records_files, result_tables
from assess.importers import import_records
from assess.schemas import CONTRACTS, about_columns
from assess.validate import read_records

DATA = Path(__file__).parents[1] / "data"
DECISIONS = (
    "decision_id,meeting_id,body,decided_on,title,cost,major,reasons_ref,floor of the flat\n"
    "D1,B1,board,01/02/2024,Offer to Siân,12.5,yes,as Siân asked,4 Hill Street\n"
    "D2,C1,council,2024-03-05,,lots,perhaps,,\n"
    "D2,C1,council,2024-03-05,,,,,\n"
)


def written(records, folder):
    folder.mkdir(exist_ok=True)
    for name, text in records_files(records).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["gofal-elwedd", "clwb-rhosycwsg"])
def test_a_package_of_records_is_valid(name, tmp_path):
    """Frictionless checks types, choices, keys and references between tables."""
    frictionless = pytest.importorskip("frictionless")
    folder = written(read_records(DATA / name), tmp_path / "package")
    checked = frictionless.Package(str(folder / DESCRIPTOR)).validate()
    assert checked.valid, checked.flatten(["fieldName", "rowNumber", "note"])
    assert len(checked.tasks) > 3


def test_frictionless_would_see_a_code_that_points_nowhere(tmp_path):
    """The validity above means something: one wrong meeting code, and the package is refused."""
    frictionless = pytest.importorskip("frictionless")
    folder = written(read_records(DATA / "clwb-rhosycwsg"), tmp_path / "package")
    path = folder / "decisions.csv"
    first = read_records(DATA / "clwb-rhosycwsg").tables["decisions"]["meeting_id"].dropna().iloc[0]
    path.write_text(path.read_text().replace(f",{first},", ",NOWHERE,", 1))
    faults = frictionless.Package(str(folder / DESCRIPTOR)).validate().flatten(["type"])
    assert faults == [["foreign-key"]]


def test_records_read_back_from_a_package_score_the_same(tmp_path):
    from assess.assessment import assess_records

    source = DATA / "clwb-rhosycwsg"
    folder = written(read_records(source), tmp_path / "package")
    once, again = (scores_table(assess_records(path, seed=3)) for path in (source, folder))
    assert len(once) == 48 + 18 + 6
    assert once.equals(again)


def test_our_own_importer_reads_the_package(tmp_path):
    records = read_records(DATA / "clwb-rhosycwsg")
    folder = written(records, tmp_path / "package")
    report = import_records("frictionless", folder, tmp_path / "imported")
    filled = {name: len(rows) for name, rows in records.tables.items() if len(rows)}
    assert dict(report.tables) == filled


def test_only_the_contract_s_columns_go_in_and_no_title(write_records, tmp_path):
    """A stray column, the title of a decision and the words of its reasons stay behind; the second
    D2 is left out."""
    records = read_records(write_records(decisions=DECISIONS))
    files = records_files(records)
    everything = "".join(files.values())
    assert "Siân" not in everything
    assert "Hill Street" not in everything
    assert files["decisions.csv"].splitlines() == [
        "decision_id,meeting_id,body,decided_on,major,cost,reasons_ref",
        "D1,B1,board,2024-02-01,yes,12.5,recorded",
        "D2,C1,council,2024-03-05,,,",
    ]


def test_every_column_of_the_contracts_is_described(write_records):
    """Title, description and type for each column written; choices with what each means."""
    described = json.loads(records_files(read_records(DATA / "gofal-elwedd"))[DESCRIPTOR])
    tables = {each["name"]: each for each in described["resources"] if each["name"] in CONTRACTS}
    assert len(tables) == len(CONTRACTS)
    fields = [field for each in tables.values() for field in each["schema"]["fields"]]
    assert len(fields) > 100
    assert [f["name"] for f in fields if not (f["title"] and f["description"] and f["type"])] == []
    outcome = next(f for f in tables["decisions"]["schema"]["fields"] if f["name"] == "outcome")
    assert outcome["categories"][1] == {"value": "lost", "label": "voted down"}
    assert outcome["constraints"]["enum"] == list(about_columns("decisions")["outcome"]["codes"])


def test_tables_of_results_say_everything_in_both_languages():
    missing = [
        (table, column, key, lang)
        for table, about in result_tables().items()
        for column, said in about["columns"].items()
        for key in ("title", "about", "empty")
        for lang in ("en", "cy")
        if key in said and not said[key].get(lang)
    ]
    assert missing == []
    assert sum(len(about["columns"]) for about in result_tables().values()) > 50
