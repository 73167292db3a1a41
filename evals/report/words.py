"""The words of a report in the reader's language: English, simplified or traditional Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.language import Lang, in_script, passage_lang
from knowledge.load import read_yaml

WORDS = Path(__file__).parent / "words.yaml"


class Words:
    """Says things in one language."""

    def __init__(self, lang: Lang) -> None:
        """Take the reader's language."""
        self.lang = lang

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text, its `{names}` filled in.

        Raises:
            KeyError: no such text, or a name of it is not given.
        """
        text = _all()[key][passage_lang(self.lang)].format_map(values)
        return in_script(text, self.lang)

    def name(self, family: str, key: str) -> str:
        """Return the text of a family, or the key itself where it has none: runs outlive words."""
        whole = f"{family}.{key}"
        return self(whole) if whole in _all() else key.replace("_", " ")

    def family(self, family: str) -> dict[str, str]:
        """Return all texts of a family by the rest of their key, for the page's script."""
        start = f"{family}."
        return {
            key.removeprefix(start): in_script(texts[passage_lang(self.lang)], self.lang)
            for key, texts in _all().items()
            if key.startswith(start)
        }


@cache
def _all() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = read_yaml(WORDS)
    return found
