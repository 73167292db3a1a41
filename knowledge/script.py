"""Chinese script: traditional characters made simplified, the form in which everything is searched."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any


@cache
def converter(name: str) -> Any:
    """Load one of OpenCC's conversions: `t2s`, `s2t`, `s2hk`."""
    import opencc

    return opencc.OpenCC(name)


def to_simplified(text: str) -> str:
    """Convert traditional characters to simplified; other text is left as it is."""
    # OpenCC keeps 甚, a character of its own; before 么 it only spells 什么.
    return str(converter("t2s").convert(text)).replace("甚么", "什么")


def search_form(text: str) -> str:
    """Fold a text (NFKC) and simplify its characters: the form in which everything is searched."""
    return to_simplified(unicodedata.normalize("NFKC", text)).strip()
