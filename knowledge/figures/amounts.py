"""Amounts of both languages: money, shares, spans of time, multiples and counts.

Numbers come out at full value (`70亿` is 7000000000) with the unit's code, so that `3亿美元` and
"USD 300 million" are one figure and `三个月` and "3 firms" are not.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from knowledge.figures.numerals import (
    ARABIC,
    CHINESE,
    ENGLISH,
    FORMAL_DIGITS,
    SCALES,
    canonical,
    number,
    power,
)
from knowledge.figures.sheet import Reading, Sheet
from knowledge.figures.units import (
    BOTH_SIDES,
    CHINESE_UNITS,
    COLLOQUIAL,
    ENGLISH_UNITS,
    MONEY,
    MONEY_AFTER,
    MONEY_BEFORE,
    ONLY_WITH_DIGITS,
    SPANS,
    alternatives,
    unit_code,
)

_NOT_AFTER = "第数几统唯同单逐专某那任双上"
"""Before a Chinese numeral these make it an ordinal, an estimate or another word."""
_WHOLE = (
    r"(?<![几数上成][十百千万亿])(?<![几数上成][十百千万亿][百千万亿])"
    rf"(?<![{FORMAL_DIGITS[1:-2]}])"
)
"""Not inside an estimate or a longer numeral: the 万 of 几千万 and 伍佰万 is no number."""
_SCALE_WORDS = alternatives(
    word for word in SCALES if word.isascii() and len(word) > 1 and word != "mm"
)
_ADJECTIVES = (
    r"(?:(?:full|consecutive|continuous|successive|straight|calendar|natural|clear|complete|whole"
    r"|more|further|additional|preceding|previous|prior|past|following|fiscal|financial|accounting"
    r"|tax|mainland|local|Hong\s+Kong)[\s-]+){0,2}"
)
_AMOUNT = re.compile(
    # currency before, else nothing that makes the digits part of a name
    rf"(?:(?<![A-Za-z])(?P<money>{MONEY_BEFORE})\s*(?:约|近|逾|超过?|大约|~|about\s|over\s)?\s*"
    r"|(?<![A-Za-z0-9_.#]))"
    # the numeral
    rf"(?:(?P<arabic>{ARABIC})|(?P<chinese>(?<![{_NOT_AFTER}]){_WHOLE}{CHINESE})"
    rf"|(?P<formal>[{FORMAL_DIGITS}]{{2,}}(?=[元整人美港欧]))"
    r"|(?P<half>半(?=个?[百千万亿])|half\s+an?(?=\s+(?:hundred|thousand|million|billion|trillion)))"
    rf"|(?P<english>{ENGLISH}))(?P<half_after>\s+and\s+a\s+half)?"
    # its scale: 2亿5000万, 1亿2千万, 20多万, 两个亿, 7 billion, 300m, USD 100mm, 500w人民币
    r"(?:(?<=\d)亿(?P<rest>\d+(?:\.\d+)?)(?P<rest_scale>千?万)"
    r"|(?<=\d)(?P<big>[万亿])(?P<tenth>[1-9])(?=美|港|欧|元|人民币|刀|块)"
    r"|\s*[余多来]?\s*个?(?P<scale>[百千万亿]+)(?!分)"
    rf"|[\s-]*(?P<word_scale>(?:{_SCALE_WORDS})(?:\s+(?:{_SCALE_WORDS}))?)\b"
    rf"|(?P<letter_scale>(?(money)\s?(?:mm|[mkb])|(?:(?:mm|[mkbw])(?=\s?(?:{MONEY_AFTER}))|(?-i:[mk]))))"
    r"(?![A-Za-z]))?(?:\s*[余多])?"
    # its unit
    rf"(?:\s*[个整]?(?:完整|连续|整)?的?(?P<zh_unit>%|{CHINESE_UNITS})(?P<half_unit>半)?"
    rf"|\s*\((?P<in_brackets>{MONEY_AFTER})\)"
    rf"|[\s-]*{_ADJECTIVES}(?P<en_unit>{ENGLISH_UNITS})\b(?!\s?\d))?",
    re.IGNORECASE | re.ASCII,
)
_RANGE = re.compile(r"\s*(?:-|~|至|到|to)\s*", re.ASCII)
_LIST = re.compile(
    r"\s*(?:-|~|/|至|到|、|,|和|及|与|或|,?\s*(?:to|and|or)|and\s+(?:up\s+)?to)\s*(?:不超过)?",
    re.ASCII,
)
_THING = re.compile(
    r"[\s-]+(?!(?:and|the|that|was|for|with|from|when|while|are|has|had|have|may|its|this|under"
    r"|after|before|per|which|who|whose|would|could|will|can|but|not|than|into|onto|over|upon|if"
    r"|within|above|below|between|during|through|each|among|only|plus"
    r"|until|since|were|as|is|it|in|on|at|to|of|or|by|an?)\b)[A-Za-z]{2,}",
    re.ASCII,
)
_TRAP_AFTER = re.compile(
    r"-?(?:way|tier|tiered|stop|off|party|sided|pronged|step|dimensional|line|ends?|shot|size)\b"
    r"|(?<=two)\s+(?:cities|places|sides|parties|markets|jurisdictions|regions|territories)\b",
    re.IGNORECASE | re.ASCII,
)
_NOT_A_TENTH = frozenset("功立员本交果为熟套效长分都就")
"""After `成` these make another word: `一成立`, `三成员`."""
_NOT_EUROS = frozenset("洲盟美亚非")
"""After `欧` these make another word: `欧洲`."""
_NUMERALS = {
    "arabic": "arabic",
    "chinese": "chinese",
    "formal": "chinese",
    "half": "english",
    "english": "english",
}
_ELLIPSIS = frozenset("、，,至或-")


class _Draft(NamedTuple):
    """An amount as matched, before ranges and lists have shared their units."""

    value: Decimal
    scaled: bool
    unit: str | None
    before: bool
    """The unit is a currency written before the number; it speaks for what follows only."""
    script: str
    written: str
    start: int
    end: int


def read_amounts(sheet: Sheet) -> None:
    """Read every remaining number of the sheet."""
    drafts = [draft for match in _AMOUNT.finditer(sheet.text) if (draft := _draft(match))]
    shared = _share_units(drafts, sheet.text)
    sheet.readings.extend(_finish(draft) for draft in shared if _is_figure(draft))


def _draft(match: re.Match[str]) -> _Draft | None:
    group = next(group for group in _NUMERALS if match[group])
    written = match[group]
    script = _NUMERALS[group] if written[0] != "半" else "chinese"
    value = Decimal("0.5") if group == "half" else number(written)
    if value is None or (script == "english" and _TRAP_AFTER.match(match.string, match.end())):
        return None
    value, scaled = _scaled(value, match)
    unit, before = _unit(match, written, script, scaled)
    if match["half_unit"] and unit in SPANS:
        value += Decimal("0.5")
    return _Draft(value, scaled, unit, before, script, written, match.start(), match.end())


def _scaled(value: Decimal, match: re.Match[str]) -> tuple[Decimal, bool]:
    """Return a numeral at full value, and whether a scale made it so."""
    if match["half_after"]:
        value += Decimal("0.5")
    if match["rest"]:
        rest = Decimal(match["rest"]).scaleb(power(match["rest_scale"]))
        return value.scaleb(8) + rest, True
    if match["tenth"]:
        return (value + Decimal(match["tenth"]).scaleb(-1)).scaleb(power(match["big"])), True
    scale = match["scale"] or match["word_scale"] or (match["letter_scale"] or "").strip()
    return (value.scaleb(power(scale)), True) if scale else (value, bool(match["formal"]))


def _unit(match: re.Match[str], numeral: str, script: str, scaled: bool) -> tuple[str | None, bool]:
    """Return an amount's unit, and whether it is a currency written before the number."""
    written = match["zh_unit"] or match["in_brackets"] or match["en_unit"]
    unit = unit_code(written) if written else None
    if match["money"] and (unit is None or unit in MONEY):
        before = unit_code(match["money"])
        return (unit, False) if unit and before == "$" else (before, True)
    if unit is None:
        thing = not scaled and _THING.match(match.string, match.end())
        return ("count" if thing else None), False
    following = match.string[match.end() : match.end() + 1]
    if unit in MONEY:
        # a code after a bare number belongs to what follows: "in 2025 RMB bonds", "two RMB pools"
        code = written.isascii() and written.isupper() and not scaled
        bare = code and (script == "english" or re.fullmatch(r"(?:19|20)\d\d", numeral))
        scaled = scaled or not set(numeral).isdisjoint("百千万亿")
        short = written in COLLOQUIAL and (not scaled or following in _NOT_EUROS)
        return (None if bare or short else unit), False
    doubtful = (
        (unit == "tenth" and following in _NOT_A_TENTH)
        or (unit == "year" and following == "代")
        or (written == "个" and following in _ELLIPSIS)
        or (script == "chinese" and written in ONLY_WITH_DIGITS)
        or (numeral == "两" and written in BOTH_SIDES)
    )
    return (None if doubtful else unit), False


def _share_units(drafts: list[_Draft], text: str) -> list[_Draft]:
    """Give the members of a range or list the unit, and of a range the scale, written once."""
    for place in range(1, len(drafts)):
        first, second = drafts[place - 1], drafts[place]
        listed = _LIST.fullmatch(text, first.end, second.start)
        alike = first.script == second.script and not _is_year(second)
        if first.unit in MONEY and second.unit is None and listed and alike:
            drafts[place] = second._replace(unit=first.unit, before=True)
    for place in range(len(drafts) - 2, -1, -1):
        first, second = drafts[place], drafts[place + 1]
        if first.unit not in (None, second.unit) or _is_year(first) or second.unit == "count":
            continue
        between = text[first.end : second.start]
        alike = first.script == second.script and not second.before
        if second.unit and first.unit is None and alike and _LIST.fullmatch(between):
            first = first._replace(unit=second.unit)
        joined = (_LIST if first.before else _RANGE).fullmatch(between)
        if second.scaled and not first.scaled and joined:
            first = _scaled_like(first, second)
        drafts[place] = first
    return drafts


def _scaled_like(first: _Draft, second: _Draft) -> _Draft:
    """Scale the lower end of a range like the upper one (`2至3亿`), unless it is the larger."""
    base = number(second.written)
    if not base or first.value > base:
        return first
    return first._replace(value=first.value * (second.value / base))


def _is_year(draft: _Draft) -> bool:
    plain = len(draft.written) == 4 and draft.written.isdigit() and not draft.scaled
    return plain and draft.unit in (None, "count") and 1900 <= draft.value < 2100


def _is_figure(draft: _Draft) -> bool:
    """Tell a figure from a word that only looks like one (`一体化`, "one of them")."""
    if draft.script == "arabic":
        return True
    measured = draft.unit not in (None, "count")
    if draft.value == 1:  # 一家 is "a firm", 一年 is a year; 一倍 is one times, "one time" is once
        return measured and (draft.unit != "times" or draft.script == "chinese")
    if draft.script == "english":
        return True
    if draft.unit or draft.scaled:
        return measured or draft.written not in ("百", "千", "万", "亿", "千万")
    ten_or_more = len(draft.written) > 1 and set(draft.written) & set("十百千万亿")
    return bool(ten_or_more) and draft.written[0] not in "百千万亿"


def _finish(draft: _Draft) -> Reading:
    value, unit = draft.value, draft.unit
    if unit in ("%", "bp", "tenth"):
        value = value.scaleb({"%": 0, "bp": -2, "tenth": 1}[unit])
        return Reading("percent", canonical(value), None, draft.start, draft.end)
    if _is_year(draft):
        return Reading("date", canonical(value), None, draft.start, draft.end)
    return Reading("number", canonical(value), unit, draft.start, draft.end)
