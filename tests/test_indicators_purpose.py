"""Principle 1, each indicator at its edge. Counts are (hits, denominator, not known)."""

import pytest
from typed import YEAR, counts, each, organisation, table

from assess.indicators import purpose
from assess.records import Period


def test_objectives_recorded_counts_board_decisions_only():
    """Three board decisions, two with an aim; the council's decision is not the board's."""
    decisions = table(
        "decisions",
        {"body": "board", "objective_ref": "A1"},
        {"body": "board", "objective_ref": "A2"},
        {"body": "board"},
        {"body": "council", "objective_ref": "A1"},
    )
    assert counts(purpose.objectives_recorded(decisions)) == (2, 3, 0)


def test_outcomes_reviewed_accepts_the_ninetieth_day_and_no_later():
    """Due 1 March: 30 May is day 90 and counts, 31 May is late, no review at all is late."""
    decisions = each(
        "decisions",
        "reviewed_on",
        ["2025-05-30", "2025-05-31", None],
        review_due="2025-03-01",
    )
    assert counts(purpose.outcomes_reviewed(decisions, YEAR, within_days=90)) == (1, 3, 0)


def test_outcomes_reviewed_waits_until_the_days_are_up():
    """Due 2 October plus 90 days is 31 December, in the year; due a day later is still open.

    Done early counts though it was not due; without a review date nothing was due.
    """
    decisions = table(
        "decisions",
        {"review_due": "2025-10-02"},
        {"review_due": "2025-10-03"},
        {"review_due": "2025-10-03", "reviewed_on": "2025-10-01"},
        {"reviewed_on": "2025-10-01"},
    )
    assert counts(purpose.outcomes_reviewed(decisions, YEAR, within_days=90)) == (1, 2, 0)


def test_user_impact_recorded_does_not_guess_unmarked_decisions():
    """Marked yes: 2 of 3. Marked no: out. Not marked: counted as not known, twice."""
    decisions = table(
        "decisions",
        {"affects_users": True, "user_impact_ref": "p2"},
        {"affects_users": True, "user_impact_ref": "p3"},
        {"affects_users": True},
        {"affects_users": False, "user_impact_ref": "p4"},
        {"user_impact_ref": "p5"},
        {},
    )
    assert counts(purpose.user_impact_recorded(decisions)) == (2, 3, 2)


def quality_reports(days, period=YEAR, body="board"):
    meetings = table(
        "meetings", *({"meeting_id": day, "body": body, "held_on": day} for day in days)
    )
    items = each("agenda_items", "meeting_id", days, type="quality report")
    return purpose.quality_report_gap(meetings, items, period)


def test_quality_report_gap_counts_both_edges_of_the_year():
    """1 January to 1 March 59 days, to 1 August 153, to the end (1 January) 153."""
    seen = quality_reports(["2025-08-01", "2025-03-01"])
    assert seen.value == 153
    assert len(seen.rows) == 2


def test_quality_report_gap_is_the_whole_year_without_a_report():
    """A year of 365 days with a board item of another kind and no report."""
    meetings = table("meetings", {"meeting_id": "B1", "body": "board", "held_on": "2025-05-01"})
    items = table("agenda_items", {"meeting_id": "B1", "type": "strategy"})
    assert purpose.quality_report_gap(meetings, items, YEAR).value == 365


def test_quality_report_gap_needs_two_reports_in_less_than_a_year():
    """Half a year is 181 days, below the best goalpost of 183 whatever happened in it."""
    half = Period.parse("2025-01-01/2025-06-30")
    assert quality_reports(["2025-03-01"], half).reason == "short period"
    assert quality_reports(["2025-03-01", "2025-06-30"], half).value == 121


def test_quality_report_gap_ignores_reports_to_other_bodies():
    assert quality_reports(["2025-03-01"], body="council").reason == "no rows"


USERS = organisation(
    member_categories={
        "supported": {"title": "People supported", "kind": "users"},
        "staff": {"title": "Staff", "kind": "staff"},
    }
)


def vote(outcome, users, staff, affects_users=True):
    """One decision, with votes for and against of each group."""
    decisions = table(
        "decisions",
        {"decision_id": "D1", "outcome": outcome, "affects_users": affects_users},
    )
    votes = table(
        "votes",
        *(
            {"decision_id": "D1", "category": c, "votes_for": f, "votes_against": a}
            for c, (f, a) in {"supported": users, "staff": staff}.items()
        ),
    )
    return counts(purpose.user_side_success_rate(decisions, votes, USERS))


@pytest.mark.parametrize(
    ("outcome", "users", "staff", "expected"),
    [
        pytest.param("carried", (3, 1), (4, 0), (1, 1, 0), id="users' 3 of 4 were for it"),
        pytest.param("carried", (1, 3), (4, 0), (0, 1, 0), id="users lost"),
        pytest.param("lost", (1, 3), (1, 4), (1, 1, 0), id="voted down as most users wished"),
        pytest.param("carried", (3, 0), (4, 0), (0, 0, 0), id="nobody against: not divided"),
        pytest.param("carried", (2, 2), (4, 0), (0, 0, 1), id="users tied: not known"),
        pytest.param("carried", (0, 0), (4, 1), (0, 0, 1), id="no user voted: not known"),
        pytest.param("deferred", (3, 1), (4, 0), (0, 0, 0), id="put off: nobody won"),
        pytest.param(None, (3, 1), (4, 0), (0, 0, 1), id="outcome not known"),
    ],
)
def test_user_side_success_rate_follows_the_users_majority(outcome, users, staff, expected):
    assert vote(outcome, users, staff) == expected


def test_user_side_success_rate_leaves_out_other_matters():
    assert vote("carried", (3, 1), (4, 0), affects_users=False) == (0, 0, 0)
    assert vote("carried", (3, 1), (4, 0), affects_users=None) == (0, 0, 1)


def test_costs_stated_needs_all_three():
    """A cost of nothing is a cost. Without a source, or without the check, it is not stated."""
    decisions = table(
        "decisions",
        {"spend": True, "cost": 0, "fund_source": "reserves", "affordable": True},
        {"spend": True, "cost": 900, "fund_source": "grant", "affordable": True},
        {"spend": True, "cost": 900, "affordable": True},
        {"spend": True, "cost": 900, "fund_source": "reserves"},
        {"spend": False},
    )
    assert counts(purpose.costs_stated(decisions)) == (2, 4, 0)


def test_options_appraised_needs_two_options_and_a_comparison():
    """Exactly two with a comparison is enough; one option, or no comparison, is not."""
    decisions = table(
        "decisions",
        {"major": True, "options_considered": 2, "comparator_ref": "Tai Ni"},
        {"major": True, "options_considered": 3, "comparator_ref": "Tai Ni"},
        {"major": True, "options_considered": 1, "comparator_ref": "Tai Ni"},
        {"major": True, "options_considered": 3},
        {"major": True, "comparator_ref": "Tai Ni"},
        {"major": False, "options_considered": 3, "comparator_ref": "Tai Ni"},
    )
    assert counts(purpose.options_appraised(decisions, minimum_options=2)) == (2, 5, 0)
