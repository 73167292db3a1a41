"""Passages: what is embedded and indexed, one for each fact and language, and hits on them."""

from __future__ import annotations

from typing import NamedTuple, get_args

from knowledge.card import FactRef, Frozen, PassageLang
from knowledge.corpus import Corpus

PASSAGE_LANGS: tuple[PassageLang, ...] = get_args(PassageLang)


class Passage(Frozen):
    """One fact in one language, under the title of its instrument."""

    ref: FactRef
    lang: PassageLang
    title: str
    """Title of the instrument, in the passage's language."""
    text: str
    """The fact's statement."""

    @property
    def content(self) -> str:
        """The text that is embedded and indexed: a fact alone seldom names its instrument."""
        return f"{self.title}\n{self.text}"


class Hit(NamedTuple):
    """A fact that a retriever found; hits come best first."""

    ref: FactRef
    score: float
    """Cosine similarity in [-1, 1] from the dense index, BM25 (0 and up) from the lexical one."""


def passages_of(corpus: Corpus) -> tuple[Passage, ...]:
    """Give every fact as one Chinese and one English passage, Chinese first, in corpus order."""
    return tuple(
        Passage(
            ref=ref,
            lang=lang,
            title=corpus.instrument(ref).title.text(lang),
            text=corpus.fact(ref).text(lang),
        )
        for lang in PASSAGE_LANGS
        for ref in corpus.refs
    )
