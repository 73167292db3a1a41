"""The text that patterns are matched against."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from bot.language import to_simplified


def folded(text: str) -> str:
    """Fold compatibility characters (NFKC) and every run of white space to one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def joined(text: str) -> str:
    """Drop script and white space: what stays is what is said, for comparing whole sentences."""
    return "".join(to_simplified(text).split())


def bare(text: str) -> str:
    """Drop the last stop too."""
    return joined(text).rstrip("。.；;")


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
