"""One organisation assessed: records and framework in; measures, scores, gates and claims out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from assess.change import changes
from assess.claims import COLUMNS as CLAIM_COLUMNS
from assess.claims import claims_table
from assess.disclosure import changes_told, disclose
from assess.framework import Framework, load_framework
from assess.gates import COLUMNS as GATE_COLUMNS
from assess.gates import check_gates
from assess.measure import FLOORS_INTERNAL, Measures, measure
from assess.pseudonyms import key_of, pseudonymise
from assess.records import Period, Records
from assess.schemas.organisation import Organisation
from assess.score import score
from assess.taking_part import group_shares
from assess.uncertainty import add_ranges, all_draws, draws
from assess.validate import read_records

MOST_YEARS = 5  # looked at in one assessment, its own among them


@dataclass(frozen=True)
class Assessment:
    """What one organisation's records show for one period, and what it all rests on."""

    records: Records
    framework: Framework
    period: Period
    measures: Measures
    scores: pd.DataFrame
    draws: pd.DataFrame  # scores that could have been: see `uncertainty.all_draws`
    gates: pd.DataFrame  # told of the latest period alone, as are the claims: empty for others
    claims: pd.DataFrame
    seed: int = 0
    previous: "Assessment | None" = None
    groups: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # see `taking_part`
    counts: Mapping[str, Any] = field(default_factory=dict)  # see `row_counts`
    mode: str = "internal"  # or publish: then every number here is one that may be published

    @property
    def organisation(self) -> Organisation:
        return self.records.organisation

    @cached_property
    def principles(self) -> pd.DataFrame:
        """The six rows of the scorecard."""
        return principles(self.scores)

    @cached_property
    def changes(self) -> pd.DataFrame | None:
        """What became of each principle since the period before; None where there is none."""
        if self.previous is None:
            return None
        found = changes(self, self.previous)
        return found if self.mode == "internal" else changes_told(found, self, self.previous)

    @cached_property
    def gaps(self) -> pd.DataFrame:
        return gaps(self.measures, self.records)

    @cached_property
    def gains(self) -> pd.DataFrame:
        """What would move the scores most: see `sensitivity.gains`."""
        from assess.robustness.sensitivity import gains  # takes part of a second to import

        return gains(self.measures, self.framework, self.scores)

    @cached_property
    def years(self) -> tuple["Assessment", ...]:
        """This period and those before it that the records reach back to, the earliest first."""
        return (*(self.previous.years if self.previous else ()), self)

    def trace(self, indicator: str) -> pd.DataFrame:
        """The source rows of one indicator, by sheet row, and how much of each counted.

        For the organisation's own eyes. Empty where nothing was recorded.
        """
        observed = self.measures.observed.get(self.framework.indicator(indicator).id)
        if observed is None:
            return pd.DataFrame(columns=["source", "row", "hit", "of", "cluster", "group"])
        rows = observed.rows.rename_axis("row").reset_index()
        rows.insert(0, "source", self.records.sources.get(observed.table, observed.table))
        return rows


def assess_records(
    records: Records | Path | str,
    framework: Framework | None = None,
    period: Period | str = "",
    previous: Period | str = "",
    *,
    seed: int = 0,
    look_back: bool = True,
    mode: str = "internal",
) -> Assessment:
    """Assess records for a period (empty: the latest twelve months) and the periods before it.

    Earlier periods, up to MOST_YEARS in all, are scored anew by the same method. They are left out
    where the records do not reach back to them, or without `look_back`. Where `previous` is given
    it is the only one. What it gives is what `mode` lets be seen: see
    `disclosure`. Raises AssessError where there is nothing to assess.

    Asked again about the same files and the shipped framework, it gives the same assessment, since
    a batch asks for its tables what each notebook has asked already. Do not change it in place.
    """
    if isinstance(records, Records) or framework is not None:
        if not isinstance(records, Records):
            records = _read(Path(records))
        assessment = _assess_afresh(records, framework, period, previous, seed, look_back)
        return disclose(assessment, mode)
    path = Path(records)
    return _assess_once(path, _stamp(path), period, previous, seed, look_back, mode)


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the files an organisation's records are in."""
    files = sorted(path.iterdir()) if path.is_dir() else [path] if path.exists() else []
    stats = [(file.name, file.stat()) for file in files if file.exists()]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _read(path: Path) -> Records:
    """Records with pseudonyms for people's codes: from here on nobody is named."""
    records = read_records(path)
    folder = path if path.is_dir() else path.parent
    return pseudonymise(records, key_of(records.organisation.id, records=folder))


@lru_cache(maxsize=1)
def _assess_once(
    path: Path,
    stamp: tuple[tuple[str, int, int], ...],  # other files, another assessment
    period: Period | str,
    previous: Period | str,
    seed: int,
    look_back: bool,
    mode: str,
) -> Assessment:
    return disclose(_assess_afresh(_read(path), None, period, previous, seed, look_back), mode)


def _assess_afresh(
    records: Records,
    framework: Framework | None,
    period: Period | str,
    previous: Period | str,
    seed: int,
    look_back: bool,
) -> Assessment:
    framework = framework or load_framework()
    period = _period(period) or records.latest_period()
    given = _period(previous)
    earlier = _earlier(records, period) if look_back else []
    before = None
    # Another seed: draws that shared their random numbers would make a change look too certain.
    for back, year in reversed(list(enumerate([given] if given else earlier, start=1))):
        before = _assess(records, framework, year, seed=seed + back, previous=before)
    latest = _assess(records, framework, period, seed=seed, previous=before)
    claims = claims_table(records.organisation, framework, latest.scores, latest.draws)
    return replace(latest, gates=check_gates(records, framework, period), claims=claims)


def _earlier(records: Records, period: Period) -> list[Period]:
    """The periods of the same length before this one, the latest first, up to the first gap."""
    found: list[Period] = []
    while len(found) < MOST_YEARS - 1:
        period = period.previous()
        if not _reaches_back(records, period):
            break
        found.append(period)
    return found


def _period(given: Period | str) -> Period | None:
    if isinstance(given, Period):
        return given
    return Period.parse(given) if given else None


def _reaches_back(records: Records, period: Period) -> bool:
    """Whether meetings or decisions are recorded in both halves of the period."""
    tables = records.tables
    days = pd.concat([tables["meetings"]["held_on"], tables["decisions"]["decided_on"]])
    middle = period.start + (period.end - period.start) / 2
    halves: Sequence[Period] = (Period(period.start, middle), Period(middle, period.end))
    return all(half.holds(days).any() for half in halves)


def _assess(
    records: Records,
    framework: Framework,
    period: Period,
    *,
    seed: int,
    previous: Assessment | None,
) -> Assessment:
    measures = measure(records, framework, period, seed=seed, floors=_floors(records))
    scores = score(measures, framework)
    drawn = all_draws(draws(measures, framework, seed=seed), scores, framework)
    scores = add_ranges(scores, measures, framework, drawn=drawn)
    return Assessment(
        records=records,
        framework=framework,
        period=period,
        measures=measures,
        scores=scores,
        draws=drawn,
        gates=pd.DataFrame(columns=GATE_COLUMNS),
        claims=pd.DataFrame(columns=CLAIM_COLUMNS),
        seed=seed,
        previous=previous,
        groups=group_shares(records, framework, measures.observed),
        counts=row_counts(records, measures),
    )


def _floors(records: Records) -> dict[str, int]:
    """The fewest people about whom the board's own copy shows a number."""
    smallest = records.organisation.smallest_group
    return {"role-holders": smallest, "members": max(smallest, FLOORS_INTERNAL["members"])}


def row_counts(records: Records, measures: Measures) -> dict[str, Any]:
    """Rows read and used of each table, rows left out, and cells and rows with problems."""
    used: dict[str, set[int | str]] = {}
    for seen in measures.observed.values():
        used.setdefault(seen.table, set()).update(seen.rows.index)
    return {
        "read": {name: len(rows) for name, rows in records.tables.items() if len(rows)},
        "used": {name: len(rows) for name, rows in sorted(used.items())},
        "left_out": len(records.excluded),
        "problems": sum(problem.serious for problem in records.problems),
    }


def principles(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of the principles, with how many of their indicators were found, of how many."""
    indicators = scores[scores["level"] == "indicator"]
    counts = indicators.groupby(indicators.index.str[0])[["scored_n", "applicable_n"]].sum()
    counts = counts.set_axis(["found", "needed"], axis="columns")
    return scores[scores["level"] == "principle"].join(counts)


def gaps(measures: Measures, records: Records) -> pd.DataFrame:
    """What is not recorded, the most telling first: what (columns or a sheet), adds, indicators.

    `adds` is how many indicators would be measured if that alone were recorded. A sheet that is
    not kept at all counts as one thing to record.
    """
    lacking = {
        key: frozenset(_unit(place, records) for place in places)
        for key, places in measures.table["missing_columns"].items()
        if measures.table.loc[key, "state"] == "not recorded" and len(places)
    }
    rows = []
    for units in sorted(set(lacking.values()), key=sorted):
        ids = tuple(key for key, needed in lacking.items() if needed <= units)
        rows.append({"what": tuple(sorted(units)), "adds": len(ids), "indicators": ids})
    table = pd.DataFrame(rows, columns=["what", "adds", "indicators"])
    effort = table["what"].map(len)
    order = pd.DataFrame({"worth": -table["adds"] / effort, "effort": effort})
    return table.loc[order.sort_values(["worth", "effort"], kind="stable").index]


def _unit(place: str, records: Records) -> str:
    table = place.partition(".")[0]
    return place if records.given.get(table) else table
