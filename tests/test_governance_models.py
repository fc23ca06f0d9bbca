from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from assess.robustness.governance_models import CANNOT_SHOW, against_the_rest, group_means

NAMES = [f"organisation-{n}" for n in range(10)]
MODEL = pd.Series(["multi_stakeholder"] * 5 + ["charity"] * 5, index=NAMES)
SCORES = pd.DataFrame({"1": [60, 62, 64, 66, 68, 40, 42, 44, 46, 48]}, index=NAMES, dtype=float)


def test_the_difference_and_its_size():
    """64 against 44; variance 10 in both, so g = 20 / sqrt(10) * (1 - 3 / 31)."""
    row = against_the_rest(SCORES, MODEL, "multi_stakeholder").loc["1"]
    assert row[["n", "n_rest", "difference"]].tolist() == [5, 5, 20]
    assert row["effect"] == pytest.approx(20 / 10**0.5 * (1 - 3 / 31))
    assert row["effect_low"] < row["effect"] < row["effect_high"]


def test_every_way_to_deal_the_labels_is_tried_where_they_are_few():
    """All five highest on one side: 2 of the 252 ways are as extreme."""
    assert against_the_rest(SCORES, MODEL, "multi_stakeholder").loc["1", "p"] == 2 / 252


def test_dealing_at_random_agrees_with_every_way():
    scores = pd.DataFrame({"1": [60, 62, 41, 66, 49, 40, 65, 44, 46, 48]}, index=NAMES, dtype=float)
    exact = against_the_rest(scores, MODEL, "multi_stakeholder").loc["1", "p"]
    values = scores["1"].to_numpy()
    seen = abs(values[:5].mean() - values[5:].mean())
    ways = [list(way) for way in combinations(range(10), 5)]
    gaps = [abs(values[way].mean() - np.delete(values, way).mean()) for way in ways]
    assert exact == pytest.approx(np.mean(np.array(gaps) >= seen - 1e-9))
    dealt = against_the_rest(scores, MODEL, "multi_stakeholder", shuffles=251).loc["1", "p"]
    assert dealt == pytest.approx(exact, abs=0.1)


def test_too_few_organisations_on_one_side_show_nothing():
    scores = SCORES.copy()
    scores.iloc[0, 0] = np.nan
    row = against_the_rest(scores, MODEL, "multi_stakeholder").loc["1"]
    assert row[["n", "n_rest"]].tolist() == [4, 5]
    assert row[["difference", "effect", "p", "p_holm"]].isna().all()


def test_several_principles_are_allowed_for():
    two = SCORES.assign(**{"2": [50.0, 52, 48, 51, 49] * 2})
    table = against_the_rest(two, MODEL, "multi_stakeholder")
    assert table.loc["1", "p_holm"] == pytest.approx(4 / 252)
    assert table.loc["2", "p_holm"] == 1


def test_the_order_of_organisations_changes_nothing():
    turned = SCORES.iloc[::-1]
    pd.testing.assert_frame_equal(
        against_the_rest(SCORES, MODEL, "charity", shuffles=100),
        against_the_rest(turned, MODEL, "charity", shuffles=100),
    )
    pd.testing.assert_frame_equal(group_means(SCORES, MODEL), group_means(turned, MODEL))


def test_pooled_means_lie_between_their_own_and_the_common_mean():
    """Means 64 and 44, each known to a variance of 10 / 5 = 2; between them about 198.

    Q = (10**2 + 10**2) / (t + 2) must be 1, so t = 198 and each keeps 198 / 200 of its distance.
    """
    table = group_means(SCORES, MODEL).loc["1"]
    assert table["mean"].to_dict() == {"charity": 44, "multi_stakeholder": 64}
    assert table["pooled"].to_dict() == pytest.approx({"charity": 44.1, "multi_stakeholder": 63.9})
    assert (table["low"] < table["pooled"]).all()
    assert (table["pooled"] < table["high"]).all()


def test_forms_that_are_alike_are_pooled_into_one():
    scores = pd.DataFrame({"1": [50.0, 60, 40, 55, 45, 51, 61, 41, 56, 46]}, index=NAMES)
    table = group_means(scores, MODEL).loc["1"]
    assert table["pooled"].tolist() == pytest.approx([50.5, 50.5])


def test_a_form_with_few_organisations_is_counted_but_not_shown():
    model = MODEL.copy()
    model.iloc[9] = "worker_coop"
    table = group_means(SCORES, model, fewest=4).loc["1"]
    assert table.loc["worker_coop", "n"] == 1
    assert table.loc["worker_coop", ["mean", "pooled", "low", "high"]].isna().all()
    assert table.loc["charity", "mean"] == 43


def test_one_form_alone_has_nothing_to_be_pooled_with():
    table = group_means(SCORES, MODEL.where(MODEL == "charity")).loc["1"]
    assert table.loc["charity", "mean"] == 44
    assert np.isnan(table.loc["charity", "pooled"])


def test_what_a_comparison_cannot_show_is_said():
    assert "does not show what a change" in CANNOT_SHOW
