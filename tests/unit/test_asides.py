"""Sentences of a message that may have nothing to do with what it asks."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.query.asides import without
from bot.query.understanding import Lexicon, understand
from bot.question import Turn, read_question
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary

TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus, load_glossary())


@pytest.mark.parametrize(
    ("text", "asides"),
    [
        ("楼下的树开花了。境外放款的额度怎么算？", ("楼下的树开花了。",)),
        ("境外放款的额度怎么算？楼下的树开花了。", ("楼下的树开花了。",)),
        (
            "The trees are in bloom. How is the overseas lending quota worked out? I like spring!",
            ("The trees are in bloom. ", "I like spring!"),
        ),
    ],
)
def test_a_sentence_without_question_term_or_figure_may_be_an_aside(
    lexicon: Lexicon, text: str, asides: tuple[str, ...]
) -> None:
    assert understand(read_question(text, today=TODAY), lexicon).possible_asides == asides


@pytest.mark.parametrize(
    "text",
    [
        "境外放款的额度怎么算",
        "母公司净资产5亿元。境外放款的额度怎么算？",
        "我们做跨境资金池。境外放款的额度怎么算？",
        "How is the overseas lending quota worked out? Who decides?",
        "See Announcement No. 6 of 2026: how long is overseas lending?",
    ],
)
def test_a_sentence_that_asks_or_names_what_bears_on_it_is_none(
    lexicon: Lexicon, text: str
) -> None:
    assert understand(read_question(text, today=TODAY), lexicon).possible_asides == ()


def test_the_only_sentence_that_names_a_subject_is_none(lexicon: Lexicon) -> None:
    text = "My dog is ill. What should I do?"
    assert understand(read_question(text, today=TODAY), lexicon).possible_asides == ()


def test_a_message_that_points_back_has_its_subject_there(lexicon: Lexicon) -> None:
    before = (Turn(role="user", content="境外放款的额度怎么算？"),)
    text = "那续期呢？楼下的树开花了。"
    read = understand(read_question(text, history=before, today=TODAY), lexicon)
    assert read.possible_asides == ("楼下的树开花了。",)


def test_asides_are_left_out_of_the_reading(lexicon: Lexicon) -> None:
    plain = read_question("境外放款的额度怎么算？", today=TODAY)
    beside = read_question("楼下的树开花了。境外放款的额度怎么算？", today=TODAY)
    asides = understand(beside, lexicon).possible_asides
    assert understand(beside, lexicon, asides) == understand(plain, lexicon)


def test_what_is_left_out_leaves_the_other_sentences_as_they_were() -> None:
    assert without("One. Two? Three.", ("Two? ",)) == "One. Three."
    assert without("甲。乙？丙。", ()) == "甲。乙？丙。"
