"""Texts of large tables as codes: read as numbers, over shared lists, joined and counted."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.load import codes
from assess.load.texts import (
    Form,
    texts_of,
    texts_of_dictionary,
    texts_of_whole_numbers,
    written,
)

# Codes of one form, some that are nearly of it, and some of none; the longest number has 18 digits.
CELLS = st.one_of(
    st.none(),
    st.integers(0, 99_999).map("M{:05}".format),
    st.integers(0, 99_999).map("M{}".format),
    st.integers(0, 99_999).map(str),
    st.integers(10**17, 10**18 - 1).map("M{}".format),
    st.sampled_from(
        ["", " ", "M", "m00001", "M0000x", "M0000:", "M0000/", "ŵ0001", "00001", "P-1"]
    ),
)
COLUMNS = st.lists(st.lists(CELLS, max_size=40), min_size=1, max_size=3)


def read(cells, kind):
    column = pa.chunked_array([pa.array(cells, pa.large_string())])
    if kind == "dictionary":
        return texts_of_dictionary(column.dictionary_encode())
    half = len(cells) // 2
    return texts_of([column.chunk(0)[:half], column.chunk(0)[half:]])


@settings(deadline=None)
@given(columns=COLUMNS, kind=st.sampled_from(["text", "dictionary"]))
def test_every_text_is_found_again(columns, kind):
    """Whatever the form, in one shared list; an empty text is missing."""
    coded = codes.encode({place: read(cells, kind) for place, cells in enumerate(columns)})
    lists = {id(one.categories) for one in coded.values()}
    assert len(lists) == 1
    texts = coded[0].categories
    assert texts.is_unique
    assert not (texts == "").any()
    for place, cells in enumerate(columns):
        assert codes.as_text(pd.Series(coded[place])).fillna("").tolist() == [
            cell or "" for cell in cells
        ]


def test_codes_of_one_form_stand_in_order_of_their_numbers():
    texts = texts_of([pa.array(["M00012", "M00003", "other", "M00012", None])])
    assert texts.form == Form(b"M", 5)
    assert texts.numbers.tolist() == [12, 3, -2, 12, -1]
    assert texts.others.to_pylist() == ["other"]
    coded = codes.encode({"a": texts})["a"]
    assert coded.categories.tolist() == ["M00003", "M00012", "other"]
    assert coded.codes.tolist() == [1, 0, 2, 1, -1]
    assert coded.codes.dtype == "int8"


def test_numbers_far_apart_are_looked_up_one_by_one():
    """Between two codes of 18 digits no table of all numbers could stand."""
    cells = ["M000000000000000001", "M999999999999999999", "M000000000000000001"]
    coded = codes.encode({"a": texts_of([pa.array(cells)])})["a"]
    assert coded.tolist() == cells
    assert coded.codes.tolist() == [0, 1, 0]


def test_columns_of_two_forms_share_one_list():
    """P-1 is written out, and found in the other column though that is read as numbers."""
    columns = {
        "members": texts_of([pa.array(["M01", "M02", "M03", "P-1"])]),
        "attendance": texts_of([pa.array(["P-1", "P-2", "M02"])]),
    }
    assert columns["members"].form != columns["attendance"].form
    coded = codes.encode(columns)
    assert coded["attendance"].tolist() == ["P-1", "P-2", "M02"]
    assert coded["members"].codes[3] == coded["attendance"].codes[0]
    assert coded["members"].codes[1] == coded["attendance"].codes[2]


def test_a_few_codes_may_have_places_that_need_more_than_a_byte():
    """Four meetings, one byte a row; the last is the 303rd text of the list they share."""
    few = pa.chunked_array([pa.array(["G0", "G1", "G0", "x"])]).dictionary_encode()
    columns = {
        "meetings": texts_of([pa.array([f"{n}z" for n in range(300)] + ["x"])]),
        "attendance": texts_of_dictionary(few),
    }
    assert columns["attendance"].numbers.dtype == "int8"
    coded = codes.encode(columns)
    assert coded["attendance"].tolist() == ["G0", "G1", "G0", "x"]
    assert coded["meetings"][-1] == "x"
    assert coded["attendance"].codes[-1] == coded["meetings"].codes[-1] == 302


def test_written_gives_each_number_its_noughts():
    assert written(np.array([7, 120]), Form(b"G-", 4)).to_pylist() == ["G-0007", "G-0120"]
    assert written(np.array([7, 120]), Form(b"G-")).to_pylist() == ["G-7", "G-120"]


def test_numbers_of_any_size_are_of_one_form():
    """As they come from a database. A nought before them makes another code."""
    cells = ["7", "120", "0", "007", "-7", "7.0", None, str(10**17), str(10**18), "120"]
    texts = texts_of([pa.array([*cells, *map(str, range(20))])])
    assert texts.form == Form(b"")
    assert texts.numbers[:10].tolist() == [7, 120, 0, -2, -3, -4, -1, 10**17, -5, 120]
    assert texts.others.to_pylist() == ["007", "-7", "7.0", str(10**18)]


def test_codes_of_one_size_are_read_as_such_whether_or_not_they_have_noughts():
    assert texts_of([pa.array(["M10", "M21", "M35"])]).form == Form(b"M", 2)
    assert texts_of([pa.array(["M07", "M21", "M135"])]).form == Form(b"M", 2)
    assert texts_of([pa.array(["M7", "M21", "M135"])]).form == Form(b"M")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        pytest.param([5, None, 120], ["5", None, "120"], id="whole, as from a database"),
        pytest.param([5.0, None, 1e14], ["5", None, "100000000000000"], id="pandas' own"),
        pytest.param([float("nan"), 3.0], [None, "3"], id="not a number is missing"),
        pytest.param([], [], id="none"),
        pytest.param([5, -1], None, id="below 0"),
        pytest.param([5, 10**18], None, id="of too many digits"),
        pytest.param([5.5, 1.0], None, id="not whole"),
        pytest.param([1e15], None, id="larger than a number with a point holds exactly"),
        pytest.param([float("inf")], None, id="without end"),
    ],
)
def test_numbers_in_a_file_are_codes_as_they_would_be_written(column, expected):
    kind = pa.float64() if any(isinstance(one, float) for one in column) else pa.int64()
    texts = texts_of_whole_numbers(pa.chunked_array([pa.array(column, kind)]))
    if expected is None:
        assert texts is None
        return
    coded = pd.Series(codes.encode({"": texts})[""])
    assert codes.as_text(coded).astype(object).where(coded.notna(), None).tolist() == expected
    written_out = texts_of([pa.array(expected, pa.large_string())], texts.form)
    assert texts.numbers.tolist() == written_out.numbers.tolist()


@pytest.mark.parametrize(
    ("texts", "ordinary", "numbers"),
    [
        pytest.param(["M01", "M02"], True, True, id="codes"),
        pytest.param(["a1f", "b20"], True, False, id="letters at the end: a word could be there"),
        pytest.param(["total", "m1"], True, False, id="a word is there"),
        pytest.param(["M1", "m2"], False, True, id="both cases: two may differ in nothing else"),
        pytest.param(["Jane Jones", "Mae"], False, False, id="names"),
        pytest.param(["#N/A", "M1"], False, False, id="an error of a formula"),
        pytest.param(["ŵ1", "y2"], False, True, id="other letters"),
    ],
)
def test_what_a_list_of_texts_can_hold(texts, ordinary, numbers):
    listed = codes.encode({"a": texts_of([pa.array(texts)])})["a"].categories
    assert codes.is_ordinary(listed) is ordinary
    assert codes.ends_in_numbers(listed) is (ordinary and numbers)
    assert codes.is_ordinary(pd.Index(texts, dtype="str")) is ordinary


# What is asked of coded columns ------------------------------------------------------------------

KEYS = pd.Series(["G2", "G1", None, "G2", "G9", "G3"], dtype="str", index=range(2, 8))
LISTED = pd.Series(["G3", "G2", "G2", None, "G4"], dtype="str")


def as_given(keys, listed, how):
    """Both columns as text, as codes over one list, or one of them as codes."""
    texts = {"keys": texts_of([pa.array(keys)]), "listed": texts_of([pa.array(listed)])}
    shared = codes.encode(texts)
    coded = pd.Series(shared["keys"], index=keys.index)
    coded_list = pd.Series(shared["listed"], index=listed.index)
    return {
        "text": (keys, listed),
        "shared": (coded, coded_list),
        "keys": (coded, listed),
        "listed": (keys, coded_list),
        "two lists": (keys.astype("category"), listed.astype("category")),
    }[how]


HOW = pytest.mark.parametrize("how", ["text", "shared", "keys", "listed", "two lists"])


@HOW
def test_found_in(how):
    """G2 twice, and G3; what is missing is in no list."""
    keys, listed = as_given(KEYS, LISTED, how)
    assert codes.found_in(keys, listed).tolist() == [True, False, False, True, False, True]
    assert codes.is_in(keys, listed).index.tolist() == [2, 3, 4, 5, 6, 7]


@HOW
def test_look_up(how):
    keys, listed = as_given(KEYS, LISTED[[0, 1, 4]], how)
    values = pd.DataFrame({"day": pd.to_datetime(["2025-01-03", "2025-01-02", None])})
    values = values.assign(number=[3.0, 2.0, 4.0]).set_axis(pd.Index(listed))
    found = codes.look_up(keys, values)
    assert found.index.tolist() == keys.index.tolist()
    assert found["number"].fillna(-1).tolist() == [2, -1, -1, 2, -1, 3]
    assert found["day"].dt.day.fillna(-1).tolist() == [2, -1, -1, 2, -1, 3]


@HOW
def test_added_up(how):
    """G2 in two rows: 1 + 4 and one yes; G9's number is missing; no row of no code, none of G4."""
    keys, _ = as_given(KEYS, LISTED, how)
    values = pd.DataFrame(
        {
            "number": [1.0, 2.0, 8.0, 4.0, np.nan, 16.0],
            "yes": [True, False, True, False, True, True],
        },
        index=KEYS.index,
    )
    sums = codes.added_up(values, keys)
    assert dict(zip(sums.index.astype("str"), sums["number"], strict=True)) == {
        "G1": 2,
        "G2": 5,
        "G3": 16,
        "G9": 0,
    }
    assert dict(zip(sums.index.astype("str"), sums["yes"], strict=True)) == {
        "G1": 0,
        "G2": 1,
        "G3": 1,
        "G9": 1,
    }


@HOW
def test_equal(how):
    """The first and the last; two missing texts are not the same text."""
    other = pd.Series(["G2", "G7", None, None, "G8", "G3"], dtype="str", index=KEYS.index)
    first, second = as_given(KEYS, other, how)
    assert codes.equal(first, second).tolist() == [True, False, False, False, False, True]
