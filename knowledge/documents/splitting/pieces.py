"""Pieces of a section: an article whole or, where it is long, cut at its paragraphs and items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from knowledge.documents.splitting.lines import Line
from knowledge.documents.splitting.numbering import Mark, marks_of
from knowledge.documents.splitting.outline import Section
from knowledge.documents.splitting.sentences import AIM, LONGEST, cut_at_sentences, units

_LONGEST_LEAD = 120
"""Units of an introducing sentence that is said again before items cut from it."""
_ROMAN = re.compile(r"\([ivx]+\)")


class Piece(NamedTuple):
    """A stretch of a section that becomes a part."""

    start: int
    end: int
    article: str | None
    lead: tuple[int, int] | None
    """The introduction of a list, to be said again before its later items."""
    first: bool
    """Whether the section begins with it."""


class _Paragraph(NamedTuple):
    start: int
    end: int
    top: str | None
    """Which 款 or subsection it is, or belongs to."""
    item: str | None
    """Which 项 or paragraph it is, or belongs to."""
    own: bool
    """Whether `top` begins with it."""
    lead: tuple[int, int] | None
    leads_in: bool


class _Named(NamedTuple):
    """The numbers of all paragraphs of a section."""

    tops: frozenset[str | None]
    items: dict[str | None, frozenset[str]]
    """Of each 款 or subsection, the 项 or paragraphs."""


def pieces_of(section: Section, text: str) -> list[Piece]:
    """Cut the lines of a section (no tables among them) where they are too long for one part."""
    start, end = section.lines[0].start, section.lines[-1].end
    if units(text[start:end]) <= LONGEST:
        return [Piece(start, end, section.article, None, True)]
    paragraphs = _paragraphs(section)
    named = _named(paragraphs)
    found: list[Piece] = []
    for group in _packed(paragraphs, text):
        name = _name(section, group, named)
        begin, stop = group[0].start, group[-1].end
        lead = group[0].lead
        if lead and (not found or units(text[lead[0] : lead[1]]) > _LONGEST_LEAD):
            lead = None
        if len(group) > 1 or units(text[begin:stop]) <= LONGEST:
            found.append(Piece(begin, stop, name, lead, not found))
            continue
        for low, high in cut_at_sentences(text[begin:stop]):
            found.append(Piece(begin + low, begin + high, name, lead if low else None, not found))
    return found


def _packed(paragraphs: list[_Paragraph], text: str) -> list[list[_Paragraph]]:
    """Put paragraphs together until a part is full, or has enough and another 款 begins."""
    groups: list[list[_Paragraph]] = []
    group: list[_Paragraph] = []
    size = 0.0
    for paragraph in paragraphs:
        own = units(text[paragraph.start : paragraph.end])
        full = size + own > LONGEST or (size >= AIM and paragraph.own)
        if group and full:
            held = [group.pop()] if len(group) > 1 and group[-1].leads_in else []
            groups.append(group)
            group = held
            size = sum(units(text[each.start : each.end]) for each in held)
            if held and size + own > LONGEST:
                groups.append(group)
                group, size = [], 0.0
        group.append(paragraph)
        size += own
    groups.append(group)
    return groups


def _paragraphs(section: Section) -> list[_Paragraph]:
    """Find where the paragraphs of a section begin, and which 款 and 项 each is."""
    grouped: list[list[Line]] = []
    before: Line | None = None
    longest: dict[int, int] = {}
    for line in section.lines:
        longest[line.block] = max(longest.get(line.block, 0), len(line.text))
    for line in section.lines:
        if before is None or (not line.furniture and _begins(line, before, longest[line.block])):
            grouped.append([line])
        else:
            grouped[-1].append(line)
        if not line.furniture:
            before = line
    return _labelled(section, grouped)


def _begins(line: Line, before: Line, longest: int) -> bool:
    if before.open:
        return False
    if before.kind == "heading" or line.kind == "heading":
        return True
    if line.block != before.block:
        return before.finished or line.page == before.page
    if marks_of(line) is not None:
        return True
    return before.finished and (line.indented or len(before.text) < longest - 2)


def _labelled(section: Section, grouped: list[list[Line]]) -> list[_Paragraph]:
    found: list[_Paragraph] = []
    marks = [_mark(section, lines[0], at == 0) for at, lines in enumerate(grouped)]
    by_number = any(mark and mark.kind == "paragraph" for mark in marks) and not _is_han(section)
    counted = section.numbered and not by_number
    kinds: list[str] = []
    top = item = None
    count = 0
    lead: tuple[int, int] | None = None
    for lines, mark in zip(grouped, marks, strict=True):
        own = False
        start, end = lines[0].start, lines[-1].end
        kind = _kind(mark, item)
        if counted and kind is None:
            count, own, item, kinds, lead = count + 1, True, None, [], None
            top = str(count)
        elif kind is not None and mark is not None:
            if kind not in kinds:
                kinds.append(kind)
            place = kinds.index(kind)
            if not counted and place == 0:
                top, item, own, lead = mark.label, None, True, None
                kinds = kinds[:1]
            elif place == (0 if counted else 1):
                item = mark.label
        body = [line for line in lines if not line.furniture]
        leads = bool(body) and body[-1].leads_in
        found.append(_Paragraph(start, end, top, item, own, None if own else lead, leads))
        if leads and (item is None or lead is None):
            lead = (start, end)
    return found


def _kind(mark: Mark | None, item: str | None) -> str | None:
    if mark is None or mark.kind not in ("notice", "notice-item", "point", "paragraph", "letter"):
        return None
    if mark.kind == "letter" and _ROMAN.fullmatch(mark.label):
        inner = mark.label.strip("()")
        before = item.strip("()") if item else ""
        if not (len(before) == 1 and ord(before) + 1 == ord(inner[0]) and len(inner) == 1):
            return "roman"
    return mark.kind


def _mark(section: Section, line: Line, first: bool) -> Mark | None:
    mark = marks_of(line)
    if first and mark is not None and section.article is not None:
        rest = line.folded[mark.rest :].lstrip()
        inner = line._replace(folded=rest, text=line.text[len(line.text) - len(rest) :])
        mark = marks_of(inner) if rest else None
    return mark


def _is_han(section: Section) -> bool:
    return bool(
        section.article and re.search(r"第[一二三四五六七八九十百千零]+[条條]", section.article)
    )


def _named(paragraphs: Sequence[_Paragraph]) -> _Named:
    items: dict[str | None, set[str]] = {}
    for each in paragraphs:
        if each.item:
            items.setdefault(each.top, set()).add(each.item)
    return _Named(
        frozenset(each.top for each in paragraphs),
        {top: frozenset(held) for top, held in items.items()},
    )


def _name(section: Section, group: Sequence[_Paragraph], named: _Named) -> str | None:
    """Name a piece by what it holds of its article: 第十二条第二款, Section 5(2)–(4)."""
    if section.article is None or (
        section.article.startswith("附") and not section.numbered and (section.heading is None)
    ):
        return section.article
    tops = list(dict.fromkeys(each.top for each in group if each.top))
    items = list(dict.fromkeys(each.item for each in group if each.item))
    whole = len(tops) != 1 or named.items.get(tops[0], frozenset()) <= set(items)
    if section.numbered and any(top and top.isdigit() for top in named.tops):
        several = len(named.tops) > 1
        return _chinese_name(section.article, tops, [] if whole else items, several=several)
    if not tops:
        return section.article
    span = _span(tops, section.article)
    if not whole and items:
        span += _span(items, section.article)
    if section.article[-1] in "条條":
        return f"{section.article[:-1]}{span}{section.article[-1]}"
    return f"{section.article}{span}"


def _chinese_name(article: str, tops: list[str], items: list[str], *, several: bool) -> str:
    name = article
    if article[-1].isascii():  # Article 12: its paragraphs are counted in words
        return name if not several else f"{name}, paragraph {_span(tops, article)}"
    if several:
        name += "至".join(f"第{_han(int(top))}款" for top in _ends(tops))
    if items:
        name += "至".join(f"第{item}项" for item in _ends(items))
    return name


def _span(labels: list[str], article: str) -> str:
    chinese = bool(re.search(r"[\u4e00-\u9fff]", article))
    return ("至" if chinese else "–").join(_ends(labels))


def _ends(labels: list[str]) -> list[str]:
    return labels if len(labels) == 1 else [labels[0], labels[-1]]


def _han(value: int) -> str:
    digits = "零一二三四五六七八九"
    if value < 10:
        return digits[value]
    tens, ones = divmod(value, 10)
    return ("" if tens == 1 else digits[tens % 10]) + "十" + (digits[ones] if ones else "")
