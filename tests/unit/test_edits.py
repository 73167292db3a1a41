"""A word put in the place of another in a fact's own wording is noticed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.checking.edits import edited
from knowledge.card import PassageLang

ZH = "科创成长层纳入全部未盈利的科创板公司，股票简称加“U”标识，集中管理以便投资者识别风险。"
EN = (
    "The roadmap supports re-use of northbound bonds obtained in repo and the launch in Hong Kong "
    "of cross-border repo and offshore government bond futures."
)


def all_strange(piece: str) -> Sequence[float]:
    return [1.0] if piece.strip() else []


def nothing_strange(piece: str) -> Sequence[float]:
    return [0.0]


@pytest.mark.parametrize(
    ("fact", "lang", "old", "new"),
    [(ZH, "zh", "科创板公司", "主板公司"), (EN, "en", "government bond", "equity index")],
)
def test_a_strange_word_in_the_place_of_another_is_found(
    fact: str, lang: PassageLang, old: str, new: str
) -> None:
    text = fact.replace(old, new)
    assert edited(text, [fact], lang, all_strange).word > 0.5
    assert edited(text, [fact], lang, nothing_strange).word == 0
    assert edited(text, [fact], lang, all_strange).denial == 0


@pytest.mark.parametrize(
    ("fact", "lang", "old", "new"),
    [(ZH, "zh", "纳入", "不纳入"), (EN, "en", "supports", "does not support")],
)
def test_a_denial_that_came_is_found_and_so_is_one_that_went(
    fact: str, lang: PassageLang, old: str, new: str
) -> None:
    text = fact.replace(old, new)
    assert edited(text, [fact], lang, nothing_strange).denial > 0.5
    assert edited(fact, [text], lang, nothing_strange).denial > 0.5


@pytest.mark.parametrize(
    ("fact", "lang", "text"),
    [
        (ZH, "zh", ZH),
        (ZH, "zh", "还没盈利的科创板公司都归进成长层，简称后面带个U，好让投资者看清风险。"),
        (EN, "en", "Bonds that came in by repo can be used again, and there will be new futures."),
    ],
)
def test_a_copy_and_a_sentence_in_other_words_have_no_edits(
    fact: str, lang: PassageLang, text: str
) -> None:
    assert edited(text, [fact], lang, all_strange) == (0, 0, 0)


@pytest.mark.parametrize(
    ("fact", "lang", "old", "new", "is_alone"),
    [
        (ZH, "zh", "纳入", "不纳入", True),
        (ZH, "zh", "全部未盈利", "全部已盈利", False),
        (EN, "en", "bonds obtained", "bonds not obtained", True),
        (EN, "en", "supports", "does not support", False),
    ],
)
def test_a_denial_that_came_with_nothing_else_is_told_apart(
    fact: str, lang: PassageLang, old: str, new: str, is_alone: bool
) -> None:
    assert (edited(fact.replace(old, new), [fact], lang, nothing_strange).alone > 0) == is_alone
