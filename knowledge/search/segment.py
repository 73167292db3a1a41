"""Segmentation: Chinese words and character bigrams, English words, for the lexical index.

Latin words and figures inside Chinese text (ODI, FT, 18C, 2025, 251) are tokens of every stream.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from importlib import metadata

_RULES = 1
"""Number of the rules below; raise it with every change that alters a token."""

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
_LATIN = r"[a-z0-9\u00df-\u00f6\u00f8-\u024f]"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<latin>{_LATIN}+(?:\.{_LATIN}+)*)")
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_LONGEST_TOKEN = 64
"""Characters; what is longer is no word, and an index would refuse it from 65,530 bytes on."""
_POSSESSIVE = re.compile(r"['’]s\b")
# Category Cs: lone surrogates, which no UTF-8 library takes. Cc: control characters.
_UNSPEAKABLE = frozenset({"Cs", "Cc"})


class Segmenter:
    """Splits text into tokens; safe to call from many threads.

    Text is first folded: NFKC, lower case, no commas between thousands (`3,000` = `3000`).
    Traditional characters are not converted: the caller does that with whole questions.
    """

    def __init__(self, user_words: Iterable[str] = ()) -> None:
        """Load the dictionary (about 0.1 s) and add words that must not be cut apart."""
        import rjieba

        words = sorted({folded(word).strip() for word in user_words} - {""})
        self._jieba = rjieba.Jieba()
        for word in words:
            self._jieba.add_word(word, None, None)
        digest = hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
        self.name = f"rules-{_RULES}/rjieba-{metadata.version('rjieba')}/words-{digest}"
        """Changes whenever the same text may give other tokens."""

    def words(self, text: str) -> list[str]:
        """Cut Chinese text into words; the parts of a long word come before it."""
        tokens: list[str] = []
        for piece in self._jieba.cut_for_search(folded(text)):
            runs = list(_runs(piece))
            if any(is_han for _, is_han in runs):
                tokens.append(piece[:_LONGEST_TOKEN])  # one word, also in mixed script: 备案, h股
            for run, is_han in runs:
                if not is_han:
                    tokens += _latin_tokens(run)
        return tokens

    def pieces(self, text: str) -> list[str]:
        """Cut Chinese text into words of the dictionary and lone characters, nothing guessed."""
        return list(self._jieba.cut(text, False))

    def has_word(self, word: str) -> bool:
        """Tell whether the dictionary has a Chinese word."""
        return bool(self._jieba.has_word(word))

    def grams(self, text: str) -> list[str]:
        """Cut Chinese text into overlapping pairs of characters; a lone character stays alone."""
        return _grams_and_latin(folded(text))

    def english(self, text: str) -> list[str]:
        """Cut English text into words, not stemmed; Chinese in it becomes character pairs."""
        return _grams_and_latin(_POSSESSIVE.sub("", folded(text)))


def folded(text: str) -> str:
    """Bring text to one form: NFKC, lower case, no thousands commas, no control characters."""
    lowered = unicodedata.normalize("NFKC", text).lower()
    if not lowered.isprintable():
        lowered = "".join(
            " " if unicodedata.category(char) in _UNSPEAKABLE else char for char in lowered
        )
    return _THOUSANDS.sub("", lowered)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each stretch of Chinese or Latin characters, and whether it is Chinese."""
    for match in _RUN.finditer(text):
        yield match.group(), match.lastgroup == "han"


def _grams_and_latin(text: str) -> list[str]:
    tokens: list[str] = []
    for run, is_han in _runs(text):
        if not is_han:
            tokens += _latin_tokens(run)
        elif len(run) == 1:
            tokens.append(run)
        else:
            tokens += (run[at : at + 2] for at in range(len(run) - 1))
    return tokens


def _latin_tokens(run: str) -> list[str]:
    """Keep a decimal whole; give a dotted code (18c.03, u.s) whole and in parts."""
    parts = [] if _DECIMAL.fullmatch(run) else run.split(".")
    whole = [] if parts == [run] else [run]
    return [token[:_LONGEST_TOKEN] for token in (*whole, *parts)]
