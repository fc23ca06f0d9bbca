"""Identifiers as whole numbers, in records so large that text would take minutes and gigabytes.

Where a table has more than `MANY_ROWS` rows, codes and words are kept as pandas categories: each
different text once, and for every row its place in that list. All columns that name the same kind
of thing share one list, so that tables are joined on whole numbers. Nobody who works with a table
need know: a comparison, a group or a merge reads the same. Small records stay plain text.
"""

import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assess.load.texts import PIECE, Numbers, Texts, in_form, written

Place = TypeVar("Place")
Values = TypeVar("Values", pd.Series, pd.DataFrame)

MANY_ROWS = 100_000
# So many times more numbers than rows may lie between the first code and the last.
SPREAD = 4

_ORDINARY: dict[int, tuple[weakref.ref, bool, bool]] = {}


def is_coded(codes: pd.Series) -> bool:
    """Whether a column holds its texts once, as categories."""
    return isinstance(codes.dtype, pd.CategoricalDtype)


def encode(columns: Mapping[Place, Texts]) -> dict[Place, pd.Categorical]:
    """Columns of texts over one list of different texts: codes by their number, then the others."""
    by_size = sorted(columns.values(), key=lambda texts: -len(texts.numbers))
    form = next((texts.form for texts in by_size if texts.form), None)
    columns = {place: in_form(texts, form) for place, texts in columns.items()}
    numbers, rank = _ranked([texts.numbers for texts in columns.values()])
    others = pa.chunked_array([texts.others for texts in columns.values()], pa.large_string())
    others = others.combine_chunks().dictionary_encode()
    listed = [written(numbers, form), others.dictionary] if form else [others.dictionary]
    texts = pd.Index(pd.Series(pa.concat_arrays(listed), dtype="str"))
    # What holds of one code of a form holds of all: only their digits differ.
    alike = [written(np.zeros(1, form.dtype), form), others.dictionary] if form else listed
    _ORDINARY[id(texts)] = (weakref.ref(texts), *_looks(pa.concat_arrays(alike)))
    size = np.min_scalar_type(-max(len(texts), 1))
    places_of_others = others.indices.to_numpy() + len(numbers)
    ends = np.cumsum([len(texts.others) for texts in columns.values()])[:-1]
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        places = pool.map(
            lambda column, own: _places(column.numbers, rank, own, size),
            columns.values(),
            np.split(places_of_others, ends),
        )
        return {place: coded(found, texts) for place, found in zip(columns, places, strict=True)}


def _places(
    numbers: Numbers, rank: Callable[[Numbers], Numbers], others: Numbers, size: np.dtype
) -> Numbers:
    """The place of each number; -1 where the cell is empty. `others`: the places of other texts."""
    below = np.append(others[::-1], -1)  # -1 is the last of these, and -2 the one before it
    places = np.empty(len(numbers), size)
    for start in range(0, len(numbers), PIECE):
        piece = numbers[start : start + PIECE]
        found = rank(piece).astype(size)
        not_numbers = piece < 0
        if not_numbers.any():
            found[not_numbers] = below[piece[not_numbers]]
        places[start : start + PIECE] = found
    return places


def _ranked(columns: list[Numbers]) -> tuple[Numbers, Callable[[Numbers], Numbers]]:
    """The different numbers of some columns, and a function that gives their places among these.

    What is below 0 is no number; its place may be any.
    """
    low = max(min((column.min() for column in columns if len(column)), default=0), 0)
    high = max(max((column.max() for column in columns if len(column)), default=-1), low - 1)
    if high - low > SPREAD * sum(map(len, columns)):  # far apart: each is looked up
        different = pd.unique(np.concatenate(columns))
        different = pd.Index(different[different >= 0])
        return different.to_numpy(), different.get_indexer
    seen = np.zeros(high - low + 1, bool)
    for column in columns:
        for start in range(0, len(column), PIECE):
            piece = column[start : start + PIECE]
            seen[piece[piece >= low] - low] = True
    if seen.all():
        return np.arange(
            low, high + 1, dtype=np.result_type(*columns)
        ), lambda numbers: numbers - low
    ranks = np.cumsum(seen, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(seen) + low, lambda numbers: ranks[np.maximum(numbers, low) - low]


def written_out(texts: Texts) -> pd.array:
    """A column of texts as text, with '' where it is empty."""
    codes = encode({"": texts})[""]
    return as_text(pd.Series(codes)).fillna("").array


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
    """Whether every text is of digits and letters of one case.

    Such texts hold no name, no space and no error of a formula, and no two differ only in
    capitals. Looked at once for each list.
    """
    return _looked_at(texts)[0]


def ends_in_numbers(texts: pd.Index) -> bool:
    """Whether every text is ordinary and ends in a digit, so that none is a word."""
    return all(_looked_at(texts))


def _looked_at(texts: pd.Index) -> tuple[bool, bool]:
    known = _ORDINARY.get(id(texts))
    if known is None or known[0]() is not texts:
        known = (weakref.ref(texts), *_looks(_in_one_piece(texts)))
        _ORDINARY[id(texts)] = known
    return known[1:]


def _in_one_piece(texts: pd.Index) -> pa.LargeStringArray:
    cells = pa.array(texts, type=pa.large_string())
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _looks(cells: pa.LargeStringArray) -> tuple[bool, bool]:
    """Whether all texts are of digits and letters of one case, and whether all end in a digit."""
    ends = np.frombuffer(cells.buffers()[1], "int64")[cells.offset :][: len(cells) + 1]
    if len(cells) == 0:
        return True, True
    if (np.diff(ends) == 0).any():
        return False, False
    letters = np.frombuffer(cells.buffers()[2] or b"", "uint8")[ends[0] : ends[-1]]
    kinds = np.zeros(256, bool)
    for start in range(0, len(letters), 1 << 20):
        kinds |= np.bincount(letters[start : start + (1 << 20)], minlength=256).astype(bool)
    lower, upper = kinds[ord("a") : ord("z") + 1].any(), kinds[ord("A") : ord("Z") + 1].any()
    allowed = np.zeros(256, bool)
    allowed[[*b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_/"]] = True
    last = letters[ends[1:] - ends[0] - 1]
    ordinary = not (kinds & ~allowed).any() and not (lower and upper)
    return ordinary, bool(((last >= ord("0")) & (last <= ord("9"))).all())


def same_list(first: pd.Series, second: pd.Series) -> bool:
    """Whether two columns hold places in the same list of texts."""
    return is_coded(first) and is_coded(second) and first.cat.categories.is_(second.cat.categories)


def as_text(codes: pd.Series) -> pd.Series:
    """A column with its texts written out, for few rows; plain text stays as it is."""
    if not is_coded(codes):
        return codes
    texts = codes.cat.categories.array.take(codes.cat.codes.to_numpy(), allow_fill=True)
    return pd.Series(texts, index=codes.index, name=codes.name, dtype="str")


def with_text(rows: pd.DataFrame) -> pd.DataFrame:
    """A few rows with the texts of all their codes written out, to be joined by pandas."""
    return rows.assign(**{name: as_text(rows[name]) for name in rows if is_coded(rows[name])})


def found_in(codes: pd.Series, listed: pd.Series) -> np.ndarray:
    """Which of `codes` are in `listed`; a missing code is not."""
    if same_list(codes, listed):
        found = np.zeros(len(codes.cat.categories) + 1, bool)
        found[listed.cat.codes.to_numpy()] = True
        return of_categories(codes, found[:-1])
    if is_coded(codes):
        return of_categories(codes, found_in(codes.cat.categories.to_series(), listed))
    wanted = pc.unique(pa.array(codes, type=pa.large_string())).drop_null()
    if is_coded(listed):  # of a long list only what is asked for need be looked up
        there = listed.cat.categories.to_series().reset_index(drop=True)
        listed = as_text(listed[of_categories(listed, _among(there, wanted))])
    return _among(codes, pc.unique(pa.array(listed, type=pa.large_string())).drop_null())


def is_in(codes: pd.Series, listed: pd.Series) -> pd.Series:
    """`found_in` by row: which of `codes` are in `listed`."""
    return pd.Series(found_in(codes, listed), index=codes.index, dtype=bool)


def _among(texts: pd.Series, wanted: pa.Array) -> np.ndarray:
    found = pc.is_in(pa.array(texts, type=pa.large_string()), value_set=wanted)
    return found.to_numpy(zero_copy_only=False)


def equal(first: pd.Series, second: pd.Series) -> np.ndarray:
    """Which rows of two columns hold the same text. pandas would first compare both lists whole."""
    if same_list(first, second):
        places = first.cat.codes.to_numpy()
        return (places == second.cat.codes.to_numpy()) & (places >= 0)
    both = (first.notna() & second.notna()).to_numpy()
    same = np.zeros(len(first), bool)
    same[both] = (as_text(first[both]) == as_text(second[both])).to_numpy()
    return same


def look_up(keys: pd.Series, values: Values) -> Values:
    """What `values`, indexed by key, holds for each of `keys`; missing where it holds nothing."""
    index = values.index
    listed = isinstance(index, pd.CategoricalIndex)
    if is_coded(keys):
        texts = keys.cat.categories
        at = np.full(len(texts) + 1, -1, "int32")
        if listed and index.categories.is_(texts):
            at[index.codes] = np.arange(len(index))
        else:
            at[:-1] = _plain_index(index).get_indexer(texts)
        at[-1] = -1
        return _taken(values, at[keys.cat.codes.to_numpy()], keys.index)
    return values.set_axis(_plain_index(index)).reindex(keys.array).set_axis(keys.index)


def _plain_index(index: pd.Index) -> pd.Index:
    return pd.Index(as_text(index.to_series())) if isinstance(index, pd.CategoricalIndex) else index


def _taken(values: Values, rows: np.ndarray, index: pd.Index) -> Values:
    """The values in those rows, missing where a row is -1."""
    if isinstance(values, pd.DataFrame):
        columns = {name: _taken(values[name], rows, index) for name in values}
        return pd.DataFrame(columns, index=index, copy=False)
    cells = pd.api.extensions.take(values.array, rows, allow_fill=True)
    return pd.Series(cells, index=index, name=values.name, copy=False)


def added_up(values: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """The sum of each column of whole numbers by code, without what is missing.

    A code of no row, and a row of no code, is left out.
    """
    if not is_coded(by):
        return values.groupby(by).sum()
    places, texts = by.cat.codes.to_numpy(), by.cat.categories
    there = np.flatnonzero(row_counts(places, len(texts)))
    sums = {name: _sums(places, column, len(texts))[there] for name, column in values.items()}
    index = pd.CategoricalIndex(coded(there.astype(places.dtype), texts))
    return pd.DataFrame(sums, index=index)


def row_counts(places: np.ndarray, size: int) -> np.ndarray:
    """How many rows hold each place; -1 is none."""
    counts = np.zeros(size, "int64")
    step = max(size, PIECE)
    for start in range(0, len(places), step):
        from_one = places[start : start + step].astype("int64") + 1
        counts += np.bincount(from_one, minlength=size + 1)[1:]
    return counts


def _sums(places: np.ndarray, column: pd.Series, size: int) -> np.ndarray:
    if column.dtype in ("bool", "boolean"):
        return row_counts(places[column.to_numpy(bool, na_value=False)], size)
    numbers = column.to_numpy("float64", na_value=np.nan)
    known = (places >= 0) & ~np.isnan(numbers)
    if not known.all():
        places, numbers = places[known], numbers[known]
    return np.bincount(places, numbers, size)


def share_lists(
    texts: Mapping[Place, Texts], kinds: Mapping[Place, str]
) -> dict[Place, pd.Categorical]:
    """Columns of texts as categories. Those that name one kind of thing share one list.

    `kinds` says of a column what its codes name, or "" for a text of its own.
    """
    groups: dict[object, dict[Place, Texts]] = {}
    for place, column in texts.items():
        groups.setdefault(kinds.get(place) or place, {})[place] = column
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        encoded = list(pool.map(encode, groups.values()))
    return {place: codes for group in encoded for place, codes in group.items()}
