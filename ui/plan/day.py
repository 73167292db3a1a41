"""A plan looked at for another day: which of its steps rest on rules that did not hold on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from bot.language import Lang, localise
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from ui.strings import string


def not_held(refs: Iterable[FactRef], corpus: Corpus, day: dt.date, lang: Lang) -> str | None:
    """Say why a step is none of a day's: none of its rules was in force on it.

    Args:
        refs: the facts that the step rests on.
        corpus: tells since when, and until when, an instrument counts.
        day: the day.
        lang: language of the reader.

    Returns:
        A sentence that names each rule and its day; None where some rule held, or where the step
        rests on no fact. A rule whose card tells no start counts as held.
    """
    cards = {ref.card_id: corpus.instrument(ref) for ref in refs if ref in corpus}
    reasons = []
    for card in cards.values():
        validity, title = corpus.validity(card, day), localise(card.title, lang)
        if validity == "not-yet":
            reasons.append(string("plan.day.not-yet", lang, title=title, date=card.starts))
        elif validity == "superseded" and (end := corpus.ends(card)):
            reasons.append(string("plan.day.replaced", lang, title=title, date=end))
        elif validity in ("superseded", "repealed"):
            reasons.append(string("plan.day.ended", lang, title=title))
        else:
            return None
    if not reasons:
        return None
    told = ("; " if lang == "en" else "；").join(reasons)
    return string("plan.day.none", lang, date=day, rules=told)
