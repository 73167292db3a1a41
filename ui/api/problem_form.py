"""Refusals in the form of another protocol: its clients show them instead of a bare status."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from knowledge.card import Frozen
from ui.api.problems import PROBLEM_JSON

Reworded = tuple[int, Frozen]
"""Status and body."""


class ProblemForm:
    """Puts every problem+json below a path into another form, whoever of this server refuses."""

    def __init__(
        self, app: ASGIApp, *, prefix: str, reword: Callable[[int, dict[str, Any]], Reworded]
    ) -> None:
        """Wrap an app.

        Args:
            app: what refuses.
            prefix: of the paths.
            reword: makes status and body of a status and the JSON of a problem.
        """
        self.app = app
        self.prefix = prefix
        self.reword = reword

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        head: Message | None = None
        body = b""

        async def send_reworded(message: Message) -> None:
            nonlocal head, body
            if message["type"] == "http.response.start" and _is_problem(message):
                head = message
                return
            if head is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                await self._reworded(head, json.loads(body))(scope, receive, send)

        await self.app(scope, receive, send_reworded)

    def _reworded(self, head: Message, problem: dict[str, Any]) -> Response:
        status, told = self.reword(head["status"], problem)
        response = Response(told.model_dump_json(), status, media_type="application/json")
        for name, value in MutableHeaders(scope=head).items():
            if name not in {"content-type", "content-length"}:
                response.headers[name] = value
        return response


def _is_problem(start: Message) -> bool:
    return MutableHeaders(scope=start).get("content-type") == PROBLEM_JSON
