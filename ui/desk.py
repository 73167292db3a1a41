"""Where questions come in on behalf of callers, and every answer is put on record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from ipaddress import IPv6Address, IPv6Network

from fastapi import Request

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.events import AnswerEvent, Finished
from bot.question import Filters, Question
from bot.store.schema import StoreError
from bot.store.tenants import Tenant
from knowledge.card import Bilingual
from ui.access import Caller
from ui.api_problems import ProblemError

log = logging.getLogger(__name__)


class Desk:
    """Hands the questions of callers to an advisor; safe to use from many threads."""

    def __init__(self, advisor: Advisor) -> None:
        """Take who answers."""
        self.advisor = advisor

    def answer(self, caller: Caller, question: Question, owner: str | None) -> CheckedAnswer:
        """Answer a question and put the answer on record.

        Raises:
            AdvisorError: the question's profile cannot be used.
            KnowledgeError: the index failed.
        """
        answer = self.advisor.answer(question)
        self._record(caller, answer, owner)
        return answer

    def stream(
        self, caller: Caller, question: Question, owner: str | None
    ) -> Iterator[AnswerEvent]:
        """Answer a question step by step; the answer is on record before it is told as finished."""
        for event in self.advisor.stream(question):
            if isinstance(event, Finished):
                self._record(caller, event.answer, owner)
            yield event

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
