"""Fault of a download: why a page was not fetched."""

from __future__ import annotations

from knowledge.card import Bilingual
from knowledge.documents.errors import DocumentError


class FetchFault(DocumentError):
    """A page was not fetched: what was seen, what was expected, what to do."""

    def __init__(self, code: str, message: Bilingual) -> None:
        """Name the fault for programs, and say it for people."""
        super().__init__(message)
        self.code = code
        """Stable name: `bad-address`, `forbidden-address`, `robots`, `redirects`, `status`,
        `too-large`, `too-slow`, `unreachable`, `encoding`."""
