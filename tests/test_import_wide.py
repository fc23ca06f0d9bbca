"""Sheets kept by hand: whatever stands where, the counts are those of the sheet."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from assess.cli import main
from assess.importers import ImportReport, import_records
from assess.records import AssessError
from assess.validate import read_records

SHARED = Path(__file__).parents[2] / "shared" / "data"
MESSY = SHARED / "messy_samples"
OPENHW = SHARED / "openhw_attendance" / "raw"
MAPPINGS = Path(__file__).parent / "mappings"

GOVERNORS = """\
Governors' attendance 2024,,,,
,,Ann Lee,Bob Ray,Cy Dent
FGB 12/09/24,online,P,Ap,X
FGB 14/11/24,hall,P,,late
"""
READ_GOVERNORS = """\
blocks:
  - {holds: attendance, body: board, people: columns, name: 2, rows: 3-4, columns: C-E, date: A,
     dates: [dd/mm/yy], blank: not expected,
     codes: {P: present, Ap: apology, X: absent, late: present}}
"""


@pytest.fixture
def write(tmp_path):
    """A function that writes a file beside the folder to import into, and gives its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def imported(tmp_path, write):
    """A function that imports a sheet with a mapping, both given as text."""

    def imported(sheet: str, mapping: str, name: str = "sheet.csv") -> Path:
        folder = tmp_path / "records"
        said = write("said.yaml", mapping)
        import_records("wide", write(name, sheet), folder, mapping=said)
        return folder

    return imported


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def statuses(folder: Path) -> Counter[str]:
    return Counter(row["status"] for row in rows(folder, "attendance"))


def test_people_in_columns_are_read_with_the_marks_the_mapping_explains(imported):
    """P, Ap, X at the first meeting; P and late at the second, where Bob was not expected."""
    folder = imported(GOVERNORS, READ_GOVERNORS)
    assert statuses(folder) == {"present": 3, "apology": 1, "absent": 1}
    assert [row["held_on"] for row in rows(folder, "meetings")] == ["2024-09-12", "2024-11-14"]


def test_people_in_rows_give_the_same_records_as_people_in_columns(imported, tmp_path):
    """The same sheet turned on its side, with its places turned too."""
    lying = imported(GOVERNORS, READ_GOVERNORS)
    upright = "\n".join(
        ",".join(cells) for cells in zip(*csv.reader(GOVERNORS.splitlines()), strict=True)
    )
    turned = (
        READ_GOVERNORS.replace("people: columns, name: 2", "people: rows, name: B")
        .replace("rows: 3-4, columns: C-E", "columns: C-D, rows: 3-5")
        .replace("date: A", "date: 1")
    )
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "said.yaml").write_text(turned)
    (tmp_path / "up" / "sheet.csv").write_text(upright)
    folder = tmp_path / "up" / "records"
    import_records(
        "wide", tmp_path / "up" / "sheet.csv", folder, mapping=tmp_path / "up" / "said.yaml"
    )
    for table in ("meetings.csv", "attendance.csv"):
        assert (folder / table).read_text() == (lying / table).read_text()


@pytest.mark.parametrize(
    ("blank", "counts"),
    [
        pytest.param("absent", {"present": 3, "apology": 1, "absent": 2}, id="one more absent"),
        pytest.param("not expected", {"present": 3, "apology": 1, "absent": 1}, id="no row"),
        pytest.param(
            "not known", {"present": 3, "apology": 1, "absent": 1, "": 1}, id="a row without status"
        ),
    ],
)
def test_an_empty_cell_means_what_the_mapping_says(imported, blank, counts):
    """Bob's cell of 14 November is the only empty one. The organisation's file says the same."""
    said = READ_GOVERNORS.replace("blank: not expected", f"blank: {blank}")
    folder = imported(GOVERNORS, said)
    assert statuses(folder) == counts
    assert read_records(folder).organisation.attendance_blank == blank


def test_what_an_empty_cell_means_is_never_guessed(imported):
    with pytest.raises(AssessError, match="never guessed"):
        imported(GOVERNORS, READ_GOVERNORS.replace("blank: not expected,", ""))


def test_a_mark_that_is_not_explained_is_not_known_and_is_counted(tmp_path, write):
    """X is left out of the codes: Cy's cell of 12 September has no status."""
    folder = tmp_path / "records"
    said = write("said.yaml", READ_GOVERNORS.replace("X: absent, ", ""))
    report = import_records("wide", write("sheet.csv", GOVERNORS), folder, mapping=said)
    assert statuses(folder) == {"present": 3, "apology": 1, "": 1}
    assert any("'X'" in line and line.endswith(": 1") for line in report.lost)


def test_no_name_is_in_what_is_written_and_the_key_lies_elsewhere(tmp_path, write):
    """Ann is first in the alphabet, so P001; the key is written only because it is asked for."""
    folder, key = tmp_path / "records", tmp_path / "key.csv"
    said = write("said.yaml", READ_GOVERNORS)
    import_records("wide", write("sheet.csv", GOVERNORS), folder, mapping=said, keep_key=key)
    written = "".join(path.read_text() for path in folder.iterdir())
    assert not [name for name in ("Ann", "Bob", "Cy", "Dent") if name in written]
    assert key.read_text().splitlines() == [
        "code,name", "P001,Ann Lee", "P002,Bob Ray", "P003,Cy Dent",
    ]  # fmt: skip


def test_a_column_of_names_taken_for_groups_is_refused(imported, tmp_path):
    """Groups are written with their titles, so a person's name among them would be published."""
    with pytest.raises(AssessError, match="name of a person"):
        imported(VOTES, READ_VOTES.replace("group: B", "group: A") % "leave out")
    assert not (tmp_path / "records").exists()


def test_the_key_is_refused_inside_the_records(tmp_path, write):
    folder = tmp_path / "records"
    said = write("said.yaml", READ_GOVERNORS)
    sheet = write("sheet.csv", GOVERNORS)
    with pytest.raises(AssessError, match="outside the folder"):
        import_records("wide", sheet, folder, mapping=said, keep_key=folder / "key.csv")
    assert not folder.exists()


def test_nothing_is_overwritten(imported, tmp_path):
    folder = imported(GOVERNORS, READ_GOVERNORS)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(AssessError, match="not empty"):
        imported(GOVERNORS, READ_GOVERNORS)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


LIST = """\
Day,Member,Status
2024-01-09,Ann Lee,present
2024-01-09,Bob Ray,apology
2024-02-13,Ann Lee,in_attendance
2024-02-13,Bob Ray,
someday,Ann Lee,present
"""
READ_LIST = """\
blocks:
  - {holds: attendance, people: list, name: B, mark: C, date: A, blank: absent,
     codes: {present: present, apology: apology, in_attendance: in attendance}}
"""


def test_a_list_with_a_row_for_each_person_and_meeting_is_read(tmp_path, write):
    """Bob's empty mark means absent; Ann came once as a member and once as a guest; one row has
    no day."""
    folder = tmp_path / "records"
    said = write("said.yaml", READ_LIST)
    report = import_records("wide", write("sheet.csv", LIST), folder, mapping=said)
    found = [(row["status"], row["capacity"]) for row in rows(folder, "attendance")]
    assert found == [
        ("present", ""), ("apology", ""), ("present", "in attendance"), ("absent", ""),
    ]  # fmt: skip
    assert "rows of a list without a day that can be read: 1" in report.lost


def test_whoever_stands_in_a_list_without_marks_was_there(imported):
    said = READ_LIST.replace("mark: C, ", "").replace("blank: absent,", "")
    assert statuses(imported(LIST, said)) == {"present": 4}


def test_a_list_is_recognised_and_its_names_are_not_taken_for_marks(tmp_path, write):
    report = proposed(write("sheet.csv", LIST * 3), tmp_path / "records")
    said = report.mapping.read_text()
    assert 'people: "list"' in said
    assert ('name: "B"' in said, 'mark: "C"' in said, 'date: "A"' in said) == (True, True, True)
    assert "Ann" not in said + "".join(report.lines())


def test_two_lines_with_one_name_stay_two_people_until_the_mapping_joins_them(tmp_path, write):
    """Ann has two columns and came once in each, at one meeting: two people, or one present."""
    sheet = write("sheet.csv", "day,Ann,Ann\n2024-01-02,P,P\n")
    said = "blocks: [{holds: attendance, people: columns, name: 1, rows: 2, columns: B-C, date: A, "
    said += "blank: absent, codes: {P: present}%s}]\n"
    for number, extra in ((2, ""), (1, ", same_name: one person")):
        mapping = write("said.yaml", said % extra)
        folder = tmp_path / f"records{number}"
        report = import_records("wide", sheet, folder, mapping=mapping)
        assert len(rows(folder, "attendance")) == number
        assert any("person" in line for line in (*report.changed, *report.lost))


# Decisions and votes ----------------------------------------------------------------------------

LOG = """\
Date,Motion,For,Against,Result
2019-10-10,Dividend,744,8,
19/10/2022,Reappoint Jo Poe,94.79%,5.21%,
2024-05-16,Minutes,Carried,,
2024-05-16,Fees,,,Passed (6 - 0 - 2)
2024-06-01,Rules,,,Agreed unanimously
"""
READ_LOG = """\
titles: keep
blocks:
  - {holds: decisions, body: general_meeting, date: A, title: B, votes_for: C, votes_against: D,
     outcome: E}
"""


def test_the_basis_of_each_vote_is_kept(imported):
    """Numbers, percentages, a word, a tally in words, and all agreed."""
    found = rows(imported(LOG, READ_LOG), "decisions")
    assert [row["vote_basis"] for row in found] == [
        "tally", "percentage", "carried", "tally", "unanimous",
    ]  # fmt: skip
    assert [row["stated_for"] for row in found] == ["744", "", "", "6", ""]
    assert [row["outcome"] for row in found] == ["", "", "carried", "carried", "carried"]


VOTES = """\
Name,Party,2024-01-09,2024-02-06
motion,,Budget,Support Mr Poe
Ann,Red,Yes,No
Bob,,Yes,Absent
Cy Poe,Blue,No,No
result,,Passed (2 - 1),Lost (1 - 2)
"""
READ_VOTES = """\
titles: %s
blocks:
  - {holds: votes, body: council, people: rows, rows: 3-5, columns: C-D, name: A, group: B, date: 1,
     title: 2, outcome: 6, blank: not expected, codes: {"Yes": for, "No": against, Absent: absent}}
"""


def test_named_votes_become_totals_by_group(imported):
    """Bob's empty group is the one above, Red: 2 for; then 1 against and an absence. Blue: 1, 1."""
    folder = imported(VOTES, READ_VOTES % "leave out")
    votes = {
        (row["decision_id"], row["category"]): (row["votes_for"], row["votes_against"])
        for row in rows(folder, "votes")
    }
    assert votes == {
        ("D1", "red"): ("2", "0"),
        ("D1", "blue"): ("0", "1"),
        ("D2", "red"): ("0", "1"),
        ("D2", "blue"): ("0", "1"),
    }
    assert {row["vote_basis"] for row in rows(folder, "decisions")} == {"named"}


def test_a_stated_tally_that_differs_from_the_votes_is_found_by_check(imported):
    """D2 states 1 for, and nobody voted for."""
    records = read_records(imported(VOTES, READ_VOTES % "leave out"))
    found = [problem for problem in records.consistency if "tally" in problem.rule]
    assert [(problem.row, problem.column) for problem in found] == [(3, "stated_for")]


def test_titles_are_left_out_unless_kept_and_then_hold_no_voter(imported):
    """Poe is a voter's name, so the second title loses it."""
    folder = imported(VOTES, READ_VOTES % "keep")
    assert [row["title"] for row in rows(folder, "decisions")] == ["Budget", "Support Mr …"]
    left_out = folder.parent / "second"
    (folder.parent / "said.yaml").write_text(READ_VOTES % "leave out")
    report = import_records(
        "wide", folder.parent / "sheet.csv", left_out, mapping=folder.parent / "said.yaml"
    )
    assert "title" not in rows(left_out, "decisions")[0]
    assert any(line.startswith("titles of decisions") for line in report.lost)


def test_a_cell_across_columns_of_a_page_is_one_vote_and_one_down_rows_counts_in_each(imported):
    """The date hangs over two rows; Cy's Yes spans three columns and is one vote, not three."""
    page = """<table><tr><th>Date</th><th>Item</th><th>Ann</th><th>Cy</th></tr>
    <tr><td rowspan="2">2018-05-01</td><td>One</td><td>Yes</td><td colspan="3">Yes</td></tr>
    <tr><td>Two</td><td>No</td><td>Yes</td></tr></table>"""
    said = """blocks: [{holds: votes, people: columns, name: 1, rows: 2-3, columns: C-F, date: A,
      blank: not expected, codes: {"Yes": for, "No": against}}]"""
    folder = imported(page, said, "log.html")
    votes = [(row["votes_for"], row["votes_against"]) for row in rows(folder, "votes")]
    assert votes == [("2", "0"), ("1", "1")]


def test_uk_cooperatives_published_results_keep_what_each_vote_rests_on(tmp_path):
    """In the file: 5 with counts, 10 with percentages, 5 with the word Carried. The five counts
    for add up to 744 + 559 + 631 + 501 + 618 = 3,053."""
    source = SHARED / "uk_coop_member_votes" / "decisions.csv"
    folder, report = real(source, "uk_coop", tmp_path)
    found = rows(folder, "decisions")
    assert Counter(row["vote_basis"] for row in found) == {
        "tally": 5, "percentage": 10, "carried": 5,
    }  # fmt: skip
    assert sum(int(row["stated_for"] or 0) for row in found) == 3053
    assert any("percentage" in line for line in report.lost)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_sheet_with_other_separators_under_a_title_is_read_alike(imported, separator):
    sheet = GOVERNORS.replace(",", separator).replace(f"2024{separator * 4}", "2024")
    assert statuses(imported(sheet, READ_GOVERNORS)) == {"present": 3, "apology": 1, "absent": 1}


# A mapping that is proposed ---------------------------------------------------------------------


def proposed(source: Path, folder: Path) -> ImportReport:
    return import_records("wide", source, folder)


def test_without_a_mapping_one_is_proposed_beside_the_folder_and_nothing_else(tmp_path, write):
    """X and the empty cell are asked for; P and Ap are guessed and said."""
    folder = tmp_path / "records"
    report = proposed(write("sheet.csv", GOVERNORS), folder)
    assert not folder.exists()
    assert report.mapping == tmp_path / "records.mapping.yaml"
    said = report.mapping.read_text()
    assert 'blank: "ask"' in said
    assert '"x": ask' in said
    assert '"ap": apology' in said
    assert "Ann" not in said


def test_the_proposal_reads_the_sheet_once_what_it_asks_is_answered(tmp_path, write):
    folder = tmp_path / "records"
    sheet = write("sheet.csv", GOVERNORS)
    report = proposed(sheet, folder)
    with pytest.raises(AssessError, match="does not say what"):
        import_records("wide", sheet, folder, mapping=report.mapping)
    answered = report.mapping.read_text().replace('"x": ask', '"x": absent')
    report.mapping.write_text(answered.replace('blank: "ask"', "blank: not expected"))
    import_records("wide", sheet, folder, mapping=report.mapping)
    assert statuses(folder) == {"present": 3, "apology": 1, "absent": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("blocks: []", "no `blocks`"),
        ("blocks: [{holds: tea}]", "holds"),
        (READ_GOVERNORS.replace("name: 2", "name: B"), "row's number"),
        (READ_GOVERNORS.replace("name: 2", "name: 99"), "outside the table"),
        (READ_GOVERNORS.replace("columns: C-E", "columns: E-C"), "ends before it begins"),
        (READ_GOVERNORS.replace("dd/mm/yy", "when"), "date pattern"),
        (READ_GOVERNORS.replace("X: absent", "X: ill"), "means nothing"),
        (READ_GOVERNORS.replace("{holds", "{table: July, holds"), "not in the source"),
        ("blocks: [{holds: attendance, colour: red}]", "colour"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_in_words(imported, change, said):
    with pytest.raises(AssessError, match=said):
        imported(GOVERNORS, change)


def test_the_command_says_what_was_read_and_what_was_lost(tmp_path, write):
    """A good import ends with code 0; a format that does not exist is wrong use, code 2."""
    sheet, said = write("sheet.csv", GOVERNORS), write("said.yaml", READ_GOVERNORS)
    folder = str(tmp_path / "records")
    run = CliRunner().invoke(main, ["import", "wide", str(sheet), folder, "--mapping", str(said)])
    assert run.exit_code == 0
    assert "meetings 2, attendance 5" in run.output
    assert "cells with 'Ap' read as apology: 1" in run.output
    wrong = CliRunner().invoke(main, ["import", "popollo", str(sheet), str(tmp_path / "other")])
    assert wrong.exit_code == 2
    assert "Did you mean popolo?" in wrong.output


# The real sheets --------------------------------------------------------------------------------


def shared(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path.name} is not beside this checkout")
    return path


def real(source: Path, mapping: str, tmp_path: Path) -> tuple[Path, ImportReport]:
    folder = tmp_path / "records"
    report = import_records("wide", shared(source), folder, mapping=MAPPINGS / f"{mapping}.yaml")
    return folder, report


def present_by_day(folder: Path) -> dict[str, int]:
    day = {row["meeting_id"]: row["held_on"] for row in rows(folder, "meetings")}
    came = Counter({one: 0 for one in day.values()})
    for row in rows(folder, "attendance"):
        came[day[row["meeting_id"]]] += row["status"] == "present"
    return dict(came)


def test_coldean_three_bodies_in_one_sheet(tmp_path):
    """Counted in the file: 63 Y, 17 N, 2 dashes; 4, 3 and 3 meetings; 14 pairs of initials."""
    folder, _ = real(MESSY / "coldean_governors_2023_24.csv", "coldean", tmp_path)
    assert statuses(folder) == {"present": 63, "absent": 17}
    assert Counter(row["body"] for row in rows(folder, "meetings")) == {
        "full_governing_body": 4, "education_and_learning": 3, "resources_and_finance": 3,
    }  # fmt: skip
    assert len({row["person_id"] for row in rows(folder, "attendance")}) == 14


def test_stansted_totals_are_added_up_and_said_to_be_lost(tmp_path):
    """13+6+19+5+12+5+14+15+17+14+16+10+14+7 = 167 of
    15+16+23+9+15+15+17+16+23+15+18+17+17+10 = 226."""
    folder, report = real(MESSY / "stansted_parish_attendance_2023.csv", "stansted", tmp_path)
    assert len(rows(folder, "members")) == 14
    assert any("167 of 226" in line for line in report.lost)


@pytest.mark.parametrize(
    ("name", "mapping", "decisions", "votes"),
    [
        ("2014-2018", "toronto_2014", 132, (3719, 1674)),
        ("2018-2022", "toronto_2018", 149, (2786, 827)),
        ("2023-2026", "toronto_2023", 47, (917, 181)),
    ],
)
def test_toronto_votes_add_up_to_the_tally_rows_of_the_sheet(
    tmp_path, name, mapping, decisions, votes
):
    """Each decision's Yes and No cells equal the two tally rows below them, so check finds none."""
    folder, _ = real(MESSY / f"toronto_scorecard_{name}.csv", mapping, tmp_path)
    records = read_records(folder)
    assert len(records.tables["decisions"]) == decisions
    assert records.tables["decisions"]["stated_for"].notna().all()
    assert [problem for problem in records.consistency if "tally" in problem.rule] == []
    totals = records.tables["votes"][["votes_for", "votes_against"]].sum()
    assert tuple(totals) == votes


def test_rchain_the_merged_table_gives_the_votes_read_by_hand(tmp_path):
    """42 decisions. 39 have the votes extracted by hand; for the other three flags.csv says that
    the minutes, not the page, were followed (3 April, 6 April and 23 July 2018)."""
    folder, _ = real(MESSY / "rchain_board_resolution_summary.html", "rchain", tmp_path)
    with shared(SHARED / "rchain_coop" / "decisions.csv").open(encoding="utf-8") as file:
        by_hand = [
            (row["title"].casefold()[:25], row["n_for"], row["n_against"], row["n_abstain"])
            for row in csv.DictReader(file)
            if row["source"] == "BoardResolutionSummary.html"
        ]
    votes = {row["decision_id"]: row for row in rows(folder, "votes")}
    read = [votes[row["decision_id"]] for row in rows(folder, "decisions")]
    counts = Counter((row["votes_for"], row["votes_against"], row["abstained"]) for row in read)
    assert len(read) == len(by_hand) == 42
    assert (counts & Counter(row[1:] for row in by_hand)).total() == 39


def test_rchain_attendance_is_read_as_a_list(tmp_path):
    """In the file: 253 present, 57 absent, 103 in attendance, 2 by proxy, 1 not in post. Proxies
    were not there."""
    source = SHARED / "rchain_coop" / "attendance.csv"
    folder, _ = real(source, "rchain_attendance", tmp_path)
    counts = Counter((row["status"], row["capacity"]) for row in rows(folder, "attendance"))
    assert counts == {
        ("present", ""): 253, ("absent", ""): 59, ("present", "in attendance"): 103,
    }  # fmt: skip


def test_rchain_the_stated_tallies_that_contradict_the_row_are_all_found(tmp_path):
    """flags.csv lists six: five say 4 where 7 voted for, one says 5 where 6 did."""
    folder, _ = real(MESSY / "rchain_board_resolution_summary.html", "rchain", tmp_path)
    odd = read_records(folder).consistency
    found = [problem.what for problem in odd if "tally" in problem.rule]
    assert sorted(what[:4] for what in found) == ["is 4"] * 5 + ["is 5"]


@pytest.mark.parametrize(
    ("name", "mapping"),
    [
        ("coldean_governors_2023_24.csv", "coldean"),
        ("toronto_scorecard_2014-2018.csv", "toronto_2014"),
        ("toronto_scorecard_2018-2022.csv", "toronto_2018"),
        ("toronto_scorecard_2023-2026.csv", "toronto_2023"),
        ("TGSoftware_Attendance_2021.md", "openhw_markdown"),
    ],
)
def test_a_proposal_answered_by_a_person_finds_what_the_mapping_by_hand_finds(
    tmp_path, name, mapping
):
    """Everything asked is answered alike; the counts by status, and for and against, are equal."""
    by_hand, _ = real(MESSY / name, mapping, tmp_path)
    report = proposed(MESSY / name, tmp_path / "guessed")
    answered = report.mapping.read_text().replace('blank: "ask"', "blank: not known")
    report.mapping.write_text(answered.replace(": ask\n", ": not expected\n"))
    import_records("wide", MESSY / name, tmp_path / "guessed", mapping=report.mapping)
    for table, key in (("attendance", "status"), ("votes", "votes_for"), ("meetings", "held_on")):
        if (by_hand / f"{table}.csv").exists():
            guessed = Counter(row[key] for row in rows(tmp_path / "guessed", table))
            assert guessed == Counter(row[key] for row in rows(by_hand, table))


def test_openhw_workbook_reproduces_its_own_sum_row(tmp_path):
    """SOURCE.md: 35, 16, 21, 15, 27, 22, 22, 19, 22, 11 from May 2022 back; 2021-08-23 has 15,
    because one of its 16 marks stands on a row without a name."""
    folder, report = real(OPENHW / "TWG_Attendance_2022-05-23.xlsx", "openhw_2022", tmp_path)
    came = present_by_day(folder)
    assert came.pop("2021-08-23") == 15
    assert [came[day] for day in sorted(came, reverse=True)] == [
        35, 16, 21, 15, 27, 22, 22, 19, 22, 11,
    ]  # fmt: skip
    assert "marks on a line that has no name: 1" in report.lost


def test_openhw_older_workbook_has_one_dated_column(tmp_path):
    """Only 14 December 2021 has a day; the other marks are lost, and that is said."""
    folder, report = real(OPENHW / "TWG_Attendance_211214.xlsx", "openhw_2021", tmp_path)
    assert list(present_by_day(folder)) == ["2021-12-14"]
    assert any("heading that holds no day" in line for line in report.lost)


def test_openhw_a_person_in_two_tables_is_taken_as_one_and_said(tmp_path):
    """defects.csv: one person stands among the members and among the staff of the same meetings."""
    _, report = real(OPENHW / "TWG-Attendance.md", "openhw_markdown", tmp_path)
    assert "people who stand twice for one meeting, taken as one person: 1" in report.changed


MARKDOWN = [
    "TGSoftware_Attendance_2020", "TGSoftware_Attendance_2021", "TGSoftware_Attendance_2022",
    "TGSoftware_Attendance_2023", "TGSoftware_Attendance_2024", "TGSoftware_Attendance_2025",
    "TGVerification_Attendance_2020", "TGVerification_Attendance_2021", "TWG-Attendance",
]  # fmt: skip


@pytest.mark.parametrize("name", MARKDOWN)
def test_openhw_markdown_marks_are_all_carried_over(tmp_path, name):
    """Counted in the text itself: each cell that holds nothing but Y is one presence."""
    source = shared(OPENHW / f"{name}.md")
    lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = [cell.strip() for line in lines for cell in line.split("|")]
    folder, report = real(source, "openhw_markdown", tmp_path)
    seconds = sum(int(line.rpartition(": ")[2]) for line in report.lost if "second marks" in line)
    assert sum(present_by_day(folder).values()) + seconds == cells.count("Y") > 0
