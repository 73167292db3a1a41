"""Lines of print put together to headings and paragraphs, with the place of each line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from knowledge.documents.page.blocks import clean
from knowledge.documents.page.join import join_lines, starts_item
from knowledge.documents.page.layout import Line, Segment
from knowledge.documents.reading.reading import Box, Spot, TextBlock

_ENDS = tuple("。！？；：.!?;:”」』）)")
_COMPOUND = re.compile(r"[A-Za-z]+-[A-Za-z]+")
_LONGEST_HEADING = 120  # characters
_CENTRED = 0.06  # of the column's width, by which the middles may differ


class PageSize(NamedTuple):
    """In points."""

    width: float
    height: float


class Body(NamedTuple):
    """What most of a document looks like."""

    size: float
    """Height of a line of running text."""
    compounds: frozenset[str]
    """Words with a hyphen within a line, in lower case."""


def body_of(pages: Sequence[Sequence[Line]]) -> Body:
    """Measure a document's running text."""
    sizes: Counter[float] = Counter()
    compounds: set[str] = set()
    for lines in pages:
        for line in lines:
            sizes[round(line.height, 1)] += len(line.text)
            compounds.update(found.lower() for found in _COMPOUND.findall(line.text))
    return Body(sizes.most_common(1)[0][0] if sizes else 0.0, frozenset(compounds))


def blocks_of(lines: Sequence[Line], body: Body, sizes: Sequence[PageSize]) -> list[TextBlock]:
    """Make blocks of lines in reading order; a paragraph goes on over the end of a page.

    Args:
        lines: of one page or several, without tables.
        body: of the whole document.
        sizes: of all pages of the document.
    """
    return [block for group in _groups(lines, body) for block in _block(group, body, sizes)]


def _groups(lines: Sequence[Line], body: Body) -> Iterator[list[Line]]:
    leadings = _leadings(lines)
    group: list[Line] = []
    for line in lines:
        leading = leadings.get(round(line.height), 2 * line.height)
        if group and _begins(group, line, body, leading):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _begins(group: list[Line], line: Line, body: Body, leading: float) -> bool:
    """Whether a line begins a block, told from the lines before it."""
    before = group[-1]
    if abs(line.height - before.height) > 0.15 * before.height:
        return True
    em = line.height * 0.75
    turned = line.page != before.page or line.column != before.column or line.top < before.top
    if not turned and line.top - before.top > 1.35 * leading + 1:
        return True
    if _is_large(before, body) or _is_centred(before) != _is_centred(line):
        # A heading goes on only in a line that is set like it.
        return not (
            _is_large(before, body) and _is_large(line, body) and not starts_item(line.text)
        )
    full = before.right + _first_word(line) > before.column[1] - em
    ended = before.text.rstrip().endswith(_ENDS)
    if starts_item(line.text) and (ended or not full):
        return True
    if ended and not full:
        return True
    # An indent begins a paragraph where the line before has another, or was a paragraph by itself.
    indent, indent_before = line.left - line.column[0], before.left - before.column[0]
    if indent < 1.3 * em or (starts_item(before.text) and full and not ended):
        return False
    if indent > indent_before + em:
        return ended or not full or turned
    return abs(indent - indent_before) < em and len(group) == 1 and (ended or not full)


def _first_word(line: Line) -> float:
    """Return about how wide a line's first word is: a line that had room for it was ended on purpose."""
    word = line.text.split(maxsplit=1)[0] if line.text.split() else ""
    letters = len(word) if word.isascii() else 1
    return letters * (line.right - line.left) / max(len(line.text), 1)


def _is_large(line: Line, body: Body) -> bool:
    return line.height > 1.12 * body.size


def _is_centred(line: Line) -> bool:
    left, right = line.column
    return line.left - left > 0.08 * (right - left) and abs(
        (line.left - left) - (right - line.right)
    ) < _CENTRED * (right - left)


def _leadings(lines: Sequence[Line]) -> dict[int, float]:
    """Return the usual distance of two lines, in points, by the size of their type."""
    steps: dict[int, list[float]] = {}
    for before, after in pairwise(lines):
        step = after.top - before.top
        if after.page == before.page and 0 < step < 3 * before.height:
            steps.setdefault(round(before.height), []).append(step)
    # The wider third stands between paragraphs.
    return {
        size: median(sorted(those)[: max(1, len(those) * 2 // 3)]) for size, those in steps.items()
    }


def _block(group: list[Line], body: Body, sizes: Sequence[PageSize]) -> Iterator[TextBlock]:
    texts = [clean(line.text) for line in group]
    text, ranges = join_lines(texts, body.compounds)
    if not text.strip():
        return
    is_heading = (
        _is_large(group[0], body)
        and len(text) <= _LONGEST_HEADING
        and not text.endswith(("。", "；", ";"))
    )
    yield TextBlock(
        kind="heading" if is_heading else "paragraph",
        text=text,
        page=group[0].page,
        spots=tuple(
            Spot(start, end, line.page, box_of(line, sizes[line.page - 1]))
            for line, (start, end) in zip(group, ranges, strict=True)
            if end > start
        ),
    )


def box_of(place: Line | Segment, size: PageSize) -> Box:
    """Return a place in shares of its page; rounded, as a hundredth of a millimetre is not seen."""
    return Box(
        left=_share(place.left, size.width),
        top=_share(place.top, size.height),
        right=_share(place.right, size.width),
        bottom=_share(place.bottom, size.height),
    )


def _share(at: float, whole: float) -> float:
    return round(min(max(at / whole, 0.0), 1.0), 4) if whole else 0.0
