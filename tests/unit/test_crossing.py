"""Bodies, cities, parties and kinds of share are not exchanged for each other."""

from __future__ import annotations

import pytest

from bot.checking.crossing import Name, cities, crossed_names, names_in, places_of
from bot.checking.polarity import Reading
from knowledge.card import PassageLang


def crossed(text: str, fact: str) -> float:
    lang: PassageLang = "en" if text.isascii() else "zh"
    mine, theirs = (places_of(Reading(one, lang), names_in(one)) for one in (text, fact))
    return crossed_names(mine, [theirs]).weight


@pytest.mark.parametrize(
    ("fact", "right", "wrong"),
    [
        (
            "公众持股量以H股计算分子，A股只计入分母。",
            "算公众持股量时，H股是分子，A股只进分母。",
            "算公众持股量时，A股是分子，H股只进分母。",
        ),
        (
            "The lender files the contract; the borrower pays the stamp duty.",
            "It is the borrower who pays the stamp duty and the lender who files the contract.",
            "The borrower files the contract; the lender pays the stamp duty.",
        ),
        (
            "The vault opened in Hong Kong, while the exchange trades in Shanghai.",
            "The exchange trades in Shanghai and the vault opened in Hong Kong.",
            "The vault opened in Shanghai, while the exchange trades in Hong Kong.",
        ),
    ],
)
def test_two_names_in_each_others_place_are_crossed(fact: str, right: str, wrong: str) -> None:
    assert crossed(right, fact) <= 0
    assert crossed(wrong, fact) > 0.2


def test_names_of_different_kinds_are_never_exchanged() -> None:
    assert crossed("Banks in Shanghai.", "In Shanghai there are banks.") == 0


def test_a_name_is_one_in_both_languages() -> None:
    assert cities("上海和香港") == cities("from Shanghai to Hong Kong") == {"上海", "香港"}
    assert [name.key for name in names_in("借款人与贷款人")] == ["borrower", "lender"]
    assert list(names_in("H shares")) == [Name("share", "H", 0, 1)]
