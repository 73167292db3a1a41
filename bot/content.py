"""Content words of a sentence: what is left when the words without matter are taken away."""

from __future__ import annotations

import re
from typing import NamedTuple

from knowledge.card import PassageLang
from knowledge.figures import read_figures


class Token(NamedTuple):
    """A content word and where it stands; in Chinese a pair of characters."""

    start: int
    end: int
    text: str


def read_tokens(text: str, lang: PassageLang) -> list[Token]:
    """Return the content words and figures of a text (Chinese simplified) in reading order."""
    plain = text.lower()
    figures = [Token(fig.start, fig.end, f"#{fig.value}") for fig in read_figures(text)]
    if lang == "zh":
        pairs = [
            Token(at, at + 2, plain[at : at + 2])
            for run in _HAN.finditer(plain)
            for at in range(run.start(), run.end() - 1)
        ]
        words = [pair for pair in pairs if not _EMPTY_ZH.search(pair.text)]
    else:
        words = []
    for match in _WORD.finditer(plain):
        if match[0] not in _EMPTY_EN:
            words.append(Token(match.start(), match.end(), match[0][:_STEM]))
    return sorted([*words, *figures])


_HAN = re.compile(r"[\u4e00-\u9fff]+")
_WORD = re.compile(r"[a-z]{2,}")
_STEM = 6
"""Letters of a word that count: enough to see a verb in its forms, few enough to forgive an ending."""
_EMPTY_ZH = re.compile(
    r"[的了在是和与及或者即就也都而则由从到对于其该此之所以将被把按向为有不可须应当需要得能会]"
)
_EMPTY_EN = frozenset(
    re.findall(
        r"\w+",
        "the of to in for and or by on at from with as is are be been was were it its this that these"
        " those which who whom whose such any all each may must can shall will not no if when where"
        " under than then into per has have had do does their they them there you your we our an also"
        " only so up out",
    )
)
