"""Sheets as people keep them: titles, other words, marks, totals, hidden sheets, names."""

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from conftest import MEMBERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assess.load import load
from assess.load.organisation_sheets import organisation_of
from assess.load.synonyms import TOTALS, personal
from assess.records import AssessError
from assess.validate import CannotBeAssessedError, read_records
from assess.validate.check import check

ANSWERS = [
    ["Short code for the organisation", "tegfan-care"],
    ["Name", "Tegfan Care"],
    ["Legal form", "cooperative society"],
    ["How it is governed", "multi stakeholder"],
]
GROUPS = [["Code", "Name of the group", "Who they are"], ["staff", "Staff", "staff"]]
BODIES = [["Code", "Name of the body", "How many must be there"], ["board", "Board", 2]]
DECISIONS = [["Decision code", "Body", "Decided on"], ["D1", "Board", "01/02/2024"]]
MEETINGS = [["Meeting code", "Body", "Held on"], ["B1", "Board", datetime.date(2024, 2, 1)]]
ROWS = [["Member code", "Member group", "Joined on"], ["M1", "Staff", "03/05/2021"]]
SHEETS = {
    "Organisation": ANSWERS,
    "Member groups": GROUPS,
    "Bodies": BODIES,
    "Members": ROWS,
    "Meetings": MEETINGS,
    "Decisions": DECISIONS,
}


def save(path: Path, **sheets: list[list]) -> openpyxl.Workbook:
    """A workbook of SHEETS with some of them replaced; _ in a name is a space."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    replaced = {name.replace("_", " "): rows for name, rows in sheets.items()}
    for title, rows in (SHEETS | replaced).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


@pytest.fixture
def path(tmp_path):
    return tmp_path / "Records.xlsx"


def lines(records) -> list[str]:
    return [str(problem) for problem in records.problems]


def serious(records) -> list[str]:
    return [str(problem) for problem in records.problems if problem.serious]


def test_a_problem_in_a_workbook_names_the_cell(path):
    save(path, Members=[*ROWS, ["M2", "Staf", "1/1/20"]])
    assert lines(read_records(path)) == [
        "Records.xlsx, sheet Members, cell B3: “Member group” 'Staf' is not one of staff; "
        "did you mean staff?",
        "Records.xlsx, sheet Members, cell C3: “Joined on” '1/1/20' has a year of two digits; "
        "write the day, the month and all four digits of the year, such as 31/03/2025",
    ]


def test_headings_are_found_under_a_title(path):
    save(path, Members=[["Our members, May 2024"], [], *ROWS])
    records = read_records(path)
    assert records.tables["members"]["member_id"].tolist() == ["M1"]
    assert records.tables["members"].index.tolist() == [4]
    assert lines(records) == [
        "Records.xlsx, sheet Members: has its headings in row 3; what stands above them was left "
        "out"
    ]


@pytest.mark.parametrize(
    "headings",
    [
        pytest.param(
            [["Member code", "Member group", "Joined", None], [None, None, "on", "Left on"]],
            id="two rows of which the second goes on",
        ),
        pytest.param(
            [["Member code", "Member group", "Dates", None], [None, None, "Joined on", "Left on"]],
            id="a merged cell over two",
        ),
        pytest.param(
            [[None, None, "Dates", None], ["Member code", "Member group", "Joined on", "Left on"]],
            id="a merged cell above the headings",
        ),
    ],
)
def test_two_rows_of_headings_are_read_as_one(path, headings):
    save(path, Members=[*headings, ["M1", "Staff", "03/05/2021", "04/06/2022"]])
    row = read_records(path).tables["members"].iloc[0]
    assert row[["member_id", "category"]].tolist() == ["M1", "staff"]
    assert (f"{row['joined_on']:%Y-%m-%d}", f"{row['left_on']:%Y-%m-%d}") == (
        "2021-05-03",
        "2022-06-04",
    )


def test_a_first_row_of_records_without_its_code_is_no_heading(path):
    """It begins empty, as a second row of headings does, but holds no heading."""
    save(path, Members=[ROWS[0], [None, "Staff", "03/05/2021"], ROWS[1]])
    records = read_records(path)
    assert records.tables["members"]["member_id"].tolist() == ["M1"]
    assert "cell A2: “Member code” is empty" in serious(records)[0]


def test_common_and_welsh_headings_are_mapped_and_the_first_said(path):
    """'Cod aelod' is the template's own Welsh; 'Date joined' is what others write."""
    save(path, Members=[["Cod aelod", "Membership type", "Date joined"], ["M1", "Staff", ""]])
    records = read_records(path)
    assert lines(records) == [
        "Records.xlsx, sheet Members: column Date joined was read as joined_on",
        "Records.xlsx, sheet Members: column Membership type was read as category",
    ]
    assert records.mapping["members"]["headings"]["Date joined"] == "joined_on"


def test_the_mapping_printed_can_be_saved_changed_and_read(path):
    save(path, Members=[["Member code", "Clan"], ["M1", "Staff"], ["M2", "Workers"]])
    assert "Clan" in "\n".join(lines(read_records(path)))
    own = "members:\n  headings: {Clan: category}\n  words: {category: {Workers: staff}}\n"
    (path.parent / "headings.yaml").write_text(own)
    records = read_records(path)
    assert records.tables["members"]["category"].tolist() == ["staff", "staff"]
    assert lines(records) == []
    printed, well = check([path], mapping=True)
    assert "    Clan: category" in printed
    assert well
    assert "headings.yaml" in records.inputs


def test_a_mapping_that_names_no_column_is_refused_by_its_place(path):
    save(path)
    (path.parent / "headings.yaml").write_text("members:\n  headings: {Clan: categry}\n")
    assert serious(read_records(path)) == [
        "headings.yaml: members.headings 'categry' is no column; did you mean category?"
    ]


def attendance(path, *marks: str, organisation=()) -> pd.Series:
    save(
        path,
        Organisation=[*ANSWERS, *organisation],
        Attendance=[
            ["Meeting", "Person", "Attendance"],
            *[["B1", f"P{n}", mark] for n, mark in enumerate(marks)],
        ],
    )
    return read_records(path)


def test_marks_of_attendance_are_read_and_each_is_said_once(path):
    records = attendance(path, "P", "P", "Ap", "Zoom", "late", "n/a")
    status = records.tables["attendance"]["status"]
    assert status.tolist() == ["present", "present", "apology", "remote", "present", "leave"]
    assert (
        "Records.xlsx, sheet Attendance, cell C2: “Attendance” 'P' was read as present, "
        "here and in 1 more cells"
    ) in lines(records)
    assert records.mapping["attendance"]["words"]["status"]["Zoom"] == "remote"


@pytest.mark.parametrize(
    ("marks", "read"),
    [
        pytest.param(("P", "A", "Ap"), "absent", id="beside Ap, A is absent"),
        pytest.param(("P", "A", "Abs"), "apology", id="beside Abs, A is an apology"),
        pytest.param(("P", "A"), None, id="alone it could be either"),
    ],
)
def test_a_mark_of_two_meanings_is_told_by_the_others_or_asked(path, marks, read):
    records = attendance(path, *marks)
    status = records.tables["attendance"]["status"][3]
    if read is None:
        assert pd.isna(status)
        assert (
            "'A' may mean apology or absent; write apology or absent instead" in serious(records)[0]
        )
    else:
        assert status == read


@pytest.mark.parametrize(
    ("meant", "read"),
    [("absent", "absent"), ("not expected", "leave"), ("not known", None), (None, None)],
)
def test_a_blank_in_attendance_means_what_the_organisation_says_and_is_never_guessed(
    path, meant, read
):
    said = [["What an empty cell in your attendance sheet means", meant]] if meant else []
    records = attendance(path, "present", "", organisation=said)
    status = records.tables["attendance"]["status"][3]
    assert pd.isna(status) if read is None else status == read


@pytest.mark.parametrize("word", ["Total", "TOTALS:", "Grand total", "Cyfanswm", "Average"])
def test_a_row_of_totals_is_left_out_and_said(path, word):
    save(path, Members=[*ROWS, [word, 12, None]])
    records = read_records(path)
    assert records.tables["members"]["member_id"].tolist() == ["M1"]
    assert lines(records) == [
        "Records.xlsx, sheet Members, row 3: seems to add up the other rows, and was left out"
    ]


def test_codes_that_begin_like_totals_are_kept():
    assert not any(pd.Series(["T1", "Total-7", "Sum 3"]).str.fullmatch(TOTALS.pattern, case=False))


@pytest.mark.parametrize(
    "heading",
    ["Name", "Full name", "firstName", "member_name", "Surname", "Enw", "Address", "Postcode",
     "Cyfeiriad", "Date of birth", "D.O.B.", "Dyddiad geni", "E-mail", "Phone number", "Diagnosis",
     "NHS number", "NHS No", "Rhif GIG", "Disability"],
)  # fmt: skip
def test_columns_about_people_are_refused_and_never_repeated(path, heading):
    save(path, Members=[[*ROWS[0], heading], [*ROWS[1], "Mair Ellis 943 476 5919"]])
    records = read_records(path)
    said = "\n".join(check([path], mapping=True)[0])
    assert serious(records)[0].startswith("Records.xlsx, sheet Members: column D seems to hold ")
    assert "Mair" not in said
    assert "943" not in said


@pytest.mark.parametrize("heading", ["Name of the body", "Frame", "Message", "Page", "Title"])
def test_headings_that_only_sound_personal_are_not_refused(heading):
    assert personal(heading) is None


def test_no_heading_of_ours_would_be_refused():
    from assess.load.synonyms import in_welsh
    from assess.schemas import CONTRACTS, fields_of

    titles = [field.title for name in CONTRACTS for field in fields_of(name).values()]
    assert [t for title in titles for t in (title, in_welsh(title)) if personal(t)] == []


def test_a_hidden_sheet_is_read_and_said(path):
    book = save(path)
    book["Members"].sheet_state = "hidden"
    book.save(path)
    assert "sheet Members: is hidden, and was read like the others" in lines(read_records(path))[0]


def test_twin_codes_are_reported_and_never_merged(write_records):
    records = read_records(write_records(members=[*MEMBERS, {"member_id": "m 2"}]))
    assert len(records.tables["members"]) == 4
    assert [str(one) for one in records.consistency] == [
        "members.csv, row 5: member_id differs from the code in row 3 only in capitals or spaces; "
        "write both the same way if they are one person; they were not merged"
    ]


def test_a_locked_workbook_is_refused_in_a_sentence(path):
    """Workbooks with a password are packed like files of old Office."""
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    path.write_bytes(start + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600))
    with pytest.raises(AssessError, match=r"Records\.xlsx: is locked with a password; open it"):
        read_records(path)


def test_a_part_that_unpacks_a_thousandfold_is_refused(path):
    """60 MB of noughts pack to 60 kB; no sheet of records does."""
    save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet99.xml", bytes(60_000_000))
    with pytest.raises(AssessError, match=r"holds a part that unpacks to 1,0\d\d times its size"):
        read_records(path)


def test_other_spreadsheets_are_refused_with_what_to_do(tmp_path):
    (tmp_path / "records.ods").write_bytes(b"PK")
    with pytest.raises(AssessError, match=r"Save it as an \.xlsx workbook"):
        read_records(tmp_path / "records.ods")


def test_a_note_beside_the_organisations_does_not_stop_the_check(write_records):
    """`assess check data/*` names data/README.md too."""
    folder = write_records()
    (folder.parent / "README.md").write_text("About these records.")
    printed, well = check([folder.parent / "README.md", folder])
    assert printed[0] == str(folder)
    assert well


def test_a_weekday_that_is_not_the_dates_is_something_to_look_at(write_records):
    """3 May 2021 was a Monday."""
    rows = [{"member_id": "M1", "joined_on": "Tuesday 3 May 2021"}]
    records = read_records(write_records(members=rows))
    assert [str(one) for one in records.consistency] == [
        "members.csv, row 2: joined_on 'Tuesday 3 May 2021' was a Monday; "
        "correct the date or the weekday"
    ]


def test_bodies_and_groups_from_their_own_sheets(path):
    save(
        path,
        Bodies=[
            ["Code", "Name of the body", "Seats kept for each member group"],
            ["EXAMPLE-1", "Council", "staff: 3"],
            ["board", "Y Bwrdd", "staff: 2"],
        ],
    )
    organisation = read_records(path).organisation
    assert list(organisation.bodies) == ["board"]
    assert organisation.bodies["board"].seats_by_category == {"staff": 2}
    assert organisation.legal_form == "cooperative_society"


def test_a_body_listed_twice_is_said():
    grid = pd.DataFrame([["Code", "Name of the body"], ["board", "A"], ["board", "B"]])
    written, problems = organisation_of(grid, "x", "bodies")
    assert written == {"bodies": {"board": {"title": "A"}}}
    assert [str(problem) for problem in problems] == [
        "x, row 2: has a code that stands twice, and was left out; "
        "give it a code of its own, such as staff or board"
    ]


# Whatever is planted in a workbook --------------------------------------------------------------

CELLS = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.datetimes(datetime.datetime(1900, 3, 1), datetime.datetime(2200, 1, 1)),
    st.sampled_from(["#N/A", "=1+1", "=", "Total", "P", "3 March 2025", "31/02/2024", "-", "n/a"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)
PLANTED = st.lists(
    st.tuples(st.sampled_from(sorted(SHEETS)), st.integers(1, 6), st.integers(1, 5), CELLS),
    max_size=12,
)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(planted=PLANTED, extra=st.lists(st.lists(CELLS, max_size=6), max_size=3))
def test_no_workbook_raises_anything_but_a_sentence(path, planted, extra):
    book = save(path, Members=[*extra, *ROWS])
    for title, row, column, cell in planted:
        book[title].cell(row, column).value = cell
    book.save(path)
    try:
        members = read_records(path).tables["members"]
    except AssessError:
        return
    assert members["member_id"].notna().all()


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bad=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 2), CELLS), max_size=10))
def test_no_row_with_a_good_code_is_lost_whatever_its_other_cells_hold(path, bad):
    """Ten members; what is planted stands in the columns beside their codes."""
    rows = [[f"M{n}", "Staff", "03/05/2021"] for n in range(10)]
    for row, column, cell in bad:
        rows[row][column] = cell
    save(path, Members=[ROWS[0], *rows])
    members = read_records(path).tables["members"]
    assert members["member_id"].tolist() == [f"M{n}" for n in range(10)]
    touched = {row for row, _, _ in bad}
    good = members.iloc[[n for n in range(10) if n not in touched]]
    assert (good["category"] == "staff").all()
    assert (good["joined_on"] == pd.Timestamp("2021-05-03")).all()


def test_an_empty_organisation_is_refused_with_its_labels(path):
    save(path, Organisation=[["Name", "Tegfan"]])
    with pytest.raises(CannotBeAssessedError, match="'Legal form' is missing"):
        read_records(path)


def test_load_keeps_what_was_written(path):
    save(path)
    assert load(path).tables["members"].rows.to_numpy().tolist() == [ROWS[1]]
