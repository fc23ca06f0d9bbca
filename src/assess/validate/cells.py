"""Turns the text of one column into dates, numbers, yes or no, and codes: one fault a bad cell.

Each different text is read once and its result given to every cell that holds it, so a column of
millions costs little more than its different values. A fault shows the text only where the text
looks like a slip in a date, a number or a listed word; anything else could be somebody's name.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from assess.load.codes import coded, is_coded, is_ordinary, of_categories
from assess.load.raw import FIRST_YEAR, LAST_YEAR, NO_VALUE, near, plain
from assess.load.synonyms import mark

YES = frozenset(["yes", "y", "true", "1", "ie", "oes", "do"])
NO = frozenset(["no", "n", "false", "0", "na", "nac oes"])
# Day 0 of a spreadsheet's calendar, and the bare numbers that stand for 1954 to 2064 in it.
SPREADSHEET_EPOCH = datetime.date(1899, 12, 30)
SPREADSHEET_DAYS = range(20_000, 60_001)
# Longer lists of words are not repeated in a message.
MANY_WORDS = 12

DTYPES = {
    "date": "datetime64[ns]",
    "yes_no": "boolean",
    "number": "float64",
    "whole": "float64",
}
WRITE_A_DATE = "write it as 2025-03-31 or 31/03/2025"

_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}")
_TIME = re.compile(r"[T ]([0-9]{2}):([0-9]{2})(:[0-9]{2}(\.[0-9]+)?)?Z?")
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})?(?:\.[0-9]{1,20})?")
# Words of a date, in full or short, English and Welsh; never the beginnings of names.
_DATE_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec st nd rd th of t z
    ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr
    ydd edd fed eg ain af ail il o dydd fawrth fai fehefin orffennaf fedi dachwedd ragfyr
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
    llun mawrth mercher iau gwener sadwrn sul
    """,
    )
)


_MONTHS = {
    word[:size]: number
    for names in (
        "january february march april may june july august september october november december",
        "ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr",
        "_ _ fawrth _ fai fehefin orffennaf _ fedi _ dachwedd ragfyr",  # after "o"
    )
    for number, word in enumerate(names.split(), 1)
    for size in (3, 4, len(word))
}
_WEEKDAYS = {
    word[:size]: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "llun mawrth mercher iau gwener sadwrn sul",
    )
    for number, word in enumerate(names.split())
    for size in (3, 4, 5, len(word))
}
_ORDINAL = "(?:st|nd|rd|th|af|ail|il|ydd|edd|fed|eg|ain)?"
_WEEKDAY = r"(?:(?:dydd\s+)?(?P<weekday>[a-z]{3,9})\.?,?\s+(?:the\s+|y\s+)?)?"
_IN_WORDS = (
    re.compile(
        rf"{_WEEKDAY}(?P<day>[0-9]{{1,2}}){_ORDINAL}[\s-]+(?:of\s+|o\s+)?(?P<month>[a-z]{{3,10}})\.?,?"
        r"[\s-]+(?P<year>[0-9]{4})"
    ),
    re.compile(
        rf"{_WEEKDAY}(?P<month>[a-z]{{3,10}})\.?\s+(?P<day>[0-9]{{1,2}}){_ORDINAL},?"
        r"\s+(?P<year>[0-9]{4})"
    ),
    re.compile(rf"{_WEEKDAY}(?P<day>[0-9]{{1,2}})/(?P<month>[0-9]{{1,2}})/(?P<year>[0-9]{{4}})"),
)
_DOTTED = re.compile(r"([0-9]{1,2})([.-])([0-9]{1,2})\2([0-9]{4})")
_SHORT_IN_WORDS = re.compile(r"[0-9]{1,2}[a-z]{0,4}[\s-]+[a-z]{3,10}\.?[\s-]+'?[0-9]{2}")
# What a spreadsheet shows where a formula has no value.
_ERROR_CELL = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FORMULA!)")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell, after the column's name, and what to do about it."""

    what: str
    remedy: str
    rule: str


Words = Mapping[str, "str | Fault"]


def parse(
    text: pd.Series, kind: str, codes: Mapping[str, str], words: Words | None = None
) -> tuple[pd.Series, pd.Series]:
    """The values of a column, and a Fault for each cell that holds something else.

    `codes` are the words a choice or list allows, with their meanings; `words` are others for
    them, without case or spaces. Empty cells, and those with a fault, are missing among the
    values.
    """
    if is_coded(text):
        return _by_category(text, kind, codes, words)
    if text.dtype != "str":
        return _typed_already(text, kind, codes, words)
    if kind in ("code", "text"):
        trimmed = text.str.strip()
        faults = _errors(trimmed)
        lost = (trimmed == "").to_numpy()
        if len(faults):
            lost = lost | trimmed.index.isin(faults.index)
        return trimmed.mask(lost), faults
    return _by_different_text(text, _reader(kind, codes, words or {}), DTYPES.get(kind, "str"))


def _by_category(
    text: pd.Series, kind: str, codes: Mapping[str, str], words: Words | None
) -> tuple[pd.Series, pd.Series]:
    """The values of a column whose different texts stand once, as categories; so do its codes."""
    texts = text.cat.categories
    if kind in ("code", "text") and is_ordinary(texts):
        return text, pd.Series([], index=text.index[:0], dtype=object)
    values, faults = parse(pd.Series(texts, dtype="str"), kind, codes, words)
    at = text.cat.codes.to_numpy()
    bad = of_categories(text, values.index.isin(faults.index))
    found = pd.Series(
        [faults[place] for place in at[bad].tolist()], index=text.index[bad], dtype=object
    )
    if kind in DTYPES:
        return values.reindex(pd.Index(at)).astype(DTYPES[kind]).set_axis(text.index), found
    if values.equals(pd.Series(texts, dtype="str")):
        return text, found
    places, different = pd.factorize(values)
    return pd.Series(coded(np.append(places, -1)[at], different), index=text.index), found


def _typed_already(
    values: pd.Series, kind: str, codes: Mapping[str, str], words: Words | None
) -> tuple[pd.Series, pd.Series]:
    """A column that came as dates, yes and no, or numbers; these are written out if one is odd."""
    fits = True
    if values.dtype == "float64":
        bare = values.to_numpy()
        fits = not np.isinf(bare).any()
        fits = fits and (kind == "number" or not (bare[~np.isnan(bare)] % 1).any())
    if fits:
        return values, pd.Series([], index=values.index[:0], dtype=object)
    text = values.map("{:.15g}".format, na_action="ignore").astype("str").fillna("")
    return parse(text, kind, codes, words)


def _errors(text: pd.Series) -> pd.Series:
    marked = text[text.str.startswith("#")]
    if marked.empty:
        return pd.Series([], index=marked.index, dtype=object)
    marked = marked[marked.str.fullmatch(_ERROR_CELL.pattern)]
    return pd.Series([_error(one) for one in marked], index=marked.index, dtype=object)


def _error(text: str) -> Fault:
    if text == NO_VALUE:
        what = "holds a formula that was never worked out"
        remedy = "open the workbook in your spreadsheet and save it again, or type the value"
    else:
        what, remedy = f"shows {text}, an error of a formula", "type the value, or mend the formula"
    return Fault(what, remedy, "formula")


def _reader(kind: str, codes: Mapping[str, str], words: Words) -> Callable[[str], Any]:
    read = _reader_of_values(kind, codes, words)
    return lambda text: _error(text) if _ERROR_CELL.fullmatch(text) else read(text)


def _reader_of_values(kind: str, codes: Mapping[str, str], words: Words) -> Callable[[str], Any]:
    if kind in ("choice", "list"):
        known = {plain(meaning): code for code, meaning in codes.items()}
        known |= {plain(code): code for code in codes}
        known = known | words
        one = choices if kind == "list" else choice
        return lambda text: one(text, known, list(codes))
    return {"date": date, "yes_no": yes_no, "number": number, "whole": whole}[kind]


def _by_different_text(
    text: pd.Series, read: Callable[[str], Any], dtype: str
) -> tuple[pd.Series, pd.Series]:
    places, different = pd.factorize(text)
    stripped = [one.strip() for one in different]
    read_once = [read(one) if one else None for one in stripped]
    values = [None if isinstance(one, Fault) or one == "" else one for one in read_once]
    faults = np.array([isinstance(one, Fault) for one in read_once], dtype=bool)
    if dtype == "float64":
        values = [np.nan if value is None else value for value in values]
    typed = pd.Series(values, dtype=dtype).take(places).set_axis(text.index)
    if not faults.any():
        return typed, pd.Series([], index=text.index[:0], dtype=object)
    bad = faults[places]
    found = pd.Series(
        [read_once[place] for place in places[bad]], index=text.index[bad], dtype=object
    )
    return typed, found


# One reader a kind ------------------------------------------------------------------------------


def date(text: str) -> datetime.datetime | Fault:
    """A day written 2025-03-31 or 31/03/2025, or in words, such as 31 March 2025."""
    written, time = _without_time(text)
    if found := _ISO_DATE.fullmatch(written):
        year, month, day = map(int, found.groups())
    elif (day := in_words(text)) is not None:
        year, month, day = day.year, day.month, day.day
    elif found := _DAY_FIRST.fullmatch(written):
        day, month, year = map(int, found.groups())
    elif (found := _DOTTED.fullmatch(text)) and (int(found[1]) > 12 or found[1] == found[3]):
        day, month, year = int(found[1]), int(found[3]), int(found[4])
    else:
        return _not_a_date(text)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return Fault(
            f"'{text}' is not in a year from {FIRST_YEAR} to {LAST_YEAR}",
            "correct the year, or leave the cell empty if there is no date",
            "date",
        )
    try:
        read = datetime.datetime(year, month, day)
    except ValueError:
        month_first = "/" in text and month > 12 >= day
        remedy = "write the day before the month" if month_first else "correct the day or month"
        return Fault(f"'{text}' is not in the calendar", remedy, "date")
    if time:
        return Fault(f"'{text}' has a time of day", f"write only {read:%Y-%m-%d}", "date")
    return read


def in_words(text: str) -> datetime.date | None:
    """The day of "3 March 2025", "3ydd o Fawrth 2025" or "March 3, 2025"; None for all else."""
    bare = " ".join(text.casefold().split())
    if len(bare) > 60 or not any(letter.isalpha() for letter in bare):
        return None
    for pattern in _IN_WORDS:
        found = pattern.fullmatch(bare)
        if found is None:
            continue
        weekday, month = found["weekday"], found["month"]
        number = int(month) if month.isdigit() else _MONTHS.get(month)
        if number is None or (weekday is not None and weekday not in _WEEKDAYS):
            continue
        try:
            return datetime.date(int(found["year"]), number, int(found["day"]))
        except ValueError:
            continue
    return None


def weekday_stated(text: str) -> int | None:
    """The weekday a date in words names, Monday being 0; None where it names none."""
    first = text.casefold().removeprefix("dydd ").split()[:1]
    return _WEEKDAYS.get(first[0].strip(".,")) if first and in_words(text) else None


def _without_time(text: str) -> tuple[str, bool]:
    """The text before a time of day, and whether that time is other than midnight."""
    found = _TIME.search(text)
    if not found or found.end() != len(text):
        return text, False
    return text[: found.start()], bool(found.group().strip("T :0.Z"))


def _not_a_date(text: str) -> Fault:
    shown = _shown_date(text)
    if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) in SPREADSHEET_DAYS:
        meant = SPREADSHEET_EPOCH + datetime.timedelta(days=int(text))
        what = f"'{text}' is a bare number, not a date"
        return Fault(what, f"write {meant} if that is the day it stands for", "date")
    if found := _DOTTED.fullmatch(text):
        day, month = int(found[1]), int(found[3])
        if 1 <= day <= 12 and 1 <= month <= 12:
            return Fault(
                f"'{text}' may begin with the day or the month",
                f"write {found[4]}-{month:02}-{day:02} if the day comes first",
                "date",
            )
    if _SHORT_YEAR.fullmatch(text) or (_SHORT_IN_WORDS.fullmatch(text.casefold()) and shown):
        return Fault(
            f"'{text}' has a year of two digits",
            "write the day, the month and all four digits of the year, such as 31/03/2025",
            "date",
        )
    return Fault(f"{shown}is not a date", WRITE_A_DATE, "date")


def _shown_date(text: str) -> str:
    """The text in quotation marks where nothing in it could be a name, else nothing."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    short = len(text) <= 30 and any(letter.isdigit() for letter in text)
    return f"'{text}' " if short and _DATE_WORDS.issuperset(words) else ""


def number(text: str) -> float | Fault:
    """A number, with or without a pound sign and commas between thousands."""
    bare = re.sub(r"\s", ",", re.sub(r"^([-+]?)\s*£?\s*", r"\1", text))
    if not _NUMBER.fullmatch(bare) or not any(letter.isdigit() for letter in bare):
        plainly = len(text) <= 20 and re.fullmatch(r"[0-9\s.,£$€%()/+~<>-]+", text)
        return Fault(
            f"'{text}' is not a number" if plainly else "is not a number",
            "write digits only, such as 1250 or 12.50",
            "number",
        )
    return float(bare.replace(",", ""))


def whole(text: str) -> float | Fault:
    """A number without a fraction."""
    read = number(text)
    if isinstance(read, float) and not read.is_integer():
        return Fault(f"'{text}' is not a whole number", "write a whole number, such as 3", "number")
    return read


def yes_no(text: str) -> bool | Fault:
    """Yes or no, in English or Welsh."""
    word = " ".join(text.casefold().split())
    if word in YES or word in NO:
        return word in YES
    shown = f"'{text}' " if len(text) == 1 or near(text, ("yes", "true", "false")) else ""
    return Fault(f"{shown}is neither yes nor no", "write yes or no, or leave it empty", "yes or no")


def choice(text: str, known: Words, codes: list[str]) -> str | Fault:
    """The code of one listed word, given by its code or its meaning."""
    code = known.get(mark(text))
    return code if code is not None else not_listed(text, codes, known)


def not_listed(text: str, codes: list[str], known: Words) -> Fault:
    """The fault of a word that is not in its list; the word is shown only where it is near one."""
    known = {word: code for word, code in known.items() if isinstance(code, str)}
    meant = near(text, known)
    words = ", ".join(codes[:MANY_WORDS]) + (", ..." if len(codes) > MANY_WORDS else "")
    what = f"is not one of {words}"
    if meant is None:
        return Fault(what, "write one of these words", "choice")
    return Fault(f"'{text[:60]}' {what}", f"did you mean {known[meant]}?", "choice")


def choices(text: str, known: Words, codes: list[str]) -> str | Fault:
    """Several listed words with semicolons between them, each as its code."""
    words = [word.strip() for word in re.split(r"[;,\n]", text) if word.strip()]
    read = [choice(word, known, codes) for word in words]
    faults = [one for one in read if isinstance(one, Fault)]
    return faults[0] if faults else ";".join(dict.fromkeys(read))
