"""Whether the service can answer at this moment, found out by doing what an answer does first."""

from __future__ import annotations

import logging
import time

from anyio import Lock, to_thread

from bot.advisor import Advisor
from bot.events import EvidenceFound
from bot.question import read_question
from knowledge.card import Frozen

log = logging.getLogger(__name__)
_FRESH_S = 5.0
"""A finding counts for this long, so that a probe each second costs one search in five."""
_PROBE = "境外放款 overseas lending"


class ReadyState(Frozen):
    """What `/readyz` answers."""

    ready: bool
    reasons: tuple[str, ...] = ()
    """Why not; the cause is in the log."""
    corpus: str


class Readiness:
    """Corpus, search index and embedder, tried by one search."""

    def __init__(self, advisor: Advisor) -> None:
        """Take the advisor whose readiness is asked for."""
        self._advisor = advisor
        self._lock = Lock()
        self._found: ReadyState | None = None
        self._found_at = 0.0

    async def check(self) -> ReadyState:
        """Return the finding, at most five seconds old."""
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
        return ReadyState(ready=not reasons, reasons=tuple(reasons), corpus=str(corpus.version))

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
