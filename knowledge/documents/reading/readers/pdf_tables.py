"""Tables of a PDF page: ruled ones by pdfplumber's table finder over pdfium's lines, aligned ones by their gaps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from pdfplumber.table import TableFinder

from knowledge.documents.page.join import join_lines, starts_item
from knowledge.documents.page.layout import Line, Segment, lines_in_order
from knowledge.documents.reading.readers.pdf_page import Char, Rule, segments_of

_FEWEST_ROWS = 3
_CELL_GAP = 0.7  # of the size of type, between two cells of a line
_WIDEST_STEP = 3.2  # of the size of type, between two rows
_WRAPPED_STEP = 1.7  # between two lines of a cell
_ROW_STEP = 1.08  # of the step between the lines of a cell: rows stand further apart than that


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


def aligned_tables(lines: Sequence[Line]) -> tuple[list[Line], list[FoundTable]]:
    """Find tables without rules: at least three lines whose cells stand under each other.

    Args:
        lines: of a page, in reading order.

    Returns:
        The lines outside of tables, and the tables.
    """
    rest: list[Line] = []
    found: list[FoundTable] = []
    run: list[Line] = []
    for line in [*lines, None]:
        if line is not None and (not run or line.column == run[0].column) and _goes_on(run, line):
            run.append(line)
            continue
        _close(run, rest, found)
        run = []
        if line is not None:
            if len(_cells(line)) > 1:
                run = [line]
            else:
                rest.append(line)
    return rest, found


def _goes_on(run: Sequence[Line], line: Line) -> bool:
    """Whether a line may belong to the table that the lines before it began."""
    cells = _cells(line)
    if not run:
        return len(cells) > 1
    if not 0 < line.top - run[-1].top < _WIDEST_STEP * line.height:
        return False
    spans = _spans([*run, line])
    if len(spans) < 2:
        return False
    if len(cells) > 1:
        return True
    # A cell of several lines: what goes on stands under it, in the first column nearer than a row.
    step = line.top - run[-1].top
    if line.left >= spans[1][0] - 1:
        return step < _WRAPPED_STEP * line.height
    apart = max((below.top - above.top for above, below in pairwise(run)), default=0.0)
    return line.right <= spans[0][1] + 1 and step * _ROW_STEP < apart


def _close(run: list[Line], rest: list[Line], found: list[FoundTable]) -> None:
    """Make a table of a run, or lines again."""
    while run and len(_cells(run[-1])) < 2 and len(_spans(run[:-1])) < 2:
        rest.append(run.pop())
    spans = _spans(run)
    if sum(len(_cells(line)) > 1 for line in run) < _FEWEST_ROWS or len(spans) < 2:
        rest += run
        return
    rows: list[list[str]] = []
    edges: list[tuple[float, float]] = []
    for line, goes_on in zip(run, _continued(run, len(spans)), strict=True):
        cells = [""] * len(spans)
        for cell in _cells(line):
            at = next(i for i, (a, b) in enumerate(spans) if a <= (cell.left + cell.right) / 2 <= b)
            cells[at] = f"{cells[at]} {cell.text}".strip()
        if goes_on and rows:
            rows[-1] = [
                join_lines([before, more]).text
                for before, more in zip(rows[-1], cells, strict=True)
            ]
            edges[-1] = (edges[-1][0], line.bottom)
        else:
            rows.append(cells)
            edges.append((line.top, line.bottom))
    # A list is set like a table of two columns, the first of which holds its numbers.
    if len(spans) == 2 and sum(starts_item(f"{row[0]} 甲") for row in rows) > 0.6 * len(rows):
        rest += run
        return
    found.append(
        FoundTable(
            tuple(map(tuple, rows)),
            spans[0][0],
            run[0].top,
            spans[-1][1],
            run[-1].bottom,
            tuple(edges),
        )
    )


def _continued(run: Sequence[Line], columns: int) -> list[bool]:
    """Tell of every line whether it goes on with the cells of the row before.

    Rows whose cells take several lines stand further apart than the lines of a cell.
    """
    steps = [below.top - above.top for above, below in pairwise(run)]
    middle = (min(steps) + max(steps)) / 2
    apart = max(steps) > _ROW_STEP * min(steps) and sum(step > middle for step in steps) > 1
    return [False] + [
        len(cells) == 1 or (apart and step < middle and len(cells) < columns)
        for step, cells in zip(steps, map(_cells, run[1:]), strict=True)
    ]


def _cells(line: Line) -> list[Segment]:
    """Return what of a line stands by itself."""
    cells: list[Segment] = []
    for part in line.parts:
        if cells and part.left - cells[-1].right < _CELL_GAP * part.height:
            last = cells[-1]
            cells[-1] = last._replace(text=f"{last.text} {part.text}", right=part.right)
        else:
            cells.append(part)
    return cells


def _spans(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """Return the columns that the cells of lines fall into, left to right."""
    spans: list[tuple[float, float]] = []
    for cell in sorted((cell for line in lines for cell in _cells(line)), key=lambda one: one.left):
        if spans and cell.left < spans[-1][1] + 2:
            spans[-1] = (spans[-1][0], max(spans[-1][1], cell.right))
        else:
            spans.append((cell.left, cell.right))
    return spans


def _edge(rule: Rule) -> dict[str, Any]:
    left, top, right, bottom = rule
    return {
        "object_type": "line",
        "x0": left, "x1": right, "top": top, "bottom": bottom,
        "width": right - left, "height": bottom - top,
        "orientation": "h" if top == bottom else "v",
    }  # fmt: skip
