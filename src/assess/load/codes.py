"""Identifiers as whole numbers, in records so large that text would take minutes and gigabytes.

Where a table has more than `MANY_ROWS` rows, codes and words are kept as pandas categories: each
different text once, and for every row its place in that list. All columns that name the same kind
of thing share one list, so that tables are joined on whole numbers. Nobody who works with a table
need know: a comparison, a group or a merge reads the same. Small records stay plain text.
"""

import weakref
from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Place = TypeVar("Place")
Values = TypeVar("Values", pd.Series, pd.DataFrame)

MANY_ROWS = 100_000

_ORDINARY: dict[int, tuple[weakref.ref, bool]] = {}


def is_coded(codes: pd.Series) -> bool:
    """Whether a column holds its texts once, as categories."""
    return isinstance(codes.dtype, pd.CategoricalDtype)


def encode(columns: Mapping[Place, pa.ChunkedArray]) -> dict[Place, pd.Categorical]:
    """Columns of text over one list of different texts. An empty text is missing."""
    blanked = {place: _without_blanks(column) for place, column in columns.items()}
    chunks = [chunk for column in blanked.values() for chunk in column.chunks if len(chunk)]
    if not chunks:
        return {place: coded(np.array([], "int8"), pd.Index([], dtype="str")) for place in columns}
    together = pa.chunked_array(chunks).dictionary_encode()
    texts = pd.Index(pd.Series(together.chunk(0).dictionary, dtype="str"))
    size = np.min_scalar_type(-max(len(texts), 1))
    places = np.empty(len(together), size)
    at = 0
    for chunk in together.chunks:
        found = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        places[at : at + len(found)] = found
        at += len(found)
    ends = np.cumsum([len(column) for column in blanked.values()])[:-1]
    parts = np.split(places, ends)
    return {place: coded(part, texts) for place, part in zip(columns, parts, strict=True)}


def _without_blanks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text with nothing in place of empty cells; what was read as a dictionary is unpacked."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    column = column.cast(pa.large_string())
    blank = pc.equal(pc.binary_length(column), 0)
    return pc.if_else(blank, None, column) if pc.any(blank).as_py() else column


def coded(places: np.ndarray, texts: pd.Index) -> pd.Categorical:
    """Categories from places in a list of texts that are known to differ; -1 is missing.

    pandas' own way in would look at ten million texts again to see that they differ.
    """
    dtype = pd.CategoricalDtype._from_fastpath(texts, ordered=False)
    return pd.Categorical._simple_new(places, dtype)


def of_categories(codes: pd.Series, found: np.ndarray, *, missing: bool = False) -> np.ndarray:
    """What was found of each different text, for every row."""
    return np.append(found, missing)[codes.cat.codes.to_numpy()]


def is_ordinary(texts: pd.Index) -> bool:
    """Whether every text is of digits and letters of one case, and each has a digit.

    Such texts hold no name, no space and no error of a formula, and no two differ only in
    capitals. Looked at once for each list.
    """
    known = _ORDINARY.get(id(texts))
    if known is None or known[0]() is not texts:
        known = (weakref.ref(texts), _only_digits_and_letters(texts))
        _ORDINARY[id(texts)] = known
    return known[1]


def _only_digits_and_letters(texts: pd.Index) -> bool:
    cells = pa.array(texts, type=pa.large_string())
    cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    ends = np.frombuffer(cells.buffers()[1], "int64")[cells.offset :][: len(cells) + 1]
    letters = np.frombuffer(cells.buffers()[2] or b"", "uint8")[ends[0] : ends[-1]]
    kinds = np.bincount(letters, minlength=256).astype(bool)
    lower, upper = kinds[ord("a") : ord("z") + 1].any(), kinds[ord("A") : ord("Z") + 1].any()
    allowed = np.zeros(256, bool)
    allowed[[*b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_/"]] = True
    if (kinds & ~allowed).any() or (lower and upper) or (np.diff(ends) == 0).any():
        return False
    last = letters[ends[1:] - ends[0] - 1]  # nearly every code ends in its number
    return bool(((last >= ord("0")) & (last <= ord("9"))).all())


def same_list(first: pd.Series, second: pd.Series) -> bool:
    """Whether two columns hold places in the same list of texts."""
    return is_coded(first) and is_coded(second) and first.cat.categories.is_(second.cat.categories)


def found_in(codes: pd.Series, listed: pd.Series) -> np.ndarray:
    """Which of `codes` are in `listed`; a missing code is not."""
    if same_list(codes, listed):
        found = np.zeros(len(codes.cat.categories) + 1, bool)
        found[listed.cat.codes.to_numpy()] = True
        found[-1] = False
        return found[codes.cat.codes.to_numpy()]
    among, wanted = (pa.array(part, type=pa.large_string()) for part in _as_text(codes, listed))
    return pc.is_in(among, value_set=pc.unique(wanted).drop_null()).to_numpy(zero_copy_only=False)


def _as_text(*columns: pd.Series) -> Iterable[pd.Series]:
    return (column.astype("str") if is_coded(column) else column for column in columns)


def look_up(keys: pd.Series, values: Values) -> Values:
    """What `values`, indexed by key, holds for each of `keys`; missing where it holds nothing."""
    index = values.index
    listed = isinstance(index, pd.CategoricalIndex)
    if is_coded(keys) and listed and index.categories.is_(keys.cat.categories):
        at = np.full(len(index.categories) + 1, -1, "int64")
        at[index.codes] = np.arange(len(index))
        at[-1] = -1
        rows = at[keys.cat.codes.to_numpy()]
        return values.reset_index(drop=True).reindex(rows).set_axis(keys.index)
    if listed:
        values = values.set_axis(index.astype("str"))
    wanted = keys.astype("str") if is_coded(keys) else keys
    return values.reindex(wanted.array).set_axis(keys.index)


def share_lists(
    tables: Mapping[str, pd.DataFrame], kinds: Mapping[tuple[str, str], str]
) -> dict[str, pd.DataFrame]:
    """The tables with their texts as categories, where one of them is large.

    `kinds` says for a table and heading what kind of thing its codes name, or "" for a text of
    its own. What names things is coded in every table; other texts only in the large ones.
    """
    tables = dict(tables)
    if all(len(rows) <= MANY_ROWS for rows in tables.values()):
        return tables
    groups: dict[object, list[tuple[str, str]]] = {}
    for (table, heading), kind in kinds.items():
        text = tables[table][heading]
        if text.dtype == "str" and (kind or len(text) > MANY_ROWS):
            groups.setdefault(kind or (table, heading), []).append((table, heading))
    for places in groups.values():
        places.sort(key=lambda place: -len(tables[place[0]]))
        found = encode({place: tables[place[0]][place[1]].array._pa_array for place in places})
        for (table, heading), codes in found.items():
            tables[table] = tables[table].assign(**{heading: codes})
    return tables
