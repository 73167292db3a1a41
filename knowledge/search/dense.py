"""Dense index: nearest passages by cosine similarity, in Chroma. No other module imports it.

Traps that shape this module, measured on chromadb 1.5.9: two writers on one folder lose rows
without an error; a reader never sees what another process adds; `add` keeps the old row of an id;
rows above the last sync lie in the write-ahead log and cost 0.3 s at every opening. So a folder is
written once, in full, by one process, and then only read (`knowledge/search/index.py` sees to that).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from knowledge.card import FactRef, PassageLang
from knowledge.errors import IndexFault
from knowledge.progress import OnProgress, Progress, unreported
from knowledge.search.embed import Matrix, Vector, unit
from knowledge.search.passage import PASSAGE_LANGS, Hit

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

BATCH = 250
"""Most rows of one upsert; Chroma's own advice is 50 to 250."""
DATABASE = "chroma.sqlite3"
"""The one file of the folder that Chroma rewrites when it is only opened."""
_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "ef_construction": 200,
    "max_neighbors": 32,
    # Flush after every batch, so that nothing is replayed from the log at opening.
    "batch_size": 2,
    "sync_threshold": 2,
}
_LEAST_EF_SEARCH = 2000
"""How many rows a search keeps in view. More than the cards have in one language, so that it visits
every row that can matter and is exact (recall 1.0 at 1,711 rows, 1.9 ms a query). Recall of the 120
nearest is 0.9999 at 30,000 rows and 0.9997 at 60,000; with 500 it is 0.997 and 0.994."""
_ROWS_PER_EF = 30
"""Rows for each row in view where a language has more than 60,000."""
HELD = 4000
"""Rows of a language up to which they are read at opening and compared one and all: 0.2 ms a query
where Chroma takes 2 to 3. Reading 1,711 rows takes 0.05 s and 3 MB."""


class LangVectors(NamedTuple):
    """The passages of one language: row i of `matrix` belongs to `refs[i]`."""

    refs: Sequence[FactRef]
    matrix: Matrix


class DenseIndex:
    """An opened dense index; searches may run in many threads at once."""

    def __init__(self, folder: Path) -> None:
        """Open an index; `open` is the name to use.

        Raises:
            IndexFault: the folder holds no such index, or Chroma cannot read it.
        """
        _refuse_damaged(folder / DATABASE)
        self._folder = folder
        self._client = _client(folder)
        try:
            self._collections = {
                lang: self._client.get_collection(_name(lang), embedding_function=None)
                for lang in PASSAGE_LANGS
            }
            self._held = {
                lang: _rows(collection)
                for lang, collection in self._collections.items()
                if 0 < collection.count() <= HELD
            }
        except Exception as error:
            self._client.close()
            raise _unreadable(folder, error) from error

    @classmethod
    def open(cls, folder: Path) -> DenseIndex:
        """Open an index that `build` has written.

        Raises:
            IndexFault: the folder holds no such index, or Chroma cannot read it.
        """
        return cls(folder)

    @staticmethod
    def build(
        folder: Path,
        vectors: Mapping[PassageLang, LangVectors],
        progress: OnProgress = unreported,
    ) -> None:
        """Write a new index; a language that `vectors` lacks gets an empty collection.

        Args:
            folder: must not hold an index yet.
            vectors: rows of unit length.
            progress: told after every batch.

        Raises:
            IndexFault: Chroma cannot write the folder.
        """
        total = sum(len(part.refs) for part in vectors.values())
        done = 0
        progress(Progress(stage="dense", done=0, total=total))
        client = _client(folder)
        try:
            for lang in PASSAGE_LANGS:
                for rows in _write(client, folder, lang, vectors.get(lang)):
                    done += rows
                    progress(Progress(stage="dense", done=done, total=total))
        finally:
            client.close()

    def search(self, vector: Vector, lang: PassageLang, limit: int) -> list[Hit]:
        """Find the passages of one language nearest to a vector, best first.

        Args:
            vector: shape (dim,), unit length.
            lang: whose passages to search.
            limit: most hits wanted; fewer when the language has fewer passages.

        Returns:
            Hits with cosine similarity in [-1, 1].

        Raises:
            IndexFault: Chroma cannot read the folder any more.
        """
        if limit < 1:
            return []
        if lang in self._held:
            refs, matrix = self._held[lang]
            cosines = np.clip(matrix @ vector, -1.0, 1.0)
            best = np.argsort(-cosines, kind="stable")[:limit]
            nearest = zip(best.tolist(), cosines[best].tolist(), strict=True)
            return [Hit(refs[at], cosine) for at, cosine in nearest]
        collection = self._collections[lang]
        try:
            found = collection.query(
                query_embeddings=vector[np.newaxis, :], n_results=limit, include=["distances"]
            )
        except Exception as error:
            raise _unreadable(self._folder, error) from error
        distances = (found["distances"] or [[]])[0]
        return [
            Hit(FactRef(ref), max(-1.0, min(1.0, 1.0 - distance)))
            for ref, distance in zip(found["ids"][0], distances, strict=True)
        ]

    def count(self, lang: PassageLang) -> int:
        """Tell how many passages of a language are held."""
        if lang in self._held:
            return len(self._held[lang].refs)
        return self._collections[lang].count()

    def refs(self, lang: PassageLang) -> set[FactRef]:
        """List the facts held in a language."""
        return {FactRef(ref) for ref in self._collections[lang].get(include=[])["ids"]}

    def close(self) -> None:
        """Release the files; searching afterwards is an error. Closing twice does nothing."""
        self._collections, self._held = {}, {}
        self._client.close()


def _name(lang: PassageLang) -> str:
    return f"passages-{lang}"


def _rows(collection: Collection) -> LangVectors:
    """Read all rows of a collection."""
    found = collection.get(include=["embeddings"])
    return LangVectors(
        [FactRef(ref) for ref in found["ids"]], unit(cast(Matrix, found["embeddings"]))
    )


def _client(folder: Path) -> Client:
    from chromadb.api.client import Client
    from chromadb.config import Settings

    settings = Settings(
        is_persistent=True, persist_directory=str(folder), anonymized_telemetry=False
    )
    try:
        return Client(settings=settings)
    except Exception as error:
        raise _unreadable(folder, error) from error


def _write(
    client: Client, folder: Path, lang: PassageLang, part: LangVectors | None
) -> Iterator[int]:
    """Write one language's collection; yields the size of every batch written."""
    try:
        collection = client.create_collection(
            _name(lang), embedding_function=None, configuration={"hnsw": _hnsw(part)}
        )
    except Exception as error:
        raise _unwritable(folder, error) from error
    for batch in _batches(part) if part else ():
        try:
            collection.upsert(ids=[str(ref) for ref in batch.refs], embeddings=batch.matrix)
        except Exception as error:
            raise _unwritable(folder, error) from error
        yield len(batch.refs)


def _hnsw(part: LangVectors | None) -> CreateHNSWConfiguration:
    rows = len(part.refs) if part else 0
    return {**_HNSW, "ef_search": max(_LEAST_EF_SEARCH, rows // _ROWS_PER_EF)}


def _batches(part: LangVectors) -> Iterator[LangVectors]:
    """Split evenly into at most `BATCH` rows: a rest of one row would stay in the log."""
    rows = len(part.refs)
    pieces = -(-rows // BATCH)
    for piece in range(pieces):
        start, end = rows * piece // pieces, rows * (piece + 1) // pieces
        yield LangVectors(part.refs[start:end], part.matrix[start:end])


def _refuse_damaged(database: Path) -> None:
    """Check the database before Chroma's native code meets it.

    Raises:
        IndexFault: it is missing, no SQLite file, or its pages contradict each other.
    """
    if not database.is_file():
        raise IndexFault(f"{database}: missing. Rebuild the index: hugang index build.")
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise _unreadable(database, error) from error
    if verdict != "ok":
        raise _unreadable(database, verdict)


def _unreadable(path: Path, reason: object) -> IndexFault:
    return IndexFault(f"{path}: cannot be read: {reason}. Rebuild the index: hugang index build.")


def _unwritable(folder: Path, error: Exception) -> IndexFault:
    return IndexFault(f"{folder}: cannot be written: {error}. Is the disk full?")
