"""Quotes: the words of a passage that answer a question, never others than stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from knowledge.documents.document import Part

QUOTE_CHARS = {"zh": 180, "en": 480}
"""Most characters quoted of a passage: what a reader takes in at a glance; the rest is one click away."""
CELL_JOINT = " | "
_SENTENCE = re.compile(r"[^。！？；!?;\n]+(?:[。！？；!?;]|\.(?=\s))?[”」』’)）]?|\n")

Terms = Callable[[str], Collection[str]]
"""The terms of a text, as questions and passages are searched."""


class Quote(NamedTuple):
    """Words of a passage."""

    text: str
    """As they stand there, line breaks as blanks; of a table, one row with its headings."""
    start: int
    """First character within the passage's text."""
    end: int


def choose_quote(part: Part, asked: Collection[str], terms: Terms) -> Quote:
    """Choose the stretch of a passage that speaks most of what is asked, and no longer than needed.

    Args:
        part: the passage.
        asked: terms of the question, in the passage's language.
        terms: gives those of a text.
    """
    if part.kind == "table" and (row := _best_row(part.text, asked, terms)):
        return row
    limit = QUOTE_CHARS[part.lang]
    if len(part.text) <= limit:
        return _whole(part.text, 0, len(part.text))
    spans = [match.span() for match in _SENTENCE.finditer(part.text) if match.group().strip()]
    found = [frozenset(terms(part.text[start:end])) & frozenset(asked) for start, end in spans]
    best, worth = (0, 0), (-1, 0)
    for first in range(len(spans)):
        covered: frozenset[str] = frozenset()
        for last in range(first, len(spans)):
            length = spans[last][1] - spans[first][0]
            if length > limit and last > first:
                break
            covered |= found[last]
            if (len(covered), -length) > worth:
                best, worth = (first, last), (len(covered), -length)
    start, end = spans[best[0]][0], spans[best[1]][1]
    return _whole(part.text, start, min(end, start + 2 * limit))


def _whole(text: str, start: int, end: int) -> Quote:
    lead = len(text[start:end]) - len(text[start:end].lstrip())
    tail = len(text[start:end]) - len(text[start:end].rstrip())
    start, end = start + lead, max(start + lead, end - tail)
    return Quote(" ".join(text[start:end].split()), start, end)


def _best_row(text: str, asked: Collection[str], terms: Terms) -> Quote | None:
    """Return the row that speaks most of what is asked, each cell under its heading."""
    lines = text.split("\n")
    rows = [at for at, line in enumerate(lines) if CELL_JOINT in line]
    if len(rows) < 2:
        return None
    header, body = lines[rows[0]].split(CELL_JOINT), rows[1:]
    wanted = frozenset(asked)
    at = max(body, key=lambda row: len(wanted.intersection(terms(lines[row]))))
    cells = lines[at].split(CELL_JOINT)
    if len(cells) != len(header):
        told = lines[at]
    else:
        colon, joint = (": ", "; ") if text.isascii() else ("：", "；")
        pairs = zip(header, cells, strict=True)
        told = joint.join(
            f"{name.strip()}{colon}{cell.strip()}" if name.strip() else cell.strip()
            for name, cell in pairs
            if cell.strip()
        )
    start = sum(len(line) + 1 for line in lines[:at])
    return Quote(told, start, start + len(lines[at]))
