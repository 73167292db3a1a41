"""Routes: does the plan follow the right route card?"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score
from knowledge.corpus import Corpus


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
