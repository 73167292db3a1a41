"""The protocol over HTTP: who may call is asked here, before anything of the protocol is read.

Its library takes most of a second to import; the first message waits for that, no start does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter, Lock, create_task_group, sleep_forever, to_thread
from anyio.abc import TaskGroup, TaskStatus
from fastapi.security.utils import get_authorization_scheme_param
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from knowledge.card import Bilingual, Frozen
from ui.access import Access
from ui.api.problems import NOT_READY, ProblemError
from ui.mcp_server.tools import Toolbox

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"
INVALID_REQUEST = -32600
"""Of JSON-RPC."""


class McpEndpoint:
    """The protocol at `/mcp`: each POST is one message of a client that shows its key."""

    def __init__(self, toolbox: Toolbox, access: Access, slots: CapacityLimiter) -> None:
        """Take what may be called, and who tells whose key it is."""
        self._toolbox = toolbox
        self._access = access
        self._slots = slots
        self._tasks: TaskGroup | None = None
        self._manager: StreamableHTTPSessionManager | None = None
        self._opening = Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take messages while the app runs."""
        async with create_task_group() as tasks:
            self._tasks = tasks
            try:
                yield
            finally:
                self._tasks = self._manager = None
                tasks.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one message.

        Raises:
            ProblemError: the key does not hold, or a page of a foreign origin calls.
        """
        request = Request(scope)
        scheme, told = get_authorization_scheme_param(request.headers.get("authorization"))
        credentials = told if scheme.casefold() == "bearer" and told else None
        caller = await to_thread.run_sync(self._access.caller, request, credentials)
        origin = request.headers.get("origin")
        # No page of this server calls: one that claims to be of it has had our name point to us.
        if origin is not None and not caller.tenant.allows(origin):
            raise ProblemError(
                "foreign-origin",
                Bilingual(
                    zh=f"来自{origin[:200]}的网页不能调用{PATH}。",
                    en=f"A page of {origin[:200]} may not call {PATH}.",
                ),
            )
        scope["state"]["caller"] = dataclasses.replace(caller, surface="mcp")
        await (await self._opened()).handle_request(scope, receive, send)

    async def _opened(self) -> StreamableHTTPSessionManager:
        async with self._opening:
            if self._tasks is None:
                raise ProblemError("not-ready", NOT_READY, retry_after_s=30)
            if self._manager is None:
                self._manager = await self._tasks.start(self._manage)
            return self._manager

    async def _manage(self, *, task_status: TaskStatus[StreamableHTTPSessionManager]) -> None:
        protocol = await to_thread.run_sync(_protocol)
        manager = protocol.http_manager(self._toolbox, self._slots)
        async with manager.run():
            task_status.started(manager)
            await sleep_forever()


def _protocol() -> Any:
    from ui.mcp_server import protocol

    return protocol


class ProtocolError(Frozen):
    """A refusal before the protocol begins, as its clients show one."""

    jsonrpc: str = "2.0"
    id: None = None
    error: dict[str, Any]


def protocol_error(status: int, problem: dict[str, Any]) -> tuple[int, ProtocolError]:
    """Put a problem of HTTP into the protocol's form; the whole problem is its data."""
    message = f"{problem['detail']} {problem['remedy']}"
    error = {"code": INVALID_REQUEST, "message": message, "data": problem}
    return status, ProtocolError(error=error)
