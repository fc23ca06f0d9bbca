"""Dealings between bodies, with the world outside, and with risk; and what people think."""

from collections.abc import Iterator
from datetime import date

from assess.survey import questions
from assess.synth.character import LAST_YEAR, Character
from assess.synth.dice import Dice
from assess.synth.meetings import Meeting, by_drawing
from assess.synth.people import LAST_DAY, Row, Seats

ANSWERS = ["0", "1", "2", "3", "4"]
QUESTIONS = [question.id for question in questions()]
MEMBERS_QUESTIONS = [question.id for question in questions() if question.short]


def years_of(character: Character) -> range:
    return range(LAST_YEAR - character.years + 1, LAST_YEAR + 1)


def recommend(character: Character, meetings: list[Meeting], dice: Dice) -> list[Row]:
    """What the council put to the board, on the days it met."""
    rows: list[Row] = []
    for year in years_of(character):
        days = [m.day for m in meetings if m.body == "council" and m.day.year == year]
        for place in range(character.yearly["recommendations"] if days else 0):
            day = days[place % len(days)]
            rows.append(_recommendation(character, f"N{len(rows) + 1:03d}", day, dice))
    return sorted(rows, key=lambda row: (row["raised_on"], row["recommendation_id"]))


def _recommendation(character: Character, code: str, day: date, dice: Dice) -> Row:
    answered = dice.chance(character.rate("referrals_answered", day.year))
    accepted = dice.chance(character.rate("recommendations_accepted", day.year))
    soon, late = dice.later(day, 8, 55), by_drawing(dice.later(day, 70, 150))
    how = dice.pick(["accepted", "accepted", "partly accepted"])
    way_of_missing = dice.pick(["late", "no reasons", "never"])
    if answered or way_of_missing == "no reasons":
        answered_on = soon
    else:
        answered_on = late if way_of_missing == "late" else None
    return {
        "recommendation_id": code,
        "raised_on": day,
        "answered_on": answered_on,
        "reasons_given": None if answered_on is None else answered or way_of_missing == "late",
        "outcome": "open" if answered_on is None else how if accepted else "rejected",
    }


def engage(character: Character, dice: Dice) -> list[Row]:
    """Consultations, contacts with key bodies and reports from outside, by the day they began."""
    rows = [
        row
        for year in years_of(character)
        for row in (
            *_consultations(character, year, dice),
            *_contacts(character, year, dice),
            *_reports(character, year, dice),
        )
    ]
    rows.sort(key=lambda row: row["opened_on"])
    return [{"engagement_id": f"G{number:03d}"} | row for number, row in enumerate(rows, 1)]


def _consultations(character: Character, year: int, dice: Dice) -> Iterator[Row]:
    groups = list(character.members) or [None]
    steps = {True: (4, 6), False: (1, 3)}[character.rates["feedback_given"] > 0.6]
    for _ in range(character.yearly["consultations"]):
        opened = dice.between(date(year, 1, 8), date(year, 9, 20))
        closed = dice.later(opened, 28, 84)
        told, late = dice.chance(character.rate("feedback_given", year)), dice.chance(0.4)
        told_on, told_late = dice.later(closed, 10, 80), by_drawing(dice.later(closed, 95, 160))
        yield {
            "kind": "consultation",
            "audience": dice.pick(groups),
            "opened_on": opened,
            "closed_on": closed,
            "feedback_on": told_on if told else told_late if late else None,
            "ladder_level": dice.whole(*steps),
        }


def _contacts(character: Character, year: int, dice: Dice) -> Iterator[Row]:
    for body in character.organisation.key_bodies:
        met, times = dice.chance(character.rate("key_bodies_contacted", year)), dice.whole(1, 2)
        days = [dice.between(date(year, 1, 8), date(year, 12, 18)) for _ in range(2)]
        for day in days[:times] if met else []:
            yield {"kind": "contact", "audience": body, "opened_on": day}


def _reports(character: Character, year: int, dice: Dice) -> Iterator[Row]:
    for number in range(character.yearly["reports"]):
        came = dice.between(date(year, 1, 15), date(year, 11, 30))
        seen = dice.chance(character.rate("reports_answered", year))
        soon, late = dice.later(came, 7, 55), by_drawing(dice.later(came, 75, 140))
        answered_late = dice.chance(0.5)
        yield {
            "kind": "report",
            "audience": (character.organisation.key_bodies or [None])[0],
            "opened_on": came,
            "tabled_on": soon if seen else late,
            "response": f"response {year}-{number + 1}" if seen or answered_late else None,
        }


def register(character: Character, engagements: list[Row], dice: Dice) -> list[Row]:
    """Actions to finish and risks to review, by the day each was first due."""
    rows = []
    for year in years_of(character):
        asked = [
            str(row["engagement_id"])
            for row in engagements
            if row["kind"] == "consultation" and row["opened_on"].year == year
        ]
        rows += [_action(character, year, dice) for _ in range(character.yearly["actions"])]
        for number in range(character.yearly["risks"]):
            linked = number < character.yearly["linked_risks"] and asked
            rows.append(_risk(character, year, dice.pick(asked) if linked else None, dice))
    rows.sort(key=lambda row: row["original_due_on"])
    return [{"item_id": f"R{number:03d}"} | row for number, row in enumerate(rows, 1)]


def _action(character: Character, year: int, dice: Dice) -> Row:
    due = dice.between(date(year, 2, 1), date(year, 12, 28))
    raised = dice.later(due, -120, -30)
    done, late = dice.chance(character.rate("actions_completed", year)), dice.chance(0.7)
    soon, slow = dice.later(due, -25, 0), by_drawing(dice.later(due, 5, 120))
    moved = dice.later(due, 60, 120)
    return {
        "kind": "action",
        "raised_on": raised,
        "original_due_on": due,
        "due_on": None if done else moved,
        "done_on": soon if done else slow if late else None,
    }


def _risk(character: Character, year: int, engagement: str | None, dice: Dice) -> Row:
    due = dice.between(date(year, 2, 1), date(year, 12, 28))
    reviewed, late = dice.chance(character.rate("risk_reviews_completed", year)), dice.chance(0.5)
    soon, slow = dice.later(due, -25, 0), by_drawing(dice.later(due, 10, 90))
    score, fell = dice.whole(6, 20), dice.chance(character.rate("engagement_risks_reduced", year))
    change = -dice.whole(1, 5) if fell else dice.whole(0, 2)
    return {
        "kind": "risk",
        "raised_on": dice.later(due, -300, -100),
        "original_due_on": due,
        "done_on": soon if reviewed else slow if late else None,
        "score": score,
        "later_score": max(1, score + change),
        "later_score_independent": dice.chance(character.shares["rescored_by_others"]),
        "linked_engagement": engagement,
    }


def answer_survey(character: Character, seats: Seats, dice: Dice) -> list[Row]:
    """Answers of the bodies and of some members; none where nobody was asked."""
    numbers = {body: len(seats.holders(body, LAST_DAY)) for body in ("board", "council")}
    numbers["members"] = min(40, sum(character.members.values()))
    rows: list[Row] = []
    for group, level in character.opinions.items():
        asked = MEMBERS_QUESTIONS if group == "members" else QUESTIONS
        for _ in range(numbers[group]):
            leaning = level + dice.roll() - 0.5
            code = f"S{len(rows) + 1:05d}"
            rows += [
                {
                    "respondent_id": code,
                    "group": group,
                    "item": item,
                    "answer": _answer(leaning, dice),
                }
                for item in asked
            ]
    return rows


def _answer(leaning: float, dice: Dice) -> str:
    unsure = dice.chance(0.06)
    place = int(leaning + 2 * dice.roll() - 0.5)
    return "dont know" if unsure else ANSWERS[max(0, min(4, place))]
