"""Chance: how far the scores could move in a similar year, carried from single records upward.

Draws say what each indicator's score could have been. Their mean leans towards the middle: five
of five draws 92%, not 100%. For one indicator that lean is right, for the mean of many it adds up,
so draws of a combined score are moved back by the part of the lean that averaging cannot remove.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assess.framework import Framework, Indicator
from assess.intervals import DRAWS, draw_range, observed_draws
from assess.score import Aggregation, aggregate, normalise, score_between

if TYPE_CHECKING:  # only the type of what measuring gives
    from assess.measure import Measures

Array = NDArray[np.float64]


class Part(Protocol):
    """A supporting principle, a principle, or several principles as the parts of one more."""

    id: str


def draws(
    measures: "Measures", framework: Framework, *, seed: int = 0, n: int = DRAWS
) -> pd.DataFrame:
    """Scores each indicator could have had: n rows, one column per indicator of the framework.

    NaN where the indicator is not scored. What is known in full does not vary. Indicators that
    rest on the same meetings move together. Give each organisation and year its own seed:
    draws that share their random numbers make a difference look surer than it is.
    """
    drawn = value_draws(measures, framework, seed=seed, n=n)
    return pd.DataFrame(
        {e.id: normalise(drawn[e.id].to_numpy(), *e.goalposts) for e in framework.indicators}
    )


def value_draws(
    measures: "Measures", framework: Framework, *, seed: int = 0, n: int = DRAWS
) -> pd.DataFrame:
    """Values each indicator's measure could have had, in its unit; otherwise as `draws`."""
    scored = measures.table["state"] == "scored"
    entries = {e.id: e for e in framework.indicators if scored.get(e.id, False)}
    observed = {id: measures.observed[id] for id in entries}
    ranges = {id: entry.range for id, entry in entries.items()}
    drawn = observed_draws(observed, ranges, n, seed=seed)
    for id, entry in entries.items():
        if entry.unit == "%" and observed[id].form != "fact":
            drawn[id] = drawn[id] * 100
    unknown = np.full(n, np.nan)
    return pd.DataFrame({entry.id: drawn.get(entry.id, unknown) for entry in framework.indicators})


def combined(
    drawn: ArrayLike,
    scores: ArrayLike,
    weights: ArrayLike | None = None,
    how: Aggregation = "arithmetic",
) -> Array:
    """Draws of the score that several indicators give together, from 0 to 100.

    `drawn` has a column per indicator, `scores` their scores; both NaN where not scored.
    """
    drawn, scores = np.asarray(drawn, dtype=float), np.asarray(scores, dtype=float)
    share = np.where(np.isnan(scores), 0.0, 1.0 if weights is None else weights)
    together = aggregate(drawn, share, how)
    return recentred(together, float(aggregate(scores, share, how)), drawn, share)


def recentred(together: Array, score: float, drawn: Array, share: Array) -> Array:
    """Draws of a combined score, moved by `recentring` and kept between 0 and 100."""
    return np.clip(together + recentring(together, score, drawn.var(axis=0), share), 0, 100)


def recentring(together: Array, score: float, variances: Array, share: Array) -> float:
    """How far to move draws of a combined score, by how many indicators share its spread.

    One indicator: not at all. Many: until their mean is `score`. `share` is the weight of each
    indicator in the combined score, `variances` that of its draws.
    """
    used = share > 0
    spread = variances[used] * share[used] ** 2
    many = spread.sum() ** 2 / (spread**2).sum() if spread.any() else 1.0
    return (1 - 1 / many) * (score - together.mean())


def level_draws(
    drawn: pd.DataFrame,
    scores: pd.DataFrame,
    framework: Framework,
    how: Aggregation = "arithmetic",
) -> pd.DataFrame:
    """Draws of every supporting principle and principle: a column each, NaN where not scored.

    `drawn` is what `draws` gives, `scores` what `score.score` gives.
    """
    values, at = drawn.to_numpy(), {id: place for place, id in enumerate(drawn.columns)}
    variances = values.var(axis=0)
    known, states = scores["score"].to_dict(), scores["state"].to_dict()
    scored = np.array([not np.isnan(known[id]) for id in at], dtype=bool)

    def moved(part: Part, together: Array) -> Array:
        if states[part.id] != "scored":
            return np.full(len(values), np.nan)
        share = weights_in(part, list(at), scored)
        shift = recentring(together, known[part.id], variances, share)
        return np.clip(together + shift, 0, 100)

    levels = {}
    for principle in framework.principles:
        below = []
        for part in principle.supporting:
            own = values[:, [at[entry.id] for entry in part.indicators]]
            below.append(aggregate(own, [entry.weight for entry in part.indicators], how))
            levels[part.id] = moved(part, below[-1])
        weights = [part.weight for part in principle.supporting]
        levels[principle.id] = moved(principle, aggregate(np.column_stack(below), weights, how))
    return pd.DataFrame(levels, index=drawn.index)


def all_draws(
    drawn: pd.DataFrame,
    scores: pd.DataFrame,
    framework: Framework,
    how: Aggregation = "arithmetic",
) -> pd.DataFrame:
    """Draws of every indicator, supporting principle and principle, a column each."""
    return pd.concat([drawn, level_draws(drawn, scores, framework, how)], axis=1)


def weights_in(part: Part, indicators: Sequence[str], scored: NDArray[np.bool_]) -> Array:
    """Weight of each indicator in `part`: 0 outside it and where not scored, else adding to 1."""
    if hasattr(part, "indicators"):
        own = {entry.id: entry.weight for entry in part.indicators}
        weights = np.array([own.get(id, 0.0) for id in indicators]) * scored
    else:
        below = [weights_in(child, indicators, scored) for child in part.supporting]
        weights = sum(
            child.weight * share for child, share in zip(part.supporting, below, strict=True)
        )
    return weights / weights.sum() if weights.any() else weights


def add_ranges(
    scores: pd.DataFrame,
    measures: "Measures",
    framework: Framework,
    *,
    seed: int = 0,
    n: int = DRAWS,
    how: Aggregation = "arithmetic",
    drawn: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """`scores` with `low` and `high`, the 90% range of each score by chance. NaN: not scored.

    An indicator's range is the range of its measure between its goalposts; of levels above, the
    middle of their draws. A measure known in full has no width. `drawn` is what `all_draws` gives,
    for a caller that has it already; `seed` and `n` are then not used.
    """
    if drawn is None:
        drawn = all_draws(draws(measures, framework, seed=seed, n=n), scores, framework, how)
    measured, known = measures.table.to_dict("index"), scores["score"].to_dict()
    scored = scores.index[scores["state"] == "scored"]
    entries = {entry.id: entry for entry in framework.indicators}
    ranges = {
        id: _indicator_range(measured[id], entries[id])
        if id in entries
        else draw_range(drawn[id], known[id])
        for id in scored
        if id in drawn
    }
    missing = (np.nan, np.nan)
    low, high = zip(*(ranges.get(id, missing) for id in scores.index), strict=True)
    return scores.assign(low=low, high=high)


def _indicator_range(measure: Mapping[str, float], indicator: Indicator) -> tuple[float, float]:
    ends = [measure["value"], measure["low"], measure["high"]]
    return score_between(np.nanmin(ends), np.nanmax(ends), indicator)
