"""Lines of print put together again into running text."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

_NUMERAL = "[一二三四五六七八九十百千零〇0-9０-９]"
_ITEM = re.compile(
    rf"[ \t\u3000]*(?:第{_NUMERAL}{{1,7}}[编編章节節条條款项項部分](?:之[一二三四五六七八九十]+)?(?=[\s\u3000：:【（(]|[\u4e00-\u9fff])"
    rf"|[（(](?:{_NUMERAL}{{1,4}}|[a-zA-Z]|[ivxIVX]{{1,5}})[）)]"
    rf"|[一二三四五六七八九十]{{1,3}}[、.．]"
    r"|\d{1,3}(?:\.\d{1,3}){1,4}[A-Z]?(?=[ \t\u3000]|[\u4e00-\u9fff])"
    r"|\d{1,3}[A-Z]{0,2}[.．、)）](?!\d)"
    r"|[a-zA-Z][.)](?=[ \t])"
    r"|[①-⑳]"
    r"|[•●▪■◆‧·○►▶–—*-](?=[ \t\u3000])"
    r"|(?:Article|Section|Part|Division|Subdivision|Schedule|Chapter|Annex|Appendix|Rule|Paragraph"
    r"|ARTICLE|SECTION|PART|DIVISION|SCHEDULE|CHAPTER|ANNEX|APPENDIX)[ \t]+(?:\d{1,4}[A-Z]{0,3}|[IVXLC]{1,7}|[A-Z])\b"
    r"|附[件录錄表則则][一二三四五六七八九十0-9]*(?:$|[：: \t\u3000])"
    r")"
)
_REFERENCE = re.compile(
    rf"[ \t\u3000]*第{_NUMERAL}{{1,7}}[编編章节節条條款项項](?:之[一二三四五六七八九十]+)?"
    rf"(?:第{_NUMERAL}|[的所中之、，,。；和及或与與至到规規](?!\s))"
)
_CJK = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")
_WORD_END = re.compile(r"([A-Za-z]+)[-\u2010]$")
_WORD_START = re.compile(r"([a-z]+)")
_PREFIXES = frozenset({
    "cross", "non", "self", "pre", "post", "co", "sub", "multi", "inter", "intra", "long",
    "short", "third", "counter", "mid", "on", "off", "well", "high", "low", "full", "part", "one",
    "two", "three", "four", "all", "ex", "vice", "re", "anti", "over", "under", "semi", "quasi",
    "onshore", "risk",
})  # fmt: skip


def starts_item(line: str) -> bool:
    """Whether a line opens with a number or bullet of its own, not with a reference to one."""
    return bool(_ITEM.match(line)) and not _REFERENCE.match(line)


class Joined(NamedTuple):
    """Running text, and where each line went."""

    text: str
    ranges: tuple[tuple[int, int], ...]
    """Of each line: its first character and the one after its last."""


def join_lines(lines: Sequence[str], compounds: Collection[str] = ()) -> Joined:
    """Put lines together: Chinese without a blank between, words divided at a line's end whole.

    Args:
        lines: as printed.
        compounds: words written with a hyphen elsewhere in the document, in lower case.
    """
    text = ""
    ranges: list[tuple[int, int]] = []
    for raw in lines:
        line = raw.strip()
        if text and line:
            if divided := _divided(text, line, compounds):
                if divided == "word":
                    text = text[:-1]
                    ranges[-1] = (ranges[-1][0], len(text))
            else:
                text += glue(text, line)
        ranges.append((len(text), len(text) + len(line)))
        text += line
    return Joined(text, tuple(ranges))


def joined(lines: Sequence[str]) -> str:
    """Return only the text of `join_lines`."""
    return join_lines(lines).text


def glue(before: str, after: str) -> str:
    """Return what stands between two lines that follow on each other: a blank or nothing."""
    if not before or not after or (_CJK.match(before[-1]) and _CJK.match(after[0])):
        return ""
    return " "


def _divided(before: str, after: str, compounds: Collection[str]) -> str | None:
    """Tell a `word` divided at the line's end from a `compound` whose hyphen stays."""
    end, start = _WORD_END.search(before), _WORD_START.match(after)
    if not end or not start:
        return None
    first = end[1].lower()
    if first in _PREFIXES or f"{first}-{start[1]}" in compounds:
        return "compound"
    return "word"
