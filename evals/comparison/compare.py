"""Two runs of the same cases held against each other: which answers changed, which scores moved."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from bot.answer import CheckedAnswer, Standing
from evals.errors import NotComparable
from evals.run import CaseResult, Run
from evals.scorers.registry import METRICS, Metric
from evals.stats import Estimate, holm, mean, paired_bootstrap, randomisation_p
from knowledge.card import FactRef, Frozen

Aspect = Literal["standing", "route", "citations", "text"]
ASPECTS: tuple[Aspect, ...] = ("standing", "route", "citations", "text")
Way = Literal["gained", "lost", "better", "worse"]
"""Became right, became wrong, or moved without either."""
_SMALLEST = 1e-9
_MARK = re.compile(r"\[\d+\]")
_NAMED = 3
_Pair = tuple[CaseResult, CaseResult]


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
    difference: Estimate
    """After less before, by case; clustered by the group of cases that ask the same."""
    p: float | None = None
    """Of "neither is better", by random exchanges; None in slices."""
    p_holm: float | None = None
    """The same adjusted for all metrics that count; None for those that do not."""
    moved: tuple[Moved, ...]

    @property
    def fell(self) -> bool:
        """Whether it counts and became worse."""
        return self.counting and self.gain < -_SMALLEST

    @property
    def gain(self) -> float:
        """The difference, above zero where the second run is better."""
        gain = self.after - self.before
        return -gain if self.better == "lower" else gain

    @property
    def verdict(self) -> Literal["better", "worse", "open"]:
        """Whether the interval of the difference leaves zero out, and on which side it lies."""
        if self.better == "neither" or self.difference.low <= 0 <= self.difference.high:
            return "open"
        return "better" if self.gain > 0 else "worse"

    def count(self, *ways: Way) -> int:
        """Count the cases that moved in these ways."""
        return sum(way_of(self, moved) in ways for moved in self.moved)


class Flip(NamedTuple):
    """A case that became right or wrong by a metric."""

    case: str
    metric: str
    way: Way
    before: float
    after: float


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
    """What tells two runs apart."""

    cases: int
    """Cases that both runs have, alike."""
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    """Cases of one id that ask or expect something else; not compared."""
    changes: tuple[CaseChange, ...]
    metrics: tuple[MetricChange, ...]
    by_kind: Mapping[str, tuple[MetricChange, ...]] = {}
    by_lang: Mapping[str, tuple[MetricChange, ...]] = {}
    errored: tuple[str, ...]
    """Cases that got an answer before and an error after."""
    recovered: tuple[str, ...] = ()
    """The other way round."""

    @property
    def flips(self) -> tuple[Flip, ...]:
        """The cases that became right or wrong, by metric; what became wrong comes first."""
        found = [
            Flip(moved.case, change.name, way, moved.before, moved.after)
            for change in self.metrics
            for moved in change.moved
            if (way := way_of(change, moved)) in ("gained", "lost")
        ]
        return tuple(sorted(found, key=lambda flip: flip.way == "gained"))

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


def compare_runs(before: Run, after: Run, *, common: bool = False) -> Comparison:
    """Compare two runs.

    Args:
        before: the first.
        after: the second; its target may be another one.
        common: compare the cases that both have, where one has others besides.

    Raises:
        NotComparable: they are not of the same cases, or have none in common.
    """
    was = {result.case.id: result for result in before.results}
    now = {result.case.id: result for result in after.results}
    shared = [name for name in was if name in now]
    altered = tuple(name for name in shared if was[name].case != now[name].case)
    pairs = [(was[name], now[name]) for name in shared if name not in altered]
    only = tuple(name for name in was if name not in now), tuple(n for n in now if n not in was)
    if not pairs or (not common and (altered or any(only))):
        raise NotComparable(_why_not(before, after, only, altered, len(pairs)))
    metrics = [_tested(change, pairs) for change in _metrics(METRICS, pairs)]
    adjusted = holm({m.name: m.p for m in metrics if m.counting and m.p is not None})
    sliced = [metric for metric in METRICS if metric.counts]
    return Comparison(
        cases=len(pairs),
        only_before=only[0],
        only_after=only[1],
        altered=altered,
        changes=tuple(
            change
            for old, new in pairs
            if old.answer and new.answer and (change := _change(old, old.answer, new.answer))
        ),
        metrics=tuple(m.model_copy(update={"p_holm": adjusted.get(m.name)}) for m in metrics),
        by_kind=_slices(sliced, pairs, lambda result: result.case.kind),
        by_lang=_slices(sliced, pairs, lambda result: result.case.lang),
        errored=tuple(new.case.id for old, new in pairs if old.answer and not new.answer),
        recovered=tuple(new.case.id for old, new in pairs if new.answer and not old.answer),
    )


def way_of(change: MetricChange, moved: Moved) -> Way | None:
    """Tell whether a case became right or wrong; None where a metric knows no better.

    Right is the best value there is: 1, or 0 where lower is better. A quantity has no best.
    """
    metric = next((one for one in METRICS if one.name == change.name), None)
    if metric is None or metric.better == "neither" or metric.sort == "quantity":
        return None
    best = 1.0 if metric.better == "higher" else 0.0
    if abs(moved.before - best) <= _SMALLEST:
        return "lost"
    if abs(moved.after - best) <= _SMALLEST:
        return "gained"
    return "better" if (moved.after > moved.before) is (metric.better == "higher") else "worse"


def _why_not(
    before: Run,
    after: Run,
    only: tuple[tuple[str, ...], tuple[str, ...]],
    altered: tuple[str, ...],
    alike: int,
) -> str:
    told = [
        f"{len(names)} {what} ({', '.join(names[:_NAMED])}{', …' if len(names) > _NAMED else ''})"
        for names, what in (
            (only[0], f"only in {before.settings.run_id}"),
            (only[1], f"only in {after.settings.run_id}"),
            (altered, "of one id that ask or expect something else"),
        )
        if names
    ]
    remedy = (
        f"Run one suite for both, or compare the {alike} cases they have in common: --common"
        if alike
        else "Run one suite for both"
    )
    return f"seen {'; '.join(told) or 'no case'}; expected two runs of the same cases. {remedy}."


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


def _metrics(metrics: Sequence[Metric], pairs: Sequence[_Pair]) -> tuple[MetricChange, ...]:
    return tuple(change for metric in metrics if (change := _metric(metric, pairs)))


def _slices(
    metrics: Sequence[Metric], pairs: Sequence[_Pair], key: Callable[[CaseResult], str]
) -> dict[str, tuple[MetricChange, ...]]:
    names = dict.fromkeys(key(old) for old, _ in pairs)
    return {
        name: _metrics(metrics, [pair for pair in pairs if key(pair[0]) == name]) for name in names
    }


def _metric(metric: Metric, pairs: Sequence[_Pair]) -> MetricChange | None:
    clusters, values = _scored(metric.name, pairs)
    if not values:
        return None
    before, after = [v.before for v in values], [v.after for v in values]
    moved = tuple(value for value in values if abs(value.after - value.before) > _SMALLEST)
    return MetricChange(
        name=metric.name,
        better=metric.better,
        counting=metric.counts,
        n=len(values),
        before=mean(before),
        after=mean(after),
        # Ten thousand draws of nothing but zeros would say the same.
        difference=paired_bootstrap(before, after, clusters=clusters)
        if moved
        else Estimate(n=len(values), mean=0.0, low=0.0, high=0.0),
        moved=moved,
    )


def _tested(change: MetricChange, pairs: Sequence[_Pair]) -> MetricChange:
    """Add how probable so large a difference is by chance."""
    if not change.moved:
        return change.model_copy(update={"p": 1.0})
    clusters, values = _scored(change.name, pairs)
    before, after = [v.before for v in values], [v.after for v in values]
    return change.model_copy(update={"p": randomisation_p(before, after, clusters=clusters)})


def _scored(name: str, pairs: Sequence[_Pair]) -> tuple[list[str], list[Moved]]:
    """Return the values of a metric where both runs have one, and what each case belongs to."""
    found = [
        (old.case.group or old.case.id, Moved(old.case.id, was, now))
        for old, new in pairs
        if (was := old.value(name)) is not None and (now := new.value(name)) is not None
    ]
    return [cluster for cluster, _ in found], [value for _, value in found]
