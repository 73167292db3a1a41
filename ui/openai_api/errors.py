"""Refusals in OpenAI's own form: `{"error": {"message", "type", "code", "param"}}`."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from knowledge.card import Frozen
from ui.api_problems import PROBLEM_JSON

PREFIX = "/v1/"


class ErrorDetail(Frozen):
    """Why a request was refused."""

    message: str
    """What was seen, and what to do."""
    type: str
    code: str
    """The code of `docs/api.md` with `_` for `-`, or OpenAI's own name for the same."""
    param: str | None
    """The value of the request that is meant, such as `messages[0].content`."""


class ErrorBody(Frozen):
    """The JSON of a refusal."""

    error: ErrorDetail


_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {
    "bad-key": "invalid_api_key",
    "key-missing": "invalid_api_key",
    "rate-limited": "rate_limit_exceeded",
}
_PARAMS = {
    "model-not-found": "model",
    "bad-question": "messages",
    "bad-profile": "hugang.profile",
    "topic-not-offered": "hugang.filters.topics",
}
_ELSEWHERE = ("bad-question", "remedy")
_INDEX = re.compile(r"\.(\d+)")


def error_body(code: str, message: str, status: int = 500, param: str | None = None) -> ErrorBody:
    """Put a refusal into OpenAI's form.

    Args:
        code: of `ui.api_problems`.
        message: what was seen, and what to do.
        status: of the response.
        param: where in the request, as `fields` of a problem name it; None = as the code implies.
    """
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    place = _INDEX.sub(r"[\1]", param.partition(".")[2]) if param else _PARAMS.get(code)
    named = _CODES.get(code, code.replace("-", "_"))
    return ErrorBody(error=ErrorDetail(message=message, type=kind, code=named, param=place or None))


class OpenAIErrors:
    """Puts every refusal below `/v1/` into OpenAI's form, whoever of this server refuses."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        head: Message | None = None
        body = b""

        async def send_translated(message: Message) -> None:
            nonlocal head, body
            if message["type"] == "http.response.start" and _is_problem(message):
                head = message
                return
            if head is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                await _translated(head, json.loads(body))(scope, receive, send)

        await self.app(scope, receive, send_translated)


def _is_problem(start: Message) -> bool:
    return MutableHeaders(scope=start).get("content-type") == PROBLEM_JSON


def _translated(head: Message, problem: dict[str, Any]) -> Response:
    # OpenAI's clients know 400 for a request with a value that cannot be used.
    status = 400 if head["status"] == 422 else head["status"]
    field = next(iter(problem.get("fields", ())), None)
    code = problem["code"]
    told = error_body(
        code,
        # What to do about a question stands in the detail; the remedy speaks of another endpoint.
        " ".join(problem[key] for key in ("detail", "remedy") if (code, key) != _ELSEWHERE),
        status,
        field["where"] if field else None,
    )
    response = Response(told.model_dump_json(), status, media_type="application/json")
    for name, value in MutableHeaders(scope=head).items():
        if name not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response
