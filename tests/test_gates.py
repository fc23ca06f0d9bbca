import re

import pandas as pd
import pytest
from typed import YEAR, each, organisation, records, table

from assess.framework import load_framework
from assess.gates import CHECKS, check_gates
from assess.records import AssessError, Period

FRAMEWORK = load_framework()
BODIES = {"board": {"title": "Board"}, "general_meeting": {"title": "General meeting"}}


def found(id: str, given=None, period=YEAR, **tables: pd.DataFrame) -> pd.Series:
    """The row of one gate for an organisation and its tables."""
    gates = check_gates(records(given or organisation(bodies=BODIES), **tables), FRAMEWORK, period)
    return gates.set_index("id").loc[id]


def general(*meetings: dict) -> pd.DataFrame:
    """General meetings of 2025, held on 30 June unless they say otherwise."""
    plain = {"body": "general_meeting", "type": "annual general", "held_on": "2025-06-30"}
    return table(
        "meetings", *(plain | {"meeting_id": f"G{n}"} | row for n, row in enumerate(meetings))
    )


def board(**people: dict) -> pd.DataFrame:
    """Board seats held since 2024; each keyword is a person and what differs."""
    plain = {"body": "board", "start": "2024-01-01"}
    return table("roles", *(plain | {"person_id": name} | row for name, row in people.items()))


def people(number: int, **same: object) -> pd.DataFrame:
    return board(**{f"P{n}": same for n in range(number)})


def test_every_gate_of_the_framework_is_checked():
    gates = check_gates(records(), FRAMEWORK, YEAR)
    assert list(gates["id"]) == [gate.id for gate in FRAMEWORK.gates] == list(CHECKS)
    assert list(gates["source"]) == [gate.source for gate in FRAMEWORK.gates]


def test_a_gate_nothing_checks_is_refused():
    own = FRAMEWORK.gates[0].model_copy(update={"id": "G9"})
    with pytest.raises(AssessError, match="the gate G9, but nothing checks it"):
        check_gates(records(), FRAMEWORK.model_copy(update={"gates": (own,)}), YEAR)


def test_without_records_no_gate_passes_or_fails():
    gates = check_gates(records(), FRAMEWORK, YEAR)
    assert set(gates["state"]) == {"not known"}


# G1: notice of general meetings


@pytest.mark.parametrize(
    ("notice_on", "state"),
    [
        pytest.param("2025-06-15", "pass", id="16 to 29 June: 14 clear days"),
        pytest.param("2025-06-16", "fail", id="17 to 29 June: 13 clear days"),
        pytest.param("2025-06-30", "fail", id="called on the day"),
        pytest.param(None, "not known", id="no day of notice"),
    ],
)
@pytest.mark.parametrize("legal_form", ["company", "charitable_company"])
def test_a_company_gives_14_clear_days(legal_form, notice_on, state):
    """Held on 30 June; neither that day nor the day of notice counts."""
    given = organisation(legal_form=legal_form)
    gate = found("G1", given, meetings=general({"notice_on": notice_on}))
    assert (gate.state, gate.limit) == (state, 14)


@pytest.mark.parametrize(
    ("legal_form", "notice_days", "limit", "state"),
    [
        pytest.param("company", 21, 21, "fail", id="a longer rule of its own wins"),
        pytest.param("company", 7, 14, "pass", id="a shorter one does not"),
        pytest.param("cooperative_society", 20, 20, "fail", id="a society follows its own rule"),
        pytest.param("cio", 0, 0, "pass", id="its own rule may ask for none"),
    ],
)
def test_the_longer_of_law_and_rules_holds(legal_form, notice_days, limit, state):
    """Called on 15 June for 30 June: 14 clear days."""
    given = organisation(legal_form=legal_form, notice_days=notice_days)
    gate = found("G1", given, meetings=general({"notice_on": "2025-06-15"}))
    assert (gate.limit, gate.state) == (limit, state)


def test_own_rule_at_its_edge():
    """A society that asks for 7 clear days: called on 22 June, 23 to 29 June are 7."""
    given = organisation(legal_form="cooperative_society", notice_days=7)
    meetings = general({"notice_on": "2025-06-22"}, {"notice_on": "2025-06-23"})
    gate = found("G1", given, meetings=meetings)
    assert (gate.state, gate.detail, gate.k, gate.n) == ("fail", "notice too short", 1, 2)
    assert gate.rows == (3,)


def test_a_society_that_states_no_rule_is_not_known():
    given = organisation(legal_form="community_benefit_society")
    gate = found("G1", given, meetings=general({"notice_on": "2025-06-29"}))
    assert (gate.state, gate.detail) == ("not known", "no notice rule stated")


def test_one_failing_meeting_outweighs_unknown_and_kept_ones():
    """One of three has 13 clear days, one has no day of notice, one has plenty."""
    meetings = general(
        {"notice_on": "2025-06-16"}, {"notice_on": None}, {"notice_on": "2025-01-02"}
    )
    gate = found("G1", meetings=meetings)
    assert (gate.state, gate.k, gate.n, gate.rows) == ("fail", 1, 3, (2,))


def test_one_unknown_meeting_keeps_a_gate_from_passing():
    meetings = general({"notice_on": None}, {"notice_on": "2025-01-02"})
    gate = found("G1", meetings=meetings)
    assert (gate.state, gate.detail, gate.k, gate.n) == ("not known", "notice not known", 1, 2)


def test_only_general_meetings_of_the_period_are_judged():
    """A board meeting called late, and a general meeting of the year before, do not count."""
    meetings = table(
        "meetings",
        {"meeting_id": "B1", "body": "board", "held_on": "2025-06-30", "notice_on": "2025-06-30"},
        {
            "meeting_id": "G1",
            "body": "general_meeting",
            "held_on": "2024-12-31",
            "notice_on": "2024-12-31",
        },
    )
    assert found("G1", meetings=meetings).detail == "no general meeting recorded"


def test_where_no_general_meeting_is_needed_three_gates_do_not_apply():
    gates = check_gates(records(organisation(agm_required=False)), FRAMEWORK, YEAR)
    does_not = gates.loc[gates["state"] == "does not apply", "id"]
    assert list(does_not) == ["G1", "G2", "G4"]


# G2: quorum of general meetings

ASKS_FOR_5 = organisation(bodies={"general_meeting": {"title": "All", "quorum": 5}})


@pytest.mark.parametrize(
    ("meeting", "state"),
    [
        pytest.param({"quorum": 10, "present_count": 10}, "pass", id="exactly enough"),
        pytest.param({"quorum": 10, "present_count": 9}, "fail", id="one short"),
        pytest.param({"present_count": 5}, "pass", id="five by the rules"),
        pytest.param({"present_count": 4}, "fail", id="four by the rules"),
        pytest.param({"quorum": 10}, "not known", id="nobody counted"),
    ],
)
def test_quorum_is_the_meetings_own_or_that_of_the_rules(meeting, state):
    assert found("G2", ASKS_FOR_5, meetings=general(meeting)).state == state


def test_no_quorum_stated_anywhere():
    gate = found("G2", meetings=general({"present_count": 40}))
    assert (gate.state, gate.detail) == ("not known", "no quorum stated")


@pytest.mark.parametrize(
    ("quorum", "state"),
    [
        pytest.param(2, "pass", id="two came for certain"),
        pytest.param(3, "not known", id="the empty cell decides"),
        pytest.param(4, "fail", id="even with the empty cell too few"),
    ],
)
def test_present_is_counted_from_attendance(quorum, state):
    """M1 came, M2 joined by video, M3 has an empty cell, M4 sent apologies; M5 was a guest."""
    rows = [
        {"person_id": "M1", "status": "present"},
        {"person_id": "M2", "status": "remote"},
        {"person_id": "M3"},
        {"person_id": "M4", "status": "apology"},
        {"person_id": "M5", "status": "present", "capacity": "in attendance"},
    ]
    attendance = table("attendance", *({"meeting_id": "G0"} | row for row in rows))
    gate = found("G2", meetings=general({"quorum": quorum}), attendance=attendance)
    assert gate.state == state


@pytest.mark.parametrize(
    ("voters", "present", "state"),
    [
        pytest.param(101, 7, "fail", id="7.07 is not met by 7"),
        pytest.param(101, 8, "pass", id="8 are needed"),
        pytest.param(100, 7, "pass", id="7 exactly, though 0.07 x 100 computes to a little more"),
        pytest.param(100, 6, "fail", id="6 are too few"),
    ],
)
def test_a_share_of_members_is_rounded_up(voters, present, state):
    """Seven in a hundred of the members with a vote. One has left, one may not vote."""
    rules = {"general_meeting": {"title": "All", "quorum_share": 0.07}}
    others = table(
        "members",
        {"member_id": "gone", "left_on": "2025-01-31"},
        {"member_id": "silent", "eligible_to_vote": False},
    )
    members = each("members", "member_id", [f"M{n}" for n in range(voters)])
    gate = found(
        "G2",
        organisation(bodies=rules),
        meetings=general({"present_count": present}),
        members=pd.concat([members, others]),
    )
    assert gate.state == state


# G3: size of the board


def sized(**rules: int):
    return organisation(bodies={"board": {"title": "Board", **rules}})


@pytest.mark.parametrize(
    ("number", "rules", "state", "detail"),
    [
        pytest.param(5, {"smallest": 5, "largest": 9}, "pass", "board size kept", id="the fewest"),
        pytest.param(4, {"smallest": 5, "largest": 9}, "fail", "board too small", id="one fewer"),
        pytest.param(9, {"smallest": 5, "largest": 9}, "pass", "board size kept", id="the most"),
        pytest.param(10, {"smallest": 5, "largest": 9}, "fail", "board too large", id="one more"),
        pytest.param(2, {"largest": 9}, "pass", "board size kept", id="no fewest stated"),
        pytest.param(7, {}, "not known", "no board size stated", id="no rule"),
    ],
)
def test_board_size(number, rules, state, detail):
    gate = found("G3", sized(**rules), roles=people(number))
    assert (gate.state, gate.detail, gate.k) == (state, detail, number)


@pytest.mark.parametrize(
    ("number", "remark"),
    [(4, "fewer than advised"), (5, ""), (12, ""), (13, "more than advised")],
)
def test_the_advised_size_is_a_remark_and_never_a_failure(number, remark):
    gate = found("G3", sized(smallest=1, largest=20), roles=people(number))
    assert (gate.state, gate.remark) == ("pass", remark)


def test_only_people_on_the_board_on_the_last_day_count():
    """P1 left on the last day and counts; P2 left the day before; P3 starts in 2026."""
    roles = board(
        P1={"end": "2025-12-31"}, P2={"end": "2025-12-30"}, P3={"start": "2026-01-01"}, P4={}
    )
    assert found("G3", sized(largest=9), roles=roles).k == 2


# G4: the yearly general meeting


@pytest.mark.parametrize(
    ("meeting", "state"),
    [
        pytest.param({"type": "annual general", "body": "members_meeting"}, "pass", id="by kind"),
        pytest.param({"type": None}, "pass", id="an ordinary meeting of all members"),
        pytest.param({"type": "special"}, "fail", id="a special meeting is not the yearly one"),
        pytest.param({"type": "general"}, "fail", id="nor is another general meeting"),
        pytest.param({"held_on": "2024-06-30"}, "fail", id="last year's"),
        pytest.param({"held_on": "2025-01-01"}, "pass", id="on the first day"),
        pytest.param({"held_on": "2026-01-01"}, "fail", id="a day too late"),
    ],
)
def test_yearly_meeting(meeting, state):
    assert found("G4", meetings=general(meeting)).state == state


def test_an_organisation_that_lists_only_board_meetings_is_not_known():
    """Its list may leave out general meetings: it names no such body, and holds none."""
    meetings = table("meetings", {"meeting_id": "B1", "body": "board", "held_on": "2025-03-01"})
    named, unnamed = organisation(bodies=BODIES), organisation(bodies={"board": {"title": "B"}})
    assert found("G4", unnamed, meetings=meetings).state == "not known"
    assert found("G4", named, meetings=meetings).state == "fail"


def test_half_a_year_without_a_yearly_meeting_says_nothing():
    half = Period.parse("2025-07-01/2025-12-31")
    gate = found("G4", period=half, meetings=general({}))
    assert (gate.state, gate.detail) == ("not known", "period under a year")


# G5: how board members are appointed


def appointed_by(route: str | None):
    return organisation(bodies={"board": {"title": "Board", "appointed_by": route}})


@pytest.mark.parametrize(
    ("route", "appointers", "state"),
    [
        pytest.param("council", ["council", "council"], "pass", id="all by the council"),
        pytest.param("council", ["council", "board"], "fail", id="one by the board itself"),
        pytest.param("council", ["council", None], "not known", id="one not recorded"),
        pytest.param("council", ["board", None], "fail", id="one wrong is enough"),
        pytest.param("other", ["health_board"], "pass", id="somebody outside"),
        pytest.param("other", ["members"], "fail", id="nobody outside"),
        pytest.param(None, ["council"], "not known", id="the rules are not stated"),
    ],
)
def test_appointment(route, appointers, state):
    roles = board(**{f"P{n}": {"appointed_by": by} for n, by in enumerate(appointers)})
    assert found("G5", appointed_by(route), roles=roles).state == state


def test_a_past_board_member_is_not_judged():
    roles = board(P1={"appointed_by": "council"}, P2={"appointed_by": "board", "end": "2025-06-30"})
    gate = found("G5", appointed_by("council"), roles=roles)
    assert (gate.state, gate.k, gate.n) == ("pass", 1, 1)


# G6: minutes


@pytest.mark.parametrize(
    ("meetings", "state"),
    [
        pytest.param([{"minutes_draft_on": "2025-07-02"}], "pass", id="drafted"),
        pytest.param([{"minutes_approved_on": "2025-09-02"}], "pass", id="agreed"),
        pytest.param([{"minutes_draft_on": "2025-07-02"}, {}], "fail", id="one of two without"),
        pytest.param([{}, {}], "not known", id="days of minutes are not kept at all"),
    ],
)
def test_minutes(meetings, state):
    assert found("G6", meetings=general(*meetings)).state == state


def test_a_committee_without_minutes_does_not_count():
    meetings = table(
        "meetings",
        {
            "meeting_id": "B1",
            "body": "board",
            "held_on": "2025-03-01",
            "minutes_draft_on": "2025-03-02",
        },
        {"meeting_id": "A1", "body": "audit", "held_on": "2025-03-01"},
    )
    gate = found("G6", meetings=meetings)
    assert (gate.state, gate.n) == ("pass", 1)


def test_details_are_short_codes():
    """Sentences are made of them in two languages, so they hold no numbers."""
    gates = check_gates(records(), FRAMEWORK, YEAR)
    assert not gates.empty
    assert [d for d in gates["detail"] if not re.fullmatch(r"[a-z ]{3,40}", d)] == []
