"""Reads Excel workbooks: one sheet a table, each cell as the text a CSV file would hold."""

import contextlib
import datetime
import hashlib
import html
import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from assess.load.organisation_sheets import organisation_of, organisation_part, put_together
from assess.load.raw import (
    MAX_COLUMNS,
    NO_VALUE,
    REQUIRED,
    RawRecords,
    RawTable,
    UnreadableError,
    plain,
    read_bytes,
    second_table,
    stray,
    table_of,
)
from assess.load.synonyms import OwnWords, known_headings, sheet_names, without_examples
from assess.records import Problem

# A workbook of fourteen full sheets has stayed under 60 MB; larger ones hold something else.
MAX_WORKBOOK_BYTES = 200_000_000
# A sheet holds at most a million rows; unpacked, such a sheet of ours stays under 1 GB.
MAX_UNPACKED_BYTES = 2_000_000_000
# The area that the reader lays out in memory, cell by cell, whether filled or not.
MAX_CELLS = 50_000_000
SCAN_BYTES = 4_000_000

# A part that is mostly one value packs a hundred times smaller; a thousand times is no records.
MAX_RATIO, SMALL_BYTES = 400, 50_000_000
# How files of old Office, and workbooks locked with a password, begin.
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What zipfile raises, by the place where a byte is wrong.
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError)
DAMAGED += (RuntimeError, EOFError, OSError)

MEND = "open it in your spreadsheet, take off any password, and save it as .xlsx again"

_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
# A formula without the value it came to, and a cell that shows an error such as #N/A.
_VALUELESS = re.compile(
    rb"""<c\b[^>]*?\br="([A-Z]+[0-9]+)"[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*"""
    rb"""(?:<v\s*/>|<v></v>)?\s*</c>"""
)
_ERROR = re.compile(
    rb"""<c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]+[0-9]+)"[^>]*>(?:(?!</c>).){0,3000}?<v>(#[^<]{1,20})</v>""",
    re.DOTALL,
)
# Tags of the workbook's own lists, and what they say, with or without a namespace.
_TAG = re.compile(r"<(?:\w+:)?(?:sheet|Relationship)\b[^>]*>")
_ATTRIBUTE = re.compile(r"""(?:\w+:)?(\w+)=["']([^"']*)["']""")
# As much of one piece is looked at again with the next: a formula may lie across the edge.
OVERLAP_BYTES = 4_000


def load_workbook(path: Path, *, inside: Path, own: OwnWords | None = None) -> RawRecords:
    """One organisation's records from a workbook: tables by sheet name, problems kept."""
    own = own or OwnWords()
    try:
        content = read_bytes(path, inside=inside, limit=MAX_WORKBOOK_BYTES)
        valueless = scan(content, path.name)
        sheets, hidden = _read_sheets(content, path.name)
    except UnreadableError as fault:
        return RawRecords(path, problems=(fault.problem,), broken=frozenset(["workbook"]))
    reading = _Reading(path.name, own)
    for title, grid in sheets.items():
        reading.add(title, _marked(grid, valueless.get(title, {})), hidden=title in hidden)
    return RawRecords(
        path=path,
        organisation=reading.organisation,
        organisation_source=reading.organisation_source,
        tables=reading.tables,
        problems=tuple(reading.finish()),
        inputs={path.name: hashlib.sha256(content).hexdigest()},
        own_words=own,
    )


class _Reading:
    """What has been read of one workbook so far."""

    def __init__(self, name: str, own: OwnWords) -> None:
        self.name = name
        self.own = own
        self.organisation: dict[str, Any] | None = None
        self.organisation_source = f"{name}, sheet organisation"
        self.tables: dict[str, RawTable] = {}
        self.problems: list[Problem] = []
        self.without_rows: list[str] = []

    def add(self, title: str, grid: pd.DataFrame, *, hidden: bool) -> None:
        """Read one sheet, as what its name says it holds."""
        source = f"{self.name}, sheet {title}"
        part = organisation_part(title)
        table = sheet_names().get(plain(title))
        if part == "start":
            return
        if part is not None:
            self._add_organisation(part, grid, source)
        elif table is None:
            self.problems.append(stray(source, title))
        elif table in self.tables:
            self.problems.append(second_table(source, self.tables[table].source))
        else:
            self._add_table(table, grid, source)
        if hidden and (part or table):
            what = "is hidden, and was read like the others"
            remedy = "show it, or delete it if it is not meant to count"
            self._look_at(source, what, remedy, "hidden sheet")

    def _look_at(self, source: str, what: str, remedy: str, rule: str) -> None:
        problem = Problem(source, None, None, what, remedy, serious=False, rule=rule)
        self.problems.append(problem)

    def _add_organisation(self, part: str, grid: pd.DataFrame, source: str) -> None:
        found, problems = organisation_of(grid, source, part)
        if part == "organisation":
            self.organisation_source = source
        self.problems += problems
        if found or part == "organisation":
            self.organisation = self.organisation or {}
            self.problems += put_together(self.organisation, found, source)

    def _add_table(self, name: str, grid: pd.DataFrame, source: str) -> None:
        table, problems = table_of(grid, source, known_headings(name, self.own))
        if table is not None:
            table = replace(table, rows=without_examples(table.rows))
        if table is None or (table.rows.empty and name not in REQUIRED):
            self.without_rows.append(source.partition(", sheet ")[2])
            return
        self.problems += problems
        self.tables[name] = table

    def finish(self) -> list[Problem]:
        if self.without_rows:
            titles = ", ".join(self.without_rows)
            what = f"has no rows on these sheets: {titles}"
            remedy = "leave them so where there is nothing to record"
            self._look_at(self.name, what, remedy, "no rows")
        return self.problems


def _marked(grid: pd.DataFrame, valueless: Mapping[str, str]) -> pd.DataFrame:
    """The grid with a mark in each cell that holds a formula or an error and would read as empty.

    A blank has a meaning of its own, which these cells do not have.
    """
    for address, mark in valueless.items():
        letters, row = re.fullmatch("([A-Z]+)([0-9]+)", address).groups()
        place = _column_number(letters.encode()) - 1
        if place < grid.shape[1] and int(row) in grid.index:
            grid.loc[int(row), place] = mark
    return grid


def sheets_of(content: bytes, source: str) -> dict[str, pd.DataFrame]:
    """Every sheet as a grid of text, by its title."""
    scan(content, source)
    return _read_sheets(content, source)[0]


def _read_sheets(content: bytes, source: str) -> tuple[dict[str, pd.DataFrame], set[str]]:
    """Every sheet as a grid of text, by its title, and the titles of those that are hidden."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        grids = {
            title: _grid(book.get_sheet_by_name(title).to_python(skip_empty_area=False))
            for title in book.sheet_names
        }
        shown = SheetVisibleEnum.Visible
        return grids, {sheet.name for sheet in book.sheets_metadata if sheet.visible != shown}
    except (CalamineError, OSError, ValueError):
        raise UnreadableError(source, "cannot be read as a workbook", MEND) from None
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # how a fault inside calamine shows itself
            raise
        raise UnreadableError(source, "cannot be read as a workbook", MEND) from None


def scan(content: bytes, source: str) -> dict[str, dict[str, str]]:
    """Refuse a workbook that would stop the whole run, and find cells that would read as empty.

    One cell far out makes the reader lay out every cell before it, and end the process when
    there is no room: all parts are looked through before they are opened. The cells are given by
    sheet and address, with what to read in them.
    """
    if content[:8] == OLD_OFFICE:
        locked = "EncryptedPackage".encode("utf-16-le") in content
        what = "is locked with a password" if locked else "is a workbook of an old kind"
        raise UnreadableError(source, what, MEND)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if "xl/workbook.xml" not in packed.namelist():
                raise UnreadableError(source, "is not an .xlsx workbook", MEND)
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED_BYTES:
                _refuse_large(source)
            found = {part.filename: _scan_part(packed, part, source) for part in packed.infolist()}
            titles = _titles_of_parts(packed) if any(found.values()) else {}
    except DAMAGED:
        raise UnreadableError(source, "is not a workbook that can be read", MEND) from None
    return {titles.get(part, part): cells for part, cells in found.items() if cells}


def _titles_of_parts(packed: zipfile.ZipFile) -> dict[str, str]:
    """Which sheet, by its title, each part of the archive holds."""
    targets = {}
    with contextlib.suppress(KeyError):
        for tag in _TAG.findall(
            packed.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        ):
            said = dict(_ATTRIBUTE.findall(tag))
            target = said.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            targets[said.get("Id")] = path
    titles = {}
    for tag in _TAG.findall(packed.read("xl/workbook.xml").decode("utf-8", "replace")):
        said = dict(_ATTRIBUTE.findall(tag))
        if "name" in said and said.get("id") in targets:
            titles[targets[said["id"]]] = html.unescape(said["name"])
    return titles


def _scan_part(packed: zipfile.ZipFile, part: zipfile.ZipInfo, source: str) -> dict[str, str]:
    """The cells without a value, by address, once no cell of the part lies far out."""
    if part.file_size > SMALL_BYTES and part.file_size > MAX_RATIO * part.compress_size:
        times = part.file_size / part.compress_size
        what = f"holds a part that unpacks to {times:,.0f} times its size"
        raise UnreadableError(source, what, "check that it is the right file, or save it again")
    columns: set[bytes] = set()
    valueless: dict[str, str] = {}
    last_row, unpacked, before = 0, 0, b""
    with packed.open(part) as sheet:
        while chunk := sheet.read(SCAN_BYTES):
            unpacked += len(chunk)
            if unpacked > MAX_UNPACKED_BYTES:  # the size the archive states may be false
                _refuse_large(source)
            piece = before + chunk
            found = _CELL.findall(piece)
            columns.update({letters for letters, _ in found})
            last_row = max([last_row, *(int(row) for _, row in found)])
            valueless |= {address.decode(): NO_VALUE for address in _VALUELESS.findall(piece)}
            valueless |= {
                address.decode(): error.decode() for address, error in _ERROR.findall(piece)
            }
            before = piece[-OVERLAP_BYTES:]
    width = max((_column_number(letters) for letters in columns), default=0)
    if width > MAX_COLUMNS or width * last_row > MAX_CELLS:
        what = f"has a sheet with a cell in column {width:,} or row {last_row:,}, far from the rest"
        remedy = "delete the empty rows and columns after the last record, and save it again"
        raise UnreadableError(source, what, remedy)
    return valueless


def _refuse_large(source: str) -> None:
    what = "unpacks to more than 2 GB"
    raise UnreadableError(source, what, "check that it is the right file")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _grid(rows: list[list[Any]]) -> pd.DataFrame:
    width = max(map(len, rows), default=0)
    cells = [[as_text(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    grid = pd.DataFrame(cells, columns=range(width), dtype="str")
    return grid.set_axis(pd.RangeIndex(1, len(grid) + 1, name="row"))


def as_text(cell: object) -> str:
    """A cell as a CSV file would hold it: dates as 2025-03-31, whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime.datetime):
        at_midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if at_midnight else cell.isoformat(sep=" ")
    if isinstance(cell, float) and np.isfinite(cell):
        return np.format_float_positional(cell, trim="-")  # 12.0 is 12, and 0.00001 not 1e-05
    return "" if cell is None else str(cell)
