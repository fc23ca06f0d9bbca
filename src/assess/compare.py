"""Several organisations: their scores, where each could stand, what most do not record.

Organisations are compared to find someone to learn from. No order is given without its range.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from assess.assessment import Assessment, assess_records
from assess.disclosure import peers
from assess.disclosure.peers import Kinds
from assess.intervals import DRAWS, LEVEL, generator
from assess.load import find_organisations
from assess.pseudonyms import hmac_of, key_of
from assess.records import AssessError
from assess.schemas.organisation import Organisation

FEWEST = 5  # organisations with a score, before their order is shown
HALF_WIDTH = 1.645  # standard deviations from the middle to the end of a 90% range
SCORES = ["organisation", "id", "level", "title", "score", "low", "high", "state"]


@dataclass(frozen=True)
class Results:
    """What there is to compare.

    status   a row for each organisation: organisation, name, state, period, message
    scores   a row for each organisation and each indicator, supporting principle and principle
    traits   what each organisation is (see `peers.TRAITS`), indexed by organisation
    """

    status: pd.DataFrame
    scores: pd.DataFrame
    peers: pd.DataFrame | None = None  # to publish: middles in place of single organisations
    gaps: pd.DataFrame | None = None  # to publish: what many do not record
    you: str = ""  # whose own copy this is: then the others are letters
    traits: pd.DataFrame | None = None  # not in a copy that leaves: what it is can name one
    kinds: Kinds | None = None  # to publish: middles by what organisations are


def published(results: Results) -> Results:
    """What may be said in public: nothing of a single organisation."""
    return Results(
        status=results.status.iloc[:0],
        scores=results.scores.iloc[:0],
        peers=peers.middles(results.scores),
        gaps=peers.gaps(common_gaps(results)),
        kinds=None if results.traits is None else peers.kinds(results.scores, results.traits),
    )


def gather(
    source: Path | str,
    *,
    period: str = "",
    seed: int = 0,
    mode: str = "internal",
    you: str = "",
) -> Results:
    """The results that `assess run` wrote to a folder, or those of the records in a folder.

    To publish, only what `published` gives. Raises AssessError where nothing can be compared.
    """
    source = Path(source)
    written = source / "status.csv"
    results = _read(source) if written.exists() else _assessed(source, period, seed, mode)
    if results.scores.empty:
        raise AssessError(
            f"{source}: no organisation there could be assessed, so there is nothing to compare. "
            "Name a folder of records, or of results from 'assess run'."
        )
    if mode != "internal":
        return published(results)
    return own_copy(results, you) if you else results


def own_copy(results: Results, you: str) -> Results:
    """The results as one organisation may see them: only its own name, and letters for the others.

    Letters differ from copy to copy and rows stand in their order. They are drawn with the
    organisation's own key: with the seed alone anyone could draw them again. Raises AssessError
    where `you` was not compared.
    """
    if you not in set(results.scores["organisation"]):
        raise AssessError(f"{you}: no such organisation among those compared.")
    others = sorted({*results.status["organisation"], *results.scores["organisation"]} - {you})
    drawn = hmac_of(key_of(you))
    order = sorted(others, key=lambda organisation: drawn(organisation.encode()))
    codes = {organisation: letters(n) for n, organisation in enumerate(order)} | {you: you}
    status = results.status.assign(organisation=results.status["organisation"].map(codes))
    theirs = status["organisation"] != you
    # A period or a message can say as much as a name.
    hidden = [name for name in ("name", "period", "message", "folder") if name in status]
    status[hidden] = status[hidden].mask(theirs, "")
    scores = results.scores.assign(organisation=results.scores["organisation"].map(codes))
    scores = scores.drop(columns="period", errors="ignore")
    place = {code: n for n, code in enumerate([you, *map(letters, range(len(others)))])}
    return Results(*(_in_order(table, place) for table in (status, scores)), you=you)


def letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ... for 0, 1, ..."""
    head = letters(number // 26 - 1) if number >= 26 else ""
    return head + chr(ord("A") + number % 26)


def _in_order(table: pd.DataFrame, place: dict[str, int]) -> pd.DataFrame:
    order = table["organisation"].map(place).sort_values(kind="stable").index
    return table.loc[order].reset_index(drop=True)


def teachers(results: Results) -> pd.DataFrame:
    """Whom each organisation could ask: organisation, id, title, score, teachers.

    id is its lowest principle; `teachers` are those whose whole range on it is above its own, the
    highest first. Those with no such teacher are left out.
    """
    rows = results.scores[results.scores["level"] == "principle"].dropna(subset=["score"])
    highest_first = rows.sort_values("score", ascending=False, kind="stable")
    others = {id: part[["organisation", "low"]] for id, part in highest_first.groupby("id")}
    lowest = rows.loc[rows.groupby("organisation", sort=False)["score"].idxmin()]
    asked = []
    for id, own_high in zip(lowest["id"], lowest["high"], strict=True):
        above = (others[id]["low"] > own_high).to_numpy()
        asked.append(tuple(others[id]["organisation"].to_numpy()[above]))
    found = lowest[["organisation", "id", "title", "score"]].assign(teachers=asked)
    return found[found["teachers"].map(len) > 0].reset_index(drop=True)


def _read(folder: Path) -> Results:
    status = pd.read_csv(folder / "status.csv", dtype="str", keep_default_na=False)
    paths = [folder / place / "scores.csv" for place in status["folder"] if place]
    scores = read_scores(paths) if paths else pd.DataFrame()
    return Results(status, scores, traits=_traits(folder, status["folder"]))


def read_scores(paths: Iterable[Path]) -> pd.DataFrame:
    """The rows of all the tables of scores. Tables with the same headings are read as one."""
    rows: dict[str, list[str]] = {}
    for path in paths:
        headings, _, lines = path.read_text(encoding="utf-8").partition("\n")
        rows.setdefault(headings, []).append(lines)
    types = {"id": "str", "parent": "str"}
    tables = [
        pd.read_csv(StringIO("\n".join([headings, *parts])), dtype=types)
        for headings, parts in rows.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _traits(folder: Path, places: Iterable[str]) -> pd.DataFrame:
    """What each organisation is, from the records of its runs."""
    records = [folder / place / "run.json" for place in places if place]
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in records if path.exists()]
    return _as_traits({run["organisation"]: run.get("traits", {}) for run in runs})


def _as_traits(found: Mapping[str, Mapping[str, str | None]]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(found, orient="index", columns=list(peers.TRAITS), dtype="str")
    return table.rename_axis("organisation")


def traits_of(organisation: Organisation) -> dict[str, str | None]:
    """What an organisation is, in the words of its contract."""
    return organisation.model_dump(include=set(peers.TRAITS))


def _assessed(folder: Path, period: str, seed: int, mode: str) -> Results:
    rows, tables, traits = [], [], {}
    for source in find_organisations([folder]):
        row = {"organisation": source.name, "name": "", "period": "", "message": ""}
        try:
            assessment = assess_records(
                source, period=period, seed=seed, look_back=False, mode=mode
            )
        except AssessError as fault:
            rows.append(row | {"state": "failed", "message": str(fault)})
            continue
        organisation = assessment.organisation
        row |= {"organisation": organisation.id, "name": organisation.name}
        rows.append(row | {"state": "assessed", "period": str(assessment.period)})
        tables.append(score_rows(assessment))
        traits[organisation.id] = traits_of(organisation)
    scores = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return Results(pd.DataFrame(rows), scores, traits=_as_traits(traits))


def score_rows(assessment: Assessment) -> pd.DataFrame:
    """The scores of one organisation as rows, with its id in each."""
    rows = assessment.scores.rename_axis("id").reset_index()
    return rows.assign(organisation=assessment.organisation.id)[SCORES]


def profiles(results: Results) -> pd.DataFrame:
    """Scores of the principles: a row for each organisation, a column for each principle."""
    rows = results.scores[results.scores["level"] == "principle"]
    return rows.set_index(["organisation", "id"])["score"].unstack()  # noqa: PD010 (keeps gaps)


def titles(results: Results) -> dict[str, str]:
    """Titles of the principles by id."""
    rows = results.scores[results.scores["level"] == "principle"]
    return dict(zip(rows["id"], rows["title"], strict=True))


def evidence(results: Results) -> pd.DataFrame:
    """For each organisation: indicators found, and how many apply to it."""
    rows = results.scores[results.scores["level"] == "indicator"]
    grouped = rows["state"].groupby(rows["organisation"])
    return pd.DataFrame(
        {
            "found": grouped.agg(lambda states: (states == "scored").sum()),
            "needed": grouped.agg(lambda states: (states != "does not apply").sum()),
        }
    )


def ranks(results: Results, principle: str, *, seed: int = 0, draws: int = DRAWS) -> pd.DataFrame:
    """Where each scored organisation could stand on one principle: name, low, middle, high.

    1 is the highest score. Draws come from each score's own range, with half of them on each side
    of it. Organisations without a score are left out.
    """
    rows = results.scores[results.scores["id"] == principle].dropna(subset=["score"])
    rng = generator(seed, "ranks", principle)
    z = rng.standard_normal((draws, len(rows))) / HALF_WIDTH
    score, low, high = (rows[name].to_numpy(dtype=float) for name in ("score", "low", "high"))
    drawn = score + np.where(z > 0, z * (high - score), z * (score - low))
    # Scores that are alike share the mean of their places, so none of them is put before another.
    places = pd.DataFrame(-np.clip(drawn, 0, 100)).rank(axis=1).to_numpy()
    ends = [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2]
    low_rank, middle, high_rank = np.quantile(places, ends, axis=0)
    table = {"name": rows["organisation"], "low": low_rank, "middle": middle, "high": high_rank}
    return pd.DataFrame(table).reset_index(drop=True)


def common_gaps(results: Results) -> pd.DataFrame:
    """Indicators by how many organisations lack the evidence: id, title, lacking, of."""
    rows = results.scores[results.scores["level"] == "indicator"]
    rows = rows[rows["state"] != "does not apply"]
    lacking = (rows["state"] != "scored").groupby(rows["id"])
    table = pd.DataFrame({"lacking": lacking.sum(), "of": lacking.size()})
    table.insert(0, "title", rows.groupby("id")["title"].first())
    table = table[table["lacking"] > 0].reset_index()
    share = -table["lacking"] / table["of"]
    return table.loc[share.sort_values(kind="stable").index]
