"""Who sits where and who belongs: seats filled term by term, members, elections, development."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from assess.schemas.organisation import Body
from assess.synth.character import LAST_YEAR, Character
from assess.synth.dice import Dice

Row = dict[str, str | int | bool | date | None]

LAST_DAY = date(LAST_YEAR, 12, 31)
DRAWN_ON = date(LAST_YEAR + 1, 3, 31)  # the day the records were copied out; nothing is later
SEATS_FROM = date(LAST_YEAR - 2, 1, 1)  # seats and elections go back three years
LONGEST_MEMORY = 15  # years of service the seats can show
ROUTES = {
    "members": "elected",
    "council": "appointed",
    "owner": "appointed",
    "other": "appointed",
    "board": "co-opted",
}
TERM_BEGINS = {"council": (5, 20), "board": (10, 1)}


@dataclass(eq=False)
class Person:
    """Someone with a seat. `category` is None for a person who is not a member."""

    category: str | None
    gender: str | None
    attends: float  # the share of meetings this person comes to
    since: date  # the first day in the seat
    joined: date = date.max
    left: date | None = None
    id: str = ""


@dataclass(eq=False)
class Term:
    """One term of one person in one seat. `end` None: still in the seat."""

    person: Person
    body: str
    seat: int
    category: str | None
    start: date
    term_end: date
    end: date | None = None
    route: str = ""
    appointed_by: str | None = None
    explained: bool | None = None

    def holds(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass
class Seats:
    """Every seat's terms, and what each yearly filling of seats came to."""

    terms: list[Term] = field(default_factory=list)
    fillings: dict[tuple[int, str, str], list[bool]] = field(default_factory=dict)

    def holders(self, body: str, day: date) -> list[Term]:
        return [term for term in self.terms if term.body == body and term.holds(day)]

    def sitting(self, day: date) -> list[Person]:
        """People with any seat on `day`, each once, in seat order."""
        return list(dict.fromkeys(term.person for term in self.terms if term.holds(day)))


def fill_seats(character: Character, dice: Dice) -> Seats:
    """Fill each seat from long ago to the last day; keep whoever sat in the last three years."""
    seats = Seats()
    for body in ("board", "council"):
        for number, category in enumerate(_seat_categories(character, body)):
            _fill_seat(_Seat(character, body, number, category), seats, dice)
    recent = {id(t.person) for t in seats.terms if t.end is None or t.end >= SEATS_FROM}
    seats.terms = [term for term in seats.terms if id(term.person) in recent]
    for term in seats.terms:
        if term.end is None and not dice.chance(character.rate("appointments_valid")):
            _make_invalid(term, dice)
    return seats


def _seat_categories(character: Character, body: str) -> list[str | None]:
    if body not in character.organisation.bodies:
        return []
    kept = character.organisation.bodies[body]
    named = [code for code, number in kept.seats_by_category.items() for _ in range(number)]
    return named + [None] * ((kept.seats or 0) - len(named))


@dataclass(frozen=True)
class _Seat:
    """One seat of a body, and the rules and habits that fill it."""

    character: Character
    body: str
    number: int
    category: str | None

    @property
    def rules(self) -> Body:
        return self.character.organisation.bodies[self.body]

    @property
    def term_years(self) -> int:
        return int(self.rules.term_years or 3)

    def past_limit(self, person: Person, term_end: date) -> bool:
        """Whether a term to `term_end` would take the person past the longest service allowed."""
        return (term_end - person.since).days > 365.25 * (self.rules.tenure_limit_years or 9)

    def draw(self, share: str, dice: Dice) -> bool:
        return dice.chance(self.character.shares[share])


def _fill_seat(seat: _Seat, seats: Seats, dice: Dice) -> None:
    first = max(seat.character.founded, LAST_YEAR - LONGEST_MEMORY)
    day = date(first, *TERM_BEGINS[seat.body])
    term_end = _years_on(day, 1 + seat.number % seat.term_years)  # they do not all end at once
    holder = None
    while day <= LAST_DAY:
        filled = holder is not None or not seat.draw("seat_stays_vacant", dice)
        if day >= SEATS_FROM and seat.rules.appointed_by == "members":
            filling = (day.year, seat.body, str(seat.category))
            seats.fillings.setdefault(filling, []).append(filled)
        if filled:
            term = _begin_term(seat, holder or _new_person(seat, day, dice), day, term_end, dice)
            seats.terms.append(term)
            day, holder = _end_term(seat, term, dice)
        else:
            day = _years_on(day, 1) + timedelta(days=1)
        if day > term_end:
            term_end = _years_on(day, seat.term_years)


def _new_person(seat: _Seat, day: date, dice: Dice) -> Person:
    asked = seat.draw("gender_told", dice)
    gender = "woman" if seat.draw("women", dice) else "man"
    group = seat.category if seat.category and seat.body == "council" else "board"
    expected = seat.character.attendance[group]
    reach = min(0.12, expected / 2, (1 - expected) / 2)
    return Person(
        seat.category,
        gender if asked else dice.pick(["prefer not to say", None]),
        expected + reach * (2 * dice.roll() - 1),
        since=day,
    )


def _begin_term(seat: _Seat, person: Person, day: date, term_end: date, dice: Dice) -> Term:
    explained = seat.draw("extension_explained", dice)
    term = Term(person, seat.body, seat.number, seat.category, day, term_end)
    term.appointed_by = seat.rules.appointed_by
    term.route = ROUTES[seat.rules.appointed_by or "other"]
    term.explained = True if explained and seat.past_limit(person, term_end) else None
    return term


def _end_term(seat: _Seat, term: Term, dice: Dice) -> tuple[date, Person | None]:
    """End the term, early or when due; the day the seat is next filled, and who stays."""
    left = _leaving_day(seat, term, dice)
    refilled = dice.later(left, 32, 95).replace(day=1)
    stays, overstays = not seat.draw("replaced_at_term_end", dice), seat.draw("overstays", dice)
    if left < min(term.term_end, LAST_DAY):
        term.end = left
        by_election = term.appointed_by == "members"
        return _next_filling(term.start, left) if by_election else refilled, None
    next_start = term.term_end + timedelta(days=1)
    if next_start <= LAST_DAY:
        term.end = term.term_end
    beyond = seat.past_limit(term.person, _years_on(next_start, seat.term_years))
    return next_start, term.person if stays and (overstays or not beyond) else None


def _leaving_day(seat: _Seat, term: Term, dice: Dice) -> date:
    """The day the person would leave early; the last day of the term where they would not."""
    years = [year for year in range(4) if seat.draw("leaves_within_year", dice)]
    first = _years_on(term.start, years[0] if years else 0)
    day = dice.later(first, 30, 330)
    return day if years else max(term.term_end, LAST_DAY)


def _next_filling(start: date, left: date) -> date:
    """The first yearly filling after `left`, on the day of the year that terms start."""
    fillings = (_years_on(start, n) + timedelta(days=1) for n in range(1, LONGEST_MEMORY))
    return next(day for day in fillings if day > left)


def _years_on(day: date, years: int) -> date:
    """The last day of a term of `years` years that starts on `day`."""
    return day.replace(year=day.year + years) - timedelta(days=1)


def _make_invalid(term: Term, dice: Dice) -> None:
    """A term that has run out with nobody noticing, or a seat filled by a body that may not."""
    if term.appointed_by != "board" and dice.chance(0.5):
        term.route, term.appointed_by = "co-opted", "board"
    else:
        term.term_end = max(term.start, dice.later(LAST_DAY, -300, -30))


@dataclass
class Membership:
    """Every member's row, with the day each joined and left kept beside it."""

    rows: list[Row]

    def eligible(self, category: str | None, day: date) -> list[str]:
        """Codes of the members who may vote on `day`, of one category or of all."""
        return [
            str(row["member_id"])
            for row in self.rows
            if category in (None, row["category"])
            and row["eligible_to_vote"]
            and row["joined_on"] <= day
            and (row["left_on"] is None or row["left_on"] > day)
        ]


def enrol(character: Character, seats: Seats, dice: Dice) -> Membership:
    """Members in the order they joined: those with seats, and as many others as are needed."""
    people = [term.person for term in seats.terms]
    for term in seats.terms:
        before = dice.later(term.start, -700, -40)
        term.person.joined = min(term.person.joined, max(date(character.founded, 1, 1), before))
        term.person.joined = min(term.person.joined, term.start)
    joined: list[tuple[date, str, date | None, Person | None]] = []
    for category, number in character.members.items():
        seated = [p for p in dict.fromkeys(people) if p.category == category]
        joined += [(p.joined, category, p.left, p) for p in seated]
        joined += _others(character, category, max(0, number - len(seated)), dice)
    joined.sort(key=lambda member: member[0])
    outside = [p for p in dict.fromkeys(people) if p.category not in character.members]
    for number, person in enumerate(outside, 1):
        person.id = f"P{number:02d}"
    return Membership([_member_row(n, *member, dice) for n, member in enumerate(joined, 1)])


def _member_row(
    number: int,
    joined: date,
    category: str,
    left: date | None,
    person: Person | None,
    dice: Dice,
) -> Row:
    code = f"M{number:04d}"
    votes = dice.chance(0.98)
    if person is not None:
        person.id = code
    return {
        "member_id": code,
        "category": category,
        "joined_on": joined,
        "left_on": left,
        "eligible_to_vote": votes or person is not None,
    }


def _others(
    character: Character, category: str, number: int, dice: Dice
) -> Iterator[tuple[date, str, date | None, None]]:
    """Members without a seat: `number` present ones, and those who left in the last three years."""
    leaves = character.shares["member_leaves_within_year"]
    founding = date(character.founded, 1, 1)
    for _ in range(number):
        recent = dice.chance(3 * leaves)
        first, last = (SEATS_FROM, LAST_DAY) if recent else (founding, SEATS_FROM)
        yield dice.between(max(founding, first), max(founding, last)), category, None, None
    for _ in range(int(number * 3 * leaves)):
        left = dice.between(max(founding, SEATS_FROM), LAST_DAY)
        yield dice.between(founding, left - timedelta(days=90)), category, left, None


def hold_elections(
    character: Character, seats: Seats, members: Membership, dice: Dice
) -> tuple[list[Row], list[Row]]:
    """The yearly elections, and the acts of members that made them."""
    elections, acts = [], []
    for (year, body, category), filled in sorted(seats.fillings.items()):
        day = date(year, *TERM_BEGINS[body]) - timedelta(days=8)
        eligible = members.eligible(category, day)
        standing, contested = sum(filled), dice.chance(character.rate("seats_contested", year))
        candidates = len(filled) + dice.whole(1, 1 + len(filled)) if contested else standing
        turnout = character.turnout[category]
        voters = [code for code in eligible if contested and dice.chance(turnout)]
        elections.append(
            {
                "election_id": f"E{year}-{body[0].upper()}",
                "held_on": day,
                "body": body,
                "category": category,
                "seats": len(filled),
                "candidates": candidates,
                "eligible": len(eligible),
                "ballots": len(voters) if contested else None,
            }
        )
        stood = [t.person.id for t in seats.terms if _stood(t, body, category, year)]
        stood += dice.some(eligible, candidates - standing)
        acts += [_act(code, "voted", day) for code in voters]
        acts += [_act(code, "stood", day - timedelta(days=30)) for code in dict.fromkeys(stood)]
    return elections, acts


def _stood(term: Term, body: str, category: str | None, year: int) -> bool:
    return term.body == body and term.category == category and term.start.year == year


def _act(code: str, act: str, day: date) -> Row:
    return {"member_id": code, "act": act, "done_on": day}


def take_part(character: Character, members: Membership, dice: Dice) -> list[Row]:
    """Local forums, and members putting others forward."""
    acts = []
    for year in range(LAST_YEAR - character.years + 1, LAST_YEAR + 1):
        for day, act in ((date(year, 3, 1), "nominated"), (date(year, 6, 12), "forum")):
            share = character.shares[f"member_{act}"]
            acts += [
                _act(code, act, day) for code in members.eligible(None, day) if dice.chance(share)
            ]
    return acts


def seat_rows(seats: Seats) -> list[Row]:
    """The table of seats and terms, by body, seat and day."""
    return [
        {
            "person_id": term.person.id,
            "body": term.body,
            "seat_category": term.category,
            "start": term.start,
            "term_end": term.term_end,
            "end": term.end,
            "route": term.route,
            "appointed_by": term.appointed_by,
            "gender": term.person.gender,
            "extension_explained": term.explained,
        }
        for term in seats.terms
    ]


def develop(character: Character, seats: Seats, dice: Dice) -> list[Row]:
    """Checks and induction at the start, then a declaration, a review and learning each year."""
    rows = []
    first_terms: dict[int, Term] = {}
    for term in seats.terms:
        first_terms.setdefault(id(term.person), term)
    for term in first_terms.values():
        rows += [*_checks(character, term, dice), *_induction(character, term, dice)]
    for year in range(LAST_YEAR - character.years + 1, LAST_YEAR + 1):
        for person in seats.sitting(date(year, 12, 31)):
            rows += _year_of(character, person, year, first_terms[id(person)].start, dice)
    return [*rows, *_skills(character, seats, dice)]


def _checks(character: Character, term: Term, dice: Dice) -> Iterator[Row]:
    required = character.organisation.required_checks
    complete = dice.chance(character.rate("fitness_checks_completed", term.start.year))
    missing = None if complete else dice.pick(required)
    for check in required:
        day = dice.later(term.start, -60, -3)
        late = dice.later(term.start, 10, 120)
        if check != missing:
            yield _done(term.person, "check", day, check)
        elif dice.chance(0.5) and late <= DRAWN_ON:
            yield _done(term.person, "check", late, check)


def _induction(character: Character, term: Term, dice: Dice) -> Iterator[Row]:
    in_time = dice.chance(character.rate("inductions_completed", term.start.year))
    day = dice.later(term.start, 5, 85) if in_time else dice.later(term.start, 100, 200)
    if (in_time or dice.chance(0.5)) and day <= DRAWN_ON:
        yield _done(term.person, "induction", day, None)


def _year_of(
    character: Character, person: Person, year: int, serving_since: date, dice: Dice
) -> Iterator[Row]:
    for kind, habit, detail in (
        ("declaration", "declarations_current", None),
        ("review", "reviews_completed", None),
        ("training", "learning_recorded", "course"),
    ):
        due = dice.chance(character.rate(habit, year))
        first = max(date(year, 1, 2), serving_since)
        day = dice.between(first, date(year, 12, 30))
        if due:
            yield _done(person, kind, day, detail)


def _skills(character: Character, seats: Seats, dice: Dice) -> Iterator[Row]:
    """Each skill belongs to board seats: two or more where it is covered, one or none where not."""
    places = sorted({term.seat for term in seats.terms if term.body == "board"})
    for skill in character.organisation.required_skills:
        covered = dice.chance(character.rate("skills_covered"))
        held = dice.some(places, dice.whole(3, 4) if covered else dice.whole(0, 1))
        for term in seats.terms:
            if term.body == "board" and term.seat in held and term.end is None:
                yield _done(
                    term.person, "skill", max(term.start, date(LAST_YEAR - 1, 1, 15)), skill
                )


def _done(person: Person, kind: str, day: date, detail: str | None) -> Row:
    return {"person_id": person.id, "kind": kind, "done_on": day, "detail": detail}
