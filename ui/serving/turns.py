"""Who works next, where only so many may work at once."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

Ticket = tuple[float, int, threading.Event]
"""A place in line: when it is due, which it is among equals, and what is set when it has come."""


class Turns:
    """Slots for so many at once; a slot that falls free goes to the one that is due first.

    When something is due is the caller's to say, on any clock that all of them share: the earliest
    deadline first, so that nobody who waits is passed over for ever.
    """

    def __init__(self, slots: int) -> None:
        """Have all slots free."""
        self._slots = self._free = slots
        self._waiting: list[Ticket] = []
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

    def queue(self, due: float, *, held: bool) -> Ticket | None:
        """Stand in line for a slot; None where there is no need to wait.

        Who holds one keeps it, unless another waits that is due before.
        """
        with self._lock:
            if held:
                if not self._waiting or self._waiting[0][0] >= due:
                    return None
            elif self._free:
                self._free -= 1
                return None
            mine = (due, next(self._order), threading.Event())
            heapq.heappush(self._waiting, mine)
            if held:
                self._hand_over()
            return mine

    def ahead(self, ticket: Ticket) -> int:
        """Count those who go before."""
        with self._lock:
            return sum(one[:2] < ticket[:2] for one in self._waiting)

    def leave(self, ticket: Ticket) -> None:
        """Wait no longer; a slot that was handed over in the meantime goes to the next."""
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                heapq.heapify(self._waiting)
                return
        self.give()

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
        self._ticket: Ticket | None = None

    @property
    def ahead(self) -> int:
        """How many go before it, while it waits."""
        return self._turns.ahead(self._ticket) if self._ticket else 0

    def take(self, patience_s: float | None = None) -> bool:
        """Hold the slot; waits for it, and lets those go first who are due before.

        Args:
            patience_s: come back after so long, keeping the place in line; None = with the slot only.

        Returns:
            Whether the slot is held; otherwise another call waits on.
        """
        if self._ticket is None:
            self._ticket = self._turns.queue(self.due, held=self._is_held)
            self._is_held = self._ticket is None
        if self._ticket and self._ticket[2].wait(patience_s):
            self._is_held, self._ticket = True, None
        return self._is_held

    def give(self) -> None:
        """Leave the slot, or the line for it, to others."""
        if self._ticket:
            ticket, self._ticket = self._ticket, None
            self._turns.leave(ticket)
        elif self._is_held:
            self._is_held = False
            self._turns.give()
