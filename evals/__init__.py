"""Evaluation: cases, scorers, runs and reports, all without a language model."""

from evals.archive import Archive, RunFolder
from evals.case import Case, Nugget, load_cases, load_suite
from evals.errors import CaseError, EvalError, RunNotFound, RunUnusable
from evals.report import write_report
from evals.run import CaseResult, Run, RunSettings, run_suite
from evals.scorers import METRICS, Metric, Score
from evals.summary import Summary, summarise

__all__ = [
    "METRICS",
    "Archive",
    "Case",
    "CaseError",
    "CaseResult",
    "EvalError",
    "Metric",
    "Nugget",
    "Run",
    "RunFolder",
    "RunNotFound",
    "RunSettings",
    "RunUnusable",
    "Score",
    "Summary",
    "load_cases",
    "load_suite",
    "run_suite",
    "summarise",
    "write_report",
]
