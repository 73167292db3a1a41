"""Slots of work: an answer gives its own up while it waits for somebody else.

Whoever limits how many answers are worked on at once names the slot with `holding`; the engine says
where it waits and where it works on. Where nobody limits anything, both do nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Slot(Protocol):
    """A place among those who work."""

    def take(self) -> object:
        """Hold it; waits for it, and lets those go first who are due before."""

    def give(self) -> None:
        """Leave it to others; does nothing where it is not held."""


_held: ContextVar[Slot | None] = ContextVar("held", default=None)


@contextmanager
def holding(slot: Slot) -> Iterator[None]:
    """Let what runs inside, in this thread, give up and take this slot."""
    before = _held.set(slot)
    try:
        yield
    finally:
        _held.reset(before)


def let_others_work() -> None:
    """Say that what follows only waits."""
    if slot := _held.get():
        slot.give()


def work_on() -> None:
    """Say that what follows is work."""
    if slot := _held.get():
        slot.take()
