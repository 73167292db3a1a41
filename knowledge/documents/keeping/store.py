"""Documents as they are kept: one SQLite file as the only truth, and copies of the files beside it.

    <home>/documents/documents.sqlite3   documents, readings, passages, vectors
    <home>/documents/files/              a copy of each file: `<document id>-<start of its SHA-256>`
    <home>/documents/adding.lock         held by the process that adds

A document with its reading, passages and vectors is written in one transaction, after its copy is
on the disk: a process that dies at any moment leaves all of a document or nothing that is found. A
copy without a document is removed at the next opening.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import sqlite3
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import filelock
import numpy as np

from knowledge.card import Bilingual, FactRef, PassageLang
from knowledge.documents.document import Document, Part, StoredPassage
from knowledge.documents.errors import AddingElsewhere, NoSuchDocument, StoreFault
from knowledge.documents.keeping.database import Database
from knowledge.documents.reading.reading import Reading
from knowledge.search.build import sync
from knowledge.search.embed import Matrix

DATABASE = "documents.sqlite3"
FILES = "files"
_KEPT_S = 7 * 24 * 3600.0
"""How long vectors without a passage are kept: an interrupted run goes on from them."""
_MOST_KEYS = 500
_SMALL_BYTES = 64_000_000
"""Size up to which the file is written anew after a deletion; it takes under a second."""


class State(NamedTuple):
    """What a search must know of a document to be up to date."""

    scope: str
    revision: int
    """Of the store, when the document last changed."""


class Shelf(NamedTuple):
    """The vectors of one document: row i of `matrix` belongs to `refs[i]`, whose language is `langs[i]`."""

    refs: tuple[FactRef, ...]
    langs: tuple[PassageLang, ...]
    matrix: Matrix


class DocumentStore:
    """Documents, their passages and vectors; safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Open the store in a folder, made where there is none.

        Raises:
            StoreFault: the database is damaged, or the folder cannot be written.
        """
        self.folder = folder
        self._files = folder / FILES
        self._database = Database(folder / DATABASE)
        try:
            self._files.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            self._database.close()
            raise _unwritable(self._files, error) from error
        with contextlib.suppress(AddingElsewhere), self.adding(patience_s=0):
            self._sweep()

    @contextlib.contextmanager
    def adding(self, patience_s: float = -1) -> Iterator[None]:
        """Be the one process, and the one thread of it, that adds.

        Args:
            patience_s: how long to wait for another; below 0 without end.

        Raises:
            AddingElsewhere: another still adds.
        """
        lock = filelock.FileLock(self.folder / "adding.lock")
        try:
            lock.acquire(timeout=patience_s)
        except filelock.Timeout:
            raise AddingElsewhere(
                Bilingual(
                    zh="另一个进程正在添加文件；请等它完成后再试。",
                    en="another process is adding documents. Wait until it is done, and try again.",
                )
            ) from None
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def version(self) -> int:
        """Give a number that changes whenever anybody has written."""
        return self._database.version()

    def documents(self, scopes: Iterable[str] | None = None) -> tuple[Document, ...]:
        """List the documents of some scopes, or all, those added last first."""
        with self._database.reading() as reader:
            rows = reader.execute("SELECT record, scope FROM documents").fetchall()
        wanted = None if scopes is None else frozenset(scopes)
        found = [
            Document.model_validate_json(record)
            for record, scope in rows
            if wanted is None or scope in wanted
        ]
        return tuple(sorted(found, key=lambda document: document.added, reverse=True))

    def document(self, document_id: str) -> Document:
        """Return a document.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        with self._database.reading() as reader:
            return _document(reader, document_id)

    def named(self, scope: str, name: str) -> Document | None:
        """Return the document of a scope that was added by this name."""
        return self._one("scope = ? AND name = ?", scope, name)

    def of_content(self, scope: str, sha256: str) -> Document | None:
        """Return a document of a scope with these very bytes."""
        return self._one("scope = ? AND sha256 = ?", scope, sha256)

    def passages(self, document_id: str) -> tuple[StoredPassage, ...]:
        """List a document's passages in reading order.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        with self._database.reading() as reader:
            title = _document(reader, document_id).particulars.title
            rows = reader.execute(
                "SELECT number, part FROM passages WHERE document = ? ORDER BY position",
                (document_id,),
            ).fetchall()
        return tuple(_passage(document_id, number, title, part) for number, part in rows)

    def passage(self, ref: FactRef) -> StoredPassage:
        """Return one passage.

        Raises:
            NoSuchDocument: there is none of this name.
        """
        with self._database.reading() as reader:
            row = reader.execute(
                "SELECT part FROM passages WHERE document = ? AND number = ?",
                (ref.card_id, ref.fact_id),
            ).fetchone()
            if row is None:
                raise NoSuchDocument(ref)
            title = _document(reader, ref.card_id).particulars.title
        return _passage(ref.card_id, ref.fact_id, title, row[0])

    def reading(self, document_id: str) -> Reading:
        """Return what the reader made of a document's file.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        with self._database.reading() as reader:
            row = reader.execute(
                "SELECT reading FROM readings WHERE document = ?", (document_id,)
            ).fetchone()
        if row is None:
            raise NoSuchDocument(document_id)
        return Reading.model_validate_json(zlib.decompress(row[0]))

    def file(self, document_id: str) -> Path:
        """Tell where the copy of a document's file lies.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        return self._files / _file_name(self.document(document_id))

    def states(self) -> dict[str, State]:
        """Tell of each document whose it is, and when it last changed."""
        with self._database.reading() as reader:
            rows = reader.execute("SELECT id, scope, revision FROM documents").fetchall()
        return {document_id: State(scope, revision) for document_id, scope, revision in rows}

    def shelves(self, embedder: str, document_ids: Iterable[str] | None = None) -> dict[str, Shelf]:
        """Give the vectors of one embedder of some documents, or of all, by document.

        Passages whose vectors are another embedder's are left out.
        """
        query = (
            "SELECT p.document, p.number, p.lang, v.row FROM passages p JOIN vectors v USING (key)"
            " WHERE v.embedder = ?"
        )
        with self._database.reading() as reader:
            if document_ids is None:
                rows = reader.execute(f"{query} ORDER BY p.document", (embedder,)).fetchall()
            else:
                rows = [
                    row
                    for document_id in document_ids
                    for row in reader.execute(
                        f"{query} AND p.document = ?", (embedder, document_id)
                    )
                ]
        return {
            document_id: Shelf(
                tuple(FactRef.of(document_id, number) for _, number, _, _ in own),
                tuple(lang for _, _, lang, _ in own),
                _matrix([row for *_, row in own]),
            )
            for document_id, group in itertools.groupby(rows, key=lambda row: row[0])
            if (own := list(group))
        }

    def missing(self, keys: Sequence[bytes]) -> set[bytes]:
        """Tell which vectors are not kept."""
        wanted = list(dict.fromkeys(keys))
        with self._database.reading() as reader:
            found = {
                key
                for start in range(0, len(wanted), _MOST_KEYS)
                for (key,) in reader.execute(
                    *_among("SELECT key FROM vectors WHERE key", wanted[start : start + _MOST_KEYS])
                )
            }
        return set(wanted) - found

    def keep_vectors(self, embedder: str, keys: Sequence[bytes], matrix: Matrix) -> None:
        """Keep vectors before their passages are: what dies meanwhile need not embed them again."""
        rows = matrix.astype(np.float16)
        kept = time.time()
        with self._database.writing() as writer:
            writer.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?)",
                [(key, embedder, row.tobytes(), kept) for key, row in zip(keys, rows, strict=True)],
            )

    def put(
        self,
        document: Document,
        reading: Reading,
        parts: Sequence[Part],
        keys: Sequence[bytes],
        source: Path,
    ) -> Document:
        """Keep a document, new or in another form than before, in one step.

        A passage that was there before, word for word, keeps its number; a new one gets a number
        that no passage of the document ever had.

        Args:
            document: as it is to be; its `passages` is counted here.
            reading: of the file.
            parts: of the reading, in order.
            keys: of their vectors, which must be kept already.
            source: the file, which is copied.

        Raises:
            sqlite3.IntegrityError: a vector is not kept; somebody has removed it meanwhile.
            StoreFault: it cannot be written.
        """
        document = document.model_copy(update={"passages": len(parts)})
        copied = self._copy(source, document)
        with self._database.writing() as writer:
            before = writer.execute(
                "SELECT file, next_number FROM documents WHERE id = ?", (document.id,)
            ).fetchone()
            numbers, next_number = _numbers(
                _numbered(writer, document.id), parts, before[1] if before else 1
            )
            used = _keys_of(writer, document.id)
            writer.execute("DELETE FROM passages WHERE document = ?", (document.id,))
            _write_document(writer, document, next_number)
            writer.execute(
                "INSERT OR REPLACE INTO readings VALUES (?, ?)",
                (document.id, zlib.compress(reading.model_dump_json().encode(), 6)),
            )
            writer.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (document.id, number, position, part.lang, key, part.model_dump_json())
                    for position, (number, part, key) in enumerate(
                        zip(numbers, parts, keys, strict=True)
                    )
                ],
            )
            _drop_unused(writer, used)
        if before:
            if before[0] != copied.name:
                (self._files / before[0]).unlink(missing_ok=True)
            self._database.settle()
        return document

    def describe(self, document: Document, keys: Mapping[FactRef, bytes]) -> None:
        """Keep a document under other particulars; its passages then have other vectors.

        Args:
            document: as it is to be.
            keys: vector of each of its passages, which must be kept already.

        Raises:
            NoSuchDocument: there is none of this id.
            sqlite3.IntegrityError: a vector is not kept.
        """
        with self._database.writing() as writer:
            _document(writer, document.id)
            (next_number,) = writer.execute(
                "SELECT next_number FROM documents WHERE id = ?", (document.id,)
            ).fetchone()
            used = _keys_of(writer, document.id)
            _write_document(writer, document, next_number)
            writer.executemany(
                "UPDATE passages SET key = ? WHERE document = ? AND number = ?",
                [(key, ref.card_id, ref.fact_id) for ref, key in keys.items()],
            )
            _drop_unused(writer, used)

    def remove(self, document_ids: Iterable[str]) -> None:
        """Remove documents for good: rows, vectors that no other document needs, and copies.

        Raises:
            NoSuchDocument: there is none of an id; then all stay.
        """
        names = []
        with self._database.writing() as writer:
            for document_id in document_ids:
                names.append(_file_name(_document(writer, document_id)))
                used = _keys_of(writer, document_id)
                writer.execute("DELETE FROM documents WHERE id = ?", (document_id,))
                _drop_unused(writer, used)
            writer.execute("UPDATE revision SET number = number + 1")
        for name in names:
            (self._files / name).unlink(missing_ok=True)
        if self._database.path.stat().st_size <= _SMALL_BYTES:
            self._database.compact()
        self._database.settle()

    def outdated(self, embedder: str) -> tuple[str, ...]:
        """List the documents with a passage whose vector is not this embedder's."""
        with self._database.reading() as reader:
            rows = reader.execute(
                "SELECT DISTINCT p.document FROM passages p JOIN vectors v USING (key)"
                " WHERE v.embedder != ?",
                (embedder,),
            ).fetchall()
        return tuple(document_id for (document_id,) in rows)

    def faults(self) -> list[str]:
        """List what contradicts itself: database, copies, counts; empty for a sound store."""
        found = self._database.faults()
        for document in self.documents():
            path = self._files / _file_name(document)
            if not path.is_file():
                found.append(f"{document.id}: its file is missing")
            elif _sha256(path) != document.sha256:
                found.append(f"{document.id}: its file is not the one that was added")
            if len(self.passages(document.id)) != document.passages:
                found.append(f"{document.id}: passages are missing")
            try:
                length = len(self.reading(document.id).text)
            except (zlib.error, ValueError):
                found.append(f"{document.id}: its reading cannot be read")
            else:
                if any(p.part.end > length for p in self.passages(document.id)):
                    found.append(f"{document.id}: a passage lies beyond its text")
        return found

    def close(self) -> None:
        """Release the files; closing twice does nothing."""
        self._database.close()

    def _one(self, condition: str, *values: str) -> Document | None:
        with self._database.reading() as reader:
            row = reader.execute(
                f"SELECT record FROM documents WHERE {condition} ORDER BY id", values
            ).fetchone()
        return Document.model_validate_json(row[0]) if row else None

    def _copy(self, source: Path, document: Document) -> Path:
        """Copy a file beside the database.

        Raises:
            StoreFault: it cannot be written, or is not the file that was read.
        """
        target = self._files / _file_name(document)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.copyfile(source, draft, follow_symlinks=False)
            os.chmod(draft, 0o600)
            sync(draft)
            if _sha256(draft) != document.sha256:
                raise _changed(document.name)
            draft.replace(target)
            sync(self._files)
        except OSError as error:
            raise _unwritable(target, error) from error
        finally:
            draft.unlink(missing_ok=True)
        return target

    def _sweep(self) -> None:
        """Remove what runs left that died: copies without a document, vectors nobody came back for."""
        with self._database.reading() as reader:
            known = {name for (name,) in reader.execute("SELECT file FROM documents")}
        for path in self._files.iterdir():
            if path.name not in known:
                path.unlink(missing_ok=True)
        with self._database.reading() as reader:
            stale = [
                key
                for (key,) in reader.execute(
                    "SELECT key FROM vectors v WHERE kept < ? AND NOT EXISTS"
                    " (SELECT 1 FROM passages p WHERE p.key = v.key)",
                    (time.time() - _KEPT_S,),
                )
            ]
        if stale:
            with self._database.writing() as writer:
                _drop_unused(writer, stale)
            self._database.settle()


def _document(connection: sqlite3.Connection, document_id: str) -> Document:
    row = connection.execute("SELECT record FROM documents WHERE id = ?", (document_id,)).fetchone()
    if row is None:
        raise NoSuchDocument(document_id)
    return Document.model_validate_json(row[0])


def _write_document(connection: sqlite3.Connection, document: Document, next_number: int) -> None:
    connection.execute("UPDATE revision SET number = number + 1")
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT number FROM revision))"
        " ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, kind = excluded.kind,"
        " instrument = excluded.instrument, name = excluded.name, sha256 = excluded.sha256,"
        " file = excluded.file, record = excluded.record, next_number = excluded.next_number,"
        " revision = excluded.revision",
        (
            document.id,
            document.scope,
            document.kind,
            document.instrument,
            document.name,
            document.sha256,
            _file_name(document),
            document.model_dump_json(),
            next_number,
        ),
    )


def _passage(document_id: str, number: int, title: str, part: str) -> StoredPassage:
    return StoredPassage(
        ref=FactRef.of(document_id, number), title=title, part=Part.model_validate_json(part)
    )


def _numbered(connection: sqlite3.Connection, document_id: str) -> list[tuple[int, Part]]:
    rows = connection.execute(
        "SELECT number, part FROM passages WHERE document = ? ORDER BY position", (document_id,)
    )
    return [(number, Part.model_validate_json(part)) for number, part in rows]


def _numbers(
    before: Sequence[tuple[int, Part]], parts: Sequence[Part], next_number: int
) -> tuple[list[int], int]:
    """Number the parts of a document: as before where the text is the same, else anew.

    First those of the same headings are matched, then those that moved under others.
    """
    given: dict[int, int] = {}
    free = dict(before)
    for with_path in (True, False):
        waiting: dict[tuple[object, ...], deque[int]] = defaultdict(deque)
        for number, part in free.items():
            waiting[_identity(part, with_path=with_path)].append(number)
        for at, part in enumerate(parts):
            if at not in given and (same := waiting.get(_identity(part, with_path=with_path))):
                given[at] = same.popleft()
                del free[given[at]]
    for at in range(len(parts)):
        if at not in given:
            given[at] = next_number
            next_number += 1
    return [given[at] for at in range(len(parts))], next_number


def _identity(part: Part, *, with_path: bool) -> tuple[object, ...]:
    return (part.path if with_path else (), part.article, part.kind, part.text)


def _keys_of(connection: sqlite3.Connection, document_id: str) -> list[bytes]:
    rows = connection.execute("SELECT key FROM passages WHERE document = ?", (document_id,))
    return [key for (key,) in rows]


def _drop_unused(connection: sqlite3.Connection, keys: Iterable[bytes]) -> None:
    connection.executemany(
        "DELETE FROM vectors WHERE key = ?1"
        " AND NOT EXISTS (SELECT 1 FROM passages WHERE passages.key = ?1)",
        [(key,) for key in keys],
    )


def _among(query: str, values: Sequence[bytes]) -> tuple[str, Sequence[bytes]]:
    return f"{query} IN ({','.join('?' * len(values))})", values


def _matrix(rows: Sequence[bytes]) -> Matrix:
    """Unpack float16 rows, shape (n, dim)."""
    flat = np.frombuffer(b"".join(rows), dtype=np.float16)
    return flat.reshape(len(rows), -1).astype(np.float32)


def _file_name(document: Document) -> str:
    # Of an updated document the new copy lies beside the old one until the transaction is through.
    return f"{document.id}-{document.sha256[:16]}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unwritable(path: Path, error: OSError) -> StoreFault:
    return StoreFault(
        Bilingual(
            zh=f"{path}无法写入：{error.strerror}。请检查磁盘空间和权限，或用HUGANG_HOME另指定文件夹。",
            en=f"{path}: cannot be written: {error.strerror}. Check free space and permissions, or"
            " set HUGANG_HOME to a folder that may be written.",
        )
    )


def _changed(name: str) -> StoreFault:
    return StoreFault(
        Bilingual(
            zh=f"{name}在读取期间被改动；请在改动完成后重新添加。",
            en=f"{name}: changed while it was read. Add it again when nobody writes to it.",
        )
    )
