"""Versions: does the answer rest on the rules of its day?

The day is that of the case; where the case names none, the one that the answer gives itself, for
the question may name one in words.
"""

from __future__ import annotations

import datetime as dt

from bot.answer import CheckedAnswer, CheckedClaim
from bot.language import to_simplified
from bot.writing.labels import tells_standing
from evals.case import Case
from evals.scorers.score import Score, Scorer, listed
from knowledge.card import FactRef
from knowledge.corpus import Corpus


def day_of(case: Case, answer: CheckedAnswer) -> dt.date:
    """Return the day whose rules the answer should tell."""
    return case.as_of or answer.as_of


def stated_as_current(
    claim: CheckedClaim, day: dt.date, corpus: Corpus
) -> tuple[tuple[FactRef, ...], tuple[FactRef, ...]]:
    """Return the facts that a claim states as the rule of a day: those that are, and those that are not.

    A sentence that says of a draft, an announcement, a replaced or a coming rule that it is one
    does not state it as the rule of the day.
    """
    text = to_simplified(claim.text)
    right, wrong = [], []
    for ref in claim.refs:
        if ref in corpus:
            validity = corpus.validity(corpus.instrument(ref), day)
            if validity in ("in-force", "pilot"):
                right.append(ref)
            elif not tells_standing(text, validity, day):
                wrong.append(ref)
    return tuple(right), tuple(wrong)


def stale_claims(corpus: Corpus) -> Scorer:
    """Make the scorer of the share of claims that state as current what is not in force."""

    def score(case: Case, answer: CheckedAnswer) -> Score:
        claims = [claim for claim in answer.claims if any(ref in corpus for ref in claim.refs)]
        if not claims:
            return Score.unscored("no claim rests on a fact of the corpus")
        day = day_of(case, answer)
        wrong = [refs for claim in claims if (refs := stated_as_current(claim, day, corpus)[1])]
        told = dict.fromkeys(
            f"{ref} {corpus.validity(corpus.instrument(ref), day)}"
            for refs in wrong
            for ref in refs
        )
        return Score.share(len(wrong), len(claims), f"on {day}: {listed(list(told))}")

    return score


def version_in_force(corpus: Corpus) -> Scorer:
    """Make the scorer of whether the answer rests on the version that governs on its day.

    Scored where a right answer cites an instrument that has replaced another, or was replaced. The
    listed versions that govern on the day must be cited, and no sentence may state another
    version of theirs as the rule of the day.
    """

    def score(case: Case, answer: CheckedAnswer) -> Score:
        if case.expect != "answer":
            return Score.unscored("no answer is expected")
        day = day_of(case, answer)
        listed_versions = [card for card in case.cards if len(versions(card, corpus)) > 1]
        governing = [
            card
            for card in listed_versions
            if corpus.validity(corpus.instruments[card], day) in ("in-force", "pilot")
        ]
        if not governing:
            return Score.unscored("no listed card that governs on the day has another version")
        family = {version for card in governing for version in versions(card, corpus)}
        cited = {citation.ref.card_id for citation in answer.citations}
        stale = {
            ref.card_id
            for claim in answer.claims
            for ref in stated_as_current(claim, day, corpus)[1]
            if ref.card_id in family
        }
        absent = [card for card in governing if card not in cited]
        return Score.of(
            not absent and not stale,
            f"on {day}: not cited: {listed(absent)}; stated as current: {listed(sorted(stale))}",
        )

    return score


def versions(card_id: str, corpus: Corpus) -> frozenset[str]:
    """Return an instrument with all that it replaced and all that replaced it, however remote."""
    found: set[str] = set()
    ahead = [card_id]
    while ahead:
        card = corpus.instruments.get(ahead.pop())
        if card and card.id not in found:
            found.add(card.id)
            ahead += [version.id for version in corpus.predecessors(card)]
            ahead += [card.superseded_by] if card.superseded_by else []
    return frozenset(found)
