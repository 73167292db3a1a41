from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.base import (
    Budget,
    Delta,
    Fault,
    FormRefused,
    Message,
    ModelError,
    OutputForm,
    Usage,
)
from bot.providers.guarded import Guard, GuardedModel

MESSAGES = (Message(role="user", content="?"),)
PASSING = ("timeout", "rate-limited", "server-error", "unreachable")
LASTING = tuple(sorted(set(get_args(Fault)) - set(PASSING)))


def wait(seconds: float) -> ModelError:
    return ModelError("rate-limited", "slow down", retry_after_s=seconds)


class Plays:
    """A model that plays one list a call: texts, and errors, which end it."""

    name = "played"
    form: OutputForm = "json"

    def __init__(self, *calls: Sequence[str | ModelError]) -> None:
        self.calls = list(calls)
        self.made = 0

    def stream(
        self, messages: Sequence[Message], budget: Budget, schema: Mapping[str, Any] | None = None
    ) -> Iterator[Delta]:
        self.made += 1
        for item in self.calls[min(self.made, len(self.calls)) - 1]:
            if isinstance(item, ModelError):
                raise item
            yield Delta(text=item)
        yield Delta(usage=Usage(prompt_tokens=1, completion_tokens=1))


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def guarded(model: Plays, clock: Clock, chance: float = 0.5, **rules: Any) -> GuardedModel:
    return GuardedModel(
        model, Guard(**rules), clock=clock, sleep=clock.sleep, chance=lambda: chance
    )


def text_of(model: GuardedModel, budget: Budget | None = None) -> str:
    return "".join(delta.text for delta in model.stream(MESSAGES, budget or Budget(10, 60)))


def fault_of(model: GuardedModel, budget: Budget | None = None) -> Fault:
    with pytest.raises(ModelError) as raised:
        text_of(model, budget)
    return raised.value.fault


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_may_pass_is_tried_again(fault: Fault) -> None:
    model, clock = Plays([ModelError(fault, "")], ["a", "b"]), Clock()
    assert text_of(guarded(model, clock)) == "ab"
    assert model.made == 2


@pytest.mark.parametrize("fault", LASTING)
def test_other_faults_are_not_tried_again(fault: Fault) -> None:
    model = Plays([ModelError(fault, "")], ["a"])
    assert fault_of(guarded(model, Clock())) == fault
    assert model.made == 1


def test_a_refused_form_is_handed_on_at_once() -> None:
    model = Plays([FormRefused("no json")])
    with pytest.raises(FormRefused):
        text_of(guarded(model, Clock()))
    assert model.made == 1


@pytest.mark.parametrize("fault", PASSING)
def test_nothing_is_tried_again_once_text_has_come(fault: Fault) -> None:
    model = Plays(["a", ModelError(fault, "")], ["a", "b"])
    assert fault_of(guarded(model, Clock())) == fault
    assert model.made == 1


def test_text_before_a_fault_is_handed_on_before_it() -> None:
    stream = guarded(Plays(["a", ModelError("cut-off", "")]), Clock()).stream(
        MESSAGES, Budget(10, 60)
    )
    assert next(stream).text == "a"
    with pytest.raises(ModelError, match="cut-off"):
        next(stream)


def test_the_tokens_are_told_once() -> None:
    deltas = list(
        guarded(Plays([ModelError("timeout", "")], ["a"]), Clock()).stream(MESSAGES, Budget(10, 60))
    )
    assert [delta.usage for delta in deltas] == [None, Usage(prompt_tokens=1, completion_tokens=1)]


def test_attempts_are_counted_and_waits_double_up_to_a_limit() -> None:
    model, clock = Plays([ModelError("server-error", "")]), Clock()
    rules = {"attempts": 6, "backoff_s": 1.0, "backoff_max_s": 5.0}
    assert fault_of(guarded(model, clock, chance=1.0, **rules)) == "server-error"
    assert model.made == 6
    assert clock.slept == [1, 2, 4, 5, 5]


@given(chance=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_any_share_of_its_limit(chance: float) -> None:
    clock = Clock()
    model = Plays([ModelError("timeout", "")], ["a"])
    text_of(guarded(model, clock, chance=chance, backoff_s=2.0))
    assert clock.slept == [pytest.approx(2 * chance)]


def test_the_wait_that_the_endpoint_asks_for_is_kept() -> None:
    model, clock = Plays([wait(3)], [wait(7)], ["a"]), Clock()
    assert text_of(guarded(model, clock)) == "a"
    assert clock.slept == [3, 7]


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    model, clock = Plays([wait(61)], ["a"]), Clock()
    assert fault_of(guarded(model, clock)) == "rate-limited"
    assert clock.slept == []


def test_real_waits_do_not_overrun_the_budget() -> None:
    model = GuardedModel(
        Plays([ModelError("server-error", "")]), Guard(attempts=99, backoff_s=0.1), chance=lambda: 1
    )
    start = time.monotonic()
    assert fault_of(model, Budget(10, 0.5)) == "server-error"
    assert time.monotonic() - start < 0.6


@pytest.mark.parametrize(("first_byte_s", "told"), [(90, "rate-limited"), (1, "timeout")])
def test_a_further_attempt_in_what_is_left_of_the_time_hides_no_fault(
    first_byte_s: float, told: Fault
) -> None:
    model = Plays([ModelError("rate-limited", "")], [ModelError("timeout", "")])
    assert fault_of(guarded(model, Clock(), attempts=2), Budget(first_byte_s, 60)) == told
    assert model.made == 2


def test_after_too_many_failures_in_a_row_the_model_rests() -> None:
    model, clock = Plays([ModelError("malformed", "")]), Clock()
    guard = guarded(model, clock, failures=3)
    assert [fault_of(guard) for _ in range(5)] == ["malformed"] * 3 + ["resting"] * 2
    assert model.made == 3


def test_after_the_rest_one_call_tries_and_a_good_one_ends_it() -> None:
    model, clock = Plays([ModelError("malformed", "")], ["a"]), Clock()
    guard = guarded(model, clock, failures=1, rest_s=30)
    fault_of(guard)
    clock.now += 29
    assert fault_of(guard) == "resting"
    clock.now += 1
    trial = guard.stream(MESSAGES, Budget(10, 60))
    assert next(trial).text == "a"
    assert fault_of(guard) == "resting"
    list(trial)
    assert text_of(guard) == "a"


def test_a_trial_that_fails_is_not_repeated_and_starts_the_rest_anew() -> None:
    model, clock = Plays([ModelError("timeout", "")]), Clock()
    guard = guarded(model, clock, failures=1, rest_s=30, attempts=4)
    fault_of(guard)
    assert model.made == 4
    clock.now += 30
    assert fault_of(guard) == "timeout"
    assert model.made == 5
    assert fault_of(guard) == "resting"


def test_a_trial_given_up_before_its_text_leaves_the_next_call_to_try() -> None:
    class Endless(Plays):
        def stream(self, *_: object, **__: object) -> Iterator[Delta]:
            self.made += 1
            if self.made == 1:
                raise ModelError("malformed", "")
            yield Delta()
            yield Delta(text="a")

    clock = Clock()
    guard = guarded(Endless(), clock, failures=1)
    fault_of(guard)
    clock.now += 31
    trial = guard.stream(MESSAGES, Budget(10, 60))
    assert next(trial).text == ""
    trial.close()  # type: ignore[attr-defined]
    assert text_of(guard) == "a"


def test_a_good_call_between_failures_counts_them_anew() -> None:
    bad: list[str | ModelError] = [ModelError("malformed", "")]
    model, clock = Plays(bad, bad, ["a"], bad, bad, ["a"]), Clock()
    guard = guarded(model, clock, failures=3)
    for _ in range(2):
        assert [fault_of(guard), fault_of(guard)] == ["malformed"] * 2
        assert text_of(guard) == "a"


@pytest.mark.parametrize("error", [FormRefused("no json"), ModelError("refused-request", "long")])
def test_a_refused_request_does_not_bring_a_rest_nearer(error: ModelError) -> None:
    guard = guarded(Plays([error]), Clock(), failures=2)
    assert [fault_of(guard) for _ in range(5)] == ["refused-request"] * 5


def test_a_model_that_always_breaks_off_gets_its_rest() -> None:
    guard = guarded(Plays(["a", ModelError("cut-off", "")]), Clock(), failures=2)
    assert [fault_of(guard) for _ in range(3)] == ["cut-off", "cut-off", "resting"]


def test_an_answer_given_up_after_its_first_text_is_a_good_one() -> None:
    bad: list[str | ModelError] = [ModelError("malformed", "")]
    guard = guarded(Plays(bad, ["a", "b"], bad), Clock(), failures=2)
    fault_of(guard)
    stream = guard.stream(MESSAGES, Budget(10, 60))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert [fault_of(guard), fault_of(guard)] == ["malformed"] * 2


def test_a_call_too_many_is_told_busy_and_a_place_comes_free_again() -> None:
    guard = guarded(Plays(["a", "b"]), Clock(), calls_at_once=2, slot_wait_s=0.02)
    open_calls = [guard.stream(MESSAGES, Budget(10, 60)) for _ in range(2)]
    for call in open_calls:
        next(call)
    assert fault_of(guard) == "busy"
    open_calls[0].close()  # type: ignore[attr-defined]
    assert text_of(guard) == "ab"
    list(open_calls[1])


def test_a_call_that_fails_gives_its_place_back() -> None:
    guard = guarded(
        Plays([ModelError("malformed", "")]), Clock(), calls_at_once=1, failures=99, slot_wait_s=0
    )
    assert [fault_of(guard) for _ in range(3)] == ["malformed"] * 3


def test_never_more_calls_at_once_than_allowed() -> None:
    lock, running, most = threading.Lock(), 0, 0

    class Slow(Plays):
        def stream(self, *_: object, **__: object) -> Iterator[Delta]:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.01)
            yield Delta(text="a")
            with lock:
                running -= 1

    guard = GuardedModel(Slow(), Guard(calls_at_once=3, slot_wait_s=5))
    told: list[str] = []
    threads = [threading.Thread(target=lambda: told.append(text_of(guard))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["a"] * 20
    assert most == 3


def test_name_and_form_are_the_models_own() -> None:
    model = Plays(["a"])
    guard = guarded(model, Clock())
    model.form = "lines"
    assert (guard.name, guard.form) == ("played", "lines")
