"""Draft cards: what a document says of itself laid out in the card format, the facts left to a person.

A draft is refused by every reader of cards until it is written out: where the document says nothing,
and wherever a judgement is needed, it has `null` or nothing at all.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, get_args

import yaml

from knowledge.card import Jurisdiction, Kind, Quality, Status, Topic
from knowledge.corpus import Corpus
from knowledge.documents.document import Part, Particulars
from knowledge.documents.particulars.issuing import bodies_in
from knowledge.documents.particulars.propose import propose
from knowledge.documents.reading.reading import Reading
from knowledge.documents.splitting.split import split
from knowledge.errors import KnowledgeError
from knowledge.figures.numerals import fold
from knowledge.issuer import Place
from knowledge.language import to_simplified

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_OPENING = 60
"""Most characters of an article told beside its stub: enough to know it by, no text to copy."""
_TITLE_WORDS = 6


class DraftError(KnowledgeError):
    """No draft can be made: the id is missing, wrong or taken, or the corpus has the instrument."""


class Draft(NamedTuple):
    """A card to be written out."""

    id: str
    topic: Topic
    text: str
    """Of the YAML file."""
    stubs: int
    """Of facts: one for each article; for each part where the document has no articles."""

    @property
    def place(self) -> str:
        """Where it belongs, below a folder that is laid out as the corpus is."""
        return f"cards/{self.topic}/{self.id}.yaml"


def draft_card(
    reading: Reading,
    name: str,
    corpus: Corpus,
    topic: Topic,
    today: dt.date,
    *,
    card_id: str | None = None,
    url: str | None = None,
) -> Draft:
    """Lay out what a document says of itself.

    Args:
        reading: the document.
        name: its file name, told beside the source.
        corpus: where the card is to go; it must not have it yet.
        topic: folder of the card and the first of its topics.
        today: the day on which the document was read.
        card_id: id of the card; None = made of issuer and number, or of an English title.
        url: the page that the document was taken from.

    Raises:
        DraftError: see there; the message says what to do.
    """
    found = propose(reading, name)
    issuers = bodies_in(found.issuer or "")
    chosen = _id(card_id, issuers, found, corpus)
    stubs = _stubs(split(reading))
    lines = [
        f"# Draft of a card, made from {_inline(name)} on {today}. `null` and the stubs of facts are to be",
        "# written by a person who reads the document; docs/curating.md tells how. What is filled in was",
        "# read from the document: check it too.",
        f"id: {chosen}",
        *_head(found, issuers, corpus, topic),
        "sources:",
        "  - id: s1",
        "    publisher: null  # to be written: who runs the page",
        f"    title: {_scalar(_title(found))}",
        f"    url: {_scalar(url) if url else 'null  # to be written: the page the document was taken from, https://…'}",
        "    official: null  # to be written: true only for the page of the issuer or another authority",
        f"    quality: null  # to be written: {_choices(Quality)}",
        f"    date: null  # day the page was published, or null; read from {_inline(name)} on {today}",
        "facts:",
        *(line for number, stub in enumerate(stubs, start=1) for line in _fact(number, stub)),
        "related: []",
        "",
    ]
    return Draft(chosen, topic, "\n".join(lines), len(stubs))


def _head(
    found: Particulars, issuers: Sequence[str], corpus: Corpus, topic: Topic
) -> Iterator[str]:
    yield "title:"
    for lang in ("zh", "en"):
        here = lang == found.lang
        yield f"  {lang}: {_scalar(_title(found)) if here else 'null  # to be written'}"
    yield f"number: {_scalar(found.number)}"
    if issuers:
        yield f"issuers: [{', '.join(map(_scalar, issuers))}]"
    else:
        seen = f"; the document says {_inline(found.issuer)}" if found.issuer else ""
        yield f"issuers: null  # to be written: abbreviations of issuers.yaml{seen}"
    place = _jurisdiction(corpus.issuers[body].place for body in issuers if body in corpus.issuers)
    yield (
        f"jurisdiction: {place}  # proposed: where the issuers are in charge"
        if place
        else f"jurisdiction: null  # to be written: {_choices(Jurisdiction)}"
    )
    yield f"kind: null  # to be written: {_choices(Kind)}"
    yield f"topics: [{topic}]"
    yield f"issued: {_scalar(found.issued)}"
    yield f"effective: {_scalar(found.effective)}"
    yield (
        f"status: null  # to be written: {_choices(Status)}"
        if found.status == "unknown"
        else f"status: {found.status}  # as the document says"
    )
    yield "superseded_by: null"
    yield "summary:"
    yield "  zh: null  # to be written: one or two sentences"
    yield "  en: null  # to be written"


def _fact(number: int, stub: Part) -> Iterator[str]:
    locator = stub.article or (stub.path[-1] if stub.path else None)
    if locator is None and stub.first_page:
        locator = f"p. {stub.first_page}"
    opening = _inline(stub.text)
    yield f"  # {opening[:_OPENING]}{'…' if len(opening) > _OPENING else ''}"
    yield f"  - id: {number}"
    yield f"    locator: {_scalar(locator)}"


def _stubs(parts: Sequence[Part]) -> list[Part]:
    """Take the first part of each article; every part where the document has no articles."""
    articles: dict[str, Part] = {}
    for part in parts:
        if part.article:
            articles.setdefault(part.article, part)
    return list(articles.values()) or list(parts)


def _id(asked: str | None, issuers: Sequence[str], found: Particulars, corpus: Corpus) -> str:
    if asked is None:
        if twin := _of_number(corpus, found.number):
            raise DraftError(
                f"{found.number}: the corpus has {twin} with this number. Correct that card, or "
                "name an id with --id if this is another instrument."
            )
        asked = _proposed_id(issuers, found)
        if asked is None:
            raise DraftError(
                "id: seen no issuer of issuers.yaml with a number, and no English title; expected "
                "one of them. Name an id with --id, such as safe-2025-43."
            )
    if not _ID.fullmatch(asked):
        raise DraftError(
            f"id: seen {asked!r}; expected small letters, digits and hyphens, such as safe-2025-43."
        )
    if asked in corpus.instruments or asked in corpus.routes:
        raise DraftError(f"id: the corpus has {asked!r} already. Name another with --id.")
    return asked


def _of_number(corpus: Corpus, number: str | None) -> str | None:
    """Find the card that bears a document number, alone or among others."""
    if number is None:
        return None
    for card in corpus.instruments.values():
        if _plain(number) in {_plain(one) for one in re.split(r"[、,，;；]", card.number or "")}:
            return card.id
    return None


def _plain(number: str) -> str:
    return re.sub(r"[\s\[\]()]", "", fold(to_simplified(number)))


def _proposed_id(issuers: Sequence[str], found: Particulars) -> str | None:
    number = fold(found.number or "")
    year = _YEAR.search(number)
    own = re.findall(r"\d+", number[year.end() :] if year else number)
    when = year[0] if year else str(found.issued.year) if found.issued else None
    if issuers and own and when:
        return f"{_slug(issuers[0])}-{when}-{int(own[-1])}"
    if found.lang == "en":
        return "-".join(_slug(found.title).split("-")[:_TITLE_WORDS]) or None
    return None


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def _jurisdiction(places: Iterable[Place]) -> Jurisdiction | None:
    found = set(places)
    if not found or "elsewhere" in found:
        return None
    if "hongkong" in found:
        return "both" if len(found) > 1 else "hongkong"
    return "mainland" if "mainland" in found else "shanghai"


def _title(found: Particulars) -> str:
    return to_simplified(found.title) if found.lang == "zh" else found.title


def _choices(literal: object) -> str:
    return " | ".join(get_args(literal))


def _inline(text: str) -> str:
    """Fit a text of the document into a comment: one line, nothing that YAML refuses."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _scalar(value: object) -> str:
    """Write one value so that YAML reads it back, whatever its characters."""
    written = yaml.safe_dump([value], allow_unicode=True, default_flow_style=True, width=10**9)
    return str(written).strip()[1:-1]
