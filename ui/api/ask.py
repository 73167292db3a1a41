"""The endpoint that answers: one JSON, or the same answer block by block as events.

The engine is synchronous, so each step of a stream runs in a worker thread. A slot is held only
while a step is at work: a client that reads slowly keeps none from others.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, NamedTuple

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Body, Header, Request
from fastapi.responses import Response
from pydantic import Field
from sse_starlette import ServerSentEvent

from bot.answer import CheckedAnswer
from bot.errors import AdvisorError
from bot.events import AnswerEvent, Failed, Finished
from bot.language import Lang
from bot.question import Filters, Turn, read_question
from bot.store.requests import Begun, Requests, request_name
from bot.store.schema import StoreError
from knowledge.card import Bilingual, Frozen
from knowledge.errors import KnowledgeError
from ui.access import Access, Asking, Caller, OwnerKey
from ui.api.catalogue import AsOf
from ui.api.event_stream import INTERNAL, event_stream, outward
from ui.api.problems import NOT_READY, ProblemError, in_language
from ui.api.steps import Steps
from ui.api.streams import AnswerStream, Name, Streams
from ui.desk import Desk, address_of, offered
from ui.papers.scopes import Scopes

log = logging.getLogger(__name__)
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


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        description="Your own name for this question. Sent again by the same name within a day, it "
        "gets the same answer; a stream goes on behind `Last-Event-ID`.",
    ),
]
LastEvent = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="With `Idempotency-Key`: `id` of the last event that arrived.",
        max_length=20,
    ),
]

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
    desk: Desk,
    access: Access,
    slots: CapacityLimiter,
    streams: Streams,
    responses: dict[int | str, Any],
) -> APIRouter:
    """Make the endpoint that answers.

    Args:
        desk: takes questions on behalf of callers.
        access: knows how much they may ask.
        slots: threads for the answers under way.
        streams: answers that can be taken up again.
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
        name: IdempotencyKey = None,
        after: LastEvent = None,
    ) -> Response:
        request.state.lang = asked.lang
        whose = caller.owner_if_told(owner)
        named = Named.of(caller, whose, name, asked) if name else None
        before = await to_thread.run_sync(named.begin) if named else None
        streamed = wants_events(request.headers.get("accept", ""))
        if named and before is not None and before.how != "new":
            if not streamed:
                return _again(before)
            return _taken_up(streams.get(named.name), before, _read(after))
        try:
            question = read_question(
                asked.question,
                history=asked.history,
                as_of=asked.as_of,
                lang=asked.lang,
                profile=asked.profile,
                filters=offered(caller.tenant, asked.filters),
                scopes=Scopes(caller.tenant.id).seen_by(whose),
            )
            await to_thread.run_sync(access.admit, caller, whose, address_of(request))
            if streamed:
                steps = await Steps.begun(desk.stream(caller, question, whose), slots, search=False)
                return await _stream(request, steps, question.lang, streams, named)
            answer = await to_thread.run_sync(desk.answer, caller, question, whose, limiter=slots)
        except BaseException:
            if named:
                await to_thread.run_sync(named.drop)
            raise
        written = answer.model_dump_json(by_alias=True)
        if named:
            await to_thread.run_sync(named.end, written)
        return _whole(written)

    return endpoints


class Named(NamedTuple):
    """A question that may be sent twice, by the name its sender gave it."""

    requests: Requests
    tenant: str
    sender: str
    key: str
    body: bytes

    @classmethod
    def of(cls, caller: Caller, owner: str | None, key: str, asked: AskRequest) -> Named | None:
        """Return a named question; None where nothing is kept, so that no name can be known again."""
        if caller.store is None:
            return None
        return cls(
            caller.store.requests,
            caller.tenant.id,
            # An answer may quote its owner's papers: the same name from another is another request.
            f"{caller.name}:{owner or ''}",
            key,
            asked.model_dump_json().encode(),
        )

    @property
    def name(self) -> Name:
        """What it is called among all."""
        return self.tenant, request_name(self.sender, self.key)

    def begin(self) -> Begun:
        """Note it, or tell what became of it.

        Raises:
            ProblemError: the name was used for another question.
        """
        found = self.requests.begin(self.sender, self.key, self.body)
        if found.how == "other":
            raise ProblemError(
                "idempotency-key-reused",
                Bilingual(
                    zh="这个Idempotency-Key此前用于另一个问题。",
                    en="This Idempotency-Key was used for another question before.",
                ),
            )
        return found

    def end(self, answer: str) -> None:
        """Keep its answer; one that cannot be kept is given all the same."""
        with suppress(StoreError):  # told in the log by the store
            self.requests.end(self.sender, self.key, answer)

    def drop(self) -> None:
        """Forget it: it failed, and may be sent again."""
        with suppress(StoreError):
            self.requests.drop(self.sender, self.key)


def _again(before: Begun) -> Response:
    """Give the answer of a question that was sent before."""
    if before.answer is None:
        raise _still_answering()
    return _whole(before.answer)


def _taken_up(stream: AnswerStream | None, before: Begun, after: int) -> Response:
    """Give the events behind a place; of an answer whose events are gone, its end."""
    if stream is not None:
        events = (_sent(one.number, one.event) async for one in stream.follow(after))
        return event_stream(events)
    if before.answer is None:
        raise _still_answering()
    end = Finished(answer=CheckedAnswer.model_validate_json(before.answer))
    return event_stream(_only(_sent(after + 1, end)))


async def _only(event: ServerSentEvent) -> AsyncIterator[ServerSentEvent]:
    yield event


def _still_answering() -> ProblemError:
    return ProblemError(
        "still-answering",
        Bilingual(zh="回答还没有完成。", en="The answer is not finished yet."),
        retry_after_s=1,
    )


def _whole(answer: str) -> Response:
    return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})


def _read(after: str | None) -> int:
    """Read the number of the last event that a client has; what is no number of ours is the start."""
    return int(after) if after and after.isdecimal() and len(after) < 10 else 0


def wants_events(accept: str) -> bool:
    """Tell whether an `Accept` header asks for a stream of events."""
    ranges = (part.partition(";") for part in accept.casefold().split(","))
    return any(name.strip() == EVENT_STREAM and q.strip() != "q=0" for name, _, q in ranges)


async def _stream(
    request: Request, steps: Steps, lang: Lang, streams: Streams, named: Named | None
) -> Response:
    request_id = request.state.request_id
    if named is None:
        return event_stream(_events(steps, lang, request_id))

    async def told(event: AnswerEvent) -> AnswerEvent:
        if isinstance(event, Finished):
            written = event.answer.model_dump_json(by_alias=True)
            await to_thread.run_sync(named.end, written)
        return outward(event, lang)

    def failed(error: Exception) -> AnswerEvent:
        return _failed(error, lang)

    async def left() -> None:
        await to_thread.run_sync(named.drop)

    stream = streams.begin(named.name, steps, told, failed, left)
    return event_stream(_sent(one.number, one.event) async for one in stream.follow(0))


async def _events(steps: Steps, lang: Lang, request_id: str) -> AsyncIterator[ServerSentEvent]:
    number = 0
    try:
        async with steps.events() as events:
            async for event in events:
                number += 1
                yield _sent(number, outward(event, lang))
    except Exception as error:
        log.exception("request %s: the stream failed", request_id)
        yield _sent(number + 1, _failed(error, lang))


def _sent(number: int, event: AnswerEvent) -> ServerSentEvent:
    return ServerSentEvent(
        data=event.model_dump_json(by_alias=True), event=event.kind, id=str(number), sep="\n"
    )


def _failed(error: Exception, lang: Lang) -> Failed:
    if isinstance(error, AdvisorError):
        return Failed(code=error.code, message=error.user_message(lang))
    if isinstance(error, KnowledgeError):
        return Failed(code="not-ready", message=in_language(NOT_READY, lang))
    return Failed(code="internal-error", message=in_language(INTERNAL, lang))
