"""What a stream of one answer says, step by step. Text goes out only in checked blocks."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from bot.answer import AnswerBlock, AnswerPlan, CheckedAnswer, Citation, PassageCitation
from bot.language import Lang
from knowledge.card import FactRef, Frozen


class Waiting(Frozen):
    """Others go first; told about twice a second, so that nobody thinks that nothing happens."""

    kind: Literal["waiting"] = "waiting"
    ahead: int
    """How many wait that are due before."""


class Understood(Frozen):
    """The question has been read."""

    kind: Literal["understood"] = "understood"
    lang: Lang
    as_of: dt.date
    parts: tuple[str, ...]
    """The separate questions it asks."""
    terms: tuple[str, ...] = ()
    """Terms of the field it names, in the answer's language."""
    amounts: tuple[str, ...] = ()
    """Amounts of money it names, as written."""


class EvidenceFound(Frozen):
    """Retrieval is done."""

    kind: Literal["evidence_found"] = "evidence_found"
    refs: tuple[FactRef, ...]
    """Best first."""
    instruments: int
    """How many different instruments the facts come from."""


class RoutesPlanned(Frozen):
    """The route plan is made."""

    kind: Literal["routes_planned"] = "routes_planned"
    plan: AnswerPlan


class StillWriting(Frozen):
    """A language model is at its next sentence, of which nothing is shown before it is checked."""

    kind: Literal["still_writing"] = "still_writing"
    characters: int
    """What it has written so far, marks and names of facts included."""


class BlockGrowing(Frozen):
    """The block in the making so far, every claim in it checked; the next of its kind replaces it."""

    kind: Literal["block_growing"] = "block_growing"
    block: AnswerBlock
    citations: tuple[Citation, ...]
    """The citations that this block uses for the first time."""


class BlockReady(Frozen):
    """One block of the answer, every claim in it checked: safe to show."""

    kind: Literal["block_ready"] = "block_ready"
    block: AnswerBlock
    citations: tuple[Citation, ...]
    """The citations that this block uses for the first time."""
    passages: tuple[PassageCitation, ...] = ()
    """The passages of documents that this block quotes."""


class Finished(Frozen):
    """The answer is complete; it repeats everything that was streamed."""

    kind: Literal["finished"] = "finished"
    answer: CheckedAnswer


class Failed(Frozen):
    """The answer could not be made; nothing more follows."""

    kind: Literal["failed"] = "failed"
    code: str
    message: str


AnswerEvent = Annotated[
    Waiting
    | Understood
    | EvidenceFound
    | RoutesPlanned
    | StillWriting
    | BlockGrowing
    | BlockReady
    | Finished
    | Failed,
    Field(discriminator="kind"),
]
ANSWER_EVENT: TypeAdapter[AnswerEvent] = TypeAdapter(AnswerEvent)
