"""The template: what it asks, what it keeps, and that reading it back loses nothing."""

import io
import shutil
import subprocess
import time

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typed import EVERYTHING_STATED, random_table

from assess.load import load
from assess.load.raw import columns_of
from assess.records import AssessError
from assess.schemas import CONTRACTS, about_columns
from assess.schemas.organisation import Body
from assess.template import csv_files, new, workbook
from assess.validate import CannotBeAssessedError, read_records
from assess.words import Words

ENGLISH, WELSH = Words("en"), Words("cy")
GIVEN = EVERYTHING_STATED.model_copy(
    update={
        "bodies": EVERYTHING_STATED.bodies | {"audit": Body(title="Audit", quorum_share=0.5)},
        "council_powers": ["appoint_board", "call_in"],
        "charitable": True,
        "size": "small",
        "attendance_blank": "not expected",
    }
)
BOTH = pytest.mark.parametrize("words", [ENGLISH, WELSH], ids=["en", "cy"])


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


@BOTH
def test_there_is_a_sheet_for_each_table_and_three_for_the_organisation(words):
    """Start here, Organisation, Member groups, Bodies; then the tables, required ones first."""
    sheets = opened(workbook(words)).sheetnames
    assert sheets[4:] == [words.translate(one.Config.title)[:31] for one in CONTRACTS.values()]
    assert sheets[1] == words.translate("Organisation")


@BOTH
def test_every_heading_has_a_note_and_stays_in_sight(words):
    book = opened(workbook(words))
    for name, contract in CONTRACTS.items():
        sheet = book[words.translate(contract.Config.title)[:31]]
        headings = [cell for cell in sheet[1] if cell.value]
        assert len(headings) == len(columns_of(name))
        assert [cell.value for cell in headings if cell.comment is None] == []
        assert sheet.freeze_panes == "B2"


def test_the_same_contracts_give_the_same_bytes():
    """Two seconds apart: an archive keeps times to two seconds."""
    first = workbook(ENGLISH)
    time.sleep(2.1)
    assert workbook(ENGLISH) == first


@BOTH
def test_no_dropdown_is_too_long_for_excel_and_none_says_one_word_for_two(words):
    """Excel refuses a file in which a list of words is longer than 255 letters."""
    for name in CONTRACTS:
        for column, about in about_columns(name).items():
            shown = [words.translate(code) for code in about.get("codes", {})]
            assert len(set(shown)) == len(shown), f"{name}.{column}"
            assert about["kind"] != "choice" or len(",".join(shown)) <= 255, f"{name}.{column}"


@pytest.mark.parametrize("as_csv", [False, True])
@pytest.mark.parametrize("lang", ["en", "cy"])
def test_the_empty_template_asks_only_for_what_must_be_filled_in(tmp_path, lang, as_csv):
    """Four values of the organisation; the examples are not read, and nobody is blamed for them."""
    new(tmp_path / "records", lang=lang, as_csv=as_csv)
    with pytest.raises(CannotBeAssessedError) as refused:
        read_records(tmp_path / "records")
    serious = [problem for problem in refused.value.problems if problem.serious]
    whole = [problem for problem in serious if "csv" not in problem.source]
    assert len(whole) == 4
    assert all(problem.what == "is missing" for problem in whole)


def test_new_never_writes_over_records(tmp_path):
    new(tmp_path)
    with pytest.raises(AssessError, match=r"records\.xlsx is there already"):
        new(tmp_path)


def test_what_begins_like_a_formula_stays_text(tmp_path):
    """`=1+1` and `@x` are written as they are and read back as they are; nothing is worked out."""
    rows = pd.DataFrame({column: ["x"] for column in columns_of("decisions")}, dtype="str")
    rows = rows.assign(decision_id=["=1+1"], title=['=HYPERLINK("x")'], fund_source=["@SUM(A1)"])
    rows = rows.assign(**{c: [None] for c in rows if about_columns("decisions")[c].get("codes")})
    book = opened(workbook(ENGLISH, GIVEN, {"decisions": rows}))
    assert book["Decisions"]["A2"].data_type == "s"
    (tmp_path / "records.xlsx").write_bytes(workbook(ENGLISH, GIVEN, {"decisions": rows}))
    read = load(tmp_path / "records.xlsx").tables["decisions"].rows
    assert read.iloc[0, 0] == "=1+1"


@BOTH
@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10**6))
def test_reading_it_back_loses_nothing(tmp_path, words, seed):
    """Every cell of every table, and every value of the organisation, comes back equal."""
    rng = np.random.default_rng(seed)
    given = {name: random_table(name, 12, rng).reset_index(drop=True) for name in CONTRACTS}
    path = tmp_path / "records.xlsx"
    path.write_bytes(workbook(words, GIVEN, given))
    records = as_read(path)
    assert records.organisation == GIVEN
    for name, rows in given.items():
        assert_same(records.typed[name], rows)


class as_read:  # noqa: N801
    """A workbook's tables with every cell typed and nothing held against another table."""

    def __init__(self, path) -> None:
        from assess.load.synonyms import OwnWords
        from assess.validate import _read_columns, _Reading
        from assess.validate.constitution import read_organisation
        from assess.validate.cross_checks import use_listed_codes
        from assess.validate.findings import Findings
        from assess.validate.headings import match_headings

        raw = load(path)
        self.organisation, self.problems = read_organisation(raw.organisation, "x")
        findings = Findings({name: name for name in CONTRACTS})
        reading = _Reading(findings, findings, OwnWords())
        self.typed = {}
        for name, table in raw.tables.items():
            columns = match_headings(name, table, findings)
            rows = _read_columns(name, table.rows, columns, reading)
            self.typed[name] = use_listed_codes(name, rows, self.organisation, findings, OwnWords())
        assert [str(problem) for problem in (*self.problems, *findings.problems)] == []


def assert_same(read: pd.DataFrame, written: pd.DataFrame) -> None:
    filled = written[written.notna().any(axis=1)]
    for column in written:
        first, second = read[column].array, filled[column].array
        assert [None if pd.isna(one) else one for one in first] == [
            None if pd.isna(one) else one for one in second
        ], column


@pytest.mark.slow
@BOTH
def test_a_round_trip_through_libreoffice_loses_nothing(tmp_path, words):
    """Opened and saved by another program: the same cells, dropdowns, notes and duplicate checks.

    Without a window LibreOffice keeps no frozen rows, of any file, so they are not asked for.
    """
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not here: apt-get install -y libreoffice-calc")
    rng = np.random.default_rng(3)
    given = {name: random_table(name, 12, rng).reset_index(drop=True) for name in CONTRACTS}
    path = tmp_path / "records.xlsx"
    path.write_bytes(workbook(words, GIVEN, given))
    command = [office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"]
    command += ["--convert-to", "xlsx", "--outdir", tmp_path / "saved", path]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    saved = tmp_path / "saved" / "records.xlsx"
    records = as_read(saved)
    for name, rows in given.items():
        assert_same(records.typed[name], rows)
    sheet = opened(saved.read_bytes())[words.translate("Attendance")]
    assert sheet["C1"].comment is not None
    assert len(sheet.data_validations.dataValidation) >= 2
    assert len(sheet.conditional_formatting) == 1


def test_csv_files_have_the_titles_as_headings():
    text = csv_files(ENGLISH)["members.csv"].decode("utf-8-sig")
    assert text.splitlines()[0] == "Member code,Member group,Joined on,Left on,May vote"
