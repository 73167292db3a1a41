"""Answers in the making: each runs to its end on the server, whether or not a page listens.

A page listens to an answer; when its connection breaks it asks the same again, by the same name,
and is given the answer that runs, the answer that was kept, or a new one where the process that
was answering is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Any

from bot.advisor import Advisor
from bot.errors import AdvisorError
from bot.events import StillWriting
from bot.language import localise
from bot.question import MAX_CHARS, Question
from bot.store.conversations import NotOwner
from bot.store.records import Asked, TurnState
from bot.store.schema import StoreError
from bot.store.store import Store
from ui.access import Caller
from ui.api.problems import ProblemError
from ui.ask.answer_view import AnswerView
from ui.ask.page_request import PageRequest
from ui.desk import Desk
from ui.html import safe, word
from ui.serving.turns import Turns
from ui.serving.work import Work

log = logging.getLogger(__name__)

Payload = dict[str, Any]
_Name = tuple[str, str]
"""Tenant and page's name of an answer."""
KEEP_EVERY_S = 0.5
"""A part that grows is kept this often; a part that is new is kept at once."""
SHOW_EVERY_S = 0.05
"""Between the first text and the end a listener is sent a state at most this often: each costs the
queue a comparison with the one before."""
WAITING_PER_SLOT = 8
"""Answers that may wait for each one that is made."""
CLOSE_S = 2.0
"""How long answers may take to notice that the server stops."""


class Answering:
    """One answer as it grows, and those who listen to it."""

    def __init__(self, message: str, owner: str | None) -> None:
        """Start with nothing to show.

        Args:
            message: the page's name of the answer.
            owner: who may listen and stop; None where nothing is kept.
        """
        self.message = message
        self.owner = owner
        self.stopped = threading.Event()
        self.left = False
        """Whether the server stops: the answer is to be made again by the next one."""
        self._lock = threading.Lock()
        self._latest: Payload | None = None
        self._count = 0
        self._done = False
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def publish(self, payload: Payload | None, *, done: bool = False) -> None:
        """Show a state to all who listen; None shows nothing new."""
        with self._lock:
            if payload is not None:
                self._latest = payload
                self._count += 1
            self._done = done
            for loop, changed in self._listeners:
                with contextlib.suppress(RuntimeError):  # the loop of a server that has stopped
                    loop.call_soon_threadsafe(changed.set)

    async def states(self) -> AsyncGenerator[Payload]:
        """Yield what there is to show, then each change; those after the first text some time apart.

        Who listens misses states between; each is complete, and the last one always comes.

        Leaving it stops nothing: the answer goes on.
        """
        changed = asyncio.Event()
        listener = (asyncio.get_running_loop(), changed)
        seen = 0
        with self._lock:
            self._listeners.add(listener)
        try:
            while True:
                changed.clear()
                with self._lock:
                    latest, count, done = self._latest, self._count, self._done
                if latest is not None and count != seen:
                    seen = count
                    yield latest
                    if _has_text(latest["parts"]) and not done:
                        await asyncio.sleep(SHOW_EVERY_S)
                elif done:
                    return
                else:
                    await changed.wait()
        finally:
            with self._lock:
                self._listeners.discard(listener)


class Answers:
    """Makes the answers that pages ask for, so many at once, and keeps them."""

    def __init__(
        self,
        advisor: Advisor,
        limit: int,
        store: Store | None = None,
        desk: Desk | None = None,
    ) -> None:
        """Take over an opened advisor.

        Args:
            advisor: who answers.
            limit: most answers worked on at once; others wait.
            store: where they are kept; None keeps nothing.
            desk: where they are made, with its own limit; None = one of their own.
        """
        self.advisor = advisor
        self.store = store
        self._desk = desk or Desk(advisor, Turns(limit), Work(limit * (1 + WAITING_PER_SLOT)))
        self._lock = threading.Lock()
        self._running: dict[_Name, Answering] = {}
        self._threads: dict[_Name, threading.Thread] = {}

    def ask(self, request: PageRequest, caller: Caller | None = None) -> Answering:
        """Return the answer to a question: running, kept, or begun now.

        Asking twice by one name is asking once. Blocks for the time of one write.

        Args:
            request: the question.
            caller: on whose behalf; None = the staff of this installation.
        """
        caller = caller or Caller.staff(self.store)
        told = caller.owner_if_told(request.owner)
        store = caller.store if request.conversation and told else None
        owner = told if store else None
        message = request.message
        name = (caller.tenant.id, message)
        with self._lock:
            running = self._running.get(name)
            if running is not None:
                if running.owner == owner:
                    return running
                return self._refuse(Answering(message, None), request, "failed.foreign")
            if self._desk.work.stopping:
                return self._refuse(Answering(message, None), request, "failed.stopping")
            if len(self._running) >= self._desk.work.most:
                return self._refuse(Answering(message, None), request, "failed.busy")
            answering = self._running[name] = Answering(message, owner)
        before: Payload | None = None
        try:
            if store and owner:
                begun = store.conversations.begin(
                    _asked(request, caller), owner, str(self.advisor.corpus.version)
                )
                if begun.how == "ended":
                    self._forget(name)
                    answering.publish(dict(begun.turn.shown or {}), done=True)
                    return answering
                if begun.how == "again":
                    before = dict(begun.turn.shown or {})
        except NotOwner:
            self._forget(name)
            return self._refuse(answering, request, "failed.foreign")
        except StoreError:
            store = None  # an answer that cannot be kept is better than none
        except BaseException:
            self._forget(name)
            answering.publish(None, done=True)
            raise
        making = _Making(self._desk, caller, request, answering, store, before)
        thread = threading.Thread(
            target=self._make, args=(making, name), name=f"answer-{message[:8]}", daemon=True
        )
        self._threads[name] = thread
        thread.start()
        return answering

    def knows(self, request: PageRequest, caller: Caller) -> bool:
        """Tell whether asking would give an answer that runs or was kept; blocks for one read."""
        with self._lock:
            if (caller.tenant.id, request.message) in self._running:
                return True
        if caller.store is None or not request.conversation:
            return False
        return caller.store.conversations.has_ended(request.message)

    def stop(self, message: str, owner_key: str | None, caller: Caller | None = None) -> None:
        """Stop an answer in the making, if this is its owner; otherwise do nothing."""
        caller = caller or Caller.staff(self.store)
        with self._lock:
            running = self._running.get((caller.tenant.id, message))
        owner = caller.owner_if_told(owner_key) if caller.store else None
        if running and running.owner == owner:
            running.stopped.set()

    def close(self) -> None:
        """Stop all answers; those that were being made are made again when they are asked for."""
        with self._lock:
            running = list(self._running.values())
        for one in running:
            one.left = True
            one.stopped.set()
        until = time.monotonic() + CLOSE_S
        for thread in list(self._threads.values()):
            thread.join(max(0.0, until - time.monotonic()))

    def _make(self, making: _Making, name: _Name) -> None:
        try:
            with self._desk.work.one():
                making.run()
        finally:
            self._forget(name)
            making.answering.publish(None, done=True)

    def _forget(self, name: _Name) -> None:
        with self._lock:
            self._running.pop(name, None)
            self._threads.pop(name, None)

    def _refuse(self, answering: Answering, request: PageRequest, key: str) -> Answering:
        view = AnswerView(request.message, request.ui, self.advisor.corpus)
        view.fail(word(key, request.ui))
        answering.publish(view.payload(), done=True)
        return answering


class _Making:
    """The making of one answer, in a thread of its own."""

    def __init__(
        self,
        desk: Desk,
        caller: Caller,
        request: PageRequest,
        answering: Answering,
        store: Store | None,
        before: Payload | None,
    ) -> None:
        """Take what was asked; `before` is what was shown of an answer that was broken off."""
        self.message = request.message
        self.answering = answering
        self._desk = desk
        self._caller = caller
        self._request = request
        self._store = store
        self._before = before
        self._view = AnswerView(request.message, request.ui, desk.advisor.corpus, request.filters)
        self._kept_keys: list[str] = []
        self._kept_at = 0.0

    def run(self) -> None:
        """Answer, state by state, until the end or until it is stopped."""
        view = self._view
        try:
            question = self._request.question(self._caller)
            view.lang = question.lang
            self._fold(question)
        except AdvisorError as error:
            view.fail(safe(error.user_message(view.lang)))
        except ProblemError as error:  # what is asked about is not offered here
            view.fail(safe(localise(error.detail, view.lang)))
        except Exception:
            log.exception("no answer was made")
            view.fail(word("failed.general", self._request.ui))
        if self.answering.left:
            return  # as it is kept, the next server finds it broken off
        if view.state == "working":
            view.state = "stopped"
        payload = self._payload()
        state: TurnState = view.state  # type: ignore[assignment]
        self._keep(lambda store: store.conversations.end(self.message, state, payload, view.answer))
        self.answering.publish(payload)

    def _fold(self, question: Question) -> None:
        steps = self._desk.steps(
            self._caller, question, self._caller.owner_if_told(self._request.owner)
        )
        try:
            for event in steps:
                if self.answering.stopped.is_set():
                    return  # what came after the wish to stop is not shown
                if isinstance(event, StillWriting):
                    continue  # nothing new to show, nor to be kept
                self._view.take(event)
                if self._view.state != "working":
                    return  # told by `run`, once it is kept
                self._show(self._payload())
        finally:
            close = getattr(steps, "close", None)
            if close is not None:
                close()

    def _show(self, payload: Payload) -> None:
        keys = [key for key, _ in payload["parts"]]
        now = time.monotonic()
        if keys != self._kept_keys or now - self._kept_at > KEEP_EVERY_S:
            self._kept_keys, self._kept_at = keys, now
            self._keep(lambda store: store.conversations.show(self.message, payload))
        self.answering.publish(payload)

    def _keep(self, write: Callable[[Store], None]) -> None:
        if self._store is None:
            return
        try:
            write(self._store)
        except StoreError:
            self._store = None  # told in the log; the reader still gets the answer

    def _payload(self) -> Payload:
        payload = self._view.payload()
        if self._before is None or self._view.answer is not None:
            return payload
        # What was shown before stays until the new answer is whole; the line of stages is new.
        now = dict(payload["parts"])
        old = [(key, html) for key, html in self._before.get("parts", ()) if key not in _OF_NOW]
        if _has_text(old):
            body = old
        else:
            body = [(key, html) for key, html in payload["parts"] if key not in _OF_NOW]
        again = word("resume.again", self._request.ui, tag="p", class_="hg-notice")
        told = [("again", again)] if self._view.state == "working" else []
        failed = [("failed", now["failed"])] if "failed" in now else []
        payload["parts"] = [["head", now["head"]], *map(list, [*told, *body, *failed])]
        return payload


_OF_NOW = frozenset({"head", "again", "failed"})
"""Keys of the parts that tell how far an answer has come."""


def _has_text(parts: Iterable[Sequence[str]]) -> bool:
    return any(key.startswith("block-") for key, _ in parts)


def _asked(request: PageRequest, caller: Caller) -> Asked:
    try:
        question: Question | None = request.question(caller)
    except (AdvisorError, ProblemError):  # kept all the same: the page shows it, with the reason
        question = None
    as_given = question is not None and question.as_of_given
    return Asked(
        turn=request.message,
        conversation=request.conversation or "",
        root=request.root or request.message,
        question=request.text.strip()[:MAX_CHARS],
        told=request.told,
        instead_of=request.instead_of,
        lang=request.ui,
        profile=request.profile,
        as_of=question.as_of if question and as_given else None,
        filters=question.filters.model_dump(mode="json", exclude_defaults=True) if question else {},
    )
