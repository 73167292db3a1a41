"""Length of what is said beside the plan: informative, neither good nor bad."""

from __future__ import annotations

import re

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z0-9]+(?:[.,'’-][A-Za-z0-9]+)*")
_MARK = re.compile(r"\[\d+\]")


def chinese_characters(case: Case, answer: CheckedAnswer) -> Score:
    """Number of Chinese characters, for questions in Chinese."""
    if case.lang == "en":
        return Score.unscored("the question is in English")
    return _count(_HAN, answer, "characters")


def english_words(case: Case, answer: CheckedAnswer) -> Score:
    """Number of words, for questions in English."""
    if case.lang != "en":
        return Score.unscored("the question is in Chinese")
    return _count(_WORD, answer, "words")


def _count(pattern: re.Pattern[str], answer: CheckedAnswer, unit: str) -> Score:
    text = answer.text
    for block in answer.blocks:
        if block.kind == "plan":
            text = text.replace(block.markdown, "", 1)
    count = len(pattern.findall(_MARK.sub("", text)))
    return Score(value=count, explanation=f"{count} {unit}")
