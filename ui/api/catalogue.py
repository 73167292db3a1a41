"""Endpoints that open the corpus itself: instruments, facts and route cards, in both languages.

What an editor noted for herself (`notes`) or believes without a page to show (`unconfirmed`) is
no fact and never leaves the card.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from knowledge.card import (
    Aspect,
    Bilingual,
    Fact,
    FactRef,
    FactValue,
    Frozen,
    Instrument,
    Jurisdiction,
    Kind,
    Source,
    Topic,
)
from knowledge.corpus import Corpus, Validity
from knowledge.route import Goal, RouteCard, RouteInput
from ui.access import READS
from ui.api.problems import not_found
from ui.days import read_day, today
from ui.rulebook.catalogue import Selection
from ui.rulebook.names import Names, fold_words


def _iso_date(value: Any) -> Any:
    # Left alone, pydantic also takes numbers for dates and reads them as seconds since 1970.
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return read_day(value)
    except (TypeError, ValueError):
        pass
    raise PydanticCustomError("iso_date", "expected a date as YYYY-MM-DD, such as 2026-06-30")


AsOf = Annotated[
    dt.date | None,
    BeforeValidator(_iso_date),
    Field(description="Day on which rules are looked at; today when left out."),
]


class InstrumentLink(Frozen):
    """Enough of an instrument to name and open it."""

    id: str
    title: Bilingual
    number: str | None
    status: Validity


class InstrumentRow(InstrumentLink):
    """An instrument in a list."""

    issuers: tuple[str, ...]
    jurisdiction: Jurisdiction
    kind: Kind
    topics: tuple[Topic, ...]
    issued: dt.date | None
    effective: dt.date | None
    ends: dt.date | None
    """First day on which it no longer counts."""
    summary: Bilingual
    facts: int


class InstrumentPage(Frozen):
    """Part of a list of instruments."""

    as_of: dt.date
    corpus: str
    total: int
    limit: int
    offset: int
    items: tuple[InstrumentRow, ...]


class FactRow(Frozen):
    """A fact on its card; `source` and `also` name sources of the card."""

    ref: FactRef
    id: int
    aspect: Aspect
    text: Bilingual
    locator: str | None
    values: tuple[FactValue, ...]
    source: str
    also: tuple[str, ...]


class RouteLink(Frozen):
    """Enough of a route to name and open it."""

    id: str
    title: Bilingual


class InstrumentCard(Frozen):
    """A whole card as it stands on a day."""

    id: str
    title: Bilingual
    number: str | None
    status: Validity
    as_of: dt.date
    corpus: str
    issuers: tuple[str, ...]
    issuer_names: tuple[Bilingual, ...]
    jurisdiction: Jurisdiction
    kind: Kind
    topics: tuple[Topic, ...]
    issued: dt.date | None
    effective: dt.date | None
    ends: dt.date | None
    summary: Bilingual
    replaced_by: InstrumentLink | None
    replaces: tuple[InstrumentLink, ...]
    related: tuple[InstrumentLink, ...]
    routes: tuple[RouteLink, ...]
    """Routes with a step, leg or remark that stands on a fact of this instrument."""
    measures: tuple[str, ...]
    facts: tuple[FactRow, ...]
    sources: tuple[Source, ...]


class FactCard(Frozen):
    """One fact with its instrument and the pages that say it."""

    ref: FactRef
    id: int
    aspect: Aspect
    text: Bilingual
    locator: str | None
    values: tuple[FactValue, ...]
    source: Source
    also: tuple[Source, ...]
    instrument: InstrumentLink
    as_of: dt.date
    corpus: str


class OptionLink(Frozen):
    """Name of one alternative of a route."""

    id: str
    title: Bilingual


class RouteRow(RouteLink):
    """A route in a list."""

    goal: Goal
    summary: Bilingual
    inputs: tuple[RouteInput, ...]
    options: tuple[OptionLink, ...]


class RouteList(Frozen):
    """All routes."""

    corpus: str
    total: int
    items: tuple[RouteRow, ...]


class RouteView(RouteCard):
    """A whole route card, with the instruments it stands on."""

    corpus: str
    as_of: dt.date
    instruments: tuple[InstrumentLink, ...]


class InstrumentFilter(Frozen):
    """Query of the list of instruments; unknown keys are refused, so that a typo shows."""

    topic: Topic | None = None
    status: Validity | None = Field(None, description="What it counts for on `as_of`.")
    jurisdiction: Jurisdiction | None = None
    as_of: AsOf = None
    q: str = Field(
        "", max_length=200, description="Words of title, number, id, issuer or summary; all count."
    )
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=100_000)


class AsOfQuery(Frozen):
    """Query of a single card."""

    as_of: AsOf = None


class Catalogue:
    """The corpus as the API shows it."""

    def __init__(self, corpus: Corpus) -> None:
        """Take the corpus, and its words from which a search is a scan of short strings."""
        self.corpus = corpus
        self.names = Names(corpus)

    def instruments(self, wanted: InstrumentFilter) -> InstrumentPage:
        """List instruments, newest first."""
        day = wanted.as_of or today()
        words, selection = fold_words(wanted.q), _selection(wanted)
        found = [
            card
            for card in self.corpus.instruments.values()
            if selection.admits(card, self.corpus.validity(card, day))
            and self.names.in_names(card.id, words)
        ]
        found.sort(key=lambda card: (card.starts or dt.date.min, card.id), reverse=True)
        shown = found[wanted.offset : wanted.offset + wanted.limit]
        return InstrumentPage(
            as_of=day,
            corpus=str(self.corpus.version),
            total=len(found),
            limit=wanted.limit,
            offset=wanted.offset,
            items=tuple(self.row(card, day) for card in shown),
        )

    def instrument(self, card_id: str, as_of: dt.date | None) -> InstrumentCard:
        """Open a card.

        Raises:
            ProblemError: no such instrument.
        """
        card, day = self._card(card_id), as_of or today()
        corpus = self.corpus
        successor = corpus.instruments.get(card.superseded_by or "")
        related = (corpus.instruments[i] for i in card.related if i in corpus.instruments)
        return InstrumentCard(
            **self._head(card, day),
            as_of=day,
            corpus=str(corpus.version),
            issuer_names=tuple(corpus.issuer_name(issuer) for issuer in card.issuers),
            replaced_by=self._link(successor, day) if successor else None,
            replaces=tuple(self._link(old, day) for old in corpus.predecessors(card)),
            related=tuple(self._link(other, day) for other in related),
            routes=tuple(
                RouteLink(id=route.id, title=route.title)
                for route in corpus.routes.values()
                if any(ref.card_id == card.id for ref in route.refs)
            ),
            measures=card.measures,
            facts=tuple(
                FactRow(**_fact_head(card, fact), source=fact.source, also=fact.also)
                for fact in card.facts
            ),
            sources=card.sources,
        )

    def fact(self, card_id: str, fact_id: int, as_of: dt.date | None) -> FactCard:
        """Open one fact.

        Raises:
            ProblemError: no such instrument, or no such fact on it.
        """
        card, day = self._card(card_id), as_of or today()
        try:
            fact = card.fact(fact_id)
        except KeyError:
            ids = [str(FactRef.of(card.id, fact.id)) for fact in card.facts]
            raise not_found("fact-not-found", f"{card.id}#{fact_id}", ids) from None
        return FactCard(
            **_fact_head(card, fact),
            source=card.source(fact.source),
            also=tuple(card.source(source) for source in fact.also),
            instrument=self._link(card, day),
            as_of=day,
            corpus=str(self.corpus.version),
        )

    def routes(self) -> RouteList:
        """List all routes."""
        rows = tuple(
            RouteRow(
                id=route.id,
                title=route.title,
                goal=route.goal,
                summary=route.summary,
                inputs=route.inputs,
                options=tuple(OptionLink(id=o.id, title=o.title) for o in route.options),
            )
            for route in self.corpus.routes.values()
        )
        return RouteList(corpus=str(self.corpus.version), total=len(rows), items=rows)

    def route(self, route_id: str, as_of: dt.date | None) -> RouteView:
        """Open a route card.

        Raises:
            ProblemError: no such route.
        """
        card, day = self.route_card(route_id), as_of or today()
        cards = {ref.card_id: self.corpus.instrument(ref) for ref in card.refs}
        return RouteView(
            **{name: getattr(card, name) for name in RouteCard.model_fields},
            corpus=str(self.corpus.version),
            as_of=day,
            instruments=tuple(self._link(instrument, day) for instrument in cards.values()),
        )

    def route_card(self, route_id: str) -> RouteCard:
        """Find a route card.

        Raises:
            ProblemError: no such route.
        """
        try:
            return self.corpus.routes[route_id]
        except KeyError:
            raise not_found("route-not-found", route_id, self.corpus.routes) from None

    def _card(self, card_id: str) -> Instrument:
        try:
            return self.corpus.instruments[card_id]
        except KeyError:
            raise not_found("instrument-not-found", card_id, self.corpus.instruments) from None

    def _link(self, card: Instrument, day: dt.date) -> InstrumentLink:
        return InstrumentLink(
            id=card.id,
            title=card.title,
            number=card.number,
            status=self.corpus.validity(card, day),
        )

    def row(self, card: Instrument, day: dt.date) -> InstrumentRow:
        """Show an instrument in a list."""
        return InstrumentRow(**self._head(card, day), facts=len(card.facts))

    def _head(self, card: Instrument, day: dt.date) -> dict[str, Any]:
        return {
            "id": card.id,
            "title": card.title,
            "number": card.number,
            "status": self.corpus.validity(card, day),
            "issuers": card.issuers,
            "jurisdiction": card.jurisdiction,
            "kind": card.kind,
            "topics": card.topics,
            "issued": card.issued,
            "effective": card.effective,
            "ends": self.corpus.ends(card),
            "summary": card.summary,
        }


def _fact_head(card: Instrument, fact: Fact) -> dict[str, Any]:
    return {
        "ref": FactRef.of(card.id, fact.id),
        "id": fact.id,
        "aspect": fact.aspect,
        "text": Bilingual(zh=fact.zh, en=fact.en),
        "locator": fact.locator,
        "values": fact.values,
    }


def _selection(wanted: InstrumentFilter) -> Selection:
    return Selection(
        topics=(wanted.topic,) if wanted.topic else (),
        jurisdictions=(wanted.jurisdiction,) if wanted.jurisdiction else (),
        statuses=(wanted.status,) if wanted.status else (),
    )


def catalogue_endpoints(catalogue: Catalogue, responses: dict[int | str, Any]) -> APIRouter:
    """Make the endpoints that open the corpus.

    Args:
        catalogue: what they show.
        responses: the refusals that the OpenAPI description names for each.
    """
    endpoints = APIRouter(responses=responses, dependencies=[READS])

    @endpoints.get("/instruments", tags=["corpus"], summary="List instruments")
    async def instruments(wanted: Annotated[InstrumentFilter, Query()]) -> InstrumentPage:
        return catalogue.instruments(wanted)

    @endpoints.get("/instruments/{card_id}", tags=["corpus"], summary="Open an instrument")
    async def instrument(card_id: str, query: Annotated[AsOfQuery, Query()]) -> InstrumentCard:
        return catalogue.instrument(card_id, query.as_of)

    @endpoints.get("/instruments/{card_id}/facts/{fact_id}", tags=["corpus"], summary="Open a fact")
    async def fact(card_id: str, fact_id: int, query: Annotated[AsOfQuery, Query()]) -> FactCard:
        return catalogue.fact(card_id, fact_id, query.as_of)

    @endpoints.get("/routes", tags=["routes"], summary="List routes")
    async def routes() -> RouteList:
        return catalogue.routes()

    @endpoints.get("/routes/{route_id}", tags=["routes"], summary="Open a route")
    async def route(route_id: str, query: Annotated[AsOfQuery, Query()]) -> RouteView:
        return catalogue.route(route_id, query.as_of)

    return endpoints
