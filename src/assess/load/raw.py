"""What was written: the tables as text, and the few things every kind of file shares."""

import difflib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from assess.records import AssessError, Problem
from assess.schemas import CONTRACTS, about_columns

if TYPE_CHECKING:
    from assess.load.texts import Texts

# Ten million rows of attendance take about 300 MB; a larger file is the wrong file.
MAX_TABLE_BYTES = 1_000_000_000
# Stands in a cell whose formula has no value: such a cell is not blank.
NO_VALUE = "#FORMULA!"
# Days outside these years are slips of the pen, or stand for "never".
FIRST_YEAR, LAST_YEAR = 1800, 2199
# Headings are looked for among so many filled rows.
TITLE_ROWS = 15
# The widest contract has 38 columns; room is left for a wide sheet with one column a meeting.
MAX_COLUMNS = 1000


@dataclass(frozen=True)
class RawTable:
    """One table as written. Columns are its headings; the index is the spreadsheet's row."""

    source: str  # "members.csv", or "records.xlsx, sheet Members"
    rows: pd.DataFrame


@dataclass(frozen=True)
class LargeTable:
    """A table of very many rows on its way to a RawTable, once all tables' codes are known."""

    source: str
    index: pd.RangeIndex  # the spreadsheet's rows
    columns: Mapping[str, "pd.Series | Texts"]  # by heading: typed, or texts still to be listed


@dataclass(frozen=True)
class RawRecords:
    """One organisation's records as written, and what was wrong with the files themselves."""

    path: Path
    organisation: dict[str, Any] | None = None  # None: not given, or it could not be read
    organisation_source: str = "organisation.yaml"
    tables: Mapping[str, RawTable] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)  # file name -> SHA-256 of its bytes
    broken: frozenset[str] = frozenset()  # what was given but could not be read
    own_words: Any = None  # what headings.yaml says (synonyms.OwnWords); None: there is none


class UnreadableError(AssessError):
    """A file or sheet that is there and cannot be read. Carries the problem to report."""

    def __init__(self, source: str, what: str, remedy: str, row: int | None = None) -> None:
        super().__init__(what)
        self.problem = Problem(source, row, None, what, remedy, rule="unreadable")


def plain(text: object) -> str:
    """A heading, file name or choice without case, spaces, hyphens or underscores."""
    return _plain(str(text))


@lru_cache(maxsize=10_000)  # the same few hundred words stand in every sheet
def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


TABLE_NAMES = {plain(name): name for name in (*CONTRACTS, "organisation")} | {
    plain(contract.Config.title): name for name, contract in CONTRACTS.items()
}


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be; None where none is close."""
    by_plain = {plain(one): one for one in known}
    found = difflib.get_close_matches(plain(word)[:60], by_plain, n=1, cutoff=0.75)
    return by_plain[found[0]] if found else None


def _is_required(table: str) -> bool:
    return table in CONTRACTS and CONTRACTS[table].Config.metadata["required"]


REQUIRED = tuple(name for name in CONTRACTS if _is_required(name))


def columns_of(table: str) -> list[str]:
    """The columns of a contract, without building its pandera schema."""
    return list(CONTRACTS[table].__annotations__)


def kind_of(table: str, column: str | None) -> str:
    """The kind of a column; empty where the column is not known and need not be read."""
    return about_columns(table)[column]["kind"] if column else ""


def read_bytes(path: Path, *, inside: Path, limit: int) -> bytes:
    """The bytes of a file that is really in the folder and no larger than `limit`."""
    if not path.resolve().is_relative_to(inside.resolve()):
        raise UnreadableError(
            path.name, "is a link to a place outside the folder", "put the file itself here"
        )
    if not path.is_file():
        raise UnreadableError(path.name, "is not a file", "remove it, or put the file in its place")
    if path.stat().st_size > limit:
        what = f"is larger than {limit / 1e6:,.0f} MB, the most that is read"
        raise UnreadableError(
            path.name, what, "check that it is the right file, or split the records"
        )
    try:
        return path.read_bytes()
    except OSError:
        raise UnreadableError(
            path.name, "cannot be opened", "close it in other programs and check who may read it"
        ) from None


def empty(source: str) -> Problem:
    """The problem of a file or sheet without a single filled cell."""
    return Problem(
        source, None, None, "is empty", "put the headings in the first row", rule="empty"
    )


def table_of(
    grid: pd.DataFrame, source: str, known: Container[str] = ()
) -> tuple[RawTable | None, list[Problem]]:
    """The table in a grid of text.

    The first row with anything in it holds the headings, unless a row under it holds more of
    those that are known, as under a title. Two rows of headings are read as one.
    """
    if grid.empty:
        return None, [empty(source)]
    filled = np.zeros(len(grid), dtype=bool)
    for column in grid:
        filled |= (grid[column].str.strip() != "").to_numpy()
        if filled.all():  # most often after the first
            break
    else:
        grid = grid[filled]
    if grid.empty:
        return None, [empty(source)]
    first, last, headings = find_headings(grid.head(TITLE_ROWS).to_numpy().tolist(), known)
    width = max((place for place, heading in enumerate(headings, 1) if heading), default=0)
    body = grid.iloc[last + 1 :]
    problems = _surplus_cells(body, width, source)
    if first:
        what = f"has its headings in row {grid.index[first]}; what stands above them was left out"
        problems.append(Problem(source, None, None, what, serious=False, rule="title rows"))
    rows = body.iloc[:, :width].set_axis(headings[:width], axis="columns")
    if rows.empty:
        what = "has headings and no rows"
        remedy = "add the rows, or leave the file out if there is nothing to record"
        problems.append(Problem(source, None, None, what, remedy, serious=False, rule="no rows"))
    return RawTable(source, rows), problems


def matches(text: pd.Series, pattern: str) -> np.ndarray:
    """Which cells match a pattern whole, in capitals or small letters.

    Arrow matches a million cells in the time in which pandas makes Python strings of them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from assess.load.codes import ends_in_numbers, is_coded, of_categories

    if is_coded(text):
        texts = text.cat.categories
        if ends_in_numbers(texts) and len(texts) > 100:
            return np.zeros(len(text), dtype=bool)
        return of_categories(text, matches(texts.to_series(), pattern))
    if text.dtype != "str":  # dates, numbers, yes and no
        return np.zeros(len(text), dtype=bool)
    cells = pa.array(text, type=pa.large_string())
    found = pc.match_substring_regex(cells, rf"(?i)^\s*(?:{pattern})\s*$")
    return found.fill_null(False).to_numpy(zero_copy_only=False)


def find_headings(rows: list[list[str]], known: Container[str]) -> tuple[int, int, list[str]]:
    """The places of the first and last row of headings, and the headings."""
    rows = [[" ".join(str(cell).split()).strip("\ufeff") for cell in row] for row in rows]
    counts = [sum(plain(cell) in known for cell in row) for row in rows]
    best = 0 if counts[0] > 1 or max(counts) < 2 else counts.index(max(counts))
    if best + 1 < len(rows) and _goes_on(rows[best], rows[best + 1], known):
        return best, best + 1, _merged(rows[best], rows[best + 1], known)
    if best and counts[best - 1]:
        return best - 1, best, _merged(rows[best - 1], rows[best], known)
    return best, best, rows[best]


def _goes_on(upper: list[str], lower: list[str], known: Container[str]) -> bool:
    """Whether a row goes on with the headings: it begins empty, as under a merged cell."""
    if lower[0] or not any(lower):
        return False
    below = [(cell, f"{over} {cell}") for over, cell in _over(upper, lower) if cell]
    return all(any(plain(one) in known for one in readings) for readings in below)


def _over(upper: list[str], lower: list[str]) -> Iterator[tuple[str, str]]:
    """Each cell of the lower row with what stands over it; a merged cell is over all it covers."""
    over = ""
    for above, below in zip(upper, lower, strict=True):
        over = above or (over if below else "")
        yield over, below


def _merged(upper: list[str], lower: list[str], known: Container[str]) -> list[str]:
    """One heading a column of two rows."""
    headings = []
    for above, (over, below) in zip(upper, _over(upper, lower), strict=True):
        readings = [f"{over} {below}", below, above]
        headings.append(next((one for one in readings if plain(one) in known), below or above))
    return headings


def _surplus_cells(body: pd.DataFrame, width: int, source: str) -> list[Problem]:
    surplus = body.iloc[:, width:]
    if surplus.empty:
        return []
    places = np.arange(1, surplus.shape[1] + 1)
    cells = width + ((surplus != "") * places).max(axis=1)
    cells = cells[cells > width]
    in_workbook = ", sheet " in source
    remedy = (
        "give every filled column a heading"
        if in_workbook
        else "put quotation marks round a text that holds the separator"
    )
    return [
        Problem(
            source, row, None, f"has {n} cells under {width} headings", remedy, rule="many cells"
        )
        for row, n in zip(cells.index.tolist(), cells.tolist(), strict=True)
    ]


def stray(source: str, name: str, ending: str = "") -> Problem:
    """The problem of a file or sheet whose name is no table's."""
    meant = near(name, CONTRACTS)
    remedy = f"did you mean {meant}{ending}?" if meant else "rename it if it holds records"
    what = "is not the name of a table, and was left out"
    return Problem(source, None, None, what, remedy, serious=meant is not None, rule="stray file")


def second_table(source: str, first: str) -> Problem:
    """The problem of a file or sheet for a table that `first` has given already."""
    what = f"holds the same table as {first}, and was left out"
    return Problem(source, None, None, what, "put all rows in one of them", rule="second table")
