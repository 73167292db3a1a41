"""Bounds: whether a figure is the least or the most, or a date the first or the last day.

A figure's bound is read from the words right beside it (至少30%, 300万元以上, "no later than 1 May").
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

from knowledge.figures.figure import read_figures

Bound = Literal["from", "to"]
"""From the figure upwards (or a day onwards), or up to it."""
Key = tuple[str, str]
"""Kind and value of a figure."""

_GAP = r"[^，。；、\d]{0,3}[约近的为是其即：:“]{0,2}\s*$"
_GAP_EN = r"(?: (?:a|an|the|of|about|some|around|at|hk|us|rmb|hkd|usd|its|their|total))*[ $¥€£]*$"
_BEFORE: Mapping[Bound, re.Pattern[str]] = {
    "from": re.compile(
        r"(?:(?:至少|最低|最少|下限|不得?(?:低于|少于|小于|短于)"
        rf"|(?<![不得能可会])(?:超过|高于|多于|大于|超出)|已?满){_GAP})"
        r"|\b(?:at least|(?:no|not) (?:less|fewer|lower|smaller|shorter) than|minimum(?: of)?"
        r"|(?<!no )(?<!not )(?:more|higher|greater) than|(?<!not )(?<!never )exceed(?:s|ing|ed)?"
        rf"|above){_GAP_EN}",
        re.IGNORECASE,
    ),
    "to": re.compile(
        r"(?:(?:至多|最多|最高|最长|上限|封顶|不得?(?:高于|超过|多于|大于|超出|长于)|不超"
        rf"|(?<![不得])(?:低于|少于|小于|短于)|不足|不到|不满){_GAP})"
        r"|\b(?:at most|(?:no|not) (?:more|higher|greater|longer) than|up to|maximum(?: of)?"
        r"|cap(?:ped)?(?: of| at)|ceiling of|(?<!no )(?<!not )(?:less|fewer|lower) than"
        rf"|(?:not|never|cannot) (?:\w+ )?exceed|within|under|below){_GAP_EN}",
        re.IGNORECASE,
    ),
}
_AFTER: Mapping[Bound, re.Pattern[str]] = {
    "from": re.compile(
        r"[^，。；、\d]{0,2}(?:（含）)?(?:及|或)?以上|(?: equivalent)?,? (?:or|and) (?:more|above|over|longer|upwards?|higher)\b",
        re.IGNORECASE,
    ),
    "to": re.compile(
        r"[^，。；、\d]{0,2}(?:（含）)?(?:及|或)?(?:以下|以内|之内|封顶|为限|为上限)"
        r"|(?: equivalent)?,? (?:or|and) (?:less|below|under|fewer|shorter|lower)\b|,? at most\b",
        re.IGNORECASE,
    ),
}
_DAY_BEFORE: Mapping[Bound, re.Pattern[str]] = {
    "from": re.compile(rf"\b(?:after|since|not earlier than|no earlier than){_GAP_EN}", re.I),
    "to": re.compile(rf"\b(?:before|until|no later than|not later than){_GAP_EN}", re.I),
}
_DAY_AFTER: Mapping[Bound, re.Pattern[str]] = {
    "from": re.compile(r"(?:及|或)?(?:之后|以后|后|起)|,? (?:or (?:later|after)|onwards?)\b", re.I),
    "to": re.compile(r"(?:及|或)?(?:之前|以前|底?前)|,? or (?:earlier|before)\b", re.I),
}
"""The same of days; a time that is past is no bound of how long it takes."""
_NEAR = 32
"""Characters before a figure in which its bound is looked for."""


@lru_cache(8192)
def bounds(text: str) -> Mapping[Key, frozenset[Bound]]:
    """Return the bounds of the figures of a text (Chinese simplified); unbounded ones have none."""
    found: dict[Key, set[Bound]] = defaultdict(set)
    for figure in read_figures(text):
        before = text[max(0, figure.start - _NEAR) : figure.start]
        sides: tuple[Bound, Bound] = ("from", "to")
        is_day = figure.kind == "date"
        left, right = (_DAY_BEFORE, _DAY_AFTER) if is_day else (_BEFORE, _AFTER)
        here = {
            side
            for side in sides
            if left[side].search(before) or right[side].match(text, figure.end)
        }
        found[figure.kind, figure.value] |= here
    return {key: frozenset(sides) for key, sides in found.items()}


def turned_bound(text: str, facts: Iterable[str]) -> str:
    """Return the figure that is the least where the facts say the most, or the reverse.

    Args:
        text: the sentence.
        facts: what it cites, in both languages.

    Returns: its value; empty: none is.
    """
    told: dict[Key, set[Bound]] = defaultdict(set)
    for fact in facts:
        for key, sides in bounds(fact).items():
            told[key] |= sides
    for key, sides in bounds(text).items():
        if len(sides) == 1 and len(told[key]) == 1 and sides != told[key]:
            return key[1]
    return ""
