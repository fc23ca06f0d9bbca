"""Runs: every organisation scored many times over, each time by another state of the method.

Arrays have runs along their last axis, so that one instruction works through many runs while the
numbers stay in the processor's cache. Scores are shares of 100 until they are handed on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assess.framework import Framework, Indicator
from assess.intervals import seed_of
from assess.robustness.choices import Choices, Method, States, Structure, states_of
from assess.score import normalise
from assess.uncertainty import value_draws

if TYPE_CHECKING:  # only the type of what measuring gives
    from assess.measure import Measures

Array = NDArray[np.float32]
Known = NDArray[np.bool_] | None  # None: everything is known
Child = Callable[[Array], tuple[Array, Known]]  # scores, given space to work them out in

CELLS = 2**15  # numbers worked on at a time: what the cache next to the processor holds


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
    space = np.empty((len(units.names), draws), np.float32)
    indicators = _indicators(units, redrawn, picked, "left out")
    spread = np.stack([child(space)[0].var(axis=1, dtype=float) for child in indicators])
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
    units: Units, states: States, design: pd.DataFrame, levels: Sequence[int] | None = None
) -> Iterator[tuple[NDArray[np.intp], tuple[Array, ...]]]:
    """Blocks of runs: which rows of `design`, and per level the scores, part x organisation x run.

    Scores run from 0 to 100, NaN where an organisation has none. `levels`: the places of those to
    give; None: all. Runs that aggregate alike come together, so not in the order of `design`.
    """
    levels = range(len(states.structure.levels)) if levels is None else levels
    picked = picked_states(states, design)
    alike = picked["aggregation"] * len(states.choices.missing) + picked["missing"]
    order = np.argsort(alike, kind="stable")
    size = int(np.clip(CELLS // max(len(units.names), 1), 128, 4096))
    for start in np.flatnonzero(np.diff(alike[order], prepend=-1)):
        stop = start + np.searchsorted(alike[order][start:], alike[order][start], side="right")
        for first in range(start, stop, size):
            runs = order[first : min(first + size, stop)]
            here = {name: at[runs] for name, at in picked.items()}
            yield runs, tuple(_block(units, states, here, levels))


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
    units: Units,
    states: States,
    picked: Mapping[str, NDArray[np.intp]],
    levels: Sequence[int],
) -> Iterator[Array]:
    methods = states.methods[picked["aggregation"][0]]
    missing = states.choices.missing[picked["missing"][0]]
    weights = [_columns(table, picked["weights"]) for table in states.weights]
    weights[0] = _without(weights[0], picked["leave_out"])
    below = _indicators(units, states, picked, missing)
    scratch = np.empty((len(units.names), len(picked["weights"])), np.float32)
    for at, (level, method) in enumerate(zip(states.structure.levels, methods, strict=True)):
        parts = [
            _aggregated(below[children], weights[at][children], method, scratch)
            for children in level.children
        ]
        below = [partial(_as_is, part) for part in parts]
        if at in levels:
            out = np.stack([scores for scores, _ in parts])
            out *= 100
            if units.redrawn is not None and states.choices.chance:
                out += units.shift[at][:, :, None]
                np.clip(out, 0, 100, out=out)
            ranked = units.ranked[at] if "left out" in states.choices.missing else None
            _blank(out, [known for _, known in parts], ranked)
            yield out


def _as_is(part: tuple[Array, Known], _scratch: Array) -> tuple[Array, Known]:
    return part


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
) -> list[Child]:
    """Each indicator's scores, organisation x run (or x 1, the same in every run), when asked.

    They are worked out one at a time into the space given, which the next one overwrites.
    """
    values = {"left out": units.known, "worst": units.lowest, "best": units.highest}[missing]
    slopes = [_columns(side, picked["goalposts"]) for side in states.slopes]
    offsets = [_columns(side, picked["goalposts"]) for side in states.offsets]
    redraw = units.redrawn is not None and states.choices.chance

    def scored(i: int, scratch: Array) -> tuple[Array, Known]:
        measures = values[i][:, None]
        if redraw:
            drawn = np.take(units.redrawn[:, i], picked["chance"], axis=1, out=scratch, mode="wrap")
            measures = (
                drawn if missing == "left out" else drawn + measures - units.known[i][:, None]
            )
        scores = _between_posts(
            measures, [side[i] for side in slopes], [o[i] for o in offsets], scratch
        )
        known = ~np.isnan(values[i])
        if missing != "left out":
            scores[~known] = missing == "best"
            known = units.applies[i]
        return scores, None if known.all() else known[:, None]

    return [partial(scored, i) for i in range(len(values))]


def _between_posts(
    measures: Array, slopes: Sequence[Array], offsets: Sequence[Array], scratch: Array
) -> Array:
    """Scores by the side that rises, the side that falls, or the lower of both in a band."""
    rises, falls = (not np.isnan(slope[0]) for slope in slopes)
    wide = max(measures.shape[1], slopes[0].size)
    out = scratch if wide == scratch.shape[1] else np.empty((len(scratch), wide), np.float32)
    down = measures * slopes[1] + offsets[1] if rises and falls else None
    side = 0 if rises else 1
    np.multiply(measures, slopes[side], out=out)
    out += offsets[side]
    if down is not None:
        np.minimum(out, down, out=out)
    return np.clip(out, 0, 1, out=out)


def _aggregated(
    children: Sequence[Child], weights: Array, method: Method, scratch: Array
) -> tuple[Array, Known]:
    if method == "outranking":
        return _outranking([child(np.empty_like(scratch)) for child in children], weights, scratch)
    return _mean(children, weights, method, scratch)


def _mean(
    children: Sequence[Child], weights: Array, method: Method, scratch: Array
) -> tuple[Array, Known]:
    """Weighted mean of the children that are known; and where there is one, None for everywhere."""
    forward, back = _MEANS[method]
    total = np.zeros_like(scratch)
    seen: list[Known] = []
    for child, own in zip(children, weights, strict=True):
        scores, known = child(scratch)
        with np.errstate(divide="ignore", invalid="ignore"):
            term = np.multiply(forward(scores), own, out=scratch)
        if method != "arithmetic" and not own.all():
            term[:, np.broadcast_to(own == 0, term.shape[1:])] = 0  # 0 times infinity
        if known is not None:
            gaps = ~known
            term[gaps[:, 0] if gaps.shape[1] == 1 else gaps] = 0
        total += term
        seen.append(known)
    weight = _weight_known(weights, seen, total.shape)
    has = weight > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        total /= weight
        mean = back(total)
    return mean, None if has.all() else np.broadcast_to(has, total.shape)


def _weight_known(weights: Array, known: Sequence[Known], shape: tuple[int, int]) -> Array:
    """The weights of the children that are known, added up; one row where all are known of all."""
    if all(each is None for each in known):
        return weights.sum(axis=0, keepdims=True)
    if any(each is not None and each.shape[1] > 1 for each in known):
        everywhere = np.ones((1, 1), bool)
        return sum(
            own * (everywhere if each is None else each)
            for own, each in zip(weights, known, strict=True)
        )
    everyone = np.ones((shape[0], 1), bool)
    table = np.hstack([everyone if each is None else each for each in known])
    weight = np.repeat(weights.sum(axis=0, keepdims=True), shape[0], axis=0)
    for row in np.flatnonzero(~table.all(axis=1)):
        weight[row] = weights[table[row]].sum(axis=0)
    return weight


_MEANS = {
    "arithmetic": (lambda x: x, lambda x: x),
    "geometric": (np.log, np.exp),
    "harmonic": (np.reciprocal, np.reciprocal),
}


def _outranking(
    children: Sequence[tuple[Array, Known]], weights: Array, scratch: Array
) -> tuple[Array, Known]:
    """Share of the other organisations that each one beats, a tie counting half (Copeland).

    One beats another where the children in which it scores higher weigh more than those in which
    it scores lower. How much higher makes no difference, so nothing makes up for anything.
    """
    shape, blank = scratch.shape, np.float32(np.nan)
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
