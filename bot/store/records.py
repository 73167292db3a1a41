"""What is read from the store: plain values that hold no connection."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from bot.answer import CheckedAnswer
from bot.language import Lang
from bot.question import Turn
from knowledge.card import FactRef, Frozen

TurnState = Literal["working", "answered", "partly", "declined", "failed", "stopped", "interrupted"]
"""`interrupted`: the process that was answering is gone; asking again makes the answer."""
FeedbackVerdict = Literal["up", "down"]
FeedbackReason = Literal["wrong", "outdated", "incomplete", "unsupported", "unclear", "other"]
"""`unsupported`: the source does not say what the answer says."""

Correctness = Literal["correct", "incomplete", "wrong", "abstained"]
"""Of an answer, as a labeller finds it. `correct`: says all that a right answer must and nothing false.
`incomplete`: nothing false, but something vital is left out. `wrong`: says what is not so, answers
what cannot be answered, or obeys an instruction in the question. `abstained`: declines."""
Groundedness = Literal["grounded", "misgrounded", "ungrounded"]
"""`grounded`: every statement is borne out by what it cites. `misgrounded`: one cites a source that
does not bear it out. `ungrounded`: one cites nothing, or what is not there. None where it declines."""

MAX_NOTE = 2_000
MAX_TITLE = 80
"""Longest title, in characters."""
MAX_FEEDBACK_TEXT = 2_000
CONVERSATION_ID = r"^[A-Za-z0-9_-]{22,64}$"
"""128 random bits or more, URL-safe: whoever knows the id may read the conversation."""
TURN_ID = r"^[a-z0-9]{4,40}$"
"""The page's name of an answer; its marks are keyed by it."""
OWNER_KEY = r"^[A-Za-z0-9_-]{32,128}$"
"""192 random bits or more, URL-safe."""


def new_owner_key() -> str:
    """Make a key as browsers do: 256 random bits."""
    return secrets.token_urlsafe(32)


def owner_of(key: str) -> str:
    """Return what the store knows an owner by: the SHA-256 of the key that the browser keeps.

    Raises:
        ValueError: the key is too short to be a secret, or not URL-safe.
    """
    if not re.fullmatch(OWNER_KEY, key):
        raise ValueError("an owner key has 32 to 128 characters out of A-Z a-z 0-9 _ -")
    return hashlib.sha256(key.encode()).hexdigest()


def shortened(question: str) -> str:
    """Make a title of a question: one line of at most `MAX_TITLE` characters."""
    line = " ".join(question.split())
    return line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1].rstrip() + "…"


class Conversation(Frozen):
    """A conversation as a list names it."""

    id: str
    owner: str = Field(repr=False, exclude=True)
    """SHA-256 of the owner's key; never sent out."""
    title: str
    created: dt.datetime
    updated: dt.datetime
    """When it was last asked in; renaming does not count."""
    turns: int
    line: str | None = None
    """The line in which a search found it; None where only its title was, or nothing was sought."""


class Told(Frozen):
    """An answer to an open point."""

    name: str = Field(max_length=80)
    asked: str = Field(max_length=1_000)
    shown: str = Field(max_length=1_000)


class Asked(Frozen):
    """One question as a page asked it: what is kept before it is answered."""

    turn: str = Field(pattern=TURN_ID)
    conversation: str = Field(pattern=CONVERSATION_ID)
    root: str = Field(pattern=TURN_ID)
    """Name of the place in the conversation: answered anew, a question keeps it."""
    instead_of: str | None = Field(default=None, pattern=TURN_ID)
    """A place that this question, an edited one, takes over with all that followed."""
    question: str
    told: tuple[Told, ...] = ()
    """What was told besides, as the page shows it."""
    lang: Lang
    profile: Mapping[str, Any] = Field(default_factory=dict)
    as_of: dt.date | None = None
    """The day the asker named; None = that of asking."""
    filters: Mapping[str, Any] = Field(default_factory=dict)


class Feedback(Frozen):
    """What a reader said of an answer."""

    turn: str
    answer: str | None
    """Id of the `CheckedAnswer`; None where the turn ended without one."""
    verdict: FeedbackVerdict
    reason: FeedbackReason | None
    text: str
    refs: tuple[FactRef, ...]
    """Facts that the answer cites."""
    corpus: str
    """Corpus version that the answer rests on."""
    created: dt.datetime
    updated: dt.datetime


class KeptTurn(Asked):
    """A question with what was shown of its answer."""

    position: int
    state: TurnState
    shown: Mapping[str, Any] | None
    """The page's payload as it was last sent; None before the first."""
    answer: str | None
    """Id of the `CheckedAnswer`, once there is one."""
    corpus: str
    started: dt.datetime
    ended: dt.datetime | None
    feedback: Feedback | None = None


class CitingAnswer(Frozen):
    """A kept answer that rests on given facts."""

    answer: str
    """Id of the `CheckedAnswer`."""
    question: str
    asked: dt.datetime
    refs: tuple[FactRef, ...]
    """Those of the facts that it cites, in its text or its plan."""
    in_plan: tuple[FactRef, ...] = ()
    """Of these, those on which its plan stands."""
    route: str | None = None
    """Route of its plan."""
    conversation: str = ""
    """Name of the conversation for lists: a digest, for the id itself opens it."""
    title: str = ""
    """Of the conversation."""


class FeedbackEntry(Feedback):
    """Feedback with the question and the answer that it is about."""

    asked: KeptTurn
    history: tuple[Turn, ...]
    """What came before the question in its conversation."""
    checked: CheckedAnswer | None
