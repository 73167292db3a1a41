"""What a text may be read as, beyond what surely is a figure: for evidence only.

A paraphrase turns `两地` into "the two cities", `商务部等5部门` into "four other departments" or
`每年` into "a year". A sentence's own figures are read strictly; evidence gets the benefit of the
doubt, for small plain numbers and single spans of time, never for money.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.figures.numerals import CHINESE, ENGLISH, ORDINALS, number, roman

Hint = tuple[str, str | None]
"""A value and its unit; the unit is None for a plain number."""

_TRAPS = re.compile(
    r"第?三方(?!面)|第三地|三角|四川|四周|九龙|三亚|二线|百分|千方百计|十分|万一|两用|dual-use|third[- ]part(?:y|ies)",
    re.IGNORECASE | re.ASCII,
)
_WORDS = (
    ("2", r"both|double[ds]?|doubling|dual|pair|twin|twice|双|两|翻番|翻倍"),
    ("1", r"single|sole|once|one"),
    ("3", r"triple[ds]?"),
    ("0", r"nil|no|exempt\w*|waive\w*|free|without|免|零|无"),
    ("1/2", r"half(?![- ]year)|majority|减半|半数|半价|半额|过半|对半"),
    ("100", r"wholly|entire|entirely|fully|in\s+full|全资|全部|全额|全数"),
)
_WORD = re.compile(
    "|".join(
        rf"(?P<w{place}>{'|'.join(_bounded)})"
        for place, (_, words) in enumerate(_WORDS)
        if (_bounded := [rf"\b{w}\b" if w.isascii() else w for w in words.split("|")])
    )
    + rf"|\b(?P<nth>{'|'.join(ORDINALS)})\b",
    re.IGNORECASE | re.ASCII,
)
_SPAN = re.compile(
    r"\b(?:an?|per|each|every|last|latest|past|previous|preceding|prior|that)[\s-]+(?:full\s+)?"
    r"(?P<en>year|month|week|day|quarter|hour)\b"
    r"|每个?(?P<zh>年|月|周|日|天|季度)"
    r"|\b(?P<adverb>annual|yearly|monthly|weekly|daily|quarterly)",
    re.IGNORECASE | re.ASCII,
)
_SPAN_UNIT = {
    "年": "year",
    "月": "month",
    "周": "week",
    "日": "day",
    "天": "day",
    "季度": "quarter",
    "annual": "year",
    "yearly": "year",
    "monthly": "month",
    "weekly": "week",
    "daily": "day",
    "quarterly": "quarter",
}
_HALF_YEARLY = re.compile(r"half-?yearly|semi-?annual|every\s+half", re.IGNORECASE | re.ASCII)
_ROUND_THE_CLOCK = re.compile(r"round\s+the\s+clock|全天候", re.IGNORECASE | re.ASCII)
_DIGITS = re.compile(
    r"(?<=[A-Za-z])\+?(?P<digits>\d+)|\((?P<bracketed>\d{1,2})\)|\b(?P<roman>[IVX]{1,4})\b",
    re.ASCII,
)
_OTHERS = re.compile(
    rf"等(?P<zh>{CHINESE}|\d+)|(?P<en>{ENGLISH}|\b\d+)\s+other\b", re.IGNORECASE | re.ASCII
)
_ENGLISH = re.compile(ENGLISH, re.IGNORECASE | re.ASCII)
_CHINESE = re.compile(CHINESE, re.ASCII)


_LISTED = re.compile(r"、|及其?|和|与|,\s*(?:and\s)?|\band\b", re.ASCII)
_LIST_ENDS = re.compile(
    r"[。；;：:!?！？（）()]|，|,(?=\s*(?:in|of|for|with|which|while|but)\b)|\.(?=\s|$)"
)
_LIST_LEAST, _LIST_LONGEST = 3, 30
"""Items from which a list is counted, and up to which."""


def _list_hints(text: str) -> Iterator[Hint]:
    """Count lists: of `沪、穗、深` a sentence may say three."""
    for part in _LIST_ENDS.split(text):
        items = [item for item in _LISTED.split(part) if item.strip()]
        if _LIST_LEAST <= len(items) <= _LIST_LONGEST:
            yield str(len(items)), None


def read_hints(text: str) -> Iterator[Hint]:
    """Read what a folded text may be taken to say in numbers."""
    text = _TRAPS.sub(" ", text)
    yield from _list_hints(text)
    yield from _word_hints(text)
    yield from _span_hints(text)
    for match in _DIGITS.finditer(text):
        value = str(roman(match["roman"])) if match["roman"] else match[match.lastgroup or 0]
        yield value, None
    for match in _OTHERS.finditer(text):
        named = number(match["zh"] or match["en"])
        if named is not None:
            yield str(named - 1 if match["zh"] else named + 1), None
    for match in _ENGLISH.finditer(text):
        yield str(number(match[0])), None
    for match in _CHINESE.finditer(text):
        whole = number(match[0])
        for value in [whole] if whole is not None else map(number, match[0]):  # 三四家: 3 or 4
            if value is not None:
                yield str(value), None


def _word_hints(text: str) -> Iterator[Hint]:
    for match in _WORD.finditer(text):
        if match["nth"]:
            yield str(ORDINALS[match["nth"].lower()]), None
            continue
        value = _WORDS[int((match.lastgroup or "w0")[1:])][0]
        yield value, None
        if value == "2":
            yield "1", "times"  # doubled is 增长一倍


def _span_hints(text: str) -> Iterator[Hint]:
    for match in _SPAN.finditer(text):
        word = (match["en"] or match["zh"] or match["adverb"]).lower()
        yield "1", _SPAN_UNIT.get(word, word)
    if _HALF_YEARLY.search(text):
        yield "0.5", "year"
        yield "6", "month"
    if _ROUND_THE_CLOCK.search(text):
        yield "24", "hour"
