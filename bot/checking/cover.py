"""Cover: which words of a sentence its facts have, every word counting the same.

A word is had when the facts, their instruments' titles or their issuers have its stem, or a term
of the field that it belongs to, in either language; partly, when only those who ask for the facts
have it. What is left over tells invented steps: several strange words in a row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from bot.checking.content import Token, read_words
from bot.checking.synonyms import synonyms
from bot.query.understanding import Lexicon
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.glossary import TermHit

_ASKED = 0.8
"""What a word counts that only the example questions of a fact have, or that means the same."""
_LETTERS = 0.5
"""What a Chinese pair counts whose two characters the facts have, though not side by side."""
_STRANGE = 0.45
"""How far a word must be missing to be one of a row of strange ones."""
_CLAUSE_WORDS = 4
"""Words from which a clause is judged by itself."""


class Known(NamedTuple):
    """The words of facts."""

    words: frozenset[str] = frozenset()
    terms: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    def __or__(self, other: object) -> Known:
        """Join with what other facts have."""
        if not isinstance(other, Known):
            return NotImplemented
        return Known(self.words | other.words, self.terms | other.terms, self.asked | other.asked)


class Cover:
    """Tells which words of a sentence the facts of one corpus have."""

    def __init__(self, corpus: Corpus, lexicon: Lexicon) -> None:
        """Take what facts say and which words are terms."""
        self._corpus = corpus
        self._lexicon = lexicon
        self._own = cache(self._known_from_fact)
        self._shown = cache(self._known_from_citation)
        self._read = lru_cache(256)(self._read_text)

    def words_of_fact(self, ref: FactRef, lang: PassageLang) -> frozenset[str]:
        """Return the words of a fact itself."""
        return self._own(ref, lang).words

    def missing(
        self, text: str, refs: Iterable[FactRef], lang: PassageLang, *, shown: bool = True
    ) -> list[float]:
        """Return for each word of a text how far facts lack it, 0 to 1, in reading order.

        Args:
            text: a sentence or a part of one (Chinese simplified).
            refs: its facts.
            lang: its language.
            shown: count what a citation shows beside the fact too, and characters by themselves.
        """
        known = Known()
        for ref in refs:
            known |= self._shown(ref, lang) if shown else self._own(ref, lang)
        letters = frozenset("".join(w for w in known.words if not w.isascii())) if shown else ""
        words, hits = self._read(text, lang)
        spans = [(hit.start, hit.end) for hit in hits if hit.term.id in known.terms]
        return [1 - _had(word, known, frozenset(letters), spans) for word in words]

    def apart(self, clauses: Iterable[str], refs: Sequence[FactRef], lang: PassageLang) -> float:
        """Return how much of a clause several facts have together and none of them alone."""
        return max(
            (
                min(share(self.missing(clause, [ref], lang, shown=False)) for ref in refs)
                - share(self.missing(clause, refs, lang, shown=False))
                for clause in clauses
                if len(self._read(clause, lang)[0]) >= _CLAUSE_WORDS
            ),
            default=0.0,
        )

    def unused(self, text: str, refs: Iterable[FactRef], lang: PassageLang) -> float:
        """Return what share of its words goes unsaid of the fact of which most does."""
        said = {word.text for word in self._read(text, lang)[0]}
        facts = [self.words_of_fact(ref, lang) for ref in refs]
        return max(1 - len(said & fact) / max(1, len(fact)) for fact in facts)

    def _read_text(self, text: str, lang: PassageLang) -> tuple[list[Token], Sequence[TermHit]]:
        return read_words(text, lang), self._lexicon.glossary.find(text)

    def _known_from(self, texts: Iterable[str], others: Iterable[str], lang: PassageLang) -> Known:
        """Gather words and terms of texts, and terms of the same in the other language."""
        texts = list(texts)
        words = {word.text for text in texts for word in read_words(text, lang)}
        find = self._lexicon.glossary.find
        terms = {hit.term.id for text in (*texts, *others) for hit in find(text)}
        return Known(frozenset(words), frozenset(terms))

    def _known_from_fact(self, ref: FactRef, lang: PassageLang) -> Known:
        fact, asks = self._corpus.fact(ref), self._corpus.asks.get(ref)
        asked = (
            word for text in (asks.texts(lang) if asks else ()) for word in read_words(text, lang)
        )
        known = self._known_from([fact.text(lang)], [fact.text(_other(lang))], lang)
        said = frozenset(word.text for word in asked)
        return known._replace(asked=said | synonyms(known.words, lang))

    def _known_from_citation(self, ref: FactRef, lang: PassageLang) -> Known:
        card = self._corpus.instrument(ref)
        names = [card.title, *(self._corpus.issuer_name(issuer) for issuer in card.issuers)]
        here, there = ([name.text(la) for name in names] for la in (lang, _other(lang)))
        return self._own(ref, lang) | self._known_from(here, there, lang)


def _had(
    word: Token, known: Known, letters: frozenset[str], spans: Iterable[tuple[int, int]]
) -> float:
    if word.text in known.words:
        return 1.0
    if any(start <= word.start and word.end <= end for start, end in spans):
        return 1.0
    if word.text in known.asked:
        return _ASKED
    return _LETTERS * (not word.text.isascii() and letters.issuperset(word.text))


def _other(lang: PassageLang) -> PassageLang:
    return "en" if lang == "zh" else "zh"


def share(missing: Sequence[float]) -> float:
    """Return the share of words that is missing; of no words, none is."""
    return sum(missing) / len(missing) if missing else 0.0


def worst_share(parts: Iterable[Sequence[float]], least: int = 1) -> float:
    """Return the largest share among parts of at least so many words."""
    return max((share(part) for part in parts if len(part) >= least), default=0.0)


def row(missing: Iterable[float]) -> float:
    """Weigh the longest row of strange words: 0 for none, 1 for about six."""
    longest = here = 0.0
    for lack in missing:
        here = here + lack if lack > _STRANGE else 0.0
        longest = max(longest, here)
    return math.log1p(longest) / 2


CLAUSE = re.compile(
    r"[，；;：:。]|,(?!\d)|\.(?=\s|$)|\b(?:and|but|provided|unless)\b|并且|而且|但是|此外"
)
"""What parts clauses."""
