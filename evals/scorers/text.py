"""The text that patterns are matched against."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
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


def source_lines(text: str) -> Iterator[str]:
    """Yield the lines of an answer that list its sources: they tell where from, and claim nothing.

    Those below a heading such as "Sources", and those that begin with their number in brackets,
    for no sentence begins with its own citation.
    """
    within = False
    for line in text.splitlines():
        if _SOURCES_HEAD.match(line):
            within = True
        elif line.strip() and (within or _SOURCE_ENTRY.match(line)):
            yield line


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


_SOURCES_HEAD = re.compile(
    r"^[\s#*_>【\[]*(?:(?:主要)?(?:参考|參考)?(?:资料)?(?:来源|來源|依据|依據|文献|文獻)(?:列表|清单)?|参考资料|參考資料|sources?|references?|bibliography|legal basis)"
    r"[】\]*_\s]*[:：]?[*_\s]*$",
    re.IGNORECASE,
)
_SOURCE_ENTRY = re.compile(r"^\s*(?:[-*•]\s+)?[\[［【]\^?\d{1,3}[\]］】][:：]?\s*(?=\S)")
