"""What a check of the corpus looks at: the readable files, their texts, citations, conditions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cached_property
from typing import Generic, Literal, NamedTuple, TypeVar

from knowledge.card import Bilingual, FactRef, Instrument
from knowledge.corpus import Corpus, CorpusVersion, Validity
from knowledge.expression import Expression, ExpressionError, parse_expression
from knowledge.figures.figure import Figure, missing_figures, read_figures
from knowledge.issuer import Issuer
from knowledge.questions import CardQuestions
from knowledge.route import Option, RouteCard

Card_co = TypeVar("Card_co", bound="Instrument | RouteCard | CardQuestions", covariant=True)


class Finding(NamedTuple):
    """One breach, before the rule adds its name and remedy."""

    file: str
    place: str
    seen: str
    expected: str
    severity: Literal["error", "warning"] | None = None
    """Only where it differs from the rule's."""


class Found(NamedTuple, Generic[Card_co]):
    """A card and the file it was read from."""

    file: str
    card: Card_co


class Difference(NamedTuple):
    """Figures that only one language of a text has."""

    file: str
    place: str
    zh: tuple[Figure, ...]
    en: tuple[Figure, ...]


class Book:
    """What could be read of a corpus folder."""

    def __init__(
        self,
        cards: tuple[Found[Instrument], ...],
        routes: tuple[Found[RouteCard], ...],
        questions: tuple[Found[CardQuestions], ...],
        issuers: dict[str, Issuer] | None,
        as_of: dt.date | None,
        unread: frozenset[str],
    ) -> None:
        """Take over the readable files.

        Args:
            cards: instrument cards, with their files.
            routes: route cards, with their files.
            questions: example questions of cards, with their files.
            issuers: bodies by abbreviation; None when the list cannot be read.
            as_of: day of the corpus; None when it cannot be read.
            unread: names of card files that cannot be read; nothing is said about them here.
        """
        self.cards = cards
        self.routes = routes
        self.questions = questions
        self.issuers = issuers
        self.as_of = as_of
        self.unread = unread

    @cached_property
    def corpus(self) -> Corpus:
        """The readable cards as a corpus; of two with one id the first counts."""
        cards = {card.id: card for _, card in reversed(self.cards)}
        version = CorpusVersion(
            digest="0" * 12,
            instruments=len(cards),
            facts=sum(len(card.facts) for card in cards.values()),
            routes=len(self.routes),
            as_of=self.as_of or dt.date.max,
        )
        return Corpus(cards, {}, self.issuers or {}, version)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every expression of the routes."""
        return tuple(_conditions(self))

    @cached_property
    def figure_differences(self) -> tuple[Difference, ...]:
        """Every text whose two languages do not give the same figures."""
        return tuple(_differences(self))

    def validity(self, card: Instrument) -> Validity:
        """Tell what a card counts for on the day of the corpus."""
        return self.corpus.validity(card, self.corpus.version.as_of)


class Condition(NamedTuple):
    """An expression of a route and where it stands."""

    file: str
    place: str
    route: RouteCard
    text: str
    expression: Expression | None
    """None when it cannot be read; `fault` says why."""
    fault: str = ""


def texts(book: Book) -> Iterator[tuple[str, str, Bilingual]]:
    """Yield every bilingual text of cards and routes with its place."""
    for file, card in book.cards:
        yield file, "title", card.title
        yield file, "summary", card.summary
        for fact in card.facts:
            yield file, f"fact {fact.id}", Bilingual(zh=fact.zh, en=fact.en)
    for file, route in book.routes:
        yield file, "title", route.title
        yield file, "summary", route.summary
        for item in route.inputs:
            yield file, f"input {item.name}", item.question
        for option in route.options:
            for place, text in _option_texts(option):
                yield file, f"{option.id}/{place}", text
        for place_number, remark in enumerate(route.watch, start=1):
            yield file, f"watch {place_number}", remark.say


def _option_texts(option: Option) -> Iterator[tuple[str, Bilingual]]:
    yield "title", option.title
    for name, remarks in (
        ("blocker", option.blockers),
        ("pro", option.pros),
        ("con", option.cons),
    ):
        for number, remark in enumerate(remarks, start=1):
            yield f"{name} {number}", remark.say
    for number, leg in enumerate(option.legs, start=1):
        yield f"leg {number}", leg.what
        if leg.channel:
            yield f"leg {number} channel", leg.channel
    for step in option.steps:
        yield f"step {step.id}", step.do
        yield f"step {step.id} who", step.who
        if step.time:
            yield f"step {step.id} time", step.time


def citations(route: RouteCard) -> Iterator[tuple[str, tuple[FactRef, ...]]]:
    """Yield what every part of a route rests on, with its place."""
    for option in route.options:
        yield from citations_to_act_on(option)
        for number, remark in enumerate(option.pros, start=1):
            yield f"{option.id}/pro {number}", remark.facts
        for number, remark in enumerate(option.cons, start=1):
            yield f"{option.id}/con {number}", remark.facts
    for number, remark in enumerate(route.watch, start=1):
        yield f"watch {number}", remark.facts


def citations_to_act_on(option: Option) -> Iterator[tuple[str, tuple[FactRef, ...]]]:
    """Yield what blockers, legs and steps rest on: what a firm would act on."""
    for number, blocker in enumerate(option.blockers, start=1):
        yield f"{option.id}/blocker {number}", blocker.facts
    for number, leg in enumerate(option.legs, start=1):
        yield f"{option.id}/leg {number}", leg.facts
    for step in option.steps:
        yield step_place(option, step.id), step.facts


def _conditions(book: Book) -> Iterator[Condition]:
    for file, route in book.routes:
        for place, text in _condition_texts(route):
            try:
                yield Condition(file, place, route, text, parse_expression(text))
            except ExpressionError as error:
                yield Condition(file, place, route, text, None, str(error).rstrip("."))


def _condition_texts(route: RouteCard) -> Iterator[tuple[str, str]]:
    for option in route.options:
        if option.applies_when is not None:
            yield f"{option.id}/applies_when", option.applies_when
        for number, blocker in enumerate(option.blockers, start=1):
            yield f"{option.id}/blocker {number}", blocker.when
        for step in option.steps:
            if step.when is not None:
                yield step_place(option, step.id), step.when


def step_place(option: Option, step: str) -> str:
    """Name a step's place for a message."""
    return f"{option.id}/step {step}"


def shortened(value: object) -> str:
    """Print a value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _differences(book: Book) -> Iterator[Difference]:
    """Compare both languages of every text.

    The card's own number, year and title may be said in one language alone, and a document may
    be named with its year in one and without in the other.
    """
    heads = {file: _head(card) for file, card in book.cards}
    for file, place, text in texts(book):
        head = heads.get(file, ())
        zh = _unshared(text.zh, text.en, head)
        en = _unshared(text.en, text.zh, head)
        if zh or en:
            yield Difference(file, place, zh, en)


def _head(card: Instrument) -> tuple[str, ...]:
    days = (str(day) for day in (card.issued, card.effective) if day)
    return (card.title.zh, card.title.en, card.number or "", *days)


def _unshared(text: str, other: str, head: tuple[str, ...]) -> tuple[Figure, ...]:
    missing = missing_figures(text, [other])
    if not missing:
        return ()
    beyond_head = set(missing_figures(text, [other, *head]))
    documents = {f.value.partition("/")[0] for f in read_figures(other) if f.kind == "document"}
    return tuple(
        figure
        for figure in missing
        if (figure.kind not in ("date", "document") or figure in beyond_head)
        and not (figure.kind == "document" and figure.value.partition("/")[0] in documents)
    )
