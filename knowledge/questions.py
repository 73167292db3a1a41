"""Example questions: how people ask for what a route, a fact or a subject stands for.

A question resembles other questions more than it resembles a rule. The examples carry no facts and
are never shown as any; they only help to find what answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from knowledge.card import Frozen, PassageLang


class Questions(Frozen):
    """Questions of one meaning or subject, in both languages."""

    zh: tuple[str, ...] = Field(min_length=1)
    en: tuple[str, ...] = Field(min_length=1)

    def texts(self, lang: PassageLang) -> tuple[str, ...]:
        """Return the questions in the language asked for."""
        return self.zh if lang == "zh" else self.en


class CardQuestions(Frozen):
    """`questions/<topic>/<card>.yaml`: the questions that each fact of a card answers."""

    card: str
    questions: Mapping[int, Questions]
    """By the fact's number on its card."""
