"""Running the server: take the port first, say when it is ready, stop cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from bot.errors import SettingsError
from knowledge.card import Bilingual

DRAIN_S = 3
"""How long open streams may go on after a stop; the page keeps one open at all times."""
_ANY = {"0.0.0.0", "::", ""}
_BACKLOG = 512


class PortTaken(SettingsError):
    """The address cannot be listened on."""

    code = "port-taken"


def listen(host: str, port: int) -> socket.socket:
    """Take an address before the slow work begins, so that a taken port is told at once.

    Args:
        host: name or address of an interface.
        port: 0 = any free one.

    Raises:
        PortTaken: another program listens there, or the address is not ours to use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused(host, port, error) from error
    try:
        if sys.platform != "win32":
            # A port that a stopped server used a moment ago is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from error
    return listener


def _refused(host: str, port: int, error: OSError) -> PortTaken:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(
            Bilingual(
                zh=f"{host}的端口{port}已被占用。请停掉占用它的程序，或换一个：--port {port + 1}。",
                en=f"port {port} on {host} is in use. Stop the program that uses it, or take"
                f" another: --port {port + 1}.",
            )
        )
    reason = error.strerror or str(error)
    return PortTaken(
        Bilingual(
            zh=f"无法在{host}:{port}上监听：{reason}。请用--host和--port另选地址。",
            en=f"cannot listen on {host}:{port}: {reason}. Choose another with --host and --port.",
        )
    )


def url_of(listener: socket.socket) -> str:
    """Return the address to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in _ANY:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C, then let open answers end; returns normally.

    Args:
        app: what to serve.
        listener: from `listen`; closed on return.
        on_ready: called once, when requests are taken.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    logging.getLogger("uvicorn.error").addFilter(_worth_telling)
    with contextlib.closing(listener), _signals_end_here():
        _Announcing(config, on_ready).run(sockets=[listener])


def _worth_telling(record: logging.LogRecord) -> bool:
    # The page's open stream is cut off at every stop: no error, though uvicorn tells it as one.
    error = record.exc_info[1] if record.exc_info else None
    cut_off = "graceful shutdown exceeded" in str(record.msg)
    return not (cut_off or isinstance(error, asyncio.CancelledError))


class _Announcing(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()


@contextlib.contextmanager
def _signals_end_here() -> Iterator[None]:
    # uvicorn raises the signal that stopped it once more after its clean stop; the default
    # handler would then kill the process before the index is closed.
    held = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in held}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
