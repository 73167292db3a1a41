"""A visitor of the page without a browser: asks through the page's own queue and reads its stream.

Gradio's page sends an event to `/gradio_api/queue/join` and reads `/gradio_api/queue/data`, one
stream a session, until the event is complete. A browser does no more than that for an answer, so
that many visitors can be had from one process, where many browsers would only time each other.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import httpx

TEXT_MARK = "hg-block"
"""Class of a block of the answer: where it stands in a message, the page shows text."""


class Seen(NamedTuple):
    """When a visitor saw what, in milliseconds after the question was sent."""

    stage: float | None
    """First word of progress."""
    text: float | None
    """First text of the answer; None where the answer failed."""
    end: float
    bytes: int
    """Read for this answer."""


class AskEvent(NamedTuple):
    """How the page names its `ask` event to the server."""

    fn_index: int
    trigger_id: int


async def read_ask_event(client: httpx.AsyncClient) -> AskEvent:
    """Read the page's configuration.

    Raises:
        httpx.HTTPError: no page answers there.
        LookupError: the page has no `ask` event.
    """
    config = (await client.get("/config")).raise_for_status().json()
    for dependency in config["dependencies"]:
        for component, event in dependency["targets"]:
            if event == "ask":
                return AskEvent(dependency["id"], component)
    raise LookupError("the page has no `ask` event; is this Hugang's address?")


def new_session() -> str:
    """Return a name for a session, as a page that is opened gives itself one."""
    return secrets.token_hex(6)


async def visit(
    client: httpx.AsyncClient, event: AskEvent, session: str, question: str, wait_s: float
) -> Seen:
    """Ask one question as the page would, in a conversation of its own.

    Args:
        client: with the server as base address.
        event: from `read_ask_event`.
        session: from `new_session`, one for each page that is open.
        question: as typed.
        wait_s: seconds until the answer must be complete.

    Raises:
        TimeoutError: it was not.
        httpx.HTTPError: the server refused, or the connection broke.
    """
    asked: dict[str, object] = {
        "text": question,
        "message": f"m{secrets.token_hex(10)}",
        "ui": "en" if question.isascii() else "zh-Hans",
        "profile": {},
        "history": [],
        # Kept like a browser's: the writing is a part of what a visitor waits for.
        "conversation": secrets.token_urlsafe(16),
        "owner": secrets.token_urlsafe(32),
    }
    body = {
        "data": [],
        "event_data": asked,
        "fn_index": event.fn_index,
        "trigger_id": event.trigger_id,
        "session_hash": session,
    }
    started = time.perf_counter()

    def passed() -> float:
        return (time.perf_counter() - started) * 1000

    (await client.post("/gradio_api/queue/join", json=body)).raise_for_status()
    stage = text = None
    read = 0
    address = f"/gradio_api/queue/data?session_hash={session}"
    async with client.stream("GET", address, timeout=wait_s) as stream:
        stream.raise_for_status()
        async for line in stream.aiter_lines():
            if passed() > wait_s * 1000:
                raise TimeoutError(f"no whole answer within {wait_s:.0f} s")
            read += len(line.encode())
            if not line.startswith("data:"):
                continue
            message = json.loads(line[len("data:") :])
            if message["msg"] == "process_generating":
                stage = stage if stage is not None else passed()
                if text is None and TEXT_MARK in line:
                    text = passed()
            if message["msg"] == "process_completed":
                break
    return Seen(stage, text, passed(), read)
