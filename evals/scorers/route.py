"""Routes: does the plan follow the right route card?"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score


def route_accuracy(case: Case, answer: CheckedAnswer) -> Score:
    """Whether the plan follows the case's route.

    A plan on a case that names no route is not an error: many a lookup is answered well beside
    the plan it belongs to.
    """
    planned = answer.plan.route if answer.plan else None
    if case.route is None:
        return Score.unscored(f"the case names no route; planned {planned or 'none'}")
    return Score.of(planned == case.route, f"expected {case.route}, planned {planned or 'none'}")
