"""Fusion: one ranking of facts from several, within a language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from knowledge.card import FactRef
from knowledge.passage import Hit

FLOOR_RANK = 50
"""The hit at this rank scores 0: below it, similarity is what any two texts of the field share."""


class Weights(NamedTuple):
    """Shares of the rankings that are merged; the table in `docs/retrieval.md` says what each is worth."""

    dense: float = 0.2
    """Nearness of the passage to the question."""
    lexical: float = 0.25
    """Words that passage and question share (BM25)."""
    sense: float = 0.25
    """Nearness of the fact's example questions to the question."""
    words: float = 0.3
    """Words that an example question and the question share (tf-idf)."""
    parts: float = 0.25
    """Share of the part that a fact fits best, in a question with several parts."""
    feedback: float = 0.4
    """Share of nearness to the first facts found, whatever the question's words."""


DEFAULT_WEIGHTS = Weights()


class FusedHit(NamedTuple):
    """A fact with its share of every ranking."""

    ref: FactRef
    score: float
    """In [0, 1]."""
    shares: tuple[float, ...]
    """Its stretched score in each ranking, in [0, 1], in the order of `Weights`."""


def fuse(
    dense: Sequence[Hit],
    lexical: Sequence[Hit],
    sense: Sequence[Hit] = (),
    words: Sequence[Hit] = (),
    *,
    weights: Weights = DEFAULT_WEIGHTS,
) -> list[FusedHit]:
    """Merge rankings by the weighted mean of their normalised scores, best first.

    Each ranking is stretched so that its best hit scores 1 and the hit at `FLOOR_RANK` 0; a fact
    that a ranking lacks scores 0 there. A ranking without hits has no say: the others share its
    weight. Ties keep the order of the first ranking.

    Args:
        dense: hits of the dense index, best first.
        lexical: hits of the lexical index, best first.
        sense: facts by the nearest of their example questions, best first.
        words: facts by the words of their example questions, best first.
        weights: shares, at least one of a ranking with hits above 0.
    """
    rankings = [_stretched(hits) for hits in (dense, lexical, sense, words)]
    shares_of = (weights.dense, weights.lexical, weights.sense, weights.words)
    total = sum(w for w, ranking in zip(shares_of, rankings, strict=True) if ranking) or 1.0
    fused = []
    a, b, c, d = (weight / total for weight in shares_of)
    first, second, third, fourth = rankings
    for ref in first | second | third | fourth:
        shares = (
            first.get(ref, 0.0),
            second.get(ref, 0.0),
            third.get(ref, 0.0),
            fourth.get(ref, 0.0),
        )
        score = a * shares[0] + b * shares[1] + c * shares[2] + d * shares[3]
        fused.append(FusedHit(ref, score, shares))
    return sorted(fused, key=lambda hit: -hit.score)


def with_feedback(
    hits: Sequence[FusedHit], near: Sequence[Hit], share: float = DEFAULT_WEIGHTS.feedback
) -> list[FusedHit]:
    """Merge a ranking with the facts that are near to its first ones, best first.

    Args:
        hits: a fused ranking.
        near: facts by nearness to its first ones, best first; empty leaves the ranking as it is.
        share: of that nearness in the outcome.
    """
    if not near:
        return list(hits)
    nearness = _stretched(near)
    shares = {hit.ref: hit for hit in hits}
    merged = [
        FusedHit(
            ref,
            (1 - share) * (hit.score if (hit := shares.get(ref)) else 0.0)
            + share * nearness.get(ref, 0.0),
            shares[ref].shares if ref in shares else (),
        )
        for ref in dict.fromkeys((*shares, *nearness))
    ]
    return sorted(merged, key=lambda hit: -hit.score)


def _stretched(hits: Sequence[Hit]) -> dict[FactRef, float]:
    if not hits:
        return {}
    top = hits[0].score
    floor = hits[FLOOR_RANK - 1].score if len(hits) >= FLOOR_RANK else 0.0
    span = max(top - floor, 1e-9)
    return {hit.ref: max(0.0, (hit.score - floor) / span) for hit in hits}
