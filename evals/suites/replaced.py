"""Replaced figures: what a superseded card says, beside what its successor says of the same point.

Two facts speak of the same point where the machine-readable figures of their cards say so: a value
of one name, or of a name that the other's only narrows (`ltv_max`, `control_ltv_max`), in one unit
and of another amount. Nothing is read into wording.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from bot.writing.select import overlap
from evals.scorers.text import find, folded
from evals.suites.forbidden import forbidden
from evals.suites.patterns import figure_pattern
from knowledge.card import Fact, FactRef, FactValue, Instrument
from knowledge.corpus import Corpus
from knowledge.figures.figure import Figure, read_figures
from knowledge.glossary import Glossary

_OF_BEFORE = frozenset({"old", "previous", "former"})


class Replaced(NamedTuple):
    """A fact whose figures gave way to those of another fact on one day."""

    old: FactRef
    new: FactRef
    day: dt.date
    """First day of the new rule."""
    was: tuple[str, ...]
    """Patterns of the figures that the new fact does not have any more."""
    now: tuple[str, ...]
    """Patterns of the figures that the old fact did not have."""
    not_was: tuple[str, ...]
    """Patterns that state an old figure as if it counted."""
    not_now: tuple[str, ...]
    """Patterns that state a new figure as if it counted."""
    at_once: bool
    """Whether the new figures held from the first day; a fact may name a later one."""


def replaced_figures(corpus: Corpus, glossary: Glossary) -> tuple[Replaced, ...]:
    """Return the replaced figures of a corpus, in the order of its cards."""
    found = []
    for old in corpus.instruments.values():
        new = corpus.instruments.get(old.superseded_by or "")
        day = corpus.ends(old)
        if new is None or day is None:
            continue
        for fact in old.facts:
            paired = _successor(fact, new)
            if paired and (made := _replaced(old, fact, new, paired, day, corpus, glossary)):
                found.append(made)
    return tuple(found)


def _successor(fact: Fact, new: Instrument) -> Fact | None:
    """Return the fact of a successor that has most values of the same points, but other amounts."""
    scored = [
        (sum(1 for _ in _moved(fact, other)), overlap(fact.zh, other.zh), -other.id, other)
        for other in new.facts
    ]
    count, _, _, best = max(scored, key=lambda item: item[:3])
    return best if count else None


def _moved(old: Fact, new: Fact) -> Iterator[tuple[FactValue, FactValue]]:
    for was in old.values:
        for now in new.values:
            if (
                not _OF_BEFORE & set(_words(now))
                and was.unit == now.unit
                and was.amount is not None
                and now.amount is not None
                and was.amount != now.amount
                and set() < set(_words(was)) - _OF_BEFORE <= set(_words(now))
            ):
                yield was, now


def _words(value: FactValue) -> list[str]:
    return value.name.split("_")


def _replaced(
    old: Instrument,
    fact: Fact,
    new: Instrument,
    paired: Fact,
    day: dt.date,
    corpus: Corpus,
    glossary: Glossary,
) -> Replaced | None:
    """Hold the figures of both languages against those of the other fact."""
    pairs = list(_moved(fact, paired))
    was = _patterns(fact, [value for value, _ in pairs], paired)
    now = _patterns(paired, [value for _, value in pairs], fact)
    # The old figure may be told beside the new one: then it is no sign of the old fact alone.
    if not was or not now:
        return None
    later = any(
        figure.kind == "date" and figure.value[:4].isdigit() and figure.value > day.isoformat()
        for figure in read_figures(paired.zh)
    )
    before, after = FactRef.of(old.id, fact.id), FactRef.of(new.id, paired.id)
    return Replaced(
        old=before,
        new=after,
        day=day,
        was=was,
        now=now,
        not_was=forbidden(was, before, after, corpus, glossary),
        not_now=forbidden(now, after, before, corpus, glossary),
        at_once=not later,
    )


def _patterns(fact: Fact, values: list[FactValue], other: Fact) -> tuple[str, ...]:
    """Return a pattern for each value, as the fact itself writes it in both languages."""
    found: list[str] = []
    for value in values:
        figure = _figure_of(value, fact)
        if figure:
            pattern = figure_pattern(figure)
            if find((pattern,), folded(fact.zh)) and find((pattern,), folded(fact.en)):
                found.append(pattern)
    return tuple(dict.fromkeys(found))


def _figure_of(value: FactValue, fact: Fact) -> Figure | None:
    """Find the figure of a fact's sentence that is a machine-readable value of it."""
    wanted = float(value.amount) if isinstance(value.amount, (int, float)) else None
    if wanted is None:
        return None
    for text in (fact.zh, fact.en):
        for figure in read_figures(text):
            try:
                amount = float(figure.value)
            except ValueError:
                continue
            if amount == wanted or (value.unit == "bp" and round(amount * 100, 6) == wanted):
                return figure
    return None
