"""What surrounds every request: an id, security headers, a limit of size, a net under errors.

Plain ASGI rather than `BaseHTTPMiddleware`: that one buffers through a second task, which delays
a client's disconnect and so keeps streams running that nobody reads.
"""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from knowledge.card import Bilingual
from ui.api.problems import ProblemError, body_too_large, internal_error

log = logging.getLogger(__name__)
BODY_S = 30.0
"""How long a request body may take to arrive."""
_PRIVATE = re.compile(r"(/(?:c|conversations|feedback)/)[^/]+")
"""The id in the address of a conversation opens it, so no log names it."""
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered, for the log."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Sources that a reader opens do not learn what was asked here.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
}


class RequestGuard:
    """Names a request, adds the security headers, turns an unexpected error into a plain 500.

    It is the outermost layer, so that a 500 carries the same headers as any other answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        named = asked if _REQUEST_ID.fullmatch(asked) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = named
        request_id.set(named)
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                sent = MutableHeaders(scope=message)
                sent["X-Request-Id"] = named
                for name, value in _SECURITY_HEADERS.items():
                    sent.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_guarded)
        except Exception:
            path = _PRIVATE.sub(r"\1…", scope["path"])
            log.exception("request %s: %s %s failed", named, scope["method"], path)
            if started:
                raise
            await internal_error(headers, named)(scope, receive, send_guarded)


class BodyLimit:
    """Refuses a request body that is too large or too slow.

    By its announced length unread, else as soon as it exceeds; and when it has not arrived in time.
    """

    def __init__(
        self, app: ASGIApp, *, prefix: str, max_bytes: int, but: frozenset[str] = frozenset()
    ) -> None:
        """Guard the paths that start with `prefix`.

        Args:
            app: what is guarded.
            prefix: of the paths.
            max_bytes: largest body.
            but: paths that `UploadLimit` guards.
        """
        self.app = app
        self.prefix = prefix
        self.max_bytes = max_bytes
        self.but = but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(self.prefix) or path in self.but:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self.max_bytes:
            await body_too_large(headers, scope["state"]["request_id"])(scope, receive, send)
            return
        left = self.max_bytes
        until = anyio.current_time() + BODY_S
        is_read = False

        async def receive_counted() -> Message:
            nonlocal left, is_read
            if is_read:
                return await receive()  # from here on it tells that the client has left
            try:
                with anyio.fail_after(until - anyio.current_time()):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            is_read = not message.get("more_body", False)
            return message

        await self.app(scope, receive_counted, send)


class UploadLimit:
    """Refuses a larger upload than is taken, unread; whoever reads the form tells it as a page does."""

    def __init__(self, app: ASGIApp, *, paths: frozenset[str], max_bytes: int) -> None:
        """Guard some paths."""
        self.app = app
        self.paths = paths
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        size = int(announced) if announced.isdecimal() else 0
        left = self.max_bytes

        async def receive_counted() -> Message:
            nonlocal left
            if size > self.max_bytes:
                raise self._too_large(size)
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise self._too_large(self.max_bytes - left)
            return message

        await self.app(scope, receive_counted, send)

    def _too_large(self, seen: int) -> ProblemError:
        most, sent = f"{self.max_bytes / 1e6:.0f}", f"{seen / 1e6:.0f}"
        return ProblemError(
            "upload-too-large",
            Bilingual(
                zh=f"一次上传了至少{sent} MB，最多{most} MB。",
                en=f"At least {sent} MB were sent at once; at most {most} MB are taken.",
            ),
        )
