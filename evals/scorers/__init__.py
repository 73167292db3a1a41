"""Scorers: pure functions from a case and its answer to a score; the table is `METRICS`."""

from evals.scorers.registry import GROUPS, METRICS, Group, Metric, build_scorers, metric
from evals.scorers.score import Score, Scorer

__all__ = [
    "GROUPS",
    "METRICS",
    "Group",
    "Metric",
    "Score",
    "Scorer",
    "build_scorers",
    "metric",
]
