"""`hugang mcp`: the tools for an assistant on this machine, as the staff of the installation."""

from __future__ import annotations

from contextlib import ExitStack

import anyio
from anyio import CapacityLimiter

from bot.advisor import Advisor
from bot.settings import Settings
from bot.store.store import Store
from ui.access import Access, Caller
from ui.api.catalogue import Catalogue
from ui.desk import Desk
from ui.mcp_server.protocol import serve_stdio
from ui.mcp_server.tools import Toolbox


def serve(advisor: Advisor, settings: Settings) -> None:
    """Serve one client on stdin and stdout until it goes."""
    with ExitStack() as opened:
        store = None
        if settings.keep_conversations:
            # Not started: what a server on the same database is answering is none of our business.
            store = opened.enter_context(Store.of(settings))
        access = Access(store, staff=True)
        toolbox = Toolbox(Desk(advisor), access, Catalogue(advisor.corpus))

        async def serving() -> None:
            slots = CapacityLimiter(settings.answer_concurrency)
            await serve_stdio(toolbox, Caller.staff(store), slots)

        anyio.run(serving)
