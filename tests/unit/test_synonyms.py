"""Everyday words mean what the words of rules do."""

from __future__ import annotations

import pytest

from bot.checking.content import read_tokens, read_words
from bot.checking.synonyms import synonyms
from knowledge.card import PassageLang


@pytest.mark.parametrize(
    ("lang", "said", "rule"),
    [
        ("en", "money", "proceeds"),
        ("en", "limit", "cap"),
        ("en", "informed", "notify"),
        ("zh", "款项", "资金"),
        ("zh", "居留", "逗留"),
    ],
)
def test_a_word_is_known_from_another_of_its_group(lang: PassageLang, said: str, rule: str) -> None:
    for cut in (read_words, read_tokens):
        words = [token.text for token in cut(rule, lang)]
        assert {token.text for token in cut(said, lang)} & synonyms(words, lang)


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [("en", "borrow", "guarantee"), ("zh", "境内", "境外"), ("zh", "增加", "减少")],
)
def test_words_of_different_meaning_stay_apart(lang: PassageLang, one: str, other: str) -> None:
    words = {token.text for token in read_words(one, lang)}
    assert not words & synonyms([token.text for token in read_words(other, lang)], lang)


def test_a_word_of_no_group_has_no_synonyms() -> None:
    assert synonyms(["stablec"], "en") == frozenset()
