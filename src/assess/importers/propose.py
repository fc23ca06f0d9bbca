"""Proposes how a sheet may be read: what stands where is guessed and shown, for a person to mend.

What an empty cell means is never guessed, nor a mark that people use in two senses, such as X.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assess.importers import dates
from assess.importers.found import OPTIONS, OUTCOMES, SHORT, SHOWN, known_word, squeezed
from assess.importers.mapping import ASK
from assess.importers.sources import grids_of
from assess.importers.wide import TOTAL
from assess.importers.write import ImportReport, write_alone
from assess.records import AssessError

# A, X and - are missing on purpose: each means one thing in one sheet and its opposite in another.
STATUSES = {
    "present": "present p y yes 1 late there attended oedd ✓ ✔",
    "remote": "remote online zoom teams virtual phone video dialin arlein",
    "apology": "apology apologies ap apol apols sentapologies ymddiheuriad ymddiheuriadau",
    "absent": "absent n no 0 notpresent dna didnotattend abs absennol",
    "leave": "leave leaveofabsence maternity sabbatical",
    "not expected": "na notapplicable resigned vacant notamember",
    "in attendance": "guest inattendance observer visitor",
}
HEADINGS = {
    "title": "title motion resolution resolutionitem item decision subject proposal teitl cynnig",
    "reference": "reference ref number no minute minuteno",
    "outcome": "outcome result status resolutionstatusyno decisionresult canlyniad",
    "votes_for": "for votesfor ayes yes rawfor nfor statedfor infavour oblaid",
    "votes_against": "against votesagainst noes no nays rawagainst nagainst statedagainst erbyn",
    "abstained": "abstained abstain abstentions abstention statedabstained ymatal",
    "body_in": "body committee meeting corff",
}
PERSON = {"person": "person personid member memberid name councillor governor director aelod enw"}
MOST_MARKED = 2  # columns of marks in a list; where there are more, each is a person's
MOST_CODES = 30
MOST_BLOCKS = 60


@dataclass
class _Guess:
    """One proposed block, and what a person is told about it."""

    settings: dict[str, object]
    told: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)


def propose(source: Path, folder: Path) -> ImportReport:
    """Write a proposed mapping beside the folder, and say what was guessed and what must be told.

    Raises AssessError where nothing in the source looks like a record, or a mapping is there.
    """
    path = folder.with_name(f"{folder.name}.mapping.yaml")
    if path.exists():
        raise AssessError(
            f"{path} is there already. Edit it and give it with --mapping, or delete it to have a "
            "new one proposed."
        )
    guesses = [
        guess
        for title, grid in grids_of(source).items()
        for guess in _guesses(title, grid.map(squeezed).to_numpy(dtype=object))
    ][:MOST_BLOCKS]
    if not guesses:
        raise AssessError(
            f"{source.name}: no row and no column of days was found in it, and no totals such as "
            "13/15. If it holds records, write a mapping by hand and give it with --mapping."
        )
    write_alone(path, _text(source, guesses))
    return ImportReport(
        source=source.name,
        folder=folder,
        tables={},
        guessed=tuple(dict.fromkeys(line for guess in guesses for line in guess.told)),
        needed=(*_needs(guesses), f"Then import again with `--mapping {path}`."),
        mapping=path,
    )


def _needs(guesses: list[_Guess]) -> Iterator[str]:
    if any("blank" in guess.settings for guess in guesses):
        yield "Say what an empty cell means, at each `blank: ask`. It is never guessed."
    unknown = sorted({code for one in guesses for code, said in one.codes.items() if said == ASK})
    if unknown:  # a longer one may be somebody's name, and a report is passed on
        shown = [code for code in unknown if len(code) <= SHORT]
        more = len(unknown) - len(shown)
        told = ", ".join([*shown, *([f"{more} more in the file"] if more else [])])
        yield f"Say what these marks mean, at each `ask`: {told}."
    yield "Check what stands where, the name of each body, and that days are read rightly."


# What stands where ------------------------------------------------------------------------------


def _guesses(table: str, cells: np.ndarray) -> Iterator[_Guess]:
    dated = np.array([[bool(_day(cell)) for cell in line] for line in cells], dtype=bool)
    by_row, by_column = dated.sum(axis=1), dated.sum(axis=0)
    if max(by_row.max(initial=0), by_column.max(initial=0)) < 2:
        if guess := _totals(table, cells):
            yield guess
    elif by_row.max() >= by_column.max():
        if guess := _upright(table, cells, int(by_row.argmax()), dated):
            yield guess
    else:
        yield from _lying(table, cells, int(by_column.argmax()), dated)


def _day(cell: str) -> str:
    short = 5 < len(cell) <= 2 * SHOWN and any(letter.isdigit() for letter in cell)
    return dates.day(cell, dates.USUAL) if short else ""


def _patterns(cells: list[str]) -> list[str]:
    """The fewest usual patterns that read all of these days."""
    left, chosen = list(cells), []
    while left and len(chosen) < len(dates.USUAL):
        best = max(dates.USUAL, key=lambda one: sum(bool(dates.day(cell, [one])) for cell in left))
        chosen.append(best)
        left = [cell for cell in left if not dates.day(cell, [best])]
    return chosen


def _marks(cells: np.ndarray) -> Counter[str]:
    """The short texts that stand more than once in a rectangle and are words of attendance or
    votes, or letters like X. Numbers but 0 and 1 are tallies."""
    found = Counter(cell for cell in cells.ravel() if cell and len(cell) <= SHOWN)
    return Counter(
        {mark: number for mark, number in found.items() if _is_mark(mark, often=number > 1)}
    )


def _is_mark(text: str, *, often: bool) -> bool:
    known = _meaning(text.casefold(), STATUSES) != ASK or known_word(text, OPTIONS) is not None
    short = len(text) <= SHORT and not any(letter.isdigit() for letter in text)
    return known or (often and short and text.casefold() not in dates.MONTH_NUMBERS)


def _is_marked(line: np.ndarray, marks: Counter[str]) -> bool:
    filled = [cell for cell in line if cell]
    return bool(filled) and sum(cell in marks for cell in filled) >= 0.5 * len(filled)


def _upright(table: str, cells: np.ndarray, heading: int, dated: np.ndarray) -> _Guess | None:
    """A person a row, under a row of days."""
    events = np.flatnonzero(dated[heading])
    first, last = int(events[0]), int(events[-1])
    below = cells[heading + 1 :, first : last + 1]
    marks = _marks(below)
    outside = [at for at in range(cells.shape[1]) if not first <= at <= last]
    marked = [
        heading + 1 + at
        for at, line in enumerate(below)
        if _is_marked(line, marks) and any(cells[heading + 1 + at, one] for one in outside)
    ]
    name = _name_place(cells[marked], outside) if marked else None
    if name is None:
        return None
    people = [line for line in marked if cells[line, name]]
    if not people:
        return None
    around = _around(cells, heading, people, slice(first, last + 1))
    people = _with_unmarked(cells, people, name, slice(first, last + 1))
    settings: dict[str, object] = {
        "table": table,
        "people": "rows",
        "rows": f"{people[0] + 1}-{people[-1] + 1}",
        "columns": f"{_letters(first)}-{_letters(last)}",
        "name": _letters(name),
        "date": str(heading + 1),
    } | around
    days = [cells[heading, at] for at in events]
    used = _used(cells[people][:, events])
    return _finish(settings, used, days, f"{len(people)} people in rows", cells)


def _with_unmarked(cells: np.ndarray, people: list[int], name: int, events: slice) -> list[int]:
    """People who never came stand above and below those who did, with nothing but their name."""

    def bare(line: int) -> bool:
        return bool(cells[line, name]) and not any(cells[line, events])

    first, last = people[0], people[-1]
    while first > 0 and bare(first - 1):
        first -= 1
    while last + 1 < len(cells) and bare(last + 1):
        last += 1
    return [line for line in range(first, last + 1) if cells[line, name]]


def _around(cells: np.ndarray, heading: int, people: list[int], events: slice) -> dict[str, object]:
    """Rows above and below the people that give a title, an outcome or a tally of each decision."""
    found: dict[str, object] = {}
    numbers: list[int] = []
    for line in [*range(people[0]), *range(people[-1] + 1, len(cells))]:
        filled = [cell for cell in cells[line, events] if cell]
        if line == heading or len(filled) < 0.5 * cells[line, events].size:
            continue
        if sum(known_word(cell, OUTCOMES) is not None for cell in filled) > 0.6 * len(filled):
            found.setdefault("outcome", str(line + 1))
        elif sum(cell.isdecimal() for cell in filled) > 0.6 * len(filled):
            numbers.append(line)
        elif line < people[0] and len(set(filled)) > 0.8 * len(filled):
            longer = sum(map(len, filled)) / len(filled) > SHOWN
            found.setdefault("title" if longer else "reference", str(line + 1))
    if "outcome" in found:
        keys = ("votes_for", "votes_against", "abstained")
        found |= {key: str(line + 1) for key, line in zip(keys, numbers, strict=False)}
    return found if "outcome" in found else {}


def _name_place(cells: np.ndarray, places: list[int]) -> int | None:
    """The column that tells most people apart, and is words; of equals the first."""

    def different(at: int) -> int:
        words = {cell for cell in cells[:, at] if any(letter.isalpha() for letter in cell)}
        return len(words)

    best = max(places, key=different, default=None)
    return best if best is not None and different(best) >= 2 else None


def _lying(table: str, cells: np.ndarray, date: int, dated: np.ndarray) -> Iterator[_Guess]:
    """A meeting or decision a row, beside a column of days; a row of names begins each block."""
    if guess := _listed(table, cells, date, dated):
        yield guess
        return
    run: list[int] = []
    for line in [*range(len(cells)), len(cells)]:
        inside = line < len(cells)
        if inside and dated[line, date]:
            run.append(line)
        elif run and (not inside or any(cells[line])):
            if guess := _run(table, cells, date, run):
                yield guess
            run = []


def _listed(table: str, cells: np.ndarray, date: int, dated: np.ndarray) -> _Guess | None:
    """A row for each person and meeting: days come again and again, beside a column of marks."""
    lines = np.flatnonzero(dated[:, date])
    days = [cells[line, date] for line in lines]
    others = [at for at in range(cells.shape[1]) if at != date]

    def known(at: int) -> float:
        said = [_meaning(cell.casefold(), STATUSES) != ASK for cell in cells[lines, at]]
        return sum(said) / len(lines)

    marked = [at for at in others if known(at) >= 0.5]
    if not 1 <= len(marked) <= MOST_MARKED or len(set(days)) > 0.7 * len(days):
        return None
    mark = marked[0]
    called = [at for at in others if known_word(cells[lines[0] - 1, at], PERSON) and lines[0]]
    name = _name_place(cells[lines], called or [at for at in others if at != mark])
    if name is None:
        return None
    settings: dict[str, object] = {
        "holds": "attendance",
        "table": table,
        "people": "list",
        "rows": f"{lines[0] + 1}-",
        "name": _letters(name),
        "mark": _letters(mark),
        "date": _letters(date),
    }
    return _finish(settings, _used(cells[lines, mark]), days, "a row for each person", cells)


def _headings(cells: np.ndarray, date: int) -> dict[str, str]:
    """Which columns bear a heading of a decision log, beside the column of days."""
    return {
        what: _letters(at)
        for at, cell in enumerate(cells)
        if at != date and (what := known_word(cell, HEADINGS))
    }


def _run(table: str, cells: np.ndarray, date: int, run: list[int]) -> _Guess | None:
    """Rows of days under one row of headings: people's names, or the facts of decisions."""
    headings = next(
        (line for line in range(run[0] - 1, -1, -1) if np.count_nonzero(cells[line] != "") > 1),
        None,
    )
    if headings is None:
        return None
    body = cells[run]
    marks = _marks(np.delete(body, date, axis=1))
    events = [
        at
        for at in range(cells.shape[1])
        if at != date and cells[headings, at] and _is_marked(body[:, at], marks)
    ]
    settings: dict[str, object] = {"table": table, "rows": f"{run[0] + 1}-{run[-1] + 1}"}
    named = _headings(cells[headings], date)
    days = [cells[line, date] for line in run]
    if len(events) < 2 or {"votes_for", "votes_against"} <= set(named):
        return _finish(
            settings | {"holds": "decisions", "date": _letters(date)} | named,
            Counter(),
            days,
            f"{len(run)} decisions in rows",
            cells,
        )
    settings |= {
        "people": "columns",
        "columns": f"{_letters(events[0])}-{_letters(events[-1])}",
        "name": str(headings + 1),
        "date": _letters(date),
    }
    if "outcome" in named:
        settings |= {key: named[key] for key in ("title", "outcome") if key in named}
    used = _used(body[:, events])
    return _finish(settings, used, days, f"{len(events)} people in columns", cells)


def _used(cells: np.ndarray) -> Counter[str]:
    """The marks that need a meaning: all short texts, the commonest first. Longer ones may name
    somebody, and count as not known."""
    found = Counter(cell for cell in cells.ravel() if cell and len(cell) <= SHOWN)
    return Counter(dict(found.most_common(MOST_CODES)))


def _totals(table: str, cells: np.ndarray) -> _Guess | None:
    """People with '13/15' beside them."""
    totals = np.array([[bool(TOTAL.search(cell)) for cell in line] for line in cells], dtype=bool)
    if not totals.size or totals.sum(axis=0).max() < 2:
        return None
    at = int(totals.sum(axis=0).argmax())
    lines = np.flatnonzero(totals[:, at])
    name = _name_place(cells[lines], [one for one in range(cells.shape[1]) if one != at])
    if name is None:
        return None
    settings: dict[str, object] = {
        "holds": "totals",
        "table": table,
        "rows": f"{lines[0] + 1}-{lines[-1] + 1}",
        "name": _letters(name),
        "total": _letters(at),
    }
    return _Guess(settings, [f"table {table}: {len(lines)} people with totals, no meetings"])


def _finish(
    settings: dict[str, object],
    marks: Counter[str],
    days: list[str],
    people: str,
    cells: np.ndarray,
) -> _Guess:
    """The guess with days, marks and their meanings."""
    settings["dates"] = _patterns(days)
    holds = str(settings.get("holds") or _holds(settings, marks, cells))
    settings = {"holds": holds, "body": "board"} | settings
    read = {dates.day(cell, settings["dates"]) for cell in days}  # type: ignore[arg-type]
    told = [
        f"table {settings['table']}: taken as {holds}, {people}, {len(read)} days from {min(read)} "
        f"to {max(read)}"
    ]
    codes: dict[str, str] = {}
    if holds != "decisions":
        words = STATUSES if holds == "attendance" else OPTIONS
        for mark in dict.fromkeys(one.casefold() for one in marks):
            codes[mark] = _meaning(mark, words)
        settings["blank"] = ASK
        told += [f"'{mark}' taken as {said}" for mark, said in codes.items() if said != ASK]
    return _Guess(settings, told, codes)


def _meaning(mark: str, words: dict[str, str]) -> str:
    """What a mark means; `ask` where it is not known, or means different things to people."""
    whole = next((said for said, known in words.items() if mark in known.split()), None)
    return whole or (known_word(mark, words) if any(map(str.isalnum, mark)) else None) or ASK


def _holds(settings: dict[str, object], marks: Counter[str], cells: np.ndarray) -> str:
    """Votes where there is an outcome, or a mark that only votes have."""
    text = " ".join(cell for cell in cells[: min(12, len(cells))].ravel()[:400]).casefold()
    words = {known_word(mark, {"vote": "for against abstain abstained aye nay"}) for mark in marks}
    votes = "outcome" in settings or ("vote" in words and "attendance" not in text)
    return "votes" if votes else "attendance"


def _letters(at: int) -> str:
    letters, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# The file ---------------------------------------------------------------------------------------


def _text(source: Path, guesses: list[_Guess]) -> str:
    lines = [
        f"# How {source.name} may be read. Guessed by `assess import`: check every line.",
        "# `ask` must be replaced. An empty cell: absent, not expected or not known.",
        "# Marks of attendance: present, remote, apology, absent, leave, in attendance,",
        "#   not expected, not known. Marks of votes: for, against, abstained, absent,",
        "#   not voting, not expected. `group: A` names a column of member groups.",
        "# `titles: keep` keeps the titles of decisions, which may name people.",
        "organisation: {}",
        "titles: leave out",
        "blocks:",
    ]
    for guess in guesses:
        lines += [f"  # {line}" for line in guess.told[:1]]
        start = "  - "
        for key, value in guess.settings.items():
            lines.append(f"{start}{key}: {json.dumps(value, ensure_ascii=False)}")
            start = "    "
        if guess.codes:
            lines.append("    codes:")
            lines += [
                f"      {json.dumps(code, ensure_ascii=False)}: {said}"
                for code, said in guess.codes.items()
            ]
    return "\n".join(lines) + "\n"
