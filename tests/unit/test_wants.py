"""What kind of thing is asked for, and which facts give it."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.query.wants import Offers, Want, bound_asked, figure_wants, is_illustration, wants_of
from knowledge.card import FactRef
from knowledge.corpus import Corpus

WANTED: list[tuple[str, Want]] = [
    ("备案多久能办完？", "span"),
    ("審批要幾天？", "span"),
    ("最多有效多少个月？", "span"),
    ("备案又需时多少个工作日？", "span"),
    ("公示要多少日？", "span"),
    ("How long does registration take?", "span"),
    ("How soon must we report?", "span"),
    ("How recent must the accounts be?", "span"),
    ("How many trading days are left?", "span"),
    ("Within how many working days must we report?", "span"),
    ("办法什么时候生效？", "date"),
    ("When does it take effect?", "date"),
    ("财资中心税率是多少？", "share"),
    ("What is the coefficient?", "share"),
    ("要占多少份额？", "share"),
    ("加多少个基点？", "share"),
    ("建资金池的营收门槛", "money"),
    ("折合多少日元？", "money"),
    ("能拿多少支持资金？", "money"),
    ("要交多少个人所得税？", "money"),
    ("What is the largest amount a firm may lend?", "money"),
    ("要过几道关、涉及几个部门？", "count"),
    ("方案有多少条措施？", "count"),
    ("储存量可达多少公吨？", "count"),
    ("How many banks take part?", "count"),
    ("这件事归谁管？", "who"),
    ("在哪里登记？", "who"),
    ("申请材料交到何处？", "who"),
    ("Which authority registers the debt?", "who"),
    ("Where is the loan registered?", "who"),
    ("付款要交哪些材料？", "documents"),
    ("What paperwork does the bank need?", "documents"),
    ("能不能用人民币汇出？", "permission"),
    ("May we lend to a second-tier subsidiary?", "permission"),
    ("If the loan is in RMB, must we register it?", "permission"),
    ("What is the rate and can we pay in RMB?", "permission"),
    ("怎样在香港开户？", "steps"),
    ("要办什么登记？", "steps"),
    ("How do we set up a pool?", "steps"),
    # whoever acts, and also where it is asked what is done
    ("How do mainland insurers buy bonds there?", "steps"),
    ("How is the dividend remitted?", "steps"),
    ("We want to pay in RMB instead. How?", "steps"),
    ("收购前先办备案，怎么排？", "steps"),
    ("怎样做才能把利润汇出去？", "steps"),
    # a deadline is asked for as a day and given as a span
    ("发行之后什么时候登记？", "span"),
    ("When must we register the loan?", "span"),
    ("配售新股是什么时点？", "date"),
    ("主办企业要满足什么条件？", "conditions"),
    ("Who is eligible?", "conditions"),
    ("旧规定被哪个文件取代了？", "change"),
    ("What replaced the 2016 notice?", "change"),
]


@pytest.mark.parametrize(("text", "want"), WANTED)
def test_a_question_tells_what_kind_of_thing_it_wants(text: str, want: Want) -> None:
    # Traditional questions reach this step simplified; 審批要幾天 keeps 天 and 几 is folded before.
    assert want in wants_of(text.replace("審", "审").replace("幾", "几"))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("额度怎么算？", "steps"),  # asks for a method, not for a procedure
        ("新办法怎么规定的？", "steps"),
        # what must be met, and how two things relate, are no steps to take
        ("怎样持有才不用交税？", "steps"),
        ("How do the two schemes fit together?", "steps"),
        ("How does the new measure differ from the old one?", "steps"),
        ("How is the quota calculated?", "steps"),
        # a span or leave asked for with the same words as a formality, in either language
        ("须于多少日内向外汇局办理登记？", "steps"),
        ("签约后多少个工作日内要登记？", "steps"),
        ("付款要做税务备案吗？", "steps"),
        ("须否办理税务备案？", "steps"),
        ("Does the payment need a tax filing?", "steps"),
        ("新办法什么时候生效？", "span"),
        ("When does the new rule take effect?", "span"),
        ("额度怎么算？", "span"),
        ("What is the tax rate?", "steps"),
        ("What is the tax rate?", "who"),
        # a plan of an authority, and what is already done, are no steps to take
        ("数字人民币的路线图何时公布？", "steps"),
        ("办完外债登记之后多久能提款？", "steps"),
        # a word for what is counted leaves no amount and no share open
        ("方案有多少条措施？", "money"),
        ("方案有多少条措施？", "share"),
        # a unit of time leaves neither these nor a count open
        ("备案需时多少个工作日？", "count"),
        ("备案需时多少个工作日？", "money"),
        ("备案需时多少日？", "share"),
        ("How many business days does it take?", "count"),
        # 日 and 个 that begin another word
        ("折合多少日元？", "span"),
        ("要交多少个人所得税？", "count"),
        # an auxiliary behind a question word asks for what the question word does
        ("What must we file?", "permission"),
        ("What forms and papers must we file?", "permission"),
        ("Which bank can we use?", "permission"),
        ("资金池", "money"),
        # cues that only stand inside a longer word: "ratio", "sequence", "limit"
        ("Does registration take place at the bank?", "share"),
        ("Is a corporation abroad a resident?", "share"),
        ("What are the consequences?", "steps"),
        ("Can a limited partnership join?", "money"),
    ],
)
def test_a_question_is_not_said_to_want_what_it_does_not(text: str, want: Want) -> None:
    assert want not in wants_of(text)


def test_a_text_that_asks_nothing_wants_nothing() -> None:
    assert wants_of("资金池") == ()
    assert wants_of("") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("额度怎么算？", set()),  # about a quota, but no figure answers it
        ("利率有什么要求？", set()),
        ("How is the quota worked out?", set()),
        ("额度是多少？", {"money", "share"}),  # 多少 may be either
        ("备案要多久？", {"span"}),
        ("When does the rule take effect?", {"date"}),
        ("How many working days does it take?", {"span"}),
        ("备案要多少个工作日？", {"span"}),
        ("方案有多少条措施？", {"count"}),
        ("How many measures does the plan hold?", {"count"}),
        ("What is the fee?", {"money"}),
        ("What are the application fees?", {"money"}),
        ("What is the tax rate?", {"share"}),
        ("How recent must the accounts be?", {"span"}),
        ("Which fees are charged?", set()),
    ],
)
def test_only_a_question_for_a_figure_must_be_answered_by_one(
    text: str, expected: set[Want]
) -> None:
    assert figure_wants(text) == expected


@pytest.mark.parametrize(
    ("ref", "gives"),
    [
        # "profits tax at 8.25%, half of the 16.5% standard rate"
        ("hk-corporate-treasury-centre-tax#1", {"share"}),
        # "coefficient from 0.5 to 0.6 from March 2026"
        ("pbc-safe-2026-overseas-lending#2", {"share", "date"}),
    ],
)
def test_a_fact_gives_the_kinds_of_its_figures(corpus: Corpus, ref: str, gives: set[Want]) -> None:
    assert gives <= Offers(corpus).of(FactRef(ref))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("最长能放几年", "to"),
        ("至少要满几年", "from"),
        ("最低和最高各多少", None),
        ("what is the longest tenor", "to"),
        ("the minimum stake", "from"),
        ("多久能办好", None),
    ],
)
def test_a_question_may_ask_for_the_most_or_the_least(text: str, bound: str | None) -> None:
    assert bound_asked(text) == bound


def test_a_bound_or_a_look_back_is_not_its_opposite(corpus: Corpus) -> None:
    offers, ref = Offers(corpus), FactRef("pbc-safe-2026-overseas-lending#9")
    assert "span" in offers.of(ref)
    assert "span" in offers.up_to(ref, "from")
    assert "span" not in offers.up_to(ref, "to")


def test_the_aspect_of_a_fact_is_a_kind_it_gives(corpus: Corpus) -> None:
    offers = Offers(corpus)
    expected = {
        "eligibility": "conditions",
        "limit": "conditions",
        "procedure": "steps",
        "documents": "steps",
        "authority": "who",
    }
    seen = set()
    for ref in corpus.refs:
        aspect = corpus.fact(ref).aspect
        if aspect in expected:
            seen.add(aspect)
            assert expected[aspect] in offers.of(ref), ref
    assert seen == set(expected)


def test_every_kind_that_can_be_asked_for_is_given_by_some_fact(corpus: Corpus) -> None:
    offers = Offers(corpus)
    given = set().union(*(offers.of(ref) for ref in corpus.refs))
    # "change" is told from instruments that replace each other, not from a fact's words
    assert given == set(get_args(Want)) - {"change"}


@pytest.mark.parametrize(
    "text",
    [
        "案例：某集团2024年设立财资中心。",
        "财新指出，系数上一次调整在2021年。",
        "例：借款1亿元按此计算。",
        "有律师认为该条可放宽。",
        "某制造企业通过资金池调拨资金。",
    ],
)
def test_a_case_or_an_opinion_is_an_illustration(text: str) -> None:
    assert is_illustration(text)


@pytest.mark.parametrize(
    "text",
    [
        "境内企业境外放款宏观审慎调节系数为0.6。",
        "集团成员公司可以参加资金池。",
        "银行应当审核交易真实性。",
    ],
)
def test_a_rule_is_no_illustration(text: str) -> None:
    assert not is_illustration(text)
