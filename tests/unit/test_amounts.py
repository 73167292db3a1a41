"""Amounts of a question are read as the asker gave them: exact, in their currency, unconverted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.amounts import Money, read_mentions, read_money


def money(amount: str, currency: str) -> Money:
    return Money(amount=Decimal(amount), currency=currency)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("借给它500万美元周转", money("5000000", "USD")),
        ("投资3亿美元", money("300000000", "USD")),
        ("借美金5000万", money("50000000", "USD")),
        ("年营收70亿元人民币", money("7000000000", "CNY")),
        ("市值40亿港元", money("4000000000", "HKD")),
        ("市值40億港幣", money("4000000000", "HKD")),
        ("５００万美元", money("5000000", "USD")),  # full width
        ("1.5亿欧元", money("150000000", "EUR")),
        ("a loan of USD 5 million", money("5000000", "USD")),
        ("US$300m", money("300000000", "USD")),
        ("HK$2.5 billion", money("2500000000", "HKD")),
        ("RMB 200,000", money("200000", "CNY")),
        ("EUR 750 million of turnover", money("750000000", "EUR")),
    ],
)
def test_an_amount_is_read_in_full_units_of_its_currency(text: str, expected: Money) -> None:
    assert read_money(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "借5000万",  # no currency named
        "$250,000",  # a dollar of which country is not said
        "系数0.6",
        "税率8.25%",
        "3年期",
        "2026年3月20日",
        "汇发〔2014〕37号",
        "5 million",
        "资金池",
        "",
    ],
)
def test_what_names_no_currency_is_no_amount(text: str) -> None:
    assert read_money(text) == ()


def test_several_amounts_come_in_reading_order_and_none_is_converted() -> None:
    assert read_money("境内营收100亿元、境外20亿美元，市值40亿港元") == (
        money("10000000000", "CNY"),
        money("2000000000", "USD"),
        money("4000000000", "HKD"),
    )


@pytest.mark.parametrize(
    ("text", "is_bound"),
    [
        ("5万美元以上要备案吗", True),
        ("超过3亿美元的项目", True),
        ("不超过等值5万美元", True),
        ("loans of up to USD 1 million", True),
        ("USD 50,000 or more", True),
        ("投3亿美元", False),
        ("a loan of USD 5 million", False),
    ],
)
def test_an_amount_that_is_a_limit_is_told_from_the_amount_of_a_deal(
    text: str, is_bound: bool
) -> None:
    (mention,) = read_mentions(text)
    assert mention.is_bound == is_bound


CURRENCIES = {"USD": "美元", "CNY": "元人民币", "HKD": "港元", "EUR": "欧元"}


@given(
    count=st.integers(1, 9_999),
    scale=st.sampled_from([("万", 10**4), ("亿", 10**8)]),
    currency=st.sampled_from(sorted(CURRENCIES)),
)
def test_chinese_scales_count_in_ten_thousands_and_hundred_millions(
    count: int, scale: tuple[str, int], currency: str
) -> None:
    text = f"金额{count}{scale[0]}{CURRENCIES[currency]}"
    assert read_money(text) == (money(str(count * scale[1]), currency),)


@given(
    hundredths=st.integers(1, 99_999),
    scale=st.sampled_from([("million", 10**6), ("billion", 10**9)]),
    currency=st.sampled_from(sorted(CURRENCIES)),
)
def test_english_scales_count_in_millions_and_billions(
    hundredths: int, scale: tuple[str, int], currency: str
) -> None:
    # 1234 hundredths of a million are written "12.34 million" and are 12,340,000, exactly
    text = f"{currency} {Decimal(hundredths) / 100} {scale[0]}"
    (read,) = read_money(text)
    assert read == Money(amount=Decimal(hundredths) * scale[1] / 100, currency=currency)


@given(
    units=st.integers(1, 10**13),
    currency=st.sampled_from(["USD", "CNY", "HKD"]),
)
def test_an_amount_comes_back_whole_from_grouped_digits_and_from_json(
    units: int, currency: str
) -> None:
    (read,) = read_money(f"{currency} {units:,}")
    assert read.amount == units
    assert Money.model_validate_json(read.model_dump_json()) == read


def test_an_amount_cannot_be_changed_or_carry_more() -> None:
    amount = money("1", "USD")
    with pytest.raises(ValidationError):
        amount.currency = "CNY"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": "1", "currency": "USD", "rate": "7.2"})
