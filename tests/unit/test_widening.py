"""Exact rules and features against what a sentence leaves out, widens, rounds or tells of the past."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.checking.bodies import Authorities
from bot.checking.bygone import former_figure, without_asides, without_ended
from bot.checking.check import Checker
from bot.checking.conditions import widened
from bot.checking.polarity import Reading, crossed_opposites
from bot.checking.roles import exchanged_roles, outline
from bot.writing.draft import Claim
from bot.writing.labels import tells_standing
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus, Validity
from knowledge.figures.figure import missing_figures, read_figures
from knowledge.glossary import load_glossary

DAY = dt.date(2026, 11, 22)


def share(words: object, known: object) -> float:
    """Weigh all words alike."""
    assert isinstance(words, tuple)
    assert isinstance(known, frozenset)
    return sum(word in known for word in words) / len(words) if words else 1.0


@pytest.mark.parametrize(
    ("text", "validity", "told"),
    [
        ("以前并购贷款最多占六成，现在可以贷到七成。", "superseded", True),
        ("This used to be 60%.", "superseded", True),
        ("须在此前20个工作日内登记。", "superseded", False),
        ("交易所在咨询中建议所有申请人可保密递表。", "draft", True),
        ("所有申请人可保密递表。", "draft", False),
        ("2025年12月5日，升级试点启动。", "announced", True),
        ("跨境支付通于2025年6月开通。", "announced", True),
        ("当年的利率是在岸利率再加25个基点。", "superseded", True),
        ("The pilot was launched on 5 December 2025.", "announced", True),
        ("The pilot was launched on 5 December 2027.", "announced", False),
        ("利得税宽减100%。", "announced", False),
    ],
)
def test_other_words_than_ours_may_say_that_a_source_does_not_simply_govern(
    text: str, validity: Validity, told: bool
) -> None:
    assert tells_standing(text, validity, DAY) == told


@pytest.mark.parametrize(
    ("sentence", "fact"),
    [
        ("罚款最高为投资额的1%。", "按投资额最高10‰罚款。"),
        ("a fine of up to 1%", "fines of up to 10 per mille of the value"),
        ("It takes a fortnight.", "须在14天内办理。"),
        ("within a year and a half", "期限为18个月。"),
        ("roughly RMB 807 billion", "增加值8072.73亿元"),
        ("almost US$467 billion", "跨境资金调拨4669.41亿美元"),
        ("近2690亿元", "业务量2689亿元"),
        ("在五个城市进行", "试点城市为上海以及广东的广州、深圳、珠海、东莞。"),
    ],
)
def test_a_figure_in_another_form_or_rounded_is_borne_out(sentence: str, fact: str) -> None:
    assert read_figures(sentence)
    assert missing_figures(sentence, [fact]) == ()


@pytest.mark.parametrize(
    ("sentence", "fact"),
    [
        ("RMB 807 billion", "增加值8072.73亿元"),  # exact, so not rounded
        ("roughly RMB 900 billion", "增加值8072.73亿元"),
        ("some HK$286.8bn", "HK$285.8bn were raised"),  # as many digits: no rounding
        ("nearly RMB 800 billion", "增加值8072.73亿元"),  # it lies above
        ("罚款最高为投资额的10%。", "按投资额最高10‰罚款。"),
        ("The fine is 2 times the gain.", "A dual-use item draws a fine of 5 times the gain."),
        ("在四个城市进行", "试点城市为上海、广州、深圳、珠海、东莞。"),
    ],
)
def test_a_figure_that_is_another_is_missed(sentence: str, fact: str) -> None:
    assert missing_figures(sentence, [fact])


@pytest.fixture(scope="module")
def checker(corpus: Corpus) -> Checker:
    return Checker(corpus, load_glossary())


GOLD_DATES = "sh-hk-ap-progress-2025-2026#2 sh-hk-ap-progress-2025-2026#6"


@pytest.mark.parametrize(
    ("ref", "text", "rules"),
    [
        # the date is the instrument's, told of what the fact dates otherwise
        ("hk-minimum-top-up-tax-2025#12", "这个定义追溯到2025年1月1日。", {"figure"}),
        ("hk-minimum-top-up-tax-2025#12", "这个定义追溯到2024年1月1日。", set()),
        (
            "spc-2025-gba-choice-of-law#1",
            "最高人民法院答复深圳市中级人民法院的请示。",
            {"authority"},
        ),
        ("spc-2025-gba-choice-of-law#1", "最高人民法院答复广东省高级人民法院的请示。", set()),
        (
            "safe-bank-fx-due-diligence#5",
            "Banks inform the Ministry of Public Security.",
            {"authority"},
        ),
        ("safe-bank-fx-due-diligence#5", "Banks inform SAFE.", set()),
        # a span between two dates of the facts
        (GOLD_DATES, "金库2025年6月26日启用，七个月后的2026年1月26日签署协议。", set()),
        (GOLD_DATES, "金库2025年6月26日启用，八个月后的2026年1月26日签署协议。", {"figure"}),
    ],
)
def test_dates_and_bodies_in_the_place_of_the_facts_own_are_refused(
    checker: Checker, ref: str, text: str, rules: set[str]
) -> None:
    claim = Claim(text=text, refs=tuple(map(FactRef, ref.split())))
    assert {finding.rule for finding in checker.findings(claim, DAY)} == rules


def test_a_body_that_acts_is_told_from_one_that_is_named(corpus: Corpus) -> None:
    authorities = Authorities(corpus, load_glossary())
    assert authorities.dealt_with_in("由人民银行处5万元以下罚款。") == {"PBOC"}
    assert authorities.dealt_with_in("人民银行的通知规定罚款5万元。") == set()
    assert authorities.dealt_with_in("Lodge a copy with the CSRC.") == {"CSRC"}


@pytest.mark.parametrize(
    ("text", "acting"),
    [
        ("由财库局提供技术和监管意见。", {"FSTB"}),
        ("按发改委征求意见稿，银行不得结算。", set()),
        ("Under the SAFE circular banks may settle.", set()),
    ],
)
def test_a_body_that_only_wrote_the_rules_does_not_act(
    corpus: Corpus, text: str, acting: set[str]
) -> None:
    assert Authorities(corpus, load_glossary()).acting_in(text) == acting


RAISED = "控制型并购贷款比例上限由60%提高至70%，最长期限由7年延长至10年。"


@pytest.mark.parametrize(
    ("fact", "text", "is_former"),
    [
        (RAISED, "目前比例不能高于60%，期限最长7年。", True),
        (RAISED, "比例上限为70%，期限最长10年。", False),
        (RAISED, "比例上限由60%提高到70%。", False),
        ("已取消原“不超过等值300万美元”的限制。", "汇出不能超过等值300万美元。", True),
        ("HKD 4 billion (down from HKD 6 billion).", "The minimum is HKD 6 billion.", True),
        ("HKD 4 billion (down from HKD 6 billion).", "The minimum is HKD 4 billion.", False),
        (
            "HKD 4 billion (down from HKD 6 billion).",
            "HKD 6 billion, down from HKD 4 billion.",
            True,
        ),
    ],
)
def test_a_former_figure_told_as_if_it_held_is_found(fact: str, text: str, is_former: bool) -> None:
    assert former_figure(text, [fact]) == is_former


def test_an_aside_on_former_times_is_blanked_in_place() -> None:
    text = "只需两年社保（以前要五年）。"
    assert without_asides(text) == "只需两年社保       。"
    assert without_asides("须在两年内办理。") == "须在两年内办理。"


@pytest.mark.parametrize(
    ("text", "fact", "left"),
    [
        ("审核不再看单证。", "审核由单证转为尽调。", "审核  看单证。"),
        ("It no longer lends.", "It was replaced in October.", "It           lends."),
        ("审核不再看单证。", "审核单证。", "审核不再看单证。"),
    ],
)
def test_what_gave_way_is_denied_by_no_fact_that_tells_of_the_change(
    text: str, fact: str, left: str
) -> None:
    assert without_ended(text, [fact]) == left


@pytest.mark.parametrize(
    ("lang", "text", "is_heedless"),
    [
        ("zh", "不论锚定哪种货币，都须领取牌照。", 1.0),
        ("zh", "只要锚定港元，就须领取牌照。", 0.0),
        ("en", "It needs a licence, however many coins it issues.", 1.0),
        ("en", "It needs a licence without any delay.", 0.0),
    ],
)
def test_a_condition_said_not_to_matter_is_found(
    lang: PassageLang, text: str, is_heedless: float
) -> None:
    fact = "发行须领取牌照。" if lang == "zh" else "Issuing coins needs a licence."
    assert widened(text, [fact], [], lang, share).heedless == is_heedless


@pytest.mark.parametrize(
    ("lang", "fact", "wider", "same"),
    [
        (
            "zh",
            "香港基金可将投资管理职能转授予海外机构，但其所在地须已签署监管备忘录。",
            "香港基金可以把投资管理职能转授给任何地方的海外机构。",
            "香港基金可将投资管理职能转授予所在地已签署监管备忘录的海外机构。",
        ),
        (
            "en",
            "A fund may delegate management to an affiliate, if that place has signed a memorandum.",
            "A fund may delegate management to any affiliate.",
            "If that place has signed a memorandum, a fund may delegate management to an affiliate.",
        ),
    ],
)
def test_a_condition_that_goes_makes_a_sentence_wider(
    lang: PassageLang, fact: str, wider: str, same: str
) -> None:
    more, less = (widened(text, [fact], [], lang, share) for text in (wider, same))
    assert more.dropped > less.dropped + 0.3
    assert (more.wide, less.wide) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("lang", "fact", "exchanged", "right"),
    [
        (
            "zh",
            "中银香港为参加行提供结算账户。",
            "参加行为中银香港开立结算账户。",
            "中银香港为参加行开立结算账户。",
        ),
        (
            "en",
            "Domestic agent banks may fund the accounts of overseas participants.",
            "Overseas participants may fund the accounts of domestic agent banks.",
            "Domestic agent banks can finance the accounts of overseas participants.",
        ),
    ],
)
def test_a_doer_in_the_place_of_the_receiver_is_found(
    lang: PassageLang, fact: str, exchanged: str, right: str
) -> None:
    told = [outline(fact, lang)]
    assert exchanged_roles(outline(exchanged, lang), told).exchanged == 1
    assert exchanged_roles(outline(right, lang), told).exchanged == 0


def test_a_change_told_backwards_is_found() -> None:
    told = [outline("The Code moves the risk from consignee to shipper.", "en")]
    turned = outline("The Code shifts the risk from the shipper to the consignee.", "en")
    right = outline("The Code shifts the risk from the consignee to the shipper.", "en")
    assert exchanged_roles(turned, told).reversed == 1
    assert exchanged_roles(right, told).reversed == 0


def test_opposites_in_each_others_place_are_found() -> None:
    fact = Reading(
        "Mainland companies may issue GDRs in London, overseas companies CDRs in Shanghai.", "en"
    )
    turned = Reading(
        "Overseas companies may issue GDRs in London, mainland companies CDRs in Shanghai.", "en"
    )
    assert crossed_opposites(turned, [fact]).weight > 0
    assert crossed_opposites(fact, [fact]).weight == 0
