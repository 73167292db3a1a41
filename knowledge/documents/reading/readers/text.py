"""Plain text: paragraphs, and lines that were broken at a width put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.documents.page.blocks import paragraph
from knowledge.documents.page.join import joined, starts_item
from knowledge.documents.reading.encoding import decode
from knowledge.documents.reading.faults import remark, unreadable
from knowledge.documents.reading.reading import Reading, TextBlock
from knowledge.documents.reading.source import Source

_EMPTY_LINE = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+")
_WIDEST_BREAK = 100  # columns; longer lines were not broken by a program that wraps
_ENDS = tuple("。！？；：.!?;:”」』）)")


def read(source: Source) -> Reading:
    """Read a text in whatever encoding it is.

    Raises:
        UnreadableFile: more characters than may be read.
    """
    decoded = decode(source.data())
    if len(decoded.text) > source.limits.characters:
        raise unreadable("too-much-text", limit=f"{source.limits.characters:,}")
    return Reading(
        format="text",
        blocks=tuple(paragraphs(decoded.text)),
        remarks=(remark("text-replaced", encoding=decoded.encoding),) if decoded.replaced else (),
    )


def paragraphs(text: str) -> list[TextBlock]:
    """Part a text into paragraphs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    return [
        block
        for stretch in _EMPTY_LINE.split(text)
        for one in _unwrapped(stretch.split("\n"))
        for block in paragraph(one)
    ]


def _unwrapped(lines: list[str]) -> Iterator[str]:
    """Join lines that go on in the next: as wide as the widest, and not at the end of a sentence."""
    lines = [line.rstrip() for line in lines if line.strip()]
    widest = max((_columns(line) for line in lines), default=0)
    if widest > _WIDEST_BREAK or len(lines) < 2:
        yield from lines
        return
    held: list[str] = []
    for line in lines:
        fresh = bool(held) and (
            starts_item(line)
            or line.startswith(("\u3000", "    ", "\t"))
            or _columns(held[-1]) < 0.75 * widest
            or (held[-1].endswith(_ENDS) and _columns(held[-1]) < 0.9 * widest)
        )
        if fresh:
            yield joined(held)
            held = []
        held.append(line)
    if held:
        yield joined(held)


def _columns(line: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in line)
