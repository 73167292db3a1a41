"""Markdown, by way of the HTML that it stands for."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from knowledge.documents.reading.encoding import decode
from knowledge.documents.reading.faults import remark
from knowledge.documents.reading.readers.web import read_markup
from knowledge.documents.reading.reading import Reading
from knowledge.documents.reading.source import Source

_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)
_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)


def read(source: Source) -> Reading:
    """Read CommonMark with tables; HTML in it is read as such, never run."""
    decoded = decode(source.data())
    text, title = decoded.text, None
    if matter := _FRONT_MATTER.match(text):
        text = text[matter.end() :]
        title = found[1] if (found := _TITLE.search(matter[1])) else None
    markup = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    blocks, _ = read_markup(f"<html><body>{markup}</body></html>", whole_page=False)
    return Reading(
        format="markdown",
        blocks=tuple(blocks),
        title=title,
        remarks=(remark("text-replaced", encoding=decoded.encoding),) if decoded.replaced else (),
    )
