"""What an instrument is called and says, folded so that a search is a scan of strings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from bot.language import to_simplified
from knowledge.card import Instrument
from knowledge.corpus import Corpus

_BETWEEN = re.compile(r"[\W_]+")
"""Neither letters nor digits."""


def fold(text: str) -> str:
    """Keep letters and digits only: 〔2025〕, [2025] and （2025） are then one."""
    plain = to_simplified(unicodedata.normalize("NFKC", text)).casefold()
    return _BETWEEN.sub("", plain)


def fold_words(text: str) -> tuple[str, ...]:
    """Fold the words of a search, as far as there is anything in them."""
    return tuple(word for word in map(fold, text.split()) if word)


class _Folded(NamedTuple):
    head: str
    """Titles and number."""
    names: str
    """`head`, id, issuers and summary."""
    facts: tuple[tuple[int, str], ...]
    """Each fact's number and text."""


class Names:
    """The words of every instrument, in both languages."""

    def __init__(self, corpus: Corpus) -> None:
        """Fold every card once."""
        self._cards = {card.id: _folded(card, corpus) for card in corpus.instruments.values()}

    def in_head(self, card_id: str, words: Iterable[str]) -> bool:
        """Tell whether titles and number have all the words (folded)."""
        return all(word in self._cards[card_id].head for word in words)

    def in_names(self, card_id: str, words: Iterable[str]) -> bool:
        """Tell whether title, number, id, issuers and summary have all the words (folded)."""
        return all(word in self._cards[card_id].names for word in words)

    def fact_with(self, card_id: str, words: Iterable[str]) -> int | None:
        """Return the number of the first fact that has all the words (folded)."""
        wanted = tuple(words)
        facts = self._cards[card_id].facts
        return next((n for n, text in facts if all(word in text for word in wanted)), None)

    def titled(self, title: str) -> frozenset[str]:
        """Return the ids of the instruments that bear a title, number or id (folded), whole."""
        return frozenset(
            card_id
            for card_id, folded in self._cards.items()
            if title in (*folded.head.split("\n"), fold(card_id))
        )


def _folded(card: Instrument, corpus: Corpus) -> _Folded:
    head = [card.title.zh, card.title.en, card.number or ""]
    rest = [card.id, *card.issuers, card.summary.zh, card.summary.en]
    for issuer in map(corpus.issuer_name, card.issuers):
        rest += [issuer.zh, issuer.en]
    facts = tuple((fact.id, _lines([fact.zh, fact.en])) for fact in card.facts)
    return _Folded(_lines(head), _lines([*head, *rest]), facts)


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(filter(None, map(fold, texts)))
