"""What an indicator saw: the records that bear on it, and whether each one does what is asked.

An indicator function picks rows and marks them; how a share, a range or a trace is worked out
from the marks is said once, for all indicators, in `measure`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from assess.load.codes import added_up, as_text, is_in, look_up

__all__ = ["INDICATORS", "Observed", "added_up", "as_text", "due_by", "fact", "indicator", "is_in"]
__all__ += ["known", "look_up", "lowest_to_highest", "share", "unobserved"]

INDICATORS: dict[str, Callable[..., "Observed"]] = {}


def indicator(function: Callable[..., "Observed"]) -> Callable[..., "Observed"]:
    """Register the function that observes the indicator of the same name.

    Its positional arguments name the tables it reads (or `organisation`, `period`, or a table of
    `offices.WORKED_OUT`); its keyword-only arguments are the parameters of the framework's entry.
    `period` is the pooled one where the entry pools years; tables dated by a column come already
    cut to it.
    """
    INDICATORS[function.__name__] = function
    return function


@dataclass(frozen=True)
class Observed:
    """The rows an indicator rests on. `rows` is indexed like `table` and has the columns

    hit      float: how much of `of` counts; NaN where it is not known
    of       float: how much could count (1 for a plain yes or no)
    cluster  the meeting a row belongs to; missing where rows stand alone
    group    the member category, where groups are compared; else missing
    maybe    float: what `hit` would be of a row that is not known to belong here (its own
             `hit` is then NaN); NaN for every other row

    Where `table` is "organisation" the index holds codes from its lists, such as a skill.
    """

    table: str
    rows: pd.DataFrame
    form: Literal["share", "lowest_to_highest", "fact"]
    value: float = np.nan  # only for a fact; NaN: it could not be observed
    reason: str = ""  # why nothing could be observed, in the short codes of `measure`


def _frame(
    hit: pd.Series,
    of: pd.Series | float = 1.0,
    cluster: pd.Series | float | None = None,
    group: pd.Series | float | None = None,
    among: pd.Series | None = None,
) -> pd.DataFrame:
    index = hit.index
    marks = {
        "hit": hit.to_numpy(dtype="float64", na_value=np.nan),
        "of": of.to_numpy(dtype="float64") if isinstance(of, pd.Series) else float(of),
        "cluster": np.nan if cluster is None else cluster,
        "group": np.nan if group is None else group,
        "maybe": np.nan,
    }
    if among is not None:
        unsure = among.isna().to_numpy()
        if unsure.any():
            marks["maybe"] = np.where(unsure, marks["hit"], np.nan)
            marks["hit"] = np.where(unsure, np.nan, marks["hit"])
        kept = unsure | among.to_numpy(dtype=bool, na_value=True)
        index = index[kept]
        marks = {name: one if np.isscalar(one) else one[kept] for name, one in marks.items()}
    # What is the same in all rows is kept once: of ten million rows it would fill gigabytes.
    marks = {
        name: np.broadcast_to(one, len(index)) if np.isscalar(one) else one
        for name, one in marks.items()
    }
    return pd.DataFrame(marks, index=index, copy=False)


def share(
    hit: pd.Series,
    *,
    table: str,
    among: pd.Series | None = None,
    of: pd.Series | float = 1.0,
    cluster: pd.Series | float = np.nan,
) -> Observed:
    """The part of the rows of `table` that do what is asked. A missing `hit` is not known.

    `among` says which rows count; where it is missing, it is not known whether the row counts,
    and the row goes to the number missing and to the bounds, never to the value.
    """
    return Observed(table, _frame(hit, of, cluster, among=among), "share")


def lowest_to_highest(
    hit: pd.Series,
    *,
    table: str,
    group: pd.Series,
    among: pd.Series | None = None,
    of: pd.Series | float = 1.0,
    cluster: pd.Series | float = np.nan,
) -> Observed:
    """The lowest group's share over the highest group's: 1 where all groups are alike.

    Rows of no group are left out.
    """
    rows = _frame(hit, of, cluster, group, among)
    return Observed(table, rows[rows["group"].notna()], "lowest_to_highest")


def fact(value: float, *, table: str, rows: pd.Index) -> Observed:
    """A number known in full from `rows` of `table`, such as an index of filled seats."""
    return Observed(table, _frame(pd.Series(1.0, index=rows)), "fact", value)


def unobserved(reason: str, *, table: str) -> Observed:
    """Nothing could be observed, because something is not stated that no row could make up for."""
    return Observed(table, _frame(pd.Series(dtype="float64")), "share", reason=reason)


def known(hit: pd.Series, *columns: pd.Series) -> pd.Series:
    """`hit`, but missing where a cell it rests on is empty and the empty cell means not known."""
    filled = pd.concat([column.notna() for column in columns], axis=1).all(axis=1)
    return hit.astype("boolean").where(filled)


def due_by(days: pd.Series, end: pd.Timestamp, *, done: pd.Series) -> pd.Series:
    """Which rows count at `end`: their day has come, or they are done.

    What is open and not yet due is neither kept nor broken, and leaves the denominator.
    """
    return (days <= end) | done
