"""Blocks out of an HTML tree: headings, paragraphs, lists and tables, without what only a browser shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from knowledge.documents.page.blocks import clean, heading, one_line, paragraph, table
from knowledge.documents.reading.reading import TextBlock

_DROPPED = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "embed", "applet", "svg",
    "math", "canvas", "audio", "video", "form", "button", "input", "select", "textarea", "nav",
    "footer", "aside", "head", "link", "meta", "base", "map", "dialog", "frame", "frameset",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
    "figure", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend",
    "li", "main", "ol", "p", "pre", "section", "summary", "details", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul", "caption",
})  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DEEPEST = 400
_MOST_SPAN = 200


def dropped(element: Any) -> bool:
    """Whether an element is not part of the text: scripts, navigation, what is hidden, comments."""
    if not isinstance(element.tag, str):
        return True
    return (
        element.tag in _DROPPED
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(element.get("style", "")))
    )


def blocks_of(root: Any) -> list[TextBlock]:
    """Return the blocks below an element, in their order."""
    return list(_Walk().blocks(root))


class _Walk:
    """One pass over a tree; text between blocks is gathered into paragraphs."""

    def __init__(self) -> None:
        self._inline: list[str] = []

    def blocks(self, root: Any) -> Iterator[TextBlock]:
        yield from self._element(root, 0)
        yield from self._flush()

    def _element(self, element: Any, depth: int) -> Iterator[TextBlock]:
        if dropped(element) or depth > _DEEPEST:
            return
        tag = element.tag
        if tag == "br":
            self._inline.append("\n")
        elif tag == "table" and not _is_layout(element):
            yield from self._flush()
            yield from _table(element)
        elif tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            yield from self._flush()
            yield from heading(text_of(element), int(tag[1]))
        elif tag == "pre":
            yield from self._flush()
            yield from paragraph("".join(element.itertext()))
        elif tag in _BLOCKS:
            yield from self._flush()
            yield from self._children(element, depth)
            yield from self._flush()
        else:
            yield from self._children(element, depth)

    def _children(self, element: Any, depth: int) -> Iterator[TextBlock]:
        if element.tag == "li" and (number := _item_number(element)):
            self._inline.append(number)
        self._inline.append(_spaced(element.text))
        for child in element:
            yield from self._element(child, depth + 1)
            self._inline.append(_spaced(child.tail))

    def _flush(self) -> Iterator[TextBlock]:
        text, self._inline = "".join(self._inline), []
        for part in re.split(r"\n{2,}", clean(text)):
            yield from paragraph(part)


def text_of(element: Any) -> str:
    """Return the text of an element on one line."""
    parts = [_spaced(element.text)]
    for child in element:
        if not dropped(child):
            parts.append(" " if child.tag == "br" else text_of(child))
        parts.append(_spaced(child.tail))
    between = " " if element.tag in _BLOCKS else ""
    return between + "".join(parts) + between


def _spaced(text: str | None) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text) if text else ""


def _item_number(item: Any) -> str:
    """Return the number that a browser would print before an item of an ordered list."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol" or one_line(item.text or "")[:1].isdigit():
        return ""
    start = parent.get("start", "1")
    first = int(start) if start.isdigit() and len(start) < 7 else 1
    return f"{first + sum(1 for one in item.itersiblings('li', preceding=True))}. "


def _is_layout(element: Any) -> bool:
    """Whether a table only arranges a page: one cell in each row, or whole texts in its cells."""
    if element.get("role") == "presentation":
        return True
    rows = list(_own_rows(element))
    if not rows or element.find(".//th") is not None or element.find("caption") is not None:
        return not rows
    widths = {len(list(_cells(row))) for row in rows}
    return widths <= {0, 1} or element.find(".//table") is not None


def _table(element: Any) -> list[TextBlock]:
    caption = element.find("caption")
    rows: list[list[str]] = []
    reaching: dict[int, tuple[int, str]] = {}  # column -> rows still covered from above, its text
    for row in _own_rows(element):
        cells: list[str] = []
        for cell in _cells(row):
            _cover(cells, reaching)
            text = one_line(text_of(cell))
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            for _ in range(width):
                if height > 1:
                    reaching[len(cells)] = (height - 1, text)
                cells.append(text)
        _cover(cells, reaching)
        rows.append(cells)
    return table(rows, caption=text_of(caption) if caption is not None else None)


def _cover(cells: list[str], reaching: dict[int, tuple[int, str]]) -> None:
    """Add cells that reach down from rows above."""
    while len(cells) in reaching:
        left, text = reaching.pop(len(cells))
        if left > 1:
            reaching[len(cells)] = (left - 1, text)
        cells.append(text)


def _own_rows(element: Any) -> Iterator[Any]:
    for child in element:
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in child if row.tag == "tr")


def _cells(row: Any) -> Iterator[Any]:
    return (cell for cell in row if cell.tag in {"td", "th"} and not dropped(cell))


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1").strip()
    return max(1, min(int(value), _MOST_SPAN)) if value.isdigit() and len(value) < 7 else 1
