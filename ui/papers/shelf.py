"""Whose documents are whose: what one reader may see, change and delete.

An owner sees what they added, what belongs to their conversations, and what everybody sees. A
document of somebody else is not refused but not there, so that ids can be tried without learning.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from copy import copy
from pathlib import Path

from bot.store.conversations import ConversationNotFound, Redraw
from bot.store.store import Store
from knowledge.card import Bilingual, FactRef
from knowledge.documents.document import Document, Particulars, StoredPassage
from knowledge.documents.errors import AddingElsewhere, NoSuchDocument
from knowledge.documents.library import DocumentLibrary
from knowledge.documents.reading.reading import Reading
from ui.api.problems import ProblemError
from ui.papers.scopes import Scopes, conversation_of

KEPT_READINGS = 4
"""Readings that stay at hand for the viewer: one of 300 pages takes a second to parse."""
_MOST_CONVERSATIONS = 10_000
_PATIENCE_S = 5.0


class Shelf:
    """The documents of a library, as each owner of a tenant sees them; safe to use from many threads."""

    def __init__(
        self, library: DocumentLibrary, store: Store | None = None, redraw: Redraw | None = None
    ) -> None:
        """Put a library behind owners.

        Args:
            library: where documents are kept.
            store: of the tenant; tells whose a conversation is. None: there are no conversations.
            redraw: shows a kept answer without a document that was deleted; with `store`.
        """
        self._redraw = redraw
        self.library = library
        self._store = store
        self.scopes = Scopes(store.tenant) if store else Scopes()
        self._lock = threading.Lock()
        self._readings: OrderedDict[tuple[str, str], Reading] = OrderedDict()

    def of(self, store: Store | None) -> Shelf:
        """Return the same library as the owners of another tenant see it."""
        if store is None or self._store is None or store.tenant == self._store.tenant:
            return self
        other = copy(self)
        other._store = store
        other.scopes = Scopes(store.tenant)
        return other

    def scope(self, owner: str, conversation: str | None) -> str:
        """Return where an owner's next document goes: to all their questions, or one conversation's.

        Raises:
            ConversationNotFound: there is none of this id, or it is another's.
        """
        if conversation is None:
            return self.scopes.owner(owner)
        if conversation not in self._conversations(owner):
            raise ConversationNotFound(
                Bilingual(
                    zh="没有这段对话，或它不属于您；请先在对话中提问，再添加资料。",
                    en="There is no such conversation of yours; ask in it first, then add to it.",
                )
            )
        return self.scopes.conversation(conversation)

    def listed(self, owner: str | None) -> list[tuple[Document, bool]]:
        """List what an owner added, and what the operator added for everybody; latest first.

        With each goes whether the owner may change and delete it.
        """
        own = self._own_scopes(owner) if owner else set()
        return [
            (one, one.scope in own) for one in self.library.documents({self.scopes.shared} | own)
        ]

    def document(self, owner: str | None, document_id: str) -> Document:
        """Return a document that an owner may see.

        Raises:
            ProblemError: there is none of this id for them.
        """
        try:
            found = self.library.document(document_id)
        except NoSuchDocument:
            raise _unknown() from None
        if found.scope not in self.scopes.everybody and not self.is_own(owner, found):
            raise _unknown()
        return found

    def is_own(self, owner: str | None, document: Document) -> bool:
        """Tell whether an owner may change and delete a document."""
        return owner is not None and document.scope in self._own_scopes(owner)

    def own(self, owner: str | None, document_id: str) -> Document:
        """Return a document that an owner may change and delete.

        Raises:
            ProblemError: there is none of this id for them, or it is everybody's.
        """
        found = self.document(owner, document_id)
        if not self.is_own(owner, found):
            raise ProblemError(
                "not-your-document",
                Bilingual(
                    zh="这份资料由管理员添加，供所有人查阅。",
                    en="The operator added this document for everybody.",
                ),
            )
        return found

    def correct(self, owner: str | None, document_id: str, particulars: Particulars) -> Document:
        """Give a document the particulars that its owner has looked over.

        Raises:
            ProblemError: it is not theirs, or others are being added for longer than one waits.
        """
        found = self.own(owner, document_id)
        try:
            return self.library.correct(found.id, particulars, patience_s=_PATIENCE_S)
        except AddingElsewhere as error:
            raise ProblemError("documents-busy", error.message) from None
        except NoSuchDocument:
            raise _unknown() from None

    def remove(self, owner: str | None, document_id: str) -> None:
        """Delete a document for good, and its words from kept answers.

        Raises:
            ProblemError: it is not theirs.
        """
        found = self.own(owner, document_id)
        try:
            self.library.remove(found.id)
        except NoSuchDocument:
            raise _unknown() from None
        self._forget(found.id)

    def forget_owner(self, owner: str) -> int:
        """Delete an owner's documents for good, those of conversations too; tells how many."""
        found = self.library.documents(self._own_scopes(owner))
        for one in found:
            self.remove(owner, one.id)
        return len(found)

    def sweep(self) -> int:
        """Remove the documents of conversations, of any tenant, that are gone for good; tells how many."""
        if self._store is None:
            return 0
        named: dict[str, set[str]] = defaultdict(set)
        for one in self.library.documents():
            if found := conversation_of(one.scope):
                named[found[0]].add(found[1])
        removed = 0
        for tenant, names in named.items():
            gone = names - self._store.of_tenant(tenant).conversations.known(names)
            scopes = Scopes(tenant)
            removed += sum(self.library.remove_scope(scopes.conversation(one)) for one in gone)
        return removed

    def reading(self, document: Document) -> Reading:
        """Return what the reader made of a document's file; the last few stay at hand."""
        key = (document.id, document.sha256)
        with self._lock:
            if key in self._readings:
                self._readings.move_to_end(key)
                return self._readings[key]
        try:
            reading = self.library.reading(document.id)
        except NoSuchDocument:
            raise _unknown() from None
        with self._lock:
            self._readings[key] = reading
            while len(self._readings) > KEPT_READINGS:
                self._readings.popitem(last=False)
        return reading

    def passages(self, document: Document) -> tuple[StoredPassage, ...]:
        """List a document's passages in reading order."""
        try:
            return self.library.passages(document.id)
        except NoSuchDocument:
            raise _unknown() from None

    def passage(self, document: Document, number: int) -> StoredPassage:
        """Return a passage by its number.

        Raises:
            ProblemError: the document has none of this number.
        """
        try:
            return self.library.passage(FactRef.of(document.id, number))
        except NoSuchDocument:
            raise _unknown() from None

    def file(self, document: Document) -> Path:
        """Tell where the copy of a document's file lies."""
        try:
            return self.library.file(document.id)
        except NoSuchDocument:
            raise _unknown() from None

    def _forget(self, document_id: str) -> None:
        with self._lock:
            for key in [key for key in self._readings if key[0] == document_id]:
                del self._readings[key]
        if self._store is not None and self._redraw is not None:
            self._store.conversations.forget(document_id, self._redraw)
            self._store.requests.forget(document_id)

    def _own_scopes(self, owner: str) -> set[str]:
        conversations = map(self.scopes.conversation, self._conversations(owner))
        return {self.scopes.owner(owner), *conversations}

    def _conversations(self, owner: str) -> frozenset[str]:
        if self._store is None:
            return frozenset()
        listed = self._store.conversations.listed(owner, _MOST_CONVERSATIONS)
        return frozenset(one.id for one in listed)


def _unknown() -> ProblemError:
    return ProblemError(
        "document-not-found",
        Bilingual(
            zh="没有这份资料，或已被删除，或它属于别人。",
            en="There is no such document; it may have been deleted, or belong to somebody else.",
        ),
    )
