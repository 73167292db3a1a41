"""The two scripts of the chat: one for the portal's page, one for the page in the frame."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256

from bot.language import Lang
from ui.frame import STATIC
from ui.strings import LANGS, all_strings, string

_PARTS = (
    *("ask/storage", "ask/page", "ask/words", "ask/given", "ask/asking", "ask/conversation"),
    *("ask/showing", "ask/panel", "ask/feedback", "embed/fewer", "ask/actions"),
    *("embed/portal", "embed/chat"),
)
"""What the chat shares with the page of questions, and what it has of its own."""


@cache
def widget_script() -> str:
    """Return the script that a portal's page loads."""
    unreached = {lang: string("widget.unreached", lang) for lang in LANGS}
    return _static("embed/widget.js").replace('"@words@"', _json(unreached))


@cache
def chat_script(lang: Lang) -> str:
    """Return the script of the page in the frame, with the words of one language."""
    words = {key: texts[lang] for key, texts in all_strings().items()}
    body = "\n".join(_static(f"{name}.js") for name in _PARTS)
    return (
        '(() => {\n"use strict";\n'
        'const element = document.querySelector(".hg-embed");\n'
        f"const props = {{ ...JSON.parse(element.dataset.props), embedded: true, keeps: true,"
        f" strings: {{ {_json(lang)}: {_json(words)} }} }};\n{body}}})();\n"
    )


@cache
def stamp(text: str) -> str:
    """Return a short name of a text, which changes with it."""
    return sha256(text.encode()).hexdigest()[:16]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@cache
def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
