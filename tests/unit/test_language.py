"""Languages are told apart in three scripts, and conversion between the scripts loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language import (
    Lang,
    detect_lang,
    in_script,
    localise,
    passage_lang,
    to_simplified,
    to_traditional,
)
from knowledge.card import Bilingual
from knowledge.corpus import Corpus

DETECTED: list[tuple[str, Lang]] = [
    # plain
    ("境外放款的余额上限怎么算？", "zh-Hans"),
    ("境外放款的餘額上限怎樣計算？", "zh-Hant"),
    ("How is the overseas lending cap worked out?", "en"),
    # Latin words inside Chinese
    ("ODI备案要多久", "zh-Hans"),
    ("FT账户和NRA账户有什么区别", "zh-Hans"),
    ("QCTC的稅率係數", "zh-Hant"),
    ("FT account 開戶要什麼 documents?", "zh-Hant"),
    ("用FT account做cash pooling要submit什么documents", "zh-Hans"),
    # a Chinese word quoted in English
    ("What does 备案 mean under NDRC Order 11?", "en"),
    # written Cantonese; the fifth shares every other character with simplified Chinese
    ("我哋公司想喺香港開戶", "zh-Hant"),
    ("點樣申請?", "zh-Hant"),
    ("開戶要等幾耐?", "zh-Hant"),
    ("呢個邊個批?", "zh-Hant"),
    ("上海公司可唔可以申請", "zh-Hant"),
    # mixed scripts: the greater part decides
    ("請問境外放款额度怎樣計算", "zh-Hant"),
    ("请问境外放款額度怎么计算", "zh-Hans"),
    # the same in both scripts counts as simplified
    ("上海自由港", "zh-Hans"),
    # no letters of either
    ("123", "en"),
    ("?", "en"),
]


@pytest.mark.parametrize(("text", "expected"), DETECTED)
def test_a_text_is_told_by_language_and_script(text: str, expected: Lang) -> None:
    assert detect_lang(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Does 银发〔2025〕251号 apply to our pool?",
        "Does the 跨境支付通 accept company payments over CNY 50,000 today?",
    ],
)
def test_an_english_sentence_that_quotes_a_chinese_name_stays_english(text: str) -> None:
    # Function words make the sentence English; three to five quoted characters do not undo that.
    assert detect_lang(text) == "en"


def test_every_fact_is_told_by_its_own_language(corpus: Corpus) -> None:
    facts = [corpus.fact(ref) for ref in corpus.refs]
    assert {detect_lang(fact.zh) for fact in facts} == {"zh-Hans"}
    assert {detect_lang(fact.en) for fact in facts} == {"en"}


def test_every_fact_printed_in_traditional_script_is_told_as_such(corpus: Corpus) -> None:
    pairs = [(corpus.fact(ref).zh, to_traditional(corpus.fact(ref).zh)) for ref in corpus.refs]
    changed = [hant for hans, hant in pairs if hans != hant]
    assert (
        len(changed) > 1_500
    )  # of about 1,700: nearly every sentence has a character that differs
    assert {detect_lang(text) for text in changed} == {"zh-Hant"}


@pytest.mark.parametrize(
    ("hans", "hant"),
    [
        ("账户开户", "賬戶開戶"),
        ("利得税与预提税", "利得稅與預提稅"),
        ("说明书", "說明書"),
        ("离岸人民币汇款", "離岸人民幣匯款"),
        ("发行债券后募集资金", "發行債券後募集資金"),
        ("双柜台模式", "雙櫃台模式"),  # as the exchange prints its dual-counter model
        ("电子平台", "電子平台"),
        ("企业在核准额度内办理", "企業在核准額度內辦理"),
        ("原有核准、备案继续有效", "原有核准、備案繼續有效"),
    ],
)
def test_traditional_output_is_as_printed_in_hong_kong(hans: str, hant: str) -> None:
    assert to_traditional(hans) == hant


def test_conversion_leaves_english_figures_and_marks_alone() -> None:
    text = "QCTC: 8.25% of HKD 4,000,000 (s. 14E) [1][2], 2025-06-01"
    assert to_traditional(text) == text
    assert to_simplified(text) == text


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_round_trip_through_traditional_script_is_stable(
    corpus: Corpus, data: st.DataObject
) -> None:
    text = corpus.fact(data.draw(st.sampled_from(corpus.refs))).zh
    once = to_simplified(to_traditional(text))
    assert to_simplified(to_traditional(once)) == once
    assert to_traditional(once) == to_traditional(text)


def test_a_round_trip_through_traditional_script_gives_every_fact_back(corpus: Corpus) -> None:
    lost = {
        ref: (fact.zh, back)
        for ref in corpus.refs
        for fact in [corpus.fact(ref)]
        for back in [to_simplified(to_traditional(fact.zh))]
        if back != fact.zh
    }
    assert lost == {}


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_told_and_converted_without_an_error(text: str) -> None:
    assert detect_lang(text) in ("zh-Hans", "zh-Hant", "en")
    assert to_simplified(to_simplified(text)) == to_simplified(text)


@pytest.mark.parametrize(("lang", "searched"), [("zh-Hans", "zh"), ("zh-Hant", "zh"), ("en", "en")])
def test_the_corpus_is_searched_in_one_of_its_two_languages(lang: Lang, searched: str) -> None:
    assert passage_lang(lang) == searched


def test_a_bilingual_text_comes_in_each_of_the_three_scripts() -> None:
    text = Bilingual(zh="开户", en="Opening an account")
    assert localise(text, "zh-Hans") == "开户"
    assert localise(text, "zh-Hant") == "開戶"
    assert localise(text, "en") == "Opening an account"
    assert in_script("开户", "en") == "开户"  # it converts scripts and translates nothing
