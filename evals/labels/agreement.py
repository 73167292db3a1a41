"""Agreement: how far two raters, people or machines, give the same verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from evals.labels.label import Label
from evals.stats import Estimate, cohen_kappa, estimate_rate
from knowledge.card import Frozen

WORTHWHILE = 0.70
"""Kappa from which two people's labels are one yardstick; lawyers in the Stanford study had 0.77."""


class Agreement(Frozen):
    """How far two raters agree on the items that both have rated."""

    same: Estimate
    """Share with the same verdict; Wilson interval."""
    kappa: Estimate | None
    """Beyond chance; None where both said one thing throughout."""
    confusion: Mapping[str, Mapping[str, int]]
    """Items by the first rater's verdict, then the second's."""


class Matching(Frozen):
    """How far a machine's yes and no agree with people's."""

    agreement: Agreement
    sensitivity: Estimate | None
    """Share of people's yes that the machine gives too; None where people gave none."""
    specificity: Estimate | None
    """Share of people's no that the machine gives too; None where people gave none."""


def agree(one: Sequence[str], other: Sequence[str]) -> Agreement | None:
    """Compare two raters' verdicts on the same items, in the same order; None where there are none.

    Raises:
        ValueError: not as many of the one as of the other.
    """
    if not one and not other:
        return None
    cells = Counter(zip(one, other, strict=True))
    words = sorted({*one, *other})
    return Agreement(
        same=estimate_rate(
            [float(mine == theirs) for mine, theirs in zip(one, other, strict=True)]
        ),
        kappa=cohen_kappa(one, other),
        confusion={row: {column: cells[row, column] for column in words} for row in words},
    )


def match(people: Sequence[bool], machine: Sequence[bool]) -> Matching | None:
    """Compare people's yes and no with a machine's; None where there are none."""
    words = {True: "yes", False: "no"}
    agreement = agree([words[said] for said in people], [words[said] for said in machine])
    if agreement is None:
        return None
    pairs = list(zip(people, machine, strict=True))
    of_yes = [float(theirs) for mine, theirs in pairs if mine]
    of_no = [float(not theirs) for mine, theirs in pairs if not mine]
    return Matching(
        agreement=agreement,
        sensitivity=estimate_rate(of_yes) if of_yes else None,
        specificity=estimate_rate(of_no) if of_no else None,
    )


def labellers_agree(labels: Sequence[Label], aspect: str) -> Agreement | None:
    """Compare people with each other, over every two who labelled the same answer.

    Args:
        labels: of any runs; adjudicated ones are no second opinion and are passed over.
        aspect: `correctness` or `groundedness`; a label without a groundedness says `none`.

    Returns:
        None where no answer was labelled twice.
    """
    by_answer: dict[tuple[str, str], list[Label]] = {}
    for label in labels:
        if not label.adjudicated:
            by_answer.setdefault((label.run_id, label.case_id), []).append(label)
    pairs = [
        (getattr(one, aspect) or "none", getattr(other, aspect) or "none")
        for given in by_answer.values()
        for one, other in combinations(sorted(given, key=lambda label: label.labeller), 2)
    ]
    return agree([one for one, _ in pairs], [other for _, other in pairs])
