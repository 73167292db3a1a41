"""What a page repeats around its text: running heads, feet and page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from knowledge.documents.layout import Line

_NUMERAL = r"(?:\d{1,4}|[ivxlc]{1,7}|[IVXLC]{1,7}|[一二三四五六七八九十百〇零]{1,5})"
_PAGE_NUMBER = re.compile(
    rf"(?:[-–—―~·|/\s]*{_NUMERAL}[-–—―~·|/\s]*"
    rf"|第\s*{_NUMERAL}\s*[页頁](?:[\s,，/／(（]*共\s*{_NUMERAL}\s*[页頁][)）]?)?"
    rf"|共\s*{_NUMERAL}\s*[页頁][\s,，/／]*第\s*{_NUMERAL}\s*[页頁]"
    rf"|(?:[Pp]age|PAGE|[Pp]\.)\s*{_NUMERAL}(?:\s*(?:of|/)\s*{_NUMERAL})?"
    rf"|{_NUMERAL}\s*(?:/|／|of)\s*{_NUMERAL})"
)
_LEADERS = re.compile(r"(?:\.\s?){4,}|…{2,}|(?:·\s?){4,}|(?:⋯){2,}|_{5,}\s*\d")
_ENTRY = re.compile(r"\d{1,4}\s*$")
_DIGITS = re.compile(r"\d+|[ivxlc]+$|[一二三四五六七八九十]+$")
_MARGIN = 0.12  # of the page's height: running heads and feet stand within it
_OUTERMOST = 3  # lines at either end of a page that may be furniture
_REPEATED = 3  # pages


def without_furniture(pages: Sequence[list[Line]], heights: Sequence[float]) -> list[list[Line]]:
    """Drop running heads and feet, page numbers and the lines of a table of contents.

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
    kept = []
    for lines, height in zip(pages, heights, strict=True):
        outer = set(map(id, _outer(lines, height)))
        kept.append(
            [
                line
                for line in lines
                if not (
                    id(line) in outer
                    and (
                        _PAGE_NUMBER.fullmatch(line.text.strip())
                        or (len(pages) > 1 and seen[_key(line), _place(line, height)] >= least)
                    )
                )
                and not (_LEADERS.search(line.text) and _ENTRY.search(line.text))
            ]
        )
    return kept


def _outer(lines: Sequence[Line], height: float) -> list[Line]:
    by_place = sorted(lines, key=lambda line: line.middle)
    return [
        *(line for line in by_place[:_OUTERMOST] if line.middle < _MARGIN * height),
        *(line for line in by_place[-_OUTERMOST:] if line.middle > (1 - _MARGIN) * height),
    ]


def _key(line: Line) -> str:
    return _DIGITS.sub("#", "".join(line.text.split()))


def _place(line: Line, height: float) -> int:
    return round(100 * line.middle / height)
