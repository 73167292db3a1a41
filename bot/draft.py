"""A draft: the sentences of an answer, each with the facts it rests on, not yet checked."""

from __future__ import annotations

from typing import Literal

from knowledge.card import FactRef, Frozen

BlockKind = Literal["lead", "conditions", "procedure", "other-side", "plan", "note", "missing"]
"""What a block of the answer is for; the heading follows from it."""
Form = Literal["prose", "bullets", "steps"]
"""How the claims of a block are laid out."""


class Claim(Frozen):
    """One sentence of an answer and the facts it rests on."""

    text: str
    refs: tuple[FactRef, ...]


class Block(Frozen):
    """Sentences that belong together under one heading, in reading order."""

    kind: BlockKind
    heading: str | None = None
    form: Form = "bullets"
    claims: tuple[Claim, ...]


class Draft(Frozen):
    """What a writer proposes to say."""

    writer: str
    blocks: tuple[Block, ...]
