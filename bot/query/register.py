"""The register of instruments: which one bears a number or a title."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Literal, NamedTuple

from knowledge.card import Instrument
from knowledge.corpus import Corpus
from knowledge.figures.figure import Figure, read_figures
from knowledge.glossary import TermHit

Kind = Literal["order", "announcement", "interpretation", "notice"]


class _Entry(NamedTuple):
    """One number that an instrument bears."""

    card: Instrument
    figure: Figure
    year: str
    """Of the number, else of the instrument's issue; may be empty."""
    kind: Kind | None

    @property
    def is_of_unknown_series(self) -> bool:
        """Whether it may belong to any series: "63号文", not an order."""
        return self.figure.unit is None and self.kind == "notice"


class Register:
    """Instruments by number (汇发〔2025〕43号, Order 11, Cap. 656) and by title."""

    def __init__(self, corpus: Corpus) -> None:
        """Take the corpus."""
        self._instruments = corpus.instruments

    def numbered(self, text: str, asked: Figure, hits: Iterable[TermHit]) -> tuple[str, ...]:
        """Return the ids of the instruments that bear a number.

        Where several do, those of the body and of the kind of document that are said with it.

        Args:
            text: where the number stands.
            asked: the number, as read there.
            hits: the terms of the text; bodies are told from them.
        """
        entries = self._fitting(asked)
        body, kind = _body_before(text, asked, hits), _kind_of(text, asked)
        entries = [entry for entry in entries if not body.isdisjoint(entry.card.issuers)] or entries
        entries = [entry for entry in entries if kind in (None, entry.kind)] or entries
        return tuple(entry.card.id for entry in entries)

    def may_bear(self, card_id: str, asked: Figure) -> bool:
        """Tell whether an instrument may bear a number: it does, or none of its own is known."""
        own = [entry for entries in self._entries.values() for entry in entries]
        known = any(entry.card.id == card_id for entry in own)
        return not known or any(entry.card.id == card_id for entry in self._fitting(asked))

    def titled(self, title: str) -> tuple[str, ...]:
        """Return the ids of the instruments with a Chinese title, else of those it is part of."""
        exact = [card_id for card_id, names in self._titles.items() if title in names]
        return tuple(
            exact or [card_id for card_id, names in self._titles.items() if title in names[0]]
        )

    @cached_property
    def _titles(self) -> dict[str, tuple[str, str]]:
        """Folded titles by id, as they are and without what stands in brackets."""
        folded = {
            card.id: unicodedata.normalize("NFKC", card.title.zh)
            for card in self._instruments.values()
        }
        return {card_id: (name, _BRACKETS.sub("", name)) for card_id, name in folded.items()}

    @cached_property
    def _entries(self) -> dict[str, list[_Entry]]:
        """Numbers by what is left without their year: `251` leads to 251/2025 of yinfa."""
        index: dict[str, list[_Entry]] = defaultdict(list)
        for card in self._instruments.values():
            for figure in read_figures(card.number or ""):
                if is_number(figure):
                    number, _, year = figure.value.partition("/")
                    year = year or (str(card.issued.year) if card.issued else "")
                    kind = _kind_of(card.number or "", figure)
                    index[number].append(_Entry(card, figure, year, kind))
        return index

    def _fitting(self, asked: Figure) -> list[_Entry]:
        number, _, year = asked.value.partition("/")
        return [
            entry
            for entry in self._entries.get(number, ())
            if entry.figure.kind == asked.kind
            and year in ("", entry.year)
            and (asked.unit in (None, entry.figure.unit) or entry.is_of_unknown_series)
        ]


_BRACKETS = re.compile(r"\([^()]*\)")
_CHAPTER = re.compile(r"章|\bCap", re.IGNORECASE)


def is_number(figure: Figure) -> bool:
    """Tell whether a figure may be an instrument's number: a document's, or a chapter's."""
    return figure.kind == "document" or (
        figure.kind == "article" and bool(_CHAPTER.search(figure.text))
    )


_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("order", re.compile(r"令|\b(?:Order|Decree)", re.IGNORECASE)),
    ("announcement", re.compile(r"公告|\b(?:Announcement|Bulletin)", re.IGNORECASE)),
    ("interpretation", re.compile(r"法释|\bInterpretation", re.IGNORECASE)),
    ("notice", re.compile(r"号文|通知|\b(?:Circular|Notice|Document)", re.IGNORECASE)),
)
_KIND_BEFORE = re.compile(r"(?:令|公告)\s*第?\s*$")
_KIND_AFTER = re.compile(r"令|公告|文|通知")


def _kind_of(text: str, number: Figure) -> Kind | None:
    """Tell the kind of document from the words in, right before and right after its number."""
    before = _KIND_BEFORE.search(text, 0, number.start)
    after = _KIND_AFTER.match(text, number.end)
    words = f"{before[0] if before else ''}{number.text}{after[0] if after else ''}"
    kind = next((kind for kind, pattern in _KINDS if pattern.search(words)), None)
    return "notice" if kind is None and number.unit else kind


_BETWEEN = re.compile(
    r"(?:\s|令|公告|第|的|年|\d|\[|\]|\(|\)|〔|〕|no\.?|orders?|circulars?|notices?|announcements?|decrees?|of)*",
    re.IGNORECASE,
)


def _body_before(text: str, number: Figure, hits: Iterable[TermHit]) -> frozenset[str]:
    """Return the names of the body that stands right before a number, its abbreviation among them."""
    for hit in hits:
        if hit.end <= number.start and _BETWEEN.fullmatch(text, hit.end, number.start):
            return frozenset({hit.term.en, *hit.term.abbr})
    return frozenset()
