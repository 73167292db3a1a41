"""Amounts of a question are read as the asker gave them: exact, in their currency, unconverted."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import cn2an
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.language import to_simplified
from bot.query.amounts import Money, read_mentions, read_money


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


WRITTEN = [
    # Chinese, as typed
    ("两个亿美元", "200000000 USD"),
    ("3亿美金", "300000000 USD"),
    ("五千万港币", "50000000 HKD"),
    ("RMB 70 亿", "7000000000 CNY"),
    ("三百万美刀", "3000000 USD"),
    ("人民币2.5个亿", "250000000 CNY"),
    ("US$ 5万", "50000 USD"),
    ("10万刀", "100000 USD"),
    ("半个亿人民币", "50000000 CNY"),
    ("半亿美元", "50000000 USD"),
    ("近3亿元", "300000000 CNY"),
    ("2-3亿美元", "200000000 USD, 300000000 USD"),
    ("3至5亿元人民币", "300000000 CNY, 500000000 CNY"),
    ("5000万美金左右", "50000000 USD"),
    ("美金五千万", "50000000 USD"),
    ("港纸两亿", "200000000 HKD"),
    ("一点五亿美元", "150000000 USD"),
    ("七十个亿人民币", "7000000000 CNY"),
    ("五个亿的人民币", "500000000 CNY"),
    ("八百万欧", "8000000 EUR"),
    ("1.2亿欧", "120000000 EUR"),
    ("两千万英镑", "20000000 GBP"),
    ("一亿日元", "100000000 JPY"),
    ("新币500万", "5000000 SGD"),
    ("2000万瑞郎", "20000000 CHF"),
    ("500万澳币", "5000000 AUD"),
    ("3000万马币", "30000000 MYR"),
    ("3千万美元", "30000000 USD"),
    ("1亿2千万美元", "120000000 USD"),
    ("1亿2000万美元", "120000000 USD"),
    ("一亿两千万港元", "120000000 HKD"),
    ("2亿5美元", "250000000 USD"),
    ("3万5人民币", "35000 CNY"),
    ("5亿多元人民币", "500000000 CNY"),
    ("5,000万美元", "50000000 USD"),
    ("伍佰万元整", "5000000 CNY"),
    ("人民币壹亿元", "100000000 CNY"),
    ("500万块", "5000000 CNY"),
    ("五百万块钱", "5000000 CNY"),
    ("500w人民币", "5000000 CNY"),
    ("30W美元", "300000 USD"),
    ("5000万（美元）", "50000000 USD"),
    ("人民币大约7亿元", "700000000 CNY"),
    ("离岸人民币5亿", "500000000 CNY"),
    ("等值5000万美元", "50000000 USD"),
    ("３億港幣", "300000000 HKD"),
    ("五百萬美金", "5000000 USD"),
    ("人民幣七十億元", "7000000000 CNY"),
    ("港元３億", "300000000 HKD"),
    # mixed
    ("USD 3亿", "300000000 USD"),
    ("3亿usd", "300000000 USD"),
    ("CNH5亿", "500000000 CNY"),
    ("USD 三百万", "3000000 USD"),
    # English
    ("USD300m", "300000000 USD"),
    ("HK$1.2bn", "1200000000 HKD"),
    ("1.5 million euros", "1500000 EUR"),
    ("20 mio USD", "20000000 USD"),
    ("500k USD", "500000 USD"),
    ("CNH 100mm", "100000000 CNY"),
    ("USD50MM", "50000000 USD"),
    ("US$50 mil", "50000000 USD"),
    ("USD 300 M", "300000000 USD"),
    ("1.5M USD", "1500000 USD"),
    ("2B RMB", "2000000000 CNY"),
    ("$5m USD", "5000000 USD"),
    ("GBP 2.5m", "2500000 GBP"),
    ("300 million HK dollars", "300000000 HKD"),
    ("USD 1.5-2 million", "1500000 USD, 2000000 USD"),
    ("USD1.5m to USD2m", "1500000 USD, 2000000 USD"),
    ("five and a half million euros", "5500000 EUR"),
    ("half a million US dollars", "500000 USD"),
    ("three hundred thousand US dollars", "300000 USD"),
    ("USD 5,000,000.00", "5000000 USD"),
    ("HK$ 40 bn", "40000000000 HKD"),
    ("USD 1tn", "1000000000000 USD"),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN, ids=[text for text, _ in WRITTEN])
def test_an_amount_is_read_as_people_write_it(text: str, expected: str) -> None:
    folded = to_simplified(unicodedata.normalize("NFKC", text))
    for sentence in (folded, f"我们要借{folded}，怎么办", f"We borrow {folded}, how?"):
        shown = [f"{found.amount:f} {found.currency}" for found in read_money(sentence)]
        assert ", ".join(shown) == expected


@pytest.mark.parametrize(
    "text",
    [
        "几千万美元",
        "上千万美元",
        "数亿元",
        "上亿美元",
        "好几百万港币",
        "一刀切的规定",
        "两块业务",
        "500万欧洲客户",
        "投资占一半",
        "负债率5:1",
        "100mm wafers",
        "half the USD loan",
    ],
)
def test_an_estimate_and_a_word_that_looks_like_money_are_no_amount(text: str) -> None:
    assert read_money(text) == ()


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
        ("at most HK$2 million", True),
        ("不到500万港币", True),
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


STYLES = [
    "{iso} {full}",
    "{iso}{full}",
    "{full} {iso}",
    "{iso} {grouped}",
    "{symbol}{grouped}",
    "{iso} {millions} million",
    "{iso}{millions}m",
    "{iso} {millions}mm",
    "{iso} {millions}mn",
    "{millions} million {iso}",
    "{millions}m {iso}",
    "{millions}M {iso}",
    "{millions} mio {iso}",
    "{iso} {billions}bn",
    "{symbol}{billions} billion",
    "{iso} {wan}万",
    "{wan}万{name}",
    "{wan} 万 {name}",
    "{wan}w{name}",
    "{wan}萬{name}",
    "{yi}亿{name}",
    "{yi}个亿{name}",
    "{name}{yi}亿",
    "{iso}{yi}亿",
    "{counted}{name}",
    "{name}{counted}",
    "{formal}{name}",
    "{full_width}{name}",
]
NAMES = {
    "USD": ("US$", "美元"),
    "HKD": ("HK$", "港元"),
    "EUR": ("€", "欧元"),
    "CNY": ("¥", "人民币"),
}


def plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@given(
    wan=st.integers(1, 9_999_999),
    iso=st.sampled_from(sorted(NAMES)),
    style=st.sampled_from(STYLES),
    frame=st.sampled_from(["{}", "我们想借{}，可以吗", "a loan of {} for our plant"]),
)
@settings(max_examples=400)
def test_any_amount_in_any_style_is_read_back_exactly(
    wan: int, iso: str, style: str, frame: str
) -> None:
    amount = Decimal(wan) * 10**4
    symbol, name = NAMES[iso]
    counted = cn2an.an2cn(int(amount))
    written = style.format(
        iso=iso,
        symbol=symbol,
        name=name,
        full=plain(amount),
        grouped=f"{amount:,}",
        millions=plain(amount / 10**6),
        billions=plain(amount / 10**9),
        wan=wan,
        yi=plain(amount / 10**8),
        counted=counted,
        formal=cn2an.an2cn(int(amount), "up"),
        full_width=plain(amount).translate(FULL_WIDTH),
    )
    folded = to_simplified(unicodedata.normalize("NFKC", frame.format(written)))
    assert read_money(folded) == (Money(amount=amount, currency=iso),)


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@given(st.text(max_size=60))
def test_any_text_can_be_read_for_amounts(text: str) -> None:
    for mention in read_mentions(text):
        assert mention.money.amount >= 0
        assert 0 <= mention.start < len(text)


def test_an_amount_cannot_be_changed_or_carry_more() -> None:
    amount = money("1", "USD")
    with pytest.raises(ValidationError):
        amount.currency = "CNY"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": "1", "currency": "USD", "rate": "7.2"})
