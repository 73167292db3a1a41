"""Evaluation: cases, scorers, runs and reports, all without a language model."""

from evals.case import Case, Nugget, load_cases, load_suite
from evals.errors import CaseError, EvalError
from evals.report import write_report
from evals.run import CaseResult, Run, RunSettings, run_suite
from evals.scorers import METRICS, Metric, Score
from evals.summary import Summary, summarise

__all__ = [
    "METRICS",
    "Case",
    "CaseError",
    "CaseResult",
    "EvalError",
    "Metric",
    "Nugget",
    "Run",
    "RunSettings",
    "Score",
    "Summary",
    "load_cases",
    "load_suite",
    "run_suite",
    "summarise",
    "write_report",
]
