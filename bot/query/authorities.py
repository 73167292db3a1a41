"""Authorities: the body that can say what no card does, by subject and place."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from bot.language import detect_lang, passage_lang, to_simplified
from bot.query.jurisdiction import Jurisdictions, without_places
from knowledge.card import Instrument
from knowledge.corpus import Corpus
from knowledge.countries import Country
from knowledge.glossary import Glossary, Term
from knowledge.issuer import Issuer, Place
from knowledge.search.segment import Segmenter

LEAST = 3.0
"""Worth of a remit from which its body is told: one rare word that is a whole remit has 4 to 5."""
NAMED = 5.0
"""Worth of being named in the question."""
NAMED_REMIT = 1.25
"""Times the worth of a remit whose body the question names."""

FORMALITIES = frozenset(
    {"approval", "clearance", "documents", "fees", "pilot", "processing-time", "quota"}
    | {"record-filing", "registration", "regulatory-penalty", "threshold"}
)
"""Terms of the glossary that any body may be asked about."""
_GLUE = re.compile(
    r"an?|and|are|as|at|be|by|can|do|does|for|from|how|in|is|its?|long|many|much|must|o[fnr]|our"
    r"|that|the|there|this|to|us|we|what|when|which|who|with"
)
"""English words that say nothing of the subject."""


class _Remit(NamedTuple):
    """One phrase of what a body is competent for."""

    body: str
    words: frozenset[str]
    weight: float
    """Sum of its words' rarities."""


class Directory:
    """The bodies of the corpus, found by what a question asks; safe to call from many threads."""

    def __init__(
        self,
        corpus: Corpus,
        glossary: Glossary,
        countries: tuple[Country, ...],
        segmenter: Segmenter,
    ) -> None:
        """Take the bodies, and what tells the terms, places and words of a question."""
        self.corpus = corpus
        self._issuers = corpus.issuers
        self._glossary = glossary
        self._jurisdictions = Jurisdictions(countries)
        self._segmenter = segmenter

    def warm(self) -> None:
        """Cut the remits into words (about 0.2 s), so that the first question does not wait."""
        self.competent("", None, None)

    def competent(
        self, text: str, place_hint: Place | None, fallback: Issuer | None
    ) -> Issuer | None:
        """Return the body whose remit fits a question best, or the fallback when none fits.

        Args:
            text: the question or part of it, in either language or script.
            place_hint: where it plays when it names no place; `elsewhere` when it is known to be
                about another country's law.
            fallback: returned when no remit is worth `LEAST`.
        """
        text = to_simplified(text)
        worths = self._worths(text, self._jurisdictions.weigh(text, place_hint))
        best = max(worths, key=worths.__getitem__, default=None)
        return self._issuers[best] if best and worths[best] >= LEAST else fallback

    def stands_alone(self, text: str) -> bool:
        """Tell whether a text names a subject or a place: "what does that cost?" does not."""
        terms = {hit.term.id for hit in self._glossary.find(text)}
        return (
            bool(terms - FORMALITIES)
            or without_places(text) != text
            or self.competent(text, None, None) is not None
        )

    def issuer_of(self, card: Instrument) -> Issuer | None:
        """Return the first issuer of an instrument that questions can be put to."""
        issuers = (self._issuers.get(body) for body in card.issuers)
        return next((issuer for issuer in issuers if issuer and issuer.remits), None)

    def site_of(self, body: Issuer) -> str | None:
        """Return the front page of a body's own site; None where no page of it was seen."""
        return next(
            (self._sites.get(name) for name, one in self._issuers.items() if one is body), None
        )

    @cached_property
    def _sites(self) -> Mapping[str, str]:
        """Front pages, from the official pages whose publisher is the body itself."""
        pages = {
            (source.publisher, urlsplit(source.url).hostname or "", urlsplit(source.url).scheme)
            for card in self.corpus.instruments.values()
            for source in card.sources
            if source.quality == "official" and source.publisher in self._issuers
        }
        # `www.` alone: other hosts are mirrors in another language, or a service's. https wins.
        return {
            body: f"{scheme}://{host}/"
            for body, host, scheme in sorted(pages)
            if host.startswith("www.")
        }

    def _worths(self, text: str, places: Mapping[Place, float]) -> dict[str, float]:
        """Tell what each body's best remit is worth for a question.

        The rarities of the words that remit and question share count, times the square of the
        share of the remit that they make up: a remit half met is worth an eighth of itself.
        """
        named = self._named_in(text)
        weights = {
            body: places[issuer.place] * (NAMED_REMIT if body in named else 1.0)
            for body, issuer in self._issuers.items()
            if issuer.remits and issuer.place in places
        }
        worths = {
            body: NAMED * places[self._issuers[body].place] for body in weights if body in named
        }
        asked = self._asked(text)
        for remit in self._remits:
            shared = remit.words & asked
            if shared and remit.body in weights:
                found = self._sum(shared)
                worth = weights[remit.body] * found**3 / remit.weight**2
                worths[remit.body] = max(worth, worths.get(remit.body, 0.0))
        return worths

    def _named_in(self, text: str) -> set[str]:
        """Return the bodies that a text names; an abbreviation counts in capitals only."""
        said = self._terms(text) | set(re.findall(r"[A-Z][A-Z&]+", text))
        return {body for body, names in self._names.items() if names & said} | {
            body for body, issuer in self._issuers.items() if _short(issuer.zh) in text
        }

    @cached_property
    def _names(self) -> Mapping[str, set[str]]:
        """Abbreviation and terms that are a body's name, by body."""
        names = {body: {body} for body in self._issuers}
        for term in self._glossary.terms:
            for body, issuer in self._issuers.items():
                if body in term.abbr or term.zh == issuer.zh:
                    names[body].add(_mark(term))
        return names

    def _asked(self, text: str) -> frozenset[str]:
        """Return the words of a question; a term also stands for its preferred word."""
        lang = passage_lang(detect_lang(text))
        preferred = (hit.term.preferred(lang) for hit in self._glossary.find(text))
        return frozenset().union(self._words(text), *map(self._cut, preferred))

    def _words(self, text: str) -> frozenset[str]:
        return self._cut(without_places(text)) | self._terms(text)

    def _cut(self, text: str) -> frozenset[str]:
        words = self._segmenter.words(text)
        return frozenset(_singular(word) for word in words if not _GLUE.fullmatch(word))

    def _terms(self, text: str) -> frozenset[str]:
        return frozenset(_mark(hit.term) for hit in self._glossary.find(text))

    @cached_property
    def _remits(self) -> tuple[_Remit, ...]:
        return tuple(
            _Remit(body, words, self._sum(words))
            for body, phrases in self._phrases.items()
            for words in phrases
        )

    def _sum(self, words: frozenset[str]) -> float:
        # Exact, so that the order of a set never decides between equal remits.
        return math.fsum(self._rarity[word] for word in words)

    @cached_property
    def _rarity(self) -> Mapping[str, float]:
        """Rarity of each word, by the bodies whose remits have it."""
        bodies = Counter(
            word for phrases in self._phrases.values() for word in frozenset().union(*phrases)
        )
        return {word: math.log((len(self._issuers) + 1) / (n + 0.5)) for word, n in bodies.items()}

    @cached_property
    def _phrases(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """Words of each phrase of both languages, by body."""
        return {
            body: tuple(self._words(text) for text in (*issuer.remits.zh, *issuer.remits.en))
            for body, issuer in self._issuers.items()
            if issuer.remits
        }


def _mark(term: Term) -> str:
    """Return a term as a word that no text has."""
    return f"={term.id}"


def _singular(word: str) -> str:
    plural = word.isascii() and len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word


def _short(name: str) -> str:
    """Return a Chinese name as people write it, without government and brackets."""
    return re.sub(r"^香港特别行政区政府(?=.)|（[^）]*）", "", name)
