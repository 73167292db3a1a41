"""Office files are ZIP archives: one is measured before anything of it is unpacked for good."""

from __future__ import annotations

import re
import zipfile
import zlib

from knowledge.documents.reading.faults import unreadable
from knowledge.documents.reading.limits import MB
from knowledge.documents.reading.source import Source

_END = b"PK\x05\x06"
_CHUNK = 1_000_000
_FREE_BYTES = 20 * MB
_XML = re.compile(r"\.(?:xml|rels|vml|xhtml)$", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\s*!\s*(?:DOCTYPE|ENTITY)")
_OVERLAP = 32


def open_archive(source: Source) -> zipfile.ZipFile:
    """Open a ZIP archive whose every member keeps to the limits.

    Sizes are counted while unpacking, not believed; nothing is written anywhere, so that names that
    lead out of a folder lead nowhere.

    Raises:
        UnreadableFile: too many members, too much in them, encrypted, damaged, or XML that declares
            entities.
    """
    _count_members(source)
    try:
        archive = zipfile.ZipFile(source.file)
        _measure(archive, source)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise unreadable("damaged", seen="ZIP") from None
    return archive


def _count_members(source: Source) -> None:
    """Refuse a directory that is too long before it is read into memory."""
    size = source.file.seek(0, 2)
    source.file.seek(max(0, size - 66_000))
    tail = source.file.read()
    at = tail.rfind(_END)
    if at < 0 or at + 20 > len(tail):
        raise unreadable("damaged", seen="ZIP")
    members = int.from_bytes(tail[at + 10 : at + 12], "little")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    # An entry takes at least 46 bytes, with its name some 100; 0xFFFF points to a longer count.
    if members > source.limits.archive_members or length > 500 * source.limits.archive_members:
        raise unreadable("unpacks-too-large", seen=f"{max(members, length // 100):,}")
    source.file.seek(0)


def _measure(archive: zipfile.ZipFile, source: Source) -> None:
    limits, packed, unpacked = source.limits, source.file.seek(0, 2), 0
    if len(archive.infolist()) > limits.archive_members:
        raise unreadable("unpacks-too-large", seen=f"{len(archive.infolist()):,}")
    for info in archive.infolist():
        if info.flag_bits & 1:
            raise unreadable("encrypted")
        is_xml = bool(_XML.search(info.filename))
        with archive.open(info) as member:
            before = b""
            while chunk := member.read(_CHUNK):
                unpacked += len(chunk)
                if unpacked > limits.archive_bytes or (
                    unpacked > _FREE_BYTES and unpacked > limits.archive_ratio * packed
                ):
                    raise unreadable("unpacks-too-large", seen=f"> {unpacked // MB} MB")
                # In UTF-16 every other byte is zero.
                if is_xml and _DECLARATION.search((before + chunk).replace(b"\0", b"")):
                    raise unreadable("forbidden-declaration")
                before = chunk[-_OVERLAP:]
