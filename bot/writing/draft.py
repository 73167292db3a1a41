"""A draft: the sentences of an answer, each with the facts it rests on, not yet checked."""

from __future__ import annotations

from typing import Literal

from knowledge.card import FactRef, Frozen

BlockKind = Literal[
    "lead",
    "conditions",
    "procedure",
    "other-side",
    "plan",
    "note",
    "missing",
    "own-papers",
    "official-text",
]
"""What a block of the answer is for; the heading follows from it."""
Form = Literal["prose", "bullets", "steps", "table"]
"""How the claims of a block are laid out."""


class Claim(Frozen):
    """One sentence of an answer and the facts it rests on."""

    text: str
    refs: tuple[FactRef, ...]
    cells: tuple[str, ...] = ()
    """The text over the columns of a table; empty outside tables."""
    fixed: bool = False
    """Whether it is said whoever words the rest: a correction, what replaced what, a status."""

    @classmethod
    def row(cls, cells: tuple[str, ...], refs: tuple[FactRef, ...]) -> Claim:
        """Make one row of a table: its cells are checked as one text."""
        return cls(text=" | ".join(cells), refs=refs, cells=cells)


class Finding(Frozen):
    """Why a claim is refused."""

    rule: str
    """`no-refs`, `unknown-fact`, `not-in-force`, `figure`, `authority`; of a model's sentence also
    `language`, `echo`, `modality`, `direction`, `exchange`, `instrument`, `overlap`."""
    seen: str


class Block(Frozen):
    """Sentences that belong together under one heading, in reading order."""

    kind: BlockKind
    heading: str | None = None
    form: Form = "bullets"
    columns: tuple[str, ...] = ()
    """Headings of a table's columns."""
    claims: tuple[Claim, ...]


class Draft(Frozen):
    """What a writer proposes to say."""

    writer: str
    blocks: tuple[Block, ...]

    @property
    def leads(self) -> tuple[Claim, ...]:
        """The claims that open the answer."""
        return next((block.claims for block in self.blocks if block.kind == "lead"), ())
