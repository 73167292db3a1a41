"""Answers asked for by name: the same one again, and a stream that goes on where it broke off."""

from __future__ import annotations

import gc
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from anyio import CapacityLimiter

from bot.events import AnswerEvent, Failed
from bot.question import Question
from bot.settings import Settings
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from tests.loops import run
from ui.api.app import create_app
from ui.api.steps import Steps
from ui.api.streams import AnswerStream, Streams
from ui.serving.serve import listen

ASK = {"question": "慢慢回答：境外放款的额度怎么计算？"}
QUICK = {"question": "境外放款的额度怎么计算？"}
EVENTS = {"Accept": "text/event-stream"}


class CountedAdvisor(ScriptedAdvisor):
    """Says when the engine's own stream is closed."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__(corpus)
        self.closed = threading.Event()

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        try:
            yield from super().stream(question)
        finally:
            self.closed.set()


@contextmanager
def serving(advisor: ScriptedAdvisor, settings: Settings) -> Iterator[httpx.Client]:
    listener = listen("127.0.0.1", 0)
    app = create_app(advisor, settings, web=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        with httpx.Client(base_url=url, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def advisor(corpus: Corpus) -> CountedAdvisor:
    return CountedAdvisor(corpus)


@pytest.fixture
def client(advisor: CountedAdvisor, settings: Settings) -> Iterator[httpx.Client]:
    with serving(advisor, settings) as opened:
        yield opened


def events(response: httpx.Response, most: int | None = None) -> list[tuple[int, Any]]:
    """Read events from a stream; with `most`, leave after so many."""
    assert response.status_code == 200, response.read()
    found: list[tuple[int, Any]] = []
    number = 0
    for line in response.iter_lines():
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("data: "):
            found.append((number, json.loads(line[6:])))
            if len(found) == most:
                break
    return found


def test_a_stream_goes_on_where_the_connection_broke(
    client: httpx.Client, advisor: CountedAdvisor
) -> None:
    named = {**EVENTS, "Idempotency-Key": "one"}
    with client.stream("POST", "/ask", json=ASK, headers=named) as response:
        first = events(response, most=2)
    again = {**named, "Last-Event-ID": str(first[-1][0])}
    with client.stream("POST", "/ask", json=ASK, headers=again) as response:
        rest = events(response)
    both = [*first, *rest]
    assert [number for number, _ in both] == list(range(1, len(both) + 1))
    assert [event["kind"] for _, event in both][-1] == "finished"
    assert len(advisor.questions) == 1
    with client.stream("POST", "/ask", json=ASK, headers=named) as response:
        assert events(response) == both


def test_without_a_name_a_client_that_leaves_stops_the_engine(
    client: httpx.Client, advisor: CountedAdvisor
) -> None:
    with client.stream("POST", "/ask", json=ASK, headers=EVENTS) as response:
        events(response, most=1)
    assert advisor.closed.wait(10)


def test_a_named_answer_that_nobody_waits_for_is_given_up_and_can_be_asked_again(
    client: httpx.Client, advisor: CountedAdvisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.api.streams.ALONE_S", 0.1)
    named = {**EVENTS, "Idempotency-Key": "one"}
    with client.stream("POST", "/ask", json=ASK, headers=named) as response:
        events(response, most=1)
    assert advisor.closed.wait(10)
    # The name is free a moment after the answer is closed; until then it is to be asked again.
    end = time.monotonic() + 10
    while (again := client.post("/ask", json=ASK, headers={"Idempotency-Key": "one"})).is_error:
        assert again.status_code == 409
        assert time.monotonic() < end
        time.sleep(0.02)
    assert again.status_code == 200
    assert len(advisor.questions) == 2


def test_the_same_question_by_the_same_name_gets_the_same_answer_after_a_restart_too(
    corpus: Corpus, settings: Settings
) -> None:
    named = {"Idempotency-Key": "one"}
    advisor = CountedAdvisor(corpus)
    with serving(advisor, settings) as client:
        first = client.post("/ask", json=QUICK, headers=named).json()
        assert client.post("/ask", json=QUICK, headers=named).json() == first
    with serving(advisor, settings) as client:
        assert client.post("/ask", json=QUICK, headers=named).json() == first
        again = {**named, **EVENTS, "Last-Event-ID": "4"}
        with client.stream("POST", "/ask", json=QUICK, headers=again) as response:
            ((number, event),) = events(response)
        assert (number, event["kind"], event["answer"]) == (5, "finished", first)
    assert len(advisor.questions) == 1


def test_a_name_stands_for_one_question_of_one_sender(client: httpx.Client) -> None:
    named = {"Idempotency-Key": "one"}
    assert client.post("/ask", json=QUICK, headers=named).status_code == 200
    other = client.post("/ask", json={"question": "企业财资中心？"}, headers=named)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    too_long = client.post("/ask", json=QUICK, headers={"Idempotency-Key": "x" * 129})
    assert too_long.status_code == 422


def test_a_question_that_is_being_answered_is_not_answered_twice(
    client: httpx.Client, advisor: CountedAdvisor
) -> None:
    named = {**EVENTS, "Idempotency-Key": "one"}
    with client.stream("POST", "/ask", json=ASK, headers=named) as response:
        events(response, most=1)
        busy = client.post("/ask", json=ASK, headers={"Idempotency-Key": "one"})
        assert (busy.status_code, busy.json()["code"]) == (409, "still-answering")
        assert busy.headers["Retry-After"] == "1"
    assert len(advisor.questions) == 1


@pytest.mark.parametrize("how", ["json", "events"])
def test_a_question_that_failed_can_be_sent_again(client: httpx.Client, how: str) -> None:
    headers = {"Idempotency-Key": "one", **(EVENTS if how == "events" else {})}
    bad = {"question": " "}
    for _ in range(2):
        assert client.post("/ask", json=bad, headers=headers).status_code == 422


def test_a_place_that_is_no_number_of_ours_is_the_start(client: httpx.Client) -> None:
    named = {**EVENTS, "Idempotency-Key": "one"}
    with client.stream("POST", "/ask", json=QUICK, headers=named) as response:
        whole = events(response)
    for strange in ("", "x", "-1", "99999999999", "²"):
        odd = {**named, "Last-Event-ID": strange.encode()}
        with client.stream("POST", "/ask", json=QUICK, headers=odd) as response:
            assert events(response) == whole


def test_ended_answers_are_forgotten_though_each_question_has_a_name_of_its_own(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held() -> int:
        gc.collect()
        return sum(isinstance(one, AnswerStream) for one in gc.get_objects())

    monkeypatch.setattr("ui.api.streams.KEPT_S", 0.0)
    before = held()
    for name in "abcdefgh":
        named = {**EVENTS, "Idempotency-Key": name}
        with client.stream("POST", "/ask", json=QUICK, headers=named) as response:
            events(response)
    assert held() <= before + 2


def test_a_name_that_one_owner_used_is_new_for_another(
    client: httpx.Client, advisor: CountedAdvisor
) -> None:
    for owner in ("a" * 43, "b" * 43, "a" * 43):
        headers = {"Idempotency-Key": "one", "X-Hugang-Owner": owner}
        assert client.post("/ask", json=QUICK, headers=headers).status_code == 200
    assert len(advisor.questions) == 2


def test_the_events_of_an_answer_that_was_given_up_are_not_those_of_the_next() -> None:
    async def events_of_the_next() -> AnswerStream | None:
        streams = Streams()

        def broken() -> Iterator[AnswerEvent]:
            yield failed
            raise RuntimeError("scripted")

        async def outward(event: AnswerEvent) -> AnswerEvent:
            return event

        async def left() -> None:
            pass

        failed = Failed(code="scripted", message="…")
        steps = Steps(broken(), CapacityLimiter(1))
        first = streams.begin(("local", "one"), steps, outward, lambda _: failed, left)
        assert [one.event async for one in first.follow(0)] == [failed, failed]
        return streams.get(("local", "one"))

    assert run(events_of_the_next()) is None
