"""CiviCRM: an export of memberships. One row is one membership of one contact."""

import re
from pathlib import Path

from assess.importers.dates import USUAL, day
from assess.importers.found import Found, Row, known_word
from assess.importers.sources import rows_of
from assess.load.raw import plain
from assess.records import AssessError

# The same column in exports of several versions, and of the programming interface.
HEADINGS = {
    "contact": "internalcontactid contactid contact_id displayname contactname sortname",
    "name": "displayname contactname sortname",
    "type": "membershiptype membershiptypeid type membershiptypename",
    "joined": "membersince joindate since",
    "start": "membershipstartdate startdate memberstartdate",
    "end": "membershipexpirationdate enddate expirationdate membershipenddate",
    "status": "membershipstatus status statusid",
    "test": "istest test",
}
STATUSES = {
    "member": "new current grace active lifetime",
    "left": "expired cancelled canceled deceased lapsed resigned",
    "not yet": "pending",
}


def read(source: Path, found: Found) -> None:
    """Contacts become members: from their first membership, to the end of their last."""
    rows = rows_of(source)
    places = _places(rows, source.name)
    contacts: dict[str, list[Row]] = {}
    for row in rows:
        said = {what: row.get(heading, "") for what, heading in places.items()}
        found.names.add(said.get("name", ""))
        if said.get("test", "").casefold() in ("1", "yes", "true"):
            found.lose("test memberships")
        elif known_word(said.get("status", ""), STATUSES) == "not yet":
            found.lose("memberships that are still pending")
        elif not said["contact"]:
            found.lose("memberships without a contact")
        else:
            contacts.setdefault(said["contact"], []).append(said)
    for contact, memberships in contacts.items():
        _enrol(contact, memberships, found)
    several = sum(len(memberships) > 1 for memberships in contacts.values())
    if several:
        found.change("contacts with several memberships, read as one member each", several)
    others = {heading for row in rows[:1] for heading in row} - set(places.values())
    found.lose("columns that no table has, such as addresses", len(others))


def _places(rows: list[Row], source: str) -> dict[str, str]:
    """The heading of each thing that is read."""
    headings = {plain(heading): heading for heading in (rows[0] if rows else ())}
    places = {
        what: next((headings[one] for one in known.split() if one in headings), "")
        for what, known in HEADINGS.items()
    }
    missing = [what for what in ("contact", "status") if not places[what]]
    if missing:
        raise AssessError(
            f"{source}: has no column for the {' or the '.join(missing)} of a membership. Export "
            "with Contact ID, Membership Type, Member Since, End Date and Membership Status."
        )
    return {what: heading for what, heading in places.items() if heading}


def _enrol(contact: str, memberships: list[Row], found: Found) -> None:
    ends = [_day(one, "end", found) for one in memberships]
    begins = [_day(one, "joined", found) or _day(one, "start", found) for one in memberships]
    latest = memberships[max(range(len(memberships)), key=lambda at: (ends[at] or "9999", at))]
    states = [known_word(one["status"], STATUSES) for one in memberships]
    found.lose("memberships with a status that is not known, taken as current", states.count(None))
    left = "" if set(states) != {"left"} else max(ends)
    if set(states) == {"left"} and not left:
        found.lose("members who left, on a day that the export does not say: taken as members")
    joined = min((one for one in begins if one), default="")
    if left and joined > left:
        found.lose("days of leaving that lie before the day of joining")
        left = ""
    group = latest.get("type", "")
    found.add(
        "members",
        member_id=contact,
        category=found.group(group) if group else "",
        joined_on=joined,
        left_on=left,
    )


def _day(row: Row, what: str, found: Found) -> str:
    written = re.sub(r"\s[0-9:]+\s*([AP]M)?$", "", row.get(what, ""), flags=re.IGNORECASE)
    if not written:
        return ""
    read_as = day(written) or day(written, USUAL)
    if not read_as:
        found.lose("days that cannot be read")
    return read_as
