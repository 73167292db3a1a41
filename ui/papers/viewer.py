"""The page of one document: its page or its text, the quoted words highlighted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bot.language import Lang
from knowledge.documents.document import Document, StoredPassage
from knowledge.documents.reading.reading import Reading, TextBlock
from ui.api.documents import PICTURED
from ui.frame import address
from ui.html import EMPTY, Html, element, join
from ui.papers.page import PATH, badges
from ui.papers.viewing import Lit, blocks_of_page, lit_boxes, window_at, windows
from ui.strings import string

_MOST_HEADING = 4


class View(NamedTuple):
    """What of a document is looked at."""

    document: Document
    reading: Reading
    own: bool
    passage: StoredPassage | None
    lit: tuple[int, int] | None
    """First character of the highlighted words and the one after the last."""
    page: int | None
    """Page that was asked for; else that of the words."""

    @property
    def pictured(self) -> bool:
        """Whether its pages can be looked at."""
        return self.document.format in PICTURED


def viewer_body(view: View, lang: Lang) -> Html:
    """Write the page of a document."""
    document = view.document
    told = document.particulars
    shown = _pages(view, lang) if view.pictured else _text(view, lang)
    facts = (told.number, told.issuer, str(told.effective or told.issued or "") or None)
    line = " · ".join(fact for fact in facts if fact)
    return element(
        "article",
        element(
            "p",
            element("a", string("papers.name", lang), href=address(PATH, lang)),
            class_="dc-trail",
        )
        if view.own
        else EMPTY,
        element("h1", told.title, dir="auto"),
        element("p", *badges(document, lang), class_="hg-badges"),
        element("p", line, class_="dc-facts", dir="auto") if line else EMPTY,
        shown,
        class_="dc dc-viewer",
    )


def page_of(view: View) -> int:
    """Return the page that is shown, from 1."""
    last = view.document.pages or 1
    if view.page is not None:
        return min(max(view.page, 1), last)
    lit = lit_boxes(view.reading, *view.lit) if view.lit else ()
    part = view.passage.part if view.passage else None
    return lit[0].page if lit else min((part.first_page if part else None) or 1, last)


def _pages(view: View, lang: Lang) -> Html:
    """Write a page as its picture, the words highlighted on it, beside the text."""
    page, last = page_of(view), view.document.pages or 1
    lit = [one for one in _lit(view) if one.page == page]
    source = f"{PATH}/{view.document.id}/pages/{page}?v={view.document.sha256[:12]}"
    spots = (_spot(one, first=not i) for i, one in enumerate(lit))
    sheet = element(
        "figure",
        element(
            "img",
            src=source,
            alt=string("papers.picture", lang, page=page),
        ),
        *spots,
        class_="dc-sheet",
    )
    text = element(
        "div",
        _passage(view, lang) if view.passage or view.lit else EMPTY,
        element(
            "details",
            element("summary", string("papers.page_text", lang)),
            element(
                "div", *_blocks(view, list(blocks_of_page(view.reading, page))), class_="dc-text"
            ),
            class_="dc-page-text",
            open=not (view.passage or view.lit),
        ),
        class_="dc-beside",
    )
    walk = _walk(view, page, last, "page", lang) if last > 1 else EMPTY
    return join(
        walk,
        element("div", sheet, text, class_="dc-looked"),
        walk,
    )


def _text(view: View, lang: Lang) -> Html:
    """Write a stretch of the text, the words highlighted in it."""
    cut = windows(view.reading)
    if view.page is not None:
        number = min(max(view.page, 1), max(1, len(cut))) - 1
    else:
        number = window_at(view.reading, view.lit[0]) if view.lit else 0
    blocks = range(cut[number].first, cut[number].last) if cut else range(0)
    walk = _walk(view, number + 1, len(cut), "stretch", lang) if len(cut) > 1 else EMPTY
    path = _path(view)
    return join(
        element("p", path, class_="dc-path", dir="auto") if path else EMPTY,
        walk,
        element("div", *_blocks(view, list(blocks), here=True), class_="dc-text dc-whole"),
        walk,
    )


def _lit(view: View) -> tuple[Lit, ...]:
    return lit_boxes(view.reading, *view.lit) if view.lit else ()


def _spot(one: Lit, *, first: bool) -> Html:
    left, top, right, bottom = (round(share * 100, 3) for share in one.box)
    style = f"left:{left}%;top:{top}%;width:{right - left:.3f}%;height:{bottom - top:.3f}%"
    return element(
        "span", class_="dc-spot", style=style, id="here" if first else None, aria_hidden="true"
    )


def _path(view: View) -> str:
    if view.passage is None:
        return ""
    part = view.passage.part
    return " › ".join((*part.path, *((part.article,) if part.article else ())))


def _passage(view: View, lang: Lang) -> Html:
    """Write the passage that was quoted, the quoted words marked in it."""
    path = _path(view)
    if view.passage is not None:
        part = view.passage.part
        start, text = part.start, view.reading.text[part.start : part.end]
    else:
        assert view.lit
        start, text = view.lit[0], view.reading.text[view.lit[0] : view.lit[1]]
    return element(
        "section",
        element("h2", string("papers.quoted_here", lang), class_="hg-label"),
        element("p", path, class_="dc-path", dir="auto") if path else EMPTY,
        element("blockquote", _marked(text, start, view.lit), class_="dc-passage", dir="auto"),
        class_="dc-quoted",
    )


def _walk(view: View, at: int, last: int, what: str, lang: Lang) -> Html:
    def link(to: int, key: str, rel: str) -> Html:
        if not 1 <= to <= last:
            return element("span", string(key, lang), class_="dc-step", aria_disabled="true")
        wanted = {"page": str(to)}
        if view.passage:
            wanted["passage"] = str(view.passage.ref.fact_id)
        if view.lit:
            wanted["at"] = f"{view.lit[0]}-{view.lit[1]}"
        href = address(f"{PATH}/{view.document.id}", lang, **wanted)
        return element("a", string(key, lang), href=href, rel=rel, class_="dc-step")

    place = string(f"papers.at_{what}", lang, page=at, pages=last)
    return element(
        "nav",
        link(at - 1, "papers.previous", "prev"),
        element("span", place, class_="dc-place"),
        link(at + 1, "papers.next", "next"),
        class_="dc-walk",
        aria_label=string("papers.walk", lang),
    )


def _blocks(view: View, numbers: Sequence[int], *, here: bool = False) -> Iterator[Html]:
    starts = view.reading.starts
    pending = here  # the first highlighted block is where the page scrolls to
    for number in numbers:
        block, at = view.reading.blocks[number], starts[number]
        lit = _within(view.lit, at, at + len(block.text))
        name = "here" if pending and lit else None
        pending = pending and not lit
        yield _block(block, at, lit, name)


def _block(block: TextBlock, at: int, lit: tuple[int, int] | None, name: str | None) -> Html:
    if block.kind == "table":
        return _table(block, at, lit, name)
    if block.kind == "heading":
        level = min(max(block.level or 2, 1) + 1, _MOST_HEADING)
        return element(f"h{level}", _marked(block.text, at, lit), id=name, dir="auto")
    return element("p", _marked(block.text, at, lit), id=name, dir="auto")


def _table(block: TextBlock, at: int, lit: tuple[int, int] | None, name: str | None) -> Html:
    lines = block.text.split("\n")
    spare = len(lines) - len(block.rows)
    if not block.rows or spare not in (0, 1):
        return element("pre", _marked(block.text, at, lit), id=name, dir="auto")
    rows, position = [], at + sum(len(line) + 1 for line in lines[:spare])
    for i, (cells, line) in enumerate(zip(block.rows, lines[spare:], strict=True)):
        meant = _within(lit, position, position + len(line)) is not None
        tag = "td" if i else "th"
        written = (
            element(tag, element("mark", cell) if meant and cell else cell, dir="auto")
            for cell in cells
        )
        rows.append(element("tr", *written))
        position += len(line) + 1
    caption = element("caption", lines[0], dir="auto") if spare else EMPTY
    # Wide tables are moved sideways, by the keyboard too.
    return element(
        "div",
        element("table", caption, *rows),
        id=name,
        class_="dc-table",
        tabindex="0",
        role="group",
        aria_label=block.caption or block.text[:40],
    )


def _within(lit: tuple[int, int] | None, start: int, end: int) -> tuple[int, int] | None:
    if lit is None or lit[0] >= end or lit[1] <= start:
        return None
    return max(lit[0], start), min(lit[1], end)


def _marked(text: str, start: int, lit: tuple[int, int] | None) -> Html:
    """Write a stretch of the text with the highlighted characters marked; `start` is its place."""
    meant = _within(lit, start, start + len(text))
    if meant is None:
        return join(text)
    first, last = meant[0] - start, meant[1] - start
    return join(text[:first], element("mark", text[first:last]), text[last:])
