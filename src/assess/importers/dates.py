"""Days as other systems write them, in patterns such as `dd/mm/yy`, `yy.mm.dd` or `d mmm yyyy`."""

import datetime
import functools
import re
from collections.abc import Iterable

from assess.records import AssessError
from assess.validate import cells

MONTHS = (
    "january february march april may june july august september october november december",
    "ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr",
)
MONTH_NUMBERS = {
    word[:size]: number
    for names in MONTHS
    for number, word in enumerate(names.split(), 1)
    for size in range(3, len(word) + 1)
}
_PARTS = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "yy": r"(?P<year>[0-9]{2})",
    "mmm": r"(?P<word>[A-Za-z]{3,12})\.?",
    "mm": r"(?P<month>[0-9]{2})",
    "m": r"(?P<month>[0-9]{1,2})",
    "dd": r"(?P<day>[0-9]{2})",
    "d": r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?",
}
_TIME = re.compile(r"[T ][0-9]{1,2}:[0-9:.]+ ?(Z|UTC|[+-][0-9:]+)?$")
# Tried in this order where a person has not said how days are written. A pattern with the day
# before the month comes first; month first is never guessed.
USUAL = (
    "yyyy-mm-dd", "dd/mm/yyyy", "d/m/yyyy", "d/m/yy", "d.m.yyyy", "yy.mm.dd", "yymmdd",
    "d-mmm-yy", "d-mmm-yyyy", "d mmm yyyy", "d mmm yy", "mmm d, yyyy",
)  # fmt: skip


@functools.cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(yyyy|yy|mmm|mm|m|dd|d)", pattern)
    text = "".join(_PARTS.get(part) or re.escape(part).replace(r"\ ", r"\s+") for part in parts)
    try:
        found = re.compile(rf"(?<![0-9]){text}(?![0-9])")
    except re.error:
        found = None
    if found is None or not {"year", "day"} <= set(found.groupindex):
        raise AssessError(
            f"The date pattern '{pattern[:40]}' cannot be used. Write one with a year, a month and "
            "a day, such as dd/mm/yyyy, yy.mm.dd or d mmm yyyy."
        )
    return found


def day(text: str, patterns: Iterable[str] = ()) -> str:
    """The day in a text as 2025-03-31, or nothing. A time of day after it is dropped.

    Without patterns, 2025-03-31 and 31/03/2025 are read. Years of two digits are in this century.
    """
    text = " ".join(text.split())[:200]
    if not patterns:
        read = cells.date(_TIME.sub("", text))
        return "" if isinstance(read, cells.Fault) else f"{read:%Y-%m-%d}"
    for pattern in patterns:
        for found in _expression(pattern).finditer(text):
            if written := _written(found):
                return written
    return ""


def _written(found: re.Match[str]) -> str:
    parts = found.groupdict()
    month = (
        MONTH_NUMBERS.get(parts["word"].casefold(), 0)
        if parts.get("word")
        else parts.get("month", 0)
    )
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    try:
        read = datetime.date(year, int(month or 0), int(parts["day"]))
    except ValueError:
        return ""
    return read.isoformat() if cells.FIRST_YEAR <= year <= cells.LAST_YEAR else ""
