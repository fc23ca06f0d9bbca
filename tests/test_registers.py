"""A large register gives the same as text, as codes, as CSV, as Parquet and in another order."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from assess.framework import load_framework
from assess.load import codes, parquet_files
from assess.measure import measure
from assess.pseudonyms import pseudonymise
from assess.records import AssessError
from assess.validate import check, findings, read_records

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

MEMBERS = 6_000
NUMBERS = ["value", "numerator", "denominator", "n_missing", "records", "low", "high"]


@pytest.fixture(scope="module")
def registers(tmp_path_factory):
    """The same small register three times: CSV, Parquet, and Parquet with its rows shuffled."""
    from registers import make_register

    folders = {}
    for name, kind, shuffled in (
        ("csv", "csv", False),
        ("parquet", "parquet", False),
        ("shuffled", "parquet", True),
    ):
        folders[name] = tmp_path_factory.mktemp(name)
        make_register(folders[name], MEMBERS, kind, shuffled=shuffled)
    return folders


def seen(folder, monkeypatch, many_rows):
    monkeypatch.setattr(codes, "MANY_ROWS", many_rows)
    monkeypatch.setattr(parquet_files, "MANY_ROWS", many_rows)
    records = read_records(folder)
    measures = measure(records, load_framework(), records.latest_period()).table
    return records, measures


def problems(records):
    every = (*records.problems, *records.consistency)
    return sorted((p.source.split(".")[0], p.row or 0, p.column or "", p.rule) for p in every)


FAULTS = {  # table -> column -> what stands there instead in some rows
    "members": {
        "member_id": ["", "M00000007", "m00000008", "Jane Jones", "#N/A"],
        "category": ["Staf", "nobody", " staff "],
        "left_on": ["1999-01-01", "31/03/2024", "soon", "45385", "Monday 3 March 2025"],
        "eligible_to_vote": ["Y", "perhaps"],
    },
    "attendance": {
        "person_id": ["", " M00000012 ", "M00000013", "#REF!"],
        "meeting_id": ["G9", " ", "G00000001"],
        "status": ["P", "Prresent", "leave"],
        "capacity": ["guest", ""],
    },
    "decisions": {
        "decision_id": ["D00000003", ""],
        "meeting_id": ["G7", ""],
        "body": ["bord", "board", "General meeting"],
        "moved_by": ["M00000001", "M00000002"],
        "seconded_by": ["M00000001"],
        "stated_for": ["70", "3"],
        "present_count": ["12", "-1", "many"],
        "cost": ["£1,250", "-5"],
    },
    "votes": {"decision_id": ["D9"], "category": [""], "votes_for": ["1.5", "-1", ""]},
    "meetings": {"held_on": ["", "3.4.2024"], "body": ["board", "council"], "quorum": [""]},
    "participation": {"member_id": ["M1"], "act": ["votd"]},
}


@pytest.fixture(scope="module")
def faulty(registers, tmp_path_factory):
    """The same register with faults of every kind, as CSV and as Parquet of texts."""
    folders = {kind: tmp_path_factory.mktemp(f"faulty {kind}") for kind in ("csv", "parquet")}
    rng = np.random.default_rng(1)
    for path in registers["csv"].iterdir():
        if path.suffix != ".csv":
            for folder in folders.values():
                shutil.copy(path, folder)
            continue
        rows = pd.read_csv(path, dtype="str", keep_default_na=False)
        for column, texts in FAULTS.get(path.stem, {}).items():
            cells = (
                rows[column].to_numpy(object) if column in rows else np.full(len(rows), "", object)
            )
            for text in texts:
                cells[rng.choice(len(rows), 5)] = text
            rows[column] = pd.Series(cells, dtype="str")
        rows = pd.concat([rows, rows.head(3)]) if path.stem in FAULTS else rows
        rows.to_csv(folders["csv"] / path.name, index=False)
        rows.to_parquet(folders["parquet"] / f"{path.stem}.parquet", index=False)
    return folders


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_faults_in_codes_are_the_faults_in_text(faulty, monkeypatch, kind):
    """Every problem and contradiction, in the same words; every row left out; every number."""
    text, measured_text = seen(faulty["csv"], monkeypatch, 10**9)
    coded, measured_coded = seen(faulty[kind], monkeypatch, 1_000)
    assert len(problems(text)) > 500
    assert len({rule for *_, rule in problems(text)}) > 20
    assert problems(coded) == problems(text)
    for part in ("problems", "consistency"):
        assert words(getattr(coded, part)) == words(getattr(text, part))
    assert [where[1:] for where in coded.excluded] == [where[1:] for where in text.excluded]
    pd.testing.assert_frame_equal(measured_coded[NUMBERS], measured_text[NUMBERS])


def words(found):
    return sorted(str(problem).replace(".parquet", ".csv") for problem in found)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_codes_give_what_text_gives(registers, monkeypatch, kind):
    """CSV as text is the yardstick: every cell, problem and number is the same."""
    text, measured_text = seen(registers["csv"], monkeypatch, 10**9)
    coded, measured_coded = seen(registers[kind], monkeypatch, 1_000)
    assert codes.is_coded(coded.tables["attendance"]["person_id"])
    assert not codes.is_coded(text.tables["attendance"]["person_id"])
    for table, rows in text.tables.items():
        for column in rows:
            found = coded.tables[table][column]
            found = found.astype("str") if codes.is_coded(found) else found
            pd.testing.assert_series_equal(found, rows[column], check_index_type=False)
    assert problems(coded) == problems(text)
    pd.testing.assert_frame_equal(measured_coded[NUMBERS], measured_text[NUMBERS])
    assert measured_coded["state"].equals(measured_text["state"])


KEYS = {
    "people": ("member_id", "person_id", "moved_by", "seconded_by"),
    "meetings": ("meeting_id",),
    "decisions": ("decision_id",),
}


@pytest.fixture(scope="module")
def numbered(registers, tmp_path_factory):
    """The same register with whole numbers for codes: in Parquet as numbers, in CSV as text."""
    from registers import _write

    folders = {kind: tmp_path_factory.mktemp(f"numbered {kind}") for kind in ("csv", "parquet")}
    tables = {path.stem: pd.read_parquet(path) for path in registers["parquet"].glob("*.parquet")}
    for keys in KEYS.values():
        places = [(name, key) for name, rows in tables.items() for key in keys if key in rows]
        every = pd.concat([tables[name][key] for name, key in places]).dropna().unique()
        number = {code: 11 * place for place, code in enumerate(sorted(every))}
        for name, key in places:
            tables[name][key] = tables[name][key].map(number).astype("Int64")
    for folder in folders.values():
        shutil.copy(registers["csv"] / "organisation.yaml", folder)
    for name, rows in tables.items():
        _write(rows, folders["csv"] / name, "csv")
        if name == "attendance":  # as pandas keeps whole numbers where one is missing
            rows = rows.astype({"person_id": "float64"})
        _write(rows, folders["parquet"] / name, "parquet")
    return folders


@pytest.mark.parametrize(("kind", "many"), [("csv", 1_000), ("parquet", 1_000), ("parquet", 10**9)])
def test_whole_numbers_may_be_codes(numbered, monkeypatch, kind, many):
    """As a database gives them: read as they would stand in a CSV file, in a table of any size."""
    text, measured_text = seen(numbered["csv"], monkeypatch, 10**9)
    found, measured = seen(numbered[kind], monkeypatch, many)
    people = found.tables["attendance"]["person_id"]
    assert codes.is_coded(people) is (many < 10**9)
    assert codes.as_text(people).tolist() == text.tables["attendance"]["person_id"].tolist()
    assert codes.same_list(people, found.tables["members"]["member_id"]) is (many < 10**9)
    assert problems(found) == problems(text)
    pd.testing.assert_frame_equal(measured[NUMBERS], measured_text[NUMBERS])
    assert (measured_text["state"] == "scored").sum() > 40


def test_a_small_parquet_table_reads_as_its_csv(registers, monkeypatch):
    """Under the limit both are text, and go the same way."""
    csv, measured_csv = seen(registers["csv"], monkeypatch, 10**9)
    parquet, measured_parquet = seen(registers["parquet"], monkeypatch, 10**9)
    assert problems(parquet) == problems(csv)
    pd.testing.assert_frame_equal(measured_parquet[NUMBERS], measured_csv[NUMBERS])


@pytest.mark.parametrize(
    ("table", "column", "cells"),
    [
        pytest.param("members", "eligible_to_vote", [1, 0, None], id="numbers for yes and no"),
        pytest.param("members", "eligible_to_vote", [1.0, float("inf")], id="without end"),
        pytest.param("decisions", "cost", [10**17 + 1, 5], id="more digits than are exact"),
        pytest.param("decisions", "decided_on", [20250101, 45000], id="numbers for days"),
        pytest.param("attendance", "status", [1, 0], id="numbers for words"),
        pytest.param("attendance", "status", [True, False], id="yes and no for words"),
        pytest.param("meetings", "quorum", [True, None], id="yes and no for numbers"),
    ],
)
def test_a_column_of_another_type_is_said_alike_in_a_table_of_any_size(
    registers, tmp_path, monkeypatch, table, column, cells
):
    shutil.copytree(registers["parquet"], tmp_path, dirs_exist_ok=True)
    path = tmp_path / f"{table}.parquet"
    rows = pa.parquet.read_table(path)
    place = rows.column_names.index(column)
    given = pa.array((cells * len(rows))[: len(rows)])
    pa.parquet.write_table(rows.set_column(place, column, given), path)
    small, _ = seen(tmp_path, monkeypatch, 10**9)
    large, _ = seen(tmp_path, monkeypatch, 50)
    for part in ("problems", "consistency"):
        assert words(getattr(large, part)) == words(getattr(small, part))
    assert [one for one in small.problems if one.column == column]


@pytest.mark.parametrize("many", [50, 10**9])
def test_lists_in_parquet_are_the_words_with_semicolons_of_a_csv_file(
    registers, tmp_path, monkeypatch, many
):
    text, _ = seen(registers["parquet"], monkeypatch, many)
    shutil.copytree(registers["parquet"], tmp_path, dirs_exist_ok=True)
    meetings = pd.read_parquet(tmp_path / "meetings.parquet")
    for column in ("formats_requested", "formats_issued"):
        lists = meetings[column].map(lambda cell: cell.split(";"), na_action="ignore")
        meetings[column] = [["welsh", None], *lists[1:]]
    meetings.to_parquet(tmp_path / "meetings.parquet", index=False)
    found, _ = seen(tmp_path, monkeypatch, many)
    formats = codes.as_text(found.tables["meetings"]["formats_issued"]).fillna("").tolist()
    assert formats[0] == "welsh"
    expected = codes.as_text(text.tables["meetings"]["formats_issued"]).fillna("").tolist()
    assert formats[1:] == expected[1:]
    assert "easy_read;welsh" in formats


@pytest.mark.parametrize("many", [50, 10**9])
@pytest.mark.parametrize("cell", [{"code": 1}, b"\xff", [1]])
def test_a_parquet_column_that_is_no_text_is_said_in_a_sentence(
    registers, tmp_path, monkeypatch, cell, many
):
    shutil.copytree(registers["parquet"], tmp_path, dirs_exist_ok=True)
    meetings = pd.read_parquet(tmp_path / "meetings.parquet")
    meetings["type"] = [cell] * len(meetings)
    meetings.to_parquet(tmp_path / "meetings.parquet", index=False)
    monkeypatch.setattr(parquet_files, "MANY_ROWS", many)
    with pytest.raises(AssessError, match=r"meetings\.parquet: cannot be read as Parquet"):
        read_records(tmp_path)


def test_the_order_of_rows_changes_no_number(registers, monkeypatch):
    """Coded lists follow the first rows, so another order gives other codes but no other value."""
    _, first = seen(registers["parquet"], monkeypatch, 1_000)
    _, other = seen(registers["shuffled"], monkeypatch, 1_000)
    pd.testing.assert_frame_equal(other[NUMBERS], first[NUMBERS])


def test_empty_cells_may_mean_a_word_that_no_row_has(registers, tmp_path, monkeypatch):
    """Nobody is listed as absent; the organisation says that who has no word was."""
    shutil.copytree(registers["csv"], tmp_path, dirs_exist_ok=True)
    place = tmp_path / "organisation.yaml"
    place.write_text(place.read_text("utf-8") + "\nattendance_blank: absent\n", "utf-8")
    rows = pd.read_csv(tmp_path / "attendance.csv", dtype="str", keep_default_na=False)
    rows = rows.assign(status=rows["status"].replace("absent", ""))
    rows.to_csv(tmp_path / "attendance.csv", index=False)
    found = seen(tmp_path, monkeypatch, 1_000)[0].tables["attendance"]["status"]
    assert codes.is_coded(found)
    assert (found == "absent").sum() == (rows["status"] == "").sum() > 0


def test_codes_and_text_get_the_same_pseudonyms(registers, monkeypatch):
    """Members and attendance as codes, seats as text: one person has one pseudonym in all."""
    key = bytes(32)
    text = pseudonymise(seen(registers["csv"], monkeypatch, 10**9)[0], key).tables
    coded = pseudonymise(seen(registers["parquet"], monkeypatch, 1_000)[0], key).tables
    assert codes.is_coded(coded["members"]["member_id"])
    for table, column in (("members", "member_id"), ("attendance", "person_id")):
        assert text[table][column].notna().all()
        assert codes.as_text(coded[table][column]).tolist() == text[table][column].tolist()
    assert coded["roles"]["person_id"].tolist() == text["roles"]["person_id"].tolist()


def test_thousands_of_findings_are_told_as_before(registers, monkeypatch):
    """All but the first hundred are kept as one, and no line that is printed differs."""
    records, _ = seen(registers["parquet"], monkeypatch, 1_000)
    lines = check.report_problems(records)
    monkeypatch.setattr(findings, "KEPT", 100)
    shortened, _ = seen(registers["parquet"], monkeypatch, 1_000)
    assert check.report_problems(shortened) == lines
    assert len(shortened.consistency) < 200 < len(records.consistency)
    assert sum(one.times for one in shortened.consistency) == len(records.consistency)


@pytest.mark.slow
def test_a_member_more_costs_few_bytes(tmp_path):
    """Ten million members in 3 GB are 300 bytes each with all that happened, and so many more
    where other tests run beside this one; with a text in every cell it was 570.

    How long it takes is for benchmarks/registers.py to say.
    """
    from registers import HERE, make_register, measured

    gigabytes = []
    members = (250_000, 1_000_000)
    for size in members:
        folder = tmp_path / str(size)
        folder.mkdir()
        make_register(folder, size, "parquet")
        gigabytes.append(max(peak for *_, peak in measured(folder, HERE)["steps"].values()))
    assert (gigabytes[1] - gigabytes[0]) * 1e9 / (members[1] - members[0]) < 500
