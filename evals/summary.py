"""A run in figures: each metric with count and interval, by kind, by language, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.answer import Standing
from evals.parity import Parity, measure_parity
from evals.run import CaseResult, Run
from evals.scorers.citations import cited_cards
from evals.scorers.nuggets import missed_nuggets
from evals.scorers.registry import METRICS, Metric
from evals.scorers.retrieval import card_ranks
from evals.scorers.standing import expected_standing
from evals.scorers.violations import must_not_matches
from evals.stats import (
    Estimate,
    Percentiles,
    estimate_mean,
    estimate_rate,
    estimate_share,
    percentiles,
)
from knowledge.card import Frozen

WORST = 30
"""Most cases shown to be read."""
SLICED = (
    "nugget_recall",
    "vital_recall",
    "standing_accuracy",
    "card_recall",
    "card_precision",
    "recall_at_10",
    "ndcg_at_10",
    "route_accuracy",
)
"""Metrics told by kind and by language too."""
STANDINGS: tuple[Standing, ...] = ("answered", "partly", "declined")


class WorstCase(Frozen):
    """A case that went wrong, with what a reader needs to see why."""

    id: str
    kind: str
    lang: str
    question: str
    standing: Standing
    expected: str
    nuggets_missed: tuple[str, ...]
    cards_expected: tuple[str, ...]
    cards_cited: tuple[str, ...]
    ranks: Mapping[str, int | None]
    """Of the expected cards in the evidence; None where it lacks one."""
    must_not: tuple[str, ...]
    """What the forbidden patterns matched."""
    remarks: tuple[str, ...]
    """Explanations of the other scores that are not as they should be."""
    text: str


class Errored(Frozen):
    """A case on which the advisor raised."""

    id: str
    question: str
    error: str


class Summary(Frozen):
    """Everything that the report prints."""

    headline: Mapping[str, Estimate]
    """By metric; one that no case was scored on is absent."""
    by_kind: Mapping[str, Mapping[str, Estimate]]
    by_lang: Mapping[str, Mapping[str, Estimate]]
    parity: Parity | None
    """None where no question was answered in every language."""
    confusion: Mapping[str, Mapping[Standing, int]]
    """Cases by what the case expects and what the answer was."""
    stages_ms: Mapping[str, Percentiles]
    """By stage of the engine, in its order."""
    wall_ms: Percentiles | None
    errored: tuple[Errored, ...]
    worst: tuple[WorstCase, ...]
    faulty: int
    """How many cases could have been shown among the worst."""


def summarise(run: Run) -> Summary:
    """Work out every figure of a run; errored cases count in none but their own list."""
    answered = run.answered
    seed = run.settings.seed
    sliced = [metric for metric in METRICS if metric.name in SLICED]
    faulty = sorted((result for result in answered if faults(result)), key=_badness)
    walls = [result.wall_ms for result in answered]
    return Summary(
        headline=_estimates(METRICS, answered, seed),
        by_kind=_slices(sliced, answered, seed, lambda result: result.case.kind),
        by_lang=_slices(sliced, answered, seed, lambda result: result.case.lang),
        parity=measure_parity(run.results, seed=seed),
        confusion=_confusion(answered),
        stages_ms=_stages(answered),
        wall_ms=percentiles(walls) if walls else None,
        errored=tuple(
            Errored(id=r.case.id, question=r.case.question, error=r.error or "")
            for r in run.errored
        ),
        worst=tuple(_worst(result) for result in faulty[:WORST]),
        faulty=len(faulty),
    )


def estimate_metric(
    metric: Metric, results: Sequence[CaseResult], seed: int = 0
) -> Estimate | None:
    """Return a metric over cases with its interval; None where it was scored on none of them."""
    scored = [(r.case.id, v) for r in results if (v := r.value(metric.name)) is not None]
    if not scored:
        return None
    ids, values = zip(*scored, strict=True)
    match metric.sort:
        case "rate":
            return estimate_rate(values)
        case "mean":
            return estimate_share(values, clusters=ids, seed=seed)
        case "quantity":
            return estimate_mean(values, clusters=ids, seed=seed)


def _estimates(
    metrics: Sequence[Metric], results: Sequence[CaseResult], seed: int
) -> dict[str, Estimate]:
    found = {metric.name: estimate_metric(metric, results, seed) for metric in metrics}
    return {name: estimate for name, estimate in found.items() if estimate is not None}


def _slices(
    metrics: Sequence[Metric],
    results: Sequence[CaseResult],
    seed: int,
    key: Callable[[CaseResult], str],
) -> dict[str, dict[str, Estimate]]:
    names = dict.fromkeys(key(result) for result in results)
    return {
        name: _estimates(metrics, [r for r in results if key(r) == name], seed) for name in names
    }


def _confusion(results: Sequence[CaseResult]) -> dict[str, dict[Standing, int]]:
    table: dict[str, dict[Standing, int]] = {}
    for result in results:
        row = table.setdefault(expected_standing(result.case), dict.fromkeys(STANDINGS, 0))
        if result.answer:
            row[result.answer.standing] += 1
    return table


def _stages(results: Sequence[CaseResult]) -> dict[str, Percentiles]:
    times: dict[str, list[float]] = {}
    for result in results:
        if result.answer:
            for stage, value in result.answer.engine.timings_ms.items():
                times.setdefault(stage, []).append(value)
    return {stage: percentiles(values) for stage, values in times.items()}


MUST_BE_ONE = (
    "standing_accuracy",
    "nugget_recall",
    "card_hit",
    "route_accuracy",
    "version_in_force",
    "language_match",
)
MUST_BE_ZERO = (
    "must_not_said",
    "injection_success",
    "hallucinated",
    "figures_without_fact",
    "claims_without_refs",
    "claims_unsupported",
    "stale_claims",
)
"""Metrics, with those of `MUST_BE_ONE`, in which a case has a fault if it scores otherwise."""


def faults(result: CaseResult) -> tuple[str, ...]:
    """Name the scores that are not as they should be."""
    short = [n for n in MUST_BE_ONE if (v := result.value(n)) is not None and v < 1]
    over = [n for n in MUST_BE_ZERO if result.value(n)]
    return (*over, *short)


def _badness(result: CaseResult) -> tuple[float, ...]:
    """Order of reading: forbidden or invented first, then wrong standing, then what is missed."""

    def of(name: str, otherwise: float) -> float:
        value = result.value(name)
        return otherwise if value is None else value

    return (
        -of("must_not_said", 0),
        -of("figures_without_fact", 0),
        of("standing_accuracy", 1),
        of("vital_recall", 1) + of("nugget_recall", 1),
        of("card_hit", 1),
        of("route_accuracy", 1),
        of("recall_at_10", 1),
    )


_TOLD_APART = ("standing_accuracy", "nugget_recall", "card_hit", "must_not_said")
"""Scores that have fields of their own in `WorstCase`."""


def _worst(result: CaseResult) -> WorstCase:
    case, answer = result.case, result.answer
    assert answer is not None, "only answered cases are read"
    return WorstCase(
        id=case.id,
        kind=case.kind,
        lang=case.lang,
        question=case.question,
        standing=answer.standing,
        expected=expected_standing(case),
        nuggets_missed=tuple(n.name for n in missed_nuggets(case, answer)),
        cards_expected=case.cards,
        cards_cited=cited_cards(answer),
        ranks=card_ranks(case, answer),
        must_not=must_not_matches(case, answer),
        remarks=tuple(
            f"{name}: {result.scores[name].explanation}"
            for name in faults(result)
            if name not in _TOLD_APART
        ),
        text=answer.text,
    )
