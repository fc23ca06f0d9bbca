"""Runs: every organisation scored many times over, each time by another state of the method.

Arrays have runs along their last axis, so that one instruction works through many runs while the
numbers stay in the processor's cache. Scores are shares of 100 until they are handed on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assess.choices import Choices, Level, Method, States, Structure, states_of
from assess.framework import Framework, Indicator
from assess.intervals import seed_of
from assess.score import normalise
from assess.uncertainty import value_draws

if TYPE_CHECKING:  # only the type of what measuring gives
    from assess.measure import Measures

Array = NDArray[np.float32]
Known = NDArray[np.bool_] | None  # None: everything is known

CELLS = 2**16  # numbers worked on at a time: what the cache next to the processor holds


@dataclass(frozen=True)
class Units:
    """What is scored: one column per organisation, one row per indicator or part.

    known      measures; NaN where not scored
    lowest     the measure, within its bounds, that scores lowest; NaN where not scored
    highest    the same for the highest
    applies    whether the indicator is about this organisation
    ranked     whether each part of each level has a score in the method as it stands
    redrawn    measures of similar years: organisation x indicator x draw; None: never redrawn
    shift      what draws of each part are moved by (see `uncertainty.recentring`)
    """

    names: tuple[str, ...]
    known: Array
    lowest: Array
    highest: Array
    applies: NDArray[np.bool_]
    ranked: tuple[NDArray[np.bool_], ...]
    redrawn: Array | None = None
    shift: tuple[Array, ...] = ()


def units_of(
    measures: Mapping[str, "Measures"],
    framework: Framework,
    structure: Structure,
    *,
    draws: int = 0,
    seed: int = 0,
) -> Units:
    """Organisations by name, in order of their names. `draws`: years redrawn; 0 for none."""
    names = tuple(sorted(measures))
    shape = (len(framework.indicators), len(names))
    known, lowest, highest = (np.full(shape, np.nan, dtype=np.float32) for _ in range(3))
    applies = np.zeros(shape, bool)
    redrawn = np.empty((len(names), len(framework.indicators), draws), np.float32)
    for column, name in enumerate(names):
        table = measures[name].table.loc[list(structure.indicators)]
        applies[:, column] = table["state"] != "does not apply"
        scored = np.flatnonzero(table["state"] == "scored")
        values = table[["value", "worst_value", "best_value"]].to_numpy(dtype=float)
        known[scored, column] = values[scored, 0]
        for row in scored:
            ends = _ends(values[row], framework.indicators[row])
            lowest[row, column], highest[row, column] = ends
        if draws:
            drawn = value_draws(measures[name], framework, seed=seed_of(seed, name), n=draws)
            redrawn[column] = drawn.to_numpy().T
    ranked = tuple(_ranked(structure, ~np.isnan(known), applies))
    units = Units(names, known, lowest, highest, applies, ranked, redrawn if draws else None)
    return replace(units, shift=_shifts(units, structure)) if draws else units


def _ranked(
    structure: Structure, scored: NDArray[np.bool_], applies: NDArray[np.bool_]
) -> Iterator[NDArray[np.bool_]]:
    """Which parts of each level have a score, by the rule of `score.score`."""
    for level in structure.levels:
        counts = np.stack([scored[children].sum(axis=0) for children in level.children])
        whole = np.stack([applies[children].sum(axis=0) for children in level.children])
        applies = whole > 0
        scored = counts >= np.maximum(level.needed * whole, 1)
        yield scored


def _ends(values: NDArray[np.float64], entry: Indicator) -> tuple[float, float]:
    """The measures, within the bounds of what is not known, that score lowest and highest."""
    low, high = np.nanmin(values), np.nanmax(values)
    if low == high:
        return low, high
    possible = [low, high, *(x for x in entry.goalposts[0] if low < x < high)]
    scores = normalise(possible, *entry.goalposts)
    return possible[int(scores.argmin())], possible[int(scores.argmax())]


def _shifts(units: Units, structure: Structure) -> tuple[Array, ...]:
    """What `uncertainty.recentring` gives, for every part and organisation at once, in points."""
    draws = units.redrawn.shape[2]
    still = replace(units, redrawn=None)
    (_, points), *_ = scored_runs(still, states_of(Choices(), structure, 1), _plan(1))
    redrawn = states_of(Choices(chance=True), structure, draws)
    unmoved = replace(units, shift=tuple(np.zeros(p.shape[:2], np.float32) for p in points))
    means = [np.zeros(p.shape[:2]) for p in points]
    for _, done in scored_runs(unmoved, redrawn, _plan(draws)):
        for mean, scores in zip(means, done, strict=True):
            mean += scores.sum(axis=2) / draws
    picked = {"goalposts": np.zeros(1, np.intp), "chance": np.arange(draws)}
    scores = _indicators(units, redrawn, picked, "left out")
    spread = np.stack([part.var(axis=1, dtype=float) for part, _ in scores])
    shifts = []
    for point, mean, share in zip(points, means, _shares(units, structure), strict=True):
        parts = np.nan_to_num(spread) * share**2
        squared = (parts**2).sum(axis=1)
        one_over_many = np.divide(
            squared, parts.sum(axis=1) ** 2, out=np.ones_like(squared), where=squared > 0
        )
        shifts.append(np.nan_to_num((1 - one_over_many) * (point[:, :, 0] - mean)))
    return tuple(shift.astype(np.float32) for shift in shifts)


def _plan(runs: int) -> pd.DataFrame:
    return pd.DataFrame({"chance": (np.arange(runs) + 0.5) / runs})


def _shares(units: Units, structure: Structure) -> Iterator[NDArray[np.float64]]:
    """Weight of every indicator in every part: part x indicator x organisation, adding to 1."""
    scored = ~np.isnan(units.known)
    below = np.eye(len(scored))[:, :, None] * scored[:, None, :]
    for level in structure.levels:
        weighted = level.weights[:, None, None] * below
        whole = np.stack([weighted[children].sum(axis=0) for children in level.children])
        total = whole.sum(axis=1, keepdims=True)
        below = np.divide(whole, total, out=np.zeros_like(whole), where=total > 0)
        yield below


def scored_runs(
    units: Units, states: States, design: pd.DataFrame
) -> Iterator[tuple[NDArray[np.intp], tuple[Array, ...]]]:
    """Blocks of runs: which rows of `design`, and per level the scores, part x organisation x run.

    Scores run from 0 to 100, NaN where an organisation has none. Runs that aggregate alike come
    together, so not in the order of `design`.
    """
    picked = picked_states(states, design)
    alike = picked["aggregation"] * len(states.choices.missing) + picked["missing"]
    order = np.argsort(alike, kind="stable")
    size = int(np.clip(CELLS // max(len(units.names), 1), 16, 4096))
    for start in np.flatnonzero(np.diff(alike[order], prepend=-1)):
        stop = start + np.searchsorted(alike[order][start:], alike[order][start], side="right")
        for first in range(start, stop, size):
            runs = order[first : min(first + size, stop)]
            yield runs, _block(units, states, {name: at[runs] for name, at in picked.items()})


def picked_states(states: States, design: pd.DataFrame) -> dict[str, NDArray[np.intp]]:
    """The number of the state each run uses, for every factor; 0 where it is not varied."""
    sizes = {
        "weights": states.number,
        "goalposts": states.number,
        "aggregation": len(states.methods),
        "leave_out": len(states.structure.indicators) + 1,
        "missing": len(states.choices.missing),
        "chance": states.number,
    }
    still = np.zeros(len(design), dtype=np.intp)
    return {
        name: np.minimum((design[name].to_numpy() * size).astype(np.intp), size - 1)
        if name in design
        else still
        for name, size in sizes.items()
    }


def _block(
    units: Units, states: States, picked: Mapping[str, NDArray[np.intp]]
) -> tuple[Array, ...]:
    methods = states.methods[picked["aggregation"][0]]
    missing = states.choices.missing[picked["missing"][0]]
    weights = [_columns(table, picked["weights"]) for table in states.weights]
    weights[0] = _without(weights[0], picked["leave_out"])
    parts = _indicators(units, states, picked, missing)
    shape = (len(units.names), len(picked["weights"]))
    done = []
    for at, (level, method) in enumerate(zip(states.structure.levels, methods, strict=True)):
        scores, known = _level(list(parts), level, weights[at], method, shape)
        parts = list(zip(scores, known, strict=True))
        out = np.stack(scores) * np.float32(100)
        if units.redrawn is not None and states.choices.chance:
            out += units.shift[at][:, :, None]
            np.clip(out, 0, 100, out=out)
        _blank(out, known, units.ranked[at] if "left out" in states.choices.missing else None)
        done.append(out)
    return tuple(done)


def _columns(table: Array, at: NDArray[np.intp]) -> Array:
    """The columns `at` of a table of states; its only one where the factor is not varied."""
    if table.shape[1] == 1:
        return table
    if at[-1] - at[0] == len(at) - 1 and (np.diff(at) == 1).all():
        return table[:, at[0] : at[-1] + 1]
    return table[:, at]


def _without(weights: Array, left_out: NDArray[np.intp]) -> Array:
    """Weights with one indicator's at 0 in each run: indicator `left_out` - 1, or none for 0."""
    runs = np.flatnonzero(left_out)
    if not len(runs):
        return weights
    weights = np.repeat(weights, len(left_out), axis=1) if weights.shape[1] == 1 else weights.copy()
    weights[left_out[runs] - 1, runs] = 0
    return weights


def _indicators(
    units: Units, states: States, picked: Mapping[str, NDArray[np.intp]], missing: str
) -> Iterator[tuple[Array, Known]]:
    """Each indicator's scores, organisation x run (or x 1, the same in every run)."""
    values = {"left out": units.known, "worst": units.lowest, "best": units.highest}[missing]
    slopes = [_columns(side, picked["goalposts"]) for side in states.slopes]
    offsets = [_columns(side, picked["goalposts"]) for side in states.offsets]
    draws = None
    if units.redrawn is not None and states.choices.chance and missing == "left out":
        draws = _columns_of_draws(units.redrawn, picked["chance"])
    for i in range(len(values)):
        measures = values[i][:, None] if draws is None else draws[:, i]
        scores = None
        for slope, offset in zip(slopes, offsets, strict=True):
            if not np.isnan(slope[i, 0]):
                side = measures * slope[i]
                side += offset[i]
                scores = side if scores is None else np.minimum(scores, side, out=scores)
        np.clip(scores, 0, 1, out=scores)
        known = ~np.isnan(values[i])
        if missing != "left out":
            scores[~known] = missing == "best"
            known = units.applies[i]
        yield scores, None if known.all() else known[:, None]


def _columns_of_draws(redrawn: Array, at: NDArray[np.intp]) -> Array:
    return redrawn[:, :, at % redrawn.shape[2]]


def _level(
    below: Sequence[tuple[Array, Known]],
    level: Level,
    weights: Array,
    method: Method,
    shape: tuple[int, int],
) -> tuple[list[Array], list[Known]]:
    scores, known = [], []
    for children in level.children:
        if method == "outranking":
            part, has = _outranking(below[children], weights[children], shape)
        else:
            part, has = _mean(below[children], weights[children], method, shape)
        scores.append(part)
        known.append(has)
    return scores, known


def _mean(
    children: Sequence[tuple[Array, Known]], weights: Array, method: Method, shape: tuple[int, int]
) -> tuple[Array, Known]:
    """Weighted mean of the children that are known; and where there is one, None for everywhere."""
    total, term = np.zeros(shape, np.float32), np.empty(shape, np.float32)
    weight = np.zeros((1, 1), np.float32)
    for (scores, known), own in zip(children, weights, strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            np.multiply(_FORWARD[method](scores), own, out=term)
        if method != "arithmetic" and not own.all():
            term[:, np.broadcast_to(own == 0, shape[1:])] = 0  # 0 times infinity
        if known is None:
            weight = weight + own
        else:
            np.copyto(term, 0, where=~known)
            weight = weight + own * known
        total += term
    has = weight > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        total /= weight
        mean = _BACK[method](total)
    return mean, None if has.all() else np.broadcast_to(has, shape)


_FORWARD = {"arithmetic": lambda x: x, "geometric": np.log, "harmonic": np.reciprocal}
_BACK = {"arithmetic": lambda x: x, "geometric": np.exp, "harmonic": np.reciprocal}


def _outranking(
    children: Sequence[tuple[Array, Known]], weights: Array, shape: tuple[int, int]
) -> tuple[Array, Known]:
    """Share of the other organisations that each one beats, a tie counting half (Copeland).

    One beats another where the children in which it scores higher weigh more than those in which
    it scores lower. How much higher makes no difference, so nothing makes up for anything.
    """
    blank = np.float32(np.nan)
    filled = [
        scores if known is None else np.where(known, scores, blank) for scores, known in children
    ]
    has = np.zeros(shape, bool)
    for (_, known), own in zip(children, weights, strict=True):
        has |= (own > 0) & (True if known is None else known)
    wins = np.zeros(shape, np.float32)
    for a in range(shape[0]):
        net = np.zeros(shape, np.float32)
        for scores, own in zip(filled, weights, strict=True):
            ahead = (scores[a] > scores).astype(np.float32) - (scores[a] < scores)
            net += own * ahead
        won = (net > 1e-6) + np.float32(0.5) * (np.abs(net) <= 1e-6)
        wins[a] = (won * has).sum(axis=0) - np.float32(0.5)  # not against itself
    others = has.sum(axis=0) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return wins / others, None if has.all() else has


def _blank(scores: Array, known: Sequence[Known], ranked: NDArray[np.bool_] | None) -> None:
    for part, has in zip(scores, known, strict=True):
        if has is not None:
            part[~has] = np.nan
    if ranked is not None:
        scores[~ranked] = np.nan
