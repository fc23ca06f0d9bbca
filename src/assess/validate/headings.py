"""Finds a contract's columns under the headings somebody gave them."""

from typing import Any

from assess.load.raw import RawTable, near, plain
from assess.load.synonyms import OwnWords, other_headings, personal, usual_headings
from assess.schemas import CONTRACTS, about_columns, fields_of
from assess.validate.findings import Findings


def match_headings(
    name: str, raw: RawTable, findings: Findings, own: OwnWords | None = None
) -> dict[str, int] | None:
    """Where each column of the contract stands. None where no row can be read without more."""
    columns, unknown = _match(name, raw, findings, own or OwnWords())
    if ", sheet " in raw.source:
        findings.places[name] = {
            column: (column_letters(place), raw.rows.columns[place])
            for column, place in columns.items()
        }
    if not columns:
        what = "cannot be read: its first row holds none of the headings of this table"
        remedy = (
            f"put the headings in the first row: {', '.join(about_columns(name))}; or say in "
            "headings.yaml which is which"
        )
        findings.note_table(name, what, remedy, rule="unreadable")
        findings.break_table(name)
        return None
    missing = [
        column
        for column, about in about_columns(name).items()
        if "blank" not in about and column not in columns
    ]
    _note_unknown(name, raw, unknown, columns, bool(missing), findings)
    return columns if _can_do_without(name, missing, findings) else None


def key_of(name: str) -> list[str]:
    """The codes without which a row cannot be told from others, or means nothing."""
    fields = fields_of(name)
    together = unique_together(name)
    return [
        column
        for column, about in about_columns(name).items()
        if about["kind"] == "code"
        and (fields[column].unique or column in together or "refers_to" in about)
        and "blank" not in about
    ]


def unique_together(name: str) -> list[str]:
    """The columns whose cells, taken together, may stand in one row only. May be none."""
    alone = [column for column, field in fields_of(name).items() if field.unique]
    return alone or CONTRACTS[name].Config.__dict__.get("unique", [])


def column_letters(place: int) -> str:
    """The letters over a column in a spreadsheet, by its place from 0."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters


def _match(
    name: str, raw: RawTable, findings: Findings, own: OwnWords
) -> tuple[dict[str, int], list[int]]:
    """Columns by their place, and the places of headings that are none of the contract's.

    Headings of the template, and what the organisation says of its own, go before what other
    people commonly write.
    """
    said = own.headings.get(name, {})
    sure = usual_headings(name) | said
    columns: dict[str, int] = {}
    rest = []
    for place, heading in enumerate(raw.rows.columns):
        column = sure.get(plain(heading))
        if column is None:
            rest.append(place)
        elif column in columns:
            what = f"column {heading} stands twice; the first one was read"
            findings.note_table(name, what, "keep one of the two", rule="heading twice")
        elif column:
            columns[column] = place
            findings.read_as(name, "headings", column, heading, column)
        else:
            findings.read_as(name, "headings", "", heading, "")
    return columns, _match_others(name, raw, rest, columns, findings)


def _match_others(
    name: str, raw: RawTable, places: list[int], columns: dict[str, int], findings: Findings
) -> list[int]:
    """Add columns under other people's headings; give the places that are no column's."""
    unknown = []
    others = other_headings(name)
    for place in places:
        heading = raw.rows.columns[place]
        column = others.get(plain(heading))
        if column is None and (what := personal(heading)):
            _refuse_personal(name, what, place, raw, findings)
        elif column is None or column in columns:
            unknown.append(place)
        else:
            columns[column] = place
            findings.read_as(name, "headings", column, heading, column)
            what = f"column {heading} was read as {column}"
            findings.note_table(name, what, rule="heading read as", serious=False)
    return unknown


def _refuse_personal(name: str, what: str, place: int, raw: RawTable, findings: Findings) -> None:
    """Say that a column of names or the like was not read. Nothing of it is repeated."""
    which = f"column {column_letters(place)}" if ", sheet " in raw.source else f"column {place + 1}"
    findings.note_table(
        name,
        f"{which} seems to hold {what}, and was not read",
        "delete it, and use codes that only you can tell apart",
        rule="personal",
    )


def _note_unknown(
    name: str,
    raw: RawTable,
    places: list[int],
    columns: dict[str, int],
    any_missing: bool,
    findings: Findings,
) -> None:
    """Name the headings that are not known.

    Where columns are missing the first row may be one of people or of records, so only what is
    near a missing column is repeated, and the others are counted.
    """
    free = {text: c for text, c in usual_headings(name).items() if c not in columns}
    not_shown = 0
    for place in places:
        heading = raw.rows.columns[place][:60]
        meant = near(heading, free)
        if meant is None and any_missing:
            not_shown += 1
        elif heading or (raw.rows.iloc[:, place] != "").any():
            what = f"column {heading}" if heading else f"column {place + 1} has no heading,"
            findings.note_table(
                name,
                f"{what} is not known, and was left out" if heading else f"{what} and was left out",
                f"did you mean {free[meant]}?" if meant else "",
                rule="heading",
                serious=meant is not None,
            )
    if not_shown:
        what = (
            f"{not_shown} more in its first row are not headings of this table, and were left out"
        )
        findings.note_table(name, what, rule="heading", serious=False)


def _can_do_without(name: str, missing: list[str], findings: Findings) -> bool:
    """Whether a table can be read without the columns that are missing from it; says so of each."""
    keys: list[Any] = [column for column in missing if column in key_of(name)]
    for column in missing:
        cost = ", and without it no row can be read" if column in keys else ""
        findings.note_table(name, f"column {column} is missing{cost}", "add it", rule="heading")
    if keys:
        findings.break_table(name)
    return not keys
