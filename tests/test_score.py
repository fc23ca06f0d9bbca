import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_ins import Entry, framework, group, measures

from assess.score import aggregate, normalise, score, score_between

BAND = ((10.0, 40.0, 80.0, 100.0), (0.0, 100.0, 100.0, 0.0))
FALLING = ((183.0, 365.0), (100.0, 0.0))


@pytest.mark.parametrize(
    ("value", "goalposts", "expected"),
    [
        pytest.param(60, ((25, 95), (0, 100)), 50, id="half way up"),
        pytest.param(25, ((25, 95), (0, 100)), 0, id="at the worst post"),
        pytest.param(99, ((25, 95), (0, 100)), 100, id="beyond the best post"),
        pytest.param(10, ((25, 95), (0, 100)), 0, id="beyond the worst post"),
        pytest.param(274, FALLING, 50, id="fewer days are better"),
        pytest.param(400, FALLING, 0, id="too many days"),
        pytest.param(25, BAND, 50, id="rising side of a band"),
        pytest.param(60, BAND, 100, id="inside a band"),
        pytest.param(90, BAND, 50, id="falling side of a band"),
        pytest.param(100, ((0, 40, 90, 110), (0, 100, 100, 0)), 50, id="a band cut at 100%"),
    ],
)
def test_normalise(value, goalposts, expected):
    assert normalise(value, *goalposts) == pytest.approx(expected)


def test_what_is_not_known_stays_not_known():
    assert np.isnan(normalise([np.nan], *BAND)).all()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        pytest.param("arithmetic", 50, id="(20 + 80) / 2"),
        pytest.param("geometric", 40, id="root of 20 * 80"),
        pytest.param("harmonic", 32, id="2 / (1/20 + 1/80)"),
    ],
)
def test_aggregate(how, expected):
    assert aggregate([20, 80], how=how) == pytest.approx(expected)


def test_aggregate_weights():
    """(3 * 20 + 1 * 80) / 4 = 35."""
    assert aggregate([20, 80], [3, 1]) == pytest.approx(35)


@pytest.mark.parametrize("how", ["arithmetic", "geometric", "harmonic"])
def test_a_missing_score_drops_out_and_weights_rescale(how):
    with_gap = aggregate([[20, np.nan, 80], [20, 60, 80]], [1, 7, 3], how)
    assert with_gap[0] == pytest.approx(aggregate([20, 80], [1, 3], how))
    assert with_gap[0] != pytest.approx(with_gap[1])


@pytest.mark.parametrize("how", ["arithmetic", "geometric", "harmonic"])
def test_nothing_left_is_not_known(how):
    assert np.isnan(aggregate([np.nan, np.nan], how=how))
    assert np.isnan(aggregate([50, np.nan], [0, 1], how))


@pytest.mark.parametrize(("how", "expected"), [("geometric", 0), ("harmonic", 0)])
def test_a_zero_cannot_be_made_up_for(how, expected):
    assert aggregate([0, 100], how=how) == expected
    assert aggregate([0, 100], [0, 1], how) == pytest.approx(100)


def test_a_band_peaks_between_the_ends():
    """From 20 to 90 a band of 10-40-80-100 passes through 100; its lowest end is at 20."""
    low, high = score_between(20, 90, Entry("1.1a", BAND))
    assert low == pytest.approx(100 / 3)
    assert high == 100


def small():
    """Principle 1 has two supporting principles of two and one, principle 2 has three of one."""
    first = group(
        "1", [group("1.1", [Entry("1.1a"), Entry("1.1b")]), group("1.2", [Entry("1.2a")])]
    )
    second = group("2", [group(f"2.{n}", [Entry(f"2.{n}a")]) for n in (1, 2, 3)])
    return framework(first, second)


EVERYTHING = {"1.1a": 20, "1.1b": 40, "1.2a": 80, "2.1a": 10, "2.2a": 20, "2.3a": 60}


def test_scores_are_means_of_means():
    """1.1 is (20 + 40) / 2 = 30, principle 1 is (30 + 80) / 2 = 55, not the mean of all three."""
    scores = score(measures(EVERYTHING), small())["score"]
    assert scores[["1.1", "1", "2"]].tolist() == pytest.approx([30, 55, 30])


def test_levels_come_in_framework_order():
    table = score(measures(EVERYTHING), small())
    assert table.index.tolist() == [
        *("1.1a", "1.1b", "1.2a", "2.1a", "2.2a", "2.3a"),
        *("1.1", "1.2", "2.1", "2.2", "2.3"),
        *("1", "2"),
    ]
    assert table.loc[["1.1a", "1.1", "1"], "parent"].tolist() == ["1.1", "1", ""]
    assert table.loc["2.1", "level"] == "supporting principle"


def test_a_supporting_principle_needs_one_scored_indicator():
    table = score(measures(EVERYTHING | {"1.1b": np.nan}), small())
    assert table.loc["1.1", ["score", "coverage", "state", "reason"]].tolist() == [
        *(20, 0.5, "scored", "")
    ]
    table = score(measures(EVERYTHING | {"1.1a": np.nan, "1.1b": np.nan}), small())
    assert np.isnan(table.loc["1.1", "score"])
    assert table.loc["1.1", ["coverage", "state", "reason"]].tolist() == [
        *(0, "not scored", "no scored indicator")
    ]


def test_a_principle_needs_half_of_its_supporting_principles():
    """One of two is half; one of three is not."""
    table = score(measures(EVERYTHING | {"1.2a": np.nan, "2.1a": np.nan, "2.2a": np.nan}), small())
    assert table.loc["1", ["score", "state"]].tolist() == [30, "scored"]
    assert table.loc["2", ["state", "reason", "scored_n", "applicable_n"]].tolist() == [
        *("not scored", "under half scored", 1, 3)
    ]
    assert np.isnan(table.loc["2", "score"])
    assert table.loc["2", "coverage"] == pytest.approx(1 / 3)


def test_what_does_not_apply_leaves_coverage_and_the_half():
    """With 2.1 and 2.2 out, 2.3 is all of principle 2."""
    states = {"2.1a": "does not apply", "2.2a": "does not apply"}
    values = EVERYTHING | {"2.1a": np.nan, "2.2a": np.nan}
    table = score(measures(values, states=states), small())
    assert table.loc["2", ["score", "coverage", "worst", "best", "applicable_n"]].tolist() == [
        *(60, 1, 60, 60, 1)
    ]
    assert table.loc["2.1", "state"] == "does not apply"
    assert table.loc["2.1", ["score", "coverage", "worst", "best"]].isna().all()


def test_a_principle_of_which_nothing_applies_does_not_apply():
    none = dict.fromkeys(["2.1a", "2.2a", "2.3a"], "does not apply")
    table = score(measures(EVERYTHING | dict.fromkeys(none, np.nan), states=none), small())
    assert table.loc["2", "state"] == "does not apply"
    assert np.isnan(table.loc["2", "coverage"])


def test_bounds_put_what_is_not_scored_at_both_ends():
    """1.1b is missing: 1.1 lies from (20 + 0) / 2 to (20 + 100) / 2, principle 1 from 45 to 70."""
    table = score(measures(EVERYTHING | {"1.1b": np.nan}), small())
    assert table.loc["1.1", ["worst", "best"]].tolist() == [10, 60]
    assert table.loc["1", ["worst", "best"]].tolist() == [45, 70]


def test_bounds_put_unknown_rows_of_a_scored_indicator_at_both_ends():
    table = score(measures(EVERYTHING, bounds={"1.2a": (70, 90)}), small())
    assert table.loc["1.2", ["worst", "score", "best"]].tolist() == [70, 80, 90]


@pytest.mark.parametrize("state", ["raw only", "suppressed", "not recorded"])
def test_a_value_that_may_not_be_scored_is_not_used(state):
    table = score(measures(EVERYTHING, states={"1.2a": state}), small())
    assert np.isnan(table.loc["1.2a", "score"])
    assert table.loc["1.2a", "state"] == state
    assert table.loc["1", "score"] == 30


def test_weights_of_the_framework_count():
    """1.1b weighs three times 1.1a: (20 + 3 * 40) / 4 = 35; coverage without it is 1 / 4."""
    heavy = framework(group("1", [group("1.1", [Entry("1.1a"), Entry("1.1b", weight=3)])]))
    assert score(measures({"1.1a": 20, "1.1b": 40}), heavy).loc["1", "score"] == 35
    assert score(measures({"1.1a": 20, "1.1b": np.nan}), heavy).loc["1", "coverage"] == 0.25


def test_the_overall_score_is_off_unless_asked_for_and_needs_every_principle():
    assert "overall" not in score(measures(EVERYTHING), small()).index
    table = score(measures(EVERYTHING), small(), overall=True)
    assert table.loc["overall", "score"] == pytest.approx((55 + 30) / 2)
    gap = EVERYTHING | {"2.1a": np.nan, "2.2a": np.nan}
    table = score(measures(gap), small(), overall=True)
    assert table.loc["overall", "state"] == "not scored"


values = st.one_of(st.just(np.nan), st.floats(-50, 150))
everything = st.fixed_dictionaries(dict.fromkeys(EVERYTHING, values))


@given(everything, st.sampled_from(["arithmetic", "geometric", "harmonic"]))
@settings(max_examples=50, deadline=None)
def test_scores_stay_between_their_bounds_and_0_and_100(values, how):
    table = score(measures(values), small(), how=how)
    scored = table[table["score"].notna()]
    assert (scored["worst"] <= scored["score"] + 1e-9).all()
    assert (scored["score"] <= scored["best"] + 1e-9).all()
    assert (table["worst"] >= 0).all()
    assert (table["best"] <= 100 + 1e-9).all()
    assert table["coverage"].between(0, 1).all()


@given(everything, st.sampled_from(list(EVERYTHING)), st.floats(0, 100))
@settings(max_examples=50, deadline=None)
def test_a_better_measure_never_lowers_a_score(values, which, gain):
    before = score(measures(values), small())["score"]
    after = score(measures(values | {which: values[which] + gain}), small())["score"]
    pd.testing.assert_series_equal(before.isna(), after.isna())
    assert (after >= before - 1e-9)[before.notna()].all()


@given(everything, st.sampled_from(list(EVERYTHING)))
@settings(max_examples=50, deadline=None)
def test_a_missing_indicator_never_raises_coverage(values, which):
    before = score(measures(values), small())["coverage"]
    after = score(measures(values | {which: np.nan}), small())["coverage"]
    assert (after <= before).all()
