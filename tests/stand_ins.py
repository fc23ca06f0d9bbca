"""A small framework and made-up measures, for tests of what comes after measuring."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from assess.observe import Observed, share


@dataclass(frozen=True)
class Entry:
    """Stands in for an indicator of the framework: 0% scores 0 and 100% scores 100."""

    id: str
    goalposts: tuple = ((0.0, 100.0), (0.0, 100.0))
    weight: float = 1.0
    range: str = "wilson"
    unit: str = "%"

    @property
    def name(self):
        return "indicator_" + self.id.replace(".", "_")

    @property
    def title(self):
        return f"Indicator {self.id}"


def group(id, children, *, weight=1.0):
    """A supporting principle of indicators, or a principle of supporting principles."""
    key = "indicators" if isinstance(children[0], Entry) else "supporting"
    return SimpleNamespace(id=id, title=f"Title {id}", weight=weight, **{key: tuple(children)})


def framework(*principles):
    supporting = tuple(s for p in principles for s in p.supporting)
    return SimpleNamespace(
        title="Test framework",
        principles=principles,
        supporting_principles=supporting,
        indicators=tuple(i for s in supporting for i in s.indicators),
    )


def measures(values, *, states=None, observed=None, bounds=None):
    """`values`: id -> value. A value of NaN is not recorded unless `states` says otherwise."""
    states, bounds = states or {}, bounds or {}
    rows = {}
    for id, value in values.items():
        default = "not recorded" if np.isnan(value) else "scored"
        worst, best = bounds.get(id, (np.nan, np.nan))
        rows[id] = {
            "value": value,
            "low": np.nan,
            "high": np.nan,
            "state": states.get(id, default),
            "reason": "",
            "worst_value": worst,
            "best_value": best,
        }
    return SimpleNamespace(
        table=pd.DataFrame.from_dict(rows, orient="index"), observed=observed or {}
    )


def yes_no(hits, meetings=None) -> Observed:
    """A share of yes or no rows, each in the meeting given; without one, rows stand alone."""
    cluster = None if meetings is None else pd.Series(meetings, dtype="str")
    return share(pd.Series(hits, dtype="float64"), table="decisions", cluster=cluster)
