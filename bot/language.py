"""The three languages of the product, and what lies between them.

Cards are written in simplified Chinese and English. A traditional question is searched in
simplified and answered in traditional; OpenCC converts (phrases with Hong Kong usage).
"""

from __future__ import annotations

import re
from typing import Literal

from knowledge.card import Bilingual, PassageLang
from knowledge.language import converter, is_chinese
from knowledge.language import search_form as search_form
from knowledge.language import to_simplified as to_simplified

Lang = Literal["zh-Hans", "zh-Hant", "en"]
"""Language and script of a question, and so of its answer."""

# Written Cantonese that both scripts share but only Hong Kong writes.
_CANTONESE = re.compile(r"[嘅咗唔冇哋嚟喺俾睇揀攞畀]|點樣|幾耐|幾時|邊個")


# OpenCC's Hong Kong table keeps these forms; newspapers, banks and the government print the others.
_HONG_KONG_PRINT = str.maketrans("户税説枱", "戶稅說台")

_MISCONVERTED = (
    ("銀髮", "銀發"),  # 银发〔2025〕251号 is the PBOC's series, not grey hair
    ("編髮", "編發"),
    ("製定", "制定"),
    ("瞭解", "了解"),
    ("核準備案", "核准備案"),
    ("在核準", "在核准"),
    ("有核準", "有核准"),
)
"""Phrases of this corpus that OpenCC's tables get wrong."""


def to_traditional(text: str) -> str:
    """Convert simplified Chinese to traditional as printed in Hong Kong."""
    converted = str(converter("s2hk").convert(text)).translate(_HONG_KONG_PRINT)
    for wrong, right in _MISCONVERTED:
        converted = converted.replace(wrong, right)
    return converted


def detect_lang(text: str) -> Lang:
    """Tell the language and script of a text.

    Chinese wins over Latin words inside it ("ODI备案要多久"), unless an English sentence only
    quotes a Chinese name. Text that is the same in both scripts counts as simplified.
    """
    if not is_chinese(text):
        return "en"
    if _CANTONESE.search(text):
        return "zh-Hant"
    simplified = to_simplified(text)
    changed_to_simplified = _distance(text, simplified)
    changed_to_traditional = _distance(text, str(converter("s2t").convert(text)))
    return "zh-Hant" if changed_to_simplified > changed_to_traditional else "zh-Hans"


def _distance(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=False))


def passage_lang(lang: Lang) -> PassageLang:
    """Return the language in which the corpus is searched for a question."""
    return "en" if lang == "en" else "zh"


def in_script(text: str, lang: Lang) -> str:
    """Return a corpus text as the reader of `lang` writes it."""
    return to_traditional(text) if lang == "zh-Hant" else text


def localise(text: Bilingual, lang: Lang) -> str:
    """Choose the reader's language of a bilingual text."""
    return in_script(text.text(passage_lang(lang)), lang)
