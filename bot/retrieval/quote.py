"""Quotes: the words of a passage that answer a question, never others than stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from knowledge.documents.document import Part

QUOTE_CHARS = {"zh": 180, "en": 480}
"""Most characters quoted of a passage: what a reader takes in at a glance; the rest is one click away."""
MOST_ROWS = 4
"""Rows of a table that are quoted together at most."""
CELL_JOINT = " | "
_SENTENCE = re.compile(r"[^。！？；!?;\n]+(?:[。！？；!?;]|\.(?=\s))?[”」』’)）]?|\n")

Terms = Callable[[str], Collection[str]]
"""The terms of a text, as questions and passages are searched."""


class Quote(NamedTuple):
    """Words of a passage."""

    text: str
    """As they stand there, line breaks as blanks; of a table, rows with its headings."""
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
    if part.kind == "table" and (rows := _best_rows(part.text, asked, terms)):
        return rows
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


def _best_rows(text: str, asked: Collection[str], terms: Terms) -> Quote | None:
    """Return the rows that speak most of what is asked, each cell under its heading.

    Rows that do so equally are all told, where they stand side by side and are few.
    """
    lines = text.split("\n")
    rows = [at for at, line in enumerate(lines) if CELL_JOINT in line]
    if len(rows) < 2:
        return None
    header, body = lines[rows[0]].split(CELL_JOINT), rows[1:]
    wanted = frozenset(asked)
    worth = {at: len(wanted.intersection(terms(lines[at]))) for at in body}
    most = max(worth.values())
    best = [at for at in body if worth[at] == most]
    side_by_side = best[-1] - best[0] == len(best) - 1
    told = best if len(best) <= MOST_ROWS and side_by_side else best[:1]
    start = sum(len(line) + 1 for line in lines[: told[0]])
    end = start + len("\n".join(lines[told[0] : told[-1] + 1]))
    return Quote(" / ".join(_under(header, lines[at]) for at in told), start, end)


def _under(header: Sequence[str], line: str) -> str:
    """Put each cell of a row behind its column's heading."""
    cells = line.split(CELL_JOINT)
    if len(cells) != len(header):
        return line
    colon, joint = (": ", "; ") if line.isascii() else ("：", "；")
    return joint.join(
        f"{name.strip()}{colon}{cell.strip()}" if name.strip() else cell.strip()
        for name, cell in zip(header, cells, strict=True)
        if cell.strip()
    )
