"""Where text stands on a page, and in which order it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import median
from typing import NamedTuple

from knowledge.documents.page.join import glue

_STEP = 2.0  # points between two places where a gutter is looked for
_NARROWEST = 0.25  # of the text's width: three columns have a third each
_SHORTEST_PROSE = 10  # times the size of type; the labels of a list of values are shorter
_DEEPEST = 3  # columns within columns: four columns at the most


class Segment(NamedTuple):
    """Text that stands together on one line; in points, from the upper left corner of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """About the size of its type."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        return (self.top + self.bottom) / 2


class Line(NamedTuple):
    """A line of print, with the column that it stands in."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    page: int
    """From 1."""
    column: tuple[float, float]
    """Left and right edge of the text beside which it stands."""
    parts: tuple[Segment, ...] = ()
    """What it was put together from, left to right."""

    @property
    def height(self) -> float:
        """About the size of its type."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        return (self.top + self.bottom) / 2


def lines_in_order(segments: Sequence[Segment], page: int) -> list[Line]:
    """Put segments of a page together to lines, in the order in which they are read."""
    return list(_ordered(segments, page, 0))


def _ordered(segments: Sequence[Segment], page: int, depth: int) -> Iterator[Line]:
    gutter = _gutter(segments) if depth < _DEEPEST else None
    if gutter is None:
        yield from _rows(segments, page)
        return
    across = sorted((s for s in segments if s.left < gutter < s.right), key=lambda s: s.middle)
    rest = [s for s in segments if not s.left < gutter < s.right]
    edges = [float("-inf"), *(s.middle for s in across), float("inf")]
    for (above, below), after in zip(pairwise(edges), [*across, None], strict=True):
        band = [s for s in rest if above <= s.middle < below]
        yield from _ordered([s for s in band if s.right <= gutter], page, depth + 1)
        yield from _ordered([s for s in band if s.left >= gutter], page, depth + 1)
        if after is not None:
            yield from _rows([after], page)


def _gutter(segments: Sequence[Segment]) -> float | None:
    """Return the middle of the white strip between two columns of running text; None without one."""
    if len(segments) < 10:
        return None
    left, right = min(s.left for s in segments), max(s.right for s in segments)
    em = median(s.height for s in segments)
    half = 0.35 * em
    tried: list[tuple[int, float]] = []  # segments that reach into the strip, its middle
    x = left + 0.2 * (right - left)
    while x < right - 0.2 * (right - left):
        tried.append((sum(s.left < x + half and s.right > x - half for s in segments), x))
        x += _STEP
    fewest = min(tried, default=(len(segments), 0.0))[0]
    if fewest > 0.15 * len(segments):
        return None
    runs = [list(run) for count, run in groupby(tried, key=itemgetter(0)) if count == fewest]
    widest = max(runs, key=len)
    gutter = (widest[0][1] + widest[-1][1]) / 2
    return gutter if _are_columns(segments, gutter, left, right) else None


def _are_columns(segments: Sequence[Segment], gutter: float, left: float, right: float) -> bool:
    """Whether both sides of a strip are running text side by side, not the columns of a table."""
    sides = ([s for s in segments if s.right <= gutter], [s for s in segments if s.left >= gutter])
    widths = (gutter - left, right - gutter)
    if not all(sides) or min(widths) < _NARROWEST * (right - left):
        return False
    # Whole rows: in justified print the words of a line stand far apart.
    rows = [list(_rows(side, 0)) for side in sides]
    if min(map(len, rows)) < 2 or max(map(len, rows)) < 6:
        return False
    for side, width in zip(rows, widths, strict=True):
        usual = median(line.right - line.left for line in side)
        if usual < max(0.55 * width, _SHORTEST_PROSE * median(line.height for line in side)):
            return False
    tops = [min(line.top for line in side) for side in rows]
    bottoms = [max(line.bottom for line in side) for side in rows]
    shared = min(bottoms) - max(tops)
    return shared > 0.4 * min(bottom - top for bottom, top in zip(bottoms, tops, strict=True))


def _rows(segments: Sequence[Segment], page: int) -> Iterator[Line]:
    """Join what stands on one line, from left to right."""
    if not segments:
        return
    column = (min(s.left for s in segments), max(s.right for s in segments))
    row: list[Segment] = []
    for segment in sorted(segments, key=lambda s: s.middle):
        if row and abs(segment.middle - median(s.middle for s in row)) > 0.5 * min(
            segment.height, median(s.height for s in row)
        ):
            yield _line(row, page, column)
            row = []
        row.append(segment)
    yield _line(row, page, column)


def _line(row: list[Segment], page: int, column: tuple[float, float]) -> Line:
    row.sort(key=lambda s: s.left)
    text = row[0].text
    for before, after in pairwise(row):
        wide = after.left - before.right > 0.3 * after.height
        text += (" " if wide else glue(text, after.text)) + after.text
    tallest = max(row, key=lambda s: s.height)
    return Line(
        text=text,
        left=row[0].left,
        top=tallest.top,
        right=max(s.right for s in row),
        bottom=tallest.bottom,
        page=page,
        column=column,
        parts=tuple(row),
    )
