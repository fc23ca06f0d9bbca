"""Reads CSV files and organisation.yaml: their letters, separators and quotation marks."""

import csv
import io
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import yaml

from assess.load.raw import (
    MAX_COLUMNS,
    TITLE_ROWS,
    LargeTable,
    RawTable,
    UnreadableError,
    empty,
    plain,
    table_of,
)
from assess.load.synonyms import OwnWords, known_headings
from assess.records import Problem

# A cell with this many lines is more likely a quotation mark that was never closed.
MANY_LINES = 20
DELIMITERS = ",;\t|"
MANY_BYTES = 20_000_000  # a larger file is first tried as one of simple rows


def read_csv(
    content: bytes, source: str, table: str, own: OwnWords | None = None
) -> tuple[RawTable | LargeTable | None, list[Problem]]:
    """A CSV file as written, and what was wrong with it. None where it holds no row at all."""
    known = known_headings(table, own or OwnWords())
    if len(content) > MANY_BYTES:
        from assess.load.large_text_files import read_simple

        if (simple := read_simple(content, source, table, known)) is not None:
            return simple, []
    grid, problems = grid_of(content, source, known)
    if grid is None:
        return None, problems
    raw, rest = table_of(grid, source, known)
    return raw, [*problems, *rest]


def grid_of(
    content: bytes, source: str, headings: Iterable[str] = ()
) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Every cell of a CSV file, indexed by the spreadsheet's row; None where it holds nothing.

    `headings` that are known help to tell what stands between the cells.
    """
    text, problems = decode(content, source)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip(" \t\n,;|\ufeff"):
        return None, [*problems, empty(source)]
    text, delimiter = delimiter_of(text, headings)
    if not text.strip():
        return None, [*problems, empty(source)]
    grid, more = _split(text, delimiter, source)
    more += _long_cells(grid, source) if '"' in text else []
    return grid, [*problems, *more]


def decode(content: bytes, source: str) -> tuple[str, list[Problem]]:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252, and then it is said."""
    if content[:4] == b"PK\x03\x04":
        raise UnreadableError(source, "is a workbook, not CSV", "give its name the ending .xlsx")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text, problems = content.decode("utf-16", errors="replace"), []
    else:
        text, problems = _decode_bytes(content, source)
    if "\0" in text:
        raise UnreadableError(
            source, "is not text", "in your spreadsheet, save it as 'CSV UTF-8 (comma delimited)'"
        )
    return text, problems


def _decode_bytes(content: bytes, source: str) -> tuple[str, list[Problem]]:
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        problem = Problem(
            source,
            None,
            None,
            "is not in UTF-8; it was read as Windows-1252, which has no ŵ and no ŷ",
            "save it as 'CSV UTF-8', and check names with accents",
            serious=False,
            rule="encoding",
        )
        return content.decode("cp1252", errors="replace"), [problem]


def delimiter_of(text: str, headings: Iterable[str]) -> tuple[str, str]:
    """The text without Excel's own `sep=` line, and what stands between its cells.

    The mark that gives the most known headings in one of the first rows; of equals, the one that
    gives the most cells there; of equals again, the comma.
    """
    first, _, rest = text.partition("\n")
    if first[:4].lower() == "sep=" and first[4:5] in DELIMITERS and len(first) <= 5:
        return rest, first[4:5] or ","
    filled = (line for line in text[:1_000_000].split("\n") if line.strip(" \t,;|"))
    lines = [line[:100_000] for line in islice(filled, TITLE_ROWS)]
    known = {plain(heading) for heading in headings}

    def headings_found(mark: str) -> tuple[int, int]:
        rows = [next(csv.reader([line], delimiter=mark)) for line in lines]
        return max((sum(plain(cell) in known for cell in cells), len(cells)) for cells in rows)

    return text, max(DELIMITERS, key=headings_found)


def _split(text: str, delimiter: str, source: str) -> tuple[pd.DataFrame, list[Problem]]:
    """All cells of a CSV file, the heading row too; a row with few cells is filled with ''."""
    try:
        return _grid(text, delimiter, source, csv.QUOTE_MINIMAL), []
    except (pd.errors.ParserError, csv.Error):
        # A quotation mark without its pair swallows the rest of the file: read every mark as a
        # letter, so that the other rows are kept.
        problem = Problem(
            source,
            _row_of_odd_quotes(text),
            None,
            "has a quotation mark that is never closed, so quotation marks were read as letters",
            "write two marks, or none",
            rule="quotation mark",
        )
    try:
        return _grid(text, delimiter, source, csv.QUOTE_NONE), [problem]
    except csv.Error:  # one line of more than 128 kB
        remedy = "check that it is a CSV file"
        raise UnreadableError(source, "has a row too long to be read", remedy) from None


def _grid(text: str, delimiter: str, source: str, quoting: int) -> pd.DataFrame:
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting)
    cells = np.fromiter(map(len, lines), dtype=np.int32)
    if cells.max() > MAX_COLUMNS:
        what = f"has {cells.max():,} cells in one row, more than the {MAX_COLUMNS:,} that are read"
        remedy = "check what stands between the cells"
        raise UnreadableError(source, what, remedy, row=int(cells.argmax()) + 1)
    grid = pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=None,
        names=range(max(1, cells.max())),
        index_col=False,
        dtype="str",
        na_filter=False,
        skip_blank_lines=False,
        quoting=quoting,
    )
    return grid.set_axis(pd.RangeIndex(1, len(grid) + 1, name="row"))


def _long_cells(grid: pd.DataFrame, source: str) -> list[Problem]:
    """Rows with a cell of very many lines: a quotation mark may have taken in other rows."""
    problems = []
    for column in grid:
        lines = grid[column].str.count("\n")
        for row, n in lines[lines >= MANY_LINES].items():
            what = f"has a cell of {n + 1} lines, which may hold rows that follow it"
            remedy = "look for a quotation mark that is not closed"
            problems.append(Problem(source, int(row), None, what, remedy, rule="quotation mark"))
    return problems


def _row_of_odd_quotes(text: str) -> int | None:
    for row, line in enumerate(text.split("\n"), start=1):
        if line.count('"') % 2:
            return row
    return None


class _TextLoader(yaml.SafeLoader):
    """YAML in which every value is text: `no` stays no, 12:30 stays 12:30, 007 stays 007."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            # A few lines of aliases can unfold to gigabytes.
            raise yaml.constructor.ConstructorError(
                None, None, "an alias (*) is not read here", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or not key.value:
                raise yaml.constructor.ConstructorError(
                    None, None, "a name before a colon is missing", key.start_mark
                )
            if key.value in seen:
                what = f"'{key.value}' stands twice; it is also in line {seen[key.value]}"
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            seen[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(content: bytes, source: str) -> dict[str, Any]:
    """A YAML file as nested text. Raises UnreadableError, with the line, where it is not YAML."""
    remedy = "mend that line; values with a colon or a # need quotation marks"
    try:
        written = yaml.load(decode(content, source)[0], Loader=_TextLoader)
    except yaml.MarkedYAMLError as fault:
        line = f" at line {fault.problem_mark.line + 1}" if fault.problem_mark else ""
        raise UnreadableError(source, f"cannot be read{line}: {fault.problem}", remedy) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise UnreadableError(source, "cannot be read as YAML", remedy) from None
    if not isinstance(written, dict):
        raise UnreadableError(
            source, "says nothing", "it must hold lines such as 'name: Tegfan Care'"
        )
    return written
