"""Means, rates, percentiles and how far each can be trusted."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

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
    before: Sequence[float], after: Sequence[float], clusters: Sequence[Hashable], seed: int = 0
) -> Estimate:
    """Return the mean difference of two runs over the same cases, after less before.

    Args:
        before: values of the first run, by case.
        after: those of the second, in the same order.
        clusters: what each case belongs to; cases of one cluster are drawn together.
        seed: starts the generator.

    Raises:
        ValueError: there are no cases, or not as many values as cases.
    """
    differences = [new - old for old, new in zip(before, after, strict=True)]
    return estimate_mean(differences, clusters=clusters, seed=seed)


def percentiles(values: Sequence[float]) -> Percentiles:
    """Return mean, median and 95th percentile (linear between neighbours).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("percentiles need at least one value")
    p50, p95 = np.percentile(np.asarray(values, dtype=float), [50, 95])
    return Percentiles(n=len(values), mean=mean(values), p50=float(p50), p95=float(p95))


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
