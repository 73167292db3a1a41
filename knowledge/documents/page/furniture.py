"""What a page repeats around its text: running heads, feet and page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise
from statistics import median

from knowledge.documents.page.layout import Line

_NUMERAL = r"(?:\d{1,4}|[ivxlc]{1,7}|[IVXLC]{1,7}|[一二三四五六七八九十百〇零]{1,5})"
_PAGE_NUMBER = re.compile(
    rf"(?:[-–—―~·|/\s]*{_NUMERAL}[-–—―~·|/\s]*"
    rf"|第\s*{_NUMERAL}\s*[页頁](?:[\s,，/／(（]*共\s*{_NUMERAL}\s*[页頁][)）]?)?"
    rf"|共\s*{_NUMERAL}\s*[页頁][\s,，/／]*第\s*{_NUMERAL}\s*[页頁]"
    rf"|(?:[Pp]age|PAGE|[Pp]\.)\s*{_NUMERAL}(?:\s*(?:of|/)\s*{_NUMERAL})?"
    rf"|{_NUMERAL}\s*(?:/|／|of)\s*{_NUMERAL})"
)
_LEADERS = re.compile(r"(?:\.\s?){5,}|…{2,}|(?:·\s?){4,}|(?:⋯){2,}|_{5,}\s*\d")
_ENTRY = re.compile(r"\d{1,4}\s*$")
_DIGITS = re.compile(r"\d+|[ivxlc]+$|[一二三四五六七八九十]+$")
_MARGIN = 0.12  # of the page's height: running heads and feet stand within it
_SET_OFF = 1.1  # usual distances of two lines
_OUTERMOST = 3  # lines at either end of a page that may be furniture
_REPEATED = 3  # pages


def without_furniture(pages: Sequence[list[Line]], heights: Sequence[float]) -> list[list[Line]]:
    """Drop running heads and feet, and page numbers.

    Args:
        pages: lines of each page in reading order.
        heights: of the pages, in points.
    """
    keys = [
        {(_key(line), _place(line, height)) for line in _outer(lines, height)}
        for lines, height in zip(pages, heights, strict=True)
    ]
    # A place is counted with its neighbours, as a line's height varies with its characters.
    seen = Counter(
        (text, near)
        for page in keys
        for near_text, place in page
        for text, near in ((near_text, place - 1), (near_text, place), (near_text, place + 1))
    )
    least = min(_REPEATED, len(pages))
    step = _usual_step(pages)
    kept = []
    for lines, height in zip(pages, heights, strict=True):
        dropped = {
            id(line)
            for end in _ends(lines, height)
            for line in _furniture(
                end,
                {
                    id(line)
                    for line in end
                    if len(pages) > 1 and seen[_key(line), _place(line, height)] >= least
                },
                step,
            )
        }
        kept.append(
            [
                line
                for line in lines
                if id(line) not in dropped
                and not (_LEADERS.search(line.text) and _ENTRY.search(line.text))
            ]
        )
    return kept


def is_contents_entry(line: Line) -> bool:
    """Whether a line belongs to a table of contents: a title, leaders, a page number."""
    return bool(_LEADERS.search(line.text) and _ENTRY.search(line.text))


def _furniture(end: Sequence[Line], repeated: Collection[int], step: float) -> list[Line]:
    """Return the lines of one end of a page that are no text: to the last wide gap behind such.

    Args:
        end: lines from the outermost inwards; the last one only bounds the gap.
        repeated: `id` of those that stand at the same place of other pages.
        step: usual distance of two lines.
    """
    found = 0
    for at, line in enumerate(end[:-1] or end):
        if _PAGE_NUMBER.fullmatch(line.text.strip()):
            found = at + 1
            continue
        if id(line) not in repeated:
            break
        # The first line of a text may be the same on several pages; no gap sets it off.
        if at + 1 == len(end) or abs(end[at + 1].middle - line.middle) > _SET_OFF * step:
            found = at + 1
    return list(end[:found])


def _ends(lines: Sequence[Line], height: float) -> tuple[list[Line], list[Line]]:
    """Return the lines in the upper and the lower margin and one more each, outermost first."""
    by_place = sorted(lines, key=lambda line: line.middle)
    upper = sum(line.middle < _MARGIN * height for line in by_place[:_OUTERMOST])
    lower = sum(line.middle > (1 - _MARGIN) * height for line in by_place[-_OUTERMOST:])
    return (
        by_place[: upper + 1] if upper else [],
        by_place[::-1][: lower + 1] if lower else [],
    )


def _outer(lines: Sequence[Line], height: float) -> list[Line]:
    upper, lower = _ends(lines, height)
    return [*(upper[:-1] or upper), *(lower[:-1] or lower)]


def _usual_step(pages: Sequence[Sequence[Line]]) -> float:
    """Return the usual distance of two lines, in points."""
    steps = [
        after.middle - before.middle
        for lines in pages
        for before, after in pairwise(lines)
        if 0 < after.middle - before.middle < 4 * before.height
    ]
    return median(steps) if steps else 0.0


def _key(line: Line) -> str:
    return _DIGITS.sub("#", "".join(line.text.split()))


def _place(line: Line, height: float) -> int:
    return round(100 * line.middle / height)
