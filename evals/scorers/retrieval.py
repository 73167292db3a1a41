"""Retrieval: where the cards of a right answer stand in the evidence, whatever the answer says.

Evidence is a list of facts; a card's rank is that of its first fact among the distinct cards.
Scored on cases that expect an answer and name cards, each card equally relevant. An answer that
shows no evidence, as that of a foreign endpoint, has found nothing that could be ranked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers import ranking
from evals.scorers.score import Score, listed

CUT = 10
"""Ranks that count."""
FIRST = 5
"""Ranks that a reader looks through."""


def ranked_cards(answer: CheckedAnswer) -> tuple[str, ...]:
    """Return the distinct cards of the evidence, best first."""
    return tuple(dict.fromkeys(ref.card_id for ref in answer.evidence))


def card_ranks(case: Case, answer: CheckedAnswer) -> dict[str, int | None]:
    """Return the rank of each card of the case, from 1; None where the evidence lacks it."""
    place = {card: rank for rank, card in enumerate(ranked_cards(answer), start=1)}
    return {card: place.get(card) for card in case.cards}


def recall_at_10(case: Case, answer: CheckedAnswer, planned: frozenset[str] = frozenset()) -> Score:
    """Share of the case's cards among the first ten cards, or among those of the right plan."""
    return _recall(case, answer, planned, CUT)


def recall_at_5(case: Case, answer: CheckedAnswer, planned: frozenset[str] = frozenset()) -> Score:
    """Share of the case's cards among the first five cards, or among those of the right plan."""
    return _recall(case, answer, planned, FIRST)


def reciprocal_rank(case: Case, answer: CheckedAnswer) -> Score:
    """One over the rank of the first card of the case."""
    return _scored(case, answer, ranking.reciprocal_rank)


def ndcg_at_10(case: Case, answer: CheckedAnswer) -> Score:
    """Discounted gain of the first ten cards over that of the best order."""
    return _scored(case, answer, lambda found, wanted: ranking.ndcg(found, wanted, CUT))


def average_precision(case: Case, answer: CheckedAnswer) -> Score:
    """Mean over the case's cards of the precision at their ranks."""
    return _scored(case, answer, ranking.average_precision)


def _recall(case: Case, answer: CheckedAnswer, planned: frozenset[str], cut: int) -> Score:
    score = _scored(case, answer, lambda found, wanted: ranking.recall(found, wanted, cut))
    in_plan = sorted(planned & set(case.cards))
    if score.value is None or not in_plan:
        return score
    first = {*ranked_cards(answer)[:cut], *planned}
    return Score(
        value=len(first & set(case.cards)) / len(case.cards),
        explanation=f"{score.explanation}; in the plan: {listed(in_plan)}",
    )


def _scored(
    case: Case,
    answer: CheckedAnswer,
    measure: Callable[[Sequence[str], Collection[str]], float],
) -> Score:
    if not case.cards or case.expect != "answer":
        return Score.unscored("the case names no cards, or expects no answer")
    ranks = card_ranks(case, answer)
    told = listed([f"{card} {rank or 'absent'}" for card, rank in ranks.items()])
    return Score(
        value=measure(ranked_cards(answer), frozenset(case.cards)), explanation=f"ranks: {told}"
    )
