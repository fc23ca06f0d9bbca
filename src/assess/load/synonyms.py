"""Other words for headings and choices: Welsh, what people commonly write, and their own.

A heading or word is looked up without case, spaces and hyphens. What the organisation says in
its own `headings.yaml`, beside its records, goes before everything else:

    members:
      headings: {Membership no.: member_id, Shoe size: ""}    # "": leave the column out
      words:
        category: {Employee: staff}
"""

import functools
import gettext
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from assess.load.raw import columns_of, matches, near, plain
from assess.records import Problem
from assess.schemas import CONTRACTS, about_columns, fields_of

OWN_FILES = ("headings.yaml", "headings.yml")

# Column -> other headings for it, in English and then in Welsh, with slashes between them.
HEADINGS = {
    "meeting_id": "meeting/meeting no/meeting number/meeting ref/meeting reference/cyfarfod"
    "/rhif y cyfarfod/cyf y cyfarfod",
    "member_id": "member no/member number/member ref/membership no/membership number/membership id"
    "/rhif aelod/rhif aelodaeth/rhif yr aelod",
    "person_id": "person/person no/person number/person ref/member code/member id/member no"
    "/membership no/membership number/governor code/trustee code/director code/rhif/rhif y person"
    "/rhif aelod/cod aelod",
    "decision_id": "decision no/decision number/decision ref/resolution no/resolution number"
    "/motion no/rhif y penderfyniad/cyf y penderfyniad",
    "item_id": "item no/item number/agenda item/risk no/action no/ref/rhif yr eitem",
    "category": "group/type/member type/membership type/type of member/class/constituency/categori"
    "/grŵp/math o aelod",
    "joined_on": "joined/date joined/joining date/member since/start date/membership start"
    "/dyddiad ymuno/ymunodd",
    "left_on": "left/date left/leaving date/end date/membership end/resigned/dyddiad gadael"
    "/gadawodd",
    "eligible_to_vote": "can vote/eligible/voting/voting member/vote/cymwys i bleidleisio"
    "/hawl i bleidleisio",
    "body": "committee/board or committee/meeting of/group meeting/pwyllgor/corff",
    "held_on": "date/meeting date/date of meeting/date held/election date/dyddiad"
    "/dyddiad y cyfarfod/cynhaliwyd",
    "notice_on": "notice/notice date/date of notice/notice given/called on/hysbysiad"
    "/dyddiad yr hysbysiad",
    "papers_on": "papers/papers sent/papers issued/papers date/date papers sent/papurau"
    "/anfonwyd y papurau",
    "present_count": "present/number present/no present/attendance/number attending/yn bresennol"
    "/nifer yn bresennol",
    "quorum": "quorum needed/quorum required/cworwm",
    "open_to_members": "open/open meeting/public/agored/agored i aelodau",
    "minutes_draft_on": "draft minutes/minutes drafted/date minutes drafted/cofnodion drafft",
    "minutes_approved_on": "minutes approved/minutes agreed/date minutes approved"
    "/cymeradwywyd y cofnodion",
    "decided_on": "date/decision date/date decided/date of decision/dyddiad/dyddiad y penderfyniad",
    "title": "decision/resolution/motion/subject/item/description/penderfyniad/teitl/pwnc",
    "outcome": "result/decision made/canlyniad",
    "moved_by": "proposer/proposed/mover/moved/cynigydd/cynigiwyd gan",
    "seconded_by": "seconder/seconded/eilydd/eiliwyd gan",
    "stated_for": "for/ayes/in favour/o blaid",
    "stated_against": "against/noes/yn erbyn/erbyn",
    "stated_abstained": "abstain/abstentions/abstaining/ymatal/yn ymatal",
    "votes_for": "for/ayes/in favour/o blaid",
    "votes_against": "against/noes/yn erbyn/erbyn",
    "abstained": "abstain/abstentions/abstaining/ymatal/yn ymatal",
    "cost": "amount/value/cost £/cost gbp/swm",
    "reasons_ref": "reason/reasons given/rhesymau",
    "published_on": "published/date published/sent to members/cyhoeddwyd/dyddiad cyhoeddi",
    "review_due": "review date/review by/dyddiad adolygu",
    "reviewed_on": "reviewed/date reviewed/adolygwyd",
    "status": "attendance/attended/present/presence/presenoldeb/statws/yn bresennol",
    "capacity": "role/in the role of/rôl",
    "seat_category": "category/group/seat/constituency/categori/grŵp",
    "start": "start date/from/date appointed/appointed/appointed on/elected on/dyddiad dechrau/o",
    "end": "end date/to/left/left on/resigned/date resigned/dyddiad gorffen/hyd",
    "term_end": "term ends/end of term/term expires/expires/diwedd y tymor",
    "route": "how appointed/appointed or elected/sut y penodwyd",
    "gender": "sex/rhyw/rhywedd",
    "done_on": "date/date done/completed/completed on/dyddiad",
    "due_on": "due/due date/deadline/dyddiad cau",
    "raised_on": "raised/date raised/opened/dyddiad codi",
    "answered_on": "answered/date answered/answer date/reply date/atebwyd",
    "eligible": "electorate/eligible voters/etholwyr",
    "ballots": "votes/turnout/ballot papers/pleidleisiau",
    "candidates": "number of candidates/ymgeiswyr",
    "seats": "vacancies/number of seats/seddi",
    "opened_on": "opened/start date/date/dyddiad agor",
    "closed_on": "closed/end date/close date/dyddiad cau",
    "minutes": "time/time spent/length/munudau",
    "detail": "details/course/topic/manylion",
}

# table.column -> choice -> what people write for it. Marks that may mean two things are below.
WORDS = {
    "attendance.status": {
        "present": "p y yes 1 ✓ ✔ √ pres attended there inperson here b bresennol ie oedd yno",
        "remote": "r rem online zoom teams video virtual phone dialin v vc "
        "hybrid obell arlein fideo ffôn",
        "apology": "ap apol apols apologies sentapologies apologiesgiven ymdd ymddiheuriad "
        "ymddiheuriadau ymddiheurodd",
        "absent": "ab abs n no 0 dna noapologies didnotattend notpresent absen absennol nac",
        "leave": "l loa n/a na notexpected notdue notapplicable onleave sabbatical maternity "
        "amherthnasol",
    },
    "attendance.capacity": {
        "member": "m governor trustee director voting aelod",
        "in attendance": "ia guest observer officer staff adviser clerk gwestai swyddog",
    },
    "decisions.outcome": {
        "carried": "pass passed agreed approved adopted accepted derbyniwyd cytunwyd cymeradwywyd",
        "lost": "fail failed rejected defeated notagreed notcarried gwrthodwyd",
        "deferred": "adjourned postponed tabled gohiriwyd",
        "withdrawn": "tynnwydynôl",
    },
    "roles.gender": {"woman": "f female w menyw", "man": "m male dyn"},
    "roles.route": {"co-opted": "coopted cooption cyfethol", "elected": "election etholwyd"},
    "meetings.type": {
        "annual general": "agm cyfarfodcyffredinolblynyddol ccb",
        "general": "egm sgm generalmeeting",
        "ordinary": "regular normal scheduled cyffredin",
        "special": "extraordinary emergency arbennig",
    },
}
LATE = {"late", "latearrival", "arrivedlate", "leftearly", "hwyr"}

# Words of headings of columns that hold what must not be here, and what we call it instead.
PERSONAL = {
    "names": r"\b(full|first|last|middle|given|family|maiden|preferred|known)?\s*names?\b"
    r"(?!\s+of\s+(the\s+)?(body|group|meeting|committee|organisation|decision))|surname|forenames?"
    r"|\benw(au)?\b|cyfenw",
    "dates of birth": r"date of birth|birth\s*da(te|y)|\bd ?o ?b\b|\bborn\b|dyddiad geni"
    r"|\bage\b|\boed\b",
    "addresses": r"address|post\s*code|cyfeiriad|cod post",
    "ways to reach people": r"e ?mail|\bphone|telephone|mobile|\btel\b|e ?bost|ff[oô]n|symudol",
    "NHS or insurance numbers": r"\bnhs\b|national insurance|\bni\s*(no|number)|nino\b|\bgig\b"
    r"|yswiriant gwladol",
    "health": r"diagnos[ie]s|medical|disabilit|condition\b|meddygol|anabledd|cyflwr iechyd",
}
_PERSONAL = {what: re.compile(pattern) for what, pattern in PERSONAL.items()}

TOTALS = re.compile(
    r"(?:(?:(?:grand|sub|overall)[\s-]?)?totals?|sum|averages?|mean|"
    r"(?:number|no\.?|%|percent(?:age)?)"
    r"\s+(?:present|attending|attended)|cyfans[wy]m\w*|cyfartaledd|nifer yn bresennol)\s*:?",
    re.IGNORECASE,
)
EXAMPLE = re.compile(r"(?:example|enghraifft)(?:[-_ ]?[a-z]*[0-9]+)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class OwnWords:
    """What an organisation says of its own headings and words."""

    headings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by "table.column"
    source: str = OWN_FILES[0]


def personal(heading: str) -> str | None:
    """What a column of that heading would hold of people; None where it holds nothing of them."""
    words = re.sub(r"[_\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)).casefold().strip()
    for what, pattern in _PERSONAL.items():
        if pattern.search(words):
            return what
    return None


def without_examples(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without the template's examples, whose first cell says that they are."""
    if rows.shape[1] == 0:
        return rows
    examples = matches(rows.iloc[:, 0], EXAMPLE.pattern)
    return rows[~examples] if examples.any() else rows


@functools.cache
def _welsh() -> gettext.NullTranslations:
    return gettext.translation(
        "assess", Path(__file__).parents[1] / "locale", ["cy"], fallback=True
    )


def in_welsh(text: str) -> str:
    """Words of a contract in Welsh; the English where there is no Welsh yet."""
    return _welsh().gettext(text) if text else ""


@functools.cache
def usual_headings(table: str) -> Mapping[str, str]:
    """The headings of the template, in both languages, and the columns' own codes."""
    titles = {column: one.title for column, one in fields_of(table).items()}
    welsh = {plain(in_welsh(title)): column for column, title in titles.items()}
    english = {plain(title): column for column, title in titles.items()}
    return welsh | english | {plain(column): column for column in titles}


@functools.cache
def other_headings(table: str) -> Mapping[str, str]:
    """What people write above these columns instead."""
    found: dict[str, str] = {}
    for column in columns_of(table):
        for heading in HEADINGS.get(column, "").split("/"):
            found.setdefault(plain(heading), column)
    found.pop("", None)
    return found


def known_headings(table: str, own: OwnWords) -> Mapping[str, str]:
    """Every heading that is known for a table, with its column; "" for one to leave out."""
    return other_headings(table) | usual_headings(table) | own.headings.get(table, {})


@functools.cache
def sheet_names() -> Mapping[str, str]:
    """Names of sheets and files, in both languages, with the table they hold."""
    titles = {name: contract.Config.title for name, contract in CONTRACTS.items()}
    welsh = {plain(in_welsh(title)): name for name, title in titles.items()}
    english = {plain(title): name for name, title in titles.items()}
    return welsh | english | {plain(name): name for name in titles}


@functools.cache
def usual_words(table: str, column: str) -> Mapping[str, str]:
    """The words of the template for a choice, in both languages, with the choice."""
    codes = about_columns(table)[column].get("codes", {})
    known: dict[str, str] = {}
    for texts in (codes.items(), zip(codes, codes, strict=True)):  # a code goes before a meaning
        for code, text in texts:
            known[plain(in_welsh(text))] = code
    for texts in (codes.items(), zip(codes, codes, strict=True)):
        for code, text in texts:
            known[plain(text)] = code
    return known


def other_words(table: str, column: str) -> Mapping[str, str]:
    """What people write instead of a choice."""
    words = WORDS.get(f"{table}.{column}", {})
    found = {mark(word): choice for choice, several in words.items() for word in several.split()}
    return found | (dict.fromkeys(LATE, "present") if column == "status" else {})


def mark(text: object) -> str:
    """A cell's word without case, spaces or hyphens; a sign such as ✓ as it stands."""
    return plain(text) or str(text).strip()


def read_own(written: Mapping[str, Any], source: str) -> tuple[OwnWords, list[Problem]]:
    """What headings.yaml says, and every line of it that cannot be used."""
    headings: dict[str, dict[str, str]] = {}
    words: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []

    def refuse(place: str, what: str, known: Iterable[str], word: object) -> None:
        meant = near(str(word), known)
        remedy = f"did you mean {meant}?" if meant else "`assess check --mapping` shows the names"
        problems.append(Problem(source, None, place, what, remedy, rule="mapping"))

    for table, said in written.items():
        name = sheet_names().get(plain(table))
        if name is None or not isinstance(said, Mapping):
            refuse(str(table)[:60], "is not the name of a table", CONTRACTS, table)
            continue
        for heading, column in _pairs(said.get("headings")):
            if column and column not in columns_of(name):
                refuse(
                    f"{name}.headings", f"'{column[:60]}' is no column", columns_of(name), column
                )
            else:
                headings.setdefault(name, {})[plain(heading)] = column
        for column, pairs in _pairs(said.get("words")):
            if column not in columns_of(name) or not isinstance(pairs, Mapping):
                refuse(f"{name}.words", f"'{column[:60]}' is no column", columns_of(name), column)
                continue
            codes = about_columns(name)[column].get("codes")
            for word, code in _pairs(pairs):
                if codes is not None and code not in codes:
                    refuse(f"{name}.words.{column}", f"'{code[:60]}' is no choice", codes, code)
                else:
                    words.setdefault(f"{name}.{column}", {})[mark(word)] = code
    return OwnWords(headings, words, source), problems


def _pairs(said: Any) -> list[tuple[str, Any]]:
    pairs = said.items() if isinstance(said, Mapping) else []
    return [(str(key), "" if value is None else value) for key, value in pairs]
