"""Which route a question is about: typical questions alike in sense and words, and facts found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from bot.retrieval.evidence import Evidence
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.search.exemplars import Likeness

FIT_OF = 10
"""Facts, best first, that tell whether a route fits."""
COSINE_SPAN = 0.05
"""Distance from the nearest typical questions, as cosine, at which likeness in sense is used up."""
SENSE, WORDS, FIT = 5.4, 5.5, 1.8
"""Weights of the signals, fitted (conditional logit) on 900 of the routes' own typical questions, each
held out: by cross-validation the right route comes first for 567 of 627 older ones, and for 192 of
the 273 written last, which use the words of neighbouring routes or none of the field."""


class RouteMatch(NamedTuple):
    """A route that may be the one a question is about."""

    route: str
    chance: float
    """Of being the one meant, if any is: in [0, 1], over all routes 1."""
    fit: float
    """Share of the evidence that stands on the route's own facts, in [0, 1]: says whether the best
    route is any good, where `chance` only says that it is better than the others."""


class RouteFinder:
    """Ranks the corpus's routes for a question."""

    def __init__(self, corpus: Corpus) -> None:
        """Take the corpus whose routes compete."""
        self._refs = {route.id: frozenset(route.refs) for route in corpus.routes.values()}

    def near_facts(self, likeness: Likeness) -> dict[FactRef, float]:
        """Return the facts of the routes whose typical questions are near, with that nearness."""
        near: dict[FactRef, float] = {}
        values = _scaled_cosines(likeness.cosines)
        # The nearest last: a fact of several routes counts for the nearest.
        for route in sorted(
            (route for route in values if values[route] > 0), key=values.__getitem__
        ):
            near.update(dict.fromkeys(self._refs[route], values[route]))
        return near

    def rank(self, evidence: Evidence, likeness: Likeness) -> list[RouteMatch]:
        """Rank all routes, best first.

        Args:
            evidence: the facts found; they tell how well a route fits.
            likeness: between the question and the routes' typical questions.
        """
        sense = _scaled_cosines(likeness.near)
        words = _scaled(_of_routes(likeness.words))
        fits = {route: self._fit(route, evidence) for route in self._refs}
        odds = {
            route: math.exp(SENSE * sense[route] + WORDS * words[route] + FIT * fit)
            for route, fit in fits.items()
        }
        total = sum(odds.values())
        matches = (RouteMatch(route, odd / total, fits[route]) for route, odd in odds.items())
        return sorted(matches, key=lambda match: -match.chance)

    def _fit(self, route: str, evidence: Evidence) -> float:
        hits = evidence.hits[:FIT_OF]
        total = sum(hit.score for hit in hits) or 1.0
        return sum(hit.score for hit in hits if hit.ref in self._refs[route]) / total


def _of_routes(values: Mapping[str, float]) -> dict[str, float]:
    return {
        label.removeprefix("ask:"): value
        for label, value in values.items()
        if label.startswith("ask:")
    }


def _scaled_cosines(cosines_by_label: Mapping[str, float]) -> dict[str, float]:
    cosines = _of_routes(cosines_by_label)
    top = max(cosines.values(), default=0.0)
    return {route: 1 + (cosine - top) / COSINE_SPAN for route, cosine in cosines.items()}


def _scaled(values: Mapping[str, float]) -> dict[str, float]:
    top = max(values.values(), default=0.0) or 1.0
    return {name: value / top for name, value in values.items()}
