"""Measures: what each indicator saw in one period, as numbers with a range, bounds and a state.

The tables are cut to the period once, every indicator is observed on them, and the marks it made
are added up here in the same way for all.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import assess.indicators  # noqa: F401  (registers the functions)
from assess.framework import Framework, Indicator, check_functions
from assess.intervals import draw_range, groups_of, observed_draws, value_of_counts, wilson
from assess.observe import INDICATORS, Observed, is_in
from assess.offices import WORKED_OUT
from assess.records import Period, Records
from assess.schemas import CONTRACTS

FLOORS_INTERNAL = {"members": 10, "role-holders": 5}  # people; framework.md 6.2

COLUMNS = (
    *("name", "value", "numerator", "denominator", "n_missing", "low", "high", "state", "reason"),
    *("missing_columns", "records", "size", "minimum", "unit", "worst_value", "best_value"),
)

Array = NDArray[np.float64]
Read = Callable[[str, Indicator], Any]


@dataclass(frozen=True)
class Measures:
    """One row an indicator, by id, and the rows each rests on.

    name             the indicator's name
    value            in the indicator's unit; NaN where nothing is known or it may not be shown
    numerator        what counts; for the lowest over the highest group, the lowest share (%)
    denominator      what could count; for the same, the highest share (%)
    n_missing        rows about which it is not known whether they count
    low, high        90% range of the value; NaN where it is known in full
    state            scored, raw only, suppressed, not recorded or does not apply
    reason           why not scored, as a short code; empty where scored
    missing_columns  the empty columns it needs, as "table.column"
    records          how many rows with a known answer it rests on
    size             what is held against `minimum`: the denominator, rows, or smallest group
    worst_value      the value if every row not known counted against it
    best_value       the value if every row not known counted for it

    `observed` has no entry for what is not recorded or does not apply.
    """

    table: pd.DataFrame
    observed: Mapping[str, Observed]


def measure(
    records: Records,
    framework: Framework,
    period: Period,
    *,
    seed: int = 0,
    floors: Mapping[str, int] = FLOORS_INTERNAL,
) -> Measures:
    """Measure every indicator of the framework for one period.

    `floors`: the fewest members, and people with seats, about whom a number may be shown. The
    draws behind some ranges are set by `seed` alone, whatever the order of the rows. Raises
    AssessError where the framework names an indicator that has no function.
    """
    check_functions(framework, INDICATORS)
    read = _read_once(records, period)
    rows: dict[str, dict[str, Any]] = {}
    observed: dict[str, Observed] = {}
    for entry in framework.indicators:
        row, seen = _measured(entry, records, read, floors)
        rows[entry.id] = {"name": entry.name, "minimum": entry.minimum, "unit": entry.unit} | row
        if seen is not None:
            observed[entry.id] = seen
    _add_ranges(rows, observed, framework, seed)
    return Measures(_table(rows), observed)


def _table(rows: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    counts = ["n_missing", "records"]
    numbers = ["value", "numerator", "denominator", "low", "high", "size", "minimum"]
    numbers += ["worst_value", "best_value"]
    table = table.astype(dict.fromkeys(numbers, "float64"))
    return table.assign(**{name: table[name].fillna(0).astype("int64") for name in counts})


# Which rows: each table cut to the period by the day it is dated by.


def _read_once(records: Records, period: Period) -> Read:
    """A function that gives an indicator what it asks for by name, worked out once for all."""

    @cache
    def cut(table: str, dated_by: str | None, years: int) -> pd.DataFrame:
        rows = records.tables[table]
        if dated_by is None:
            return rows
        other, _, day = dated_by.rpartition(".")
        if not other:
            return rows[period.pooled(years).holds(rows[day])]
        key, other_key = _reference(table, other)
        return rows[is_in(rows[key], cut(other, day, years)[other_key])]

    @cache
    def read(name: str, dated_by: tuple[tuple[str, str], ...], years: int) -> Any:
        if name in WORKED_OUT:
            work_out = WORKED_OUT[name]
            return work_out(*(read(part, dated_by, years) for part in _asks(work_out)))
        if name == "organisation":
            return records.organisation
        if name == "period":
            return period.pooled(years)
        usual = CONTRACTS[name].Config.metadata["dated_by"]
        return cut(name, dict(dated_by).get(name, usual), years)

    return lambda name, entry: read(name, tuple(sorted(entry.dated_by.items())), entry.years)


@cache
def _asks(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of what a function reads: its arguments but for those after the star."""
    parameters = inspect.signature(function).parameters.items()
    return tuple(name for name, each in parameters if each.kind is not each.KEYWORD_ONLY)


@cache
def _reference(table: str, other: str) -> tuple[str, str]:
    """The column of `table` that refers to `other`, and the column there that it refers to."""
    for name, column in CONTRACTS[table].to_schema().columns.items():
        refers_to, _, other_key = (column.metadata or {}).get("refers_to", "").partition(".")
        if refers_to == other:
            return name, other_key
    raise KeyError(f"no column of {table} refers to {other}")


# What is seen, and the state that follows.


def _measured(
    entry: Indicator, records: Records, read: Read, floors: Mapping[str, int]
) -> tuple[dict[str, Any], Observed | None]:
    if obstacle := entry.obstacle(records.organisation):
        return {"state": "does not apply", "reason": obstacle, "missing_columns": ()}, None
    if missing := entry.missing_columns(records):
        absent = all(not records.given.get(place.partition(".")[0]) for place in missing)
        reason = "no table" if absent else "no column"
        return {"state": "not recorded", "reason": reason, "missing_columns": missing}, None
    row: dict[str, Any] = {"missing_columns": ()}
    empty = any(read(table, entry).empty for table in _needed(entry))
    if empty or entry.lacks_rows(records):
        return row | {"state": "not recorded", "reason": "no rows"}, None
    function = INDICATORS[entry.name]
    seen = function(*(read(name, entry) for name in _asks(function)), **entry.parameters)
    seen = _unsure_where_unreadable(seen, entry, records)
    if seen.reason:
        return row | {"state": "not recorded", "reason": seen.reason}, None
    row |= _numbers(entry, seen)
    row["state"], row["reason"] = _state(entry, row, floors)
    if row["state"] == "not recorded":
        return row, None
    return row if row["state"] != "suppressed" else row | _hidden(), seen


def _needed(entry: Indicator) -> set[str]:
    return {place.partition(".")[0] for place in entry.needs}


def _hidden() -> dict[str, float]:
    """What a suppressed row must not show."""
    shown = ("value", "numerator", "denominator", "size", "n_missing", "records")
    return dict.fromkeys((*shown, "worst_value", "best_value"), np.nan)


def _unsure_where_unreadable(seen: Observed, entry: Indicator, records: Records) -> Observed:
    """What was seen, but not known for rows in which a cell it rests on could not be read.

    Such a cell was filled in: to take it for a blank would count it as not done.
    """
    columns = [place.partition(".")[2] for place in entry.needs if _is_of(place, seen.table)]
    lost = records.unreadable.get(seen.table, {})
    rows = [lost[column] for column in columns if column in lost]
    if not rows or seen.form == "fact":
        return seen
    unsure = seen.rows.index.isin(np.concatenate(rows)) & seen.rows["maybe"].isna()
    return replace(seen, rows=seen.rows.assign(hit=seen.rows["hit"].mask(unsure)))


def _is_of(place: str, table: str) -> bool:
    return place.partition(".")[0] == table


def _state(entry: Indicator, row: Mapping[str, Any], floors: Mapping[str, int]) -> tuple[str, str]:
    people = row["people"]
    if entry.people and 0 < people < floors.get(entry.people, 0):
        return "suppressed", "floor"
    if row["records"] == 0 and row["n_missing"] > 0:
        return "not recorded", "not known"
    if np.isnan(row["value"]):
        return "raw only", "nothing to compare" if row["records"] else "none"
    if row["size"] < entry.minimum:
        return "raw only", "few"
    return "scored", ""


# The numbers.


def _numbers(entry: Indicator, seen: Observed) -> dict[str, Any]:
    scale = 100.0 if entry.unit == "%" else 1.0
    unknown = int(np.isnan(seen.rows["hit"].to_numpy()).sum())
    row = {"records": len(seen.rows) - unknown, "n_missing": unknown}
    if seen.form == "fact":
        ends = dict.fromkeys(("value", "worst_value", "best_value"), seen.value)
        nothing = {"numerator": np.nan, "denominator": np.nan}
        return row | ends | nothing | {"size": row["records"], "people": row["records"]}
    sums = [_added_up(part) for part in groups_of(seen).values()]
    hit, of, worst, best = np.array(sums, dtype=float).reshape(-1, 4).T
    ends = _bounds(worst, best) if seen.form == "lowest_to_highest" else (worst[0], best[0])
    compared = seen.form == "share" or (of > 0).sum() > 1
    value = scale * value_of_counts(seen.form, hit, of) if compared else np.nan
    row |= {"value": value, "worst_value": scale * ends[0], "best_value": scale * ends[1]}
    # The smallest group's denominator; 0 where there are not two groups to compare.
    sizes = {"rows": row["records"], "each group": of.min() if len(of) > 1 else 0.0}
    return row | _counts(seen, hit, of) | {"size": sizes.get(entry.minimum_of, of.sum())}


def _counts(seen: Observed, hit: Array, of: Array) -> dict[str, float]:
    if seen.form == "share":
        return {"numerator": hit.sum(), "denominator": of.sum(), "people": of.sum()}
    shares = 100 * hit[of > 0] / of[of > 0]
    lowest, highest = (shares.min(), shares.max()) if len(shares) else (np.nan, np.nan)
    people = of.min() if len(of) else 0
    return {"numerator": lowest, "denominator": highest, "people": people}


def _added_up(rows: pd.DataFrame) -> tuple[float, float, float, float]:
    """Hits, denominator, and the share if every row not known counted against it, and for it."""
    marks, weights = rows["hit"].to_numpy(), rows["of"].to_numpy()
    known = ~np.isnan(marks)
    hit, of = marks[known].sum(), weights[known].sum()
    if known.all():
        share = hit / of if of > 0 else np.nan
        return hit, of, share, share
    rest, perhaps = weights[~known], rows["maybe"].to_numpy()[~known]
    if of == 0 or np.isnan(rest).any():  # without known rows, or their weight, nothing holds
        return hit, of, 0.0, 1.0
    sure = np.isnan(perhaps)
    whole = of + rest[sure].sum()
    maybe = perhaps[~sure], rest[~sure]
    best = _with(*maybe, hit + rest[sure].sum(), whole, against=False)
    return hit, of, _with(*maybe, hit, whole, against=True), best


def _with(hits: np.ndarray, weights: np.ndarray, hit: float, of: float, *, against: bool) -> float:
    """The share with those rows added that may belong and would pull it down, or up."""
    pulls = hits * of < hit * weights if against else hits * of > hit * weights
    return (hit + hits[pulls].sum()) / (of + weights[pulls].sum())


def _bounds(worst: Array, best: Array) -> tuple[float, float]:
    """Furthest and nearest the lowest and highest group could be, each group within its bounds."""
    compared = ~np.isnan(best)  # a group of no weight has no share
    worst, best = worst[compared], best[compared]
    if len(worst) < 2 or best.max() == 0:
        return np.nan, np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = worst[:, None] / best
    np.fill_diagonal(apart, np.nan)  # a group is not compared with itself
    together = best.min() / worst.max() if worst.max() > 0 else 1.0
    return min(float(np.nanmin(apart)), 1.0), min(float(together), 1.0)


# The ranges.


def _add_ranges(
    rows: dict[str, dict[str, Any]],
    observed: Mapping[str, Observed],
    framework: Framework,
    seed: int,
) -> None:
    """Wilson's range for a share whose rows stand alone; draws for the rest; none where exact."""
    kinds = {id: framework.indicator(id).range for id in observed}
    varies = [
        id
        for id, seen in observed.items()
        if kinds[id] != "exact" and seen.form != "fact" and not np.isnan(rows[id]["value"])
    ]
    alone = [id for id in varies if kinds[id] == "wilson" and observed[id].form == "share"]
    for id in alone:
        low, high = wilson(rows[id]["numerator"], rows[id]["denominator"])
        scale = 100.0 if rows[id]["unit"] == "%" else 1.0
        rows[id] |= {"low": scale * float(low), "high": scale * float(high)}
    drawn = observed_draws({id: observed[id] for id in varies if id not in alone}, kinds, seed=seed)
    for id, draws in drawn.items():
        scale = 100.0 if rows[id]["unit"] == "%" else 1.0
        low, high = draw_range(draws * scale, rows[id]["value"])
        rows[id] |= {"low": low, "high": high}
