"""Reading files: what a broken one says, and that no good row of it is lost."""

import os
import struct
import zipfile
import zlib

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assess.load import find_organisations, load
from assess.records import AssessError
from assess.validate import read_records

MEMBERS_CSV = "member_id,category,joined_on\nM1,staff,2020-01-01\nM2,supported,2021-05-03\n"


def lines(records) -> list[str]:
    return [str(problem) for problem in records.problems]


def member_ids(records) -> list[str]:
    return records.tables["members"]["member_id"].tolist()


def test_cells_come_as_written_and_rows_as_the_spreadsheet_numbers_them(write_records):
    folder = write_records(members="member_id,category\nM1, 007\n\nM2,12:30\n")
    rows = load(folder).tables["members"].rows
    assert rows.index.tolist() == [2, 4]
    assert rows.to_numpy().tolist() == [["M1", " 007"], ["M2", "12:30"]]


def test_a_valid_folder_has_no_problem(write_records):
    records = read_records(write_records())
    assert lines(records) == []
    assert member_ids(records) == ["M1", "M2", "M3"]


# Broken files -----------------------------------------------------------------------------------


def test_a_missing_file_is_named_and_the_rest_is_read(write_records):
    records = read_records(write_records(meetings=None))
    assert "meetings.csv: is missing or empty; add it, with a row for each of what there was" in (
        lines(records)
    )
    assert member_ids(records) == ["M1", "M2", "M3"]
    assert len(records.tables["decisions"]) == 2


@pytest.mark.parametrize("content", ["", "\n\n", ",,,\n", "\ufeff", "sep=;\n"])
def test_an_empty_file_is_named_and_the_rest_is_read(write_records, content):
    records = read_records(write_records(meetings=content))
    assert "meetings.csv: is empty; put the headings in the first row" in lines(records)
    assert member_ids(records) == ["M1", "M2", "M3"]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_separators_than_commas_are_seen(write_records, delimiter):
    records = read_records(write_records(members=MEMBERS_CSV.replace(",", delimiter)))
    assert lines(records) == []
    assert member_ids(records) == ["M1", "M2"]


def test_a_comma_inside_a_heading_does_not_pass_for_the_separator(write_records):
    folder = write_records(members='member_id;"a,b,c,d";category\nM1;"x;y";staff\n')
    assert load(folder).tables["members"].rows.to_numpy().tolist() == [["M1", "x;y", "staff"]]


def test_excels_own_line_about_the_separator_is_not_a_row(write_records):
    folder = write_records(members="sep=;\n" + MEMBERS_CSV.replace(",", ";"))
    assert load(folder).tables["members"].rows.index.tolist() == [2, 3]


def test_windows_1252_is_read_and_said(write_records):
    content = "member_id,category\nMôn,staff\n".encode("cp1252")
    records = read_records(write_records(members=content))
    assert lines(records) == [
        "members.csv: is not in UTF-8; it was read as Windows-1252, which has no ŵ and no ŷ; "
        "save it as 'CSV UTF-8', and check names with accents"
    ]
    assert not records.problems[0].serious
    assert member_ids(records) == ["Môn"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_first_heading(write_records, encoding):
    records = read_records(write_records(members=MEMBERS_CSV.encode(encoding)))
    assert lines(records) == []
    assert member_ids(records) == ["M1", "M2"]


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_of_other_systems(write_records, ending):
    content = MEMBERS_CSV.replace("\n", ending).encode()
    assert member_ids(read_records(write_records(members=content))) == ["M1", "M2"]


def test_a_file_without_rows_is_something_to_look_at(write_records):
    records = read_records(write_records(decisions="decision_id,body,decided_on\n"))
    assert lines(records) == [
        "decisions.csv: has headings and no rows; add the rows, or leave the file out if there "
        "is nothing to record"
    ]
    assert not records.problems[0].serious
    assert records.tables["decisions"].empty


def test_a_row_with_too_many_cells_is_one_problem_and_is_kept(write_records):
    records = read_records(write_records(members=MEMBERS_CSV + "M3,staff,2020-01-01,,x\nM4\n"))
    assert lines(records) == [
        "members.csv, row 4: has 5 cells under 3 headings; put quotation marks round a text that "
        "holds the separator"
    ]
    assert member_ids(records) == ["M1", "M2", "M3", "M4"]


def test_a_quotation_mark_that_is_never_closed_loses_no_row(write_records):
    content = 'member_id,category\nM1,"staff\nM2,supported\nM3,staff\n'
    records = read_records(write_records(members=content))
    assert member_ids(records) == ["M1", "M2", "M3"]
    assert "members.csv, row 2: has a quotation mark that is never closed" in lines(records)[-1]


def test_a_quotation_mark_closed_far_below_is_noticed(write_records):
    rows = "".join(f"M{n},staff\n" for n in range(2, 30))
    content = f'member_id,category\nM1,"staff\n{rows}M30,staff"\n'
    said = lines(read_records(write_records(members=content)))
    assert any("row 2: has a cell of 30 lines" in line for line in said)


def test_a_workbook_with_the_ending_csv_stops_that_organisation(write_records):
    folder = write_records(members=b"PK\x03\x04rest")
    with pytest.raises(AssessError, match=r"members\.csv: is a workbook, not CSV; give its name"):
        read_records(folder)


def test_a_file_that_is_not_text_stops_that_organisation(write_records):
    with pytest.raises(AssessError, match=r"members\.csv: is not text"):
        read_records(write_records(members=b"a\0b\0c"))


def test_a_file_of_no_table_is_left_out_and_named(write_records):
    records = read_records(write_records(memebrs="a,b\n1,2\n", rota="a\n"))
    assert lines(records) == [
        "memebrs.csv: is not the name of a table, and was left out; did you mean members.csv?",
        "rota.csv: is not the name of a table, and was left out; rename it if it holds records",
    ]
    assert [problem.serious for problem in records.problems] == [True, False]


def test_two_files_of_one_table_are_not_merged(write_records):
    folder = write_records()
    (folder / "Members.tsv").write_text("member_id\nM9\n")
    records = read_records(folder)
    assert member_ids(records) == ["M1", "M2", "M3"]
    assert lines(records) == [
        "Members.tsv: holds the same table as members.csv, and was left out; put all rows in one "
        "of them"
    ]


def test_a_link_out_of_the_folder_is_refused(write_records, tmp_path):
    folder = write_records(members=None)
    (tmp_path / "elsewhere.csv").write_text(MEMBERS_CSV)
    (folder / "members.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(AssessError, match="is a link to a place outside the folder"):
        read_records(folder)


def test_a_file_over_the_limit_is_refused_by_its_size(write_records):
    folder = write_records()
    os.truncate(folder / "members.csv", 1_000_000_001)  # sparse: takes no room on the disk
    with pytest.raises(AssessError, match=r"is larger than 1,000 MB"):
        read_records(folder)


def test_the_bytes_of_every_file_read_are_fingerprinted(write_records):
    """SHA-256 of three letters "abc", as published by NIST, begins ba7816bf."""
    inputs = load(write_records(survey="abc")).inputs
    assert sorted(inputs) == [
        "decisions.csv",
        "meetings.csv",
        "members.csv",
        "organisation.yaml",
        "survey.csv",
    ]
    assert inputs["survey.csv"].startswith("ba7816bf")


# organisation.yaml ------------------------------------------------------------------------------


def test_yaml_values_stay_text(write_records):
    text = "name: no\ncode: 007\ntime: 12:30\nday: 2024-01-01\nempty:\n"
    assert load(write_records(organisation=text)).organisation == {
        "name": "no",
        "code": "007",
        "time": "12:30",
        "day": "2024-01-01",
        "empty": None,
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("name: a\nname: b\n", "'name' stands twice; it is also in line 1", id="twice"),
        pytest.param("a: &x [1]\nb: *x\n", r"at line 2: an alias \(\*\) is not read", id="alias"),
        pytest.param("a: b: c\n", "cannot be read at line 1", id="two colons"),
        pytest.param("a: !!python/name:os.system\n", "cannot be read at line 1", id="code"),
        pytest.param("- a\n", "says nothing", id="a list"),
        pytest.param("", "says nothing", id="empty"),
        pytest.param("[" * 5000, "cannot be read", id="deep"),
        pytest.param("? [a]\n: b\n", "a name before a colon is missing", id="list as name"),
    ],
)
def test_yaml_that_cannot_be_trusted_is_refused_with_its_line(write_records, text, what):
    with pytest.raises(AssessError, match=f"organisation.yaml: .*{what}"):
        read_records(write_records(organisation=text))


# Workbooks --------------------------------------------------------------------------------------


def write_workbook(path, sheets) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


ORGANISATION_SHEET = [
    ["id", "tegfan-care"],
    ["name", "Tegfan Care"],
    ["legal_form", "cooperative_society"],
    ["governance_model", "multi_stakeholder"],
    ["charitable", "nac oes"],
    ["council_powers", "appoint_board; call_in"],
    ["member_categories.staff.title", "Staff"],
    ["member_categories.staff.kind", "staff"],
    ["bodies.board.title", "Board"],
    ["bodies.board.seats", 5],
]


@pytest.fixture
def workbook(tmp_path):
    """A folder with one workbook; sheets are named by code and by title."""
    import datetime

    folder = tmp_path / "one"
    folder.mkdir()
    write_workbook(
        folder / "records.xlsx",
        {
            "organisation": ORGANISATION_SHEET,
            "Members": [
                ["Member code", "Member group", "Joined on"],
                ["M1", "Staff", datetime.date(2020, 1, 31)],
                [],
                [2, "staff", "31/01/2021"],
            ],
            "meetings": [["meeting_id", "body", "held_on"], ["B1", "board", "2024-02-01"]],
            "decisions": [["decision_id", "body", "decided_on"], ["D1", "board", "2024-02-01"]],
            "Doodles": [["x"]],
        },
    )
    return folder


@pytest.mark.parametrize("whole_folder", [True, False])
def test_a_workbook_is_read_by_sheet(workbook, whole_folder):
    path = workbook if whole_folder else workbook / "records.xlsx"
    records = read_records(path)
    members = records.tables["members"]
    assert members.index.tolist() == [2, 4]
    assert members["member_id"].tolist() == ["M1", "2"]
    assert [f"{day:%Y-%m-%d}" for day in members["joined_on"]] == ["2020-01-31", "2021-01-31"]
    assert records.organisation.bodies["board"].seats == 5
    assert records.organisation.charitable is False
    assert records.organisation.council_powers == ["appoint_board", "call_in"]
    assert lines(records) == [
        "records.xlsx, sheet Doodles: is not the name of a table, and was left out; rename it if "
        "it holds records"
    ]


def test_a_file_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "records.xlsx"
    path.write_bytes(b"not a workbook")
    with pytest.raises(AssessError, match=r"records\.xlsx: is not a workbook that can be read"):
        read_records(path)


def test_a_cell_far_out_is_refused_before_the_reader_meets_it(workbook):
    """A cell in XFD1048576 would make the reader lay out 17 thousand million cells."""
    path = workbook / "records.xlsx"
    book = openpyxl.load_workbook(path)
    book["Members"]["XFD1048576"] = "x"
    book.save(path)
    with pytest.raises(AssessError, match="with a cell in column 16,384 or row 1,048,576"):
        read_records(path)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path):
    """3 GB of zeros pack into 3 MB; the size is read from the archive's list, nothing unpacked."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 1000)
        packed.writestr("xl/workbook.xml", b"")
    content = path.read_bytes().replace(
        struct.pack("<LLL", zlib.crc32(b"0" * 1000), packed.infolist()[0].compress_size, 1000),
        struct.pack("<LLL", zlib.crc32(b"0" * 1000), packed.infolist()[0].compress_size, 3 * 10**9),
    )
    path.write_bytes(content)
    with pytest.raises(AssessError, match=r"bomb\.xlsx: unpacks to more than 2 GB"):
        read_records(path)


def test_formulas_without_values_are_named_where_they_would_read_as_empty(workbook):
    """openpyxl writes the formula and no value, as other programs do before they calculate."""
    path = workbook / "records.xlsx"
    book = openpyxl.load_workbook(path)
    book["Members"]["B2"] = "=1+1"
    book["Members"]["C2"] = "#N/A"
    book.save(path)
    records = read_records(path)
    assert [line for line in lines(records) if "cell" in line] == [
        "records.xlsx, sheet Members, cell B2: “Member group” holds a formula that was never "
        "worked out; open the workbook in your spreadsheet and save it again, or type the value",
        "records.xlsx, sheet Members, cell C2: “Joined on” shows #N/A, an error of a formula; "
        "type the value, or mend the formula",
    ]
    assert records.unreadable["members"]["category"].tolist() == [2]


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8))
@example(changes=[(0.9995311523147061, 25)])  # its list of parts would begin before the file does
def test_a_damaged_workbook_is_read_or_refused(workbook, changes):
    content = bytearray((workbook / "records.xlsx").read_bytes())
    for where, byte in changes:
        content[int(where * (len(content) - 1))] = byte
    damaged = workbook.parent / "damaged.xlsx"
    damaged.write_bytes(bytes(content))
    try:
        assert load(damaged).path == damaged
    except AssessError as refused:
        pytest.fail(f"loading itself refuses nothing that is there: {refused}")


# Finding organisations --------------------------------------------------------------------------


def test_organisations_are_found_in_folders_and_workbooks(write_records, workbook, tmp_path):
    folder = write_records()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("x")
    (workbook / "~$records.xlsx").write_text("a lock file")
    assert find_organisations([tmp_path]) == [workbook / "records.xlsx", folder]
    assert find_organisations([folder, folder]) == [folder]


def test_a_path_that_does_not_exist_is_named_with_the_nearest_one(write_records):
    folder = write_records()
    with pytest.raises(AssessError, match=r"Did you mean .*tegfan-care"):
        find_organisations([folder.parent / "tegfan-cere"])


def test_a_folder_without_an_organisation_says_what_one_needs(tmp_path):
    with pytest.raises(AssessError, match=r"needs a folder with organisation\.yaml"):
        find_organisations([tmp_path])


def test_what_is_neither_folder_nor_workbook_is_refused(tmp_path):
    (tmp_path / "members.csv").write_text(MEMBERS_CSV)
    with pytest.raises(AssessError, match="is neither a folder nor a workbook"):
        load(tmp_path / "members.csv")
