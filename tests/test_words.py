"""Sentences: whole, computed from numbers, in both languages."""

import re
import string
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from assess import words
from assess.framework import load_framework
from assess.records import AssessError, Period
from assess.report import catalogue
from assess.words import Words

EN, CY = Words("en"), Words("cy")
FORBIDDEN = ("significant", "significantly", "poor", "fails", "failed", "ranked", "proves")
FORBIDDEN += ("because", "prove", "caused")
ABOUT_A_RUN = {"{done} organisations assessed, {failed} not."}  # of programs, not of people
LONGEST = 20  # words in a sentence


def ours() -> list[str]:
    """The messages this project words for reports: sentences, and the notebooks' own text."""
    return [
        text for source in (catalogue.sentences, catalogue.notebook_texts) for text, _ in source()
    ]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def principles(**scores: tuple[float, float, float]) -> pd.DataFrame:
    """Rows of a scorecard. `p1=(50, 40, 60)`: principle 1 scored 50, with its range."""
    rows = {
        name[1:]: {"title": f"Title {name[1:]}", "score": score, "low": low, "high": high}
        for name, (score, low, high) in scores.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").assign(found=2, needed=8)


NOTHING = (np.nan, np.nan, np.nan)


# The catalogue


def test_every_message_has_welsh():
    """Run `make words`, then fill in each empty msgstr in the .po file."""
    wanted = catalogue.messages()
    have = {message.id: message.string for message in catalogue.read("cy") if message.id}
    assert len(wanted) > 300
    assert [text for text in wanted if not have.get(text)] == []


def test_welsh_fills_in_the_same_fields_as_english():
    pairs = [(m.id, m.string) for m in catalogue.read("cy") if m.id and m.string]
    assert len(pairs) > 300
    assert [english for english, welsh in pairs if fields(english) != fields(welsh)] == []


def test_the_compiled_catalogue_is_that_of_the_po_file():
    """`make words` compiles it."""
    catalog = catalogue.read("cy")
    texts = {m.id: m.string for m in catalog if m.id and m.string}
    compiled = words._catalogue("cy")
    assert {text: compiled.gettext(text) for text in texts} == texts
    assert {text for text in compiled._catalog if text} == set(texts)


def test_no_message_uses_a_word_the_evidence_does_not_carry():
    pattern = re.compile(rf"\b({'|'.join(FORBIDDEN)})\b", re.IGNORECASE)
    texts = [text for text in catalogue.messages() if text not in ABOUT_A_RUN]
    assert [text for text in texts if pattern.search(text)] == []


def test_sentences_are_short():
    """A field counts as one word. Under 20 words each."""
    texts = [re.sub(r"\([^)]*\)", "", text) for text in ours()]
    sentences = [part for text in texts for part in re.split(r"(?<=[.?!:;])\s", text)]
    assert len(sentences) > 200
    assert [part for part in sentences if len(part.split()) > LONGEST] == []


def test_a_text_nobody_has_translated_stays_english():
    assert CY.translate("A title of another framework") == "A title of another framework"


def test_another_language_is_refused_in_plain_words():
    with pytest.raises(AssessError, match="'fr' is not known"):
        Words("fr")


# Numbers and days


def test_days_are_written_in_both_languages():
    period = Period.parse("2027-01-12/2027-02-01")
    assert EN.period(period) == "12 January 2027 to 1 February 2027"
    assert CY.period(period) == "12 Ionawr 2027 i 1 Chwefror 2027"


@pytest.mark.parametrize(
    ("period", "year"),
    [("2025", "2025"), ("2025-04-01/2026-03-31", "2025–26"), ("2025-01-01/2025-06-30", "2025")],
)
def test_a_period_is_named_by_its_years(period, year):
    assert words.year(Period.parse(period)) == year


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (61.2, "%", "61%"),
        (182.0, "days", "182 days"),
        (4.66, "index", "4.7"),
        (0.789, "ratio", "0.79"),
        (np.nan, "%", "–"),
    ],
)
def test_a_value_is_as_precise_as_it_is_worth(number, unit, text):
    assert words.quantity(EN, number, unit) == text


# One indicator


def measured(**values: object) -> pd.Series:
    row = {"value": np.nan, "numerator": np.nan, "denominator": np.nan, "low": np.nan}
    row |= {"high": np.nan, "state": "scored", "reason": "", "records": 0, "missing_columns": ()}
    return pd.Series(row | values)


REASONS = load_framework().indicator("4.1a")
PARITY = load_framework().indicator("3.1c")
STRATEGY = load_framework().indicator("2.1b")


def test_a_share_says_how_many_of_how_many():
    row = measured(value=61.2, numerator=41, denominator=67, low=51.1, high=70.4)
    assert words.result(EN, REASONS, row) == "61% (41 of 67 decisions)"
    assert words.span(EN, REASONS, row) == "51% to 70%"


def test_a_ratio_says_which_shares_it_compares():
    row = measured(value=0.789, numerator=60.4, denominator=76.5)
    assert words.result(EN, PARITY, row) == "0.79 (lowest group 60%, highest group 76%)"


def test_minutes_are_not_taken_for_records():
    """750 of 1265 minutes, in 75 items."""
    row = measured(value=59.3, numerator=750, denominator=1265, records=75)
    assert words.result(EN, STRATEGY, row) == "59% (of 75 agenda items)"


def test_a_value_without_a_range_is_known_in_full():
    assert words.span(EN, REASONS, measured(value=50)) == "known in full"
    assert words.span(EN, REASONS, measured()) == "–"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (measured(), ""),
        (measured(state="raw only", reason="few", size=3), "Not scored: 3 found, 20 needed."),
        (
            measured(state="suppressed"),
            "Held back: fewer than 5 people are behind this number.",
        ),
        (
            measured(state="not recorded", missing_columns=("decisions.reasons_ref",)),
            "Not recorded.",
        ),
        (
            measured(state="not recorded", reason="no rows"),
            "Not recorded: nothing of this kind in the period.",
        ),
        (measured(state="not recorded", reason="something new"), "Not recorded."),
    ],
)
def test_an_indicator_without_a_score_says_why(row, text):
    assert words.why_not(EN, REASONS, row, floor=5) == text


def test_an_indicator_not_recorded_says_what_it_needs():
    lacking = measured(state="not recorded", missing_columns=("decisions.reasons_ref",))
    assert words.not_there(EN, lacking) == "It needs “Reasons” on the sheet “Decisions”."
    assert words.not_there(EN, measured()) == ""


def test_a_number_that_says_nothing_by_itself_says_what_it_would_be_at_best():
    index = {"value": 0.64, "numerator": np.nan, "denominator": np.nan}
    unit = SimpleNamespace(unit="index", minimum_of="rows", counts="seats")
    assert words.result(EN, unit, pd.Series(index)) == "0.6 (0 is just what your rules intend)"
    unit = SimpleNamespace(unit="0-1", minimum_of="rows", counts="seats")
    assert words.result(EN, unit, pd.Series(index)) == "0.64 (1 is even, 0 is one group alone)"


def test_every_reason_a_measure_gives_has_words_in_both_languages():
    """Reasons stand as literals in measure.py, framework.py and the indicators."""
    package = Path(words.__file__).parent
    files = [package / "measure.py", package / "framework.py", *package.glob("indicators/*.py")]
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    given = set(
        re.findall(r'(?:unobserved\(|reason = |else |"reason": |return )"(no [a-z ]+)"', code)
    )
    given |= set(re.findall(r'unobserved\("([a-z ]+)"', code)) | {"no table", "not known"}
    assert len(given) >= 12
    for lang in (EN, CY):
        said = words.not_recorded(lang) | words.does_not_apply(lang)
        assert sorted(given - set(said)) == []
        assert all(said.values())
        assert len(set(said.values())) == len(said)


def test_columns_of_one_sheet_are_named_together():
    wanted = ("decisions.review_due", "decisions.reviewed_on", "roles")
    expected = "“Review due”, “Reviewed on” on the sheet “Decisions”; the sheet “Seats and terms”"
    assert words.places(EN, wanted) == expected


def test_goalposts_say_whose_they_are():
    assert words.goalposts(EN, REASONS) == "50% scores 0, 100% scores 100. Our judgement."
    assert words.goalposts(EN, STRATEGY) == (
        "40% to 80% scores 100; 10% or less, or 100% or more, scores 0. Our judgement."
    )


# Principles


def test_a_principle_without_a_score_is_not_called_bad():
    row = principles(p3=NOTHING).loc["3"]
    assert words.scored(EN, row) == (
        "Title 3 is not scored. We found 2 of the 8 pieces of evidence we need. "
        "This does not mean the practice is missing."
    )


@pytest.mark.parametrize(
    ("median", "peers", "says"),
    [
        pytest.param(59.9, 12, "clearly above the middle", id="the whole range is above"),
        pytest.param(60.0, 12, "about the same", id="the range touches the middle"),
        pytest.param(80.1, 12, "clearly below the middle", id="the whole range is below"),
        pytest.param(70.0, 9, "not enough similar organisations", id="nine are too few"),
        pytest.param(np.nan, 12, "not enough similar organisations", id="no middle is known"),
    ],
)
def test_peers_are_compared_by_the_range(median, peers, says):
    row = principles(p1=(70.0, 60.0, 80.0)).loc["1"]
    assert says in words.against_peers(EN, row, median, peers=peers, minimum=10)


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        ("rose", "Title 1 rose from 40 to 70. This is more than chance would explain."),
        ("fell", "Title 1 fell from 40 to 70. This is more than chance would explain."),
        (
            "could be chance",
            "Title 1 was 40 and is now 70. A change of this size could be chance.",
        ),
    ],
)
def test_a_change_is_claimed_only_beyond_chance(verdict, text):
    row = pd.Series({"title": "Title 1", "before": 40.0, "now": 70.0, "verdict": verdict})
    assert words.changed(EN, row) == text


def test_a_year_without_a_score_is_not_compared():
    row = pd.Series({"title": "Title 1", "before": np.nan, "now": 70.0, "verdict": "not scored"})
    assert words.changed(EN, row) == "Title 1 was not scored in both years."


def test_what_changed_in_short_names_those_that_moved():
    changes = pd.DataFrame(
        {
            "title": ["A", "B", "C"],
            "before": [10.0, 20.0, 30.0],
            "now": [40.0, 10.0, 31.0],
            "verdict": ["rose", "fell", "could be chance"],
        }
    )
    assert words.changes_in_short(EN, changes) == (
        "These moved by more than chance would explain: A (from 10 to 40); B (from 20 to 10)."
    )
    assert words.changes_in_short(EN, changes[2:]) == (
        "No principle moved by more than chance would explain."
    )


# The summary


def test_the_summary_names_strongest_weakest_gap_and_next_step():
    rows = principles(p1=(83.0, 76.0, 89.0), p2=(52.0, 43.0, 61.0), p3=NOTHING)
    said = words.summary(EN, rows, "Do this.")
    assert said == [
        ("Strongest:", "Title 1 scored 83, with a range from 76 to 89."),
        ("Weakest:", "Title 2 scored 52, with a range from 43 to 61."),
        ("Not scored:", words.not_scored(EN, rows.loc["3"])),
        ("Most useful next step:", "Do this."),
    ]


def test_ranges_that_meet_make_the_order_doubtful():
    rows = principles(p1=(60.0, 55.0, 65.0), p2=(50.0, 45.0, 55.0))
    weakest = dict(words.summary(EN, rows, ""))["Weakest:"]
    assert weakest.endswith("so the order could be chance.")


def test_one_score_is_not_both_strongest_and_weakest():
    rows = principles(p1=(60.0, 55.0, 65.0), p2=NOTHING)
    assert [label for label, _ in words.summary(EN, rows, "")] == [
        "The only score:",
        "Not scored:",
        "Most useful next step:",
    ]


def test_without_any_score_the_summary_says_only_what_to_record():
    said = words.summary(EN, principles(p1=NOTHING, p2=NOTHING), "Do this.")
    assert said == [
        (
            "Not scored:",
            "all six principles. Too little is recorded. "
            "This does not mean the practices are missing.",
        ),
        ("Most useful next step:", "Do this."),
    ]


def test_the_next_step_is_the_gap_that_adds_most():
    """Three indicators lack something; recording seats alone brings back two of them."""
    gaps = pd.DataFrame(
        {
            "what": [("roles",), ("decisions.major",)],
            "adds": [2, 1],
            "indicators": [("2.3a", "5.3b"), ("4.3a",)],
        }
    )
    assert words.next_step(EN, gaps, pd.DataFrame()) == (
        "If you recorded the sheet “Seats and terms”, 2 more of the 3 missing pieces of evidence "
        "would be there."
    )


def test_with_nothing_missing_the_next_step_is_what_would_add_most():
    """The first of the moves, which come with the largest gain first."""
    moves = pd.DataFrame(
        {
            "title": ["Reserved matters", "Staff who are members"],
            "principle_title": ["Functions and roles", "Stakeholders"],
            "score": [46.0, 33.0],
            "gain": [9.0, 8.0],
        },
        index=["2.1a", "6.3b"],
    )
    gaps = pd.DataFrame({"what": [], "adds": [], "indicators": []})
    assert words.next_step(EN, gaps, moves) == (
        "Look first at “Reserved matters”. It scored 46. "
        "At 100, the score for Functions and roles would be 9 points higher."
    )
    assert words.next_step(EN, gaps, moves.head(0)) == "Keep recording as you do now."


# Rules


@pytest.mark.parametrize("state", ["pass", "fail", "not known", "does not apply"])
def test_every_state_of_a_rule_has_words(state):
    assert words.gate_state(EN, state)


def test_a_constitution_is_told_in_what_it_has_lacks_and_leaves_open():
    provided = {"has_council": True, "members_elect_board": False, "skills_checked": None}
    assert words.constitution(EN, provided) == (
        "Yes: there is a council. No: members elect the board. "
        "Not stated: skills are checked before people take seats."
    )


def test_every_fact_a_claim_asks_for_has_words():
    claims = load_framework().claims
    asked = {f for c in claims for f in (*c.constitution.all_of, *c.constitution.any_of)}
    assert asked
    assert asked - set(words.facts(EN)) == set()
