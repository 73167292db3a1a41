"""Addresses: which may be asked for, and which machines may be connected to.

A name is resolved once, every address it has is checked, and the connection goes to a checked
address itself: a name that later resolves to another machine leads nowhere else.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from knowledge.official.fault import bad_address, forbidden_address

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Name and port to addresses, as printed; raises OSError."""

_SCHEMES = {"http": 80, "https": 443}
_LOCAL = re.compile(r"(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home\.arpa)$")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))+")
_NUMERIC = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|\d+)")
"""What a resolver may take for an IPv4 address: 127.1, 2130706433, 0x7f000001, 0177.0.0.1."""
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_CARRIERS_V6 = tuple(
    # Addresses in which an IPv4 address is carried on to wherever it leads.
    map(ipaddress.IPv6Network, ("2001::/32", "2002::/16", "64:ff9b::/96", "64:ff9b:1::/48"))
)
_WELL_KNOWN = 1024


class Place(NamedTuple):
    """Where a request goes."""

    url: str
    """Without a fragment, ASCII."""
    scheme: str
    host: str
    """Lower case, without a closing dot; an IPv6 address without brackets."""
    port: int

    @property
    def origin(self) -> str:
        """Scheme, host and port, as `robots.txt` counts them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def read_place(url: str, allowed: Collection[str] = ()) -> Place:
    """Read an address and check what can be told without resolving its name.

    Args:
        url: as written.
        allowed: `host:port` that are not checked; for tests against a server on this machine.

    Raises:
        FetchFault: it is no http(s) address, or one of this machine or a private network.
    """
    if _CONTROL.search(url) or len(url) > 2_000:
        raise bad_address(
            url, "a blank, backslash or control character, or more than 2,000 characters"
        )
    try:
        parts = urlsplit(url)
        port = parts.port or _SCHEMES.get(parts.scheme, 0)
        host = (parts.hostname or "").encode("idna" if not _is_v6(parts.netloc) else "ascii")
        name = host.decode("ascii").lower().removesuffix(".")
    except ValueError as error:  # UnicodeError is one
        raise bad_address(url, str(error)) from error
    if parts.scheme not in _SCHEMES:
        raise bad_address(url, f"{parts.scheme or 'no scheme'}")
    if "@" in parts.netloc:
        raise bad_address(url, "a user name")
    if not name:
        raise bad_address(url, "no host")
    query = f"?{_ascii(parts.query)}" if parts.query else ""
    shown = f"[{name}]" if ":" in name else name
    netloc = shown if port == _SCHEMES[parts.scheme] else f"{shown}:{port}"
    place = Place(
        url=f"{parts.scheme}://{netloc}{_ascii(parts.path) or '/'}{query}",
        scheme=parts.scheme,
        host=name,
        port=port,
    )
    if f"{name}:{port}" not in allowed:
        _check(place)
    return place


def is_public(ip: Ip) -> bool:
    """Tell whether an address is a machine of the public Internet."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return False
        if ip not in _GLOBAL_V6 or any(ip in network for network in _CARRIERS_V6):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def checked_addresses(host: str, port: int, resolve: Resolve, wait_s: float) -> tuple[Ip, ...]:
    """Resolve a name, and return its addresses if all of them are public.

    Raises:
        FetchFault: one of them is not.
        OSError: the name cannot be resolved in time.
    """
    found = tuple(
        ipaddress.ip_address(text.partition("%")[0])
        for text in _in_time(resolve, host, port, wait_s)
    )
    if not found:
        raise OSError(f"{host} has no address")
    for ip in found:
        if not is_public(ip):
            raise forbidden_address(host, str(ip))
    return found


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _check(place: Place) -> None:
    host = place.host
    try:
        ip: Ip | None = ipaddress.ip_address(host)
    except ValueError:
        ip = None
    if ip is not None:
        if not is_public(ip):
            raise forbidden_address(host, str(ip))
    elif _NUMERIC.fullmatch(host) or _LOCAL.search(host) or not _NAME.fullmatch(host):
        raise forbidden_address(host, host)
    if place.port < _WELL_KNOWN and place.port not in _SCHEMES.values():
        raise bad_address(place.url, f"port {place.port}")


def _in_time(resolve: Resolve, host: str, port: int, wait_s: float) -> Iterable[str]:
    """Resolve in a thread, for a resolver has no time limit of its own."""
    answer: queue.Queue[Sequence[str] | BaseException] = queue.Queue()

    def ask() -> None:
        try:
            answer.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=max(0.0, wait_s))
    except queue.Empty:
        raise TimeoutError(f"{host} was not resolved in time") from None
    if isinstance(found, BaseException):
        raise OSError(str(found)) from found
    return found


def _is_v6(netloc: str) -> bool:
    return "[" in netloc


def _ascii(text: str) -> str:
    """Percent-encode what is not ASCII; what is encoded already stays."""
    return "".join(
        char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in text
    )
