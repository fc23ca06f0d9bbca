"""Reads Parquet tables, beside CSV: only the columns that are known, typed or as text.

A small table becomes text and goes on as a CSV file would. In a large one, columns that are dates,
numbers or yes and no already are not written out to be read again, and texts are kept as codes.
"""

import io
from collections.abc import Container

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assess.load.codes import MANY_ROWS
from assess.load.raw import FIRST_YEAR, LAST_YEAR, RawTable, UnreadableError, empty, plain
from assess.records import Problem

REMEDY = "write it again as Parquet, or save it as CSV"


def read_parquet(
    content: bytes | pa.Buffer, source: str, known: Container[str]
) -> tuple[RawTable | None, list[Problem]]:
    """A Parquet file as a table of which the first row of records is row 2, as in a CSV file.

    Headings that are not in `known` are kept, so that they can be named, but not their cells.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(content) if isinstance(content, bytes) else content)
        headings = file.schema_arrow.names
        wanted = [heading for heading in headings if plain(heading) in known]
        table = file.read(columns=wanted)
    except (pa.ArrowException, OSError, ValueError):
        raise UnreadableError(source, "cannot be read as Parquet", REMEDY) from None
    if not headings:
        return None, [empty(source)]
    index = pd.RangeIndex(2, table.num_rows + 2, name="row")
    many = table.num_rows > MANY_ROWS
    cells = {
        heading: _cells(table.column(heading), many, index)
        if heading in wanted
        else pd.Series("", index=index, dtype="str")
        for heading in headings
    }
    rows = pd.DataFrame(cells, index=index, copy=False)
    if rows.empty:
        what = "has headings and no rows"
        remedy = "add the rows, or leave the file out if there is nothing to record"
        note = Problem(source, None, None, what, remedy, serious=False, rule="no rows")
        return RawTable(source, rows), [note]
    return RawTable(source, rows), []


def _cells(column: pa.ChunkedArray, many: bool, index: pd.RangeIndex) -> pd.Series:
    typed = _typed(column) if many else None
    if typed is not None:
        return typed.set_axis(index)
    if many:  # blank cells stay missing until `codes` has seen the text
        return pd.Series(_text(column), dtype="str", copy=False).set_axis(index)
    return pd.Series(_text(column).fill_null(""), dtype="str").set_axis(index)


def _typed(column: pa.ChunkedArray) -> pd.Series | None:
    """A column of dates, numbers or truth values; None where it must be read as text."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.cast(pa.float64()).to_pandas()
    if pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None):
        return _days(column)
    return None


def _days(column: pa.ChunkedArray) -> pd.Series | None:
    """Days at midnight in the years that are read; None where a cell is anything else."""
    ends = pc.min_max(column.cast(pa.timestamp("s"), safe=False)).as_py()
    low, high = ends["min"], ends["max"]
    if low is not None and not FIRST_YEAR <= low.year <= high.year <= LAST_YEAR:
        return None
    whole = column.cast(pa.timestamp("ns")).to_pandas()
    return whole if (whole.dropna() == whole.dropna().dt.normalize()).all() else None


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells as they would stand in a CSV file; a missing cell stays missing."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "yes", "no").cast(pa.large_string())
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type).cast(pa.large_string())
    if pa.types.is_floating(kind):
        numbers = [None if n is None or n != n else f"{n:.15g}" for n in column.to_pylist()]
        return pa.chunked_array([pa.array(numbers, type=pa.large_string())])
    if pa.types.is_timestamp(kind):
        days = pc.strftime(column, format="%Y-%m-%d %H:%M:%S")
        return pc.replace_substring_regex(days, r" 00:00:00(\.0*)?$", "").cast(pa.large_string())
    return column.cast(pa.large_string())
