"""Time in which an answer waits for somebody else, so that others may work meanwhile.

Whoever limits how many answers are worked on at once says so with `away_by`; the engine marks where
it waits with `waiting`. Where nobody limits anything, waiting is only waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

Away = Callable[[], AbstractContextManager[None]]
"""Gives a slot up on entering, and takes one again on leaving."""
_away: ContextVar[Away | None] = ContextVar("away", default=None)


@contextmanager
def away_by(away: Away) -> Iterator[None]:
    """Let what runs inside, in this thread, give its slot up while it waits."""
    before = _away.set(away)
    try:
        yield
    finally:
        _away.reset(before)


@contextmanager
def waiting() -> Iterator[None]:
    """Wait inside; no generator may yield there, since it may be resumed elsewhere."""
    away = _away.get()
    if away is None:
        yield
        return
    with away():
        yield
