"""Principle 6, each indicator at its edge. Counts are (hits, denominator, not known)."""

import pandas as pd
import pytest
from typed import YEAR, counts, each, organisation, table

from assess.indicators import stakeholders
from assess.offices import seats


def three_groups(shares=(0.5, 0.25, 0.25), **more):
    kinds = {"staff": "staff", "users": "users", "local": "community"}
    groups = {
        code: {"title": code, "kind": kind, "declared_share": share}
        for (code, kind), share in zip(kinds.items(), shares, strict=True)
    }
    return organisation(member_categories=groups, **more)


def council(**seats):
    """A council with so many seats of each group; `nobody` for seats of no group."""
    groups = [None if group == "nobody" else group for group, n in seats.items() for _ in range(n)]
    return each("roles", "seat_category", groups, body="council", start="2020-01-01").assign(
        person_id=[f"p{n}" for n in range(len(groups))]
    )


def test_seat_disproportionality_of_equal_seats_against_half_and_quarters():
    """The worked check: gaps 16.67, 8.33, 8.33 give 14.43. A seat of no group changes nothing."""
    roles = council(staff=4, users=4, local=4, nobody=3)
    seen = stakeholders.seat_disproportionality(seats(roles, YEAR), three_groups())
    assert seen.value == pytest.approx(14.43, abs=0.005)
    assert len(seen.rows) == 12


def test_seat_disproportionality_counts_an_empty_group_and_only_filled_seats():
    """Two staff, two users, nobody local: 50, 50, 0 against 50, 25, 25: root of 625 is 25."""
    roles = council(staff=2, users=2, local=1)
    roles.loc[roles["seat_category"] == "local", "end"] = pd.Timestamp("2025-12-30")
    seen = stakeholders.seat_disproportionality(seats(roles, YEAR), three_groups())
    assert seen.value == pytest.approx(25)


def test_seat_disproportionality_never_guesses_the_allocation():
    roles = council(staff=2, users=2)
    for rules in (three_groups((0.5, 0.5, None)), three_groups((0, 0, 0)), organisation()):
        seen = stakeholders.seat_disproportionality(seats(roles, YEAR), rules)
        assert seen.reason == "no declared allocation"


def balance(roles, members, **rules):
    return stakeholders.power_balance(
        seats(roles, YEAR), roles, members, three_groups(**rules), YEAR
    )


COUNCIL = {"council": {"title": "Council"}}


@pytest.mark.parametrize(
    ("seats", "share", "value"),
    [
        pytest.param((8, 4, 4), 0.5, 0.6, id="half cannot carry alone: .6, .2, .2"),
        pytest.param((9, 4, 4), 0.5, 0.0, id="one seat more and one group decides alone"),
        pytest.param((4, 4, 4), 0.5, 1.0, id="equal seats"),
        pytest.param((8, 4, 4), 0.75, 1.0, id="more than three quarters: all must agree"),
        pytest.param((8, 4, 4), 1.0, 1.0, id="all must agree"),
        pytest.param((4, 4, 0), 0.5, 0.75, id="a group without a seat has no power"),
    ],
)
def test_power_balance_in_the_council(seats, share, value):
    roles = council(**dict(zip(("staff", "users", "local"), seats, strict=True)))
    bodies = {"council": {"title": "Council", "decision_share": share}}
    seen = balance(roles, table("members"), bodies=bodies)
    assert seen.value == pytest.approx(value)
    assert seen.table == "roles"


def test_power_balance_in_the_general_meeting_where_there_is_no_council():
    """Two staff, one user, one local member may vote: .6, .2, .2 as in the worked check."""
    members = table(
        "members",
        {"category": "staff"},
        {"category": "staff", "joined_on": "2025-12-31", "eligible_to_vote": True},
        {"category": "users", "left_on": "2025-12-31"},
        {"category": "local"},
        {"category": "staff", "eligible_to_vote": False},
        {"category": "staff", "left_on": "2025-12-30"},
        {"category": "staff", "joined_on": "2026-01-01"},
    )
    seen = balance(table("roles"), members)
    assert seen.value == pytest.approx(0.6)
    assert (seen.table, len(seen.rows)) == ("members", 4)


def test_power_balance_does_not_fall_back_on_members_where_a_council_has_no_recorded_seats():
    members = each("members", "category", ["staff", "users"])
    assert balance(table("roles"), members, bodies=COUNCIL).reason == "no rows"


def test_power_balance_finds_a_council_by_its_seats_where_no_bodies_are_listed():
    """Board seats do not make a council: then the three members' groups count, one each."""
    members = each("members", "category", ["staff", "users", "local"])
    roles = council(staff=8, users=4, local=4)
    assert balance(roles, members).value == pytest.approx(0.6)
    assert balance(roles.assign(body="board"), members).table == "members"


@pytest.mark.parametrize(
    ("groups", "reason"), [(1, "no category"), (2, ""), (16, ""), (17, "no category")]
)
def test_power_balance_needs_two_groups_and_can_try_the_coalitions_of_sixteen(groups, reason):
    codes = [f"g{n}" for n in range(groups)]
    rules = organisation(member_categories={c: {"title": c, "kind": "other"} for c in codes})
    members, nobody = each("members", "category", codes), table("roles")
    assert stakeholders.power_balance(nobody, nobody, members, rules, YEAR).reason == reason


def answered(**recommendation):
    rows = table("recommendations", {"raised_on": "2025-03-01"} | recommendation)
    return counts(stakeholders.referrals_answered(rows, YEAR, within_days=60))


@pytest.mark.parametrize(
    ("recommendation", "expected"),
    [
        pytest.param({"answered_on": "2025-04-30", "reasons_given": True}, (1, 1, 0), id="day 60"),
        pytest.param({"answered_on": "2025-05-01", "reasons_given": True}, (0, 1, 0), id="day 61"),
        pytest.param({"answered_on": "2025-04-30"}, (0, 1, 0), id="an answer without reasons"),
        pytest.param({}, (0, 1, 0), id="overdue"),
        pytest.param({"outcome": "withdrawn"}, (0, 0, 0), id="taken back unanswered"),
        pytest.param({"raised_on": "2025-11-01"}, (0, 1, 0), id="day 60 is 31 December"),
        pytest.param({"raised_on": "2025-11-02"}, (0, 0, 0), id="not yet overdue"),
        pytest.param(
            {"raised_on": "2025-12-11", "answered_on": "2025-12-20", "reasons_given": True},
            (1, 1, 0),
            id="answered before it was due",
        ),
    ],
)
def test_referrals_answered(recommendation, expected):
    assert answered(**recommendation) == expected


def test_recommendations_accepted_counts_settled_ones():
    """Accepted and partly accepted of three settled; withdrawn, open and empty are not settled."""
    outcomes = ["accepted", "partly accepted", "rejected", "withdrawn", "open", None]
    rows = each("recommendations", "outcome", outcomes)
    assert counts(stakeholders.recommendations_accepted(rows)) == (2, 3, 0)


ELECTIONS = table(
    "elections",
    {"category": "staff", "seats": 2, "candidates": 3, "eligible": 200, "ballots": 20},
    {"category": "users", "seats": 2, "candidates": 2, "eligible": 100},
    {"category": "local", "seats": 1, "candidates": 2, "eligible": 100, "ballots": 40},
    {"seats": 1, "candidates": 2, "eligible": 300, "ballots": 30},
    {"category": "users", "seats": 1, "candidates": 2, "ballots": 30},
    {"category": "users", "seats": 1, "eligible": 100, "ballots": 30},
)


def test_election_turnout_of_contested_elections():
    """20 + 40 + 30 of 200 + 100 + 300. As many candidates as seats is no contest.

    Without the number entitled, or of candidates, it is not known.
    """
    assert counts(stakeholders.election_turnout(ELECTIONS)) == (90, 600, 2)


def test_turnout_equity_compares_groups_that_voted_apart():
    """Staff 20 of 200, local 40 of 100; the election of all together belongs to no group."""
    rows = stakeholders.turnout_equity(ELECTIONS).rows
    known = rows[rows["hit"].notna()]
    assert known.set_index("group")[["hit", "of"]].to_dict("index") == {
        "staff": {"hit": 20, "of": 200},
        "local": {"hit": 40, "of": 100},
    }
    assert rows["hit"].isna().sum() == 2


def test_members_participating_counts_members_on_the_last_day():
    """Five members on 31 December; a voted, b came by phone. c was a guest, d sent apologies.

    e was at the council only. f voted and has left, g joins next year.
    """
    members = each("members", "member_id", list("abcdefg"), joined_on="2020-01-01")
    members.loc[members["member_id"] == "f", "left_on"] = pd.Timestamp("2025-12-30")
    members.loc[members["member_id"] == "g", "joined_on"] = pd.Timestamp("2026-01-01")
    participation = each("participation", "member_id", list("aafg"), act="voted")
    meetings = table(
        "meetings",
        {"meeting_id": "G1", "body": "general_meeting"},
        {"meeting_id": "C1", "body": "council"},
    )
    attendance = table(
        "attendance",
        {"meeting_id": "G1", "person_id": "b", "status": "remote"},
        {"meeting_id": "G1", "person_id": "c", "status": "present", "capacity": "in attendance"},
        {"meeting_id": "G1", "person_id": "d", "status": "apology"},
        {"meeting_id": "C1", "person_id": "e", "status": "present"},
    )
    seen = stakeholders.members_participating(members, participation, attendance, meetings, YEAR)
    assert counts(seen) == (2, 5, 0)


@pytest.mark.parametrize(
    ("closed_on", "feedback_on", "expected"),
    [
        pytest.param("2025-03-03", "2025-05-26", (1, 1, 0), id="twelve weeks to the day"),
        pytest.param("2025-03-03", "2025-05-27", (0, 1, 0), id="a day late"),
        pytest.param("2025-03-03", None, (0, 1, 0), id="people were never told"),
        pytest.param("2025-10-08", None, (0, 1, 0), id="day 84 is 31 December"),
        pytest.param("2025-10-09", None, (0, 0, 0), id="not yet due"),
        pytest.param(None, None, (0, 0, 0), id="not closed"),
    ],
)
def test_feedback_given(closed_on, feedback_on, expected):
    rows = table(
        "engagements",
        {"kind": "consultation", "closed_on": closed_on, "feedback_on": feedback_on},
        {"kind": "report", "closed_on": "2025-03-03"},
    )
    assert counts(stakeholders.feedback_given(rows, YEAR, within_days=84)) == expected


def test_staff_consulted_before_the_day_of_the_decision():
    """The day before counts, the day itself is too late; not marked either way: not known."""
    decided = {"decided_on": "2025-06-02", "affects_staff": True}
    decisions = table(
        "decisions",
        decided | {"staff_consulted_on": "2025-06-01"},
        decided | {"staff_consulted_on": "2025-06-02"},
        decided,
        decided | {"affects_staff": None},
        decided | {"affects_staff": False},
    )
    assert counts(stakeholders.staff_consulted(decisions)) == (1, 3, 1)


def with_staff(**could):
    groups = {
        code: {"title": code, "kind": "staff", "could_be_members": n} for code, n in could.items()
    }
    return organisation(member_categories=groups)


def test_staff_membership_counts_members_on_the_last_day():
    """Two carers of 30 and one driver of 10; a carer who left on 30 December is not one of them."""
    members = each("members", "category", ["carers", "carers", "drivers", "users", None])
    members = pd.concat(
        [members, table("members", {"category": "carers", "left_on": "2025-12-30"})],
        ignore_index=True,
    )
    seen = stakeholders.staff_membership(members, with_staff(carers=30, drivers=10), YEAR)
    assert counts(seen) == (3, 40, 0)


def test_staff_membership_is_never_more_than_all():
    """Three members of a staff counted as two when the head count was taken."""
    members = each("members", "category", ["carers"] * 3)
    assert counts(stakeholders.staff_membership(members, with_staff(carers=2), YEAR)) == (2, 2, 0)


def test_staff_membership_needs_a_head_count():
    members = each("members", "category", ["carers"])
    seen = stakeholders.staff_membership(members, with_staff(carers=None), YEAR)
    assert seen.reason == "no head count"


def test_key_bodies_contacted_counts_listed_bodies_once():
    """Two of three listed bodies were met; one twice, and one that is not listed."""
    rules = organisation(key_bodies=["council", "health_board", "regulator"])
    met = each(
        "engagements",
        "audience",
        ["council", "council", "health_board", "press", None],
        kind="contact",
    )
    consulted = table("engagements", {"kind": "consultation", "audience": "regulator"})
    rows = pd.concat([met, consulted], ignore_index=True)
    seen = stakeholders.key_bodies_contacted(rows, rules)
    assert counts(seen) == (2, 3, 0)
    assert seen.rows.index.tolist() == ["council", "health_board", "regulator"]


def test_key_bodies_contacted_says_when_none_is_listed():
    seen = stakeholders.key_bodies_contacted(table("engagements"), organisation())
    assert seen.reason == "no key bodies"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param({"tabled_on": "2025-04-30", "response": "m7"}, (1, 1, 0), id="day 60"),
        pytest.param({"tabled_on": "2025-05-01", "response": "m7"}, (0, 1, 0), id="day 61"),
        pytest.param({"tabled_on": "2025-04-30"}, (0, 1, 0), id="no response"),
        pytest.param({"response": "m7"}, (0, 1, 0), id="never put to the board"),
        pytest.param({"opened_on": "2025-11-02"}, (0, 0, 0), id="not yet due"),
        pytest.param(
            {"opened_on": "2025-11-02", "tabled_on": "2025-12-01"}, (0, 0, 0), id="half done"
        ),
    ],
)
def test_reports_answered(report, expected):
    rows = table("engagements", {"kind": "report", "opened_on": "2025-03-01"} | report)
    assert counts(stakeholders.reports_answered(rows, YEAR, within_days=60)) == expected
