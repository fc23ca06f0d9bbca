"""Sheets people keep by hand: attendance and votes with a person a line, lists of decisions."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from assess.importers import dates
from assess.importers.found import OPTIONS, SHORT, SHOWN, Found, squeezed
from assess.importers.mapping import ASK, Block, Mapping, place, span
from assess.importers.sources import grids_of
from assess.load.raw import near
from assess.records import AssessError

STATUSES = ("present", "remote", "apology", "absent", "leave")
MARKS = {
    "attendance": (*STATUSES, "in attendance", "not expected", "not known"),
    "votes": tuple(OPTIONS),
}
TALLY = re.compile(r"\(?\s*([0-9]{1,6})\s*[-–:/]\s*([0-9]{1,6})(?:\s*[-–:/]\s*([0-9]{1,6}))?\s*\)?")
TOTAL = re.compile(r"([0-9]{1,4})\s*(?:/|of|out of)\s*([0-9]{1,4})(?:\s*=\s*([0-9]{1,3})\s*%)?")


def read(source: Path, found: Found, mapping: Mapping) -> None:
    """Read each block of the mapping. Raises AssessError where it does not fit the sheet."""
    if not mapping.blocks:
        raise AssessError(
            "The mapping has no `blocks`, so nothing can be read. Import without --mapping to "
            "have one proposed."
        )
    grids = grids_of(source)
    marks: list[_Marks] = []
    for block in mapping.blocks:
        grid = _grid(grids, block)
        _refuse_codes(block)
        if block.holds == "attendance" and block.people == "list":
            marks += _read_list(grid, block, found)
        elif block.holds in ("attendance", "votes"):
            marks += _read_cross(grid, block, found)
        elif block.holds == "decisions":
            _read_decisions(grid, block, found)
        else:
            _read_totals(grid, block, found)
    _attend(marks, found)
    unused = set(grids) - {_title(grids, block) for block in mapping.blocks}
    found.lose("tables or sheets of the source that the mapping does not name", len(unused))
    blanks = {block.blank for block in mapping.blocks if block.holds == "attendance"}
    if len(blanks) == 1:
        found.organisation.setdefault("attendance_blank", blanks.pop())


def _refuse_codes(block: Block) -> None:
    """Raise AssessError where the mapping gives a mark no meaning, or one that is not known."""
    known = MARKS.get(block.holds, ())
    for word, meaning in block.codes.items() if known else ():
        if meaning == ASK:
            raise AssessError(
                f"The mapping does not say what '{word[:SHOWN]}' means. Write one of: "
                f"{', '.join(known)}."
            )
        if meaning not in known:
            raise AssessError(
                f"The mapping's code '{word[:SHOWN]}: {meaning[:SHOWN]}' means nothing in "
                f"{block.holds}. Use one of: {', '.join(known)}."
            )


def _title(grids: dict[str, pd.DataFrame], block: Block) -> str:
    title = block.table or next(iter(grids))
    if title not in grids:
        meant = near(title, grids)
        hint = f"Did you mean {meant}?" if meant else f"There are: {', '.join(list(grids)[:20])}."
        raise AssessError(f"The mapping's `table: {title[:60]}` is not in the source. {hint}")
    return title


def _grid(grids: dict[str, pd.DataFrame], block: Block) -> np.ndarray:
    return grids[_title(grids, block)].to_numpy(dtype=object)


# A person a line, an event a line ---------------------------------------------------------------


class _Cross:
    """A block turned so that people are down the side and events along the top."""

    def __init__(self, grid: np.ndarray, block: Block) -> None:
        self.block = block
        upright = block.people == "rows"
        self.cells = grid if upright else grid.T
        across, down = ("column", "row") if upright else ("row", "column")
        rows, columns = grid.shape
        side = span(block.rows, "row", rows, "rows")
        top = span(block.columns, "column", columns, "columns")
        self.people, self.events = (side, top) if upright else (top, side)
        self._person_kind, self._event_kind = across, down
        named = {word.casefold() for word in block.leave_out}
        outside = sorted(set(range(self.cells.shape[1])) - set(self.events))
        self.left_out = [
            line
            for line in self.people
            if named and any(squeezed(self.cells[line, at]).casefold() in named for at in outside)
        ]
        self.people = [line for line in self.people if line not in self.left_out]

    def of_person(self, what: str, line: int) -> str:
        """What is said of a person in one of the block's places, such as `name`."""
        return self._at(what, self._person_kind, 1, line)

    def of_event(self, what: str, line: int) -> str:
        """What is said of an event in one of the block's places, such as `date`."""
        return self._at(what, self._event_kind, 0, line)

    def _at(self, what: str, kind: str, axis: int, line: int) -> str:
        written = getattr(self.block, what)
        if not written:
            return ""
        there = place(written, kind, what)
        if there >= self.cells.shape[axis]:
            raise AssessError(f"The mapping's `{what}: {written}` lies outside the table.")
        return squeezed(self.cells[line, there] if axis else self.cells[there, line])

    def marks(self, event: int) -> list[str]:
        """The cells of one event, a person each."""
        return [squeezed(self.cells[person, event]) for person in self.people]


CAST = ("for", "against", "abstained")
LISTED = "being listed"  # the mark of a person in a list that has no marks
IN_A_LIST = ("date", "name", "mark", "body_in")


@dataclass(frozen=True)
class _Marks:
    """The cells of one meeting in one block, a person each."""

    meeting: str
    block: Block
    cells: list[tuple[str, str]]  # the person's key, empty where the line is no person; the mark


def _read_cross(grid: np.ndarray, block: Block, found: Found) -> list[_Marks]:
    """What a block of attendance says; the decisions of a block of votes are added as met."""
    if block.people == "list":
        raise AssessError("Votes cannot be read from a list. Use `people: rows` or `columns`.")
    _refuse_incomplete(block, blank=True)
    cross = _Cross(grid, block)
    found.lose("lines left out because the mapping names them", len(cross.left_out))
    people = _people(cross, found)
    body = found.body(block.body)
    attended = []
    for event in cross.events:
        marks = cross.marks(event)
        day = dates.day(cross.of_event("date", event), block.dates)
        if not day:
            _lose_undated(cross, event, marks, people, found)
        elif block.holds == "attendance":
            cells = [(key, mark) for (key, _), mark in zip(people, marks, strict=True)]
            attended.append(_Marks(found.meeting(body, day), block, cells))
        else:
            _vote(cross, event, (body, day), marks, people, found)
    return attended


def _refuse_incomplete(block: Block, *, blank: bool) -> None:
    """Raise AssessError where the mapping does not say all that is needed to read a block."""
    needed = [what for what in ("name", "date") if not getattr(block, what)]
    if needed:
        raise AssessError(f"The mapping says nowhere where `{needed[0]}` stands. Add it.")
    if blank and block.blank == ASK:
        raise AssessError(
            "The mapping does not say what an empty cell means, and it is never guessed. Write "
            "`blank: absent`, `blank: not expected` or `blank: not known`."
        )


def _read_list(grid: np.ndarray, block: Block, found: Found) -> list[_Marks]:
    """The marks of each meeting in a list with a row for each person and meeting."""
    _refuse_incomplete(block, blank=bool(block.mark))
    if not block.mark:
        block = block.model_copy(update={"codes": {LISTED: "present"}})
    meetings: dict[str, list[tuple[str, str]]] = {}
    for line in span(block.rows or "2-", "row", len(grid), "rows"):
        said = {what: _cell(grid, line, what, getattr(block, what)) for what in IN_A_LIST}
        day = dates.day(said["date"], block.dates)
        if not day:
            found.lose("rows of a list without a day that can be read", bool(any(said.values())))
            continue
        found.names.add(said["name"])
        meeting = found.meeting(found.body(said["body_in"] or block.body), day)
        mark = said["mark"] if block.mark else LISTED
        meetings.setdefault(meeting, []).append((said["name"], mark))
    return [_Marks(meeting, block, cells) for meeting, cells in meetings.items()]


def _people(cross: _Cross, found: Found) -> list[tuple[str, str]]:
    """The key and group of each line; the key is empty where the line is not a person."""
    group, people = "", []
    seen: Counter[str] = Counter()
    for line in cross.people:
        group = cross.of_person("group", line) or group
        name = cross.of_person("name", line)
        people.append((_key(name, seen, cross.block, found) if name else "", group))
    return people


def _key(name: str, seen: Counter[str], block: Block, found: Found) -> str:
    """What tells a person apart from others: the name, numbered where it stands again."""
    found.names.add(name)
    seen[name.casefold()] += 1
    times = seen[name.casefold()]
    if times == 1 or block.same_name == "one person":
        return name
    found.change(
        "lines with a name that an earlier line has, taken as another person (if it is the same "
        "one, write `same_name: one person`)"
    )
    return f"{name} ({times})"


def _lose_undated(
    cross: _Cross, event: int, marks: list[str], people: list[tuple[str, str]], found: Found
) -> None:
    filled = sum(bool(mark) for mark, (key, _) in zip(marks, people, strict=True) if key)
    if filled:
        kind = "meetings" if cross.block.holds == "attendance" else "decisions"
        found.lose(f"{kind} whose heading holds no day that can be read")
        found.lose("marks under a heading that holds no day", filled)
    elif any(marks) or cross.of_event("date", event):
        found.lose("headings without a day and without a mark")


def _attend(marked: list[_Marks], found: Found) -> None:
    """Attendance of each meeting that has a mark anywhere; in the others nothing was recorded."""
    held = {one.meeting for one in marked if any(key and mark for key, mark in one.cells)}
    found.lose(
        "meetings without a single mark: the meeting is written, its attendance is not",
        len({one.meeting for one in marked} - held),
    )
    for one in marked:
        found.lose("marks on a line that has no name", sum(
            bool(mark) for key, mark in one.cells if not key))  # fmt: skip
        if one.meeting in held:
            _add_attendance(one, found)


def _add_attendance(marks: _Marks, found: Found) -> None:
    block, known = marks.block, _codes(marks.block)
    for key, mark in marks.cells:
        status = _meaning(mark, known, block.blank, found) if key else "not expected"
        if status == "not expected":
            continue
        capacity = "in attendance" if status == "in attendance" else block.capacity
        written = {"in attendance": "present", "not known": ""}.get(status, status)
        found.add(
            "attendance",
            meeting_id=marks.meeting,
            person_id=key,
            status=written,
            capacity="" if capacity == "member" else capacity,
        )


def _codes(block: Block) -> dict[str, str]:
    return {squeezed(word).casefold(): meaning for word, meaning in block.codes.items()}


def _meaning(mark: str, known: dict[str, str], blank: str, found: Found) -> str:
    """What a mark stands for. One that the mapping does not name is not known, and is counted."""
    if not mark:
        return blank
    meaning = known.get(mark.casefold())
    if meaning is None:
        shown = f"'{mark}'" if len(mark) <= SHORT else "a longer text"
        found.lose(f"cells with {shown}, which the mapping does not explain: taken as not known")
        return "not known"
    if mark != meaning:
        found.change(f"cells with '{mark[:SHOWN]}' read as {meaning}")
    return meaning


def _vote(
    cross: _Cross,
    event: int,
    held: tuple[str, str],
    marks: list[str],
    people: list[tuple[str, str]],
    found: Found,
) -> None:
    block, known = cross.block, _codes(cross.block)
    options = [
        (group, _meaning(mark, known, block.blank, found))
        for mark, (key, group) in zip(marks, people, strict=True)
        if key
    ]
    nameless = [mark for mark, (key, _) in zip(marks, people, strict=True) if not key]
    loose = sum(known.get(mark.casefold()) in CAST for mark in nameless)
    found.lose("votes on a line that has no name", loose)
    cast = any(option in CAST for _, option in options)
    stated = _stated(
        {what: cross.of_event(what, event) for what in ("outcome", *NUMBERS)}, block, found
    )
    if not cast and not stated["outcome"]:
        found.lose("items with neither a vote nor an outcome, so no decisions")
        return
    code = _decide(held, cross.of_event("title", event), cross.of_event("reference", event),
                   stated | ({"vote_basis": "named"} if cast else {}), found)  # fmt: skip
    for group, option in options:
        found.ballot(code, group, option)


# A decision a row -------------------------------------------------------------------------------

NUMBERS = {
    "votes_for": "stated_for",
    "votes_against": "stated_against",
    "abstained": "stated_abstained",
}


def _decide(
    held: tuple[str, str], title: str, reference: str, stated: dict[str, str], found: Found
) -> str:
    body, day = held
    if title and reference:
        title = f"{reference}: {title}"
    return found.decision(
        title=title or reference,
        meeting_id=found.meeting(body, day),
        body=body,
        decided_on=day,
        **stated,
    )


def _stated(written: dict[str, str], block: Block, found: Found) -> dict[str, str]:
    """Outcome, numbers and basis of a vote, from cells such as '744', '94.79%' or 'Carried'."""
    cells: dict[str, str] = {"outcome": "", "vote_basis": ""}
    outcome = written["outcome"]
    if tally := TALLY.search(outcome):
        cells |= _tally(tally, block, found)
        outcome = outcome[: tally.start()]
    bases = {"tally"} if tally else set()
    for what, column in NUMBERS.items():
        cell = written[what]
        bare = cell.replace(",", "")
        if re.fullmatch("[0-9]{1,9}", bare):
            cells[column] = bare
            bases.add("tally")
        elif re.fullmatch(r"[-–—]", bare):
            cells[column] = "0"
            found.change("tallies of '-' read as none")
            bases.add("tally")
        elif re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?\s*%", bare):
            found.lose("votes given as a percentage: only that they were is kept")
            bases.add("percentage")
        elif cell:
            outcome = outcome or cell
    cells["outcome"] = found.outcome(outcome)
    if "unanim" in outcome.casefold() or "nem con" in outcome.casefold():
        cells |= {"outcome": "carried", "vote_basis": "unanimous"}
    basis = next((one for one in ("tally", "percentage") if one in bases), "")
    carried = "carried" if cells["outcome"] == "carried" else ""
    return cells | {"vote_basis": basis or cells["vote_basis"] or carried}


def _tally(found_tally: re.Match[str], block: Block, found: Found) -> dict[str, str]:
    votes_for, against, third = found_tally.groups()
    cells = {"stated_for": votes_for, "stated_against": against}
    if third is not None and block.third_number == "abstained":
        cells["stated_abstained"] = third
    elif third is not None and int(third):
        found.lose("third numbers of a tally, which count more than abstentions")
    return cells


def _read_decisions(grid: np.ndarray, block: Block, found: Found) -> None:
    if not block.date:
        raise AssessError("The mapping says nowhere where the `date` of a decision stands. Add it.")
    for line in span(block.rows or f"2-{max(2, len(grid))}", "row", len(grid), "rows"):
        said = {
            what: _cell(grid, line, what, getattr(block, what))
            for what in ("date", "body_in", "title", "reference", "outcome", *NUMBERS)
        }
        if not any(said.values()):
            continue
        day = dates.day(said["date"], block.dates)
        if not day:
            found.lose("decisions without a day that can be read")
            continue
        body = found.body(said["body_in"] or block.body)
        stated = _stated({what: said[what] for what in ("outcome", *NUMBERS)}, block, found)
        _decide((body, day), said["title"], said["reference"], stated, found)


def _cell(grid: np.ndarray, line: int, what: str, written: str) -> str:
    if not written:
        return ""
    there = place(written, "column", what)
    if there >= grid.shape[1]:
        raise AssessError(f"The mapping's `{what}: {written}` lies outside the table.")
    return squeezed(grid[line, there])


# A total a person -------------------------------------------------------------------------------


def _read_totals(grid: np.ndarray, block: Block, found: Found) -> None:
    """People with how many meetings they came to. No table holds that: only the people are kept."""
    if not block.name or not block.total:
        raise AssessError("The mapping must say where `name` and `total` stand. Add them.")
    came = expected = people = 0
    for line in span(block.rows, "row", len(grid), "rows"):
        name = _cell(grid, line, "name", block.name)
        total = TOTAL.search(_cell(grid, line, "total", block.total))
        if not name or not total:
            if name or total:
                found.lose("lines without a name or without a total")
            continue
        attended, of, percent = total.groups()
        people, came, expected = people + 1, came + int(attended), expected + int(of)
        if percent and int(of) and abs(100 * int(attended) / int(of) - int(percent)) > 1:
            found.lose("percentages that do not follow from their own numbers")
        found.add("members", member_id=name, category="")
    if people:
        found.lose(
            f"attendance totals ({came:,} of {expected:,} expected attendances in all): no table "
            "holds totals without meetings; the people are listed as members",
            people,
        )
