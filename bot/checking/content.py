"""Content words of a sentence: what is left when the words without matter are taken away."""

from __future__ import annotations

import re
from typing import NamedTuple

from knowledge.card import PassageLang
from knowledge.figures.figure import read_figures

SENTENCE = re.compile(r"[。；;！？!?]|\.(?=\s|$)")
"""Where a sentence or half of one ends."""


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


def read_words(text: str, lang: PassageLang) -> list[Token]:
    """Return the content words of a text (Chinese simplified) cut to their stems, without figures.

    Words of everyday speech that every subject has (*way*, *still*, *most*) are left out too.
    """
    return [
        token._replace(text=_stem(match[0])) if (match := _WORD.fullmatch(token.text)) else token
        for token in _whole_words(text, lang)
    ]


def word_set(text: str, lang: PassageLang) -> frozenset[str]:
    """Return what `read_words` finds in a text, without the places."""
    return frozenset(word.text for word in read_words(text, lang))


def _whole_words(text: str, lang: PassageLang) -> list[Token]:
    plain = text.lower()
    pairs = [t for t in read_tokens(text, lang) if lang == "zh" and _HAN.match(t.text)]
    words = [
        Token(match.start(), match.end(), match[0])
        for match in _WORD.finditer(plain)
        if match[0] not in _EMPTY_EN and match[0] not in _EVERYDAY
    ]
    return sorted([*pairs, *words])


def _stem(word: str) -> str:
    """Cut endings off a word: *registered* and *registration* have one stem, *account* its own."""
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            if ending != "s" or not word.endswith("ss"):
                word = word[: -len(ending)]
            break
    if word.endswith("e") and len(word) > _LEAST:
        word = word[:-1]
    if len(word) > _LEAST and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    if word.endswith("y") and len(word) > _LEAST:
        word = f"{word[:-1]}i"
    return word[:_LONGEST]


_LEAST, _LONGEST = 3, 7
"""Letters of a stem."""
_ENDINGS = (
    ("ing", 3),
    ("edly", 4),
    ("ed", 3),
    ("ies", 3),
    ("es", 3),
    ("s", 3),
    ("ly", 4),
    ("al", 4),
    ("ment", 4),
    ("tion", 4),
)
"""Endings in the order in which they are tried, and the letters that must be left."""
_EVERYDAY = frozenset(
    [
        "way",
        "once",
        "while",
        "even",
        "still",
        "just",
        "too",
        "well",
        "other",
        "being",
        "both",
        "much",
        "what",
        "there",
        "here",
        "such",
        "how",
        "get",
        "gets",
        "got",
        "more",
        "most",
        "some",
        "many",
        "very",
        "yet",
        "again",
        "already",
        "now",
        "always",
        "ever",
        "own",
        "same",
        "another",
        "etc",
        "via",
        "without",
        "within",
        "about",
        "because",
        "since",
        "before",
        "after",
        "until",
        "though",
        "although",
        "whether",
        "either",
        "neither",
        "nor",
        "but",
        "else",
        "instead",
    ]
)
