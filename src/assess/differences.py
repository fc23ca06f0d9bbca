"""Differences between two years, for every indicator and level, with many tests allowed for."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from assess.framework import Framework
from assess.intervals import DRAWS, LEVEL, draw_range, seed_of
from assess.score import score
from assess.uncertainty import draws, level_draws

if TYPE_CHECKING:  # only the type of what measuring gives
    from assess.measure import Measures

CHANGE_FLOOR = 30  # records in each year below which no change is claimed
COLUMNS = ["level", "before", "now", "difference", "low", "high", "p", "p_holm", "verdict"]


def holm(p: pd.Series) -> pd.Series:
    """P-values allowing for all the tests at once (Holm 1979). NaN is no test and stays NaN."""
    tested = p.dropna().sort_values(kind="stable")
    steps = tested * np.arange(len(tested), 0, -1)
    return steps.cummax().clip(upper=1).reindex(p.index)


def two_sided(differences: pd.Series | np.ndarray) -> float:
    """How often chance alone would show a difference this far from none, from its draws."""
    drawn = np.asarray(differences)
    if np.isnan(drawn).any():
        return np.nan
    beyond = min(np.sum(drawn <= 0), np.sum(drawn >= 0))
    return min(1.0, 2 * (beyond + 1) / (len(drawn) + 1))


def year_on_year(
    now: "Measures",
    before: "Measures",
    framework: Framework,
    *,
    seed: int = 0,
    n: int = DRAWS,
) -> pd.DataFrame:
    """Every score of two years, measured by the same framework: what changed beyond chance.

    before, now      the scores, from the indicators scored in both years
    difference       now less before, with its 90% range (low, high)
    p, p_holm        as `two_sided`; p_holm allows for all the tests of the same level
    verdict          "rose" or "fell" where p_holm is under 10% and there are enough records;
                     "could be chance"; "not scored"; "other evidence" where under half of the
                     indicators scored in either year are scored in both
    """
    both = _scored(now) & _scored(before)
    then, later = _only(before, both), _only(now, both)
    old, new = score(then, framework), score(later, framework)
    moves = _drawn(later, new, framework, seed_of(seed, "now"), n) - _drawn(
        then, old, framework, seed_of(seed, "before"), n
    )
    table = pd.DataFrame(
        {"level": new["level"], "before": old["score"], "now": new["score"]}, index=new.index
    )
    table["difference"] = table["now"] - table["before"]
    known = table["difference"].notna()
    for id in table.index[known]:
        table.loc[id, ["low", "high"]] = draw_range(moves[id], table.loc[id, "difference"], LEVEL)
        table.loc[id, "p"] = two_sided(moves[id])
    table = table.reindex(columns=COLUMNS)
    table["p_holm"] = table.groupby("level")["p"].transform(holm)
    shared = _shared(now, before, framework)
    enough = _enough_records(later, then, framework)
    table["verdict"] = [
        _verdict(table.loc[id], shared.get(id, True), enough[id]) for id in table.index
    ]
    return table


def _scored(measures: "Measures") -> frozenset[str]:
    return frozenset(measures.table.index[measures.table["state"] == "scored"])


def _only(measures: "Measures", kept: frozenset[str]) -> "Measures":
    """The measures with every scored indicator but `kept` left raw."""
    dropped = measures.table.index.isin(list(_scored(measures) - kept))
    state = measures.table["state"].mask(dropped, "raw only")
    return replace(measures, table=measures.table.assign(state=state))


def _drawn(
    measures: "Measures", scores: pd.DataFrame, framework: Framework, seed: int, n: int
) -> pd.DataFrame:
    drawn = draws(measures, framework, seed=seed, n=n)
    return pd.concat([drawn, level_draws(drawn, scores, framework)], axis=1)


def _below(framework: Framework) -> dict[str, list[str]]:
    """The indicators of every level's parts."""
    below = {entry.id: [entry.id] for entry in framework.indicators}
    for principle in framework.principles:
        for part in principle.supporting:
            below[part.id] = [entry.id for entry in part.indicators]
        below[principle.id] = [id for part in principle.supporting for id in below[part.id]]
    return below


def _shared(now: "Measures", before: "Measures", framework: Framework) -> dict[str, bool]:
    """Whether half of what either year scored in a part was scored in both."""
    new, old = _scored(now), _scored(before)
    shared = {}
    for id, below in _below(framework).items():
        most = max(len(new.intersection(below)), len(old.intersection(below)))
        shared[id] = most == 0 or 2 * len(new.intersection(below) & old) >= most
    return shared


def _enough_records(now: "Measures", before: "Measures", framework: Framework) -> dict[str, bool]:
    enough = {}
    for id, below in _below(framework).items():
        behind = [
            year.table.loc[below, "records"][year.table.loc[below, "state"] == "scored"].sum()
            for year in (now, before)
        ]
        enough[id] = min(behind) >= CHANGE_FLOOR
    return enough


def _verdict(row: pd.Series, shared: bool, enough: bool) -> str:
    if not shared:
        return "other evidence"
    if np.isnan(row["difference"]):
        return "not scored"
    if not enough or row["p_holm"] >= 1 - LEVEL:
        return "could be chance"
    return "rose" if row["difference"] > 0 else "fell"
