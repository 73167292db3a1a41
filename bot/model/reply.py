"""A model's reply read whole, for the calls whose text is not shown as it comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.providers.base import Budget, ChatModel, FormRefused, Message, ModelError, Usage

MAX_CHARS = 20_000
"""Characters read of a model that does not stop; some think aloud before they answer."""


def read_reply(
    model: ChatModel,
    messages: Sequence[Message],
    budget: Budget,
    schema: Mapping[str, Any],
    *,
    on_usage: Callable[[Usage], None],
    is_wanted: Callable[[], bool] = lambda: True,
) -> str:
    """Return the text of a reply that should be one JSON object; `json_objects` reads it.

    Args:
        model: asked under the schema where its endpoint takes one, else without.
        messages: the whole conversation.
        budget: time for it all.
        schema: JSON schema of the object.
        on_usage: told the tokens spent, also where a fault follows.
        is_wanted: asked with every piece; the rest is not read once it says no.

    Raises:
        ModelError: no text, no end, or a fault of the endpoint.
    """

    def read(schema: Mapping[str, Any] | None) -> str:
        pieces: list[str] = []
        length = 0
        for delta in model.stream(messages, budget, schema):
            if delta.usage:
                on_usage(delta.usage)
            pieces.append(delta.text)
            length += len(delta.text)
            if not is_wanted():
                break
            if length > MAX_CHARS:
                raise ModelError("endless", f"more than {MAX_CHARS:,} characters")
            if not budget.left_s():
                raise ModelError("timeout", f"not complete within {budget.total_s:g} s")
        text = "".join(pieces)
        if not text.strip():
            raise ModelError("empty", "no text")
        return text

    if model.form != "json":
        return read(None)
    try:
        return read(schema)
    except FormRefused:
        return read(None)


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects of a text, whatever stands around them."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)
