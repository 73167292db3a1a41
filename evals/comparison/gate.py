"""A gate: the losses that a new run may show beside a kept one, declared in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from evals.comparison.compare import Comparison, MetricChange
from evals.errors import GateError, NotComparable
from evals.run import Run
from evals.scorers.registry import METRICS
from evals.stats import holm
from knowledge.card import Frozen

GATE = Path(__file__).parent / "gate.yaml"
LEVEL = 0.05
"""Holm-corrected p below which a loss is no chance."""
_SMALLEST = 1e-9


class Rule(Frozen):
    """What a metric is held to."""

    tolerance: float | None = Field(default=None, ge=0)
    significant: bool = True
    minimum: float | None = None
    maximum: float | None = None
    optional: bool = False


class Gate(Frozen):
    """All that a run is held to."""

    errored: int = Field(default=0, ge=0)
    metrics: Mapping[str, Rule]


class Finding(Frozen):
    """One rule with its outcome and figures."""

    metric: str
    rule: str
    outcome: Literal["pass", "fail", "unscored"]
    told: str


def read_gate(path: Path = GATE) -> Gate:
    """Read a gate's file.

    Raises:
        GateError: it cannot be read, or names a metric that there is not.
    """
    try:
        gate = Gate.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise GateError(f"{path.name}: cannot be read ({error}). Name a YAML file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise GateError(
            f"{path.name}, {place}: seen {first['input']!r}; expected: {first['msg']}. "
            "See the head of evals/comparison/gate.yaml."
        ) from error
    known = [metric.name for metric in METRICS]
    unknown = [name for name in gate.metrics if name not in known]
    if unknown:
        raise GateError(
            f"{path.name}, metrics: seen {', '.join(unknown)}; expected any of "
            f"{', '.join(known)}. Correct or remove it."
        )
    return gate


def hold(gate: Gate, comparison: Comparison, after: Run) -> tuple[Finding, ...]:
    """Hold a run to a gate, rule by rule.

    Args:
        gate: the rules.
        comparison: of the baseline with the run.
        after: the run.
    """
    changes = {change.name: change for change in comparison.metrics}
    tested = {
        name: p
        for name, rule in gate.metrics.items()
        if rule.significant and name in changes and (p := changes[name].p) is not None
    }
    corrected = holm(tested)
    findings = [_errors(gate, after)]
    for name, rule in gate.metrics.items():
        values = [value for r in after.results if (value := r.value(name)) is not None]
        if name not in changes or not values:
            findings.append(
                Finding(
                    metric=name,
                    rule="scored",
                    outcome="pass" if rule.optional else "unscored",
                    told="no case is scored by it in both runs",
                )
            )
            continue
        findings += _held(rule, changes[name], corrected.get(name))
        findings += _bounds(rule, name, sum(values) / len(values), len(values))
    return tuple(findings)


def outcome(findings: tuple[Finding, ...]) -> Literal["pass", "fail"]:
    """Tell whether a run may pass.

    Raises:
        NotComparable: a metric that is not optional was not scored.
    """
    unscored = [finding.metric for finding in findings if finding.outcome == "unscored"]
    if any(finding.outcome == "fail" for finding in findings):
        return "fail"
    if unscored:
        raise NotComparable(
            f"seen no case scored by {', '.join(unscored)}; expected every metric of the gate. "
            "Run a suite that has such cases, or mark the metric optional."
        )
    return "pass"


def _errors(gate: Gate, after: Run) -> Finding:
    n = len(after.errored)
    return Finding(
        metric="errored",
        rule=f"at most {gate.errored}",
        outcome="pass" if n <= gate.errored else "fail",
        told=f"{n} of {len(after.results)} cases",
    )


def _held(rule: Rule, change: MetricChange, p: float | None) -> Iterator[Finding]:
    difference = change.difference
    told = (
        f"{change.before:.3f} -> {change.after:.3f}, {difference.mean:+.3f} "
        f"[{difference.low:+.3f}, {difference.high:+.3f}]"
    )
    if rule.significant and p is not None:
        lost = change.gain < -_SMALLEST and change.verdict == "worse" and p < LEVEL
        yield Finding(
            metric=change.name,
            rule="no loss beyond chance",
            outcome="fail" if lost else "pass",
            told=f"{told}, p {p:.3f} (Holm), n={change.n}",
        )
    if rule.tolerance is not None:
        yield Finding(
            metric=change.name,
            rule=f"loss at most {rule.tolerance:g}",
            outcome="fail" if -change.gain > rule.tolerance + _SMALLEST else "pass",
            told=f"{told}, n={change.n}",
        )


def _bounds(rule: Rule, name: str, mean: float, n: int) -> Iterator[Finding]:
    for bound, words, is_kept in (
        (rule.minimum, "at least", lambda limit: mean >= limit - _SMALLEST),
        (rule.maximum, "at most", lambda limit: mean <= limit + _SMALLEST),
    ):
        if bound is not None:
            yield Finding(
                metric=name,
                rule=f"{words} {bound:g}",
                outcome="pass" if is_kept(bound) else "fail",
                told=f"{mean:.4g}, n={n}",
            )
