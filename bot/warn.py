"""Warnings: what a reader should know about the answer as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from bot.answer import Citation
from bot.labels import en_date, zh_date
from bot.language import localise
from bot.question import Question
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
            zh=f"第{'、'.join(secondary)}条依据来自媒体或转载页面，使用前请核对原文。",
            en=f"Sources {', '.join(secondary)} are press or reposted pages; check the original "
            "text before relying on them.",
        )
    noted = [str(c.n) for c in citations if c.source.note]
    if noted:
        yield Bilingual(
            zh=f"第{'、'.join(noted)}条依据的网页带有编者说明，打开来源可见。",
            en=f"An editor's note stands on the page of: {', '.join(noted)}; open the source to read it.",
        )
