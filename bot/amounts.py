"""Amounts of money a question names."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from knowledge.card import Frozen
from knowledge.figures import read_figures


class Money(Frozen):
    """An amount in one currency, as the asker gave it; never converted."""

    amount: Decimal
    """In full units: 2亿 is 200000000."""
    currency: str
    """ISO code."""


def read_money(text: str) -> tuple[Money, ...]:
    """Read the amounts of a text that name their currency, in reading order."""
    found = []
    for figure in read_figures(text):
        if figure.kind != "number" or not figure.unit or len(figure.unit) != 3:
            continue
        if not figure.unit.isupper():
            continue
        try:
            found.append(Money(amount=Decimal(figure.value), currency=figure.unit))
        except InvalidOperation:
            continue
    return tuple(found)
