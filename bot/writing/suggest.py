"""Suggestions: what a reader may ask next, drawn from the neighbours of the facts an answer cites."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import cast

from bot.language import in_script, passage_lang, search_form
from bot.question import Filters, Question
from bot.retrieval.evidence import passes
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.search.exemplars import Exemplars

MOST = 3
"""Suggestions beside an answer; more would be a menu."""
LEADING = 5
"""Facts of an answer, the leading ones first, whose neighbours are looked at."""
NEIGHBOURS = 12
"""Neighbours looked at for each of them."""
FOUND = 24
"""Facts that bear on the question, best first, that are looked at besides."""
SAME = 0.85
"""Kinship from which two facts say much the same: asking for the other would bring the first back."""
NEAR = 0.55
"""Kinship below which a fact is no neighbour."""
WORDED = 10
"""Facts whose questions share most words with what was asked: such a fact is of its subject."""
BEARS = 0.15
"""What is added where the fact bears on the question itself."""
APART = 0.78
"""Kinship from which two suggestions are too much alike to stand side by side."""
ALIKE = 0.5
"""Share of letter pairs in common from which two questions read as one."""
_LENGTH: Mapping[PassageLang, tuple[int, int]] = {"zh": (8, 30), "en": (20, 95)}
"""Shortest and longest question shown, in characters: one or two lines of a phone."""
_CLEAN: Mapping[PassageLang, re.Pattern[str]] = {
    # One plain sentence: no case of one asker's own, nothing cut short.
    "zh": re.compile(
        r"(?!.*(?:我们|我司|咱|听说|老板|啥|咋|几多|睇|嘅|冇|唔|点计|[，,].*[，,]))[^？?。；;]+[？?]"
    ),
    "en": re.compile(
        r"(?!.*\b(?:[Ww]e|[Oo]ur|us|[Mm]y|I)\b)(?:Wh|How|Can|Could|Do|Does|Did|Is|Are|Was|May|Must"
        r"|Will|Should|Has|Have)[^?.;:]+\?"
    ),
}
_FIRST = 2
"""Example questions of a fact that are looked at: the first ones are worded in full."""


class Suggester:
    """Finds what to ask next; safe to call from many threads."""

    def __init__(self, corpus: Corpus, asked: Exemplars) -> None:
        """Take the corpus and the facts' example questions as they are compared."""
        self._corpus = corpus
        self._asked = asked

    def after(
        self, question: Question, said: Sequence[FactRef], found: Sequence[FactRef]
    ) -> tuple[str, ...]:
        """Return questions that the facts next to those said answer.

        Args:
            question: what was asked; neither it nor an earlier question comes back.
            said: facts of the answer, the leading ones first.
            found: facts that bear on the question.
        """
        leads = said[:LEADING]
        near = {
            cast(FactRef, label)
            for lead in leads
            for label, _ in self._asked.near({lead: 1.0}, NEIGHBOURS)
        }
        worth: dict[FactRef, float] = {}
        for ref in near.union(found[:FOUND]):
            # By the nearest lead alone: the middle of several facts is near to facts of no subject.
            kinship = max((self._asked.kinship(ref, lead) for lead in leads), default=0.0)
            if kinship >= NEAR:
                worth[ref] = kinship + (BEARS if ref in found else 0.0)
        bound = self._family(leads)
        worded = self._worded_alike(question)
        worth = {ref: w for ref, w in worth.items() if ref.card_id in bound or ref in worded}
        return self._choose(question, sorted(worth, key=lambda ref: (-worth[ref], ref)), said)

    def instead(self, question: Question, found: Sequence[FactRef]) -> tuple[str, ...]:
        """Return questions that the facts nearest to an unanswered one do answer, best first."""
        worded = self._worded_alike(question)
        return self._choose(question, [ref for ref in found if ref in worded], ())

    def _family(self, refs: Iterable[FactRef]) -> frozenset[str]:
        """Return the instruments of facts, with those that they replaced or that replaced them.

        Kinship alone is no tie: in vectors, one rule on filing within so many days is as near to
        another of another field as to what a reader of the first would ask next.
        """
        cards = {ref.card_id for ref in refs}
        for name in tuple(cards):
            card = self._corpus.instrument(name)
            cards.update(old.id for old in self._corpus.predecessors(card))
            if card.superseded_by:
                cards.add(card.superseded_by)
        return frozenset(cards)

    def _worded_alike(self, question: Question) -> frozenset[str]:
        """Return the facts whose example questions share most words with the question."""
        text, spoken = search_form(question.text), passage_lang(question.lang)
        return frozenset(self._asked.nearest_in_words(text, spoken, WORDED))

    def _choose(
        self, question: Question, candidates: Sequence[FactRef], said: Sequence[FactRef]
    ) -> tuple[str, ...]:
        heard = [question.text, *(turn.content for turn in question.history if turn.role == "user")]
        texts = [search_form(text) for text in heard]
        chosen: dict[FactRef, str] = {}
        for ref in self._standing(candidates, question.filters, question.as_of, frozenset(said)):
            if self._nears(ref, said, SAME) or self._nears(ref, chosen, APART):
                continue
            if text := self._worded(ref, passage_lang(question.lang), texts):
                texts.append(text)
                chosen[ref] = text
            if len(chosen) == MOST:
                break
        return tuple(in_script(text, question.lang) for text in chosen.values())

    def _nears(self, ref: FactRef, others: Iterable[FactRef], kinship: float) -> bool:
        return any(self._asked.kinship(ref, other) >= kinship for other in others)

    def _standing(
        self,
        refs: Sequence[FactRef],
        filters: Filters,
        day: dt.date,
        said: Collection[FactRef],
    ) -> Iterator[FactRef]:
        """Leave out what was said, what lies outside the filters, and rules that no longer hold."""
        for ref in refs:
            card = self._corpus.instrument(ref)
            over = self._corpus.validity(card, day) in ("superseded", "repealed")
            if ref not in said and not over and passes(card, filters):
                yield ref

    def _worded(self, ref: FactRef, spoken: PassageLang, heard: Sequence[str]) -> str | None:
        """Return the fact's first clean question that was not heard before."""
        asks = self._corpus.asks.get(ref)
        least, most = _LENGTH[spoken]
        for text in asks.texts(spoken)[:_FIRST] if asks else ():
            fits = least <= len(text) <= most and _CLEAN[spoken].fullmatch(text)
            if fits and not any(_alike(text, one) for one in heard):
                return text
        return None


def _alike(one: str, other: str) -> bool:
    first, second = _pairs(one), _pairs(other)
    return len(first & second) >= ALIKE * max(1, min(len(first), len(second)))


def _pairs(text: str) -> frozenset[str]:
    plain = re.sub(r"\W+", "", text.casefold())
    return frozenset(plain[at : at + 2] for at in range(len(plain) - 1))
