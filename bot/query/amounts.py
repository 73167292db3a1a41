"""Amounts of money a question names."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from knowledge.card import Frozen
from knowledge.figures.figure import read_figures
from knowledge.figures.units import MONEY


class Money(Frozen):
    """An amount in one currency, as the asker gave it; never converted."""

    amount: Decimal
    """In full units: 2亿 is 200000000."""
    currency: str
    """ISO code."""


class MoneyMention(NamedTuple):
    """Where and how a text names an amount."""

    money: Money
    start: int
    """Offset in the text."""
    is_bound: bool
    """Whether it stands as a limit ("5万美元以上", "up to USD 1 million") and not as the amount."""


_BOUND_BEFORE = re.compile(
    r"(?:超过|不超过|高于|低于|至少|最多|最高|不足|不到|不多于|大于|小于|逾|more than|over|above|under|below|up to|at least"
    r"|less than|at most|exceed(?:s|ing)?|within)\s*(?:等值)?\s*$",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(
    r"\s*(?:及?以上|以下|以内|含?以上|起|or (?:more|above|less)|and (?:above|over))", re.IGNORECASE
)


def read_money(text: str) -> tuple[Money, ...]:
    """Read the amounts of a text that name their currency, in reading order."""
    return tuple(mention.money for mention in read_mentions(text))


def read_mentions(text: str) -> tuple[MoneyMention, ...]:
    """Read the amounts of a text with where and how they stand."""
    found = []
    for figure in read_figures(text):
        # a bare "$" does not say whose dollar; "1/2" and "5:1" are no amounts
        if figure.unit not in MONEY - {"$"} or not figure.value.replace(".", "", 1).isdigit():
            continue
        money = Money(amount=Decimal(figure.value), currency=figure.unit)
        is_bound = bool(
            _BOUND_BEFORE.search(text[: figure.start]) or _BOUND_AFTER.match(text, figure.end)
        )
        found.append(MoneyMention(money, figure.start, is_bound))
    return tuple(found)
