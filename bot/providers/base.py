"""What a language model is to us: messages in, text as it comes out, and the ways it fails."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from knowledge.card import Frozen

OutputForm = Literal["json", "lines"]
"""How a model is asked to set its claims down: JSON under a schema, or one claim a line."""

Fault = Literal[
    "timeout",
    "unauthorised",
    "rate-limited",
    "refused-request",
    "server-error",
    "unreachable",
    "malformed",
    "cut-off",
    "endless",
    "empty",
    "busy",
    "resting",
]
"""Why a call gave no usable text. `busy`: our own cap; `resting`: the circuit breaker is open."""


class Message(Frozen):
    """One message of the conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(Frozen):
    """Tokens that a call took, as the endpoint counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Sum over calls."""
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


class Delta(Frozen):
    """A piece of a model's answer; reasoning is left out by the provider."""

    text: str = ""
    usage: Usage | None = None
    """Told once, with the last piece, by endpoints that count."""


class ModelError(Exception):
    """A model gave no usable text; the message carries no secret and no prompt."""

    def __init__(self, fault: Fault, detail: str, *, retry_after_s: float | None = None) -> None:
        """Take the kind of fault, what was seen, and how long the endpoint wants us to wait."""
        super().__init__(f"{fault}: {detail}")
        self.fault: Fault = fault
        self.detail = detail
        self.retry_after_s = retry_after_s


class FormRefused(ModelError):
    """The endpoint knows no structured output; ask again in lines. It is remembered."""

    def __init__(self, detail: str) -> None:
        """Take what the endpoint said."""
        super().__init__("refused-request", detail)


class Budget:
    """The time that one answer may spend on a model, from the moment it is made."""

    def __init__(self, first_byte_s: float, total_s: float) -> None:
        """Start the clock."""
        self.first_byte_s = first_byte_s
        self.total_s = total_s
        self._start = time.monotonic()

    def left_s(self) -> float:
        """Return the seconds left; never below 0."""
        return max(0.0, self.total_s - (time.monotonic() - self._start))


class ChatModel(Protocol):
    """A language model behind any endpoint."""

    @property
    def name(self) -> str:
        """Model and host, for the answer's record: `qwen-max @ dashscope.example`."""

    @property
    def form(self) -> OutputForm:
        """The form to ask for next; `lines` once the endpoint has refused JSON."""

    def stream(
        self, messages: Sequence[Message], budget: Budget, schema: Mapping[str, Any] | None = None
    ) -> Iterator[Delta]:
        """Yield the answer as it comes.

        Args:
            messages: the whole conversation.
            budget: time for the first byte and in all.
            schema: JSON schema of the answer, where `form` is `json`; None = free text.

        Raises:
            FormRefused: before any text, where the endpoint knows no structured output.
            ModelError: before or in the middle of the text.
        """

    def warm(self) -> None:
        """Read the libraries that the first call would wait for; sends nothing."""
        return

    def close(self) -> None:
        """Release connections; the model opens them again when it is asked again."""
        return
