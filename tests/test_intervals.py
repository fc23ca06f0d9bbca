import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from stand_ins import yes_no

from assess import intervals
from assess.observe import fact, lowest_to_highest, share

MEETINGS = [f"M{meeting}" for meeting in range(10)]


@pytest.mark.parametrize(
    ("hit", "of"), [(0, 1), (1, 1), (8, 10), (5, 5), (0, 20), (37, 48), (499, 500)]
)
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_wilson_agrees_with_scipy(hit, of, level):
    expected = binomtest(hit, of).proportion_ci(level, method="wilson")
    assert intervals.wilson(hit, of, level) == pytest.approx((expected.low, expected.high))


def test_wilson_gives_the_worked_ranges_at_ninety_percent():
    """8 of 10 gives 54 to 93, 5 of 5 gives 65 to 100."""
    low, high = intervals.wilson([8, 5], [10, 5])
    assert (100 * low).round().tolist() == [54, 65]
    assert (100 * high).round().tolist() == [93, 100]


def test_wilson_of_nothing_is_not_known():
    assert np.isnan(intervals.wilson(0, 0)).all()


def test_share_draws_follow_jeffreys():
    """8 of 10: Beta(8.5, 2.5) has mean 8.5 / 11 and variance 8.5 * 2.5 / (11**2 * 12)."""
    drawn = intervals.share_draws(8, 10, 100_000, intervals.generator(0))
    assert drawn.mean() == pytest.approx(8.5 / 11, abs=0.002)
    assert drawn.var() == pytest.approx(8.5 * 2.5 / (11**2 * 12), rel=0.02)


def test_share_draws_of_nothing_are_not_known():
    assert np.isnan(intervals.share_draws(0, 0, 3, intervals.generator(0))).all()


def test_draw_range_holds_the_value_itself():
    """The middle 90% of 0, 0.01 ... 1 is 0.05 to 0.95; a value of 1 stretches it."""
    draws = np.linspace(0, 1, 101)
    assert intervals.draw_range(draws, 0.5) == pytest.approx((0.05, 0.95))
    assert intervals.draw_range(draws, 1.0) == pytest.approx((0.05, 1.0))


def test_a_stream_depends_on_its_seed_and_name_only():
    first = intervals.generator(1, "4.1b").random()
    assert intervals.generator(1, "4.1b").random() == first
    assert intervals.generator(1, "4.1c").random() != first
    assert intervals.generator(2, "4.1b").random() != first


def test_clusters_add_up_what_is_known_by_meeting():
    """M1 has 1 of 2 known, M2 has 1 of 1; the row without a meeting stands last and alone."""
    rows = yes_no([0, np.nan, 1, 1, 0], ["M2", "M2", "M1", "M1", np.nan]).rows.iloc[[4, 3, 2, 1, 0]]
    rows.loc[3, "hit"] = 0
    clusters = intervals.clusters_of(rows)
    assert clusters.meetings == ("M1", "M2")
    assert clusters.hit.tolist() == [1, 0, 0]
    assert clusters.of.tolist() == [2, 1, 1]
    assert clusters.share == 0.25


def test_rows_that_stand_alone_keep_their_number_but_for_the_small_sample_factor():
    """40 rows are 40, over an inflation of 40/39 steadied by 3, times (42 - 1) / (42 + 1)."""
    clusters = intervals.clusters_of(yes_no([1, 0] * 20).rows)
    inflation = 1 + (40 / 39 - 1) * 39 / 42
    assert intervals.effective_records(clusters) == pytest.approx(40 / inflation * 41 / 43)


def test_meetings_that_decide_alike_count_for_little_more_than_their_number():
    """Ten meetings of ten, each all yes or all no, hold about ten records' worth, not a hundred."""
    habit = [float(meeting % 2) for meeting in range(10) for _ in range(10)]
    clusters = intervals.clusters_of(yes_no(habit, np.repeat(MEETINGS, 10)).rows)
    assert 7 < intervals.effective_records(clusters) < 14


def test_effective_records_ignore_the_unit_of_the_weights():
    """Minutes and hours give the same."""
    rows = yes_no([1, 0, 1, 1, 0, 1], ["M1", "M1", "M2", "M2", "M3", "M3"]).rows
    minutes = rows.assign(of=[30, 60, 90, 30, 30, 60])
    minutes["hit"] *= minutes["of"]
    hours = minutes.assign(hit=minutes["hit"] / 60, of=minutes["of"] / 60)
    as_minutes = intervals.effective_records(intervals.clusters_of(minutes))
    assert as_minutes == pytest.approx(intervals.effective_records(intervals.clusters_of(hours)))
    assert as_minutes < 6


def test_each_resample_draws_as_many_meetings_as_there_are():
    weights = intervals.meeting_weights(7, 500, intervals.generator(0))
    assert weights.shape == (500, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)


def test_four_meetings_that_all_passed_still_have_a_range():
    """Counted as single rows they would be 20 of 20, at least 88%; as four meetings, less sure."""
    clusters = intervals.clusters_of(yes_no([1.0] * 20, np.repeat(MEETINGS[:4], 5)).rows)
    low, high = intervals.draw_range(intervals.cluster_draws({"x": clusters})["x"], 1.0)
    assert 0.5 < low < 0.85
    assert high == 1.0


def test_indicators_that_rest_on_the_same_meetings_move_together():
    """Good meetings are good at both; the same rows in other meetings move apart."""
    good = [float(meeting < 5) for meeting in range(10) for _ in range(4)]
    first = intervals.clusters_of(yes_no(good, np.repeat(MEETINGS, 4)).rows)
    other = [f"other {meeting}" for meeting in MEETINGS]
    apart = intervals.clusters_of(yes_no(good, np.repeat(other, 4)).rows)
    drawn = intervals.cluster_draws({"first": first, "second": first, "apart": apart})
    assert np.corrcoef(drawn["first"], drawn["second"])[0, 1] > 0.95
    assert abs(np.corrcoef(drawn["first"], drawn["apart"])[0, 1]) < 0.1


def test_meetings_without_any_spread_tie_nothing_together():
    """Two shares that never vary are ordered at random, each on its own."""
    same = intervals.clusters_of(yes_no([1.0] * 20, np.repeat(MEETINGS, 2)).rows)
    drawn = intervals.cluster_draws({"first": same, "second": same})
    assert abs(np.corrcoef(drawn["first"], drawn["second"])[0, 1]) < 0.1


def observed():
    groups = pd.Series(["users", "staff"] * 20)
    hits = pd.Series([1.0, 0.0, 1.0, 1.0] * 10)
    meetings = pd.Series(np.repeat(MEETINGS, 4))
    return {
        "share": share(hits, table="decisions"),
        "clustered": share(hits, table="decisions", cluster=meetings),
        "parity": lowest_to_highest(hits, table="attendance", group=groups, cluster=meetings),
        "fact": fact(16.7, table="roles", rows=hits.index),
    }


RANGES = {"share": "wilson", "clustered": "meetings", "parity": "meetings", "fact": "exact"}


def test_values_are_shares_ratios_and_facts():
    """30 of 40 rows pass; users 20 of 20, staff 10 of 20."""
    values = {name: intervals.value_of(seen) for name, seen in observed().items()}
    assert values == {"share": 0.75, "clustered": 0.75, "parity": 0.5, "fact": 16.7}


def test_draws_lie_around_the_value_and_facts_stay_put():
    drawn = intervals.observed_draws(observed(), RANGES)
    assert drawn["share"].mean() == pytest.approx(0.75, abs=0.02)
    assert drawn["clustered"].mean() == pytest.approx(0.75, abs=0.04)
    assert drawn["parity"].mean() == pytest.approx(0.5, abs=0.06)
    assert (drawn["parity"] <= 1).all()
    assert (drawn["fact"] == 16.7).all()


def test_draws_do_not_depend_on_the_order_of_rows_or_on_other_indicators():
    drawn = intervals.observed_draws(observed(), RANGES, seed=3)
    backwards = {
        name: type(seen)(seen.table, seen.rows.iloc[::-1], seen.form, seen.value)
        for name, seen in reversed(observed().items())
    }
    again = intervals.observed_draws(backwards, RANGES, seed=3)
    for name, draws in drawn.items():
        np.testing.assert_array_equal(draws, again[name], err_msg=name)
    alone = intervals.observed_draws({"share": observed()["share"]}, RANGES, seed=3)
    np.testing.assert_array_equal(drawn["share"], alone["share"])


def test_another_seed_gives_other_draws():
    first = intervals.observed_draws(observed(), RANGES, seed=1)
    second = intervals.observed_draws(observed(), RANGES, seed=2)
    assert not (first["share"] == second["share"]).any()


def test_nothing_known_gives_no_draws():
    blank = share(pd.Series([np.nan, np.nan]), table="decisions")
    nobody = lowest_to_highest(
        pd.Series([], dtype=float), table="attendance", group=pd.Series([], dtype=str)
    )
    drawn = intervals.observed_draws(
        {"wilson": blank, "meetings": blank, "parity": nobody},
        {"wilson": "wilson", "meetings": "meetings", "parity": "meetings"},
    )
    assert all(np.isnan(draws).all() for draws in drawn.values())
    assert np.isnan(intervals.value_of(blank))
    assert np.isnan(intervals.value_of(nobody))
