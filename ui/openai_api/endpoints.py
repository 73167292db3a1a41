"""`/v1/chat/completions` and `/v1/models`: what OpenAI's clients call."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from sse_starlette import ServerSentEvent

from bot.events import Failed
from bot.language import Lang
from bot.question import Question, read_question
from knowledge.card import Bilingual
from ui.access import Access, Asking, AskingOrReading, Caller, OwnerKey
from ui.api.event_stream import INTERNAL, event_stream, outward
from ui.api.problems import NOT_READY, ProblemError, in_language
from ui.api.steps import Steps
from ui.desk import Desk, address_of, offered
from ui.openai_api.completion import ChatChunk, ChatCompletion, Completion
from ui.openai_api.errors import ErrorBody, error_body
from ui.openai_api.models import Model, ModelList, all_models, lang_of, model_of
from ui.openai_api.request import ChatRequest
from ui.papers.scopes import Scopes

log = logging.getLogger(__name__)
_EXAMPLES: dict[str, Any] = {
    "plain": {
        "summary": "A question",
        "value": {
            "model": "hugang",
            "messages": [{"role": "user", "content": "境外放款的额度怎么计算？"}],
        },
    },
    "full": {
        "summary": "A follow-up, as a stream, with what only Hugang reads",
        "value": {
            "model": "hugang-en",
            "messages": [
                {"role": "user", "content": "How do we lend to our Hong Kong subsidiary?"},
                {"role": "assistant", "content": "…"},
                {"role": "user", "content": "And how is the quota worked out?"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "hugang": {"as_of": "2026-11-22", "sources": "none"},
        },
    },
}
_STREAM_EXAMPLE = (
    'data: {"id":"chatcmpl-…","object":"chat.completion.chunk",…,"choices":[{"index":0,'
    '"delta":{"role":"assistant","content":""},"finish_reason":null,"logprobs":null}]}\n\n'
    "data: [DONE]\n\n"
)

_EVENT = {
    "type": "object",
    "description": "Each event.",
    "properties": {
        "data": {
            "type": "string",
            "description": "JSON of a chunk (`id`, `choices[0].delta.content`, …; `usage`; `hugang`), "
            "of an error, or `[DONE]`.",
        }
    },
    "required": ["data"],
}


def openai_endpoints(desk: Desk, access: Access, slots: CapacityLimiter) -> APIRouter:
    """Make the endpoints; they stand at the root, since clients add `/chat/completions` to `…/v1`.

    Args:
        desk: takes questions on behalf of callers.
        access: knows how much they may ask.
        slots: how many answers are worked on at once.
    """
    endpoints = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])
    version = desk.advisor.corpus.version

    @endpoints.post(
        "/chat/completions",
        summary="Answer the last message of a conversation",
        response_model=ChatCompletion,
        responses={
            200: {
                "description": "The checked answer; with `stream` as events, each the JSON of a "
                "`chat.completion.chunk`, the last one `[DONE]`.",
                "content": {"text/event-stream": {"schema": _EVENT, "example": _STREAM_EXAMPLE}},
            },
            **_refusals(400, 401, 403, 404, 413, 415, 429, 500, 503),
        },
    )
    async def complete(
        request: Request,
        asked: Annotated[ChatRequest, Body(openapi_examples=_EXAMPLES)],
        caller: Asking,
        owner: OwnerKey = None,
    ) -> Response:
        request.state.lang = asked.wish.lang
        lang = asked.wish.lang or lang_of(asked.model)
        caller = dataclasses.replace(caller, surface="openai")
        whose = caller.owner_if_told(owner)
        question = _question(asked, lang, caller, whose)
        await to_thread.run_sync(access.admit, caller, whose or asked.user, address_of(request))
        completion = Completion(asked, str(version))
        if asked.stream:
            request.state.lang = question.lang
            steps = await Steps.begun(desk.stream(caller, question, whose), slots, search=True)
            if isinstance(steps.last_taken, Failed):
                raise _refused(steps.last_taken)
            return event_stream(_events(completion, steps, question.lang, request.state.request_id))
        answer = await to_thread.run_sync(desk.answer, caller, question, whose, limiter=slots)
        return Response(
            completion.whole(answer).model_dump_json(by_alias=True),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    @endpoints.get(
        "/models", summary="List the models", responses=_refusals(400, 401, 403, 500, 503)
    )
    async def models(caller: AskingOrReading) -> ModelList:
        del caller  # may know them
        return all_models(version)

    @endpoints.get(
        "/models/{model}",
        summary="Describe a model",
        responses=_refusals(400, 401, 403, 404, 500, 503),
    )
    async def model(model: str, caller: AskingOrReading) -> Model:
        del caller
        return model_of(model, version)

    return endpoints


def _refusals(*statuses: int) -> dict[int | str, Any]:
    """Describe refusals; `4XX` keeps FastAPI from describing a form of its own."""
    described: dict[int | str, Any] = {status: {"model": ErrorBody} for status in statuses}
    return {**described, "4XX": {"model": ErrorBody}}


def _question(asked: ChatRequest, lang: Lang | None, caller: Caller, owner: str | None) -> Question:
    text, history = asked.turns()
    return read_question(
        text,
        history=history,
        as_of=asked.wish.as_of,
        lang=lang,
        profile=asked.wish.profile,
        filters=offered(caller.tenant, asked.wish.filters),
        scopes=Scopes(caller.tenant.id).seen_by(owner),
    )


def _refused(failed: Failed) -> ProblemError:
    """Tell a failure before the first text by its status."""
    if failed.code == "index-fault":
        return ProblemError("not-ready", NOT_READY, retry_after_s=30)
    told = Bilingual(zh=failed.message, en=failed.message)
    return ProblemError("bad-profile" if failed.code == "bad-profile" else "bad-request", told)


async def _events(
    completion: Completion, steps: Steps, lang: Lang, request_id: str
) -> AsyncIterator[ServerSentEvent]:
    yield _sent(completion.begin())
    async with steps.events() as events:
        try:
            async for event in events:
                if isinstance(event, Failed):
                    yield _sent(_failure(event, lang))
                    return
                for chunk in completion.chunks(event):
                    yield _sent(chunk)
        except Exception:
            log.exception("request %s: the stream failed", request_id)
            yield _sent(error_body("internal-error", in_language(INTERNAL, lang)))
            return
    yield ServerSentEvent(data="[DONE]", sep="\n")


def _failure(failed: Failed, lang: Lang) -> ErrorBody:
    told = outward(failed, lang)
    assert isinstance(told, Failed)
    return error_body(told.code, told.message, 503 if told.code == "not-ready" else 400)


def _sent(told: ChatChunk | ErrorBody) -> ServerSentEvent:
    return ServerSentEvent(data=told.model_dump_json(by_alias=True), sep="\n")
