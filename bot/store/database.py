"""The connection to the database: opened on first use, one short transaction at a time."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

from bot.store.schema import StoreError, bring_up_to_date
from knowledge.card import Bilingual

log = logging.getLogger(__name__)

BUSY_MS = 10_000
"""How long a writer waits for another; a write takes milliseconds."""
_WRITES = "hugang_writes"


class Database:
    """Transactions on one database; safe to use from many threads."""

    def __init__(self, url: URL) -> None:
        """Take the address; nothing is opened or created before the first transaction."""
        self._url = url
        self.faults = 0
        """How often the database could not be used, since the start."""
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read in one transaction: everything is of the same moment."""
        with self._session(self._open()) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Write in one transaction: all of it is kept at the end, or none after an error."""
        engine = self._open().execution_options(**{_WRITES: True})
        with self._session(engine) as session:
            yield session
            session.commit()

    def check(self) -> None:
        """Open the database, made or brought up to date where it must be.

        Raises:
            StoreError: it cannot be used.
        """
        self._open()

    def probe(self) -> None:
        """Read and write: whether the disk takes anything shows at the end of a transaction only.

        Raises:
            StoreError: one of the two fails.
        """
        with self.writing() as session:
            session.execute(text("UPDATE schema_version SET version = version"))

    def close(self) -> None:
        """Close all connections; a later use opens them anew."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def empty_log(self) -> None:
        """Bring SQLite's log into the file and empty it: until then it holds what was deleted.

        A reader in the middle of something may keep part of it; the next checkpoint takes that.
        """
        engine = self._open()
        if engine.dialect.name != "sqlite":
            return
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session:
                yield session
        except SQLAlchemyError as error:
            # Its text may hold what was asked: into the log goes the kind of error, no more.
            log.error("database of conversations: %s", _kind(error))
            self.faults += 1
            raise _fault(error) from None

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._opened()
            return self._engine

    def _opened(self) -> Engine:
        is_sqlite = self._url.get_backend_name() == "sqlite"
        try:
            if is_sqlite and self._url.database:
                _make_folder(self._url.database)
            # hide_parameters: an error names no question, key or id.
            engine = create_engine(self._url, hide_parameters=True)
        except (NoSuchModuleError, ImportError, ArgumentError, OSError) as error:
            raise _fault(error) from None
        if is_sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        elif self._url.get_backend_name() == "postgresql":
            event.listen(engine, "begin", _begin_postgresql)
        try:
            with engine.execution_options(**{_WRITES: True}).begin() as connection:
                bring_up_to_date(connection)
        except SQLAlchemyError as error:
            engine.dispose()
            raise _fault(error) from None
        except StoreError:
            engine.dispose()
            raise
        return engine


def read_url(address: str) -> URL:
    """Read the address of a database.

    Raises:
        StoreError: it is not an address that SQLAlchemy knows.
    """
    try:
        return make_url(address)
    except ArgumentError as error:
        raise StoreError(
            Bilingual(
                zh="HUGANG_DATABASE_URL不是数据库地址；应如sqlite:///文件路径。请改正或去掉它。",
                en="HUGANG_DATABASE_URL is not the address of a database, such as "
                "sqlite:///path/to/file. Correct the variable or unset it.",
            )
        ) from error


def _make_folder(database: str) -> None:
    from pathlib import Path

    if database != ":memory:":
        path = Path(database)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Questions may be confidential: the file is its owner's alone.
        path.touch(mode=0o600, exist_ok=True)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # None: Python's driver begins no transaction of its own, `_begin_sqlite` does.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _change_to_wal(connection)
    for pragma in (
        # In WAL mode this outlives the death of the process; a power failure may take the last
        # moment, never the database.
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _is_busy(error: BaseException) -> bool:
    # The low byte of an extended code is the code; what stands above it says why.
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )


@retry(
    retry=retry_if_exception(_is_busy),
    stop=stop_after_delay(BUSY_MS / 1000),
    wait=wait_random(0.001, 0.01),
    reraise=True,
)
def _change_to_wal(connection: Any) -> None:
    # Of two that open a new file at the same time, SQLite refuses one at once and does not have
    # it wait for its turn as it does elsewhere. The file keeps the mode.
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and then writes could be refused in the middle; one that
    # says at once that it will write waits for its turn.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_WRITERS = 0x68756761
"""Key of the lock that writers take on PostgreSQL; any number that no other program takes."""


def _begin_postgresql(connection: Any) -> None:
    # One writer at a time, as on SQLite: what is read at the start of a transaction that writes
    # still holds at its end. A write takes milliseconds; the lock ends with the transaction.
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def _kind(error: BaseException) -> str:
    return type(getattr(error, "orig", None) or error).__name__


def _fault(error: BaseException) -> StoreError:
    kind = _kind(error)
    return StoreError(
        Bilingual(
            zh=f"对话数据库不可用（{kind}）。请检查HUGANG_DATABASE_URL或HUGANG_HOME的文件夹与权限。",
            en=f"the database of conversations cannot be used ({kind}). Check "
            "HUGANG_DATABASE_URL, or the folder HUGANG_HOME and its permissions.",
        )
    )
