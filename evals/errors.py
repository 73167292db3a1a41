"""Errors of evaluation.

EvalError
├── CaseError      the author of a case file must mend it
├── LabelError     a file of labels cannot be used
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


class RunNotFound(EvalError):
    """No run of this id is kept."""


class RunUnusable(EvalError):
    """A kept run cannot be read, gone on with, or written."""


class TargetError(EvalError):
    """What was to be evaluated cannot be reached or used; no case was put to it."""


class LabelError(EvalError):
    """A file of labels cannot be used; every problem found in it is told, one a line."""

    def __init__(self, *problems: str) -> None:
        """Take all problems: file, line, field, what was seen, what was expected, the remedy."""
        super().__init__("\n".join(problems))
        self.problems = problems
