"""Tables of a PDF page: ruled ones by pdfplumber's table finder over pdfium's lines, aligned ones by their gaps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from pdfplumber.table import TableFinder

from knowledge.documents.join import join_lines
from knowledge.documents.layout import lines_in_order
from knowledge.documents.readers.pdf_page import Char, Rule, segments_of


class FoundTable(NamedTuple):
    """A table on a page; in points, from the upper left corner."""

    rows: tuple[tuple[str, ...], ...]
    left: float
    top: float
    right: float
    bottom: float
    row_edges: tuple[tuple[float, float], ...]
    """Top and bottom of each row."""


class _Page:
    """The part of a pdfplumber page that its table finder looks at."""

    def __init__(self, rules: Sequence[Rule], width: float, height: float) -> None:
        self.bbox = (0.0, 0.0, width, height)
        self.edges = [_edge(rule) for rule in rules]
        self.chars: list[dict[str, Any]] = []


def ruled_tables(
    rules: Sequence[Rule], chars: Sequence[Char], width: float, height: float
) -> list[FoundTable]:
    """Find tables drawn with lines: at least two rows or two columns of cells, with text in them."""
    level = sum(rule.top == rule.bottom for rule in rules)
    if level < 2 or len(rules) - level < 2:
        return []
    page: Any = _Page(rules, width, height)
    found = []
    for table in TableFinder(page, {"snap_tolerance": 3, "join_tolerance": 3}).tables:
        rows = [[cell for cell in row.cells if cell] for row in table.rows]
        if len(table.cells) < 2:
            continue
        made = _filled(table, rows, chars)
        if made and sum(bool(cell) for row in made.rows for cell in row) >= 2:
            found.append(made)
    return found


def _filled(table: Any, rows: Sequence[Sequence[Any]], chars: Sequence[Char]) -> FoundTable | None:
    """Put the characters into the cells; a cell over several columns or rows says its text in each."""
    left, top, right, bottom = table.bbox
    inside = [
        char
        for char in chars
        if left <= (char.left + char.right) / 2 <= right
        and top <= (char.top + char.bottom) / 2 <= bottom
    ]
    if not inside:
        return None
    texts = {cell: _cell_text(inside, cell) for cell in table.cells}
    xs = sorted({round(x, 1) for cell in table.cells for x in (cell[0], cell[2])})
    ys = sorted({round(y, 1) for cell in table.cells for y in (cell[1], cell[3])})
    columns, bands = _steps(xs), _steps(ys)
    grid = tuple(
        tuple(
            next(
                (
                    text
                    for (x0, y0, x1, y1), text in texts.items()
                    if x0 - 1 <= (a + b) / 2 <= x1 + 1 and y0 - 1 <= (c + d) / 2 <= y1 + 1
                ),
                "",
            )
            for a, b in columns
        )
        for c, d in bands
    )
    return FoundTable(grid, left, top, right, bottom, tuple(bands))


def _steps(edges: Sequence[float]) -> list[tuple[float, float]]:
    return [(a, b) for a, b in pairwise(edges) if b - a > 2]


def _cell_text(chars: Sequence[Char], cell: tuple[float, float, float, float]) -> str:
    left, top, right, bottom = cell
    inside = [
        char
        for char in chars
        if left <= (char.left + char.right) / 2 <= right
        and top <= (char.top + char.bottom) / 2 <= bottom
    ]
    lines = lines_in_order(list(segments_of(inside)), 1)
    return join_lines([line.text for line in lines]).text


def _edge(rule: Rule) -> dict[str, Any]:
    left, top, right, bottom = rule
    return {
        "object_type": "line",
        "x0": left, "x1": right, "top": top, "bottom": bottom,
        "width": right - left, "height": bottom - top,
        "orientation": "h" if top == bottom else "v",
    }  # fmt: skip
