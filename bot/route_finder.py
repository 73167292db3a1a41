"""Which route a question is about: typical questions alike in sense and words, and facts found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from bot.evidence import Evidence
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.exemplars import Likeness

LOOKED_AT = 15
"""Facts, best first, whose routes count."""
FIT_OF = 10
"""Facts, best first, that tell whether a route fits."""
COSINE_SPAN = 0.05
"""Distance from the nearest typical question, as cosine, at which likeness in sense is used up."""
SENSE, WORDS, FACTS = 1.0, 2.0, 1.0
"""Weights of the three signals, each scaled to at most 1. On the development cases (26 with a
route): sense alone 0.54, with facts 0.69, with words too 0.85–0.88 (0.5–1 for facts)."""
MOST = SENSE + WORDS + FACTS


class RouteMatch(NamedTuple):
    """A route that fits a question, and how well."""

    route: str
    score: float
    """In [0, 1] at best; negative when its typical questions are far."""
    fit: float
    """Share of the evidence that stands on the route's own facts, in [0, 1]: says whether the best
    route is any good, where `score` only says that it is the best."""


class RouteFinder:
    """Ranks the corpus's routes for a question."""

    def __init__(self, corpus: Corpus) -> None:
        """Take the corpus whose routes compete."""
        self._refs = {route.id: frozenset(route.refs) for route in corpus.routes.values()}
        # A fact that many routes stand on tells little about which of them is meant.
        self._uses = Counter(ref for refs in self._refs.values() for ref in refs)

    def near_facts(self, likeness: Likeness) -> dict[FactRef, float]:
        """Return the facts of the routes whose typical questions are near, with that nearness."""
        near: dict[FactRef, float] = {}
        for route, value in _scaled_cosines(likeness).items():
            if value > 0:
                for ref in self._refs[route]:
                    near[ref] = max(value, near.get(ref, 0.0))
        return near

    def rank(self, evidence: Evidence, likeness: Likeness) -> list[RouteMatch]:
        """Rank all routes, best first.

        Args:
            evidence: the facts found; each speaks for the routes that stand on it.
            likeness: between the question and the routes' typical questions.
        """
        sense = _scaled_cosines(likeness)
        words = _scaled(_of_routes(likeness.words))
        facts = _scaled(self._shares(evidence))
        matches = (
            RouteMatch(
                route,
                (SENSE * sense[route] + WORDS * words[route] + FACTS * facts[route]) / MOST,
                self._fit(route, evidence),
            )
            for route in self._refs
        )
        return sorted(matches, key=lambda match: -match.score)

    def _fit(self, route: str, evidence: Evidence) -> float:
        hits = evidence.hits[:FIT_OF]
        total = sum(hit.score for hit in hits) or 1.0
        return sum(hit.score for hit in hits if hit.ref in self._refs[route]) / total

    def _shares(self, evidence: Evidence) -> dict[str, float]:
        hits = evidence.hits[:LOOKED_AT]
        return {
            route: sum(hit.score / self._uses[hit.ref] for hit in hits if hit.ref in refs)
            for route, refs in self._refs.items()
        }


def _of_routes(values: Mapping[str, float]) -> dict[str, float]:
    return {
        label.removeprefix("ask:"): value
        for label, value in values.items()
        if label.startswith("ask:")
    }


def _scaled_cosines(likeness: Likeness) -> dict[str, float]:
    cosines = _of_routes(likeness.cosines)
    top = max(cosines.values(), default=0.0)
    return {route: 1 + (cosine - top) / COSINE_SPAN for route, cosine in cosines.items()}


def _scaled(values: Mapping[str, float]) -> dict[str, float]:
    top = max(values.values(), default=0.0) or 1.0
    return {name: value / top for name, value in values.items()}
