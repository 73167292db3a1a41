"""A server that is told to stop: what is under way ends whole, what is new is sent elsewhere."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.answer import CheckedAnswer
from bot.store.store import DATABASE_FILE
from evals.bench.visitor import new_session, read_ask_event
from tests.loops import run
from tests.served import Served, served

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
    pytest.mark.timeout(300),
]
ASK = {"question": "境外放款的额度怎么计算？"}
SSE = {"Accept": "text/event-stream"}
PACE = "scripted:20"
"""An answer takes five seconds and more."""


@pytest.fixture
def server(indexed_home: Path, tmp_path: Path) -> Iterator[Served]:
    with served(indexed_home, tmp_path / "log", model=PACE) as running:
        yield running


def read_stream(url: str, begun: threading.Event) -> list[tuple[int, str, Any]]:
    """Ask by stream and read it to its end."""
    events = []
    with httpx.stream("POST", f"{url}/api/v1/ask", json=ASK, headers=SSE, timeout=60) as stream:
        number, name = 0, ""
        for line in stream.iter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                number = int(value)
            elif field == "event":
                name = value
            elif field == "data":
                events.append((number, name, json.loads(value)))
                if name in {"still_writing", "block_growing"}:
                    begun.set()
    return events


def test_answers_under_way_arrive_whole_and_new_questions_are_sent_away(
    server: Served, indexed_home: Path
) -> None:
    begun = threading.Event()
    owner, talk, message = "k" * 43, "Jm3sZk0p9VtTq1xYc2dUeg", "mstopped01"
    with ThreadPoolExecutor() as pool, httpx.Client(base_url=server.url, timeout=60) as client:
        page = pool.submit(ask_on_page, server.url, message, talk, owner)
        streamed = pool.submit(read_stream, server.url, begun)
        whole = pool.submit(httpx.post, f"{server.url}/api/v1/ask", json=ASK, timeout=60)
        assert begun.wait(60)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        refused = client.post("/api/v1/ask", json=ASK)
        assert (refused.status_code, refused.json()["code"]) == (503, "stopping")
        assert int(refused.headers["Retry-After"]) > 0
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["stopping"])
        assert client.get("/healthz").status_code == 200
        events = streamed.result()
        assert [number for number, _, _ in events] == list(range(1, len(events) + 1))
        assert events[-1][1] == "finished"
        assert CheckedAnswer.model_validate(events[-1][2]["answer"]).engine.writer == "scripted"
        assert CheckedAnswer.model_validate(whole.result().json()).engine.writer == "scripted"
        assert "process_completed" in page.result()
    assert server.process.wait(30) == 0
    assert "Traceback" not in server.told()
    assert state_in(indexed_home, message) in {"answered", "partly"}


def test_a_server_without_answers_under_way_stops_at_once_though_pages_are_open(
    server: Served,
) -> None:
    with httpx.stream("GET", f"{server.url}/gradio_api/heartbeat/a1b2", timeout=30) as beating:
        assert beating.status_code == 200
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
    # Two seconds on two idle cores; more where others work too.
    assert time.monotonic() - began < 5
    assert "Traceback" not in server.told()


def test_a_second_signal_stops_at_once(server: Served) -> None:
    begun = threading.Event()
    with ThreadPoolExecutor() as pool:
        streamed = pool.submit(read_stream, server.url, begun)
        assert begun.wait(60)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.process.poll() is None
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == -signal.SIGTERM
        assert time.monotonic() - began < 2
        with pytest.raises(httpx.HTTPError):
            streamed.result()


@pytest.mark.early
def test_what_takes_longer_than_the_time_for_it_is_broken_off(
    indexed_home: Path, tmp_path: Path
) -> None:
    message, talk, owner = "mstopped02", "Km3sZk0p9VtTq1xYc2dUeg", "k" * 43
    with served(indexed_home, tmp_path / "log", model="scripted:1", shutdown_s="1") as server:
        with ThreadPoolExecutor() as pool:
            pool.submit(_ignored, ask_on_page, server.url, message, talk, owner)
            until(lambda: state_in(indexed_home, message) == "working")
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == 0
            assert time.monotonic() - began < 20
        assert state_in(indexed_home, message) == "working"
    with served(indexed_home, tmp_path / "log", model="scripted:1", shutdown_s="1"):
        assert state_in(indexed_home, message) == "interrupted"


def ask_on_page(url: str, message: str, talk: str, owner: str) -> str:
    """Ask as the page does, kept in a conversation; returns the last state that was sent."""

    async def visit() -> str:
        last = ""
        session = new_session()
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            event = await read_ask_event(client)
            asked = {
                "text": ASK["question"], "message": message, "ui": "zh-Hans",
                "profile": {}, "history": [], "conversation": talk, "owner": owner,
            }  # fmt: skip
            body = {"data": [], "event_data": asked, "session_hash": session}
            body |= {"fn_index": event.fn_index, "trigger_id": event.trigger_id}
            (await client.post("/gradio_api/queue/join", json=body)).raise_for_status()
            at = f"/gradio_api/queue/data?session_hash={session}"
            async with client.stream("GET", at) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data:"):
                        last = line
                        if "process_completed" in line:
                            break
        return last

    return run(visit())


def _ignored(call: Any, *arguments: Any) -> None:
    with suppress(httpx.HTTPError):
        call(*arguments)


def state_in(home: Path, turn: str) -> str | None:
    """Return the state of a kept answer; None before it is begun."""
    with closing(sqlite3.connect(home / DATABASE_FILE)) as plain:
        row = plain.execute("SELECT state FROM turn WHERE id = ?", (turn,)).fetchone()
    return row[0] if row else None


def until(condition: Any) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)
