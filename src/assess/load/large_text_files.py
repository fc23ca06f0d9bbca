"""Reads CSV files of millions of rows, where every line is one row with a cell for each heading.

Any other file is left to `text_files`, which reads it with all care and needs far more time.
"""

import csv
import io
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from assess.load.raw import TITLE_ROWS, LargeTable, find_headings, kind_of, plain
from assess.load.text_files import delimiter_of
from assess.load.texts import texts_of_column

HEAD_BYTES = 100_000  # the first rows, by which headings and separators are told
BLOCK_BYTES = 1 << 24  # read at a time by each processor


def read_simple(
    content: bytes, source: str, table: str, known: Mapping[str, str]
) -> LargeTable | None:
    """A large file with its headings in the first row, and in every line a cell for each of them.

    None for any other, which is read with all care, as a small one is.
    """
    head = _head(content, known)
    if head is None:
        return None
    delimiter, headings = head
    kinds = {heading: kind_of(table, known.get(plain(heading))) for heading in headings}
    cells = _cells(content, delimiter, headings, kinds)
    if cells is None:
        return None
    index = pd.RangeIndex(2, len(cells) + 2, name="row")
    columns = {heading: cells.column(heading) for heading in headings if kinds[heading]}
    del cells
    read = {heading: texts_of_column(columns.pop(heading)) for heading in list(columns)}
    blank = pd.Series("", index=index, dtype="str") if len(read) < len(headings) else None
    return LargeTable(source, index, {heading: read.get(heading, blank) for heading in headings})


def _head(content: bytes, known: Mapping[str, str]) -> tuple[str, list[str]] | None:
    """What stands between the cells, and the headings, where the first line holds just those."""
    odd_ends = content.count(b"\r") != content.count(b"\r\n")
    if odd_ends or b"\0" in content or not content.endswith(b"\n"):
        return None
    try:
        text = content[:HEAD_BYTES].rpartition(b"\n")[0].decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    rest, delimiter = delimiter_of(text, known)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[:TITLE_ROWS]
    if rest is not text or len({len(row) for row in rows}) != 1:
        return None
    first, last, headings = find_headings(rows, known)
    simple = first == last == 0 and all(headings) and len(set(headings)) == len(headings)
    simple &= any(known.get(plain(heading)) for heading in headings)
    return (delimiter, headings) if simple else None


def _cells(
    content: bytes, delimiter: str, headings: list[str], kinds: Mapping[str, str]
) -> pa.Table | None:
    """The cells of the columns that have a kind; None where lines and rows are not the same."""
    words = pa.dictionary(pa.int32(), pa.string())  # of few texts, each is kept once
    types = {h: pa.string() if kinds[h] == "code" else words for h in headings if kinds[h]}
    try:
        cells = pyarrow.csv.read_csv(
            pa.BufferReader(content),
            pyarrow.csv.ReadOptions(column_names=headings, skip_rows=1, block_size=BLOCK_BYTES),
            pyarrow.csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return cells if len(cells) + 1 == content.count(b"\n") else None
