from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search.segment import Segmenter, folded

ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters included
SEGMENTER = Segmenter(["FT账户", "本外币一体化资金池", "H股全流通"])


def test_full_width_case_and_thousands_are_folded() -> None:
    assert folded("ＯＤＩ　１２，３４５．６７ Ａ股") == "odi 12345.67 a股"


def test_a_comma_in_a_list_of_figures_is_kept() -> None:
    # Not thousands: 1,2,3 has one digit a group, 2024,2025 has four.
    assert folded("1,2,3 2024,2025") == "1,2,3 2024,2025"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("境外直接投资（ODI）备案", "odi"),
        ("FT账户怎么开", "ft"),
        ("QFLP基金可以投什么", "qflp"),
        ("第18C章特专科技公司", "18c"),
        ("银发〔2025〕251号", "2025"),
        ("银发〔2025〕251号", "251"),
        ("注册资本3,000万元", "3000"),
        ("净资产的1.5倍", "1.5"),
        ("《上市规则》18C.03条", "18c.03"),
        ("《上市规则》18C.03条", "18c"),
    ],
)
def test_latin_words_and_figures_in_chinese_are_tokens_of_every_stream(
    text: str, expected: str
) -> None:
    assert expected in SEGMENTER.words(text)
    assert expected in SEGMENTER.grams(text)
    assert expected in SEGMENTER.english(text)


def test_a_word_of_the_glossary_stays_whole_and_its_parts_come_too() -> None:
    words = SEGMENTER.words("跨国公司本外币一体化资金池")
    assert "本外币一体化资金池" in words
    assert {"本外币", "一体化", "资金"} <= set(words)
    assert "本外币一体化资金池" not in Segmenter().words("跨国公司本外币一体化资金池")


def test_a_word_of_mixed_script_stays_whole() -> None:
    assert "ft账户" in SEGMENTER.words("FT账户与普通账户")
    assert "h股全流通" in SEGMENTER.words("申请H股全流通备案")


def test_grams_are_overlapping_pairs_that_do_not_cross_punctuation() -> None:
    assert SEGMENTER.grams("境外放款，备案") == ["境外", "外放", "放款", "备案"]
    assert SEGMENTER.grams("税、费") == ["税", "费"]


def test_english_words_are_lower_case_without_hyphens_and_possessives() -> None:
    assert SEGMENTER.english("China's Cross-border RMB Cash-Pool") == [
        "china",
        "cross",
        "border",
        "rmb",
        "cash",
        "pool",
    ]


def test_chinese_inside_english_becomes_pairs() -> None:
    assert SEGMENTER.english("under 银发〔2025〕251号 of PBOC") == [
        "under",
        "银发",
        "2025",
        "251",
        "号",
        "of",
        "pboc",
    ]


def test_the_name_changes_with_the_user_words_and_not_with_their_order() -> None:
    assert Segmenter(["点心债", "熊猫债"]).name == Segmenter(["熊猫债", "点心债", "点心债"]).name
    assert Segmenter(["点心债"]).name != Segmenter(["熊猫债"]).name


@given(ANY_TEXT)
def test_any_text_gives_tokens_that_an_index_takes(text: str) -> None:
    for stream in (SEGMENTER.words, SEGMENTER.grams, SEGMENTER.english):
        for token in stream(text):
            assert 1 <= len(token) <= 64
            assert not re.search(r"\s", token)
            token.encode("utf-8")
