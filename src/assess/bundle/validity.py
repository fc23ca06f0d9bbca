"""Does it measure what it says? A kit for researchers.

Coding: a sample of decisions is coded a second time, by the same person later (test-retest) or by
another (two coders), and the two are compared. Known answers: invented organisations whose true
rates are known. Many organisations: how indicators go together, and what weighs in a score.

`assess validity` does all of it from the command line; the functions are for notebooks.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from assess.assessment import assess_records
from assess.compare import read_scores
from assess.framework import Framework, Indicator, load_framework
from assess.intervals import generator, wilson
from assess.records import AssessError, Period, Records
from assess.schemas import about_columns, fields_of
from assess.uncertainty import weights_in

FEWEST_FOR_FACTORS = 30  # organisations; fewer cannot tell factors from chance
FEWEST_FOR_R = 3  # organisations; through two points there is always a line
RECORDED, BLANK = "recorded", "blank"


# Coding a sample again


@dataclass(frozen=True)
class CodingSample:
    """Decisions drawn to be coded again, both indexed by decision_id with a column a judgement.

    first  the codes the records hold: yes, no, a word of the choice, "recorded" or "blank"
    sheet  the same, empty, for the second coder; `day` and `body` help to find the minutes
    """

    first: pd.DataFrame
    sheet: pd.DataFrame


def judged_columns(framework: Framework) -> list[str]:
    """The columns of decisions that someone fills in with judgement: what tier B needs of them."""
    places = (place for entry in framework.indicators if entry.tier == "B" for place in entry.needs)
    tables = (place.partition(".") for place in places)
    columns = dict.fromkeys(column for table, _, column in tables if table == "decisions")
    return [column for column in columns if column not in ("body", "decided_on", "meeting_id")]


def draw_to_code(
    records: Records,
    *,
    n: int = 10,
    seed: int = 0,
    period: Period | None = None,
    framework: Framework | None = None,
) -> CodingSample:
    """Draw decisions to code again: the same ones for the same seed, whatever the order of rows.

    Raises AssessError where there are fewer than `n`.
    """
    decisions = records.tables["decisions"].set_index("decision_id").sort_index()
    if period is not None:
        decisions = decisions[period.holds(decisions["decided_on"])]
    if len(decisions) < n:
        raise AssessError(f"There are {len(decisions)} decisions, fewer than the {n} asked for.")
    drawn = generator(seed, "coding").choice(len(decisions), n, replace=False)
    return _sample(decisions.iloc[np.sort(drawn)], framework or load_framework())


def sample_again(
    records: Records, sheet: Path | str, *, framework: Framework | None = None
) -> CodingSample:
    """The sample that a filled-in sheet is of. Raises AssessError for decisions not in the records.

    The records are the first coding, so they must be those the sheet was drawn from.
    """
    decisions = records.tables["decisions"].set_index("decision_id").sort_index()
    drawn = _coding(sheet).index
    strange = drawn.difference(decisions.index)
    if len(strange):
        raise AssessError(
            f"{Path(sheet).name}: {len(strange)} of its decisions are not in these records. Name "
            "the records it was drawn from."
        )
    return _sample(decisions.loc[drawn.unique()].sort_index(), framework or load_framework())


def _sample(decisions: pd.DataFrame, framework: Framework) -> CodingSample:
    columns = judged_columns(framework)
    first = pd.DataFrame({column: _coded(decisions[column], column) for column in columns})
    sheet = pd.DataFrame("", index=first.index, columns=columns)
    sheet.insert(0, "day", decisions["decided_on"].dt.strftime("%Y-%m-%d"))
    sheet.insert(1, "body", decisions["body"])
    return CodingSample(first, sheet)


def _coded(cells: pd.Series, column: str) -> pd.Series:
    """What the records say, in the words a second coder uses."""
    kind = about_columns("decisions")[column]["kind"]
    if kind == "yes_no":
        words = cells.map({True: "yes", False: "no"}).astype("str")
    elif kind == "choice":
        words = cells
    else:
        words = cells.notna().map({True: RECORDED, False: None}).astype("str")
    return words.fillna(BLANK)


def words_to_code(framework: Framework | None = None) -> pd.DataFrame:
    """What a coder may write, a row for each column: its title, what it asks, and the words."""
    fields = fields_of("decisions")
    rows = [
        {
            "column": column,
            "title": fields[column].title,
            "what": fields[column].description,
            "words": ", ".join(_words(column)),
        }
        for column in judged_columns(framework or load_framework())
    ]
    return pd.DataFrame(rows)


def _words(column: str) -> list[str]:
    about = about_columns("decisions")[column]
    known = {"yes_no": ["yes", "no"], "choice": list(about.get("codes", {}))}
    return [*known.get(about["kind"], [RECORDED]), BLANK]


def read_coding(path: Path | str, sample: CodingSample) -> pd.DataFrame:
    """A filled-in sheet, as `sample.sheet.to_csv(path)` wrote it. An empty cell was not coded.

    Raises AssessError where it holds decisions or columns that were not drawn, or one twice, or a
    word that no coder can mean.
    """
    coded = _coding(path)
    first = sample.first
    strange = [*coded.index.difference(first.index), *coded.columns.difference(first.columns)]
    if strange or coded.index.has_duplicates:
        what = (
            f"{', '.join(map(str, strange))} not in the sample" if strange else "a decision twice"
        )
        raise AssessError(f"{Path(path).name}: has {what}. Use the sheet that was drawn.")
    coded = coded.apply(lambda column: column.str.strip().str.casefold()).replace("", None)
    for column in coded:
        words = coded[column].dropna()
        unknown = words[~words.isin([word.casefold() for word in _words(column)])]
        if len(unknown):
            raise AssessError(
                f"{Path(path).name}: {column} of {unknown.index[0]} has a word that is none of "
                f"{', '.join(_words(column))}. Write one of these, or leave it empty."
            )
    return coded


def _coding(path: Path | str) -> pd.DataFrame:
    """The codes in a sheet, by decision."""
    try:
        coded = pd.read_csv(path, dtype="str").set_index("decision_id")
    except (OSError, KeyError, ValueError) as fault:
        raise AssessError(
            f"{Path(path).name}: cannot be read as a sheet of codes. Use the one that "
            "`assess validity draw` wrote, saved as CSV."
        ) from fault
    return coded.drop(columns=["day", "body"], errors="ignore")


def agreement(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """How far two codings of the same decisions agree, a row for each column.

    n             decisions that both coded
    agreed        share of them coded alike
    kappa         Cohen's: how much of what chance would not give; NaN where neither coder varies
    low, high     90% range of kappa, from Wilson's range of `agreed`, expected agreement as it is
    """
    rows = {}
    for column in first.columns.intersection(second.columns, sort=False):
        both = pd.concat([first[column], second[column]], axis=1, keys=["first", "second"]).dropna()
        rows[column] = _agreed(both["first"].to_numpy(), both["second"].to_numpy())
    columns = ["n", "agreed", "kappa", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype({"n": "int64"})


def _agreed(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    n = len(first)
    if n == 0:
        return {"n": 0}
    alike = float(np.mean(first == second))
    words = np.union1d(first, second)
    expected = sum(float(np.mean(first == word) * np.mean(second == word)) for word in words)
    row = {"n": n, "agreed": alike}
    if len(words) == 1:
        return row
    low, high = wilson(alike * n, n)
    names = ("kappa", "low", "high")
    shares = (alike, float(low), float(high))
    return row | {
        name: (share - expected) / (1 - expected) for name, share in zip(names, shares, strict=True)
    }


# Known answers


def known_answers(number: int = 12, *, seed: int = 1) -> pd.DataFrame:
    """Invented organisations measured, beside the true rate of each of their habits.

    A row for each scored share of each organisation: truth and value in per cent, the 90% range,
    and whether it holds the truth. About nine rows of ten should. The rates are those of all years,
    so that shares of several years have one truth.
    """
    from assess.synth import characters, write_organisation

    framework = load_framework()
    kinds = list(characters().values())
    rows = []
    with tempfile.TemporaryDirectory(prefix="assess-") as folder:
        for place in range(number):
            kind = kinds[place % len(kinds)].model_copy(update={"rates_before": {}})
            path = Path(folder) / f"{place}"
            write_organisation(kind, path, seed=seed, place=place)
            assessment = assess_records(path, framework, seed=seed, look_back=False)
            table = assessment.measures.table
            rows += [
                {"organisation": kind.organisation.id, "id": id, **row}
                for id, row in _against_truth(table, kind.true_rates(), framework)
            ]
    return pd.DataFrame(
        rows, columns=["organisation", "id", "truth", "value", "low", "high", "held"]
    )


def _against_truth(
    table: pd.DataFrame, truths: dict[str, float], framework: Framework
) -> Iterator[tuple[str, dict[str, float | bool]]]:
    for entry in framework.indicators:
        row = table.loc[entry.id]
        if row["state"] != "scored" or entry.name not in truths or entry.unit != "%":
            continue
        if pd.isna(row["low"]):
            continue
        truth = 100 * truths[entry.name]
        held = bool(row["low"] <= truth <= row["high"])
        numbers = {name: float(row[name]) for name in ("value", "low", "high")}
        yield entry.id, {"truth": truth, **numbers, "held": held}


# Many organisations


def scores_in(place: Path | str) -> pd.DataFrame:
    """The scores of a folder of results, or of a bundle that is unpacked.

    Raises AssessError where it holds none.
    """
    place = Path(place)
    bundled = place / "tables" / "scores.csv"
    paths = [bundled] if bundled.exists() else sorted(place.glob("*/*/scores.csv"))
    if not paths:
        raise AssessError(f"{place}: holds no scores. Name a folder of results, or a bundle.")
    return read_scores(paths)


def study(scores: pd.DataFrame, framework: Framework | None = None) -> dict[str, pd.DataFrame]:
    """All that many organisations show, as tables by name: items, correlations, weights, overlap.

    `components` is there only where 30 organisations have every score.
    """
    framework = framework or load_framework()
    indicators, principles = wide(scores), wide(scores, "principle")
    tables = {
        "items": item_statistics(indicators).rename_axis("id").reset_index(),
        "correlations": correlations(indicators),
        "weights": effective_weights(indicators, principles, framework)
        .rename_axis("id")
        .reset_index(),
        "overlap": overlap(framework).assign(shared=lambda rows: rows["shared"].map("; ".join)),
    }
    with contextlib.suppress(AssessError):
        shares = component_shares(indicators)
        tables["components"] = shares.rename_axis("component").reset_index()
    return tables


def wide(scores: pd.DataFrame, level: str = "indicator") -> pd.DataFrame:
    """Scores with a row for each organisation and period, a column for each indicator (or other
    level). `scores` is the table of scores of a bundle, or several `scores.csv` together."""
    kept = scores[scores["level"] == level]
    # Not pivot_table: it leaves out organisations without any score.
    table = kept.pivot(index=["organisation", "period"], columns="id", values="score")  # noqa: PD010
    return table[list(dict.fromkeys(kept["id"]))]


def item_statistics(table: pd.DataFrame) -> pd.DataFrame:
    """What each indicator's scores look like over organisations, a row each.

    n             organisations with a score
    mean, sd      of the scores; sd NaN under two
    floor, top    shares with 0 and with 100: much of either, and the goalposts tell little apart
    with_rest     correlation with the mean of the principle's other indicators
    with_rest_n   organisations that rests on
    """
    rows = {}
    for id in table.columns:
        scores = table[id].dropna()
        others = [other for other in table.columns if other[0] == id[0] and other != id]
        r, n = correlation(table[id], table[others].mean(axis=1))
        rows[id] = {
            "n": len(scores),
            "mean": scores.mean(),
            "sd": scores.std(),
            "floor": (scores == 0).mean(),
            "top": (scores == 100).mean(),
            "with_rest": r,
            "with_rest_n": n,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def correlation(one: pd.Series, other: pd.Series) -> tuple[float, int]:
    """Pearson's r and the n it rests on. NaN under three, or where one side does not vary."""
    both = pd.concat([one, other], axis=1).dropna().to_numpy()
    if len(both) < FEWEST_FOR_R or (both.std(axis=0) < 1e-12).any():
        return np.nan, len(both)
    return float(np.corrcoef(both.T)[0, 1]), len(both)


def correlations(table: pd.DataFrame) -> pd.DataFrame:
    """Every pair of indicators with its r and n, and whether they are under one principle."""
    rows = [
        (one, other, one[0] == other[0], *correlation(table[one], table[other]))
        for one, other in combinations(table.columns, 2)
    ]
    return pd.DataFrame(rows, columns=["id", "other", "same_principle", "r", "n"])


def component_shares(table: pd.DataFrame) -> pd.Series:
    """Share of the variance of indicators that each principal component takes, largest first.

    Only organisations that have every indicator count. Raises AssessError under 30 of them: what
    a factor analysis finds there is mostly chance.
    """
    whole = table.dropna(axis="columns", how="all").dropna()
    if len(whole) < FEWEST_FOR_FACTORS:
        raise AssessError(
            f"{len(whole)} organisations have a score for every indicator. A factor analysis needs "
            f"{FEWEST_FOR_FACTORS}; with fewer, report correlations with their n."
        )
    whole = whole.loc[:, whole.std() > 0]
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(whole.to_numpy().T))[::-1]
    return pd.Series(eigenvalues / eigenvalues.sum(), name="share")


def effective_weights(
    indicators: pd.DataFrame, principles: pd.DataFrame, framework: Framework
) -> pd.DataFrame:
    """What each indicator is meant to weigh in its principle, and what share of it it drives.

    nominal    its weight in the principle's score, where all are scored
    effective  nominal × covariance with the principle's score ÷ variance of that score. With every
               score known they add up to 1 in each principle: an indicator that is the same for
               all drives nothing, whatever its weight
    n          organisations with both scores
    """
    ids = [entry.id for entry in framework.indicators]
    every = np.ones(len(ids), dtype=bool)
    rows = {}
    for principle in framework.principles:
        nominal = dict(zip(ids, weights_in(principle, ids, every), strict=True))
        for id in (id for id in indicators.columns if nominal.get(id, 0) > 0):
            both = pd.concat([indicators[id], principles[principle.id]], axis=1).dropna()
            rows[id] = {
                "nominal": nominal[id],
                "effective": nominal[id] * _slope(both.to_numpy()),
                "n": len(both),
            }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["nominal", "effective", "n"])


def _slope(both: np.ndarray) -> float:
    """Covariance over the variance of the second column; NaN where that does not vary."""
    if len(both) < FEWEST_FOR_R or both[:, 1].std() < 1e-12:
        return np.nan
    covariance = np.cov(both.T)
    return float(covariance[0, 1] / covariance[1, 1])


def overlap(framework: Framework) -> pd.DataFrame:
    """Pairs of indicators that rest on the same columns, the most alike first.

    `alike` is the columns they share over the columns either needs: at 1 they read the same cells,
    and one habit of filling them in moves both.
    """
    needs = {entry.id: _columns(entry) for entry in framework.indicators}
    rows = [
        (one, other, tuple(sorted(shared)), len(shared) / len(needs[one] | needs[other]))
        for one, other in combinations(needs, 2)
        if (shared := needs[one] & needs[other])
    ]
    table = pd.DataFrame(rows, columns=["id", "other", "shared", "alike"])
    return table.sort_values(["alike", "id", "other"], ascending=[False, True, True])


def _columns(entry: Indicator) -> set[str]:
    return {*entry.needs, *entry.needs_one_of}
