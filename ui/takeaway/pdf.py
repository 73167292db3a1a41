"""A document as PDF, set by typst with embedded fonts; nothing is fetched and no user text is markup.

The template `memo.typ` reads the document as JSON: every text arrives as a value, never as source.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from bot.language import Lang
from ui.strings import string
from ui.takeaway.fonts import FontShelf
from ui.takeaway.memo import Memo
from ui.takeaway.typesetting import Job

RUNNING = {"zh-Hans": 36, "zh-Hant": 36, "en": 76}
"""Characters of the title at the head of each further page."""
_TEMPLATE = Path(__file__).parent / "memo.typ"
_PICTURE = (
    b"#set page(width: auto, height: auto, margin: 0pt, fill: white)\n"
    b'#image(bytes(sys.inputs.svg), format: "svg")\n'
)
_FAMILY = re.compile(r"""\sfont-family=("[^"]*"|'[^']*')""")
_EMOJI = re.compile("[\U0001f000-\U0001faff]\ufe0f?")
_REGIONS: dict[Lang, tuple[str, str | None]] = {
    "zh-Hans": ("zh", "CN"),
    "zh-Hant": ("zh", "HK"),
    "en": ("en", None),
}


def write_pdf(memo: Memo, shelf: FontShelf) -> bytes:
    """Set a document as PDF on A4.

    Raises:
        FontMissing: no font draws the Chinese in it.
    """
    data = memo.model_dump(mode="json")
    data["words"] = _words(memo)
    data["fonts"] = {
        lang: shelf.choice(lang).model_dump()
        | {"lang": _REGIONS[lang][0], "region": _REGIONS[lang][1]}
        for lang in _REGIONS
    }
    family = shelf.choice(memo.lang).head[0]
    for element in data["body"]:
        if element["kind"] == "picture":
            element["svg"] = _in_font(element["svg"], family)
    written = json.dumps(data, ensure_ascii=False)
    if not shelf.draws_emoji:
        written = _EMOJI.sub(_named, written)
    made = dt.datetime.combine(memo.made, dt.time(), tzinfo=dt.UTC)
    return shelf.typeset(Job(_template(), "pdf", {"memo": written}, made=made))


def draw_png(svg: str, lang: Lang, shelf: FontShelf, pixels_per_inch: float) -> bytes:
    """Draw an SVG as PNG, its text in the font of a language.

    Raises:
        FontMissing: no font draws Chinese.
    """
    inputs = {"svg": _in_font(svg, shelf.choice(lang).head[0])}
    return shelf.typeset(Job(_PICTURE, "png", inputs, ppi=pixels_per_inch))


def _in_font(svg: str, family: str) -> str:
    """Let all text of a drawing be set in one family: it names fonts of browsers, not of here."""
    bare = _FAMILY.sub("", svg)
    return bare.replace("<svg", f'<svg font-family="{family}"', 1)


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


def _words(memo: Memo) -> dict[str, Any]:
    lang, longest = memo.lang, RUNNING[memo.lang]
    return {
        "running": memo.title if len(memo.title) <= longest else f"{memo.title[:longest]}…",
        "question": string("takeaway.question", lang),
        "page": string("takeaway.page", lang, n="{n}", total="{total}"),
        "corpus": string("foot.corpus", lang, version=memo.corpus),
        "issuers": string("panel.issuers", lang),
        "colon": ": " if lang == "en" else "：",
    }


def _named(found: re.Match[str]) -> str:
    """Say the name of an emoji that no font here draws."""
    return f"({unicodedata.name(found[0][0], 'emoji').lower()})"
