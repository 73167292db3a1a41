"""Two texts side by side: which stretches stand in one only."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

Stretch = tuple[bool, str]
"""Whether it stands here only, and the text."""
ALIKE = 0.4
"""Lines less alike than this are marked whole: what single letters two sentences share tells nothing."""
_TOKEN = re.compile(r"[A-Za-z]+|\d[\d.,]*|\s+|.", re.DOTALL)
_MARK = re.compile(r"\[\d+(?:\s*[,，、]\s*\d+)*\]")
_LONGEST = 600
"""Tokens of a line up to which it is compared token by token: the time grows with the square."""


def side_by_side(one: str, other: str) -> tuple[list[Stretch], list[Stretch]]:
    """Divide two texts into stretches that both have and stretches that one has.

    Lines are compared without citation marks: one citation more renumbers all others.
    """
    lines = one.splitlines(keepends=True), other.splitlines(keepends=True)
    was, now = ([_MARK.sub("", line).strip() for line in side] for side in lines)
    found: tuple[list[Stretch], list[Stretch]] = ([], [])
    for what, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        left, right = lines[0][a:b], lines[1][c:d]
        if what == "equal":
            found[0].extend((False, line) for line in left)
            found[1].extend((False, line) for line in right)
            continue
        for at in range(max(len(left), len(right))):
            pair = _line("".join(left[at : at + 1]), "".join(right[at : at + 1]))
            for side, stretches in zip(found, pair, strict=True):
                side.extend(stretches)
    return _joined(found[0]), _joined(found[1])


def _line(one: str, other: str) -> tuple[list[Stretch], list[Stretch]]:
    a, b = _TOKEN.findall(one), _TOKEN.findall(other)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if max(len(a), len(b)) > _LONGEST or matcher.quick_ratio() < ALIKE or matcher.ratio() < ALIKE:
        return ([(True, one)] if one else []), ([(True, other)] if other else [])
    left: list[Stretch] = []
    right: list[Stretch] = []
    for what, i, j, k, m in matcher.get_opcodes():
        left.append((what != "equal", "".join(a[i:j])))
        right.append((what != "equal", "".join(b[k:m])))
    return left, right


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Join neighbours of one sort."""
    joined: list[Stretch] = []
    for differs, text in stretches:
        if not text:
            continue
        if joined and joined[-1][0] == differs:
            joined[-1] = (differs, joined[-1][1] + text)
        else:
            joined.append((differs, text))
    return joined
