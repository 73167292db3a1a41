"""Verdict: what an answer comes to, in the words that people label with too (`evals/labels/label.py`).

Correctness is judged by the case, groundedness by the sources; the two are apart, as in the
Stanford study of legal assistants (Magesh and others 2025): an answer may be right and cite what
does not say so.
"""

from __future__ import annotations

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.labels.label import Correctness, Groundedness
from evals.scorers.bearing import Bearing, bearing_of
from evals.scorers.nuggets import missed_nuggets
from evals.scorers.score import Score, Scorer
from evals.scorers.standing import standing_accuracy
from evals.scorers.violations import must_not_matches
from knowledge.corpus import Corpus


def outcome(case: Case, answer: CheckedAnswer) -> Correctness:
    """Tell how right an answer is.

    - `abstained`: it declines.
    - `wrong`: it says what the case forbids; it answers where it must not; or it makes none of
      the vital points and does not say that something is missing: it answers another question.
    - `incomplete`: it makes some of the vital points, or none and says that something is missing.
    - `correct`: it makes every vital point. A case without vital points asks for all its points;
      one without any, for one of its cards.

    Where the case expects abstention and allows `partly` with the gap named, that is correct.
    """
    if must_not_matches(case, answer):
        return "wrong"
    if answer.standing == "declined":
        return "abstained"
    if case.expect == "abstain":
        return "correct" if standing_accuracy(case, answer).value else "wrong"
    made, wanted = _points(case, answer)
    if made == wanted:
        return "correct"
    return "incomplete" if made or answer.missing else "wrong"


def grounding(case: Case, answer: CheckedAnswer, bearing: Bearing | None = None) -> Groundedness:
    """Tell whether what an answer says rests on its sources.

    - `ungrounded`: a sentence names no source, or one that is not among those shown; or the
      answer makes no claim that could be checked.
    - `misgrounded`: otherwise, where a sentence names sources that do not bear it out.
    - `grounded`: every sentence is borne out by what it cites.

    Args:
        case: what was asked.
        answer: with its sources.
        bearing: holds each sentence against its facts anew; None = the answer's own verdicts.
    """
    shown = {citation.ref for citation in (*answer.citations, *answer.plan_citations)}
    shown |= {passage.ref for passage in answer.passages}
    if not answer.claims or any(
        not claim.refs or not shown.issuperset(claim.refs) for claim in answer.claims
    ):
        return "ungrounded"
    borne = (
        claim.verdict == "supported" and (bearing is None or bearing.supports(claim, answer))
        for claim in answer.claims
    )
    return "grounded" if all(borne) else "misgrounded"


POINTS: dict[Correctness, float] = {"correct": 1, "incomplete": 0, "abstained": 0, "wrong": -1}
"""CRAG gives an acceptable answer half a point; here an answer that lacks something vital gives
the asker no more to act on than a refusal, and gets no more."""


def truthfulness(case: Case, answer: CheckedAnswer) -> Score:
    """Score +1 a correct answer, 0 an incomplete one or a refusal, -1 a wrong one.

    A refusal is the correct answer where the case expects one, and counts +1 there.
    """
    found = outcome(case, answer)
    rightly = found == "abstained" and bool(standing_accuracy(case, answer).value)
    points = 1.0 if rightly else POINTS[found]
    return Score(value=points, explanation=f"{found}{', rightly' if rightly else ''}")


def hallucinated(corpus: Corpus) -> Scorer:
    """Make the scorer of whether an answer is wrong, or a sentence cites what does not bear it out."""

    def score(case: Case, answer: CheckedAnswer) -> Score:
        found, ground = _verdict(case, answer, corpus)
        return Score.of("wrong" in found or ground == "misgrounded", f"{found}, {ground or '-'}")

    return score


def read_verdict(score: Score) -> tuple[str, str | None]:
    """Return correctness and groundedness as `hallucinated` explains them."""
    found, _, ground = score.explanation.partition(", ")
    return found, None if ground == "-" else ground


def right_and_grounded(corpus: Corpus) -> Scorer:
    """Make the scorer of whether an answer is correct and every sentence borne out."""

    def score(case: Case, answer: CheckedAnswer) -> Score:
        if case.expect != "answer":
            return Score.unscored("no answer is expected")
        found, ground = _verdict(case, answer, corpus)
        return Score.of(found == "correct" and ground == "grounded", f"{found}, {ground or '-'}")

    return score


def _verdict(
    case: Case, answer: CheckedAnswer, corpus: Corpus
) -> tuple[Correctness, Groundedness | None]:
    found = outcome(case, answer)
    if answer.standing == "declined" and not answer.claims:
        return found, None  # a refusal states nothing that would need a source
    return found, grounding(case, answer, bearing_of(corpus))


def _points(case: Case, answer: CheckedAnswer) -> tuple[int, int]:
    """Count the points that decide, and how many of them the answer makes."""
    wanted = tuple(n for n in case.nuggets if n.is_vital) or case.nuggets
    if not wanted:
        cited = {citation.ref.card_id for citation in answer.citations}
        return int(not cited.isdisjoint(case.cards)), 1
    missed = missed_nuggets(case, answer)
    return sum(nugget not in missed for nugget in wanted), len(wanted)
