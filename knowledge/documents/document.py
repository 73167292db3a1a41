"""Documents and their passages: what is kept, searched and cited."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from pydantic import Field

from knowledge.card import FactRef, Frozen, PassageLang
from knowledge.documents.reading.reading import Format, Remark

Kind = Literal["own", "official"]
"""`own`: somebody's own paper; `official`: the text of an instrument of the corpus."""
DocumentStatus = Literal["in-force", "draft", "superseded", "repealed", "unknown"]
PUBLIC = "public"
"""Scope of official texts: everybody sees them."""
TENANT = "tenant"
"""Scope of what the operator added: all staff of this installation see it."""
EVERYBODY = (PUBLIC, TENANT)
"""What staff see without a key of their own."""
_SCOPE = re.compile(
    r"public|tenant(:[a-z][a-z0-9-]{1,31})?"
    r"|(owner|conversation):([a-z][a-z0-9-]{1,31}\.)?[A-Za-z0-9_-]{8,64}"
)
"""A tenant of its own stands behind `tenant:`, and with a full stop before owner or conversation."""


def is_scope(text: str) -> bool:
    """Tell whether a text is the name of a scope."""
    return bool(_SCOPE.fullmatch(text))


class Particulars(Frozen):
    """What a document is: proposed from its text, corrected by who added it."""

    title: str = Field(min_length=1, max_length=300)
    lang: PassageLang
    """Language of most of it; its passages have their own."""
    issuer: str | None = None
    number: str | None = None
    """Document number, as printed: 汇发〔2025〕43号."""
    issued: dt.date | None = None
    effective: dt.date | None = None
    ended: dt.date | None = None
    """First day on which it no longer counts."""
    status: DocumentStatus = "unknown"


class Part(Frozen):
    """A stretch of a document that is searched and cited as one, made by the splitter."""

    path: tuple[str, ...] = ()
    """Headings above it, the outermost first, each as printed: 第二章 额度管理."""
    article: str | None = None
    """What it is cited by: 第十二条, 第十二条第三款, Section 5(2), 3.1; None outside articles."""
    kind: Literal["text", "table"] = "text"
    text: str = Field(min_length=1)
    lang: PassageLang
    first_page: int | None = None
    last_page: int | None = None
    start: int
    """First character in the reading's `text`."""
    end: int


class StoredPassage(Frozen):
    """A part as it is kept, under a name of its own."""

    ref: FactRef
    """`<document id>#<number>`; a number is never given to another text of the same document."""
    title: str
    """Of the document."""
    part: Part

    @property
    def lang(self) -> PassageLang:
        """Its own language."""
        return self.part.lang

    @property
    def content(self) -> str:
        """The text that is embedded and indexed: title and headings in front, none of them twice."""
        heads = dict.fromkeys((self.title, *self.part.path))
        return "\n".join((" · ".join(heads), self.part.text))


class Document(Frozen):
    """A document as it is kept."""

    id: str = Field(pattern=r"^doc-[0-9a-f]{16}$")
    scope: str = Field(pattern=rf"^(?:{_SCOPE.pattern})$")
    """Who sees it: `public`, `tenant`, `owner:<hash>` or `conversation:<id>`."""
    kind: Kind
    instrument: str | None = None
    """Of an official text: id of its card."""
    name: str
    """File name or address it was added by."""
    sha256: str
    """Of the file's bytes."""
    size: int
    """In bytes."""
    format: Format
    pages: int | None
    passages: int
    particulars: Particulars
    corrected: bool = False
    """Whether a person has looked over the particulars."""
    remarks: tuple[Remark, ...] = ()
    added: dt.datetime
    updated: dt.datetime
