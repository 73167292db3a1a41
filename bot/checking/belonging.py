"""Belonging: a figure that the facts have, but of something else than the sentence says.

Two forms are sure enough to be judged without weights: figures that a fact labels in brackets
("1.80% (5-year), 2.08% (10-year)"), and Chinese counts by their measure word (106家会员、16个国家).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from knowledge.figures.bounds import Key
from knowledge.figures.figure import Figure, read_figures

_LABEL = re.compile(r"\s*[(（]([^()（）]{1,20})[)）]")
_MEASURE = re.compile(r"[家间个名位条项只笔份类种章批艘台套起宗]")


class _Labelled(NamedTuple):
    value: Key
    label: str
    figures: frozenset[Key]
    """Of the label."""


def misplaced(text: str, facts: Sequence[str]) -> Iterator[str]:
    """Yield the figures of a sentence that its facts have of something else.

    Args:
        text: the sentence, Chinese simplified.
        facts: what it cites.
    """
    figures = read_figures(text)
    for fact in facts:
        yield from _under_another_label(text, figures, fact)
    yield from _counted_otherwise(figures, text, facts)


def _under_another_label(text: str, figures: Iterable[Figure], fact: str) -> Iterator[str]:
    """Yield figures beside the label of another: a label of the fact without its own figure."""
    labelled = _labelled(fact)
    labels, values = {one.label for one in labelled}, {one.value for one in labelled}
    if len(labels) < 2 or len(values) < len(labelled):
        return
    here: dict[Key, Figure] = {(figure.kind, figure.value): figure for figure in figures}
    told = [one for one in labelled if _names(text, frozenset(here), one)]
    strange = [one for one in labelled if one.value in here and one not in told]
    if any(one.value not in here for one in told):
        yield from (here[one.value].text for one in strange)


def _names(text: str, here: frozenset[Key], one: _Labelled) -> bool:
    """Tell whether a sentence has a label, by its figures where it has any."""
    return one.figures <= here if one.figures else one.label.casefold() in text.casefold()


@lru_cache(4096)
def _labelled(fact: str) -> tuple[_Labelled, ...]:
    found = []
    for figure in read_figures(fact):
        if label := _LABEL.match(fact, figure.end):
            figures = frozenset((one.kind, one.value) for one in read_figures(label[1]))
            found.append(_Labelled((figure.kind, figure.value), label[1].strip(), figures))
    return tuple(found)


def _counted_otherwise(figures: Iterable[Figure], text: str, facts: Iterable[str]) -> Iterator[str]:
    """Yield counts whose measure word the facts have with other counts, and never with this one."""
    measures: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        for figure in _counts(read_figures(fact)):
            if measure := _measure(figure, fact):
                measures[figure.value].add(measure)
                counts[measure].add(figure.value)
    for figure in _counts(figures):
        measure = _measure(figure, text)
        if measure in counts and measures[figure.value] and measure not in measures[figure.value]:
            yield figure.text


def _counts(figures: Iterable[Figure]) -> list[Figure]:
    return [figure for figure in figures if figure.kind == "number" and figure.unit == "count"]


def _measure(figure: Figure, text: str) -> str:
    found = _MEASURE.search(text, figure.start, min(len(text), figure.end + 1))
    return found[0] if found else ""
