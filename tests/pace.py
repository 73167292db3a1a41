"""How slow this machine is at this moment, so that a bound of time means the same on any."""

from __future__ import annotations

import time

QUICK_S = 0.09
"""Processor time of the known work on the machine on which the bounds were set."""


def slower() -> float:
    """Return how many times longer a known piece of work takes than where bounds were set; 1 at least."""
    spent = []
    for _ in range(3):
        begin = time.process_time()
        sum(number * number for number in range(2_000_000))
        spent.append(time.process_time() - begin)
    return max(1.0, sorted(spent)[1] / QUICK_S)
