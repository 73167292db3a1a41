"""Instruments of a few facts, for tests that need no more of a card."""

from __future__ import annotations

import datetime as dt
from typing import Any

from knowledge.card import Bilingual, Fact, Instrument, Source
from knowledge.corpus import Corpus, CorpusVersion

TODAY = dt.date(2026, 11, 22)


def small_fact(number: int, zh: str, en: str, aspect: str = "permission") -> Fact:
    return Fact.model_validate({"id": number, "aspect": aspect, "zh": zh, "en": en, "source": "s1"})


def small_card(card_id: str, *facts: Fact, **fields: Any) -> Instrument:
    """Build a notice of SAFE in force; `fields` say what is to differ."""
    whole: dict[str, Any] = {
        "id": card_id,
        "title": Bilingual(zh=card_id, en=card_id),
        "number": None,
        "issuers": ("SAFE",),
        "jurisdiction": "mainland",
        "kind": "notice",
        "topics": ("financing",),
        "issued": None,
        "effective": None,
        "status": "in-force",
        "superseded_by": None,
        "summary": Bilingual(zh="摘", en="S"),
        "sources": (
            Source(
                id="s1",
                publisher="P",
                title="T",
                url="https://example.org",
                official=True,
                quality="official",
            ),
        ),
        "facts": facts,
    }
    return Instrument.model_validate({**whole, **fields})


def corpus_of(*cards: Instrument) -> Corpus:
    version = CorpusVersion(
        digest="0" * 12,
        instruments=len(cards),
        facts=sum(len(card.facts) for card in cards),
        routes=0,
        as_of=TODAY,
    )
    return Corpus({card.id: card for card in cards}, {}, {}, version)
