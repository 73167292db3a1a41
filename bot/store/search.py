"""What a search in conversations reads: questions and answers as lines, folded for comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.language import search_form

MOST_WORDS = 8
"""Words of a search that count; each must be there."""
AROUND = 24
"""Characters shown of a long line before what was found in it."""
LONGEST_LINE = 120
"""Longest line shown, in characters."""
ESCAPE = "\\"
_MARKUP = re.compile(r"\*\*|\[\d{1,3}(?:\s*[,，、]\s*\d{1,3})*\]|^(?:#+|[-*>]|\d+\.)\s+")
_RULE = re.compile(r"[\s|:-]*")


def folded(text: str) -> str:
    """Return a text as it is compared: of one width, script and case."""
    return search_form(text).casefold().replace("\0", "")


def words_of(search: str) -> tuple[str, ...]:
    """Return the folded words of a search, each once; none where it is blank."""
    return tuple(dict.fromkeys(folded(search).split()))[:MOST_WORDS]


def lines_of(question: str, answer: str) -> list[str]:
    """Return what a reader sees of a question and its answer, without marks and markup.

    Args:
        question: as it was asked.
        answer: its text as Markdown; empty while there is none.
    """
    shown = (
        _MARKUP.sub("", line).replace("|", " ")
        for line in answer.splitlines()
        if not _RULE.fullmatch(line)
    )
    lines = (*question.splitlines(), *shown)
    return [line for line in (" ".join(line.split()) for line in lines) if line]


def searched_text(question: str, answer: str) -> str:
    """Return what a search in a question and its answer is compared with."""
    return folded("\n".join(lines_of(question, answer)))


def pattern(word: str) -> str:
    """Return the pattern of SQL's LIKE for a text that holds a word; its wildcards are letters."""
    for sign in (ESCAPE, "%", "_"):
        word = word.replace(sign, ESCAPE + sign)
    return f"%{word}%"


def line_with(lines: Sequence[str], words: Sequence[str]) -> str | None:
    """Return the first line with most of the words, cut to what a list can show."""
    held = [sum(word in folded(line) for word in words) for line in lines]
    if not any(held):
        return None
    line = lines[held.index(max(held))]
    return _cut(line, words)


def _cut(line: str, words: Sequence[str]) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    text = folded(line)
    # Folding may change the length by a few characters; what stands around makes up for it.
    at = min(text.index(word) for word in words if word in text)
    start = max(0, min(at - AROUND, len(line) - LONGEST_LINE))
    end = start + LONGEST_LINE
    before, after = "…" if start else "", "…" if end < len(line) else ""
    return f"{before}{line[start:end].strip()}{after}"
