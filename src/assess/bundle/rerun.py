"""Works the numbers of a bundle out again, and names each that comes out otherwise.

From records, where the bundle holds them; else from its measures, as far as those reach.
"""

import hashlib
import json
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from assess.assessment import Assessment, assess_records
from assess.batch.job import RECORD, scores_table, versions
from assess.disclosure import levels_held_back
from assess.framework import SHIPPED, Framework, load_framework
from assess.intervals import wilson
from assess.records import AssessError
from assess.score import score, score_between
from assess.validate import read_records

KEYS = ["organisation", "period", "id"]
MEASURED = [
    *("value", "unit", "value_low", "value_high", "numerator", "denominator", "n_missing"),
    *("records", "worst_value", "best_value"),
]
COUNTS = ["n_missing", "records", "scored_n", "applicable_n"]
WHY_MISSING = {
    "not recorded": "not known",
    "not scored": "not known",
    "raw only": "too few",
    "does not apply": "not applicable",
    "suppressed": "withheld",
    "held back": "withheld",
}
DIGITS = 6  # to which the tables are rounded
SAME = 2e-6  # of two numbers worked out from the same records
NEAR = 0.001  # of scores worked out from measures that were rounded
STEPS = {"%": 1.0, "days": 1.0, "index": 0.1}  # to which published values are rounded; else 0.01
LARGEST = 2 * 1024**3  # bytes of a bundle, unpacked
SHOWN = 20  # differences that are listed


@dataclass(frozen=True)
class Difference:
    """A number in the bundle, and the one that came out."""

    organisation: str
    period: str
    id: str
    column: str
    bundled: object
    again: object

    def __str__(self) -> str:
        return (
            f"{self.organisation}, {self.period}, {self.id}, {self.column}: the bundle says "
            f"{_written(self.bundled)}, it comes out as {_written(self.again)}"
        )


def _written(value: object) -> str:
    if not isinstance(value, str) and pd.isna(value):
        return "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Again:
    """The tables of one organisation and period, worked out again."""

    tables: Mapping[str, pd.DataFrame]  # "measures" and "scores"; NaN where it could not be
    assessment: Assessment | None = None
    from_measures: bool = False

    @property
    def period(self) -> str:
        return str(self.tables["scores"]["period"].iloc[0])


@dataclass(frozen=True)
class Rerun:
    """What became of working a bundle out again."""

    start: str  # "records" or "measures"
    runs: int
    compared: int  # numbers and words held against each other
    unchecked: int  # numbers that this bundle does not hold enough to work out
    differences: tuple[Difference, ...]
    damaged: tuple[str, ...]  # files that are not as they were bundled
    other_versions: tuple[str, ...]  # packages in another version than at the run

    @property
    def same(self) -> bool:
        return not self.differences and not self.damaged

    def lines(self) -> list[str]:
        """What to tell a person."""
        lines = [f"{name} is not as it was bundled" for name in self.damaged]
        lines += [str(each) for each in self.differences[:SHOWN]]
        if len(self.differences) > SHOWN:
            lines.append(f"... and {len(self.differences) - SHOWN} more")
        if self.other_versions:
            lines.append(f"Other versions than at the run: {', '.join(self.other_versions)}")
        same = self.compared - len(self.differences)
        lines.append(
            f"{self.runs} assessments worked out again from {self.start}: {same} numbers came out "
            f"the same, {len(self.differences)} did not."
        )
        if self.unchecked:
            lines.append(
                f"{self.unchecked} ranges could not be checked: they rest on records that this "
                "bundle does not hold."
            )
        return lines


def rerun(path: Path | str) -> Rerun:
    """Work out every number of a bundle again: a folder, or a zip file.

    Raises AssessError where it is not a bundle.
    """
    with _unpacked(Path(path)) as folder:
        framework = load_framework(folder / "framework" / SHIPPED.name)
        bundled = _bundled(folder)
        found, start = [], "measures"
        compared = unchecked = 0
        records = sorted(folder.glob(f"reports/*/*/{RECORD}"))
        if not records:
            raise AssessError(f"{path}: holds no run records, so there is nothing to work out.")
        runs = [json.loads(each.read_text(encoding="utf-8")) for each in records]
        for run in runs:
            mine = {name: of_run(table, run) for name, table in bundled.items()}
            if mine["measures"].empty or mine["scores"].empty:
                raise AssessError(
                    f"{path}: its tables hold nothing of {run['organisation']}, {run['period']}, "
                    "and a run record says they should. It is not as it was bundled."
                )
            place = folder / "records" / _one_name(run["organisation"])
            if place.is_dir():
                again, start = again_from_records(place, run, framework), "records"
            else:
                again = again_from_measures(mine, framework, run["parameters"]["mode"])
            found += differences(mine, again)
            numbers, missing = _counted(mine, again)
            compared, unchecked = compared + numbers, unchecked + missing
        found += _of_no_run(bundled["scores"], runs)
        return Rerun(
            start=start,
            runs=len(runs),
            compared=compared,
            unchecked=unchecked,
            differences=tuple(found),
            damaged=tuple(_damaged(folder)),
            other_versions=tuple(_other_versions(runs)),
        )


# The bundle as it lies there


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    if path.is_dir():
        _refuse_no_bundle(path, path)
        yield path
        return
    if not path.is_file() or not zipfile.is_zipfile(path):
        raise AssessError(f"{path}: is neither a folder nor a zip file.")
    with tempfile.TemporaryDirectory(prefix="assess-") as temporary:
        _unpack(path, Path(temporary))
        _refuse_no_bundle(Path(temporary), path)
        yield Path(temporary)


def _refuse_no_bundle(folder: Path, named: Path) -> None:
    needed = (f"framework/{SHIPPED.name}", "tables/measures.csv", "tables/scores.csv")
    absent = [name for name in needed if not (folder / name).is_file()]
    if absent:
        raise AssessError(f"{named}: is not a bundle of assess; {absent[0]} is missing.")


def _unpack(path: Path, folder: Path) -> None:
    """Unpack a zip file into a folder, and nowhere else."""
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > LARGEST:
            raise AssessError(f"{path}: holds more than a bundle can. It was not unpacked.")
        for entry in entries:
            name = PurePosixPath(entry.filename)
            link = stat.S_ISLNK(entry.external_attr >> 16)
            if name.is_absolute() or ".." in name.parts or "\\" in entry.filename or link:
                raise AssessError(f"{path}: an entry points out of it. It was not unpacked.")
        for entry in entries:
            target = folder / entry.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(entry))


def _one_name(name: object) -> str:
    """An organisation's code as the name of a folder; one that is more is no folder of ours."""
    text = str(name)
    return text if PurePosixPath(text).name == text and text != ".." else "-"


def _bundled(folder: Path) -> dict[str, pd.DataFrame]:
    words = dict.fromkeys(["id", "parent", "reason", "why_missing", *KEYS], "str")
    tables = {}
    for name in ("measures", "scores"):
        table = pd.read_csv(folder / "tables" / f"{name}.csv", dtype=words)
        whole = [column for column in COUNTS if column in table]
        tables[name] = table.astype(dict.fromkeys(whole, "Int64"))
    return tables


def of_run(table: pd.DataFrame, run: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of one organisation and period."""
    mine = (table["organisation"] == run["organisation"]) & (table["period"] == run["period"])
    return table[mine]


def _of_no_run(table: pd.DataFrame, runs: list[dict[str, Any]]) -> list[Difference]:
    """Rows that no run record of the bundle accounts for."""
    known = [(run["organisation"], run["period"]) for run in runs]
    strange = table[~table.set_index(KEYS[:2]).index.isin(known)]
    return [
        Difference(*key, "score", value, np.nan)
        for *key, value in strange[[*KEYS, "score"]].itertuples(index=False, name=None)
    ]


def _damaged(folder: Path) -> Iterator[str]:
    """The files whose hash is not the one listed, and those that are gone."""
    listed = folder / "SHA256SUMS"
    if not listed.is_file():
        yield listed.name
        return
    for line in listed.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = folder / name
        inside = path.resolve().is_relative_to(folder.resolve())
        if not inside or not path.is_file() or _sha256(path) != digest:
            yield name


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _other_versions(runs: list[dict[str, Any]]) -> Iterator[str]:
    now = versions()
    then = {name: version for run in runs for name, version in run["versions"].items()}
    for name, version in then.items():
        if now.get(name) != version:
            yield f"{name} {now.get(name, 'is not installed')} (was {version})"


# Working it out again


def split(whole: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of scores with what they rest on, as two tables: measures, and scores."""
    whole = whole.assign(why_missing=whole["state"].map(WHY_MISSING))
    whole = whole.astype(dict.fromkeys(COUNTS, "Int64"))
    measures = whole.loc[whole["level"] == "indicator"]
    measures = measures[[*KEYS, *MEASURED, "state", "reason", "why_missing"]]
    return measures.reset_index(drop=True), whole.drop(columns=MEASURED)


def again_from_records(place: Path, run: Mapping[str, Any], framework: Framework) -> Again:
    """The tables of one run, from records in a bundle."""
    seed, mode = run["parameters"]["seed"], run["parameters"]["mode"]
    records = read_records(place)  # its codes are pseudonyms already: no key is needed here
    assessment = assess_records(
        records, framework, period=run["period"], seed=seed, look_back=False, mode=mode
    )
    measures, scores = split(scores_table(assessment))
    return Again({"measures": measures, "scores": scores}, assessment)


def again_from_measures(mine: Mapping[str, pd.DataFrame], framework: Framework, mode: str) -> Again:
    """The tables of one run, from its measures: what rests on single records stays NaN.

    A share comes from its numerator and denominator, a fact stands as the bundle has it. Published
    values are rounded, and scored as they are published: there, what is worked out must round to
    the value in the bundle, which then goes on.
    """
    given = mine["measures"].set_index("id")
    given["reason"] = given["reason"].fillna("")
    published = given["unit"].map(STEPS).fillna(0.01) / 2 if mode == "publish" else 0.0
    again = given.assign(**dict(_worked_out(given, framework, published)))
    scores = score(SimpleNamespace(table=again), framework)
    if mode == "publish":
        scores = levels_held_back(scores, framework)
    scores = _with_ranges(scores, given.assign(value=again["value"]), framework)
    first = mine["scores"].iloc[0]
    whole = scores.join(again[MEASURED]).rename_axis("id").reset_index()
    whole = whole.assign(organisation=first["organisation"], period=first["period"])
    measures, scores = split(whole)
    return Again({"measures": measures, "scores": scores}, from_measures=True)


def _worked_out(
    given: pd.DataFrame, framework: Framework, nearness: pd.Series | float
) -> Iterator[tuple[str, pd.Series]]:
    """Values and their ranges, from numerators and denominators; the given one where it is near."""
    known = given["value"].notna() & given["numerator"].notna() & (given["denominator"] > 0)
    scale = np.where(given["unit"] == "%", 100.0, 1.0)
    alone = np.array([framework.indicator(id).range == "wilson" for id in given.index])
    alone &= (known & (given["unit"] == "%")).to_numpy()
    low, high = wilson(given["numerator"], given["denominator"])
    value = given["value"].where(~known, scale * given["numerator"] / given["denominator"])
    found = {"value": value}
    found["value_low"] = pd.Series(np.where(alone, scale * low, np.nan), given.index)
    found["value_high"] = pd.Series(np.where(alone, scale * high, np.nan), given.index)
    for name, column in found.items():
        near = (column - given[name]).abs() <= nearness + 1e-9
        yield name, column.where(~near, given[name])


def _with_ranges(
    scores: pd.DataFrame, measures: pd.DataFrame, framework: Framework
) -> pd.DataFrame:
    """Ranges of the scores of indicators, from those of their values; NaN for levels above."""
    ranges = {}
    for entry in framework.indicators:
        row = measures.loc[entry.id]
        if row["state"] == "scored":
            ends = [row["value"], row["value_low"], row["value_high"]]
            ranges[entry.id] = score_between(np.nanmin(ends), np.nanmax(ends), entry)
    nothing = (np.nan, np.nan)
    low, high = zip(*(ranges.get(id, nothing) for id in scores.index), strict=True)
    return scores.assign(low=low, high=high)


# Holding one against the other


def differences(mine: Mapping[str, pd.DataFrame], again: Again) -> list[Difference]:
    """Every cell of the bundle's tables of one run that comes out otherwise."""
    found = []
    for name, table in mine.items():
        bundled, worked_out = _side_by_side(table, again.tables[name])
        for column in bundled:
            for key in bundled.index[_differ(bundled[column], worked_out[column], again)]:
                pair = bundled[column].get(key, np.nan), worked_out[column].get(key, np.nan)
                found.append(Difference(*key, column, *pair))
    return list({(each.id, each.column): each for each in reversed(found)}.values())[::-1]


def _side_by_side(table: pd.DataFrame, again: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables with the same rows and columns; a row that one lacks is empty there."""
    bundled, worked_out = table.set_index(KEYS), again.set_index(KEYS)
    rows = bundled.index.union(worked_out.index, sort=False)
    columns = list(bundled.columns)
    return bundled.reindex(rows), worked_out.reindex(index=rows, columns=columns)


def _differ(bundled: pd.Series, again: pd.Series, whole: Again) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(bundled):
        return (bundled.fillna("").astype("str") != again.fillna("").astype("str")).to_numpy()
    one, other = (side.to_numpy(dtype="float64", na_value=np.nan) for side in (bundled, again))
    nearness = NEAR if whole.from_measures else SAME
    same = np.isclose(one, other, rtol=0, atol=nearness, equal_nan=True)
    if whole.from_measures and bundled.name in RANGES:
        same |= np.isnan(other)  # it could not be worked out from here
    return ~same


RANGES = ("low", "high", "value_low", "value_high")


def _counted(mine: Mapping[str, pd.DataFrame], again: Again) -> tuple[int, int]:
    """How many filled cells were held against each other, and how many could not be."""
    compared = unchecked = 0
    for name, table in mine.items():
        bundled, worked_out = _side_by_side(table, again.tables[name])
        filled = bundled.notna()
        compared += int(filled.to_numpy().sum())
        if again.from_measures:
            open_ranges = [column for column in RANGES if column in bundled]
            unknown = filled[open_ranges] & worked_out[open_ranges].isna()
            unchecked += int(unknown.to_numpy().sum())
    return compared - unchecked, unchecked
