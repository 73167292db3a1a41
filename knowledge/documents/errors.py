"""Errors of keeping documents, in both languages."""

from __future__ import annotations

from knowledge.card import Bilingual
from knowledge.errors import KnowledgeError


class DocumentError(KnowledgeError):
    """Root of what keeping and searching documents raises on purpose."""

    def __init__(self, message: Bilingual) -> None:
        """Say it for people."""
        super().__init__(message.en)
        self.message = message


class NoSuchDocument(DocumentError):
    """No document or passage has the name asked for, or it is not the asker's to see."""

    def __init__(self, name: str) -> None:
        """Name what was asked for."""
        super().__init__(
            Bilingual(
                zh=f"没有{name!r}这份文件或段落；现有文件见hugang documents list。",
                en=f"no document or passage {name!r}. See `hugang documents list` for those kept.",
            )
        )


class StoreFault(DocumentError):
    """The store of documents cannot be opened, read or written."""


class AddingElsewhere(DocumentError):
    """Another process is adding documents: wait for it."""


class UnknownSource(DocumentError):
    """What is to be added is no file of this machine."""
