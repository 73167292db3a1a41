"""Quotes: chosen by the question, never other words than the passage has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.retrieval.quote import QUOTE_CHARS, choose_quote
from knowledge.documents.document import Part
from knowledge.search.segment import Segmenter

SEGMENTER = Segmenter()
LONG = (
    "第十二条 本制度适用于集团及各级子公司。集团财务部负责资金计划的编制。"
    + "各单位应当于每月二十五日前报送次月的资金计划，并说明重大收支的依据。" * 4
    + "境外子公司单笔对外付款超过五百万美元的，须报集团首席财务官书面批准。"
    + "资金计划经批准后不得擅自调整，确需调整的按原程序报批，并同时抄送审计部。" * 4
)


def part(text: str, kind: str = "text", lang: str = "zh") -> Part:
    return Part.model_validate(
        {"text": text, "kind": kind, "lang": lang, "start": 100, "end": 100 + len(text)}
    )


def terms(text: str) -> list[str]:
    return SEGMENTER.grams(text)


def test_the_sentence_that_answers_is_quoted_and_not_the_whole_article() -> None:
    quote = choose_quote(part(LONG), terms("境外子公司付款多少要首席财务官批准"), terms)
    assert "境外子公司单笔对外付款超过五百万美元的，须报集团首席财务官书面批准。" in quote.text
    assert len(quote.text) <= QUOTE_CHARS["zh"]


def test_a_short_passage_is_quoted_whole() -> None:
    text = "第三条 单笔付款超过五百万美元的，须报批。"
    assert choose_quote(part(text), terms("付款"), terms) == (text, 0, len(text))


def test_of_a_table_the_row_that_answers_is_quoted_under_its_headings() -> None:
    table = "表一 收费标准\n产品 | 年费 | 币种\n跨境收款 | 1,200 | 人民币\n跨境付款 | 2,400 | 港元"
    quote = choose_quote(part(table, "table"), terms("跨境付款的年费是多少"), terms)
    assert quote.text == "产品：跨境付款；年费：2,400；币种：港元"
    assert table[quote.start : quote.end] == "跨境付款 | 2,400 | 港元"


def test_in_english_a_decimal_point_ends_no_sentence() -> None:
    text = "The fee is 1.5% a year. It is charged on the drawn amount. " * 12
    quote = choose_quote(
        part(text, lang="en"), SEGMENTER.english("what is the fee a year"), SEGMENTER.english
    )
    assert "The fee is 1.5% a year." in quote.text


@given(st.text(alphabet="甲乙丙丁。；\n ，a1.", min_size=1, max_size=900), st.text(max_size=40))
def test_a_quote_stands_in_its_passage_word_for_word(text: str, asked: str) -> None:
    if not text.strip():
        return
    quote = choose_quote(part(text), terms(asked), terms)
    assert quote.text == " ".join(text[quote.start : quote.end].split())
    assert 0 <= quote.start <= quote.end <= len(text)
    assert quote.text or not text.strip("。；，. \n")
