"""Typing errors: words that no text knows, one letter or one like-sounding character off a known one.

Chinese is typed by sound, so that a slip is mostly another character of the same sound (登际 for
登记); English slips are a letter too many, missing, wrong or out of order.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, Self

from knowledge.card import PassageLang
from knowledge.search.exemplars import Exemplars
from knowledge.search.segment import Segmenter

LEAST_USES = 3
"""Texts that use a word, from which an unknown one may be a slip of it."""
LEAST_LETTERS = 5
"""Shortest English word that is taken for a slip; shorter ones have too many neighbours."""
_LONGEST = 4
"""Characters of the longest Chinese word looked for."""
_LATIN = re.compile(r"(?<![^\W_])[A-Za-z]+(?![^\W_])")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


_KEPT = frozenset(
    "零一二两三四五六七八九十百千万亿半几不没未无非免否勿的地得了着过是在有和与或及向从对把被将给由于按"
    "我你您他她它这那各每个位家就都也还又再才只要想请可能会应须更最很多少大小上下前后内外中里间"
    "嘅嘢啲咗喺佢哋畀俾乜冇唔系边点食"
)
"""Characters that stand alone in right texts too, of both scripts' speech; numerals and negations among
them: a question must not turn around."""


class _Slip(NamedTuple):
    start: int
    end: int
    word: str
    uses: int


class Spelling:
    """Puts typing errors right by the words that texts of the field use."""

    def __init__(self, uses: Mapping[PassageLang, Mapping[str, int]], segmenter: Segmenter) -> None:
        """Take the words.

        Args:
            uses: number of texts that use each word, by language; folded, Chinese simplified. Pairs
                of Chinese characters may be among them.
            segmenter: knows the Chinese words.
        """
        self._uses = uses
        self._segmenter = segmenter
        self._english = [
            word
            for word, count in uses["en"].items()
            if count >= LEAST_USES and len(word) >= LEAST_LETTERS - 1 and word.isalpha()
        ]
        self._holed: dict[str, list[str]] = defaultdict(list)
        for word, count in uses["zh"].items():
            if count >= LEAST_USES and _is_word(word, segmenter):
                for hole in _holes(word):
                    self._holed[hole].append(word)

    @classmethod
    def of(
        cls, texts: Mapping[PassageLang, Iterable[str]], segmenter: Segmenter, *asked: Exemplars
    ) -> Self:
        """Take the words of texts and of example questions."""
        terms: Mapping[PassageLang, Callable[[str], list[str]]] = {
            "zh": segmenter.grams,
            "en": segmenter.english,
        }
        uses: dict[PassageLang, Counter[str]] = {}
        for lang, of_lang in texts.items():
            uses[lang] = Counter(term for text in of_lang for term in set(terms[lang](text)))
            for examples in asked:
                uses[lang].update(examples.uses(lang))
        return cls(uses, segmenter)

    @staticmethod
    def warm() -> None:
        """Load what reads characters, so that the first slip does not wait for it (0.15 s)."""
        _reading("一")

    def corrected(self, text: str, lang: PassageLang) -> str:
        """Return a text (folded, simplified) without the slips that are plain."""
        slips = self._of_sound(text) if lang == "zh" else self._of_letters(text)
        for slip in sorted(slips, reverse=True):
            text = text[: slip.start] + slip.word + text[slip.end :]
        return text

    def _of_letters(self, text: str) -> Iterator[_Slip]:
        for match in _LATIN.finditer(text):
            word = match[0]
            # A capital inside a sentence begins a name, which the texts need not know.
            if word.islower() and len(word) >= LEAST_LETTERS:
                meant = self._nearest(word)
                if meant:
                    yield _Slip(match.start(), match.end(), meant, self._uses["en"][meant])

    @lru_cache(maxsize=4096)  # noqa: B019 - one instance lives as long as the process
    def _nearest(self, word: str) -> str | None:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        uses = self._uses["en"]
        if word in uses:
            return None
        found = process.extract(word, self._english, scorer=OSA.distance, score_cutoff=1, limit=9)
        # A word of the same stem (hedgers, hedger) is no slip.
        near = [
            one
            for one, _, _ in found
            if not (one.startswith(word) or word.startswith(one)) and _may_slip(one, word)
        ]
        return max(near, key=uses.__getitem__, default=None)

    def _of_sound(self, text: str) -> list[_Slip]:
        """Return what is replaced, without overlaps: the longest first, then the most used."""
        found: list[_Slip] = []
        for run in _HAN.finditer(text):
            found += self._in_run(run[0], run.start())
        found.sort(key=lambda slip: (slip.start - slip.end, -slip.uses))
        kept: list[_Slip] = []
        for slip in found:
            if all(slip.end <= other.start or other.end <= slip.start for other in kept):
                kept.append(slip)
        return kept

    def _in_run(self, text: str, offset: int) -> Iterator[_Slip]:
        pieces = self._segmenter.pieces(text)
        starts = [0]
        for piece in pieces:
            starts.append(starts[-1] + len(piece))
        for first in range(len(pieces)):
            for last in range(first + 2, len(pieces) + 1):
                start, end = starts[first], starts[last]
                if end - start > _LONGEST:
                    break
                alone = {starts[at] - start for at in range(first, last) if len(pieces[at]) == 1}
                meant = self._meant(text[start:end], alone) if alone else None
                if meant:
                    uses = self._uses["zh"][meant]
                    yield _Slip(offset + start, offset + end, meant, uses)

    def _meant(self, written: str, alone: set[int]) -> str | None:
        """Return the word that sounds like what is written, if that is none itself.

        Args:
            written: two to four characters that make up no word.
            alone: places of the characters that belong to no word.
        """
        if written in self._uses["zh"] or self._segmenter.has_word(written):
            return None
        like = [
            word
            for at, hole in enumerate(_holes(written))
            if at in alone and written[at] not in _KEPT and not self._fits(written, at)
            for word in self._holed.get(hole, ())
            if sounds_alike(word[at], written[at])
        ]
        return max(like, key=self._uses["zh"].__getitem__, default=None)

    def _fits(self, written: str, at: int) -> bool:
        """Tell whether a character stands beside its neighbours in other texts too."""
        pairs = (written[max(at - 1, 0) : at + 1], written[at : at + 2])
        return any(len(pair) == 2 and pair in self._uses["zh"] for pair in pairs)


def _is_word(term: str, segmenter: Segmenter) -> bool:
    return 2 <= len(term) <= _LONGEST and bool(_HAN.fullmatch(term)) and segmenter.has_word(term)


def _holes(word: str) -> list[str]:
    """Return a word once for each character, with a hole in its place."""
    return [f"{word[:at]}*{word[at + 1 :]}" for at in range(len(word))]


def sounds_alike(one: str, other: str) -> bool:
    """Tell whether two characters are read as the same syllable, whatever the tone."""
    return _reading(one) == _reading(other)


@lru_cache(maxsize=8192)
def _reading(char: str) -> str:
    """Return the usual reading of a character; by its rare ones 有 sounds like 为."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(char, style=Style.NORMAL))


_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = frozenset("aeiou")


def _may_slip(word: str, typed: str) -> bool:
    """Tell whether a letter of a word may slip to what was typed: to a key beside it, or a vowel.

    Letters out of order, too many or missing always may; other letters make other words (taxing,
    taking).
    """
    if len(word) != len(typed):
        return True
    apart = [(one, other) for one, other in zip(word, typed, strict=True) if one != other]
    return len(apart) == 2 or _VOWELS.issuperset(apart[0]) or _beside(*apart[0])


def _beside(one: str, other: str) -> bool:
    (row, column), (other_row, other_column) = _place(one), _place(other)
    return abs(row - other_row) <= 1 and abs(column - other_column) <= 1


def _place(letter: str) -> tuple[int, float]:
    """Return row and column of a key; each row is set off by half a key."""
    row = next(at for at, keys in enumerate(_KEYS) if letter in keys)
    return row, _KEYS[row].index(letter) + row / 2
