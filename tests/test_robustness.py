from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from stand_ins import Entry, framework, group, measures, yes_no

from assess.intervals import seed_of
from assess.records import AssessError
from assess.robustness import robustness
from assess.robustness.choices import (
    EVERYTHING,
    Choices,
    choices_from,
    design,
    states_of,
    structure_of,
)
from assess.robustness.runs import scored_runs, units_of
from assess.score import aggregate, normalise, score
from assess.uncertainty import draws, level_draws

BAND = ((10.0, 40.0, 80.0, 100.0), (0.0, 100.0, 100.0, 0.0))
FALLING = ((100.0, 300.0), (100.0, 0.0))


def two_principles():
    first = [Entry("1.1a"), Entry("1.1b", weight=3), Entry("1.1c", goalposts=BAND)]
    second = [Entry("1.2a", goalposts=FALLING, unit="days"), Entry("1.2b")]
    third = [Entry("2.1a"), Entry("2.1b")]
    return framework(
        group("1", [group("1.1", first), group("1.2", second, weight=2)]),
        group("2", [group("2.1", third)]),
    )


IDS = ["1.1a", "1.1b", "1.1c", "1.2a", "1.2b", "2.1a", "2.1b"]
VALUES = {
    "low": [20, 30, 20, 250, 40, 10, 30],
    "gap": [50, np.nan, 90, 200, 60, np.nan, 70],
    "high": [90, 80, 60, 120, 95, 88, 99],
}


def several(values=None):
    values = VALUES if values is None else values
    return {name: measures(dict(zip(IDS, row, strict=True))) for name, row in values.items()}


def all_runs(choices, runs=60, values=None, **settings):
    """Scores of each part: name of the part -> organisation x run, and the states behind them."""
    standard = two_principles()
    structure = structure_of(standard)
    units = units_of(several(values), standard, structure, **settings)
    states = states_of(choices, structure, runs, seed=1)
    plan = design(choices, structure, runs, seed=1)
    found = {}
    for at, level in enumerate(structure.levels):
        out = np.full((len(level.ids), len(units.names), runs), np.nan)
        for rows, done in scored_runs(units, states, plan):
            out[:, :, rows] = done[at]
        found |= dict(zip(level.ids, out, strict=True))
    return SimpleNamespace(scores=found, states=states, plan=plan, names=units.names)


def test_an_unknown_factor_is_refused_with_its_likely_name():
    with pytest.raises(AssessError, match=r"no factor 'wieghts'.*'weights'"):
        Choices(wieghts=("equal",))
    with pytest.raises(AssessError, match="no factor 'wieghts'"):
        choices_from({"wieghts": ["equal"]})


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"goalposts": 0.7}, "goalposts"),
        ({"missing": []}, "missing"),
        ({"aggregation": {"principle": ["median"]}}, "aggregation"),
        ({"weights": ["mine"]}, "weights"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused_by_name(given, match):
    with pytest.raises(AssessError, match=match):
        choices_from(given)


def test_an_unknown_level_is_refused():
    with pytest.raises(AssessError, match="no level 'pillar'"):
        all_runs(Choices(aggregation={"pillar": ("arithmetic",)}))


def test_with_nothing_varied_scores_are_those_of_the_method():
    found = all_runs(Choices(), runs=3)
    for column, name in enumerate(found.names):
        scores = score(several()[name], two_principles(), overall=True)["score"]
        for part in ("1.1", "1.2", "2.1", "1", "2"):
            assert found.scores[part][column] == pytest.approx(scores[part], abs=1e-4)
        assert found.scores["profile"][column] == pytest.approx(scores["overall"], abs=1e-4)


@pytest.mark.parametrize("how", ["arithmetic", "geometric", "harmonic"])
def test_every_level_aggregates_as_named(how):
    levels = ("supporting principle", "principle", "profile")
    found = all_runs(Choices(aggregation={level: (how,) for level in levels}), runs=3)
    for column, name in enumerate(found.names):
        scores = score(several()[name], two_principles(), overall=True, how=how)["score"]
        for part in ("1.1", "2.1", "1", "2"):
            assert found.scores[part][column] == pytest.approx(scores[part], abs=1e-3)
        assert found.scores["profile"][column] == pytest.approx(scores["overall"], abs=1e-3)


@pytest.mark.parametrize(("missing", "bound"), [("worst", "worst"), ("best", "best")])
def test_missing_at_worst_or_best_gives_the_bounds(missing, bound):
    found = all_runs(Choices(missing=(missing,)), runs=2)
    for column, name in enumerate(found.names):
        scores = score(several()[name], two_principles())[bound]
        for part in ("1.1", "1.2", "2.1", "1", "2"):
            assert found.scores[part][column] == pytest.approx(scores[part], abs=1e-4)


def test_rows_not_known_move_the_score_to_its_bounds():
    """1.1c, a band, could be 20 to 60: at worst (20 - 10) / 30 of 100, at best 100."""
    standard = two_principles()
    known = dict(zip(IDS, VALUES["high"], strict=True))
    units = units_of(
        {"one": measures(known, bounds={"1.1c": (20, 60)})}, standard, structure_of(standard)
    )
    assert (units.lowest[2, 0], units.highest[2, 0]) == (20, 60)
    units = units_of(
        {"one": measures(known | {"1.1c": 20}, bounds={"1.1c": (20, 99)})},
        standard,
        structure_of(standard),
    )
    assert (units.lowest[2, 0], units.highest[2, 0]) == (99, 40)


def test_each_indicator_is_left_out_in_turn():
    """2.1 is the mean of 2.1a and 2.1b; without one it is the other."""
    found = all_runs(Choices(leave_out=True), runs=8)
    high = list(found.names).index("high")
    assert sorted(found.scores["2.1"][high].round(3)) == pytest.approx([88, *[93.5] * 6, 99])


def test_leaving_out_the_only_one_leaves_no_score_in_that_run():
    """2.1b is all there is of principle 2; without it the profile is principle 1 alone."""
    found = all_runs(Choices(leave_out=True), runs=8)
    gap = list(found.names).index("gap")
    (run,) = np.flatnonzero(np.isnan(found.scores["2.1"][gap]))
    assert found.scores["profile"][gap, run] == found.scores["1"][gap, run]


@pytest.mark.parametrize("how", ["geometric", "harmonic"])
def test_leaving_out_a_zero_brings_the_others_back(how):
    zero = {"one": [0, 50, 60, 200, 50, 0, 64]}
    ways = {"supporting principle": (how,)}
    found = all_runs(Choices(leave_out=True, aggregation=ways), runs=8, values=zero)
    assert sorted(found.scores["2.1"][0].round(3)) == pytest.approx([0] * 7 + [64])


def test_goalposts_move_within_their_bounds_and_scores_follow():
    """1.1a has 0 and 100 as goalposts: each moves by up to 20 of 100."""
    found = all_runs(Choices(goalposts=0.2), runs=200)
    rise, offset = found.states.slopes[0][0], found.states.offsets[0][0]
    worst, best = -offset / rise, (1 - offset) / rise
    assert worst.min() >= -20.001
    assert worst.max() <= 20.001
    assert best.min() >= 79.999
    assert best.max() <= 120.001
    assert worst.std() == pytest.approx(40 / 12**0.5, rel=0.15)
    high = list(found.names).index("high")
    posts = [
        np.clip(found.states.slopes[0][i] * value + found.states.offsets[0][i], 0, 1) * 100
        for i, value in ((5, 88), (6, 99))
    ]
    assert found.scores["2.1"][high] == pytest.approx(np.mean(posts, axis=0), abs=1e-3)


def test_weights_stray_by_the_spread_around_equal_or_the_frameworks():
    """Three weights 1, 3, 1: equal ones are 1/3 each on average, the framework's 1/5, 3/5, 1/5."""
    for around, expected in (("equal", [1 / 3] * 3), ("framework", [0.2, 0.6, 0.2])):
        drawn = all_runs(Choices(weights=(around,)), runs=20_000).states.weights[0][:3]
        shares = drawn / drawn.sum(axis=0)
        assert shares.mean(axis=1) == pytest.approx(expected, abs=0.01)
    # Dirichlet with shapes 4, 4, 4: standard deviation sqrt((1/3)(2/3) / 13) of 1/3.
    drawn = all_runs(Choices(weights=("equal",)), runs=20_000).states.weights[0][:3]
    shares = drawn / drawn.sum(axis=0)
    assert shares.std(axis=1) == pytest.approx([(2 / 9 / 13) ** 0.5] * 3, rel=0.05)


def test_weights_are_used_as_drawn():
    found = all_runs(Choices(weights=("equal",)), runs=50)
    low = list(found.names).index("low")
    entries = two_principles().indicators[:3]
    scores = [float(normalise(v, *e.goalposts)) for v, e in zip([20, 30, 20], entries, strict=True)]
    expected = aggregate(np.tile(scores, (50, 1)), found.states.weights[0][:3].T)
    assert found.scores["1.1"][low] == pytest.approx(expected, abs=1e-3)


def test_outranking_counts_whom_one_beats_not_by_how_much():
    """Profiles by principle 1 and 2: A is ahead of C in both and ties B one to one, and so on."""
    values = {"A": [90] * 2 + [60] + [120, 90] + [10, 10], "B": [50, 50, 60, 200, 50, 99, 99]}
    values["C"] = [10, 10, 60, 290, 10, 5, 5]
    found = all_runs(Choices(aggregation={"profile": ("outranking",)}), runs=2, values=values)
    assert found.scores["profile"][:, 0].tolist() == pytest.approx([75, 75, 0])


def test_outranking_among_those_with_a_score():
    values = {"A": VALUES["high"], "B": VALUES["low"], "nobody": [np.nan] * 7}
    found = all_runs(Choices(aggregation={"principle": ("outranking",)}), runs=1, values=values)
    assert found.scores["1"][:2, 0].tolist() == [100, 0]
    assert np.isnan(found.scores["1"][2, 0])


def records(rates, n, seed):
    """An organisation whose indicators have n rows each, true rates as given."""
    rng = np.random.default_rng(seed)
    seen = {
        id: yes_no((rng.random(n) < rate).astype(float))
        for id, rate in zip(("1.1a", "1.1b", "2.1a"), rates, strict=True)
    }
    return measures({id: 100 * s.rows["hit"].mean() for id, s in seen.items()}, observed=seen)


def simple():
    first = group("1", [group("1.1", [Entry("1.1a"), Entry("1.1b")])])
    return framework(first, group("2", [group("2.1", [Entry("2.1a")])]))


FIELD = {
    "excellent": records([0.95, 0.95, 0.97], 60, 1),
    "twin one": records([0.6, 0.7, 0.6], 60, 2),
    "twin two": records([0.6, 0.7, 0.6], 60, 3),
    "almost empty": measures({"1.1a": np.nan, "1.1b": np.nan, "2.1a": np.nan}),
}


def test_the_excellent_is_above_the_almost_empty():
    """Where what is not recorded counts as not done; otherwise the empty one is not ranked."""
    choices = EVERYTHING.model_copy(update={"missing": ("worst",)})
    found = robustness(FIELD, simple(), choices, runs=1000)
    assert found.above("profile").loc["excellent", "almost empty"] > 0.99
    left_out = robustness(FIELD, simple(), runs=1000)
    assert np.isnan(left_out.above("profile").loc["excellent", "almost empty"])
    assert left_out.ranks.loc[("profile", "almost empty")].isna().all()


def test_twins_cannot_be_told_apart_and_the_excellent_can():
    found = robustness(FIELD, simple(), runs=2000)
    assert found.groups("profile") == [("excellent",), ("twin one", "twin two")] or found.groups(
        "profile"
    ) == [("excellent",), ("twin two", "twin one")]
    assert 0.05 < found.above("profile").loc["twin one", "twin two"] < 0.95


def test_draws_of_two_organisations_are_independent():
    """The same records under two names: each is ahead about half the time, never always tied."""
    same = {"one": FIELD["twin one"], "two": FIELD["twin one"]}
    above = robustness(same, simple(), Choices(chance=True), runs=4000).above("profile")
    assert above.loc["one", "two"] == pytest.approx(0.5, abs=0.1)
    assert above.loc["one", "two"] + above.loc["two", "one"] > 0.95


def test_the_result_lists_each_factor_what_was_varied_and_how_much_scores_moved():
    found = robustness(FIELD, simple(), runs=300)
    assert list(found.moved.index) == ["weights", "goalposts", "aggregation", "leave_out", "chance"]
    assert found.moved["varied"].str.len().gt(10).all()
    assert (found.moved.loc[["goalposts", "chance"], ["1", "2", "profile"]] > 0.5).all(axis=None)
    # A principle of one supporting principle aggregates nothing there.
    assert found.moved.loc["aggregation", "2"] == pytest.approx(0, abs=1e-4)


def test_the_design_says_what_each_run_used():
    found = robustness(FIELD, simple(), runs=300)
    assert len(found.design) == 300
    assert set(found.design["leave_out"]) == {"none", "1.1a", "1.1b", "2.1a"}
    ways = found.design["aggregation, profile"].value_counts()
    assert ways.to_dict() == {"arithmetic": 150, "geometric": 150}
    assert found.design["goalposts"].is_unique


def test_nothing_depends_on_the_order_of_organisations():
    turned = dict(reversed(FIELD.items()))
    first = robustness(FIELD, simple(), runs=400, seed=5)
    second = robustness(turned, simple(), runs=400, seed=5)
    pd.testing.assert_frame_equal(first.scores, second.scores)
    pd.testing.assert_frame_equal(first.ranks, second.ranks)
    pd.testing.assert_frame_equal(first.above("1"), second.above("1"))


def test_who_else_is_there_changes_no_score():
    fewer = {name: FIELD[name] for name in ("twin one", "excellent")}
    all_scores = robustness(FIELD, simple(), runs=400).scores
    few_scores = robustness(fewer, simple(), runs=400).scores
    pd.testing.assert_frame_equal(few_scores, all_scores.loc[few_scores.index])


def test_scores_and_ranks_stay_within_their_scales():
    found = robustness(FIELD, simple(), runs=500)
    scores, ranks = found.scores.dropna(), found.ranks.dropna()
    assert len(scores) == 9
    assert scores.ge(0).all(axis=None)
    assert scores.le(100).all(axis=None)
    assert (scores["low"] <= scores["high"]).all()
    assert ranks.ge(1).all(axis=None)
    assert ranks.le(3).all(axis=None)
    shares = found.rank_shares("profile").drop(index="almost empty")
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_seed_gives_the_same_result_again():
    first, second = (robustness(FIELD, simple(), runs=200, seed=9) for _ in range(2))
    pd.testing.assert_frame_equal(first.scores, second.scores)
    pd.testing.assert_frame_equal(first.moved, second.moved)


def test_nobody_to_compare_is_said():
    with pytest.raises(AssessError, match="no organisation"):
        robustness({}, simple())


def test_redrawn_scores_are_those_of_chance_alone():
    """Each organisation's runs, by chance alone, are the draws its own ranges come from."""
    standard = simple()
    one = FIELD["twin one"]
    scores = score(one, standard)
    seed = seed_of(3, "twin one")
    own = level_draws(draws(one, standard, seed=seed, n=400), scores, standard)
    structure = structure_of(standard)
    units = units_of({"twin one": one}, standard, structure, draws=400, seed=3)
    choices = Choices(chance=True)
    states, plan = states_of(choices, structure, 400), design(choices, structure, 400)
    at = [place * 400 // 1 for place in plan["chance"]]
    for rows, done in scored_runs(units, states, plan):
        for place, part in enumerate(("1", "2")):
            expected = own[part].to_numpy()[np.array(at, dtype=int)[rows]]
            assert done[1][place, 0] == pytest.approx(expected, abs=0.01)


def test_who_is_ranked_follows_the_rule_of_scoring():
    """A principle of three supporting principles needs two of them, or one if only one applies."""
    parts = [group(f"1.{n}", [Entry(f"1.{n}a")]) for n in (1, 2, 3)]
    standard = framework(group("1", parts))
    ids = ["1.1a", "1.2a", "1.3a"]
    rest = dict.fromkeys(ids[1:], "does not apply")
    found = {
        "one of three": measures(dict(zip(ids, [50, np.nan, np.nan], strict=True))),
        "two of three": measures(dict(zip(ids, [50, 50, np.nan], strict=True))),
        "one of one": measures(dict(zip(ids, [50, np.nan, np.nan], strict=True)), states=rest),
    }
    units = units_of(found, standard, structure_of(standard))
    for name, ranked in zip(units.names, units.ranked[1][0], strict=True):
        assert ranked == (score(found[name], standard).loc["1", "state"] == "scored")
    assert units.ranked[1][0].tolist() == [True, False, True]
