"""Completeness: how much of what a good answer says this answer says.

The whole text of the answer counts, a plan's lines too where the text holds them.
"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case, Nugget
from evals.scorers.score import Score, listed
from evals.scorers.text import find, folded


def missed_nuggets(case: Case, answer: CheckedAnswer) -> tuple[Nugget, ...]:
    """Return the nuggets of the case that the answer's text does not make."""
    text = folded(answer.text)
    return tuple(nugget for nugget in case.nuggets if find(nugget.any, text) is None)


def nugget_recall(case: Case, answer: CheckedAnswer) -> Score:
    """Weighted share of the nuggets made: vital count 1, okay-to-have 0.5."""
    if not case.nuggets:
        return Score.unscored("the case has no nuggets")
    return _recall(case.nuggets, missed_nuggets(case, answer))


def nugget_recall_strict(case: Case, answer: CheckedAnswer) -> Score:
    """Share of the nuggets made, vital and okay-to-have alike."""
    if not case.nuggets:
        return Score.unscored("the case has no nuggets")
    missed = missed_nuggets(case, answer)
    made = len(case.nuggets) - len(missed)
    return Score.share(made, len(case.nuggets), f"missed: {listed([n.name for n in missed])}")


def vital_recall(case: Case, answer: CheckedAnswer) -> Score:
    """Share of the vital nuggets made; okay-to-have ones count nothing."""
    vital = tuple(nugget for nugget in case.nuggets if nugget.is_vital)
    if not vital:
        return Score.unscored("the case has no vital nugget")
    return _recall(vital, tuple(n for n in missed_nuggets(case, answer) if n.is_vital))


def _recall(wanted: tuple[Nugget, ...], missed: tuple[Nugget, ...]) -> Score:
    whole = sum(nugget.weight for nugget in wanted)
    made = whole - sum(nugget.weight for nugget in missed)
    return Score.share(made, whole, f"missed: {listed([nugget.name for nugget in missed])}")
