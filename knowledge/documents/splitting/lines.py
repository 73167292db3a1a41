"""Lines of a reading: what the recognisers of structure look at, one after another."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from knowledge.documents.reading.reading import BlockKind, Reading
from knowledge.figures.numerals import fold

_FINISHED = re.compile(r"[。；：！？.;:!?…][”’』」》\"')\]】]*$|[”』」)\]】]$|[—-]$")
_OPEN = re.compile(
    r"[,，、(《“「『—]$|\b(?:the|an?|of|to|in|under|by|with|and|or|see|section|sections|part|parts"
    r"|schedule|article|articles|paragraph|paragraphs|rule|rules|chapter|ss?\.|paras?\.?)$"
)
_PAGE_NUMBER = re.compile(
    r"(?:page\s*|p\.\s*)?[-~·]*\s*\d{1,4}\s*(?:[-~·]+|(?:of|/)\s*\d{1,4})?|第\s*\d+\s*[页頁]"
    r"(?:[,，]?\s*[/共]\s*\d+\s*[页頁]?)?",
    re.IGNORECASE,
)
_TAIL = 40
"""Characters at a line's end that tell whether its sentence ends."""
_FURNITURE_LENGTH = 60
_FURNITURE_TIMES = 3


class Line(NamedTuple):
    """A line of a block, without the blanks around it; a table is one line."""

    start: int
    """First character in the reading's `text`."""
    end: int
    text: str
    folded: str
    """The same length as `text`: simplified characters of numbering, half-width forms."""
    block: int
    """Which block it belongs to."""
    kind: BlockKind
    level: int | None
    page: int | None
    indented: bool
    """Whether blanks stood before it, as before a new paragraph."""
    first: bool
    """Whether its block begins with it."""
    furniture: bool
    """Whether it is a running head or a page number that a reader left in."""

    @property
    def finished(self) -> bool:
        """Whether a new paragraph may follow: it ends as a sentence, list or heading does."""
        return self.kind != "paragraph" or bool(_FINISHED.search(self.folded[-_TAIL:]))

    @property
    def open(self) -> bool:
        """Whether its sentence plainly goes on in the next line."""
        return self.kind == "paragraph" and bool(_OPEN.search(self.folded[-_TAIL:]))

    @property
    def leads_in(self) -> bool:
        """Whether what follows belongs to it: 下列材料：, "the following—"."""
        return self.folded.endswith((":", "：", "-"))


def lines_of(reading: Reading) -> tuple[Line, ...]:
    """Cut a reading into its lines; blank ones are left out."""
    found = []
    for number, (block, start) in enumerate(zip(reading.blocks, reading.starts, strict=True)):
        pieces = [block.text] if block.kind == "table" else block.text.split("\n")
        at, first = start, True
        for piece in pieces:
            text = piece.strip("\ufeff\u200b \t\r\n\v\f\u3000\xa0")
            if text.strip():
                begins = at + piece.index(text)
                found.append(
                    Line(
                        start=begins,
                        end=begins + len(text),
                        text=text,
                        folded=text if block.kind == "table" else fold(text),
                        block=number,
                        kind=block.kind,
                        level=block.level,
                        page=block.page,
                        indented=begins - at >= 2 or piece[:1] in "\u3000\t",
                        first=first,
                        furniture=False,
                    )
                )
                first = False
            at += len(piece) + 1
    return tuple(_with_furniture(found))


def _with_furniture(lines: list[Line]) -> list[Line]:
    """Mark the running heads and page numbers: short, said again and again, no sentence."""
    short = [line for line in lines if line.kind != "table" and len(line.text) < _FURNITURE_LENGTH]
    often = Counter(line.text for line in short if not line.finished)
    pages: dict[str, set[int | None]] = {}
    for line in short:
        if often[line.text] >= _FURNITURE_TIMES:
            pages.setdefault(line.text, set()).add(line.page)
    running = {text for text, on in pages.items() if len(on) >= _FURNITURE_TIMES}
    return [
        line._replace(furniture=True)
        if line.text in running
        or (line.kind == "paragraph" and _PAGE_NUMBER.fullmatch(line.folded))
        else line
        for line in lines
    ]
