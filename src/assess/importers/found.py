"""What an importer has found in a source, in the source's own names, and what it had to leave.

People, bodies and groups are kept here as the source calls them; they become codes when the
records are written, and the names go no further.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assess.records import AssessError

# A choice of the contract in the words of other systems. A blank is never among them.
OUTCOMES = {
    "carried": "carried pass passed agreed adopted approved accepted yes motionpassed"
    " motioncarried derbyniwyd cytunwyd",
    "lost": "lost fail failed rejected defeated notagreed notcarried motionfailed motionlost"
    " gwrthodwyd",
    "deferred": "deferred adjourned referred postponed gohiriwyd",
    "withdrawn": "withdrawn tynnwydynôl",
}
OPTIONS = {
    "for": "for yes aye ayes agree y infavour consent o blaid ie",
    "against": "against no nay nays disagree block n oppose objection erbyn yn nac",
    "abstained": "abstain abstained abstention abstains ymatal recused",
    "absent": "absent notpresent excused paired apologies didnotvote",
    "not voting": "notvoting presentnotvoting didnotattendvote",
    "not expected": "na vacant resigned notamember",
}
PEOPLE = {
    "members": ("member_id",),
    "roles": ("person_id",),
    "attendance": ("person_id",),
    "decisions": ("moved_by", "seconded_by"),
    "participation": ("member_id",),
    "development": ("person_id",),
}
EVERYONE = "Everyone who voted"
SHOWN = 20  # letters of an explained mark that are shown
SHORT = 3  # letters of any other cell that may stand in a report: a longer one may be a name

# An organisation with more bodies or member groups has not been met.
MOST_LISTED = 1000
LISTED = {"body": "bodies", "group": "member groups"}

Row = dict[str, str]


def squeezed(text: object) -> str:
    """Text without line breaks, double spaces or spaces at its ends."""
    return " ".join(str(text).split())


def known_word(text: str, words: Mapping[str, str]) -> str | None:
    """Which of the choices a word stands for; None where it is none of their words."""
    bare = "".join(letter for letter in text.casefold() if letter.isalnum())
    return next((choice for choice, known in words.items() if bare in known.split()), None)


def code_of(title: str, taken: Mapping[str, str], fallback: str) -> str:
    """A code for a title, as bodies and member groups have them, that no other title has."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:36].rstrip("_")
    code = code if code[:1].isalpha() else f"{fallback}_{code}".rstrip("_")[:36]
    number = 1
    while (numbered := code if number == 1 else f"{code}_{number}") in taken:
        number += 1
    return numbered


@dataclass
class Found:
    """What has been found so far. It only ever grows."""

    source: str
    body_codes: Mapping[str, str] = field(default_factory=dict)  # as written -> code
    group_codes: Mapping[str, str] = field(default_factory=dict)
    keep_titles: bool = False
    organisation: dict[str, Any] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)  # code -> title
    groups: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    ballots: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)  # of people, as written
    changed: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    meetings: dict[tuple[str, str, str], str] = field(default_factory=dict)
    same_day: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: dict[tuple[str, str], str] = field(default_factory=dict)

    def change(self, what: str, number: int = 1) -> None:
        """Note that `number` cells were read as something else than they say."""
        self.changed[what] += number

    def lose(self, what: str, number: int = 1) -> None:
        """Note that `number` things of one kind are not carried over."""
        if number:
            self.lost[what] += number

    def add(self, table: str, **cells: str) -> None:
        """Add a row to a table of the contract."""
        self.tables.setdefault(table, []).append(cells)

    def body(self, title: str) -> str:
        """The code of a body."""
        return self._code(title, self.bodies, self.body_codes, "body")

    def group(self, title: str) -> str:
        """The code of a member group; one group stands for all where the source has none."""
        return self._code(title or EVERYONE, self.groups, self.group_codes, "group")

    def _code(
        self, title: str, listed: dict[str, str], mapped: Mapping[str, str], fallback: str
    ) -> str:
        title = squeezed(title)[:200] or fallback
        if (fallback, title) not in self.codes:
            code = mapped.get(title) or code_of(title, listed, fallback)
            listed.setdefault(code, title)
            self.codes[fallback, title] = code
        if len(listed) > MOST_LISTED:
            raise AssessError(
                f"{self.source}: names more than {MOST_LISTED:,} {LISTED[fallback]}, so something "
                "else was read for them. Check the mapping."
            )
        return self.codes[fallback, title]

    def meeting(self, body: str, day: str, key: str = "", **cells: str) -> str:
        """The code of a meeting of a body (its code) on a day; `key` tells two on one day apart."""
        known = self.meetings.get((body, day, key))
        if known is None:
            self.same_day[body, day] += 1
            number = self.same_day[body, day]
            known = f"{body}-{day}" + (f"-{number}" if number > 1 else "")
            self.meetings[body, day, key] = known
            self.add("meetings", meeting_id=known, body=body, held_on=day, **cells)
        return known

    def decision(self, *, title: str = "", **cells: str) -> str:
        """Add a decision, and give the code made for it."""
        code = f"D{len(self.tables.get('decisions', [])) + 1}"
        if title and not self.keep_titles:
            self.lose(
                "titles of decisions, because they may name people; `titles: keep` keeps them"
            )
        self.add("decisions", decision_id=code, title=title if self.keep_titles else "", **cells)
        return code

    def ballot(self, decision: str, group: str, option: str, number: int = 1) -> None:
        """Count votes of a group (its title). An option that is no vote is noted as lost."""
        if option in ("for", "against", "abstained"):
            self.ballots[decision, self.group(group), option] += number
        elif option == "not expected":
            self.lose("cells of people who had no seat at the time of a vote", number)
        elif option == "not known":
            self.lose("cells of people whose vote is not known", number)
        else:
            self.lose("people noted as absent or not voting beside a vote", number)

    def outcome(self, text: str) -> str:
        """The contract's word for an outcome; empty where the source's word is not known."""
        if not any(letter.isalnum() for letter in text):
            return ""
        read = known_word(text, OUTCOMES)
        if read is None:
            self.lose("outcomes in words that are not known")
            return ""
        if text.strip() != read:
            self.change(f"outcome '{squeezed(text)[:SHOWN]}' read as {read}")
        return read
