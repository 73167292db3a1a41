"""What a scorer returns, and what a scorer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from bot.answer import CheckedAnswer
from evals.case import Case
from knowledge.card import Frozen


class Score(Frozen):
    """One figure about one answer, with what it was worked out from."""

    value: float | None
    """None: the scorer does not apply to this case. Unscored is not zero."""
    explanation: str

    @classmethod
    def unscored(cls, why: str) -> Self:
        """Say that the scorer does not apply, and why."""
        return cls(value=None, explanation=why)

    @classmethod
    def of(cls, outcome: bool, explanation: str) -> Self:
        """Score a yes as 1 and a no as 0."""
        return cls(value=float(outcome), explanation=explanation)

    @classmethod
    def share(cls, part: float, whole: float, explanation: str) -> Self:
        """Score a share of something that is there.

        Raises:
            ZeroDivisionError: there is nothing to have a share of; that is `unscored`.
        """
        return cls(value=part / whole, explanation=explanation)


Scorer = Callable[[Case, CheckedAnswer], Score]
"""A pure function of case and answer."""


def listed(names: tuple[str, ...] | list[str]) -> str:
    """Print names in a row, or a dash for none."""
    return ", ".join(names) or "-"
