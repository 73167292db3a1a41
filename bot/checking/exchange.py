"""Exchange: two figures of a sentence that stand in each other's place.

A figure's zone is the words between the figure or break before it and the one after it. Two figures
that a fact has too are exchanged when the zone of each is more like the other's there than its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from bot.checking.content import read_words
from knowledge.card import PassageLang
from knowledge.figures.figure import read_figures

_BREAK = re.compile(
    r"[，,；;：:。！？!?（）()、]|\.(?=\s|$)|\b(?:and|but|while|though|yet|against|or)\b"
)
_KINDS = ("number", "percent", "date")


class Zone(NamedTuple):
    """A figure and the words that stand with it."""

    kind: str
    value: str
    unit: str | None
    start: int
    words: frozenset[str]


class Exchange(NamedTuple):
    """How far two figures have changed places."""

    crossed: float
    """By how much their zones fit each other better than themselves; -2 to 2, 0 = no two figures."""
    reversed: float
    """1 = they stand in the other order than in the fact, and their zones fit no better so."""
    seen: str
    """The figures."""


_NONE = Exchange(0.0, 0.0, "")


def zones(text: str, lang: PassageLang) -> list[Zone]:
    """Return the figures of a text (Chinese simplified) with their zones, in reading order."""
    figures = [figure for figure in read_figures(text) if figure.kind in _KINDS]
    breaks = [match.start() for match in _BREAK.finditer(text)]
    words = read_words(text, lang)
    found = []
    for at, figure in enumerate(figures):
        before = [0, *(figures[at - 1].end for _ in range(at > 0))]
        low = max([*before, *(place for place in breaks if place < figure.start)])
        after = [other.start for other in figures[at + 1 : at + 2]]
        high = min([len(text), *after, *(place for place in breaks if place >= figure.end)])

        def within(start: int, end: int, figure_start: int, figure_end: int) -> frozenset[str]:
            return frozenset(
                word.text
                for word in words
                if (word.start >= start and word.end <= figure_start)
                or (word.start >= figure_end and word.end <= end)
            )

        zone = within(low, high, figure.start, figure.end)
        if not zone:
            low = max((place for place in breaks if place < low), default=0)
            zone = within(low, high, figure.start, figure.end)
        found.append(Zone(figure.kind, figure.value, figure.unit, figure.start, zone))
    return found


def exchanged(text: Sequence[Zone], facts: Iterable[Sequence[Zone]]) -> Exchange:
    """Find the two figures of a text that have most surely changed places in a fact."""
    crossed = turned = 0.0
    seen = ""
    for fact in facts:
        for one, other in combinations(text, 2):
            if one.kind != other.kind or one.unit != other.unit or one.value == other.value:
                continue
            ones = [zone for zone in fact if zone[:2] == one[:2]]
            others = [zone for zone in fact if zone[:2] == other[:2]]
            if not ones or not others:
                continue
            own = _fit(one, ones) + _fit(other, others)
            cross = _fit(one, others) + _fit(other, ones)
            if cross > own + crossed:
                crossed, seen = cross - own, f"{one.value}, {other.value}"
            if all(a.start > b.start for a in ones for b in others):
                weight = 1.0 if cross >= own else 0.5 * (cross > own - _CLOSE)
                if weight > turned:
                    turned, seen = weight, seen or f"{one.value}, {other.value}"
    return Exchange(crossed, turned, seen)


_CLOSE = 0.3
"""A difference of fit that says nothing."""


def _fit(zone: Zone, places: Iterable[Zone]) -> float:
    return max(_likeness(zone.words, place.words) for place in places)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (min(len(one), len(other)) or 1)
