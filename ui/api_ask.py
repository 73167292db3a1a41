"""The endpoint that answers: one JSON, or the same answer block by block as events.

The engine is synchronous, so each step of a stream runs in a worker thread. A slot is held only
while a step is at work: a client that reads slowly keeps none from others.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.answer import CheckedAnswer
from bot.errors import AdvisorError
from bot.events import AnswerEvent, Failed
from bot.language import Lang
from bot.question import Filters, Question, Turn, read_question
from knowledge.card import Bilingual, Frozen
from knowledge.errors import KnowledgeError
from ui.access import Access, Asking, OwnerKey
from ui.api_catalogue import AsOf
from ui.api_problems import NOT_READY, in_language
from ui.desk import Desk, address_of, offered
from ui.papers.scopes import Scopes

log = logging.getLogger(__name__)
KEEP_ALIVE_S = 15
"""Between two comments that keep proxies from closing a quiet stream."""
SEND_TIMEOUT_S = 60.0
"""A client that takes no byte for this long is gone."""
EVENT_STREAM = "text/event-stream"

ProfileValue = bool | int | float | str


class AskRequest(Frozen):
    """A question with what came before it and what is known; only `question` is required."""

    question: str = Field(examples=["我们想把越南子公司的闲置资金归集到香港，怎么做？"])
    history: tuple[Turn, ...] = ()
    as_of: AsOf = None
    lang: Lang | None = Field(None, description="Language of the answer; that of the question.")
    profile: dict[str, ProfileValue] = Field(
        default_factory=dict, description="Values for route inputs by name, where known."
    )
    filters: Filters = Filters()


_EXAMPLES: dict[str, Any] = {
    "plain": {
        "summary": "A question",
        "value": {"question": "境外放款的额度怎么计算？"},
    },
    "full": {
        "summary": "With a day, a language and what is known about the firm",
        "value": {
            "question": "How do we fund our plant in Vietnam from Shanghai?",
            "as_of": "2026-11-22",
            "lang": "en",
            "profile": {"amount_usd": 20000000, "enterprise_type": "private"},
            "filters": {"topics": ["investment"]},
        },
    },
}
_STREAM_EXAMPLE = (
    'event: understood\nid: 1\ndata: {"kind":"understood","lang":"zh-Hans",…}\n\n'
    'event: evidence_found\nid: 2\ndata: {"kind":"evidence_found","refs":[…],"instruments":3}\n\n'
    'event: block_growing\nid: 3\ndata: {"kind":"block_growing","block":{…},"citations":[…]}\n\n'
    'event: block_ready\nid: 4\ndata: {"kind":"block_ready","block":{…},"citations":[…]}\n\n'
    'event: finished\nid: 5\ndata: {"kind":"finished","answer":{…}}\n\n'
)


def ask_endpoint(
    desk: Desk, access: Access, slots: CapacityLimiter, responses: dict[int | str, Any]
) -> APIRouter:
    """Make the endpoint that answers.

    Args:
        desk: takes questions on behalf of callers.
        access: knows how much they may ask.
        slots: threads for the answers under way.
        responses: the refusals that the OpenAPI description names.
    """
    endpoints = APIRouter()
    described: dict[int | str, Any] = {
        200: {
            "description": f"The checked answer; as events with `Accept: {EVENT_STREAM}`. "
            "`block_growing` comes only where a language model writes: the block so far, which the "
            "next one replaces and `block_ready` ends.",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": _STREAM_EXAMPLE}},
        },
        **responses,
    }

    @endpoints.post(
        "/ask",
        tags=["answers"],
        summary="Ask a question",
        response_model=CheckedAnswer,
        responses=described,
    )
    async def ask(
        request: Request,
        asked: Annotated[AskRequest, Body(openapi_examples=_EXAMPLES)],
        caller: Asking,
        owner: OwnerKey = None,
    ) -> Response:
        request.state.lang = asked.lang
        whose = caller.owner_if_told(owner)
        await to_thread.run_sync(access.admit, caller, whose, address_of(request))
        question = read_question(
            asked.question,
            history=asked.history,
            as_of=asked.as_of,
            lang=asked.lang,
            profile=asked.profile,
            filters=offered(caller.tenant, asked.filters),
            scopes=Scopes(caller.tenant.id).seen_by(whose),
        )
        if wants_events(request.headers.get("accept", "")):
            steps = desk.stream(caller, question, whose)
            return await _stream(request, steps, question, slots)
        answer = await to_thread.run_sync(desk.answer, caller, question, whose, limiter=slots)
        return Response(
            answer.model_dump_json(by_alias=True),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return endpoints


def wants_events(accept: str) -> bool:
    """Tell whether an `Accept` header asks for a stream of events."""
    ranges = (part.partition(";") for part in accept.casefold().split(","))
    return any(name.strip() == EVENT_STREAM and q.strip() != "q=0" for name, _, q in ranges)


async def _stream(
    request: Request, steps: Iterator[AnswerEvent], question: Question, slots: CapacityLimiter
) -> Response:
    # The first step is taken before the response starts: what the engine refuses at once is
    # answered with its own status and not with a 200 that then fails.
    first = await to_thread.run_sync(_next, steps, limiter=slots)
    return EventSourceResponse(
        _events(first, steps, slots, question, request.state.request_id),
        ping=KEEP_ALIVE_S,
        ping_message_factory=lambda: ServerSentEvent(comment="keep-alive", sep="\n"),
        send_timeout=SEND_TIMEOUT_S,
    )


async def _events(
    first: AnswerEvent | None,
    steps: Iterator[AnswerEvent],
    slots: CapacityLimiter,
    question: Question,
    request_id: str,
) -> AsyncIterator[ServerSentEvent]:
    number, event = 0, first
    try:
        while event is not None:
            number += 1
            yield _sent(number, _outward(event, question.lang))
            try:
                event = await to_thread.run_sync(_next, steps, limiter=slots)
            except Exception as error:
                log.exception("request %s: the stream failed", request_id)
                event = _failed(error, question.lang)
                yield _sent(number + 1, event)
                return
    finally:
        # A client that went away cancels this generator; the engine's own is closed with it.
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(_close, steps)


def _outward(event: AnswerEvent, lang: Lang) -> AnswerEvent:
    # What the index says of itself is for the operator: it names folders of this machine.
    if isinstance(event, Failed) and event.code == "index-fault":
        return Failed(code="not-ready", message=in_language(NOT_READY, lang))
    return event


def _next(steps: Iterator[AnswerEvent]) -> AnswerEvent | None:
    return next(steps, None)


def _close(steps: Iterator[AnswerEvent]) -> None:
    close = getattr(steps, "close", None)
    if close is not None:
        close()


def _sent(number: int, event: AnswerEvent) -> ServerSentEvent:
    return ServerSentEvent(
        data=event.model_dump_json(by_alias=True), event=event.kind, id=str(number), sep="\n"
    )


def _failed(error: Exception, lang: Lang) -> Failed:
    if isinstance(error, AdvisorError):
        return Failed(code=error.code, message=error.user_message(lang))
    if isinstance(error, KnowledgeError):
        return Failed(code="not-ready", message=in_language(NOT_READY, lang))
    detail = Bilingual(
        zh="回答时出错，原因已记入日志。", en="The answer failed; the cause is in the log."
    )
    return Failed(code="internal-error", message=in_language(detail, lang))
