"""Cards as lines of text for a reader at a terminal: a style and a text each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from knowledge.card import Bilingual, Fact, FactRef, Instrument, PassageLang
from knowledge.corpus import Corpus
from knowledge.route import Option, Remark, RouteCard

Line = tuple[str | None, str]
"""A style of rich (None for plain) and a text."""

Langs = tuple[PassageLang, ...]
_TITLE, _HEADING, _DIM = "bold", "bold cyan", "dim"


def instrument_lines(corpus: Corpus, card: Instrument, langs: Langs) -> Iterator[Line]:
    """Tell an instrument: what it is, whether it holds, its facts and their sources."""
    yield from _head_lines(corpus, card, langs)
    yield from ((None, text) for text in _in(card.summary, langs))
    yield _HEADING, "\nfacts"
    for fact in card.facts:
        yield from _fact_lines(card, fact, langs)
    yield from _source_lines(card, (source.id for source in card.sources))
    if card.related:
        yield _DIM, f"\nrelated: {', '.join(card.related)}"


def fact_lines(corpus: Corpus, ref: FactRef, langs: Langs) -> Iterator[Line]:
    """Tell one fact with its instrument and the sources it rests on."""
    card, fact = corpus.instrument(ref), corpus.fact(ref)
    yield from _head_lines(corpus, card, langs)
    yield None, ""
    yield from _fact_lines(card, fact, langs)
    for value in fact.values:
        seen = value.date or value.value or f"{value.amount} {value.unit or ''}".strip()
        yield _DIM, f"    {value.name}: {seen}"
    yield from _source_lines(card, (fact.source, *fact.also))


def route_lines(corpus: Corpus, route: RouteCard, langs: Langs) -> Iterator[Line]:
    """Tell a route: what decides it, then each option with legs, steps and remarks."""
    yield from ((_TITLE, text) for text in _in(route.title, langs))
    yield _DIM, f"{route.id}, goal {route.goal}"
    yield from ((None, text) for text in _in(route.summary, langs))
    if route.inputs:
        yield _HEADING, "\nwhat decides"
    for item in route.inputs:
        choices = "".join(f" | {choice.value}" for choice in item.choices)
        yield None, f"  {item.name} ({item.type}{choices}): {_joined(item.question, langs)}"
    for option in route.options:
        yield from _option_lines(corpus, option, langs)
    yield from _remark_lines("watch", route.watch, langs)


def _head_lines(corpus: Corpus, card: Instrument, langs: Langs) -> Iterator[Line]:
    yield from ((_TITLE, text) for text in _in(card.title, langs))
    yield _DIM, ", ".join(part for part in (card.id, card.number) if part)
    for issuer in card.issuers:
        yield None, f"issuer: {_joined(corpus.issuer_name(issuer), langs)} ({issuer})"
    yield None, f"{card.kind}, {card.jurisdiction}, topics: {', '.join(card.topics)}"
    dates = [f"issued {card.issued}"] if card.issued else []
    dates += [f"effective {card.effective}"] if card.effective else []
    yield None, ", ".join([f"status: {card.status}", *dates])
    if card.superseded_by:
        ends = corpus.ends(card)
        yield None, f"replaced by: {card.superseded_by}{f' on {ends}' if ends else ''}"
    for before in corpus.predecessors(card):
        yield None, f"replaces: {before.id}"


def _fact_lines(card: Instrument, fact: Fact, langs: Langs) -> Iterator[Line]:
    first, *others = (fact.text(lang) for lang in langs)
    yield None, f"  #{fact.id} [{fact.aspect}] {first}"
    yield from ((None, f"     {text}") for text in others)
    rests_on = ", ".join(f"{name} ({_quality(card, name)})" for name in (fact.source, *fact.also))
    yield _DIM, f"     {rests_on}{f', {fact.locator}' if fact.locator else ''}"


def _quality(card: Instrument, source_id: str) -> str:
    return next((s.quality for s in card.sources if s.id == source_id), "not listed")


def _source_lines(card: Instrument, source_ids: Iterable[str]) -> Iterator[Line]:
    wanted = set(source_ids)
    yield _HEADING, "\nsources"
    for source in card.sources:
        if source.id in wanted:
            date = f", {source.date}" if source.date else ""
            yield None, f"  {source.id} {source.publisher}: {source.title} ({source.quality}{date})"
            yield _DIM, f"     {source.url}"
            if source.note:
                yield _DIM, f"     {source.note}"


def _option_lines(corpus: Corpus, option: Option, langs: Langs) -> Iterator[Line]:
    yield _HEADING, f"\noption {option.id}: {_joined(option.title, langs)}"
    if option.applies_when:
        yield _DIM, f"  applies when {option.applies_when}"
    for blocker in option.blockers:
        said = f"  blocked when {blocker.when}: {_joined(blocker.say, langs)}"
        yield None, said + _refs(blocker.facts)
    for leg in option.legs:
        way = f"{_joined(leg.channel, langs)}, " if leg.channel else ""
        said = f"  {leg.from_} -> {leg.to}: {_joined(leg.what, langs)}"
        yield None, f"{said} ({way}{', '.join(leg.currencies)}){_refs(leg.facts)}"
    for number, step in enumerate(option.steps, start=1):
        yield None, f"  {number}. [{step.side}] {_joined(step.do, langs)}{_refs(step.facts)}"
        details = [f"by {_joined(step.who, langs)}"]
        if step.authority:
            name = _joined(corpus.issuer_name(step.authority), langs)
            details.append(f"with {name} ({step.authority})")
        details += [f"takes {_joined(step.time, langs)}"] if step.time else []
        details += [f"when {step.when}"] if step.when else []
        details += [f"after {', '.join(step.needs)}"] if step.needs else []
        yield _DIM, f"     {step.id}: {'; '.join(details)}"
    yield from _remark_lines("pros", option.pros, langs)
    yield from _remark_lines("cons", option.cons, langs)


def _remark_lines(title: str, remarks: Iterable[Remark], langs: Langs) -> Iterator[Line]:
    said = [f"  - {_joined(remark.say, langs)}{_refs(remark.facts)}" for remark in remarks]
    if said:
        yield None, f"  {title}" if title != "watch" else "\nwatch"
        yield from ((None, text) for text in said)


def _in(text: Bilingual, langs: Langs) -> list[str]:
    return [text.text(lang) for lang in langs]


def _joined(text: Bilingual, langs: Langs) -> str:
    return " / ".join(_in(text, langs))


def _refs(facts: Iterable[FactRef]) -> str:
    return f" ({', '.join(facts)})"
