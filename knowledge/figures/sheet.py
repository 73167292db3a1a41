"""The sheet of paper on which the readers of figures work: what one has read, the next cannot see.

Readers run from the most specific to the least (document numbers, dates, articles, amounts), so
that `银发〔2025〕251号` never becomes the year 2025 and the amount 251.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from knowledge.figures.numerals import fold

FigureKind = Literal["number", "percent", "date", "document", "article"]

BLANK = "\0"
"""Stands for each character that has been read; no pattern matches it."""


class Reading(NamedTuple):
    """One figure as found: its canonical value, its unit and its place in the text."""

    kind: FigureKind
    value: str
    unit: str | None
    start: int
    end: int


Reader = Callable[[re.Match[str]], "Iterable[Reading] | None"]
"""Turns a match into readings; None leaves the text for later readers."""


class Sheet:
    """A folded text, its readings so far, and blanks where they stood."""

    def __init__(self, text: str) -> None:
        """Fold the text; positions stay those of the original."""
        self.text = fold(text)
        self.readings: list[Reading] = []

    def take(self, pattern: re.Pattern[str], reader: Reader, *cues: str) -> None:
        """Let a reader see every match of a pattern, and blank what it has read.

        Args:
            pattern: what to look for in the folded text.
            reader: what makes readings of a match.
            *cues: texts of which a match must hold at least one; without any, no search is made.
        """
        if cues and not any(cue in self.text for cue in cues):
            return
        pieces: list[str] = []
        position = 0
        for match in pattern.finditer(self.text):
            found = reader(match)
            if found is None:
                continue
            self.readings.extend(found)
            start, end = match.span()
            pieces += (self.text[position:start], BLANK * (end - start))
            position = end
        if pieces:
            self.text = "".join(pieces) + self.text[position:]
