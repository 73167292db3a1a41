"""Where quoted words stand: on the pages of a document, and in its text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from knowledge.documents.reading.reading import Box, Reading, Spot, TextBlock

WINDOW = 6_000
"""Characters of a text without pages that are shown at once."""


class Lit(NamedTuple):
    """A stretch of a page that is highlighted."""

    page: int
    box: Box


class Window(NamedTuple):
    """Blocks of a document's text that are shown together."""

    first: int
    last: int
    """One after the last block."""


def read_range(text: str | None, length: int) -> tuple[int, int] | None:
    """Read a range of characters, `120-180`; None where it is none of the text."""
    start, joint, end = (text or "").partition("-")
    if not joint or not start.isdecimal() or not end.isdecimal():
        return None
    first, last = int(start), int(end)
    return (first, last) if first < last <= length else None


def lit_boxes(reading: Reading, start: int, end: int) -> tuple[Lit, ...]:
    """Return where characters of a document stand on its pages; nothing where it has none.

    A spot is usually a line; of one that is only partly meant, that part of its width is taken
    which its characters fill.
    """
    found: list[Lit] = []
    for block, at in zip(reading.blocks, reading.starts, strict=True):
        if at >= end or at + len(block.text) <= start:
            continue
        for spot in block.spots:
            first, last = max(spot.start, start - at), min(spot.end, end - at)
            if first < last and block.text[first:last].strip():
                found.append(Lit(spot.page, _share(block, spot, first, last)))
    return tuple(found)


def windows(reading: Reading) -> tuple[Window, ...]:
    """Cut a text without pages into stretches of whole blocks."""
    cuts, size = [0], 0
    for i, block in enumerate(reading.blocks):
        if size and size + len(block.text) > WINDOW:
            cuts.append(i)
            size = 0
        size += len(block.text)
    cuts.append(len(reading.blocks))
    return tuple(Window(first, last) for first, last in pairwise(cuts) if first < last)


def window_at(reading: Reading, at: int) -> int:
    """Return the number of the window, from 0, in which a character stands."""
    starts = reading.starts
    for number, window in enumerate(windows(reading)):
        if at < starts[window.last - 1] + len(reading.blocks[window.last - 1].text) + 1:
            return number
    return 0


def blocks_of_page(reading: Reading, page: int) -> Iterator[int]:
    """Give the blocks of which something stands on a page."""
    for i, block in enumerate(reading.blocks):
        if page == block.page or any(spot.page == page for spot in block.spots):
            yield i


def _share(block: TextBlock, spot: Spot, first: int, last: int) -> Box:
    box = spot.box
    whole = _width(block.text[spot.start : spot.end])
    if not whole or (first <= spot.start and last >= spot.end):
        return box
    before = _width(block.text[spot.start : first]) / whole
    upto = _width(block.text[spot.start : last]) / whole
    span = box.right - box.left
    return Box(box.left + before * span, box.top, box.left + upto * span, box.bottom)


def _width(text: str) -> float:
    return sum(2.0 if unicodedata.east_asian_width(char) in "WF" else 1.0 for char in text)
