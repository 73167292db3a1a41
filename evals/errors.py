"""Errors of evaluation.

EvalError
├── CaseError      the author of a case file must mend it
├── GateError      a file of a gate cannot be used
├── LabelError     a file of labels cannot be used
├── NotComparable  two runs, or a run and a gate, cannot be held against each other
├── RunNotFound    no run of this id is kept
├── RunUnusable    a kept run cannot be read, gone on with, or written
└── TargetError    what was to be evaluated cannot be reached or used
"""

from __future__ import annotations


class EvalError(Exception):
    """Root of everything `evals` raises on purpose."""


class CaseError(EvalError):
    """A case file cannot be used; every problem found in it is told, one a line."""

    def __init__(self, *problems: str) -> None:
        """Take all problems: file, line, field, what was seen, what was expected, the remedy."""
        super().__init__("\n".join(problems))
        self.problems = problems


class LabelError(EvalError):
    """A file of labels cannot be used; every problem found in it is told, one a line."""

    def __init__(self, *problems: str) -> None:
        """Take all problems: file, line, field, what was seen, what was expected, the remedy."""
        super().__init__("\n".join(problems))
        self.problems = problems


class GateError(EvalError):
    """A file of a gate cannot be used."""


class NotComparable(EvalError, ValueError):
    """Two runs, or a run and a gate, cannot be held against each other."""


class RunNotFound(EvalError):
    """No run of this id is kept."""


class RunUnusable(EvalError):
    """A kept run cannot be read, gone on with, or written."""


class TargetError(EvalError):
    """What was to be evaluated cannot be reached or used; no case was put to it."""
