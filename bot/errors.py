"""Errors of the engine, by who must act.

AdvisorError
├── SettingsError    the operator: a setting is wrong
├── QuestionError    the caller: the question cannot be read
├── RouteNotFound    the caller: no such route
├── ProfileError     the caller: a fact about the firm or deal cannot be used
└── PromptError      the operator: a prompt file cannot be used (in `bot.model.prompt`)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from bot.language import Lang, localise
from bot.nearest import nearest_names
from knowledge.card import Bilingual


class AdvisorError(Exception):
    """Root of everything `bot` raises on purpose: safe to show, in the user's language."""

    code = "advisor-error"
    """Stable name for programs."""

    def __init__(self, message: Bilingual) -> None:
        """Take what was seen, what was expected and what to do, in both languages."""
        super().__init__(message.en)
        self.message = message

    def user_message(self, lang: Lang) -> str:
        """Return the message in the user's language."""
        return localise(self.message, lang)


class SettingsError(AdvisorError):
    """A setting has a value that cannot work."""

    code = "bad-settings"


class QuestionError(AdvisorError):
    """The question is empty, too long or not text."""

    code = "bad-question"


class RouteNotFound(AdvisorError):
    """No route card has this id."""

    code = "route-not-found"

    @classmethod
    def of(cls, route_id: str, known: Iterable[str]) -> Self:
        """Name the id that was asked for and the nearest ones there are."""
        near = nearest_names(route_id, known)
        return cls(
            Bilingual(
                zh=f"没有路线「{route_id}」；最接近的：{'、'.join(near) or '无'}。",
                en=f"there is no route {route_id!r}; nearest: {', '.join(near) or 'none'}.",
            )
        )


class ProfileError(AdvisorError):
    """A value given for a route input does not fit the input."""

    code = "bad-profile"
