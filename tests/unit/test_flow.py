"""A sentence that sends money the other way than its facts do is found, however it is worded."""

from __future__ import annotations

import pytest

from bot.checking.flow import flows, turned_flow


@pytest.mark.parametrize(
    ("text", "flow"),
    [
        ("境内银行可以向境外企业放款。", "out"),
        ("利润可以汇出。", "out"),
        ("境内机构经香港买境外债券。", "out"),
        ("企业把募集资金调回使用。", "in"),
        ("企业向境外银行借款。", "in"),
        ("境外机构买入境内债券。", "in"),
        ("境外机构不得向境内主体提供服务。", "in"),
        ("付款人往香港汇款。", "to hong kong"),
        ("Banks may lend to offshore companies.", "out"),
        ("Dividends may be paid abroad.", "out"),
        ("The proceeds are brought back onshore.", "in"),
        ("Overseas funds may buy mainland bonds.", "in"),
        ("Borrow the money from offshore banks.", "in"),
        ("The company moves in and keeps its personality.", "in"),
        ("She remits from Hong Kong by phone.", "to mainland"),
    ],
)
def test_a_flow_is_told_by_case_verb_or_buyer(text: str, flow: str) -> None:
    assert flow in flows(text)


@pytest.mark.parametrize(
    "text",
    [
        "境外借款人须为非金融企业。",
        "企业在境外的账户按年报告。",
        "离岸人民币市场扩大。",
        "Foreign entities are barred from offering mainland funds.",
        "Offshore RMB repo began in 2025.",
    ],
)
def test_a_place_alone_is_no_flow(text: str) -> None:
    assert flows(text) == frozenset()


def test_a_flow_is_turned_where_the_facts_have_only_its_reverse() -> None:
    fact = "境外机构不得向境内主体提供代币服务。"
    assert turned_flow("境内主体不得向境外机构提供代币服务。", [fact]) == "向境外"
    assert not turned_flow("境外机构不得向境内企业提供代币服务。", [fact])
    assert not turned_flow("境内主体不得使用代币服务。", [fact])


def test_a_translation_that_tells_the_flow_counts_too() -> None:
    facts = ["Foreign investors may open the account and remit directly.", "境外投资者可直接汇入。"]
    assert turned_flow("Firms may send the money abroad directly.", facts)
    assert not turned_flow("Investors send the money in, directly.", facts)


def test_a_sentence_of_both_directions_is_not_turned() -> None:
    assert not turned_flow("资金可汇入也可汇出。", ["资金可汇入。"])
