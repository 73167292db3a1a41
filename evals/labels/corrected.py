"""Corrected estimates: many verdicts of a machine, set right by a few of people.

Prediction-powered inference (A. Angelopoulos and others, Science 382, 2023): the mean of what the
machine says where nobody has looked, plus the mean of what people say more than the machine where
both have. The machine's faults cancel out, whatever they are; the interval carries the chance in
both samples. With the weight of PPI++ (A. Angelopoulos, J. Duchi and T. Zrnic, 2023) the machine
counts by how well it goes with people: one as good as they are counts whole, a useless one not at
all, so that the interval is at worst that of people's verdicts alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evals.stats import Z_95, Estimate
from knowledge.card import Frozen

FEWEST = 10
"""Answers that people must have looked at: of fewer, a spread cannot be told."""


class Corrected(Frozen):
    """One share by machine, by people, and by both."""

    raw: Estimate
    """The machine's verdicts on all answers: its own faults are in it."""
    human: Estimate
    """People's verdicts on those that they labelled."""
    corrected: Estimate
    """Both together; `n` counts all answers."""
    weight: float
    """How much the machine counts, from 0 to 1."""


def correct(
    machine: Sequence[float], human: Sequence[float], machine_there: Sequence[float]
) -> Corrected | None:
    """Correct a machine's mean by people's verdicts; values lie in [0, 1].

    Args:
        machine: the machine's verdicts on the answers that nobody labelled.
        human: people's verdicts on the labelled ones, which must be a random sample.
        machine_there: the machine's verdicts on the same, in the same order.

    Returns:
        None where fewer than `FEWEST` are labelled. Where all are, people's verdicts stand.

    Raises:
        ValueError: not as many verdicts of the machine as of people on the labelled answers.
    """
    if len(human) != len(machine_there):
        raise ValueError(
            f"{len(human)} verdicts of people, {len(machine_there)} of the machine on the same "
            "answers; expected as many"
        )
    if len(human) < FEWEST:
        return None
    alone = _estimate(human)
    raw = _estimate([*machine, *machine_there])
    if not machine:
        return Corrected(raw=raw, human=alone, corrected=alone, weight=0.0)
    weight = _weight(machine, human, machine_there)
    mean = float(np.mean(human) + weight * (np.mean(machine) - np.mean(machine_there)))
    errors = np.subtract(human, np.multiply(weight, machine_there))
    variance = weight**2 * _variance(machine, 0, 1) / len(machine)
    variance += _variance(errors, -weight, 1) / len(human)
    return Corrected(raw=raw, human=alone, corrected=_within(raw.n, mean, variance), weight=weight)


def _weight(machine: Sequence[float], human: Sequence[float], there: Sequence[float]) -> float:
    """Return the weight that makes the interval narrowest, by the covariance of the two.

    Both samples of the machine's verdicts tell its variance. One that says the same of every
    answer counts whole: to add it changes nothing.
    """
    spread = float(np.var([*machine, *there], ddof=1))
    if spread == 0:
        return 1.0
    together = float(np.cov(human, there, ddof=1)[0, 1])
    weight = together / ((1 + len(human) / len(machine)) * spread)
    return min(max(weight, 0.0), 1.0)


def _estimate(values: Sequence[float]) -> Estimate:
    return _within(len(values), float(np.mean(values)), _variance(values, 0, 1) / len(values))


def _within(n: int, mean: float, variance: float) -> Estimate:
    """Return the normal interval, cut to what a share can be."""
    spread = Z_95 * math.sqrt(variance)
    middle = min(max(mean, 0.0), 1.0)
    return Estimate(n=n, mean=middle, low=max(mean - spread, 0.0), high=min(mean + spread, 1.0))


def _variance(values: Sequence[float] | np.ndarray, lowest: float, highest: float) -> float:
    """Return the variance with one more value at either end of what there can be.

    A sample in which all are alike would have none, as if nothing else could ever happen.
    """
    return float(np.var([*values, lowest, highest], ddof=1))
