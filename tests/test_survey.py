"""The survey: what is shown, what is held back, and that nothing held back can be worked out."""

import pandas as pd
import pytest

from assess.framework import load_framework
from assess.survey import FEWEST, SCALE, opinions, questions
from assess.synth.dealings import MEMBERS_QUESTIONS, QUESTIONS


def replies(**groups: dict[str, list[str | None]]) -> pd.DataFrame:
    """Answers by group and question: `board={"1.1-1": ["4", "3"]}` is two people's."""
    rows = [
        (f"{group}{person}", group, item, answer)
        for group, items in groups.items()
        for item, answers in items.items()
        for person, answer in enumerate(answers)
    ]
    return pd.DataFrame(rows, columns=["respondent_id", "group", "item", "answer"])


def row(found, item: str, group: str) -> pd.Series:
    return found.answers.set_index(["item", "group"]).loc[(item, group)]


def test_two_questions_are_asked_about_every_supporting_principle():
    parts = [part.id for part in load_framework().supporting_principles]
    assert [q.id for q in questions()] == [f"{part}-{n}" for part in parts for n in (1, 2)]
    assert len(questions()) == 36


def test_the_short_form_is_the_seven_starred_questions():
    starred = ["1.1-1", "1.2-2", "2.3-1", "3.1-2", "5.1-2", "6.2-1", "6.2-2"]
    assert [q.id for q in questions() if q.short] == starred


def test_every_question_is_worded_once_in_each_language():
    for lang in ("en", "cy"):
        texts = [question.text(lang) for question in questions()]
        assert len(set(texts)) == 36
        assert [text for text in texts if not text.endswith(".")] == []
    assert [q.id for q in questions() if q.en == q.cy] == []
    assert [q.id for q in questions() if len(q.en.split()) > 20] == []


def test_the_samples_answer_these_questions():
    assert [q.id for q in questions()] == QUESTIONS
    assert [q.id for q in questions() if q.short] == MEMBERS_QUESTIONS


def test_a_distribution_counts_every_answer_once():
    """2, 3, 3, 4, 4, one that does not know, one blank: 5 answers, median 3, middle half 3 to 4.

    Variance of 2, 3, 3, 4, 4 is 2.8 / 4 = 0.7; r_wg = 1 - 0.7 / 2 = 0.65.
    """
    found = opinions(replies(board={"1.1-1": ["2", "3", "3", "4", "4", "dont know", None]}))
    seen = row(found, "1.1-1", "board")
    assert seen[list(SCALE)].tolist() == [0, 0, 1, 2, 2]
    assert seen[["asked", "answered", "dont_know", "blank"]].tolist() == [7, 5, 1, 1]
    assert seen[["median", "lower", "upper"]].tolist() == [3, 3, 4]
    assert seen["agreement"] == pytest.approx(0.65)


def test_agreement_is_one_where_all_answer_alike_and_never_below_none():
    """0, 0, 4, 4, 4 varies by 4.8, more than the 2 of answers picked at random."""
    found = opinions(replies(board={"1.1-1": ["3"] * 5, "1.1-2": ["0", "0", "4", "4", "4"]}))
    assert row(found, "1.1-1", "board")["agreement"] == 1
    assert row(found, "1.1-2", "board")["agreement"] == 0


def test_a_group_of_four_is_not_shown_at_all():
    found = opinions(replies(board={"1.1-1": ["4"] * 4}, council={"1.1-1": ["2"] * 5}))
    assert found.groups.set_index("group")["shown"].to_dict() == {"board": False, "council": True}
    assert set(found.answers["group"]) == {"council"}
    assert found.gaps.empty


def test_a_question_that_four_of_a_larger_group_answered_is_held_back():
    """Its sums are held back with it: the principle's opinion rests on the other question alone."""
    found = opinions(
        replies(board={"1.1-1": ["0", "0", "0", "0", "dont know"], "1.1-2": ["3"] * 5})
    )
    seen = row(found, "1.1-1", "board")
    assert seen["asked"] == 5
    assert seen.drop(["asked"]).isna().all()
    assert found.by_principle()["opinion"].tolist() == [75.0]


def test_nothing_shown_changes_with_the_answers_of_a_group_that_is_held_back():
    """So no difference between shown numbers can give them."""
    shown = {"1.1-1": ["1", "2", "2", "3", "4"]}
    one = opinions(replies(council=shown, board={"1.1-1": ["0"] * 4}))
    other = opinions(replies(council=shown, board={"1.1-1": ["4"] * 4}))
    pd.testing.assert_frame_equal(one.answers, other.answers)
    pd.testing.assert_frame_equal(one.by_principle(), other.by_principle())


def test_the_gap_is_the_board_less_the_council():
    found = opinions(
        replies(board={"1.1-1": ["4"] * 5}, council={"1.1-1": ["1", "1", "2", "2", "2"]})
    )
    assert found.gaps.to_dict() == {"1.1-1": 2.0}


def test_the_organisations_own_floor_counts_where_it_is_stricter():
    assert FEWEST == 5
    answers = replies(board={"1.1-1": ["4"] * 6})
    assert opinions(answers, smallest=3).groups["shown"].tolist() == [True]
    assert opinions(answers, smallest=7).groups["shown"].tolist() == [False]


def test_no_survey_gives_nothing():
    assert opinions(replies()) is None
    assert opinions(replies(board={"9.9-9": ["4"] * 9})) is None


def test_opinions_never_reach_a_score():
    """The measures take no survey column, so no answer can move one."""
    needs = [p for e in load_framework().indicators for p in (*e.needs, *e.needs_one_of)]
    assert len(needs) > 48
    assert [place for place in needs if place.startswith("survey")] == []
