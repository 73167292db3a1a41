"""How long each stage of one answer took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up milliseconds by stage; one for each answer."""

    def __init__(self) -> None:
        """Start the clock of the whole answer."""
        self._start = time.perf_counter()
        self._spent: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time spent inside towards a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._spent[name] = self._spent.get(name, 0.0) + (time.perf_counter() - start) * 1000

    def read(self) -> dict[str, float]:
        """Return the milliseconds of every stage so far, and `total` since the start."""
        total = (time.perf_counter() - self._start) * 1000
        return {name: round(spent, 2) for name, spent in self._spent.items()} | {
            "total": round(total, 2)
        }
