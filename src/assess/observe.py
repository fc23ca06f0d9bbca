"""What an indicator saw: the records that bear on it, and whether each one does what is asked.

An indicator function picks rows and marks them; how a share, a range or a trace is worked out
from the marks is said once, for all indicators, in `measure`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

INDICATORS: dict[str, Callable[..., "Observed"]] = {}


def indicator(function: Callable[..., "Observed"]) -> Callable[..., "Observed"]:
    """Register the function that observes the indicator of the same name.

    Its positional arguments name the tables it reads (or `organisation`, `period`); its
    keyword-only arguments are the parameters of the framework's entry.
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
    """

    table: str
    rows: pd.DataFrame
    form: Literal["share", "lowest_to_highest", "fact"]
    value: float = np.nan  # only for a fact; NaN: it could not be observed


def _frame(
    hit: pd.Series,
    of: pd.Series | float,
    cluster: pd.Series | None,
    group: pd.Series | None,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "hit": hit.astype("Float64").astype("float64"),
            "of": of,
            "cluster": cluster,
            "group": group,
        },
        index=hit.index,
    ).astype({"of": "float64"})


def share(
    hit: pd.Series,
    *,
    table: str,
    of: pd.Series | float = 1.0,
    cluster: pd.Series | None = None,
) -> Observed:
    """The part of the rows of `table` that do what is asked. A missing `hit` is not known."""
    return Observed(table, _frame(hit, of, cluster, None), "share")


def lowest_to_highest(
    hit: pd.Series,
    *,
    table: str,
    group: pd.Series,
    of: pd.Series | float = 1.0,
    cluster: pd.Series | None = None,
) -> Observed:
    """The lowest group's share over the highest group's: 1 where all groups are alike."""
    return Observed(table, _frame(hit, of, cluster, group), "lowest_to_highest")


def fact(value: float, *, table: str, rows: pd.Index) -> Observed:
    """A number known in full from `rows` of `table`, such as an index of filled seats."""
    seen = pd.Series(1.0, index=rows)
    return Observed(table, _frame(seen, 1.0, None, None), "fact", value)
