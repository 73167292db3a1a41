"""A real web server that publishes texts in versions and misbehaves as told."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

Answer = Callable[["Handler"], None]
STEP_S = 0.05


class Seen(NamedTuple):
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    at: float
    """On the monotonic clock."""


class Handler(BaseHTTPRequestHandler):
    """One request, and the means to answer it in any way."""

    protocol_version = "HTTP/1.1"
    server: LawServer

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.partition("?")[0]
        self.server.seen.append(Seen(self.command, path, headers, time.monotonic()))
        answer = self.server.pages.get(path, status(404))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            answer(self)

    def send(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            # as servers do: bytes of UTF-8
            self.send_header(name.replace("_", "-"), value.encode().decode("latin-1"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class LawServer(ThreadingHTTPServer):
    """Pages by path, and the requests for them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Answer] = {}
        self.seen: list[Seen] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who hung up."""

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]


@contextlib.contextmanager
def law_server() -> Iterator[LawServer]:
    server = LawServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def status(code: int) -> Answer:
    return lambda handler: handler.send(code, b"nothing here")


def redirect(target: str, code: int = 302) -> Answer:
    return lambda handler: handler.send(code, Location=target)


def page(
    body: bytes | str, *, etag: str | None = None, content_type: str = "text/html; charset=utf-8"
) -> Answer:
    """Answer with a body; 304 to who has the version of this ETag already."""
    data = body.encode() if isinstance(body, str) else body

    def answer(handler: Handler) -> None:
        if etag and handler.headers.get("If-None-Match") == etag:
            handler.send(304, ETag=etag)
            return
        more = {"ETag": etag} if etag else {}
        handler.send(200, data, Content_Type=content_type, **more)

    return answer


def dribble(handler: Handler) -> None:
    """Send a byte now and then, without end: no read of it ever times out."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b".")
            time.sleep(STEP_S)


def dribbled_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    with contextlib.suppress(OSError):
        for number in range(10_000):
            handler.wfile.write(f"X-{number}: 1\r\n".encode())
            time.sleep(STEP_S)


def endless(handler: Handler) -> None:
    """Send as fast as it is taken."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b"x" * 65_536)


def silent(handler: Handler) -> None:
    time.sleep(5)


def claims(size: int) -> Answer:
    """Claim a length and send little of it."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        handler.wfile.write(b"x")

    return answer
