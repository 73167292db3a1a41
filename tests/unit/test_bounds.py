"""A figure that is the least in a fact is not told as the most."""

from __future__ import annotations

import pytest

from knowledge.figures.bounds import bounds, turned_bound


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("市值不低于40亿港元", "from"),
        ("市值40亿港元以上的公司", "from"),
        ("market value of at least HKD 4 billion", "from"),
        ("market value of HKD 4 billion or more", "from"),
        ("市值不超过40亿港元", "to"),
        ("市值40亿港元（含）以下", "to"),
        ("market value of up to HKD 4 billion", "to"),
        ("a market value that does not exceed HKD 4 billion", "to"),
        ("payments of HKD 4 billion equivalent or less", "to"),
    ],
)
def test_the_words_beside_a_figure_tell_its_bound(text: str, bound: str) -> None:
    assert bounds(text) == {("number", "4000000000"): {bound}}


@pytest.mark.parametrize(
    "text", ["市值40亿港元", "raised HKD 4 billion", "within 3 of HKD 4 billion"]
)
def test_a_figure_without_such_words_has_none(text: str) -> None:
    assert bounds(text)["number", "4000000000"] == frozenset()


FACT = (
    "权益性资金不低于40%；2024年11月1日前设立的公司补办备案。",
    "Equity funds of at least 40%; companies formed before 1 November 2024 file later.",
)


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("权益性资金至少占40%。", ""),
        ("权益性资金占40%。", ""),
        ("权益性资金最多40%。", "40"),
        ("Equity funds make up at most 40%.", "40"),
        ("2024年11月1日之后设立的公司要补办。", "2024-11-01"),
        ("Companies formed before 1 November 2024 file later.", ""),
    ],
)
def test_a_turned_bound_is_found(text: str, turned: str) -> None:
    assert turned_bound(text, FACT) == turned


def test_a_bound_of_which_facts_say_both_is_not_turned() -> None:
    facts = ("单笔5万美元以下不审单，5万美元以上须审单。",)
    assert turned_bound("单笔5万美元以内不审单。", facts) == ""
    assert turned_bound("单笔5万美元以上要审单。", facts) == ""
