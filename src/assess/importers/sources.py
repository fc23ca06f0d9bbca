"""Opens the files of other systems: JSON, XML, stacked tables, and grids of cells of any kind.

A file may come from anywhere, so each is refused in words where it is too large, too deep or not
what its name says. Nothing in it is ever run, and nothing is fetched.
"""

import io
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from assess.load.raw import MAX_COLUMNS, UnreadableError, read_bytes
from assess.load.text_files import decode, grid_of
from assess.load.workbooks import sheets_of
from assess.records import AssessError

# The largest export met is under 10 MB; what is larger is not an export of one organisation.
MAX_BYTES = 100_000_000
# A page of minutes or votes; the parser takes a hundred times as much memory.
MAX_PAGE_BYTES = 10_000_000
MAX_XML_BYTES = 50_000_000
MAX_CELLS = 5_000_000
MAX_TABLES = 200  # on one page
MAX_FILES = 200
WORKBOOKS = (".xlsx", ".xlsm")
PAGES = (".html", ".htm")
TEXTS = (".csv", ".tsv", ".txt")
MARKDOWN = (".md", ".markdown")


def content_of(path: Path, *, inside: Path | None = None, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file. Raises AssessError where it cannot be read or is too large."""
    if not path.exists():
        raise AssessError(f"{path}: there is no such file. Check the spelling.")
    try:
        return read_bytes(path, inside=inside or path.resolve().parent, limit=limit)
    except UnreadableError as fault:
        raise AssessError(f"{fault.problem}.") from None


def files_of(path: Path, endings: tuple[str, ...]) -> list[Path]:
    """The file itself, or the files of a folder that have one of the endings, in order."""
    if not path.is_dir():
        return [path]
    files = [one for one in sorted(path.iterdir()) if one.suffix.lower() in endings]
    files = [one for one in files if not one.name.startswith((".", "~"))]
    if not files or len(files) > MAX_FILES:
        found = "no file" if not files else f"more than {MAX_FILES} files"
        raise AssessError(f"{path}: holds {found} that ends in {', '.join(endings)}.")
    return files


def json_of(path: Path, *, lines: bool = False) -> Any:
    """A JSON file; with `lines`, one value a line, as a list."""
    text = _text(content_of(path), path.name)
    try:
        if lines:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError):
        raise AssessError(
            f"{path.name}: cannot be read as JSON. Export it again, and do not edit it by hand."
        ) from None


def _text(content: bytes, source: str) -> str:
    try:
        return decode(content, source)[0]
    except UnreadableError as fault:
        raise AssessError(f"{fault.problem}.") from None


def records_of(written: Any, key: str, source: str) -> list[dict[str, Any]]:
    """The list of objects under a key. Raises AssessError where it holds anything else."""
    listed = written.get(key) if isinstance(written, dict) else None
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise AssessError(f"{source}: '{key}' is not a list of records. Export the file again.")
    return listed


def word(record: Any, *keys: str) -> str:
    """The first of the keys of a JSON record that holds a word or number, as text."""
    for key in keys:
        value = record.get(key) if isinstance(record, dict) else None
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return " ".join(str(value).split())
    return ""


def xml_of(path: Path) -> Any:
    """The root of an XML file. A file that declares entities or a document type is refused."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    content = content_of(path, limit=MAX_XML_BYTES)
    try:
        return fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise AssessError(
            f"{path.name}: declares a document type or entities, which may be harmful, and is not "
            "read. Save the export again without them."
        ) from None
    except (ParseError, ValueError, LookupError, RecursionError):
        raise AssessError(
            f"{path.name}: cannot be read as XML. Export it again, and do not edit it by hand."
        ) from None


def leaf(record: Any, name: str) -> str:
    """The text of a child of an XML element, whatever the case of its name; else nothing."""
    for child in record:
        if isinstance(child.tag, str) and child.tag.casefold() == name.casefold():
            return " ".join((child.text or "").split())
    return ""


# Tables of cells --------------------------------------------------------------------------------


def csv_of(path: Path, *, inside: Path | None = None) -> pd.DataFrame:
    """Every cell of a CSV file as text; the index is the row as a spreadsheet shows it."""
    try:
        grid, problems = grid_of(content_of(path, inside=inside), path.name)
    except UnreadableError as fault:
        raise AssessError(f"{fault.problem}.") from None
    if grid is None:
        raise AssessError(f"{problems[-1]}.")
    return _checked(grid, path.name)


def rows_of(path: Path, *, inside: Path | None = None) -> list[dict[str, str]]:
    """The rows of a CSV file by heading, trimmed; of two equal headings the first counts."""
    return list(_by_heading(csv_of(path, inside=inside).to_numpy().tolist()))


def _by_heading(lines: list[list[str]]) -> Iterator[dict[str, str]]:
    filled = [line for line in lines if any(cell.strip() for cell in line)]
    if not filled:
        return
    headings = [" ".join(cell.split()).strip("\ufeff") for cell in filled[0]]
    for line in filled[1:]:
        row: dict[str, str] = {}
        for heading, cell in zip(headings, line, strict=True):
            if heading:
                row.setdefault(heading, cell.strip())
        yield row


def stacked_of(path: Path) -> dict[str, list[dict[str, str]]]:
    """The tables of a file that holds several, one under the other, by their title rows.

    A title stands alone in its row, as `votes` or `Memberships (12)`.
    """
    tables: dict[str, list[list[str]]] = {}
    title = ""
    for line in csv_of(path).to_numpy().tolist():
        filled = [cell.strip() for cell in line if cell.strip()]
        if len(filled) == 1 and line[0].strip():
            title = re.sub(r"\s*\([0-9]+\)$", "", filled[0]).casefold()
        elif filled:
            tables.setdefault(title, []).append(line)
    return {name: list(_by_heading(lines)) for name, lines in tables.items()}


def grids_of(path: Path) -> dict[str, pd.DataFrame]:
    """Every table of a file or of a folder of files, as text, by its title.

    Title: a workbook's sheet; else the table's place on the page, from 1. In a folder the file's
    name stands before it.
    """
    files = files_of(path, (*WORKBOOKS, *PAGES, *TEXTS, *MARKDOWN))
    if not path.is_dir():
        return _grids_of_file(path)
    return {
        f"{file.name} {title}": grid
        for file in files
        for title, grid in _grids_of_file(file, inside=path).items()
    }


def _grids_of_file(path: Path, inside: Path | None = None) -> dict[str, pd.DataFrame]:
    ending = path.suffix.lower()
    if ending in WORKBOOKS:
        try:
            grids = sheets_of(content_of(path, inside=inside), path.name)
        except UnreadableError as fault:
            raise AssessError(f"{fault.problem}.") from None
    elif ending in PAGES:
        grids = _tables_of_page(content_of(path, inside=inside, limit=MAX_PAGE_BYTES), path.name)
    elif ending in MARKDOWN:
        grids = _tables_of_markdown(_text(content_of(path, inside=inside), path.name))
    elif ending in TEXTS:
        grids = {"1": csv_of(path, inside=inside)}
    else:
        raise AssessError(
            f"{path.name}: is not a kind of file that is read here. Save it as a workbook (.xlsx), "
            "CSV, a web page (.html) or Markdown (.md)."
        )
    if not any(grid.size for grid in grids.values()):
        raise AssessError(f"{path.name}: holds no table.")
    return {title: _checked(grid, path.name) for title, grid in grids.items() if grid.size}


def _checked(grid: pd.DataFrame, source: str) -> pd.DataFrame:
    if grid.size > MAX_CELLS:
        raise AssessError(
            f"{source}: has {grid.size:,} cells, more than the {MAX_CELLS:,} read of such a sheet."
        )
    return grid.fillna("")


def _as_grid(lines: list[list[str]]) -> pd.DataFrame:
    width = max(map(len, lines), default=0)
    padded = [line + [""] * (width - len(line)) for line in lines]
    grid = pd.DataFrame(padded, columns=range(width), dtype="str")
    return grid.set_axis(pd.RangeIndex(1, len(grid) + 1, name="row"))


def _tables_of_markdown(text: str) -> dict[str, pd.DataFrame]:
    """Each run of lines that begin with a bar; the line of dashes under the headings is left."""
    tables: list[list[list[str]]] = []
    inside = False
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = line.strip()
        if not bare.startswith("|"):
            inside = False
            continue
        if not inside:
            tables.append([])
        inside = True
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", bare.strip("|"))][
            : MAX_COLUMNS + 1
        ]
        if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            tables[-1].append(cells)
    return {str(number): _as_grid(lines) for number, lines in enumerate(tables, 1) if lines}


def _tables_of_page(content: bytes, source: str) -> dict[str, pd.DataFrame]:
    from bs4 import BeautifulSoup, SoupStrainer
    from bs4.exceptions import ParserRejectedMarkup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it makes of pages that are none
        try:
            only = SoupStrainer("table")
            page = BeautifulSoup(io.BytesIO(content), "html.parser", parse_only=only)
        except (ParserRejectedMarkup, RecursionError, AssertionError, ValueError, LookupError):
            raise AssessError(f"{source}: cannot be read as a web page. Save it again.") from None
    tables = page.find_all("table", limit=MAX_TABLES + 1)
    if len(tables) > MAX_TABLES:
        raise AssessError(f"{source}: has more than {MAX_TABLES} tables. Save the ones to read.")
    return {
        str(number): _as_grid(_cells_of(table, source)) for number, table in enumerate(tables, 1)
    }


def _cells_of(table: Any, source: str) -> list[list[str]]:
    """The cells of a table on a page. A cell that spans rows counts in each of them; one that
    spans columns counts in the first, so that one vote is never read as several."""
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    lines: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column -> rows still to fill, text
    total = 0
    for row in rows:
        line: list[str] = []
        for cell in row.find_all(["td", "th"], recursive=False):
            _hang(line, hanging)
            text = cell.get_text(" ", strip=True)
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            for place in range(across):
                if down > 1:
                    hanging[len(line)] = (down - 1, "" if place else text)
                line.append("" if place else text)
        _hang(line, hanging)
        total += len(line)
        if len(line) > MAX_COLUMNS or total > MAX_CELLS:
            raise AssessError(f"{source}: has a table too large to be read.")
        lines.append(line)
    return lines


def _hang(line: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    """Fill in what hangs down from rows above, up to the next free place."""
    while len(line) in hanging:
        left, text = hanging.pop(len(line))
        if left > 1:
            hanging[len(line)] = (left - 1, text)
        line.append(text)


def _span(cell: Any, name: str) -> int:
    written = str(cell.get(name, "1")).strip()
    return min(int(written), MAX_COLUMNS) if re.fullmatch("[1-9][0-9]{0,5}", written) else 1
