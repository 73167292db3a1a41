"""Provisions: which article, section or point a locator or the label of a passage names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from knowledge.figures.numerals import number, roman
from knowledge.language import search_form

Series = Literal["article", "point"]
"""`article`: 第十二条, Article 12, Section 5; `point`: 一、, （一）, 3.1, item II, paragraph 37."""
_MOST_IN_RANGE = 60


class Provision(NamedTuple):
    """A place in a text: 第十二条第三款 is ("article", ("12",), ("3",))."""

    series: Series
    path: tuple[str, ...]
    """Numbers from the outermost in, Arabic; those in brackets keep them: 一（三） is 1, (3)."""
    inner: tuple[str, ...] = ()
    """Of an article: what follows its number: 款, 项, (2), (a)."""


_ZH = r"[零〇一二三四五六七八九十百千两]+"
_ZH_OR_DIGITS = rf"(?:{_ZH}|\d{{1,4}}[A-Z]{{0,3}})"
_ZH_AND = r"(?:[、,，和及与]|以及)"
_TO = r"(?:至|到|[-–—~～]|\bto\b)"
_INNER = rf"(?:第{_ZH_OR_DIGITS}[款项目]|第\({_ZH_OR_DIGITS}\)项|\({_ZH_OR_DIGITS}\))"
_ZH_LIST = re.compile(
    rf"第(?P<list>{_ZH_OR_DIGITS}(?:[条段点]?(?:{_ZH_AND}|{_TO})第?{_ZH_OR_DIGITS})*)"
    rf"(?P<brackets>(?:\([0-9A-Za-z]{{1,5}}\))*)(?P<unit>[条段点项])(?P<again>之{_ZH})?(?P<inner>{_INNER}*)(?:{_TO}{_INNER}+)?"
)
_EN_NUMBER = r"(?:Q?\d{1,4}(?:\.\d{1,3}[A-Z]?)*[A-Z]{0,3}|[IVX]{1,6})"
_EN_NAMED = rf"{_EN_NUMBER}(?:\.\d{{1,3}})*(?:\([0-9A-Za-z]{{1,5}}\))*"
_EN_LIST = re.compile(
    r"(?P<word>\b(?:Articles?|Arts?\.?|Sections?|Secs?\.?|ss?\.|Rules?|Regulations?|Regs?\.?"
    r"|Clauses?|Cl\.?|§+|paragraphs?|paras?\.?|points?|items?))\s*"
    rf"(?P<list>{_EN_NAMED}(?:\s*(?:,|;|\band\b|&|{_TO})\s*{_EN_NAMED})*)(?:, paragraph \S+)?",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?P<outer>{_ZH}|{_EN_NUMBER}(?:\.\d{{1,3}}[A-Z]?)*)?(?P<inner>(?:\({_ZH_OR_DIGITS}\)|\([a-z]{{1,4}}\))*)"
)
_ONE = re.compile(
    rf"(?P<to>{_TO})?\s*(?P<number>{_EN_NAMED}|{_ZH_OR_DIGITS})", re.ASCII | re.IGNORECASE
)
_POINT_WORD = re.compile(r"para|point|item", re.IGNORECASE)
_BETWEEN = re.compile(rf"(?:[\s,;.:，；。]|{_ZH_AND}|{_TO}|\band\b|&|[–])*", re.IGNORECASE)
_PAREN = re.compile(r"\(([^)]+)\)")
_LETTERED = re.compile(r"(?P<digits>\d+)(?P<letter>[A-Z]?)", re.ASCII)
_NUMBERED = re.compile(rf"第\(?({_ZH_OR_DIGITS})\)?[款项目]|\(([^)]+)\)")


def read_provisions(text: str) -> tuple[Provision, ...]:
    """Read what a locator names: 第十九、二十条, Articles 2, 4 to 6, s.14C, para 3.2, 一（三）.

    Returns:
        Every provision once, ranges spelt out; none where anything in the text is not understood,
        for it may name another instrument: 外汇管理条例第二十条.
    """
    folded = search_form(text).replace("〇", "零")
    for pattern, read in ((_ZH_LIST, _zh_list), (_EN_LIST, _en_list)):
        found: list[Provision] = []
        at = 0
        for match in pattern.finditer(folded):
            if not _BETWEEN.fullmatch(folded, at, match.start()):
                return ()
            try:
                found += read(match)
            except ValueError:  # a range of which not every number can be told
                return ()
            at = match.end()
        if found:
            return tuple(dict.fromkeys(found)) if _BETWEEN.fullmatch(folded, at) else ()
    return _bare(folded)


def covers(wanted: Provision, label: Provision) -> bool:
    """Tell whether a labelled place lies within the place that is wanted, articles taken whole."""
    if wanted.series != label.series:
        return False
    if wanted.series == "article":
        return wanted.path == label.path
    # Point 3 holds 3.1; 3(1) is held by point 3 where nothing finer has a label.
    shared = min(len(wanted.path), len(label.path))
    return wanted.path[:shared] == label.path[:shared]


def _zh_list(match: re.Match[str]) -> Iterator[Provision]:
    series: Series = "article" if match["unit"] == "条" else "point"
    inner = tuple(
        _plain(a or b) for a, b in _NUMBERED.findall(match["brackets"] + match["inner"]) if a or b
    )
    numbers = list(_spelt_out(match["list"]))
    for name in numbers:
        last = name == numbers[-1]
        again = f"-{_plain(match['again'][1:])}" if match["again"] and last else ""
        yield Provision(series, (f"{name[0]}{again}", *name[1:]), inner if last else ())


def _en_list(match: re.Match[str]) -> Iterator[Provision]:
    point = bool(_POINT_WORD.match(match["word"]))
    for path in _spelt_out(match["list"]):
        if point:
            yield Provision("point", path)
        else:
            outer = tuple(step for step in path if not step.startswith("("))
            brackets = tuple(step.strip("()") for step in path if step.startswith("("))
            yield Provision("article", outer, brackets)


def _bare(folded: str) -> tuple[Provision, ...]:
    match = _BARE.fullmatch(folded.rstrip(".、"))
    if match is None or not (match["outer"] or match["inner"]):
        return ()
    return (Provision("point", _path(match[0])),)


def _spelt_out(listed: str) -> Iterator[tuple[str, ...]]:
    """Read 33, 34, 37 to 39 as 33, 34, 37, 38, 39."""
    before: tuple[str, ...] = ()
    for match in _ONE.finditer(re.sub(r"[第条段点]", "", listed)):
        path = _path(match["number"])
        if match["to"]:
            yield from ((step,) for step in _between(before, path))
        yield path
        before = path


def _between(low: tuple[str, ...], high: tuple[str, ...]) -> Iterator[str]:
    """List the numbers between two: 4 and 7, 14C and 14F.

    Raises:
        ValueError: they bound no range.
    """
    first, last = (_LETTERED.fullmatch("".join(path)) for path in (low, high))
    if first and last and not first["letter"] and not last["letter"]:
        span = range(int(first["digits"]) + 1, int(last["digits"]))
        names = (str(value) for value in span)
    elif (
        first and last and first["letter"] and last["letter"] and first["digits"] == last["digits"]
    ):
        span = range(ord(first["letter"]) + 1, ord(last["letter"]))
        names = (f"{first['digits']}{chr(value)}" for value in span)
    else:
        raise ValueError(f"{low} to {high}")
    if len(span) > _MOST_IN_RANGE:
        raise ValueError(f"{low} to {high}")
    yield from names


def _path(name: str) -> tuple[str, ...]:
    outer = name.partition("(")[0]
    steps = [_plain(step) for step in outer.split(".") if step]
    return (*steps, *(f"({_plain(step)})" for step in _PAREN.findall(name)))


def _plain(step: str) -> str:
    """Write a number in Arabic digits; letters stay as they are."""
    if re.fullmatch(r"[IVX]+", step):
        return str(roman(step))
    if re.fullmatch(_ZH, step):
        value = number(step)
        return str(value) if value is not None else step
    return step
