"""Writing one version of the search index into a folder of its own, and checking it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from knowledge.card import FactRef, PassageLang
from knowledge.errors import IndexFault
from knowledge.progress import OnProgress, Progress
from knowledge.search.dense import DenseIndex, LangVectors
from knowledge.search.embed import Matrix
from knowledge.search.lexical import LexicalIndex
from knowledge.search.manifest import MANIFEST, IndexSpec, Manifest, file_digests
from knowledge.search.passage import PASSAGE_LANGS, Passage
from knowledge.search.segment import Segmenter

CHROMA = "chroma"
TANTIVY = "tantivy"
_SAMPLES = 16
"""Passages of each language that must find themselves before a version is published."""
_NEAR = 5
"""Rank within which a passage must find itself; equal texts share the first ranks."""


def write_version(
    folder: Path,
    passages: Sequence[Passage],
    matrix: Matrix,
    segmenter: Segmenter,
    spec: IndexSpec,
    progress: OnProgress,
) -> Manifest:
    """Write both indexes into an empty folder, check them, and write the manifest last.

    When this returns, every file is on the disk, not only in the system's memory.

    Raises:
        IndexFault: the finished index does not hold or find what was put in.
    """
    rows = {
        lang: [at for at, passage in enumerate(passages) if passage.lang == lang]
        for lang in PASSAGE_LANGS
    }
    vectors: dict[PassageLang, LangVectors] = {
        lang: LangVectors([passages[at].ref for at in places], matrix[places])
        for lang, places in rows.items()
    }
    DenseIndex.build(folder / CHROMA, vectors, progress)
    LexicalIndex.build(folder / TANTIVY, passages, segmenter, progress)
    _check(folder, passages, vectors, segmenter, progress)
    manifest = Manifest(
        spec=spec,
        built_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        files=file_digests(folder),
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    sync_tree(folder)
    return manifest


def sync_tree(folder: Path) -> None:
    """Put a folder and everything below it on the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Put one file, or the entries of one folder, on the disk."""
    if os.name == "nt":
        return  # Windows opens no folder and flushes no file that is open for reading
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check(
    folder: Path,
    passages: Sequence[Passage],
    vectors: Mapping[PassageLang, LangVectors],
    segmenter: Segmenter,
    progress: OnProgress,
) -> None:
    """Open both indexes as a reader would, and search.

    Chroma's `count` and `get` stay right when its graph has lost rows; only a search tells.
    """
    progress(Progress(stage="check", done=0, total=len(passages)))
    lexical = LexicalIndex.open(folder / TANTIVY, segmenter)
    dense = DenseIndex.open(folder / CHROMA)
    done = 0
    try:
        for lang, part in vectors.items():
            texts = [passage.content for passage in passages if passage.lang == lang]
            wanted = set(part.refs)
            _same(folder, f"{lang} passages in the lexical index", lexical.refs(lang), wanted)
            _same(folder, f"{lang} passages in the dense index", dense.refs(lang), wanted)
            if part.refs:
                reached = dense.search(part.matrix[0], lang, len(wanted))
                found = {hit.ref for hit in reached}
                _same(folder, f"{lang} passages reached by a search", found, wanted)
            for at in range(0, len(texts), max(1, len(texts) // _SAMPLES)):
                ref = part.refs[at]
                if ref not in {hit.ref for hit in dense.search(part.matrix[at], lang, _NEAR)}:
                    raise _unsound(folder, f"{lang} vector of {ref} does not find itself")
                if ref not in {hit.ref for hit in lexical.search(texts[at], lang, _NEAR)}:
                    raise _unsound(folder, f"{lang} text of {ref} does not find itself")
            done += len(texts)
            progress(Progress(stage="check", done=done, total=len(passages)))
    finally:
        dense.close()
        lexical.close()


def _same(folder: Path, what: str, seen: set[FactRef], wanted: set[FactRef]) -> None:
    if seen != wanted:
        raise _unsound(
            folder,
            f"{what}: {len(seen & wanted)} of {len(wanted)}, and {len(seen - wanted)} others",
        )


def _unsound(folder: Path, finding: str) -> IndexFault:
    return IndexFault(
        f"{folder}: the index just built fails its check: {finding}. Build again; if it stays,"
        " report it with the versions of chromadb and tantivy."
    )
