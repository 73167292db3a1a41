"""Language: is the answer written as the question was?"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from bot.language import detect_lang
from evals.case import Case
from evals.scorers.score import Score


def language_match(case: Case, answer: CheckedAnswer) -> Score:
    """Whether the answer's text is in the language and script of the case."""
    if not answer.text.strip():
        return Score.of(False, "the answer has no text")
    seen = detect_lang(answer.text)
    return Score.of(seen == case.lang, f"expected {case.lang}, written in {seen}")
