"""Tables of contents at the front of a document, which say nothing that is not said again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.documents.splitting.lines import Line

_TITLE = re.compile(
    r"目\s*[录錄次]|(?:table of )?contents|arrangement of (?:sections|rules|regulations)|条例目录",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"(?:\.\s?){3,}|…{1,}|·{3,}|\s{2,}\d{1,4}$|\t\s*\d{1,4}$|[ )]\d{1,4}$")
_DOTTED = re.compile(r"(?:(?:\.\s?){4,}|…{2,}|·{4,})\s*\d{1,4}$")
_LEADER = re.compile(r"[\s.…·_-]*(?:\d{1,4}(?:-\d{1,4})?)?\s*$")
_BLANK = re.compile(r"[\s:：—.-]+")
_SENTENCE_END = re.compile(r"[。；;]$|[a-z]{3}\.$")
_LONGEST_ENTRY = 120
_FRONT = 400
"""Lines from the top within which a table of contents begins."""
_LEAST_RUN = 4


def contents_lines(lines: Sequence[Line]) -> range:
    """Find the lines of the table of contents, its title among them; empty where there is none.

    It ends where its first entry is said again, as the heading it points to; else before the first
    line that is no entry.
    """
    for at, line in enumerate(lines[:_FRONT]):
        if _TITLE.fullmatch(line.folded):
            return range(at, _end(lines, at + 1))
    return _untitled(lines)


def _end(lines: Sequence[Line], start: int) -> int:
    plain = _plain_end(lines, start)
    if start >= len(lines):
        return start
    first = _key(lines[start])
    for at in range(start + 1, min(plain + 1, len(lines))):
        if _key(lines[at]) == first and not lines[at].furniture:
            return at
    listed = sum(bool(_ENTRY.search(line.folded)) for line in lines[start:plain])
    # A reader may have left the entries out: what follows the title is the document.
    return plain if 2 * listed > plain - start else start


def _plain_end(lines: Sequence[Line], start: int) -> int:
    for at in range(start, len(lines)):
        line = lines[at]
        text = line.folded
        if line.kind == "table" and _looks_listed(text):
            continue
        if line.kind == "table" or len(text) > _LONGEST_ENTRY or _SENTENCE_END.search(text):
            return at
    return len(lines)


def _untitled(lines: Sequence[Line]) -> range:
    """Find a run of lines that end in dots and a page number."""
    run = 0
    for at, line in enumerate(lines[:_FRONT]):
        if len(line.folded) <= 2 * _LONGEST_ENTRY and _DOTTED.search(line.folded):
            run += 1
            continue
        if run >= _LEAST_RUN:
            return range(at - run, at)
        run = 0
    return range(0)


def _looks_listed(text: str) -> bool:
    rows = text.split("\n")
    return sum(bool(_ENTRY.search(row)) for row in rows) * 2 > len(rows)


def _key(line: Line) -> str:
    return _BLANK.sub("", _LEADER.sub("", line.folded[:_LONGEST_ENTRY])).lower()
