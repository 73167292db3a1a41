"""Endpoints of what is kept: conversations, their private links, feedback on answers.

Who owns a conversation is told by a key that the browser made and keeps; it comes in a header,
never in an address. Whoever knows a conversation's id, and calls for its tenant, may read it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from bot.language import Lang
from bot.store.conversations import ConversationNotFound, as_shown
from bot.store.records import (
    CONVERSATION_ID,
    MAX_FEEDBACK_TEXT,
    TURN_ID,
    Conversation,
    Feedback,
    FeedbackReason,
    FeedbackVerdict,
    KeptTurn,
    Told,
    TurnState,
)
from knowledge.card import Bilingual, FactRef, Frozen
from ui.access import MOST_SKIPPED, Asking, OwnerKey, Reading, kept_of

_NO_STORE = {"Cache-Control": "no-store"}
_ID = "Jm3sZk0p9VtTq1xYc2dUeg"
TurnName = Annotated[str, Path(pattern=TURN_ID, examples=["m3f9c0a1b2c3d4e5f6a7b"])]


class ConversationLine(Frozen):
    """A conversation in the list of its owner."""

    id: str = Field(examples=[_ID])
    title: str = Field(examples=["境外放款的额度怎么计算？"])
    created: dt.datetime
    updated: dt.datetime
    """When it was last asked in."""
    turns: int
    line: str | None = None
    """The line of a question or answer in which a search found it."""


class ConversationList(Frozen):
    """An owner's conversations, the latest first."""

    conversations: tuple[ConversationLine, ...]


class FeedbackGiven(Frozen):
    """What a reader said of an answer."""

    turn: str
    answer: str | None
    verdict: FeedbackVerdict
    reason: FeedbackReason | None
    text: str
    refs: tuple[FactRef, ...]
    corpus: str
    updated: dt.datetime


class TurnShown(Frozen):
    """A question with its answer as the page showed it."""

    message: str
    """Permanent name of the answer; its marks are `<message>:<n>`."""
    root: str
    question: str
    told: tuple[Told, ...]
    """What was told besides, as the page shows it."""
    profile: Mapping[str, Any]
    as_of: dt.date | None
    filters: Mapping[str, Any]
    state: TurnState
    lang: Lang
    """Language of the answer; of the page before there is one."""
    parts: tuple[tuple[str, str], ...]
    """Key and HTML of each part, in reading order."""
    text: str
    markdown: str
    answer: str | None
    """Id of the checked answer."""
    corpus: str
    started: dt.datetime
    ended: dt.datetime | None
    feedback: FeedbackGiven | None
    """For the owner only."""


class ConversationWhole(ConversationLine):
    """A conversation with its turns, oldest first."""

    owned: bool
    """Whether the key of this request is that of its owner."""
    asked: tuple[TurnShown, ...]


class SearchWish(Frozen):
    """Words to be found in titles, questions and answers."""

    words: str = Field(min_length=1, max_length=100)


class Renaming(Frozen):
    """Another title."""

    title: str = Field(min_length=1, max_length=200, pattern=r"\S")


class FeedbackWish(Frozen):
    """What a reader says of an answer; a later one takes the place of an earlier."""

    turn: str = Field(pattern=TURN_ID, description="`message` of the answer.")
    verdict: FeedbackVerdict
    reason: FeedbackReason | None = None
    text: str = Field("", max_length=MAX_FEEDBACK_TEXT)


_RENAME_EXAMPLES: dict[str, Any] = {
    "plain": {"summary": "Another title", "value": {"title": "越南工厂：放款与担保"}}
}
_SEARCH_EXAMPLES: dict[str, Any] = {
    "two": {"summary": "Both words", "value": {"words": "境外放款 额度"}}
}
_FEEDBACK_EXAMPLES: dict[str, Any] = {
    "down": {
        "summary": "Out of date",
        "value": {
            "turn": "m3f9c0a1b2c3d4e5f6a7b",
            "verdict": "down",
            "reason": "outdated",
            "text": "The quota was raised this year.",
        },
    },
    "up": {"summary": "Good", "value": {"turn": "m3f9c0a1b2c3d4e5f6a7b", "verdict": "up"}},
}


def conversation_endpoints(
    responses: dict[int | str, Any], after_delete: Callable[[], object] | None = None
) -> APIRouter:
    """Make the endpoints under `/api/v1`.

    Args:
        responses: the refusals that the OpenAPI description names.
        after_delete: called when conversations may have gone for good.
    """
    endpoints = APIRouter(responses=responses)

    @endpoints.get(
        "/conversations",
        tags=["conversations"],
        summary="List your conversations",
        response_model=ConversationList,
    )
    def listed(
        response: Response,
        caller: Reading,
        owner: OwnerKey = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 200,
        offset: Annotated[int, Query(ge=0, le=MOST_SKIPPED)] = 0,
    ) -> ConversationList:
        response.headers.update(_NO_STORE)
        found = kept_of(caller).conversations.listed(caller.owner(owner), limit, offset)
        return ConversationList(conversations=tuple(map(_line, found)))

    @endpoints.post(
        "/conversations/search",
        tags=["conversations"],
        summary="Search your conversations",
        description="By titles, questions and answers: all words must be there; script, width and "
        "case do not count. At most 50, the latest first. The words stand in the body, since "
        "addresses are logged.",
        response_model=ConversationList,
    )
    def search(
        response: Response,
        wish: Annotated[SearchWish, Body(openapi_examples=_SEARCH_EXAMPLES)],
        caller: Reading,
        owner: OwnerKey = None,
    ) -> ConversationList:
        response.headers.update(_NO_STORE)
        found = kept_of(caller).conversations.search(caller.owner(owner), wish.words)
        return ConversationList(conversations=tuple(map(_line, found)))

    @endpoints.get(
        "/conversations/{conversation}",
        tags=["conversations"],
        summary="Read a conversation",
        response_model=ConversationWhole,
    )
    def read(
        response: Response, conversation: str, caller: Reading, owner: OwnerKey = None
    ) -> ConversationWhole:
        response.headers.update(_NO_STORE)
        found, turns = kept_of(caller).conversations.read(_id(conversation))
        reader = caller.owner_if_told(owner or None)
        owned = reader is not None and kept_of(caller).conversations.is_owner(found, reader)
        return ConversationWhole(
            **_line(found).model_dump(),
            owned=owned,
            asked=tuple(_shown(turn, owned=owned) for turn in as_shown(turns)),
        )

    @endpoints.patch(
        "/conversations/{conversation}",
        tags=["conversations"],
        summary="Rename a conversation",
        response_model=ConversationLine,
    )
    def rename(
        conversation: str,
        wish: Annotated[Renaming, Body(openapi_examples=_RENAME_EXAMPLES)],
        caller: Asking,
        owner: OwnerKey = None,
    ) -> ConversationLine:
        return _line(
            kept_of(caller).conversations.rename(_id(conversation), caller.owner(owner), wish.title)
        )

    @endpoints.delete(
        "/conversations/{conversation}",
        tags=["conversations"],
        summary="Delete a conversation",
        description="It can be brought back for an hour; then it is gone, with its feedback.",
        status_code=204,
    )
    def delete(conversation: str, caller: Asking, owner: OwnerKey = None) -> Response:
        kept_of(caller).conversations.delete(_id(conversation), caller.owner(owner))
        if after_delete is not None:
            after_delete()
        return Response(status_code=204)

    @endpoints.post(
        "/conversations/{conversation}/restore",
        tags=["conversations"],
        summary="Bring a deleted conversation back",
        response_model=ConversationLine,
    )
    def restore(conversation: str, caller: Asking, owner: OwnerKey = None) -> ConversationLine:
        return _line(kept_of(caller).conversations.restore(_id(conversation), caller.owner(owner)))

    @endpoints.post(
        "/conversations/{conversation}/turns/{turn}/undo",
        tags=["conversations"],
        summary="Take back an edited question",
        description="What it replaced stands again.",
        status_code=204,
    )
    def undo(conversation: str, turn: TurnName, caller: Asking, owner: OwnerKey = None) -> Response:
        _id(conversation)
        kept_of(caller).conversations.undo(turn, caller.owner(owner))
        return Response(status_code=204)

    @endpoints.post(
        "/feedback",
        tags=["feedback"],
        summary="Rate an answer",
        response_model=FeedbackGiven,
    )
    def rate(
        wish: Annotated[FeedbackWish, Body(openapi_examples=_FEEDBACK_EXAMPLES)],
        caller: Asking,
        owner: OwnerKey = None,
    ) -> FeedbackGiven:
        given = kept_of(caller).feedback.give(
            wish.turn, caller.owner(owner), wish.verdict, wish.reason, wish.text.strip()
        )
        return _given(given)

    @endpoints.delete(
        "/feedback/{turn}", tags=["feedback"], summary="Take a rating back", status_code=204
    )
    def withdraw(turn: TurnName, caller: Asking, owner: OwnerKey = None) -> Response:
        kept_of(caller).feedback.withdraw(turn, caller.owner(owner))
        return Response(status_code=204)

    return endpoints


def link_endpoint() -> APIRouter:
    """Make the address of a private link, `/c/{id}`.

    It leads to the page of questions. The id goes on behind the `#`, which a browser sends to
    nobody: neither the page's own requests nor a source that is opened learn it.
    """
    endpoints = APIRouter()

    @endpoints.get("/c/{conversation}", include_in_schema=False)
    def link(request: Request, conversation: str) -> Response:
        root = request.scope.get("root_path", "").rstrip("/")
        lang = request.query_params.get("lang", "")
        asked = f"?lang={lang}" if lang in ("zh-Hans", "zh-Hant", "en") else ""
        known = conversation if re.fullmatch(CONVERSATION_ID, conversation) else "unknown"
        return RedirectResponse(
            f"{root}/{asked}#c={known}",
            status_code=307,
            headers={**_NO_STORE, "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"},
        )

    return endpoints


def _id(conversation: str) -> str:
    if not re.fullmatch(CONVERSATION_ID, conversation):
        raise ConversationNotFound(
            Bilingual(
                zh="没有这段对话，或已被删除。",
                en="There is no such conversation, or it was deleted.",
            )
        )
    return conversation


def _line(found: Conversation) -> ConversationLine:
    return ConversationLine.model_validate(_told(found, ConversationLine))


def _told(record: BaseModel, kind: type[BaseModel]) -> dict[str, Any]:
    """Return what of a record of the store goes out: the fields that `kind` names."""
    return {name: getattr(record, name) for name in kind.model_fields}


def _shown(turn: KeptTurn, *, owned: bool) -> TurnShown:
    shown = turn.shown or {}
    return TurnShown(
        message=turn.turn,
        root=turn.root,
        question=turn.question,
        told=turn.told,
        profile=turn.profile,
        as_of=turn.as_of,
        filters=turn.filters,
        state=turn.state,
        lang=shown.get("lang", turn.lang),
        parts=tuple((key, html) for key, html in shown.get("parts", ())),
        text=shown.get("text", ""),
        markdown=shown.get("markdown", ""),
        answer=turn.answer,
        corpus=turn.corpus,
        started=turn.started,
        ended=turn.ended,
        feedback=_given(turn.feedback) if owned and turn.feedback else None,
    )


def _given(said: Feedback) -> FeedbackGiven:
    return FeedbackGiven.model_validate(_told(said, FeedbackGiven))
