"""The kinds of column a record table may have, each said once: type, blank cells, choices.

Everything a reader, the template, the codebook and the Data Package need to know about a column
is kept in its pandera field: `title`, `description` and, in `metadata`:

kind        code, text, choice, date, yes_no, number, whole or list
blank       what an empty cell means; absent where the cell must be filled in
codes       the words a choice allows, and what each means
refers_to   "table.column" this code must be found in
one_of      "categories" or "bodies" of the organisation

The text of a check on whole rows begins with the column it blames, whose cell then counts as
missing: "left_on is before joined_on; put the later date in left_on".
"""

from typing import Any

import pandera.pandas as pa


def _column(title: str, description: str, kind: str, blank: str | None, **checks: Any) -> Any:
    known = ("codes", "refers_to", "one_of")
    metadata = {"kind": kind, "blank": blank} | {k: checks.pop(k) for k in known if k in checks}
    return pa.Field(
        title=title,
        description=description,
        nullable=blank is not None,
        metadata={k: v for k, v in metadata.items() if v is not None},
        **checks,
    )


def code(title: str, description: str, *, blank: str | None = None, **checks: Any) -> Any:
    """A made-up identifier, never a name. Column type `str`."""
    return _column(title, description, "code", blank, **checks)


def text(title: str, description: str, *, blank: str, **checks: Any) -> Any:
    """Free words or a reference such as a minute number. Column type `str`."""
    return _column(title, description, "text", blank, **checks)


def codes_list(title: str, description: str, *, blank: str, codes: dict[str, str]) -> Any:
    """Several choices in one cell, with semicolons between them. Column type `str`."""
    return _column(title, description, "list", blank, codes=codes)


def choice(title: str, description: str, *, codes: dict[str, str], blank: str | None = None) -> Any:
    """One of a few words. Column type `str`."""
    return _column(title, description, "choice", blank, codes=codes, isin=list(codes))


def date(title: str, description: str, *, blank: str | None = None) -> Any:
    """A day. Column type `pd.Timestamp`, at midnight, without a time zone."""
    return _column(title, description, "date", blank)


def yes_no(title: str, description: str, *, blank: str) -> Any:
    """Yes or no. Column type `pd.BooleanDtype`."""
    return _column(title, description, "yes_no", blank)


def whole(title: str, description: str, *, blank: str | None = None, **checks: Any) -> Any:
    """A whole number, 0 or more. Column type `float`, so that an empty cell can be NaN."""
    return _column(title, description, "whole", blank, **({"ge": 0} | checks))


def number(title: str, description: str, *, blank: str, **checks: Any) -> Any:
    """Any number. Column type `float`."""
    return _column(title, description, "number", blank, **checks)
