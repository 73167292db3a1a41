"""What an answer took: time by the engine's own clock; of a language model, tokens and money."""

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


def tokens(case: Case, answer: CheckedAnswer) -> Score:
    """Tokens read and written by the language model that wrote along."""
    model = answer.engine.model
    if model is None:
        return Score.unscored("no language model wrote along")
    read, written = model.prompt_tokens, model.completion_tokens
    if not read + written:
        return Score.unscored("the endpoint does not count tokens")
    return Score(value=read + written, explanation=f"{read} read, {written} written")


def cost(case: Case, answer: CheckedAnswer) -> Score:
    """Cost of the language model's part, in the currency of the operator's prices."""
    model = answer.engine.model
    if model is None or model.cost is None:
        return Score.unscored("no language model wrote along, or no prices are set")
    return Score(value=model.cost, explanation=f"{model.cost:.4f}")
