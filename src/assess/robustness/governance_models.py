"""For researchers: do organisations governed one way score otherwise than the rest?"""

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assess.change import holm
from assess.intervals import LEVEL, generator

FEWEST = 5  # organisations on each side below which nothing is shown
SHUFFLES = 10_000

CANNOT_SHOW = (
    "These organisations were not assigned their form of governance. They differ in size, age, "
    "work and in why they keep records, and any of these could lie behind a difference. Those "
    "whose records could not be scored are left out. A difference here does not show what a change "
    "of governance would bring."
)

Array = NDArray[np.float64]


def group_means(
    scores: pd.DataFrame, model: pd.Series, *, fewest: int = FEWEST, level: float = LEVEL
) -> pd.DataFrame:
    """Mean score of each form of governance, partly pooled: by part and model.

    `scores`: organisation x part, 0 to 100, NaN where not scored. `model`: its form, by
    organisation. Gives n, mean, pooled, low and high (90%).

    The fewer organisations a form has, and the more alike the forms are, the closer its pooled
    mean lies to that of all. Means of fewer than `fewest` organisations are left blank, and so is
    the pooled mean where fewer than two forms have enough.
    """
    rows = []
    for part in scores:
        known = scores[part].dropna()
        by_model = known.groupby(model.reindex(known.index))
        counted = pd.DataFrame({"n": by_model.size(), "mean": by_model.mean()})
        counted["n"] = counted["n"].reindex(counted.index, fill_value=0)
        shown = counted["n"] >= fewest
        counted["mean"] = counted["mean"].where(shown)
        used = known[model.reindex(known.index).isin(counted.index[shown])]
        pooled = _partly_pooled(used, model.reindex(used.index), level)
        table = counted.join(pooled)
        rows.append(pd.concat({part: table}, names=["part", "model"]))
    return pd.concat(rows)


def _partly_pooled(scores: pd.Series, model: pd.Series, level: float) -> pd.DataFrame:
    """Group means drawn together as far as their spread could be chance (Paule and Mandel)."""
    from scipy.stats import t

    columns = ["pooled", "low", "high"]
    groups = scores.groupby(model)
    n, means = groups.size(), groups.mean()
    freedom = len(scores) - len(n)
    if len(n) < 2 or freedom < 1:
        return pd.DataFrame(np.nan, index=n.index, columns=columns)
    within = groups.apply(lambda s: ((s - s.mean()) ** 2).sum()).sum() / freedom
    doubt = within / n
    between = _spread_between(means.to_numpy(), doubt.to_numpy())
    weights = 1 / np.maximum(between + doubt, 1e-12)
    centre = (weights * means).sum() / weights.sum()
    own = between / np.maximum(between + doubt, 1e-12)
    pooled = own * means + (1 - own) * centre
    half = t.ppf((1 + level) / 2, freedom) * np.sqrt(own * doubt + (1 - own) ** 2 / weights.sum())
    low, high = (pooled - half).clip(lower=0), (pooled + half).clip(upper=100)
    return pd.DataFrame({"pooled": pooled, "low": low, "high": high})


def _spread_between(means: Array, doubt: Array) -> float:
    """Variance between groups that makes their weighted spread what chance would leave."""

    def excess(between: float) -> float:
        weights = 1 / np.maximum(between + doubt, 1e-12)
        centre = (weights * means).sum() / weights.sum()
        return float((weights * (means - centre) ** 2).sum() - (len(means) - 1))

    low, high = 0.0, float(np.var(means) * len(means) + 1e-9)
    if excess(low) <= 0:
        return 0.0
    while excess(high) > 0:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def against_the_rest(
    scores: pd.DataFrame,
    model: pd.Series,
    of_interest: str,
    *,
    fewest: int = FEWEST,
    shuffles: int = SHUFFLES,
    seed: int = 0,
) -> pd.DataFrame:
    """One form of governance against all others, a row per part.

    n, n_rest      organisations on each side
    difference     of the means, in points
    effect         Hedges' g: the difference in standard deviations; with its 90% range
    p, p_holm      how often chance alone gives as large a difference: labels dealt anew, every
                   way where there are no more than `shuffles` ways; p_holm allows for all parts

    Blank where either side has fewer than `fewest` organisations. See CANNOT_SHOW.
    """
    rows = {}
    for part in scores:
        known = scores[part].dropna().sort_index()
        ours = (model.reindex(known.index) == of_interest).to_numpy()
        row = {"n": int(ours.sum()), "n_rest": int((~ours).sum())}
        if min(row.values()) >= fewest:
            values = known.to_numpy(dtype=float)
            row |= {"difference": values[ours].mean() - values[~ours].mean()}
            row |= _effect(values[ours], values[~ours])
            row["p"] = _shuffled(values, ours, shuffles, generator(seed, str(part)))
        rows[part] = row
    columns = ["n", "n_rest", "difference", "effect", "effect_low", "effect_high", "p"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.assign(p_holm=holm(table["p"]))


def _effect(ours: Array, rest: Array) -> dict[str, float]:
    from scipy.stats import norm

    n, m = len(ours), len(rest)
    within = ((ours - ours.mean()) ** 2).sum() + ((rest - rest.mean()) ** 2).sum()
    deviation = np.sqrt(within / (n + m - 2))
    if deviation == 0:
        return {"effect": np.nan, "effect_low": np.nan, "effect_high": np.nan}
    few = 1 - 3 / (4 * (n + m) - 9)  # Hedges' factor for few organisations
    g = few * (ours.mean() - rest.mean()) / deviation
    half = norm.ppf((1 + LEVEL) / 2) * np.sqrt((n + m) / (n * m) + g**2 / (2 * (n + m)))
    return {"effect": g, "effect_low": g - half, "effect_high": g + half}


def _shuffled(
    values: Array, ours: NDArray[np.bool_], shuffles: int, rng: np.random.Generator
) -> float:
    """Share of the ways to deal the labels that give as large a difference, either way."""
    n, m = int(ours.sum()), len(values)
    seen = abs(values[ours].sum() - n * values.mean())  # as large as the difference is
    if comb(m, n) <= shuffles:
        dealt = np.array(list(combinations(range(m), n)))
        sums = values[dealt].sum(axis=1)
        return float(np.mean(np.abs(sums - n * values.mean()) >= seen - 1e-9))
    order = rng.permuted(np.tile(values, (shuffles, 1)), axis=1)
    sums = order[:, :n].sum(axis=1)
    as_large = np.sum(np.abs(sums - n * values.mean()) >= seen - 1e-9)
    return float((as_large + 1) / (shuffles + 1))
