"""Measures of a ranking, as trec_eval has them where every relevant item counts the same.

Each takes the items found, best first, and the relevant ones, of which there is at least one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def recall(found: Sequence[str], relevant: Collection[str], cut: int) -> float:
    """Share of the relevant items among the first `cut` (trec_eval recall.k)."""
    return sum(item in relevant for item in found[:cut]) / len(relevant)


def reciprocal_rank(found: Sequence[str], relevant: Collection[str]) -> float:
    """One over the rank of the first relevant item; 0 where there is none (recip_rank)."""
    return next((1 / rank for rank, item in enumerate(found, start=1) if item in relevant), 0.0)


def ndcg(found: Sequence[str], relevant: Collection[str], cut: int) -> float:
    """Discounted gain of the first `cut`, over that of the best order (ndcg_cut.k)."""
    best = sum(_gain(rank) for rank in range(1, min(cut, len(relevant)) + 1))
    return sum(_gain(rank) for rank, item in enumerate(found[:cut], 1) if item in relevant) / best


def average_precision(found: Sequence[str], relevant: Collection[str]) -> float:
    """Mean over the relevant items of the precision at their ranks, 0 for those absent (map)."""
    ranks = [rank for rank, item in enumerate(found, start=1) if item in relevant]
    return sum(hits / rank for hits, rank in enumerate(ranks, start=1)) / len(relevant)


def _gain(rank: int) -> float:
    return 1 / math.log2(rank + 1)
