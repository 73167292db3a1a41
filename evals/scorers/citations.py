"""Citations: does the answer rest on the instruments that a right answer would cite?

Scored on cases that expect an answer: a refusal need cite nothing. A card outside the case's
list counts as noise although it may plainly support the point as well, so precision is a lower
bound.
"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score, listed


def cited_cards(answer: CheckedAnswer) -> tuple[str, ...]:
    """Return the instruments that the answer cites, in order of first citation."""
    return tuple(dict.fromkeys(citation.ref.card_id for citation in answer.citations))


def card_precision(
    case: Case, answer: CheckedAnswer, planned: frozenset[str] = frozenset()
) -> Score:
    """Share of the cited cards that the case lists, or on which the right plan stands."""
    cited = cited_cards(answer)
    if not _applies(case):
        return Score.unscored(_WHY_NOT)
    if not cited:
        return Score.unscored("the answer cites nothing")
    noise = tuple(card for card in cited if card not in (*case.cards, *planned))
    return Score.share(len(cited) - len(noise), len(cited), f"others cited: {listed(noise)}")


def card_recall(case: Case, answer: CheckedAnswer) -> Score:
    """Share of the case's cards that are cited."""
    if not _applies(case):
        return Score.unscored(_WHY_NOT)
    cited = cited_cards(answer)
    missing = tuple(card for card in case.cards if card not in cited)
    return Score.share(
        len(case.cards) - len(missing), len(case.cards), f"not cited: {listed(missing)}"
    )


def card_hit(case: Case, answer: CheckedAnswer) -> Score:
    """Whether any of the case's cards is cited."""
    if not _applies(case):
        return Score.unscored(_WHY_NOT)
    hits = tuple(card for card in cited_cards(answer) if card in case.cards)
    return Score.of(bool(hits), f"cited: {listed(hits)}")


_WHY_NOT = "the case names no cards, or expects no answer"


def _applies(case: Case) -> bool:
    return bool(case.cards) and case.expect == "answer"
