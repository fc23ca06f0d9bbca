"""One organisation over two years: what changed, and whether chance alone could explain it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from assess.intervals import LEVEL, draw_range
from assess.score import score
from assess.uncertainty import level_draws

if TYPE_CHECKING:
    from assess.assessment import Assessment

CHANGE_FLOOR = 30  # records behind a principle, in each year, before a change is claimed
VERDICTS = ("rose", "fell", "could be chance", "other evidence", "not scored", "held back")


def changes(now: "Assessment", before: "Assessment") -> pd.DataFrame:
    """What became of each principle: title, before, now, range of the difference, verdict.

    A change counts only where the range of the difference leaves out 0, both on all the evidence
    and on the evidence found in both years. Ranges are widened for looking at several principles
    at once: with six ranges of 90%, one would leave out 0 by chance every other year.
    """
    years = now, before
    common = _scored(now) & _scored(before)
    full = principle_draws(now) - principle_draws(before)
    shared = principle_draws(now, common) - principle_draws(before, common)
    table = pd.DataFrame(
        {
            "title": {part.id: part.title for part in now.framework.principles},
            "before": before.scores["score"],
            "now": now.scores["score"],
        }
    ).reindex([part.id for part in now.framework.principles])
    table["verdict"] = [_why_not(key, years, common, shared[key]) for key in table.index]
    compared = table.index[table["verdict"] == ""]
    level = 1 - (1 - LEVEL) / max(len(compared), 1)
    for key in compared:
        change = table.loc[key, "now"] - table.loc[key, "before"]
        low, high = draw_range(full[key], change, level)
        table.loc[key, ["low", "high"]] = low, high
        enough = min(_records_behind(year, key) for year in years) >= CHANGE_FLOOR
        inner = draw_range(shared[key], shared[key].mean(), level)
        table.loc[key, "verdict"] = _verdict((low, high), inner) if enough else "could be chance"
    return table.reindex(columns=["title", "before", "now", "low", "high", "verdict"])


def _why_not(
    key: str, years: Iterable["Assessment"], common: frozenset[str], shared: pd.Series
) -> str:
    """Why a principle's two scores are not compared; empty where they are.

    At least half of the evidence of the fuller year must be there in both.
    """
    if any(pd.isna(year.scores.loc[key, "score"]) for year in years):
        held = any(year.scores.loc[key, "state"] == "held back" for year in years)
        return "held back" if held else "not scored"
    in_both = sum(name[0] == key for name in common)
    fuller = max(sum(name[0] == key for name in _scored(year)) for year in years)
    return "other evidence" if in_both * 2 < fuller or shared.isna().any() else ""


def _verdict(*ranges: tuple[float, float]) -> str:
    if all(low > 0 for low, _ in ranges):
        return "rose"
    if all(high < 0 for _, high in ranges):
        return "fell"
    return "could be chance"


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


def _records_behind(assessment: "Assessment", principle: str) -> float:
    table = assessment.measures.table
    behind = table.index.str.startswith(principle) & (table["state"] == "scored")
    return table.loc[behind, "records"].sum()
