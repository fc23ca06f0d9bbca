import numpy as np
import pandas as pd
import pytest
from SALib.analyze import sobol
from stand_ins import Entry, framework, group, measures
from test_robustness import FIELD, IDS, VALUES, simple, two_principles

from assess.records import AssessError
from assess.robustness.choices import EVERYTHING, Choices
from assess.robustness.sensitivity import _indices, _refused, _saltelli, drivers, gains
from assess.score import score


def outcomes(function, base=4096):
    plan = _saltelli(("one", "two"), base, 0)
    return function(plan["one"], plan["two"]).to_numpy(np.float32)[:, None]


def test_indices_of_a_sum_are_shares_of_its_variance():
    """x + 2y with x, y even from 0 to 1: variances 1/12 and 4/12, so 0.2 and 0.8."""
    found = _indices(outcomes(lambda x, y: x + 2 * y), 2)
    assert found["first"][0] == pytest.approx([0.2, 0.8], abs=0.01)
    assert found["total"][0] == pytest.approx([0.2, 0.8], abs=0.01)


def test_what_factors_do_together_is_in_the_total():
    """xy: variance 7/144, each alone (1/12) / 4 = 3/144, so 3/7 alone and 4/7 in all."""
    found = _indices(outcomes(lambda x, y: x * y), 2)
    assert found["first"][0] == pytest.approx([3 / 7, 3 / 7], abs=0.01)
    assert found["total"][0] == pytest.approx([4 / 7, 4 / 7], abs=0.01)


def test_indices_and_errors_agree_with_salib():
    """SALib resamples for its errors; ours are worked out, and its own vary by a few percent."""
    scores = outcomes(lambda x, y: 10 * x * y + y**3, base=1024)
    problem = {"num_vars": 2, "names": ["one", "two"], "bounds": [[0, 1]] * 2}
    theirs = sobol.analyze(
        problem,
        scores[:, 0].astype(float),
        calc_second_order=False,
        conf_level=0.9,
        num_resamples=1000,
        seed=1,
    )
    ours = _indices(scores, 2)
    assert ours["first"][0] == pytest.approx(theirs["S1"], abs=1e-5)
    assert ours["total"][0] == pytest.approx(theirs["ST"], abs=1e-5)
    assert ours["first_error"][0] == pytest.approx(theirs["S1_conf"], rel=0.25)
    assert ours["total_error"][0] == pytest.approx(theirs["ST_conf"], rel=0.25)


def test_the_errors_hold_the_truth_nine_times_of_ten():
    """xy, drawn 200 times: 3/7 alone and 4/7 in all."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(200):
        x, y = rng.random((2, 2, 256))  # A and B of each factor
        runs = np.stack([x[0] * y[0], x[1] * y[0], x[0] * y[1], x[1] * y[1]], axis=1)
        found = _indices(runs.reshape(-1, 1).astype(np.float32), 2)
        held.append(abs(found["first"][0] - 3 / 7) <= found["first_error"][0])
        held.append(abs(found["total"][0] - 4 / 7) <= found["total_error"][0])
    assert 0.85 <= np.mean(held) <= 0.95


def test_a_score_that_does_not_vary_has_no_drivers():
    found = _indices(np.full((16, 1), 50, np.float32), 2)
    assert np.isnan(found["first"]).all()


def test_every_organisation_and_principle_has_its_drivers():
    found = drivers(FIELD, simple(), base=1024, widest=9)
    factors = ["weights", "goalposts", "aggregation", "leave_out", "chance"]
    assert list(found.first.columns) == factors
    assert found.runs == 1024 * (5 + 2)
    assert found.first.loc[("1", "almost empty")].isna().all()
    scored = found.total.drop(index="almost empty", level="organisation")
    assert len(scored) == 3 * 3
    assert scored.ge(0).all(axis=None)
    # Principle 2 has one indicator: no weights to vary, nothing to aggregate.
    alone = found.total.loc[("2", "twin one")]
    assert alone[["weights", "aggregation"]].tolist() == pytest.approx([0, 0])
    assert alone[["goalposts", "chance"]].min() > 0.2


def test_too_few_runs_for_anything_are_refused_with_the_number_that_would_do():
    with pytest.raises(AssessError, match=r"base=8 .*Use base=\d+"):
        drivers(FIELD, simple(), base=8)


def test_a_score_of_which_too_little_is_known_is_left_blank_and_named():
    """The number named is enough."""
    choices = Choices(goalposts=0.2, chance=True)
    all_told = drivers(FIELD, simple(), choices, base=512, widest=9)
    widest = float(all_told.first_error.max(axis=1).median())
    found = drivers(FIELD, simple(), choices, base=512, widest=widest)
    assert 0 < len(found.refused) < 9
    assert found.first.loc[found.refused.index].isna().all(axis=None)
    enough = int(found.refused.max())
    assert enough > 512
    again = drivers(FIELD, simple(), choices, base=enough, widest=widest)
    assert again.refused.empty
    assert again.first_error.max(axis=None) <= widest


def test_a_first_order_beyond_its_total_is_refused():
    """A mixed run that holds a tenth of B on top of A: 0.1 alone, but 0.1**2 / 2 in all."""
    plan = _saltelli(("one", "two"), 1024, 0)
    scores = (plan["one"] + plan["two"]).to_numpy(np.float32).reshape(-1, 4)
    assert (_indices(scores.reshape(-1, 1), 2)["beyond"] <= 0).all()
    a, b = scores[:, 0], scores[:, 3]
    broken = np.stack([a, a + b / 10, a + b / 10, b], axis=1)
    found = _indices(broken.reshape(-1, 1), 2)
    assert (found["beyond"] > 0).all()
    tables = {name: pd.DataFrame(values) for name, values in found.items()}
    sound = {name: pd.DataFrame([[0.01, 0.01]]) for name in found} | {"beyond": -tables["beyond"]}
    both = {name: pd.concat([tables[name], sound[name]], ignore_index=True) for name in tables}
    assert _refused(both, 1024, 1.0).to_dict() == {0: 2048}


def test_one_factor_cannot_be_compared():
    with pytest.raises(AssessError, match="vary two factors"):
        drivers(FIELD, simple(), Choices(goalposts=0.2))


def test_drivers_do_not_depend_on_the_order_of_organisations():
    first = drivers(FIELD, simple(), EVERYTHING, base=256, widest=1)
    second = drivers(dict(reversed(FIELD.items())), simple(), EVERYTHING, base=256, widest=1)
    pd.testing.assert_frame_equal(first.total, second.total)


def gains_of(values, standard=None):
    standard = standard or two_principles()
    found = measures(dict(zip(IDS, values, strict=True)))
    return gains(found, standard, score(found, standard))


def test_closing_a_gap_gains_the_indicators_share():
    """2.1a scores 10 and is half of principle 2: closing 90 points gains 45; 2.1b gains 35."""
    table = gains_of(VALUES["low"])
    assert table.loc[["2.1a", "2.1b"], "gain"].tolist() == pytest.approx([45, 35])
    assert table.loc["2.1a", "do"] == "improve"
    assert np.isnan(table.loc["2.1a", "loss"])
    assert table["gain"].is_monotonic_decreasing


def test_recording_could_gain_or_lose_and_raises_coverage():
    """2.1 has 2.1b at 70 only. 2.1a would make it 85 at best, 35 at worst, and coverage whole."""
    row = gains_of(VALUES["gap"]).loc["2.1a"]
    assert row[["do", "gain", "loss", "coverage"]].tolist() == ["record", 15, -35, 0.5]


def test_the_weight_of_what_is_not_recorded_is_its_share_of_the_principle():
    """1.1b weighs 3 of 5 in 1.1, which weighs 1 of 3 in principle 1: a fifth."""
    assert gains_of(VALUES["gap"]).loc["1.1b", "coverage"] == pytest.approx(0.2)


def test_a_full_score_and_what_does_not_apply_are_not_listed():
    standard = framework(group("1", [group("1.1", [Entry(f"1.1{c}") for c in "abc"])]))
    states = {"1.1c": "does not apply"}
    found = measures({"1.1a": 100, "1.1b": 40, "1.1c": np.nan}, states=states)
    table = gains(found, standard, score(found, standard))
    assert table.index.tolist() == ["1.1b"]


def test_a_principle_still_not_scored_has_no_gain_but_gains_coverage():
    """One of three supporting principles would be scored, and two are needed."""
    parts = [group(f"1.{n}", [Entry(f"1.{n}a")]) for n in (1, 2, 3)]
    standard = framework(group("1", parts))
    found = measures(dict.fromkeys(["1.1a", "1.2a", "1.3a"], np.nan))
    table = gains(found, standard, score(found, standard))
    assert table["gain"].isna().all()
    assert table["coverage"].to_numpy() == pytest.approx(1 / 3)
