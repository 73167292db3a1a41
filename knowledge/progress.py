"""How far a long piece of work has come, told as values; the caller decides how to show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from knowledge.card import Frozen

Stage = Literal["read", "embed", "dense", "lexical", "check"]
"""Reading a file, and the steps of building a search index, in their order."""


class Progress(Frozen):
    """One report; the first of a stage has `done` = 0 and the last `done` = `total`."""

    stage: Stage
    done: int
    total: int
    """Passages to work through in this stage, or pages to read; 0 when there is nothing to do."""


OnProgress = Callable[[Progress], None]
"""Receives every report, in the thread that does the work; what it raises stops the work."""


def unreported(progress: Progress) -> None:
    """Drop a report: for callers that want none."""
