"""The page's strings in its three languages, and how one is filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import get_args

from bot.language import Lang
from knowledge.load import read_yaml

LANGS: tuple[Lang, ...] = get_args(Lang)
LOCALES = Path(__file__).parent / "locales"
"""A file of strings for each page; no key stands in two."""

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("treasurer", "treasury-centre"),
    ("treasurer", "lend-to-hong-kong"),
    ("cfo", "vietnam-plant"),
    ("cfo", "cash-pool"),
    ("lawyer", "listing-funds"),
    ("lawyer", "reinsurance"),
    ("founder", "payment-connect"),
    ("founder", "founder-spv"),
    ("adviser", "dividends"),
    ("adviser", "panda-bonds"),
)
"""Role and name of each question on the empty page: `role.<role>`, `example.<name>`."""


@cache
def all_strings() -> Mapping[str, Mapping[Lang, str]]:
    """Read every file of `locales/`: by key, then by language."""
    strings: dict[str, dict[Lang, str]] = {}
    for path in sorted(LOCALES.glob("*.yaml")):
        strings |= read_yaml(path)
    return strings


def string(key: str, lang: Lang, **values: object) -> str:
    """Return a string in one language, its `{names}` filled in.

    Raises:
        KeyError: no such key, or a name of the string is not given.
    """
    return all_strings()[key][lang].format_map(values)


@cache
def strings_json() -> str:
    """Return all strings as JSON by language, for the page to switch language by itself."""
    by_lang = {lang: {key: texts[lang] for key, texts in all_strings().items()} for lang in LANGS}
    return json.dumps(by_lang, ensure_ascii=False, separators=(",", ":"))
