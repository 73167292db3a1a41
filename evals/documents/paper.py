"""A paper as it was written: its lines, articles and tables, before any file is made of it.

The texts lie in `texts/`. A text begins with what is known of the paper, up to a line `---`; then:

- `# ` its title, `## `, `### `, `#### ` headings of parts, chapters and the like;
- `@` an article, cited by the number it begins with (`@第一条 …`) or by another name
  (`@Section 5: 5. …`), up to the next article or heading;
- `~` a paragraph outside of articles, such as the signature at the close;
- `^` the caption of a table, `|` its rows, the header first; everything else is a paragraph.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from knowledge.card import Frozen
from knowledge.documents.document import DocumentStatus
from knowledge.documents.reading.reading import Format

TEXTS = Path(__file__).parent / "texts"
Script = Literal["zh-Hans", "zh-Hant", "en"]
LineKind = Literal["title", "heading", "paragraph", "caption", "row"]

_ARTICLE = re.compile(r"@(?:(?P<name>[^:@]{1,20}): )?(?P<printed>.*)")
_NUMBER = re.compile(r"第[^ ]*?[条條](?:之[一二三四五六七八九十]+)?|\d+(?:\.\d+)+")


class Line(NamedTuple):
    """A line of a paper as printed."""

    kind: LineKind
    text: str
    level: int = 0
    """Of a heading, from 1."""
    article: str | None = None
    """Of which it is part, as it is cited."""
    cells: tuple[str, ...] = ()
    """Of a row."""


class Facts(Frozen):
    """What is known of a paper; None: its text does not say."""

    title: str
    lang: Script
    issuer: str | None = None
    number: str | None = None
    issued: dt.date | None = None
    effective: dt.date | None = None
    ended: dt.date | None = None
    status: DocumentStatus | None = None


class Paper(NamedTuple):
    """A paper as written."""

    facts: Facts
    lines: tuple[Line, ...]


class Place(Frozen):
    """A paragraph of a file and where it stands."""

    text: str
    article: str | None = None
    first_page: int | None = None
    last_page: int | None = None


class Cell(Frozen):
    """A cell of a table, by what its row and its column are called."""

    row: str
    column: str
    value: str


class Truth(Frozen):
    """What is in a file, recorded when it was made."""

    file: str
    format: Format
    facts: Facts
    places: tuple[Place, ...]
    """Its paragraphs in reading order."""
    cells: tuple[Cell, ...] = ()
    recognised: str | None = None
    """Of a clean scan, all that is printed on it."""

    @property
    def articles(self) -> dict[str, tuple[Place, ...]]:
        """The paragraphs of every article, by how it is cited."""
        found: dict[str, tuple[Place, ...]] = {}
        for place in self.places:
            if place.article:
                found[place.article] = (*found.get(place.article, ()), place)
        return found


class Trap(Frozen):
    """A broken or hostile file, and how it is to end."""

    file: str
    codes: tuple[str, ...] = ()
    """Of the faults that it may be refused for; none: it is read. `read` among them: either."""
    remark: str | None = None
    """Code of the remark that a reader of the result must see."""
    absent: tuple[str, ...] = ()
    """What must not be in the text that is kept."""


def read_paper(name: str) -> Paper:
    """Read a text of `texts/`."""
    head, _, body = (TEXTS / f"{name}.txt").read_text(encoding="utf-8").partition("\n---\n")
    known = dict(line.split(":", 1) for line in head.splitlines())
    facts = {key: value.strip() for key, value in known.items() if value.strip()}
    return Paper(Facts.model_validate({"title": name, **facts}), tuple(_lines(body)))


def cells_of(lines: tuple[Line, ...]) -> Iterator[Cell]:
    """List the cells of all tables but their headers and first columns."""
    header: tuple[str, ...] = ()
    for before, line in zip((Line("title", ""), *lines), lines, strict=False):
        if line.kind != "row":
            continue
        if before.kind != "row":
            header = line.cells
            continue
        for column, value in zip(header[1:], line.cells[1:], strict=True):
            yield Cell(row=line.cells[0], column=column, value=value)


def _lines(body: str) -> Iterator[Line]:
    article: str | None = None
    for text in body.splitlines():
        if text.startswith("#"):
            marks, _, title = text.partition(" ")
            article = None
            level = len(marks) - 1
            yield Line("heading" if level else "title", title, level)
        elif text.startswith("@"):
            match = _ARTICLE.match(text)
            assert match is not None
            printed = match["printed"]
            number = _NUMBER.match(printed)
            article = match["name"] or (number[0] if number else None)
            yield Line("paragraph", printed, 0, article)
        elif text.startswith("^"):
            yield Line("caption", text[1:], 0, article)
        elif text.startswith("|"):
            cells = tuple(text[1:].split("|"))
            yield Line("row", " | ".join(cells), 0, article, cells)
        elif text.startswith("~"):
            article = None
            yield Line("paragraph", text[1:])
        elif text:
            yield Line("paragraph", text, 0, article)
