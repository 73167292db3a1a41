"""The SQLite file in which documents are kept: its tables, and one transaction at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.card import Bilingual
from knowledge.documents.errors import StoreFault

LAYOUT = 1
"""Number of the tables' form; raise it with every change."""
BUSY_MS = 30_000
"""How long a writer waits for another; a document of 300 pages is written in a second."""
_TABLES = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    instrument TEXT,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,      -- name of the copy
    record TEXT NOT NULL,           -- the document, as JSON
    next_number INTEGER NOT NULL,   -- of a passage; numbers below were given once
    revision INTEGER NOT NULL       -- of the store, when the document last changed
) WITHOUT ROWID;
CREATE INDEX documents_named ON documents (scope, name);
CREATE INDEX documents_by_content ON documents (scope, sha256);
CREATE TABLE readings (
    document TEXT PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    reading BLOB NOT NULL           -- JSON, zlib
);
CREATE TABLE vectors (
    key BLOB PRIMARY KEY,           -- SHA-256 of embedder and text
    embedder TEXT NOT NULL,
    row BLOB NOT NULL,              -- float16
    kept REAL NOT NULL              -- when, in seconds since 1970
) WITHOUT ROWID;
CREATE TABLE passages (
    document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,      -- in reading order, from 0
    lang TEXT NOT NULL,
    key BLOB NOT NULL REFERENCES vectors,
    part TEXT NOT NULL,             -- JSON
    PRIMARY KEY (document, number)
) WITHOUT ROWID;
CREATE INDEX passages_of_vector ON passages (key);
CREATE TABLE revision (number INTEGER NOT NULL);
INSERT INTO revision VALUES (0);
"""


class Database:
    """Two connections to one file, one that writes and one that reads; safe from many threads."""

    def __init__(self, path: Path, tables: str = _TABLES, layout: int = LAYOUT) -> None:
        """Open the file; make it where there is none.

        Args:
            path: of the file.
            tables: SQL that makes them, a statement ended by `;` and a line break.
            layout: number of their form.

        Raises:
            StoreFault: it cannot be opened, is damaged, or of a later version.
        """
        self.path = path
        self._tables, self._layout = tables, layout
        self._writing, self._reading = threading.RLock(), threading.RLock()
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            # A firm's papers are confidential: the file is its owner's alone.
            path.touch(mode=0o600, exist_ok=True)
            self._writer = self._connect()
            self._set_up()
            self._reader = self._connect()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read in one transaction: everything is of the same moment."""
        with self._reading, self._told():
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: all of it is kept at the end, or none after an error."""
        with self._writing, self._told():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    def version(self) -> int:
        """Give a number that changes whenever anybody has written, in whatever process."""
        with self._reading, self._told():
            return int(self._reader.execute("PRAGMA data_version").fetchone()[0])

    def settle(self) -> bool:
        """Bring what is written into the main file and empty the log beside it.

        What was deleted is overwritten in the main file, but stands in the log until then.

        Returns:
            Whether the log is empty now; a reader elsewhere may still need it.
        """
        with self._writing, self._told():
            busy, _, _ = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def compact(self) -> None:
        """Write the file anew, without room that deletion has left in it."""
        with self._writing, self._told():
            self._writer.execute("VACUUM")

    def faults(self) -> list[str]:
        """List what contradicts itself in the file; empty for a sound one."""
        with self._reading, self._told():
            told = [str(row[0]) for row in self._reader.execute("PRAGMA integrity_check(20)")]
            lost = [
                f"{table}: a row refers to a missing row of {parent}"
                for table, _, parent, _ in self._reader.execute("PRAGMA foreign_key_check")
            ]
        return [line for line in told if line != "ok"] + lost

    def close(self) -> None:
        """Release the file; closing twice does nothing."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what was acknowledged outlives a power failure too
            "foreign_keys=ON",
            "secure_delete=ON",  # what is deleted is overwritten
        ):
            connection.execute(f"PRAGMA {pragma}").fetchone()
        return connection

    def _set_up(self) -> None:
        verdict = self._writer.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise self._fault(str(verdict))
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            (layout,) = self._writer.execute("PRAGMA user_version").fetchone()
            if layout == 0:
                for statement in self._tables.split(";\n"):
                    self._writer.execute(statement)
                self._writer.execute(f"PRAGMA user_version={self._layout}")
            elif layout != self._layout:
                raise self._fault(f"layout {layout}, expected {self._layout}")
        except BaseException:
            self._writer.execute("ROLLBACK")
            raise
        self._writer.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn failures of the database into a message that names the file and the remedy."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # of one row, not of the file: the caller knows what it means
        except (sqlite3.Error, OSError) as error:
            # An error's text may hold what was written; its kind does not.
            raise self._fault(_kind(error)) from None

    def _fault(self, seen: str) -> StoreFault:
        return StoreFault(
            Bilingual(
                zh=f"文件库{self.path}无法使用：{seen}。请检查磁盘空间和权限；如已损坏，请从备份恢复，"
                "或将documents文件夹移走后重新添加文件。",
                en=f"{self.path}: the store of documents cannot be used: {seen}. Check free space"
                " and permissions; if it is damaged, restore it from a backup, or move the folder"
                " `documents` away and add the files again.",
            )
        )


def _kind(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return getattr(error, "sqlite_errorname", "") or str(error)
