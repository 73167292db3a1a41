"""Means, rates, percentiles and how far each can be trusted."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from knowledge.card import Frozen

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""
RESAMPLES = 10_000
_AT_ONCE = 1_000
"""Resamples drawn in one array: bounds the memory on a suite of thousands of cases."""


class Interval(Frozen):
    """The bounds of a 95 % interval."""

    low: float
    high: float


class Estimate(Frozen):
    """A mean or rate with its count and interval."""

    n: int
    mean: float
    low: float
    high: float


class Count(Frozen):
    """A rate under a name, and how high it is to be: a line of a report's table."""

    name: str
    n: int
    right: int
    interval: Interval
    goal: float | None = None

    @property
    def share(self) -> float:
        """Share that is right."""
        return self.right / self.n

    @property
    def is_missed(self) -> bool:
        """Whether it falls short of its goal."""
        return self.goal is not None and self.share < self.goal


class Percentiles(Frozen):
    """How a quantity is spread."""

    n: int
    mean: float
    p50: float
    p95: float


def count(name: str, right: Sequence[bool], goal: float | None = None) -> Count:
    """Count what is right among at least one outcome."""
    hits = sum(right)
    interval = wilson(hits, len(right))
    return Count(name=name, n=len(right), right=hits, interval=interval, goal=goal)


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a mean needs at least one value")
    return math.fsum(values) / len(values)


def wilson(successes: float, n: int) -> Interval:
    """Return the Wilson score interval of a rate, at 95 %.

    Args:
        successes: how often it happened, 0 to `n`.
        n: how often it could have, at least 1.

    Raises:
        ValueError: `n` is not positive, or `successes` lies outside.

    Source: E. B. Wilson, Probable inference, JASA 22 (1927).
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes!r} of {n!r} is not a rate; expected 0 to n, n at least 1")
    rate = successes / n
    z2 = Z_95**2
    middle = rate + z2 / (2 * n)
    spread = Z_95 * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    low = 0.0 if successes == 0 else (middle - spread) / (1 + z2 / n)
    high = 1.0 if successes == n else (middle + spread) / (1 + z2 / n)
    return Interval(low=low, high=high)


def bootstrap_mean(
    values: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Return the percentile bootstrap interval of a mean, at 95 %.

    Args:
        values: the observations.
        clusters: what each observation belongs to; observations of one cluster are drawn
            together. None = each stands alone.
        resamples: how many samples are drawn.
        seed: starts the generator; the same seed gives the same interval.

    Raises:
        ValueError: no values, or as many clusters as values are not given.

    Source: B. Efron and R. Tibshirani, An introduction to the bootstrap (1993), chapter 13.
    """
    if not values:
        raise ValueError("a bootstrap needs at least one value")
    sums, sizes = _by_cluster(values, clusters)
    generator = np.random.default_rng(seed)
    means = np.empty(resamples)
    for start in range(0, resamples, _AT_ONCE):
        stop = min(start + _AT_ONCE, resamples)
        drawn = generator.integers(len(sums), size=(stop - start, len(sums)))
        means[start:stop] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(low=float(low), high=float(high))


def estimate_rate(values: Sequence[float]) -> Estimate:
    """Return the share of ones among zeros and ones, with its Wilson interval."""
    interval = wilson(math.fsum(values), len(values))
    return Estimate(n=len(values), mean=mean(values), low=interval.low, high=interval.high)


def estimate_share(
    values: Sequence[float], *, clusters: Sequence[Hashable] | None = None, seed: int = 0
) -> Estimate:
    """Return the mean of shares between 0 and 1, with its interval.

    Where every share is 0, or every one is 1, the bootstrap has no width, as if nothing else
    could ever happen; Wilson's interval of as many yes or no answers stands in for it.
    """
    if len(set(values)) == 1 and values[0] in (0, 1):
        return estimate_rate(values)
    return estimate_mean(values, clusters=clusters, seed=seed)


def estimate_mean(
    values: Sequence[float], *, clusters: Sequence[Hashable] | None = None, seed: int = 0
) -> Estimate:
    """Return the mean of values, with its bootstrap interval."""
    interval = bootstrap_mean(values, clusters=clusters, seed=seed)
    return Estimate(n=len(values), mean=mean(values), low=interval.low, high=interval.high)


def paired_bootstrap(
    before: Sequence[float],
    after: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> Estimate:
    """Return the mean difference, after less before, with its bootstrap interval.

    Args:
        before: scores of the cases under one system.
        after: scores of the same cases, in the same order, under the other.
        clusters: what each case belongs to, as in `bootstrap_mean`.
        seed: starts the generator.

    Raises:
        ValueError: no scores, or not as many after as before.

    Source: B. Efron and R. Tibshirani, An introduction to the bootstrap (1993), chapter 13.
    """
    return estimate_mean(_differences(before, after), clusters=clusters, seed=seed)


def randomisation_p(
    before: Sequence[float],
    after: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> float:
    """Return the two-sided p-value of a paired difference, by random exchanges of the two systems.

    Where the systems are alike, the sign of each cluster's difference is a matter of chance. The
    observed exchange counts among those drawn, so the value is never 0.

    Source: E. Noreen, Computer-intensive methods for testing hypotheses (1989), chapter 2.
    """
    sums, _ = _by_cluster(_differences(before, after), clusters)
    observed = abs(sums.sum())
    generator = np.random.default_rng(seed)
    as_far = 1
    for start in range(0, resamples, _AT_ONCE):
        rows = min(_AT_ONCE, resamples - start)
        signs = generator.choice([-1.0, 1.0], size=(rows, len(sums)))
        as_far += int((np.abs(signs @ sums) >= observed - 1e-9).sum())
    return as_far / (resamples + 1)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values adjusted for being read together, by name: Holm's step-down method.

    Of metrics whose adjusted value is at most 0.05, the chance that even one moved by luck alone
    is at most 5 %.

    Source: S. Holm, A simple sequentially rejective multiple test procedure (1979).
    """
    adjusted: dict[str, float] = {}
    highest = 0.0
    for place, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}


def cohen_kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> Estimate | None:
    """Return the agreement of two raters beyond chance, with its interval.

    Args:
        one: a rater's categories, by item.
        other: another's, of the same items in the same order.

    Returns:
        Kappa, 1 = always, 0 = as often as by chance; None where both gave one and the same
        category throughout, for then chance alone would make them agree.

    Raises:
        ValueError: no items, or not as many of the one as of the other.

    Source: J. Cohen (1960); variance: J. Fleiss, J. Cohen and B. Everitt, Large sample standard
    errors of kappa and weighted kappa (1969), formula 13.
    """
    n = len(one)
    if not n or n != len(other):
        raise ValueError(f"{n} categories against {len(other)}; expected as many, at least one")
    place = {category: row for row, category in enumerate(dict.fromkeys((*one, *other)))}
    table = np.zeros((len(place), len(place)))
    for mine, theirs in zip(one, other, strict=True):
        table[place[mine], place[theirs]] += 1 / n
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    seen, chance = float(np.trace(table)), float(rows @ columns)
    if chance >= 1 - 1e-12:
        return None
    kappa = (seen - chance) / (1 - chance)
    # sums[i, j]: how often the one says j and the other i, all told
    sums = columns[:, None] + rows[None, :]
    on = float((np.diag(table) * (1 - np.diag(sums) * (1 - kappa)) ** 2).sum())
    off = (1 - kappa) ** 2 * float(
        (table * sums**2).sum() - (np.diag(table) * np.diag(sums) ** 2).sum()
    )
    variance = (on + off - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    spread = Z_95 * math.sqrt(max(variance, 0.0))
    return Estimate(n=n, mean=kappa, low=max(kappa - spread, -1.0), high=min(kappa + spread, 1.0))


def percentiles(values: Sequence[float]) -> Percentiles:
    """Return mean, median and 95th percentile (linear between neighbours).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("percentiles need at least one value")
    p50, p95 = np.percentile(np.asarray(values, dtype=float), [50, 95])
    return Percentiles(n=len(values), mean=mean(values), p50=float(p50), p95=float(p95))


def _differences(before: Sequence[float], after: Sequence[float]) -> list[float]:
    if len(before) != len(after):
        raise ValueError(f"{len(before)} scores before, {len(after)} after; expected as many")
    return [now - was for was, now in zip(before, after, strict=True)]


def _by_cluster(
    values: Sequence[float], clusters: Sequence[Hashable] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return sum and size of each cluster."""
    if clusters is None:
        return np.asarray(values, dtype=float), np.ones(len(values))
    if len(clusters) != len(values):
        raise ValueError(f"{len(clusters)} clusters for {len(values)} values; expected as many")
    place = {cluster: row for row, cluster in enumerate(dict.fromkeys(clusters))}
    rows = [place[cluster] for cluster in clusters]
    sums = np.bincount(rows, weights=np.asarray(values, dtype=float))
    return sums, np.bincount(rows).astype(float)
