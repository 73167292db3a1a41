"""Streams of a model's answers: they tell that it writes, and do not hold each other up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from bot.advisor import Advisor
from bot.events import AnswerEvent, EvidenceFound
from bot.providers.scripted import ScriptedModel, fact_echo
from bot.question import Question
from bot.settings import Settings
from ui.api.app import create_app

ASK = {"question": "境外放款的额度怎么计算？"}
SSE = {"Accept": "text/event-stream"}
AT_ONCE = 6


def client_of(advisor: Advisor, home: Path, tokens_per_s: float) -> TestClient:
    written = advisor.written_by(ScriptedModel(fact_echo(), tokens_per_s=tokens_per_s))
    # One answer is worked on at a time: any that held its slot through the writing would show.
    return TestClient(create_app(written, Settings(home=home, answer_concurrency=1), web=False))


def stream(client: TestClient) -> list[dict[str, Any]]:
    lines = client.post("/api/v1/ask", json=ASK, headers=SSE).text.splitlines()
    return [json.loads(line[len("data: ") :]) for line in lines if line.startswith("data: ")]


def test_between_two_sentences_a_stream_says_that_the_model_writes(
    advisor: Advisor, tmp_path: Path
) -> None:
    with client_of(advisor, tmp_path, 20) as client:
        events = stream(client)
    told = [event["characters"] for event in events if event["kind"] == "still_writing"]
    assert len(told) > 5
    assert told == sorted(set(told))
    assert events[-1]["kind"] == "finished"
    assert events[-1]["answer"]["engine"]["writer"] == "scripted"


def test_answers_whose_model_writes_let_others_work(advisor: Advisor, tmp_path: Path) -> None:
    with client_of(advisor, tmp_path, 25) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.monotonic()
        stream(client)
        alone = time.monotonic() - began
        began = time.monotonic()
        together = list(pool.map(lambda _: stream(client), range(AT_ONCE)))
        lasted = time.monotonic() - began
    assert all(events[-1]["kind"] == "finished" for events in together)
    # One after the other they would take six times as long.
    assert lasted < alone * AT_ONCE / 2


def test_one_that_waits_for_its_turn_is_told_how_many_go_first(
    advisor: Advisor, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, answer_concurrency=1)
    app = create_app(Slow(advisor), settings, web=False)  # type: ignore[arg-type]
    with TestClient(app) as client, ThreadPoolExecutor(3) as pool:
        streams = list(pool.map(lambda _: stream(client), range(3)))
    told = [[one["ahead"] for one in events if one["kind"] == "waiting"] for events in streams]
    assert max(map(len, told)) >= 1
    assert max((ahead for one in told for ahead in one), default=0) >= 1
    assert all(events[-1]["kind"] == "finished" for events in streams)


class Slow:
    """An advisor that works for a second at each step."""

    def __init__(self, advisor: Advisor) -> None:
        self._advisor = advisor
        self.corpus = advisor.corpus

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        for event in self._advisor.stream(question):
            if isinstance(event, EvidenceFound):
                time.sleep(1.2)
            yield event
