"""Fetching a page: politely, within limits, and from no machine that is not public.

One request at a time, a pause between two to the same host, `robots.txt` heeded, redirects followed
by hand so that each is checked anew. One deadline holds for everything in a fetch: the streams
below hand every read and write what is left of it, for a time limit that starts anew with every
byte would never meet an endless page.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urljoin

import httpcore2
from protego import Protego

from knowledge.card import Frozen
from knowledge.official.address import (
    Place,
    Resolve,
    checked_addresses,
    read_place,
    system_resolve,
)
from knowledge.official.fault import (
    bad_status,
    robots_forbid,
    too_large,
    too_many_redirects,
    too_slow,
    unknown_packing,
    unreachable,
)

AGENT = "Hugang"
"""Name under which a `robots.txt` may speak of us."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_ROBOTS_BYTES = 500_000
_LONGEST_PAUSE_S = 30.0
_DECODED = frozenset({"gzip", "x-gzip", "deflate"})


class FetchLimits(Frozen):
    """Bounds of one fetch."""

    bytes: int = 50_000_000
    """Of a body, as sent and unpacked; the longest rulebooks in PDF have some 20 MB."""
    seconds: float = 120.0
    """For all of it: robots.txt, redirects, body."""
    silence_s: float = 20.0
    """Without a byte."""
    redirects: int = 5
    pause_s: float = 1.0
    """Between two requests to one host, unless its robots.txt asks for more."""


class Fetched(NamedTuple):
    """What a server answered."""

    url: str
    """Where redirects led to."""
    status: int
    """200, 304, 404 or 410."""
    body: bytes = b""
    etag: str | None = None
    modified: str | None = None
    """`Last-Modified`, as sent."""


class Fetcher:
    """Fetches pages one at a time; safe to use from many threads."""

    def __init__(
        self,
        limits: FetchLimits | None = None,
        *,
        resolve: Resolve = system_resolve,
        allowed: Collection[str] = (),
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open nothing yet.

        Args:
            limits: of each fetch.
            resolve: asked for the addresses of a name.
            allowed: `host:port` to which no check applies; for tests against a server of this
                machine.
            wait: makes the pauses.
        """
        self._limits = limits or FetchLimits()
        self._allowed = frozenset(allowed)
        self._wait = wait
        self._backend = _CheckedBackend(resolve, self._allowed, self._limits.silence_s)
        # No proxy and no environment: what is connected to is what was checked.
        self._pool = httpcore2.ConnectionPool(
            network_backend=self._backend, max_connections=1, keepalive_expiry=10.0
        )
        self._one = threading.Lock()
        self._robots: dict[str, Protego] = {}
        self._asked: dict[str, float] = {}

    def fetch(self, url: str, etag: str | None = None, modified: str | None = None) -> Fetched:
        """Fetch a page.

        Args:
            url: http or https.
            etag: of the copy that is kept, as the server gave it.
            modified: its `Last-Modified`.

        Raises:
            FetchFault: it must not be fetched, or was not to be had within the limits.
        """
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        known = {name: value for name, value in headers.items() if value}
        with self._one:
            self._backend.deadline = time.monotonic() + self._limits.seconds
            place = read_place(url, self._allowed)
            for _ in range(self._limits.redirects + 1):
                self._heed(place)
                answer = self._request(place, known, self._limits.bytes)
                if answer.status not in _REDIRECTS:
                    return self._told(answer, conditional=bool(known))
                place = read_place(urljoin(place.url, answer.location), self._allowed)
        raise too_many_redirects(url, self._limits.redirects)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        """Return the fetcher itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def _told(self, answer: _Answer, *, conditional: bool) -> Fetched:
        if answer.status in _GONE or (answer.status == 304 and conditional):
            return Fetched(answer.place.url, answer.status)
        if answer.status != 200:
            raise bad_status(answer.place.url, answer.status)
        return Fetched(
            answer.place.url,
            200,
            answer.body,
            answer.headers.get("etag"),
            answer.headers.get("last-modified"),
        )

    def _heed(self, place: Place) -> None:
        """Ask the host's robots.txt, once a run.

        As RFC 9309 has it, a missing one allows everything; one that cannot be read, nothing.
        """
        rules = self._robots.get(place.origin)
        if rules is None:
            rules = self._robots[place.origin] = self._rules(place)
        if not rules.can_fetch(place.url, AGENT):
            raise robots_forbid(place.host, place.url)

    def _rules(self, place: Place) -> Protego:
        at = place
        for _ in range(self._limits.redirects + 1):
            target = "/robots.txt" if at is place else at.url
            at = read_place(urljoin(at.url, target), self._allowed)
            answer = self._request(at, {}, _ROBOTS_BYTES, cut=True)
            if answer.status in _REDIRECTS:
                at = at._replace(url=urljoin(at.url, answer.location))
                continue
            if 200 <= answer.status < 300:
                return Protego.parse(answer.body.decode("utf-8", "replace"))
            if 400 <= answer.status < 500 and answer.status != 429:
                return Protego.parse("")
            raise bad_status(at.url, answer.status)
        raise too_many_redirects(at.url, self._limits.redirects)

    def _request(
        self, place: Place, extra: Mapping[str, str], most: int, *, cut: bool = False
    ) -> _Answer:
        """Send one GET and read its body, of `most` bytes; a longer one is a fault, or cut."""
        self._pause(place)
        sent = {
            "Host": place.url.split("/")[2],
            "User-Agent": f"{AGENT}/{_version()}",
            "Accept": "text/html, application/pdf, */*;q=0.5",
            "Accept-Encoding": "identity",
            **extra,
        }
        headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        try:
            with self._pool.stream("GET", place.url, headers=headers) as response:
                told = _headers(response.headers)
                body = b""
                if response.status == 200:
                    if not cut and _claimed(told) > most:
                        raise too_large(place.url, most)
                    body = _read(response.iter_stream(), most, place.url, cut=cut)
                    body = _unpacked(body, told, most, place.url)
                return _Answer(place, response.status, told, body)
        except (httpcore2.TimeoutException, TimeoutError) as error:
            raise too_slow(place.url, self._limits.seconds, self._limits.silence_s) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise unreachable(place.url, error) from error
        finally:
            self._asked[place.host] = time.monotonic()

    def _pause(self, place: Place) -> None:
        rules = self._robots.get(place.origin)
        wanted = float(rules.crawl_delay(AGENT) or 0.0) if rules else 0.0
        pause = max(self._limits.pause_s, min(wanted, _LONGEST_PAUSE_S))
        since = time.monotonic() - self._asked.get(place.host, float("-inf"))
        if since < pause:
            self._wait(pause - since)
            # A pause that manners ask for takes nothing from the page's own time.
            self._backend.deadline += pause - since


class _Answer(NamedTuple):
    place: Place
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def location(self) -> str:
        found = self.headers.get("location", "")
        if not found:
            raise bad_status(self.place.url, self.status)
        return found.encode("latin-1").decode("utf-8", "replace")


class _CheckedBackend(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, and to none other."""

    def __init__(self, resolve: Resolve, allowed: Collection[str], silence_s: float) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._silence_s = silence_s
        self._plain = httpcore2.SyncBackend()
        self.deadline = 0.0
        """On the monotonic clock; what is under way ends then."""

    def left(self) -> float:
        """How long the next step may take, in seconds."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the fetch has used up its time")
        return min(left, self._silence_s)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Resolve, check, and connect to what was checked."""
        if f"{host}:{port}" in self._allowed:
            targets = [host]
        else:
            found = checked_addresses(host, port, self._resolve, self.left())
            targets = [str(ip) for ip in found]
        fault: Exception | None = None
        for target in targets:
            try:
                stream = self._plain.connect_tcp(
                    target, port, self.left(), local_address, socket_options
                )
            except httpcore2.ConnectError as error:
                fault = error
                continue
            return _TimedStream(stream, self.left)
        raise fault or httpcore2.ConnectError(host)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        """Refuse: a socket of this machine is no page."""
        raise httpcore2.ConnectError(path)


class _TimedStream(httpcore2.NetworkStream):
    """A connection, every step of which gets what is left of the time."""

    def __init__(self, stream: httpcore2.NetworkStream, left: Callable[[], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left())
        return _TimedStream(stream, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


def _claimed(headers: Mapping[str, str]) -> int:
    told = headers.get("content-length", "")
    return int(told) if told.isdigit() else 0


def _read(chunks: Iterable[bytes], most: int, url: str, *, cut: bool) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            if cut:
                return bytes(body[:most])
            raise too_large(url, most)
    return bytes(body)


def _unpacked(body: bytes, headers: Mapping[str, str], most: int, url: str) -> bytes:
    """Undo a packing that was not asked for; a small body may unpack to no end."""
    packing = headers.get("content-encoding", "").strip().lower()
    if packing in {"", "identity"}:
        return body
    if packing not in _DECODED:
        raise unknown_packing(url, packing)
    try:
        unpacked = zlib.decompressobj(47).decompress(body, most + 1)
    except zlib.error as error:
        raise unknown_packing(url, packing) from error
    if len(unpacked) > most:
        raise too_large(url, most)
    return unpacked


def _version() -> str:
    try:
        return version("hugang")
    except PackageNotFoundError:
        return "0"
