"""How far chance could move a share: Wilson ranges, Jeffreys draws, resampled meetings.

Records of a year are complete, not a sample. A range says how far a similar year could differ
from the practice that produced these records.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assess.observe import Observed

Array = NDArray[np.float64]

LEVEL = 0.9
DRAWS = 2000
SHARED_HABIT = 0.15  # correlation expected between the rows of one meeting: our judgement
MANY_MEETINGS = 10_000  # more are not resampled one by one
HABIT_STRENGTH = 3  # how many meetings' worth of evidence that expectation stands for


def generator(seed: int, *names: str) -> np.random.Generator:
    """A stream of random numbers set by `seed` and `names` alone, whatever else is drawn."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def seed_of(seed: int, *names: str) -> int:
    """A seed of its own for what `names` name, such as one organisation in one period."""
    return int(generator(seed, *names).integers(2**32))


def wilson(hit: ArrayLike, of: ArrayLike, level: float = LEVEL) -> tuple[Array, Array]:
    """Wilson score range of the share hit / of, between 0 and 1. NaN where `of` is 0."""
    k, n = np.asarray(hit, dtype=float), np.asarray(of, dtype=float)
    z = NormalDist().inv_cdf((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def draw_range(draws: ArrayLike, value: float, level: float = LEVEL) -> tuple[float, float]:
    """The middle `level` of the draws, stretched to hold `value`. NaN where a draw is NaN.

    Jeffreys draws never reach 0 or 1, so five of five would otherwise lie outside its own range.
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return min(low, value), max(high, value)


def share_draws(hit: float, of: float, size: int, rng: np.random.Generator) -> Array:
    """Shares that could lie behind `hit` of `of`: Jeffreys' Beta. NaN where `of` is 0."""
    if not of > 0:
        return np.full(size, np.nan)
    return rng.beta(hit + 0.5, max(of - hit, 0) + 0.5, size)


@dataclass(frozen=True)
class Clusters:
    """What is known of one share, added up by meeting, in order of the meetings' codes.

    Rows without a meeting stand alone: they come last, one cluster each.
    """

    meetings: tuple[str, ...]
    hit: Array
    of: Array
    of_squared: Array  # of the single rows: how unequal they are in weight

    @property
    def share(self) -> float:
        """NaN where nothing is known."""
        return self.hit.sum() / self.of.sum() if self.of.sum() > 0 else np.nan


def clusters_of(rows: pd.DataFrame) -> Clusters:
    """Add up the rows whose `hit` is known (see `observe.Observed`) by meeting."""
    hit, of = rows["hit"].to_numpy(), rows["of"].to_numpy()
    known = ~np.isnan(hit) & (of > 0)
    hit, of = hit[known], of[known]
    codes, meetings = pd.factorize(rows["cluster"].array[known], sort=True)
    alone = np.flatnonzero(codes == -1)
    alone = alone[np.lexsort((hit[alone], of[alone]))]  # sums then do not hang on the order
    codes[alone] = len(meetings) + np.arange(len(alone))
    size = len(meetings) + len(alone)
    sums = (np.bincount(codes, weights, size) for weights in (hit, of, of**2))
    return Clusters(tuple(map(str, meetings)), *sums)


def effective_records(clusters: Clusters) -> float:
    """How many records standing alone these are worth. 0 where there are none.

    Rows of one meeting share its habits, so a hundred decisions in four meetings say less than
    one decision in each of a hundred meetings. How much less shows in the spread between meetings,
    steadied towards SHARED_HABIT because four meetings cannot tell their own spread.
    """
    hit, of, share = clusters.hit, clusters.of, clusters.share
    if not of.sum() > 0:
        return 0.0
    rows = of.sum() ** 2 / clusters.of_squared.sum()
    typical_size = rows * (of**2).sum() / of.sum() ** 2
    inflation, freedom = 1 + (typical_size - 1) * SHARED_HABIT, HABIT_STRENGTH
    if 0 < share < 1 and len(of) > 1:
        spread = ((hit - share * of) ** 2).sum() / of.sum() ** 2 * len(of) / (len(of) - 1)
        seen = spread / (share * (1 - share) / rows)
        freedom = HABIT_STRENGTH + len(of) - 1
        inflation += (seen - inflation) * (len(of) - 1) / freedom
    return rows / max(inflation, 1.0) * _few(freedom)


def _few(freedom: float) -> float:
    """How much fewer records to reckon with, for the spread is itself a guess from `freedom` + 1.

    (f - 1) / (f + 1) widens a 90% range as Student's t does.
    """
    return (freedom - 1) / (freedom + 1)


def meeting_weights(meetings: int, size: int, rng: np.random.Generator) -> Array:
    """How often each meeting is drawn, size x meetings: each row draws as many as there are."""
    drawn = rng.integers(0, max(meetings, 1), (size, meetings))
    drawn += meetings * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * meetings).reshape(size, -1).astype(float)


def cluster_draws(
    shares: Mapping[str, Clusters], size: int = DRAWS, *, seed: int = 0
) -> dict[str, Array]:
    """Draws of several shares that rest on the same meetings, and so move together.

    Each share follows the Beta of its effective records, so that four meetings which all passed
    still have a range. Which draw is high and which is low comes from resampling the meetings,
    with the same weights for every share.
    """
    named = [np.array(share.meetings, dtype=object) for share in shares.values()]
    places, meetings = pd.factorize(np.concatenate([[], *named]), sort=True)
    ends = np.cumsum([len(one) for one in named])[:-1]
    at = dict(zip(shares, np.split(places, ends), strict=bool(shares)))
    patterns = _resamples(shares, at, len(meetings), size, generator(seed, "meetings"))
    drawn = {}
    for name, clusters in shares.items():
        rng = generator(seed, name)
        records = effective_records(clusters)
        beta = share_draws(clusters.share * records if records else 0, records, size, rng)
        drawn[name] = _ordered_like(patterns[name], beta, rng)
    return drawn


def _resamples(
    shares: Mapping[str, Clusters],
    at: Mapping[str, NDArray[np.intp]],
    meetings: int,
    size: int,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Each share in `size` resamples of the same meetings; `at`: where its meetings stand.

    Of many thousand meetings each is drawn so seldom that the resampled shares are normal: they
    are drawn from what the meetings have in common, without a table of draws by meetings.
    """
    if meetings <= MANY_MEETINGS:
        weights = meeting_weights(meetings, size, rng)
        return {name: _resampled(weights[:, at[name]], one) for name, one in shares.items()}
    pulls = np.zeros((len(shares), meetings))
    for row, (name, one) in zip(pulls, shares.items(), strict=True):
        named = slice(len(one.meetings))
        if one.of.sum() > 0:
            row[at[name]] = (one.hit[named] - one.share * one.of[named]) / one.of.sum()
    together = rng.multivariate_normal(np.zeros(len(shares)), pulls @ pulls.T, size, method="eigh")
    return dict(zip(shares, together.T, strict=True))


def _resampled(weights: Array, clusters: Clusters) -> Array:
    """The share in each resample of the meetings. The share itself where none was drawn."""
    named = slice(len(clusters.meetings))
    hit, of = weights @ clusters.hit[named], weights @ clusters.of[named]
    return np.divide(hit, of, out=np.full(len(of), clusters.share), where=of > 0)


def _ordered_like(pattern: Array, draws: Array, rng: np.random.Generator) -> Array:
    """`draws` put in the order of `pattern`, ties at random so that they tie nothing together."""
    order = np.argsort(pattern + rng.random(len(pattern)) * 1e-9)
    ordered = np.empty_like(draws)
    ordered[order] = np.sort(draws)
    return ordered


def observed_draws(
    observed: Mapping[str, Observed],
    ranges: Mapping[str, str],
    size: int = DRAWS,
    *,
    seed: int = 0,
) -> dict[str, Array]:
    """Draws of what each indicator observed, as a share or ratio (never percent).

    `ranges` says for each id "wilson" (rows stand alone), "meetings" or "exact". What is exact,
    and a fact, does not vary. A single share's draws spread a little wider than Wilson's range:
    they are made to be combined, and combining few records adds doubt of its own.
    """
    meetings: dict[str, Clusters] = {}
    drawn: dict[str, Array] = {}
    for name, seen in observed.items():
        if ranges[name] == "exact" or seen.form == "fact":
            drawn[name] = np.full(size, value_of(seen))
            continue
        for group, rows in groups_of(seen).items():
            key = f"{name}/{group}" if group else name
            if ranges[name] == "meetings":
                meetings[key] = clusters_of(rows)
            else:
                hit, of = _known(rows)
                fewer = _few(HABIT_STRENGTH + of - 1)
                drawn[key] = share_draws(hit * fewer, of * fewer, size, generator(seed, key))
    drawn |= cluster_draws(meetings, size, seed=seed)
    return {name: _one_value(name, seen, drawn, size) for name, seen in observed.items()}


def groups_of(seen: Observed) -> dict[str, pd.DataFrame]:
    """The rows of each group compared, or all rows under "" where no groups are."""
    if seen.form != "lowest_to_highest":
        return {"": seen.rows}
    return {str(group): rows for group, rows in seen.rows.groupby("group")}


def _known(rows: pd.DataFrame) -> tuple[float, float]:
    hit, of = rows["hit"].to_numpy(), rows["of"].to_numpy()
    known = ~np.isnan(hit)
    return hit[known].sum(), of[known].sum()


def value_of(seen: Observed) -> float:
    """The share, ratio or fact observed. NaN where nothing is known."""
    if seen.form == "fact":
        return seen.value
    counts = np.array([_known(rows) for rows in groups_of(seen).values()]).reshape(-1, 2)
    return value_of_counts(seen.form, *counts.T)


def value_of_counts(form: str, hit: Array, of: Array) -> float:
    """The share, or the lowest group's over the highest's. NaN where nothing is known."""
    shares = hit[of > 0] / of[of > 0]
    if len(shares) == 0:
        return np.nan
    if form == "share":
        return float(shares[0])
    return float(shares.min() / shares.max()) if shares.max() > 0 else np.nan


def _one_value(name: str, seen: Observed, drawn: Mapping[str, Array], size: int) -> Array:
    if seen.form != "lowest_to_highest" or name in drawn:
        return drawn[name]
    groups = {group: _known(rows) for group, rows in groups_of(seen).items()}
    rates = {group: hit / of for group, (hit, of) in groups.items() if of > 0}
    if not rates:
        return np.full(size, np.nan)
    # The groups that were lowest and highest keep their places in every draw. Taking the lowest
    # anew each time would make equal groups look unequal in all of them.
    lowest, highest = min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__)
    ratio = drawn[f"{name}/{lowest}"] / drawn[f"{name}/{highest}"]
    return np.minimum(ratio, 1.0)
