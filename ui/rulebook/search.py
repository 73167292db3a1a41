"""The instruments that answer the words of the search box, and how well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.advisor import Advisor
from bot.language import detect_lang, passage_lang
from bot.question import read_question
from bot.retrieval.evidence import Evidence
from bot.retrieval.place import FAR
from knowledge.card import FactRef
from ui.rulebook.catalogue import Match
from ui.rulebook.names import Names, fold, fold_words

NEAR_SHARE = 0.4
"""Share of the best score from which an instrument without the words still counts as found."""


class Search:
    """The product's retrieval, with whole instruments as results."""

    def __init__(self, advisor: Advisor, names: Names) -> None:
        """Take the opened advisor, and the words of its instruments."""
        self._advisor = advisor
        self._names = names

    def find(self, text: str, day: dt.date | None) -> dict[str, Match] | None:
        """Find instruments: those that are named first, then words, then sense.

        Args:
            text: number, title, popular name or words, in any script.
            day: on which the rules are looked at; None = today.

        Returns:
            Matches by instrument id; None when the text holds no word.
        """
        words = fold_words(text)
        if not words:
            return None
        evidence = self._advisor.evidence(read_question(text, as_of=day))
        scores, facts = _best_facts(evidence)
        named = {*self._advisor.instruments_named_in(text), *self._names.titled(fold(text))}
        # Who names an instrument wants it and what speaks of it, nothing merely like it.
        near = frozenset() if named else _near(text, evidence, scores)
        found: dict[str, Match] = {}
        for card_id in self._advisor.corpus.instruments:
            score, fact = scores.get(card_id, 0.0), facts.get(card_id)
            if card_id in named:
                found[card_id] = Match(0, score, None)
            elif self._names.in_head(card_id, words):
                found[card_id] = Match(1, score, None)
            elif said := self._names.fact_with(card_id, words):
                found[card_id] = Match(2, score, FactRef.of(card_id, said))
            elif self._names.in_names(card_id, words):
                found[card_id] = Match(2, score, None)
            elif card_id in near:
                found[card_id] = Match(3, score, fact)
        return found


def _best_facts(evidence: Evidence) -> tuple[Mapping[str, float], Mapping[str, FactRef]]:
    """Return score and fact of each instrument's best fact."""
    scores: dict[str, float] = {}
    facts: dict[str, FactRef] = {}
    for hit in evidence.hits:
        scores.setdefault(hit.ref.card_id, hit.score)
        facts.setdefault(hit.ref.card_id, hit.ref)
    return scores, facts


def _near(text: str, evidence: Evidence, scores: Mapping[str, float]) -> frozenset[str]:
    """Return the instruments near in sense: none where the text is of another field."""
    if evidence.nearness < FAR[passage_lang(detect_lang(text))]:
        return frozenset()
    least = NEAR_SHARE * max(scores.values(), default=0.0)
    return frozenset(card_id for card_id, score in scores.items() if score >= least)
