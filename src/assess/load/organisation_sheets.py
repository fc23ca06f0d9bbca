"""What a workbook says of the organisation: one sheet of answers, one of groups, one of bodies.

`LABELS` says what each line or heading stands for; the template is written from it too. A line
may also be named as in organisation.yaml, with points: `bodies.board.seats`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

import pandas as pd

from assess.load.raw import plain
from assess.load.synonyms import EXAMPLE, in_welsh
from assess.records import Problem
from assess.schemas.organisation import Body, MemberCategory, Organisation

# Part of the organisation -> the title of its sheet.
PARTS = {
    "start": "Start here",
    "organisation": "Organisation",
    "member_categories": "Member groups",
    "bodies": "Bodies",
}
MODELS = {"organisation": Organisation, "member_categories": MemberCategory, "bodies": Body}
CODE = "Code"


def organisation_part(title: str) -> str | None:
    """Which part of the organisation a sheet of that title holds, in English or Welsh."""
    named = {plain(text): part for part, name in PARTS.items() for text in (name, in_welsh(name))}
    return named.get(plain(title))


def labels(part: str) -> dict[str, str]:
    """Each value of a part that stands in one cell, with its title."""
    fields = MODELS[part].model_fields
    titles = {name: about.title or name for name, about in fields.items()}
    for name in ("member_categories", "bodies"):
        titles.pop(name, None)  # they have sheets of their own
    return titles


def words_of(part: str, name: str) -> list[str]:
    """The words that a value, or each value of a list, may be; empty where it is free."""
    return _literals(MODELS[part].model_fields[name].annotation)


def _literals(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for inner in get_args(annotation) for word in _literals(inner)]


def is_yes_no(part: str, name: str) -> bool:
    """Whether a value is yes or no."""
    annotation = MODELS[part].model_fields[name].annotation
    return annotation is bool or bool in get_args(annotation)


def shown(word: str) -> str:
    """A code such as `charitable_company` as it stands in a dropdown."""
    return word.replace("_", " ")


def as_labelled(problem: Problem) -> Problem:
    """A problem of a workbook's organisation, by the sheet and label its reader sees."""
    if ", sheet " not in problem.source or not problem.column:
        return problem
    part, *path = problem.column.split(".")
    if part not in ("member_categories", "bodies"):
        label = labels("organisation").get(part)
        return replace(problem, column=f"'{label}'") if label else problem
    code, name = [*path, "", ""][:2]
    title = labels(part).get(name, name)
    book = problem.source.partition(", sheet ")[0]
    column = f"{code}, '{title}'" if title else code or f"'{PARTS[part]}'"
    return replace(problem, source=f"{book}, sheet {PARTS[part]}", column=column)


def organisation_of(
    grid: pd.DataFrame, source: str, part: str = "organisation"
) -> tuple[dict[str, Any], list[Problem]]:
    """What one of these sheets says, as organisation.yaml would hold it."""
    rows = zip(grid.index.tolist(), grid.to_numpy().tolist(), strict=True)
    trimmed = [(row, [str(cell).strip() for cell in cells]) for row, cells in rows]
    trimmed = [(row, cells) for row, cells in trimmed if any(cells)]
    if part == "organisation":
        return _answers(trimmed, source)
    return _lines(trimmed, source, part)


def _names(part: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, title in labels(part).items():
        known |= {plain(in_welsh(title)): name, plain(title): name, plain(name): name}
    return known


def _answers(
    rows: list[tuple[int, list[str]]], source: str
) -> tuple[dict[str, Any], list[Problem]]:
    """A name in the first column, its value in the second.

    A name with points stands for a value inside another; a value with semicolons is a list where
    a list is asked for.
    """
    known = _names("organisation")
    written: dict[str, Any] = {}
    problems = []
    for row, cells in rows:
        name, value = [*cells, ""][:2]
        path = [known.get(plain(name), name)] if "." not in name else name.split(".")
        read = _value("organisation", path[0], value) if len(path) == 1 else value
        if name and value and not _put(written, path, read):
            what = f"{name} stands twice, and was left out"
            remedy = "keep one of the two"
            problems.append(Problem(source, row, None, what, remedy, rule="name twice"))
    return written, problems


def _lines(
    rows: list[tuple[int, list[str]]], source: str, part: str
) -> tuple[dict[str, Any], list[Problem]]:
    """A line for each member group or body: its code, then its values under their headings."""
    known = _names(part) | {plain(CODE): "", plain(in_welsh(CODE)): ""}
    first = next((n for n, (_, cells) in enumerate(rows) if plain(cells[0]) in known), None)
    if first is None:
        what, remedy = "has no heading Code", f"write {CODE} over the first column"
        return {}, [Problem(source, None, None, what, remedy, rule="heading")] if rows else []
    names = [known.get(plain(heading)) for heading in rows[first][1]]
    written: dict[str, Any] = {}
    problems = []
    for row, cells in rows[first + 1 :]:
        values = {
            name: _value(part, name, cell)
            for name, cell in zip(names, cells, strict=True)
            if name and cell
        }
        code = cells[names.index("")] if "" in names else ""
        if EXAMPLE.fullmatch(code) or (not code and not values):
            continue
        if not code or code in written:
            what = "has a code that stands twice" if code else "has no code"
            what += ", and was left out"
            remedy = "give it a code of its own, such as staff or board"
            problems.append(Problem(source, row, None, what, remedy, rule="code"))
            continue
        written[code] = values
    return ({part: written} if written else {}), problems


def _value(part: str, name: str, text: str) -> Any:
    """A cell's value: a dropdown's word as its code, "a: 2; b: 3" as names and numbers."""
    if name not in MODELS[part].model_fields:
        return text
    annotation = MODELS[part].model_fields[name].annotation
    if get_origin(annotation) is dict:
        pairs = [one.split(":", 1) for one in text.replace("\n", ";").split(";") if one.strip()]
        if not all(len(pair) == 2 for pair in pairs):
            return text
        return {key.strip(): value.strip() for key, value in pairs}
    choices = words_of(part, name)
    known = {plain(text): word for word in choices for text in (in_welsh(shown(word)), word)}
    if get_origin(annotation) is list:
        return [known.get(plain(one), one.strip()) for one in text.split(";") if one.strip()]
    return known.get(plain(text), text)


def put_together(written: dict[str, Any], more: Mapping[str, Any], source: str) -> list[Problem]:
    """Add to `written` what another sheet says. What stands there already goes before it."""
    problems = []
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(written.get(name), dict):
            problems += put_together(written[name], value, source)
        elif name in written:
            what = f"says {name} a second time, and that was left out"
            problems.append(
                Problem(source, None, None, what, "keep one of the two", rule="name twice")
            )
        else:
            written[name] = value
    return problems


def _put(written: dict[str, Any], path: list[str], value: Any) -> bool:
    """Put a value in its place. False where something stands there already."""
    *steps, last = path
    for step in steps:
        written = written.setdefault(step, {})
        if not isinstance(written, dict):
            return False
    if last in written:
        return False
    written[last] = value
    return True
