"""Robustness: how far scores and ranks move when chance and choices move, organisations together.

Scores within an organisation never depend on who else is there; only ranks do, and the outranking
way to aggregate, which compares organisations and is there as a test of the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assess.framework import Framework
from assess.intervals import LEVEL
from assess.records import AssessError
from assess.robustness.choices import (
    EVERYTHING,
    Choices,
    States,
    Structure,
    design,
    states_of,
    structure_of,
)
from assess.robustness.ranks import TOLERANCE, Tally, groups_of, ranks_of, tally
from assess.robustness.runs import Units, picked_states, scored_runs, units_of

if TYPE_CHECKING:  # only the type of what measuring gives
    from assess.measure import Measures

RUNS = 10_000
YEARS = 1_000  # similar years drawn for each organisation, used in turn by the runs
MOVES = 250  # runs in which one factor moves alone
ENDS = ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)


@dataclass(frozen=True)
class Robustness:
    """What came of all the runs.

    choices  what was varied
    design   a row per run and a column per factor: the state it used (see `states`)
    states   the weights and goalposts behind the numbers in `design`
    moved    a row per factor: what was varied, and by how many points scores moved when it alone
             did, on average over organisations and runs; a column per part
    scores   by part and organisation: score, and the low, middle and high of the runs (90%)
    ranks    by part and organisation: rank, and the low (best), middle and high of the runs
    tally    the counts these come from
    """

    choices: Choices
    design: pd.DataFrame
    states: States
    moved: pd.DataFrame
    scores: pd.DataFrame
    ranks: pd.DataFrame
    tally: Tally
    parts: tuple[str, ...]
    names: tuple[str, ...]
    tolerance: float

    def above(self, part: str) -> pd.DataFrame:
        """Probability that the organisation of the row ranks above that of the column."""
        above = self.tally.above()[self.parts.index(part)]
        return pd.DataFrame(above, index=self.names, columns=self.names)

    def rank_shares(self, part: str) -> pd.DataFrame:
        """Share of the runs in which each organisation (row) took each rank (column)."""
        counts = self.tally.places[self.parts.index(part)].astype(float)
        with np.errstate(invalid="ignore"):
            counts /= counts.sum(axis=1, keepdims=True)
        return pd.DataFrame(counts, index=self.names, columns=range(1, len(self.names) + 1))

    def groups(self, part: str) -> list[tuple[str, ...]]:
        """Groups of organisations that cannot be told apart, the highest first."""
        return groups_of(self.above(part).to_numpy(), self.names)


def robustness(
    measures: Mapping[str, "Measures"],
    framework: Framework,
    choices: Choices = EVERYTHING,
    *,
    runs: int = RUNS,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    years: int = YEARS,
) -> Robustness:
    """Score and rank organisations (name -> measures) `runs` times, varying what `choices` says.

    Ranks are within each part: principles, and their profile taken together. An organisation is
    ranked where it is scored as the method stands; where nothing is ever left out (`missing` is
    worst or best), wherever the part applies.
    """
    if not measures:
        raise AssessError("There is no organisation to compare.")
    structure = structure_of(framework)
    drawn = years if choices.chance else 0
    units = units_of(measures, framework, structure, draws=drawn, seed=seed)
    return robustness_of(units, structure, choices, runs=runs, seed=seed, tolerance=tolerance)


def robustness_of(
    units: Units,
    structure: Structure,
    choices: Choices = EVERYTHING,
    *,
    runs: int = RUNS,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    levels: tuple[str, ...] = ("principle", "profile"),
) -> Robustness:
    """The same for organisations already laid out as arrays; `levels` names those to rank."""
    states = states_of(choices, structure, runs, seed=seed)
    plan = design(choices, structure, runs, seed=seed)
    kept = [at for at, level in enumerate(structure.levels) if level.name in levels]
    parts = tuple(part for at in kept for part in structure.levels[at].ids)
    blocks = (np.concatenate(done) for _, done in scored_runs(units, states, plan, kept))
    counts = tally(blocks, len(parts), len(units.names), tolerance=tolerance)
    still = _still(units, structure, choices, kept)
    return Robustness(
        choices=choices,
        design=_named(plan, states),
        states=states,
        moved=_moved(units, structure, choices, kept, parts, still, seed),
        scores=_table(parts, units.names, still, counts.score_quantiles(ENDS), "score"),
        ranks=_ranks(parts, units.names, still, counts, tolerance),
        tally=counts,
        parts=parts,
        names=units.names,
        tolerance=tolerance,
    )


def _still(
    units: Units, structure: Structure, choices: Choices, kept: list[int]
) -> NDArray[np.float64]:
    """Scores with every factor at its first state, part x organisation."""
    first = choices.only("nothing")
    plan = design(first, structure, 1)
    states = states_of(first, structure, 1)
    (_, done), *_ = scored_runs(units, states, plan, kept)
    return np.concatenate(done)[:, :, 0].astype(float)


def _moved(
    units: Units,
    structure: Structure,
    choices: Choices,
    kept: list[int],
    parts: tuple[str, ...],
    still: NDArray[np.float64],
    seed: int,
) -> pd.DataFrame:
    rows = {}
    for factor in choices.varied:
        alone = choices.only(factor)
        states = states_of(alone, structure, MOVES, seed=seed)
        plan = design(alone, structure, MOVES, seed=seed)
        done = [np.concatenate(levels) for _, levels in scored_runs(units, states, plan, kept)]
        moves = np.abs(np.concatenate(done, axis=-1) - still[:, :, None]).reshape(len(parts), -1)
        known = ~np.isnan(moves)
        total = np.where(known, moves, 0).sum(axis=1)
        means = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
        rows[factor] = {"varied": choices.says(factor)} | dict(zip(parts, means, strict=True))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["varied", *parts])


def _table(
    parts: tuple[str, ...],
    names: tuple[str, ...],
    still: NDArray[np.float64],
    quantiles: NDArray[np.float64],
    column: str,
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([parts, names], names=["part", "organisation"])
    low, middle, high = quantiles.reshape(-1, 3).T
    columns = {column: still.ravel(), "low": low, "middle": middle, "high": high}
    return pd.DataFrame(columns, index=index)


def _ranks(
    parts: tuple[str, ...],
    names: tuple[str, ...],
    still: NDArray[np.float64],
    counts: Tally,
    tolerance: float,
) -> pd.DataFrame:
    ranks = np.stack([ranks_of(part[:, None], tolerance)[:, 0] for part in still]).astype(float)
    ranks[ranks == 0] = np.nan
    return _table(parts, names, ranks, counts.rank_quantiles(ENDS), "rank")


def _named(plan: pd.DataFrame, states: States) -> pd.DataFrame:
    """The design in words: names of methods and of the indicator left out, numbers of states."""
    picked = picked_states(states, plan)
    levels = [level.name for level in states.structure.levels]
    indicators = np.array(["none", *states.structure.indicators], dtype=object)
    columns: dict[str, object] = {}
    for factor in plan:
        if factor == "aggregation":
            for at, level in enumerate(levels):
                ways = np.array([methods[at] for methods in states.methods], dtype=object)
                columns[f"aggregation, {level}"] = ways[picked[factor]]
        elif factor == "leave_out":
            columns[factor] = indicators[picked[factor]]
        elif factor == "missing":
            columns[factor] = np.array(states.choices.missing, dtype=object)[picked[factor]]
        else:
            columns[factor] = picked[factor]
    return pd.DataFrame(columns, index=plan.index)
