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
        self._free = slots
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        with self._lock:
            return len(self._waiting)

    @contextmanager
    def turn(self, due: float) -> Iterator[None]:
        """Hold a slot; waits for it."""
        with self._lock:
            now = self._free > 0
            if now:
                self._free -= 1
            else:
                mine = self._queue(due)
        if not now:
            mine.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._hand_over()
                else:
                    self._free += 1

    def give_way(self, due: float) -> None:
        """Let those go first who are due before; to be called by one that holds a slot."""
        with self._lock:
            if not self._waiting or self._waiting[0][0] >= due:
                return
            mine = self._queue(due)
            self._hand_over()
        mine.wait()

    def _queue(self, due: float) -> threading.Event:
        mine = threading.Event()
        heapq.heappush(self._waiting, (due, next(self._order), mine))
        return mine

    def _hand_over(self) -> None:
        heapq.heappop(self._waiting)[2].set()
