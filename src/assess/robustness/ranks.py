"""Ranks with their doubt: how often each organisation took each place, and who stood above whom.

Only counts are kept, never the runs themselves, so memory does not grow with their number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.001  # points out of 100; rounding in the last digits of a computer's numbers
TOLD_APART = 0.95  # P(one above the other) from which two organisations differ
MOST_PAIRS = 200  # organisations; comparing every pair of more takes longer than all the rest

_STEPS = 10_000  # scores are told apart to a tenth of the tolerance
_BINS = 2001  # counts of scores are kept to 0.05 points
_BUFFER = 2**22  # scores held at once


def ranks_of(scores: NDArray[np.floating], tolerance: float = TOLERANCE) -> NDArray[np.int32]:
    """Rank of each organisation (row) in each run (column), 1 the highest; 0 where NaN.

    A rank is 1 and the number of organisations ahead by more than `tolerance`, so those closer
    than that share the better rank. Scores are compared before they are rounded for show.
    """
    ahead, who = _ahead(scores, tolerance)
    ranks = np.empty_like(ahead)
    np.put_along_axis(ranks, who, ahead + 1, axis=1)
    ranks = np.ascontiguousarray(ranks.T)
    ranks[np.isnan(scores)] = 0
    return ranks


def _ahead(
    scores: NDArray[np.floating], tolerance: float
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Per run, lowest score first: how many are ahead, and which organisation it is.

    Score and organisation are packed into one whole number: sorting those is several times faster
    than sorting places by score.
    """
    units = len(scores)
    bits = max(int(units - 1).bit_length(), 1)
    kind = np.int32 if bits <= 10 else np.int64
    keys = (_filled(scores, -100.0).T * _STEPS + 0.5).astype(kind)
    packed = np.sort((keys << bits) | np.arange(units, dtype=kind), axis=1)
    value, who = packed >> bits, packed & ((1 << bits) - 1)
    ahead = np.broadcast_to(np.arange(units - 1, -1, -1, dtype=np.int32), value.shape).copy()
    width = round(tolerance * _STEPS)
    for apart in range(1, units):
        tied = value[:, apart:] - value[:, :-apart] <= width
        if not tied.any():
            break
        ahead[:, :-apart] -= tied
    return ahead, who.astype(np.int64)


def _filled(scores: NDArray[np.floating], blank: float) -> NDArray[np.floating]:
    empty = np.isnan(scores)
    return np.where(empty, scores.dtype.type(blank), scores) if empty.any() else scores


@dataclass(frozen=True)
class Tally:
    """Counts over all runs: part x organisation first.

    places    how often each rank was taken: x rank (the first is rank 1)
    scores    how often each score came up: x bin of 0.05 points
    ahead     how often one organisation ranked above another: part x above x below; None
              where there are too many organisations
    together  how often both were ranked
    """

    places: NDArray[np.int32]
    scores: NDArray[np.int32]
    ahead: NDArray[np.int32] | None
    together: NDArray[np.int32] | None
    runs: int

    def score_quantiles(self, shares: Sequence[float]) -> NDArray[np.float64]:
        """Scores below which each share of the runs lies, to 0.05: part x organisation x share."""
        return _quantiles(self.scores, shares) * (100 / (_BINS - 1))

    def rank_quantiles(self, shares: Sequence[float]) -> NDArray[np.float64]:
        """Ranks within which each share of the runs lies: part x organisation x share."""
        return _quantiles(self.places, shares) + 1

    def above(self) -> NDArray[np.float64]:
        """Probability that the first ranks above the second; NaN where not both are ranked."""
        with np.errstate(invalid="ignore"):
            return self.ahead / self.together


def _quantiles(counts: NDArray[np.int32], shares: Sequence[float]) -> NDArray[np.float64]:
    """The first place at which the counts so far reach each share of them. NaN: no counts."""
    reached = np.cumsum(counts, axis=-1)
    total = reached[..., -1:]
    found = [np.sum(reached < share * total, axis=-1) for share in shares]
    return np.where(total > 0, np.stack(found, axis=-1), np.nan)


def tally(
    blocks: Iterable[NDArray[np.floating]],
    parts: int,
    units: int,
    *,
    tolerance: float = TOLERANCE,
    pairs: bool | None = None,
) -> Tally:
    """Count ranks and scores of blocks of runs, each part x organisation x run.

    `pairs`: whether to compare every pair; None: up to MOST_PAIRS organisations.
    """
    pairs = units <= MOST_PAIRS if pairs is None else pairs
    square = (parts, units, units)
    places, scores = np.zeros(square, np.int32), np.zeros((parts, units, _BINS), np.int32)
    ahead, together = (np.zeros(square, np.int32) if pairs else None for _ in range(2))
    runs = 0
    for chunk in _chunks(blocks, max(_BUFFER // max(parts * units, 1), 1)):
        runs += chunk.shape[-1]
        for part, seen in enumerate(chunk):
            ranks = ranks_of(seen, tolerance)
            places[part] += _counted(ranks - 1, units)
            bins = (_filled(seen, -100.0) * ((_BINS - 1) / 100) + 0.5).astype(np.int32)
            scores[part] += _counted(bins, _BINS)
            if pairs:
                _compare(ranks, ahead[part], together[part])
    return Tally(places, scores, ahead, together, runs)


def _chunks(blocks: Iterable[NDArray[np.floating]], runs: int) -> Iterable[NDArray[np.floating]]:
    """Blocks joined until there are `runs` runs: counting has a cost for every chunk."""
    held: list[NDArray[np.floating]] = []
    for block in blocks:
        held.append(block)
        if sum(b.shape[-1] for b in held) >= runs:
            yield np.concatenate(held, axis=-1)
            held = []
    if held:
        yield np.concatenate(held, axis=-1)


def _counted(numbers: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    """How often each row holds each of 0 .. size - 1. Negative numbers are not counted."""
    rows = len(numbers)
    places = numbers + size * np.arange(rows, dtype=numbers.dtype)[:, None]
    if (numbers < 0).any():
        places = places[numbers >= 0]
    return np.bincount(places.ravel(), minlength=rows * size).reshape(rows, size)


def _compare(
    ranks: NDArray[np.int32], ahead: NDArray[np.int32], together: NDArray[np.int32]
) -> None:
    units, runs = ranks.shape
    small = ranks.astype(np.uint8 if units < 256 else np.uint16)
    ranked = small > 0
    always = ranked.all(axis=1)
    for a in range(units):
        for b in range(a):
            if always[a] and always[b]:
                both = slice(None)
                together[[a, b], [b, a]] += runs
            else:
                both = ranked[a] & ranked[b]
                together[[a, b], [b, a]] += np.count_nonzero(both)
            ahead[a, b] += np.count_nonzero(small[a][both] < small[b][both])
            ahead[b, a] += np.count_nonzero(small[b][both] < small[a][both])


def indistinct(above: NDArray[np.float64], told_apart: float = TOLD_APART) -> NDArray[np.bool_]:
    """Which pairs cannot be told apart: neither is above the other as often as `told_apart`."""
    return np.maximum(above, above.T) < told_apart


def groups_of(
    above: NDArray[np.float64], names: Sequence[str], told_apart: float = TOLD_APART
) -> list[tuple[str, ...]]:
    """Groups that cannot be told apart, the highest first; each as large as it can be.

    Organisations stand in order of how many others they are likelier to be above. A group is a
    stretch of that order in which no pair can be told apart, so groups may overlap. Those that are
    not ranked are left out.
    """
    same = indistinct(above, told_apart)
    ranked = (
        np.flatnonzero(~np.isnan(above).all(axis=1)) if len(above) > 1 else np.arange(len(above))
    )
    order = sorted(ranked, key=lambda unit: (-np.nansum(above[unit]), names[unit]))
    groups: list[tuple[str, ...]] = []
    last = 0
    for first in range(len(order)):
        end = first + 1
        while end < len(order) and all(same[order[end], order[k]] for k in range(first, end)):
            end += 1
        if end > last:
            groups.append(tuple(names[unit] for unit in order[first:end]))
            last = end
    return groups
