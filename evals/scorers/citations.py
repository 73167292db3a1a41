"""Citations: does the answer rest on what a right one would, and each sentence on what it cites?

By card, against the case's list, on cases that expect an answer: a refusal need cite nothing. A
card outside the list counts as noise although it may plainly support the point as well, so
precision is a lower bound. By fact, as in ALCE (Gao and others 2023), against the facts themselves:
no list is needed, so every answer that makes a claim is scored.
"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.bearing import bearing_of, figures_of
from evals.scorers.score import Score, Scorer, listed
from knowledge.corpus import Corpus


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


def citation_recall(corpus: Corpus) -> Scorer:
    """Make the scorer of the share of claims that the facts they cite bear out."""

    def score(case: Case, answer: CheckedAnswer) -> Score:
        if not answer.claims:
            return Score.unscored(_NO_CLAIM)
        bearing = bearing_of(corpus)
        borne = [claim for claim in answer.claims if bearing.supports(claim, answer)]
        faulty = [claim.text for claim in answer.claims if claim not in borne]
        return Score.share(
            len(answer.claims) - len(faulty), len(answer.claims), f"not borne out: {_told(faulty)}"
        )

    return score


def citation_precision(corpus: Corpus) -> Scorer:
    """Make the scorer of the share of citations that do some of the bearing.

    A citation does none where its claim is not borne out, or where it cannot bear the claim out
    alone and the claim's other citations can without it.
    """

    def score(case: Case, answer: CheckedAnswer) -> Score:
        cited = [(claim, ref) for claim in answer.claims for ref in claim.refs]
        if not cited:
            return Score.unscored("the answer cites nothing")
        bearing = bearing_of(corpus)
        idle = [
            f"{ref} ({claim.text})"
            for claim, ref in cited
            if not (bearing.supports(claim, answer) and bearing.needs(claim, ref))
        ]
        return Score.share(len(cited) - len(idle), len(cited), f"bear nothing: {_told(idle)}")

    return score


def claim_support(corpus: Corpus) -> Scorer:
    """Make the scorer of the share of claims that some fact at hand bears out.

    At hand are the facts cited with the claim, or any one that the answer cites elsewhere or
    found: a claim that is true of another source than the one it names is supported here, and
    not in `citation_recall`.
    """

    def score(case: Case, answer: CheckedAnswer) -> Score:
        if not answer.claims:
            return Score.unscored(_NO_CLAIM)
        bearing = bearing_of(corpus)
        faulty = [
            claim.text
            for claim in answer.claims
            if not (bearing.supports(claim, answer) or bearing.found_elsewhere(claim, answer))
        ]
        return Score.share(
            len(answer.claims) - len(faulty), len(answer.claims), f"claims: {_told(faulty)}"
        )

    return score


def figure_fidelity(corpus: Corpus) -> Scorer:
    """Make the scorer of the share of figures that stand in the facts cited with their sentence.

    Value and unit must agree; dates and document numbers are figures too.
    """

    def score(case: Case, answer: CheckedAnswer) -> Score:
        said = sum(len(figures_of(claim)) for claim in answer.claims)
        if not said:
            return Score.unscored("the answer has no figure")
        bearing = bearing_of(corpus)
        missing = [f for claim in answer.claims for f in bearing.missing_figures(claim, answer)]
        right = max(said - len(missing), 0)
        return Score.share(right, said, f"figures not in their sources: {listed(missing)}")

    return score


_NO_CLAIM = "the answer makes no claim"
_WHY_NOT = "the case names no cards, or expects no answer"


def _applies(case: Case) -> bool:
    return bool(case.cards) and case.expect == "answer"


def _told(texts: list[str]) -> str:
    return " | ".join(texts) or "-"
