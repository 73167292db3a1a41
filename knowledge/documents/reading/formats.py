"""Which kind of file it is: told by its content, by its name only where that leaves it open."""

from __future__ import annotations

import re
from typing import Literal

from knowledge.documents.reading.archive import open_archive
from knowledge.documents.reading.encoding import decode
from knowledge.documents.reading.faults import unreadable
from knowledge.documents.reading.source import Source

ReaderName = Literal["pdf", "image", "word", "sheets", "slides", "web", "markdown", "text", "mail"]

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_PARTS: tuple[tuple[str, ReaderName], ...] = (
    ("word/document.xml", "word"), ("xl/workbook.xml", "sheets"), ("ppt/presentation.xml", "slides"),
)  # fmt: skip
_MAIN_TYPE = re.compile(
    rb"(wordprocessingml|ms-word|spreadsheetml|ms-excel|presentationml|ms-powerpoint)"
    rb"[\w.-]*\.(?:main|macroEnabled[\w.]*main)\+xml"
)
_READERS: dict[bytes, ReaderName] = {
    b"wordprocessingml": "word", b"ms-word": "word", b"spreadsheetml": "sheets",
    b"ms-excel": "sheets", b"presentationml": "slides", b"ms-powerpoint": "slides",
}  # fmt: skip
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title|div|article"
    r"|section|table|h[1-6]|p|ul|ol|span|center|font)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEADER = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*:[ \t].*(?:\r?\n[ \t].*)*\r?\n)+\r?\n")
_MAIL_FIELDS = re.compile(
    r"^(?:from|to|subject|date|message-id|mime-version|received|return-path|delivered-to):",
    re.IGNORECASE | re.MULTILINE,
)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|\|? *:?-{3,}:? *\|)", re.MULTILINE)
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_HEAD = 64_000


def reader_of(source: Source) -> ReaderName:
    """Name the reader for a file.

    Raises:
        UnreadableFile: no reader is known for it, or it is an archive that must not be unpacked.
    """
    head = source.head()
    if b"%PDF-" in head[:1_024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _office_reader(source)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise unreadable("old-office")
    if (
        head.startswith(_IMAGES)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[:2] == b"BM" and head[6:10] == bytes(4))
    ):
        return "image"
    if head.startswith(b"{\\rtf"):
        raise unreadable("unknown-format", seen="RTF")
    return _text_reader(source)


def _office_reader(source: Source) -> ReaderName:
    with open_archive(source) as archive:
        names = set(archive.namelist())
        if "[Content_Types].xml" in names:
            types = archive.read("[Content_Types].xml")
            if found := _MAIN_TYPE.search(types):
                return _READERS[found[1]]
        for part, reader in _PARTS:
            if part in names:
                return reader
    raise unreadable("unknown-format", seen=f"ZIP, .{_suffix(source)}")


def _text_reader(source: Source) -> ReaderName:
    head, suffix = source.head(_HEAD), _suffix(source)
    text = decode(head[:-3] if len(head) == _HEAD else head).text
    if not text.strip("\ufeff \t\r\n\x0b\x0c\0"):
        raise unreadable("no-text")
    if len(_BINARY.findall(text)) > 0.02 * len(text):
        raise unreadable("unknown-format", seen=f".{suffix}" if suffix else head[:4].hex(" "))
    text = text.lstrip("\ufeff")
    if _MARKUP.match(text):
        return "web"
    if (header := _HEADER.match(text)) and len(_MAIL_FIELDS.findall(header[0])) >= 2:
        return "mail"
    by_name: dict[str, ReaderName] = {
        "htm": "web", "html": "web", "xhtml": "web", "md": "markdown", "markdown": "markdown",
        "txt": "text", "eml": "mail",
    }  # fmt: skip
    return by_name.get(suffix) or ("markdown" if _MARKDOWN.search(text) else "text")


def _suffix(source: Source) -> str:
    return source.name.rpartition(".")[2].lower()[:12] if "." in source.name else ""
