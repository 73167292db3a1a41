"""Rules for references, citations and the conditions of routes; `knowledge.checking.check` names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.card import Instrument
from knowledge.checking.book import Book, Finding, citations, citations_to_act_on, step_place
from knowledge.checking.card_rules import listed
from knowledge.corpus import Validity
from knowledge.route import RouteInput

_ENDED: frozenset[Validity] = frozenset({"superseded", "repealed"})
_UNSETTLED: frozenset[Validity] = frozenset({"draft", "announced", "not-yet"})


def dangling_references(book: Book) -> Iterator[Finding]:
    """Every id that is pointed at exists."""
    known = book.corpus.instruments.keys() | book.unread
    for file, card in book.cards:
        for other in (*card.related, *([card.superseded_by] if card.superseded_by else [])):
            if other not in known:
                yield Finding(file, "card", repr(other), "the id of a card")
    for file, route in book.routes:
        for place, refs in citations(route):
            for ref in refs:
                if ref not in book.corpus and ref.card_id not in book.unread:
                    yield Finding(file, place, repr(str(ref)), "a fact of a card")
        for option in route.options:
            steps = {step.id for step in option.steps}
            for step in option.steps:
                for need in step.needs:
                    if need not in steps:
                        place, expected = step_place(option, step.id), "a step of the same option"
                        yield Finding(file, place, f"needs {need!r}", expected)


def cyclic_needs(book: Book) -> Iterator[Finding]:
    """No step needs itself, directly or through others."""
    for file, route in book.routes:
        for option in route.options:
            needs = {step.id: step.needs for step in option.steps}
            for step in needs:
                way = _way_back(step, needs)
                if way and step == min(way):
                    seen = " needs ".join((*way, way[0]))
                    yield Finding(file, step_place(option, step), seen, "an order of steps")


def ended_rules_cited(book: Book) -> Iterator[Finding]:
    """Steps, legs and blockers rest on rules that hold; remarks may name one that has ended."""
    for file, place, card, validity in _cited_to_act_on(book):
        if validity in _ENDED:
            yield Finding(file, place, f"{card.id} ({validity})", "an instrument in force")


def unsettled_rules_cited(book: Book) -> Iterator[Finding]:
    """Steps, legs and blockers do not rest on drafts or announcements."""
    for file, place, card, validity in _cited_to_act_on(book):
        if validity in _UNSETTLED:
            yield Finding(file, place, f"{card.id} ({validity})", "an instrument in force")


def unreadable_expressions(book: Book) -> Iterator[Finding]:
    """Every condition is in the language of expressions."""
    for condition in book.conditions:
        if condition.expression is None:
            yield Finding(condition.file, condition.place, condition.fault, "an expression")


def unknown_inputs(book: Book) -> Iterator[Finding]:
    """A condition looks only at inputs of its route."""
    for condition in book.conditions:
        known = {item.name for item in condition.route.inputs}
        names = condition.expression.names if condition.expression else frozenset()
        for name in sorted(names - known):
            seen = f"input {name!r} in {condition.text!r}"
            yield Finding(condition.file, condition.place, seen, f"one of {listed(known)}")


def mistyped_inputs(book: Book) -> Iterator[Finding]:
    """An input is compared only with what it can be: a choice with one of its choices."""
    for condition in book.conditions:
        if condition.expression is None:
            continue
        inputs = {item.name: item for item in condition.route.inputs}
        for name in sorted(condition.expression.bare_names & inputs.keys()):
            if inputs[name].type != "bool":
                seen = f"{name} as a condition by itself, type {inputs[name].type}"
                yield Finding(condition.file, condition.place, seen, "type bool, or a comparison")
        for name, values, ordered in condition.expression.comparisons:
            item = inputs.get(name)
            expected = _possible(item, ordered) if item else None
            for value in values:
                if item and not _fits(item, value, ordered):
                    seen = f"{name} compared with {value!r}"
                    yield Finding(condition.file, condition.place, seen, str(expected))


def unused_inputs(book: Book) -> Iterator[Finding]:
    """An input is asked for only when it changes the result."""
    used: dict[str, set[str]] = {}
    for condition in book.conditions:
        names = condition.expression.names if condition.expression else frozenset()
        used.setdefault(condition.file, set()).update(names)
    for file, route in book.routes:
        for item in route.inputs:
            if item.name not in used.get(file, set()):
                place = f"input {item.name}"
                yield Finding(file, place, "in no condition", "used by a condition of the route")


def _cited_to_act_on(book: Book) -> Iterator[tuple[str, str, Instrument, Validity]]:
    for file, route in book.routes:
        for option in route.options:
            for place, refs in citations_to_act_on(option):
                for card_id in dict.fromkeys(ref.card_id for ref in refs):
                    card = book.corpus.instruments.get(card_id)
                    if card is not None:
                        yield file, place, card, book.validity(card)


def _way_back(start: str, needs: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the steps on a way from a step back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for need in needs.get(way[-1], ()):
            if need == start:
                return way
            if need not in seen:
                seen.add(need)
                ways.append((*way, need))
    return ()


def _possible(item: RouteInput, ordered: bool) -> str:
    if item.type == "choice":
        choices = listed(choice.value for choice in item.choices)
        return "no order among choices" if ordered else f"one of {choices}"
    return {"number": "a number", "bool": "true or false", "date": "a date"}[item.type]


def _fits(item: RouteInput, value: object, ordered: bool) -> bool:
    if item.type == "bool":
        return isinstance(value, bool) and not ordered
    if item.type == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if item.type == "choice":
        return not ordered and value in [choice.value for choice in item.choices]
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value))
