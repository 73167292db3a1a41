"""Ids that resemble one that is not known, for the message that says so."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_LONGEST = 120
_ALIKE = 0.6
"""Similarity below which a name is no help; one shared word of two is enough."""


def nearest_names(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Find the names that resemble one that is not known, best first.

    Args:
        name: what was asked for.
        known: the names there are, words joined by hyphens.
        count: most names wanted.
    """
    wanted = name.casefold()[:_LONGEST]
    words = set(re.findall(r"[a-z0-9]+", wanted))
    scored = []
    for other in known:
        spelling = difflib.SequenceMatcher(None, wanted, other).ratio()
        shared = len(words & set(other.split("-"))) / max(len(words), 1)
        if (score := spelling + shared / 2) >= _ALIKE:
            scored.append((-score, other))
    return tuple(other for _, other in sorted(scored)[:count])
