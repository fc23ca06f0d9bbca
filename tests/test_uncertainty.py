import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_ins import Entry, framework, group, measures, yes_no

from assess.intervals import wilson
from assess.observe import fact
from assess.score import normalise, score
from assess.uncertainty import add_ranges, combined, draws, level_draws, recentred

MEETINGS = [f"M{meeting:02}" for meeting in range(100)]


def plain(*ids, **settings):
    """A framework of one principle with one supporting principle."""
    return framework(group("1", [group("1.1", [Entry(id, **settings) for id in ids])]))


def measured(observed, entries):
    """Measures of shares, with Wilson's range where rows stand alone."""
    table = measures({id: 100 * seen.rows["hit"].mean() for id, seen in observed.items()})
    for id, seen in observed.items():
        low, high = wilson(seen.rows["hit"].sum(), len(seen.rows))
        if entries[id].range == "wilson":
            table.table.loc[id, ["low", "high"]] = 100 * low, 100 * high
    table.observed.update(observed)
    return table


def ranges(observed, entries, **settings):
    standard = entries if hasattr(entries, "principles") else plain(*entries)
    found = measured(observed, {entry.id: entry for entry in standard.indicators})
    return add_ranges(score(found, standard), found, standard, **settings)


def test_draws_have_a_column_for_every_indicator_and_none_for_what_is_not_scored():
    standard = plain("1.1a", "1.1b")
    found = measures({"1.1a": 50, "1.1b": np.nan}, observed={"1.1a": yes_no([0, 1] * 20)})
    drawn = draws(found, standard, n=500)
    assert drawn.shape == (500, 2)
    assert drawn["1.1b"].isna().all()
    assert drawn["1.1a"].mean() == pytest.approx(50, abs=2)


def test_draws_go_through_the_goalposts():
    """Falling from 183 to 365 days, 274 scores 50 and, known in full, does not vary."""
    standard = plain("1.1a", goalposts=((183, 365), (100, 0)), unit="days", range="exact")
    gap = fact(274, table="agenda_items", rows=pd.RangeIndex(3))
    found = measures({"1.1a": 274}, observed={"1.1a": gap})
    assert draws(found, standard)["1.1a"].to_numpy() == pytest.approx(np.full(2000, 50))


def test_a_percentage_is_drawn_in_percent():
    """30 of 40 is 75%; between 50 and 100 it scores 50."""
    standard = plain("1.1a", goalposts=((50, 100), (0, 100)))
    found = measures({"1.1a": 75}, observed={"1.1a": yes_no([1, 1, 1, 0] * 10)})
    assert draws(found, standard)["1.1a"].median() == pytest.approx(50, abs=3)


def test_an_indicator_has_the_range_of_its_measure():
    """8 of 10: 54 to 93%."""
    table = ranges({"1.1a": yes_no([1] * 8 + [0] * 2)}, ["1.1a"])
    assert table.loc["1.1a", ["low", "high"]].astype(float).round().tolist() == [54, 93]


def test_a_measure_known_in_full_has_no_width():
    standard = plain("1.1a", unit="index", range="exact")
    found = measures(
        {"1.1a": 40}, observed={"1.1a": fact(40, table="roles", rows=pd.RangeIndex(2))}
    )
    table = add_ranges(score(found, standard), found, standard)
    assert (table[["low", "score", "high"]] == 40).all(axis=None)


def test_what_is_not_scored_has_no_range():
    found = measures({"1.1a": np.nan})
    table = add_ranges(score(found, plain("1.1a")), found, plain("1.1a"))
    assert table[["low", "high"]].isna().all(axis=None)


def test_four_meetings_that_all_passed_do_not_make_a_score_certain():
    seen = yes_no([1.0] * 4, MEETINGS[:4])
    table = ranges({"1.1a": seen}, plain("1.1a", range="meetings"))
    assert table.loc["1.1", "low"] < 75
    assert table.loc["1.1", "high"] == 100


def test_many_indicators_are_surer_together_than_one():
    """Eight times 5 of 5 is not 5 of 5: forty passes of forty leave far less room."""
    ids = [f"1.1{letter}" for letter in "abcdefgh"]
    one = ranges({"1.1a": yes_no([1.0] * 5)}, ["1.1a"])
    eight = ranges({id: yes_no([1.0] * 5) for id in ids}, ids)
    assert one.loc["1", "low"] < 75
    assert 85 < eight.loc["1", "low"] < 96
    assert eight.loc["1", "high"] == 100


def test_one_indicator_alone_is_not_recentred_and_many_are():
    rng = np.random.default_rng(0)
    drawn = rng.normal(60, 5, (4000, 8))
    alone = combined(drawn[:, :1], [70])
    np.testing.assert_array_equal(alone, drawn[:, 0])
    together = combined(drawn, [70] * 8)
    assert together.mean() == pytest.approx(60 + 10 * 7 / 8, abs=0.2)


def test_recentred_draws_stay_between_0_and_100():
    drawn = np.random.default_rng(0).normal(95, 5, (1000, 2))
    moved = recentred(drawn.mean(axis=1), 100, drawn, np.array([0.5, 0.5]))
    assert moved.max() == 100


def test_combined_leaves_out_what_is_not_scored():
    drawn = np.column_stack([np.linspace(40, 60, 101), np.full(101, np.nan)])
    np.testing.assert_allclose(combined(drawn, [50, np.nan]), drawn[:, 0])


def two_levels():
    first = group("1.1", [Entry("1.1a"), Entry("1.1b")])
    return framework(group("1", [first, group("1.2", [Entry("1.2a")])]))


def test_levels_are_drawn_as_they_are_scored():
    """Principle 1 is ((1.1a + 1.1b) / 2 + 1.2a) / 2 in every draw, where nothing is recentred."""
    standard = two_levels()
    seen = {
        id: fact(value, table="roles", rows=pd.RangeIndex(1))
        for id, value in {"1.1a": 20.0, "1.1b": 60.0, "1.2a": 80.0}.items()
    }
    found = measures({id: each.value for id, each in seen.items()}, observed=seen)
    levels = level_draws(draws(found, standard, n=10), score(found, standard), standard)
    assert list(levels) == ["1.1", "1.2", "1"]
    assert (levels == [40, 80, 60]).all(axis=None)


def test_a_level_without_a_score_has_no_draws():
    found = measures(dict.fromkeys(["1.1a", "1.1b", "1.2a"], np.nan))
    standard = two_levels()
    levels = level_draws(draws(found, standard, n=10), score(found, standard), standard)
    assert levels.isna().all(axis=None)


counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(counts, min_size=3, max_size=3), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_range_holds_its_score_and_stays_between_0_and_100(counts, clustered):
    ids = ["1.1a", "1.1b", "1.2a"]
    observed = {
        id: yes_no([1.0] * k + [0.0] * (n - k), np.resize(MEETINGS[:7], n) if clustered else None)
        for id, (k, n) in zip(ids, counts, strict=True)
    }
    table = ranges(observed, two_levels(), n=200)
    assert (table["low"] >= 0).all()
    assert (table["high"] <= 100).all()
    assert (table["low"] <= table["score"] + 1e-9).all()
    assert (table["score"] <= table["high"] + 1e-9).all()


@given(st.permutations(range(30)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_nothing(order):
    rng = np.random.default_rng(1)
    seen = yes_no((rng.random(30) < 0.7).astype(float), np.resize(MEETINGS[:6], 30))
    mixed = type(seen)(seen.table, seen.rows.iloc[list(order)], seen.form)
    standard = plain("1.1a", range="meetings")
    pd.testing.assert_frame_equal(
        ranges({"1.1a": seen}, standard, n=200), ranges({"1.1a": mixed}, standard, n=200)
    )


# Coverage: how often a 90% range holds the score that the true rates deserve.

POSTS = [
    *(((25, 95), (0, 100)), ((50, 100), (0, 100)), ((50, 95), (0, 100)), ((0, 80), (0, 100))),
    *(((10, 40, 80, 100), (0, 100, 100, 0)), ((80, 100), (0, 100)), ((25, 90), (0, 100))),
]


def studied(kind):
    """Seven indicators in three supporting principles, between goalposts of usual kinds."""
    entries = [
        Entry(f"1.{1 + place // 3}{'abc'[place % 3]}", goalposts=posts, range=kind)
        for place, posts in enumerate(POSTS)
    ]
    return framework(
        group("1", [group(f"1.{s + 1}", entries[3 * s : 3 * s + 3]) for s in range(3)])
    )


def records(rate, n, habit, rng):
    """n yes or no rows in meetings of about five, alike by `habit` (their correlation)."""
    meetings = np.arange(n) // 5
    if habit == 0:
        return yes_no((rng.random(n) < rate).astype(float), np.take(MEETINGS, meetings))
    strength = (1 - habit) / habit
    leaning = rng.beta(rate * strength, (1 - rate) * strength, meetings.max() + 1)
    hits = (rng.random(n) < leaning[meetings]).astype(float)
    return yes_no(hits, np.take(MEETINGS, meetings))


def study(n, rates, kind, habit, runs):
    """Share of runs in which the range of a principle, and of its parts, holds the true score."""
    rng = np.random.default_rng([n, int(100 * habit)])
    standard, held = studied(kind), []
    for run in range(runs):
        true = rng.uniform(*rates, len(POSTS))
        entries = {entry.id: entry for entry in standard.indicators}
        seen = {id: records(rate, n, habit, rng) for id, rate in zip(entries, true, strict=True)}
        table = ranges(seen, standard, seed=run, n=400)
        deserved = {
            id: float(normalise(100 * rate, *entries[id].goalposts))
            for id, rate in zip(entries, true, strict=True)
        }
        truth = score(measures(deserved), plain_posts(standard)).loc[["1.1", "1.2", "1.3", "1"]]
        found = table.loc[truth.index]
        held.append(
            (found["low"] <= truth["score"] + 1e-9) & (truth["score"] - 1e-9 <= found["high"])
        )
    share = pd.DataFrame(held).mean()
    return share["1"], share[["1.1", "1.2", "1.3"]].mean()


def plain_posts(standard):
    """The same structure with measures that are scores already."""
    return framework(
        *(
            group(p.id, [group(s.id, [Entry(i.id) for i in s.indicators]) for s in p.supporting])
            for p in standard.principles
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 20, 100, 500])
@pytest.mark.parametrize(
    ("kind", "habit"),
    [
        pytest.param("wilson", 0.0, id="rows that stand alone"),
        pytest.param("meetings", 0.0, id="meetings without habits"),
        pytest.param("meetings", 0.2, id="meetings with habits"),
    ],
)
def test_ninety_percent_ranges_hold_the_truth_85_to_95_times_of_100(n, kind, habit):
    """True rates from 45 to 95%. A share of 400 runs is itself uncertain by 2 of 100."""
    principle, parts = study(n, (0.45, 0.95), kind, habit, runs=400)
    assert 0.85 - 0.02 <= principle <= 0.95 + 0.02
    assert 0.85 - 0.02 <= parts <= 0.95 + 0.02
