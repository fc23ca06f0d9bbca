"""Principle 3, each indicator at its edge. Counts are (hits, denominator, not known)."""

import pytest
from typed import YEAR, counts, each, table

from assess.indicators import values
from assess.offices import expected, seats


@pytest.mark.parametrize(
    ("asked", "sent", "hits"),
    [
        pytest.param("easy_read; welsh", "welsh; easy_read; audio", 1, id="all, and one more"),
        pytest.param("easy_read; welsh", "welsh", 0, id="one of two is not enough"),
        pytest.param(None, None, 1, id="nobody asked"),
        pytest.param("welsh", None, 0, id="nothing sent"),
    ],
)
def test_formats_provided(asked, sent, hits):
    meetings = table("meetings", {"formats_requested": asked, "formats_issued": sent})
    assert counts(values.formats_provided(meetings)) == (hits, 1, 0)


def test_meetings_opened_by_an_open_door_or_a_record():
    """Open, or closed with a record: three of four. No general meetings, no committees."""
    meetings = table(
        "meetings",
        {"body": "board", "open_to_members": True},
        {"body": "council", "open_to_members": False, "record_issued_on": "2025-02-01"},
        {"body": "board", "record_issued_on": "2025-02-01"},
        {"body": "board"},
        {"body": "general_meeting", "open_to_members": True},
        {"body": "audit", "open_to_members": True},
    )
    assert counts(values.meetings_opened(meetings)) == (3, 4, 0)


MEETINGS = table(
    "meetings",
    {"meeting_id": "C1", "body": "council", "held_on": "2025-02-01"},
    {"meeting_id": "C2", "body": "council", "held_on": "2025-06-01"},
    {"meeting_id": "B1", "body": "board", "held_on": "2025-06-01"},
)


def test_attendance_parity_counts_people_in_office_on_the_day():
    """u1 left on 1 February and was there: 1 of 1, the second meeting is not hers to miss.

    s1 joined on 1 June: 0 of 1. The guest, the person on leave and the board meeting do not count.
    """
    roles = table(
        "roles",
        {"person_id": "u1", "body": "council", "seat_category": "users", "start": "2020-01-01",
         "end": "2025-02-01"},
        {"person_id": "u2", "body": "council", "seat_category": "users", "start": "2020-01-01"},
        {"person_id": "s1", "body": "council", "seat_category": "staff", "start": "2025-06-01"},
    )  # fmt: skip
    attendance = table(
        "attendance",
        {"meeting_id": "C1", "person_id": "u1", "status": "remote"},
        {"meeting_id": "C2", "person_id": "u1", "status": "absent"},
        {"meeting_id": "C1", "person_id": "s1", "status": "present"},
        {"meeting_id": "C2", "person_id": "s1", "status": "apology"},
        {"meeting_id": "C1", "person_id": "u2", "status": "leave"},
        {"meeting_id": "C2", "person_id": "u2", "status": "present", "capacity": "in attendance"},
        {"meeting_id": "B1", "person_id": "u2", "status": "present"},
    )
    seen = values.attendance_parity(expected(MEETINGS, attendance, roles))
    assert seen.rows.index.tolist() == [2, 5]
    assert seen.rows.groupby("group")["hit"].agg(["sum", "size"]).to_numpy().tolist() == [
        [0, 1],  # staff
        [1, 1],  # users
    ]


def test_attendance_parity_leaves_out_seats_of_no_group():
    roles = table("roles", {"person_id": "x", "body": "council", "start": "2020-01-01"})
    attendance = table("attendance", {"meeting_id": "C1", "person_id": "x", "status": "present"})
    assert values.attendance_parity(expected(MEETINGS, attendance, roles)).rows.empty


def test_declarations_current_reaches_back_365_days():
    """31 December 2024 is 365 days before; the day before that is too old.

    A declaration after the period does not count; one with no day may be recent.
    """
    roles = each("roles", "person_id", list("abcde"), body="board", start="2020-01-01")
    development = table(
        "development",
        {"person_id": "a", "kind": "declaration", "done_on": "2024-12-31"},
        {"person_id": "b", "kind": "declaration", "done_on": "2024-12-30"},
        {"person_id": "c", "kind": "declaration", "done_on": "2026-01-01"},
        {"person_id": "d", "kind": "declaration"},
        {"person_id": "e", "kind": "review", "done_on": "2025-05-01"},
    )
    seen = values.declarations_current(seats(roles, YEAR), development, YEAR, within_days=365)
    assert counts(seen) == (1, 4, 1)


def test_declarations_current_counts_a_person_with_two_seats_once():
    roles = each("roles", "body", ["board", "council"], person_id="a", start="2020-01-01")
    seen = values.declarations_current(
        seats(roles, YEAR), table("development"), YEAR, within_days=365
    )
    assert counts(seen) == (0, 1, 0)


def test_conflicts_handled_counts_only_declared_ones():
    """Of four, one left, one abstained, one was authorised; of the last nothing is recorded."""
    decisions = each(
        "decisions",
        "conflict_action",
        ["withdrew", "abstained", "authorised", None],
        conflict_declared=True,
    )
    assert counts(values.conflicts_handled(decisions)) == (3, 4, 0)
    undeclared = table("decisions", {"conflict_action": "withdrew"}, {"conflict_declared": False})
    assert counts(values.conflicts_handled(undeclared)) == (0, 0, 0)


def four_meetings(*statuses, roles=None):
    """One council member expected at as many meetings as there are statuses."""
    days = [f"2025-0{n + 1}-01" for n in range(len(statuses))]
    meetings = table(
        "meetings", *({"meeting_id": d, "body": "council", "held_on": d} for d in days)
    )
    attendance = table(
        "attendance",
        *(
            {"meeting_id": d, "person_id": "u1", "status": status}
            for d, status in zip(days, statuses, strict=True)
        ),
    )
    return counts(
        values.attendance_threshold_met(
            expected(meetings, attendance, table("roles") if roles is None else roles),
            threshold=0.75,
            minimum_meetings=4,
        )
    )


@pytest.mark.parametrize(
    ("statuses", "counted"),
    [
        pytest.param("present remote present absent", (1, 1, 0), id="3 of 4 is exactly 75%"),
        pytest.param("present present absent apology", (0, 1, 0), id="2 of 4"),
        pytest.param("present present present", (0, 0, 0), id="three meetings are too few"),
        pytest.param("present present present leave", (0, 0, 0), id="leave is not expected"),
    ],
)
def test_attendance_threshold_met(statuses, counted):
    assert four_meetings(*statuses.split()) == counted


def test_attendance_threshold_met_is_not_known_only_where_empty_cells_decide():
    """Two there and one not known: 3 of 4 is in reach. One there, one not known: it is not."""
    assert four_meetings("present", "present", None, "absent") == (0, 0, 1)
    assert four_meetings("present", None, "absent", "absent") == (0, 1, 0)
    assert four_meetings("present", "present", "present", None) == (1, 1, 0)


def test_attendance_threshold_met_counts_meetings_in_office_where_seats_are_recorded():
    """In office from 1 February: three of the four meetings, so too few to judge."""
    roles = table("roles", {"person_id": "u1", "body": "council", "start": "2025-02-01"})
    assert four_meetings("absent", "present", "present", "present", roles=roles) == (0, 0, 0)


def test_attendance_threshold_met_ignores_members_at_general_meetings():
    meetings = each("meetings", "meeting_id", list("abcd"), body="general_meeting")
    attendance = each("attendance", "meeting_id", list("abcd"), person_id="m", status="present")
    seen = values.attendance_threshold_met(
        expected(meetings, attendance, table("roles")), threshold=0.75, minimum_meetings=4
    )
    assert seen.rows.empty
