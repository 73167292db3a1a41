"""Lettering of a drawing: how wide a text runs, and where its lines break.

The server knows no font. Widths are those of a common sans-serif, rounded up, so that what fits
here fits in the font that a reader's machine has.
"""

from __future__ import annotations

import math
import unicodedata

_NARROW = frozenset("iljtfrI.,:;'’‘|!()[]/ ")
_BROAD = frozenset("mwMW@%&—")
_CLOSING = frozenset("，。、；：！？）》」』】〕”’％,.;:!?)]}%")
_OPENING = frozenset("（《「『【〔“‘([{")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a line runs, in the unit of `size` (the height of the letters)."""
    return sum(map(_share, text)) * size * (1.07 if bold else 1)


def wrap_text(text: str, size: float, room: float, *, bold: bool = False) -> tuple[str, ...]:
    """Break a text into as few lines as `room` takes, all about equally long.

    Chinese breaks between any two characters, except before a closing mark and after an opening
    one; other text breaks at its spaces. A word that is longer than a line is cut.
    """
    fewest = _fill(text, size, room, bold)
    narrowest = text_width(text, size, bold=bold) / max(len(fewest), 1)
    for narrower in range(math.ceil(narrowest), math.ceil(room), math.ceil(size / 3)):
        lines = _fill(text, size, narrower, bold)
        if len(lines) <= len(fewest) and all(
            text_width(line, size, bold=bold) <= room for line in lines
        ):
            return lines
    return fewest


def _share(letter: str) -> float:
    """Return the width of a letter as a share of its height."""
    # Ambiguous ones, such as “ and ·, are as wide as a character in a Chinese font.
    if unicodedata.east_asian_width(letter) in "WFA":
        return 1.0
    if letter in _NARROW:
        return 0.36
    if letter in _BROAD:
        return 0.95
    return 0.72 if letter.isupper() else 0.6


def _fill(text: str, size: float, room: float, bold: bool) -> tuple[str, ...]:
    """Break a text greedily."""
    lines: list[str] = []
    line = ""
    for unit in _units(text, size, room, bold):
        if line and text_width((line + unit).rstrip(), size, bold=bold) > room:
            lines.append(line.rstrip())
            line = unit.lstrip()
        else:
            line += unit
    return (*lines, line.rstrip()) if line.strip() else tuple(lines)


def _units(text: str, size: float, room: float, bold: bool) -> list[str]:
    """Split a text where a line may end."""
    units: list[str] = []
    for letter in text.strip():
        before = units[-1] if units else ""
        too_long = text_width(before + letter, size, bold=bold) > room
        if before and not too_long and _hold_together(before[-1], letter):
            units[-1] += letter
        else:
            units.append(letter)
    return units


def _hold_together(left: str, right: str) -> bool:
    if left.isspace():
        return False
    if right.isspace() or right in _CLOSING or left in _OPENING:
        return True
    return not (_breaks(left) or _breaks(right))


def _breaks(letter: str) -> bool:
    """Whether a line may end beside a letter, as beside a Chinese character."""
    return unicodedata.east_asian_width(letter) in "WF"
