"""Whose papers a question may be held against, by tenant: names of `knowledge.documents` scopes.

The staff of an installation have the plain names; a tenant's begin with its id, so that the same
owner or conversation in two tenants are two.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.store.tenants import LOCAL
from knowledge.documents.document import PUBLIC, TENANT

_CONVERSATION = "conversation:"


class Scopes(NamedTuple):
    """The scopes of one tenant."""

    tenant: str = LOCAL

    @property
    def shared(self) -> str:
        """What everybody of the tenant sees."""
        return TENANT if self.tenant == LOCAL else f"{TENANT}:{self.tenant}"

    @property
    def everybody(self) -> tuple[str, str]:
        """What is seen without saying who one is."""
        return PUBLIC, self.shared

    def owner(self, owner: str) -> str:
        """What an owner adds for themselves."""
        return f"owner:{self.named(owner)}"

    def conversation(self, conversation: str) -> str:
        """What was added to one conversation."""
        return f"{_CONVERSATION}{self.named(conversation)}"

    def seen_by(self, owner: str | None, conversation: str | None = None) -> tuple[str, ...]:
        """What the question of an owner, in a conversation, is held against."""
        own = () if owner is None else (self.owner(owner),)
        here = (self.conversation(conversation),) if owner and conversation else ()
        return *self.everybody, *own, *here

    def named(self, name: str) -> str:
        """Name an owner or conversation of the tenant, among those of all."""
        return name if self.tenant == LOCAL else f"{self.tenant}.{name}"


def conversation_of(scope: str) -> tuple[str, str] | None:
    """Return tenant and conversation of a scope; None where it is no conversation's."""
    if not scope.startswith(_CONVERSATION):
        return None
    tenant, stop, name = scope.removeprefix(_CONVERSATION).rpartition(".")
    return (tenant if stop else LOCAL), name
