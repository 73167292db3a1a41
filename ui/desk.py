"""Where questions come in on behalf of callers: made by turns, told, and put on record."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, IPv6Network
from typing import Literal

from fastapi import Request

from bot.advisor import Advisor
from bot.answer import CheckedAnswer, Standing
from bot.events import (
    AnswerEvent,
    BlockGrowing,
    BlockReady,
    Failed,
    Finished,
    StillWriting,
    Waiting,
)
from bot.question import Filters, Question
from bot.store.schema import StoreError
from bot.store.tenants import Tenant
from bot.waiting import holding
from knowledge.card import Bilingual
from ui.access import Caller
from ui.api.problems import ProblemError
from ui.serving.turns import Slot, Turns
from ui.serving.work import Work

log = logging.getLogger(__name__)
PATIENCE_S = 3.0
"""An answer whose first text is told lets those go first that were asked so much later and wait for
theirs."""
TOLD_EVERY_S = 0.5
"""Between two words to one that waits for its turn."""
Outcome = Standing | Literal["failed", "left"]
"""How an answer ended; `left`: whoever asked went away or stopped it."""
OnAnswer = Callable[[Caller, Outcome, CheckedAnswer | None], None]
"""Told of each answer that ended; the answer itself is None where none was finished."""


class Desk:
    """Hands the questions of callers to an advisor; safe to use from many threads."""

    def __init__(
        self,
        advisor: Advisor,
        turns: Turns | None = None,
        work: Work | None = None,
        told: tuple[OnAnswer, ...] = (),
    ) -> None:
        """Take who answers.

        Args:
            advisor: makes the answers.
            turns: how many are worked on at once; None = 8.
            work: counts those under way.
            told: called for each that ended.
        """
        self.advisor = advisor
        self.turns = turns or Turns(8)
        self.work = work or Work()
        self._told = told

    def answer(self, caller: Caller, question: Question, owner: str | None) -> CheckedAnswer:
        """Answer a question and put the answer on record.

        Raises:
            AdvisorError: the question's profile cannot be used.
            KnowledgeError: the index failed.
        """
        outcome: Outcome = "failed"
        answer = None
        try:
            with self.work.one(), self.turns.turn(time.monotonic()) as slot, holding(slot):
                answer = self.advisor.answer(question)
            outcome = answer.standing
            self._record(caller, answer, owner)
        finally:
            self._tell(caller, outcome, answer)
        return answer

    def stream(
        self, caller: Caller, question: Question, owner: str | None
    ) -> Iterator[AnswerEvent]:
        """Answer a question step by step; the answer is on record before it is told as finished."""
        with self.work.one():
            yield from self._steps(caller, question, owner, prompt=False)

    def steps(self, caller: Caller, question: Question, owner: str | None) -> Iterator[AnswerEvent]:
        """Do the same for one that takes each step at once, in one thread, and counts its work itself.

        Its slot stays with it between two steps, unless another is due before.
        """
        return self._steps(caller, question, owner, prompt=True)

    def _steps(
        self, caller: Caller, question: Question, owner: str | None, *, prompt: bool
    ) -> Iterator[AnswerEvent]:
        outcome: Outcome = "left"
        answer = None
        events = self.advisor.stream(question)
        try:
            for event in self._by_turns(events, prompt=prompt):
                if isinstance(event, Finished):
                    answer, outcome = event.answer, event.answer.standing
                    self._record(caller, answer, owner)
                elif isinstance(event, Failed):
                    outcome = "failed"
                yield event
        except Exception:
            outcome = "failed"
            raise
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
            self._tell(caller, outcome, answer)

    def _by_turns(self, events: Iterator[AnswerEvent], *, prompt: bool) -> Iterator[AnswerEvent]:
        """Take each step in a slot, which is given up while a model or a reader is awaited.

        Steps are due when the answer began, so that what has begun is not held up by what has not;
        on a page, those after a first text that no model is still adding to, a little later.
        """
        began = time.monotonic()
        slot = Slot(self.turns, began)
        works = True
        try:
            while True:
                while works and not slot.take(TOLD_EVERY_S):
                    ahead = slot.ahead
                    if not prompt:
                        slot.give()  # lest one that reads slowly be handed a slot meanwhile
                    yield Waiting(ahead=ahead)
                with holding(slot):
                    event = next(events, None)
                if event is None:
                    return
                if not prompt:
                    slot.give()
                works = not isinstance(event, StillWriting | BlockGrowing)
                if not works:
                    slot.due = began
                elif prompt and isinstance(event, BlockReady):
                    slot.due = began + PATIENCE_S
                yield event
        finally:
            slot.give()

    def _tell(self, caller: Caller, outcome: Outcome, answer: CheckedAnswer | None) -> None:
        for told in self._told:
            told(caller, outcome, answer)

    @staticmethod
    def _record(caller: Caller, answer: CheckedAnswer, owner: str | None) -> None:
        if caller.store is None:
            return
        try:
            caller.store.audit.write(
                answer,
                caller.surface,
                key=caller.key,
                visitor=owner,
                with_question=caller.tenant.profile.record_questions,
            )
        except StoreError:
            # An answer that cannot be put on record is better than none; the store has told why.
            log.error("answer %s is not on record", answer.id)


def offered(tenant: Tenant, wanted: Filters) -> Filters:
    """Limit what is asked about to the topics that a tenant offers.

    Raises:
        ProblemError: none of those that are asked for is offered.
    """
    topics = tenant.profile.topics
    if not topics:
        return wanted
    common = tuple(one for one in wanted.topics if one in topics) if wanted.topics else topics
    if not common:
        raise ProblemError(
            "topic-not-offered",
            Bilingual(
                zh=f"此处只回答：{'、'.join(topics)}。",
                en=f"Topics offered here: {', '.join(topics)}.",
            ),
        )
    return wanted.model_copy(update={"topics": common})


def address_of(request: Request) -> str:
    """Return the address that a request comes from; behind a proxy, the one that it tells.

    Of an IPv6 address it is the network: whoever has one has all 2^64 addresses in it.
    """
    host = request.client.host if request.client else ""
    try:
        read = IPv6Address(host)
    except ValueError:
        return host
    return str(read.ipv4_mapped or IPv6Network((read, 64), strict=False))
