"""Principle 4, each indicator at its edge. Counts are (hits, denominator, not known)."""

import pytest
from typed import YEAR, counts, each, organisation, table

from assess.indicators import decisions as principle
from assess.offices import expected


def test_reasons_recorded_counts_every_body():
    decisions = table(
        "decisions", {"body": "board", "reasons_ref": "m4"}, {"body": "council"}, {"body": "audit"}
    )
    assert counts(principle.reasons_recorded(decisions)) == (1, 3, 0)


def published(**decision):
    decisions = table("decisions", decision)
    return counts(principle.decisions_published(decisions, YEAR, within_working_days=7))


@pytest.mark.parametrize(
    ("decided_on", "published_on", "hits"),
    [
        pytest.param("2025-06-02", "2025-06-11", 1, id="Monday to Wednesday week: seven"),
        pytest.param("2025-06-02", "2025-06-12", 0, id="the eighth working day"),
        pytest.param("2025-04-14", "2025-04-25", 1, id="Easter's two bank holidays do not count"),
        pytest.param("2025-06-02", None, 0, id="never sent is late"),
    ],
)
def test_decisions_published_within_seven_working_days(decided_on, published_on, hits):
    assert published(decided_on=decided_on, published_on=published_on) == (hits, 1, 0)


def test_decisions_published_leaves_out_the_confidential():
    assert published(decided_on="2025-06-02", confidential=True) == (0, 0, 0)
    assert published(decided_on="2025-06-02", confidential=False) == (0, 1, 0)


def test_decisions_published_waits_until_the_days_are_up():
    """Decided 18 December: the seventh working day is 31 December, after the bank holidays.

    19, 22, 23, 24, 29, 30, 31. Decided a day later, the seventh is 2 January: not yet due.
    """
    assert published(decided_on="2025-12-18") == (0, 1, 0)
    assert published(decided_on="2025-12-19") == (0, 0, 0)
    assert published(decided_on="2025-12-19", published_on="2025-12-22") == (1, 1, 0)


def test_minutes_drafted_within_ten_working_days():
    """Held Monday 2 June: 16 June is the tenth. Held 17 December: the tenth is 5 January, open."""
    meetings = table(
        "meetings",
        {"held_on": "2025-06-02", "minutes_draft_on": "2025-06-16"},
        {"held_on": "2025-06-02", "minutes_draft_on": "2025-06-17"},
        {"held_on": "2025-06-02"},
        {"held_on": "2025-12-17"},
    )
    assert counts(principle.minutes_drafted(meetings, YEAR, within_working_days=10)) == (1, 3, 0)


RULES = organisation(
    bodies={
        "board": {"title": "Board", "quorum_share": 0.5},
        "council": {"title": "Council", "quorum": 3},
    }
)
FIVE_SEATS = each("roles", "person_id", list("abcde"), body="board", start="2020-01-01")


def quorate(decision=None, meeting=None, there=(), roles=FIVE_SEATS, body="board"):
    """One decision at one meeting on 1 June; `there` are statuses of the people a, b, c and on."""
    plain = {"meeting_id": "B1", "body": body}
    meetings = table("meetings", plain | {"held_on": "2025-06-01"} | (meeting or {}))
    people = zip("abcdef", there, strict=False)
    attendance = table(
        "attendance", *({"meeting_id": "B1", "person_id": p, "status": s} for p, s in people)
    )
    return counts(
        principle.decisions_quorate(
            table("decisions", plain | {"decided_on": "2025-06-01"} | (decision or {})),
            meetings,
            expected(meetings, attendance, roles),
            RULES,
            roles,
        )
    )


def test_decisions_quorate_uses_the_number_at_the_item():
    """Four were at the meeting, two at the item; the meeting's quorum is three."""
    meeting = {"quorum": 3, "present_count": 4}
    assert quorate({"present_count": 2}, meeting) == (0, 1, 0)
    assert quorate({"present_count": 3}, meeting) == (1, 1, 0)
    assert quorate({}, meeting) == (1, 1, 0)


def test_decisions_quorate_rounds_a_share_of_filled_seats_up():
    """Half of five filled seats is 2.5, so three are needed; half of four is two."""
    assert quorate(there=["present", "remote", "absent"]) == (0, 1, 0)
    assert quorate(there=["present", "remote", "present"]) == (1, 1, 0)
    assert quorate(there=["present", "remote"], roles=FIVE_SEATS.iloc[:4]) == (1, 1, 0)


def test_decisions_quorate_counts_nobody_without_a_seat():
    """c's seat begins in December: four seats were filled on 1 June, so two are needed.

    Of a and c only a counts; of a, b and c two do.
    """
    roles = FIVE_SEATS.copy()
    roles.loc[roles["person_id"] == "c", "start"] = YEAR.end
    assert quorate(there=["present", "absent", "present"], roles=roles) == (0, 1, 0)
    assert quorate(there=["present", "present", "present"], roles=roles) == (1, 1, 0)


def test_decisions_quorate_is_not_known_only_where_an_empty_status_decides():
    """Three are needed: two there and one not known may be three; one and one are not."""
    assert quorate(there=["present", "present", None]) == (0, 0, 1)
    assert quorate(there=["present", None, "absent"]) == (0, 1, 0)
    assert quorate(there=["present", "present", "present", None]) == (1, 1, 0)


def test_decisions_quorate_is_not_known_without_attendance_or_without_a_rule():
    assert quorate() == (0, 0, 1)
    assert quorate({"present_count": 9}, body="audit") == (0, 0, 1)
    assert quorate({"meeting_id": None}) == (0, 0, 1)


def test_decisions_quorate_counts_listed_members_of_a_body_without_recorded_seats():
    """The council's rules ask for three; no seats are recorded, so everyone listed counts."""
    none = FIVE_SEATS.iloc[:0]
    assert quorate(there=["present"] * 3, roles=none, body="council") == (1, 1, 0)
    assert quorate(there=["present"] * 2, roles=none, body="council") == (0, 1, 0)


@pytest.mark.parametrize(
    ("meeting", "hits"),
    [
        pytest.param({"papers_on": "2025-06-02"}, 1, id="3, 4, 5, 6 and 9 June: five clear"),
        pytest.param({"papers_on": "2025-06-03"}, 0, id="one day less"),
        pytest.param({"papers_on": "2025-06-02", "late_papers": 1}, 0, id="one paper came late"),
        pytest.param({"papers_on": "2025-06-02", "late_papers": 0}, 1, id="none came late"),
        pytest.param({}, 0, id="no papers"),
    ],
)
def test_papers_in_time_counts_clear_working_days(meeting, hits):
    meetings = table("meetings", {"held_on": "2025-06-10"} | meeting)
    assert counts(principle.papers_in_time(meetings, clear_working_days_before=5)) == (hits, 1, 0)


def test_council_advice_taken_before_the_day_of_the_decision():
    """Advice the day before counts, on the day it does not. Only major board decisions count."""
    decided = {"body": "board", "decided_on": "2025-06-02"}
    decisions = table(
        "decisions",
        decided | {"major": True, "advice_on": "2025-06-01"},
        decided | {"major": True, "advice_on": "2025-06-02"},
        decided | {"major": True},
        decided | {"major": False, "advice_on": "2025-06-01"},
        decided,
        decided | {"body": "council", "major": True, "advice_on": "2025-06-01"},
        {"body": "council"},
    )
    assert counts(principle.council_advice_taken(decisions)) == (1, 3, 1)


def test_risks_assessed_counts_major_decisions():
    decisions = table(
        "decisions",
        {"major": True, "risk_ref": "R1"},
        {"major": True, "risk_ref": "R2"},
        {"major": True},
        {"major": False},
        {"risk_ref": "R3"},
    )
    assert counts(principle.risks_assessed(decisions)) == (2, 3, 1)


def test_risk_reviews_completed_on_the_day_first_set():
    register = table(
        "register",
        {"kind": "risk", "original_due_on": "2025-03-01", "done_on": "2025-03-01"},
        {"kind": "risk", "original_due_on": "2025-03-01", "due_on": "2025-04-01",
         "done_on": "2025-03-02"},
        {"kind": "risk"},
        {"kind": "action", "original_due_on": "2025-03-01", "done_on": "2025-03-01"},
    )  # fmt: skip
    assert counts(principle.risk_reviews_completed(register)) == (1, 2, 0)


def test_engagement_risks_reduced_needs_another_scorer():
    """Fell, stayed: 1 of 2. Scored by the same person, by who knows, or not again: not known."""
    risk = {"kind": "risk", "linked_engagement": "E1", "score": 12}
    register = table(
        "register",
        risk | {"later_score": 11, "later_score_independent": True},
        risk | {"later_score": 12, "later_score_independent": True},
        risk | {"later_score": 4, "later_score_independent": False},
        risk | {"later_score": 4},
        risk | {"later_score_independent": True},
        {"kind": "risk", "score": 12, "later_score": 4, "later_score_independent": True},
    )
    assert counts(principle.engagement_risks_reduced(register)) == (1, 2, 3)
