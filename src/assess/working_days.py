"""Working days: Monday to Friday without the bank holidays of England and Wales."""

from functools import cache

import numpy as np
import pandas as pd


@cache
def _bank_holidays(year: int) -> tuple[str, ...]:
    import holidays  # slow to import, and only needed once a deadline is counted

    return tuple(day.isoformat() for day in holidays.country_holidays("GB", "ENG", years=year))


@cache
def _calendar(years: frozenset[int]) -> np.busdaycalendar:
    return np.busdaycalendar(holidays=[day for year in years for day in _bank_holidays(year)])


def _calendar_for(*days: pd.Series) -> np.busdaycalendar:
    years = pd.concat(days).dt.year.dropna().astype(int).unique()
    # A deadline may fall in the next year, and a day may be moved back into the one before.
    return _calendar(frozenset(year + step for year in years.tolist() for step in (-1, 0, 1)))


def _dates(days: pd.Series) -> np.ndarray:
    return days.to_numpy().astype("datetime64[D]")


def working_days_after(days: pd.Series, number: int) -> pd.Series:
    """The `number`-th working day after each of `days`, which is not itself counted.

    A missing day stays missing.
    """
    given = days.dropna()
    calendar = _calendar_for(given)
    moved = np.busday_offset(_dates(given), number, roll="backward", busdaycal=calendar)
    return pd.Series(moved, index=given.index, dtype="datetime64[ns]").reindex(days.index)


def working_days_between(first: pd.Series, last: pd.Series) -> pd.Series:
    """Working days between two days, neither of which counts: notice given, meeting held.

    Zero where `last` does not come after `first`; NaN where either is missing.
    """
    given = first.notna() & last.notna()
    first, last = first[given], last[given]
    after = _dates(first) + np.timedelta64(1, "D")
    between = np.busday_count(after, _dates(last), busdaycal=_calendar_for(first, last))
    return pd.Series(between, index=first.index, dtype="float64").clip(lower=0).reindex(given.index)
