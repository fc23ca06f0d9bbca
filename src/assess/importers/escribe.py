"""eSCRIBE: the minutes of one meeting as JSON, with who was there and each motion's votes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assess.importers.dates import day
from assess.importers.found import OPTIONS, Found, known_word
from assess.importers.sources import json_of, word
from assess.records import AssessError

PRESENT = {"present": ("present", ""), "absent": ("absent", "")}
GUESTS = {"also_present": "present", "remote_attendance": "remote"}
MAX_DEPTH = 50


def read(source: Path, found: Found) -> None:
    """The meeting, its attendance, and each motion put to it."""
    written = json_of(source)
    on = day(word(written, "datetime"))
    if not on:
        raise AssessError(
            f"{source.name}: has no meeting with a day, so it is not one meeting's minutes."
        )
    body = found.body(word(written, "meeting_type") or "committee")
    meeting = found.meeting(body, on)
    for status in ("present", "absent"):
        _attend(meeting, written.get(status), status, "", found)
    for key, status in GUESTS.items():
        _attend(meeting, written.get(key), status, "in attendance", found)
    for motion in _motions(written.get("items"), 0):
        _decide(motion, meeting, body, on, found)
    if found.tables.get("attendance"):
        found.lose("difference between absent with and without apologies: minutes name only who "
                   "was absent")  # fmt: skip


def _attend(meeting: str, people: Any, status: str, capacity: str, found: Found) -> None:
    for person in people if isinstance(people, list) else []:
        name = person.strip() if isinstance(person, str) else ""
        if name:
            found.add(
                "attendance", meeting_id=meeting, person_id=name, status=status, capacity=capacity
            )


def _motions(items: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Motions of agenda items and of the items inside them, in the order of the agenda."""
    if not isinstance(items, dict) or depth > MAX_DEPTH:
        return
    for item in items.values():
        if not isinstance(item, dict):
            continue
        for part in item.get("content") if isinstance(item.get("content"), list) else []:
            if isinstance(part, dict) and part.get("__class__") == "Motion":
                yield part | {"item": word(item, "title")}
        yield from _motions(item.get("items"), depth + 1)


def _decide(motion: dict[str, Any], meeting: str, body: str, on: str, found: Found) -> None:
    result, vote = motion.get("result"), motion.get("vote")
    moved, seconded = (
        word(motion.get(key), "string").strip(". ") for key in ("moved_by", "seconded_by")
    )
    rows = vote.get("rows") if isinstance(vote, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    outcome = found.outcome(word(result, "string").partition("(")[0].replace("Motion", ""))
    code = found.decision(
        title=motion["item"],
        meeting_id=meeting,
        body=body,
        decided_on=on,
        outcome=outcome,
        moved_by=moved,
        seconded_by=seconded,
        vote_basis="named" if rows else "carried" if outcome == "carried" else "",
    )
    for row in rows:
        option = known_word(word(row, "option", "vote_type", "string", "title"), OPTIONS)
        names = row.get("names") or row.get("voters") or row.get("members")
        number = len(names) if isinstance(names, list) else 1
        if option is None:
            found.lose("votes with an option that is not known", number)
        else:
            found.ballot(code, "", option, number)
