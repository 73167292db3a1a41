"""A document as a file: its name, its media type, and the header that makes a browser keep it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias
from urllib.parse import quote

from bot.language import Lang
from ui.takeaway.fonts import FontShelf
from ui.takeaway.markdown import write_markdown
from ui.takeaway.memo import Memo
from ui.takeaway.pdf import draw_png, write_pdf

Form: TypeAlias = Literal["docx", "pdf", "md"]
MEDIA_TYPES: Mapping[Form, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "md": "text/markdown; charset=utf-8",
}
LONGEST_TOPIC = 24
"""Characters of the topic in a file's name, English words twice as many."""


def write_file(memo: Memo, form: Form, shelf: FontShelf) -> bytes:
    """Write a document in one of its forms.

    Raises:
        FontMissing: a PDF, and no font draws the Chinese in it.
    """
    if form == "docx":
        # python-docx takes half a second to import: nobody waits for it at the start.
        from ui.takeaway.word import PICTURE_PPI, write_word

        if not shelf.draws_chinese:
            return write_word(memo)  # its text is set in the reader's fonts; a drawing's is not
        return write_word(memo, lambda svg: draw_png(svg, memo.lang, shelf, PICTURE_PPI))
    if form == "pdf":
        return write_pdf(memo, shelf)
    return write_markdown(memo).encode()


def file_name(memo: Memo, form: Form) -> str:
    """Name the file: product, topic, day; nothing in it that a file system refuses."""
    topic = _fit(memo.topic, memo.lang)
    parts = (memo.product, topic, memo.as_of.isoformat())
    return f"{'-'.join(part for part in parts if part)}.{form}"


def _fit(topic: str, lang: Lang) -> str:
    # Letters and digits of any script; the rest joins: a name must not read as a path or an option.
    words = re.sub(r"[^\w]+", "-" if lang == "en" else "", topic).strip("-_")
    longest = LONGEST_TOPIC * (2 if lang == "en" else 1)
    return words[:longest].strip("-_")


def disposition(memo: Memo, form: Form) -> str:
    """Write the header `Content-Disposition`: a plain name, then the true one (RFC 5987)."""
    plain = f"hugang-{memo.as_of.isoformat()}.{form}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name(memo, form), safe='')}"
