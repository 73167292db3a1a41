"""Selection: which of the facts found an answer says, within a reader's patience."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from bot.query.wants import is_aside, is_illustration
from bot.retrieval.evidence import Evidence, FactHit
from knowledge.card import FactRef
from knowledge.corpus import Corpus

BUDGET = 520
"""Length of an answer in Chinese characters; English has as many words as those facts have. With
380 characters and 7 facts at most, 0.915 of the expected instruments were cited and 0.83 of what
route questions ask was told, on the development cases; with 520 and 9 it is 0.926 and 0.86."""
MOST_FACTS = 9
PART_WEIGHT = 0.5
"""How much the words of one part count beside the whole question, when parts take turns."""
FIRST_WEIGHT = 0.7
"""The same for the first fact of each part."""
COMPARED = 0.4
"""Share of the best hit's score from which another instrument is the other side of a comparison."""
RELEVANT = 0.2
"""Share of the best hit's score below which a fact no longer answers the same question."""
FITTING = 0.5
"""Fit of an instrument, from which it is cited beside those that open the answer."""
FITTING_FIRST = 0.4
"""Fit of an instrument, from which it may open a part: a part's own words, short as they are, find
stray facts of rules that have nothing to do with the rest of the question."""
KINSHIP = 0.7
"""Weight of kinship with what fits best, beside the question's own ranking, in the choice of the
further facts. Kinship is the same in every language, the ranking is not: at 0.4 / 0.7 / 1.0 the share
of questions answered from the same facts in all languages was 0.60 / 0.75 / 0.75, and nugget recall
0.895 / 0.897 / 0.852 (what a question asks besides its first point is lost)."""
SAME_INSTRUMENT = 0.15
"""What is added for a fact of the instruments that speak already: one rule told whole reads better
than pieces of several."""
FURTHER = 0.65
"""Weight from which a further fact is said."""
AMPLE = 6
"""Facts of a part up to which `AMPLE_FROM` is weight enough for an instrument that speaks already:
where the cut falls among the few facts of a short answer depends on the wording, and so on the
language. Another instrument joins from `FURTHER` on."""
AMPLE_FROM = 0.5
ANCHORS = 3
"""Facts, best first, to which kinship is measured: one alone may be a miss."""
ANCHOR_SPAN = 0.1
"""Share of the best score by which an anchor must fall behind to count e times less."""
_REDUNDANT = 0.7
"""Share of common character pairs from which a fact repeats another."""


MOST_LEADS = 3
ALSO_LEADS = 0.75
"""Share of the first lead's score from which a second fact opens the answer beside it."""


Kin = Callable[[FactRef, FactRef], float]
"""How near two facts are to each other, in [0, 1]."""

CAUTION_AMONG = 30
"""Facts, best first, among which a caution about what leads an answer is looked for."""


def caution_for(leads: Sequence[FactHit], evidence: Evidence, corpus: Corpus) -> FactHit | None:
    """Return the warning nearest to the question on an instrument that opens the answer.

    Cards keep as `risk` what a reader must know before relying on the rest: sources that differ,
    practice that differs from place to place, what is still to be confirmed.
    """
    cards = {hit.ref.card_id for hit in leads}
    return next(
        (
            hit
            for hit in evidence.hits[:CAUTION_AMONG]
            if hit.ref.card_id in cards
            and corpus.fact(hit.ref).aspect == "risk"
            and not is_illustration(corpus.fact(hit.ref).zh)
        ),
        None,
    )


class Chosen:
    """The facts an answer will say, by the part of the question that called for each."""

    def __init__(self, hits: list[FactHit], part_of: dict[str, int], corpus: Corpus) -> None:
        """Take the hits in order of choice."""
        self.hits = hits
        self._part_of = part_of
        self._corpus = corpus

    def part(self, hit: FactHit) -> int:
        """Return the number of the part that called for a chosen fact."""
        return self._part_of[hit.ref]

    def leads(self, parts: Collection[int] | None = None) -> list[FactHit]:
        """Return the facts that open the answer: the weightiest of each part of the question.

        Weight is the score, leaning to the facts that cards put first and away from background,
        cases and what did not govern on the day, so that the rule comes before its refinements.

        Args:
            parts: those that facts are to open the answer to; None = all.
        """
        hits = [hit for hit in self.hits if parts is None or self._part_of[hit.ref] in parts]
        leads: dict[int, FactHit] = {}
        for hit in sorted(hits, key=self._weight, reverse=True):
            leads.setdefault(self._part_of[hit.ref], hit)
        ordered = [leads[part] for part in sorted(leads)][:MOST_LEADS]
        if len(ordered) == 1:
            seconds = [hit for hit in hits if hit.ref != ordered[0].ref]
            best = max(seconds, key=self._weight, default=None)
            if best and self._weight(best) >= ALSO_LEADS * self._weight(ordered[0]):
                ordered.append(best)
        return ordered

    def _weight(self, hit: FactHit) -> float:
        fact = self._corpus.fact(hit.ref)
        elsewhen = hit.validity not in ("in-force", "pilot")
        return (
            hit.score
            + LEAD_FOREMOST * _foremost(hit.ref)
            + LEAD_GIVES * hit.gives
            - is_aside(fact) * LEAD_ASIDE
            - elsewhen * LEAD_ELSEWHEN
        )


LEAD_FOREMOST = 0.15
LEAD_GIVES = 0.2
LEAD_ASIDE = 0.2
LEAD_ELSEWHEN = 0.6


def choose_facts(
    evidence: Evidence,
    corpus: Corpus,
    kin: Kin,
    *,
    budget: float = 1.0,
    compares: bool = False,
    among: Collection[FactRef] | None = None,
) -> Chosen:
    """Choose the facts that an answer says.

    The best fact of every part of the question comes first; the others follow by the question's
    ranking and by their kinship with those. A fact is passed over when it repeats one already
    chosen, would break the budget, or only tells a case or an opinion beside a rule; choice ends
    where facts are no longer relevant beside the best one.

    Args:
        evidence: what retrieval found.
        corpus: where the facts stand.
        kin: how near two facts are to each other, in [0, 1].
        budget: share of the length budget that may be spent.
        compares: whether the question holds two things side by side: two instruments must speak.
        among: facts that may be chosen; None = all that were found.
    """
    relevant = _relevant(evidence, among)
    firsts = _firsts(relevant, compares=compares) if relevant else {}
    room = BUDGET * budget
    hits: list[FactHit] = []
    part_of: dict[str, int] = {}
    spoken: list[str] = []
    for part, hit in _in_turns(relevant, firsts, kin):
        if len(hits) >= MOST_FACTS:
            break
        fact = corpus.fact(hit.ref)
        repeats = any(overlap(fact.zh, other) > _REDUNDANT for other in spoken)
        aside = is_illustration(fact.zh) and hit.ref not in firsts
        if hits and (len(fact.zh) > room or repeats or aside):
            continue
        hits.append(hit)
        part_of[hit.ref] = part
        spoken.append(fact.zh)
        room -= len(fact.zh)
    return Chosen(hits, part_of, corpus)


def _relevant(evidence: Evidence, among: Collection[FactRef] | None) -> list[FactHit]:
    """Return the hits that may be said, best first."""
    floor = RELEVANT * evidence.hits[0].score if evidence.hits else 0.0
    return [
        hit for hit in evidence.hits if hit.score >= floor and (among is None or hit.ref in among)
    ]


def _firsts(relevant: list[FactHit], *, compares: bool) -> dict[FactRef, int]:
    """Return the best fact of every part of the question, with its part."""
    firsts: dict[FactRef, int] = {}
    fits = _fits(relevant)
    least = min(FITTING_FIRST, fits[relevant[0].ref.card_id])
    fitting = [hit for hit in relevant if fits[hit.ref.card_id] >= least]
    for part in range(max(1, len(relevant[0].part_scores))):
        queue = sorted(fitting, key=lambda hit: -_part_score(hit, part, FIRST_WEIGHT))
        best = next((hit.ref for hit in queue if hit.ref not in firsts), None)
        if best:
            firsts[best] = part
    cards = {ref.card_id for ref in firsts}
    if compares and len(cards) == 1:
        other = next((hit for hit in relevant if hit.ref.card_id not in cards), None)
        if other and other.score >= COMPARED * relevant[0].score:
            firsts[other.ref] = len(firsts)
    return firsts


def _in_turns(
    relevant: list[FactHit], firsts: Mapping[FactRef, int], kin: Kin
) -> Iterator[tuple[int, FactHit]]:
    """Yield hits with the part that calls for them, each hit once: first the best of each part."""
    if not relevant:
        return
    by_ref = {hit.ref: hit for hit in relevant}
    for ref, part in firsts.items():
        yield part, by_ref[ref]
    opening = {ref.card_id for ref in firsts}
    fitting = opening.union(card for card, fit in _fits(relevant).items() if fit >= FITTING)
    rest = [hit for hit in relevant if hit.ref not in firsts and hit.ref.card_id in fitting]
    queues = [_further(relevant, rest, part, kin, opening) for part in firsts.values()]
    seen: set[FactRef] = set()
    while any(queues):
        for part, queue in zip(firsts.values(), queues, strict=True):
            while queue and queue[0].ref in seen:
                queue.pop(0)
            if queue:
                hit = queue.pop(0)
                seen.add(hit.ref)
                yield part, hit


def _fits(relevant: list[FactHit]) -> dict[str, float]:
    """Tell how well each instrument fits the question throughout, in [0, 1].

    It is the mean of the instrument's strength and its best fact's share of the best score.
    """
    top = relevant[0].score or 1.0
    best: dict[str, FactHit] = {}
    for hit in relevant:
        best.setdefault(hit.ref.card_id, hit)
    return {card: (hit.strength + hit.score / top) / 2 for card, hit in best.items()}


def _further(
    relevant: list[FactHit],
    rest: list[FactHit],
    part: int,
    kin: Kin,
    opening: Collection[str],
) -> list[FactHit]:
    """Order what more is worth saying on a part: by the ranking and by kinship with the best."""
    scores = {hit.ref: _part_score(hit, part, PART_WEIGHT) for hit in relevant}
    top = max(scores.values()) or 1.0
    anchors = sorted(scores, key=lambda ref: -scores[ref])[:ANCHORS]
    shares = {ref: math.exp((scores[ref] / top - 1) / ANCHOR_SPAN) for ref in anchors}
    total = sum(shares.values())
    speaking = {ref.card_id for ref in anchors}.union(opening)

    def weight(hit: FactHit) -> float:
        nearness = sum(share * kin(hit.ref, ref) for ref, share in shares.items()) / total
        # Weighed, not all or nothing: which of two near instruments comes first may be chance.
        same = sum(share for ref, share in shares.items() if ref.card_id == hit.ref.card_id) / total
        return (1 - KINSHIP) * scores[hit.ref] / top + KINSHIP * nearness + SAME_INSTRUMENT * same

    weighed = {hit.ref: weight(hit) for hit in rest}
    ordered = sorted(rest, key=lambda hit: -weighed[hit.ref])
    return [
        hit
        for at, hit in enumerate(ordered, start=2)
        if weighed[hit.ref]
        >= (AMPLE_FROM if at <= AMPLE and hit.ref.card_id in speaking else FURTHER)
    ]


def _part_score(hit: FactHit, part: int, share: float) -> float:
    if part >= len(hit.part_scores):
        return hit.score
    return (1 - share) * hit.score + share * hit.part_scores[part]


def overlap(one: str, other: str) -> float:
    """Return the share of the shorter text's character pairs that the other has too, in [0, 1]."""
    mine, theirs = _pairs(one), _pairs(other)
    return len(mine & theirs) / max(1, min(len(mine), len(theirs)))


@lru_cache(maxsize=256)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def _foremost(ref: FactRef) -> float:
    """Return 1 for the first fact of a card and less for each that follows: the core comes first."""
    return 1 / (1 + 0.3 * (ref.fact_id - 1))
