"""The text that patterns are matched against."""

from __future__ import annotations

import re
import unicodedata
from functools import cache


def folded(text: str) -> str:
    """Fold compatibility characters (NFKC) and every run of white space to one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def find(patterns: tuple[str, ...], text: str) -> str | None:
    """Return what the first matching pattern matches in a folded text; None when none does."""
    for pattern in patterns:
        match = _compiled(pattern).search(text)
        if match:
            return match.group()
    return None


# The suites hold about 1,300 patterns, more than the cache inside `re` keeps.
@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
