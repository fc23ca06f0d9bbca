"""A CSV file of millions of rows is read a quicker way: the same cells, or it stands back."""

import pytest

from assess.load.large_text_files import read_simple
from assess.load.shared_lists import with_shared_lists
from assess.load.synonyms import OwnWords, known_headings
from assess.load.text_files import read_csv

OWN = OwnWords()
KNOWN = known_headings("attendance", OWN)
HEADINGS = "meeting_id,person_id,status,capacity,remarks\n"

SIMPLE = {
    "plain": "B1,M1,present,\nB1,M2,absent,member\n",
    "words that elsewhere mean nothing": "B1,NA,n/a,null\nnan,M2,None,#N/A\n",
    "quotation marks": '"B1","M,1","say ""yes""",""\nB"1,M2,"",a"b\n',
    "spaces": " B1 ,M1,, \nB1\t,M2,present,\n",
    "accents": "B1,ŵ1,présent,✓\nB2,ŷ2,p,\n",
    "rows without anything": ",,,\nB1,M1,p,\n,,,\n",
    "Windows' ends of lines": "B1,M1,p,\r\nB2,M2,p,\r\n",
}
NOT_SIMPLE = {
    "a row with few cells": "B1,M1\nB1,M2,p,,\n",
    "a row with many cells": "B1,M1,p,,,,\nB1,M2,p,,\n",
    "an empty line": "B1,M1,p,,\n\nB1,M2,p,,\n",
    "a cell of two lines": 'B1,"M\n1",p,,\nB1,M2,p,,\n',
    "a mark that is never closed": 'B1,"M1,p,,\nB1,M2,p,,\n',
    "an end of line of its own": "B1,M1\rx,p,,\nB1,M2,p,,\n",
    "no end of the last line": "B1,M1,p,,\nB1,M2,p,,",
}


@pytest.mark.parametrize("rows", SIMPLE.values(), ids=SIMPLE)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["bare", "marked"])
def test_the_quick_way_gives_the_cells_of_the_careful_one(rows, mark):
    """Each known cell, under its own row; a blank cell is '' here and missing there."""
    content = (mark + HEADINGS + rows.replace("\n", ",x\n").replace("\r,x", ",x\r")).encode()
    careful = read_csv(content, "attendance.csv", "attendance")[0].rows
    large = read_simple(content, "attendance.csv", "attendance", KNOWN)
    quick = with_shared_lists({"attendance": large}, OWN)["attendance"].rows
    for heading in HEADINGS.strip().split(",")[:-1]:
        found = quick[heading].astype("str").fillna("")
        assert found[careful.index].tolist() == careful[heading].tolist()
    assert (quick.drop(careful.index)["person_id"].isna()).all()


@pytest.mark.parametrize("rows", NOT_SIMPLE.values(), ids=NOT_SIMPLE)
def test_the_quick_way_leaves_what_is_not_simple(rows):
    content = (HEADINGS + rows).encode()
    assert read_simple(content, "attendance.csv", "attendance", KNOWN) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"Attendance 2025,,,,\n" + HEADINGS.encode() + b"B1,M1,p,,\n", id="a title"),
        pytest.param(b"sep=,\n" + HEADINGS.encode() + b"B1,M1,p,,\n", id="a line for Excel"),
        pytest.param(HEADINGS.encode() + b"B1,\xff1,p,,\n", id="other letters"),
        pytest.param((HEADINGS + "B1,M1,p,,\n").encode("utf-16"), id="letters of two bytes"),
        pytest.param(b"meeting_id,person_id,person_id\nB1,M1,M1\n", id="a heading twice"),
        pytest.param(b"meeting_id,,status\nB1,M1,p\n", id="a column without a heading"),
        pytest.param(b"a,b\n1,2\n", id="no heading that is known"),
    ],
)
def test_the_quick_way_leaves_other_beginnings_and_letters(content):
    assert read_simple(content, "attendance.csv", "attendance", KNOWN) is None
