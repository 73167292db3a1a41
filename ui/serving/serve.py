"""Running the server: take the port first, say when it is ready, let answers end before the stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from bot.errors import SettingsError
from bot.settings import Settings
from knowledge.card import Bilingual
from ui.serving.work import Work

DRAIN_S = 1
"""How long connections may go on once no answer is under way; the page keeps one open at all times."""
_LAST_S = 5.0
"""After so much longer, the process ends even though an answer still waits for its model."""
_IDLE_TICKS = 2
"""Looks, a tenth of a second apart, in which no answer is seen under way before the stop goes on."""
log = logging.getLogger(__name__)
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


def run(
    app: FastAPI,
    listener: socket.socket,
    on_ready: Callable[[], None],
    settings: Settings | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then let open answers end; returns normally.

    Meanwhile new questions are refused (503, `stopping`), `/readyz` says so, and a second signal
    ends the process at once. What has not ended within `shutdown_s` is broken off.

    Args:
        app: from `create_app`.
        listener: from `listen`; closed on return.
        on_ready: called once, when requests are taken.
        settings: time for the stop, and the proxies that are believed; None = the usual ones.
    """
    settings = settings or Settings()
    config = uvicorn.Config(
        app,
        log_config=None,  # its lines go where all others go
        log_level="warning",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=DRAIN_S,
    )
    logging.getLogger("uvicorn.error").addFilter(_worth_telling)
    with contextlib.closing(listener), _signals_end_here():
        _Patient(config, on_ready, app.state.work, settings.shutdown_s).run(sockets=[listener])


def _worth_telling(record: logging.LogRecord) -> bool:
    # The page's open stream is cut off at every stop: no error, though uvicorn tells it as one.
    error = record.exc_info[1] if record.exc_info else None
    cut_off = "graceful shutdown exceeded" in str(record.msg)
    return not (cut_off or isinstance(error, asyncio.CancelledError))


class _Patient(uvicorn.Server):
    """Says when it is ready; told to stop, first lets those answers end that are under way."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], work: Work, shutdown_s: float
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._work = work
        self._shutdown_s = shutdown_s
        self._stops_at: float | None = None
        self._idle = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._work.stopping:
            # Whoever asks twice wants no patience; what is kept outlives even SIGKILL.
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        self._captured_signals.append(sig)
        self._work.stop()

    async def on_tick(self, counter: int) -> bool:
        if self._work.stopping and not self.should_exit:
            self._drain()
        return await super().on_tick(counter)

    def _drain(self) -> None:
        now = time.monotonic()
        under_way = self._work.open
        if self._stops_at is None:
            self._stops_at = now + self._shutdown_s
            if under_way:
                told = "stopping when %d answers have ended, in %g s at the latest"
                log.warning(told, under_way, self._shutdown_s)
        self._idle = 0 if under_way else self._idle + 1
        if self._idle >= _IDLE_TICKS:
            self.should_exit = True
        elif under_way and now >= self._stops_at:
            log.warning("%d answers are broken off", under_way)
            self.should_exit = True
            # A thread that waits for its model cannot be ended; it must not keep the process.
            last = threading.Timer(_LAST_S, os._exit, (0,))
            last.daemon = True
            last.start()

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
