"""Dates of both languages: days, months, quarters, half-years, years, and ranges of them.

Canonical values: `2026-04-01`, `2026-04`, `2026-Q2`, `2026-H1`, `2026`; where the year is not
said, `--04-01`, `--04`, `--Q2`, `--H1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.figures.numerals import number
from knowledge.figures.sheet import Reader, Reading, Sheet

_YEAR = r"(?:19|20)\d\d"
_ZH_YEAR = rf"(?:{_YEAR}|[一二][零一二三四五六七八九]{{3}})"
_ZH_NUMBER = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_RANGE = r"(?:日|号)?(?:\s*(?:-|~|至|到|、|和|及|与|或)\s*)"
_MONTH_NAMES = (
    "January February March April May June July August September October November December"
)
_MONTHS = _MONTH_NAMES.split()
_MONTH_NUMBER = {name.lower(): place for place, name in enumerate(_MONTHS, start=1)}
_MONTH_NUMBER |= {name[:3].lower(): place for place, name in enumerate(_MONTHS, start=1)}
_MONTH_NUMBER["sept"] = 9
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DAYS = rf"{_DAY}(?:(?:,\s*{_DAY}){{0,3}}\s*,?\s*(?:-|/|to|and|or)\s*{_DAY})?"
_BEFORE = re.compile(
    r"(?:\b(?:in|of|from|since|until|till|by|to|early|late|mid|end|before|after|and|or|last|next"
    r"|this|each|every|for|during)\s|-\s?)\s*$",
    re.IGNORECASE | re.ASCII,
)

_ISO = re.compile(rf"(?<![\d-])({_YEAR})([-/.])(\d{{1,2}})\2(\d{{1,2}})(?![\d-])", re.ASCII)
# as Hong Kong writes it, the day first
_DAY_FIRST = re.compile(rf"(?<![\d./-])(\d{{1,2}})([-/.])(\d{{1,2}})\2({_YEAR})(?![\d-])", re.ASCII)
_ZH_DAY = re.compile(
    rf"(?:(?<!\d)(?P<year>{_ZH_YEAR})\s*年\s*)?"
    rf"(?<![\d.零一二三四五六七八九十百])(?P<month>{_ZH_NUMBER})\s*月(?:份)?"
    rf"(?:\s*(?P<days>{_ZH_NUMBER}(?:{_RANGE}{_ZH_NUMBER}(?=日|号))*)(?:日|号))?",
    re.ASCII,
)
_ZH_PART = re.compile(
    rf"(?:(?<!\d)(?P<year>{_ZH_YEAR})(?:\s*年度?\s*的?)?)?"
    r"(?:(?:第|(?<![前首头每两]))(?P<quarter>[一二三四1-4])季度?(?!报)|(?P<half>[上下])半年)",
    re.ASCII,
)
_ZH_ONLY_YEAR = re.compile(
    rf"(?<![\d零一二三四五六七八九十百千万亿])(?P<year>{_ZH_YEAR})\s*年(?!第?\d)(?:代)?", re.ASCII
)
_EN_DAY = re.compile(
    rf"(?<!No\.\s)(?<![\w.])(?P<days>{_DAYS})\s+(?:of\s+)?(?P<month>{_MONTH})"
    rf"(?:,?\s*(?P<year>{_YEAR}))?(?!\d)",
    re.ASCII,
)
_EN_MONTH_DAY = re.compile(
    rf"\b(?P<month>{_MONTH})\s+(?P<days>{_DAYS})(?![\d.%]|,\d)(?:,?\s+(?P<year>{_YEAR}))?(?!\d)",
    re.ASCII,
)
_EN_MONTH = re.compile(
    rf"\b(?P<month>{_MONTH})\b(?:,?\s+(?:of\s+)?(?P<year>{_YEAR}))?(?!\d)", re.ASCII
)
_EN_PART = re.compile(
    rf"(?:(?P<before>{_YEAR})\s*年?\s*)?(?<![A-Za-z0-9])"
    r"(?:Q(?P<q>[1-4])|H(?P<h>[12])|(?P<q2>[1-4])Q|(?P<h2>[12])H"
    r"|(?P<nth>first|second|third|fourth)[\s-]+(?P<what>quarter|half))\b(?![\s-]+year\b)"
    rf"(?:[\s,]*(?:of\s+)?(?P<year>{_YEAR}))?(?!\d)",
    re.IGNORECASE | re.ASCII,
)
_FY = re.compile(
    rf"\bFY\s?(?:(?P<year>{_YEAR})|(?P<short>\d\d))(?!\d)"
    r"|(?<![\d/])(?P<from>\d\d)/(?P<to>\d\d)(?=\s*(?:年度|财年|课税年度|财政年度))",
    re.ASCII,
)
_FISCAL = re.compile(
    rf"(?:\bFY\s?|(?<![\w,.]))(?P<year>{_YEAR})\s*[-/]\s*(?P<next>\d\d)(?![\d,.]*\d|-)", re.ASCII
)
_CONNECTOR = re.compile(
    r"\s*(?:-|~|/|至|到|、|,|和|及|与|或|to|and|or|through|until|till|by|同年)\s*"
    r"(?:on|from|至|同年)?\s*",
    re.ASCII,
)
_RANGE_AFTER = re.compile(rf"\s*(?:-|to|and|or)\s*{_MONTH}", re.ASCII)
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def read_dates(sheet: Sheet) -> None:
    """Read every date of the sheet; a year said once in a range counts for both ends."""
    already = len(sheet.readings)
    for pattern, reader, cues in _READERS:
        sheet.take(pattern, reader, *cues)
    dates = sorted(sheet.readings[already:], key=lambda reading: reading.start)
    sheet.readings[already:] = _with_years(dates, sheet.text)


def _reading(value: str, match: re.Match[str]) -> Reading:
    return Reading("date", value, None, match.start(), match.end())


def _small(text: str) -> int:
    return int(number(text) or 0)


def _of(year: str | None) -> str:
    if year is None:
        return "-"
    return year if year.isdigit() and year.isascii() else str(_small(year))


def _in_order(year: str | None, month: int, days: list[int], match: re.Match[str]) -> list[Reading]:
    if not days:
        return [_reading(f"{_of(year)}-{month:02d}", match)]
    return [_reading(f"{_of(year)}-{month:02d}-{day:02d}", match) for day in days]


def _iso(match: re.Match[str]) -> list[Reading] | None:
    month, day = int(match[3]), int(match[4])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _in_order(match[1], month, [day], match)


def _day_first(match: re.Match[str]) -> list[Reading] | None:
    day, month = int(match[1]), int(match[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _in_order(match[4], month, [day], match)


def _zh_day(match: re.Match[str]) -> list[Reading] | None:
    month = _small(match["month"])
    days = [_small(day) for day in re.findall(_ZH_NUMBER, match["days"] or "")]
    if not 1 <= month <= 12 or not all(1 <= day <= 31 for day in days):
        return None
    return _in_order(match["year"], month, days, match)


def _zh_part(match: re.Match[str]) -> list[Reading] | None:
    if match["quarter"]:
        part = f"Q{_small(match['quarter'])}"
    else:
        part = "H1" if match["half"] == "上" else "H2"
    return [_reading(f"{_of(match['year'])}-{part}", match)]


def _year(match: re.Match[str]) -> list[Reading]:
    return [_reading(_of(match["year"]), match)]


def _en_month(match: re.Match[str]) -> list[Reading] | None:
    groups = match.groupdict()
    month, year = groups["month"], groups["year"]
    if month == "May" and not year and "days" not in groups and not _is_month(match):
        return None
    days = [int(day) for day in re.findall(r"\d{1,2}", groups.get("days") or "")]
    if not all(1 <= day <= 31 for day in days):
        return None
    return _in_order(year, _MONTH_NUMBER[month.rstrip(".").lower()], days, match)


def _is_month(match: re.Match[str]) -> bool:
    """Tell the month from the verb of "May a firm borrow?"."""
    start, end = match.span()
    before = _BEFORE.search(match.string, max(0, start - 8), start)
    return bool(before or _RANGE_AFTER.match(match.string, end))


def _en_part(match: re.Match[str]) -> list[Reading]:
    quarter = match["q"] or match["q2"]
    letter = (match["what"] or ("quarter" if quarter else "half"))[0].lower()
    step = int(quarter or match["h"] or match["h2"] or _NTH[match["nth"].lower()])
    part = f"Q{step}" if letter == "q" else f"H{step}"
    return [_reading(f"{_of(match['year'] or match['before'])}-{part}", match)]


def _fiscal(match: re.Match[str]) -> list[Reading] | None:
    year, following = int(match["year"]), int(match["next"])
    if (year + 1) % 100 == following:
        return [_reading(str(year), match), _reading(str(year + 1), match)]
    if 1 <= following <= 12:
        return [_reading(f"{year}-{following:02d}", match)]
    return None


def _fiscal_short(match: re.Match[str]) -> list[Reading] | None:
    if not match["from"]:
        return [_reading(match["year"] or f"20{match['short']}", match)]
    if (int(match["from"]) + 1) % 100 != int(match["to"]):
        return None
    return [_reading(f"20{match[name]}", match) for name in ("from", "to")]


_MONTH_CUES = tuple(name[:3] for name in _MONTHS)
_READERS: tuple[tuple[re.Pattern[str], Reader, tuple[str, ...]], ...] = (
    (_ISO, _iso, ("-", "/", ".")),
    (_DAY_FIRST, _day_first, ("-", "/", ".")),
    (_ZH_DAY, _zh_day, ("月",)),
    (_EN_DAY, _en_month, _MONTH_CUES),
    (_EN_MONTH_DAY, _en_month, _MONTH_CUES),
    (_EN_MONTH, _en_month, _MONTH_CUES),
    (_ZH_PART, _zh_part, ("季", "半年")),
    (_EN_PART, _en_part, ("Q", "H", "uarter", "half")),
    (_FISCAL, _fiscal, ("-", "/")),
    (_FY, _fiscal_short, ("FY", "年")),
    (_ZH_ONLY_YEAR, _year, ("年",)),
)


def _with_years(dates: list[Reading], text: str) -> Iterator[Reading]:
    """Give the dates of a range or list the year that only one of them names."""
    for place in range(len(dates) - 1, 0, -1):
        first, second = dates[place - 1], dates[place]
        if first.value[0] == "-" != second.value[0] and _joined(first, second, text):
            year = int(second.value[:4])
            later = first.value[2:] > second.value[5:] and second.value[5:] != ""
            dates[place - 1] = first._replace(value=f"{year - later}{first.value[1:]}")
    for place in range(1, len(dates)):
        first, second = dates[place - 1], dates[place]
        if first.value[0] != "-" == second.value[0] and _joined(first, second, text):
            year = int(first.value[:4])
            if first.value[5:] <= second.value[2:]:
                dates[place] = second._replace(value=f"{year}{second.value[1:]}")
    return iter(dates)


def _joined(first: Reading, second: Reading, text: str) -> bool:
    return first.end == second.end or bool(_CONNECTOR.fullmatch(text, first.end, second.start))


def date_contains(known: str, wanted: str, years: frozenset[str]) -> bool:
    """Tell whether a date says at least as much as another one, and the same.

    Args:
        known: canonical date of the evidence.
        wanted: canonical date that must be contained.
        years: years said anywhere in the evidence; one of them may complete a `known` without.
    """
    if known[0] == "-" != wanted[0] and wanted[:4] in years:
        known = f"{wanted[:4]}{known[1:]}"
    if wanted[0] == "-" != known[0]:
        known = f"-{known[4:]}"
    if known == wanted or known.startswith(f"{wanted}-"):
        return True
    year, _, part = wanted.rpartition("-")
    month = known[len(year) + 1 : len(year) + 3]
    if part[:1] not in ("Q", "H") or not known.startswith(f"{year}-") or not month.isdigit():
        return False
    size = 3 if part[0] == "Q" else 6
    return (int(month) - 1) // size + 1 == int(part[1])
