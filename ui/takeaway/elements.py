"""What a document is made of: headings, lines with bold runs and numbered marks, tables, drawings.

An answer's Markdown is read into them: blocks are read by the same parser as the page's (markdown-it: lists and tables), runs by the same
two rules (**bold** and [n]); whatever else looks like markup is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Literal, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.answer import AnswerOption
from bot.language import Lang
from knowledge.card import FactRef, Frozen


class Run(Frozen):
    """A piece of text in one weight, and the numbers of the sources marked behind it."""

    text: str
    bold: bool = False
    marks: tuple[int, ...] = ()


Line: TypeAlias = tuple[Run, ...]


class Paragraph(Frozen):
    """A paragraph; `quiet` is small print, `warning` is to be seen."""

    kind: Literal["paragraph"] = "paragraph"
    line: Line
    style: Literal["text", "quiet", "warning"] = "text"


class Items(Frozen):
    """A list; a numbered one starts at 1."""

    kind: Literal["items"] = "items"
    ordered: bool = False
    items: tuple[Line, ...]


class Table(Frozen):
    """A table whose first row is its head; `widths` are shares of the whole width."""

    kind: Literal["table"] = "table"
    title: str | None = None
    """A heading of the second level that stays with the table, also on a page of its own."""
    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    widths: tuple[float, ...] = ()
    """As many as columns; empty: all alike."""
    wide: bool = False
    """Too wide for an upright page."""
    row_heads: bool = False
    """Whether the first cell of each row names it."""


class Heading(Frozen):
    """A heading of the first or second level."""

    kind: Literal["heading"] = "heading"
    level: Literal[1, 2]
    text: str


class Picture(Frozen):
    """A drawing as SVG, and what it shows in words."""

    kind: Literal["picture"] = "picture"
    svg: str
    alt: str


Element: TypeAlias = Heading | Paragraph | Items | Table | Picture
Draw: TypeAlias = Callable[[AnswerOption, Lang], str]
"""Draws the legs of an option as an SVG that needs nothing else."""


_RUN = re.compile(
    r"\*\*(?P<bold>(?!\s)(?:(?!\*\*).)+(?<!\s))\*\*"
    # At most three digits: [2025] is the year of a document.
    r"|\[(?P<marks>\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\]",
    re.DOTALL,
)
_NOT_WRITABLE = re.compile(
    # Control characters, unpaired surrogates and non-characters: no XML may hold them. Then the
    # marks that turn the direction of what follows, with which a text can look like another one.
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def clean(text: str) -> str:
    """Return a text that every format can hold: without control characters."""
    return _NOT_WRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def flat(text: str) -> str:
    """Return a clean text on one line."""
    return " ".join(clean(text).split())


def plain(text: str, *, bold: bool = False) -> Line:
    """Make a line of a text that holds no markup."""
    return (Run(text=flat(text), bold=bold),)


def marked(text: str, refs: Iterable[FactRef], numbers: Mapping[FactRef, int]) -> Line:
    """Make a line of a sentence, with the marks of its facts before the closing stop."""
    marks = tuple(sorted({numbers[ref] for ref in refs if ref in numbers}))
    sentence = flat(text)
    if not marks or not sentence.endswith(("。", ".", "；", ";")):
        return (Run(text=sentence, marks=marks),)
    return (Run(text=sentence[:-1], marks=marks), Run(text=sentence[-1]))


def read_line(text: str) -> Line:
    """Read bold runs and marks of a text."""
    return tuple(_joined(_runs(text)))


def _runs(text: str, *, bold: bool = False) -> Iterator[Run]:
    at = 0
    for found in _RUN.finditer(text):
        yield Run(text=_one_line(text[at : found.start()]), bold=bold)
        if found["bold"] is not None:
            yield from _runs(found["bold"], bold=True)
        else:
            numbers = tuple(int(n) for n in re.findall(r"\d+", found["marks"]))
            yield Run(text="", bold=bold, marks=numbers)
        at = found.end()
    yield Run(text=_one_line(text[at:]), bold=bold)


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Put marks behind the text before them; leave out what is empty."""
    last: Run | None = None
    for run in (one for one in runs if one.text or one.marks):
        if last and run.marks and not run.text and (run.bold == last.bold or not last.text):
            last = last.model_copy(update={"marks": last.marks + run.marks})
            continue
        if last:
            yield last
        last = run
    if last:
        yield last


def _one_line(text: str) -> str:
    """Put a piece of a line on one line; a space at its edge stays one space."""
    return re.sub(r"\s+", " ", clean(text))


def read_body(markdown: str) -> tuple[Paragraph | Items | Table, ...]:
    """Read the blocks of an answer's Markdown: paragraphs, lists and tables."""
    return tuple(_blocks(_parser().parse(clean(markdown))))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("zero", {"html": False}).enable(["list", "table"])


def _blocks(tokens: list[Token]) -> Iterator[Paragraph | Items | Table]:
    inside: list[str] = []
    items: list[Line] = []
    rows: list[list[Line]] = []
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                inside.append(token.type)
            case "bullet_list_close" | "ordered_list_close":
                inside.pop()
                if not inside and items:
                    yield Items(ordered=token.type.startswith("ordered"), items=tuple(items))
                    items = []
            case "tr_open":
                rows.append([])
            case "table_close":
                head, *body = (tuple(row) for row in rows)
                yield Table(head=head, rows=tuple(body))
                rows = []
            case "inline" if rows:
                rows[-1].append(read_line(token.content))
            case "inline" if inside:
                items.append(read_line(token.content))
            case "inline":
                yield Paragraph(line=read_line(token.content))


def text_of(line: Line) -> str:
    """Return a line as plain text, without marks."""
    return "".join(run.text for run in line)
