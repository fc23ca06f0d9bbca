"""The problems met so far, and what they cost: cells that stand as missing, rows left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby, repeat

import pandas as pd

from assess.records import Problem

# Faults of one kind in one column that are printed before the rest are only counted.
PRINTED = 5
# Findings of one kind that are kept one by one. Nobody reads a million, but they fill the memory.
KEPT = 10_000


@dataclass
class Findings:
    """What validation has found in one organisation's records. It only ever grows."""

    sources: dict[str, str]  # table -> file, or file and sheet
    problems: list[Problem] = field(default_factory=list)
    excluded: list[tuple[str, int, str]] = field(default_factory=list)
    unreadable: dict[str, dict[str, pd.Index]] = field(default_factory=dict)

    # table -> column -> its letters and heading, where the table stands in a workbook
    places: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    # table -> "headings" or "words" -> how what was written was read
    mapping: dict[str, dict[str, dict]] = field(default_factory=dict)

    broken: set[str] = field(default_factory=set)  # tables that are there and cannot be read

    def note(
        self,
        table: str,
        rows: Iterable[int],
        column: str | None,
        what: str | Iterable[str],
        remedy: str | Iterable[str] = "",
        *,
        rule: str,
        serious: bool = True,
    ) -> None:
        """One problem for each of `rows`; `what` and `remedy` are one text, or one for each.

        What is not serious cost nothing, so after the first thousands one stands for all others.
        """
        rows = pd.Index(rows)
        kept = rows if serious or len(rows) <= KEPT else rows[: KEPT + 1]
        whats = repeat(what) if isinstance(what, str) else what
        remedies = repeat(remedy) if isinstance(remedy, str) else remedy
        source, place = self.sources[table], self.place_of(table, column)
        found = [
            Problem(source, int(row), column, what, remedy, serious, rule, *place)
            for row, what, remedy in zip(kept, whats, remedies, strict=False)
        ]
        if len(rows) > len(kept):
            rest = rows[KEPT:]
            found[-1] = replace(found[-1], times=len(rest), last_row=int(rest.max()))
        self.problems += found

    def note_faults(self, table: str, column: str, faults: pd.Series) -> None:
        """One problem for each cell that could not be read. `faults` is indexed by row."""
        source, place = self.sources[table], self.place_of(table, column)
        self.problems += [
            Problem(source, row, column, fault.what, fault.remedy, True, fault.rule, *place)
            for row, fault in zip(faults.index.tolist(), faults.array, strict=True)
        ]

    def note_table(
        self, table: str, what: str, remedy: str = "", *, rule: str, serious: bool = True
    ) -> None:
        """One problem of a whole table."""
        self.problems.append(Problem(self.sources[table], None, None, what, remedy, serious, rule))

    def place_of(self, table: str, column: str | None) -> tuple[str, str]:
        """The letters and the heading of a column in its sheet; both empty in a CSV file."""
        return self.places.get(table, {}).get(column or "", ("", ""))

    def read_as(self, table: str, kind: str, column: str, written: str, read: str) -> None:
        """Remember how a heading, or a word of a column, was read."""
        about = self.mapping.setdefault(table, {"headings": {}, "words": {}})
        place = about["headings"] if kind == "headings" else about["words"].setdefault(column, {})
        place.setdefault(written, read)

    def break_table(self, table: str) -> None:
        """Remember a table that cannot be read. Its single rows are then not worth a line."""
        self.broken.add(table)
        self.problems = [
            problem
            for problem in self.problems
            if problem.source != self.sources[table] or problem.row is None
        ]

    def cannot_read(self, table: str, column: str, rows: pd.Index) -> None:
        """Remember cells that were filled in and stand as missing."""
        if rows.empty:
            return
        columns = self.unreadable.setdefault(table, {})
        columns[column] = columns.get(column, pd.Index([], dtype="int64")).union(rows)

    def cells_lost(self, table: str, column: str) -> pd.Index:
        """The rows of `table` whose cell in `column` could not be used."""
        return self.unreadable.get(table, {}).get(column, pd.Index([], dtype="int64"))

    def leave_out(self, table: str, rows: pd.Index, rule: str) -> None:
        """Remember rows that are left out of the records."""
        source = self.sources[table]
        self.excluded += [(source, row, rule) for row in rows.tolist()]


def lines_of(problems: Iterable[Problem]) -> list[str]:
    """Problems by file, kind and column, serious ones first; of each kind the first few."""
    lines = []
    for (source, *_), alike in groupby(sorted(problems, key=_kind), key=_kind):
        rows = list(alike)
        shown = rows if len(rows) <= PRINTED + 1 else rows[:PRINTED]
        lines += [str(problem) for problem in shown]
        if more := rows[len(shown) :]:
            times = sum(problem.times for problem in more)
            lines.append(f"{source}: and {times:,} more like this{_from_row_to_row(more)}")
    return lines


def _kind(problem: Problem) -> tuple[bool, str, str, str]:
    return (problem.source, not problem.serious, problem.column or "", problem.rule)


def _from_row_to_row(problems: list[Problem]) -> str:
    rows = [problem.row for problem in problems if problem.row is not None]
    last = [problem.last_row for problem in problems if problem.last_row is not None]
    return f" in rows {min(rows)} to {max(rows + last)}" if rows else ""
