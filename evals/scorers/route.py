"""Routes: does the plan follow the right route card, and does the answer tell its steps?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bot.answer import CheckedAnswer
from bot.query.profile import known_values
from bot.route_plan import PlannedOption, PlannedStep, plan_route
from evals.case import Case
from evals.scorers.score import Score, Scorer, listed
from evals.scorers.text import bare
from knowledge.corpus import Corpus
from knowledge.route import RouteCard


def route_accuracy(case: Case, answer: CheckedAnswer) -> Score:
    """Whether the plan follows the case's route.

    A plan on a case that names no route is not an error: many a lookup is answered well beside
    the plan it belongs to.
    """
    planned = answer.plan.route if answer.plan else None
    if case.route is None:
        return Score.unscored(f"the case names no route; planned {planned or 'none'}")
    return Score.of(planned == case.route, f"expected {case.route}, planned {planned or 'none'}")


def cards_of_right_plan(case: Case, answer: CheckedAnswer, corpus: Corpus) -> frozenset[str]:
    """Return the cards on which the case's route stands, when the answer plans that route."""
    if case.route is None or answer.plan is None or answer.plan.route != case.route:
        return frozenset()
    route = corpus.routes.get(case.route)
    return frozenset(ref.card_id for ref in route.refs) if route else frozenset()


def route_steps(corpus: Corpus) -> Scorer:
    """Make the scorer of the share of the right route's steps that the answer tells.

    The route card is held against the case's profile. Asked for are the steps that this firm
    needs, of that way open to it of which most are told: the case names the route, not the way.
    """

    def score(case: Case, answer: CheckedAnswer) -> Score:
        route = _route(case, corpus)
        if route is None:
            return Score.unscored(_WHY_NOT)
        told = _told(route, case, answer)
        if told is None:
            return Score.unscored(_CLOSED)
        return Score.share(
            len(told.places), told.asked, f"way {told.way}, not told: {listed(told.missing)}"
        )

    return score


def route_order(corpus: Corpus) -> Scorer:
    """Make the scorer of the share of "this before that" of the right route that the answer keeps.

    Counted are the pairs of told steps of which one must come before the other. A pair is turned
    where the later step is told nowhere but before the first telling of the earlier one.
    """

    def score(case: Case, answer: CheckedAnswer) -> Score:
        route = _route(case, corpus)
        if route is None:
            return Score.unscored(_WHY_NOT)
        told = _told(route, case, answer)
        if told is None:
            return Score.unscored(_CLOSED)
        places = told.places
        pairs = [
            (first, step.id)
            for step in route.option(told.way).steps
            for first in step.needs
            if first in places and step.id in places
        ]
        if not pairs:
            return Score.unscored("no two told steps of which one must come first")
        turned = [f"{b} before {a}" for a, b in pairs if places[b].stop <= places[a].start]
        return Score.share(
            len(pairs) - len(turned), len(pairs), f"way {told.way}, turned: {listed(turned)}"
        )

    return score


class _Told(NamedTuple):
    """Which of the steps asked for an answer tells, and where."""

    way: str
    places: Mapping[str, range]
    """By step told: the numbers of the claims from the first to the last that tell it."""
    missing: tuple[str, ...]

    @property
    def asked(self) -> int:
        return len(self.places) + len(self.missing)


def _told(route: RouteCard, case: Case, answer: CheckedAnswer) -> _Told | None:
    """Return what is told of the open way of which most is; None where every way is closed."""
    plan = plan_route(route, known_values(route, case.profile))
    ways = [_told_of(way, answer) for way in plan.options if way.is_open]
    return max(ways, key=lambda told: len(told.places) / told.asked, default=None)


def _told_of(way: PlannedOption, answer: CheckedAnswer) -> _Told:
    steps = [step for step in way.steps if step.state == "required"] or list(way.steps)
    found = {step.id: _place(step, answer) for step in steps}
    return _Told(
        way=way.id,
        places={step: at for step, at in found.items() if at is not None},
        missing=tuple(step for step, at in found.items() if at is None),
    )


def _place(step: PlannedStep, answer: CheckedAnswer) -> range | None:
    """Return where a step is told: in the card's words, else by sentences that cite its facts."""
    words = {bare(step.do.zh), bare(step.do.en)}
    texts = [bare(claim.text) for claim in answer.claims]
    told = [at for at, text in enumerate(texts) if any(one in text for one in words)]
    facts = set(step.refs)
    told = told or [
        at
        for at, claim in enumerate(answer.claims)
        if not claim.cells and not facts.isdisjoint(claim.refs)
    ]
    return range(told[0], told[-1] + 1) if told else None


_CLOSED = "every way of the route is closed to this firm"
_WHY_NOT = "the case does not ask how to go a route of the corpus"


def _route(case: Case, corpus: Corpus) -> RouteCard | None:
    return corpus.routes.get(case.route) if case.route and case.kind == "route" else None
