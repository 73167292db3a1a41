"""Answers in the making: they go on unheard, are taken up again, and stop when they are told to."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.events import AnswerEvent
from bot.question import Question
from bot.settings import Settings
from bot.store.records import owner_of
from bot.store.store import Store
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from tests.loops import run
from ui.ask.answering import SHOW_EVERY_S, Answering, Answers
from ui.ask.page_request import PageRequest

KEY, OTHER = "a" * 43, "b" * 43
TALK, OTHER_TALK = "c" * 22, "d" * 22
DEADLINE_S = 10.0


class SteppedAdvisor(ScriptedAdvisor):
    """Gives each event only when the test lets it."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__(corpus)
        self.steps = threading.Semaphore(0)
        self.closed = threading.Event()

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        try:
            for event in self._events(question):
                assert self.steps.acquire(timeout=DEADLINE_S)
                yield event
        finally:
            self.closed.set()


def request(message: str = "m001", **changes: Any) -> PageRequest:
    values = {"text": "税率多少？", "message": message, "ui": "zh-Hans", "conversation": TALK}
    return PageRequest.model_validate(values | {"owner": KEY} | changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.of(Settings(home=tmp_path / "home")) as opened:
        yield opened


@pytest.fixture
def advisor(corpus: Corpus) -> Iterator[SteppedAdvisor]:
    stepped = SteppedAdvisor(corpus)
    yield stepped
    stepped.steps.release(1_000)  # what no test let go on ends here, not when its patience does


def all_states(answering: Answering) -> list[dict[str, Any]]:
    async def listen() -> list[dict[str, Any]]:
        return [state async for state in answering.states()]

    return run(asyncio.wait_for(listen(), DEADLINE_S))


def until(condition: Any) -> None:
    ends = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def state_of(store: Store) -> str:
    return store.conversations.read(TALK)[1][0].state


def shown_keys(store: Store, talk: str = TALK) -> set[str]:
    turn = store.conversations.read(talk)[1][0]
    return {key for key, _ in (turn.shown or {}).get("parts", ())}


def test_an_answer_nobody_listens_to_is_made_and_kept(
    store: Store, advisor: SteppedAdvisor
) -> None:
    answers = Answers(advisor, 2, store)

    async def leave_after_one() -> None:
        async for state in answers.ask(request()).states():
            assert state["state"] == "working"
            return

    advisor.steps.release()
    run(leave_after_one())
    advisor.steps.release(9)
    until(lambda: state_of(store) == "answered")
    turn = store.conversations.read(TALK)[1][0]
    assert store.answer(turn.answer or "") is not None
    # Asked again by its name, it is handed out as it was kept.
    (state,) = all_states(answers.ask(request()))
    assert state == dict(turn.shown or {})


def test_who_comes_back_while_it_is_made_hears_the_rest(
    store: Store, advisor: SteppedAdvisor
) -> None:
    answers = Answers(advisor, 2, store)
    first = answers.ask(request())
    advisor.steps.release(3)
    until(lambda: "block-0" in shown_keys(store))
    assert answers.ask(request()) is first
    advisor.steps.release(9)
    states = all_states(first)
    assert states[-1]["state"] == "answered"
    assert len(advisor.questions) == 0  # the stepped stream counts none: it was asked once
    assert store.conversations.read(TALK)[0].turns == 1


def test_who_has_nothing_to_read_goes_before_who_has(
    store: Store, advisor: SteppedAdvisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.desk.PATIENCE_S", 60.0)
    answers = Answers(advisor, 1, store)
    first = answers.ask(request())
    advisor.steps.release(3)
    until(lambda: "block-0" in shown_keys(store))
    second = answers.ask(request("m002", conversation=OTHER_TALK))
    until(lambda: answers._desk.turns.waiting)
    # One step for the first, which holds the only slot until its next event; three for the second.
    advisor.steps.release(1 + 3)
    until(lambda: "block-0" in shown_keys(store, OTHER_TALK))
    assert state_of(store) == "working"
    advisor.steps.release(9)
    assert all_states(first)[-1]["state"] == "answered"
    assert all_states(second)[-1]["state"] == "answered"


def test_states_after_the_first_text_are_some_time_apart(
    store: Store, advisor: SteppedAdvisor
) -> None:
    async def listen() -> list[tuple[float, dict[str, Any]]]:
        answering = Answers(advisor, 1, store).ask(request())
        return [(time.monotonic(), state) async for state in answering.states()]

    advisor.steps.release(99)
    heard = run(asyncio.wait_for(listen(), DEADLINE_S))
    assert heard[-1][1]["state"] == "answered"
    texts = [at for at, state in heard if any(key == "block-0" for key, _ in state["parts"])]
    assert all(later - at >= SHOW_EVERY_S for at, later in itertools.pairwise(texts))


def test_each_new_part_is_kept_before_it_is_shown(store: Store, advisor: SteppedAdvisor) -> None:
    answers = Answers(advisor, 2, store)

    async def watch() -> None:
        advisor.steps.release()
        async for state in answers.ask(request()).states():
            assert {key for key, _ in state["parts"]} <= shown_keys(store)
            advisor.steps.release()

    run(watch())


def test_stop_ends_the_making_and_keeps_what_was_shown(
    store: Store, advisor: SteppedAdvisor
) -> None:
    answers = Answers(advisor, 2, store)
    answering = answers.ask(request())
    advisor.steps.release(3)
    until(lambda: "block-0" in shown_keys(store))
    answers.stop("m001", OTHER)  # not theirs to stop
    assert not answering.stopped.is_set()
    answers.stop("m001", KEY)
    advisor.steps.release()
    assert all_states(answering)[-1]["state"] == "stopped"
    assert advisor.closed.is_set()
    assert state_of(store) == "stopped"
    assert "block-0" in shown_keys(store)


def test_after_a_restart_what_was_shown_stays_until_the_new_answer_is_whole(
    store: Store, advisor: SteppedAdvisor
) -> None:
    before = Answers(advisor, 2, store)
    before.ask(request())
    advisor.steps.release(3)
    until(lambda: "block-0" in shown_keys(store))
    before.close()  # the server stops
    assert state_of(store) == "working"
    store.start()  # and starts again
    assert state_of(store) == "interrupted"

    after = SteppedAdvisor(advisor.corpus)
    answering = Answers(after, 2, store).ask(request())
    after.steps.release(20)
    states = all_states(answering)
    for state in states[:-1]:
        keys = [key for key, _ in state["parts"]]
        assert keys[:2] == ["head", "again"]
        assert "block-0" in keys
    assert states[-1]["state"] == "answered"
    assert "again" not in [key for key, _ in states[-1]["parts"]]
    assert state_of(store) == "answered"


def test_a_second_failure_still_keeps_what_was_shown(store: Store, advisor: SteppedAdvisor) -> None:
    before = Answers(advisor, 2, store)
    before.ask(request(text="崩溃"))
    advisor.steps.release()
    until(lambda: "head" in shown_keys(store))
    before.close()
    shown = {"parts": [["head", "x"], ["block-0", "<p>前</p>"]], "message": "m001"}
    store.conversations.show("m001", shown)
    store.start()
    after = SteppedAdvisor(advisor.corpus)
    after.steps.release(20)
    state = all_states(Answers(after, 2, store).ask(request(text="崩溃")))[-1]
    assert state["state"] == "failed"
    assert [key for key, _ in state["parts"]] == ["head", "block-0", "failed"]


def test_no_more_are_made_at_once_than_allowed_and_too_many_are_refused(
    advisor: SteppedAdvisor,
) -> None:
    answers = Answers(advisor, 1)
    made = [answers.ask(request(f"m{n:03}", owner=None)) for n in range(9)]
    (refused,) = all_states(answers.ask(request("mlast", owner=None)))
    assert refused["state"] == "failed"
    advisor.steps.release(9 * 20)
    assert [all_states(one)[-1]["state"] for one in made] == ["answered"] * 9


def test_anothers_conversation_cannot_be_continued_nor_listened_to(
    store: Store, advisor: SteppedAdvisor
) -> None:
    answers = Answers(advisor, 2, store)
    running = answers.ask(request())
    for wish in (request(owner=OTHER), request("m002", owner=OTHER)):
        (state,) = all_states(answers.ask(wish))
        assert state["state"] == "failed"
        assert "属于别人" in state["parts"][-1][1]
    advisor.steps.release(9)
    assert all_states(running)[-1]["state"] == "answered"
    assert store.conversations.listed(owner_of(OTHER)) == ()


def test_a_broken_database_does_not_keep_a_reader_from_the_answer(
    advisor: SteppedAdvisor, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with Store.of(Settings(home=tmp_path / "file")) as broken:
        advisor.steps.release(20)
        states = all_states(Answers(advisor, 2, broken).ask(request()))
    assert states[-1]["state"] == "answered"


def test_without_a_store_a_question_is_answered_and_nothing_written(
    advisor: SteppedAdvisor, tmp_path: Path
) -> None:
    advisor.steps.release(20)
    states = all_states(Answers(advisor, 2).ask(request(conversation=None, owner=None)))
    assert states[-1]["state"] == "answered"
    assert list(tmp_path.rglob("*.sqlite3")) == []


class Broken:
    """An advisor that breaks in the middle."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        yield next(ScriptedAdvisor(self.corpus)._events(question))
        raise RuntimeError("boom")


def test_a_break_ends_as_a_failure_and_keeps_what_was_shown(corpus: Corpus) -> None:
    wish = request(conversation=None, owner=None, ui="en")
    state = all_states(Answers(Broken(corpus), 1).ask(wish))[-1]
    assert state["state"] == "failed"
    assert [key for key, _ in state["parts"]] == ["head", "failed"]
    assert "boom" not in str(state)
