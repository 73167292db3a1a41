"""What stands beside a fact: the official article it rests on, and a doubt that a change raised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

from knowledge.card import Bilingual, FactRef, Frozen


class OfficialArticle(Frozen):
    """The article of the official text in which a fact stands."""

    text: str
    article: str | None
    """第十二条; None for a passage without a number."""
    page: int | None
    """First page, where the text has pages."""
    ref: FactRef
    """Of its first passage: opens the document there."""
    refs: tuple[FactRef, ...]
    fetched: dt.date
    """Day on which the text was fetched."""
    changed: dt.date | None
    """Day on which the article was last found to read otherwise."""


class Beside(Frozen):
    """What stands beside a fact."""

    article: OfficialArticle | None
    under_review: Bilingual | None
    """Why the fact is under review, and since when; None where it is not."""


class BesideFacts(Protocol):
    """Tells what stands beside facts."""

    def read(self) -> Mapping[FactRef, Beside]:
        """Return what stands beside facts, as of now; facts with nothing are left out."""

    def close(self) -> None:
        """Release what is open; closing twice does nothing."""
