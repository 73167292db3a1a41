"""A figure that the facts have of something else is found; one told in other words is not."""

from __future__ import annotations

import pytest

from bot.checking.belonging import misplaced

RATES = "It sold bonds at 1.61% (2-year), 1.80% (5-year) and 2.08% (10-year)."
RATES_ZH = "发行利率为1.61%（2年期）、1.80%（5年期）和2.08%（10年期）。"
MEMBERS = "国际板有106家国际会员，来自16个国家和地区。"
GUARANTEES = "担保比例为80%（甲类产品）和90%（乙类产品）。"


@pytest.mark.parametrize(
    ("text", "fact", "seen"),
    [
        ("The five-year bonds pay 2.08%.", RATES, ["2.08%"]),
        ("五年期的利率是2.08%。", RATES_ZH, ["2.08%"]),
        ("国际会员共有16家。", MEMBERS, ["16家"]),
        ("会员来自106个国家。", MEMBERS, ["106个国"]),
        ("甲类产品担保90%。", GUARANTEES, ["90%"]),
    ],
)
def test_a_figure_of_something_else_is_found(text: str, fact: str, seen: list[str]) -> None:
    assert list(misplaced(text, [fact])) == seen


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("The five-year bonds pay 1.80%.", RATES),
        ("Five-year money costs 1.80%, 10-year money 2.08%.", RATES),
        ("The dearest pay 2.08%.", RATES),
        ("It sold five-year bonds, among others.", RATES),
        ("106家会员分别来自16个国家。", MEMBERS),
        ("会员有106名。", MEMBERS),
        ("乙类产品担保90%。", GUARANTEES),
        ("The fee is 2% (at most).", "The fee is 2% (at most)."),
    ],
)
def test_a_figure_in_its_place_is_left_alone(text: str, fact: str) -> None:
    assert list(misplaced(text, [fact])) == []
