"""Habits of recording that may mislead: one date for everything, a column begun or given up.

They are asked of a whole column, never of one row, and never of a person.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from assess.load.codes import look_up
from assess.schemas import CONTRACTS, about_columns
from assess.validate.findings import Findings

# A date that fills more than half of twenty cells or more is likely to stand for "not known".
MANY_CELLS, MOST = 20, 0.5
# The first of January more often than this, where one day in 365 would be usual.
NEW_YEAR = 0.2
# A column filled in for half as many rows more, or fewer, than the year before.
FEW_ROWS, JUMP = 10, 0.5
# Many rows share these days because many things are done on one day.
SHARED = {("elections", "held_on"), ("participation", "done_on"), ("development", "done_on")}


def check_habits(tables: dict[str, pd.DataFrame], findings: Findings) -> None:
    """Note both habits, wherever they show."""
    for table, rows in tables.items():
        if len(rows) >= min(MANY_CELLS, FEW_ROWS):
            one_date_for_most(table, rows, findings)
            practice_changed(table, _years(table, tables), rows, findings)


def one_date_for_most(table: str, rows: pd.DataFrame, findings: Findings) -> None:
    """No day carries most of a column of dates, and New Year's Day not much of it."""
    dates = [name for name, about in about_columns(table).items() if about["kind"] == "date"]
    for column in dates:
        days = rows[column].dropna().to_numpy().astype("datetime64[D]").astype("int64")
        if len(days) < MANY_CELLS or (table, column) in SHARED:
            continue
        first = days.min()
        counts = np.bincount(days - first)
        day, cells = _day(first + counts.argmax()), counts.max()
        different = _day(first + np.flatnonzero(counts))
        is_first = different == different.astype("datetime64[Y]").astype("datetime64[D]")
        on_new_year = int(counts[counts > 0][is_first].sum())
        if cells / len(days) > MOST:
            what = f"{column} is {day} in {cells:,} of {len(days):,} rows"
        elif on_new_year / len(days) > NEW_YEAR:
            what = f"{column} is a 1 January in {on_new_year:,} of {len(days):,} rows"
        else:
            continue
        remedy = "if that day stands for 'not known', leave those cells empty"
        findings.note_table(table, what, remedy, rule="one date for most", serious=False)


def _day(number: np.integer | np.ndarray) -> np.datetime64 | np.ndarray:
    """Days from their numbers."""
    return number.astype("datetime64[D]")


def _years(table: str, tables: dict[str, pd.DataFrame]) -> pd.Series | None:
    """The year each row of a table belongs to; None for a table without a date of its own."""
    dated_by = CONTRACTS[table].Config.metadata["dated_by"]
    if dated_by is None:
        return None
    other, _, day = dated_by.rpartition(".")
    if not other:
        return tables[table][day].dt.year
    key = next(
        (column, about["refers_to"].partition(".")[2])
        for column, about in about_columns(table).items()
        if about.get("refers_to", "").startswith(f"{other}.")
    )
    years = tables[other].drop_duplicates(key[1]).set_index(key[1])[day].dt.year
    return look_up(tables[table][key[0]], years.astype("category"))


def practice_changed(
    table: str, years: pd.Series | None, rows: pd.DataFrame, findings: Findings
) -> None:
    """No column is filled in for many more, or many fewer, rows than in the year before.

    A date that is still to come leaves the last year's cells empty, so its last fall is not told.
    """
    if years is None:
        return
    years = years.astype("category")
    places, different = years.cat.codes.to_numpy(), years.cat.categories
    of_year = {int(year): places == place for place, year in enumerate(different)}
    sizes = {year: np.count_nonzero(rows) for year, rows in of_year.items()}
    full = [year for year, size in sizes.items() if size >= FEW_ROWS]
    if len(full) < 2:
        return
    for column, about in about_columns(table).items():
        known = rows[column].notna().to_numpy()
        filled = {year: np.count_nonzero(known & of_year[year]) / sizes[year] for year in full}
        for before, after in pairwise(full):
            jump = filled[after] - filled[before]
            to_come = jump < 0 and about["kind"] == "date" and after == full[-1]
            if round(abs(jump), 9) < JUMP or to_come:
                continue
            what = (
                f"{column} is filled in for {filled[before]:.0%} of rows in {before} "
                f"and {filled[after]:.0%} in {after}"
            )
            remedy = "if the way of recording changed, do not compare these years"
            findings.note_table(table, what, remedy, rule="practice changed", serious=False)
