"""Sentences of both languages, and how much of the embedder's room a text takes."""

from __future__ import annotations

import re
from itertools import pairwise

LONGEST = 450
"""Units that a part may take, see `units`: the embedder reads 512 tokens, title and headings too."""
AIM = 200
"""Units from which on a part ends at the next good place."""

_HAN = r"\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = rf"[A-Za-z]{{1,9}}|\d{{1,3}}|[^\W\d_A-Za-z{_HAN}]"
_HAN_RUN = re.compile(f"[{_HAN}]+")
_WORDS = re.compile(_WORD)
_MARK_RUN = re.compile(rf"(?:[^\w\s{_HAN}]|_)+")
_UNIT = re.compile(rf"(?P<han>[{_HAN}])|(?P<word>{_WORD})|\S")
_WORD_TENTHS = 16
_MARK_TENTHS = 8
_ABBREVIATION = re.compile(
    r"(?:\b(?:Nos?|Caps?|Ltd|Co|Corp|Inc|e\.g|i\.e|etc|vs?|ss?|paras?|arts?|reg|r|Mr|Mrs|Ms|Dr|St"
    r"|approx|cf|viz|Ch|Pt|Sch|Vol|pp?|[A-Z])|\d)\.$",
    re.IGNORECASE,
)
_STOP = re.compile(r"[。！？；][”』」’》）)]*|[.!?;][\"”’')\]]*(?=\s)|\n")
_PAUSE = re.compile(r"[，、：,:](?=\D)|\s")


def units(text: str) -> float:
    """Measure a text in Chinese characters; an English word counts as 1.6 of them, a mark 0.8."""
    han = sum(map(len, _HAN_RUN.findall(text)))
    marks = sum(map(len, _MARK_RUN.findall(text)))
    return (10 * han + _WORD_TENTHS * len(_WORDS.findall(text)) + _MARK_TENTHS * marks) / 10


def sentences(text: str) -> list[tuple[int, int]]:
    """Cut a text at the ends of its sentences; the stretches touch and cover all of it."""
    cuts = [0]
    for match in _STOP.finditer(text):
        if match[0][0] == "." and _ABBREVIATION.search(
            text, max(0, match.start() - 8), match.end()
        ):
            continue
        cuts.append(match.end())
    if cuts[-1] != len(text):
        cuts.append(len(text))
    return [(start, end) for start, end in pairwise(cuts) if end > start]


def shorter(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a stretch that is longer than a part may be, at pauses or, without any, anywhere."""
    found = []
    while (limit := _reach(text, start, end)) < end:
        pause = max((m.end() for m in _PAUSE.finditer(text, start + 1, limit)), default=limit)
        pause = pause if pause > start + (limit - start) // 3 else limit
        found.append((start, pause))
        start = pause
    if end > start:
        found.append((start, end))
    return found


def _reach(text: str, start: int, end: int) -> int:
    """Find the last place up to which a stretch is short enough, one character further at least."""
    high = min(end, start + 12 * LONGEST)
    tenths = 0
    for match in _UNIT.finditer(text, start, high):
        kind = match.lastgroup
        tenths += 10 if kind == "han" else _WORD_TENTHS if kind == "word" else _MARK_TENTHS
        if tenths > 10 * LONGEST:
            return match.start()
    return high


def cut_at_sentences(text: str) -> list[tuple[int, int]]:
    """Cut a long text into stretches that are short enough.

    Each begins with the last sentence of the one before, where that leaves room.
    """
    pieces = [
        piece
        for start, end in sentences(text)
        for piece in ([(start, end)] if end - start <= LONGEST // 2 else shorter(text, start, end))
    ]
    sizes = [units(text[start:end]) for start, end in pieces]
    found: list[tuple[int, int]] = []
    first, size, fresh = 0, 0.0, 0
    for at, own in enumerate(sizes):
        if at > fresh and (size + own > LONGEST or (size >= LONGEST * 0.75 and own > AIM / 2)):
            found.append((pieces[first][0], pieces[at - 1][1]))
            overlap = at - 1 if sizes[at - 1] + own <= LONGEST * 0.6 else at
            first, fresh = overlap, at
            size = sum(sizes[overlap:at])
        size += own
    found.append((pieces[first][0], pieces[-1][1]))
    return found
