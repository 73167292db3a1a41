"""Naming: which instruments, schemes and terms a sentence names that its facts do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from bot.checking.content import read_tokens
from bot.checking.polarity import NO_TURN, Reading, Turn, likeness
from bot.query.understanding import Lexicon
from knowledge.card import FactRef, PassageLang, Status
from knowledge.corpus import Corpus
from knowledge.glossary import Term, TermHit
from knowledge.search.passage import PASSAGE_LANGS

AskedTerms = Callable[[FactRef, PassageLang], frozenset[str]]
"""Ids of the terms by which people ask for a fact."""

_TEXTS_KEPT = 1024
"""Texts whose terms are kept: facts are compared again and again."""
_TITLE_LEAST = 6
"""Characters from which a title names an instrument and is no word of the field."""


class Named(NamedTuple):
    """What a sentence names in the place of what its facts name."""

    name: Turn
    """One thing with a name of its own: an instrument, scheme, market or system."""
    title: Turn
    """Words before *measures*, *scheme*, 办法 …"""
    term: Turn
    """A term of its own where the facts have one that it left out."""
    kind: Turn
    """The same for terms of one kind."""
    new: Turn
    """Share of its terms that no citation shows under any name."""


class Naming:
    """Compares what sentences name with what their citations show."""

    def __init__(self, corpus: Corpus, lexicon: Lexicon, asked: AskedTerms) -> None:
        """Take what citations show, and the terms that mean the same."""
        self._corpus = corpus
        self._lexicon = lexicon
        self._asked = asked
        self._terms = lru_cache(_TEXTS_KEPT)(lexicon.glossary.find)
        self._shown = cache(self._shown_by_fact)
        self._shown_terms = cache(
            lambda ref: frozenset(hit.term.id for hit in self._terms(self._shown(ref)))
        )

    def compare(
        self, reading: Reading, facts: Sequence[Reading], refs: Sequence[FactRef], lang: PassageLang
    ) -> Named:
        """Find what a sentence names that the facts it cites do not.

        Args:
            reading: the sentence (Chinese simplified).
            facts: what it cites, in its language.
            refs: of these facts.
            lang: language of the sentence.
        """
        hits = self._terms(reading.text)
        new = self._new_terms(hits, refs, lang)
        swapped, term, kind = self._other_term(reading, facts, hits, new)
        name = max(self._other_name(reading.text, refs, hits, new), swapped)
        share = Turn(len(new) / len(hits), new[0].text) if new else NO_TURN
        return Named(name, self._other_title(reading.text, refs, lang), term, kind, share)

    def _shown_by_fact(self, ref: FactRef) -> str:
        """Return all that a citation of the fact shows, in both languages and small letters."""
        card, fact = self._corpus.instrument(ref), self._corpus.fact(ref)
        issuers = [self._corpus.issuer_name(issuer) for issuer in card.issuers]
        names = (card.title, *issuers)
        parts = (
            fact.zh,
            fact.en,
            card.number or "",
            _STANDING.get(card.status, ""),
            *(n.text(la) for n in names for la in PASSAGE_LANGS),
        )
        return "\n".join(parts).lower()

    def _other_name(
        self, text: str, refs: Sequence[FactRef], hits: Sequence[TermHit], new: Sequence[TermHit]
    ) -> Turn:
        """Find what the sentence names outright and no citation shows.

        Args:
            text: the sentence.
            refs: what it cites.
            hits: the terms in it.
            new: those of them that no citation shows.
        """
        shown = "\n".join(self._shown(ref) for ref in refs)
        for hit in new:
            if _is_named(hit.term) or _CAPITAL.search(hit.text[1:]):
                return Turn(1.0, hit.text)
        taken = {at for hit in hits for at in range(hit.start, hit.end)}
        for match in _NAME.finditer(text):
            name = match[0].strip("《》").lower()
            if name not in shown and taken.isdisjoint(range(*match.span())) and name not in _MONEY:
                return Turn(1.0, match[0])
        low, cited = text.lower(), {ref.card_id for ref in refs}
        for title, cards in self._titles.items():
            if title in low and cited.isdisjoint(cards) and title not in shown:
                return Turn(1.0, title)
        return NO_TURN

    def _other_title(self, text: str, refs: Sequence[FactRef], lang: PassageLang) -> Turn:
        """Find words before *measures*, *scheme*, 办法 … that no citation shows."""
        shown = "\n".join(self._shown(ref) for ref in refs)
        worst = NO_TURN
        for match in _TITLED[lang].finditer(text.lower()):
            words = _before_title(match[1], lang)[-_TITLED_WORDS[lang] :]
            missing = [word for word in words if word not in shown]
            if len(words) == _TITLED_WORDS[lang]:
                worst = max(worst, Turn(len(missing) / len(words), match[0].strip()))
        return worst

    def _new_terms(
        self, hits: Sequence[TermHit], refs: Sequence[FactRef], lang: PassageLang
    ) -> list[TermHit]:
        """Return the terms of a sentence that no citation shows under any of their names."""
        shown = "\n".join(self._shown(ref) for ref in refs)
        known = set().union(*(self._shown_terms(ref) for ref in refs))
        cited = {ref.card_id for ref in refs}
        return [
            hit
            for hit in hits
            if hit.term.id not in known
            and cited.isdisjoint(hit.term.names)
            and not any(hit.term.id in self._asked(ref, lang) for ref in refs)
            and not any(word.lower() in shown for word in _surfaces(hit.term))
            and not all(part in shown for part in _parts(hit.text))
            and not _ROLE.search(hit.text)
        ]

    def _other_term(
        self,
        reading: Reading,
        facts: Sequence[Reading],
        hits: Sequence[TermHit],
        new: Sequence[TermHit],
    ) -> tuple[Turn, Turn, Turn]:
        """Find a term of the sentence that replaces one of the facts.

        Args:
            reading: the sentence.
            facts: what it cites.
            hits: the terms in it.
            new: those of them that no citation shows.

        Returns: one that names an instrument, for another of its kind; one that stands where the
        facts have one that the sentence left out; the same of one kind.
        """
        mine = {hit.term.id for hit in hits}
        theirs = [(fact, hit) for fact in facts for hit in self._terms(fact.text)]
        told = {hit.term.id for _, hit in theirs}
        lost = [
            (hit, fact.around(hit.start, hit.end))
            for fact, hit in theirs
            if hit.term.id not in mine
        ]
        starts = {hit.start for hit in new}
        name = term = kind = NO_TURN
        for hit in hits:
            if hit.term.id in told:
                continue
            here = reading.around(hit.start, hit.end)
            for other, there in lost:
                turn = Turn(likeness(here, there), hit.text)
                if hit.start in starts:
                    term = max(term, turn)
                if _kind(hit.text) == _kind(other.text) and not _is_same(hit.text, other.text):
                    kind = max(kind, turn)
                    if _is_named(hit.term) and _is_named(other.term):
                        name = Turn(1.0, hit.text)
        return name, term, kind

    @cached_property
    def _titles(self) -> dict[str, set[str]]:
        """Titles in either language, in small letters, and the cards that bear them."""
        titles: dict[str, set[str]] = {}
        for card in self._corpus.instruments.values():
            for title in (card.title.zh, card.title.en):
                plain = re.sub(r"[（(][^）)]*[）)]|《|》", "", title).strip().lower()
                if len(plain) >= _TITLE_LEAST:
                    titles.setdefault(plain, set()).add(card.id)
        return titles


def _before_title(text: str, lang: PassageLang) -> list[str]:
    """Return the content words that stand before a title's last word, with none without between."""
    if lang == "zh":
        return [token.text for token in read_tokens(text, lang) if token.text not in _PLAIN]
    words: list[str] = []
    for word in reversed(text.split()):
        tokens = [token.text for token in read_tokens(word, lang)]
        if not tokens or _PLAIN.issuperset(tokens):
            break
        words = [*tokens, *words]
    return words


def _is_named(term: Term) -> bool:
    """Tell whether a term names one thing: it has an abbreviation, or cards of its own."""
    return bool(term.abbr or term.names)


def _surfaces(term: Term) -> tuple[str, ...]:
    return (*term.words("zh"), *term.words("en"), *term.abbr)


def _parts(surface: str) -> list[str]:
    """Cut a term into words, in Chinese of two characters each."""
    if surface.isascii():
        return surface.lower().split()
    return [surface[at : at + 2] for at in range(0, len(surface), 2)]


def _is_same(one: str, other: str) -> bool:
    """Tell whether a term is the other said shortly or at length: loan, M&A loan."""
    short, long = sorted((one.lower().rstrip("s"), other.lower()), key=len)
    return short.rstrip("s") in long


def _kind(surface: str) -> str:
    """Return what a term's last word says that it is: trade, account, 贸易."""
    return surface.lower().split()[-1].rstrip("s") if surface.isascii() else surface[-1]


_ROLE = re.compile(
    r"^付货款$|^(?:issuers?|lenders?|borrowers?|buyers?|sellers?)$"
    r"|^(?:(?:offshore|overseas|foreign|mainland|domestic|listed|hong kong) )?(?:companies|company|investors?|firms?)$"
    r"|^(?:内地|境外|境内|海外|外国|离岸)?(?:企业|公司|投资者)$",
    re.IGNORECASE,
)
"""Who takes part: everybody calls them otherwise. Where they are from is for the directions."""
_CAPITAL = re.compile(r"[A-Z]")
_NAME = re.compile(
    r"《[^》]{2,40}》|(?<![A-Za-z])(?:[A-Z]{3,}|[a-z][A-Z][A-Za-z]{2,})(?![A-Za-z])"
    r"|\b(?:[A-Z][\w&’'-]+ )+(?:Law|Ordinance|Code|Act|Scheme|Measures|Connect|Board|Market|Facility|Fund)\b"
)
_TITLED: Mapping[PassageLang, re.Pattern[str]] = {
    "zh": re.compile(
        r"([\u4e00-\u9fff]{2,10}?)(?:管理|试行|暂行|实施)?"
        r"(?:办法|条例|细则|指引|计划|制度|守则)"
    ),
    "en": re.compile(
        r"((?:[a-z&'’-]+ ){2,3})(?:measures|regulations|scheme|regime|guidelines|ordinance|code)\b"
    ),
}
_TITLED_WORDS: Mapping[PassageLang, int] = {"zh": 4, "en": 2}
"""Words before a title's last one that make it that of one instrument."""
_PLAIN = frozenset(
    re.findall(
        r"\w+",
        "相关 有关 现行 上述 最新 这些 国家 这一 这项 这个 该项 同一 新的 旧的 根据 按照 依照 具体 其他 通过"
        " new these current relevan releva genera same follow key other existi presen own special"
        " trial pilot interi revise latest earlie old open opens joinin use",
    )
)
_STANDING: Mapping[Status, str] = {"pilot": "试点 pilot"}
"""What an adviser calls the rules of a card, whether its words say so or not."""
_MONEY = frozenset({"rmb", "usd", "hkd", "cny", "cnh", "eur", "gbp", "jpy", "ipo", "and", "not"})
