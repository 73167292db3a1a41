"""Claims: does every sentence rest on facts, and do the facts bear it?"""

from __future__ import annotations

from bot.answer import CheckedAnswer, CheckedClaim
from evals.case import Case
from evals.scorers.score import Score


def claims_without_refs(case: Case, answer: CheckedAnswer) -> Score:
    """Share of the answer's claims that name no fact."""
    return _share(answer, tuple(claim for claim in answer.claims if not claim.refs))


def claims_unsupported(case: Case, answer: CheckedAnswer) -> Score:
    """Share of the answer's claims whose facts do not bear them."""
    return _share(answer, tuple(c for c in answer.claims if c.verdict == "unsupported"))


def _share(answer: CheckedAnswer, faulty: tuple[CheckedClaim, ...]) -> Score:
    if not answer.claims:
        return Score.unscored("the answer makes no claim")
    shown = " | ".join(claim.text for claim in faulty) or "-"
    return Score.share(len(faulty), len(answer.claims), f"claims: {shown}")
