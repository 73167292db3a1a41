"""Warnings: what a reader should know about the answer as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from bot.answer import Citation
from bot.language import localise
from bot.question import Question
from bot.writing.labels import en_date, zh_date
from knowledge.card import Bilingual, Quality
from knowledge.corpus import Corpus

_SECONDARY: frozenset[Quality] = frozenset({"press", "mirror"})


def warnings_for(
    question: Question, citations: tuple[Citation, ...], corpus: Corpus
) -> tuple[str, ...]:
    """Say of the day asked about and of the sources what a careful adviser would add."""
    return tuple(localise(text, question.lang) for text in _warnings(question, citations, corpus))


def _warnings(
    question: Question, citations: tuple[Citation, ...], corpus: Corpus
) -> Iterator[Bilingual]:
    if not citations:
        return
    day, kept_to = question.as_of, corpus.version.as_of
    if question.as_of_given and day < kept_to:
        yield Bilingual(
            zh=f"按{zh_date(day)}当日的规定回答；今日的规定可能不同。",
            en=f"Answered as of {en_date(day)}; the rules of today may differ.",
        )
    if day > kept_to:
        yield Bilingual(
            zh=f"资料截至{zh_date(kept_to)}，其后的变化未收录。",
            en=f"The corpus was kept up to {en_date(kept_to)}; later changes are not in it.",
        )
    secondary = [str(c.n) for c in citations if c.source.quality in _SECONDARY]
    if secondary:
        yield Bilingual(
            zh=f"{_numbers_zh(secondary)}依据来自媒体或转载页面，使用前请核对原文。",
            en=f"{_numbers_en(secondary)} press or reposted pages; check the original text "
            "before relying on them.",
        )
    doubtful = [str(c.n) for c in citations if c.under_review]
    if doubtful:
        one = len(doubtful) == 1
        told = (
            f"{len(doubtful)} of the sources rest"
            if len(doubtful) > LISTED
            else (f"Source {doubtful[0]} rests" if one else f"Sources {', '.join(doubtful)} rest")
        )
        yield Bilingual(
            zh=f"{_numbers_zh(doubtful)}依据的官方文本已有变动，尚待人工复核；使用前请核对原文。",
            en=f"{told} on an official text that has changed since and is under review; check the"
            " original text before relying on it.",
        )
    noted = [str(c.n) for c in citations if c.source.note]
    if noted:
        yield Bilingual(
            zh=f"{_numbers_zh(noted)}依据的网页带有编者说明，打开来源可见。",
            en="An editor's note goes with "
            + (f"source {', '.join(noted)}" if len(noted) <= LISTED else f"{len(noted)} sources")
            + "; open them to read it.",
        )


LISTED = 5
"""Most sources named one by one; more are counted."""


def _numbers_zh(numbers: list[str]) -> str:
    return f"第{'、'.join(numbers)}条" if len(numbers) <= LISTED else f"有{len(numbers)}条"


def _numbers_en(numbers: list[str]) -> str:
    if len(numbers) > LISTED:
        return f"{len(numbers)} of the sources are"
    return (
        f"Source {numbers[0]} is from" if len(numbers) == 1 else f"Sources {', '.join(numbers)} are"
    )
