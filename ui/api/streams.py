"""Answers that are streamed and can be taken up again after a lost connection.

An answer that was asked for by a name of its own (`Idempotency-Key`) is made to its end, whether or
not anybody listens; who asks again by that name gets the events that are missing. Events are kept in
this process, for as long as they may be asked for again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from bot.events import AnswerEvent
from ui.api.steps import Steps

log = logging.getLogger(__name__)
KEPT_S = 120.0
"""How long the events of an ended answer can be asked for again."""
ALONE_S = 60.0
"""An answer that nobody listens to for this long is given up."""
Name = tuple[str, str]
"""Tenant and what its sender calls an answer, hashed with the sender."""


_GROWS = frozenset({"still_writing", "block_growing", "block_ready", "finished"})
_REPLACED_BY = {
    "waiting": frozenset({"waiting", "understood"}),
    "still_writing": _GROWS,
    "block_growing": _GROWS - {"still_writing"},
}
"""Which kinds of events say all that one of a kind has said."""


class Sent(NamedTuple):
    """An event with its place in the stream, counted from 1."""

    number: int
    event: AnswerEvent


class AnswerStream:
    """The events of one answer, and those who follow them; of one event loop."""

    def __init__(self) -> None:
        """Start without an event."""
        self._sent: list[Sent] = []
        self._last = 0
        self._done = False
        self._changed = asyncio.Condition()
        self._followers = 0
        self._alone_since: float | None = time.monotonic()
        self.ended_at: float | None = None

    @property
    def is_given_up(self) -> bool:
        """Whether nobody has followed it for `ALONE_S`."""
        since = self._alone_since
        return since is not None and time.monotonic() - since > ALONE_S

    async def add(self, event: AnswerEvent) -> None:
        """Take an event; it takes the place of those before it that say no more than it does."""
        self._last += 1
        while self._sent and event.kind in _REPLACED_BY.get(self._sent[-1].event.kind, ()):
            self._sent.pop()
        self._sent.append(Sent(self._last, event))
        async with self._changed:
            self._changed.notify_all()

    async def end(self) -> None:
        """Take no more."""
        self._done, self.ended_at = True, time.monotonic()
        async with self._changed:
            self._changed.notify_all()

    async def follow(self, after: int) -> AsyncIterator[Sent]:
        """Yield the events behind a place, until the answer ends.

        Who is slow misses states of a block that a later one has replaced, and nothing else.
        """
        self._followers += 1
        self._alone_since = None
        try:
            while True:
                for one in [one for one in self._sent if one.number > after]:
                    after = one.number
                    yield one
                async with self._changed:
                    if self._last <= after:
                        if self._done:
                            return
                        await self._changed.wait()
        finally:
            self._followers -= 1
            if not self._followers:
                self._alone_since = time.monotonic()


class Streams:
    """The answers of this process that can be taken up again."""

    def __init__(self) -> None:
        """Have none."""
        self._streams: dict[Name, AnswerStream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, name: Name) -> AnswerStream | None:
        """Return the stream of an answer, in the making or ended a short while ago."""
        self._forget_old()
        return self._streams.get(name)

    def begin(
        self,
        name: Name,
        steps: Steps,
        outward: Callable[[AnswerEvent], Awaitable[AnswerEvent]],
        failed: Callable[[Exception], AnswerEvent],
        left: Callable[[], Awaitable[None]],
    ) -> AnswerStream:
        """Make an answer to its end, in the background.

        Args:
            name: whose, and which.
            steps: makes it.
            outward: puts an event as it is told.
            failed: tells of an error as the last event.
            left: called where it ended without being finished.
        """
        self._forget_old()
        stream = self._streams[name] = AnswerStream()
        task = asyncio.create_task(self._make(name, stream, steps, outward, failed, left))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return stream

    async def close(self) -> None:
        """Give up what is being made."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _make(
        self,
        name: Name,
        stream: AnswerStream,
        steps: Steps,
        outward: Callable[[AnswerEvent], Awaitable[AnswerEvent]],
        failed: Callable[[Exception], AnswerEvent],
        left: Callable[[], Awaitable[None]],
    ) -> None:
        finished = False
        try:
            async with steps.events() as events:
                async for event in events:
                    await stream.add(await outward(event))
                    finished = event.kind == "finished"
                    if stream.is_given_up:
                        break
        except Exception as error:
            log.exception("an answer that can be taken up again failed")
            await stream.add(failed(error))
        finally:
            try:
                if not finished:
                    await asyncio.shield(left())
            finally:
                if not finished and self._streams.get(name) is stream:
                    del self._streams[name]  # the name is free for another answer
                await stream.end()

    def _forget_old(self) -> None:
        now = time.monotonic()
        for name, stream in list(self._streams.items()):
            if stream.ended_at is not None and now - stream.ended_at > KEPT_S:
                del self._streams[name]
