"""Measures become scores from 0 to 100, and scores are aggregated up to the six principles.

Missing evidence is never zero: it drops out of the score, lowers the coverage, and stands at both
ends of the worst and best bounds.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assess.framework import Framework, Indicator

if TYPE_CHECKING:  # measuring loads every indicator; scoring needs only what it gives
    from assess.measure import Measures

Array = NDArray[np.float64]
Aggregation = Literal["arithmetic", "geometric", "harmonic"]

COLUMNS = [
    *("level", "parent", "title", "score", "coverage", "worst", "best"),
    *("scored_n", "applicable_n", "state", "reason"),
]


def normalise(values: ArrayLike, xp: Sequence[float], fp: Sequence[float]) -> Array:
    """Scores of `values` between goalposts: `xp` ascending, `fp` the score at each.

    Beyond the outer goalposts the score stays what it is there. NaN stays NaN.
    """
    return np.interp(np.asarray(values, dtype=float), xp, fp)


def aggregate(
    scores: ArrayLike, weights: ArrayLike | None = None, how: Aggregation = "arithmetic"
) -> Array:
    """Weighted mean along the last axis. NaN drops out and the weights left are re-scaled.

    NaN where no score is left. A score of 0 makes a geometric or harmonic mean 0.
    """
    scores = np.asarray(scores, dtype=float)
    known = ~np.isnan(scores)
    weights = np.where(known, 1.0 if weights is None else weights, 0.0)
    forward, back = _MEANS[how]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        total = np.where(weights > 0, weights * forward(np.where(known, scores, 1.0)), 0.0)
        return back(total.sum(axis=-1) / weights.sum(axis=-1))


_MEANS = {
    "arithmetic": (lambda x: x, lambda mean: mean),
    "geometric": (np.log, np.exp),
    "harmonic": (np.reciprocal, np.reciprocal),
}


def score_between(low: float, high: float, indicator: Indicator) -> tuple[float, float]:
    """Lowest and highest score of any measure from `low` to `high`; a band peaks in between."""
    xp, fp = indicator.goalposts
    at = [low, high, *(x for x in xp if low < x < high)]
    scores = normalise(at, xp, fp)
    return scores.min(), scores.max()


def score(
    measures: "Measures",
    framework: Framework,
    *,
    how: Aggregation = "arithmetic",
    overall: bool = False,
) -> pd.DataFrame:
    """Score, coverage and worst and best bounds of every indicator and every level above.

    A supporting principle needs one scored indicator, a principle half of its supporting
    principles, and the overall score, which is off unless asked for, all principles. What does
    not apply is left out of scores, coverage and bounds.
    """
    rows: dict[str, dict] = {}
    measured = measures.table.to_dict("index")
    for principle in framework.principles:
        for supporting in principle.supporting:
            for indicator in supporting.indicators:
                row = _indicator_row(measured[indicator.id], indicator)
                rows[indicator.id] = row | {"parent": supporting.id}
            children = [(rows[child.id], child.weight) for child in supporting.indicators]
            row = _parent_row(children, how, needed=0, reason="no scored indicator")
            row |= {"level": "supporting principle", "title": supporting.title}
            rows[supporting.id] = row | {"parent": principle.id}
        children = [(rows[child.id], child.weight) for child in principle.supporting]
        row = _parent_row(children, how, needed=0.5, reason="under half scored")
        rows[principle.id] = row | {"level": "principle", "title": principle.title, "parent": ""}
    if overall:
        children = [(rows[child.id], child.weight) for child in framework.principles]
        row = _parent_row(children, how, needed=1, reason="not all principles scored")
        rows["overall"] = row | {"level": "overall", "title": framework.title, "parent": ""}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)
    return _in_framework_order(table)


def _in_framework_order(table: pd.DataFrame) -> pd.DataFrame:
    """Indicators first, then supporting principles, principles and the overall score."""
    levels = ["indicator", "supporting principle", "principle", "overall"]
    return table.sort_values("level", key=lambda level: level.map(levels.index), kind="stable")


def _indicator_row(measure: Mapping[str, Any], indicator: Indicator) -> dict:
    scored, applies = measure["state"] == "scored", measure["state"] != "does not apply"
    row = {
        "level": "indicator",
        "title": indicator.title,
        "score": np.nan,
        "coverage": float(scored) if applies else np.nan,
        "worst": 0.0 if applies else np.nan,
        "best": 100.0 if applies else np.nan,
        "scored_n": int(scored),
        "applicable_n": int(applies),
        "state": measure["state"],
        "reason": measure["reason"],
    }
    if scored:
        value = measure["value"]
        ends = [value, measure["worst_value"], measure["best_value"]]
        row["score"] = float(normalise(value, *indicator.goalposts))
        row["worst"], row["best"] = score_between(np.nanmin(ends), np.nanmax(ends), indicator)
    return row


def _parent_row(
    children: Sequence[tuple[dict, float]], how: Aggregation, *, needed: float, reason: str
) -> dict:
    """Aggregate the children that apply. Scored if at least one is, and `needed` of them are."""
    applicable = [(row, weight) for row, weight in children if row["applicable_n"] > 0]
    weights = [weight for _, weight in applicable]
    scored_n = sum(row["state"] == "scored" for row, _ in applicable)
    row = {"scored_n": scored_n, "applicable_n": len(applicable), "reason": ""}
    if not applicable:
        nothing = dict.fromkeys(("score", "coverage", "worst", "best"), np.nan)
        return row | nothing | {"state": "does not apply"}
    row["coverage"] = float(aggregate([child["coverage"] for child, _ in applicable], weights))
    names = ("worst", "best", "score")
    values = [[child[name] for child, _ in applicable] for name in names]
    row |= dict(zip(names, aggregate(values, weights, how).tolist(), strict=True))
    if scored_n >= max(1, needed * len(applicable)):
        return row | {"state": "scored"}
    return row | {"score": np.nan, "state": "not scored", "reason": reason}
