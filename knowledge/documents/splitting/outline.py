"""Outline of a document: its lines under their headings, article by article.

A number at the head of a line is only a claim. It counts where it continues the numbering and the
text around it lets something begin: 第十二条规定的 after a line that breaks off starts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from knowledge.documents.splitting.contents import contents_lines
from knowledge.documents.splitting.lines import Line
from knowledge.documents.splitting.numbering import (
    Mark,
    Value,
    article_marks_within,
    bare_mark_of,
    marks_of,
    names_only,
)
from knowledge.language import is_chinese

_ORDINANCE = re.compile(
    r"\b[Tt]his Ordinance\b|\b[Tt]hese (?:Rules|Regulations)\b|\b[Tt]his Regulation\b|本[条條]例|本[规規]例"
    r"|本[规規][则則]|\bCap\. ?\d|第\d+章，附属法例"
)
_TITLE_LENGTH = 60
"""Characters of a Chinese heading at most; an English one may have three times as many."""
_FULL_LINE = 60
"""Characters from which on a line without a full stop was broken by the page's width."""
_SAMPLE = 200
"""Lines from which the script of a statute is told."""
_GAP = 60
"""How many numbers an excerpt may leave out between two articles."""
_AHEAD = 400
"""Lines that are looked over for the next number."""
_CLOSING = 12
"""Lines at the end of a body within which it is signed."""
_DATE_LINE = re.compile(
    r"(?:日期\s*[:：]\s*)?(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[一二][零一二三四五六七八九]{3}年.{1,3}月.{1,3}日"
)


_SIGNED = re.compile(
    r"\((?:盖章|公章|签章|印章)|[甲乙丙丁]方|法定代表人|授权代表|签字|签署|日期[:：]|Signed|By:|Name:|For and on behalf"
)
_LIST_OF_ANNEXES = re.compile(r"附件\s*\d{0,2}\s*[:：]")


class Section(NamedTuple):
    """A stretch of lines under one heading, or one article."""

    path: tuple[str, ...]
    article: str | None
    heading: str | None
    """Number and heading of the article, where they stand in its first line."""
    numbered: bool
    """Whether it is an article of a statute, whose unnumbered paragraphs are counted as 款."""
    lines: tuple[Line, ...]


@dataclass
class _Heading:
    rank: int
    level: int | None
    text: str
    label: str | None
    """What text right beneath it is cited by, for a numbered heading."""
    lines: list[Line]
    mark: Mark | None = None
    used: bool = False


@dataclass
class _Open:
    path: tuple[str, ...]
    article: str | None
    heading: str | None
    numbered: bool
    mark: Mark | None
    lines: list[Line] = field(default_factory=list)


def outline(lines: Sequence[Line]) -> list[Section]:
    """Put every line under its headings; lines of a table of contents are left out."""
    listed = contents_lines(lines)
    kept = [*lines[: listed.start], *lines[listed.stop :]]
    zones = _zones(kept)
    ordinance = _is_ordinance(kept)
    found: list[Section] = []
    for annex, zone in zones:
        found += _Zone(zone, annex, ordinance).read()
    return found


def _zones(lines: list[Line]) -> list[tuple[Mark | None, list[Line]]]:
    """Cut the document at its annexes and schedules."""
    zones: list[tuple[Mark | None, list[Line]]] = [(None, [])]
    before: Line | None = None
    for at, line in enumerate(lines):
        mark = marks_of(line) if line.text[0] in "附SAE" else None
        if (
            mark
            and mark.kind == "annex"
            and not _is_list_of_annexes(lines, at, mark)
            and not _goes_on(before, line)
        ):
            if zones[-1][0] and zones[-1][0].label == mark.label:
                zones[-1][1].append(line._replace(furniture=True))
                continue
            zones.append((mark, []))
        zones[-1][1].append(line)
        before = before if line.furniture else line
    return [zone for zone in zones if zone[1]]


def _goes_on(before: Line | None, line: Line) -> bool:
    """Whether a line goes on with the sentence of the one before: "or / Schedule 1. Subject to"."""
    if before is None or line.kind == "heading":
        return False
    return before.open or (not before.finished and len(before.text) > _FULL_LINE)


def _is_list_of_annexes(lines: list[Line], at: int, mark: Mark) -> bool:
    """Tell the list at the end of a notice from the annex itself."""
    rest = lines[at].folded[mark.rest :].strip(" :：.、")
    for near in (at - 1, at + 1):
        if 0 <= near < len(lines) and rest and near != at:
            other = marks_of(lines[near])
            if other and other.kind == "annex" and other.value != mark.value:
                return True
    if not rest:
        following = lines[at + 1] if at + 1 < len(lines) else None
        return (
            following is not None
            and bool(re.match(r"1\s?[.、]", following.folded))
            and (lines[at].folded.endswith((":", "：")))
        )
    return any(_DATE_LINE.fullmatch(line.folded) for line in lines[at + 1 : at + 4])


def _is_ordinance(lines: list[Line]) -> bool:
    """Tell whether numbers like `5.` are sections, with subsections (1), (2)."""
    points = paragraphs = parts = articles = 0
    said = False
    for line in lines:
        said = said or bool(_ORDINANCE.search(line.text))
        mark = marks_of(line)
        if mark is None:
            continue
        if mark.kind == "point" and "." in mark.label:
            points -= 1
        elif mark.kind == "point":
            points += 1
            paragraphs += line.folded[mark.rest :].lstrip().startswith("(1)")
        elif mark.kind == "paragraph":
            paragraphs += 1
        elif mark.kind == "article":
            articles += 1
        elif mark.kind == "container" and mark.rank in (11, 15, 18):
            parts += 1
    return said and points > articles and bool(paragraphs or parts)


class _Zone:
    """The body of a document, or one annex of it, line by line."""

    def __init__(self, lines: list[Line], annex: Mark | None, ordinance: bool) -> None:
        self.lines = lines
        self.marks = [marks_of(line) for line in lines]
        self._mark_bare_numbers()
        self.annex = annex
        self.ordinance = ordinance
        self.chinese = is_chinese("\n".join(line.text for line in lines[:_SAMPLE]))
        self.tiao = "條" if any("條" in line.text for line in lines[:_SAMPLE]) else "条"
        self.stack: list[_Heading] = []
        self.open: _Open | None = None
        self.found: list[Section] = []
        self.article: Value | None = None
        self.point: Value | None = None
        self.listed: Mark | None = None
        """The last item of a list inside the text: its successors belong to the list."""
        self.script: bool | None = None
        """Whether the articles are numbered in digits."""
        self.quoted = 0
        """How many quotation marks are open."""
        self.before: Line | None = None
        """The last line that is no running head."""

    def read(self) -> list[Section]:
        at = 0
        if self.annex:
            at = self._annex_heading(self.annex)
        while at < len(self.lines):
            line, mark = self.lines[at], self.marks[at]
            if line.furniture:
                self._body(line, None)
                at += 1
                continue
            for piece in self._apart(line):
                own = mark if piece.start == line.start else marks_of(piece)
                at = self._take(at, piece, own)
                self.before = piece
                self._count_quotes(piece)
            at += 1
        closing = self._closing()
        self._close()
        self._unwind(0, None)
        return [*self.found, *closing]

    def _mark_bare_numbers(self) -> None:
        """Take `2 Scope` for a numbered heading where 2.1 follows."""
        for at, line in enumerate(self.lines[:-1]):
            following = self.marks[at + 1]
            if self.marks[at] or not following or following.kind != "point":
                continue
            mark = bare_mark_of(line) if _is_short(line.text) and not line.finished else None
            if mark and following.value == (*mark.value, 1):
                self.marks[at] = mark

    # one line

    def _count_quotes(self, line: Line) -> None:
        """Follow the quotation marks: an article inside them is one that is to be inserted."""
        opened = sum(map(line.text.count, "“「"))
        closed = sum(map(line.text.count, "”」"))
        new = self.open is not None and self.open.lines[-1:] == self.open.lines[:1]
        self.quoted = max(0, (0 if new else self.quoted) + opened - closed)

    def _take(self, at: int, line: Line, mark: Mark | None) -> int:
        """Place one line; returns the index of the last line used."""
        if mark and mark.kind == "container" and self._starts_container(line, mark):
            return self._container(at, line, mark)
        if mark and mark.kind == "article" and self._starts_article(at, line, mark):
            self._article(line, mark, self._cited(mark))
        elif mark and mark.kind == "point" and self._starts_section(line, mark):
            self._article(line, mark, self._section_name(mark))
        elif (
            mark
            and mark.kind in ("notice", "notice-item", "point")
            and self._starts_notice(at, line, mark)
        ):
            if self._is_heading(at, line, mark):
                if mark.kind == "point":
                    self.point = mark.value
                self._push(
                    _Heading(
                        mark.rank, line.level, line.text, self._notice_name(mark), [line], mark
                    )
                )
            else:
                self._article(line, mark, self._notice_name(mark))
        elif line.kind == "heading" and not (mark and mark.kind in ("annex",)):
            if self.open and len(self.open.lines) == 1 and self._number_alone(self.open):
                self._body(line, mark)
            else:
                self._push(_Heading(45 + (line.level or 9), line.level, line.text, None, [line]))
        else:
            self._body(line, mark)
        return at

    def _apart(self, line: Line) -> list[Line]:
        """Part the articles that a reader has joined in one line."""
        last = self.article
        own = marks_of(line)
        if own and own.kind == "article" and (last is None or _follows(last, own.value)):
            last = own.value
        if last is None or line.kind == "table":
            return [line]
        pieces, begin = [], 0
        for start, mark in article_marks_within(line):
            if not _next(last, mark.value):
                continue
            pieces.append(_slice(line, begin, start))
            begin, last = start, mark.value
        pieces.append(_slice(line, begin, len(line.text)))
        return pieces

    def _closing(self) -> list[Section]:
        """Take the list of annexes, the signature and the date off the last article."""
        if self.open is None or self.open.mark is None:
            return []
        lines = self.open.lines
        first = max(1, len(lines) - _CLOSING)
        begin = next(
            (at for at in range(first, len(lines)) if _LIST_OF_ANNEXES.match(lines[at].folded)),
            None,
        )
        if begin is None:
            dated = [
                at for at in range(first, len(lines)) if _DATE_LINE.fullmatch(lines[at].folded)
            ]
            if not dated:
                return []
            begin = dated[-1]
            while begin > first and _signs(lines[begin - 1]):
                begin -= 1
        closing = tuple(lines[begin:])
        del lines[begin:]
        return [Section((), None, None, False, closing)]

    # headings

    def _annex_heading(self, mark: Mark) -> int:
        line = self.lines[0]
        heading = _Heading(0, 0, line.text, None, [line], mark)
        at = self._with_title(0, heading, line, mark)
        heading.level = None
        self._push(heading)
        self.before = self.lines[at]
        return at + 1

    def _starts_container(self, line: Line, mark: Mark) -> bool:
        if _goes_on(self.before, line):
            return False
        if not mark.strict and self.before is not None and not self.before.finished:
            return False
        same = next((entry for entry in self.stack if entry.rank == mark.rank), None)
        return not (same and same.mark and same.mark.label == mark.label and self.open)

    def _container(self, at: int, line: Line, mark: Mark) -> int:
        heading = _Heading(mark.rank, line.level, line.text, None, [line], mark)
        at = self._with_title(at, heading, line, mark)
        self._push(heading)
        self.listed = None
        self.point = None if not self.ordinance else self.point
        return at

    def _with_title(self, at: int, heading: _Heading, line: Line, mark: Mark) -> int:
        """Join the title that stands on the line below its number."""
        if line.folded[mark.rest :].strip(" :：.-"):
            return at
        following = at + 1
        while following < len(self.lines) and self.lines[following].furniture:
            following += 1
        if following >= len(self.lines):
            return at
        title = self.lines[following]
        if title.kind == "table" or self.marks[following] or not _is_short(title.text):
            return at
        if title.kind == "paragraph" and (title.finished and not title.folded.endswith(")")):
            return at
        heading.text = f"{line.text} {title.text}"
        heading.lines += self.lines[at + 1 : following + 1]
        return following

    def _push(self, heading: _Heading) -> None:
        self._close()
        self._unwind(heading.rank, heading.level)
        for entry in self.stack:
            entry.used = True
        self.stack.append(heading)

    def _unwind(self, rank: int, level: int | None) -> None:
        """Leave the headings that do not stand above the next one; an empty one is kept as text."""
        while self.stack:
            top = self.stack[-1]
            both = top.level is not None and level is not None and rank and top.rank
            if not (top.level >= level if both else top.rank >= rank):  # type: ignore[operator]
                break
            self.stack.pop()
            if not top.used:
                path = self._path()
                self.found.append(
                    Section(path, top.label or self._whole(), None, False, tuple(top.lines))
                )

    # articles

    def _starts_article(self, at: int, line: Line, mark: Mark) -> bool:
        before = self.before
        finished = before is None or before.finished or self.open is None
        if before is not None and before.open:
            return False
        if self.script not in (None, _script(mark)) and mark.value != (1,):
            return False
        if names_only(line, mark) and line.kind != "heading":
            return False
        if self.quoted and not (self.article and _next(self.article, mark.value)):
            return False
        if self.article is None:
            return mark.strict or (finished and mark.value[0] == 1)
        if _next(self.article, mark.value):
            return mark.strict or finished
        if not (mark.strict and finished):
            return False
        if _follows(self.article, mark.value):
            return True
        if mark.value == (1,):
            return True
        rest = islice(self.marks, at + 1, at + _AHEAD)
        following = next((other for other in rest if other and other.kind == "article"), None)
        return following is not None and _next(mark.value, following.value)

    def _starts_section(self, line: Line, mark: Mark) -> bool:
        if not self.ordinance or "." in mark.label or self.article_mode:
            return False
        before = self.before
        if before is not None and before.open:
            return False
        rest = line.folded[mark.rest :].lstrip()
        if rest[:1].islower():
            return False
        return self.point is None or _follows(self.point, mark.value)

    @property
    def article_mode(self) -> bool:
        """Whether articles by name (第一条, Article 1) have begun."""
        return self.article is not None

    def _article(self, line: Line, mark: Mark, name: str) -> None:
        self._close()
        self.listed = None
        if mark.kind == "article":
            if self.article is not None and mark.value == (1,):
                self._unwind(10, None)
            self.article = mark.value
            self.script = _script(mark)
        elif mark.kind == "point":
            self.point = mark.value
        if mark.kind != "article" and not self.ordinance:
            self._unwind(mark.rank, None)
        self._start(name, line.text if _is_heading_text(line, mark) else None, mark)
        assert self.open is not None
        self.open.lines.append(line)

    def _starts_notice(self, at: int, line: Line, mark: Mark) -> bool:
        if self.article_mode or self.ordinance:
            return False
        if self.before is not None and self.before.open:
            return False
        if self.listed and _is_next_item(self.listed, mark) and not self._heads_deeper(at, mark):
            return False
        current = self.open.mark if self.open else None
        inside = current is not None and current.kind in ("notice", "notice-item", "point")
        if mark.kind == "point":
            if not self._continues(mark):
                return False
            if "." in mark.label:
                return not (self._led_in(mark) and inside)
            if inside and current and current.kind != "point":
                return False
            return not (self.before is not None and self.before.leads_in and self.open is not None)
        return not (inside and current and current.rank < mark.rank)

    def _led_in(self, mark: Mark) -> bool:
        """Whether a deeper number belongs to the text that introduces it: 3.1 "… shall:" 3.1.1."""
        if self.open is None or self.open.mark is None:
            return False
        above = self.open.mark.value
        below = mark.value[: len(above)] == above and len(mark.value) > len(above)
        return below and self.before is not None and self.before.leads_in

    def _continues(self, mark: Mark) -> bool:
        """Whether a number comes next: 3.1.2 after 3.1.1, 3.2 or 4 after 3.1.1."""
        old, new = self.point, mark.value
        if old is None or (self.open is None and self._fresh()):
            return True
        if _lettered_next(old, new):
            return True
        for shared in range(min(len(old), len(new)) + 1):
            if old[:shared] != new[:shared]:
                break
            tail = new[shared:]
            if shared == len(old) and tail and all(part == 1 for part in tail):
                return True
            if shared < len(old) and tail and isinstance(tail[0], int):
                above = old[shared]
                step = tail[0] - above if isinstance(above, int) else 0
                if 1 <= step <= 3 and all(part == 1 for part in tail[1:]):
                    return True
        return False

    def _fresh(self) -> bool:
        """Whether an unnumbered heading has just been read, under which numbers start anew."""
        return bool(self.stack) and self.stack[-1].label is None

    def _heads_deeper(self, at: int, mark: Mark) -> bool:
        """Whether the next number with points lies under this one: 4. is a heading if 4.1 follows."""
        for other in islice(self.marks, at + 1, at + _AHEAD):
            if other and other.kind == "point" and len(other.value) > 1:
                return other.value[: len(mark.value)] == mark.value
        return False

    def _is_heading(self, at: int, line: Line, mark: Mark) -> bool:
        if line.kind == "heading":
            return True
        rest = line.text[mark.rest :].strip()
        if not rest or not _is_short(rest) or line.finished:
            return False
        following = at + 1
        while following < len(self.lines) and self.lines[following].furniture:
            following += 1
        if following == len(self.lines):
            return False
        other = self.marks[following]
        return not (other and other.kind == mark.kind and len(other.value) == len(mark.value))

    # names

    def _cited(self, mark: Mark) -> str:
        if self.annex is None or (self.annex.label in ("附件", "附錄", "附录")):
            return mark.label
        return self._under_annex(mark.label)

    def _section_name(self, mark: Mark) -> str:
        if self.annex is not None:
            return self._under_annex(mark.label)
        return f"第{mark.label}{self.tiao}" if self.chinese else f"Section {mark.label}"

    def _notice_name(self, mark: Mark) -> str:
        """Name a numbered provision with what it stands under: 一（二）."""
        above = ""
        if mark.kind != "point" or "." not in mark.label:
            above = "".join(
                entry.mark.label
                for entry in self.stack
                if entry.mark and entry.label and entry.mark.rank < mark.rank
            )
        if mark.label[0] in "Q问":
            above = ""  # questions are numbered throughout
        if above and mark.label[0].isdigit():
            above += "." if above[-1].isdigit() else "" if above[-1] == "）" else "、"
        return self._under_annex(above + mark.label)

    def _under_annex(self, name: str) -> str:
        if self.annex is None:
            return name
        label = self.annex.label
        chinese = label[0] == "附"
        if re.fullmatch(r"\d+[A-Z]*", name):
            name = f"第{name}段" if chinese else f"paragraph {name}"
        if chinese:
            return f"{label} {name}" if name[0].isdigit() else f"{label}{name}"
        return f"{label}, {name}"

    def _whole(self) -> str | None:
        return self.annex.label if self.annex else None

    # text

    def _number_alone(self, opened: _Open) -> bool:
        mark = opened.mark
        return mark is not None and not opened.lines[0].folded[mark.rest :].strip(" .")

    def _body(self, line: Line, mark: Mark | None) -> None:
        if mark and mark.kind in ("notice", "notice-item", "point", "paragraph", "letter"):
            self.listed = mark
        if self.open is None:
            if line.furniture and not self.stack and not self.found:
                self._start(self._whole(), None, None)
            self._text_under_heading()
        assert self.open is not None
        self.open.lines.append(line)

    def _text_under_heading(self) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and top.label and not top.used:
            self.stack.pop()
            self._start(top.label, top.text, top.mark)
            self.stack.append(top)
            top.used = True
            assert self.open is not None
            self.open.lines += top.lines
            if top.mark and top.mark.kind == "point":
                self.point = top.mark.value
        elif self.open is None:
            self._start(self._whole(), None, None)

    def _start(self, article: str | None, heading: str | None, mark: Mark | None) -> None:
        for entry in self.stack:
            entry.used = True
        numbered = mark is not None and mark.kind == "article"
        self.open = _Open(self._path(), article, heading, numbered, mark)

    def _path(self) -> tuple[str, ...]:
        return tuple(re.sub(r"\s+", " ", entry.text) for entry in self.stack)

    def _close(self) -> None:
        if self.open is not None and self.open.lines:
            o = self.open
            self.found.append(Section(o.path, o.article, o.heading, o.numbered, tuple(o.lines)))
        self.open = None


def _slice(line: Line, start: int, end: int) -> Line:
    text = line.text[start:end]
    left = len(text) - len(text.lstrip())
    text = text.strip()
    begin = line.start + start + left
    return line._replace(
        start=begin,
        end=begin + len(text),
        text=text,
        folded=line.folded[start + left : start + left + len(text)],
        first=line.first and start == 0,
        indented=line.indented or start > 0,
    )


def _signs(line: Line) -> bool:
    return (
        line.furniture
        or (len(line.text) <= 40 and not line.finished and marks_of(line) is None)
        or (len(line.text) <= 60 and bool(_SIGNED.match(line.folded)))
    )


def _is_short(text: str) -> bool:
    if len(text) > 3 * _TITLE_LENGTH:
        return False
    han = len(re.findall(r"[\u4e00-\u9fff]", text))
    return len(text) + 2 * han <= 3 * _TITLE_LENGTH


def _is_heading_text(line: Line, mark: Mark) -> bool:
    rest = line.text[mark.rest :].strip()
    return bool(rest) and _is_short(rest) and (line.kind == "heading" or not line.finished)


def _script(mark: Mark) -> bool:
    return bool(re.search(r"\d", mark.label))


def _key(value: Value) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in value)


def _next(old: Value, new: Value) -> bool:
    """Whether an article comes right after another: 13 or 12之一 after 12, 5B or 6 after 5A."""
    first, other = old[0], new[0]
    if not isinstance(first, int) or not isinstance(other, int):
        return False
    if other == first + 1:
        return len(new) == 1 or new[1:] in ((1,), ("A",))
    return other == first and _key(new) > _key(old)


def _follows(old: Value, new: Value) -> bool:
    """Whether an article comes after another, a few left out at most."""
    first, other = old[0], new[0]
    if not isinstance(first, int) or not isinstance(other, int):
        return False
    return _key(new) > _key(old) and other - first <= _GAP


def _lettered_next(old: Value, new: Value) -> bool:
    return len(new) == len(old) + 1 and new[:-1] == old and isinstance(new[-1], str)


def _is_next_item(old: Mark, new: Mark) -> bool:
    if old.kind != new.kind or len(old.value) != len(new.value):
        return False
    last, now = old.value[-1], new.value[-1]
    return (
        old.value[:-1] == new.value[:-1]
        and isinstance(last, int)
        and isinstance(now, int)
        and now == last + 1
    )
