"""What a labelling task is made of: which answers, in whose order, and what comes out of it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

from bot.store.labels import KeptLabel, LabelTask
from evals.labels.label import Label
from evals.run import CaseResult

T = TypeVar("T")
MOST_DRAWN = 500
"""Most answers of a task: whoever reads two minutes an answer reads two days."""


def draw_cases(results: Sequence[CaseResult], n: int, seed: int) -> tuple[str, ...]:
    """Draw cases that got an answer, of each kind as many as its share of the run.

    Shares are rounded by largest remainder, so that the sample stands for the run without weights.

    Args:
        results: of the run.
        n: how many; all where there are fewer.
        seed: the same seed draws the same cases.

    Returns:
        Ids, in the order of the run.
    """
    kinds: dict[str, list[str]] = {}
    for result in results:
        if result.answer is not None:
            kinds.setdefault(result.case.kind, []).append(result.case.id)
    whole = sum(map(len, kinds.values()))
    n = min(n, whole)
    exact = {kind: n * len(ids) / whole for kind, ids in kinds.items()}
    quota = {kind: int(share) for kind, share in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: (quota[kind] - exact[kind], kind))
    for kind in by_remainder[: n - sum(quota.values())]:
        quota[kind] += 1
    drawing = random.Random(seed)
    drawn = {one for kind, ids in kinds.items() for one in drawing.sample(ids, quota[kind])}
    return tuple(result.case.id for result in results if result.case.id in drawn)


def order_for(task: LabelTask, name: str) -> tuple[str, ...]:
    """Return a task's cases as one person sees them: another order for each, the same each time."""
    return _shuffled(task.cases, task, name)


def side_by_side(task: LabelTask, case: str, labels: Iterable[KeptLabel]) -> tuple[KeptLabel, ...]:
    """Return the two labels of a case without telling whose is first: it changes by case."""
    own = [one for one in labels if one.case == case and not one.adjudicated]
    return _shuffled(sorted(own, key=lambda one: one.labeller), task, case)


def exported(task: LabelTask, labels: Iterable[KeptLabel]) -> tuple[Label, ...]:
    """Return what was said whole within a task, by case in the order of the run."""
    place = {case: at for at, case in enumerate(task.cases)}
    return tuple(
        Label(
            run_id=task.run,
            case_id=one.case,
            labeller=one.labeller,
            correctness=one.correctness,
            groundedness=one.groundedness,
            note=one.note,
            at=one.at,
            adjudicated=one.adjudicated,
        )
        for one in sorted(labels, key=lambda one: (place[one.case], one.adjudicated, one.labeller))
        if one.is_whole
    )


def _shuffled(items: Sequence[T], task: LabelTask, salt: str) -> tuple[T, ...]:
    return tuple(random.Random(f"{task.seed}:{task.id}:{salt}").sample(items, len(items)))
