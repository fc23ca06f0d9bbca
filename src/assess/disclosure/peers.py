"""What several organisations may say of themselves in public, and never of one of them.

No organisation is named. A middle needs ten organisations, quartiles twenty; the lowest and the
highest are never shown, because each is one organisation's own number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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
# What an organisation is, each from a fixed list: its field of work is free text and may be a name.
TRAITS = ("governance_model", "legal_form", "size")
CROSSED = ("governance_model", "size")  # one pair only: two tables together can tell of a third
NOT_STATED = ""


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


@dataclass(frozen=True)
class Kinds:
    """Organisations by what they are. None in place of a table that would point to a few.

    middles  trait -> a row for each of its values: `organisations` that have it, to the nearest 5,
             and the middle score of each principle, NaN where it is held back
    crossed  how many have each combination of CROSSED, to the nearest 5
    """

    middles: dict[str, pd.DataFrame | None]
    crossed: pd.DataFrame | None


def kinds(scores: pd.DataFrame, traits: pd.DataFrame) -> Kinds:
    """What may be said in public of the organisations of each kind.

    `traits` is indexed by organisation and has a column for each of TRAITS.
    """
    known = traits.loc[traits.index.isin(scores["organisation"])].fillna(NOT_STATED)
    middles = {trait: _middles_by(scores, known[trait]) for trait in TRAITS}
    return Kinds(middles, cross_table(known[list(CROSSED)]))


def _middles_by(scores: pd.DataFrame, kind: pd.Series) -> pd.DataFrame | None:
    """The middles for each kind; a principle that lacks one lacks them all, lest it be told."""
    counts = kind.value_counts().sort_index()
    if counts.empty or counts.min() < FEWEST:
        return None
    rows = scores[scores["level"] == "principle"]
    by_kind = rows["score"].groupby([rows["organisation"].map(kind), rows["id"]])
    enough = (by_kind.count() >= FEWEST).groupby(level="id").transform("all")
    table = by_kind.median().round().where(enough).unstack()  # noqa: PD010 (keeps gaps)
    table.insert(0, "organisations", rounded(counts.reindex(table.index)))
    return table.rename_axis(index=kind.name, columns=None)


def gaps(lacking: pd.DataFrame) -> pd.DataFrame:
    """Indicators by how many organisations lack the evidence: those that ten or more lack.

    `lacking` has id, title, lacking and of; so has what is given, with counts to the nearest 5.
    """
    counts = [total([1] * int(n)) for n in lacking["lacking"]]
    of = [total([1] * int(n)) for n in lacking["of"]]
    shown = lacking.assign(lacking=counts, of=of).dropna(subset=["lacking", "of"])
    return shown[lacking["of"].loc[shown.index] - lacking["lacking"].loc[shown.index] >= FEWEST]
