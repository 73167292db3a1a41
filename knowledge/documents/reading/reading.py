"""What a reader makes of a file: blocks of text in reading order, and where each line stands.

Every reader, whatever the format, hands on a `Reading`; splitting, proposing particulars and
showing a page need to know nothing else of the file.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from knowledge.card import Bilingual, Frozen
from knowledge.errors import KnowledgeError

Format = Literal[
    "pdf", "scan", "image", "docx", "xlsx", "pptx", "html", "markdown", "text", "email"
]
"""`scan`: a PDF, at least one page of which had to be read from its picture."""
BlockKind = Literal["heading", "paragraph", "table"]


class Box(NamedTuple):
    """A rectangle on a page, in shares of its width and height, from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


class Spot(NamedTuple):
    """Where a stretch of a block's text stands on a page: usually one line."""

    start: int
    """First character within the block's text."""
    end: int
    page: int
    """From 1."""
    box: Box


class TextBlock(Frozen):
    """A heading, a paragraph or a table, in reading order."""

    kind: BlockKind
    text: str = Field(min_length=1)
    """Of a table: its rows by line, cells joined by ` | `, the caption in front as a line of its own."""
    page: int | None = None
    """First page, slide or sheet, from 1; None where the format has none."""
    level: int | None = None
    """Of a heading, from 1, where the format says so."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a table: its cells, the header first; every row of equal length."""
    caption: str | None = None
    spots: tuple[Spot, ...] = ()
    """Where the format has pages to look at; ordered, not overlapping."""


class Remark(Frozen):
    """Something a reader of the result must know: macros left out, pages without text."""

    code: str
    """Stable name, such as `no-text-layer`."""
    message: Bilingual


class Reading(Frozen):
    """A file as it was read."""

    format: Format
    blocks: tuple[TextBlock, ...]
    pages: int | None = None
    """Pages, slides or sheets; None where the format has none."""
    title: str | None = None
    """From the file's own properties or its `<title>`; often wrong, so only a proposal."""
    remarks: tuple[Remark, ...] = ()

    @property
    def text(self) -> str:
        """All blocks, a line break between two; character ranges of passages count in it."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each block begins in `text`."""
        found, at = [], 0
        for block in self.blocks:
            found.append(at)
            at += len(block.text) + 1
        return tuple(found)


class UnreadableFile(KnowledgeError):
    """A file cannot be read, or must not be: what was seen, what was expected, what to do."""

    def __init__(self, code: str, message: Bilingual) -> None:
        """Name the fault for programs, and say it for people."""
        super().__init__(message.en)
        self.code = code
        """Stable name: `encrypted`, `damaged`, `too-large`, `no-text-layer`, `not-readable`, …"""
        self.message = message
