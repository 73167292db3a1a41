"""Moments: points of time as people say them, from "2025年3月初" to "last July", as days.

Absolute dates are those of `knowledge.figures.figure`; here come the words around them: relative years
(去年, "last year"), parts of a period (年底, "early"), seasons, "三年前", "two years ago".

One day stands for a period. A month: its 15th; early the 5th, late the 25th, end the last day.
A year: 30 June; early 31 January, late 30 November, end 31 December. A quarter or half-year: its
middle. A month without a year is the last such month that has come; 今年 alone is no point of time.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from knowledge.figures.figure import read_figures
from knowledge.figures.numerals import number

FIRST, REST = "\1", "\2"
"""What `mask` writes over a span: its first character, and each further one."""
MASKED = f"{FIRST}{REST}*+"
"""A regular expression for one masked span."""


class Moment(NamedTuple):
    """A point of time that a text names."""

    day: dt.date
    """The day that stands for it."""
    first: dt.date
    """First day of its period."""
    start: int
    end: int
    settled: bool
    """Whether the text fixes it; "3月" may be any March."""


def read_moments(text: str, today: dt.date) -> tuple[Moment, ...]:
    """Read the moments of a text (folded, simplified), in reading order; none is after today."""
    dates = _dates(text)
    rest = mask(text, dates)
    found: list[Moment] = []
    for pattern, reader in _READERS:
        for match in pattern.finditer(rest):
            try:
                period = reader(match, dates, today)
                day = _day_of(period, match)
            except (ValueError, OverflowError):  # 31 February, 今年
                continue
            if day <= today:
                found.append(Moment(day, period.first, *match.span(), period.settled))
        rest = pattern.sub(lambda match: "\0" * len(match[0]), rest)
    return tuple(sorted(found, key=lambda moment: moment.start))


def mask(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Write `FIRST` and `REST` over spans of a text, so that patterns can speak of them."""
    chars = list(text.replace(FIRST, " ").replace(REST, " "))
    for start, end in spans:
        chars[start:end] = FIRST + REST * (end - start - 1)
    return "".join(chars)


class _Period(NamedTuple):
    """A stretch of whole months, or with no month a single day."""

    first: dt.date
    months: int
    settled: bool = True


_Dates = dict[tuple[int, int], str]
_Reader = Callable[[re.Match[str], _Dates, dt.date], _Period]


def _dates(text: str) -> _Dates:
    """Return the canonical dates of a text by place, without years of account (2025/26, FY2025)."""
    dates: _Dates = {}
    for figure in read_figures(text):
        if figure.kind == "date" and not figure.text.startswith("FY"):
            span = figure.start, figure.end
            is_account = len(figure.value) == 4 and span in dates
            dates[span] = "" if is_account else figure.value
    return {span: value for span, value in dates.items() if value}


_PARTS = {
    word: part
    for part, words in {
        "early": "初 头 上旬 early beginning start",
        "late": "下旬 late",
        "end": "底 末 尾 end close",
    }.items()
    for word in words.split()
}
_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12}
_SEASONS |= {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_YEARS_BACK = {"今年": 0, "本年": 0, "去年": 1, "旧年": 1, "前年": 2, "大前年": 3}
_SPANS = {"年": 12, "year": 12, "季度": 3, "quarter": 3, "月": 1, "month": 1}
_PART = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)), re.IGNORECASE)
_SEASON = re.compile("|".join(_SEASONS), re.IGNORECASE)
_NATIONAL_DAY = re.compile(r"国庆|national\s+day", re.IGNORECASE)

_EN_SEASON = "spring|summer|autumn|fall|winter"
_HEAD = (
    r"(?P<head>(?:\b(?:early|mid|middle|late|beginning|start|year-end|end|close)[\s-]+"
    rf"(?:(?:of|in)\s+)?(?:the\s+)?)?(?:\b(?:{_EN_SEASON}|national\s+day)\s+(?:of\s+)?)?)"
)
# 年底 needs no 年 after 2024年; 中国, 初次, 底层 are no part of a period
_TAIL = (
    r"(?P<tail>(?:份?的?[年月]?(?:[底末尾](?![层线稿仓数])|[初头](?![次始步\d一二三四五六七八九十])|[上中下]旬"
    r"|中(?![国央期资信方小长外标介间证东行英美港]))|的?国庆|的?[春夏秋冬](?:[天季]|(?!节)))?)"
)
# "24年底" is a year, "24年期" and "近24年" are spans
_ZH_YEAR = (
    r"(?:(?P<back>大前年|去年|旧年|今年|本年|(?<![目以之当大])前年)(?![度份])的?"
    rf"|(?<![\d.第近])(?P<short>\d\d)年(?={FIRST}|年?[底初末]|的?(?:时候|那会|那时|那阵|当时)))"
)
_DATE = re.compile(
    rf"{_HEAD}(?:\b(?P<word>last|this)\s+)?{_ZH_YEAR}?(?P<date>{MASKED})(?![度/]|财年|课税){_TAIL}"
    r"(?:,?\s+(?:of\s+)?(?P<after>last|this)\s+year\b)?",
    re.IGNORECASE | re.ASCII,
)
_ZH_RELATIVE = re.compile(rf"(?:{_ZH_YEAR}|(?P<previous>上个?(?:月|季度))){_TAIL}", re.ASCII)
_EN_RELATIVE = re.compile(
    rf"{_HEAD}\b(?:(?P<word>last|this)\s+(?P<span>year|quarter|month|{_EN_SEASON})"
    r"|the\s+year\s+before\s+last)\b",
    re.IGNORECASE | re.ASCII,
)
_AGO = re.compile(
    r"(?<![\d一二两三四五六七八九十第满足])(?P<zh>\d{1,2}|[一二两三四五六七八九十]{1,3}|半)个?"
    r"(?P<zh_span>年|月|季度)多?[之以]?前(?![十几三五\d])"
    r"|\b(?P<en>an?|one|two|three|four|five|six|seven|eight|nine|ten|a\s+couple\s+of|half\s+a"
    r"|\d{1,2})\s+(?P<en_span>year|quarter|month)s?\s+ago\b",
    re.IGNORECASE | re.ASCII,
)


def _of_date(match: re.Match[str], dates: _Dates, today: dt.date) -> _Period:
    """Complete a date with the year that is said beside it, or the last that fits."""
    value = dates[match.span("date")]
    said = _year_beside(match, today)
    if said is not None:
        return _period(value, said, match)
    if value[0] != "-":
        return _period(value, int(value[:4]), match)
    settled = (match["word"] or "").lower() == "last"
    for year in range(today.year, today.year - 8, -1):  # 29 February comes every fourth year
        try:
            period = _period(value, year, match)
        except ValueError:
            continue
        begun = period.first.replace(day=1) < today.replace(day=1) if settled else True
        if begun and _day_of(period, match) <= today:
            return period._replace(settled=settled)
    raise ValueError(value)


def _year_beside(match: re.Match[str], today: dt.date) -> int | None:
    groups = match.groupdict()
    if groups["back"]:
        return today.year - _YEARS_BACK[groups["back"]]
    if groups["short"]:
        return 2000 + int(groups["short"])
    if groups.get("after"):
        return today.year - (groups["after"].lower() == "last")
    if (groups.get("word") or "").lower() == "this":
        return today.year
    return None


def _of_zh_relative(match: re.Match[str], dates: _Dates, today: dt.date) -> _Period:
    """Read 去年, 前年底, 今年年初, 24年底, 上个月."""
    year = _year_beside(match, today)
    if year is None:
        return _previous(match["previous"].lstrip("上个"), today)
    if year == today.year and not match["tail"]:
        raise ValueError(match[0])
    return _period(str(year), year, match)


def _of_en_relative(match: re.Match[str], dates: _Dates, today: dt.date) -> _Period:
    """Read "last year", "early this year", "last summer", "last month"."""
    word, span = (match["word"] or "before").lower(), (match["span"] or "year").lower()
    if span == "year":
        year = today.year - {"this": 0, "last": 1, "before": 2}[word]
        if word == "this" and not match["head"]:
            raise ValueError(match[0])
        return _period(str(year), year, match)
    if span in _SEASONS:
        season = _season(today.year, span)
        is_over = _plus_months(season.first, season.months) <= today
        return season if word == "this" or is_over else _season(today.year - 1, span)
    if word == "this":
        raise ValueError(match[0])
    return _previous(span, today)


def _of_ago(match: re.Match[str], dates: _Dates, today: dt.date) -> _Period:
    """Count back from today: "三年前" is this day three years earlier."""
    span = _SPANS[(match["zh_span"] or match["en_span"]).lower()]
    words = " ".join((match["zh"] or match["en"]).lower().split())
    if words in ("半", "half a"):
        return _Period(_plus_months(today, -(span // 2)), 0)
    known = {"a": 1, "an": 1, "a couple of": 2}
    count = known.get(words) or int(number(words) or 0)
    return _Period(_plus_months(today, -count * span), 0)


_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_DATE, _of_date),
    (_ZH_RELATIVE, _of_zh_relative),
    (_EN_RELATIVE, _of_en_relative),
    (_AGO, _of_ago),
)


def _words(match: re.Match[str]) -> Iterator[str]:
    groups = match.groupdict()
    return (groups[name] for name in ("head", "tail") if groups.get(name))


def _period(value: str, year: int, match: re.Match[str]) -> _Period:
    """Build the period of a canonical date (`2025-03`, `--Q2`) in a year.

    Raises:
        ValueError: no such day.
    """
    if any(_NATIONAL_DAY.search(text) for text in _words(match)):
        return _Period(dt.date(year, 10, 1), 0)
    season = next((found[0] for text in _words(match) if (found := _SEASON.search(text))), None)
    if season:
        return _season(year, season.lower())
    part = value[5:] if value[0] != "-" else value[2:]
    if not part:
        return _Period(dt.date(year, 1, 1), 12)
    if part[0] in "QH":
        months = 3 if part[0] == "Q" else 6
        return _Period(dt.date(year, (int(part[1]) - 1) * months + 1, 1), months)
    month, _, day = part.partition("-")
    return _Period(dt.date(year, int(month), int(day or 1)), 0 if day else 1)


def _season(year: int, name: str) -> _Period:
    # the months of winter that belong to the year named
    return _Period(dt.date(year, _SEASONS[name], 1), 1 if _SEASONS[name] == 12 else 3)


def _previous(span: str, today: dt.date) -> _Period:
    months = _SPANS[span.lower()]
    this = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    return _Period(_plus_months(this, -months), months)


def _plus_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, _days_in(year, month + 1)))


def _days_in(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _last_of_month(day: dt.date) -> dt.date:
    return day.replace(day=_days_in(day.year, day.month))


def _day_of(period: _Period, match: re.Match[str]) -> dt.date:
    """Choose the day that stands for a period; see the module's docstring."""
    first, months = period.first, period.months
    if not months:
        return first
    word = next((found[0] for text in _words(match) if (found := _PART.search(text))), "")
    part = _PARTS.get(word.lower(), "middle")
    if months == 1:
        days = {"early": 5, "middle": 15, "late": 25, "end": _days_in(first.year, first.month)}
        return first.replace(day=days[part])
    if part == "middle" and months == 3:
        return _plus_months(first, 1).replace(day=15)
    offset = {"early": 0, "middle": months // 2 - 1, "late": months - 2, "end": months - 1}[part]
    return _last_of_month(_plus_months(first, offset))
