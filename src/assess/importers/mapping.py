"""How one source is to be read, as its owner says in a YAML file: what stands where, what it means.

An example, for a sheet with a person a row and a meeting a column:

    organisation: {name: Tegfan Care, legal_form: cooperative_society}
    blocks:
      - holds: attendance
        table: Attendance        # the sheet's name, or the table's place on a page, from 1
        body: board
        people: rows             # columns: each person has a column, each meeting a row
        rows: 6-30               # the people, as the spreadsheet numbers its rows
        columns: D-O             # the meetings
        name: B                  # the column that tells people apart
        group: A                 # their member group, if any; an empty cell is the one above
        date: 3                  # the row that holds the days
        dates: [dd/mm/yy]        # how days are written
        codes: {P: present, A: apology, X: absent, online: remote}
        blank: not expected      # must be said: absent, not expected or not known

In `votes` codes stand for `for`, `against`, `abstained`, `absent`, `not voting` or `not expected`.
`decisions` is a list with a decision a row; `totals` is a list of people with "13/15 = 87%".
"""

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assess.importers.sources import content_of
from assess.load.raw import MAX_COLUMNS, UnreadableError
from assess.load.text_files import read_yaml
from assess.records import AssessError

ASK = "ask"
MAX_BYTES = 1_000_000

Marks = Literal["absent", "not expected", "not known"]
Position = str  # a column's letters, or a row's number


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Block(_Strict):
    """One rectangle of cells, and where what is said about its people and events stands."""

    holds: Literal["attendance", "votes", "decisions", "totals"]
    table: str = ""  # empty: the only one, or the first
    body: str = "board"
    body_in: Position = ""  # where each decision's body is named
    people: Literal["rows", "columns", "list"] = "rows"  # list: a row for each person and meeting
    rows: str = ""  # "6-30", "6-" to the end; empty: all
    columns: str = ""  # "D-O"
    name: Position = ""
    group: Position = ""
    mark: Position = ""  # in a list: where the mark stands; empty: whoever is listed was there
    date: Position = ""
    dates: list[str] = []
    reference: Position = ""
    title: Position = ""
    outcome: Position = ""
    votes_for: Position = ""
    votes_against: Position = ""
    abstained: Position = ""
    third_number: Literal["abstained", "other"] = "other"  # of "Passed (6 - 0 - 2)"
    total: Position = ""
    codes: dict[str, str] = {}
    blank: Marks | Literal["ask"] = ASK
    capacity: Literal["member", "in attendance"] = "member"
    leave_out: list[str] = []  # names of lines that are no people, such as Total
    same_name: Literal["two people", "one person"] = "two people"


class Mapping(_Strict):
    """Everything said about one source. Each part may be left out."""

    organisation: dict[str, Any] = {}
    titles: Literal["leave out", "keep"] = "leave out"
    bodies: dict[str, str] = {}  # as written -> code
    groups: dict[str, str] = {}
    blocks: list[Block] = Field([], max_length=500)

    @field_validator("bodies", "groups")
    @classmethod
    def _are_codes(cls, codes: dict[str, str]) -> dict[str, str]:
        for code in codes.values():
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", code):
                raise ValueError(f"'{code[:40]}' is no code: use small letters, digits and _")
        return codes


def read_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file. Raises AssessError that lists everything wrong with it."""
    try:
        written = read_yaml(content_of(path, limit=MAX_BYTES), path.name)
    except UnreadableError as fault:
        raise AssessError(f"{fault.problem}.") from None
    try:
        return Mapping.model_validate(written)
    except ValidationError as faults:
        lines = [
            f"  {'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}"
            for fault in faults.errors()
        ]
        raise AssessError(f"{path.name} cannot be used:\n" + "\n".join(lines[:20])) from None


def place(written: Position, kind: Literal["row", "column"], what: str) -> int:
    """The place, from 0, of a row such as '12' or a column such as 'AB'."""
    bare = written.strip().upper()
    if kind == "row" and re.fullmatch("[1-9][0-9]{0,6}", bare):
        return int(bare) - 1
    if kind == "column" and re.fullmatch("[A-Z]{1,3}", bare):
        number = 0
        for letter in bare:
            number = number * 26 + ord(letter) - ord("A") + 1
        if number <= MAX_COLUMNS:
            return number - 1
    example = "a row's number, such as 3" if kind == "row" else "a column's letters, such as D"
    raise AssessError(f"The mapping's `{what}: {written[:20]}` is not {example}.")


def span(written: str, kind: Literal["row", "column"], length: int, what: str) -> range:
    """The places of '6-30', 'D-O' or '6-' (to the end), ends included; of nothing, all of them."""
    if not written.strip():
        return range(length)
    first, to, last = written.partition("-")
    begin = place(first, kind, what)
    end = place(last, kind, what) if last.strip() else max(begin, length - 1 if to else begin)
    if end < begin:
        raise AssessError(f"The mapping's `{what}: {written[:20]}` ends before it begins.")
    return range(begin, min(end + 1, length))
