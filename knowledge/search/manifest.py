"""What a search index was built from and with, and how one stands against what is wanted."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from knowledge.card import Frozen, PassageLang
from knowledge.corpus import Corpus
from knowledge.errors import IndexFault
from knowledge.search.dense import DATABASE
from knowledge.search.embed import Embedder
from knowledge.search.passage import Passage, passages_of
from knowledge.search.segment import Segmenter

LAYOUT = 1
"""Number of the folder layout and of both indexes' settings; raise it with every change."""
MANIFEST = "manifest.json"

IndexState = Literal["ready", "absent", "stale", "damaged", "building"]
"""`building`: another process is at it, and until it is done there is nothing that fits."""


class IndexSpec(Frozen):
    """All that decides whether an index fits: equal specs, interchangeable indexes."""

    layout: int
    embedder: str
    dim: int
    segmenter: str
    corpus: str
    """First 12 hexadecimal digits of the SHA-256 over the passages: a change elsewhere on the cards
    or routes leaves the index as it is."""
    passages: Mapping[PassageLang, int]
    chromadb: str
    """Version of the library that wrote the dense index; another may not read it the same."""
    tantivy: str


class Manifest(Frozen):
    """Record of a finished index version, written last."""

    spec: IndexSpec
    built_at: dt.datetime
    """In UTC."""
    files: Mapping[str, str]
    """SHA-256 by path below the version's folder, of every file that only a build writes."""


class Mismatch(Frozen):
    """One reason why an index is not ready."""

    what: str
    seen: str
    expected: str

    def __str__(self) -> str:
        """Print as one line: `embedder: seen 'a', expected 'b'`."""
        return f"{self.what}: seen {self.seen!r}, expected {self.expected!r}"


class IndexStatus(Frozen):
    """How the current index stands against what is wanted."""

    state: IndexState
    version: str | None
    """Name of the current version's folder; None when there is none."""
    manifest: Manifest | None
    reasons: tuple[Mismatch, ...] = ()
    """Empty exactly when the state is `ready`."""
    builder_pid: int | None = None
    """The process that is building, where it is known."""


def spec_for(corpus: Corpus, embedder: Embedder, segmenter: Segmenter) -> IndexSpec:
    """Tell what an index must be like to serve this corpus with these tools."""
    passages = passages_of(corpus)
    return IndexSpec(
        layout=LAYOUT,
        embedder=embedder.name,
        dim=embedder.dim,
        segmenter=segmenter.name,
        corpus=_digest(passages),
        passages=dict(Counter(passage.lang for passage in passages)),
        chromadb=metadata.version("chromadb"),
        tantivy=metadata.version("tantivy"),
    )


def _digest(passages: Iterable[Passage]) -> str:
    digest = hashlib.sha256()
    for passage in passages:
        digest.update(f"{passage.ref}\0{passage.lang}\0{passage.content}\0".encode())
    return digest.hexdigest()[:12]


def differences(seen: IndexSpec, expected: IndexSpec) -> tuple[Mismatch, ...]:
    """List the fields in which two specs differ."""
    return tuple(
        Mismatch(what=name, seen=str(ours), expected=str(wanted))
        for name in IndexSpec.model_fields
        if (ours := getattr(seen, name)) != (wanted := getattr(expected, name))
    )


def read_manifest(version: Path) -> Manifest:
    """Read the manifest of a version's folder.

    Raises:
        IndexFault: it is missing or not a manifest.
    """
    path = version / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise IndexFault(
            f"{path}: cannot be read: {error}. Rebuild the index: hugang index build."
        ) from error


def damage(version: Path, manifest: Manifest) -> tuple[Mismatch, ...]:
    """List the files of a version that are not what the build wrote.

    Native code that meets a truncated file may end the process, so this comes before opening.
    About 20 ms for the shipped corpus.
    """
    seen = file_digests(version)
    return tuple(
        Mismatch(
            what=name,
            seen=seen.get(name, "missing")[:12],
            expected=manifest.files.get(name, "no such file")[:12],
        )
        for name in sorted({*seen, *manifest.files})
        if seen.get(name) != manifest.files.get(name)
    )


def file_digests(version: Path) -> dict[str, str]:
    """Give the SHA-256 of every file that only a build writes."""
    return {
        path.relative_to(version).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _build_files(version)
    }


def _build_files(version: Path) -> Iterator[Path]:
    for path in sorted(version.rglob("*")):
        # Chroma rewrites its database at every opening; `DenseIndex` checks that one itself.
        # Lock files come and go with tantivy's writers.
        if (
            path.is_file()
            and path.name != MANIFEST
            and not path.name.startswith(DATABASE)
            and path.suffix != ".lock"
        ):
            yield path
