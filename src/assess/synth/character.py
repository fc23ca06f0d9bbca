"""What an organisation is like: its constitution, its size, and the true rates of its habits."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

from assess.records import AssessError
from assess.schemas.organisation import Organisation
from assess.synth.dice import Dice

Share = Annotated[float, Field(ge=0, le=1)]
LAST_YEAR = 2025
VARIATION = 77  # the part of the seed that varies characters; the tables have 0 to 19


class Character(BaseModel):
    """A kind of organisation. characters.yaml says what each number means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    what: str
    honest: bool = True
    organisation: Organisation
    founded: int
    years: int = Field(2, ge=1)
    members: dict[str, int] = {}
    meetings: dict[str, int]
    decisions: dict[str, int]
    yearly: dict[str, int]
    rates: dict[str, Share]
    rates_before: dict[str, Share] = {}
    shares: dict[str, Share]
    attendance: dict[str, Share]
    turnout: dict[str, Share] = {}
    opinions: dict[str, float] = {}
    lacks: tuple[str, ...] = ()

    def rate(self, name: str, year: int = LAST_YEAR) -> float:
        """The true rate of a habit in a year: its probability each time it could show."""
        if year < LAST_YEAR and name in self.rates_before:
            return self.rates_before[name]
        return self.rates[name]

    def true_rates(self, year: int = LAST_YEAR) -> dict[str, float]:
        """Indicator name -> the share, 0 to 1, that its measure estimates.

        Only indicators whose true value is a rate of this character are here. The others follow
        from the constitution (6.1a, 6.1b), from several rates at once (3.2c, 4.1d, 5.3a, 5.3b,
        6.2c) or from the number of events (1.2b).
        """
        known = {name: self.rate(name, year) for name in self.rates}
        unprovided = 1 - known["formats_provided"]
        known["formats_provided"] = 1 - self.shares["formats_asked_for"] * unprovided
        council = self.organisation.bodies.get("council")
        seated = council.seats_by_category if council else {}
        known |= _lowest_to_highest("attendance_parity", [self.attendance[c] for c in seated])
        known |= _lowest_to_highest("turnout_equity", list(self.turnout.values()))
        return known

    def renamed(self, code: str, name: str) -> Self:
        """The same character under another code and name."""
        organisation = self.organisation.model_copy(update={"id": code, "name": name})
        return self.model_copy(update={"organisation": organisation})


def _lowest_to_highest(name: str, shares: list[float]) -> dict[str, float]:
    return {name: min(shares) / max(shares)} if len(shares) > 1 else {}


@cache
def characters() -> dict[str, Character]:
    """The twelve characters, by key, in the order of characters.yaml."""
    text = files("assess.synth").joinpath("characters.yaml").read_text(encoding="utf-8")
    written = yaml.safe_load(text)
    ordinary = written.pop("ordinary")
    return {key: _character(key, ordinary, own) for key, own in written.items()}


def find_character(key: str) -> Character:
    """Raises AssessError for a key that is not in characters.yaml."""
    if key not in characters():
        raise AssessError(
            f"There is no character '{key}'. Choose one of: {', '.join(characters())}."
        )
    return characters()[key]


def _character(key: str, ordinary: dict[str, Any], own: dict[str, Any]) -> Character:
    """What the entry says, over what is ordinary. A rate that nothing uses is refused."""
    merged = {**ordinary, **own}
    for block in ("rates", "shares", "yearly"):
        unknown = own.get(block, {}).keys() - ordinary[block].keys()
        if unknown:
            raise AssessError(
                f"characters.yaml, {key}: {block} has {', '.join(sorted(unknown))}, and 'ordinary' "
                "has not. Correct the name, or give its ordinary value there."
            )
        merged[block] = ordinary[block] | own.get(block, {})
    merged["organisation"] = own["organisation"] | {"synthetic": True}
    return Character(key=key, **merged)


def vary(character: Character, number: int, dice: Dice) -> Character:
    """Another organisation of the same kind: rates up to 0.1 away, sizes up to half as much again.

    A rate of exactly 0 or 1 is part of what the character is, and stays.
    """
    scale = 0.7 + 0.8 * dice.roll()
    organisation = character.organisation
    groups = {
        code: group.model_copy(update={"could_be_members": _scaled(group.could_be_members, scale)})
        for code, group in organisation.member_categories.items()
    }
    organisation = organisation.model_copy(
        update={
            "id": f"{organisation.id}-{number}",
            "name": f"{organisation.name} {number}",
            "member_categories": groups,
        }
    )
    return character.model_copy(
        update={
            "organisation": organisation,
            "members": {code: _scaled(n, scale) for code, n in character.members.items()},
            "rates": _shifted(character.rates, dice),
            "shares": _shifted(character.shares, dice),
            "attendance": _shifted(character.attendance, dice),
            "turnout": _shifted(character.turnout, dice),
        }
    )


def _scaled(number: int | None, scale: float) -> int | None:
    return None if number is None else max(1, int(number * scale))


def _shifted(rates: dict[str, float], dice: Dice) -> dict[str, float]:
    return {name: _shift(rate, dice.roll()) for name, rate in rates.items()}


def _shift(rate: float, roll: float) -> float:
    """Up to 0.1 away, and never more than half way to 0 or to 1."""
    reach = min(0.1, rate / 2, (1 - rate) / 2)
    return rate + reach * (2 * roll - 1)
