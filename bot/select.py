"""Selection: which of the facts found an answer says, within a reader's patience."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.evidence import Evidence, FactHit
from bot.wants import is_illustration
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus

BUDGETS: dict[PassageLang, int] = {"zh": 260, "en": 180}
"""Length of an answer: Chinese characters, English words."""
MOST_FACTS = 7
PART_WEIGHT = 0.3
"""How much the words of one part count beside the whole question, when parts take turns."""
RELEVANT = 0.45
"""Share of the best hit's score below which a fact no longer answers the same question."""
STRONG = 0.35
"""Strength of an instrument from which its lesser facts may be said too."""
STRAY = 0.8
"""Share of the best hit's score from which a fact of a weaker instrument is said all the same."""
_REDUNDANT = 0.7
"""Share of common character pairs from which a fact repeats another."""


MOST_LEADS = 3
ALSO_LEADS = 0.75
"""Share of the first lead's score from which a second fact opens the answer beside it."""


class Chosen:
    """The facts an answer will say, by the part of the question that called for each."""

    def __init__(self, hits: list[FactHit], part_of: dict[str, int], corpus: Corpus) -> None:
        """Take the hits in order of choice."""
        self.hits = hits
        self._part_of = part_of
        self._corpus = corpus

    def leads(self) -> list[FactHit]:
        """Return the facts that open the answer: the weightiest of each part of the question.

        Weight is the score, leaning to the facts that cards put first and away from background,
        cases and what did not govern on the day, so that the rule comes before its refinements.
        """
        leads: dict[int, FactHit] = {}
        for hit in sorted(self.hits, key=self._weight, reverse=True):
            leads.setdefault(self._part_of[hit.ref], hit)
        ordered = [leads[part] for part in sorted(leads)][:MOST_LEADS]
        if len(ordered) == 1:
            seconds = [hit for hit in self.hits if hit.ref != ordered[0].ref]
            best = max(seconds, key=self._weight, default=None)
            if best and self._weight(best) >= ALSO_LEADS * self._weight(ordered[0]):
                ordered.append(best)
        return ordered

    def _weight(self, hit: FactHit) -> float:
        fact = self._corpus.fact(hit.ref)
        aside = fact.aspect in ("background", "risk") or is_illustration(fact.zh)
        elsewhen = hit.validity not in ("in-force", "pilot")
        return (
            hit.score
            + LEAD_FOREMOST * _foremost(hit.ref)
            - aside * LEAD_ASIDE
            - elsewhen * LEAD_ELSEWHEN
        )


LEAD_FOREMOST = 0.15
LEAD_ASIDE = 0.2
LEAD_ELSEWHEN = 0.6


def choose_facts(
    evidence: Evidence,
    corpus: Corpus,
    lang: PassageLang,
    *,
    budget: float = 1.0,
    among: Collection[FactRef] | None = None,
) -> Chosen:
    """Choose facts best first, the parts of the question taking turns.

    A fact is passed over when it repeats one already chosen, would break the budget, or only
    tells a case or an opinion beside a rule; choice ends where facts are no longer relevant
    beside the best one.

    Args:
        evidence: what retrieval found.
        corpus: where the facts stand.
        lang: language whose length counts.
        budget: share of the language's length budget that may be spent.
        among: facts that may be chosen; None = all that were found.
    """
    room = BUDGETS[lang] * budget
    hits: list[FactHit] = []
    part_of: dict[str, int] = {}
    spoken: list[set[str]] = []
    for part, hit in _in_turns(evidence, among):
        if len(hits) >= MOST_FACTS:
            break
        fact = corpus.fact(hit.ref)
        length = text_length(fact.text(lang), lang)
        pairs = _pairs(fact.zh)
        repeats = any(_alike(pairs, other) for other in spoken)
        if hits and (length > room or repeats or is_illustration(fact.zh)):
            continue
        hits.append(hit)
        part_of[hit.ref] = part
        spoken.append(pairs)
        room -= length
    return Chosen(hits, part_of, corpus)


def text_length(text: str, lang: PassageLang) -> int:
    """Count Chinese characters (punctuation included) or English words."""
    return len(text) if lang == "zh" else len(text.split())


def _in_turns(
    evidence: Evidence, among: Collection[FactRef] | None
) -> Iterator[tuple[int, FactHit]]:
    """Yield relevant hits with the part that calls for them, each hit once."""
    if not evidence.hits:
        return
    parts = range(len(evidence.hits[0].part_scores))
    floor = RELEVANT * evidence.hits[0].score
    relevant = [
        hit
        for hit in evidence.hits
        if hit.score >= (floor if hit.strength >= STRONG else STRAY * evidence.hits[0].score)
        and (among is None or hit.ref in among)
    ]
    if not parts:
        yield from ((0, hit) for hit in relevant)
        return
    queues = [_queue(relevant, part) for part in parts]
    seen: set[str] = set()
    while any(queues):
        for part, queue in enumerate(queues):
            while queue and queue[0].ref in seen:
                queue.pop(0)
            if queue:
                hit = queue.pop(0)
                seen.add(hit.ref)
                yield part, hit


def _queue(hits: list[FactHit], part: int) -> list[FactHit]:
    return sorted(hits, key=lambda hit: -_part_score(hit, part))


def _part_score(hit: FactHit, part: int) -> float:
    return (1 - PART_WEIGHT) * hit.score + PART_WEIGHT * hit.part_scores[part]


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _alike(one: set[str], other: set[str]) -> bool:
    return len(one & other) > _REDUNDANT * min(len(one), len(other))


def _foremost(ref: FactRef) -> float:
    """Return 1 for the first fact of a card and less for each that follows: the core comes first."""
    return 1 / (1 + 0.3 * (ref.fact_id - 1))
