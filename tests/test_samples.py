"""The twelve sample organisations come out in the order their characters call for.

Where an order fails, a character was drawn badly or a measure is wrong: scores are never tuned.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandera.engines.pandas_engine import Engine

from assess.framework import load_framework
from assess.measure import Measures, measure
from assess.records import Records
from assess.schemas import schema_of
from assess.score import score
from assess.synth import characters
from assess.validate import read_records

DATA = Path(__file__).parent.parent / "data"
FRAMEWORK = load_framework()
PRINCIPLES = [principle.id for principle in FRAMEWORK.principles]

# Honest and neither good nor bad: what others are held against is the mean of these four.
ORDINARY = ("worker_coop", "consumer_coop", "housing_coop", "council_owned")
# All who are honest, but for the excellent one, and for the two with too few records.
HONEST = (*ORDINARY, "care_coop", "top_down_charity", "turnover")
CLEARLY = 5.0  # points of 100

# Principle -> from the highest to the lowest. "ordinary" is the mean of the four ordinary ones.
# A character is left out where it has nothing to do with the principle: turnover, for one, says
# nothing of purpose.
ORDERS = {
    "1": ("excellent", "care_coop", "ordinary", "top_down_charity"),
    "2": ("excellent", "care_coop", "ordinary", "captured"),
    "3": ("excellent", "care_coop", "ordinary", "captured"),
    "4": ("excellent", "care_coop", "ordinary", "turnover"),
    "5": ("excellent", "care_coop", "ordinary", "turnover"),
    "6": ("excellent", "care_coop", "ordinary", "captured", "top_down_charity"),
}


class Sample:
    """One sample organisation's records, and what they come to in 2025."""

    def __init__(self, code: str) -> None:
        self.records: Records = read_records(DATA / code)
        self.period = self.records.latest_period()
        self.measures: Measures = measure(self.records, FRAMEWORK, self.period)
        self.scores = score(self.measures, FRAMEWORK)

    def year(self, table: str, day: str) -> pd.DataFrame:
        """The rows of a table whose day is in the period."""
        rows = self.records.tables[table]
        return rows[self.period.holds(rows[day])]

    def count(self, state: str) -> int:
        return int((self.measures.table["state"] == state).sum())


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    return {key: Sample(one.organisation.id) for key, one in characters().items()}


@pytest.fixture(scope="module")
def profile(samples) -> pd.DataFrame:
    """A row a character and one for the ordinary; a column a principle."""
    scores = pd.DataFrame(
        {key: one.scores["score"].loc[PRINCIPLES] for key, one in samples.items()}
    )
    return scores.assign(ordinary=scores[list(ORDINARY)].mean(axis=1)).T


def test_all_are_read_for_the_same_year(samples):
    assert {str(one.period) for one in samples.values()} == {"2025-01-01/2025-12-31"}


@pytest.mark.parametrize("principle", PRINCIPLES)
def test_they_come_out_in_the_order_of_their_characters(profile, principle):
    order = ORDERS[principle]
    for higher, lower in pairwise(order):
        gap = profile.loc[higher, principle] - profile.loc[lower, principle]
        assert gap > CLEARLY, f"{higher} above {lower}: {profile.loc[list(order), principle]}"


@pytest.mark.parametrize("low", ["captured", "top_down_charity", "turnover"])
def test_the_three_with_a_fault_in_their_constitution_are_below_the_ordinary(profile, low):
    """In their mean over the principles, and on five of the six at least."""
    below = profile.loc[low] < profile.loc["ordinary"]
    assert below.sum() >= 5, profile.loc[[low, "ordinary"]]
    assert profile.loc[low].mean() < profile.loc["ordinary"].mean() - CLEARLY


def test_the_excellent_one_is_above_everyone_on_every_principle(profile):
    others = profile.drop(index="excellent")
    assert (profile.loc["excellent"] > others.max()).all()


@pytest.mark.parametrize("key", ["excellent", "care_coop"])
def test_two_are_scored_on_nearly_all_indicators(samples, key):
    assert len(samples[key].measures.table) == 48
    assert samples[key].count("scored") >= 46


def test_the_one_with_almost_no_records_is_scored_on_nothing(samples, profile):
    """Not zero: no score at all, and no coverage."""
    assert samples["almost_no_records"].count("scored") == 0
    assert profile.loc["almost_no_records"].isna().all()
    assert (samples["almost_no_records"].scores["coverage"].loc[PRINCIPLES] == 0).all()


def test_the_small_one_has_many_numbers_too_small_to_score(samples):
    """Four trustees: what is counted in people is hidden, what is counted in events is raw."""
    small = samples["small"]
    assert small.count("raw only") >= 15
    assert small.count("suppressed") >= 4
    assert small.count("scored") <= 6


def test_others_lack_something_so_that_coverage_varies(samples):
    coverage = {
        round(samples[key].scores["coverage"].loc[PRINCIPLES].mean(), 3) for key in ORDINARY
    }
    assert len(coverage) > 1
    assert all(0.7 < share < 1 for share in coverage)


def test_a_council_that_is_not_there_is_not_held_against_the_charity(samples):
    table = samples["top_down_charity"].measures.table
    assert table.loc[["3.1c", "4.2b", "6.1c", "6.1d"], "state"].eq("does not apply").all()


def test_one_group_holds_all_the_power_where_one_group_has_captured_the_council(samples):
    """12 of 18 seats: its votes alone always carry, so balance is 0 on a scale to 1."""
    assert samples["captured"].measures.table.loc["6.1b", "value"] == pytest.approx(0)
    assert samples["care_coop"].measures.table.loc["6.1b", "value"] == pytest.approx(1)


def test_seats_change_hands_too_often_where_people_come_and_go(samples):
    """Above 60% of seats a year the score is 0, as it is where nobody ever leaves."""
    turnover = samples["turnover"].measures.table.loc["5.3a", "value"]
    assert turnover > 45
    assert samples["care_coop"].measures.table.loc["5.3a", "value"] < 45


# Paired views -------------------------------------------------------------------------------------
# framework.md 7.9a: a number that is easily made to look good is read with its opposite. Each view
# gives a share, 0 to 1, of which more is better, or NaN where the organisation has no such thing.


def published_of_all(one: Sample) -> float:
    """Publication with confidentiality: decisions sent out in time, of all that were taken."""
    secret = one.year("decisions", "decided_on")["confidential"].fillna(False)
    return one.measures.table.loc["4.1b", "numerator"] / len(secret)


def accepted_to_decisions(one: Sample) -> float:
    """Acceptance with referrals: recommendations taken up, to each decision of the board."""
    made = one.year("recommendations", "raised_on")
    if made.empty:
        return float("nan")
    accepted = made["outcome"].isin(["accepted", "partly accepted"]).sum()
    return accepted / (one.year("decisions", "decided_on")["body"] == "board").sum()


def aims_looked_back_at(one: Sample) -> float:
    """Aims with reviews of outcomes: the lower of the two shares."""
    return one.measures.table.loc[["1.1a", "1.1b"], "value"].min(skipna=False) / 100


def risks_that_fell(one: Sample) -> float:
    """Risks written down with risks that fell in the eyes of another, of those linked to people."""
    linked = one.records.tables["register"].dropna(subset="linked_engagement")
    if linked["later_score_independent"].isna().all():
        return float("nan")
    fell = (linked["later_score"] < linked["score"]) & linked["later_score_independent"]
    return float(fell.fillna(False).mean())


def advice_before_the_event(one: Sample) -> float:
    """Advice with its date: taken before the decision, of all major decisions said to have it."""
    decisions = one.year("decisions", "decided_on")
    advised = decisions[(decisions["body"] == "board") & decisions["major"].fillna(False)]
    advised = advised.dropna(subset="advice_on")
    return float((advised["advice_on"] < advised["decided_on"]).mean())


def examined_by_others(one: Sample) -> float:
    """Scrutiny with who did it: by somebody else, of all decisions said to be examined."""
    examined = one.year("decisions", "decided_on").dropna(subset="scrutiny_outcome")
    return float((examined["scrutiny_body"] != "board").mean())


def formats_asked_for_and_sent(one: Sample) -> float:
    """Formats sent with formats asked for: a meeting where nobody was asked shows nothing."""
    meetings = one.year("meetings", "held_on")
    asked = meetings["formats_requested"].fillna("").str.split(";").map(set)
    sent = meetings["formats_issued"].fillna("").str.split(";").map(set)
    met = [bool(a - {""}) and a <= s for a, s in zip(asked, sent, strict=True)]
    return sum(met) / len(met)


def declared_when_it_matters(one: Sample) -> float:
    """Declarations with conflicts: the declared interests that came up, to each decision."""
    return float(one.year("decisions", "decided_on")["conflict_declared"].fillna(False).mean())


def seats_someone_wanted(one: Sample) -> float:
    """Seats filled with seats contested: of the seats up, those with a choice."""
    return one.measures.table.loc["2.3b", "value"] / 100


PAIRED_VIEWS: dict[str, Callable[[Sample], float]] = {
    "4.1b": published_of_all,
    "6.1d": accepted_to_decisions,
    "1.1a": aims_looked_back_at,
    "4.3a": risks_that_fell,
    "4.2b": advice_before_the_event,
    "2.2b": examined_by_others,
    "3.1a": formats_asked_for_and_sent,
    "3.2a": declared_when_it_matters,
    "2.3a": seats_someone_wanted,
}


@pytest.mark.parametrize("view", PAIRED_VIEWS.values(), ids=lambda view: view.__name__)
def test_the_gamed_one_does_not_beat_the_honest_average_on_a_paired_view(samples, view):
    """Nor come near it: a tenth below at least. Each view is known of three honest ones or more."""
    honest = pd.Series({key: view(samples[key]) for key in HONEST})
    assert honest.notna().sum() >= 3
    assert view(samples["gamed"]) < 0.9 * honest.mean(), honest


@pytest.mark.parametrize("indicator", ["1.1a", "2.3a", "3.1a", "3.2a", "4.1b", "4.3a", "6.1d"])
def test_the_gamed_one_does_beat_it_on_the_number_alone(samples, indicator):
    """Otherwise the paired views would show nothing."""
    value = {key: one.measures.table.loc[indicator, "value"] for key, one in samples.items()}
    assert value["gamed"] > pd.Series(value)[list(HONEST)].mean()


@pytest.mark.parametrize("indicator", ["4.2b", "2.2b"])
def test_what_the_gamed_one_fills_in_after_the_event_or_by_itself_counts_for_nothing(
    samples, indicator
):
    """The cells are full: an advice date and a scrutiny result for most decisions, at 0%."""
    decisions = samples["gamed"].year("decisions", "decided_on")
    assert decisions["advice_on"].notna().sum() > 20
    assert decisions["scrutiny_outcome"].notna().sum() > 20
    assert samples["gamed"].measures.table.loc[indicator, "value"] < 10


def test_opinions_part_from_records_where_they_should(samples):
    """The gamed board thinks well of itself and its members do not; the excellent agree."""

    def mean_answer(key: str, group: str) -> float:
        survey = samples[key].records.tables["survey"]
        answers = survey.loc[survey["group"] == group, "answer"]
        return float(pd.to_numeric(answers, errors="coerce").mean())

    assert mean_answer("gamed", "board") - mean_answer("gamed", "members") > 1.5
    assert abs(mean_answer("excellent", "board") - mean_answer("excellent", "members")) < 0.5


def test_what_is_read_keeps_the_whole_contract(samples):
    """Reading holds the columns that were given, and of those what is asked beyond the type."""
    kept = 0
    for one in samples.values():
        for name, rows in one.records.tables.items():
            columns = schema_of(name).columns
            absent = [key for key in columns if key not in one.records.given[name]]
            contract = schema_of(name).remove_columns(absent)
            contract.strict = False  # a column not given is there, and empty
            contract.validate(rows, lazy=True)
            for key, column in columns.items():
                found = Engine.dtype(rows[key].dtype)
                assert np.all(column.dtype.check(found, rows[key])), f"{name}.{key}: {found}"
            kept += len(columns) - len(absent)
    assert kept > 500
