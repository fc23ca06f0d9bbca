"""Can a number that is held back be worked out from those that are shown? Solved, not guessed.

Whoever reads a table knows its numbers, that no count is below zero, and how cells add up to
totals. Every count they could still hold possible is a solution of those equations. A cell that is
held back is safe where its solutions lie far enough apart. Rounding makes a reader's task harder
still; it is not counted on here, as if every number on show were exact.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BASE = 5  # counts are rounded to multiples of it
WIDTH = 10  # counts between which a held-back number must stay undecided
# Room for solutions beyond what is there: a reader knows no upper end of what is held back.
ROOM = 1000.0


@dataclass(frozen=True)
class Shown:
    """Sums of unknown cells, in lines that are shown or held back as one.

    sums     a row for each sum, a column for each cell: 1 where the cell is part of the sum
    values   what each sum really is
    lines    for each sum, the number of its line, such as a member group or the total
    """

    sums: Array
    values: Array
    lines: NDArray[np.intp]

    @property
    def highest(self) -> float:
        return float(self.values.sum() * 2 + ROOM)


def rounded(counts: Array | float) -> Array:
    """Counts to the nearest multiple of BASE; NaN stays NaN."""
    return np.floor(np.asarray(counts, dtype=float) / BASE + 0.5) * BASE


def widths(shown: Shown, held: Collection[int]) -> Array:
    """For each sum, how far apart its lowest and highest solutions lie when `held` is not shown.

    Found by solving: the smallest and largest value of the sum under all that is shown.
    """
    from scipy.optimize import linprog

    seen = ~np.isin(shown.lines, list(held))
    bounds = [(0, shown.highest)] * shown.sums.shape[1]
    given = {"A_eq": shown.sums[seen], "b_eq": shown.values[seen]} if seen.any() else {}
    return np.array(
        [
            -linprog(-one, **given, bounds=bounds).fun - linprog(one, **given, bounds=bounds).fun
            for one in shown.sums
        ]
    )


def given_away(shown: Shown, protected: Collection[int], held: Collection[int]) -> list[int]:
    """The lines of `protected` of which a sum can be told to within WIDTH when `held` is hidden."""
    found = widths(shown, held)
    narrow = set(shown.lines[found < WIDTH - 1e-6].tolist())
    return sorted(narrow & set(protected))


def to_hold(
    shown: Shown, protected: Collection[int], costs: Sequence[float], keep: Collection[int] = ()
) -> set[int] | None:
    """The lines to hold back, at the least cost, so that no protected line can be worked out.

    Those of `keep` are known to readers anyway. None where nothing would do. A mixed-integer
    programme: for each sum of a protected line, two solutions that are WIDTH apart must both fit
    what stays on show.
    """
    if not protected:
        return set()
    from scipy.optimize import Bounds, LinearConstraint, milp

    lines, cells = len(costs), shown.sums.shape[1]
    targets = shown.sums[np.isin(shown.lines, list(protected))]
    size = lines + 2 * len(targets) * cells
    fixed = np.array([[float(n in protected), float(n not in keep)] for n in range(lines)])
    problem = milp(
        c=np.concatenate([costs, np.zeros(size - lines)]),
        integrality=np.concatenate([np.ones(lines), np.zeros(size - lines)]),
        bounds=Bounds(
            np.concatenate([fixed[:, 0], np.zeros(size - lines)]),
            np.concatenate(
                [fixed.max(axis=1), np.full(size - lines, shown.highest)],
            ),
        ),
        constraints=[
            LinearConstraint(*_fits(shown, lines, 2 * len(targets))),
            LinearConstraint(*_apart(targets, lines)),
        ],
    )
    if problem.x is None:
        return None
    return {n for n in range(lines) if problem.x[n] > 0.5}


def _fits(shown: Shown, lines: int, solutions: int) -> tuple[Array, Array, Array]:
    """Each solution fits every sum on show; a line that is held back lets its sums go free."""
    count, cells = shown.sums.shape
    free = np.zeros((count, lines))
    free[np.arange(count), shown.lines] = shown.highest * cells
    rows, limits = [], []
    for at in range(solutions):
        own = np.zeros((count, solutions * cells))
        own[:, at * cells : (at + 1) * cells] = shown.sums
        rows += [np.hstack([-free, own]), np.hstack([-free, -own])]
        limits += [shown.values, -shown.values]
    matrix, upper = np.vstack(rows), np.concatenate(limits)
    return matrix, np.full(len(upper), -np.inf), upper


def _apart(targets: Array, lines: int) -> tuple[Array, Array, Array]:
    """Of each target, the two solutions lie WIDTH apart."""
    count, cells = targets.shape
    matrix = np.zeros((count, lines + 2 * count * cells))
    for at, target in enumerate(targets):
        first = lines + 2 * at * cells
        matrix[at, first : first + cells] = target
        matrix[at, first + cells : first + 2 * cells] = -target
    return matrix, np.full(count, float(WIDTH)), np.full(count, np.inf)


def table_of_groups(hits: Sequence[float], of: Sequence[float]) -> Shown:
    """Groups that each did `hits` of `of`, a line each, and the line of their total after them."""
    groups = len(of)
    parts = np.eye(2 * groups)  # what was done and what was not, for each group
    done, rest = parts[0::2], parts[1::2]
    sums = np.empty((2 * groups, 2 * groups))
    sums[0::2], sums[1::2] = done, done + rest
    values = np.column_stack([hits, of]).astype(float).ravel()
    totals = np.vstack([done.sum(axis=0), np.ones(2 * groups)])
    return Shown(
        np.vstack([sums, totals]),
        np.concatenate([values, [np.sum(hits), np.sum(of)]]),
        np.repeat(np.arange(groups + 1), 2),
    )
