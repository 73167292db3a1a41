"""Robustness: what a change of wording or day does to the scores, each made case beside its parent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evals.case import Change
from evals.run import CaseResult
from evals.scorers.registry import METRICS, Metric
from evals.stats import Estimate, estimate_mean
from evals.suites.perturb import CHANGES
from knowledge.card import Frozen

_SMALLEST = 1e-9


class Drift(Frozen):
    """A metric over the pairs of one change in which it scored both."""

    change: Change
    metric: str
    better: str
    pairs: int
    parent: float
    """Mean over the parents, each counted once a child."""
    child: float
    difference: Estimate
    """Child less parent, with a bootstrap over the parents."""
    worse: tuple[str, ...]
    """Ids of the children that scored worse than their parent."""
    improved: tuple[str, ...]


class Robustness(Frozen):
    """What changes of the questions do to the scores."""

    pairs: dict[Change, int]
    alone: tuple[str, ...]
    """Children whose parent was not run, or errored, or that errored themselves: in no figure."""
    drifts: tuple[Drift, ...]


class _Pair(NamedTuple):
    parent: CaseResult
    child: CaseResult


def robustness(results: Sequence[CaseResult], seed: int = 0) -> Robustness:
    """Hold every made case against the case it was made of.

    Args:
        results: of one run, or of a run of the parents followed by one of the children.
        seed: starts the bootstrap of the intervals.
    """
    answered = {result.case.id: result for result in results if result.answer}
    pairs: dict[Change, list[_Pair]] = defaultdict(list)
    alone = []
    for result in results:
        if result.case.change is None:
            continue
        parent = answered.get(str(result.case.parent))
        if parent and result.answer:
            pairs[result.case.change].append(_Pair(parent, result))
        else:
            alone.append(result.case.id)
    return Robustness(
        pairs={change: len(pairs[change]) for change in CHANGES if pairs[change]},
        alone=tuple(alone),
        drifts=tuple(
            drift
            for change in CHANGES
            for metric in METRICS
            if metric.better != "neither"
            and (drift := _drift(change, metric, pairs[change], seed)) is not None
        ),
    )


def _drift(change: Change, metric: Metric, pairs: Sequence[_Pair], seed: int) -> Drift | None:
    scored = [
        (pair, before, after)
        for pair in pairs
        if (before := pair.parent.value(metric.name)) is not None
        and (after := pair.child.value(metric.name)) is not None
    ]
    if not scored:
        return None
    differences = [after - before for _, before, after in scored]
    gains = [gap if metric.better == "higher" else -gap for gap in differences]
    ids = [pair.child.case.id for pair, _, _ in scored]
    return Drift(
        change=change,
        metric=metric.name,
        better=metric.better,
        pairs=len(scored),
        parent=sum(before for _, before, _ in scored) / len(scored),
        child=sum(after for _, _, after in scored) / len(scored),
        difference=estimate_mean(
            differences, clusters=[pair.parent.case.id for pair, _, _ in scored], seed=seed
        ),
        worse=tuple(name for name, gain in zip(ids, gains, strict=True) if gain < -_SMALLEST),
        improved=tuple(name for name, gain in zip(ids, gains, strict=True) if gain > _SMALLEST),
    )


def robustness_rows(made: Robustness) -> Iterator[tuple[str, ...]]:
    """Print change, metric, pairs, parent, child, difference with interval, worse, better.

    Only metrics that may not become worse, and of them those that moved on some pair.
    """
    counting = {metric.name for metric in METRICS if metric.counts}
    for change, pairs in made.pairs.items():
        moved = [
            drift
            for drift in made.drifts
            if drift.change == change
            and drift.metric in counting
            and (drift.worse or drift.improved)
        ]
        if not moved:
            yield (change, "every metric the same", str(pairs), "", "", "", "0", "0")
        for drift in moved:
            gap = drift.difference
            yield (
                change,
                drift.metric,
                str(drift.pairs),
                f"{drift.parent:.3f}",
                f"{drift.child:.3f}",
                f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]",
                str(len(drift.worse)),
                str(len(drift.improved)),
            )
