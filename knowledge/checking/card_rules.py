"""Rules for cards, and for cards and routes alike; `knowledge.checking.check` names them in a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from knowledge.card import Instrument
from knowledge.checking.book import Book, Finding, Found, shortened, step_place, texts
from knowledge.figures.figure import Figure
from knowledge.route import RouteCard

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_DATE_FORM = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_LONGEST_ZH = 100
"""Characters of a fact: "about 80" in the format, with room for a document number."""
_LONGEST_EN = 75
"""Words of a fact: "about 60" in the format, likewise."""
_FAMILY = {"number": "amount", "percent": "amount"}


def duplicate_ids(book: Book) -> Iterator[Finding]:
    """Cards, routes, facts, sources, inputs, choices, options, steps: each id only once."""
    yield from _twice_over_files(book.cards)
    yield from _twice_over_files(book.routes)
    for file, card in book.cards:
        yield from _twice(file, "fact", (fact.id for fact in card.facts))
        yield from _twice(file, "source", (source.id for source in card.sources))
    for file, route in book.routes:
        yield from _twice(file, "input", (item.name for item in route.inputs))
        yield from _twice(file, "option", (option.id for option in route.options))
        for item in route.inputs:
            yield from _twice(file, f"input {item.name}/choice", (c.value for c in item.choices))
        for option in route.options:
            yield from _twice(file, f"{option.id}/step", (step.id for step in option.steps))


def file_names(book: Book) -> Iterator[Finding]:
    """A file is named after its id."""
    found: tuple[Found[Instrument | RouteCard], ...] = (*book.cards, *book.routes)
    for file, card in found:
        name = file.rpartition("/")[2].removesuffix(".yaml")
        if name != card.id:
            yield Finding(file, "card", f"id {card.id!r}", f"id {name!r}")


def folders(book: Book) -> Iterator[Finding]:
    """An instrument card lies in the folder of one of its topics."""
    for file, card in book.cards:
        folder = file.split("/")[-2]
        if folder not in card.topics:
            yield Finding(file, "card", f"folder {folder!r}", f"one of {listed(card.topics)}")


def blank_texts(book: Book) -> Iterator[Finding]:
    """No text consists of blanks only."""
    for file, place, text in texts(book):
        for lang in ("zh", "en"):
            if not getattr(text, lang).strip():
                yield Finding(file, f"{place} {lang}", "blanks", "a text")


def wrong_languages(book: Book) -> Iterator[Finding]:
    """A sentence under zh holds Chinese; one under en is not mostly Chinese."""
    for file, place, text in texts(book):
        if len(text.zh) > 12 and not _CHINESE.search(text.zh):
            yield Finding(file, f"{place} zh", shortened(text.zh), "a Chinese text")
        if len(_CHINESE.findall(text.en)) > len(text.en) / 3:
            yield Finding(file, f"{place} en", shortened(text.en), "an English text")


def long_facts(book: Book) -> Iterator[Finding]:
    """A fact is one statement, at most about 80 Chinese characters or 60 English words."""
    for file, card in book.cards:
        for fact in card.facts:
            characters = len(_CHINESE.findall(fact.zh))
            words = len(fact.en.split())
            if characters > _LONGEST_ZH:
                seen, expected = f"{characters} characters", f"at most {_LONGEST_ZH}"
                yield Finding(file, f"fact {fact.id} zh", seen, expected)
            if words > _LONGEST_EN:
                seen, expected = f"{words} words", f"at most {_LONGEST_EN}"
                yield Finding(file, f"fact {fact.id} en", seen, expected)


def unknown_sources(book: Book) -> Iterator[Finding]:
    """A fact rests on sources of its card."""
    for file, card in book.cards:
        known = [source.id for source in card.sources]
        for fact in card.facts:
            for name in (fact.source, *fact.also):
                if name not in known:
                    yield Finding(file, f"fact {fact.id}", f"source {name!r}", listed(known))


def repeated_sources(book: Book) -> Iterator[Finding]:
    """`also` names further sources, not the main one and none twice."""
    for file, card in book.cards:
        for fact in card.facts:
            for name, count in Counter((fact.source, *fact.also)).items():
                if count > 1:
                    expected = f"{name!r} once"
                    yield Finding(file, f"fact {fact.id}", f"source {name!r} twice", expected)


def source_qualities(book: Book) -> Iterator[Finding]:
    """`official` and `quality` say the same."""
    for file, card in book.cards:
        for source in card.sources:
            if source.official != (source.quality == "official"):
                seen = f"official {str(source.official).lower()}, quality {source.quality}"
                expected = "official true with quality official, else false"
                yield Finding(file, f"source {source.id}", seen, expected)


def unknown_issuers(book: Book) -> Iterator[Finding]:
    """Issuers and authorities are listed in issuers.yaml."""
    if book.issuers is None:
        return
    for file, card in book.cards:
        for issuer in card.issuers:
            if issuer not in book.issuers:
                yield Finding(file, "card", f"issuer {issuer!r}", "a name of issuers.yaml")
    for file, route in book.routes:
        for option in route.options:
            for step in option.steps:
                if step.authority is not None and step.authority not in book.issuers:
                    seen = f"authority {step.authority!r}"
                    yield Finding(file, step_place(option, step.id), seen, "a name of issuers.yaml")


def successors_missing(book: Book) -> Iterator[Finding]:
    """A superseded card names its successor; a repealed one may have none."""
    for file, card in book.cards:
        if card.status in ("superseded", "repealed") and card.superseded_by is None:
            level: Literal["error", "warning"] = (
                "error" if card.status == "superseded" else "warning"
            )
            seen = f"status {card.status}, superseded_by null"
            yield Finding(file, "card", seen, "the id of the card that replaces it", level)


def successors_unexpected(book: Book) -> Iterator[Finding]:
    """Only a card that has ended, or is about to, has a successor; none succeeds itself."""
    for file, card in book.cards:
        if card.superseded_by is None:
            continue
        if card.status not in ("superseded", "repealed"):
            seen = f"status {card.status}, superseded_by {card.superseded_by!r}"
            yield Finding(file, "card", seen, "status superseded or repealed")
        if card.superseded_by == card.id:
            yield Finding(file, "card", f"superseded_by {card.id!r}", "another card")


def dates_out_of_order(book: Book) -> Iterator[Finding]:
    """A rule is issued before it takes effect, and starts before what replaces it."""
    for file, card in book.cards:
        if card.issued and card.effective and card.issued > card.effective:
            seen = f"issued {card.issued}, effective {card.effective}"
            yield Finding(file, "card", seen, "issued on or before effective")
        successor = book.corpus.instruments.get(card.superseded_by or "")
        if successor and card.starts and successor.starts and successor.starts < card.starts:
            seen = f"starts {card.starts}, its successor {successor.starts}"
            yield Finding(file, "card", seen, "the successor to start later")


def dates_after_as_of(book: Book) -> Iterator[Finding]:
    """Nothing was issued or published after the day up to which the cards were kept."""
    if book.as_of is None:
        return
    expected = f"a date up to {book.as_of}"
    for file, card in book.cards:
        if card.issued and card.issued > book.as_of:
            yield Finding(file, "card", f"issued {card.issued}", expected)
        for source in card.sources:
            text = str(source.date) if source.date else ""
            if text > str(book.as_of) and _DATE_FORM.fullmatch(text):
                yield Finding(file, f"source {source.id}", f"date {text}", expected)


def date_forms(book: Book) -> Iterator[Finding]:
    """A source's date is a day, a month or a year."""
    for file, card in book.cards:
        for source in card.sources:
            if isinstance(source.date, str) and not _DATE_FORM.fullmatch(source.date):
                seen = f"date {source.date!r}"
                yield Finding(file, f"source {source.id}", seen, "YYYY-MM-DD, YYYY-MM or YYYY")


def differing_figures(book: Book) -> Iterator[Finding]:
    """The two languages give the same figures: neither has one of a kind that the other lacks."""
    for file, place, zh, en in book.figure_differences:
        for family in sorted({_family(figure) for figure in zh} & {_family(f) for f in en}):
            seen = _figures_of("zh", zh, family) + ", " + _figures_of("en", en, family)
            yield Finding(file, place, seen, "the same in both languages")


def one_sided_figures(book: Book) -> Iterator[Finding]:
    """What one language gives in figures, the other does not leave out."""
    for file, place, zh, en in book.figure_differences:
        both = {_family(figure) for figure in zh} & {_family(figure) for figure in en}
        for lang, figures in (("zh", zh), ("en", en)):
            for family in sorted({_family(figure) for figure in figures} - both):
                seen = _figures_of(lang, figures, family)
                yield Finding(file, place, f"{seen} only", "the same in both languages")


def listed(names: Iterable[str]) -> str:
    """Name what would have been right."""
    return ", ".join(names) or "none"


def _twice(file: str, kind: str, ids: Iterable[object]) -> Iterator[Finding]:
    for name, count in Counter(ids).items():
        if count > 1:
            yield Finding(file, f"{kind} {name}", f"{name!r} {count} times", "each id once")


def _twice_over_files(found: Iterable[Found[Instrument | RouteCard]]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for file, card in found:
        if card.id in first:
            yield Finding(file, "card", f"id {card.id!r} as in {first[card.id]}", "each id once")
        first.setdefault(card.id, file)


def _family(figure: Figure) -> str:
    return _FAMILY.get(figure.kind, figure.kind)


def _figures_of(lang: str, figures: tuple[Figure, ...], family: str) -> str:
    own = (f"{figure} ({figure.text!r})" for figure in figures if _family(figure) == family)
    return f"{lang} {'; '.join(own)}"
