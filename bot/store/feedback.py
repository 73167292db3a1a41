"""What readers said of answers: one verdict an answer, which its reader may change."""

from __future__ import annotations

import datetime as dt
import hmac
import json

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from bot.answer import CheckedAnswer
from bot.errors import AdvisorError
from bot.store.conversations import (
    NotOwner,
    feedback_of,
    history_before,
    kept_turn,
)
from bot.store.database import Database
from bot.store.records import (
    MAX_FEEDBACK_TEXT,
    Feedback,
    FeedbackEntry,
    FeedbackReason,
    FeedbackVerdict,
)
from bot.store.schema import ConversationRow, FeedbackRow, TurnRow
from knowledge.card import Bilingual


class TurnNotFound(AdvisorError):
    """No answer of this name is kept."""

    code = "turn-not-found"


class FeedbackBook:
    """The feedback of one tenant; safe to use from many threads."""

    def __init__(self, database: Database, tenant: str) -> None:
        """Take an open or unopened database."""
        self._database = database
        self._tenant = tenant

    def give(
        self,
        turn: str,
        owner: str,
        verdict: FeedbackVerdict,
        reason: FeedbackReason | None = None,
        text: str = "",
    ) -> Feedback:
        """Keep what a reader says of an answer, in place of what the reader said before.

        Raises:
            TurnNotFound: no such answer is kept.
            NotOwner: it was given to another.
        """
        now = dt.datetime.now(dt.UTC)
        with self._database.writing() as session:
            about = self._owned(session, turn, owner)
            answer = about.answer
            checked = CheckedAnswer.model_validate_json(answer) if answer else None
            row = session.get(FeedbackRow, (self._tenant, turn))
            if row is None:
                row = FeedbackRow(tenant=self._tenant, turn=turn, created=now)
                session.add(row)
            row.answer_id = about.answer_id
            row.verdict, row.reason = verdict, reason
            row.text = text[:MAX_FEEDBACK_TEXT]
            row.refs = json.dumps([str(one.ref) for one in checked.citations] if checked else [])
            row.corpus = about.corpus
            row.updated = now
            return feedback_of(row)

    def withdraw(self, turn: str, owner: str) -> None:
        """Take back what a reader said, if anything.

        Raises:
            TurnNotFound, NotOwner: as in `give`.
        """
        with self._database.writing() as session:
            self._owned(session, turn, owner)
            row = session.get(FeedbackRow, (self._tenant, turn))
            if row is not None:
                session.delete(row)

    def listed(
        self,
        verdict: FeedbackVerdict | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> tuple[FeedbackEntry, ...]:
        """List feedback with question and answer, oldest first; of deleted conversations none.

        Args:
            verdict: only this one.
            since: only what was last changed at this moment or later.
            until: only what was last changed before this moment.
        """
        rows = (
            select(FeedbackRow, TurnRow)
            .join(
                TurnRow,
                (TurnRow.tenant == FeedbackRow.tenant) & (TurnRow.id == FeedbackRow.turn),
            )
            .join(
                ConversationRow,
                (ConversationRow.tenant == TurnRow.tenant)
                & (ConversationRow.id == TurnRow.conversation),
            )
            .where(FeedbackRow.tenant == self._tenant, ConversationRow.deleted.is_(None))
            .order_by(FeedbackRow.updated, FeedbackRow.turn)
            .options(undefer(TurnRow.answer))
        )
        if verdict is not None:
            rows = rows.where(FeedbackRow.verdict == verdict)
        if since is not None:
            rows = rows.where(FeedbackRow.updated >= since)
        if until is not None:
            rows = rows.where(FeedbackRow.updated < until)
        with self._database.reading() as session:
            return tuple(self._entry(session, said, about) for said, about in session.execute(rows))

    def _entry(self, session: Session, said: FeedbackRow, about: TurnRow) -> FeedbackEntry:
        turns = session.scalars(
            select(TurnRow)
            .where(TurnRow.tenant == self._tenant, TurnRow.conversation == about.conversation)
            .order_by(TurnRow.position)
        )
        asked = kept_turn(about)
        answer = about.answer
        return FeedbackEntry(
            **dict(feedback_of(said)),
            asked=asked,
            history=history_before(asked, map(kept_turn, turns)),
            checked=CheckedAnswer.model_validate_json(answer) if answer else None,
        )

    def _owned(self, session: Session, turn: str, owner: str) -> TurnRow:
        about = session.get(TurnRow, (self._tenant, turn))
        home = session.get(ConversationRow, (self._tenant, about.conversation)) if about else None
        if about is None or home is None or home.deleted is not None:
            raise TurnNotFound(
                Bilingual(
                    zh="没有保存这个回答，无法评价。", en="No such answer is kept to be rated."
                )
            )
        if not hmac.compare_digest(home.owner, owner):
            raise NotOwner(
                Bilingual(
                    zh="这段对话属于别人，不能替别人评价。",
                    en="This conversation is another's; only its owner may rate the answers.",
                )
            )
        return about
