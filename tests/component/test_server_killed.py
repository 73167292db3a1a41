"""A real server is killed with SIGKILL while many ask and rate: what it acknowledged is there.

An answer is acknowledged when the page is shown it as finished, a rating with status 200. With three
kills; `KILLS=12 pytest tests/component/test_server_killed.py` kills more often.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from bot.answer import CheckedAnswer
from bot.settings import Settings
from bot.store.store import DATABASE_FILE, Store
from evals.bench.visitor import AskEvent, new_session, read_ask_event
from tests.served import served

KILLS = int(os.environ.get("KILLS", "3"))
CLIENTS = 20
QUESTIONS = (
    "境外放款的额度怎么计算？",
    "企业财资中心的利得税税率是多少？",
    "What does a group need for the advanced cash pool?",
    "跨境支付通企业能不能用？",
)
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kills"),
    pytest.mark.timeout(900),
]


class Kept(NamedTuple):
    """What a client was told is kept."""

    talk: str
    turn: str
    question: str
    state: str
    markdown: str


class Clients:
    """Visitors that ask one question after another in kept conversations, and rate the answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[Kept] = []
        self.ratings: list[tuple[str, str]] = []
        self.begun: set[str] = set()
        self.enough = threading.Event()
        self.wanted = 0

    def run(self) -> None:
        """Ask until the server is gone."""
        asyncio.run(self._all())

    async def _all(self) -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=self.url, limits=limits, timeout=60) as client:
            event = await read_ask_event(client)
            await asyncio.gather(*(self._one(client, event, n) for n in range(CLIENTS)))

    async def _one(self, client: httpx.AsyncClient, event: AskEvent, number: int) -> None:
        talk, owner = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        session = new_session()
        for at in range(1_000):
            question = QUESTIONS[(number + at) % len(QUESTIONS)]
            turn = f"m{secrets.token_hex(10)}"
            self.begun.add(turn)
            try:
                state = await self._ask(client, event, session, talk, owner, turn, question)
                told = Kept(talk, turn, question, state["state"], state["markdown"])
                self.answers.append(told)
                rating = {"turn": turn, "verdict": "down", "text": f"of {turn}"}
                headers = {"X-Hugang-Owner": owner}
                rated = await client.post("/api/v1/feedback", json=rating, headers=headers)
                if rated.status_code == 200:
                    self.ratings.append((turn, f"of {turn}"))
            except (httpx.HTTPError, EOFError):
                return  # the server is gone
            if len(self.answers) >= self.wanted:
                self.enough.set()

    @staticmethod
    async def _ask(
        client: httpx.AsyncClient, event: AskEvent, session: str, talk: str, owner: str,
        turn: str, question: str,
    ) -> dict[str, Any]:  # fmt: skip
        """Ask as the page does; returns the last state that was shown."""
        asked = {
            "text": question, "message": turn, "ui": "zh-Hans", "profile": {}, "history": [],
            "conversation": talk, "owner": owner,
        }  # fmt: skip
        body = {
            "data": [], "event_data": asked, "fn_index": event.fn_index,
            "trigger_id": event.trigger_id, "session_hash": session,
        }  # fmt: skip
        (await client.post("/gradio_api/queue/join", json=body)).raise_for_status()
        at = f"/gradio_api/queue/data?session_hash={session}"
        async with client.stream("GET", at) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    message = json.loads(line[len("data:") :])
                    if message["msg"] == "process_completed":
                        shown = message["output"]["data"][0]
                        return dict(shown if isinstance(shown, dict) else json.loads(shown))
        raise EOFError


@pytest.mark.early
def test_what_was_acknowledged_is_there_after_every_kill(
    indexed_home: Path, tmp_path: Path
) -> None:
    chance = random.Random(7)
    answers: list[Kept] = []
    ratings: list[tuple[str, str]] = []
    begun: set[str] = set()
    for kill in range(KILLS):
        with served(indexed_home, tmp_path / f"log{kill}") as server:
            check(indexed_home, answers, ratings, begun)
            clients = Clients(server.url)
            clients.wanted = CLIENTS * chance.choice((1, 2)) + chance.randrange(CLIENTS)
            asking = threading.Thread(target=clients.run, daemon=True)
            asking.start()
            assert clients.enough.wait(240), server.told()
            # Anywhere between two writes.
            threading.Event().wait(chance.uniform(0, 0.3))
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            asking.join(90)
            assert not asking.is_alive()
        assert len(clients.answers) >= clients.wanted
        answers += clients.answers
        ratings += clients.ratings
        begun |= clients.begun
    with closing(sqlite3.connect(indexed_home / DATABASE_FILE)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with served(indexed_home, tmp_path / "log"):
        check(indexed_home, answers, ratings, begun)
    assert ratings
    print(f"{KILLS} kills: {len(answers)} answers and {len(ratings)} ratings acknowledged, 0 lost")


def check(
    indexed_home: Path, answers: list[Kept], ratings: list[tuple[str, str]], begun: set[str]
) -> None:
    """Look for everything that was told to be kept, in a server that has started again."""
    with Store.of(Settings(home=indexed_home)) as store:
        kept = {
            turn.turn: turn
            for talk in {one.talk for one in answers}
            for turn in store.conversations.read(talk)[1]
        }
        for one in answers:
            turn = kept[one.turn]
            assert (turn.question, turn.state) == (one.question, one.state)
            assert turn.shown is not None
            assert turn.shown["markdown"] == one.markdown
            answer = store.answer(turn.answer or "")
            assert isinstance(answer, CheckedAnswer)
            assert answer.question == one.question
        told = {turn: (found.verdict, found.text) for turn, found in rated(kept).items()}
        assert {turn: ("down", words) for turn, words in ratings}.items() <= told.items()
        # What was under way is marked as broken off, so that a page asks for it again.
        states = {turn.turn: turn.state for turn in kept.values()}
        assert set(states) <= begun
        assert set(states.values()) <= {"answered", "partly", "interrupted"}


def rated(kept: dict[str, Any]) -> dict[str, Any]:
    """The ratings of turns, by their ids."""
    return {name: turn.feedback for name, turn in kept.items() if turn.feedback}
