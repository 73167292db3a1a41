"""Fusion: one ranking of facts from several, within a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from knowledge.card import FactRef
from knowledge.search.passage import Hit

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
    """A fact of a merged ranking."""

    ref: FactRef
    score: float
    """In [0, 1]."""


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
    shares = (weights.dense, weights.lexical, weights.sense, weights.words)
    rankings = list(zip(shares, (dense, lexical, sense, words), strict=True))
    total = sum(share for share, hits in rankings if hits) or 1.0
    scores: dict[FactRef, float] = {}
    for share, hits in rankings:
        weight = share / total
        for ref, score in _stretched(hits).items():
            scores[ref] = scores.get(ref, 0.0) + weight * score
    return _ranked(scores)


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
    return blended({hit.ref: hit.score for hit in hits}, _stretched(near), share)


def blended(
    own: Mapping[FactRef, float], other: Mapping[FactRef, float], share: float
) -> list[FusedHit]:
    """Merge two scores of each fact, best first; a fact that one lacks scores 0 there.

    Args:
        own: scores by fact.
        other: the same from elsewhere.
        share: of `other` in the outcome.
    """
    return _ranked(
        {
            ref: (1 - share) * own.get(ref, 0.0) + share * other.get(ref, 0.0)
            for ref in {**own, **other}
        }
    )


def _ranked(scores: Mapping[FactRef, float]) -> list[FusedHit]:
    """Put scored facts in order, best first; ties keep theirs."""
    return list(map(FusedHit._make, sorted(scores.items(), key=itemgetter(1), reverse=True)))


def _stretched(hits: Sequence[Hit]) -> dict[FactRef, float]:
    if not hits:
        return {}
    top = hits[0].score
    floor = hits[FLOOR_RANK - 1].score if len(hits) >= FLOOR_RANK else 0.0
    span = max(top - floor, 1e-9)
    return {hit.ref: max(0.0, (hit.score - floor) / span) for hit in hits}
