"""What one table says of another: what is dropped, what is only noted, and what is neither."""

import pandas as pd
import pytest
from conftest import DECISIONS, MEETINGS, MEMBERS, ORGANISATION

from assess.validate import read_records


def lines(records) -> list[str]:
    return [str(problem) for problem in (*records.problems, *records.consistency)]


def only(records) -> str:
    """The one problem of the records."""
    assert len(lines(records)) == 1, lines(records)
    return lines(records)[0]


def role(person_id: str, body: str, start: str, end: str = "") -> dict:
    return {"person_id": person_id, "body": body, "start": start, "end": end}


def came(meeting_id: str, person_id: str, **more) -> dict:
    return {"meeting_id": meeting_id, "person_id": person_id, "status": "present"} | more


def vote(decision_id: str, category: str, votes_for: int, votes_against: int = 0) -> dict:
    return {
        "decision_id": decision_id,
        "category": category,
        "votes_for": votes_for,
        "votes_against": votes_against,
    }


# The board of B1 (2024-02-01) and the council of C1 (2024-03-05), two seats each.
ROLES = [
    role("P1", "board", "2023-01-01"),
    role("P2", "board", "2023-01-01"),
    role("P3", "council", "2023-01-01"),
]


# Codes that must be found somewhere -------------------------------------------------------------


def test_a_code_the_row_needs_and_that_points_nowhere_costs_the_row(write_records):
    folder = write_records(attendance=[came("B1", "P1"), came("B1", "P2"), came("B9", "P1")])
    records = read_records(folder)
    assert only(records) == (
        "attendance.csv, row 4: meeting_id is not a code in meetings.csv, so the row is left out; "
        "correct it, or add the missing row there"
    )
    assert records.excluded == (("attendance.csv", 4, "unknown code"),)
    assert len(records.tables["attendance"]) == 2


def test_a_code_the_row_can_do_without_costs_its_cell(write_records):
    rows = [DECISIONS[0] | {"meeting_id": "B9"}, DECISIONS[1]]
    records = read_records(write_records(decisions=rows))
    assert only(records) == (
        "decisions.csv, row 2: meeting_id is not a code in meetings.csv, so the cell counts as "
        "missing; correct it, or add the missing row there"
    )
    assert records.tables["decisions"]["meeting_id"].isna().tolist() == [True, False]
    assert records.unreadable["decisions"]["meeting_id"].tolist() == [2]
    assert records.excluded == ()


def test_a_code_that_points_to_a_row_left_out_points_nowhere(write_records):
    """The only row of B9 repeats nothing and stays; the row without a code cannot be pointed to."""
    rows = [*MEETINGS, {"body": "board", "held_on": "2024-04-01"}]
    records = read_records(write_records(meetings=rows, attendance=[came("B9", "P1")]))
    assert records.tables["attendance"].empty


def test_codes_into_a_table_that_is_not_given_are_not_held_against_the_rows(write_records):
    rows = [{"person_id": "P1", "kind": "training", "done_on": "2024-01-01"}]
    assert lines(read_records(write_records(development=rows))) == []


def test_without_meetings_attendance_is_kept_and_one_line_says_why(write_records):
    records = read_records(write_records(meetings=None, attendance=[came("B1", "P1")]))
    assert only(records).startswith("meetings.csv: is missing or empty")
    assert len(records.tables["attendance"]) == 1


@pytest.mark.parametrize("written", ["board", "Board", "BOARD"])
def test_a_body_is_its_code_or_its_title_in_any_case(write_records, written):
    records = read_records(write_records(roles=[role("P1", written, "2023-01-01")]))
    assert records.tables["roles"]["body"].tolist() == ["board"]
    assert lines(records) == []


def test_a_body_the_organisation_does_not_list(write_records):
    rows = [MEETINGS[0] | {"body": "bord"}, MEETINGS[1]]
    records = read_records(write_records(meetings=rows))
    assert only(records) == (
        "meetings.csv, row 2: body 'bord' is not one of board, council, general_meeting; "
        "did you mean board?"
    )
    assert records.tables["meetings"].loc[2, "held_on"] == pd.Timestamp("2024-02-01")


def test_an_organisation_without_member_groups_is_said_once(write_records):
    text = "".join(
        line
        for line in ORGANISATION.splitlines(keepends=True)
        if "kind:" not in line and "member_categories" not in line
    )
    records = read_records(write_records(organisation=text))
    assert only(records) == (
        "members.csv: category cannot be read: the organisation lists no member groups; "
        "list them under member_categories in the organisation's file"
    )
    assert len(records.tables["members"]) == 3


# Attendance -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "inside"),
    [
        pytest.param("2024-02-01", "", True, id="first day of the term"),
        pytest.param("2024-02-02", "", False, id="the day before the term"),
        pytest.param("2023-01-01", "2024-02-01", True, id="last day in the seat"),
        pytest.param("2023-01-01", "2024-01-31", False, id="the day after leaving"),
    ],
)
def test_attendance_in_a_term(write_records, start, end, inside):
    """B1 was held on 2024-02-01. Both people count to the quorum of 2."""
    roles = [role("P1", "board", start, end), ROLES[1]]
    records = read_records(
        write_records(roles=roles, attendance=[came("B1", "P1"), came("B1", "P2")])
    )
    said = [
        "attendance.csv, row 2: person_id has no seat in board on 2024-02-01, the day of the "
        "meeting; correct the term in roles.csv, or write 'in attendance' for a guest"
    ]
    assert lines(records) == ([] if inside else said)
    assert len(records.tables["attendance"]) == 2
    assert not any(problem.serious for problem in records.problems)


def test_a_second_term_covers_the_gap_of_the_first(write_records):
    roles = [
        role("P1", "board", "2020-01-01", "2022-01-01"),
        role("P1", "board", "2024-01-01"),
        ROLES[1],
    ]
    attendance = [came("B1", "P1"), came("B1", "P2")]
    assert lines(read_records(write_records(roles=roles, attendance=attendance))) == []


def test_a_seat_in_another_body_is_no_seat_in_this_one(write_records):
    attendance = [came("B1", "P1"), came("B1", "P2"), came("B1", "P3")]
    records = read_records(write_records(roles=ROLES, attendance=attendance))
    assert only(records).startswith("attendance.csv, row 4: person_id has no seat in board")


def test_guests_and_general_meetings_need_no_seat(write_records):
    meetings = [*MEETINGS, {"meeting_id": "G1", "body": "general_meeting", "held_on": "2024-05-01"}]
    attendance = [
        came("B1", "P1"),
        came("B1", "P2"),
        came("B1", "P8", capacity="in attendance"),
        came("G1", "P9"),
    ]
    folder = write_records(meetings=meetings, roles=ROLES, attendance=attendance)
    assert lines(read_records(folder)) == []


def test_without_roles_nobody_is_asked_for_a_seat(write_records):
    folder = write_records(attendance=[came("B1", "P1"), came("B1", "P2")])
    assert lines(read_records(folder)) == []


# Quorum -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("present", "enough"), [(2, True), pytest.param(1, False, id="one fewer")])
def test_the_quorum_of_the_body_is_two(write_records, present, enough):
    rows = [MEETINGS[0] | {"present_count": present}, MEETINGS[1]]
    records = read_records(write_records(meetings=rows))
    said = [
        "meetings.csv, row 2: only 1 with a vote present, fewer than the quorum of 2; "
        "check the numbers; a meeting without a quorum cannot decide"
    ]
    assert lines(records) == ([] if enough else said)
    assert not any(problem.serious for problem in records.problems)


def test_the_meetings_own_quorum_goes_before_the_bodys(write_records):
    rows = [MEETINGS[0] | {"present_count": 2, "quorum": 3}, MEETINGS[1]]
    assert "fewer than the quorum of 3" in only(read_records(write_records(meetings=rows)))


def test_guests_and_apologies_do_not_make_a_quorum(write_records):
    attendance = [
        came("B1", "P1"),
        came("B1", "P2", status="apology"),
        came("B1", "P8", capacity="in attendance"),
    ]
    records = read_records(write_records(attendance=attendance))
    assert only(records).startswith("meetings.csv, row 2: only 1 with a vote present")


def test_a_meeting_without_attendance_is_not_said_to_lack_a_quorum(write_records):
    records = read_records(write_records(attendance=[came("C1", "P1")]))
    assert lines(records) == []


# Decisions --------------------------------------------------------------------------------------


def test_a_decision_on_another_day_than_its_meeting(write_records):
    rows = [DECISIONS[0] | {"decided_on": "2024-02-02"}, DECISIONS[1]]
    records = read_records(write_records(decisions=rows))
    assert only(records) == (
        "decisions.csv, row 2: decided_on is 2024-02-02, but its meeting was held on 2024-02-01; "
        "correct the date or the meeting code"
    )
    assert records.tables["decisions"].loc[2, "decided_on"] == pd.Timestamp("2024-02-02")


def test_a_decision_of_another_body_than_its_meetings(write_records):
    rows = [DECISIONS[0] | {"body": "council"}, DECISIONS[1]]
    assert only(read_records(write_records(decisions=rows))) == (
        "decisions.csv, row 2: body is council, but its meeting was one of board; "
        "correct the body or the meeting code"
    )


def test_a_decision_outside_a_meeting_contradicts_none(write_records):
    rows = [DECISIONS[0] | {"meeting_id": "", "decided_on": "2024-02-02"}, DECISIONS[1]]
    assert lines(read_records(write_records(decisions=rows))) == []


def test_more_votes_than_people(write_records):
    """3 for, 1 against, none abstained: 4 votes of 3 people; and 3 votes of 3 people."""
    stated = {"stated_for": 3, "present_count": 3}
    rows = [DECISIONS[0] | stated | {"stated_against": 1}, DECISIONS[1] | stated]
    assert only(read_records(write_records(decisions=rows))) == (
        "decisions.csv, row 2: present_count is 3, but 4 votes and abstentions are minuted; "
        "check all four numbers"
    )


# Votes by group ---------------------------------------------------------------------------------


def many(category: str, number: int, **more) -> list[dict]:
    return [{"member_id": f"{category}{n}", "category": category} | more for n in range(number)]


def test_groups_votes_that_do_not_add_up_to_the_tally(write_records):
    """2 + 1 for, where 4 are minuted; against agrees; abstentions are not minuted."""
    rows = [DECISIONS[0] | {"stated_for": 4, "stated_against": 1}, DECISIONS[1]]
    votes = [vote("D1", "staff", 2, 1), vote("D1", "supported", 1)]
    members = many("staff", 5) + many("supported", 5)
    records = read_records(write_records(decisions=rows, votes=votes, members=members))
    assert only(records) == (
        "decisions.csv, row 2: stated_for is 4, but votes_for in votes.csv add up to 3; "
        "correct one of them"
    )


@pytest.mark.parametrize(("cast", "enough"), [(2, True), pytest.param(3, False, id="one more")])
def test_a_group_casts_no_more_votes_than_it_has_members(write_records, cast, enough):
    """D1 was decided on 2024-02-01: of four members one had left and one joined the day after."""
    members = [
        *many("staff", 2),
        {"member_id": "X1", "category": "staff", "left_on": "2024-01-31"},
        {"member_id": "X2", "category": "staff", "joined_on": "2024-02-02"},
    ]
    records = read_records(write_records(members=members, votes=[vote("D1", "staff", cast)]))
    said = [
        "votes.csv, row 2: category staff cast 3 votes, but had 2 members that day; "
        "correct the votes, or the members of that group in members.csv"
    ]
    assert lines(records) == ([] if enough else said)


def test_votes_of_a_group_without_any_member(write_records):
    records = read_records(
        write_records(members=many("staff", 2), votes=[vote("D1", "community", 1)])
    )
    assert only(records).startswith("votes.csv, row 2: category community cast 1 votes, but had 0")


def test_a_member_of_an_unknown_group_may_belong_to_any(write_records):
    members = [{"member_id": "X1", "category": ""}, *many("staff", 1)]
    records = read_records(write_records(members=members, votes=[vote("D1", "staff", 2)]))
    assert lines(records) == []


def test_votes_of_a_group_that_is_not_listed_cost_the_row(write_records):
    members = many("staff", 2)
    records = read_records(
        write_records(members=members, votes=[vote("D1", "staff", 1), vote("D1", "volunteers", 1)])
    )
    assert only(records) == (
        "votes.csv, row 3: category is not one of staff, supported, community; "
        "write one of these words"
    )
    assert len(records.tables["votes"]) == 1


def test_more_ballots_than_voters_is_said_of_the_election(write_records):
    row = {"election_id": "E1", "held_on": "2024-05-01", "body": "council", "seats": 1}
    records = read_records(write_records(elections=[row | {"eligible": 10, "ballots": 11}]))
    assert only(records) == (
        "elections.csv, row 2: ballots is more than eligible; check both numbers"
    )


def test_nothing_is_said_of_records_that_agree(write_records):
    records = read_records(
        write_records(
            members=many("staff", 5) + MEMBERS,
            roles=ROLES,
            attendance=[came("B1", "P1"), came("B1", "P2")],
            decisions=[DECISIONS[0] | {"stated_for": 2, "present_count": 2}, DECISIONS[1]],
            votes=[vote("D1", "staff", 2)],
        )
    )
    assert lines(records) == []
