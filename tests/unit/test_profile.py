"""Circumstances of firm and deal: what is said outright is taken, nothing is guessed."""

from __future__ import annotations

import math
import unicodedata

import pytest

from bot.errors import ProfileError
from bot.language import to_simplified
from bot.query.profile import Value, known_values, read_profile, read_values
from knowledge.corpus import Corpus

LEND = "lend-to-overseas-subsidiary"
FUND = "fund-overseas-subsidiary"
ACQUIRE = "acquire-overseas-company"
LIST = "list-in-hong-kong"
OPEN = "open-accounts"
TRADE = "offshore-trade-settlement"
PANDA = "issue-panda-bond-for-group"
BORROW = "borrow-offshore-loan"


def told(corpus: Corpus, route: str, text: str) -> dict[str, Value]:
    """Read a text as the engine does: folded, Chinese simplified."""
    folded = to_simplified(unicodedata.normalize("NFKC", text))
    return read_profile(folded, corpus.routes[route])


SAID = [
    # amounts: 300 million US dollars, in both languages and scripts
    (FUND, "我们要向越南子公司投3亿美元", {"amount_usd": 300_000_000.0}),
    (FUND, "我們要向越南子公司投３億美元", {"amount_usd": 300_000_000.0}),
    (FUND, "We want to put US$300m into Vietnam", {"amount_usd": 300_000_000.0}),
    (ACQUIRE, "收购价8000万美元", {"price_usd": 80_000_000.0}),
    (LIST, "市值约40亿港元", {"market_cap_hkd": 4_000_000_000.0}),
    # kind of firm
    (FUND, "我们是央企", {"enterprise_type": "central_soe"}),
    (FUND, "一家市属国企", {"enterprise_type": "local_soe"}),
    (FUND, "我們是民企", {"enterprise_type": "private"}),
    (FUND, "We are a privately held group", {"enterprise_type": "private"}),
    (ACQUIRE, "as a central SOE", {"enterprise_type": "central_soe"}),
    # place, structure, currency
    (OPEN, "我司在临港注册", {"in_shanghai_ftz": True}),
    (OPEN, "Our company is registered in the Shanghai FTZ", {"in_shanghai_ftz": True}),
    (OPEN, "我们香港公司想开户", {"has_hk_company": True}),
    (TRADE, "our Hong Kong subsidiary buys", {"has_hk_company": True}),
    (FUND, "以人民币出资", {"send_in_cny": True}),
    (TRADE, "用人民币结算", {"settle_in_cny": True}),
    (FUND, "敏感行业项目", {"sensitive_project": True}),
    (FUND, "非敏感类项目", {"sensitive_project": False}),
    (FUND, "a non-sensitive project", {"sensitive_project": False}),
    (PANDA, "我们是红筹架构", {"red_chip": True}),
    (BORROW, "我们是专精特新企业", {"tech_status": "tech"}),
    # tenors in years
    (LEND, "放3年期的款", {"loan_years": 3.0}),
    (LEND, "放三年期的款", {"loan_years": 3.0}),
    (LEND, "a five-year loan", {"loan_years": 5.0}),
    (LEND, "半年期借款", {"loan_years": 0.5}),
]


@pytest.mark.parametrize(("route", "text", "expected"), SAID)
def test_what_is_said_outright_is_taken(
    corpus: Corpus, route: str, text: str, expected: dict[str, Value]
) -> None:
    assert told(corpus, route, text) == expected


NOT_SAID = [
    # another currency is not converted, no currency is not guessed
    (FUND, "我们要投20亿元人民币"),
    (FUND, "我们要投3亿"),
    (LIST, "市值约5亿美元"),
    # a limit asked about is not the amount of the deal
    (FUND, "3亿美元以上的项目由谁核准？"),
    (FUND, "What must projects of more than USD 300 million file?"),
    # a place or a partner is not a circumstance of the firm
    (OPEN, "上海自贸区有什么政策？"),
    (OPEN, "香港公司要交什么税？"),
    (FUND, "民主程序"),
    (FUND, "敏感性分析"),
    # spans that are no tenor
    (LEND, "注册满1年"),
    (LEND, "2026年的新办法"),
    (LEND, "每年报一次"),
    (LEND, ""),
]


@pytest.mark.parametrize(("route", "text"), NOT_SAID)
def test_what_is_not_said_stays_open(corpus: Corpus, route: str, text: str) -> None:
    assert told(corpus, route, text) == {}


DENIED = [
    (OPEN, "我们还没有香港公司", "has_hk_company", True),
    (FUND, "我们不是央企，是民企", "enterprise_type", "central_soe"),
    (FUND, "We are not a central SOE", "enterprise_type", "central_soe"),
    (FUND, "项目不属于敏感行业", "sensitive_project", True),
    (LIST, "募集资金不想留在境外", "keep_abroad", True),
]


@pytest.mark.parametrize(("route", "text", "name", "wrong"), DENIED)
def test_what_is_denied_is_not_taken_as_said(
    corpus: Corpus, route: str, text: str, name: str, wrong: Value
) -> None:
    assert told(corpus, route, text).get(name) != wrong


@pytest.mark.parametrize(
    "text",
    [
        "2025年期末净资产是上限的依据吗？",  # "2025年期" is a balance-sheet date, not 25 years
        "在2026年期间放款",
        "our 3-year-old subsidiary",  # its age
        "The lender must be registered for over one year",
    ],
)
def test_a_year_or_an_age_is_not_a_tenor(corpus: Corpus, text: str) -> None:
    assert "loan_years" not in told(corpus, LEND, text)


@pytest.mark.parametrize(
    "text",
    ["集团年营收10亿美元，想在越南设子公司", "With a turnover of USD 1 billion, how do we invest?"],
)
def test_a_turnover_is_not_the_amount_of_the_deal(corpus: Corpus, text: str) -> None:
    # USD 1 bn would take the project over the USD 300m line, and so change who files where.
    assert "amount_usd" not in told(corpus, FUND, text)


def test_a_route_takes_only_the_inputs_it_has(corpus: Corpus) -> None:
    text = "我们是央企，借3年期5000万美元，以人民币出资，已有香港公司"
    for route in corpus.routes.values():
        read = read_profile(text, route)
        inputs = {item.name: item for item in route.inputs}
        assert read.keys() <= inputs.keys()
        for name, value in read.items():
            if inputs[name].type == "choice":
                assert value in {choice.value for choice in inputs[name].choices}
    # the same words mean different things to different routes
    assert told(corpus, FUND, text).keys() == {"enterprise_type", "amount_usd", "send_in_cny"}
    assert told(corpus, LEND, text).keys() == {"loan_years"}


GIVEN = [
    (FUND, {"amount_usd": 300_000_000}, {"amount_usd": 300_000_000.0}),
    (FUND, {"amount_usd": "300,000,000"}, {"amount_usd": 300_000_000.0}),
    (FUND, {"amount_usd": "3亿"}, {"amount_usd": 300_000_000.0}),
    (FUND, {"amount_usd": "3亿美元"}, {"amount_usd": 300_000_000.0}),
    (FUND, {"amount_usd": "USD 300m"}, {"amount_usd": 300_000_000.0}),
    (FUND, {"enterprise_type": "private"}, {"enterprise_type": "private"}),
    (FUND, {"send_in_cny": "是"}, {"send_in_cny": True}),
    (FUND, {"send_in_cny": "無"}, {"send_in_cny": False}),
    (FUND, {"send_in_cny": "No"}, {"send_in_cny": False}),
    (FUND, {"send_in_cny": False}, {"send_in_cny": False}),
    (FUND, {"send_in_cny": None, "amount_usd": ""}, {}),  # a form's empty fields are unknown
    (LEND, {"loan_to_equity": "0.5倍"}, {"loan_to_equity": 0.5}),
    (LEND, {}, {}),
]


@pytest.mark.parametrize(("route", "values", "expected"), GIVEN)
def test_values_given_by_name_are_read_by_the_type_of_their_input(
    corpus: Corpus, route: str, values: dict[str, object], expected: dict[str, Value]
) -> None:
    assert read_values(corpus.routes[route], values) == expected


MISFITS = [
    # route, input, what was given, what the message offers instead
    (FUND, "amount_usd", "a lot", ("a number", "数字")),
    (FUND, "amount_usd", True, ("a number", "数字")),
    (FUND, "amount_usd", "60%", ("a number", "数字")),
    (FUND, "amount_usd", [1], ("a number", "数字")),
    (FUND, "send_in_cny", "maybe", ("true or false", "是/否")),
    (FUND, "enterprise_type", "startup", ("central_soe", "central_soe")),
    (FUND, "enterprise_type", True, ("private", "private")),
]


@pytest.mark.parametrize(("route", "name", "seen", "choices"), MISFITS)
def test_a_value_that_does_not_fit_is_refused_with_input_seen_and_choices(
    corpus: Corpus, route: str, name: str, seen: object, choices: tuple[str, str]
) -> None:
    with pytest.raises(ProfileError) as caught:
        read_values(corpus.routes[route], {name: seen})
    assert caught.value.code == "bad-profile"
    for lang, choice in (("en", choices[0]), ("zh-Hans", choices[1])):
        message = caught.value.user_message(lang)  # type: ignore[arg-type]
        assert name in message
        assert repr(seen) in message
        assert choice in message


def test_an_input_that_the_route_does_not_have_is_refused_with_those_it_has(
    corpus: Corpus,
) -> None:
    with pytest.raises(ProfileError) as caught:
        read_values(corpus.routes[FUND], {"amount_eur": 1})
    for lang in ("zh-Hans", "zh-Hant", "en"):
        message = caught.value.user_message(lang)  # type: ignore[arg-type]
        assert "amount_eur" in message
        assert FUND in message
        assert all(item.name in message for item in corpus.routes[FUND].inputs)


@pytest.mark.parametrize("given", ["5亿元人民币", "HKD 300 million"])
def test_an_amount_in_another_currency_than_the_input_is_refused(
    corpus: Corpus, given: str
) -> None:
    # `amount_usd` counts US dollars; 500 million yuan are about 70 million of them.
    with pytest.raises(ProfileError):
        read_values(corpus.routes[FUND], {"amount_usd": given})


def test_a_tenor_in_months_is_not_read_as_years(corpus: Corpus) -> None:
    route = corpus.routes[LEND]
    try:
        assert read_values(route, {"loan_years": "6个月"}) == {"loan_years": 0.5}
    except ProfileError:
        return  # to refuse it is as good as to convert it


@pytest.mark.parametrize("given", ["nan", "inf", math.nan, math.inf])
def test_a_number_that_is_none_is_refused(corpus: Corpus, given: object) -> None:
    # It would compare as False with every threshold, and JSON has no word for it.
    with pytest.raises(ProfileError):
        read_values(corpus.routes[FUND], {"amount_usd": given})


def test_a_conversation_keeps_what_the_route_asks_about_and_drops_the_rest(
    corpus: Corpus,
) -> None:
    profile = {"amount_usd": "3亿", "credit_days": 90, "enterprise_type": "private"}
    assert known_values(corpus.routes[FUND], profile) == {
        "amount_usd": 300_000_000.0,
        "enterprise_type": "private",
    }
    with pytest.raises(ProfileError):
        known_values(corpus.routes[FUND], {"enterprise_type": "startup"})
