"""Choices: which parts of the method are varied, and the states each of them can take.

A state is one way the method could have been: one set of weights, one set of goalposts, one way to
aggregate. A run picks one state of every factor.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assess.framework import Framework
from assess.intervals import generator
from assess.records import AssessError
from assess.uncertainty import Part

Array = NDArray[np.float32]
Method = Literal["arithmetic", "geometric", "harmonic", "outranking"]
Missing = Literal["left out", "worst", "best"]

PROFILE = "profile"


class Choices(BaseModel):
    """What is varied. What is not named stays as the framework has it.

    weights      drawn around equal weights, the framework's, or both in turn (Dirichlet)
    spread       how far a weight strays, as a share of itself (standard deviation): our judgement
    goalposts    how far each goalpost moves at most, as a share of the width between its pair
    aggregation  level ("supporting principle", "principle", "profile") -> ways to aggregate there
    leave_out    whether each indicator in turn is left out
    missing      what stands in for what is not recorded: left out, worst, best
    chance       whether the records themselves are redrawn, as in `uncertainty.draws`
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: tuple[Literal["equal", "framework"], ...] = ()
    spread: Annotated[float, Field(gt=0, le=2)] = 0.5
    goalposts: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    aggregation: dict[str, tuple[Method, ...]] = {}
    leave_out: bool = False
    missing: Annotated[tuple[Missing, ...], Field(min_length=1)] = ("left out",)
    chance: bool = False

    @model_validator(mode="before")
    @classmethod
    def _only_known_factors(cls, given: Any) -> Any:
        for name in given if isinstance(given, dict) else ():
            if name not in cls.model_fields:
                near = difflib.get_close_matches(str(name), cls.model_fields, 1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                known = ", ".join(cls.model_fields)
                raise AssessError(
                    f"There is no factor '{name}' to vary.{hint} The factors are {known}."
                )
        return given

    @property
    def varied(self) -> tuple[str, ...]:
        """The factors with more than one state."""
        varies = {
            "weights": bool(self.weights),
            "goalposts": self.goalposts > 0,
            "aggregation": any(len(methods) > 1 for methods in self.aggregation.values()),
            "leave_out": self.leave_out,
            "missing": len(self.missing) > 1,
            "chance": self.chance,
        }
        return tuple(factor for factor, does in varies.items() if does)

    def only(self, factor: str) -> "Choices":
        """The same choices with every factor but one at its first state."""
        still = {
            "weights": {"weights": ()},
            "goalposts": {"goalposts": 0.0},
            "aggregation": {"aggregation": {k: v[:1] for k, v in self.aggregation.items()}},
            "leave_out": {"leave_out": False},
            "missing": {"missing": self.missing[:1]},
            "chance": {"chance": False},
        }
        kept = [change for name, change in still.items() if name != factor]
        return self.model_copy(update={k: v for change in kept for k, v in change.items()})

    def says(self, factor: str) -> str:
        """What is varied, in words for a researcher."""
        ways = "; ".join(f"{level}: {', '.join(how)}" for level, how in self.aggregation.items())
        return {
            "weights": f"weights around {' and '.join(self.weights)}, each straying by "
            f"{self.spread:.0%} of itself",
            "goalposts": f"each goalpost moved by up to {self.goalposts:.0%} of the width",
            "aggregation": ways,
            "leave_out": "no indicator left out, or any one of them",
            "missing": f"what is not recorded: {', '.join(self.missing)}",
            "chance": "the records of a similar year",
        }[factor]


# Outranking stays out: its scores say how many others were beaten, so they move for another reason.
EVERYTHING = Choices(
    weights=("equal", "framework"),
    goalposts=0.2,
    aggregation={"principle": ("arithmetic", "geometric"), PROFILE: ("arithmetic", "geometric")},
    leave_out=True,
    chance=True,
)


def choices_from(given: Mapping[str, Any]) -> Choices:
    """Choices as a notebook's parameter gives them. Raises AssessError naming each fault."""
    try:
        return Choices.model_validate(dict(given))
    except ValidationError as error:
        faults = [
            f"{' '.join(map(str, e['loc']))}: {e['msg'].lower()}"
            for e in error.errors(include_url=False)
        ]
        raise AssessError("The choices cannot be used: " + "; ".join(faults) + ".") from None


@dataclass(frozen=True)
class Level:
    """One step of aggregation: the parts it makes, each from a run of the parts below."""

    name: str
    ids: tuple[str, ...]
    children: tuple[slice, ...]
    weights: NDArray[np.float64]  # the framework's, of all children in order
    needed: float = 0.0  # share of the children that apply which must be scored; at least one


@dataclass(frozen=True)
class Structure:
    """Indicators with their goalposts, and the levels above them.

    `posts` has four columns: the score rises from the first to the second and falls from the
    third to the fourth. NaN where it does not rise, or does not fall.
    """

    indicators: tuple[str, ...]
    posts: NDArray[np.float64]
    levels: tuple[Level, ...]

    def place(self, part: str) -> tuple[int, int]:
        """The level of a part and its place there. Raises AssessError where there is none."""
        for at, level in enumerate(self.levels):
            if part in level.ids:
                return at, level.ids.index(part)
        raise AssessError(f"There is no part '{part}' above the indicators.")


def structure_of(framework: Framework) -> Structure:
    """Supporting principles, principles, and the profile of all principles together."""
    supporting, principles = framework.supporting_principles, framework.principles
    levels = (
        _level("supporting principle", supporting, [part.indicators for part in supporting], 0),
        _level("principle", principles, [part.supporting for part in principles], 0.5),
        Level(
            PROFILE,
            (PROFILE,),
            (slice(0, len(principles)),),
            np.array([float(part.weight) for part in principles]),
            needed=1,
        ),
    )
    posts = np.array([_posts(*entry.goalposts) for entry in framework.indicators])
    return Structure(tuple(entry.id for entry in framework.indicators), posts, levels)


def _level(
    name: str, parts: Sequence[Part], below: Sequence[Sequence[Any]], needed: float
) -> Level:
    ends = np.cumsum([0, *(len(children) for children in below)])
    runs = tuple(slice(first, last) for first, last in pairwise(ends))
    weights = [float(child.weight) for children in below for child in children]
    return Level(name, tuple(part.id for part in parts), runs, np.array(weights), needed)


def _posts(xp: Sequence[float], fp: Sequence[float]) -> tuple[float, ...]:
    nothing = (np.nan, np.nan)
    if len(xp) == 4:
        return tuple(xp)
    return (*xp, *nothing) if fp[0] < fp[1] else (*nothing, *xp)


@dataclass(frozen=True)
class States:
    """The states of every factor, as arrays: a column per state, one column if it is not varied.

    weights   a row per child, for each level
    slopes    rise, and fall (both as positive numbers per unit of the measure)
    offsets   so that a score, as a share of 100, is slope times measure plus offset
    methods   ways to aggregate, one per level
    """

    choices: Choices
    structure: Structure
    weights: tuple[Array, ...]
    slopes: tuple[Array, Array]
    offsets: tuple[Array, Array]
    methods: tuple[tuple[Method, ...], ...]
    number: int


def states_of(choices: Choices, structure: Structure, number: int, *, seed: int = 0) -> States:
    """Draw `number` states of weights and of goalposts; list the ways to aggregate."""
    _refuse_unknown_levels(choices, structure)
    ways = [choices.aggregation.get(level.name, ("arithmetic",)) for level in structure.levels]
    weights = tuple(
        _weights(choices, level, number, generator(seed, "weights", level.name))
        for level in structure.levels
    )
    slopes, offsets = _sides(choices, structure.posts, number, generator(seed, "goalposts"))
    return States(choices, structure, weights, slopes, offsets, tuple(product(*ways)), number)


def _refuse_unknown_levels(choices: Choices, structure: Structure) -> None:
    known = [level.name for level in structure.levels]
    for name, methods in choices.aggregation.items():
        if name not in known:
            raise AssessError(f"There is no level '{name}'. The levels are {', '.join(known)}.")
        if not methods:
            raise AssessError(f"No way to aggregate is named for the level '{name}'.")


def _weights(choices: Choices, level: Level, number: int, rng: np.random.Generator) -> Array:
    """Dirichlet weights of the children of each part, up to a factor that re-scaling removes.

    With shape `s` times its share of the parts beside it, a weight strays by about 1 / sqrt(s) of
    itself, so `spread` sets `s`.
    """
    if not choices.weights:
        return level.weights.astype(np.float32)[:, None]
    beside = np.ones(len(level.weights))
    for children in level.children:
        own = level.weights[children]
        beside[children] = own / own.mean()
    drawn = np.empty((len(beside), number), dtype=np.float32)
    ways = len(choices.weights)
    for way, around in enumerate(choices.weights):
        shape = (beside if around == "framework" else np.ones(len(beside))) / choices.spread**2
        part = drawn[:, way::ways]
        part[:] = [rng.standard_gamma(s, part.shape[1], dtype=np.float32) for s in shape]
    return drawn


def _sides(
    choices: Choices, posts: NDArray[np.float64], number: int, rng: np.random.Generator
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Slopes and offsets of the rising and the falling side, with each post moved on its own."""
    columns = number if choices.goalposts else 1
    slopes = np.full((2, len(posts), columns), np.nan, dtype=np.float32)
    offsets = slopes.copy()
    for side, sign in enumerate((1, -1)):
        there = ~np.isnan(posts[:, 2 * side])
        near, far = posts[there, 2 * side : 2 * side + 2].T[:, :, None].astype(np.float32)
        width = np.maximum(far - near, 1e-6)
        if choices.goalposts:
            moved = rng.random((2, there.sum(), number), dtype=np.float32) * 2 - 1
            near = near + moved[0] * choices.goalposts * width
            width = np.maximum(far + moved[1] * choices.goalposts * width - near, 1e-6)
        zero = near if sign > 0 else near + width
        slopes[side, there] = sign / width
        offsets[side, there] = -zero * slopes[side, there]
    return (slopes[0], slopes[1]), (offsets[0], offsets[1])


def design(choices: Choices, structure: Structure, runs: int, *, seed: int = 0) -> pd.DataFrame:
    """One row per run, one column per varied factor, from 0 to 1: which of its states is used.

    Every state is used equally often, and factors are shuffled against each other.
    """
    even = (np.arange(runs) + 0.5) / runs
    columns = {}
    for factor in choices.varied:
        in_turn = factor in ("weights", "goalposts")  # states drawn anew for every run
        columns[factor] = even if in_turn else generator(seed, factor).permutation(even)
    return pd.DataFrame(columns, index=pd.RangeIndex(runs, name="run"))
