"""Which instruments a reader's choice leaves, and how many each further choice would leave."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from bot.language import Lang
from knowledge.card import FactRef, Frozen, Instrument, Jurisdiction, Topic
from knowledge.corpus import Corpus, Validity

Facet = Literal["status", "topic", "jurisdiction", "issuer"]
Sort = Literal["relevance", "newest", "title"]
FACETS: tuple[Facet, ...] = get_args(Facet)
SORTS: tuple[Sort, ...] = get_args(Sort)
PAGE_SIZE = 30
"""Rows of a page of results."""


class Selection(Frozen):
    """What is wanted of an instrument: any of the values of each facet; empty means all."""

    topics: tuple[Topic, ...] = ()
    jurisdictions: tuple[Jurisdiction, ...] = ()
    issuers: tuple[str, ...] = ()
    statuses: tuple[Validity, ...] = ()
    """What it counts for on the day that is looked at."""

    def chosen(self, facet: Facet) -> tuple[str, ...]:
        """Return the chosen values of a facet."""
        chosen: Mapping[Facet, tuple[str, ...]] = {
            "status": self.statuses,
            "topic": self.topics,
            "jurisdiction": self.jurisdictions,
            "issuer": self.issuers,
        }
        return chosen[facet]

    def admits(self, card: Instrument, validity: Validity, *, but: Facet | None = None) -> bool:
        """Tell whether an instrument is wanted.

        Args:
            card: the instrument.
            validity: what it counts for on the day that is looked at.
            but: a facet that is not to count.
        """
        return all(
            facet == but
            or not (chosen := self.chosen(facet))
            or not set(chosen).isdisjoint(facet_values(card, validity, facet))
            for facet in FACETS
        )


def facet_values(card: Instrument, validity: Validity, facet: Facet) -> tuple[str, ...]:
    """Return an instrument's values of a facet."""
    values: Mapping[Facet, tuple[str, ...]] = {
        "status": (validity,),
        "topic": card.topics,
        "jurisdiction": (card.jurisdiction,),
        "issuer": card.issuers,
    }
    return values[facet]


class Match(NamedTuple):
    """Why an instrument answers a search."""

    tier: int
    """0: named outright; 1: its title or number has the words; 2: so has its text; 3: near in sense."""
    score: float
    """Of its best fact; higher is nearer."""
    fact: FactRef | None
    """The fact to show; None where the name says enough."""


class Query(Frozen):
    """What a reader of the rulebook looks for."""

    text: str = ""
    selection: Selection = Selection()
    as_of: dt.date
    sort: Sort = "relevance"
    page: int = 1


class Count(Frozen):
    """A value of a facet, and how many instruments have it under the other facets."""

    value: str
    n: int
    chosen: bool


class Row(Frozen):
    """An instrument in the list."""

    card: Instrument
    validity: Validity
    replaced_by: Instrument | None
    replaces: tuple[Instrument, ...]
    fact: FactRef | None
    """The fact that answers the search best."""


class Listing(Frozen):
    """A page of the instruments that are left."""

    total: int
    page: int
    pages: int
    rows: tuple[Row, ...]
    facets: Mapping[Facet, tuple[Count, ...]]


def listing(
    corpus: Corpus, query: Query, matches: Mapping[str, Match] | None, lang: Lang
) -> Listing:
    """List the instruments that a query leaves.

    Args:
        corpus: all instruments.
        query: what is looked for.
        matches: the instruments that answer the text, by id; None where there is no text.
        lang: language in which titles are sorted.
    """
    cards = [card for card in corpus.instruments.values() if matches is None or card.id in matches]
    validity = {card.id: corpus.validity(card, query.as_of) for card in cards}
    facets = {facet: _counts(corpus, cards, validity, query.selection, facet) for facet in FACETS}
    found = [card for card in cards if query.selection.admits(card, validity[card.id])]
    found.sort(key=lambda card: card.id)
    found.sort(key=lambda card: card.starts or dt.date.min, reverse=True)
    if query.sort == "title":
        found.sort(key=lambda card: _title_key(card, lang))
    elif query.sort == "relevance" and matches is not None:
        found.sort(key=lambda card: (matches[card.id].tier, -matches[card.id].score))
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(max(1, query.page), pages)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return Listing(
        total=len(found),
        page=page,
        pages=pages,
        rows=tuple(
            Row(
                card=card,
                validity=validity[card.id],
                replaced_by=corpus.instruments.get(card.superseded_by or ""),
                replaces=corpus.predecessors(card),
                fact=matches[card.id].fact if matches else None,
            )
            for card in shown
        ),
        facets=facets,
    )


def _counts(
    corpus: Corpus,
    cards: Iterable[Instrument],
    validity: Mapping[str, Validity],
    selection: Selection,
    facet: Facet,
) -> tuple[Count, ...]:
    counts = Counter(
        value
        for card in cards
        if selection.admits(card, validity[card.id], but=facet)
        for value in facet_values(card, validity[card.id], facet)
    )
    chosen = selection.chosen(facet)
    return tuple(
        Count(value=value, n=counts[value], chosen=value in chosen)
        for value in facet_choices(corpus, facet)
    )


def facet_choices(corpus: Corpus, facet: Facet) -> Sequence[str]:
    """Return all values of a facet in the order in which they are shown.

    Issuers are those that issue an instrument of the corpus, the most frequent first.
    """
    if facet == "issuer":
        issued = Counter(body for card in corpus.instruments.values() for body in card.issuers)
        return sorted(issued, key=lambda body: (-issued[body], body))
    kinds: Mapping[Facet, Sequence[str]] = {
        "status": get_args(Validity),
        "topic": get_args(Topic),
        "jurisdiction": get_args(Jurisdiction),
    }
    return kinds[facet]


def _title_key(card: Instrument, lang: Lang) -> bytes | str:
    if lang == "en":
        return card.title.en.casefold().removeprefix("the ")
    # GB 18030 keeps the order of GB 2312: common characters by their pinyin.
    return card.title.zh.lstrip("《“").encode("gb18030")


class Month(NamedTuple):
    """A month of the corpus."""

    year: int
    month: int
    starts: int
    """Instruments that start in it."""

    @property
    def last_day(self) -> dt.date:
        """The day for which the month stands."""
        following = dt.date(self.year + self.month // 12, self.month % 12 + 1, 1)
        return following - dt.timedelta(days=1)


def months_of(corpus: Corpus, today: dt.date) -> tuple[Month, ...]:
    """Return every month from the first start of an instrument to the last, or to today."""
    starts = Counter(
        (card.starts.year, card.starts.month) for card in corpus.instruments.values() if card.starts
    )
    first, last = min(starts, default=(today.year, today.month)), (today.year, today.month)
    end = max(last, max(starts, default=last))
    span = range(first[0] * 12 + first[1] - 1, end[0] * 12 + end[1])
    return tuple(Month(n // 12, n % 12 + 1, starts[n // 12, n % 12 + 1]) for n in span)


class Chain(Frozen):
    """The instruments that replaced one another, the one in question among them."""

    earlier: tuple[Instrument, ...]
    """What it replaced, and what that had replaced, the oldest first."""
    later: tuple[Instrument, ...]
    """What replaced it, and what replaced that."""


def chain_of(corpus: Corpus, card: Instrument) -> Chain:
    """Follow an instrument's replacement in both directions to the end."""
    seen = {card.id}
    later: list[Instrument] = []
    one: Instrument | None = card
    while one and one.superseded_by and one.superseded_by not in seen:
        one = corpus.instruments.get(one.superseded_by)
        if one:
            seen.add(one.id)
            later.append(one)
    earlier: list[Instrument] = []
    generation: tuple[Instrument, ...] = (card,)
    while generation:
        older = [old for new in generation for old in corpus.predecessors(new)]
        generation = tuple(old for old in older if old.id not in seen)
        seen.update(old.id for old in generation)
        earlier += generation
    earlier.sort(key=lambda old: (corpus.ends(old) or dt.date.min, old.id))
    return Chain(earlier=tuple(earlier), later=tuple(later))
