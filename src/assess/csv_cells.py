"""Cells of the CSV files we write, so that no spreadsheet runs them.

A spreadsheet takes text that begins with one of a few signs for a formula, and a formula can fetch
and send. Such text gets an apostrophe in front, which spreadsheets do not show. Numbers stay.
"""

import re
from typing import Any

_RUNS = re.compile(r"\s*[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*(e[+-]?[0-9]+)?", re.IGNORECASE)


def harmless(cell: Any) -> Any:
    """The cell as it is, or with an apostrophe in front where it is text that would run."""
    if not isinstance(cell, str) or not _RUNS.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def as_csv(table: Any) -> str:
    """A table as CSV: the same bytes for the same table."""
    texts = table.select_dtypes(["object", "str"]).columns
    safe = table.assign(**{name: table[name].map(harmless) for name in texts})
    safe = safe.rename(columns=harmless)
    return safe.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
