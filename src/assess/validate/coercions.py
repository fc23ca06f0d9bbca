"""Says how cells were read that do not stand as the contract would have them.

Nothing is changed without a line that shows what was written beside what was read. Only cells
that could be read are shown, so that what is shown is a date, a number or a word of a list.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from assess.load.codes import MANY_ROWS, is_coded, row_counts
from assess.load.raw import plain
from assess.load.synonyms import OwnWords, mark, other_words, usual_words
from assess.schemas import about_columns
from assess.validate.cells import Fault, Words, weekday_stated
from assess.validate.findings import Findings

_PLAIN = {
    "date": re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ]00:00(?::00)?)?"
                       r"|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"),
    "number": re.compile(r"-?[0-9]+(?:\.[0-9]+)?"),
    "whole": re.compile(r"-?[0-9]+"),
    "yes_no": re.compile(r"(?i:y|yes|n|no|true|false|ie|oes|nac oes)|na"),
}  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# Marks that stand for one thing in some sheets and another in others: what tells which it is.
_APOLOGY = {"ap", "apol", "apols", "apologies", "apology", "ymdd"}
_ABSENT = {"ab", "abs", "absent", "n", "no", "dna", "0"}
_PRESENT = {"p", "y", "yes", "pres", "present", "1", "✓", "✔"}


def words_for(table: str, column: str, text: pd.Series, own: OwnWords) -> Words:
    """The words a column of choices may hold in this sheet, with what each means."""
    known: dict[str, str | Fault] = {**other_words(table, column), **usual_words(table, column)}
    if (table, column) == ("attendance", "status"):
        different = text.cat.categories if is_coded(text) else pd.unique(text)
        known |= _of_two_meanings({mark(one) for one in different})
    return known | own.words.get(f"{table}.{column}", {})


def _of_two_meanings(marks: set[str]) -> dict[str, str | Fault]:
    """A and X, by the other marks in the sheet; where those do not tell, a fault that asks."""
    known: dict[str, str | Fault] = {"-": ""}
    if marks & _APOLOGY and not marks & _ABSENT:
        known["a"] = "absent"
    elif marks & _ABSENT and not marks & _APOLOGY:
        known["a"] = "apology"
    else:
        known["a"] = _which("A", "apology or absent")
    known["x"] = "absent" if marks & _PRESENT else _which("X", "present or absent")
    return known


def _which(written: str, meanings: str) -> Fault:
    return Fault(
        f"'{written}' may mean {meanings}",
        f"write {meanings} instead, or say which in headings.yaml (see assess check --mapping)",
        "mark",
    )


def note_coercions(
    table: str, column: str, text: pd.Series, values: pd.Series, findings: Findings
) -> None:
    """One line for each different text that was read as something else, with how many cells."""
    kind = about_columns(table)[column]["kind"]
    if kind not in (*_PLAIN, "choice"):
        return
    if is_coded(text):
        places, different = text.cat.codes.to_numpy(), text.cat.categories
    elif text.dtype == "str":
        places, different = pd.factorize(text)
    else:  # it came as dates, numbers or yes and no
        return
    if kind in _PLAIN and all(map(_PLAIN[kind].fullmatch, filter(None, different))):
        return
    firsts = _first_places(places, len(different))
    same = usual_words(table, column) if kind == "choice" else {}
    found = np.argsort(firsts, kind="stable")
    found = found[firsts[found] < len(text)]
    texts, read = different[found].tolist(), values.take(firsts[found]).tolist()
    counts: np.ndarray | None = None  # most columns need none
    for place, text_of_one, value in zip(found.tolist(), texts, read, strict=True):
        written = text_of_one.strip()
        if pd.isna(value) or not written or _as_it_stands(written, kind, same, value):
            continue
        row = int(text.index[firsts[place]])
        counts = row_counts(places, len(different)) if counts is None else counts
        _note(table, column, row, written, _shown(value), int(counts[place]), findings)
        if kind == "choice":
            findings.read_as(table, "words", column, written, str(value))


def _first_places(places: np.ndarray, size: int) -> np.ndarray:
    """The first row of each different text; the number of rows where no row holds it."""
    firsts = np.full(size, len(places))
    step = max(size, MANY_ROWS)
    for start in range(0, len(places), step):  # most texts stand in the first rows
        rows = np.flatnonzero(places[start : start + step] >= 0)[::-1] + start
        found = np.full(size, len(places))
        found[places[rows]] = rows
        firsts = np.minimum(firsts, found)
        if (firsts < len(places)).all():
            break
    return firsts


def _as_it_stands(written: str, kind: str, same: Mapping[str, str], value: object) -> bool:
    if kind == "choice":
        return same.get(plain(written)) == value
    return _PLAIN[kind].fullmatch(written) is not None


def _note(
    table: str, column: str, row: int, written: str, read: str, cells: int, findings: Findings
) -> None:
    more = f", here and in {cells - 1:,} more cells" if cells > 1 else ""
    what = f"'{written}' was read as {read}{more}"
    findings.note(table, [row], column, what, rule="read as", serious=False)


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def weekdays_agree(
    table: str, column: str, text: pd.Series, values: pd.Series, findings: Findings
) -> None:
    """A date that names its weekday falls on that day."""
    if about_columns(table)[column]["kind"] != "date":
        return
    if is_coded(text):
        if not text.cat.categories.str.contains("[A-Za-z]{3}").any():
            return
        text = text.astype("str").fillna("")
    if text.dtype != "str":
        return
    worded = text[text.str.contains("[A-Za-z]{3}").to_numpy()]
    for row, written in worded.items():
        stated, day = weekday_stated(written), values[row]
        if stated is not None and pd.notna(day) and day.weekday() != stated:
            what = f"'{written.strip()}' was a {WEEKDAYS[day.weekday()]}"
            remedy = "correct the date or the weekday"
            findings.note(table, [row], column, what, remedy, rule="weekday", serious=False)
