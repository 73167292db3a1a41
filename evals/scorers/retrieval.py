"""Retrieval: where the cards of a right answer stand in the evidence, whatever the answer says.

Evidence is a list of facts; a card's rank is that of its first fact among the distinct cards.
Scored on cases that expect an answer and name cards, each card equally relevant.
"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score, listed

CUT = 10
"""Ranks that count."""


def ranked_cards(answer: CheckedAnswer) -> tuple[str, ...]:
    """Return the distinct cards of the evidence, best first."""
    return tuple(dict.fromkeys(ref.card_id for ref in answer.evidence))


def card_ranks(case: Case, answer: CheckedAnswer) -> dict[str, int | None]:
    """Return the rank of each card of the case, from 1; None where the evidence lacks it."""
    place = {card: rank for rank, card in enumerate(ranked_cards(answer), start=1)}
    return {card: place.get(card) for card in case.cards}


def recall_at_10(case: Case, answer: CheckedAnswer, planned: frozenset[str] = frozenset()) -> Score:
    """Share of the case's cards among the first ten cards, or among those of the right plan."""
    found = _trec("recall", case, answer)
    if found.value is None or not planned & set(case.cards):
        return found
    first = {*ranked_cards(answer)[:CUT], *planned}
    return Score(
        value=len(first & set(case.cards)) / len(case.cards),
        explanation=f"{found.explanation}; in the plan: {listed(sorted(planned & set(case.cards)))}",
    )


def ndcg_at_10(case: Case, answer: CheckedAnswer) -> Score:
    """Discounted gain of the first ten cards over that of the best order, as trec_eval has it."""
    return _trec("ndcg_cut", case, answer)


def _trec(measure: str, case: Case, answer: CheckedAnswer) -> Score:
    if not case.cards or case.expect != "answer":
        return Score.unscored("the case names no cards, or expects no answer")
    ranks = card_ranks(case, answer)
    told = listed([f"{card} {rank or 'absent'}" for card, rank in ranks.items()])
    cards = ranked_cards(answer)
    if not cards:
        return Score(value=0.0, explanation=f"ranks: {told}")
    import pytrec_eval  # 0.4 s to import, and only a run needs it

    evaluator = pytrec_eval.RelevanceEvaluator(
        {"case": dict.fromkeys(case.cards, 1)}, {f"{measure}.{CUT}"}
    )
    found = evaluator.evaluate({"case": {card: float(-rank) for rank, card in enumerate(cards)}})
    return Score(value=float(found["case"][f"{measure}_{CUT}"]), explanation=f"ranks: {told}")
