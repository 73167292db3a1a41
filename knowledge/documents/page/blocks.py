"""Blocks as readers make them: cleaned text, tables of equal rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from knowledge.documents.reading.reading import TextBlock

_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\uffff\ud800-\udfff]")  # fmt: skip
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u2000-\u200a\u202f]+")
_LINE_ENDS = re.compile(r" *\n *")


def clean(text: str) -> str:
    """Drop what is not seen and draw blanks together; line breaks and full-width blanks stay."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\x0b", "\n"))
    return _LINE_ENDS.sub("\n", _BLANKS.sub(" ", text)).strip(" \n")


def one_line(text: str) -> str:
    """Clean a text and put it on one line: a cell, a heading."""
    return " ".join(clean(text).split("\n")).strip()


def paragraph(text: str, page: int | None = None) -> list[TextBlock]:
    """Make a paragraph; none of an empty text."""
    text = clean(text)
    return [TextBlock(kind="paragraph", text=text, page=page)] if text.strip() else []


def heading(text: str, level: int | None, page: int | None = None) -> list[TextBlock]:
    """Make a heading; none of an empty text."""
    text = one_line(text)
    if not text.strip():
        return []
    return [TextBlock(kind="heading", text=text, level=level, page=page)]


def table(
    rows: Iterable[Sequence[str]], page: int | None = None, caption: str | None = None
) -> list[TextBlock]:
    """Make a table without its empty rows and columns; a single cell is a paragraph."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    width = max((len(row) for row in cells), default=0)
    cells = [row + [""] * (width - len(row)) for row in cells if any(row)]
    kept = [at for at in range(width) if any(row[at] for row in cells)]
    full = tuple(tuple(row[at] for at in kept) for row in cells)
    caption = one_line(caption) if caption else None
    if not full:
        return paragraph(caption or "", page)
    if len(full) == 1 and len(full[0]) == 1:
        return paragraph("\n".join(filter(None, (caption, full[0][0]))), page)
    return [
        TextBlock(
            kind="table",
            text=table_text(full, caption),
            page=page,
            rows=full,
            caption=caption or None,
        )
    ]


def table_text(rows: Sequence[Sequence[str]], caption: str | None) -> str:
    """Write a table as text: the caption, then its rows with ` | ` between cells."""
    lines = [" | ".join(row) for row in rows]
    return "\n".join([caption, *lines] if caption else lines)
