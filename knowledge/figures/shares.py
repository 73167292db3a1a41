"""Figures of a special build: `百分之七`, `三分之一`, half, 5:1, 40-30-30, 7:00, twice, zero."""

from __future__ import annotations

import re
from decimal import Decimal

from knowledge.figures.numerals import ARABIC, CHINESE, ENGLISH, canonical, number
from knowledge.figures.sheet import Reader, Reading, Sheet
from knowledge.figures.units import unit_code

_ZH_UNIT = "[一二三四五六七八九十]"
_PARTS = re.compile(
    rf"(?P<base>[百千万])分之(?P<first>{CHINESE}|{ARABIC})"
    rf"(?:(?:至|到|-|~)(?:[百千万]分之)?(?P<second>{CHINESE}|{ARABIC}))?",
    re.ASCII,
)
_ZH_FRACTION = re.compile(
    rf"(?P<below>{_ZH_UNIT}{{1,2}}|\d)分之(?P<above>两|{_ZH_UNIT}|\d)", re.ASCII
)
_BELOW = {
    "half": 2,
    "third": 3,
    "fourth": 4,
    "quarter": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_EN_FRACTION = re.compile(
    rf"\b(?:(?P<above>one|two|three|four)[\s-]+(?P<below>{'|'.join(_BELOW)})s?\b(?!-)"
    rf"(?!\s+(?:of\s+(?:19|20)|rates?|measure|route|year|party|batch|(?-i:[A-Z])))"
    rf"|an?\s+(?P<one_below>{'|'.join(_BELOW)})(?=\s+of\s+(?!19|20)|[.,;)]|$))"
    r"|(?<![\w.])(?P<a>\d)/(?P<b>[1-9])(?![\d/])",
    re.IGNORECASE | re.ASCII,
)
_HALF = re.compile(
    r"一半|半数|过半|(?<![a-z-])"
    r"(?:half(?=\s+(?:of\b|the\b|its\b|their\b|an?\s+(?!year|day|month|hour|(?:hundred|thousand|[mbtr]+illion)\b)))|halves)",
    re.IGNORECASE | re.ASCII,
)
_HALF_TIME = re.compile(
    r"(?<![上下])半个?(?P<zh>年|月|天|小时)"
    r"|\bhalf[\s-]+(?:an?\s+)?(?P<en>year|day|month|hour)(?!ly)\b",
    re.IGNORECASE | re.ASCII,
)
_RATIO = re.compile(
    r"(?<![\d.:])(?P<a>\d{1,3}(?:\.\d+)?)"
    r"(?:\s?(?::|:(?!\d+\s?[家个项亿万%年])|比(?=\d))\s?"
    r"(?P<b>\d{1,3}(?:\.\d+)?)(?![\d.]*\d)"
    r"|\s+to\s+(?P<one>1)(?![\d.,-]*\d|\s*(?:%|per|million|billion|times|[A-Z][a-z]+)))"
    rf"|(?P<zh_a>{_ZH_UNIT})比(?P<zh_b>{_ZH_UNIT})",
    re.ASCII,
)
_ZH_CLOCK = re.compile(
    r"(?P<late>下午|晚上|晚间)?(?<![\d.小])(?P<hour>\d{1,2})(?:时|点整?)"
    r"(?P<minute>\d{1,2}(?=分)|半)?分?(?!间|期|段|代)",
    re.ASCII,
)
_EN_CLOCK = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s?(?P<late>[ap])\.?m\b\.?",
    re.IGNORECASE | re.ASCII,
)
_SPLIT = re.compile(r"(?<![\d/-])(\d\d)[-/](\d\d)(?:[-/](\d\d))?(?![\d/-]|\.\d)", re.ASCII)
_TWICE = re.compile(
    r"\b(?:twice|(?P<fold>two|three|four|five|six|seven|eight|nine|ten)-?fold)\b",
    re.IGNORECASE | re.ASCII,
)
_MILLE = re.compile(
    rf"(?P<value>{ARABIC}|\b(?:{ENGLISH}))\s*(?:‰|per[\s-]+mil(?:le)?\b|per[\s-]+thousand\b)",
    re.IGNORECASE | re.ASCII,
)
_YEAR_AND_HALF = re.compile(
    r"\b(?:an?|one)\s+(?:year\s+and\s+a\s+half|and\s+a\s+half\s+years)\b|\b(?P<fortnight>fortnight)\b",
    re.IGNORECASE | re.ASCII,
)
_ZERO = re.compile(
    r"零(?=关税|税|利率|费率|费|余额|手续费)|(?<=为)零(?![售部])|\bzero\b",
    re.IGNORECASE | re.ASCII,
)


def read_shares(sheet: Sheet) -> None:
    """Read fractions, ratios, splits, times of day and the words that stand for a number."""
    for pattern, reader, cues in _READERS:
        sheet.take(pattern, reader, *cues)


def _number(value: str, unit: str | None, match: re.Match[str]) -> list[Reading]:
    return [Reading("number", value, unit, match.start(), match.end())]


def _parts(match: re.Match[str]) -> list[Reading] | None:
    share = {"百": 0, "千": -1, "万": -2}[match["base"]]
    values = [number(text) for text in match.group("first", "second") if text]
    return [
        Reading("percent", canonical(value.scaleb(share)), None, match.start(), match.end())
        for value in values
        if value is not None
    ] or None


def _zh_fraction(match: re.Match[str]) -> list[Reading] | None:
    above, below = number(match["above"]), number(match["below"])
    return _number(f"{above}/{below}", None, match) if above and below else None


def _en_fraction(match: re.Match[str]) -> list[Reading]:
    if match["a"]:
        return _number(f"{match['a']}/{match['b']}", None, match)
    below = _BELOW[(match["below"] or match["one_below"]).lower()]
    return _number(f"{number(match['above'] or 'one')}/{below}", None, match)


def _half(match: re.Match[str]) -> list[Reading]:
    return _number("1/2", None, match)


def _half_time(match: re.Match[str]) -> list[Reading]:
    return _number("0.5", unit_code(match["zh"] or match["en"]), match)


def _ratio(match: re.Match[str]) -> list[Reading] | None:
    if match["zh_a"]:
        return _number(f"{number(match['zh_a'])}:{number(match['zh_b'])}", None, match)
    if match["one"] and Decimal(match["a"]) < 2:
        return None  # "0.5 to 1" is a range, "20 to 1" a ratio
    return _number(f"{canonical(Decimal(match['a']))}:{match['b'] or 1}", None, match)


def _clock(match: re.Match[str]) -> list[Reading] | None:
    hour = int(match["hour"])
    if hour > 24:
        return None
    late = (match["late"] or "a").lower() != "a"
    minute = {"半": "30", None: "00"}.get(match["minute"], match["minute"])
    return _number(f"{hour + 12 if late and hour < 12 else hour}:{minute}", None, match)


def _split(match: re.Match[str]) -> list[Reading] | None:
    parts = [part for part in match.groups() if part]
    if sum(map(int, parts)) != 100:
        return None
    span = match.start(), match.end()
    return [Reading("percent", part, None, *span) for part in parts]


def _twice(match: re.Match[str]) -> list[Reading]:
    return _number(str(number(match["fold"] or "two")), "times", match)


def _mille(match: re.Match[str]) -> list[Reading] | None:
    value = number(match["value"])
    if value is None:
        return None
    return [Reading("percent", canonical(value.scaleb(-1)), None, match.start(), match.end())]


def _year_and_half(match: re.Match[str]) -> list[Reading]:
    return _number("2", "week", match) if match["fortnight"] else _number("1.5", "year", match)


def _zero(match: re.Match[str]) -> list[Reading]:
    return _number("0", None, match)


_READERS: tuple[tuple[re.Pattern[str], Reader, tuple[str, ...]], ...] = (
    (_PARTS, _parts, ("分之",)),
    (_MILLE, _mille, ("‰", "per mil", "per-mil", "per thousand")),
    (_YEAR_AND_HALF, _year_and_half, ("and a half", "ortnight")),
    (_ZH_FRACTION, _zh_fraction, ("分之",)),
    (_HALF_TIME, _half_time, ("半", "half", "Half")),
    (_EN_FRACTION, _en_fraction, ("hal", "hird", "uarter", "th", "/")),
    (_HALF, _half, ("半", "hal", "Half")),
    (_ZH_CLOCK, _clock, ("时", "点")),
    (_EN_CLOCK, _clock, ("am", "pm", "a.m", "p.m", "AM", "PM")),
    (_SPLIT, _split, ("-", "/")),
    (_RATIO, _ratio, (":", "：", "比", " to 1")),
    (_TWICE, _twice, ("wice", "fold")),
    (_ZERO, _zero, ("零", "zero", "Zero")),
)
