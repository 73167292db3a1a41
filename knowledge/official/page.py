"""Page of a text: whether the text stands on it, or in a PDF behind it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from knowledge.documents.reading.encoding import decode
from knowledge.documents.reading.reading import Reading

SHELL = 600
"""Characters up to which a page is only the shell of a text that stands elsewhere."""
_BARE = re.compile(r"[\W_]+|\.pdf$", re.IGNORECASE)
_LEAST = 6
"""Letters of a link's text that are compared with a title."""


def pdf_behind(body: bytes, url: str, reading: Reading, titles: Iterable[str]) -> str | None:
    """Return the address of the PDF that holds the text, where the page is only its shell.

    Args:
        body: of the page.
        url: of the page.
        reading: of the page.
        titles: of the text; the link must bear one of them.

    Returns:
        None where the page holds a text itself, or not exactly one such link.
    """
    if reading.format != "html" or len(reading.text) > SHELL:
        return None
    known = [bare for title in titles if len(bare := _bare(title)) >= _LEAST]
    found = {
        address
        for address, text in _links(body, url)
        if urlsplit(address).path.lower().endswith(".pdf")
        and urlsplit(address).hostname == urlsplit(url).hostname
        and _names(_bare(text), known)
    }
    return found.pop() if len(found) == 1 else None


def _links(body: bytes, url: str) -> list[tuple[str, str]]:
    try:
        parser = html.HTMLParser(no_network=True, encoding="utf-8")
        root = html.document_fromstring(decode(body).text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return []
    found = []
    for link in root.iter("a"):
        target = link.get("href")
        if target:
            try:
                address = urljoin(url, target.strip()).partition("#")[0]
            except ValueError:
                continue
            found.append((address, "".join(link.itertext()) or link.get("title") or ""))
    return found


def _names(text: str, titles: list[str]) -> bool:
    return len(text) >= _LEAST and any(text in title or title in text for title in titles)


def _bare(text: str) -> str:
    return _BARE.sub("", unicodedata.normalize("NFKC", text).strip()).casefold()
