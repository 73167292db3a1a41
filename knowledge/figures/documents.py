"""Document numbers and article numbers of both languages.

Canonical values: `251/2025` or, where the year is not said, `251`; articles `14`, `14E`, `13.36`, `T+1`.
A document's unit is its series in pinyin (`yinfa`), where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.figures.numerals import CHINESE, number, roman
from knowledge.figures.sheet import BLANK, Reading, Sheet
from knowledge.figures.units import MONEY_AFTER

SERIES = {
    "银发": "yinfa",
    "银办发": "yinbanfa",
    "银总部发": "yinzongbufa",
    "琼银发": "qiongyinfa",
    "银监发": "yinjianfa",
    "汇发": "huifa",
    "汇复": "huifu",
    "汇综发": "huizongfa",
    "财税": "caishui",
    "国发": "guofa",
    "国办发": "guobanfa",
    "国税发": "guoshuifa",
    "国税函": "guoshuihan",
    "法释": "fashi",
    "金发": "jinfa",
    "金规": "jingui",
    "商合发": "shanghefa",
    "发改外资规": "fagaiwaizigui",
    "沪金融办": "hujinrongban",
    "沪委金融办": "huweijinrongban",
    "证监会公告": "csrc-announcement",
    "证监会令": "csrc-order",
}
_SPACED = ("hui fa", "yin fa", "guo fa", "cai shui", "fa shi", "jin fa", "jin gui")
_PINYIN = {name.replace("-", " "): name for name in SERIES.values()}
_PINYIN |= {name: name.replace(" ", "") for name in _SPACED}
_SERIES = "|".join(sorted([*SERIES, *_PINYIN], key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_ANY_YEAR = rf"(?:{_YEAR}|[一二][零一二三四五六七八九]{{3}})"
_LABEL = (
    r"(?:Orders?|Notices?|Circulars?|Documents?|Doc\.|Decrees?|Announcements?|Interpretations?"
    r"|Public Notices?|Bulletins?)"
)
_LIST = r"\d+(?:\s*(?:,|and|or|to|-|,\s*and)\s*(?:Nos?\.?\s*)?\d+\b)*"
_LABELS = _LABEL.replace("s?", "s").replace("|Doc\\.", "")
_NO = r"Nos?\.?\s*"

_BRACKETED = re.compile(
    rf"[\[({{〈]\s*(?P<year>{_ANY_YEAR})\s*年?\s*[\])}}〉]\s*(?:第|{_NO})?\s*"
    rf"(?P<numbers>\d+(?:号?[、和及与]\d+(?=号))*|{CHINESE}(?=\s*号))(?:\s*号)?",
    re.IGNORECASE | re.ASCII,
)
# 汇发2025年43号, 财税2008-121号
_SERIES_FIRST = re.compile(
    rf"(?P<series>{_SERIES})\s*(?P<year>{_ANY_YEAR})\s*[年/-]?的?\s*第?\s*"
    rf"(?P<numbers>\d+|{CHINESE})\s*号",
    re.IGNORECASE | re.ASCII,
)
# Huifa 2014 No. 37, Yinfa 251; Chinese wants its 号: 银发2025年43亿 is another matter
_PINYIN_FIRST = re.compile(
    rf"\b(?P<series>{'|'.join(sorted(_PINYIN, key=len, reverse=True))})\s+"
    rf"(?:(?P<year>{_YEAR})\s*[/-]?\s*)?(?:{_NO})?(?!{_YEAR}\b)(?P<numbers>\d{{1,4}})"
    rf"(?:\s+of\s+(?P<later>{_YEAR})\b)?"
    r"(?![\d.,%]\d|\d|%|\s*(?:million|billion))",
    re.IGNORECASE | re.ASCII,
)
_ZH_YEAR_FIRST = re.compile(
    rf"(?P<year>{_ANY_YEAR})\s*年的?\s*(?P<series>{_SERIES}|第)?\s*"
    rf"(?P<numbers>\d+|{CHINESE})\s*号(?!起|线|院|楼|牌)",
    re.IGNORECASE | re.ASCII,
)
_EN_YEAR_FIRST = re.compile(
    rf"\b(?P<year>{_YEAR})\s+{_NO}(?P<numbers>\d+)(?![\d.%])", re.IGNORECASE | re.ASCII
)
_YEAR_LAST = re.compile(
    rf"\b(?:{_LABEL}\s+(?:{_NO})?|{_NO})(?P<numbers>\d+)\s*"
    rf"(?:of\s+|\(|,\s*)(?P<year>{_YEAR})\b\)?",
    re.IGNORECASE | re.ASCII,
)
# "Announcements 40 of 2013 and 19 of 2021": what follows a number already read
_YEAR_LAST_AGAIN = re.compile(
    rf"(?<={BLANK}\sand\s)(?P<numbers>\d+)\s+of\s+(?P<year>{_YEAR})\b", re.ASCII
)
_ZH_PLAIN = re.compile(
    rf"第?\s*(?P<zh>\d+(?:[、和及与]\d+)*|(?<=第){CHINESE}|(?<!第){CHINESE}(?=\s?号[文令])"
    rf"|(?<=[发税规]){CHINESE})\s?号(?!线|院|楼|牌)",
    re.ASCII,
)
_EN_PLAIN = re.compile(
    rf"\b(?:(?:{_LABELS}\s+(?:{_NO})?|Nos\.?\s*)(?P<numbers>{_LIST})(?![\d%]|\.\d)"
    rf"|(?:{_LABEL}\s+(?:{_NO})?|{_NO}|(?:DIPN|ISO|IFRS|HKFRS|HKAS|IAS)\s?)"
    rf"(?P<one>\d+)(?![\d%]|\.\d|,\d{{3}}))",
    re.IGNORECASE | re.ASCII,
)
_SERIES_BEFORE = re.compile(rf"(?:{_SERIES})\s*$", re.IGNORECASE | re.ASCII)

_LEVELS = "条|章|节|款|编|部分|部|附表|类|项"
_POINT = r"\d+(?:\.\d+)*[A-Z]{0,2}(?:\(\d+[a-z]?\))*"
_JOIN = r"\s*(?:-|/|,|and|or|to|&|,\s*and|,\s*or)\s*"
_SECTION = (
    r"(?:articles?|arts?\.|sections?|secs?\.|(?<!')ss?(?:\.|(?=\s?\d+[A-Z(]))|rules?|chapters?"
    r"|paragraphs?|paras?\.|clauses?|regulations?|phase|tier|pillar|annex|schedule|appendix|form"
    r"|(?-i:Caps?\.?|Parts?|Schedules|Annexes|Appendices|Types?|Phases|Tiers|Pillars|Measures?"
    r"|Items?|Steps?|Forms|Tables?|Class|Category|Stage))"
)
_QUANTITY = r"(?![\d,.]*\s*(?:%|per|million|billion|years?|months?|days?|working))"
_ZH_POINT = rf"(?:{_POINT}|{CHINESE})"
_ZH_ARTICLE = re.compile(
    rf"第\s*\(?(?P<points>{_ZH_POINT}(?:[条章节款]?[、和及与或至到-]+第?{_ZH_POINT})*)\)?"
    rf"\s*(?:{_LEVELS})"
    r"|第\s*(?P<ordinal>\d+[A-Z]?)(?=[^\d\s.])"
    rf"|(?:附表|附件|规则|支柱|表格)\s*(?P<label>{_POINT}|[一二三四五六七八九十]{{1,3}})"
    r"|(?P<stage>\d[A-Z]?)阶段|(?P<rule>\d+\.\d+[A-Z]?)条",
    re.ASCII,
)
_EN_ARTICLE = re.compile(
    rf"\b{_SECTION}\s?(?P<points>{_POINT}(?:{_JOIN}{_POINT}{_QUANTITY})*)(?![A-Za-z0-9%])"
    rf"|\b{_SECTION}\s(?P<roman>[IVX]+|one|two|three|four|five)\b"
    r"|\b(?P<ordinal>\d+)(?:st|nd|rd|th)\b",
    re.IGNORECASE | re.ASCII,
)
_STANDALONE = re.compile(
    r"(?<![\w.$])(?P<points>\d{1,4}[A-Z]{1,2}(?:\(\d+[a-z]?\))*)(?!\w)", re.ASCII
)
_CYCLE = re.compile(r"(?<![A-Za-z0-9])[TD]\+\d{1,2}(?!\d)", re.ASCII)
_PLAN_PERIOD = re.compile(
    r"(?P<zh>十[一二三四五六])五(?=[”」』’》规时期\s、，。的])|(?P<en>1\d)th five-year",
    re.IGNORECASE | re.ASCII,
)
_MONEY_BEFORE = re.compile(r"(?:[A-Z]{3}|\$|¥|€|£)\s?$", re.ASCII)
_MONEY_AFTER = re.compile(rf"\s?(?:{MONEY_AFTER})", re.IGNORECASE | re.ASCII)


_DIGITS = "零一二三四五六七八九"
_NUMBER_GROUPS = ("zh", "one", "numbers")
_NUMBER_CUES = (
    *("No", "no", "rder", "otice", "ircular", "ocument", "Doc.", "ecree", "ulletin"),
    *("nouncement", "nterpretation", "DIPN", "ISO", "FRS", "AS"),
)
_POINTS = re.compile(rf"\d+(?:\.\d+)*[A-Z]{{0,2}}(?![a-z])|{CHINESE}", re.IGNORECASE | re.ASCII)


def read_dated_documents(sheet: Sheet) -> None:
    """Read the document numbers that carry their year; to be done before dates."""
    sheet.take(_BRACKETED, _documents, "[", "(", "{", "〈")
    sheet.take(_SERIES_FIRST, _documents, "号")
    sheet.take(_YEAR_LAST, _documents, *_NUMBER_CUES)
    sheet.take(_YEAR_LAST_AGAIN, _documents, f"{BLANK} and ")
    sheet.take(_ZH_YEAR_FIRST, _documents, "号")
    sheet.take(_EN_YEAR_FIRST, _documents, " No")
    sheet.take(_PINYIN_FIRST, _documents)


def read_documents(sheet: Sheet) -> None:
    """Read the document numbers without a year; to be done after dates (`7月1号`)."""
    sheet.take(_ZH_PLAIN, _documents, "号")
    sheet.take(_EN_PLAIN, _documents, *_NUMBER_CUES)


def read_articles(sheet: Sheet) -> None:
    """Read articles, sections, chapters, rules, types and the like."""
    sheet.take(_CYCLE, _cycle, "T+", "D+")
    sheet.take(_PLAN_PERIOD, _plan_period, "五", "ive-year", "ive-Year")
    sheet.take(_ZH_ARTICLE, _articles, "第", "附", "规则", "支柱", "表格", "阶段", "条")
    sheet.take(_EN_ARTICLE, _articles)
    sheet.take(_STANDALONE, _standalone)


def _documents(match: re.Match[str]) -> list[Reading] | None:
    groups = match.groupdict()
    start, series = _series_of(match)
    if match[0][0] == "(" and not (series or re.search(r"号$|第|no", match[0], re.IGNORECASE)):
        return None  # "the plan (2025) 12 measures"
    written = groups.get("year") or groups.get("later")
    year = written and _spelt(written)
    text = next(groups[name] for name in _NUMBER_GROUPS if groups.get(name))
    found = []
    for item in re.findall(rf"\d+|{CHINESE}", text):
        value = _spelt(item)
        if value is not None:
            found.append(f"{value}/{year}" if year else str(value))
    return [Reading("document", value, series, start, match.end()) for value in found] or None


def _spelt(text: str) -> int | None:
    """Read a number, one spelt digit by digit too (`二五一`)."""
    if len(text) > 1 and set(text) <= set(_DIGITS):
        return int("".join(str(_DIGITS.index(char)) for char in text))
    value = number(text)
    return None if value is None else int(value)


def _series_of(match: re.Match[str]) -> tuple[int, str | None]:
    """Return where the document number starts with its series, and the series in pinyin."""
    before = _SERIES_BEFORE.search(match.string, max(0, match.start() - 20), match.start())
    written = before[0] if before else match.groupdict().get("series") or ""
    name = written.strip().lower()
    start = before.start() if before else match.start()
    return start, SERIES.get(name) or _PINYIN.get(name)


def _points(text: str) -> Iterator[str]:
    for item in _POINTS.findall(text):
        if item[0].isascii():
            yield item.upper()
        elif (value := number(item)) is not None:
            yield str(value)


def _articles(match: re.Match[str]) -> list[Reading] | None:
    groups = match.groupdict()
    if groups.get("roman"):
        word = groups["roman"]
        small = number(word) if word.lower() in ("one", "two", "three", "four", "five") else None
        found = [str(small or roman(word))]
    else:
        text = next(value for value in groups.values() if value)
        found = list(_points(text))
    return [Reading("article", value, None, match.start(), match.end()) for value in found] or None


def _standalone(match: re.Match[str]) -> list[Reading] | None:
    scale = match["points"].lstrip("0123456789") in ("M", "MM", "K", "B", "T", "W")
    before = _MONEY_BEFORE.search(match.string, 0, match.start())
    if scale and (before or _MONEY_AFTER.match(match.string, match.end())):
        return None
    span = match.start(), match.end()
    return [Reading("article", value, None, *span) for value in _points(match["points"])]


def _plan_period(match: re.Match[str]) -> list[Reading]:
    value = match["en"] or str(number(match["zh"]))
    return [Reading("article", value, None, match.start(), match.end())]


def _cycle(match: re.Match[str]) -> list[Reading]:
    """Read a settlement cycle as one whole: `T+1`."""
    return [Reading("article", match[0], None, match.start(), match.end())]
