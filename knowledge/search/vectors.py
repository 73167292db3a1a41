"""Vectors of passages, kept by content: what was embedded once is not embedded again.

The package ships the vectors of its own cards (`vectors/`, float16, about 2.7 MB), so that a first
start takes seconds and not the minutes that embedding 3,400 passages takes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np

from knowledge.progress import OnProgress, Progress, unreported
from knowledge.search.embed import Embedder, Matrix, Vector, unit

VECTORS_DIR = Path(__file__).parents[1] / "vectors"
"""Home of the shipped vectors, one file an embedder."""

log = logging.getLogger(__name__)

_BATCH = 32
_KEY_BYTES = hashlib.sha256().digest_size


class Embeddable(Protocol):
    """Anything with a text to embed: a passage, an example question."""

    @property
    def content(self) -> str:
        """The text."""


class Lookup(NamedTuple):
    """What a cache knows about a sequence of passages."""

    found: Mapping[int, Vector]
    """Vector by position in the sequence."""
    missing: tuple[int, ...]
    """Positions that must be embedded."""


class VectorCache:
    """Vectors of one embedder by SHA-256 of embedder name and content; immutable."""

    def __init__(self, embedder_name: str, vectors: Mapping[bytes, Vector]) -> None:
        """Take over vectors by key; `load` reads them from a file."""
        self.embedder_name = embedder_name
        self._vectors = vectors

    @classmethod
    def load(cls, folder: Path, embedder_name: str) -> Self:
        """Read an embedder's vectors; empty when the folder has none.

        A file that cannot be read counts as none: it costs time, not answers. It is logged.
        """
        path = cls.path(folder, embedder_name)
        if not path.is_file():
            return cls(embedder_name, {})
        try:
            # numpy leaves a file open that it opened itself and then cannot read.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                keys, rows = stored["keys"], unit(stored["vectors"])
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log.warning("%s: cannot be read, passages are embedded again: %s", path, error)
            return cls(embedder_name, {})
        return cls(embedder_name, {key.tobytes(): row for key, row in zip(keys, rows, strict=True)})

    @staticmethod
    def path(folder: Path, embedder_name: str) -> Path:
        """Return the file that holds an embedder's vectors."""
        return folder / f"{re.sub(r'[^a-z0-9.]+', '-', embedder_name.lower())}.npz"

    def __len__(self) -> int:
        """Count the vectors held."""
        return len(self._vectors)

    def lookup(self, passages: Sequence[Embeddable]) -> Lookup:
        """Tell which passages have a vector."""
        found: dict[int, Vector] = {}
        missing: list[int] = []
        for at, passage in enumerate(passages):
            vector = self._vectors.get(self._key(passage))
            if vector is None:
                missing.append(at)
            else:
                found[at] = vector
        return Lookup(found, tuple(missing))

    def merged(self, other: VectorCache) -> VectorCache:
        """Return a cache with the vectors of both; they must be of one embedder."""
        if other.embedder_name != self.embedder_name:
            raise ValueError(
                f"vectors of {other.embedder_name!r} do not compare with {self.embedder_name!r}"
            )
        return VectorCache(self.embedder_name, {**self._vectors, **other._vectors})

    def of(self, passages: Sequence[Embeddable], matrix: Matrix) -> VectorCache:
        """Return a cache that holds just these passages; row i belongs to `passages[i]`."""
        keys = [self._key(passage) for passage in passages]
        return VectorCache(self.embedder_name, dict(zip(keys, matrix, strict=True)))

    def save(self, folder: Path) -> Path:
        """Replace the embedder's file in one step; equal vectors give an equal file."""
        path = self.path(folder, self.embedder_name)
        folder.mkdir(parents=True, exist_ok=True)
        keys = sorted(self._vectors)
        rows = np.array([self._vectors[key] for key in keys], dtype=np.float16)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with draft.open("wb") as file:
                np.savez(
                    file,
                    keys=np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, _KEY_BYTES),
                    vectors=rows if keys else rows.reshape(0, 1),
                )
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return path

    def _key(self, passage: Embeddable) -> bytes:
        return hashlib.sha256(f"{self.embedder_name}\0{passage.content}".encode()).digest()


def embed_passages(
    passages: Sequence[Embeddable],
    embedder: Embedder,
    cache: VectorCache,
    progress: OnProgress = unreported,
) -> Matrix:
    """Give the vectors of passages, embedding only those that the cache lacks.

    Args:
        passages: at least one, unless the embedder knows its `dim` beforehand.
        embedder: of the same name as the cache's.
        cache: consulted, not changed.
        progress: told after every batch; `total` counts the passages that are missing.

    Returns:
        Shape (len(passages), dim); row i belongs to `passages[i]`.
    """
    if cache.embedder_name != embedder.name:
        raise ValueError(f"cache of {cache.embedder_name!r}, embedder {embedder.name!r}")
    found, missing = cache.lookup(passages)
    progress(Progress(stage="embed", done=0, total=len(missing)))
    rows = dict(found)
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        rows.update(
            zip(batch, embedder.passages([passages[at].content for at in batch]), strict=True)
        )
        progress(Progress(stage="embed", done=start + len(batch), total=len(missing)))
    if not passages:
        return np.empty((0, embedder.dim), dtype=np.float32)
    return np.array([rows[at] for at in range(len(passages))], dtype=np.float32)


def embed_with_caches(
    passages: Sequence[Embeddable], embedder: Embedder, own_cache: Path, progress: OnProgress
) -> Matrix:
    """Give the passages' vectors; what the shipped cache lacks is kept in a cache of our own.

    So a changed card costs one embedding, whoever changed it, and not one at every build.
    """
    shipped = VectorCache.load(VECTORS_DIR, embedder.name)
    own = VectorCache.load(own_cache, embedder.name)
    matrix = embed_passages(passages, embedder, shipped.merged(own), progress)
    unshipped = shipped.lookup(passages).missing
    rest = [passages[at] for at in unshipped]
    if len(own) != len(rest) or own.lookup(rest).missing:
        own.of(rest, matrix[list(unshipped)]).save(own_cache)
    return matrix
