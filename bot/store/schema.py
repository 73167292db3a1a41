"""The tables of the store, and how an older database becomes one of today.

Every row names its `tenant`, so that several share a database. Only types that every SQL database
has are used: JSON is kept as text.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping

from sqlalchemy import (
    DDL,
    Boolean,
    Connection,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    column,
    event,
    insert,
    inspect,
    select,
    table,
    text,
    update,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime, TypeDecorator

from bot.errors import AdvisorError
from bot.store.search import searched_text
from knowledge.card import Bilingual

SCHEMA_VERSION = 4


class StoreError(AdvisorError):
    """The database of conversations cannot be used."""

    code = "store-fault"


class Utc(TypeDecorator[dt.datetime]):
    """A moment in UTC; SQLite keeps no time zone, so none is written."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Write a moment."""
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Read a moment."""
        return None if value is None else value.replace(tzinfo=dt.UTC)


class Typed(TypeDecorator[str]):
    """A text that somebody typed; kept without NUL, which PostgreSQL refuses."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write a text."""
        return None if value is None else value.replace("\0", "")


class Row(DeclarativeBase):
    """Base of the tables."""


class SchemaRow(Row):
    """The one row that says which version of the schema this database has; of no tenant."""

    __tablename__ = "schema_version"

    one: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)


class ConversationRow(Row):
    """A conversation."""

    __tablename__ = "conversation"
    __table_args__ = (Index("conversation_of_owner", "tenant", "owner", "updated"),)

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Typed)
    created: Mapped[dt.datetime] = mapped_column(Utc)
    updated: Mapped[dt.datetime] = mapped_column(Utc)
    deleted: Mapped[dt.datetime | None] = mapped_column(Utc)


class TurnRow(Row):
    """A question and its answer."""

    __tablename__ = "turn"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant", "conversation"],
            ["conversation.tenant", "conversation.id"],
            ondelete="CASCADE",
        ),
        Index("turn_of_conversation", "tenant", "conversation", "position"),
        Index("turn_of_answer", "tenant", "answer_id"),
        Index("turn_of_state", "tenant", "state"),
    )

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(Integer)
    root: Mapped[str] = mapped_column(String(40))
    question: Mapped[str] = mapped_column(Typed)
    told: Mapped[str] = mapped_column(Text)
    # The place of an edited question that this turn gave way to.
    replaced_by: Mapped[str | None] = mapped_column(String(40))
    profile: Mapped[str] = mapped_column(Text)
    as_of: Mapped[str | None] = mapped_column(String(10))
    filters: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    shown: Mapped[str | None] = mapped_column(Text)
    # Question and answer as a search compares them.
    searched: Mapped[str] = mapped_column(Typed, deferred=True)
    answer_id: Mapped[str | None] = mapped_column(String(64))
    # Read by itself and seldom; a conversation is shown without it.
    answer: Mapped[str | None] = mapped_column(Text, deferred=True)
    corpus: Mapped[str] = mapped_column(String(64))
    started: Mapped[dt.datetime] = mapped_column(Utc)
    ended: Mapped[dt.datetime | None] = mapped_column(Utc)


class FeedbackRow(Row):
    """What the owner of a conversation last said of one of its answers."""

    __tablename__ = "feedback"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "turn"], ["turn.tenant", "turn.id"], ondelete="CASCADE"),
        Index("feedback_by_time", "tenant", "updated"),
    )

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    turn: Mapped[str] = mapped_column(String(40), primary_key=True)
    answer_id: Mapped[str | None] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Typed)
    refs: Mapped[str] = mapped_column(Text)
    corpus: Mapped[str] = mapped_column(String(64))
    created: Mapped[dt.datetime] = mapped_column(Utc)
    updated: Mapped[dt.datetime] = mapped_column(Utc)


class TenantRow(Row):
    """A tenant: whose portal asks, with what it looks like and what it may do."""

    __tablename__ = "tenant"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    profile: Mapped[str] = mapped_column(Text)
    # Signs the tenant's session tokens.
    secret: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(Boolean)
    created: Mapped[dt.datetime] = mapped_column(Utc)
    updated: Mapped[dt.datetime] = mapped_column(Utc)


class KeyRow(Row):
    """A key of a tenant, by its hash."""

    __tablename__ = "api_key"
    __table_args__ = (Index("key_of_tenant", "tenant", "created"),)

    prefix: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(Typed)
    sha256: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(64))
    created: Mapped[dt.datetime] = mapped_column(Utc)
    expires: Mapped[dt.datetime | None] = mapped_column(Utc)
    revoked: Mapped[dt.datetime | None] = mapped_column(Utc)
    used: Mapped[dt.datetime | None] = mapped_column(Utc)


class RecordRow(Row):
    """What is on record of one answer; written once, never changed."""

    __tablename__ = "answer_record"
    __table_args__ = (
        Index("record_by_time", "tenant", "at"),
        Index("record_of_visitor", "tenant", "visitor"),
        Index("record_of_answer", "tenant", "answer_id"),
    )

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    answer_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(Utc)
    surface: Mapped[str] = mapped_column(String(16))
    # Prefix of the key, or empty.
    key: Mapped[str] = mapped_column(String(16))
    # SHA-256 of whoever asked, or empty.
    visitor: Mapped[str] = mapped_column(String(64))
    question: Mapped[str | None] = mapped_column(Typed)
    lang: Mapped[str] = mapped_column(String(8))
    refs: Mapped[str] = mapped_column(Text)
    missing: Mapped[str] = mapped_column(Typed)
    corpus: Mapped[str] = mapped_column(String(64))
    writer: Mapped[str] = mapped_column(String(128))
    standing: Mapped[str] = mapped_column(String(16))
    decline_reason: Mapped[str | None] = mapped_column(String(32))
    timings: Mapped[str] = mapped_column(Text)
    total_ms: Mapped[float] = mapped_column(Float)
    prompt_tokens: Mapped[int] = mapped_column(Integer)
    completion_tokens: Mapped[int] = mapped_column(Integer)
    cost: Mapped[float | None] = mapped_column(Float)


class RequestRow(Row):
    """A request that may be sent twice, by the name its sender gave it, with its answer."""

    __tablename__ = "idempotent_request"
    __table_args__ = (Index("request_by_time", "created"),)

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    # SHA-256 of caller and name: the same name from another is another request.
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    # SHA-256 of the body.
    body: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str | None] = mapped_column(Text)
    created: Mapped[dt.datetime] = mapped_column(Utc)


class SignInRow(Row):
    """Somebody signed in with a key in a browser; the browser's secret by its hash."""

    __tablename__ = "sign_in"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    # Prefix of the key: revoked, it ends the sign-in too.
    key: Mapped[str] = mapped_column(String(16))
    expires: Mapped[dt.datetime] = mapped_column(Utc)


class EvaluationRow(Row):
    """A run of the evaluation that somebody asked for in the web app; its results are files."""

    __tablename__ = "evaluation"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    run: Mapped[str] = mapped_column(String(120), primary_key=True)
    wish: Mapped[str] = mapped_column(Typed)
    by: Mapped[str] = mapped_column(Typed)
    state: Mapped[str] = mapped_column(String(16))
    fault: Mapped[str | None] = mapped_column(Typed)
    created: Mapped[dt.datetime] = mapped_column(Utc)
    started: Mapped[dt.datetime | None] = mapped_column(Utc)
    ended: Mapped[dt.datetime | None] = mapped_column(Utc)


class LabelTaskRow(Row):
    """Answers of a run that two people are to label."""

    __tablename__ = "label_task"
    __table_args__ = (Index("label_task_of_run", "tenant", "run"),)

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    run: Mapped[str] = mapped_column(String(120))
    # JSON: ids of the cases, in the order of the run.
    cases: Mapped[str] = mapped_column(Typed)
    seed: Mapped[int] = mapped_column(Integer)
    peers_settle: Mapped[bool] = mapped_column(Boolean)
    by: Mapped[str] = mapped_column(Typed)
    # JSON: name and hour of handing in of each labeller.
    seats: Mapped[str] = mapped_column(Typed)
    created: Mapped[dt.datetime] = mapped_column(Utc)


class LabelRow(Row):
    """What one person said of one answer, or what settles two that differ."""

    __tablename__ = "label"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant", "task"], ["label_task.tenant", "label_task.id"], ondelete="CASCADE"
        ),
    )

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    task: Mapped[str] = mapped_column(String(40), primary_key=True)
    case: Mapped[str] = mapped_column(String(80), primary_key=True)
    adjudicated: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    labeller: Mapped[str] = mapped_column(String(80), primary_key=True)
    correctness: Mapped[str] = mapped_column(String(16))
    groundedness: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Typed)
    at: Mapped[dt.datetime] = mapped_column(Utc)


# A record is written once: the database itself refuses to change it, whoever asks.
for _dialect, _statements in {
    "sqlite": (
        "CREATE TRIGGER answer_record_stays BEFORE UPDATE ON answer_record "
        "BEGIN SELECT RAISE(ABORT, 'a record of an answer is never changed'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION answer_record_stays() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a record of an answer is never changed'; END $$",
        "CREATE TRIGGER answer_record_stays BEFORE UPDATE ON answer_record "
        "FOR EACH ROW EXECUTE FUNCTION answer_record_stays()",
    ),
}.items():
    for _statement in _statements:
        event.listen(
            RecordRow.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )


def _make_searchable(connection: Connection) -> None:
    """Version 2: what was asked and answered before can be searched as well."""
    connection.execute(text("ALTER TABLE turn ADD COLUMN searched TEXT NOT NULL DEFAULT ''"))
    turn = table("turn", *map(column, ("tenant", "id", "question", "shown", "searched")))
    kept = select(turn.c.tenant, turn.c.id, turn.c.question, turn.c.shown)
    for tenant, name, question, shown in connection.execute(kept).all():
        answer = json.loads(shown).get("text") or "" if shown else ""
        connection.execute(
            update(turn)
            .where(turn.c.tenant == tenant, turn.c.id == name)
            .values(searched=searched_text(question, answer))
        )


def _take_tenants(connection: Connection) -> None:
    """Version 3: several tenants, their keys, the record of answers, requests sent twice."""
    new = [row.__table__ for row in (TenantRow, KeyRow, RecordRow, RequestRow)]
    Row.metadata.create_all(connection, tables=new)  # type: ignore[arg-type]


def _take_evaluations(connection: Connection) -> None:
    """Version 4: evaluators who sign in, their runs and labels."""
    new = [row.__table__ for row in (SignInRow, EvaluationRow, LabelTaskRow, LabelRow)]
    Row.metadata.create_all(connection, tables=new)  # type: ignore[arg-type]


Step = Callable[[Connection], None]
STEPS: Mapping[int, Step] = {2: _make_searchable, 3: _take_tenants, 4: _take_evaluations}
"""By version: what makes a database of the version before it into one of it."""


def bring_up_to_date(
    connection: Connection, steps: Mapping[int, Step] = STEPS, version: int = SCHEMA_VERSION
) -> None:
    """Make the tables of a new database, or take an older one to today's version.

    Called inside a transaction that writes: on a failure nothing has changed.

    Raises:
        StoreError: a newer version of Hugang has written this database.
    """
    if not inspect(connection).has_table(SchemaRow.__tablename__):
        Row.metadata.create_all(connection)
        connection.execute(insert(SchemaRow).values(one=1, version=version))
        return
    seen = connection.execute(select(SchemaRow.version)).scalar_one()
    if seen > version:
        raise StoreError(
            Bilingual(
                zh=f"对话数据库的结构是第{seen}版，本程序只认到第{version}版。"
                "请升级Hugang，或用HUGANG_DATABASE_URL另指一个数据库。",
                en=f"the database of conversations has schema version {seen}; this program "
                f"knows versions up to {version}. Upgrade Hugang, or name another database with "
                "HUGANG_DATABASE_URL.",
            )
        )
    for number in range(seen + 1, version + 1):
        steps[number](connection)
    if seen < version:
        connection.execute(update(SchemaRow).values(version=version))
