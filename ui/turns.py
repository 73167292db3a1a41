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
    def turn(self, due: float) -> Iterator[Slot]:
        """Hold a slot; waits for it."""
        slot = Slot(self, due)
        slot.take()
        try:
            yield slot
        finally:
            slot.give()

    def take(self, due: float, *, held: bool) -> None:
        """Wait for a slot; who holds one keeps it, unless another waits that is due before."""
        with self._lock:
            if held:
                if not self._waiting or self._waiting[0][0] >= due:
                    return
            elif self._free:
                self._free -= 1
                return
            mine = threading.Event()
            heapq.heappush(self._waiting, (due, next(self._order), mine))
            if held:
                self._hand_over()
        mine.wait()

    def give(self) -> None:
        """Hand a slot to the one that is due first."""
        with self._lock:
            if self._waiting:
                self._hand_over()
            else:
                self._free += 1

    def _hand_over(self) -> None:
        heapq.heappop(self._waiting)[2].set()


class Slot:
    """The slot of one piece of work, given up and taken again; used by one thread at a time."""

    def __init__(self, turns: Turns, due: float) -> None:
        """Hold none yet; `due` may be changed."""
        self.due = due
        self._turns = turns
        self._is_held = False

    def take(self) -> None:
        """Hold the slot; waits for it, and lets those go first who are due before."""
        self._turns.take(self.due, held=self._is_held)
        self._is_held = True

    def give(self) -> None:
        """Leave the slot to others."""
        if self._is_held:
            self._is_held = False
            self._turns.give()
