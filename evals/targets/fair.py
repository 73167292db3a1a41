"""What a figure cannot say about a target: such scores are left out, for unscored is not zero."""

from __future__ import annotations

from evals.case import Case
from evals.scorers import Metric
from evals.targets.target import TargetRecord


def unscored(target: TargetRecord, case: Case, metric: Metric) -> str | None:
    """Tell why a metric does not apply to an answer of a target; None where it does."""
    if metric.group == "plan" and target.kind == "endpoint":
        return "a free text holds no plan as data"
    if metric.name == "right_and_grounded" and target.kind == "endpoint":
        return "a free text has remarks that cite nothing; one of them makes an answer ungrounded"
    if not target.retrieval:
        if metric.group == "retrieval":
            return "a bare model searches nothing"
        if case.kind == "unanswerable" and metric.group in ("standing", "answer"):
            return "the case cannot be answered from our corpus; a bare model may know the answer"
    return None
