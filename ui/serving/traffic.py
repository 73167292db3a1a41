"""What passes through the server: each request as it was answered, told to whoever counts or logs.

The address of a conversation, an answer or a document opens it, so a request is told by its route:
`/api/v1/conversations/{conversation}`. Only names of the corpus's own (`{card_id}`) are filled in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.access import Caller

PUBLIC = frozenset({"card_id", "fact_id", "route_id", "topic"})
"""Parts of an address that say nothing of whoever asks."""
UNKNOWN = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Seen(NamedTuple):
    """One request, answered."""

    request_id: str
    method: str
    """`OTHER` where it is none of the usual ones."""
    route: str
    """With names in place of ids; `unmatched` where no endpoint took it."""
    path: str
    """The same with the ids of cards and routes of the corpus."""
    status: int
    """499 where the client left before anything was sent."""
    seconds: float
    bytes: int
    """Of the answer's body."""
    caller: Caller | None
    address: str


OnRequest = Callable[[Seen], None]


class Traffic:
    """Tells of each request once its last byte is sent; outermost, so that nothing is missed."""

    def __init__(self, app: ASGIApp, *, told: tuple[OnRequest, ...]) -> None:
        """Wrap an app."""
        self.app = app
        self.told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status, size = 499, 0

        async def send_counted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_counted)
        finally:
            state = scope.get("state", {})
            route, path = _route(scope, is_found=status < 400)
            client = scope.get("client")
            seen = Seen(
                request_id=state.get("request_id", ""),
                method=scope["method"] if scope["method"] in _METHODS else "OTHER",
                route=route,
                path=path,
                status=status,
                seconds=time.perf_counter() - began,
                bytes=size,
                caller=state.get("caller"),
                address=client[0] if client else "",
            )
            for told in self.told:
                told(seen)


def _route(scope: Scope, *, is_found: bool) -> tuple[str, str]:
    """Return the template of the route that a request took, and the same with public names.

    Only what was found has a name; anything else could be anybody's words.
    """
    template = getattr(scope.get("route"), "path_format", None)
    if template is None or template == "/api/{rest}":
        mounted = scope.get("root_path", "").removeprefix(scope.get("app_root_path", ""))
        return (f"{mounted}/*",) * 2 if mounted else (UNKNOWN, UNKNOWN)
    names = {name: str(value) for name, value in scope.get("path_params", {}).items()}
    filled = path = template
    for name, value in names.items():
        filled = filled.replace(f"{{{name}}}", value)
        path = path.replace(f"{{{name}}}", value) if is_found and name in PUBLIC else path
    # A router that was put under a prefix knows only its own part of the address.
    whole = scope["path"]
    prefix = whole.removesuffix(filled) if whole.endswith(filled) else ""
    return prefix + template, prefix + path
