"""The answers under way on this server: how many there are, and whether more are taken."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from knowledge.card import Bilingual
from ui.api.problems import ProblemError

_TRY_AGAIN_S = 5
_STOPPING = Bilingual(
    zh="服务正在停止或重启，不再接受新问题。",
    en="The server is stopping or starting anew and takes no new question.",
)
_BUSY = Bilingual(
    zh="正在作答的问题已有{most}个。", en="{most} answers are under way, which is the most."
)


class Work:
    """Counts the answers under way; safe to use from many threads."""

    def __init__(self, most: int = 512) -> None:
        """Have none under way; `most` of them are taken, however they wait."""
        self.most = most
        self._lock = threading.Lock()
        self._open = 0
        self._stopping = False

    @property
    def open(self) -> int:
        """How many are under way: at work, or waiting for their turn or for a language model."""
        return self._open

    @property
    def stopping(self) -> bool:
        """Whether the server stops as soon as those under way have ended."""
        return self._stopping

    def stop(self) -> None:
        """Take no more from now on."""
        self._stopping = True

    def admit(self) -> None:
        """Let a question in.

        Raises:
            ProblemError: the server stops, or as many answers are under way as may be.
        """
        if self._stopping:
            raise ProblemError("stopping", _STOPPING, retry_after_s=_TRY_AGAIN_S)
        if self._open >= self.most:
            told = Bilingual(zh=_BUSY.zh.format(most=self.most), en=_BUSY.en.format(most=self.most))
            raise ProblemError("busy", told, retry_after_s=_TRY_AGAIN_S)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count an answer as long as it is made and told."""
        with self._lock:
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
