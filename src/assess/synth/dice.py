"""Chance: every draw comes from one stream of equally likely numbers between 0 and 1.

Only that stream is used, and only compared and multiplied, because it is the same bit for bit on
every machine; a generator's binomial or normal draws go through the machine's own logarithms.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

import numpy as np

Option = TypeVar("Option")
BLOCK = 1024


class Dice:
    """A seeded stream. Dice with different `seed` keys never share a draw."""

    def __init__(self, *seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._waiting: list[float] = []

    def roll(self) -> float:
        """A number from 0 up to, not including, 1."""
        if not self._waiting:
            self._waiting = self._generator.random(BLOCK).tolist()
        return self._waiting.pop()

    def chance(self, share: float) -> bool:
        return self.roll() < share

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, options: Sequence[Option]) -> Option:
        return options[self.whole(0, len(options) - 1)]

    def some(self, options: Sequence[Option], number: int) -> list[Option]:
        """`number` of the options, each at most once, in their own order."""
        keys = [(self.roll(), place) for place in range(len(options))]
        return [options[place] for place in sorted(place for _, place in sorted(keys)[:number])]

    def later(self, day: date, low: int, high: int) -> date:
        """A day `low` to `high` days after `day`; before it where they are negative."""
        return day + timedelta(days=self.whole(low, high))

    def between(self, first: date, last: date) -> date:
        """A day from `first` to `last`; `first` where `last` comes before it."""
        return self.later(first, 0, max(0, (last - first).days))
