"""Who works next, where only so many may work at once."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Slots for so many at once; a slot that falls free goes to the one that is due first.

    When something is due is the caller's to say, on any clock that all of them share: the earliest
    deadline first, so that nobody who waits is passed over for ever.
    """

    def __init__(self, slots: int) -> None:
        """Have all slots free."""
        self._slots = self._free = slots
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        with self._lock:
            return len(self._waiting)

    @property
    def held(self) -> int:
        """How many hold a slot."""
        with self._lock:
            return self._slots - self._free

    @contextmanager
    def turn(self, due: float) -> Iterator[None]:
        """Hold a slot; waits for it."""
        self._take(due)
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def away(self, due: float) -> Iterator[None]:
        """Give the slot that is held to others; waits for one again at the end."""
        self._give()
        try:
            yield
        finally:
            self._take(due)

    def _take(self, due: float) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Event()
            heapq.heappush(self._waiting, (due, next(self._order), mine))
        mine.wait()

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[2].set()
            else:
                self._free += 1
