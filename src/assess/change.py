"""Two years of one organisation: what changed, and whether chance alone could explain it.

One rule for every level. The earlier year is scored by this year's method. A change is claimed
where chance would rarely show as much on the evidence found in both years, with all the tests of
that level allowed for (Holm), and where there are enough records.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from assess.framework import Framework
from assess.intervals import DRAWS, LEVEL, draw_range, seed_of
from assess.score import score
from assess.uncertainty import all_draws, draws

if TYPE_CHECKING:  # only types: an assessment asks for its own changes
    from assess.assessment import Assessment
    from assess.measure import Measures

LEVELS = ("indicator", "supporting principle", "principle")
CHANGE_FLOOR = 30  # records in each year below which no change is claimed
MOVED = ("rose", "fell")  # by more than chance would explain
JUDGED = (*MOVED, "could be chance")
VERDICTS = (*JUDGED, "other evidence", "not scored", "held back")
VERDICTS += ("rounded",)  # in a copy to publish: see `disclosure.changes_told`
COLUMNS = ["level", "before", "now", "difference", "low", "high", "p", "p_holm", "verdict"]


@dataclass(frozen=True)
class Year:
    """Scores of every level from some of a year's evidence, and what else they could have been."""

    measures: "Measures"
    scores: pd.DataFrame
    drawn: pd.DataFrame  # a column for each indicator and part, NaN where not scored


def changes(now: "Assessment", before: "Assessment") -> pd.DataFrame:
    """What became of each principle: title, before, now, range of the difference, verdict.

    The scores are those of each year's report, on all its evidence. A change of them is claimed
    where it is beyond chance on all the evidence as well as on that found in both years, and the
    range (low, high) holds the ranges of both.
    """
    framework = now.framework
    whole = [Year(each.measures, each.scores, each.draws) for each in (now, before)]
    both = _scored(now.measures) & _scored(before.measures)
    common = [_with_only(both, year, framework) for year in whole]
    shared = _shared(now.measures, before.measures, framework)
    table = _judged(common, framework, shared, whole, levels=["principle"])
    table = table.assign(
        title=[part.title for part in framework.principles],
        before=before.scores["score"],
        now=now.scores["score"],
    )
    states = pd.DataFrame({"now": now.scores["state"], "before": before.scores["state"]})
    lacking = table[["before", "now"]].isna().any(axis=1)
    held = lacking & (states.reindex(table.index) == "held back").any(axis=1)
    table["verdict"] = table["verdict"].mask(lacking, "not scored").mask(held, "held back")
    return table[["title", "before", "now", "low", "high", "verdict"]]


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
    difference       now less before, with its range (low, high), allowing for the tests of its
                     level: it leaves out 0 where p_holm is under 10%
    p, p_holm        as `two_sided`; p_holm allows for all the tests of the same level
    verdict          "rose" or "fell" where p_holm is under 10% and there are enough records;
                     "could be chance"; "not scored"; "other evidence" where under half of the
                     indicators scored in either year are scored in both
    """
    both = _scored(now) & _scored(before)
    common = []
    for name, measures in (("now", now), ("before", before)):
        drawn = draws(measures, framework, seed=seed_of(seed, name), n=n)
        common.append(_with_only(both, _year(measures, drawn, framework), framework))
    return _judged(common, framework, _shared(now, before, framework))


def holm(p: pd.Series) -> pd.Series:
    """P-values allowing for all the tests at once (Holm 1979). NaN is no test and stays NaN."""
    tested = p.dropna().sort_values(kind="stable")
    steps = tested * np.arange(len(tested), 0, -1)
    return steps.cummax().clip(upper=1).reindex(p.index)


def allowed_for(p: pd.Series) -> pd.Series:
    """How many tests the range of each difference allows for, to say the same as `holm` does.

    All of them for the surest, one less for the next, and so on. From the first that could be
    chance, as many as there are left. NaN where there is no test.
    """
    tested = p.dropna().sort_values(kind="stable")
    left = np.arange(len(tested), 0, -1)
    chance = (holm(tested) >= 1 - LEVEL).to_numpy()
    if chance.any():
        left = np.maximum(left, left[chance.argmax()])
    return pd.Series(left, tested.index, dtype=float).reindex(p.index)


def two_sided(*differences: ArrayLike) -> float:
    """How often chance alone would show a difference this far from none, from its draws.

    Of several kinds of evidence the least sure counts, and they must point the same way.
    """
    drawn = np.array(differences, dtype=float)
    if np.isnan(drawn).any():
        return np.nan
    beyond = min((drawn <= 0).sum(axis=1).max(), (drawn >= 0).sum(axis=1).max())
    return min(1.0, 2 * (beyond + 1) / (drawn.shape[1] + 1))


def _scored(measures: "Measures") -> frozenset[str]:
    return frozenset(measures.table.index[measures.table["state"] == "scored"])


def _year(measures: "Measures", drawn: pd.DataFrame, framework: Framework) -> Year:
    """A year from its measures and the draws of its indicators."""
    scores = score(measures, framework)
    return Year(measures, scores, all_draws(drawn, scores, framework))


def _with_only(kept: frozenset[str], year: Year, framework: Framework) -> Year:
    """The year as it would be if every scored indicator but `kept` had too few records to score."""
    measures = year.measures
    dropped = list(_scored(measures) - kept)
    if not dropped:
        return year
    state = measures.table["state"].mask(measures.table.index.isin(dropped), "raw only")
    drawn = year.drawn[[entry.id for entry in framework.indicators]]
    drawn = drawn.assign(**dict.fromkeys(dropped, np.nan))
    return _year(replace(measures, table=measures.table.assign(state=state)), drawn, framework)


def _judged(
    common: Sequence[Year],
    framework: Framework,
    shared: Mapping[str, bool],
    whole: Sequence[Year] | None = None,
    *,
    levels: Collection[str] = LEVELS,
) -> pd.DataFrame:
    """The verdict on every level of two years, this one first, from the evidence common to both.

    With `whole`, a change must show in all their evidence as well, and the range holds both.
    """
    new, old = (year.scores[year.scores["level"].isin(levels)] for year in common)
    table = pd.DataFrame({"level": new["level"], "before": old["score"], "now": new["score"]})
    table["difference"] = table["now"] - table["before"]
    kinds = [_moves(*years, table.index) for years in (common, whole) if years]
    tested = [id for id in table.index[table["difference"].notna()] if shared.get(id, True)]
    table = table.reindex(columns=COLUMNS).astype({"verdict": object})
    p = {id: two_sided(*(moves[id] for moves, _ in kinds)) for id in tested}
    table["p"] = pd.Series(p, dtype=float)
    tests_of = table.groupby("level")["p"]
    table["p_holm"] = tests_of.transform(holm)
    tests = tests_of.transform(allowed_for)
    lows, highs = {}, {}
    for id in tested:
        level = 1 - (1 - LEVEL) / tests[id]
        ends = [draw_range(moves[id], by[id], level) for moves, by in kinds]
        lows[id], highs[id] = min(low for low, _ in ends), max(high for _, high in ends)
    table["low"], table["high"] = pd.Series(lows, dtype=float), pd.Series(highs, dtype=float)
    enough = _enough_records(*(year.measures for year in common), framework)
    table["verdict"] = [
        _verdict(row, shared.get(id, True), enough[id]) for id, row in table.iterrows()
    ]
    return table


def _moves(now: Year, before: Year, ids: pd.Index) -> tuple[pd.DataFrame, pd.Series]:
    """Draws of the differences, and the differences themselves. NaN where one is not scored."""
    return now.drawn[ids] - before.drawn[ids], now.scores["score"] - before.scores["score"]


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
    years = [
        year.table["records"].where(year.table["state"] == "scored", 0).to_dict()
        for year in (now, before)
    ]
    return {
        id: min(sum(records[i] for i in below) for records in years) >= CHANGE_FLOOR
        for id, below in _below(framework).items()
    }


def _verdict(row: pd.Series, shared: bool, enough: bool) -> str:
    if not shared:
        return "other evidence"
    if np.isnan(row["difference"]):
        return "not scored"
    if not enough or row["p_holm"] >= 1 - LEVEL:
        return "could be chance"
    return "rose" if row["difference"] > 0 else "fell"
