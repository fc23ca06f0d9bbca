"""Principle 2, each indicator at its edge. Counts are (hits, denominator, not known)."""

import pytest
from typed import YEAR, counts, each, organisation, table

from assess.indicators import functions_and_roles
from assess.offices import seats


def test_reserved_matters_kept_reads_the_scheme_whatever_the_capitals():
    """Three reserved matters, two decided by the body they are reserved to; others are none."""
    scheme = organisation(reserved_matters={"Annual budget": "board", "rule change": "council"})
    decisions = table(
        "decisions",
        {"type": "annual budget ", "body": "board"},
        {"type": "Rule change", "body": "board"},
        {"type": "rule change", "body": "council"},
        {"type": "paint", "body": "board"},
        {"body": "board"},
    )
    assert counts(functions_and_roles.reserved_matters_kept(decisions, scheme)) == (2, 3, 0)


def test_reserved_matters_kept_says_when_there_is_no_scheme():
    decisions = table("decisions", {"type": "annual budget", "body": "board"})
    seen = functions_and_roles.reserved_matters_kept(decisions, organisation())
    assert seen.reason == "no scheme"


def board_items(*rows):
    meetings = table(
        "meetings", {"meeting_id": "B1", "body": "board"}, {"meeting_id": "C1", "body": "council"}
    )
    return functions_and_roles.strategic_focus_share(meetings, table("agenda_items", *rows))


def test_strategic_focus_share_is_in_minutes_where_every_board_item_is_timed():
    """30 of 40 board minutes; the council's item needs no time."""
    seen = board_items(
        {"meeting_id": "B1", "type": "oversight", "minutes": 30},
        {"meeting_id": "B1", "type": "operational", "minutes": 10},
        {"meeting_id": "C1", "type": "strategy"},
    )
    assert counts(seen) == (30, 40, 0)


def test_strategic_focus_share_is_in_items_where_one_is_not_timed():
    """One of two items is strategic; the item of no stated kind is not known."""
    seen = board_items(
        {"meeting_id": "B1", "type": "quality report", "minutes": 30},
        {"meeting_id": "B1", "type": "procedure"},
        {"meeting_id": "B1", "minutes": 10},
    )
    assert counts(seen) == (1, 2, 1)


def test_strategic_focus_share_is_in_items_where_all_took_no_time():
    """Two items timed at 0 minutes: their number still says something."""
    item = {"meeting_id": "B1", "minutes": 0}
    seen = board_items(item | {"type": "strategy"}, item | {"type": "procedure"})
    assert counts(seen) == (1, 2, 0)


def test_actions_completed_goes_by_the_first_date():
    """Done on the day counts. Done by a later, moved date is late. A risk is no action."""
    register = table(
        "register",
        {"kind": "action", "original_due_on": "2025-03-01", "done_on": "2025-03-01"},
        {
            "kind": "action",
            "original_due_on": "2025-03-01",
            "due_on": "2025-06-01",
            "done_on": "2025-05-01",
        },
        {"kind": "action", "original_due_on": "2025-03-01"},
        {"kind": "action", "done_on": "2025-03-01"},
        {"kind": "risk", "original_due_on": "2025-03-01", "done_on": "2025-03-01"},
    )
    assert counts(functions_and_roles.actions_completed(register)) == (1, 3, 0)


def test_decisions_scrutinised_does_not_count_the_board_itself():
    """Of four open to scrutiny, two were examined by others with a result."""
    open_to = {"body": "board", "scrutiny_eligible": True}
    decisions = table(
        "decisions",
        {**open_to, "scrutiny_body": "council", "scrutiny_outcome": "agreed"},
        {**open_to, "scrutiny_body": "auditor", "scrutiny_outcome": "agreed"},
        {**open_to, "scrutiny_body": "Board", "scrutiny_outcome": "agreed"},
        {**open_to, "scrutiny_body": "council"},
        {"body": "board", "scrutiny_body": "council", "scrutiny_outcome": "agreed"},
        {"body": "council", "scrutiny_eligible": True},
    )
    assert counts(functions_and_roles.decisions_scrutinised(decisions)) == (2, 4, 1)


RULES = organisation(
    bodies={"board": {"title": "Board", "appointed_by": "council", "term_years": 3}}
)


def appointed(roles, rules):
    return counts(functions_and_roles.appointments_valid(seats(roles, YEAR), rules, YEAR))


@pytest.mark.parametrize(
    ("seat", "expected"),
    [
        pytest.param({"term_end": "2025-12-31"}, (1, 1, 0), id="runs out on the last day"),
        pytest.param({"term_end": "2025-12-30"}, (0, 1, 0), id="ran out the day before"),
        pytest.param({"appointed_by": "board"}, (0, 1, 0), id="another route than the rules'"),
        pytest.param({"appointed_by": None}, (0, 0, 1), id="route not known"),
        pytest.param(
            {"appointed_by": None, "term_end": "2025-01-01"}, (0, 1, 0), id="ran out anyhow"
        ),
        pytest.param({"start": "2021-06-01"}, (0, 1, 0), id="the rules' three years are over"),
        pytest.param({"end": "2025-12-30"}, (0, 0, 0), id="left before the last day"),
        pytest.param({"body": "audit"}, (0, 0, 0), id="a committee's seat"),
        pytest.param({"body": "council"}, (0, 0, 1), id="the rules name no route"),
    ],
)
def test_appointments_valid(seat, expected):
    plain = {"person_id": "p1", "body": "board", "start": "2024-06-01", "appointed_by": "council"}
    roles = table("roles", plain | seat)
    assert appointed(roles, RULES) == expected


def test_appointments_valid_reads_the_latest_term_of_each_holder():
    """The first term ran out, the second holds: one seat, valid."""
    term = {"person_id": "p1", "body": "board", "appointed_by": "council"}
    roles = table(
        "roles",
        term | {"start": "2020-06-01", "term_end": "2023-05-31"},
        term | {"start": "2023-06-01", "term_end": "2026-05-31"},
    )
    assert appointed(roles, RULES) == (
        1,
        1,
        0,
    )


def test_appointments_valid_takes_other_as_anyone_the_rules_do_not_list():
    rules = organisation(bodies={"board": {"title": "Board", "appointed_by": "other"}})
    roles = each(
        "roles", "appointed_by", ["bishop", "mayor", "council"], body="board", start="2024-06-01"
    ).assign(person_id=["p1", "p2", "p3"])
    assert appointed(roles, rules) == (
        2,
        3,
        0,
    )


def test_seats_contested_weighs_by_seats():
    """4 candidates for 3 seats: 3 contested. 2 for 2: none of 2. Unknown candidates: not known.

    An election to no seat is none.
    """
    elections = table(
        "elections",
        {"seats": 3, "candidates": 4},
        {"seats": 2, "candidates": 2},
        {"seats": 1},
        {"seats": 0, "candidates": 1},
    )
    seen = functions_and_roles.seats_contested(elections)
    assert counts(seen) == (3, 5, 1)
    assert seen.rows.index.tolist() == [2, 3, 4]
