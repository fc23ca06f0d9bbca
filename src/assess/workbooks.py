"""Reads Excel workbooks: one sheet a table, each cell as the text a CSV file would hold."""

import datetime
import hashlib
import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from assess.raw import (
    MAX_COLUMNS,
    TABLE_NAMES,
    RawRecords,
    RawTable,
    UnreadableError,
    plain,
    read_bytes,
    second_table,
    stray,
    table_of,
)
from assess.records import Problem

# A workbook of fourteen full sheets has stayed under 60 MB; larger ones hold something else.
MAX_WORKBOOK_BYTES = 200_000_000
# A sheet holds at most a million rows; unpacked, such a sheet of ours stays under 1 GB.
MAX_UNPACKED_BYTES = 2_000_000_000
# The area that the reader lays out in memory, cell by cell, whether filled or not.
MAX_CELLS = 50_000_000
SCAN_BYTES = 4_000_000

MEND = "open it in your spreadsheet, take off any password, and save it as .xlsx again"

_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
# A formula without the value it came to, and a cell that shows an error such as #N/A.
_VALUELESS = re.compile(
    rb"""<c\b[^>]*?\br="([A-Z]+[0-9]+)"[^>]*>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*"""
    rb"""(?:<v\s*/>|<v></v>)?\s*</c>"""
)
_ERROR = re.compile(rb"""<c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]+[0-9]+)\"""")
# As much of one piece is looked at again with the next: a formula may lie across the edge.
OVERLAP_BYTES = 4_000


def load_workbook(path: Path, *, inside: Path) -> RawRecords:
    """One organisation's records from a workbook: tables by sheet name, problems kept."""
    try:
        content = read_bytes(path, inside=inside, limit=MAX_WORKBOOK_BYTES)
        problems = scan(content, path.name)
        sheets = _read_sheets(content, path.name)
    except UnreadableError as fault:
        return RawRecords(path, problems=(fault.problem,), broken=frozenset(["workbook"]))
    tables: dict[str, RawTable] = {}
    organisation, organisation_source = None, f"{path.name}, sheet organisation"
    for title, grid in sheets.items():
        source = f"{path.name}, sheet {title}"
        name = TABLE_NAMES.get(plain(title))
        if name is None:
            problems.append(stray(source, title))
        elif name == "organisation":
            (organisation, found), organisation_source = organisation_of(grid, source), source
            problems += found
        elif name in tables:
            problems.append(second_table(source, tables[name].source))
        else:
            table, found = table_of(grid, source)
            problems += found
            if table is not None:
                tables[name] = table
    return RawRecords(
        path=path,
        organisation=organisation,
        organisation_source=organisation_source,
        tables=tables,
        problems=tuple(problems),
        inputs={path.name: hashlib.sha256(content).hexdigest()},
    )


def sheets_of(content: bytes, source: str) -> dict[str, pd.DataFrame]:
    """Every sheet as a grid of text, by its title."""
    scan(content, source)
    return _read_sheets(content, source)


def _read_sheets(content: bytes, source: str) -> dict[str, pd.DataFrame]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return {
            title: _grid(book.get_sheet_by_name(title).to_python(skip_empty_area=False))
            for title in book.sheet_names
        }
    except (CalamineError, OSError, ValueError):
        raise UnreadableError(source, "cannot be read as a workbook", MEND) from None
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # how a fault inside calamine shows itself
            raise
        raise UnreadableError(source, "cannot be read as a workbook", MEND) from None


def scan(content: bytes, source: str) -> list[Problem]:
    """Refuse a workbook that would stop the whole run, and name cells that would read as empty.

    One cell far out makes the reader lay out every cell before it, and end the process when
    there is no room: all parts are looked through before they are opened.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if "xl/workbook.xml" not in packed.namelist():
                raise UnreadableError(source, "is not an .xlsx workbook", MEND)
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED_BYTES:
                _refuse_large(source)
            found = [_scan_part(packed, part, source) for part in packed.infolist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise UnreadableError(source, "is not a workbook that can be read", MEND) from None
    return [_valueless(source, cells) for cells in found if cells]


def _scan_part(packed: zipfile.ZipFile, part: zipfile.ZipInfo, source: str) -> list[str]:
    """The addresses of cells without a value, once no cell of the part lies far out."""
    columns: set[bytes] = set()
    valueless: dict[bytes, None] = {}
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
            valueless |= dict.fromkeys(_VALUELESS.findall(piece) + _ERROR.findall(piece))
            before = piece[-OVERLAP_BYTES:]
    width = max((_column_number(letters) for letters in columns), default=0)
    if width > MAX_COLUMNS or width * last_row > MAX_CELLS:
        what = f"has a sheet with a cell in column {width:,} or row {last_row:,}, far from the rest"
        remedy = "delete the empty rows and columns after the last record, and save it again"
        raise UnreadableError(source, what, remedy)
    return [address.decode() for address in valueless]


def _refuse_large(source: str) -> None:
    what = "unpacks to more than 2 GB"
    raise UnreadableError(source, what, "check that it is the right file")


def _valueless(source: str, cells: list[str]) -> Problem:
    where = ", ".join(cells[:5]) + (", ..." if len(cells) > 5 else "")
    what = f"has a sheet with {len(cells):,} cells that hold a formula and no value ({where})"
    remedy = "open it in your spreadsheet and save it again, or type the values"
    return Problem(source, None, None, what, remedy, rule="formula")


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


def organisation_of(grid: pd.DataFrame, source: str) -> tuple[dict[str, Any], list[Problem]]:
    """What the organisation sheet says: a name in the first column, its value in the second.

    A name with points, such as `bodies.board.seats`, stands for a value inside another; a value
    with semicolons is a list where a list is asked for.
    """
    written: dict[str, Any] = {}
    problems = []
    for row, cells in zip(grid.index.tolist(), grid.to_numpy().tolist(), strict=True):
        name, value = [cell.strip() for cell in [*cells, "", ""][:2]]
        if name and value and not _put(written, name.split("."), value):
            what = f"{name} stands twice, and was left out"
            remedy = "keep one of the two"
            problems.append(Problem(source, row, None, what, remedy, rule="name twice"))
    return written, problems


def _put(written: dict[str, Any], path: list[str], value: str) -> bool:
    """Put a value in its place. False where something stands there already."""
    *steps, last = path
    for step in steps:
        written = written.setdefault(step, {})
        if not isinstance(written, dict):
            return False
    if last in written:
        return False
    written[last] = value
    return True
