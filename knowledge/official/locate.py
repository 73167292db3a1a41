"""Locating: in which article of a text a fact stands.

The card's locator decides where the fact rests on the page of the text. A fact that rests on
another page may mean another instrument by it, so there the article's words must bear it out.
Without a locator figures and words decide, and only where one article is plainly the one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from knowledge.card import Fact, FactRef, Instrument, PassageLang
from knowledge.figures.figure import missing_figures, read_figures
from knowledge.language import search_form
from knowledge.official.articles import Article
from knowledge.official.provision import covers, read_provisions

Way = Literal["locator", "words"]

BORNE_OUT = 0.25
"""Share of a fact's words, weighed by rarity, from which an article bears out a locator."""
PLAIN = 0.6
"""The same share from which words alone tell the article."""
AHEAD = 0.25
"""By how much it must be ahead of every other article."""
_KNOWN = 0.4
"""Share of its words that must stand anywhere in the text; fewer: it is about something else."""
_STEM = 6
_ENGLISH = re.compile(r"[a-z]{3,}")
_HAN = re.compile(r"[㐀-鿿]+")
_EMPTY = frozenset(
    [
        "the",
        "and",
        "for",
        "are",
        "was",
        "with",
        "that",
        "this",
        "from",
        "may",
        "must",
        "can",
        "shall",
        "will",
        "not",
        "its",
        "any",
        "all",
        "has",
        "have",
        "been",
        "such",
        "under",
        "which",
        "who",
        "other",
        "than",
        "into",
        "these",
        "those",
        "per",
        "each",
        "upon",
        "where",
        "when",
        "only",
        "also",
    ]
)


class Located(NamedTuple):
    """Where a fact stands."""

    fact: FactRef
    articles: tuple[int, ...]
    """Indices, in reading order; at least one."""
    way: Way


def locate(
    card: Instrument, source: str, articles: Sequence[Article], lang: PassageLang
) -> tuple[Located, ...]:
    """Find the articles of a card's facts; what cannot be told is left out.

    Args:
        card: the instrument.
        source: of the card, whose page the text is.
        articles: of the text.
        lang: of the text.
    """
    words = _Words([article.text for article in articles], lang)
    found = []
    for fact in card.facts:
        ref = FactRef.of(card.id, fact.id)
        shares = words.shares(fact.text(lang))
        named = _named(fact, card, articles)
        cites = source in (fact.source, *fact.also)
        if named and (cites or max(shares[at] for at in named) >= BORNE_OUT):
            found.append(Located(ref, named, "locator"))
        elif (at := _plainly(shares)) is not None and _figures_stand_in(fact, articles[at], lang):
            found.append(Located(ref, (at,), "words"))
    return tuple(found)


def _named(fact: Fact, card: Instrument, articles: Sequence[Article]) -> tuple[int, ...]:
    """List the articles that a locator names; none where a number of it stands nowhere or twice."""
    if not fact.locator:
        return ()
    locator = fact.locator
    if card.status == "draft":
        locator = locator.removeprefix("draft ")
    found: list[int] = []
    for wanted in read_provisions(locator):
        here = [
            at
            for at, article in enumerate(articles)
            if (label := article.provision) and covers(wanted, label)
        ]
        if len({articles[at].annex for at in here}) > 1:
            here = [at for at in here if articles[at].annex is None]
        whole = [at for at in here if articles[at].provision == wanted._replace(inner=())]
        if not here or len(whole) > 1:
            return ()
        found += here
    return tuple(sorted(set(found)))


def _plainly(shares: Sequence[float]) -> int | None:
    ranked = sorted(range(len(shares)), key=lambda at: -shares[at])
    if not ranked or shares[ranked[0]] < PLAIN:
        return None
    if len(ranked) > 1 and shares[ranked[0]] - shares[ranked[1]] < AHEAD:
        return None
    return ranked[0]


def _figures_stand_in(fact: Fact, article: Article, lang: PassageLang) -> bool:
    """Tell whether an article has every figure that the fact states as a value of the rule."""
    if not fact.values:
        return True
    stated = [
        figure
        for figure in missing_figures(fact.text(lang), [article.text])
        if figure.kind not in {"document", "article", "date"}
    ]
    return not stated


class _Words:
    """Words and figures of articles, weighed by how few articles have them."""

    def __init__(self, texts: Sequence[str], lang: PassageLang) -> None:
        self._lang = lang
        self._terms = [self._read(text) for text in texts]
        seen = Counter(term for terms in self._terms for term in terms)
        self._weight = {term: math.log(1 + len(texts) / count) for term, count in seen.items()}

    def shares(self, text: str) -> list[float]:
        """Tell of each article which share of a text's words it has.

        Words that no article has weigh nothing: a fact names its instrument, the text does not.
        """
        wanted = {term: self._weight[term] for term in self._read(text) if term in self._weight}
        total = sum(wanted.values())
        if len(wanted) < max(3, _KNOWN * len(self._read(text))):
            return [0.0] * len(self._terms)
        return [
            sum(weight for term, weight in wanted.items() if term in terms) / total
            for terms in self._terms
        ]

    def _read(self, text: str) -> frozenset[str]:
        plain = search_form(text).lower()
        figures = (f"#{figure.value}" for figure in read_figures(plain))
        return frozenset((*figures, *self._spelt(plain)))

    def _spelt(self, plain: str) -> Iterable[str]:
        if self._lang == "zh":
            runs = _HAN.findall(plain)
            return (run[at : at + 2] for run in runs for at in range(len(run) - 1))
        return (word[:_STEM] for word in _ENGLISH.findall(plain) if word not in _EMPTY)
