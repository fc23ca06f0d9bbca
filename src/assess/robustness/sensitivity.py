"""What drives a score: which choices make it move, and which records would raise it most."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assess.framework import Framework, Principle
from assess.intervals import LEVEL
from assess.records import AssessError
from assess.robustness import YEARS
from assess.robustness.choices import (
    EVERYTHING,
    Choices,
    States,
    Structure,
    states_of,
    structure_of,
)
from assess.robustness.runs import Units, scored_runs, units_of
from assess.score import aggregate
from assess.uncertainty import weights_in

if TYPE_CHECKING:  # only the type of what measuring gives
    from assess.measure import Measures

BASE = 8192  # base samples; runs are this many times the factors and two
SURE = NormalDist().inv_cdf((1 + LEVEL) / 2)  # standard errors either side of a 90% range
MANY = 2.5  # ranges' half-widths that chance does not pass among hundreds of indices
WIDEST = 0.05  # half-width beyond which an index says too little: our judgement

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Drivers:
    """Sobol indices: the share of a score's spread that each factor brings about.

    first        by itself; by part and organisation, a column per factor
    total        with all it does together with others
    first_error  half-width of the 90% range of each first-order index
    total_error  the same of each total index

    refused      scores of which too little is known yet, and the `base` that would do

    NaN where the score does not vary, or there is none, or it is refused.
    """

    first: pd.DataFrame
    total: pd.DataFrame
    first_error: pd.DataFrame
    total_error: pd.DataFrame
    refused: pd.Series
    runs: int


def drivers(
    measures: Mapping[str, "Measures"],
    framework: Framework,
    choices: Choices = EVERYTHING,
    *,
    base: int = BASE,
    seed: int = 0,
    widest: float = WIDEST,
) -> Drivers:
    """Which choices, and how much chance, move the scores of each organisation and principle.

    `base` is rounded up to a power of 2. A score of which an index is less sure than `widest`, or
    whose first order exceeds its total beyond error, is refused, with the `base` that would do.
    Raises AssessError where that leaves nothing.
    """
    structure = structure_of(framework)
    years = YEARS if choices.chance else 0
    units = units_of(measures, framework, structure, draws=years, seed=seed)
    return drivers_of(units, structure, choices, base=base, seed=seed, widest=widest)


def drivers_of(
    units: Units,
    structure: Structure,
    choices: Choices = EVERYTHING,
    *,
    base: int = BASE,
    seed: int = 0,
    widest: float = WIDEST,
    levels: tuple[str, ...] = ("principle", "profile"),
) -> Drivers:
    """The same for organisations already laid out as arrays."""
    factors = choices.varied
    if len(factors) < 2:
        raise AssessError("To compare what drives the scores, vary two factors or more.")
    base = 2 ** int(np.ceil(np.log2(max(base, 2))))
    plan = _saltelli(factors, base, seed)
    states = states_of(choices, structure, base, seed=seed)
    kept = [at for at, level in enumerate(structure.levels) if level.name in levels]
    parts = [part for at in kept for part in structure.levels[at].ids]
    scores = _all_scores(units, states, plan, kept)
    found = [_indices(scores[:, part], len(factors)) for part in range(len(parts))]
    rows = pd.MultiIndex.from_product([parts, units.names], names=["part", "organisation"])
    tables = {
        name: pd.DataFrame(np.concatenate([part[name] for part in found]), rows, factors)
        for name in NAMES
    }
    refused = _refused(tables, base, widest)
    for table in tables.values():
        table[rows.isin(refused.index)] = np.nan
    del tables["beyond"]
    return Drivers(**tables, refused=refused, runs=len(plan))


def _saltelli(factors: tuple[str, ...], base: int, seed: int) -> pd.DataFrame:
    """SALib's design: per base sample one run A, one per factor with only that from B, one run B.

    A factor is one number from 0 to 1 that picks its state. All states are alike likely, so the
    indices of a factor are those of everything in its state together.
    """
    from SALib.sample import sobol

    problem = {
        "num_vars": len(factors),
        "names": list(factors),
        "bounds": [[0.0, 1.0]] * len(factors),
    }
    plan = sobol.sample(problem, base, calc_second_order=False, seed=seed)
    return pd.DataFrame(plan, columns=list(factors))


def _all_scores(
    units: Units, states: States, plan: pd.DataFrame, kept: list[int]
) -> NDArray[np.float32]:
    """Run x part x organisation."""
    parts = sum(len(states.structure.levels[at].ids) for at in kept)
    scores = np.empty((len(plan), parts, len(units.names)), np.float32)
    for runs, done in scored_runs(units, states, plan, kept):
        scores[runs] = np.concatenate(done).transpose(2, 0, 1)
    return scores


def _indices(scores: NDArray[np.float32], factors: int) -> dict[str, Array]:
    """Indices of one part, organisation x factor, with their errors and how far first > total.

    The estimators are SALib's. The errors are those of means over base samples, to first order.
    """
    from SALib.analyze.sobol import first_order, total_order

    runs = _centred(scores).reshape(-1, factors + 2, scores.shape[1])
    squares = (runs[:, 0] ** 2 + runs[:, -1] ** 2) / 2
    varies = squares.mean(axis=0) > 1e-6
    found = {name: np.full((scores.shape[1], factors), np.nan) for name in NAMES}
    if not varies.any():
        return found
    runs, squares = runs[:, :, varies], squares[:, varies]
    a, b = runs[:, 0], runs[:, -1]
    scale = SURE / (squares.mean(axis=0) * np.sqrt(len(runs)))
    for factor in range(factors):
        mixed = runs[:, 1 + factor]
        first, total = first_order(a, mixed, b), total_order(a, mixed, b)
        alone, together = b * (mixed - a), 0.5 * (a - mixed) ** 2
        apart = alone - together - (first - total) * squares
        values = {
            "first": first,
            "total": total,
            "first_error": (alone - first * squares).std(axis=0) * scale,
            "total_error": (together - total * squares).std(axis=0) * scale,
            "beyond": first - total - MANY * apart.std(axis=0) * scale,
        }
        for name, value in values.items():
            found[name][varies, factor] = value
    return found


NAMES = ("first", "total", "first_error", "total_error", "beyond")


def _centred(scores: NDArray[np.float32]) -> Array:
    """Scores less their mean. A run without a score, its only indicator left out, counts as it."""
    known = ~np.isnan(scores)
    total = np.where(known, scores, 0).sum(axis=0, dtype=float)
    mean = total / np.maximum(known.sum(axis=0), 1)
    return np.where(known, scores - mean, 0.0)


def _refused(tables: Mapping[str, pd.DataFrame], base: int, widest: float) -> pd.Series:
    """The base samples that would do for each score of which too little is known."""
    error = np.fmax(tables["first_error"], tables["total_error"]).max(axis=1)
    beyond = tables["beyond"].max(axis=1)
    unsure = (error > widest) | (beyond > 0)
    times = np.maximum((error[unsure] / widest) ** 2, 2)
    refused = (base * 2 ** np.ceil(np.log2(times))).astype(int).rename("base")
    if unsure.any() and len(refused) == error.notna().sum():
        raise AssessError(
            f"With base={base} what drives the scores cannot be said yet: they are known only to "
            f"{error.max():.2f} either way. Use base={refused.max()}, or accept less with `widest`."
        )
    return refused


def gains(measures: "Measures", framework: Framework, scores: pd.DataFrame) -> pd.DataFrame:
    """What would move the scores of one organisation most, the largest gain first.

    One row per indicator that is scored below 100 ("improve") or not recorded ("record"):

    principle, do   what it is part of, and which of the two it is
    score           now; NaN where not recorded
    gain            points its principle gains if the indicator came to 100
    loss            points it loses if, once recorded, it came to 0 (0 or less); NaN for "improve"
    coverage        by how much the coverage of the principle rises
    remedy          what to do, as the framework says it

    A gain is NaN where the principle has no score, now or then.
    """
    ids = [entry.id for entry in framework.indicators]
    states = scores.loc[ids, "state"]
    now = scores.loc[ids, "score"].to_numpy(dtype=float)
    applies = (states != "does not apply").to_numpy()
    rows = []
    for principle in framework.principles:
        own = {entry.id: entry for part in principle.supporting for entry in part.indicators}
        share = weights_in(principle, ids, applies)
        before = float(scores.loc[principle.id, "score"])
        for at, id in enumerate(ids):
            if id not in own or not (now[at] < 100 or states[id] == "not recorded"):
                continue
            record = states[id] == "not recorded"
            best = _with(principle, ids, now, applies, at, 100.0) - before
            worst = _with(principle, ids, now, applies, at, 0.0) - before if record else np.nan
            rows.append(
                {
                    "indicator": id,
                    "principle": principle.id,
                    "do": "record" if record else "improve",
                    "score": now[at],
                    "gain": best,
                    "loss": worst,
                    "coverage": share[at] if record else 0.0,
                    "remedy": getattr(own[id], "remedy", ""),
                }
            )
    columns = ["indicator", "principle", "do", "score", "gain", "loss", "coverage", "remedy"]
    table = pd.DataFrame(rows, columns=columns).set_index("indicator")
    return table.sort_values(["gain", "coverage"], ascending=False, kind="stable")


def _with(
    principle: Principle,
    ids: list[str],
    now: Array,
    applies: NDArray[np.bool_],
    at: int,
    value: float,
) -> float:
    """The principle's score if one indicator had another score. NaN: still too little is scored."""
    then = now.copy()
    then[at] = value
    parts, scored, needed = [], 0, 0
    for part in principle.supporting:
        own = [ids.index(entry.id) for entry in part.indicators]
        parts.append(float(aggregate(then[own], [entry.weight for entry in part.indicators])))
        needed += applies[own].any()
        scored += not np.isnan(parts[-1])
    if scored < max(1, needed / 2):
        return np.nan
    return float(aggregate(parts, [part.weight for part in principle.supporting]))
