"""A model behind a guard: few calls at once, careful retries, rest after repeated failure.

The retries are tenacity's, which LangChain brings along: its loop takes our rules for what, when
and how long, and can be read at a glance. The circuit breaker is our own: the libraries for it
wrap a call that returns, hold a lock while it runs (pybreaker) or cannot admit a single trial;
ours must know whether a stream, which may be given up midway, has brought text.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from bot.providers.base import (
    Budget,
    ChatModel,
    Delta,
    Fault,
    FormRefused,
    Message,
    ModelError,
    OutputForm,
)

_RETRIED: frozenset[Fault] = frozenset({"timeout", "rate-limited", "server-error", "unreachable"})
"""Faults that may be gone the next moment."""
_HARMLESS: frozenset[Fault] = frozenset({"refused-request", "busy", "resting"})
"""Faults that say nothing about the endpoint's health."""


class Guard(NamedTuple):
    """How far a model is trusted and loaded."""

    calls_at_once: int = 8
    slot_wait_s: float = 0.5
    """How long a call waits for one of the others to end."""
    attempts: int = 3
    """Most times that one call is tried."""
    backoff_s: float = 0.5
    """Longest wait before the second attempt; it doubles with every further one."""
    backoff_max_s: float = 8.0
    failures: int = 5
    """So many calls in a row that fail make the model rest."""
    rest_s: float = 30.0
    """How long it rests before one call may try again."""


class GuardedModel(ChatModel):
    """Another model, guarded; safe to share between threads.

    A call is tried again only before its first text and only where that fits into its budget, with
    a random share of a wait that doubles (full jitter), or the wait that the endpoint asks for. A
    further attempt that runs out of a budget nearly spent tells nothing of the endpoint: the fault
    before it is raised.
    """

    def __init__(
        self,
        model: ChatModel,
        guard: Guard | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Take the model and the rules.

        Args:
            model: what is guarded.
            guard: the rules; None = the usual ones.
            clock: seconds, for the rest.
            sleep: waits so many seconds between attempts.
            chance: a number in [0, 1), for the jitter.
        """
        self._model = model
        self._guard = guard or Guard()
        self._sleep = sleep
        self._chance = chance
        self._slots = threading.BoundedSemaphore(self._guard.calls_at_once)
        self._breaker = Breaker(self._guard.failures, self._guard.rest_s, clock)

    @property
    def name(self) -> str:
        """The guarded model's."""
        return self._model.name

    @property
    def form(self) -> OutputForm:
        """The guarded model's."""
        return self._model.form

    def warm(self) -> None:
        """Warm the guarded model."""
        self._model.warm()

    def close(self) -> None:
        """Close the guarded model."""
        self._model.close()

    def stream(
        self, messages: Sequence[Message], budget: Budget, schema: Mapping[str, Any] | None = None
    ) -> Iterator[Delta]:
        """Yield the answer as it comes; see `ChatModel`.

        Raises:
            ModelError: as the model does; besides `busy` and `resting`.
        """
        with self._breaker.admit() as call, self._slot(budget):
            seen: ModelError | None = None

            def attempt() -> Iterator[Delta]:
                nonlocal seen
                is_short = budget.left_s() < budget.first_byte_s
                try:
                    return _begun(self._model.stream(messages, budget, schema))
                except ModelError as error:
                    if seen and is_short and error.fault == "timeout":
                        raise seen from error
                    seen = error
                    raise

            for delta in self._retrying(budget, 1 if call.is_trial else self._guard.attempts)(
                attempt
            ):
                call.has_text = call.has_text or bool(delta.text)
                yield delta

    @contextmanager
    def _slot(self, budget: Budget) -> Iterator[None]:
        if not self._slots.acquire(timeout=min(self._guard.slot_wait_s, budget.left_s())):
            raise ModelError("busy", f"{self._guard.calls_at_once} calls are under way already")
        try:
            yield
        finally:
            self._slots.release()

    def _retrying(self, budget: Budget, attempts: int) -> Retrying:
        return Retrying(
            retry=retry_if_exception(_may_pass),
            stop=lambda state: (
                stop_after_attempt(attempts)(state) or state.upcoming_sleep >= budget.left_s()
            ),
            wait=self._wait_s,
            sleep=self._sleep,
            reraise=True,
        )

    def _wait_s(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ModelError) and error.retry_after_s is not None:
            return error.retry_after_s
        longest: float = self._guard.backoff_s * 2.0 ** (state.attempt_number - 1)
        return self._chance() * min(longest, self._guard.backoff_max_s)


class Admitted:
    """One call that the breaker let through."""

    def __init__(self, *, is_trial: bool) -> None:
        """Take whether it is the one that tries after a rest."""
        self.is_trial = is_trial
        self.has_text = False
        """Whether it has brought text: given up by its caller, it still counts as good."""


class Breaker:
    """Lets calls through until too many in a row have failed; after a rest, one at first."""

    def __init__(self, failures: int, rest_s: float, clock: Callable[[], float]) -> None:
        """Take how many failures in a row are too many, and the length of the rest."""
        self._most = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._rests_until: float | None = None
        self._trial: Admitted | None = None

    @contextmanager
    def admit(self) -> Iterator[Admitted]:
        """Watch over one call.

        Raises:
            ModelError: `resting`.
        """
        call = self._let_in()
        try:
            yield call
        except FormRefused:
            self._let_out(call, is_good=True)
            raise
        except ModelError as error:
            self._let_out(call, is_good=None if error.fault in _HARMLESS else False)
            raise
        except BaseException:
            self._let_out(call, is_good=call.has_text or None)
            raise
        else:
            self._let_out(call, is_good=True)

    def _let_in(self) -> Admitted:
        with self._lock:
            if self._rests_until is None:
                return Admitted(is_trial=False)
            wait = self._rests_until - self._clock()
            if wait > 0 or self._trial:
                raise ModelError("resting", f"{self._failed} calls in a row have failed")
            self._trial = Admitted(is_trial=True)
            return self._trial

    def _let_out(self, call: Admitted, *, is_good: bool | None) -> None:
        """Take how a call ended; None = it tells nothing."""
        with self._lock:
            if self._trial is call:
                self._trial = None
            if is_good:
                self._failed, self._rests_until = 0, None
            elif is_good is False:
                self._failed += 1
                if self._failed >= self._most:
                    self._rests_until = self._clock() + self._rest_s


def _begun(deltas: Iterator[Delta]) -> Iterator[Delta]:
    """Read on to the first text; return the whole, so that what fails later is not tried again."""
    read: list[Delta] = []
    for delta in deltas:
        read.append(delta)
        if delta.text:
            break
    return chain(read, deltas)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ModelError) and error.fault in _RETRIED
