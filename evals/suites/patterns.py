"""Patterns for the points of an expected answer: from their figures, else from their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

import cn2an

from bot.language import to_simplified, to_traditional
from evals.scorers.text import find, folded
from knowledge.figures.figure import Figure, read_figures
from knowledge.figures.numerals import canonical
from knowledge.glossary import Glossary
from knowledge.language import is_chinese

_SCRIPTS = {"亿": "[亿億]", "万": "[万萬]", "个": "[个個]", "两": "[两兩]", "时": "[时時]"}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = [
    "zero",
    "ten",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
]
_SCALES = (
    (12, r"\s*(?:trillion|tn)"),
    (9, r"\s*(?:billion|bn)"),
    (8, r"\s*[亿億]"),
    (6, r"\s*(?:million|mn|mm|m\b)"),
    (4, r"\s*[万萬]"),
)
"""Powers of ten with the words that stand for them."""
_SPANS = {
    "year": (r"个?\s*(?:年|周年)", r"years?"),
    "quarter": (r"个?\s*季度?", r"quarters?"),
    "month": (r"个?\s*月", r"months?"),
    "week": (r"个?\s*(?:周|星期)", r"weeks?"),
    "working-day": (r"个?\s*(?:工作|营业|營業)[日天]", r"(?:working|business)[\s-]*days?"),
    "trading-day": (r"个?\s*交易日", r"trading[\s-]*days?"),
    "day": (r"个?\s*(?:自然|日历|日曆)?[日天]", r"(?:calendar[\s-]*)?days?"),
    "hour": (r"个?\s*小?时", r"hours?"),
    "minute": (r"分[钟鐘]", r"minutes?"),
}
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]{3,}")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_FREE = frozenset(
    [
        "that",
        "this",
        "with",
        "from",
        "must",
        "shall",
        "will",
        "have",
        "been",
        "which",
        "their",
        "there",
        "under",
        "into",
        "when",
        "where",
        "than",
        "only",
        "also",
        "such",
        "other",
        "after",
        "before",
        "about",
        "should",
        "would",
        "could",
        "they",
        "them",
        "what",
        "whom",
        "whose",
    ]
)
_MOST_WORDS = 4
_END = r"(?:[。；;!?！？|]|\.(?=[\s\[]))"
_WITHIN = r"(?:(?!\.[\s\[])[^。；;!?！？|])"
"""What ends a sentence, and a character within one."""
_NOT_AFTER = r"(?<![A-Za-z0-9])(?<!\d[.,])"
_NOT_BEFORE = "(?![A-Za-z0-9])"
"""What makes a word or number no part of a longer one."""
_OTHER_TIME = (
    r"(?:原[为為来來有规規办辦，,]|由原|此前|以前|之前|[旧舊]|曾|已被|取代|[废廢]止|[当當][时時]|[过過]去"
    r"|尚未|未生效|自\d{4}|\d[月日]起|起施行|不再|试点|試點|新[规規]|(?:提高|上[调調]|增加?|延[长長]|[降减減下][低调調]?|放[宽寬])[至到为為]"
    r"|supersed|replac|repeal|former|previous|\bold\b|\buntil\b|\bbefore\b|\bwas\b|\bwere\b"
    r"|not yet|no longer|\bpilots?\b|\bnew rules?\b|\bfrom \d|\bsince\b|\b(?:up|down|rise[sn]?|rose|raised) from\b)"
)
"""Words by which a sentence speaks of another time than that of its answer."""


def figure_pattern(figure: Figure) -> str:
    """Return a pattern that finds a figure as either language and script may write it.

    Args:
        figure: of a sentence, as `read_figures` reads it.
    """
    forms = tuple(dict.fromkeys(_forms(figure)))
    if not find(forms, folded(figure.text)):
        forms = (*forms, _literal(figure.text))
    return f"(?:{'|'.join(forms)})" if len(forms) > 1 else forms[0]


def point_pattern(point: str, glossary: Glossary) -> str:
    """Return a pattern that finds a point in an answer in its own words.

    A point with figures is found by all of its figures, in any order; one without by the terms of
    the field that it names, each in any of its names; one without either by its longest words.

    Raises:
        ValueError: the point has neither a figure nor a word.
    """
    figures = read_figures(point)
    if figures:
        return _all_of([figure_pattern(figure) for figure in figures])
    found = {hit.term.id: hit.term for hit in glossary.find(point)}
    terms = [
        any_of([*term.words("zh"), *term.words("en"), *term.abbr])
        for term in list(found.values())[:_MOST_WORDS]
    ]
    words = terms or [any_of([word]) for word in _words(point)]
    if not words:
        raise ValueError(f"{point!r} has neither a figure nor a word to be found by")
    return _all_of(words)


def _forms(figure: Figure) -> Iterator[str]:
    match figure.kind:
        case "percent":
            yield from _percent(figure.value)
        case "date":
            yield from _date(figure.value)
        case "number" if ":" not in figure.value and "/" not in figure.value:
            yield from _number(Decimal(figure.value), figure.unit)
        case _:
            pass


def _percent(value: str) -> Iterator[str]:
    if "/" in value:
        return
    yield rf"{_digits(value)}\s*(?:%|per\s*cent|[个個]?百分[点點])"
    share = Decimal(value)
    if share == share.to_integral_value():
        yield f"百分之{_chinese(int(share))}(?![一二三四五六七八九十点點])"
    elif share * 100 == (share * 100).to_integral_value() and share < 1:
        yield rf"{_digits(canonical(share * 100))}\s*(?:个|個)?(?:基点|基點|bps?\b|basis)"


def _date(value: str) -> Iterator[str]:
    parts = value.split("-")
    if not all(part.isdigit() for part in parts):
        return
    year, month, day = (*(int(part) for part in parts), 0, 0)[:3]
    if not month:
        yield rf"(?<!\d){year}(?!\d)"
        return
    name = rf"{_MONTHS[month - 1][:3]}(?:{_MONTHS[month - 1][3:]})?\.?"
    if not day:
        yield rf"{year}\s*年\s*0?{month}\s*月"
        yield rf"{year}-{month:02}(?!\d)"
        yield rf"{name},?\s+{year}"
        return
    yield rf"{year}\s*年\s*0?{month}\s*月\s*0?{day}\s*[日号號]"
    yield rf"{year}-{month:02}-{day:02}"
    yield rf"0?{day}(?:st|nd|rd|th)?\s+{name},?\s+{year}"
    yield rf"{name}\s+0?{day}(?:st|nd|rd|th)?,?\s+{year}"


def _number(value: Decimal, unit: str | None) -> Iterator[str]:
    zh, en = _SPANS.get(unit or "", ("", ""))
    after_zh, after_en = (rf"\s*{_scripts(zh)}", rf"[\s-]*{en}") if zh else ("", "")
    whole = value == value.to_integral_value()
    if abs(value) >= 10_000 and whole:
        for power, words in _SCALES:
            scaled = value / Decimal(10) ** power
            if scaled >= Decimal("0.1") and scaled * 1000 == (scaled * 1000).to_integral_value():
                yield f"{_digits(_grouped(scaled))}{words}"
    plain = _digits(_grouped(value))
    if unit == "times":
        # 0.8 is a multiple by itself; 2 stands in every other sentence.
        yield rf"{plain}\s*(?:倍|times|x\b){'' if whole else '?'}"
    elif zh:
        yield f"{plain}(?:{after_zh}|{after_en})"
    else:
        yield plain
    if whole and 0 < value < 100:
        yield from _spelt(int(value), unit, after_zh, after_en)


def _spelt(number: int, unit: str | None, after_zh: str, after_en: str) -> Iterator[str]:
    """Write a number in words; a bare 二 or "two" stands in too many words to carry a point."""
    if unit == "times":
        yield f"{_chinese(number)}倍"
        yield rf"\b{_english(number)}[\s-]*(?:times|fold)"
        if number == 2:
            yield r"(?:两|兩)倍|\btwice\b|\bdouble\b"
    elif unit == "count" and number <= 10:
        yield rf"\b{_english(number)}(?=\s+[a-z])"
    elif after_zh or number > 10:
        yield rf"(?<![一二三四五六七八九十百千]){_chinese(number)}{after_zh}(?![一二三四五六七八九十百千])"
        yield rf"\b{_english(number)}{after_en}\b"


def _english(number: int) -> str:
    tens, ones = divmod(number, 10)
    if number < 20:
        return _ENGLISH[number]
    return rf"{_TENS[tens]}[\s-]{_ENGLISH[ones]}" if ones else _TENS[tens]


def _grouped(value: Decimal) -> str:
    whole, point, rest = canonical(value).partition(".")
    return f"{int(whole):,}{point}{rest}"


def _digits(text: str) -> str:
    """Match a number as it stands, with or without separators, and no longer one."""
    body = text.replace(".", r"\.").replace(",", "[,，]?")
    return rf"(?<![\d\[])(?<!\d[.,]){body}(?![\d]|[.,]\d)"


def _chinese(number: int) -> str:
    return str(cn2an.an2cn(number)).replace("一十", "十", 1) if number < 20 else cn2an.an2cn(number)


def _scripts(pattern: str) -> str:
    return "".join(_SCRIPTS.get(char, char) for char in pattern)


def _literal(text: str) -> str:
    """Match a text as it stands, in either script, whatever white space it has."""
    folded = " ".join(text.split())
    both = dict.fromkeys((folded, to_simplified(folded), to_traditional(folded)))
    if not is_chinese(folded):
        both = dict.fromkeys((folded,))
    forms = [re.escape(form).replace(r"\ ", r"\s*") for form in both]
    guarded = [
        (_NOT_AFTER if form[0].isascii() else "")
        + form
        + (_NOT_BEFORE if form[-1].isalnum() and form[-1].isascii() else "")
        for form in forms
    ]
    return guarded[0] if len(guarded) == 1 else f"(?:{'|'.join(guarded)})"


def any_of(words: Iterable[str]) -> str:
    """Match any of some words, in either script, whatever white space they have."""
    forms = tuple(dict.fromkeys(_literal(word) for word in words))
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"


def _all_of(patterns: list[str]) -> str:
    """Match where each pattern is found somewhere in the text; what matches is never empty."""
    first, *others = dict.fromkeys(patterns)
    if not others:
        return first
    return f"^{''.join(f'(?=.*?{other})' for other in others)}.*?{first}"


def _words(point: str) -> list[str]:
    """Return the longest words of a text without figures and terms, in their order."""
    runs = _HAN_RUN.findall(point) or [
        word for word in _WORD.findall(point) if word.lower() not in _FREE
    ]
    longest = sorted(dict.fromkeys(runs), key=len, reverse=True)[:_MOST_WORDS]
    return [word for word in dict.fromkeys(runs) if word in longest]


def stated_as_current(figure: str, about: str = "") -> str:
    """Return a pattern for a figure in a sentence that does not say that it is bygone or to come.

    An answer may name what held before, or what is to follow, as long as it says so.

    Args:
        figure: pattern of the figure.
        about: pattern that the sentence must match too; empty = none.
    """
    other = rf"(?:(?!{_OTHER_TIME})[^。；;!?！？|])*?"
    same = rf"(?={_WITHIN}*?{about})" if about else ""
    other = rf"(?:(?!{_OTHER_TIME}){_WITHIN})*?"
    return rf"(?:^|{_END}){same}{other}{figure}(?!{_WITHIN}*?{_OTHER_TIME})"


def in_both_scripts(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns with the same in the other Chinese script beside them."""
    both = [*patterns]
    for pattern in patterns:
        for other in (to_simplified(pattern), to_traditional(pattern)):
            try:
                re.compile(other)
            except re.error:  # a look-behind whose width the conversion changed
                continue
            both.append(other)
    return tuple(dict.fromkeys(both))
