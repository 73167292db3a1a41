"""Time: how long the engine took, by its own clock."""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score


def latency_ms(case: Case, answer: CheckedAnswer) -> Score:
    """Milliseconds from question to checked answer."""
    total = answer.engine.timings_ms.get("total")
    if total is None:
        return Score.unscored("the engine gives no total time")
    return Score(value=total, explanation=f"{total:.1f} ms")
