"""Text into typed tables: every bad cell said once, in words, and nothing else lost."""

import string
from pathlib import Path

import pandas as pd
import pytest
from conftest import MEETINGS, MEMBERS, ORGANISATION
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assess.load.text_files import read_csv
from assess.records import AssessError
from assess.schemas import CONTRACTS
from assess.validate import CannotBeAssessedError, read_records
from assess.validate.cells import Fault, parse
from assess.validate.check import check, report_problems

KINDS = ["code", "text", "choice", "date", "yes_no", "number", "whole", "list"]
FORMATS = {"easy_read": "Easy Read", "welsh": "Welsh", "other": "another format"}


def lines(records) -> list[str]:
    return [str(problem) for problem in records.problems]


def only(records) -> str:
    """The one problem of the records."""
    assert len(records.problems) == 1, lines(records)
    return str(records.problems[0])


def read_one(text: str, kind: str):
    """The value of one cell, or its fault."""
    values, faults = parse(pd.Series([text], index=[7], dtype="str"), kind, FORMATS)
    assert list(faults.index) in ([], [7])
    return faults[7] if len(faults) else values[7]


# Cells ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-04-03", "2024-04-03"),
        pytest.param("03/04/2024", "2024-04-03", id="the day comes first"),
        pytest.param(" 3/4/2024 ", "2024-04-03", id="without noughts"),
        pytest.param("2024-04-03 00:00:00", "2024-04-03", id="midnight is no time of day"),
        pytest.param("29/02/2024", "2024-02-29", id="leap day"),
        ("3rd March 2021", "2021-03-03"),
        ("Wednesday 3 Mar. 2021", "2021-03-03"),
        ("March 3, 2021", "2021-03-03"),
        ("3ydd o Fawrth 2021", "2021-03-03"),
        ("Dydd Mercher, 3 Mawrth 2021", "2021-03-03"),
        pytest.param("31.03.2021", "2021-03-31", id="there is no month 31"),
    ],
)
def test_a_date_is_read_year_first_or_day_first(text, day):
    assert read_one(text, "date") == pd.Timestamp(day)


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("45385", "'45385' is a bare number, not a date", "write 2024-04-03 if that is the day"),
        ("03/04/24", "'03/04/24' has a year of two digits", "all four digits of the year"),
        ("3 March 21", "'3 March 21' has a year of two digits", "all four digits of the year"),
        ("3ydd Mawrth", "'3ydd Mawrth' is not a date", "write it as 2025-03-31"),
        ("03-04-2024", "'03-04-2024' may begin with the day or the month", "write 2024-04-03 if"),
        ("#N/A", "shows #N/A, an error of a formula", "type the value"),
        ("29/02/2023", "'29/02/2023' is not in the calendar", "correct the day or month"),
        ("12/31/2024", "'12/31/2024' is not in the calendar", "write the day before the month"),
        ("2024-04-03 10:30", "'2024-04-03 10:30' has a time of day", "write only 2024-04-03"),
        ("9999-12-31", "'9999-12-31' is not in a year from 1800", "leave the cell empty if"),
        ("Mair Ellis", "is not a date", "write it as"),
        ("Margaret 3", "is not a date", "write it as"),
        ("12", "'12' is not a date", "write it as"),
    ],
)
def test_any_other_date_is_refused_with_what_to_write(text, what, remedy):
    """Day 45385 of a spreadsheet's calendar: 36526 is 2000-01-01, and 8859 days on."""
    fault = read_one(text, "date")
    assert isinstance(fault, Fault)
    assert fault.what.startswith(what)
    assert remedy in fault.remedy


@pytest.mark.parametrize("text", ["yes", "Y", "TRUE", "1", "Ie", "oes", "Do"])
def test_yes_in_english_and_welsh(text):
    assert bool(read_one(text, "yes_no")) is True


@pytest.mark.parametrize("text", ["no", "N", "false", "0", "Na", "nac  oes"])
def test_no_in_english_and_welsh(text):
    assert bool(read_one(text, "yes_no")) is False


def test_neither_yes_nor_no():
    assert read_one("?", "yes_no").what == "'?' is neither yes nor no"
    assert read_one("Mair", "yes_no").what == "is neither yes nor no"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1250", 1250.0),
        ("£1,250.50", 1250.5),
        ("-£5", -5.0),
        ("1 250", 1250.0),
        (".5", 0.5),
        pytest.param("0.30000000000000004", 0.3, id="as a spreadsheet keeps 0.1 + 0.2"),
    ],
)
def test_numbers_with_pounds_and_commas(text, value):
    assert read_one(text, "number") == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["1,25", "12%", "about 12", "1e5", "nan", "inf", "12 34", ".", "٣"]
)
def test_what_is_no_number(text):
    assert isinstance(read_one(text, "number"), Fault)


def test_a_whole_number_may_have_an_empty_fraction_and_no_other():
    assert read_one("3.0", "whole") == 3
    assert read_one("2.5", "whole").what == "'2.5' is not a whole number"


@pytest.mark.parametrize("text", ["easy_read", "Easy Read", "EASY-READ", " easy read "])
def test_a_choice_is_its_code_or_its_meaning_in_any_case(text):
    assert read_one(text, "choice") == "easy_read"


def test_a_choice_nearly_right_is_shown_with_what_was_meant():
    fault = read_one("Wellsh", "choice")
    assert fault.what == "'Wellsh' is not one of easy_read, welsh, other"
    assert fault.remedy == "did you mean welsh?"


def test_a_choice_near_nothing_is_not_shown():
    assert read_one("Mair Ellis", "choice").what == "is not one of easy_read, welsh, other"


def test_a_list_is_kept_as_codes_with_semicolons():
    assert read_one("Welsh; easy read;welsh", "list") == "welsh;easy_read"
    assert isinstance(read_one("welsh; klingon", "list"), Fault)


@pytest.mark.parametrize("kind", ["date", "yes_no", "number", "whole", "choice", "list", "code"])
def test_an_empty_cell_is_missing_and_no_fault(kind):
    assert pd.isna(read_one("", kind))
    assert pd.isna(read_one(" \u00a0 ", kind))


# Tables -----------------------------------------------------------------------------------------


def test_the_message_of_the_specification(write_records):
    rows = MEMBERS + [{"member_id": f"N{n}", "category": "staff"} for n in range(12)]
    rows.append({"member_id": "N99", "category": "Staf"})
    records = read_records(write_records(members=rows))
    assert only(records) == (
        "members.csv, row 17: category 'Staf' is not one of staff, supported, community; "
        "did you mean staff?"
    )
    assert pd.isna(records.tables["members"].loc[17, "category"])
    assert len(records.tables["members"]) == 16
    assert records.unreadable["members"]["category"].tolist() == [17]


def test_a_date_in_words_is_read_and_said_beside_what_was_written(write_records):
    days = ["2020-03-31", "31/03/2020", "31 March 2020", "31 March 2020"]
    rows = [{"member_id": f"M{n}", "joined_on": day} for n, day in enumerate(days)]
    records = read_records(write_records(members=rows))
    assert records.tables["members"]["joined_on"].tolist() == [pd.Timestamp("2020-03-31")] * 4
    assert only(records) == (
        "members.csv, row 4: joined_on '31 March 2020' was read as 2020-03-31, "
        "here and in 1 more cells"
    )
    assert not records.problems[0].serious


def test_a_repeated_identifier_names_the_other_row_and_never_itself(write_records):
    rows = [*MEMBERS, {"member_id": "M2", "category": "staff"}]
    records = read_records(write_records(members=rows))
    assert only(records) == (
        "members.csv, row 5: member_id is the same as in row 3, so this row is left out; "
        "give it its own code, or delete it if it is the same record"
    )
    assert records.excluded == (("members.csv", 5, "repeated"),)
    assert records.tables["members"]["member_id"].tolist() == ["M1", "M2", "M3"]


def test_a_key_of_several_columns_repeats_only_where_all_agree(write_records):
    rows = [
        {"election_id": "E1", "held_on": "2024-05-01", "body": "council", "seats": 1, "category": c}
        for c in ("staff", "community", "staff", "", "")
    ]
    records = read_records(write_records(elections=rows))
    assert lines(records) == [
        f"elections.csv, row {row}: has the same election_id and category as in row {first}, so "
        "this row is left out; give it its own code, or delete it if it is the same record"
        for row, first in [(4, 2), (6, 5)]
    ]


def test_a_row_without_its_identifier_is_left_out(write_records):
    records = read_records(write_records(members=[*MEMBERS, {"category": "staff"}]))
    assert only(records) == (
        "members.csv, row 5: member_id is empty, so the row is left out; fill it in"
    )
    assert records.excluded == (("members.csv", 5, "empty key"),)


def test_a_row_whose_group_is_its_key_and_unknown_is_left_out(write_records):
    """A blank group in elections means all members together, so a bad one must not become that."""
    rows = [
        {
            "election_id": "E1",
            "held_on": "2024-05-01",
            "body": "council",
            "seats": 1,
            "category": "volunteers",
        }
    ]
    records = read_records(write_records(elections=rows))
    assert records.tables["elections"].empty
    assert records.excluded == (("elections.csv", 2, "key cannot be read"),)


def test_a_number_out_of_range_is_said_in_words(write_records):
    rows = [MEETINGS[0] | {"late_papers": "-5"}, MEETINGS[1]]
    records = read_records(write_records(meetings=rows))
    assert only(records) == (
        "meetings.csv, row 2: late_papers is -5, and must be 0 or more; correct it"
    )
    assert pd.isna(records.tables["meetings"].loc[2, "late_papers"])
    assert len(records.tables["meetings"]) == 2


def test_an_empty_cell_that_must_be_filled_is_said_and_its_row_kept(write_records):
    records = read_records(write_records(meetings=[MEETINGS[0] | {"held_on": ""}, MEETINGS[1]]))
    assert only(records) == "meetings.csv, row 2: held_on is empty; fill it in"
    assert len(records.tables["meetings"]) == 2


def test_a_cell_that_cannot_be_read_is_not_said_to_be_empty_too(write_records):
    records = read_records(write_records(meetings=[MEETINGS[0] | {"held_on": "x"}, MEETINGS[1]]))
    assert only(records).startswith("meetings.csv, row 2: held_on is not a date")


@pytest.mark.parametrize(
    ("table", "row", "column", "what"),
    [
        (
            "members",
            {"member_id": "M9", "joined_on": "2024-02-02", "left_on": "2024-02-01"},
            "left_on",
            "is before joined_on",
        ),
        (
            "decisions",
            {
                "decision_id": "D9",
                "body": "board",
                "decided_on": "2024-02-01",
                "published_on": "2024-01-31",
            },
            "published_on",
            "is before decided_on",
        ),
        (
            "roles",
            {"person_id": "P1", "body": "board", "start": "2024-02-01", "end": "2024-01-31"},
            "end",
            "is before start",
        ),
        (
            "elections",
            {
                "election_id": "E1",
                "held_on": "2024-02-01",
                "body": "council",
                "seats": 1,
                "eligible": 10,
                "ballots": 11,
            },
            "ballots",
            "is more than eligible",
        ),
    ],
)
def test_two_cells_that_contradict_each_other_cost_the_later_one(
    write_records, table, row, column, what
):
    records = read_records(write_records(**{table: [row]}))
    said = [problem for problem in records.problems if problem.column == column]
    assert [problem.what for problem in said] == [what]
    assert said[0].row == 2
    assert said[0].remedy
    assert pd.isna(records.tables[table].loc[2, column])
    assert len(records.tables[table]) == 1


def test_a_day_is_not_before_itself(write_records):
    row = {"member_id": "M9", "joined_on": "2024-02-01", "left_on": "01/02/2024"}
    assert lines(read_records(write_records(members=[row]))) == []


# Headings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("heading", ["MEMBER_ID", " member id ", "Member code", "\ufeffmember_id"])
def test_headings_may_be_names_or_titles_in_any_case(write_records, heading):
    records = read_records(write_records(members=f"{heading},category\nM1,staff\n"))
    assert lines(records) == []
    assert records.tables["members"]["member_id"].tolist() == ["M1"]


def test_unknown_columns_are_named_and_left_out(write_records):
    content = "member_id,categroy,shoe size,\nM1,staff,41,\n"
    records = read_records(write_records(members=content))
    assert lines(records) == [
        "members.csv: column categroy is not known, and was left out; did you mean category?",
        "members.csv: column shoe size is not known, and was left out",
    ]
    assert records.tables["members"]["member_id"].tolist() == ["M1"]
    assert "category" not in records.given["members"]


def test_a_heading_that_stands_twice_is_read_once(write_records):
    records = read_records(write_records(members="member_id,category,Category\nM1,staff,x\n"))
    assert only(records) == (
        "members.csv: column Category stands twice; the first one was read; keep one of the two"
    )
    assert records.tables["members"]["category"].tolist() == ["staff"]


def test_a_missing_column_is_said_once_and_not_once_a_row(write_records):
    records = read_records(write_records(meetings="meeting_id,body\nB1,board\nC1,council\n"))
    assert only(records) == "meetings.csv: column held_on is missing; add it"
    assert len(records.tables["meetings"]) == 2


def test_a_required_table_without_its_key_stops_that_organisation(write_records):
    folder = write_records(members="category,joined_on\nstaff,2020-01-01\n")
    with pytest.raises(CannotBeAssessedError, match="without it no row can be read; add it"):
        read_records(folder)


def test_a_misspelt_key_is_named_and_other_headings_only_counted(write_records):
    """Without its key the first row may be one of people, so their names are not repeated."""
    with pytest.raises(CannotBeAssessedError) as refused:
        read_records(write_records(members="membr_id,category,Mair Ellis\nM1,staff,x\n"))
    said = str(refused.value)
    assert "column membr_id is not known, and was left out; did you mean member_id?" in said
    assert "column member_id is missing, and without it no row can be read; add it" in said
    assert "Mair" not in said


def test_another_table_without_its_key_is_left_out(write_records):
    records = read_records(write_records(attendance="person_id,status\nP1,present\n"))
    assert only(records) == (
        "attendance.csv: column meeting_id is missing, and without it no row can be read; add it"
    )
    assert records.tables["attendance"].empty


def test_a_first_row_of_records_is_not_repeated_as_headings(write_records):
    with pytest.raises(AssessError) as refused:
        read_records(write_records(members="M1,Mair Ellis,staff\nM2,Sion Puw,staff\n"))
    assert "its first row holds none of the headings" in str(refused.value)
    assert "Mair" not in str(refused.value)


# The organisation -------------------------------------------------------------------------------


def test_every_fault_of_the_organisation_is_said_at_once_with_its_path(write_records):
    text = ORGANISATION.replace("seats: 5", "seats: many").replace("seats: 6", "seets: 6") + (
        "charitable: perhaps\nsectr: care\ncouncil_powers: [call_in, sing]\n"
    )
    records = read_records(write_records(organisation=text))
    assert sorted(lines(records)) == [
        "organisation.yaml: bodies.board.seats 'many' is not a whole number; "
        "write a whole number, such as 12",
        "organisation.yaml: bodies.council.seets is not a name used here, and was left out; "
        "did you mean seats?",
        "organisation.yaml: charitable 'perhaps' is neither yes nor no; write yes or no",
        "organisation.yaml: council_powers.1 'sing' is not one of appoint_board, remove_board, "
        "approve_strategy, approve_pay, call_in; write one of these words",
        "organisation.yaml: sectr is not a name used here, and was left out; did you mean sector?",
    ]
    assert records.organisation.council_powers == ["call_in"]
    assert records.organisation.bodies["board"].seats is None
    assert records.organisation.charitable is None


def test_an_organisation_without_what_it_needs_stops_with_all_of_it_named(write_records):
    text = ORGANISATION.replace("id: tegfan-care\n", "").replace("cooperative_society", "coop")
    with pytest.raises(CannotBeAssessedError) as refused:
        read_records(write_records(organisation=text, members=[*MEMBERS, {"category": "staff"}]))
    said = str(refused.value)
    assert "organisation.yaml: id is missing; add it" in said
    assert "organisation.yaml: legal_form 'coop' is not one of company" in said
    assert "members.csv, row 5: member_id is empty" in said


def test_no_organisation_stops_and_does_not_blame_the_tables(write_records):
    with pytest.raises(CannotBeAssessedError) as refused:
        read_records(write_records(organisation=None))
    assert "organisation.yaml: is missing" in str(refused.value)
    assert "members.csv" not in str(refused.value)


def test_codes_the_organisation_does_not_list_are_dropped_from_it(write_records):
    text = ORGANISATION.replace("general_meeting\n", "genral_meeting\n").replace(
        "seats: 6", "seats: 6, seats_by_category: {staff: 2, volunteers: 1}"
    )
    records = read_records(write_records(organisation=text))
    assert lines(records) == [
        "organisation.yaml: bodies.council.seats_by_category 'volunteers' is not one of "
        "member_categories; add it to member_categories, or correct it",
        "organisation.yaml: reserved_matters.merger 'genral_meeting' is not one of bodies; "
        "did you mean general_meeting?",
    ]
    assert records.organisation.reserved_matters == {}
    assert records.organisation.bodies["council"].seats_by_category == {"staff": 2}


def test_none_of_the_required_tables_stops_that_organisation(write_records):
    folder = write_records(members=None, meetings=None, decisions="")
    with pytest.raises(CannotBeAssessedError, match=r"decisions\.csv: is empty"):
        read_records(folder)


# What is said, and what never is ----------------------------------------------------------------

PERSONAL = ["Mair Ellis", "QX-7781-Z", "mair@example.org", "she was ill in spring", "AB123456C"]


def columns_of_kind(table: str, *kinds: str) -> list[str]:
    columns = CONTRACTS[table].get_metadata()[table]["columns"]
    return [column for column, about in columns.items() if about["kind"] in kinds]


def planted_rows(table: str, planted: str) -> list[dict]:
    """Two rows of nothing else, so that keys repeat, and a row for each column alone."""
    columns = columns_of_kind(table, *KINDS)
    alone = [{c: planted if c == here else "" for c in columns} for here in columns]
    return [*[dict.fromkeys(columns, planted)] * 2, *alone]


def assert_not_said(folder: Path, planted: str) -> None:
    said = "\n".join(check([folder])[0])
    assert "row 2" in said
    assert planted not in said
    assert not any(word in said for word in planted.split() if len(word) > 6)


@pytest.mark.parametrize("table", CONTRACTS)
def test_no_message_repeats_a_code_that_points_nowhere(write_records, table):
    folder = write_records(**{table: planted_rows(table, "QX-7781-Z")})
    assert_not_said(folder, "QX-7781-Z")


@pytest.mark.parametrize("planted", PERSONAL)
def test_no_message_repeats_an_identifier_a_name_or_a_sentence(write_records, planted):
    """Planted in every column of every table at once."""
    folder = write_records(**{table: planted_rows(table, planted) for table in CONTRACTS})
    assert_not_said(folder, planted)


def test_repeats_are_shortened_in_print_and_not_in_number(write_records):
    rows = [{"member_id": f"M{n}", "category": "Staf"} for n in range(20)]
    records = read_records(write_records(members=rows))
    assert len(records.problems) == 20
    printed = report_problems(records).splitlines()
    assert printed[4].startswith("members.csv, row 6: category 'Staf'")
    assert printed[5] == "members.csv: and 15 more like this in rows 7 to 21"
    assert printed[6] == (
        "20 problems in 1 place; 20 members, 2 meetings, 2 decisions read; the run can go on"
    )


def test_check_says_all_organisations_and_stops_at_none(write_records):
    folder = write_records()
    other = folder.parent / "other"
    other.mkdir()
    (other / "organisation.yaml").write_text("name: x\n")
    printed, _ = check([folder.parent])
    assert str(other) in printed
    assert any(line.startswith("organisation.yaml: id is missing") for line in printed)
    assert printed[-1] == "No problem; 3 members, 2 meetings, 2 decisions read; the run can go on"


def test_a_million_faults_take_seconds(write_records):
    """60,000 different bad cells here; the same work for each, so 900,000 take 15 times that."""
    import time

    rows = "".join(f"M{n},gr{n},{n} mai,may{n}\n" for n in range(20_000))
    folder = write_records(members="member_id,category,joined_on,eligible_to_vote\n" + rows)
    begun = time.process_time()
    assert len(read_records(folder).problems) == 60_000
    assert time.process_time() - begun < 10


# Anything at all --------------------------------------------------------------------------------

LETTERS = st.characters(codec="utf-8") | st.sampled_from('",;\t\n\r\0\ufeff0123456789/-.£é')
CELLS = st.text(LETTERS, max_size=12)
CSV = st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=4).map(
    lambda rows: "\n".join(rows).encode()
)
READ_WHOLE = settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@settings(deadline=None)
@given(cells=st.lists(CELLS, max_size=8), kind=st.sampled_from(KINDS))
def test_any_text_in_a_cell_is_a_value_or_missing(cells, kind):
    """Never more faults than filled cells, and never a value where there is a fault."""
    values, faults = parse(pd.Series(cells, dtype="str"), kind, FORMATS)
    assert len(values) == len(cells)
    assert values[faults.index].isna().all()
    assert len(faults) <= sum(bool(cell.strip()) for cell in cells)


@settings(deadline=None)
@given(content=st.binary(max_size=60) | CSV)
def test_any_bytes_make_a_table_or_are_refused(content):
    try:
        table, _ = read_csv(content, "members.csv", "members")
    except AssessError:
        return
    if table is not None:
        assert table.rows.index.is_unique
        assert all(isinstance(heading, str) for heading in table.rows.columns)


@READ_WHOLE
@given(cells=st.lists(st.lists(CELLS, max_size=6), max_size=5), table=st.sampled_from([*CONTRACTS]))
def test_any_text_under_the_right_headings_is_read_or_refused(write_records, cells, table):
    columns = list(CONTRACTS[table].__annotations__)
    body = "\n".join(",".join(row) for row in cells)
    folder = write_records(**{table: f"{','.join(columns)}\n{body}\n".encode(errors="ignore")})
    try:
        records = read_records(folder)
    except AssessError:
        return
    assert list(records.tables[table].columns) == columns
    assert report_problems(records)


@READ_WHOLE
@given(
    bad=st.dictionaries(
        st.tuples(st.integers(0, 4), st.sampled_from(["category", "joined_on", "left_on"])),
        CELLS.map(lambda cell: cell.replace("\0", "")),
        max_size=6,
    )
)
def test_no_row_with_its_identifier_is_lost_whatever_its_other_cells_hold(write_records, bad):
    rows = [{"member_id": f"M{n}", "category": "staff"} for n in range(5)]
    for (row, column), cell in bad.items():
        rows[row][column] = cell
    records = read_records(write_records(members=rows))
    assert records.tables["members"]["member_id"].tolist() == ["M0", "M1", "M2", "M3", "M4"]


YAML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(string.printable, max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.text(string.ascii_letters, max_size=6), inside, max_size=3)
    ),
    max_leaves=6,
)


@READ_WHOLE
@given(
    name=st.sampled_from(
        [
            "id",
            "bodies",
            "member_categories",
            "council_powers",
            "required_skills",
            "reserved_matters",
            "key_bodies",
            "size",
            "notice_days",
        ]
    ),
    value=YAML_VALUES,
)
def test_any_value_in_the_organisation_is_read_or_refused(write_records, name, value):
    import yaml

    written = yaml.safe_load(ORGANISATION) | {name: value}
    try:
        read_records(write_records(organisation=yaml.safe_dump(written)))
    except AssessError:
        return


def test_the_path_is_not_in_the_message(write_records):
    """A folder may be named for a person; the message names the organisation's own folder."""
    with pytest.raises(AssessError) as refused:
        read_records(write_records(organisation=None))
    assert str(Path.cwd()) not in str(refused.value)
    assert str(refused.value).startswith("tegfan-care cannot be assessed")
