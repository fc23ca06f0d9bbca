"""Popolo: people, memberships and votes of a legislature, as JSON or as its CSV form."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assess.importers.dates import day
from assess.importers.found import OPTIONS, Found, known_word
from assess.importers.sources import json_of, records_of, rows_of, word
from assess.records import AssessError

Record = dict[str, Any]

GENDERS = {"woman": "female woman f menyw", "man": "male man m dyn"}
STATED = {"for": "stated_for", "against": "stated_against", "abstained": "stated_abstained"}
LISTS = {
    "persons": "persons people",
    "organizations": "organizations organisations",
    "memberships": "memberships",
    "motions": "motions",
    "vote_events": "voteevents",
    "votes": "votes",
    "counts": "counts",
    "voters": "voters",
}


def read(source: Path, found: Found) -> None:
    """Memberships of bodies become roles; vote events become decisions and totals by group."""
    lists = dict(_lists(source))
    persons = {word(one, "id"): one for one in [*lists["persons"], *lists["voters"]]}
    found.names |= {word(one, "name") for one in persons.values()}
    organizations = {word(one, "id"): word(one, "name") for one in lists["organizations"]}
    motions = {word(one, "id"): one for one in lists["motions"]}
    for membership in lists["memberships"]:
        _seat(membership, persons, organizations, found)
    votes = _by_event(lists["votes"])
    counts = _by_event(lists["counts"])
    for event in lists["vote_events"]:
        identity = word(event, "id", "identifier")
        _decide(
            event | {"motion": _inside(event, "motion") or motions.get(word(event, "motion_id"))},
            [*records_of(event, "votes", source.name), *votes.pop(identity, [])],
            [*records_of(event, "counts", source.name), *counts.pop(identity, [])],
            persons,
            organizations,
            found,
        )
    found.lose("votes of a vote event that is not in the source", sum(map(len, votes.values())))
    personal = ("contact_details", "birth_date", "email", "image", "summary", "biography")
    told = sum(any(person.get(key) for key in personal) for person in persons.values())
    found.lose("people whose personal details are left behind on purpose", told)


def _lists(source: Path) -> Iterator[tuple[str, list[Record]]]:
    """Each list that Popolo knows, empty where the source has none."""
    if source.is_dir() or source.suffix.lower() == ".csv":
        folder = source if source.is_dir() else source.parent
        for name, files in LISTS.items():
            stems = {stem.replace("voteevents", "vote_events") for stem in files.split()}
            paths = [folder / f"{stem}.csv" for stem in sorted(stems)]
            given = [path for path in paths if path.is_file()]
            yield name, [_unfolded(row) for path in given for row in rows_of(path, inside=folder)]
        return
    written = json_of(source)
    if isinstance(written, list):
        events = any(isinstance(one, dict) and "votes" in one for one in written)
        written = {"vote_events" if events else "persons": written}
    if not isinstance(written, dict) or not any(name in written for name in LISTS):
        raise AssessError(
            f"{source.name}: holds none of Popolo's lists, such as persons, memberships or "
            "vote_events. Check that it is a Popolo file."
        )
    for name in LISTS:
        yield name, records_of(written, name, source.name)


def _unfolded(row: dict[str, str]) -> Record:
    """`motion:result` in a heading is the result of the motion."""
    record: Record = {}
    for heading, cell in row.items():
        outer, _, inner = heading.partition(":")
        inside = record.setdefault(outer, {}) if inner else record
        if isinstance(inside, dict):
            inside[inner or outer] = cell
    return record


def _inside(record: Record, key: str) -> Record:
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _by_event(votes: Iterable[Record]) -> dict[str, list[Record]]:
    grouped: dict[str, list[Record]] = {}
    for vote in votes:
        grouped.setdefault(word(vote, "vote_event_id"), []).append(vote)
    return grouped


def _named(record: Record, key: str, organizations: dict[str, str]) -> str:
    """The name of an organisation that a record points to, or its id where it has no name."""
    identity = word(record, f"{key}_id")
    return word(_inside(record, key), "name") or organizations.get(identity) or identity


def _seat(
    membership: Record, persons: dict[str, Record], organizations: dict[str, str], found: Found
) -> None:
    person = word(membership, "person_id") or word(_inside(membership, "person"), "id", "name")
    body = _named(membership, "organization", organizations)
    if not person or not body:
        found.lose("memberships without a person or without an organisation")
        return
    start = day(word(membership, "start_date"))
    if not start:
        found.lose("memberships without the day they began, so no terms")
        return
    group = _named(membership, "on_behalf_of", organizations)
    gender = known_word(word(persons.get(person, {}), "gender"), GENDERS)
    if word(membership, "role", "label"):
        found.lose("names of roles, such as chair: the contract has no column for them")
    found.add(
        "roles",
        person_id=person,
        body=found.body(body),
        seat_category=found.group(group) if group else "",
        start=start,
        end=day(word(membership, "end_date")),
        gender=gender or "",
    )


def _decide(
    event: Record,
    votes: list[Record],
    counts: list[Record],
    persons: dict[str, Record],
    organizations: dict[str, str],
    found: Found,
) -> None:
    motion = _inside(event, "motion")
    on = day(word(event, "start_date", "date", "end_date") or word(motion, "date"))
    if not on:
        found.lose("vote events without a day")
        found.lose("votes of a vote event without a day", len(votes))
        return
    body = found.body(_named(event, "organization", organizations) or "council")
    stated: dict[str, int] = {}
    for count in counts:
        option, number = known_word(word(count, "option"), OPTIONS), word(count, "value")
        if option in STATED and number.isdecimal():
            stated[STATED[option]] = stated.get(STATED[option], 0) + int(number[:9])
        else:
            found.lose("counts of those who were absent or did not vote")
    basis = "named" if votes else "tally" if stated else ""
    code = found.decision(
        title=word(motion, "title", "text") or word(event, "title", "name"),
        meeting_id=found.meeting(body, on, word(event, "legislative_session_id")),
        body=body,
        decided_on=on,
        outcome=found.outcome(word(event, "result") or word(motion, "result")),
        vote_basis=basis,
        **{column: str(number) for column, number in stated.items()},
    )
    for vote in votes:
        _cast(code, vote, persons, organizations, found)


def _cast(
    code: str,
    vote: Record,
    persons: dict[str, Record],
    organizations: dict[str, str],
    found: Found,
) -> None:
    found.names.add(word(vote, "voter_name") or word(_inside(vote, "voter"), "name"))
    written = word(vote, "option")
    option = known_word(written, OPTIONS)
    if option is None:
        found.lose("votes with an option that is not known")
        return
    if written != option:
        found.change(f"votes '{written[:20]}' read as {option}")
    voter = persons.get(word(vote, "voter_id"), {})
    group = _named(vote, "group", organizations) or word(voter, "group", "party")
    weight = word(vote, "weight")
    if weight not in ("", "1", "1.0"):
        found.lose("weights of votes: each vote is counted as one")
    found.ballot(code, group, option)
