"""A real server on a free port, in a thread, for clients that are real too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from bot.settings import Settings
from ui.api.app import create_app
from ui.serving.serve import listen, url_of


@contextmanager
def served(advisor: Any, settings: Settings) -> Iterator[str]:
    """Serve an advisor without the web page; yields the address."""
    listener = listen("127.0.0.1", 0)
    app = create_app(advisor, settings, web=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
