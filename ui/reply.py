"""An answer as other programs take it: its text with what must stand below it, and its data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from bot.answer import (
    AnswerBody,
    AnswerOpenPoint,
    AnswerPlan,
    CheckedAnswer,
    Citation,
    DeclineReason,
    PassageCitation,
    Standing,
)
from bot.language import Lang, localise
from bot.writing.wording import HEADINGS
from knowledge.card import Frozen
from ui.commands.terminal import open_point_line, source_line
from ui.strings import LANGS, string
from ui.takeaway.markdown import escaped

FOOT = "\n\n---\n\n"
"""Between the text of an answer and what stands below it; no block of an answer holds it."""


class ReplyData(Frozen):
    """What is known of an answer besides its text, field by field as in `docs/answer.md`."""

    id: str
    """Of the answer, as on record."""
    lang: Lang
    as_of: dt.date
    """Day for which it holds."""
    standing: Standing
    decline_reason: DeclineReason | None
    citations: tuple[Citation, ...]
    """Sources by the numbers of the marks in the text."""
    passages: tuple[PassageCitation, ...]
    plan: AnswerPlan | None
    plan_citations: tuple[Citation, ...]
    open_points: tuple[AnswerOpenPoint, ...]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]
    nearest: tuple[str, ...]
    whom: tuple[AnswerBody, ...]
    suggestions: tuple[str, ...]
    writer: str
    corpus: str
    """Corpus version."""

    @classmethod
    def of(cls, answer: CheckedAnswer) -> ReplyData:
        """Take the data of an answer."""
        same = cls.model_fields.keys() - {"writer", "corpus"}
        taken = {name: getattr(answer, name) for name in same}
        return cls(**taken, writer=answer.engine.writer, corpus=answer.engine.corpus)


def whole_text(answer: CheckedAnswer) -> str:
    """Return the text of an answer and what stands below it."""
    return answer.text + foot(answer)


def foot(answer: CheckedAnswer) -> str:
    """Return what a reader must see below an answer: warnings, questions back, at last the sources."""
    parts = "\n\n".join(_parts(answer))
    return f"{FOOT}{parts}" if parts else ""


def _parts(answer: CheckedAnswer) -> Iterator[str]:
    lang = answer.lang
    instruments = len({citation.instrument.id for citation in answer.citations})
    for key, lines in (
        ("warnings.title", [f"- {warning}" for warning in answer.warnings]),
        ("open.title", [open_point_line(point) for point in answer.open_points]),
        ("papers.title", [_passage_line(passage, lang) for passage in answer.passages]),
        ("sources.title", [source_line(citation, lang) for citation in answer.citations]),
    ):
        if lines:
            yield f"**{string(key, lang, n=instruments)}**\n\n" + "\n".join(lines)


def _passage_line(passage: PassageCitation, lang: Lang) -> str:
    # Titles of documents come from outside: nothing in them may be read as markup.
    page = string("papers.page", lang, page=passage.page) if passage.page else None
    document = passage.document
    parts = (document.title, document.number, *passage.path, passage.article, page)
    return f"- [{passage.n}] " + " · ".join(escaped(one, first=False) for one in parts if one)


def bare_text(said: str) -> str:
    """Return an earlier answer without its foot and without quotes from own papers.

    It comes back as history, which may be sent to a language model; own papers never are.
    """
    kept, own = [], False
    for paragraph in said.partition(FOOT)[0].split("\n\n"):
        if paragraph.startswith("**") and paragraph.endswith("**"):
            own = paragraph in _OWN_PAPERS
        if not own:
            kept.append(paragraph)
    return "\n\n".join(kept)


_OWN_PAPERS = frozenset(f"**{localise(HEADINGS['own-papers'], lang)}**" for lang in LANGS)
