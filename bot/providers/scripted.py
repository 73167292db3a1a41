"""A model that plays given texts at a given pace: for tests, demonstrations and load."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bot.providers.base import (
    Budget,
    ChatModel,
    Delta,
    FormRefused,
    Message,
    ModelError,
    OutputForm,
    Usage,
)

_TOKEN = re.compile(r"[⺀-鿿豈-﫿！-￮]{1,2}|[^⺀-鿿豈-﫿！-￮]{1,4}")
"""A token is about two Chinese or four other characters."""
_FACT = re.compile(r"^\W*(F\d+)\W*[:：]\s*(.+)$", re.MULTILINE)
"""A fact as a brief lists it: `F3: text`, also `- [F3]: text`."""
_HAN = re.compile(r"[\u4e00-\u9fff]{4}")
_SECTIONS = ("lead", "conditions", "procedure", "note")


class Part(NamedTuple):
    """What one call plays."""

    text: str
    error: ModelError | None = None
    """Raised when the text has been played."""


Script = Callable[[Sequence[Message], OutputForm], str]
"""Makes the text of a call from its messages and the form asked for."""


class ScriptedModel(ChatModel):
    """Plays texts; safe to share between threads."""

    def __init__(
        self,
        script: Script | Sequence[str | Part],
        *,
        tokens_per_s: float | None = None,
        first_token_s: float = 0.0,
        form: OutputForm = "json",
        knows_json: bool = True,
        name: str = "scripted",
    ) -> None:
        """Take what to play.

        Args:
            script: one text a call, the last of them again and again; or a function.
            tokens_per_s: pace; None = all at once, still in tokens.
            first_token_s: how long a call is silent first.
            form: the form that it says to ask for.
            knows_json: if not, it refuses the first schema, as some endpoints do.
            name: what it is called in an answer's record.
        """
        if not callable(script) and not script:
            raise ValueError(
                "a scripted model got no text; give it one for each call, or a function"
            )
        self._script = script
        self._tokens_per_s = tokens_per_s
        self._first_token_s = first_token_s
        self._form: OutputForm = form
        self._knows_json = knows_json
        self._name = name
        self._lock = threading.Lock()
        self._calls: list[tuple[Message, ...]] = []

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @property
    def form(self) -> OutputForm:
        """As given; `lines` once JSON has been refused."""
        return self._form

    @property
    def calls(self) -> tuple[tuple[Message, ...], ...]:
        """The messages of every call so far; a call refused for its form is none."""
        with self._lock:
            return tuple(self._calls)

    def stream(
        self, messages: Sequence[Message], budget: Budget, schema: Mapping[str, Any] | None = None
    ) -> Iterator[Delta]:
        """Play the text of this call; see `ChatModel`."""
        if schema and self._form == "json" and not self._knows_json:
            self._form = "lines"
            raise FormRefused("response_format is not known here")
        part = self._next(messages, "json" if schema and self._form == "json" else "lines")
        tokens = _TOKEN.findall(part.text)
        start = time.monotonic() + self._first_token_s
        for number, token in enumerate(tokens, start=1):
            pace = number / self._tokens_per_s if self._tokens_per_s else 0.0
            _wait_until(start + pace, budget, is_first=number == 1)
            yield Delta(text=token)
        if part.error:
            raise part.error
        said = "".join(message.content for message in messages)
        yield Delta(usage=Usage(prompt_tokens=count_tokens(said), completion_tokens=len(tokens)))

    def _next(self, messages: Sequence[Message], form: OutputForm) -> Part:
        with self._lock:
            self._calls.append(tuple(messages))
            number = len(self._calls)
        if callable(self._script):
            return Part(self._script(messages, form))
        part = self._script[min(number, len(self._script)) - 1]
        return part if isinstance(part, Part) else Part(part)


def count_tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return len(_TOKEN.findall(text))


def fact_echo(limit: int = 4, *, in_own_words: bool = False) -> Script:
    """Return a script that says the first facts of a brief as they are, with their names.

    The facts are read from lines like `F3: text` in the last message of the user. The first one
    is the lead; the others go under the further headings in turn.

    Args:
        limit: most facts said.
        in_own_words: put a word of its own in front of each, so that it is no longer the fact's
            own sentence and is checked as any other.
    """

    def play(messages: Sequence[Message], form: OutputForm) -> str:
        asked = next((m.content for m in reversed(messages) if m.role == "user"), "")
        # A brief tells instrument and status behind the fact, in brackets after a space.
        facts = [(n, text.rsplit(" 〔", 1)[0].strip()) for n, text in _FACT.findall(asked)][:limit]
        claims = [
            {
                "section": _SECTIONS[min(at, len(_SECTIONS) - 1)],
                "text": f"{_opening(text)}{text}" if in_own_words else text,
                "facts": [name],
            }
            for at, (name, text) in enumerate(facts)
        ]
        if form == "json":
            return json.dumps({"claims": claims}, ensure_ascii=False)
        return "\n".join(_line(claim) for claim in claims)

    return play


def _opening(text: str) -> str:
    return "In short: " if text.isascii() or not _HAN.search(text) else "简单说，"


def _line(claim: Mapping[str, Any]) -> str:
    said = f"{claim['text']} " + "".join(f"[{name}]" for name in claim["facts"])
    section = claim["section"]
    return f"LEAD: {said}" if section == "lead" else f"{section.upper()}:\n- {said}"


def _wait_until(moment: float, budget: Budget, *, is_first: bool) -> None:
    """Wait, but no longer than a caller with this budget would.

    Raises:
        ModelError: the budget ends before.
    """
    wait = moment - time.monotonic()
    patience = min(budget.left_s(), budget.first_byte_s) if is_first else budget.left_s()
    if wait > patience or not budget.left_s():
        time.sleep(max(0.0, min(wait, patience)))
        raise ModelError("timeout", "the script is slower than the budget")
    if wait > 0:
        time.sleep(wait)
