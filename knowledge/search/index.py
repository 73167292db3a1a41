"""The search index on disk: versions side by side, one of them current, one writer at a time.

    <home>/versions/<version>/{chroma/, tantivy/, manifest.json, readers/}
    <home>/versions/.building-<version>/   unfinished; of no use once its process is gone
    <home>/current                         name of the version to open, replaced in one step
    <home>/write.lock, <home>/builder      the writer's lock, and its process id
    <home>/vectors/                        vectors of passages that the package does not ship

A version is never changed after it is published. A process that dies at any moment leaves the
current version as it was, or the new one complete. Kept are the current version, the one before,
and whatever some process has open.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import filelock

from knowledge.corpus import Corpus
from knowledge.errors import IndexBusy, IndexFault
from knowledge.progress import OnProgress, unreported
from knowledge.search.build import CHROMA, TANTIVY, sync, write_version
from knowledge.search.dense import DenseIndex
from knowledge.search.embed import Embedder
from knowledge.search.lease import Lease, is_leased
from knowledge.search.lexical import LexicalIndex
from knowledge.search.manifest import (
    IndexSpec,
    IndexState,
    IndexStatus,
    Manifest,
    Mismatch,
    damage,
    differences,
    read_manifest,
    spec_for,
)
from knowledge.search.passage import PASSAGE_LANGS, passages_of
from knowledge.search.segment import Segmenter
from knowledge.search.vectors import embed_with_caches

log = logging.getLogger(__name__)

_BUILDING = ".building-"
_LOCK_PATIENCE_S = 1.0
"""Long enough that another process's look at the lock is not taken for a builder."""
_POLL_S = 0.2
WAIT_S = 300.0
"""How long `ensure_index` waits for another builder: longer than embedding all cards takes."""


class SearchIndex:
    """One opened version of the index; searches may run in many threads at once."""

    def __init__(
        self,
        version: str,
        manifest: Manifest,
        dense: DenseIndex,
        lexical: LexicalIndex,
        lease: Lease,
    ) -> None:
        """Take over opened parts; `IndexHome.open` and `ensure_index` open them."""
        self.version = version
        self.manifest = manifest
        self.dense = dense
        self.lexical = lexical
        self._lease = lease

    def close(self) -> None:
        """Release the files; searching afterwards is an error. Closing twice does nothing."""
        self.dense.close()
        self.lexical.close()
        self._lease.release()

    def __enter__(self) -> Self:
        """Return the index itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release the files."""
        self.close()


class IndexHome:
    """The folder that holds the versions of a search index."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it need not exist."""
        self.folder = folder
        self._versions = folder / "versions"
        self._current = folder / "current"
        self._lock = folder / "write.lock"
        self._builder = folder / "builder"

    @property
    def current(self) -> str | None:
        """Name of the current version; None when none was ever published."""
        try:
            return self._current.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            log.warning("%s: cannot be read: %s", self._current, error)
            return None

    @property
    def builder_pid(self) -> int | None:
        """Process that holds the writer's lock, where it is known."""
        try:
            return int(self._builder.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def is_building(self) -> bool:
        """Tell whether some process holds the writer's lock at this moment."""
        if not self._lock.exists():
            return False
        try:
            with self.writing(patience_s=0, announce=False):
                return False
        except IndexBusy:
            return True
        except IndexFault:
            return False  # a folder that we may only read

    @contextlib.contextmanager
    def writing(
        self, patience_s: float = _LOCK_PATIENCE_S, *, announce: bool = True
    ) -> Iterator[None]:
        """Hold the writer's lock; the system drops it when the process dies.

        Args:
            patience_s: how long to wait for another holder.
            announce: leave our process id for others to tell; False to merely look at the lock.

        Raises:
            IndexBusy: another process holds it.
            IndexFault: the lock file cannot be written.
        """
        lock = filelock.FileLock(self._lock)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=patience_s)
        except filelock.Timeout as error:
            raise IndexBusy(
                f"{self._lock}: held by process {self.builder_pid or 'unknown'}, which is building"
                " the index. Wait for it, or stop that process."
            ) from error
        except OSError as error:
            raise IndexFault(
                f"{self._lock}: cannot be written: {error}. Set HUGANG_HOME to a folder that may"
                " be written."
            ) from error
        try:
            if announce:
                self._builder.write_text(str(os.getpid()), encoding="utf-8")
            yield
        finally:
            if announce:
                self._builder.unlink(missing_ok=True)
            lock.release()

    def status(self, expected: IndexSpec) -> IndexStatus:
        """Tell how the current version stands against what is wanted, without opening it."""
        status = self.assess(expected)
        if status.state == "ready" or not self.is_building():
            return status
        return status.model_copy(update={"state": "building", "builder_pid": self.builder_pid})

    def assess(self, expected: IndexSpec) -> IndexStatus:
        """Do what `status` does, without asking whether somebody builds."""
        version = self.current
        if version is None:
            none = Mismatch(what="current version", seen="none", expected=expected.corpus)
            return IndexStatus(state="absent", version=None, manifest=None, reasons=(none,))
        folder = self._versions / version
        try:
            manifest = read_manifest(folder)
        except IndexFault as fault:
            broken = Mismatch(what="manifest", seen=str(fault), expected="a manifest")
            return IndexStatus(state="damaged", version=version, manifest=None, reasons=(broken,))
        state: IndexState = "ready"
        if reasons := differences(manifest.spec, expected):
            state = "stale"
        elif reasons := damage(folder, manifest):
            state = "damaged"
        return IndexStatus(state=state, version=version, manifest=manifest, reasons=reasons)

    def open(self, segmenter: Segmenter) -> SearchIndex:
        """Open the current version.

        Raises:
            IndexFault: there is none, or it is damaged.
        """
        version = self.current
        if version is None:
            raise IndexFault(f"{self.folder}: holds no index. Build it: hugang index build.")
        folder = self._versions / version
        manifest = read_manifest(folder)
        if damaged := damage(folder, manifest):
            raise IndexFault(
                f"{folder}: {'; '.join(map(str, damaged))}."
                " Rebuild the index: hugang index build --force."
            )
        with contextlib.ExitStack() as undo:
            lease = Lease(folder)
            undo.callback(lease.release)
            lexical = LexicalIndex.open(folder / TANTIVY, segmenter)
            dense = DenseIndex.open(folder / CHROMA)
            undo.callback(dense.close)
            for lang in PASSAGE_LANGS:
                seen = (dense.count(lang), lexical.count(lang))
                wanted = manifest.spec.passages.get(lang, 0)
                if seen != (wanted, wanted):
                    raise IndexFault(
                        f"{folder}: {lang} passages: seen {seen[0]} dense and {seen[1]} lexical,"
                        f" expected {wanted}. Rebuild the index: hugang index build --force."
                    )
            undo.pop_all()
        return SearchIndex(version, manifest, dense, lexical, lease)

    def build(
        self,
        corpus: Corpus,
        embedder: Embedder,
        segmenter: Segmenter,
        progress: OnProgress = unreported,
    ) -> Manifest:
        """Build a new version and make it current, whatever there was.

        Raises:
            IndexBusy: another process is building.
            IndexFault: the folder cannot be written, or the finished index fails its check.
        """
        with self.writing():
            return self.build_locked(corpus, embedder, segmenter, progress)

    def build_locked(
        self, corpus: Corpus, embedder: Embedder, segmenter: Segmenter, progress: OnProgress
    ) -> Manifest:
        """Do the work of `build` for a caller that holds the lock (`writing`)."""
        started = time.monotonic()
        version = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        draft = self._versions / f"{_BUILDING}{version}"
        try:
            self._sweep()
            draft.mkdir(parents=True)
            passages = passages_of(corpus)
            matrix = embed_with_caches(passages, embedder, self.folder / "vectors", progress)
            spec = spec_for(corpus, embedder, segmenter)
            manifest = write_version(draft, passages, matrix, segmenter, spec, progress)
            draft.rename(self._versions / version)
            sync(self._versions)
            self._switch(version)
        except OSError as error:
            raise IndexFault(
                f"{self.folder}: cannot be written: {error}. Free the disk or set HUGANG_HOME to a"
                " folder that may be written."
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        log.info("index %s built in %.1f s", version, time.monotonic() - started)
        return manifest

    def _switch(self, version: str) -> None:
        """Make a version current in one step, then drop older ones that nobody has open."""
        previous = self.current
        draft = self._current.with_name(".current-draft")
        draft.write_text(f"{version}\n", encoding="utf-8")
        sync(draft)
        draft.replace(self._current)
        sync(self.folder)
        for folder in self._versions.iterdir():
            if folder.name not in {version, previous} and not is_leased(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what builds left that died; holding the lock, we know that none is alive."""
        for folder in self._versions.glob(f"{_BUILDING}*"):
            log.warning("%s: left by a build that did not finish; removed", folder)
            shutil.rmtree(folder, ignore_errors=True)


def ensure_index(
    home: IndexHome,
    corpus: Corpus,
    embedder: Embedder,
    segmenter: Segmenter,
    progress: OnProgress = unreported,
    *,
    wait_s: float = WAIT_S,
) -> SearchIndex:
    """Open the index that fits; build it first where it is absent, stale or damaged.

    While another process builds, wait for it, since it most likely builds just what we need. An
    index of the same cards, whose words were only cut in another way, is served meanwhile.

    Raises:
        IndexBusy: another process still builds after `wait_s` seconds.
        IndexFault: the folder cannot be written, or the finished index fails its check.
    """
    expected = spec_for(corpus, embedder, segmenter)
    deadline = time.monotonic() + wait_s
    while True:
        if index := _open_if_fit(home, expected, segmenter):
            return index
        try:
            with home.writing():
                # Whoever held the lock before us may have built it.
                if index := _open_if_fit(home, expected, segmenter):
                    return index
                home.build_locked(corpus, embedder, segmenter, progress)
                return home.open(segmenter)
        except IndexBusy:
            if index := _open_if_usable(home, expected, segmenter):
                return index
            if time.monotonic() >= deadline:
                raise
        time.sleep(_POLL_S)


def _open_if_fit(home: IndexHome, expected: IndexSpec, segmenter: Segmenter) -> SearchIndex | None:
    status = home.assess(expected)
    if status.state != "ready":
        log.info("index %s is %s: %s", status.version, status.state, _listed(status))
        return None
    try:
        return home.open(segmenter)
    except IndexFault as fault:
        log.warning("index %s is rebuilt: %s", status.version, fault)
        return None


def _open_if_usable(
    home: IndexHome, expected: IndexSpec, segmenter: Segmenter
) -> SearchIndex | None:
    status = home.assess(expected)
    if status.manifest is None or {reason.what for reason in status.reasons} - {"segmenter"}:
        return None
    try:
        index = home.open(segmenter)
    except IndexFault:
        return None
    log.warning("index %s is served while another is built: %s", index.version, _listed(status))
    return index


def _listed(status: IndexStatus) -> str:
    return "; ".join(map(str, status.reasons))
