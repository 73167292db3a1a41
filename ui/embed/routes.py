"""The addresses of the chat in portals: script, page, look, and the stream of an answer.

The page in the frame is of this server's origin, so that its calls are no foreign ones: what keeps
foreign portals out is `frame-ancestors`, and that only the tenant's own pages are given a token.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from hashlib import sha256
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sse_starlette import ServerSentEvent

from bot.language import Lang
from bot.store.tenants import Tenant
from knowledge.card import Bilingual
from ui.access import Access, Asking, Caller, OwnerKey
from ui.api.event_stream import event_stream
from ui.api.problems import ProblemError
from ui.ask.answering import Answering, Answers, Payload
from ui.ask.page_request import PageRequest, StopRequest
from ui.desk import address_of
from ui.embed.page import chat_page, no_chat_page
from ui.embed.palette import style_sheet
from ui.embed.scripts import chat_script, stamp, widget_script

_SCRIPT = "text/javascript; charset=utf-8"
_SOON = "public, max-age=300"
"""Of what has a fixed address: portals get another version within five minutes."""
_FOR_GOOD = "public, max-age=31536000, immutable"
"""Of what has another address when it changes."""
_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""The script is public; pages that isolate themselves, or check its hash, may load it too."""


def embed_endpoints(access: Access, answers: Answers) -> APIRouter:
    """Make the endpoints of the chat.

    Args:
        access: knows the tenants, and how much they may ask.
        answers: makes the answers.
    """
    endpoints = APIRouter(include_in_schema=False)

    @endpoints.get("/widget.js")
    async def widget(request: Request) -> Response:
        return _cached(request, widget_script().encode(), _SCRIPT, _SOON, _ANYWHERE)

    @endpoints.get("/embed/chat.js")
    async def chat(request: Request, lang: Annotated[Lang, Query()] = "zh-Hans") -> Response:
        script = chat_script(lang)
        named = request.query_params.get("v") == stamp(script)
        return _cached(request, script.encode(), _SCRIPT, _FOR_GOOD if named else _SOON)

    @endpoints.get("/embed/{tenant}")
    def page(request: Request, tenant: str) -> HTMLResponse:
        try:
            return chat_page(request, access.tenant(tenant))
        except ProblemError:
            return no_chat_page(request)

    @endpoints.get("/embed/{tenant}/look.css")
    def look(request: Request, tenant: str) -> Response:
        colours = style_sheet(access.tenant(tenant).profile.accent)
        return _cached(request, colours.encode(), "text/css; charset=utf-8", _SOON)

    @endpoints.get("/embed/{tenant}/logo")
    def logo(request: Request, tenant: str) -> Response:
        found = access.tenant(tenant)
        if found.profile.logo is None:
            raise _no_logo(found)
        return _cached(request, found.profile.logo.data, found.profile.logo.media_type, _SOON)

    @endpoints.post("/embed/{tenant}/ask")
    async def ask(
        request: Request, tenant: str, asked: PageRequest, caller: Asking, owner: OwnerKey = None
    ) -> Response:
        request.state.lang = asked.ui
        _must_be_of(caller, tenant)
        asked = asked.model_copy(update={"owner": owner or asked.owner})
        whose = caller.owner_if_told(asked.owner)
        # Asked again after a lost connection, a question is not counted again.
        if not await to_thread.run_sync(answers.knows, asked, caller):
            await to_thread.run_sync(access.admit, caller, whose, address_of(request))
        answering = await to_thread.run_sync(answers.ask, asked, caller)
        return event_stream(_states(answering))

    @endpoints.post("/embed/{tenant}/stop", status_code=204)
    def stop(tenant: str, wish: StopRequest, caller: Asking, owner: OwnerKey = None) -> Response:
        _must_be_of(caller, tenant)
        answers.stop(wish.message, owner or wish.owner, caller)
        return Response(status_code=204)

    return endpoints


def changes(before: Mapping[str, str], state: Payload) -> dict[str, Any]:
    """Return what of a state a listener does not have yet.

    Args:
        before: HTML of each part as it was sent last, by key.
        state: from `Answering.states`.

    Returns:
        the state with `order`, the keys of its parts, and `changed`, those parts that are new or
        differ, in the place of `parts`.
    """
    told = {key: value for key, value in state.items() if key != "parts"}
    parts = state.get("parts", ())
    told["order"] = [key for key, _ in parts]
    told["changed"] = [[key, html] for key, html in parts if before.get(key) != html]
    return told


async def _states(answering: Answering) -> AsyncIterator[ServerSentEvent]:
    before: dict[str, str] = {}
    number = 0
    async with aclosing(answering.states()) as states:
        async for state in states:
            number += 1
            told = changes(before, state)
            before.update(told["changed"])
            data = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            yield ServerSentEvent(data=data, event="state", id=str(number), sep="\n")


def _must_be_of(caller: Caller, tenant: str) -> None:
    if caller.session is None or caller.tenant.id != tenant:
        raise ProblemError(
            "bad-token",
            Bilingual(
                zh=f"这里只接受租户{tenant[:64]!r}的访客令牌。",
                en=f"Only tokens of visitors of the tenant {tenant[:64]!r} are taken here.",
            ),
        )


def _no_logo(tenant: Tenant) -> ProblemError:
    return ProblemError(
        "not-found",
        Bilingual(
            zh=f"租户{tenant.id}没有设置logo。", en=f"The tenant {tenant.id} has set no logo."
        ),
    )


def _cached(
    request: Request,
    content: bytes,
    media_type: str,
    caching: str,
    more: Mapping[str, str] | None = None,
) -> Response:
    """Send a file, or say that the browser has it already."""
    tag = f'"{sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": caching, **(more or {})}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
