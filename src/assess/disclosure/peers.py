"""What several organisations may say of themselves in public, and never of one of them.

No organisation is named. A middle needs ten organisations, quartiles twenty; the lowest and the
highest are never shown, because each is one organisation's own number.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from assess.disclosure.suppression import rounded
from assess.records import AssessError

FEWEST = 10  # organisations behind a median, a total or a cell
FEWEST_QUARTILES = 20
LARGEST_SHARE = 0.5  # of a total that one organisation may make up
WITHIN = 0.1  # of the largest's own number: nobody may come closer to it from the total
COLUMNS = ["title", "organisations", "lower", "median", "upper"]


def middles(scores: pd.DataFrame) -> pd.DataFrame:
    """For each principle: organisations scored, to the nearest 5, and their middle and quartiles.

    `scores` has a row for each organisation and level. Whole numbers; NaN where too few stand
    behind one.
    """
    rows = scores[scores["level"] == "principle"]
    parts = {key: part for key, part in rows.groupby("id")}
    table = pd.DataFrame.from_dict(
        {key: _middle(part) for key, part in parts.items()}, orient="index", columns=COLUMNS
    )
    return table.rename_axis("id")


def read_middles(path: Path | str) -> pd.DataFrame:
    """The middles of a comparison to publish, from its file. Raises AssessError for another."""
    try:
        table = pd.read_csv(path, dtype={"id": "str"})
    except (OSError, ValueError) as fault:
        raise AssessError(
            f"{Path(path).name}: the middles of similar organisations cannot be read."
        ) from fault
    if not {"id", "median", "organisations"} <= set(table.columns):
        raise AssessError(
            f"{Path(path).name} holds no middles. Name comparison.csv of a run with --mode publish."
        )
    return table.set_index("id")


def _middle(rows: pd.DataFrame) -> dict[str, object]:
    known = rows["score"].dropna()
    row: dict[str, object] = {"title": rows["title"].iloc[0]}
    if len(known) >= FEWEST:
        row |= {"organisations": float(rounded(len(known))), "median": round(known.median())}
    if len(known) >= FEWEST_QUARTILES:
        row |= {"lower": round(known.quantile(0.25)), "upper": round(known.quantile(0.75))}
    return row


def total(parts: Iterable[float]) -> float:
    """The sum of what each organisation adds, to the nearest 5; NaN where it must be held back."""
    known = np.array([part for part in parts if part > 0], dtype=float)
    if len(known) < FEWEST or dominated(known) or nearly_told(known):
        return float("nan")
    return float(rounded(known.sum()))


def dominated(parts: Iterable[float]) -> bool:
    """Whether one organisation makes up more than half of the total."""
    known = np.asarray(list(parts), dtype=float)
    return bool(len(known)) and known.max() > LARGEST_SHARE * known.sum()


def nearly_told(parts: Iterable[float]) -> bool:
    """Whether the second largest, knowing its own number, could come within 10% of the largest."""
    ordered = np.sort(np.asarray(list(parts), dtype=float))[::-1]
    if len(ordered) < 2:
        return bool(len(ordered))
    return bool(ordered[2:].sum() < WITHIN * ordered[0])


def cross_table(attributes: pd.DataFrame) -> pd.DataFrame | None:
    """How many organisations have each combination of two attributes, to the nearest 5.

    None where any combination, also one that nobody has, is of fewer than ten: "multi-stakeholder,
    care, Wales" can be a name.
    """
    first, second = attributes.columns
    counts = pd.crosstab(attributes[first], attributes[second])
    if counts.empty or counts.to_numpy().min() < FEWEST:
        return None
    return counts.map(lambda count: float(rounded(count)))


def gaps(lacking: pd.DataFrame) -> pd.DataFrame:
    """Indicators by how many organisations lack the evidence: those that ten or more lack.

    `lacking` has id, title, lacking and of; so has what is given, with counts to the nearest 5.
    """
    counts = [total([1] * int(n)) for n in lacking["lacking"]]
    of = [total([1] * int(n)) for n in lacking["of"]]
    shown = lacking.assign(lacking=counts, of=of).dropna(subset=["lacking", "of"])
    return shown[lacking["of"].loc[shown.index] - lacking["lacking"].loc[shown.index] >= FEWEST]
