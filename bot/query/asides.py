"""Asides: sentences of a message that have nothing to do with what it asks.

"The office printer is broken again." beside a question names another subject than the question
does: searched for with it, it draws the facts, the route and the verdict away from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.query.wants import wants_of
from knowledge.card import PassageLang
from knowledge.figures.figure import read_figures
from knowledge.glossary import Glossary

_SENTENCE = re.compile(r".+?(?:[?？;；。!！\n]+|(?<!\b[Nn]o)\.(?=\s|$)|$)\s*", re.DOTALL)
_ENDED_BY_QUESTION = re.compile(r"[?？]\s*$")


def possible_asides(
    text: str, lang: PassageLang, glossary: Glossary, asks: re.Pattern[str]
) -> tuple[str, ...]:
    """Return the sentences of a message that may be asides, word for word, by their form alone.

    Such a sentence asks nothing, names no term of the field and gives no figure.

    Args:
        text: the message, folded.
        lang: of the message.
        glossary: the terms of the field.
        asks: found in a sentence that asks.
    """
    sentences = _SENTENCE.findall(text)
    if len(sentences) < 2:
        return ()
    return tuple(
        sentence
        for sentence in sentences
        if not (
            asks.search(sentence)
            or _ENDED_BY_QUESTION.search(sentence)
            or wants_of(sentence)
            or glossary.find(sentence)
            or read_figures(sentence)
        )
    )


def without(text: str, asides: Collection[str]) -> str:
    """Return a message without some of its sentences."""
    kept = (sentence for sentence in _SENTENCE.findall(text) if sentence not in asides)
    return "".join(kept).strip()
