from typing import get_args

import numpy as np
import pandas as pd
import pytest
from typed import organisation

from assess.claims import FACTS, claims_table, provides, verdict
from assess.framework import Constitution, Fact, load_framework

FRAMEWORK = load_framework()
GROUPS = {
    "supported": {"title": "People supported", "kind": "users"},
    "staff": {"title": "Staff", "kind": "staff"},
    "community": {"title": "Community", "kind": "community"},
}
COUNCIL_OVER_BOARD = organisation(
    charitable=True,
    member_categories=GROUPS,
    bodies={
        "board": {"title": "Board", "appointed_by": "council", "removed_by": "council"},
        "council": {
            "title": "Council",
            "appointed_by": "members",
            "seats_by_category": {"supported": 4, "staff": 4, "community": 4},
        },
    },
    council_powers=["appoint_board", "remove_board", "approve_strategy"],
    required_skills=["finance"],
    required_checks=["skills", "values"],
)
TOP_DOWN = organisation(
    legal_form="cio",
    governance_model="charity",
    member_categories={},
    bodies={"board": {"title": "Trustees", "appointed_by": "board", "removed_by": "board"}},
    council_powers=[],
)


def scores(**points: float) -> pd.DataFrame:
    """Indicator scores by id, written "i1_2c"; a NaN is an indicator not scored."""
    by_id = {key[1:].replace("_", "."): value for key, value in points.items()}
    state = ["not recorded" if np.isnan(value) else "scored" for value in by_id.values()]
    return pd.DataFrame({"score": by_id, "state": dict(zip(by_id, state, strict=True))})


def claim(id: str, given=COUNCIL_OVER_BOARD, draws=None, **points: float) -> pd.Series:
    """The row of one claim. Without draws all scores are known in full."""
    drawn = pd.DataFrame(draws or {}, index=range(1000), dtype=float)
    return claims_table(given, FRAMEWORK, scores(**points), drawn).loc[id]


def test_all_nineteen_claims_are_there_whatever_the_organisation():
    for given in (organisation(), TOP_DOWN, COUNCIL_OVER_BOARD):
        table = claims_table(given, FRAMEWORK, scores(), pd.DataFrame())
        assert list(table.index) == [claim.id for claim in FRAMEWORK.claims]


# The verdict


@pytest.mark.parametrize(
    ("low", "high", "coverage", "expected"),
    [
        pytest.param(50.1, 90, 1, "supported", id="the whole range above 50"),
        pytest.param(50.0, 90, 1, "mixed", id="touching 50 from above"),
        pytest.param(40.0, 60, 1, "mixed", id="across 50"),
        pytest.param(10.0, 50, 1, "mixed", id="touching 50 from below"),
        pytest.param(10.0, 49.9, 1, "not supported", id="the whole range below 50"),
        pytest.param(60.0, 90, 0.5, "supported", id="coverage of exactly half is enough"),
        pytest.param(60.0, 90, 0.49, "not evidenced", id="coverage under half"),
        pytest.param(np.nan, np.nan, 0, "not evidenced", id="nothing scored"),
        pytest.param(np.nan, np.nan, np.nan, "does not apply", id="no indicator applies"),
    ],
)
def test_verdict(low, high, coverage, expected):
    assert verdict(True, low, high, coverage) == expected
    assert verdict(None, low, high, coverage) == expected


def test_what_the_rules_do_not_provide_does_not_apply():
    assert verdict(False, 60, 90, 1) == "does not apply"


# Scores, ranges, coverage


def test_the_score_is_the_mean_of_the_scored_indicators():
    """2-ii rests on 2.2a, 2.2b and 5.2b: (90 + 60) / 2 = 75, two of three scored."""
    row = claim("2-ii", i2_2a=90, i2_2b=60, i5_2b=np.nan)
    assert (row.score, row.low, row.high) == (75, 75, 75)
    assert row.coverage == pytest.approx(2 / 3)
    assert row.scored == ("2.2a", "2.2b")
    assert row.verdict == "supported"


def test_two_of_four_is_just_enough_and_one_of_four_is_not():
    """6-iii rests on 2.3a, 6.1b, 6.1c and 6.1d."""
    few = {"i6_1c": np.nan, "i6_1d": np.nan}
    assert claim("6-iii", i2_3a=80, i6_1b=80, **few).verdict == "supported"
    assert claim("6-iii", i2_3a=80, i6_1b=np.nan, **few).verdict == "not evidenced"


def test_an_indicator_that_does_not_apply_leaves_the_denominator():
    """Of 2.2a, 2.2b and 5.2b one is scored, one not, one does not apply: a half."""
    given = scores(i2_2a=90, i2_2b=np.nan, i5_2b=np.nan)
    given.loc["5.2b", "state"] = "does not apply"
    drawn = pd.DataFrame(index=range(10))
    row = claims_table(COUNCIL_OVER_BOARD, FRAMEWORK, given, drawn).loc["2-ii"]
    assert (row.coverage, row.verdict) == (0.5, "supported")


def test_the_range_is_that_of_the_draws():
    """1.2c alone, drawn evenly from 0 to 99.9: the middle 90% runs from about 5 to about 95."""
    row = claim("1-iv", draws={"1.2c": np.arange(1000) / 10}, i1_2c=50)
    assert (row.low, row.high) == (pytest.approx(5, abs=0.1), pytest.approx(94.9, abs=0.1))
    assert row.verdict == "mixed"


def test_a_known_score_halves_the_range_of_the_other():
    """3-i: 3.1c known in full at 60; 3.1a drawn 40 or 80. Their mean is 50 or 70."""
    row = claim("3-i", draws={"3.1a": [40.0, 80.0] * 500}, i3_1a=60, i3_1c=60)
    assert (row.score, row.low, row.high) == (60, 50, 70)
    assert row.verdict == "mixed"


def test_the_range_always_holds_the_score():
    """Draws of a full share stay below 100; the score of 100 must still lie in its range."""
    row = claim("1-iv", draws={"1.2c": [90.0, 98.0] * 500}, i1_2c=100)
    assert (row.low, row.high) == (90, 100)


# What the constitution provides


def test_the_words_of_the_framework_are_the_facts_that_can_be_looked_up():
    assert set(get_args(Fact)) == set(FACTS)


def test_every_fact_is_asked_for_by_a_claim():
    asked = {
        fact
        for claim in FRAMEWORK.claims
        for fact in claim.constitution.all_of + claim.constitution.any_of
    }
    assert set(FACTS) == asked


def test_of_an_organisation_that_states_nothing_nothing_is_known():
    """But a yearly general meeting is needed unless the rules say otherwise."""
    known = {fact for fact, answer in FACTS.items() if answer(organisation()) is not None}
    assert known == {"general_meeting_required"}


def test_a_council_over_the_board_provides_for_all_it_states():
    """It may not call decisions in, no matters are said to be reserved, and it elects no board."""
    answers = {fact: answer(COUNCIL_OVER_BOARD) for fact, answer in FACTS.items()}
    assert {fact for fact, answer in answers.items() if answer is False} == {
        "council_can_call_in",
        "members_elect_board",
    }
    assert {fact for fact, answer in answers.items() if answer is None} == {
        "council_has_reserved_matters"
    }


def test_a_top_down_charity_is_judged_on_the_same_sheet():
    """It has no council, no member groups, and a board that appoints itself."""
    full = {f"i{e.id.replace('.', '_')}": 80.0 for e in FRAMEWORK.indicators}
    table = claims_table(TOP_DOWN, FRAMEWORK, scores(**full), pd.DataFrame(index=range(10)))
    applies = table.index[table["verdict"] != "does not apply"]
    assert list(applies) == ["1-i", "5-ii", "5-iii", "6-ii"]
    assert table.loc["1-i", "provides"] == "yes"
    assert table.loc["5-iii", "provides"] == "not stated"


@pytest.mark.parametrize(
    ("fact", "stated", "answer"),
    [
        pytest.param("charitable", {"legal_form": "cio"}, True, id="a CIO is a charity"),
        pytest.param("charitable", {"charitable": False}, False, id="says it is none"),
        pytest.param("has_council", {"bodies": {"board": {"title": "B"}}}, False, id="no council"),
        pytest.param("several_categories", {"member_categories": {}}, False, id="no groups"),
        pytest.param(
            "staff_are_members",
            {"bodies": {"board": {"title": "B"}}},
            False,
            id="bodies described, groups left out",
        ),
        pytest.param(
            "others_can_remove_board",
            {"bodies": {"board": {"title": "B", "removed_by": "owner"}}},
            True,
            id="an owner can remove the board",
        ),
        pytest.param(
            "users_have_seats",
            {"member_categories": GROUPS, "bodies": {"council": {"title": "C"}}},
            None,
            id="seats by group are not stated",
        ),
        pytest.param(
            "users_have_seats",
            {
                "member_categories": GROUPS,
                "bodies": {
                    "council": {"title": "C", "seats_by_category": {"staff": 3, "supported": 0}}
                },
            },
            False,
            id="kept for staff alone",
        ),
        pytest.param(
            "council_appoints_board",
            {"bodies": {"council": {"title": "C"}}, "council_powers": ["appoint_board"]},
            True,
            id="a power is enough",
        ),
        pytest.param(
            "council_appoints_board",
            {
                "bodies": {
                    "council": {"title": "C"},
                    "board": {"title": "B", "appointed_by": "council"},
                }
            },
            True,
            id="so is the board's own rule",
        ),
        pytest.param(
            "council_has_reserved_matters",
            {"bodies": {"council": {"title": "C"}}, "reserved_matters": {"merger": "board"}},
            False,
            id="matters reserved to others",
        ),
        pytest.param(
            "general_meeting_required", {"agm_required": False}, False, id="no yearly meeting"
        ),
    ],
)
def test_fact(fact, stated, answer):
    assert FACTS[fact](organisation(**stated)) is answer


@pytest.mark.parametrize(
    ("all_of", "any_of", "answer"),
    [
        pytest.param(["charitable"], [], True, id="one, provided"),
        pytest.param(["charitable", "council_can_call_in"], [], False, id="one of two is not"),
        pytest.param(["charitable", "council_has_reserved_matters"], [], None, id="one not stated"),
        pytest.param([], ["council_can_call_in", "charitable"], True, id="any is enough"),
        pytest.param([], ["council_can_call_in", "council_has_reserved_matters"], None),
        pytest.param([], ["council_can_call_in", "members_elect_board"], False, id="none of two"),
        pytest.param(["charitable"], ["council_can_call_in"], False, id="all, but none of any"),
    ],
)
def test_provides(all_of, any_of, answer):
    """It is charitable, may not call in, elects no board; reserved matters are not stated."""
    asked = Constitution(all_of=tuple(all_of), any_of=tuple(any_of))
    assert provides(COUNCIL_OVER_BOARD, asked) is answer


def test_the_facts_behind_the_answer_are_given():
    row = claim("2-i", i2_1a=80.0, i2_3a=80.0, i6_1c=80.0)
    assert row.constitution == {
        "council_appoints_board": True,
        "council_can_remove_board": True,
        "members_elect_board": False,
        "others_can_remove_board": True,
    }
    assert (row.provides, row.verdict) == ("yes", "supported")


def test_the_empirical_claim_says_that_only_records_speak():
    row = claim("1-iv", i1_2c=80.0)
    assert row.empirical
    assert "verdict comes from the records alone" in row.note
