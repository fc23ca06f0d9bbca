"""How long uncertainty takes, and how much memory, against what was asked of it.

    python benchmarks/robustness.py

51 organisations x 49 indicators in 3 levels, as large as a published composite of countries, and
1,000 organisations x 48 indicators; invented values, one thread. Each case runs in a process of
its own, so that its peak of memory is its own. A ratio under 1 is faster or smaller than asked.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
import pandas as pd

from assess.intervals import observed_draws, seed_of
from assess.observe import Observed, share
from assess.robustness import ENDS, RUNS, robustness_of
from assess.robustness.choices import Choices, Level, Structure, design, states_of
from assess.robustness.ranks import tally
from assess.robustness.runs import Units, _shifts, scored_runs
from assess.robustness.sensitivity import drivers_of

CHOICES = Choices(
    weights=("equal",),
    goalposts=0.2,
    leave_out=True,
    aggregation={"index": ("arithmetic", "geometric")},
)
LEVELS = ("index",)
REPEATS, AT_LEAST = 3, 3.0  # times, and seconds; the fastest counts: others share the processor


def structure(sizes: tuple[tuple[int, ...], ...], names: tuple[str, ...]) -> Structure:
    """Levels with the numbers of children given; every indicator rises from 25 to 95."""
    levels = []
    for name, children in zip(names, sizes, strict=True):
        ends = np.cumsum([0, *children])
        slices = tuple(map(slice, map(int, ends[:-1]), map(int, ends[1:])))
        ids = tuple(f"{name} {n}" for n in range(len(children)))
        levels.append(Level(name, ids, slices, np.ones(ends[-1])))
    indicators = tuple(f"indicator {n}" for n in range(sum(sizes[0])))
    posts = np.tile([25.0, 95.0, np.nan, np.nan], (len(indicators), 1))
    return Structure(indicators, posts, tuple(levels))


COUNTRIES = structure(((8, 6, 5, 6, 7, 6, 6, 5), (5, 3), (2,)), ("pillar", "sub-index", "index"))
PRINCIPLES = structure(
    (
        *((3, 2, 2, 2, 2, 2, 3, 3, 4, 2, 3, 3, 3, 2, 4, 4, 2, 2), (3, 3, 2, 3, 3, 4)),
        (6,),
    ),
    ("supporting principle", "principle", "index"),
)


def invented(organisations: int, shape: Structure) -> Units:
    """Values from 0 to 100, one in forty missing."""
    rng = np.random.default_rng(0)
    size = (len(shape.indicators), organisations)
    values = rng.beta(4, 2, size).astype(np.float32) * 100
    values[rng.random(size) < 0.025] = np.nan
    names = tuple(f"organisation {n}" for n in range(organisations))
    everyone = tuple(np.ones((len(level.ids), organisations), bool) for level in shape.levels)
    return Units(names, values, values, values, np.ones(size, bool), everyone)


def records(values: np.ndarray, rng: np.random.Generator) -> dict[str, Observed]:
    """Yes or no rows behind each value: 8 to 120 of them, half of the indicators by meeting."""
    seen = {}
    for place in np.flatnonzero(~np.isnan(values)):
        n = int(rng.choice([8, 20, 60, 120]))
        hits = pd.Series(rng.random(n) * 100 < values[place], dtype=float)
        meetings = pd.Series([f"M{row % 12}" for row in range(n)]) if place % 2 else None
        seen[str(place)] = share(hits, table="decisions", cluster=meetings)
    return seen


def redrawn(units: Units, shape: Structure, observed: list[dict[str, Observed]]) -> Units:
    drawn = np.full((len(units.names), len(shape.indicators), 1000), np.nan, np.float32)
    for unit, seen in enumerate(observed):
        kinds = {place: "meetings" if int(place) % 2 else "wilson" for place in seen}
        seed = seed_of(0, units.names[unit])
        for place, draws in observed_draws(seen, kinds, 1000, seed=seed).items():
            drawn[unit, int(place)] = draws * 100
    units = replace(units, redrawn=drawn)
    return replace(units, shift=_shifts(units, shape))


def runs_alone(organisations: int, shape: Structure) -> Callable[[], object]:
    """The runs with their ranks and ranges of scores, as asked; `over_choices` gives more."""
    units, top = invented(organisations, shape), len(shape.levels) - 1

    def run() -> object:
        states, plan = states_of(CHOICES, shape, RUNS), design(CHOICES, shape, RUNS)
        blocks = (done[0] for _, done in scored_runs(units, states, plan, [top]))
        counts = tally(blocks, 1, organisations)
        return counts.score_quantiles(ENDS), counts.rank_quantiles(ENDS)

    return run


def over_choices(organisations: int, shape: Structure) -> Callable[[], object]:
    """The same, and how far scores move when each factor moves alone, and the design in words."""
    units = invented(organisations, shape)
    return lambda: robustness_of(units, shape, CHOICES, levels=LEVELS)


def with_data(organisations: int, shape: Structure) -> Callable[[], object]:
    units, rng = invented(organisations, shape), np.random.default_rng(1)
    observed = [records(units.known[:, unit], rng) for unit in range(organisations)]
    choices = CHOICES.model_copy(update={"chance": True})
    return lambda: robustness_of(redrawn(units, shape, observed), shape, choices, levels=LEVELS)


def indices(organisations: int, shape: Structure) -> Callable[[], object]:
    units = invented(organisations, shape)
    return lambda: drivers_of(units, shape, CHOICES, base=8192, widest=0.03, levels=LEVELS)


CASES: dict[str, tuple[Callable[[], Callable[[], object]], float | None]] = {
    "10,000 runs over choices": (lambda: runs_alone(51, COUNTRIES), 0.1),
    "... and each factor alone": (lambda: over_choices(51, COUNTRIES), None),
    "10,000 runs with records redrawn": (lambda: with_data(51, COUNTRIES), 1.0),
    "Sobol indices to 0.03 either way": (lambda: indices(51, COUNTRIES), 2.0),
    "choices, 125 organisations": (lambda: over_choices(125, PRINCIPLES), None),
    "choices, 250 organisations": (lambda: over_choices(250, PRINCIPLES), None),
    "choices, 1,000 organisations": (lambda: over_choices(1000, PRINCIPLES), None),
}
MEMORY = 200.0  # MB asked for, beyond what Python and its libraries take


def measure(case: str) -> dict[str, float]:
    """Seconds of the processor, and MB beyond those in use before."""
    run = CASES[case][0]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = []
    while len(seconds) < REPEATS or sum(seconds) < AT_LEAST:
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": min(seconds), "mb": after - before, "all_mb": after}


def main() -> None:
    found = {}
    print(f"{'case':36} {'seconds':>8} {'of asked':>9} {'MB':>6} {'of asked':>9}")
    for case, (_, asked) in CASES.items():
        child = subprocess.run(
            [sys.executable, __file__, case], capture_output=True, text=True, check=True
        )
        found[case] = json.loads(child.stdout)
        seconds, mb = found[case]["seconds"], found[case]["mb"]
        against = f"{seconds / asked:9.2f}" if asked else " " * 9
        size = f"{mb / MEMORY:9.2f}" if asked else " " * 9
        print(f"{case:36} {seconds:8.3f} {against} {mb:6.0f} {size}")
    few, many = (found[f"choices, {n} organisations"]["seconds"] for n in ("250", "1,000"))
    print(f"\n4 times the organisations (250 to 1,000) take {many / few:.1f} times as long.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()
