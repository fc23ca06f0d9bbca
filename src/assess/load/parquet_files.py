"""Reads Parquet tables, beside CSV: only the columns that are known, typed or as text.

A small table becomes text and goes on as a CSV file would. In a large one, columns that are dates,
numbers or yes and no already are not written out to be read again, and texts become numbers.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assess.load.codes import MANY_ROWS
from assess.load.raw import (
    FIRST_YEAR,
    LAST_YEAR,
    LargeTable,
    RawTable,
    UnreadableError,
    empty,
    kind_of,
    plain,
)
from assess.load.texts import Texts, texts_of, texts_of_column, texts_of_whole_numbers
from assess.records import Problem

REMEDY = "write it again as Parquet, or save it as CSV"
# Bytes a row in a file; a column that takes fewer holds few different texts, each written once.
FEW_BYTES = 4
NANOSECONDS = np.int64(86_400_000_000_000)  # of a day


def read_parquet(
    content: bytes | pa.Buffer, source: str, table: str, known: Mapping[str, str]
) -> tuple[RawTable | LargeTable | None, list[Problem]]:
    """A Parquet file as a table of which the first row of records is row 2, as in a CSV file.

    `known` has the column of `table` that each heading stands for. Headings that are not in it are
    kept, so that they can be named, but not their cells.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        headings = file.schema_arrow.names
        wanted = [heading for heading in headings if plain(heading) in known]
        rows = file.metadata.num_rows
        index = pd.RangeIndex(2, rows + 2, name="row")
        if rows > MANY_ROWS:
            kinds = {heading: kind_of(table, known[plain(heading)]) for heading in wanted}
            return LargeTable(source, index, _read_many(content, headings, kinds, index)), []
        given = file.read(columns=wanted)
        texts = {heading: _text(given.column(heading)).fill_null("") for heading in wanted}
    except (pa.ArrowException, OSError, ValueError):
        raise UnreadableError(source, "cannot be read as Parquet", REMEDY) from None
    if not headings:
        return None, [empty(source)]
    cells = {
        heading: pd.Series(texts[heading], dtype="str").set_axis(index)
        if heading in texts
        else _unknown(index)
        for heading in headings
    }
    rows = pd.DataFrame(cells, index=index, copy=False)
    if rows.empty:
        what = "has headings and no rows"
        remedy = "add the rows, or leave the file out if there is nothing to record"
        note = Problem(source, None, None, what, remedy, serious=False, rule="no rows")
        return RawTable(source, rows), [note]
    return RawTable(source, rows), []


def _unknown(index: pd.RangeIndex) -> pd.Series:
    return pd.Series("", index=index, dtype="str")


# Large tables: a column at a time, as many at once as there are processors ----------------------


def _read_many(
    content: bytes | pa.Buffer,
    headings: list[str],
    kinds: Mapping[str, str],
    index: pd.RangeIndex,
) -> dict[str, pd.Series | Texts]:
    """Every column; `kinds` are those of the cells in the columns that are known."""
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        columns = pool.map(lambda heading: _column(content, heading, kinds[heading]), kinds)
        read = dict(zip(kinds, columns, strict=True))
    return {
        heading: _unknown(index)
        if heading not in read
        else read[heading].set_axis(index)
        if isinstance(read[heading], pd.Series)
        else read[heading]
        for heading in headings
    }


def _column(content: bytes | pa.Buffer, heading: str, kind_of_cell: str) -> pd.Series | Texts:
    """One column, as it is in the file where its type is that of its cells, else as texts.

    Cells of another type are read as a CSV file's are, and told of in the same words.
    """
    file = pq.ParquetFile(pa.BufferReader(content))
    kind = file.schema_arrow.field(heading).type
    if _is_text(kind) and not _few_texts(file, heading):
        return texts_of(_row_groups(file, heading))
    if _is_text(kind):
        file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=[heading])
    column = file.read(columns=[heading], use_threads=False).column(0)
    if pa.types.is_dictionary(column.type):
        return texts_of_column(column)
    read: pd.Series | Texts | None = None
    if _suits(kind, kind_of_cell):
        read = _typed(column)
    elif _is_number(kind):
        read = texts_of_whole_numbers(column)
    return texts_of_column(_text(column)) if read is None else read


def _suits(kind: pa.DataType, kind_of_cell: str) -> bool:
    """Whether a type is that of such cells. Any suits those of a column that is left out."""
    if _is_number(kind):
        return kind_of_cell in ("number", "whole", "")
    return kind_of_cell in ("yes_no" if pa.types.is_boolean(kind) else "date", "")


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _few_texts(file: pq.ParquetFile, heading: str) -> bool:
    """Whether a column takes so few bytes that it must hold each different text once."""
    place = file.schema_arrow.names.index(heading)
    groups = [file.metadata.row_group(at) for at in range(file.num_row_groups)]
    size = sum(group.column(place).total_uncompressed_size for group in groups)
    return size < FEW_BYTES * file.metadata.num_rows


def _row_groups(file: pq.ParquetFile, heading: str) -> Iterator[pa.Array]:
    for group in range(file.num_row_groups):
        yield from file.read_row_group(group, columns=[heading], use_threads=False).column(0).chunks


def _typed(column: pa.ChunkedArray) -> pd.Series | None:
    """A column of dates, numbers or truth values; None where it must be read as text."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if _is_number(kind):
        try:
            return column.cast(pa.float64()).to_pandas()
        except pa.ArrowInvalid:  # too long for a number with a point to hold exactly
            return None
    if pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None):
        return _days(column)
    return None


def _days(column: pa.ChunkedArray) -> pd.Series | None:
    """Days at midnight in the years that are read; None where a cell is anything else."""
    days = column.cast(pa.date32(), safe=False)
    ends = pc.min_max(days).as_py()
    low, high = ends["min"], ends["max"]
    if low is not None and not FIRST_YEAR <= low.year <= high.year <= LAST_YEAR:
        return None
    if (
        not pa.types.is_date32(column.type)
        and not pc.all(pc.equal(column, days.cast(column.type))).as_py()
    ):
        return None
    whole = days.cast(pa.int32()).fill_null(0).to_numpy() * NANOSECONDS
    whole = whole.view("datetime64[ns]")
    if days.null_count:
        whole[days.is_null().to_numpy()] = np.datetime64("NaT")
    return pd.Series(whole, copy=False)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells as they would stand in a CSV file; a missing cell stays missing."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "yes", "no").cast(pa.large_string())
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type).cast(pa.large_string())
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and _is_text(kind.value_type):
        lists = [
            None if row is None else "; ".join(filter(None, row)) for row in column.to_pylist()
        ]
        return pa.chunked_array([pa.array(lists, type=pa.large_string())])
    if pa.types.is_floating(kind):
        numbers = [None if n is None or n != n else f"{n:.15g}" for n in column.to_pylist()]
        return pa.chunked_array([pa.array(numbers, type=pa.large_string())])
    if pa.types.is_timestamp(kind):
        days = pc.strftime(column, format="%Y-%m-%d %H:%M:%S")
        return pc.replace_substring_regex(days, r" 00:00:00(\.0*)?$", "").cast(pa.large_string())
    return column.cast(pa.large_string())
