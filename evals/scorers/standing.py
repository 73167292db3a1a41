"""Standing: did the assistant answer what it can, and decline what it must?"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score


def standing_accuracy(case: Case, answer: CheckedAnswer) -> Score:
    """Whether the standing is one that the case allows.

    Expected to answer: answered or partly. Expected to abstain: declined; for kind
    `unanswerable` also partly, where the answer names what is missing.
    """
    return Score.of(_is_right(case, answer), _told(case, answer))


def abstention_recall(case: Case, answer: CheckedAnswer) -> Score:
    """Whether the assistant abstained, on the cases that expect it to."""
    if case.expect != "abstain":
        return Score.unscored("an answer is expected")
    return Score.of(_is_right(case, answer), _told(case, answer))


def wrongly_declined(case: Case, answer: CheckedAnswer) -> Score:
    """Whether the assistant declined, on the cases that expect an answer."""
    if case.expect != "answer":
        return Score.unscored("no answer is expected")
    return Score.of(answer.standing == "declined", _told(case, answer))


def expected_standing(case: Case) -> str:
    """Name the row of the confusion table that the case belongs to."""
    if case.expect == "answer":
        return "answer"
    return "abstain or partly" if case.kind == "unanswerable" else "abstain"


def _is_right(case: Case, answer: CheckedAnswer) -> bool:
    if case.expect == "answer":
        return answer.standing in ("answered", "partly")
    if answer.standing == "partly":
        return case.kind == "unanswerable" and bool(answer.missing)
    return answer.standing == "declined"


def _told(case: Case, answer: CheckedAnswer) -> str:
    reason = f" ({answer.decline_reason})" if answer.decline_reason else ""
    return f"expected {expected_standing(case)}, {answer.standing}{reason}"
