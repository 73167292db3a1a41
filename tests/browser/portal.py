"""A portal of a bank on an origin of its own: pages that a test writes, and its session endpoint."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

SESSION = "/hugang-session"
Answer = tuple[int, dict[str, str], bytes]


class Portal:
    """What the portal serves; a test puts its pages here."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, Answer] = {}
        self.session: Callable[[], tuple[int, object]] | None = None
        """Answers the script's request for a token: status and JSON."""
        self.sessions = 0
        """How often it was asked."""

    def put(self, path: str, html: str, policy: str | None = None, kind: str = "text/html") -> str:
        """Serve a text; returns its address."""
        headers = {"Content-Type": f"{kind}; charset=utf-8"}
        if policy:
            headers["Content-Security-Policy"] = policy
        self.pages[path] = (200, headers, html.encode())
        return self.address + path


@contextlib.contextmanager
def portal() -> Iterator[Portal]:
    """Serve on a free port of this machine; another port is another origin."""

    class Handler(BaseHTTPRequestHandler):
        served: ClassVar[Portal]

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            self._send(*self.served.pages.get(path, (404, {}, b"")))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != SESSION or self.served.session is None:
                self._send(404, {}, b"{}")
                return
            self.served.sessions += 1
            status, told = self.served.session()
            headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
            self._send(status, headers, json.dumps(told).encode())

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.served = Portal(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Handler.served
        finally:
            server.shutdown()
