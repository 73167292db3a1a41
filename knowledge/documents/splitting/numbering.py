"""Numbering of statutes, notices and guidelines: what the number at the head of a line says.

Every recogniser reads a folded line (`Line.folded`): 條 is 条, （ is (, digits are half-width.
Whether a number really starts something is for `outline` to decide, from what stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from knowledge.documents.splitting.lines import Line
from knowledge.figures.numerals import number

MarkKind = Literal[
    "annex",  # 附件1, Schedule 1
    "container",  # 第二章, Part 2
    "article",  # 第十二条, Article 12, Section 5
    "notice",  # 一、 and the questions of a list: Q1, 问题三
    "notice-item",  # （一）
    "point",  # 1. and 1.1.1; a section of an ordinance
    "paragraph",  # (1), (2A)
    "letter",  # (a), (i), 1), ①
]

Value = tuple[int | str, ...]
"""What a number is compared by: 第十二条之一 (12, 1), 5A (5, "A"), 3.1.2 (3, 1, 2)."""


class Mark(NamedTuple):
    """A number or name at the head of a line."""

    kind: MarkKind
    label: str
    """As printed, without blanks: 第十二条, 5A, 3.1.2, （一）."""
    value: Value
    rank: int
    """Of a container: the smaller, the further out."""
    rest: int
    """Where what follows the number begins in the line."""
    strict: bool
    """Whether a blank, the line's end or a bracket parts the number from what follows."""


_ZH = "零一二三四五六七八九十百千两"
_ZH_NUMBER = rf"(?:(?:[{_ZH}]\s?)+|(?:\d\s?)+[A-Z]{{0,3}}\s?)"
_ARTICLE = re.compile(
    rf"第\s?(?P<number>{_ZH_NUMBER})[条](?P<again>(?:\s?之\s?[一二三四五六七八九十]{{1,3}})*)"
)
_CONTAINERS = (
    ("分编", 12),
    ("编", 10),
    ("次分部", 18),
    ("分部", 15),
    ("部分", 11),
    ("部", 11),
    ("章", 20),
    ("节", 30),
    ("目", 35),
)
_CONTAINER_RANK = dict(_CONTAINERS)
_ZH_CONTAINER = re.compile(
    rf"第\s?(?P<number>{_ZH_NUMBER})(?P<name>{'|'.join(name for name, _ in _CONTAINERS)})"
)
_EN_RANK = {"part": 11, "chapter": 13, "division": 15, "subdivision": 18, "title": 9, "book": 8}
_EN_CONTAINER = re.compile(
    r"(?P<name>Part|PART|Chapter|CHAPTER|Division|DIVISION|Subdivision|SUBDIVISION|Title|TITLE"
    r"|Book|BOOK)\s+(?P<number>\d{1,3}[A-Z]{0,3}|[IVXLC]{1,7}[A-Z]?|[A-Z]|One|Two|Three|Four|Five)"
    r"(?![\w.(]\w)\.?"
)
_EN_ANNEX = re.compile(
    r"(?P<name>Schedule|SCHEDULE|Annex|ANNEX|Annexure|ANNEXURE|Appendix|APPENDIX|Attachment"
    r"|ATTACHMENT|Exhibit|EXHIBIT)(?:\s+(?P<number>\d{1,3}[A-Z]{0,2}|[IVX]{1,5}|[A-Z]))?(?![\w(])"
)
_ZH_ANNEX = re.compile(
    rf"(?P<name>附件|附表|附[录錄])\s?(?P<number>\d{{1,2}}[A-Z]?|[{_ZH}]{{1,3}}|[A-Z])?"
    rf"(?![{_ZH}\dA-Z])"
)
_EN_ARTICLE = re.compile(
    r"(?P<name>Article|ARTICLE|Section|SECTION|Rule|RULE|Regulation|REGULATION|Clause|CLAUSE)\s+"
    r"(?P<number>\d{1,4}[A-Z]{0,3}(?:\.\d{1,3})*)(?![\w(])\.?"
)
_NOTICE = re.compile(r"(?P<number>[一二三四五六七八九十]{1,3})\s?、")
_QUESTION = re.compile(
    r"(?:Q|Question\s)\s?(?P<number>\d{1,3})(?=[\s.:：)]|$)[.:：)]?"
    r"|(?:问题?)\s?(?P<zh>\d{1,3}|[一二三四五六七八九十]{1,3})\s?[:：、.]"
)
_NOTICE_ITEM = re.compile(r"\(\s?(?P<number>[一二三四五六七八九十]{1,3})\s?\)")
_POINT = re.compile(
    r"(?P<number>\d{1,3}(?:\.\d{1,3}[A-Z]?){1,5})\.?(?=\s|[\u4e00-\u9fff《“(]|$)"
    r"|(?P<plain>\d{1,4}[A-Z]{0,3})\s?(?:\.(?!\d)|、)"
)
_BARE_POINT = re.compile(r"(?P<plain>\d{1,3})(?=\s+\S)")
_PARAGRAPH = re.compile(r"\(\s?(?P<number>\d{1,3}[A-Z]{0,3})\s?\)")
_LETTER = re.compile(
    r"(?P<number>\((?:[a-z]{1,3}|[A-Z])\)|\d{1,2}\)|[①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳]|[a-z]\)|[•●■◆▪·*])"
)
_HEADS = re.compile(r"[第(附问一二三四五六七八九十0-9①-⑳A-Za-z•●■◆▪·*]")

# what follows a number where a sentence names a provision instead of starting one
_ZH_REFERENCE = re.compile(
    r"\s*(?:的|、\s?第|,\s?第|[和及与或至~-]\s?第|以及第|第[一二三四五六七八九十\d]+[款项]"
    r"|第\s?\([一二三四五六七八九十\d]+\)|(?:所|之)?规定(?:[的,，。;；、者]|外|之|情形|办理|执行)"
    r"|所(?:述|列|指|规定|载)|修改为|删去|中[的“]|[,，。;；：]|\([一二三四五六七八九十\d]+\)[的项规所]"
    r"|予以|作为|改为|移至|等(?:规定|条)|(?<!\s)适用(?!范围|对象|条件|情形)|不适用|至\d)"
)
_LETTERED = re.compile(r"(\d+)([A-Z]*)")
_COUNTS = re.compile(rf"[{_ZH}]+")
_ANNEX_REFERENCE = re.compile(r"\s*(?:的|所|中[的所]|[和及与或至]|规定|列明|格式)")
_EN_STARTS = re.compile(r"\s*(?:$|[-:.,(\[“\"‘']*\s*[A-Z\d\u4e00-\u9fff(\[“\"‘'—])")
_BRACKET = "(【[《〈<"


def marks_of(line: Line) -> Mark | None:
    """Read the number at the head of a line; None where there is none."""
    folded = line.folded
    if line.kind == "table" or not _HEADS.match(folded):
        return None
    for recognise in _RECOGNISERS:
        mark = recognise(line)
        if mark:
            return mark
    return None


def bare_mark_of(line: Line) -> Mark | None:
    """Read a number without a dot: `2 Scope`; only what follows can tell that it is one."""
    match = _BARE_POINT.match(line.folded) if line.kind == "paragraph" else None
    if match is None:
        return None
    return Mark("point", match["plain"], (int(match["plain"]),), 62, match.end(), True)


def article_marks_within(line: Line) -> Iterator[tuple[int, Mark]]:
    """Find the numbers 第十三条 that stand inside a line, right after the end of a sentence.

    A PDF reader that joins lines may have joined two articles.
    """
    folded = line.folded
    if "条" not in folded[4:]:
        return
    for match in _ARTICLE.finditer(folded, 4):
        window = folded[max(0, match.start() - 8) : match.start()]
        before = window.rstrip()
        gap = len(window) - len(before)
        after = folded[match.end() : match.end() + 1]
        if before and before[-1] in "。；;" and (after.isspace() or (gap and after)):
            mark = _article_mark(line, match)
            if mark and not names_only(line, mark):
                yield match.start(), mark


def names_only(line: Line, mark: Mark) -> bool:
    """Tell whether the sentence goes on after the number as one that names the provision does."""
    rest = line.folded[mark.rest : mark.rest + 60]
    if mark.label[0] == "第" or mark.label[0] == "附":
        return bool(_ZH_REFERENCE.match(rest))
    return not _EN_STARTS.match(rest)


def _label(line: Line, end: int) -> str:
    printed = "".join(line.text[:end].split())
    return printed.translate(_DIGITS)


_DIGITS = {0xFF10 + value: str(value) for value in range(10)}


@lru_cache(maxsize=4096)
def _count(text: str) -> int:
    """Read a number of either script; 0 where it is none."""
    text = "".join(text.split())
    if text.isdigit():
        return int(text)
    value = number(text)
    return int(value) if value is not None else 0


def _lettered(text: str) -> Value:
    match = _LETTERED.fullmatch("".join(text.split()))
    if match is None:
        return (_count(text),)
    return (int(match[1]), match[2]) if match[2] else (int(match[1]),)


def _strict(line: Line, end: int) -> bool:
    after = line.folded[end : end + 1]
    return not after or after.isspace() or after in _BRACKET or line.kind == "heading"


def _article_mark(line: Line, match: re.Match[str]) -> Mark | None:
    value = _lettered(match["number"])
    if not value[0]:
        return None
    again = tuple(_count(part) for part in _COUNTS.findall(match["again"]))
    label = "".join(line.text[match.start() : match.end()].split()).translate(_DIGITS)
    strict = _strict(line, match.end())
    return Mark("article", label, (*value, *again), 40, match.end(), strict)


def _article(line: Line) -> Mark | None:
    match = _ARTICLE.match(line.folded)
    return _article_mark(line, match) if match else None


def _zh_container(line: Line) -> Mark | None:
    match = _ZH_CONTAINER.match(line.folded)
    if match is None:
        return None
    rest = line.folded[match.end() :]
    strict = _strict(line, match.end()) or rest[:1] in "-:：、"
    if len(rest) > 60 or re.search(r"[。；，,;]$", rest) or _ZH_REFERENCE.match(rest):
        return None
    if not strict and match["name"] in ("部", "部分", "目"):
        return None
    value = _lettered(match["number"])
    rank = _CONTAINER_RANK[match["name"]]
    return Mark("container", _label(line, match.end()), value, rank, match.end(), strict)


def _en_container(line: Line) -> Mark | None:
    match = _EN_CONTAINER.match(line.folded)
    if match is None or not _titles(line, match.end()):
        return None
    value: Value = (match["number"],)
    rank = _EN_RANK[match["name"].lower()]
    label = re.sub(r"\s+", " ", match[0]).rstrip(".")
    return Mark("container", label, value, rank, match.end(), True)


def _titles(line: Line, end: int) -> bool:
    """Tell whether a title follows, or nothing; not the rest of a sentence."""
    rest = line.folded[end:]
    if not _EN_STARTS.match(rest) or rest.startswith((",", ";", ")")):
        return False
    return len(rest) <= 150 and not re.search(r"[a-z]{2}[.;,]$", rest)


def _annex(line: Line) -> Mark | None:
    match = _ZH_ANNEX.match(line.folded)
    if match:
        rest = line.folded[match.end() :]
        if len(rest) > 60 or re.search(r"[。；，,;]$", rest) or _ANNEX_REFERENCE.match(rest):
            return None
        if rest and not re.match(r"[\s:：.、()\[-]", rest):
            return None
        if re.match(r"\s*[:：]\s*(?:\d|[一二三四五六七八九十])\s*[.、]", rest):
            return None  # 附件：1. …: a list of what is attached
        return Mark(
            "annex", _label(line, match.end()), (match["number"] or "",), 0, match.end(), True
        )
    match = _EN_ANNEX.match(line.folded)
    if match is None or not _titles(line, match.end()):
        return None
    if match["number"] is None and line.folded[match.end() :].strip(" .:-"):
        return None
    label = re.sub(r"\s+", " ", match[0])
    label = label.title() if match["name"].isupper() and not match["number"] else label
    if match["name"].isupper() and match["number"]:
        label = f"{match['name'].title()} {match['number']}"
    return Mark("annex", label, (match["number"] or "",), 0, match.end(), True)


def _en_article(line: Line) -> Mark | None:
    match = _EN_ARTICLE.match(line.folded)
    if match is None:
        return None
    rest = line.folded[match.end() :]
    if not _EN_STARTS.match(rest) or rest.startswith((",", ";", ")")):
        return None
    numbers = match["number"].split(".")
    value = (*_lettered(numbers[0]), *(int(part) for part in numbers[1:]))
    label = f"{match['name'].title()} {match['number']}"
    return Mark("article", label, value, 40, match.end(), True)


def _notice(line: Line) -> Mark | None:
    match = _NOTICE.match(line.folded)
    if match is None:
        return None
    return Mark("notice", match["number"], (_count(match["number"]),), 60, match.end(), True)


def _question(line: Line) -> Mark | None:
    match = _QUESTION.match(line.folded)
    if match is None:
        return None
    number_text = match["number"] or match["zh"]
    label = f"Q{number_text}" if match["number"] else f"问题{number_text}"
    return Mark("notice", label, (_count(number_text),), 61, match.end(), True)


def _notice_item(line: Line) -> Mark | None:
    match = _NOTICE_ITEM.match(line.folded)
    if match is None:
        return None
    return Mark(
        "notice-item", f"（{match['number']}）", (_count(match["number"]),), 61, match.end(), True
    )


def _point(line: Line) -> Mark | None:
    match = _POINT.match(line.folded)
    if match is None and line.kind == "heading":
        match = _BARE_POINT.match(line.folded)
    if match is None:
        return None
    written = match.groupdict().get("number")
    if written:
        parts = written.split(".")
        value: Value = tuple(part for text in parts for part in _lettered(text))
        return Mark("point", written, value, 61 + len(parts), match.end(), True)
    plain = match["plain"]
    return Mark("point", plain, _lettered(plain), 62, match.end(), True)


def _paragraph(line: Line) -> Mark | None:
    match = _PARAGRAPH.match(line.folded)
    if match is None:
        return None
    return Mark(
        "paragraph", f"({match['number']})", _lettered(match["number"]), 80, match.end(), True
    )


def _letter(line: Line) -> Mark | None:
    match = _LETTER.match(line.folded)
    if match is None:
        return None
    return Mark("letter", match["number"], (match["number"],), 90, match.end(), True)


_RECOGNISERS = (
    _article,
    _zh_container,
    _annex,
    _en_container,
    _en_article,
    _notice,
    _question,
    _notice_item,
    _point,
    _paragraph,
    _letter,
)
