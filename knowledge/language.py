"""In which language a text is written: Chinese or English, for texts of the corpus and questions."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_ENGLISH_GLUE = re.compile(
    r"\b(?:the|a|an|of|to|in|on|for|by|with|and|or|is|are|was|do|does|did|can|may|must|will|we|our"
    r"|us|it|that|this|what|which|who|how|when|where|apply|accept|from|over|under|as|at)\b",
    re.IGNORECASE,
)


def is_chinese(text: str) -> bool:
    """Tell whether a text is Chinese.

    Chinese wins over Latin words inside it ("ODI备案要多久"), unless an English sentence only
    quotes a Chinese name. A text without Chinese characters is not Chinese.
    """
    han = len(_HAN.findall(text))
    if not han:
        return False
    latin = len(_LATIN_WORD.findall(text))
    is_sentence = 2 * latin >= han and len(_ENGLISH_GLUE.findall(text)) >= 2
    return latin <= 2 * han and not is_sentence


def has_words(text: str) -> bool:
    """Tell whether a text holds any word of either language, so that it has one."""
    return bool(_HAN.search(text) or _LATIN_WORD.search(text))


@cache
def converter(name: str) -> Any:
    """Open one of OpenCC's conversions (`t2s`, `s2hk`, …)."""
    import opencc

    return opencc.OpenCC(name)


def to_simplified(text: str) -> str:
    """Convert traditional characters to simplified; other text is left as it is."""
    # OpenCC keeps 甚, a character of its own; before 么 it only spells 什么.
    return str(converter("t2s").convert(text)).replace("甚么", "什么")


def search_form(text: str) -> str:
    """Fold a text (NFKC) and simplify its characters: the form in which everything is searched."""
    return to_simplified(unicodedata.normalize("NFKC", text)).strip()
