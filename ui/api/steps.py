"""The steps of a streamed answer, taken one by one in worker threads.

A slot is held only while a step is at work: a client that reads slowly keeps none from others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import anyio
from anyio import CapacityLimiter, to_thread

from bot.events import AnswerEvent, Understood, Waiting


class Steps:
    """An answer that is made step by step, its first steps already taken."""

    def __init__(self, steps: Iterator[AnswerEvent], slots: CapacityLimiter) -> None:
        """Take the steps that are still to come."""
        self._steps = steps
        self._slots = slots
        self._taken: list[AnswerEvent] = []

    @classmethod
    async def begun(
        cls, steps: Iterator[AnswerEvent], slots: CapacityLimiter, *, search: bool
    ) -> Steps:
        """Take the first step before a response starts: what is refused till then is told by its status.

        Args:
            steps: of the answer, none taken.
            slots: how many are taken at once.
            search: whether to search as well, for protocols that cannot tell of a failure later.
        """
        found = cls(steps, slots)
        while (event := await found._next()) is not None:
            found._taken.append(event)
            if not search or not isinstance(event, Waiting | Understood):
                break
        return found

    @property
    def last_taken(self) -> AnswerEvent | None:
        """The step that ended the beginning."""
        return self._taken[-1] if self._taken else None

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[AnswerEvent]]:
        """Hand out all steps; whoever leaves early stops the work."""
        try:
            yield self._all()
        finally:
            # A client that went away cancels this; the engine's own steps are closed with it.
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._close)

    async def _all(self) -> AsyncIterator[AnswerEvent]:
        for taken in self._taken:
            yield taken
        while (event := await self._next()) is not None:
            yield event

    async def _next(self) -> AnswerEvent | None:
        return await to_thread.run_sync(next, self._steps, None, limiter=self._slots)

    def _close(self) -> None:
        close = getattr(self._steps, "close", None)
        if close is not None:
            close()
