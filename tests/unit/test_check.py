"""The checker refuses what its facts do not bear out, and accepts every fact of the corpus."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from bot.checking.check import Checker
from bot.language import Lang, localise, to_traditional
from bot.route_plan import plan_route
from bot.writing.draft import Claim
from bot.writing.labels import label_for
from bot.writing.plan_text import Doubts, plan_blocks, plan_summary
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary

TODAY = dt.date(2026, 11, 22)
LANGS: tuple[Lang, ...] = get_args(Lang)

COEFFICIENT = "pbc-safe-2026-overseas-lending#2"  # "from March 2026 … 0.6, up from 0.5"
OLD = "pbc-2016-306-overseas-lending-old#3"  # superseded on 20 March 2026
CTC = "hk-corporate-treasury-centre-tax#1"  # "8.25 %, half of the 16.5 % standard rate"
DRAFT = "ndrc-2026-outbound-draft#3"  # draft of August 2026
BUDGET = "hk-budget-2026-27-going-global#4"  # announced: "about HKD 15 billion a year"


@pytest.fixture(scope="module")
def checker(corpus: Corpus) -> Checker:
    return Checker(corpus, load_glossary())


def rules(checker: Checker, text: str, *refs: str, day: dt.date = TODAY) -> set[str]:
    claim = Claim(text=text, refs=tuple(FactRef(ref) for ref in refs))
    return {finding.rule for finding in checker.findings(claim, day)}


def test_a_sentence_without_a_source_is_refused(checker: Checker) -> None:
    assert rules(checker, "系数为0.6。") == {"no-refs"}
    assert rules(checker, "A plain remark.") == {"no-refs"}


@pytest.mark.parametrize("ref", ["no-such-card#1", "pbc-safe-2026-overseas-lending#999"])
def test_a_source_that_does_not_exist_is_refused(checker: Checker, ref: str) -> None:
    assert rules(checker, "系数为0.6。", ref) == {"unknown-fact"}
    # one real source beside it does not help
    assert rules(checker, "系数为0.6。", COEFFICIENT, ref) == {"unknown-fact"}


TRUE = [
    (COEFFICIENT, "2026年3月起，系数由0.5上调至0.6。"),
    (COEFFICIENT, "2026年3月起，系數由0.5上調至0.6。"),
    (COEFFICIENT, "From March 2026 the coefficient is 0.6, up from 0.5."),
    (CTC, "财资利润按8.25%征税，为标准税率16.5%的一半。"),
    (CTC, "The rate is 8.25%, half of 16.5%."),
    (BUDGET, "预算案预计每年约150亿港元。"),
    (BUDGET, "The Budget expects about HKD 15 billion a year."),
    (DRAFT, "征求意见稿第十四条拟要求实施前20个工作日报告。"),
    (OLD, "旧规余额上限等于所有者权益乘以系数。"),
]


@pytest.mark.parametrize(("ref", "text"), TRUE)
def test_what_a_fact_says_is_accepted_however_it_is_worded(
    checker: Checker, ref: str, text: str
) -> None:
    assert rules(checker, text, ref) == set()


FALSE = [
    # a changed figure
    (COEFFICIENT, "2026年3月起，系数由0.5上调至0.8。", "figure"),
    (COEFFICIENT, "From March 2026 the coefficient is 0.7, up from 0.5.", "figure"),
    (CTC, "财资利润按8.5%征税。", "figure"),
    (CTC, "财资利润按百分之九征税。", "figure"),
    (CTC, "The rate is one third of the standard rate.", "figure"),
    (BUDGET, "The Budget expects about HKD 1.5 billion a year.", "figure"),
    (BUDGET, "预算案预计每年约15亿港元。", "figure"),  # a scale lost: 15亿 is 1.5 billion
    # the right figure in the wrong currency
    (BUDGET, "预算案预计每年约150亿元人民币。", "figure"),
    (BUDGET, "The Budget expects about USD 15 billion a year.", "figure"),
    # a changed date; more exact than the fact; the wrong year
    (COEFFICIENT, "2026年4月起，系数为0.6。", "figure"),
    (COEFFICIENT, "2026年3月15日起，系数为0.6。", "figure"),
    (COEFFICIENT, "From March 2025 the coefficient is 0.6.", "figure"),
    # a span of time
    (DRAFT, "征求意见稿拟要求实施前30个工作日报告。", "figure"),
    (DRAFT, "征求意见稿拟要求实施前20个月报告。", "figure"),
    # a document number or article that no source shows
    (COEFFICIENT, "依汇发〔2026〕99号，系数为0.6。", "figure"),
    (COEFFICIENT, "Under Huifa [2026] No. 99 the coefficient is 0.6.", "figure"),
    (DRAFT, "征求意见稿第四十一条拟要求实施前20个工作日报告。", "figure"),
    # an authority that no source names
    (COEFFICIENT, "商务部将系数定为0.6。", "authority"),
    (COEFFICIENT, "證監會把系數定為0.6。", "authority"),
    (COEFFICIENT, "The CSRC set the coefficient at 0.6.", "authority"),
    (CTC, "国家外汇管理局按8.25%征税。", "authority"),
    (CTC, "The HKEX taxes the profit at 8.25%.", "authority"),  # issued by IRD and HKMA
]


@pytest.mark.parametrize(("ref", "text", "rule"), FALSE)
def test_what_a_fact_does_not_say_is_refused(
    checker: Checker, ref: str, text: str, rule: str
) -> None:
    assert rules(checker, text, ref) == {rule}


def test_a_figure_of_another_fact_of_the_same_card_does_not_count(checker: Checker) -> None:
    assert rules(checker, "The rate is 8.25%.", COEFFICIENT) == {"figure"}
    assert rules(checker, "The rate is 8.25%.", COEFFICIENT, CTC) == set()


@pytest.mark.parametrize(
    ("ref", "text", "day"),
    [
        (OLD, "余额上限等于所有者权益乘以系数。", TODAY),
        (OLD, "The cap is equity times the coefficient.", TODAY),
        (OLD, "The cap is a threshold set by equity.", TODAY),  # "threshold" ends in "old"
        (DRAFT, "须在实施前20个工作日报告。", TODAY),
        (DRAFT, "Report 20 working days ahead.", TODAY),
        (BUDGET, "每年约150亿港元。", TODAY),
        (BUDGET, "About HKD 15 billion a year.", TODAY),
        # on a day before it started
        (COEFFICIENT, "系数为0.6。", dt.date(2025, 6, 1)),
        (COEFFICIENT, "The coefficient is 0.6.", dt.date(2025, 6, 1)),
    ],
)
def test_what_does_not_govern_on_the_day_is_refused_without_a_label(
    checker: Checker, ref: str, text: str, day: dt.date
) -> None:
    assert rules(checker, text, ref, day=day) == {"not-in-force"}


@pytest.mark.parametrize("lang", LANGS)
def test_a_rule_that_was_replaced_stands_unlabelled_on_days_on_which_it_governed(
    checker: Checker, lang: Lang
) -> None:
    said = {
        "zh-Hans": "余额上限等于所有者权益乘以系数。",
        "zh-Hant": "餘額上限等於所有者權益乘以系數。",
        "en": "The cap is equity times the coefficient.",
    }
    assert rules(checker, said[lang], OLD, day=dt.date(2026, 3, 19)) == set()
    assert rules(checker, said[lang], OLD, day=dt.date(2026, 3, 20)) == {"not-in-force"}


def test_a_verdict_keeps_sentence_sources_and_block(checker: Checker) -> None:
    claim = Claim(text="系数为0.9。", refs=(FactRef(COEFFICIENT),))
    refused = checker.check(claim, "lead", TODAY)
    assert (refused.text, refused.refs, refused.block) == (claim.text, claim.refs, "lead")
    assert refused.verdict == "unsupported"
    fine = checker.check(claim.model_copy(update={"text": "系数为0.6。"}), "note", TODAY)
    assert fine.verdict == "supported"


def test_every_objection_is_told_not_only_the_first(checker: Checker) -> None:
    text = "商务部规定，2024年5月1日起系数为0.9。"
    assert rules(checker, text, OLD) == {"not-in-force", "figure", "authority"}


@pytest.mark.parametrize("lang", LANGS)
def test_every_fact_of_the_corpus_is_accepted_as_its_own_sentence(
    corpus: Corpus, checker: Checker, lang: Lang
) -> None:
    refused = []
    for ref in corpus.refs:
        card, fact = corpus.instrument(ref), corpus.fact(ref)
        statement = Bilingual(zh=fact.zh, en=fact.en)
        label = label_for(card, corpus.validity(card, TODAY), corpus, statement)
        text = (localise(label, lang) if label else "") + localise(statement, lang)
        findings = list(checker.findings(Claim(text=text, refs=(ref,)), TODAY))
        refused += [f"{ref}: {finding.rule} {finding.seen}" for finding in findings]
    assert refused == []


@pytest.fixture(scope="module")
def doubts(checker: Checker) -> Doubts:
    return lambda claim: sum(1 for _ in checker.findings(claim, TODAY))


@pytest.mark.parametrize("lang", LANGS)
def test_every_step_and_option_of_every_route_is_accepted(
    corpus: Corpus, checker: Checker, doubts: Doubts, lang: Lang
) -> None:
    refused = [
        f"{route.id}: {claim.text} {claim.refs}: {finding.rule} {finding.seen}"
        for route in corpus.routes.values()
        for block in plan_blocks(plan_route(route, {}), doubts, lang, corpus)
        for claim in block.claims
        for finding in checker.findings(claim, TODAY)
    ]
    assert refused == []


def test_a_route_that_opens_with_its_summary_in_one_language_does_so_in_all(
    corpus: Corpus, doubts: Doubts
) -> None:
    unequal = {}
    for route in corpus.routes.values():
        plan = plan_route(route, {})
        said = {
            lang: sum(1 for _ in plan_summary(plan, (), doubts, lang, corpus)) for lang in LANGS
        }
        if len({count > 0 for count in said.values()}) > 1:
            unequal[route.id] = said
    assert unequal == {}


def test_a_figure_changed_in_any_fact_of_the_corpus_is_noticed(
    corpus: Corpus, checker: Checker
) -> None:
    """Put 8,765,431 yuan behind each fact: no fact of the corpus has that amount."""
    unnoticed = [
        ref
        for ref in corpus.refs
        if "figure" not in rules(checker, f"{corpus.fact(ref).zh}另须8765431元。", ref)
    ]
    assert unnoticed == []


def test_traditional_script_is_checked_as_strictly_as_simplified(checker: Checker) -> None:
    for ref, text, rule in FALSE:
        if not text.isascii():
            assert rules(checker, to_traditional(text), ref) == {rule}, text
