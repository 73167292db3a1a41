"""Edits: what a sentence that keeps a fact's wording has put in the place of some of its words.

A writer who keeps the wording and changes a word changes what is said; one who says all in words of
their own leaves nothing to compare, and nothing is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from knowledge.card import PassageLang

Missing = Callable[[str], Sequence[float]]
"""Tells for each content word of a piece of text how far the facts lack it."""


class Edited(NamedTuple):
    """What was changed, each weighed by the share of the sentence that is the fact's, 0 to 1."""

    word: float
    """A word that the facts lack stands between words of a fact in the place of one of its own."""
    denial: float
    """A denial came, went or gave way to leave."""
    alone: float
    """A denial came or went, and nothing else with it."""


_NO_EDIT = Edited(0.0, 0.0, 0.0)
_TOKEN = re.compile(r"[a-z]+|[\d][\d,.]*|[\u4e00-\u9fff]|[^\s]", re.IGNORECASE)
_DENIAL = re.compile(
    r"不|未|无|没|非|免|禁止|\b(?:not|no|never|cannot|without|neither|nor|exempt\w*|free|un\w+able)\b|n't\b",
    re.IGNORECASE,
)
_MOST: dict[PassageLang, int] = {"zh": 8, "en": 5}
"""Characters or words up to which a piece is a change and no other way of telling."""
_ANCHOR: dict[PassageLang, int] = {"zh": 2, "en": 1}
"""Characters or words on either side by which a place is known again."""
_ALONE: dict[PassageLang, int] = {"zh": 2, "en": 1}
"""Characters or words of a denial that came or went without anything else."""
_LEAST = 0.6
"""Share of a sentence that must be the fact's words."""


@lru_cache(4096)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(match[0].lower() for match in _TOKEN.finditer(text))


def edited(text: str, facts: Iterable[str], lang: PassageLang, missing: Missing) -> Edited:
    """Hold a sentence (Chinese simplified) against the wording of each fact it cites.

    Args:
        text: the sentence.
        facts: what it cites, in its language.
        lang: its language.
        missing: tells what the facts lack.
    """
    mine = _tokens(text)
    worst = _NO_EDIT
    for fact in facts:
        here = _against(mine, _tokens(fact), lang, missing)
        worst = Edited(*map(max, worst, here))
    return worst


def _against(
    mine: Sequence[str], theirs: Sequence[str], lang: PassageLang, missing: Missing
) -> Edited:
    matcher = SequenceMatcher(None, theirs, mine, autojunk=False)
    pieces = matcher.get_opcodes()
    kept = sum(high - low for tag, _, _, low, high in pieces if tag == "equal") / (len(mine) or 1)
    if kept <= _LEAST:
        return _NO_EDIT
    kept = (kept - _LEAST) / (1 - _LEAST)
    space = "" if lang == "zh" else " "
    word = denial = alone = 0.0
    for at, (tag, old_low, old_high, low, high) in enumerate(pieces):
        if tag == "equal" or max(old_high - old_low, high - low) > _MOST[lang]:
            continue
        if not (_is_anchor(pieces, at - 1, lang) and _is_anchor(pieces, at + 1, lang)):
            continue
        old, new = space.join(theirs[old_low:old_high]), space.join(mine[low:high])
        if bool(_DENIAL.search(old)) != bool(_DENIAL.search(new)):
            denial = max(denial, kept)
            if tag != "replace" and old_high - old_low + high - low <= _ALONE[lang]:
                alone = kept
        if tag == "replace":
            lacks = missing(_whole(mine, low, high, lang))
            word = max(word, max(lacks, default=0.0) * kept)
    return Edited(word, denial, alone)


def _is_anchor(
    pieces: Sequence[tuple[str, int, int, int, int]], at: int, lang: PassageLang
) -> bool:
    if not 0 <= at < len(pieces):
        return True
    tag, _, _, low, high = pieces[at]
    return tag == "equal" and high - low >= _ANCHOR[lang]


def _whole(mine: Sequence[str], low: int, high: int, lang: PassageLang) -> str:
    """Return a piece with the character on either side, so that pairs across its ends count too."""
    if lang == "zh":
        return "".join(mine[max(0, low - 1) : high + 1])
    return " ".join(mine[low:high])
