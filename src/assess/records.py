"""What the steps hand on: the records, the period they are read for, and their problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import pandas as pd

from assess.schemas.organisation import Organisation


class AssessError(Exception):
    """A fault the reader can mend. Its text says where, what, and what to do."""


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One fault in the records, in a secretary's words. Never holds a row's personal content.

    A serious one cost a cell, a row or a table; any other is something to look at, and what was
    written is used as it stands.
    """

    source: str  # "members.csv", or "records.xlsx, sheet Members"
    row: int | None  # as the spreadsheet shows it; None: the whole table
    column: str | None
    what: str  # reads on after the column's name: "'Staf' is not one of staff, supported"
    remedy: str = ""
    serious: bool = field(default=True, compare=False)
    rule: str = field(default="", compare=False)  # what was broken, the same word for every row
    letters: str = field(default="", compare=False)  # of a workbook's column, such as C
    heading: str = field(default="", compare=False)  # of that column, as its reader sees it
    # of thousands that are alike only the first stand alone: then how many rows, and the last
    times: int = field(default=1, compare=False)
    last_row: int | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        """The file or sheet, and the cell or row where there is one."""
        if self.row is None:
            return self.source
        return f"{self.source}, {'cell' if self.letters else 'row'} {self.letters}{self.row}"

    def __str__(self) -> str:
        name = f"“{self.heading}”" if self.heading else self.column
        subject = f"{name} {self.what}" if name else self.what
        return f"{self.place}: {subject}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass(frozen=True)
class Period:
    """The days an assessment covers, first and last included."""

    start: pd.Timestamp
    end: pd.Timestamp

    @classmethod
    def parse(cls, text: str) -> Self:
        """A year ("2025") or two ISO days ("2025-04-01/2026-03-31").

        Raises AssessError for anything else.
        """
        first, _, last = text.partition("/")
        if not last and len(first) == 4:
            first, last = f"{first}-01-01", f"{first}-12-31"
        try:
            start = pd.to_datetime(first, format="%Y-%m-%d")
            end = pd.to_datetime(last, format="%Y-%m-%d")
        except ValueError:
            start = end = pd.NaT
        if pd.isna(start) or pd.isna(end) or end < start:
            raise AssessError(
                f"The period '{text}' cannot be read. Write a year, such as 2025, "
                "or two dates, such as 2025-04-01/2026-03-31."
            )
        return cls(start, end)

    @classmethod
    def ending(cls, end: pd.Timestamp) -> Self:
        """The twelve months that end on `end`."""
        return cls(end - pd.DateOffset(years=1) + pd.Timedelta(days=1), end)

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d}/{self.end:%Y-%m-%d}"

    @property
    def slug(self) -> str:
        """A name for a folder: the year where it is a calendar year, else both days."""
        year = f"{self.start:%Y}"
        return year if str(self) == f"{year}-01-01/{year}-12-31" else str(self).replace("/", "_")

    def pooled(self, years: int) -> "Period":
        """The `years` years that end with this period."""
        return Period(self.start - pd.DateOffset(years=years - 1), self.end)

    def previous(self) -> "Period":
        """The period of the same length just before this one."""
        year_before = pd.DateOffset(years=1)
        return Period(self.start - year_before, self.start - pd.Timedelta(days=1))

    def holds(self, days: pd.Series) -> pd.Series:
        """Which of `days` fall in the period. A missing day does not."""
        return days.between(self.start, self.end)


@dataclass(frozen=True)
class Records:
    """One organisation's records after validation: typed, bad cells blanked, problems kept."""

    organisation: Organisation
    tables: Mapping[str, pd.DataFrame]  # one per contract, empty where not given; index: sheet row
    given: Mapping[str, frozenset[str]]  # table -> columns that hold at least one value
    sources: Mapping[str, str]  # table -> file, or file and sheet
    inputs: Mapping[str, str]  # file name -> SHA-256 of its bytes
    problems: tuple[Problem, ...] = ()
    # records that contradict each other, or a habit of recording that may mislead; no errors
    consistency: tuple[Problem, ...] = ()
    # how headings and words were read: table -> "headings" -> as written -> column, and
    # table -> "words" -> column -> as written -> choice
    mapping: Mapping[str, Mapping[str, Mapping]] = field(default_factory=dict)
    # rows left out: file or sheet, row, what was broken
    excluded: tuple[tuple[str, int, str], ...] = ()
    # table -> column -> rows whose cell was filled in but could not be used: missing, not blank
    unreadable: Mapping[str, Mapping[str, pd.Index]] = field(default_factory=dict)

    def latest_period(self) -> Period:
        """The twelve months up to the end of the month of the last meeting or decision.

        Raises AssessError where no meeting and no decision is dated.
        """
        days = pd.concat(
            [self.tables["meetings"]["held_on"], self.tables["decisions"]["decided_on"]]
        )
        if days.isna().all():
            raise AssessError(
                f"{self.organisation.id}: no meeting or decision has a date, so there is no period "
                "to assess. Fill in held_on in meetings, or decided_on in decisions."
            )
        return Period.ending((days.max() + pd.offsets.MonthEnd(0)).normalize())
