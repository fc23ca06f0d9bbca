"""A column of texts as whole numbers, read piece by piece, so that not all texts stand at once.

Most codes are some letters and a number, such as M00001234, M1234 or 1234: those are read as their
numbers, which costs a thirtieth of looking each text up. Texts of any other form are listed, each
once.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

PIECE = 1 << 16  # rows read at a time: they fit the processor's cache
SAMPLE = 200  # texts from which it is told what a column mostly looks like
MISSING, OTHER = -1, -2
MOST_DIGITS = 18  # a 64-bit number holds them all
_CODE = re.compile(rb"(.{0,40}?)([0-9]{1,%d})" % MOST_DIGITS, re.DOTALL)

Numbers = NDArray[np.signedinteger]


@dataclass(frozen=True)
class Form:
    """What codes look like: the letters they begin with, and how many digits follow.

    With 0 `digits` there are as many as the number has, and it begins with no 0.
    """

    start: bytes
    digits: int = 0

    @property
    def dtype(self) -> type[np.signedinteger]:
        """The narrowest type that holds every number of so many digits."""
        return np.int32 if 0 < self.digits < 10 else np.int64


@dataclass(frozen=True)
class Texts:
    """A column of texts, each row as one whole number.

    numbers  the number in a code of `form`; -1 where the cell is empty; -2, -3 and so on for the
             first, second and so on of `others`
    others   each different text that is not of `form`, once
    """

    form: Form | None
    numbers: Numbers
    others: pa.LargeStringArray


def texts_of(pieces: Iterable[pa.Array], form: Form | None = None) -> Texts:
    """The texts of a column that comes in pieces; of `form`, else as the first piece mostly is."""
    numbers: list[Numbers] = []
    others: list[pa.Array] = []
    for cells in pieces:
        cells = cells.cast(pa.large_string()).fill_null("")
        if form is None and not numbers:
            form = _form_of(cells)
        for start in range(0, len(cells), PIECE):
            piece = cells.slice(start, PIECE)
            numbers.append(_numbers(piece, form))
            other = numbers[-1] == OTHER
            others.append(piece if other.all() else piece.filter(pa.array(other)))
    together = np.concatenate(numbers) if numbers else np.array([], np.int32)
    listed = pa.chunked_array(others, pa.large_string()).combine_chunks().dictionary_encode()
    if len(listed):
        together[together == OTHER] = OTHER - listed.indices.to_numpy()
    return Texts(form, together, listed.dictionary)


def texts_of_dictionary(column: pa.ChunkedArray) -> Texts:
    """The texts of a column that lists each different text once already."""
    column = column.unify_dictionaries()
    if not column.chunks:
        return texts_of([])
    listed = texts_of([column.chunk(0).dictionary])
    by_place = np.append(listed.numbers, MISSING)  # the last, which is that of no place
    by_place = by_place.astype(_narrowest(by_place))
    numbers = np.empty(len(column), by_place.dtype)
    start = 0
    for chunk in column.chunks:
        places = chunk.indices.fill_null(-1).to_numpy()
        numbers[start : start + len(chunk)] = by_place[places]
        start += len(chunk)
    return Texts(listed.form, numbers, listed.others)


def texts_of_whole_numbers(column: pa.ChunkedArray) -> Texts | None:
    """A column of numbers as the texts they would stand as; None where one would not be read back.

    What is no whole number, is below 0 or has too many digits goes the way of any other text.
    """
    most = 10**MOST_DIGITS
    if pa.types.is_floating(column.type):
        column, most = pc.if_else(pc.is_nan(column), None, column), 10**15
    try:
        numbers = column.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    ends = pc.min_max(numbers).as_py()
    if ends["min"] is not None and not 0 <= ends["min"] <= ends["max"] < most:
        return None
    whole = numbers.fill_null(MISSING).to_numpy()
    return Texts(Form(b""), whole.astype(_narrowest(whole)), pa.array([], pa.large_string()))


def _narrowest(numbers: Numbers) -> np.dtype:
    """The narrowest type that holds all the numbers, and MISSING."""
    ends = numbers.min(initial=MISSING), numbers.max(initial=MISSING)
    return np.result_type(*(np.min_scalar_type(-1 - abs(int(end))) for end in ends))


def texts_of_column(column: pa.ChunkedArray) -> Texts:
    """The texts of a column, as text or as a dictionary."""
    if pa.types.is_dictionary(column.type):
        return texts_of_dictionary(column)
    return texts_of(column.chunks)


def in_form(texts: Texts, form: Form | None) -> Texts:
    """The same texts, with codes of `form` as their numbers."""
    if texts.form == form:
        return texts
    places, different = pd.factorize(texts.numbers)
    numbered, other = different >= 0, different <= OTHER
    spelled = [texts.others.take(pa.array(OTHER - different[other]))]
    if texts.form:
        spelled.append(written(different[numbered], texts.form))
    listed = texts_of(spelled, form)
    numbers = np.full(len(different), MISSING, listed.numbers.dtype)
    numbers[np.flatnonzero(other)] = listed.numbers[: other.sum()]
    numbers[np.flatnonzero(numbered)] = listed.numbers[other.sum() :]
    return Texts(form, numbers[places], listed.others)


def _form_of(cells: pa.LargeStringArray) -> Form | None:
    """The form of most of some of the cells; None where fewer than half are of one form."""
    some = cells.take(np.linspace(0, len(cells) - 1, SAMPLE).astype(int)) if len(cells) else cells
    texts = [text.encode() for text in some.to_pylist() if text]
    parts = [match.groups() for match in map(_CODE.fullmatch, texts) if match]
    forms = [Form(start, len(digits)) for start, digits in parts]
    forms += [Form(start) for start, digits in parts if not _padded(digits)]
    form, times = max(Counter(forms).items(), key=_most, default=(None, 0))
    return form if 2 * times >= max(len(texts), 1) else None


def _most(found: tuple[Form, int]) -> tuple[int, int]:
    """The form of most texts; of equals, that of one size, which is read in less time."""
    form, times = found
    return times, form.digits


def _padded(digits: bytes) -> bool:
    return len(digits) > 1 and digits.startswith(b"0")


def _numbers(cells: pa.LargeStringArray, form: Form | None) -> Numbers:
    """The number in each cell of `form`; where it has another text, or none, it says so."""
    ends = np.frombuffer(cells.buffers()[1], np.int64)[cells.offset :][: len(cells) + 1]
    sizes = np.diff(ends)
    numbers = np.where(sizes == 0, MISSING, OTHER).astype(form.dtype if form else np.int32)
    if form is None:
        return numbers
    letters = np.frombuffer(cells.buffers()[2] or b"", np.uint8)
    for digits in (form.digits,) if form.digits else range(1, MOST_DIGITS + 1):
        size = len(form.start) + digits
        fits = np.flatnonzero(sizes == size)
        if not len(fits):
            continue
        if len(fits) == len(cells):
            grid = letters[ends[0] : ends[-1]].reshape(-1, size)
        else:
            grid = letters[ends[fits, None] + np.arange(size)]
        right, found = _read(grid, form, digits)
        numbers[fits[right]] = found[right]
    return numbers


def _read(grid: NDArray[np.uint8], form: Form, digits: int) -> tuple[NDArray[np.bool_], Numbers]:
    """Which texts of one size are of `form`, with so many digits, and their numbers."""
    right = np.ones(len(grid), bool)
    found = np.zeros(len(grid), form.dtype)
    for place, letter in enumerate(form.start):
        right &= grid[:, place] == letter
    for place in range(len(form.start), len(form.start) + digits):
        digit = grid[:, place] - np.uint8(ord("0"))  # below "0" it wraps, to more than 9
        right &= digit <= 9
        found *= 10
        found += digit
    if form.digits == 0 and digits > 1:
        right &= grid[:, len(form.start)] != ord("0")
    return right, found


def written(numbers: Numbers, form: Form) -> pa.LargeStringArray:
    """The codes that have those numbers."""
    if not form.digits:
        texts = pa.array(numbers).cast(pa.large_string())
        start, between = (pa.scalar(one, pa.large_string()) for one in (form.start.decode(), ""))
        return pc.binary_join_element_wise(start, texts, between)
    size = len(form.start) + form.digits
    grid = np.empty((len(numbers), size), np.uint8)
    grid[:, : len(form.start)] = np.frombuffer(form.start, np.uint8)
    for start in range(0, len(numbers), PIECE):
        rest = numbers[start : start + PIECE].astype(form.dtype)
        for place in range(size - 1, len(form.start) - 1, -1):
            tenth = rest // 10
            grid[start : start + PIECE, place] = rest - tenth * 10 + ord("0")
            rest = tenth
    ends = np.arange(len(numbers) + 1, dtype=np.int64) * size
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(grid)]
    return pa.Array.from_buffers(pa.large_string(), len(numbers), buffers)
