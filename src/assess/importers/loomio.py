"""Loomio: one poll as CSV, or a group as CSV or as JSON lines."""

from collections import Counter
from pathlib import Path
from typing import Any

from assess.importers.dates import day
from assess.importers.found import OPTIONS, Found, known_word
from assess.importers.sources import json_of, stacked_of, word
from assess.load.raw import plain
from assess.records import AssessError

Record = dict[str, Any]
Ballots = list[tuple[str, float]]  # the option's name, and its score

STATED = {"for": "stated_for", "against": "stated_against", "abstained": "stated_abstained"}


def read(source: Path, found: Found) -> None:
    """Proposals become decisions with totals; memberships become members. Who voted how is lost."""
    if source.suffix.lower() == ".csv":
        tables = {
            name: [_plain_keys(row) for row in rows] for name, rows in stacked_of(source).items()
        }
    else:
        tables = _json_tables(source)
    if "poll" in tables:
        _read_poll(tables, found)
    elif tables.keys() & {"memberships", "polls"}:
        _read_group(tables, found)
    else:
        raise AssessError(
            f"{source.name}: holds neither a poll nor a group. Export a poll as CSV, or a group as "
            "CSV or JSON."
        )


def _plain_keys(row: dict[str, str]) -> Record:
    """A row with its headings in small letters and with underscores, as in the JSON form."""
    return {heading.casefold().replace(" ", "_"): cell for heading, cell in row.items()} | {"": row}


def _json_tables(source: Path) -> dict[str, list[Record]]:
    tables: dict[str, list[Record]] = {}
    for line in json_of(source, lines=True):
        record = line.get("record") if isinstance(line, dict) else None
        if not isinstance(record, dict):
            raise AssessError(
                f"{source.name}: has a line without a table and a record, so it is not a Loomio "
                "export."
            )
        tables.setdefault(word(line, "table"), []).append(record)
    return tables


def _read_poll(tables: dict[str, list[Record]], found: Found) -> None:
    """Three stacked tables: the poll, its options, and the votes with a column an option."""
    poll = tables["poll"][0] if tables["poll"] else {}
    listed = tables.get("poll_options", [])
    options = [word(option, "name") for option in listed]
    ballots: Ballots = []
    for vote in tables.get("votes", []):
        written = {plain(heading): cell for heading, cell in vote[""].items()}
        found.names.add(word(vote, "voter_name"))
        for option in options:
            if score := _score(written.get(plain(option), "")):
                ballots.append((option, score))
        if word(vote, "reason"):
            found.lose("reasons given with a vote")
    totals = {
        word(one, "name"): _score(word(one, "score")) for one in tables.get("poll_options", [])
    }
    _decide(poll, word(poll, "group_name"), ballots, totals, found)
    undecided = word(poll, "undecided_voters_count")
    found.lose("people asked who did not vote", int(undecided[:9]) if undecided.isdecimal() else 0)


def _score(written: str) -> float:
    try:
        score = float(written or 0)
    except ValueError:
        return 0.0
    return score if abs(score) < 1e9 else 0.0


def _read_group(tables: dict[str, list[Record]], found: Found) -> None:
    groups = {word(one, "id"): word(one, "name") for one in tables.get("groups", [])}
    found.names |= {word(one, "name") for one in tables.get("users", [])}
    _enrol(tables.get("memberships", []), found)
    topics = {word(one, "id"): word(one, "group_id") for one in tables.get("topics", [])}
    votes = _ballots_by_poll(tables)
    for poll in tables.get("polls", []):
        group = word(poll, "group_id") or topics.get(word(poll, "topic_id"), "")
        name = groups.get(group) or next(iter(groups.values()), "group")
        _decide(poll, name, votes.get(word(poll, "id"), []), {}, found)
    for table in ("comments", "discussions", "reactions", "outcomes"):
        found.lose(table, len(tables.get(table, [])))
    found.lose("requests to join", len(tables.get("membership_requests", [])))


def _enrol(memberships: list[Record], found: Found) -> None:
    """One member a person. A membership that was never accepted is an invitation."""
    met: set[str] = set()
    for membership in sorted(memberships, key=lambda one: word(one, "accepted_at", "created_at")):
        person = word(membership, "user_id", "user_name")
        found.names.add(word(membership, "user_name"))
        if not person or not word(membership, "accepted_at"):
            found.lose("invitations that were not accepted")
            continue
        if person in met:
            found.change("memberships of a person in a further group, read as the same member")
            continue
        met.add(person)
        joined = day(word(membership, "accepted_at"))
        left = day(word(membership, "revoked_at", "archived_at"))
        found.add("members", member_id=person, joined_on=joined, left_on=left)


def _ballots_by_poll(tables: dict[str, list[Record]]) -> dict[str, Ballots]:
    """Choices that count: of each person the latest, and none that was taken back."""
    options = {word(one, "id"): one for one in tables.get("poll_options", [])}
    stances = {
        word(one, "id"): one
        for one in tables.get("stances", [])
        if one.get("latest", True) is not False and not one.get("revoked_at")
    }
    ballots: dict[str, Ballots] = {}
    choices = [
        *(one for one in tables.get("stance_choices", []) if word(one, "stance_id") in stances),
        *tables.get("anonymous_ballots", []),
    ]
    for choice in choices:
        option = options.get(word(choice, "poll_option_id"), {})
        if score := _score(word(choice, "score") or "1"):
            name = word(option, "name")
            ballots.setdefault(word(option, "poll_id"), []).append((name, score))
    return ballots


def _decide(
    poll: Record, group: str, ballots: Ballots, totals: dict[str, float], found: Found
) -> None:
    """A proposal as a decision. Other kinds of poll choose a date or a name, and decide nothing."""
    names = {name for name, _ in ballots} | set(totals)
    meant = {name: known_word(name, OPTIONS) for name in names}
    kind = word(poll, "poll_type")
    if kind not in ("", "proposal") or (names and not {"for", "against"} & set(meant.values())):
        found.lose("polls that are not proposals, such as a choice of dates")
        return
    on = day(word(poll, "closed_at"))
    if not on:
        found.lose("polls that are not closed, or do not say when")
        return
    body = found.body(group or "group")
    counted: Counter[str] = Counter()
    for name, total in totals.items():
        counted[meant[name] or ""] += int(total)
    stated = {column: str(counted[option]) for option, column in STATED.items() if totals}
    basis = "named" if ballots else "tally" if any(counted.values()) else ""
    code = found.decision(
        title=word(poll, "title"), body=body, decided_on=on, vote_basis=basis, **stated
    )
    found.lose("outcomes: Loomio does not say whether a proposal was carried")
    for name, _ in ballots:
        option = meant[name]
        if option is None:
            found.lose("votes for an option that is neither for, against nor abstaining")
            continue
        if name != option:
            found.change(f"votes '{name[:20]}' read as {option}")
        found.ballot(code, "", option)
