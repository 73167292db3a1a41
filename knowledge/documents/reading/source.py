"""What a reader gets: an open file, its name, and what it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from knowledge.documents.reading.limits import Limits


class Source(NamedTuple):
    """A file to read, inside the child process."""

    file: BinaryIO
    """Seekable."""
    name: str
    limits: Limits
    report: Callable[[int, int], None]
    """Takes pages done and pages in all; a long read must call it often."""

    def data(self) -> bytes:
        """Return the whole content."""
        self.file.seek(0)
        return self.file.read(self.limits.file_bytes + 1)

    def head(self, size: int = 4_096) -> bytes:
        """Return the first bytes."""
        self.file.seek(0)
        return self.file.read(size)
