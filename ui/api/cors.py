"""Which pages of other origins may read what the API answers: those of the portals of tenants."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access import foreign_origin

_PREFIXES = ("/api/v1/", "/v1/", "/mcp")
_METHODS = "GET, POST, PATCH, DELETE"
_HEADERS = (
    "Authorization, Content-Type, Accept, Accept-Language, Idempotency-Key, Last-Event-ID, "
    # The rest is what clients of the other protocols add; `*` alone would leave out Authorization.
    "X-Hugang-Owner, X-Request-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, *"
)
_EXPOSED = "X-Request-Id, Retry-After"
_PREFLIGHT_S = 600


class TenantCors:
    """Lets browsers hand answers to pages of the origins that tenants name.

    No cookie counts here, so that a page gains nothing but what its own token or key opens; whether
    that tenant names this origin is seen to by `ui.access`, which knows whose the token is.
    """

    def __init__(self, app: ASGIApp, knows: Callable[[str], bool]) -> None:
        """Wrap an app.

        Args:
            app: what is called.
            knows: tells whether any tenant names an origin.
        """
        self.app = app
        self.knows = knows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIXES):
            await self.app(scope, receive, send)
            return
        origin = foreign_origin(Request(scope))
        if origin is None or not await to_thread.run_sync(self.knows, origin):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            allowed = Response(
                status_code=204,
                headers={
                    "Access-Control-Allow-Origin": origin,
                    "Access-Control-Allow-Methods": _METHODS,
                    "Access-Control-Allow-Headers": _HEADERS,
                    "Access-Control-Max-Age": str(_PREFLIGHT_S),
                    "Vary": "Origin",
                },
            )
            await allowed(scope, receive, send)
            return

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                sent["Access-Control-Allow-Origin"] = origin
                sent["Access-Control-Expose-Headers"] = _EXPOSED
                sent.add_vary_header("Origin")
            await send(message)

        await self.app(scope, receive, send_readable)
