"""Conversations on the server: asked, shown, reopened, renamed, deleted."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.answer import CheckedAnswer
from bot.errors import AdvisorError
from bot.forgetting import without_document
from bot.question import Turn
from bot.store.database import Database
from bot.store.records import (
    MAX_TITLE,
    Asked,
    CitingAnswer,
    Conversation,
    Feedback,
    KeptTurn,
    TurnState,
    shortened,
)
from bot.store.schema import ConversationRow, FeedbackRow, TurnRow
from bot.store.search import ESCAPE, folded, line_with, lines_of, pattern, searched_text, words_of
from knowledge.card import Bilingual, FactRef

UNDO = dt.timedelta(hours=1)
"""How long a deleted conversation can be brought back before it is gone for good."""
_OPEN: tuple[TurnState, ...] = ("working", "interrupted")
_STANDING: tuple[TurnState, ...] = (*_OPEN, "answered", "partly", "declined")
"""States of a turn that is shown where an earlier answer to its question stands."""


_SOUGHT_BY_DATABASE = 100
"""Facts up to which the database compares texts; with more of them reading every answer is quicker,
and SQLite takes no condition of a thousand parts."""

Redraw = Callable[[KeptTurn, CheckedAnswer], Mapping[str, Any]]

_HOME = and_(ConversationRow.tenant == TurnRow.tenant, ConversationRow.id == TurnRow.conversation)
"""The conversation of a turn."""


class ConversationNotFound(AdvisorError):
    """No conversation has this id, or it was deleted."""

    code = "conversation-not-found"


class NotOwner(AdvisorError):
    """Whoever knows the link may read; only the owner may continue, rename or delete."""

    code = "not-owner"


class Begun(NamedTuple):
    """How a question stands when it is sent in."""

    how: Literal["new", "again", "ended"]
    """`again`: its answer was broken off and is made anew; `ended`: it has been answered."""
    turn: KeptTurn


class Conversations:
    """The conversations of one tenant; safe to use from many threads."""

    def __init__(self, database: Database, tenant: str) -> None:
        """Take an open or unopened database."""
        self._database = database
        self._tenant = tenant

    def begin(self, asked: Asked, owner: str, corpus: str) -> Begun:
        """Keep a question before it is answered; a second time finds what became of it.

        Args:
            asked: the question; its conversation is made where there is none, and brought back
                where it was deleted.
            owner: from `owner_of`.
            corpus: corpus version that will answer.

        Raises:
            NotOwner: the conversation, or a turn of this name, is another's.
        """
        now = _now()
        with self._database.writing() as session:
            found = session.get(TurnRow, (self._tenant, asked.turn))
            home = self._row(session, found.conversation if found else asked.conversation)
            if home is not None:
                _claim(home, owner)
                home.deleted = None
            if found is not None:
                if found.state not in _OPEN:
                    return Begun("ended", kept_turn(found))
                found.state, found.started, found.corpus = "working", now, corpus
                return Begun("again", kept_turn(found))
            if home is None:
                home = ConversationRow(
                    tenant=self._tenant,
                    id=asked.conversation,
                    owner=owner,
                    title=shortened(asked.question),
                    created=now,
                    updated=now,
                    deleted=None,
                )
                session.add(home)
                session.flush()  # the turn refers to it
            home.updated = now
            if asked.instead_of:
                self._replace(session, asked.conversation, asked.instead_of, asked.root)
            added = self._added(session, asked, corpus, now)
            return Begun("new", kept_turn(added))

    def has_ended(self, turn: str) -> bool:
        """Tell whether a question is kept with what became of it."""
        with self._database.reading() as session:
            found = session.get(TurnRow, (self._tenant, turn))
            return found is not None and found.state not in _OPEN

    def show(self, turn: str, payload: Mapping[str, Any]) -> None:
        """Keep what the page shows of an answer in the making."""
        with self._database.writing() as session:
            session.execute(
                self._of_turn(turn).where(TurnRow.state == "working").values(shown=_json(payload))
            )

    def end(
        self,
        turn: str,
        state: TurnState,
        payload: Mapping[str, Any],
        answer: CheckedAnswer | None = None,
    ) -> None:
        """Keep how an answer ended, and the answer itself; of a deleted turn nothing is kept."""
        with self._database.writing() as session:
            question = session.scalar(
                select(TurnRow.question).where(TurnRow.tenant == self._tenant, TurnRow.id == turn)
            )
            if question is None:
                return
            session.execute(
                self._of_turn(turn).values(
                    state=state,
                    shown=_json(payload),
                    answer_id=answer.id if answer else None,
                    answer=answer.model_dump_json(by_alias=True) if answer else None,
                    searched=searched_text(question, _text(payload)),
                    ended=_now(),
                )
            )

    def undo(self, turn: str, owner: str) -> None:
        """Take back an edited question: what it replaced stands again, and it is gone.

        Raises:
            ConversationNotFound, NotOwner: as they say.
        """
        with self._database.writing() as session:
            row = session.get(TurnRow, (self._tenant, turn))
            if row is None:
                raise _not_found()
            self._owned(session, row.conversation, owner)
            of_talk = (TurnRow.tenant == self._tenant, TurnRow.conversation == row.conversation)
            session.execute(
                update(TurnRow)
                .where(*of_talk, TurnRow.replaced_by == row.root)
                .values(replaced_by=None)
            )
            session.execute(delete(TurnRow).where(*of_talk, TurnRow.root == row.root))

    def interrupt_left(self) -> int:
        """Mark what a process that is gone was answering; called once by a server that starts."""
        with self._database.writing() as session:
            done = session.execute(
                update(TurnRow)
                .where(TurnRow.tenant == self._tenant, TurnRow.state == "working")
                .values(state="interrupted")
            )
            return int(done.rowcount)  # type: ignore[attr-defined]

    def listed(self, owner: str, limit: int = 200, offset: int = 0) -> tuple[Conversation, ...]:
        """List an owner's conversations, the latest first."""
        with self._database.reading() as session:
            found = session.scalars(self._of_owner(owner).limit(limit).offset(offset)).all()
            counts = self._counts(session, [row.id for row in found])
            return tuple(_conversation(row, counts.get(row.id, 0)) for row in found)

    def search(self, owner: str, wanted: str, limit: int = 50) -> tuple[Conversation, ...]:
        """Find an owner's conversations by title, questions and answers, the latest first.

        Every word must be in the title, or in a question with its answer as they are shown now;
        width, script and case do not count.

        Args:
            owner: from `owner_of`.
            wanted: words; blank finds nothing.
            limit: most conversations wanted.
        """
        words = words_of(wanted)
        if not words:
            return ()
        with self._database.reading() as session:
            lines = self._lines_with(session, owner, words)
            found = [
                row
                for row in session.scalars(self._of_owner(owner))
                if row.id in lines or all(word in folded(row.title) for word in words)
            ][:limit]
            counts = self._counts(session, [row.id for row in found])
            return tuple(
                _conversation(row, counts.get(row.id, 0), lines.get(row.id)) for row in found
            )

    def _of_owner(self, owner: str) -> Select[ConversationRow]:
        return (
            select(ConversationRow)
            .where(
                ConversationRow.tenant == self._tenant,
                ConversationRow.owner == owner,
                ConversationRow.deleted.is_(None),
            )
            .order_by(ConversationRow.updated.desc(), ConversationRow.id)
        )

    def _lines_with(
        self, session: Session, owner: str, words: tuple[str, ...]
    ) -> dict[str, str | None]:
        """Return, by conversation, the first line of what is shown in it that has the words."""
        holds = [TurnRow.searched.like(pattern(word), escape=ESCAPE) for word in words]
        rows = (
            select(TurnRow.conversation, TurnRow.id, TurnRow.root, TurnRow.state, and_(*holds))
            .join(ConversationRow, _HOME)
            .where(
                TurnRow.tenant == self._tenant,
                TurnRow.replaced_by.is_(None),
                ConversationRow.owner == owner,
                ConversationRow.deleted.is_(None),
            )
            .order_by(TurnRow.conversation, TurnRow.position, TurnRow.started)
        )
        first: dict[str, str] = {}
        for one in as_shown(_Place(*row) for row in session.execute(rows)):
            if one.holds:
                first.setdefault(one.conversation, one.id)
        found = session.execute(
            select(TurnRow.conversation, TurnRow.question, TurnRow.shown).where(
                TurnRow.tenant == self._tenant, TurnRow.id.in_(list(first.values()))
            )
        )
        return {
            conversation: line_with(lines_of(question, _text(_shown(shown))), words)
            for conversation, question, shown in found
        }

    def read(self, conversation: str) -> tuple[Conversation, tuple[KeptTurn, ...]]:
        """Read a conversation with its turns, oldest first.

        Raises:
            ConversationNotFound: there is none, or it was deleted.
        """
        with self._database.reading() as session:
            row = self._row(session, conversation)
            if row is None or row.deleted is not None:
                raise _not_found()
            turns = self._turns(session, conversation)
            said = self._feedback(session, [turn.id for turn in turns])
            return (
                _conversation(row, len(turns)),
                tuple(kept_turn(turn, said.get(turn.id)) for turn in turns),
            )

    def rename(self, conversation: str, owner: str, title: str) -> Conversation:
        """Give a conversation another title, cut to one line.

        Raises:
            ConversationNotFound, NotOwner: as they say.
        """
        with self._database.writing() as session:
            row = self._owned(session, conversation, owner)
            row.title = " ".join(title.split())[:MAX_TITLE]
            return _conversation(row, self._counts(session, [row.id]).get(row.id, 0))

    def delete(self, conversation: str, owner: str) -> None:
        """Delete a conversation; for `UNDO` it can be brought back.

        Raises:
            ConversationNotFound, NotOwner: as they say.
        """
        with self._database.writing() as session:
            self._owned(session, conversation, owner).deleted = _now()
        self.purge()

    def restore(self, conversation: str, owner: str) -> Conversation:
        """Bring a deleted conversation back.

        Raises:
            ConversationNotFound, NotOwner: as they say.
        """
        with self._database.writing() as session:
            row = self._row(session, conversation)
            if row is None:
                raise _not_found()
            _claim(row, owner)
            row.deleted = None
            return _conversation(row, self._counts(session, [row.id]).get(row.id, 0))

    @staticmethod
    def is_owner(conversation: Conversation, owner: str) -> bool:
        """Tell whether a conversation is this owner's, in a time that tells nothing else."""
        return hmac.compare_digest(conversation.owner, owner)

    def purge(self, before: dt.datetime | None = None) -> int:
        """Remove for good what was deleted before a moment; None = longer than `UNDO` ago."""
        return self._remove(ConversationRow.deleted < (before or _now() - UNDO))

    def prune(self, before: dt.datetime) -> int:
        """Remove for good what was last asked in before a moment; return how many."""
        return self._remove(ConversationRow.updated < before)

    def forget_owner(self, owner: str) -> int:
        """Remove an owner's conversations for good, deleted ones too; tells how many."""
        removed = self._remove(ConversationRow.owner == owner)
        if removed:
            self._database.empty_log()
        return removed

    def known(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of some ids are conversations, those that can be brought back among them."""
        rows = select(ConversationRow.id).where(
            ConversationRow.tenant == self._tenant, ConversationRow.id.in_(ids)
        )
        with self._database.reading() as session:
            return frozenset(session.scalars(rows))

    def forget(self, document: str, redraw: Redraw) -> int:
        """Take the words of a deleted document out of kept answers; tells out of how many.

        Args:
            document: its id, which stands in whatever quotes it.
            redraw: makes what the page shows of an answer that is left without it.
        """
        rows = select(TurnRow).where(
            TurnRow.tenant == self._tenant,
            TurnRow.shown.contains(document, autoescape=True)
            | TurnRow.answer.contains(document, autoescape=True),
        )
        with self._database.writing() as session:
            found = session.scalars(rows).all()
            for row in found:
                shown = dict(_shown(row.shown) or {})
                parts = [part for part in shown.get("parts", ()) if document not in part[1]]
                shown |= {"parts": parts, "text": "", "markdown": ""}
                if row.answer:
                    answer = CheckedAnswer.model_validate_json(row.answer)
                    left = without_document(answer, document)
                    row.answer = left.model_dump_json(by_alias=True)
                    shown |= redraw(kept_turn(row), left)
                row.shown = _json(shown)
                row.searched = searched_text(row.question, _text(shown))
        if found:
            self._database.empty_log()
        return len(found)

    def answer(self, answer: str) -> CheckedAnswer | None:
        """Read a kept answer by its id; None where none, or only of a deleted conversation."""
        rows = (
            select(TurnRow.answer)
            .join(ConversationRow, _HOME)
            .where(
                TurnRow.tenant == self._tenant,
                TurnRow.answer_id == answer,
                ConversationRow.deleted.is_(None),
            )
            .order_by(TurnRow.started.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            found = session.scalars(rows).first()
        return CheckedAnswer.model_validate_json(found) if found else None

    def answers_citing(
        self, refs: Collection[FactRef], routes: Collection[str] = ()
    ) -> list[CitingAnswer]:
        """List the kept answers that rest on any of some facts or follow a route, oldest first.

        Args:
            refs: facts.
            routes: ids of routes; an answer counts whose plan follows one, whatever it cites.
        """
        sought = [f'"{ref}"' for ref in refs] + [f'"route":"{route}"' for route in routes]
        if not sought:
            return []
        rows = (
            select(TurnRow.question, TurnRow.started, TurnRow.answer, ConversationRow)
            .join(ConversationRow, _HOME)
            .where(TurnRow.tenant == self._tenant, ConversationRow.deleted.is_(None))
            .where(TurnRow.answer.is_not(None))
            .order_by(TurnRow.started)
        )
        if len(sought) <= _SOUGHT_BY_DATABASE:
            rows = rows.where(
                or_(*(TurnRow.answer.contains(one, autoescape=True) for one in sought))
            )
        wanted, followed = set(refs), set(routes)
        found = []
        with self._database.reading() as session:
            for question, asked, text, home in session.execute(
                rows.execution_options(yield_per=100)
            ):
                assert text is not None  # as the query says
                one = _citing(
                    CheckedAnswer.model_validate_json(text), wanted, question, asked, home
                )
                if one.refs or one.route in followed:
                    found.append(one)
        return found

    def _remove(self, which: Any) -> int:
        with self._database.writing() as session:
            # Turns and feedback go with it, by the foreign keys.
            done = session.execute(
                delete(ConversationRow).where(ConversationRow.tenant == self._tenant, which)
            )
            return int(done.rowcount)  # type: ignore[attr-defined]

    def _added(self, session: Session, asked: Asked, corpus: str, now: dt.datetime) -> TurnRow:
        last = session.scalar(
            select(func.max(TurnRow.position)).where(
                TurnRow.tenant == self._tenant, TurnRow.conversation == asked.conversation
            )
        )
        row = TurnRow(
            tenant=self._tenant,
            id=asked.turn,
            conversation=asked.conversation,
            position=0 if last is None else last + 1,
            root=asked.root,
            question=asked.question,
            told=_json([one.model_dump() for one in asked.told]),
            replaced_by=None,
            profile=_json(asked.profile),
            as_of=asked.as_of.isoformat() if asked.as_of else None,
            filters=_json(asked.filters),
            lang=asked.lang,
            state="working",
            shown=None,
            searched=searched_text(asked.question, ""),
            answer_id=None,
            answer=None,
            corpus=corpus,
            started=now,
            ended=None,
        )
        session.add(row)
        return row

    def _replace(self, session: Session, conversation: str, root: str, by: str) -> None:
        """Set aside the turns of a place and all that were asked after it, for the place `by`."""
        of_talk = (TurnRow.tenant == self._tenant, TurnRow.conversation == conversation)
        first = session.scalar(
            select(func.min(TurnRow.position)).where(*of_talk, TurnRow.root == root)
        )
        if first is None:
            return
        after = session.scalars(
            select(TurnRow.root).where(
                *of_talk, TurnRow.position >= first, TurnRow.replaced_by.is_(None)
            )
        ).all()
        # Asked anew, an earlier question has a later row of its own: it stays.
        earlier = session.scalars(
            select(TurnRow.root).where(*of_talk, TurnRow.position < first)
        ).all()
        session.execute(
            update(TurnRow)
            .where(*of_talk, TurnRow.root.in_(set(after) - set(earlier) - {by}))
            .where(TurnRow.replaced_by.is_(None))
            .values(replaced_by=by)
        )

    def _of_turn(self, turn: str) -> Any:
        return update(TurnRow).where(TurnRow.tenant == self._tenant, TurnRow.id == turn)

    def _row(self, session: Session, conversation: str) -> ConversationRow | None:
        return session.get(ConversationRow, (self._tenant, conversation))

    def _owned(self, session: Session, conversation: str, owner: str) -> ConversationRow:
        row = self._row(session, conversation)
        if row is None or row.deleted is not None:
            raise _not_found()
        _claim(row, owner)
        return row

    def _turns(self, session: Session, conversation: str) -> list[TurnRow]:
        rows = (
            select(TurnRow)
            .where(
                TurnRow.tenant == self._tenant,
                TurnRow.conversation == conversation,
                TurnRow.replaced_by.is_(None),
            )
            .order_by(TurnRow.position, TurnRow.started)
        )
        return list(session.scalars(rows))

    def _feedback(self, session: Session, turns: list[str]) -> dict[str, Feedback]:
        rows = select(FeedbackRow).where(
            FeedbackRow.tenant == self._tenant, FeedbackRow.turn.in_(turns)
        )
        return {row.turn: feedback_of(row) for row in session.scalars(rows)}

    def _counts(self, session: Session, conversations: list[str]) -> dict[str, int]:
        rows = (
            select(TurnRow.conversation, func.count())
            .where(TurnRow.tenant == self._tenant, TurnRow.conversation.in_(conversations))
            .group_by(TurnRow.conversation)
        )
        return {row[0]: row[1] for row in session.execute(rows)}


class _Place(NamedTuple):
    """A turn as a search looks at it."""

    conversation: str
    id: str
    place: str
    state: str
    holds: bool
    """Whether it has all words of the search."""

    @property
    def root(self) -> tuple[str, str]:
        """The place, of which another conversation may have one of the same name."""
        return self.conversation, self.place


class _Standing(Protocol):
    """What tells which of several answers to a question is shown."""

    @property
    def root(self) -> Hashable: ...
    @property
    def state(self) -> str: ...


Shown = TypeVar("Shown", bound=_Standing)


def as_shown(turns: Iterable[Shown]) -> tuple[Shown, ...]:
    """Return one turn for each place, in the order in which the places were first asked.

    Of a question answered anew it is the newest answer; one that failed or was stopped leaves the
    answer before it in its place.
    """
    places: dict[Hashable, Shown] = {}
    for one in turns:
        before = places.get(one.root)
        if before is None or one.state in _STANDING or before.state not in _STANDING:
            places[one.root] = one
    return tuple(places.values())


def history_before(turn: KeptTurn, turns: Iterable[KeptTurn]) -> tuple[Turn, ...]:
    """Return what came before a question: earlier questions with their answers, oldest first.

    Of a question asked again with more circumstances only the last answer counts.
    """
    last: dict[str, KeptTurn] = {}
    for one in turns:
        if one.position < turn.position and one.root != turn.root and _text(one.shown):
            last[one.root] = one
    said = ((one.question, _text(one.shown)) for one in last.values())
    return tuple(
        Turn.model_validate({"role": role, "content": content})
        for question, text in said
        for role, content in (("user", question), ("assistant", text))
    )


def feedback_of(row: FeedbackRow) -> Feedback:
    """Read a row of feedback."""
    return Feedback.model_validate(
        {
            "turn": row.turn,
            "answer": row.answer_id,
            "verdict": row.verdict,
            "reason": row.reason,
            "text": row.text,
            "refs": tuple(FactRef(ref) for ref in json.loads(row.refs)),
            "corpus": row.corpus,
            "created": row.created,
            "updated": row.updated,
        }
    )


def _text(payload: Mapping[str, Any] | None) -> str:
    """Return the text of an answer out of what the page shows; empty while there is none."""
    return str((payload or {}).get("text") or "")


def _shown(kept: str | None) -> Mapping[str, Any] | None:
    read: Mapping[str, Any] | None = json.loads(kept) if kept else None
    return read


def _claim(row: ConversationRow, owner: str) -> None:
    if not hmac.compare_digest(row.owner, owner):
        raise NotOwner(
            Bilingual(
                zh="这段对话属于别人：有链接可以阅读，但不能续问、改名或删除。",
                en="This conversation is another's: with the link you may read it, but not "
                "continue, rename or delete it.",
            )
        )


def _not_found() -> ConversationNotFound:
    return ConversationNotFound(
        Bilingual(
            zh="没有这段对话，或已被删除。",
            en="There is no such conversation, or it was deleted.",
        )
    )


def _conversation(row: ConversationRow, turns: int, line: str | None = None) -> Conversation:
    return Conversation(
        id=row.id,
        owner=row.owner,
        title=row.title,
        created=row.created,
        updated=row.updated,
        turns=turns,
        line=line,
    )


def kept_turn(row: TurnRow, feedback: Feedback | None = None) -> KeptTurn:
    """Read a row of a turn."""
    return KeptTurn.model_validate(
        {
            "turn": row.id,
            "conversation": row.conversation,
            "position": row.position,
            "root": row.root,
            "question": row.question,
            "told": json.loads(row.told),
            "profile": json.loads(row.profile),
            "as_of": row.as_of,
            "filters": json.loads(row.filters),
            "lang": row.lang,
            "state": row.state,
            "shown": _shown(row.shown),
            "answer": row.answer_id,
            "corpus": row.corpus,
            "started": row.started,
            "ended": row.ended,
            "feedback": feedback,
        }
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _citing(
    answer: CheckedAnswer,
    refs: Collection[FactRef],
    question: str,
    asked: dt.datetime,
    home: ConversationRow,
) -> CitingAnswer:
    in_text = {entry.ref for entry in answer.citations}
    in_plan = {entry.ref for entry in answer.plan_citations}
    if answer.plan:
        in_plan |= set(answer.plan.refs_told(answer.plan.options))
    return CitingAnswer(
        answer=answer.id,
        question=question,
        asked=asked,
        refs=tuple(sorted((in_text | in_plan) & set(refs))),
        in_plan=tuple(sorted(in_plan & set(refs))),
        route=answer.plan.route if answer.plan else None,
        conversation=hashlib.sha256(home.id.encode()).hexdigest()[:8],
        title=home.title,
    )
