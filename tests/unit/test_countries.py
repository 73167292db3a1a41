"""A country's own law is told from a plant or a subsidiary that happens to be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.corpus import Corpus
from knowledge.countries import Country, load_countries
from knowledge.errors import CardError

COUNTRIES = load_countries()


def law_of(text: str) -> set[str]:
    return {country.en[0] for country in COUNTRIES if country.is_law_asked_in(text)}


def named(text: str) -> set[str]:
    return {country.en[0] for country in COUNTRIES if country.is_named_in(text)}


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("越南那头预提税率是多少？", "Vietnam"),
        ("越南的企业所得税有什么优惠？", "Vietnam"),
        ("新加坡牌照怎么拿？", "Singapore"),
        ("印尼当地外汇管制严吗？", "Indonesia"),
        ("What is Vietnam's corporate income tax?", "Vietnam"),
        ("What is the Vietnamese withholding on dividends?", "Vietnam"),
        ("Singapore's treasury incentive", "Singapore"),
        ("Which Thai licence does a lender need?", "Thailand"),
        ("巴西央行对这笔借款要收多少税？", "Brazil"),
        ("巴西对股东借款的利息要收多少税？", "Brazil"),
        ("德国税务局要我们登记吗？", "Germany"),
        ("What tax does Brazil charge on the loan?", "Brazil"),
        ("Will the German government require an approval?", "Germany"),
        ("Does Indonesia's central bank restrict repayment?", "Indonesia"),
    ],
)
def test_a_question_about_a_countrys_own_law_is_noticed(text: str, country: str) -> None:
    assert country in law_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "越南子公司缺流动资金，母公司怎么放款？",
        "去越南建厂要不要备案？",
        "对巴西子公司放款要不要登记？",
        "向德国付特许权使用费，扣多少税？",  # what is withheld here
        "Will the bank charge us when Brazil pays?",
        "给越南工厂付设备款要什么单证？",
        "我们在新加坡有一家子公司，预提税怎么办？",  # a comma lies between
        "香港的利得税税率是多少？",  # Hong Kong's rules are what the corpus is about
        "内地的预提税率是多少？",
        "How do we lend to our Vietnamese subsidiary?",
        "We have a plant in Vietnam. What is the Hong Kong tax rate?",
        "What is the profits tax rate in Hong Kong?",
        "",
    ],
)
def test_a_firm_abroad_is_no_question_about_the_law_there(text: str) -> None:
    assert law_of(text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("越南子公司", {"Vietnam"}),
        ("our VIETNAMESE plant", {"Vietnam"}),
        ("印尼工厂", {"Indonesia"}),
        ("a Laos road", {"Laos"}),
        ("the indiana court", set()),  # part of a longer word
        ("上海和香港", set()),
    ],
)
def test_countries_are_found_by_noun_adjective_and_short_name(
    text: str, expected: set[str]
) -> None:
    assert named(text) == expected


def test_indonesia_in_full_is_not_also_india() -> None:
    assert named("印度尼西亚工厂") == {"Indonesia"}
    assert law_of("印度尼西亚税法怎么规定？") == {"Indonesia"}


def test_neither_china_nor_hong_kong_is_a_country_abroad() -> None:
    assert named("中国内地、香港、上海 mainland China, Hong Kong") == set()


def test_no_two_countries_share_a_name() -> None:
    for pick in (lambda c: c.zh, lambda c: [name.lower() for name in c.en]):
        names = [name for country in COUNTRIES for name in pick(country)]
        assert len(names) == len(set(names))


def test_every_route_of_the_corpus_can_be_asked_without_being_taken_for_foreign_law(
    corpus: Corpus,
) -> None:
    wrong = {
        text: law_of(text)
        for route in corpus.routes.values()
        for text in (*route.asks.zh, *route.asks.en)
        if law_of(text)
    }
    assert wrong == {}


def test_a_file_that_is_not_the_format_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "countries.yaml"
    path.write_text("- {zh: [越南]}\n", encoding="utf-8")
    with pytest.raises(CardError, match=r"countries\.yaml"):
        load_countries(path)


def test_a_name_with_a_dot_is_taken_literally() -> None:
    country = Country(zh=("甲国",), en=("St. Ex",))
    assert country.is_named_in("a St. Ex firm")
    assert not country.is_named_in("a Stx Ex firm")
