"""How much a reader may take in, hand out and use."""

from __future__ import annotations

from knowledge.card import Frozen

MB = 1_000_000


class Limits(Frozen):
    """Bounds of one read; each has room over what real papers need."""

    file_bytes: int = 100 * MB
    """The longest prospectuses with pictures have some 30 MB."""
    pages: int = 3_000
    """Pages, slides or sheets: whole codes and prospectuses have less than 2,000."""
    characters: int = 10_000_000
    """About 10,000 pages; their passages would already embed for hours."""
    archive_bytes: int = 500 * MB
    """What the members of an Office file may unpack to, together."""
    archive_ratio: int = 300
    """Unpacked to packed, counted once more than 20 MB came out: sheets of repeated cells reach 100."""
    archive_members: int = 10_000
    """A deck of 1,000 slides with pictures has some 6,000."""
    pixels: int = 100 * MB
    """Of one picture: an A3 sheet at 600 dpi has 70 million."""
    ocr_pages: int = 200
    """At seven to ten seconds of one core a page, 200 take half an hour."""
    memory_bytes: int = 1_100 * MB
    """Resident, of the child process: with the parent's libraries the run stays under 1.5 GB."""
    result_bytes: int = 150 * MB
    """`characters` of Chinese with the boxes of their lines."""
    seconds: int = 3_600
    """For the whole read: `ocr_pages` at ten seconds of one core each, twice."""
    silent_seconds: int = 120
    """Without a page done: no honest page takes as long."""


DEFAULT_LIMITS = Limits()
