"""Whether the service can answer at this moment, found out by doing what an answer does."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path

from anyio import Lock, to_thread

from bot.advisor import Advisor
from bot.events import EvidenceFound
from bot.question import read_question
from bot.store.schema import StoreError
from bot.store.store import Store
from knowledge.card import Frozen
from ui.serving.work import Work

log = logging.getLogger(__name__)
_FRESH_S = 5.0
"""A finding counts for this long, so that a probe each second costs one search in five."""
_LEAST_FREE_MB = 100
"""Free space below which nothing can be relied on to be kept."""
_PROBE = "境外放款 overseas lending"


class ReadyState(Frozen):
    """What `/readyz` answers."""

    ready: bool
    reasons: tuple[str, ...] = ()
    """Why not; the cause is in the log."""
    corpus: str


class Readiness:
    """Corpus, search index and embedder, tried by one search; the store, by one write; the disk."""

    def __init__(
        self,
        advisor: Advisor,
        store: Store | None = None,
        home: Path | None = None,
        work: Work | None = None,
    ) -> None:
        """Take what is to be ready.

        Args:
            advisor: finds.
            store: keeps; None where nothing is kept.
            home: folder that is written to; None = not looked at.
            work: tells when the server stops.
        """
        self._advisor = advisor
        self._store = store
        self._home = home
        self._work = work or Work()
        self._lock = Lock()
        self._found: ReadyState | None = None
        self._found_at = 0.0

    async def check(self) -> ReadyState:
        """Return the finding, at most five seconds old; a server that stops is at once not ready."""
        if self._work.stopping:
            corpus = str(self._advisor.corpus.version)
            return ReadyState(ready=False, reasons=("stopping",), corpus=corpus)
        async with self._lock:
            if self._found is None or time.monotonic() - self._found_at > _FRESH_S:
                # Not in a slot of answers: a busy service is ready all the same.
                self._found = await to_thread.run_sync(self._look)
                self._found_at = time.monotonic()
            return self._found

    def _look(self) -> ReadyState:
        corpus = self._advisor.corpus
        reasons = []
        if not corpus.instruments:
            reasons.append("corpus: no instrument is loaded")
        try:
            if not self._finds_facts():
                reasons.append("search: index and embedder found no fact for a probe")
        except Exception:
            log.exception("the readiness probe failed")
            reasons.append("search: index or embedder failed")
        if self._store:
            try:
                self._store.probe()
            except StoreError:  # the store has told the log why
                reasons.append("store: the database cannot be read and written")
        free = self._free_mb()
        if free is not None and free < _LEAST_FREE_MB:
            reasons.append(f"disk: {free} MB are free in the data folder, {_LEAST_FREE_MB} needed")
        return ReadyState(ready=not reasons, reasons=tuple(reasons), corpus=str(corpus.version))

    def _free_mb(self) -> int | None:
        if self._home is None or not self._home.is_dir():
            return None
        return shutil.disk_usage(self._home).free // 1_000_000

    def _finds_facts(self) -> bool:
        events = self._advisor.stream(read_question(_PROBE))
        try:
            for event in events:
                if isinstance(event, EvidenceFound):
                    return bool(event.refs)
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
        return False
