"""Two states of the corpus held against each other: which facts, cards and routes are others now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from knowledge.card import Bilingual, Fact, FactRef, Frozen, Instrument
from knowledge.corpus import Corpus
from knowledge.route import RouteCard

ChangeKind = Literal["added", "removed", "changed"]

_OF_CARD = (
    "status",
    "superseded_by",
    "issued",
    "effective",
    "number",
    "title",
    "issuers",
    "jurisdiction",
    "kind",
    "topics",
    "summary",
    "sources",
    "related",
    "measures",
)
"""Fields of a card that readers see or that decide what counts, the weightiest first."""
_OF_ALL_FACTS = frozenset({"status", "superseded_by", "issued", "effective", "number", "title"})
"""Fields that every citation of a card shows or that decide when its facts count."""
_OF_FACT = ("zh", "en", "values", "aspect", "locator", "source", "also")


class FieldChange(Frozen):
    """A field of a card, as it was and as it is; None for none."""

    name: str
    before: str | None
    after: str | None


class FactChange(Frozen):
    """A fact that is new, gone, or not as it was."""

    ref: FactRef
    kind: ChangeKind
    fields: tuple[str, ...]
    """Of a changed fact, what differs: `zh`, `en`, `values`, …"""
    before: Bilingual | None
    after: Bilingual | None


class CardChange(Frozen):
    """A card that is new, gone, or not as it was."""

    card: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    facts: tuple[FactChange, ...]
    questions: tuple[int, ...]
    """Numbers of the facts whose example questions differ."""

    @property
    def is_replaced(self) -> bool:
        """Whether the card stopped counting: superseded or repealed since."""
        return any(
            field.name == "status" and field.after in ("superseded", "repealed")
            for field in self.fields
        )


class RouteChange(Frozen):
    """A route that is new, gone, or not as it was."""

    route: str
    kind: ChangeKind
    fields: tuple[str, ...]
    gained: tuple[FactRef, ...]
    lost: tuple[FactRef, ...]


class CorpusDiff(Frozen):
    """What differs between two states of the corpus."""

    old: str
    """Version of the corpus before."""
    new: str
    cards: tuple[CardChange, ...]
    routes: tuple[RouteChange, ...]
    refs: tuple[FactRef, ...]
    """Facts that an answer can no longer cite as it did: changed and removed ones, and all facts of
    a card whose status, dates, number or title changed."""

    @property
    def facts(self) -> tuple[FactChange, ...]:
        """Every fact that differs."""
        return tuple(fact for card in self.cards for fact in card.facts)


def diff_corpora(old: Corpus, new: Corpus) -> CorpusDiff:
    """Compare two states of the corpus."""
    cards = tuple(
        change
        for name in sorted(old.instruments.keys() | new.instruments.keys())
        if (change := _card(name, old, new)) is not None
    )
    routes = tuple(
        route
        for name in sorted(old.routes.keys() | new.routes.keys())
        if (route := _route(name, old.routes.get(name), new.routes.get(name))) is not None
    )
    refs = {ref: None for card in cards for ref in _doubtful(card, old)}
    return CorpusDiff(
        old=str(old.version), new=str(new.version), cards=cards, routes=routes, refs=tuple(refs)
    )


def _card(name: str, old: Corpus, new: Corpus) -> CardChange | None:
    was, now = old.instruments.get(name), new.instruments.get(name)
    change = CardChange(
        card=name,
        kind=_kind(was, now),
        fields=tuple(_fields(was, now)) if was and now else (),
        facts=tuple(_facts(name, was, now)),
        questions=tuple(_questions(name, old, new)) if was and now else (),
    )
    differs = change.kind != "changed" or change.fields or change.facts or change.questions
    return change if differs else None


def _kind(was: object | None, now: object | None) -> ChangeKind:
    if was is None:
        return "added"
    return "removed" if now is None else "changed"


def _fields(was: Instrument, now: Instrument) -> Iterator[FieldChange]:
    for name in _OF_CARD:
        before, after = getattr(was, name), getattr(now, name)
        if before != after:
            yield FieldChange(name=name, before=_shown(before), after=_shown(after))


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Bilingual):
        return f"{value.zh} / {value.en}"
    if isinstance(value, tuple):
        return ", ".join(str(getattr(item, "url", item)) for item in value)
    return str(value)


def _facts(name: str, was: Instrument | None, now: Instrument | None) -> Iterator[FactChange]:
    before = {fact.id: fact for fact in was.facts} if was else {}
    after = {fact.id: fact for fact in now.facts} if now else {}
    for number in sorted(before.keys() | after.keys()):
        old, new = before.get(number), after.get(number)
        fields = (
            tuple(field for field in _OF_FACT if getattr(old, field) != getattr(new, field))
            if old and new
            else ()
        )
        if fields or not (old and new):
            yield FactChange(
                ref=FactRef.of(name, number),
                kind=_kind(old, new),
                fields=fields,
                before=_says(old),
                after=_says(new),
            )


def _says(fact: Fact | None) -> Bilingual | None:
    return Bilingual(zh=fact.zh, en=fact.en) if fact else None


def _questions(name: str, old: Corpus, new: Corpus) -> Iterator[int]:
    asked: list[Mapping[int, object]] = [
        {ref.fact_id: asks for ref, asks in corpus.asks.items() if ref.card_id == name}
        for corpus in (old, new)
    ]
    for number in sorted(asked[0].keys() | asked[1].keys()):
        if asked[0].get(number) != asked[1].get(number):
            yield number


def _route(name: str, was: RouteCard | None, now: RouteCard | None) -> RouteChange | None:
    if was == now:
        return None
    before, after = (route.refs if route else () for route in (was, now))
    return RouteChange(
        route=name,
        kind=_kind(was, now),
        fields=tuple(
            field
            for field in RouteCard.model_fields
            if was and now and getattr(was, field) != getattr(now, field)
        ),
        gained=tuple(ref for ref in after if ref not in before),
        lost=tuple(ref for ref in before if ref not in after),
    )


def _doubtful(change: CardChange, old: Corpus) -> Iterator[FactRef]:
    was = old.instruments.get(change.card)
    if was and any(field.name in _OF_ALL_FACTS for field in change.fields):
        yield from (FactRef.of(was.id, fact.id) for fact in was.facts)
    yield from (fact.ref for fact in change.facts if fact.kind != "added")
