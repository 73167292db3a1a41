"""The corpus in memory: instruments, routes and issuers, looked up by id and held against a date."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from copy import copy
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from knowledge.card import Bilingual, Fact, FactRef, Frozen, Instrument
from knowledge.issuer import Issuer
from knowledge.official.beside import BesideFacts
from knowledge.questions import Questions
from knowledge.route import RouteCard

Validity = Literal["in-force", "pilot", "announced", "draft", "not-yet", "superseded", "repealed"]
"""What an instrument counts for on a date.

`not-yet`: it starts later. `superseded` and `repealed`: it has ended by then.
A card whose status is `superseded` is `in-force` on the days before its successor started.
"""


class CorpusVersion(Frozen):
    """Which corpus an answer rests on."""

    digest: str
    """First 12 hexadecimal digits of the SHA-256 over every card, route, issuer and example question."""
    instruments: int
    facts: int
    routes: int
    as_of: dt.date
    """Day up to which the cards were kept."""

    def __str__(self) -> str:
        """Print as one token for logs and JSON: `2026-11-22.0123456789ab`."""
        return f"{self.as_of.isoformat()}.{self.digest}"


class Corpus:
    """All cards, read once, immutable."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        routes: Mapping[str, RouteCard],
        issuers: Mapping[str, Issuer],
        version: CorpusVersion,
        asks: Mapping[FactRef, Questions] = MappingProxyType({}),
    ) -> None:
        """Take over the cards that `knowledge.load` has read."""
        self.instruments = instruments
        self.routes = routes
        self.issuers = issuers
        self.version = version
        self.asks = asks
        """Questions that a fact answers, by fact; a fact may have none."""
        self.articles: BesideFacts | None = None
        """The official words beside the facts, where this installation keeps them."""

    def beside(self, articles: BesideFacts) -> Corpus:
        """Return the same cards with the official texts of an installation beside them."""
        other = copy(self)
        other.articles = articles
        return other

    def with_card(self, card: Instrument, asks: Mapping[FactRef, Questions]) -> Corpus:
        """Return a corpus that has a card with its example questions, in place of its own if any."""
        rest = self.without(card.id)
        cards = dict(sorted([*rest.instruments.items(), (card.id, card)]))
        both = dict(sorted({**rest.asks, **asks}.items(), key=lambda item: item[0].card_id))
        told = "".join(f"{ref}{asked.model_dump_json()}" for ref, asked in asks.items())
        return rest._changed(cards, both, card.model_dump_json() + told)

    def without(self, card_id: str) -> Corpus:
        """Return a corpus that lacks a card and its example questions."""
        if card_id not in self.instruments:
            return self
        cards = {name: card for name, card in self.instruments.items() if name != card_id}
        asks = {ref: asked for ref, asked in self.asks.items() if ref.card_id != card_id}
        return self._changed(cards, asks, card_id)

    def _changed(
        self, cards: Mapping[str, Instrument], asks: Mapping[FactRef, Questions], change: str
    ) -> Corpus:
        digest = hashlib.sha256(f"{self.version.digest}\0{change}".encode()).hexdigest()[:12]
        version = self.version.model_copy(
            update={
                "digest": digest,
                "instruments": len(cards),
                "facts": sum(len(card.facts) for card in cards.values()),
            }
        )
        return Corpus(cards, self.routes, self.issuers, version, asks)

    @cached_property
    def refs(self) -> tuple[FactRef, ...]:
        """Every fact of the corpus, in card and fact order."""
        return tuple(FactRef.of(card.id, fact.id) for card, fact in self._pairs())

    @cached_property
    def _facts(self) -> dict[FactRef, Fact]:
        return {FactRef.of(card.id, fact.id): fact for card, fact in self._pairs()}

    def _pairs(self) -> Iterator[tuple[Instrument, Fact]]:
        for card in self.instruments.values():
            for fact in card.facts:
                yield card, fact

    def __contains__(self, ref: object) -> bool:
        """Tell whether a fact reference points at a fact of this corpus."""
        return ref in self._facts

    def fact(self, ref: FactRef) -> Fact:
        """Return the fact a reference names.

        Raises:
            KeyError: no such fact.
        """
        return self._facts[ref]

    def instrument(self, ref: FactRef | str) -> Instrument:
        """Return the instrument of a fact reference or of a card id.

        Raises:
            KeyError: no such instrument.
        """
        return self.instruments[ref.partition("#")[0]]

    def ends(self, card: Instrument) -> dt.date | None:
        """First day on which the instrument no longer counts; None while nothing replaced it."""
        if card.superseded_by is None:
            return None
        successor = self.instruments.get(card.superseded_by)
        return successor.starts if successor else None

    def validity(self, card: Instrument, day: dt.date) -> Validity:
        """Tell what an instrument counts for on a day."""
        if card.status == "repealed":
            return "repealed"
        if card.status == "superseded":
            ends = self.ends(card)
            if ends is None or day >= ends:
                return "superseded"
            return "not-yet" if card.starts and day < card.starts else "in-force"
        if card.starts and day < card.starts:
            return "not-yet"
        return card.status

    def predecessors(self, card: Instrument) -> tuple[Instrument, ...]:
        """Return the instruments that this one replaced."""
        return tuple(c for c in self.instruments.values() if c.superseded_by == card.id)

    def issuer_name(self, abbreviation: str) -> Bilingual:
        """Return an issuer's full name; the abbreviation itself when it is not listed."""
        issuer = self.issuers.get(abbreviation)
        return issuer.name if issuer else Bilingual(zh=abbreviation, en=abbreviation)
