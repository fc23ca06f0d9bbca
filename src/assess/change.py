"""One organisation over two years: what changed, and whether chance alone could explain it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from assess.intervals import draw_range
from assess.score import score
from assess.uncertainty import level_draws

if TYPE_CHECKING:
    from assess.assessment import Assessment

CHANGE_FLOOR = 30  # records behind a principle, in each year, before a change is claimed
VERDICTS = ("rose", "fell", "could be chance", "other evidence", "not scored")


def changes(now: "Assessment", before: "Assessment") -> pd.DataFrame:
    """What became of each principle: title, before, now, range of the difference, verdict.

    A change counts only where the range of the difference leaves out 0, both on all the evidence
    and on the evidence found in both years.
    """
    common = _scored(now) & _scored(before)
    full = principle_draws(now) - principle_draws(before)
    shared = principle_draws(now, common) - principle_draws(before, common)
    rows = {}
    for principle in now.framework.principles:
        key = principle.id
        row = {
            "title": principle.title,
            "before": before.scores.loc[key, "score"],
            "now": now.scores.loc[key, "score"],
            "low": np.nan,
            "high": np.nan,
        }
        row["verdict"] = _verdict(row, key, full[key], shared[key], now, before, common)
        if row["verdict"] not in ("not scored", "other evidence"):
            row["low"], row["high"] = draw_range(full[key], row["now"] - row["before"])
        rows[key] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def principle_draws(assessment: "Assessment", only: frozenset[str] | None = None) -> pd.DataFrame:
    """Scores the principles could have had, a column each; `only` keeps to some indicators.

    NaN where a principle is not scored.
    """
    measures, drawn, scores = assessment.measures, assessment.draws, assessment.scores
    framework = assessment.framework
    if only is not None:
        left_out = ~measures.table.index.isin(list(only)) & (measures.table["state"] == "scored")
        table = measures.table.assign(state=measures.table["state"].mask(left_out, "raw only"))
        scores = score(replace(measures, table=table), framework)
        drawn = drawn.filter(sorted(only)).reindex(columns=drawn.columns)
    return level_draws(drawn, scores, framework)[[part.id for part in framework.principles]]


def _scored(assessment: "Assessment") -> frozenset[str]:
    table = assessment.measures.table
    return frozenset(table.index[table["state"] == "scored"])


def _verdict(
    row: Mapping[str, float],
    key: str,
    full: pd.Series,
    shared: pd.Series,
    now: "Assessment",
    before: "Assessment",
    common: frozenset[str],
) -> str:
    if pd.isna(row["now"]) or pd.isna(row["before"]):
        return "not scored"
    same = sum(name[0] == key for name in common)
    if same * 2 < max(sum(name[0] == key for name in _scored(year)) for year in (now, before)):
        return "other evidence"
    if min(_records_behind(year, key) for year in (now, before)) < CHANGE_FLOOR:
        return "could be chance"
    if shared.isna().any():
        return "other evidence"
    ranges = [draw_range(draws, draws.mean()) for draws in (full, shared)]
    if all(low > 0 for low, _ in ranges):
        return "rose"
    if all(high < 0 for _, high in ranges):
        return "fell"
    return "could be chance"


def _records_behind(assessment: "Assessment", principle: str) -> float:
    table = assessment.measures.table
    behind = table.index.str.startswith(principle) & (table["state"] == "scored")
    return table.loc[behind, "records"].sum()
