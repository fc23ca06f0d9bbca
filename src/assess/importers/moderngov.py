"""ModernGov: recorded votes and councillors as XML, attendance summaries as CSV or a page.

The votes are those of the Senedd's open data, which ModernGov's own web service resembles: an
element a vote, its words in Welsh and English.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from assess.importers.dates import day
from assess.importers.found import OPTIONS, Found, Row, known_word, squeezed
from assess.importers.sources import PAGES, grids_of, leaf, xml_of
from assess.load.raw import plain
from assess.records import AssessError

MAX_VOTES = 2_000_000
STATED = {
    "VotesTotalFor": "stated_for",
    "VotesTotalAgainst": "stated_against",
    "VotesTotalAbstain": "stated_abstained",
}
# Headings of an attendance summary, in English and Welsh, and what they count.
EXPECTED = {"expected", "totalexpectedattendances", "disgwyliedig"}
PERSON = {"councillor", "cllr", "member", "name", "cynghorydd", "aelod", "enw"}
PRESENT = {"present", "presentasexpected", "presentvirtual", "presentvirtually", "yn bresennol"}


def read(source: Path, found: Found) -> None:
    """Votes, councillors or an attendance summary, whichever the source holds."""
    if source.suffix.lower() in (".csv", *PAGES):
        _read_summary(source, found)
        return
    root = xml_of(source)
    votes = [one for one in root.iter() if len(one) and leaf(one, "Results_Result")]
    councillors = [one for one in root.iter() if str(one.tag).casefold() == "councillor"]
    if votes:
        _read_votes(votes, found)
    elif councillors:
        _read_councillors(councillors, found)
    else:
        raise AssessError(
            f"{source.name}: holds neither recorded votes nor councillors. Save what the web "
            "service gives for votes or for GetCouncillorsByWard."
        )


# Recorded votes ---------------------------------------------------------------------------------


def _read_votes(votes: list[Any], found: Found) -> None:
    """Votes with the same contribution and title are one division."""
    divisions: dict[tuple[str, ...], list[Any]] = {}
    keys = ("Meeting_ID", "Contribution_ID", "Vote_Name_English")
    for vote in votes[:MAX_VOTES]:
        divisions.setdefault(tuple(leaf(vote, key) for key in keys), []).append(vote)
    for cast in divisions.values():
        _read_division(cast, found)


def _read_division(votes: list[Any], found: Found) -> None:
    first = votes[0]
    on = day(leaf(first, "MeetingDate"))
    if not on:
        found.lose("votes of a meeting without a day", len(votes))
        return
    body = found.body(leaf(first, "Committee_Name_English") or "Plenary")
    titles = [leaf(first, "Vote_Name_English"), leaf(first, "Vote_Name_Welsh")]
    stated = {column: leaf(first, name) for name, column in STATED.items()}
    code = found.decision(
        title=" / ".join(dict.fromkeys(filter(None, titles))),
        meeting_id=found.meeting(body, on, leaf(first, "Meeting_ID")),
        body=body,
        decided_on=on,
        outcome=_result(first, found),
        vote_basis="named",
        **{column: number for column, number in stated.items() if number.isdecimal()},
    )
    for vote in votes:
        found.names.add(leaf(vote, "Member_name_English"))
        written = leaf(vote, "Results_Result")
        option = known_word(written, OPTIONS)
        if option is None:
            found.lose("votes in words that are not known")
            continue
        if written != option:
            found.change(f"votes '{written[:20]}' read as {option}")
        group = leaf(vote, "Party_English") or leaf(vote, "Group_English")
        found.ballot(code, group, option)


def _result(vote: Any, found: Found) -> str:
    """'Motion has been agreed' or 'Derbyniwyd y cynnig' as the contract's word."""
    english = leaf(vote, "Vote_Result_English")
    welsh = leaf(vote, "Vote_Result_Welsh")
    bare = re.sub(r".*\b(?:has been|was|is)\b\s*", "", english)
    return found.outcome(bare or welsh.partition(" ")[0])


# Councillors ------------------------------------------------------------------------------------


def _read_councillors(councillors: list[Any], found: Found) -> None:
    """Councillors as members by party. Their terms are not there, so no roles are written."""
    met: Counter[str] = Counter()
    for one in councillors:
        name = re.sub(r"^(Councillor|Cllr|Cynghorydd)\b\.?\s*", "", leaf(one, "fullusername"))
        person = leaf(one, "councillorid") or name
        party = leaf(one, "politicalpartytitle")
        if not person:
            found.lose("councillors without a name or number")
            continue
        met[person] += 1
        if met[person] > 1:
            found.lose("councillors listed a second time")
            continue
        found.names.add(name)
        found.add("members", member_id=person, category=found.group(party) if party else "")
        if leaf(one, "keyposts"):
            found.lose("posts held by councillors: the source does not say since when")
        if any(str(part.tag).endswith("address") for part in one):
            found.lose("councillors whose addresses are left behind on purpose")
    found.lose("terms of office: the source has no dates, so councillors are listed as members",
               len(met))  # fmt: skip


# Attendance summaries ---------------------------------------------------------------------------


def _read_summary(source: Path, found: Found) -> None:
    """People with how many meetings they came to. No table holds totals: only people are kept."""
    people: list[Row] = []
    for grid in grids_of(source).values():
        people += _summary_rows([[squeezed(cell) for cell in line] for line in grid.to_numpy()])
    if not people:
        raise AssessError(
            f"{source.name}: has no table with the headings Councillor, Expected and Present, so "
            "it is not an attendance summary."
        )
    expected = sum(int(row["expected"]) for row in people)
    came = sum(int(row["present"]) for row in people)
    for row in people:
        found.add("members", member_id=row["name"], category="")
    found.lose(
        f"attendance totals ({came:,} of {expected:,} expected attendances in all): no table holds "
        "totals without meetings; the councillors are listed as members",
        len(people),
    )


def _summary_rows(lines: list[list[str]]) -> list[Row]:
    rows: list[Row] = []
    places: tuple[int, int, list[int]] | None = None
    for line in lines:
        headings = [plain(cell) for cell in line]
        person = next((at for at, one in enumerate(headings) if one in PERSON), None)
        expected = next((at for at, one in enumerate(headings) if one in EXPECTED), None)
        if person is not None and expected is not None:
            present = [at for at, one in enumerate(headings) if one in PRESENT]
            places = (person, expected, present)
        elif places and line[places[0]] and line[places[1]].isdecimal():
            came = [line[at] for at in places[2] if line[at].isdecimal()]
            name, due = line[places[0]], line[places[1]][:6]
            total = sum(int(one[:6]) for one in came)
            if plain(name) not in ("total", "cyfanswm"):
                rows.append({"name": name, "expected": due, "present": str(total)})
    return rows
