"""What was decided, how each decision was made and followed up, and how each group voted."""

from dataclasses import dataclass
from datetime import date

from assess.synth.character import Character
from assess.synth.dice import Dice
from assess.synth.meetings import Meeting, by_drawing
from assess.synth.people import Row

TITLES = {
    "board": [
        "Budget change",
        "New supplier",
        "Pay award",
        "Premises",
        "Service plan",
        "Safeguarding policy",
        "Recruitment",
        "Insurance renewal",
        "Fees for the year",
        "Risk register",
        "Training plan",
        "Bid for a grant",
        "Complaints report",
        "Transport",
        "Digital records",
    ],
    "council": [
        "Advice on the service plan",
        "Members' charter",
        "Topics for local forums",
        "Candidates for the board",
        "Accessible papers",
        "Response to the survey",
        "Members' fund",
        "Volunteering",
    ],
    "general_meeting": [
        "Accounts for the year",
        "Auditor",
        "Change of rules",
        "Annual report",
        "Motion from members",
    ],
}
SOURCES = ["reserves", "contract income", "grant", "members' fund", "this year's budget"]
COMPARATORS = ["two similar organisations", "last year", "sector figures"]
FINDINGS = ["agreed with", "asked for a change", "noted with questions"]


def decide(
    character: Character, meetings: list[Meeting], dice: Dice, vote_dice: Dice
) -> tuple[list[Row], list[Row]]:
    """The decisions in order, and each member group's votes where groups vote."""
    decisions, votes = [], []
    for meeting in meetings:
        for _ in range(_number(character, meeting, dice)):
            decision = _decision(character, meeting, len(decisions) + 1, dice)
            decisions.append(decision)
            if meeting.body != "board":
                votes += _vote(character, meeting, decision, vote_dice)
    return decisions, votes


def _number(character: Character, meeting: Meeting, dice: Dice) -> int:
    """How many decisions the meeting takes: none, usually, where it has no quorum."""
    usual = character.decisions.get(meeting.body, 0)
    number = max(1, dice.whole(usual - 1, usual + 1))
    goes_ahead = dice.chance(character.shares["decides_without_quorum"])
    quorate = len(meeting.people) >= (meeting.row["quorum"] or 0)
    return number if usual and (quorate or goes_ahead) else 0


def _decision(character: Character, meeting: Meeting, number: int, dice: Dice) -> Row:
    """Every draw is made whether or not it is used, so that one habit changes one column."""
    decision: Row = {
        "decision_id": f"D{number:04d}",
        "meeting_id": meeting.id,
        "body": meeting.body,
        "decided_on": meeting.day,
        "title": dice.pick(TITLES[meeting.body]),
        "type": _reserved_kind(character, meeting, dice),
        "outcome": _outcome(meeting, dice),
    }
    habits = _Habits(character, meeting.day, dice)
    return (
        decision
        | _kind(habits)
        | _case(habits)
        | _voices(habits, meeting)
        | _conduct(habits)
        | _follow_up(habits)
    )


def _outcome(meeting: Meeting, dice: Dice) -> str:
    """The board's outcome; where groups vote, the votes settle it."""
    roll = dice.roll()
    return "carried" if roll < 0.93 else "deferred" if roll < 0.98 else "withdrawn"


def _reserved_kind(character: Character, meeting: Meeting, dice: Dice) -> str | None:
    """A reserved kind of decision, taken by its own body as often as the rate says."""
    reserved = character.organisation.reserved_matters
    own = [kind for kind, body in reserved.items() if body == meeting.body]
    others = [kind for kind, body in reserved.items() if body != meeting.body]
    is_reserved = dice.chance(character.shares["reserved"])
    kept = dice.chance(character.rate("reserved_matters_kept", meeting.day.year))
    place = dice.roll()
    kinds = own if kept else others
    return kinds[int(place * len(kinds))] if is_reserved and own and kinds else None


@dataclass
class _Habits:
    """Draws on a character's rates and shares in the year of one decision."""

    character: Character
    day: date
    dice: Dice

    def keeps(self, name: str) -> bool:
        return self.dice.chance(self.character.rate(name, self.day.year))

    def has(self, name: str) -> bool:
        return self.dice.chance(self.character.shares[name])

    def reference(self, habit: str, word: str, highest: int) -> str | None:
        """A reference such as "Aim 3" where the habit shows."""
        kept, number = self.keeps(habit), self.dice.whole(1, highest)
        return f"{word} {number}" if kept else None

    def before(self, habit: str, asked: bool) -> date | None:
        """A day before the decision; where the habit fails, after it or never."""
        kept, late = self.keeps(habit), self.has("advice_after_the_event")
        day = self.dice.later(self.day, -45, -5)
        after = self.dice.later(self.day, 3, 30)
        if not asked:
            return None
        return day if kept else after if late else None


def _kind(habits: _Habits) -> Row:
    return {name: habits.has(name) for name in ("major", "affects_users", "affects_staff", "spend")}


def _case(habits: _Habits) -> Row:
    """The case made for it: aim, reasons, cost, options, effect on users, risk."""
    dice = habits.dice
    costed, cost = habits.keeps("costs_stated"), 50 * dice.whole(4, 1600)
    source, first_gap, second_gap = dice.pick(SOURCES), habits.has("half"), habits.has("half")
    appraised, options = habits.keeps("options_appraised"), dice.whole(2, 4)
    comparator, compared_anyway = dice.pick(COMPARATORS), habits.has("half")
    return {
        "cost": cost if costed or first_gap else None,
        "fund_source": source if costed or second_gap else None,
        "affordable": True if costed else None,
        "objective_ref": habits.reference("objectives_recorded", "aim", 6),
        "reasons_ref": habits.reference("reasons_recorded", "minute", 12),
        "options_considered": options if appraised else 1 if compared_anyway else None,
        "comparator_ref": comparator if appraised else None,
        "user_impact_ref": habits.reference("user_impact_recorded", "paper", 9),
        "risk_ref": habits.reference("risks_assessed", "risk", 20),
    }


def _voices(habits: _Habits, meeting: Meeting) -> Row:
    """Who was asked before, and who looked at it after."""
    on_board = meeting.body == "board"
    eligible, scrutinised = habits.has("scrutiny_eligible"), habits.keeps("decisions_scrutinised")
    by_itself = habits.has("self_scrutiny")
    body, found = habits.dice.pick(_scrutineers(habits.character)), habits.dice.pick(FINDINGS)
    examined = on_board and eligible and (scrutinised or by_itself)
    advice = habits.before("council_advice_taken", on_board)
    consulted = habits.before("staff_consulted", True)
    return {
        "advice_on": advice,
        "staff_consulted_on": consulted,
        "scrutiny_eligible": on_board and eligible,
        "scrutiny_body": (body if scrutinised else "board") if examined else None,
        "scrutiny_outcome": found if examined else None,
    }


def _scrutineers(character: Character) -> list[str]:
    council = ["council"] * ("council" in character.organisation.bodies)
    return [*council, "audit committee", "outside reviewer"]


def _conduct(habits: _Habits) -> Row:
    declared, managed = habits.has("conflict"), habits.keeps("conflicts_handled")
    action, nothing = habits.dice.pick(["withdrew", "withdrew", "abstained"]), habits.has("half")
    return {
        "conflict_declared": declared,
        "conflict_action": (action if managed else "none" if nothing else None)
        if declared
        else None,
    }


def _follow_up(habits: _Habits) -> Row:
    """Telling members, and looking again at what came of it."""
    dice, day = habits.dice, habits.day
    secret, prompt = habits.has("confidential"), habits.keeps("decisions_published")
    soon, late, ever = dice.later(day, 1, 8), dice.later(day, 20, 60), habits.has("published_late")
    due = dice.later(day, 150, 330) if habits.has("review_set") else None
    done, slow = habits.keeps("outcomes_reviewed"), habits.has("half")
    days_late = (-20, 80) if done else (100, 200)
    reviewed = dice.later(due or day, *days_late)
    return {
        "confidential": secret,
        "published_on": None if secret else soon if prompt else late if ever else None,
        "review_due": due,
        "reviewed_on": by_drawing(reviewed) if due and (done or slow) else None,
    }


def _vote(character: Character, meeting: Meeting, decision: Row, dice: Dice) -> list[Row]:
    """How each group at the meeting voted, and with it the outcome and the minuted totals."""
    numbers = {code: len(people) for code, people in meeting.present.items() if code and people}
    divided = dice.chance(character.shares["divided"])
    carried = dice.chance(0.85) if divided else True
    with_it = _winning_votes(character, meeting.day.year, numbers, divided, dice)
    sides = ("votes_for", "votes_against") if carried else ("votes_against", "votes_for")
    rows: list[Row] = [
        {
            "decision_id": decision["decision_id"],
            "category": code,
            sides[0]: with_it[code],
            sides[1]: number - with_it[code],
            "abstained": 0,
        }
        for code, number in numbers.items()
    ]
    decision["outcome"] = "carried" if carried else "lost"
    decision["stated_for"] = sum(int(row["votes_for"]) for row in rows)
    decision["stated_against"] = sum(int(row["votes_against"]) for row in rows)
    decision["vote_basis"] = "tally" if divided else "unanimous"
    return rows


def _winning_votes(
    character: Character, year: int, numbers: dict[str, int], divided: bool, dice: Dice
) -> dict[str, int]:
    """How many of each group voted with the side that won; users as often as their rate says."""
    users = character.organisation.categories_of("users")
    users_win = dice.chance(character.rate("user_side_success_rate", year))
    with_it = {
        code: _side(number, divided, dice, wins=users_win or code not in users)
        for code, number in numbers.items()
    }
    return _settle(with_it, numbers, users, divided)


def _side(number: int, divided: bool, dice: Dice, *, wins: bool) -> int:
    """How many of a group are on the side that wins; the group's majority, where it `wins`."""
    against = int(dice.roll() * ((number + 1) // 2))
    if not divided:
        return number
    return number - against if wins else against


def _settle(
    with_it: dict[str, int], numbers: dict[str, int], users: list[str], divided: bool
) -> dict[str, int]:
    """Votes that add up: the winning side has more, and a divided vote has two sides."""
    total = sum(numbers.values())
    if sum(with_it.values()) * 2 <= total:
        with_it = {code: with_it[code] if code in users else numbers[code] for code in numbers}
    if sum(with_it.values()) * 2 <= total:
        return dict(numbers)
    largest = max(with_it, key=lambda code: with_it[code])
    if divided and sum(with_it.values()) == total and numbers[largest] > 2:
        return with_it | {largest: with_it[largest] - 1}
    return with_it
