"""Two runs of the same cases held against each other: which answers changed, which scores moved."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from bot.answer import CheckedAnswer, Standing
from evals.run import CaseResult, Run
from evals.scorers.registry import METRICS, Metric
from knowledge.card import FactRef, Frozen

Aspect = Literal["standing", "route", "citations", "text"]
ASPECTS: tuple[Aspect, ...] = ("standing", "route", "citations", "text")
_SMALLEST = 1e-9
_MARK = re.compile(r"\[\d+\]")


class Moved(NamedTuple):
    """A case on which a metric moved."""

    case: str
    before: float
    after: float


class MetricChange(Frozen):
    """A metric over the cases that both runs scored."""

    name: str
    better: Literal["higher", "lower", "neither"]
    counting: bool
    """Whether it may not become worse."""
    n: int
    before: float
    after: float
    moved: tuple[Moved, ...]

    @property
    def fell(self) -> bool:
        """Whether it counts and became worse."""
        gain = self.after - self.before
        return self.counting and (gain if self.better == "higher" else -gain) < -_SMALLEST


class CaseChange(Frozen):
    """A case whose answer is another one."""

    id: str
    kind: str
    lang: str
    question: str
    changed: tuple[Aspect, ...]
    standing: tuple[Standing, Standing]
    route: tuple[str | None, str | None]
    lost: tuple[FactRef, ...]
    """Facts cited before and not after."""
    gained: tuple[FactRef, ...]
    text: tuple[str, ...]
    """Lines of the answer that went (`- `) and came (`+ `), without their citation marks."""


class Comparison(Frozen):
    """What a change of the corpus does to a suite."""

    cases: int
    changes: tuple[CaseChange, ...]
    metrics: tuple[MetricChange, ...]
    errored: tuple[str, ...]
    """Cases that got an answer before and an error after."""

    def count(self, aspect: Aspect) -> int:
        """Count the cases on which an aspect changed."""
        return sum(aspect in change.changed for change in self.changes)

    @property
    def fallen(self) -> tuple[MetricChange, ...]:
        """The metrics that may not become worse and did."""
        return tuple(metric for metric in self.metrics if metric.fell)

    @property
    def is_worse(self) -> bool:
        """Whether a score that counts fell, or an answer became an error."""
        return bool(self.fallen or self.errored)


def compare_runs(before: Run, after: Run) -> Comparison:
    """Compare two runs.

    Raises:
        ValueError: they are not of the same cases.
    """
    pairs = list(zip(before.results, after.results, strict=True))
    if any(old.case != new.case for old, new in pairs):
        raise ValueError("two runs of the same cases can be compared, and no others")
    return Comparison(
        cases=len(pairs),
        changes=tuple(
            change
            for old, new in pairs
            if old.answer and new.answer and (change := _change(old, old.answer, new.answer))
        ),
        metrics=tuple(moved for metric in METRICS if (moved := _metric(metric, pairs))),
        errored=tuple(new.case.id for old, new in pairs if old.answer and not new.answer),
    )


def _change(result: CaseResult, old: CheckedAnswer, new: CheckedAnswer) -> CaseChange | None:
    cited = [tuple(dict.fromkeys(c.ref for c in answer.citations)) for answer in (old, new)]
    standing = (old.standing, new.standing)
    route = (old.plan.route if old.plan else None, new.plan.route if new.plan else None)
    differs: dict[Aspect, bool] = {
        "standing": standing[0] != standing[1],
        "route": route[0] != route[1],
        "citations": set(cited[0]) != set(cited[1]),
        "text": old.text != new.text,
    }
    changed = tuple(aspect for aspect in ASPECTS if differs[aspect])
    if not changed:
        return None
    case = result.case
    return CaseChange(
        id=case.id,
        kind=case.kind,
        lang=case.lang,
        question=case.question,
        changed=changed,
        standing=standing,
        route=route,
        lost=tuple(ref for ref in cited[0] if ref not in cited[1]),
        gained=tuple(ref for ref in cited[1] if ref not in cited[0]),
        text=tuple(
            line
            for line in difflib.ndiff(_lines(old.text), _lines(new.text))
            if line[:2] in {"- ", "+ "} and line[2:].strip()
        ),
    )


def _lines(text: str) -> list[str]:
    """Take an answer's lines without citation marks: one citation more renumbers all others."""
    return _MARK.sub("", text).splitlines()


def _metric(metric: Metric, pairs: Sequence[tuple[CaseResult, CaseResult]]) -> MetricChange | None:
    values = [
        Moved(old.case.id, was, now)
        for old, new in pairs
        if (was := old.value(metric.name)) is not None
        and (now := new.value(metric.name)) is not None
    ]
    if not values:
        return None
    return MetricChange(
        name=metric.name,
        better=metric.better,
        counting=metric.counts,
        n=len(values),
        before=sum(value.before for value in values) / len(values),
        after=sum(value.after for value in values) / len(values),
        moved=tuple(value for value in values if abs(value.after - value.before) > _SMALLEST),
    )
