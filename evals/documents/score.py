"""Holding what the pipeline made of a file against what is known of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from evals.documents.paper import Facts, Place, Truth
from knowledge.card import Frozen
from knowledge.documents.document import Part, Particulars
from knowledge.documents.reading.reading import Reading

_SPACED = re.compile(r"\s+")
_WITHIN = re.compile(
    r"(?<=[条條])(?:第[^条條]+款|第[^条條]+项).*$|, paragraph.*$|(?<=\d)\(.+\)(?=[条條]?$)"
)
SCAN_SHARE = 0.95
"""How alike a recognised article must be to the printed one for its bounds to count as right."""


class Outcome(Frozen):
    """One thing that was measured."""

    what: str
    right: bool
    seen: str = ""
    """What came instead, where it is wrong."""


def bare(text: str) -> str:
    """Bring a text to one width without blanks, so that how lines break does not count."""
    return _SPACED.sub("", unicodedata.normalize("NFKC", text))


def base_of(article: str | None) -> str | None:
    """Name the article that a citation is within: 第十二条 of 第十二条第二款, Section 5 of 5(2)."""
    return _WITHIN.sub("", article) if article else None


def article_bounds(truth: Truth, reading: Reading, parts: Sequence[Part]) -> Iterator[Outcome]:
    """Tell of every article whether its parts cover it from first to last character, and no more."""
    for name, places in truth.articles.items():
        own = [part for part in parts if base_of(part.article) == name]
        expected = bare("".join(place.text for place in places))
        text = (
            bare(reading.text[min(p.start for p in own) : max(p.end for p in own)]) if own else ""
        )
        same = text == expected or (
            truth.format in ("scan", "image") and likeness(text, expected) >= SCAN_SHARE
        )
        yield Outcome(
            what=f"{truth.file} {name}",
            right=same,
            seen=""
            if same
            else f"{text[:20]}…{text[-20:]}; wanted {expected[:20]}…{expected[-20:]}",
        )


def whole_words(truth: Truth, reading: Reading) -> Iterator[Outcome]:
    """Tell of every paragraph whether its words stand as printed, neither parted nor run together."""
    text = " ".join(unicodedata.normalize("NFKC", reading.text).split())
    for place in truth.places:
        yield Outcome(
            what=f"{truth.file}: {place.text[:40]}",
            right=" ".join(unicodedata.normalize("NFKC", place.text).split()) in text,
            seen="words parted or run together",
        )


def place_of(truth: Truth, words: str) -> Place:
    """Find the paragraph that holds some words.

    Raises:
        ValueError: none does.
    """
    wanted = bare(words)
    for place in truth.places:
        if wanted in bare(place.text):
            return place
    raise ValueError(f"{truth.file} does not hold {words!r}")


def holds(part: Part, words: str) -> bool:
    """Tell whether a part shows the words."""
    return bare(words) in bare(part.text)


def page_of(reading: Reading, part: Part, words: str) -> int | None:
    """Tell on which page a part's words stand, as a viewer that marks them finds it."""
    at = _position(reading.text[part.start : part.end], words)
    if at is None:
        return part.first_page
    at += part.start
    starts = reading.starts
    number = max(place for place, start in enumerate(starts) if start <= at)
    block = reading.blocks[number]
    page = block.page
    for spot in block.spots:
        if spot.start <= at - starts[number]:
            page = spot.page
    return page


def right_page(place: Place, page: int | None) -> bool:
    """Tell whether a page is one of those on which a paragraph stands."""
    if place.first_page is None or place.last_page is None:
        return page is None
    return page is not None and place.first_page <= page <= place.last_page


def likeness(text: str, expected: str) -> float:
    """Return the share of characters that are right: 1 less edits by length, at least 0."""
    if not expected:
        return float(not text)
    return max(0.0, 1 - edits(text, expected) / len(expected))


def edits(text: str, other: str) -> int:
    """Count the characters to insert, leave out or replace (Levenshtein)."""
    before = list(range(len(other) + 1))
    for row, char in enumerate(text, start=1):
        now = [row]
        for column, wanted in enumerate(other, start=1):
            now.append(
                min(
                    before[column] + 1,
                    now[column - 1] + 1,
                    before[column - 1] + (char != wanted),
                )
            )
        before = now
    return before[-1]


def particulars(file: str, facts: Facts, proposed: Particulars) -> Iterator[tuple[str, Outcome]]:
    """Tell of every field whether what was proposed is what is known; nothing known, nothing due."""
    told = {
        "title": (bare(facts.title), bare(proposed.title)),
        "lang": (facts.lang[:2], proposed.lang),
        "issuer": (facts.issuer, proposed.issuer),
        "number": (bare(facts.number or ""), bare(proposed.number or "")),
        "issued": (facts.issued, proposed.issued),
        "effective": (facts.effective, proposed.effective),
        "ended": (facts.ended, proposed.ended),
        "status": (facts.status or "unknown", proposed.status),
    }
    for field, (known, seen) in told.items():
        yield (
            field,
            Outcome(
                what=f"{file} {field}",
                right=known == seen,
                seen="" if known == seen else f"{seen!r}; wanted {known!r}",
            ),
        )


def _position(text: str, words: str) -> int | None:
    """Find words in a text whose lines may break anywhere."""
    wanted = bare(words)
    kept = [(at, folded) for at, char in enumerate(text) if (folded := bare(char))]
    begin = "".join(folded for _, folded in kept).find(wanted)
    if begin < 0:
        return None
    seen = 0
    for at, folded in kept:
        if seen + len(folded) > begin:
            return at
        seen += len(folded)
    return None
