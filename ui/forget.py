"""Deletion on request: everything that is kept of one visitor of a tenant."""

from __future__ import annotations

import hashlib

from bot.store.store import Store
from knowledge.card import Frozen
from ui.papers.shelf import Shelf
from ui.papers.uploads import Uploads


class Forgotten(Frozen):
    """What was removed."""

    conversations: int
    """With their answers and feedback."""
    documents: int
    records: int
    """Of answers, in the audit."""


def owner_of_visitor(tenant: str, visitor: str) -> str:
    """Return what the store knows a visitor by, of whom a portal's server has told the name.

    The same name in two tenants is two visitors.
    """
    return hashlib.sha256(f"{tenant}\0{visitor}".encode()).hexdigest()


def forget_owner(
    store: Store, shelf: Shelf | None, owner: str, uploads: Uploads | None = None
) -> Forgotten:
    """Remove for good what is kept of an owner: documents, conversations, records of answers.

    Args:
        store: of the tenant.
        shelf: of the tenant; None where there are no documents.
        owner: from `owner_of` or `owner_of_visitor`.
        uploads: files that are on their way, in a server.
    """
    if shelf and uploads:
        uploads.forget_owner(shelf.scopes.named(owner))
    # Documents first: which of them belong to conversations is known from the conversations.
    documents = shelf.forget_owner(owner) if shelf else 0
    conversations = store.conversations.forget_owner(owner)
    if shelf:
        shelf.sweep()  # papers of conversations that could still have been brought back
    records = store.audit.forget(owner)
    store.requests.forget()
    return Forgotten(conversations=conversations, documents=documents, records=records)
