"""What met and who came: meetings, attendance, the items talked about."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from assess.synth.character import LAST_YEAR, Character
from assess.synth.dice import Dice
from assess.synth.people import DRAWN_ON, Membership, Person, Row, Seats

FORMATS = ["easy_read", "large_print", "welsh"]
STRATEGIC = ["strategy", "oversight", "oversight", "accountability"]
DAY_TO_DAY = ["operational", "operational", "procedure", "other"]
ANNUAL_GENERAL_MONTH = 9


@dataclass
class Meeting:
    """A meeting's row, with who came. At a general meeting people are members' codes."""

    row: Row
    body: str
    day: date
    present: dict[str, list[str]] = field(default_factory=dict)  # category or "" -> codes
    quality_report: bool = False

    @property
    def id(self) -> str:
        return str(self.row["meeting_id"])

    @property
    def people(self) -> list[str]:
        return [code for group in self.present.values() for code in group]


def hold_meetings(
    character: Character, seats: Seats, members: Membership, dice: Dice
) -> tuple[list[Meeting], list[Row], list[Row]]:
    """Meetings in the order they were held, attendance, and what members did by coming."""
    meetings = [
        meeting
        for year in range(LAST_YEAR - character.years + 1, LAST_YEAR + 1)
        for body, number in character.meetings.items()
        for meeting in _year_of_meetings(character, body, year, number, dice)
    ]
    meetings.sort(key=lambda meeting: meeting.day)
    attendance, acts = [], []
    for meeting in meetings:
        if meeting.body == "general_meeting":
            acts += _come_as_members(character, meeting, members, dice)
        else:
            attendance += _come_as_holders(character, meeting, seats, dice)
        meeting.row["quorum"] = _quorum(character, meeting, seats, members)
    return meetings, attendance, acts


def _year_of_meetings(
    character: Character, body: str, year: int, number: int, dice: Dice
) -> Iterator[Meeting]:
    reports = character.yearly["quality_reports"] if body == "board" else 0
    for place in range(1, number + 1):
        day = _meeting_day(body, year, place, number, dice)
        meeting = Meeting(_meeting_row(character, body, place, day, dice), body, day)
        meeting.quality_report = place * reports // number > (place - 1) * reports // number
        yield meeting


def _meeting_day(body: str, year: int, place: int, number: int, dice: Dice) -> date:
    """Spread over the year with one in December; councils in the week before boards."""
    month = 12 * place // number
    if body == "general_meeting":
        month = (ANNUAL_GENERAL_MONTH + 12 * (place - 1) // number - 1) % 12 + 1
    first, weekday = {"council": (2, 3), "board": (11, 1)}.get(body, (17, 5))
    day = date(year, month, first + dice.whole(0, 2))
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _meeting_row(character: Character, body: str, place: int, day: date, dice: Dice) -> Row:
    year = day.year
    in_time = dice.chance(character.rate("papers_in_time", year))
    one_late = dice.chance(0.4)
    papers = dice.later(day, -22, -16) if in_time or one_late else dice.later(day, -5, -1)
    notice = dice.later(day, -30, -24)
    drafted = dice.chance(character.rate("minutes_drafted", year))
    drafted_on = dice.later(day, 2, 13) if drafted else dice.later(day, 24, 70)
    asked, issued = _formats(character, year, dice)
    opened, recorded_on = _access(character, day, dice)
    kinds = {"general_meeting": "annual general" if place == 1 else "general"}
    return {
        "meeting_id": f"{body[0].upper()}{year}-{place:02d}",
        "body": body,
        "type": kinds.get(body, "ordinary"),
        "held_on": day,
        "notice_on": notice,
        "papers_on": papers,
        "late_papers": 0 if in_time else dice.whole(1, 3),
        "open_to_members": opened,
        "record_issued_on": recorded_on,
        "minutes_draft_on": drafted_on,
        "minutes_approved_on": by_drawing(dice.later(drafted_on, 14, 45)),
        "formats_requested": asked,
        "formats_issued": issued,
    }


def by_drawing(day: date | None) -> date | None:
    """The day, or nothing where it would be after the records were copied out."""
    return day if day is not None and day <= DRAWN_ON else None


def _formats(character: Character, year: int, dice: Dice) -> tuple[str | None, str]:
    asked = dice.some(FORMATS, dice.whole(1, 2))
    complete = dice.chance(character.rate("formats_provided", year))
    issued = asked if complete else asked[1:]
    if not dice.chance(character.shares["formats_asked_for"]):
        return None, "english"
    return ";".join(["english", *asked]), ";".join(["english", *issued])


def _access(character: Character, day: date, dice: Dice) -> tuple[bool, date | None]:
    way = dice.pick(["open", "record", "both"])
    recorded_on = dice.later(day, 3, 25)
    if not dice.chance(character.rate("meetings_opened", day.year)):
        return False, None
    return way != "record", None if way == "open" else recorded_on


def _come_as_members(
    character: Character, meeting: Meeting, members: Membership, dice: Dice
) -> list[Row]:
    """Members come to a general meeting; only their number is in the meeting's row."""
    share = character.shares["member_attended"]
    for category in character.members:
        eligible = members.eligible(category, meeting.day)
        meeting.present[category] = [code for code in eligible if dice.chance(share)]
    meeting.row["present_count"] = len(meeting.people)
    return [
        {"member_id": code, "act": "attended", "done_on": meeting.day} for code in meeting.people
    ]


def _come_as_holders(
    character: Character, meeting: Meeting, seats: Seats, dice: Dice
) -> Iterator[Row]:
    for term in seats.holders(meeting.body, meeting.day):
        status = _status(character, term.person, dice)
        if status in ("present", "remote"):
            meeting.present.setdefault(term.category or "", []).append(term.person.id)
        yield {
            "meeting_id": meeting.id,
            "person_id": term.person.id,
            "status": status,
            "capacity": "member",
        }


def _status(character: Character, person: Person, dice: Dice) -> str:
    on_leave = dice.chance(character.shares["on_leave"])
    comes = dice.chance(person.attends)
    remote = dice.chance(character.shares["remote"])
    apologises = dice.chance(0.8)
    if on_leave:
        return "leave"
    if comes:
        return "remote" if remote else "present"
    return "apology" if apologises else "absent"


def _quorum(
    character: Character, meeting: Meeting, seats: Seats, members: Membership
) -> int | None:
    body = character.organisation.bodies[meeting.body]
    if body.quorum is not None or body.quorum_share is None:
        return body.quorum
    if meeting.body == "general_meeting":
        filled = len(members.eligible(None, meeting.day))
    else:
        filled = len(seats.holders(meeting.body, meeting.day))
    return max(1, -int(-body.quorum_share * filled // 1))


def list_items(character: Character, meetings: list[Meeting], dice: Dice) -> list[Row]:
    """The items of board and council meetings."""
    usual = character.yearly["items_per_meeting"]
    groups = list(character.members)
    rows = []
    for meeting in meetings:
        if meeting.body != "general_meeting":
            kinds = _kinds_of_item(character, meeting, dice.whole(usual - 1, usual + 2), dice)
            rows += [
                {
                    "meeting_id": meeting.id,
                    "item_id": str(place),
                    "type": kind,
                    "minutes": 5 * dice.whole(1, 6),
                    "originator_category": _originator(meeting, groups, dice),
                }
                for place, kind in enumerate(kinds, 1)
            ]
    return rows


def _kinds_of_item(character: Character, meeting: Meeting, number: int, dice: Dice) -> list[str]:
    share = character.rate("strategic_focus_share", meeting.day.year)
    kinds = [dice.pick(STRATEGIC if dice.chance(share) else DAY_TO_DAY) for _ in range(number)]
    if meeting.quality_report:  # in the place of a strategic item, so that the share stays true
        place = next((n for n, kind in enumerate(kinds) if kind in STRATEGIC), 0)
        kinds[place] = "quality report"
    return kinds


def _originator(meeting: Meeting, groups: list[str], dice: Dice) -> str | None:
    raised = dice.chance(0.5)
    return dice.pick(groups) if meeting.body == "council" and groups and raised else None
