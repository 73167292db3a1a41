"""Web pages: the text of the page without what surrounds it; nothing is run or fetched."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, html

from knowledge.documents.page.blocks import heading, one_line
from knowledge.documents.reading.encoding import decode
from knowledge.documents.reading.faults import remark, unreadable
from knowledge.documents.reading.readers.markup import blocks_of, text_of
from knowledge.documents.reading.reading import Reading, TextBlock
from knowledge.documents.reading.source import Source

_BLANK = re.compile(r"\s+")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(
    r"<!DOCTYPE[^>\[]{0,1000}(?:\[.{0,100000}?\]\s*)?>", re.IGNORECASE | re.DOTALL
)
_MOST_OF = 0.95  # of the main text: where a branch holds less, the text lies in several
_LEAST = 200  # characters of main text; shorter pages are read whole


def read(source: Source) -> Reading:
    """Read a saved web page or a fragment of one.

    Raises:
        UnreadableFile: there is no tree in it.
    """
    decoded = decode(source.data())
    # What it declares is not wanted, and lxml would take the end of its entities for text.
    blocks, title = read_markup(_DOCTYPE.sub("", decoded.text, count=1), whole_page=True)
    return Reading(
        format="html",
        blocks=tuple(blocks),
        title=title,
        remarks=(remark("text-replaced", encoding=decoded.encoding),) if decoded.replaced else (),
    )


def read_markup(text: str, *, whole_page: bool) -> tuple[list[TextBlock], str | None]:
    """Return the blocks of HTML, and its title.

    Args:
        text: the markup.
        whole_page: whether navigation and the like may surround the text.

    Raises:
        UnreadableFile: there is no tree in it.
    """
    root = _tree(text)
    title = root.find(".//title")
    body = root.find("body") if root.tag == "html" else root
    if body is None:
        body = root
    main = _main(text, body) if whole_page else body
    blocks = blocks_of(main)
    # A page's own heading often stands above the branch that holds its text.
    first = body.find(".//h1")
    if (
        main is not body
        and first is not None
        and not any(b.kind == "heading" and b.level == 1 for b in blocks)
    ):
        blocks = heading(text_of(first), 1) + blocks
    return blocks, one_line(text_of(title)) or None if title is not None else None


def _tree(text: str) -> Any:
    parser = html.HTMLParser(
        no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    try:
        # As bytes, so that a declaration left in the text cannot name another encoding.
        return html.document_fromstring(
            _XML_DECLARATION.sub("", text).encode("utf-8", "replace"), parser=parser
        )
    except (etree.LxmlError, ValueError, AssertionError):
        raise unreadable("damaged", seen="HTML") from None


def prepare() -> None:
    """Have trafilatura read its lists of words, which it does at the first page: 0.2 s."""
    _main("<html><p>第一条 本办法所称境外放款。</p>", None)


def _main(text: str, body: Any) -> Any:
    """Return the smallest element that holds the main text, as trafilatura finds it."""
    import trafilatura

    try:
        found = trafilatura.extract(
            text, include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
        )
    except Exception:  # noqa: BLE001  (whatever stops it: the whole page can be read all the same)
        return body
    lines = [line for raw in (found or "").splitlines() if len(line := _bare(raw)) > 4]
    total = sum(map(len, lines))
    if total < _LEAST:
        return body
    at = body
    if sum(len(line) for line in lines if line in _bare("".join(at.itertext()))) < 0.5 * total:
        return body
    while True:
        for child in at:
            if isinstance(child.tag, str):
                held = _bare("".join(child.itertext()))
                if sum(len(line) for line in lines if line in held) >= _MOST_OF * total:
                    at = child
                    break
        else:
            return at


def _bare(text: str) -> str:
    return _BLANK.sub("", text).strip("|-#*")
