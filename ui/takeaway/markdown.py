"""A document as Markdown, for the clipboard and as a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ui.strings import string
from ui.takeaway.elements import Element, Heading, Items, Line, Paragraph, Picture, Table
from ui.takeaway.memo import Memo, MemoPassage, MemoSource

_SPECIAL = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)")
_STARTS_BLOCK = re.compile(r"^(\s*)([#>+=-]|\d+[.)])")


def write_markdown(memo: Memo) -> str:
    """Write a document: question, text with [n] marks, plan, numbered sources, day."""
    parts = [f"**{escaped(memo.title)}**"]
    if memo.question:
        parts.append("\n".join(f"> {escaped(line)}" for line in memo.question.split("\n")))
    for element in memo.body:
        if not isinstance(element, Picture):  # its legs are listed below it
            parts.append(_element(element))
    if memo.sources:
        parts += ["---", "\n".join(_source(source) for source in memo.sources)]
    if memo.passages:
        parts += [
            f"**{escaped(memo.passages_title)}**",
            "\n".join(_passage(passage) for passage in memo.passages),
        ]
    day = string("foot.as_of", memo.lang, date=memo.as_of.isoformat())
    corpus = string("foot.corpus", memo.lang, version=memo.corpus)
    parts.append("  \n".join((f"{day} · {corpus}", *memo.scope)))
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _element(element: Element) -> str:
    match element:
        case Heading():
            return f"**{escaped(element.text)}**"
        case Paragraph():
            return _line(element.line)
        case Items():
            written = (_line(item) for item in element.items)
            if element.ordered:
                return "\n".join(f"{n}. {item}" for n, item in enumerate(written, start=1))
            return "\n".join(f"- {item}" for item in written)
        case Table():
            title = f"**{escaped(element.title)}**\n\n" if element.title else ""
            return title + "\n".join(_rows(element))
        case _:
            return ""


def _rows(table: Table) -> Iterator[str]:
    yield _row(table.head)
    yield _row((), len(table.head))
    for row in table.rows:
        yield _row(row)


def _row(cells: Iterable[Line], columns: int = 0) -> str:
    written = [_line(cell) for cell in cells] or ["---"] * columns
    return f"| {' | '.join(written)} |"


def _line(line: Line) -> str:
    pieces: list[str] = []
    for run in line:
        text = escaped(run.text, first=not pieces)
        pieces.append(f"**{text.strip()}**" if run.bold and text.strip() else text)
        pieces += [f"[{n}]" for n in run.marks]
    return "".join(pieces)


def _source(source: MemoSource) -> str:
    parts = (
        source.title,
        source.details,
        source.status,
        f"{source.publisher} ({source.quality_name})",
    )
    said = " · ".join(escaped(part, first=False) for part in parts if part)
    return f"[{source.n}] {said}" + (f" · <{source.url}>" if source.url else "") + "  "


def _passage(passage: MemoPassage) -> str:
    parts = (passage.title, passage.details, passage.status, passage.name)
    said = " · ".join(escaped(part, first=False) for part in parts if part)
    return f"[{passage.n}] {said}  "


def escaped(text: str, *, first: bool = True) -> str:
    """Escape what Markdown would read as markup; `first`: the text stands at the start of a line."""
    literal = _SPECIAL.sub(lambda found: f"\\{found[0]}", text)
    if not first:
        return literal
    return _STARTS_BLOCK.sub(
        lambda found: (
            f"{found[1]}\\{found[2]}"
            if not found[2][0].isdigit()
            else f"{found[1]}{found[2][:-1]}\\{found[2][-1]}"
        ),
        literal,
    )
