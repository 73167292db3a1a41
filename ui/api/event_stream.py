"""Server-sent events as every endpoint here sends them, and how an answer's end is told outside."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.events import AnswerEvent, Failed
from bot.language import Lang
from knowledge.card import Bilingual
from ui.api.problems import NOT_READY, in_language

KEEP_ALIVE_S = 15
"""Between two comments that keep proxies from closing a quiet stream."""
SEND_TIMEOUT_S = 60.0
"""A client that takes no byte for this long is gone."""
INTERNAL = Bilingual(
    zh="回答时出错，原因已记入日志。", en="The answer failed; the cause is in the log."
)
"""What is told of a fault of ours in the middle of a stream."""


def event_stream(events: AsyncIterator[ServerSentEvent]) -> Response:
    """Send events as they come; a quiet stream is kept alive, and one that nobody takes is ended."""
    return EventSourceResponse(
        events,
        ping=KEEP_ALIVE_S,
        ping_message_factory=lambda: ServerSentEvent(comment="keep-alive", sep="\n"),
        send_timeout=SEND_TIMEOUT_S,
    )


def outward(event: AnswerEvent, lang: Lang) -> AnswerEvent:
    """Return an event as it may be told outside.

    What the index says of itself is for the operator: it names folders of this machine.
    """
    if isinstance(event, Failed) and event.code == "index-fault":
        return Failed(code="not-ready", message=in_language(NOT_READY, lang))
    return event
