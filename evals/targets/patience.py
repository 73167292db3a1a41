"""Patience with a target: what may pass is tried again, as often and as long as is told, no more."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from evals.errors import EvalError

T = TypeVar("T")


class Unanswered(EvalError):
    """A target gave no answer that can be read; the case is an errored one."""

    def __init__(
        self, told: str, *, passes: bool = False, retry_after_s: float | None = None
    ) -> None:
        """Take what was seen, whether it may be gone the next moment, and the wait asked for."""
        super().__init__(told)
        self.passes = passes
        self.retry_after_s = retry_after_s


class Patience(NamedTuple):
    """How often a question is put, and how long is waited between."""

    attempts: int = 4
    backoff_s: float = 0.5
    """Longest wait before the second attempt, half of it at least; it doubles with each further
    one. A wait that the target asks for takes its place."""
    most_s: float = 120.0
    """Seconds waited in all."""

    def insist(self, attempt: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
        """Return what an attempt returns.

        Raises:
            Unanswered: of the last attempt, with what was tried.
        """
        waited = 0.0
        for number in range(1, self.attempts + 1):
            try:
                return attempt()
            except Unanswered as error:
                if not error.passes:
                    raise
                wait = error.retry_after_s
                if wait is None:
                    wait = self.backoff_s * 2 ** (number - 1) * random.uniform(0.5, 1)
                tried = f"{error}; tried {number} {'time' if number == 1 else 'times'}"
                if number == self.attempts:
                    raise Unanswered(tried) from error
                if waited + wait > self.most_s:
                    raise Unanswered(
                        f"{tried}, and a wait of {wait:.0f} s more is over {self.most_s:.0f} s"
                    ) from error
            waited += wait
            sleep(wait)
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover
