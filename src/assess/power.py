"""How seats and power are divided between groups: measures from the literature, exact.

Weights and shares come in any unit; only their proportions matter. An empty or all-zero list
gives NaN.
"""

from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray


def gallagher(shares: ArrayLike, reference: ArrayLike) -> float:
    """Least-squares index (Gallagher 1991), 0 (proportional) to 100."""
    return float(np.sqrt(np.sum(_gaps(shares, reference) ** 2) / 2))


def loosemore_hanby(shares: ArrayLike, reference: ArrayLike) -> float:
    """Per cent of seats that would have to move to be proportional (Loosemore and Hanby 1971)."""
    return float(np.sum(np.abs(_gaps(shares, reference))) / 2)


def rose(shares: ArrayLike, reference: ArrayLike) -> float:
    """Per cent of seats already where proportion would put them: 100 less Loosemore-Hanby."""
    return 100 - loosemore_hanby(shares, reference)


def banzhaf(weights: ArrayLike, quota: float, *, more_than: bool = False) -> NDArray[np.float64]:
    """Each bloc's share of all swings (Penrose 1946, Banzhaf 1965); they add up to 1.

    A coalition wins with `quota` or more, or only with more than it where `more_than`.
    """
    swings = _swings(weights, quota, more_than).sum(axis=1, dtype=float)
    return _proportions(swings)


def shapley_shubik(
    weights: ArrayLike, quota: float, *, more_than: bool = False
) -> NDArray[np.float64]:
    """Share of orderings in which each bloc's vote decides (Shapley and Shubik 1954)."""
    swings = _swings(weights, quota, more_than)
    blocs = len(swings)
    others = _coalitions(blocs).sum(axis=0) - 1  # blocs that join before the one that decides
    orderings = [factorial(n) * factorial(blocs - n - 1) for n in range(blocs)]
    return swings @ np.array([*orderings, 0.0])[others] / factorial(blocs)


def banzhaf_balance(weights: ArrayLike, quota: float, *, more_than: bool = False) -> float:
    """1 where all blocs have equal power, 0 where one has it all; NaN for fewer than two blocs."""
    blocs = np.size(weights)
    if blocs < 2:
        return float("nan")
    largest = banzhaf(weights, quota, more_than=more_than).max()
    return float(1 - (largest - 1 / blocs) / (1 - 1 / blocs))


def _proportions(amounts: ArrayLike) -> NDArray[np.float64]:
    amounts = np.asarray(amounts, dtype=float)
    total = amounts.sum()
    return amounts / total if total > 0 else np.full(amounts.shape, np.nan)


def _gaps(shares: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    if np.size(shares) == 0:
        return np.array([np.nan])
    return 100 * (_proportions(shares) - _proportions(reference))


def _coalitions(blocs: int) -> NDArray[np.bool_]:
    """Every coalition as a column, every bloc as a row."""
    return (np.arange(2**blocs) >> np.arange(blocs)[:, None] & 1).astype(bool)


def _swings(weights: ArrayLike, quota: float, more_than: bool) -> NDArray[np.bool_]:
    """Where a bloc (row) turns a coalition it is in (column) from losing to winning."""
    weights = np.asarray(weights, dtype=float)
    members = _coalitions(len(weights))
    totals = weights @ members
    margin = 1e-9 * max(weights.sum(), 1.0)  # so that 0.6 of 10 votes is 6, not 6.000000000000001
    needed = quota + margin if more_than else quota - margin
    return members & (totals >= needed) & (totals - weights[:, None] < needed)
