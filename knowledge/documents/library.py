"""The library of documents: files come in, passages are found.

A file is read, split, given particulars, embedded where no vector of the text exists yet, and kept
in one step. Vectors are kept batch by batch before that, so that a run which dies embeds nothing
twice: the same command, given again, goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
import secrets
import sqlite3
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, Self

from knowledge.card import Bilingual, FactRef, PassageLang
from knowledge.documents.document import (
    TENANT,
    Document,
    Kind,
    Part,
    Particulars,
    StoredPassage,
)
from knowledge.documents.errors import NoSuchDocument, StoreFault, UnknownSource
from knowledge.documents.keeping.store import DocumentStore
from knowledge.documents.particulars.propose import propose
from knowledge.documents.reading.read import read_file
from knowledge.documents.reading.reading import Reading, UnreadableFile
from knowledge.documents.search import DocumentIndex, PassageHit
from knowledge.documents.splitting.split import split
from knowledge.glossary import Glossary, load_glossary
from knowledge.home import documents_folder
from knowledge.language import is_chinese, search_form
from knowledge.progress import OnProgress, Progress, unreported
from knowledge.search.embed import Embedder, Vector
from knowledge.search.segment import Segmenter

BATCH = 8
"""Passages embedded in one call: under a second, so that little is lost when a run dies. The engine
packs texts without padding; neither their order nor more of them in a call makes it faster."""
LONGEST_NAME = 300
_GIVE_WAY = 10
"""Niceness of the thread that embeds: answers are computed before it."""
_ATTEMPTS = 3

State = Literal["added", "updated", "unchanged"]


class Added(NamedTuple):
    """What became of a file."""

    document: Document
    state: State
    embedded: int = 0
    """Passages whose vector had to be computed."""


class DocumentLibrary:
    """Documents and the search over them; safe to use from many threads."""

    def __init__(
        self,
        store: DocumentStore,
        embedder: Embedder,
        segmenter: Segmenter,
        glossary: Glossary | None = None,
        *,
        gives_way: bool = False,
    ) -> None:
        """Take over an opened store; `open` is the name to use."""
        self.store = store
        self._embedder = embedder
        self._segmenter = segmenter
        self._glossary = glossary
        self._opening = threading.Lock()
        self._embedding = ThreadPoolExecutor(
            1,
            thread_name_prefix="document-embedding",
            initializer=_give_way if gives_way else None,
        )

    @classmethod
    def open(
        cls,
        home: Path,
        embedder: Embedder,
        segmenter: Segmenter,
        glossary: Glossary | None = None,
        *,
        gives_way: bool = False,
    ) -> Self:
        """Open the library of a home folder; what is searched is read at the first search.

        Args:
            home: made where there is none.
            embedder: embeds passages here and queries elsewhere.
            segmenter: splits passages and queries.
            glossary: says terms in the other language; else the shipped one.
            gives_way: whether embedding goes after whatever else this process computes, as in one
                that answers questions.

        Raises:
            StoreFault: the store is damaged, or the folder cannot be written.
        """
        return cls(
            DocumentStore(documents_folder(home)),
            embedder,
            segmenter,
            glossary,
            gives_way=gives_way,
        )

    @property
    def index(self) -> DocumentIndex:
        """The search; its first use reads all vectors."""
        with self._opening:
            return self._index

    @cached_property
    def _index(self) -> DocumentIndex:
        return DocumentIndex(self.store, self._embedder, self._segmenter, self._terms)

    @cached_property
    def _terms(self) -> Glossary:
        return self._glossary or load_glossary()

    def add(
        self,
        path: Path,
        name: str | None = None,
        scope: str = TENANT,
        progress: OnProgress = unreported,
        particulars: Particulars | None = None,
        *,
        kind: Kind = "own",
        instrument: str | None = None,
    ) -> Added:
        """Keep a file, new or in another form than before.

        A file whose bytes the scope has already is left alone; one of a known name replaces that
        document, whose particulars stay if a person has corrected them.

        Args:
            path: of the file, which is copied.
            name: by which it is known; else that of the file.
            scope: who sees it.
            progress: told while its passages are embedded.
            particulars: as a person gives them; else they are proposed from the text.
            kind: own paper or official text.
            instrument: of an official text, its card.

        Raises:
            UnreadableFile: it cannot be read, or must not be; nothing is kept.
            StoreFault: it cannot be written.
        """
        known_as = _plain(name if name is not None else path.name)
        digest = _digest(path)
        with self.store.adding():
            same = self.store.of_content(scope, digest)
            if same is not None and (same.kind, same.instrument) == (kind, instrument):
                if particulars is not None and same.particulars != particulars:
                    return Added(self.correct(same.id, particulars, progress), "updated")
                return Added(same, "unchanged")
            before = self.store.named(scope, known_as)
            reading = read_file(path, known_as, progress=progress)
            parts = split(reading)
            if not parts:
                raise _empty(known_as)
            if particulars is not None:
                described, corrected = particulars, True
            elif before is not None and before.corrected:
                described, corrected = before.particulars, True
            else:
                described, corrected = propose(reading, known_as), False
            moment = _now()
            document = Document(
                id=before.id if before else f"doc-{secrets.token_hex(8)}",
                scope=scope,
                kind=kind,
                instrument=instrument,
                name=known_as,
                sha256=digest,
                size=path.stat().st_size,
                format=reading.format,
                pages=reading.pages,
                passages=len(parts),
                particulars=described,
                corrected=corrected,
                remarks=reading.remarks,
                added=before.added if before else moment,
                updated=moment,
            )
            texts = [_content(described, part) for part in parts]
            kept, embedded = self._kept(
                texts, lambda keys: self.store.put(document, reading, parts, keys, path), progress
            )
            return Added(kept, "updated" if before else "added", embedded)

    def documents(self, scopes: Iterable[str] | None = None) -> tuple[Document, ...]:
        """List the documents of some scopes, or all, the last added first."""
        return self.store.documents(scopes)

    def document(self, document_id: str) -> Document:
        """Return a document.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        return self.store.document(document_id)

    def passages(self, document_id: str) -> tuple[StoredPassage, ...]:
        """List a document's passages in reading order.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        return self.store.passages(document_id)

    def passage(self, ref: FactRef) -> StoredPassage:
        """Return one passage.

        Raises:
            NoSuchDocument: there is none of this name.
        """
        return self.store.passage(ref)

    def reading(self, document_id: str) -> Reading:
        """Return what the reader made of a document's file.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        return self.store.reading(document_id)

    def file(self, document_id: str) -> Path:
        """Tell where the copy of a document's file lies.

        Raises:
            NoSuchDocument: there is none of this id.
        """
        return self.store.file(document_id)

    def correct(
        self,
        document_id: str,
        particulars: Particulars,
        progress: OnProgress = unreported,
        patience_s: float = -1,
    ) -> Document:
        """Give a document the particulars that a person has looked over.

        Under another title its passages are embedded again, for the title is part of them.

        Args:
            document_id: which one.
            particulars: all of them.
            progress: told while passages are embedded.
            patience_s: how long to wait for files being added; below 0 without end.

        Raises:
            NoSuchDocument: there is none of this id.
            AddingElsewhere: files are still being added after that time.
        """
        with self.store.adding(patience_s):
            return self._described(
                self.store.document(document_id).model_copy(
                    update={"particulars": particulars, "corrected": True, "updated": _now()}
                ),
                progress,
            )

    def renew(self, progress: OnProgress = unreported) -> int:
        """Embed again what another embedder has embedded; returns how many documents."""
        outdated = self.store.outdated(self._embedder.name)
        for document_id in outdated:
            with self.store.adding(), contextlib.suppress(NoSuchDocument):
                self._described(self.store.document(document_id), progress)
        return len(outdated)

    def remove(self, *document_ids: str) -> None:
        """Remove documents for good, with their files; no search finds them from now on.

        Raises:
            NoSuchDocument: there is none of an id; then all stay.
        """
        self.store.remove(document_ids)

    def remove_scope(self, scope: str) -> int:
        """Remove all documents of a scope, as with the conversation they belong to; tells how many."""
        found = [document.id for document in self.store.documents((scope,))]
        if found:
            self.store.remove(found)
        return len(found)

    def search(
        self,
        text: str,
        vector: Vector,
        lang: PassageLang,
        scopes: Collection[str],
        limit: int,
        expansions: Iterable[str] = (),
    ) -> list[PassageHit]:
        """Rank passages for a query, as `DocumentIndex.search` does."""
        return self.index.search(text, vector, lang, scopes, limit, expansions)

    def find(self, text: str, scopes: Collection[str], limit: int) -> list[PassageHit]:
        """Rank passages for a text as it was typed, in either language and any script."""
        asked = search_form(text)
        lang: PassageLang = "zh" if is_chinese(asked) else "en"
        vector = self._embedder.query(asked)
        expansions = self._terms.expansions(asked, lang)
        return self.search(asked, vector, lang, scopes, limit, expansions)

    def faults(self) -> list[str]:
        """List everything that is not sound: database, files, vectors, words."""
        found = self.store.faults()
        if outdated := self.store.outdated(self._embedder.name):
            found.append(
                f"{len(outdated)} documents were embedded by another embedder and are not found by"
                " it: hugang documents renew"
            )
            return found
        return found + self.index.faults()

    def close(self) -> None:
        """Release the files; closing twice does nothing."""
        self._embedding.shutdown(cancel_futures=True)
        with self._opening:
            if "_index" in self.__dict__:
                self._index.close()
        self.store.close()

    def __enter__(self) -> Self:
        """Return the library itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release the files."""
        self.close()

    def _described(self, document: Document, progress: OnProgress) -> Document:
        passages = self.store.passages(document.id)
        texts = [_content(document.particulars, passage.part) for passage in passages]

        def keep(keys: Sequence[bytes]) -> Document:
            refs = (passage.ref for passage in passages)
            self.store.describe(document, dict(zip(refs, keys, strict=True)))
            return document

        return self._kept(texts, keep, progress)[0]

    def _kept(
        self,
        texts: Sequence[str],
        keep: Callable[[Sequence[bytes]], Document],
        progress: OnProgress,
    ) -> tuple[Document, int]:
        """Embed what has no vector, then keep; again where a vector was removed meanwhile."""
        keys = [self._key(text) for text in texts]
        embedded = 0
        for attempt in range(_ATTEMPTS):
            embedded += self._embed(dict(zip(keys, texts, strict=True)), progress)
            try:
                return keep(keys), embedded
            except sqlite3.IntegrityError:
                if attempt == _ATTEMPTS - 1:
                    raise _crowded() from None
        raise AssertionError

    def _embed(self, texts: Mapping[bytes, str], progress: OnProgress) -> int:
        missing = self.store.missing(list(texts))
        waiting = [(key, text) for key, text in texts.items() if key in missing]
        progress(Progress(stage="embed", done=0, total=len(waiting)))
        for start in range(0, len(waiting), BATCH):
            keys, batch = zip(*waiting[start : start + BATCH], strict=True)
            matrix = self._embedding.submit(self._embedder.passages, batch).result()
            self.store.keep_vectors(self._embedder.name, keys, matrix)
            progress(Progress(stage="embed", done=start + len(keys), total=len(waiting)))
        return len(waiting)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._embedder.name}\0{text}".encode(errors="replace")).digest()


def _content(particulars: Particulars, part: Part) -> str:
    return StoredPassage(ref=FactRef("doc#1"), title=particulars.title, part=part).content


def _plain(name: str) -> str:
    """Bring a name to one line without control characters, nor folders that lead upwards.

    A web address stays as it is.
    """
    line = "".join(
        char if unicodedata.category(char)[0] != "C" else " "
        for char in unicodedata.normalize("NFC", name)
    )
    if re.match(r"https?://", name):
        return "".join(line.split())[:LONGEST_NAME]
    steps = " ".join(line.split()).replace("\\", "/").split("/")
    return "/".join(step for step in steps if step not in {"", ".", ".."})[-LONGEST_NAME:] or "-"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnknownSource(
            Bilingual(
                zh=f"{path.name}无法读取：{error.strerror}。请给出可读的文件。",
                en=f"{path.name}: cannot be read: {error.strerror}. Name a file that can be read.",
            )
        ) from error


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _give_way() -> None:
    """Let the threads that answer go first, where a thread has a niceness of its own (Linux)."""
    with contextlib.suppress(AttributeError, OSError):
        thread = threading.get_native_id()
        own = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, own + _GIVE_WAY)


def _empty(name: str) -> UnreadableFile:
    return UnreadableFile(
        "no-text",
        Bilingual(
            zh=f"{name}中没有可检索的文字；应为含有文字的文件。请检查文件内容。",
            en=f"{name}: holds no text that could be searched; expected a file with text. Check"
            " what it holds.",
        ),
    )


def _crowded() -> StoreFault:
    return StoreFault(
        Bilingual(
            zh="添加期间其他进程一再删除文件，未能完成；请稍后再试。",
            en="other documents were removed again and again meanwhile. Try again.",
        )
    )
