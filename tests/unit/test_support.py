"""A sentence in a writer's own words is refused when it says other than, or more than, its facts."""

from __future__ import annotations

import pytest

from bot.checking.polarity import (
    Reading,
    added_negation,
    exchanged_figures,
    lost_negation,
    outweighed_direction,
    turned_direction,
    turned_head,
    turned_mode,
    turned_sequence,
)
from bot.checking.rules import RULES, Features, is_covered
from bot.checking.support import Support
from bot.language import to_traditional
from bot.query.understanding import Lexicon
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary
from knowledge.search.embed import Embedder

SURE = 0.3
"""Weight of a turn that leaves no doubt."""


@pytest.fixture(scope="module")
def support(
    corpus: Corpus, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Support:
    own_cache = tmp_path_factory.mktemp("facts")
    return Support(corpus, Lexicon(corpus, load_glossary()), embedder, own_cache)


def rules(support: Support, text: str, *refs: str) -> set[str]:
    return {found.rule for found in support.findings(text, [FactRef(ref) for ref in refs])}


def reading(text: str) -> Reading:
    lang: PassageLang = "en" if text.isascii() else "zh"
    return Reading(text, lang)


# --- negation and mode

ZH_RULE = "企业须在境内银行开立专用账户，募集资金可调回境内使用，不得用于购买理财产品。"
EN_RULE = (
    "Firms must open a special account with a mainland bank; the proceeds may be used onshore "
    "and may not be spent on wealth products."
)


@pytest.mark.parametrize(
    "text",
    ["募集资金不可调回境内使用。", "The proceeds may not be used onshore."],
)
def test_a_denial_that_the_facts_do_not_have_is_found(text: str) -> None:
    fact = reading(ZH_RULE if not text.isascii() else EN_RULE)
    plain = reading(text.replace("不可", "可").replace(" not", ""))
    assert (
        max(added_negation(reading(text), [fact]), turned_mode(reading(text), [fact])).weight > SURE
    )
    assert added_negation(plain, [fact]).weight < SURE
    assert turned_mode(plain, [fact]).weight < SURE


@pytest.mark.parametrize(
    ("fact", "text", "kept"),
    [
        ("外商投资企业境内再投资不再办理登记。", "外商投资企业境内再投资办理登记。", "外商投资企业境内再投资无须办理登记。"),
        ("The net outflow of the pool has no ceiling.", "The net outflow of the pool has a ceiling.", "The net outflow of the pool is without a ceiling."),
    ],
)  # fmt: skip
def test_a_denial_that_the_text_drops_is_found(fact: str, text: str, kept: str) -> None:
    assert lost_negation(reading(text), [reading(fact)]).weight > SURE
    assert lost_negation(reading(kept), [reading(fact)]).weight < SURE


@pytest.mark.parametrize(
    ("fact", "turned", "same"),
    [
        ("企业须向银行提交合同。", "企业无须向银行提交合同。", "企业必须向银行提交合同。"),
        ("银行可办理轧差结算。", "银行不得办理轧差结算。", "银行可以办理轧差结算。"),
        ("资金不得用于购买理财产品。", "资金可用于购买理财产品。", "资金不能用于购买理财产品。"),
        ("Firms must submit the contract.", "Firms need not submit the contract.", "Firms have to submit the contract."),
        ("Banks may settle trade net.", "Banks may not settle trade net.", "Banks can settle trade net."),
        ("Proceeds may not buy wealth products.", "Proceeds may buy wealth products.", "Proceeds cannot buy wealth products."),
    ],
)  # fmt: skip
def test_leave_for_ban_and_duty_for_exemption_are_found(fact: str, turned: str, same: str) -> None:
    assert turned_mode(reading(turned), [reading(fact)]).weight > SURE
    assert turned_mode(reading(same), [reading(fact)]).weight == 0


@pytest.mark.parametrize(
    "text",
    [
        "额度不超过净资产的50%。",
        "期限不得少于三年。",
        "The loan is no more than half of the price.",
        "A deal may not exceed USD 5 million.",
        "It covers not only banks but insurers.",
    ],
)
def test_a_bound_is_no_denial(text: str) -> None:
    assert reading(text).negated == []


def test_a_bank_is_no_ban() -> None:
    fact = reading("The bank checks the documents of the deal.")
    assert turned_mode(reading("The bank may check the documents of the deal."), [fact]).weight == 0


# --- direction and bound


@pytest.mark.parametrize(
    ("fact", "turned"),
    [
        ("债券须在境外发行并在香港交易。", "债券须在境内发行并在香港交易。"),
        ("南向交易经内地托管机构办理。", "北向交易经内地托管机构办理。"),
        ("试点范围扩大至全国。", "试点范围缩小至全国。"),
        ("期限最低为三年。", "期限最高为三年。"),
        ("Bonds are issued offshore and traded on an exchange.", "Bonds are issued onshore and traded on an exchange."),
        ("Southbound trades settle through the depository.", "Northbound trades settle through the depository."),
        ("The pilot was widened to the whole city.", "The pilot was narrowed to the whole city."),
        ("Exporters keep receipts abroad.", "Importers keep receipts abroad."),
    ],
)  # fmt: skip
def test_a_direction_turned_round_is_found(fact: str, turned: str) -> None:
    assert turned_direction(reading(turned), [reading(fact)]).weight > SURE
    assert outweighed_direction(reading(turned), [reading(fact)]).weight == 1
    assert turned_direction(reading(fact), [reading(fact)]).weight == 0
    assert outweighed_direction(reading(fact), [reading(fact)]).weight == 0


@pytest.mark.parametrize(
    ("fact", "turned", "same"),
    [
        ("境内企业可由境外子公司发债。", "境外企业可由境内子公司发债。", "境内企业可以由境外子公司来发债。"),
        ("Mainland banks lend to offshore firms.", "Offshore banks lend to mainland firms.", "Mainland banks may lend money to offshore firms."),
    ],
)  # fmt: skip
def test_a_direction_before_the_noun_of_its_opposite_is_found(
    fact: str, turned: str, same: str
) -> None:
    assert turned_head(reading(turned), [reading(fact)]).weight == 1
    assert turned_head(reading(same), [reading(fact)]).weight == 0


@pytest.mark.parametrize(
    ("fact", "turned", "same"),
    [
        ("申报之前，企业须开户。", "申报之后，企业须开户。", "开户之后，企业才申报。"),
        ("Firms open an account before filing the report.", "Firms open an account after filing the report.", "Firms file the report after opening an account."),
    ],
)  # fmt: skip
def test_what_comes_first_may_be_told_from_either_end(fact: str, turned: str, same: str) -> None:
    assert turned_sequence(reading(turned), [reading(fact)]).weight > SURE
    assert turned_sequence(reading(same), [reading(fact)]).weight == 0


def test_a_direction_that_the_translation_has_is_not_brought_in() -> None:
    fact, other = reading("境内投资者须说明资金来源。"), "Investors abroad explain the source."
    turned = reading("境外投资者须说明资金来源。")
    assert outweighed_direction(turned, [fact]).weight == 1
    assert outweighed_direction(turned, [fact], [other]).weight == 0
    assert (
        turned_direction(turned, [fact], [other]).weight < turned_direction(turned, [fact]).weight
    )


@pytest.mark.parametrize(
    "text",
    [
        "Without a filing, assets may not be tokenised abroad.",
        "未经登记，不得借用外债。",
        "The firm may not start unless it has filed.",
    ],
)
def test_two_negations_of_one_condition_deny_nothing(text: str) -> None:
    assert reading(text).negated
    assert reading(text).unconditional == []


def test_a_requirement_that_is_removed_requires_nothing() -> None:
    fact = reading(
        "The agreement removes the requirement that suppliers show three years of business."
    )
    assert turned_mode(reading("Suppliers must show three years of business."), [fact]).weight > 0.2
    assert (
        turned_mode(reading("Suppliers need not show three years of business."), [fact]).weight == 0
    )


def test_directions_exchanged_within_a_sentence_are_found() -> None:
    fact = reading("Mainland banks clear payments; investors trade the bonds in Hong Kong.")
    turned = reading("Hong Kong banks clear payments; investors trade the bonds in the mainland.")
    assert outweighed_direction(turned, [fact]).weight == 0  # each word is still there once
    assert turned_direction(turned, [fact]).weight > SURE


@pytest.mark.parametrize(
    ("fact", "turned", "same"),
    [
        ("贷款不超过价款的60%。", "贷款至少为价款的60%。", "贷款至多为价款的60%。"),
        ("权益资金不低于40%。", "权益资金至多40%。", "权益资金最少40%。"),
        ("The loan is up to 60% of the price.", "The loan is at least 60% of the price.", "The loan is at most 60% of the price."),
        ("R&D must be at least 15%.", "R&D may be up to 15%.", "R&D is 15% or more."),
    ],
)  # fmt: skip
def test_the_least_for_the_most_of_one_figure_is_found(fact: str, turned: str, same: str) -> None:
    assert outweighed_direction(reading(turned), [reading(fact)]).weight == 1
    assert outweighed_direction(reading(same), [reading(fact)]).weight == 0


# --- whole sentences against real facts

LINK = "bond-connect-cmu-shch-link#3"
STABLECOINS = "hk-stablecoins-ordinance#7"
COEFFICIENT = "pbc-safe-2026-overseas-lending#2"


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (LINK, "境外投资者经债券通买内地银行间债券是名义持有，CMU是名义持有人。"),
        (STABLECOINS, "Issuing or marketing a specified stablecoin in Hong Kong without a licence is an offence."),
    ],
)  # fmt: skip
def test_a_paraphrase_is_accepted_in_either_script(support: Support, ref: str, text: str) -> None:
    assert rules(support, text, ref) == set()
    assert rules(support, to_traditional(text), ref) == set()


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (LINK, "境外投资者经跨境理财通买内地银行间债券是名义持有，CMU是名义持有人。"),
        (LINK, "境外投资者经RCEP买内地银行间债券是名义持有，CMU是名义持有人。"),
        (STABLECOINS, "Issuing a specified stablecoin in Hong Kong without a licence under the Money Lenders Ordinance is an offence."),
    ],
)  # fmt: skip
def test_another_instrument_is_refused(support: Support, ref: str, text: str) -> None:
    assert "instrument" in rules(support, text, ref)


@pytest.mark.parametrize(
    ("lang", "step"),
    [
        ("zh", "办理前还须将全部合同送公证处公证。"),
        ("zh", "企业另须在报纸上刊登公告。"),
        ("en", "The firm must have every contract notarised beforehand."),
        ("en", "It has to publish a notice in two newspapers."),
    ],
)
@pytest.mark.parametrize("ref", [LINK, STABLECOINS, COEFFICIENT])
def test_a_step_of_which_the_facts_say_nothing_is_refused(
    support: Support, corpus: Corpus, ref: str, lang: PassageLang, step: str
) -> None:
    fact = corpus.fact(FactRef(ref)).text(lang)
    assert rules(support, fact, ref) == set()
    assert "overlap" in rules(support, step, ref)
    assert "overlap" in rules(support, f"{fact} {step}", ref)
    # nor may it hide in the same sentence
    joint = "，" if lang == "zh" else ", and "
    assert "overlap" in rules(support, fact.rstrip("。.") + joint + step, ref)


def test_what_another_fact_says_is_refused(support: Support, corpus: Corpus) -> None:
    for lang in ("zh", "en"):
        other = corpus.fact(FactRef(COEFFICIENT)).text(lang)
        assert "overlap" in rules(support, other, STABLECOINS)


def test_what_facts_say_themselves_is_accepted(support: Support, corpus: Corpus) -> None:
    for ref in corpus.refs[::60]:
        for text in (corpus.fact(ref).zh, corpus.fact(ref).en):
            assert [str(found) for found in support.findings(text, [ref])] == [], text


def test_a_finding_tells_the_word_that_turned(support: Support) -> None:
    text = "境外投资者经跨境理财通买内地银行间债券是名义持有，CMU是名义持有人。"
    (found,) = support.findings(text, [FactRef(LINK)])
    assert found.seen == "跨境理财通"


def test_rules_weigh_every_feature() -> None:
    assert {name for rule in RULES for name in rule.weights} == set(Features._fields)


BEST = Features(**dict.fromkeys(Features._fields, 0.0))


def test_a_sentence_of_which_every_word_is_known_is_covered() -> None:
    assert is_covered(BEST)


@pytest.mark.parametrize("doubt", ["added_negation", "no_negation", "turned_mode", "turned_direction", "turned_flow", "other_name", "other_title", "other_term"])  # fmt: skip
def test_one_sure_doubt_suffices_to_refuse(doubt: str) -> None:
    assert not is_covered(BEST._replace(**{doubt: 1.0}))


# --- figures that change places

ZH_RATES = "内地对股息的预提税率为10%，按安排可降至5%。"
EN_RATES = "The withholding rate on dividends is 10%; the Arrangement can lower it to 5%."


@pytest.mark.parametrize(
    ("fact", "right", "wrong"),
    [
        (ZH_RATES, "股息预提税率是10%，按安排降至5%。", "股息预提税率是5%，按安排降至10%。"),
        (
            EN_RATES,
            "Dividends bear a withholding rate of 10%, which the Arrangement lowers to 5%.",
            "Dividends bear a withholding rate of 5%, which the Arrangement lowers to 10%.",
        ),
    ],
)
def test_two_figures_that_change_places_are_found(fact: str, right: str, wrong: str) -> None:
    facts = [reading(fact)]
    assert exchanged_figures(reading(wrong), facts).weight > SURE
    assert exchanged_figures(reading(right), facts).weight < 0


def test_a_single_figure_has_no_other_to_change_places_with() -> None:
    facts = [reading(ZH_RATES)]
    assert exchanged_figures(reading("股息预提税率是10%。"), facts).weight == 0
    assert exchanged_figures(reading("股息要缴预提税。"), facts).weight == 0


def test_a_sentence_with_exchanged_figures_is_refused(support: Support) -> None:
    # The fact: 10 % since 2008, which the Arrangement can lower to 5 %.
    ref = "mainland-hk-double-tax-arrangement#15"
    wrong = "非居民企业的股息预提税率按内地国内法是5%，双重征税安排可以降到10%。"
    right = "非居民企业的股息预提税率按内地国内法是10%，双重征税安排可以降到5%。"
    assert "exchange" in rules(support, wrong, ref)
    assert "exchange" not in rules(support, right, ref)


def test_a_fact_said_word_for_word_is_always_confirmed(support: Support, corpus: Corpus) -> None:
    refused = [
        (ref, text)
        for ref in corpus.refs[::7]
        for text in (corpus.fact(ref).zh, corpus.fact(ref).en)
        if list(support.findings(text, [ref]))
    ]
    assert refused == []
