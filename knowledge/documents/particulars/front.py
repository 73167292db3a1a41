"""Front and close of a document: the lines where it says what it is, and where it is signed."""

from __future__ import annotations

import re
from typing import NamedTuple

from knowledge.documents.reading.reading import Reading
from knowledge.documents.splitting.contents import contents_lines
from knowledge.documents.splitting.lines import Line, lines_of
from knowledge.documents.splitting.numbering import marks_of
from knowledge.language import to_simplified

_TOP = 30
_CLOSE = 15
DAY = (
    r"(?:(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"
    r"|[一二][零〇○一二三四五六七八九]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
    r"|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|\d{1,2}(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?(?:January|February|March|April|May|June|July"
    r"|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
    r"\.?,?\s+(?:19|20)\d\d"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"\s+\d{1,2},?\s+(?:19|20)\d\d)"
)
"""A whole date, as simplified and folded text writes it."""
_CHAPTER_OF_LAWS = re.compile(r"第\d{1,4}[A-Z]{0,3}章")
"""How Hong Kong numbers its ordinances: 第571章."""
DATE_LINE = re.compile(rf"[(（]?\s*{DAY}\s*[)）]?\.?", re.IGNORECASE)


class FrontLine(NamedTuple):
    """A line of a document's front or close."""

    text: str
    """As printed."""
    plain: str
    """Simplified and folded; as long as `text` but for rare characters."""
    level: int | None
    heading: bool
    mark: str | None
    """Kind of the number at its head."""


class Front(NamedTuple):
    """What a document says of itself."""

    top: tuple[FrontLine, ...]
    """Its first lines, up to its first article, without the table of contents."""
    close: tuple[FrontLine, ...]
    """The last lines of its body, before the first annex."""
    body: str
    """All of its body, simplified and folded, a line break after each line."""


def front_of(reading: Reading) -> Front:
    """Find the lines that speak of the document itself."""
    every = lines_of(reading)
    listed = contents_lines(every)
    lines = [line for at, line in enumerate(every) if at not in listed and line.kind != "table"]
    end = next((at for at, line in enumerate(lines) if at and _is_annex(line)), len(lines))
    body = lines[:end]
    start = next((at for at, line in enumerate(body) if _is_body(line)), len(body))
    simplified = to_simplified("\n".join(line.folded for line in body)).split("\n")
    plain = simplified if len(simplified) == len(body) else [line.folded for line in body]
    found = [
        FrontLine(line.text, text, line.level, line.kind == "heading", _kind(line))
        for line, text in zip(body, plain, strict=True)
    ]
    return Front(
        tuple(found[: min(start, _TOP)] or found[:1]),
        tuple(found[max(0, len(found) - _CLOSE) :]),
        "\n".join(plain),
    )


def _kind(line: Line) -> str | None:
    mark = marks_of(line)
    return mark.kind if mark else None


def _is_annex(line: Line) -> bool:
    mark = marks_of(line)
    return mark is not None and mark.kind == "annex" and not line.open


def _is_body(line: Line) -> bool:
    mark = marks_of(line)
    if mark is None or _CHAPTER_OF_LAWS.fullmatch(mark.label):
        return False
    return mark.kind in ("container", "article", "notice")
