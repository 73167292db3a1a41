"""Typing errors: what is put right, and what is left as it was typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus import Corpus
from knowledge.search.segment import Segmenter
from knowledge.search.spelling import Spelling, sounds_alike
from tests.shipped import shipped_glossary

SEGMENTER = Segmenter(shipped_glossary().user_words())


def facts(corpus: Corpus, lang: str) -> Iterator[str]:
    return (getattr(corpus.fact(ref), lang) for ref in corpus.refs)


@pytest.fixture(scope="module")
def spelling(corpus: Corpus) -> Spelling:
    return Spelling.of({"zh": facts(corpus, "zh"), "en": facts(corpus, "en")}, SEGMENTER)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("在香岗设一家公司", "在香港设一家公司"),
        ("贵斤属怎么交割", "贵金属怎么交割"),
        ("要不要办外汇登计?", "要不要办外汇登记?"),
        ("功司的付宽额肚", "公司的付款额度"),
    ],
)
def test_a_character_of_the_same_sound_is_put_right(
    spelling: Spelling, typed: str, meant: str
) -> None:
    assert spelling.corrected(typed, "zh") == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("the mailnand's tresury", "the mainland's treasury"),
        ("A regsitration of divdiends?", "A registration of dividends?"),
        ("cross-borfer borriwing", "cross-border borrowing"),
    ],
)
def test_a_letter_missing_wrong_or_out_of_order_is_put_right(
    spelling: Spelling, typed: str, meant: str
) -> None:
    assert spelling.corrected(typed, "en") == meant


@pytest.mark.parametrize(
    "text",
    [
        "两个亿的额度,不得超过三年",
        "中环附近有什么茶餐厅好吃",
        "楼下的空调坏了",
        "他们在香港,和同事一起",
    ],
)
def test_right_chinese_stays(spelling: Spelling, text: str) -> None:
    assert spelling.corrected(text, "zh") == text


@pytest.mark.parametrize(
    "text",
    [
        "Would taxing the fixing be worth it?",  # neighbours of taking and filing
        "Mr Bankes of Companyy",  # names
        "SAFE, ODI and e-CNY",
        "a bank's loan of 30m",
    ],
)
def test_right_english_and_names_stay(spelling: Spelling, text: str) -> None:
    assert spelling.corrected(text, "en") == text


def test_facts_stay_as_they_are(spelling: Spelling, corpus: Corpus) -> None:
    assert [text for text in facts(corpus, "zh") if spelling.corrected(text, "zh") != text] == []
    assert [text for text in facts(corpus, "en") if spelling.corrected(text, "en") != text] == []


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    spelling = Spelling({"zh": {"登记": 5}, "en": {"mainland": 5}}, SEGMENTER)
    assert isinstance(spelling.corrected(text, "zh"), str)
    assert isinstance(spelling.corrected(text, "en"), str)


def test_rare_readings_make_no_likeness() -> None:
    assert sounds_alike("登", "灯")
    assert not sounds_alike("有", "为")
