"""Is a difference between two runs more than chance? A test by sign flips, corrected for many tests."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

FLIPS = 10_000
"""Random flips of signs, where there are too many to try all."""
EXACT = 13
"""Clusters up to which every one of the 2^n flips is tried."""


def sign_flip_p(
    differences: Sequence[float], clusters: Sequence[Hashable], *, seed: int = 0
) -> float:
    """Return the two-sided p of "neither run is better", by flipping the signs of differences.

    Were the runs alike, each case's difference could as well have had the other sign. Cases of one
    cluster are flipped together. Exact for up to `EXACT` clusters with a difference.

    Args:
        differences: of each case, after less before.
        clusters: what each case belongs to.
        seed: starts the generator.

    Source: R. A. Fisher's randomisation test, as advised for paired runs by M. Smucker, J. Allan
    and B. Carterette, A comparison of statistical significance tests, CIKM 2007.
    """
    sums: dict[Hashable, float] = {}
    for cluster, difference in zip(clusters, differences, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + difference
    moved = np.array([value for value in sums.values() if abs(value) > 1e-12])
    if not len(moved):
        return 1.0
    seen = abs(moved.sum()) - 1e-9
    if len(moved) <= EXACT:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(moved))))
        return float((np.abs(signs @ moved) >= seen).mean())
    generator = np.random.default_rng(seed)
    signs = generator.choice((-1.0, 1.0), size=(FLIPS, len(moved)))
    return float(((np.abs(signs @ moved) >= seen).sum() + 1) / (FLIPS + 1))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return each p corrected for there being so many of them.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal
    of Statistics 6 (1979).
    """
    corrected: dict[str, float] = {}
    most = 0.0
    for place, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        most = max(most, min(1.0, (len(p_values) - place) * p))
        corrected[name] = most
    return {name: corrected[name] for name in p_values}
