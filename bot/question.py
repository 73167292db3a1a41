"""A question as it arrives: text, earlier turns, the day it should hold for."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from bot.errors import QuestionError
from bot.language import Lang, detect_lang
from knowledge.card import Bilingual, Frozen, Jurisdiction, Topic

MAX_CHARS = 4_000
"""Longest question read, in characters: four pages; a contract belongs in a document."""
MAX_TURNS = 40
"""Most earlier turns kept; older ones no longer bear on the question."""


class Turn(Frozen):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


class Filters(Frozen):
    """What the asker wants the evidence limited to; empty means everything."""

    topics: tuple[Topic, ...] = ()
    jurisdictions: tuple[Jurisdiction, ...] = ()


class Question(Frozen):
    """A question in one language, with what came before it and the day it asks about."""

    text: str = Field(min_length=1)
    lang: Lang
    history: tuple[Turn, ...] = ()
    as_of: dt.date
    """The answer holds on this day."""
    today: dt.date
    """The asker's day."""
    as_of_given: bool = False
    """Whether the asker named the day; otherwise it is today."""
    profile: Mapping[str, Any] = Field(default_factory=dict)
    """What is known about firm and deal: values for route inputs by name."""
    filters: Filters = Filters()
    scopes: tuple[str, ...] = ()
    """Whose documents may be quoted: scopes of `knowledge.documents`; none by default."""

    def on(self, day: dt.date) -> Question:
        """Return the question asked for another day."""
        return self.model_copy(update={"as_of": day, "as_of_given": True})

    @property
    def folded(self) -> str:
        """The text with compatibility characters folded (NFKC): full-width digits become plain."""
        return unicodedata.normalize("NFKC", self.text)


def read_question(
    text: str,
    *,
    history: tuple[Turn, ...] = (),
    as_of: dt.date | None = None,
    lang: Lang | None = None,
    profile: Mapping[str, Any] | None = None,
    filters: Filters | None = None,
    scopes: tuple[str, ...] = (),
    today: dt.date | None = None,
) -> Question:
    """Read a question: drop what cannot be printed, find its language, fix its day.

    Args:
        text: what was asked, in any of the three languages.
        history: earlier turns, oldest first.
        as_of: day the answer should hold for; None = today.
        lang: language to answer in; None = that of the question.
        profile: values for route inputs, by input name.
        filters: limits on the evidence.
        scopes: whose documents may be quoted.
        today: the current day; None = the clock.

    Raises:
        QuestionError: nothing to read, or more than `MAX_CHARS` characters.
    """
    kept = _printable(text)
    if not kept:
        raise QuestionError(
            Bilingual(
                zh="问题是空的。请写下想问的事，例如「境外放款额度怎么算？」。",
                en='The question is empty. Write what you want to know, for example "How is the '
                'overseas lending quota worked out?".',
            )
        )
    if len(kept) > MAX_CHARS:
        raise QuestionError(
            Bilingual(
                zh=f"问题有{len(kept)}个字符，最多{MAX_CHARS}个。请缩短，或分几次问。",
                en=f"The question has {len(kept)} characters; at most {MAX_CHARS} are read. "
                "Shorten it, or ask in parts.",
            )
        )
    day = today or dt.date.today()  # noqa: DTZ011 - rules hold on the reader's calendar day
    return Question(
        text=kept,
        lang=lang or detect_lang(kept),
        history=history[-MAX_TURNS:],
        as_of=as_of or day,
        today=day,
        as_of_given=as_of is not None,
        profile=dict(profile or {}),
        filters=filters or Filters(),
        scopes=scopes,
    )


def _printable(text: str) -> str:
    """Drop control and formatting characters, keeping line breaks; the wording stays as typed."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C").strip()
