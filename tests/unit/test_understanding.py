"""What a message asks for: its parts, what they are about, what it leans on and for which day."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.question import Turn, read_question
from bot.understanding import MAX_PARTS, Lexicon, Understanding, understand
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary

TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus, load_glossary())


def understood(lexicon: Lexicon, text: str, *earlier: str) -> Understanding:
    """Understand a message after others of the same asker."""
    history = tuple(Turn(role="user", content=said) for said in earlier)
    return understand(read_question(text, history=history, today=TODAY), lexicon)


# --- parts


@pytest.mark.parametrize(
    ("text", "context", "parts"),
    [
        ("境外放款的系数是多少？", "", ("境外放款的系数是多少",)),
        ("资金池门槛是多少？要不要备案？", "", ("资金池门槛是多少", "要不要备案")),
        (
            "我们在越南有一家子公司。放款额度怎么算？要登记吗？",
            "我们在越南有一家子公司",
            ("放款额度怎么算", "要登记吗"),
        ),
        (
            "想在香港设财资中心，税率是多少，多久能批下来？",
            "想在香港设财资中心",
            ("税率是多少", "多久能批下来"),
        ),
        (
            "We have a subsidiary in Vietnam. How is the lending cap worked out? Must we register?",
            "We have a subsidiary in Vietnam",
            ("How is the lending cap worked out", "Must we register"),
        ),
    ],
)
def test_a_message_is_told_apart_into_what_it_tells_and_what_it_asks(
    lexicon: Lexicon, text: str, context: str, parts: tuple[str, ...]
) -> None:
    read = understood(lexicon, text)
    assert (read.context, read.parts) == (context, parts)


def test_the_parts_are_searched_for_one_by_one_and_a_single_question_is_not(
    lexicon: Lexicon,
) -> None:
    several = understood(lexicon, "资金池门槛是多少？要不要备案？")
    assert several.asked == several.parts
    assert understood(lexicon, "资金池门槛是多少？").asked == ()


def test_no_more_parts_are_told_apart_than_the_most(lexicon: Lexicon) -> None:
    read = understood(lexicon, "门槛是多少？要不要备案？多久能办完？找谁办？要交什么材料？")
    assert len(read.parts) == MAX_PARTS == 4
    assert read.parts[0] == "门槛是多少"


# --- what it leans on

EARLIER = "跨国公司本外币一体化资金池的门槛是多少?"
"""Names three terms of the field; the question mark is the one that folding gives."""


@pytest.mark.parametrize(
    "text", ["那要不要备案？", "如果是上海的企业呢？", "换成美元的话门槛多少？"]
)
def test_a_message_that_points_back_is_searched_with_the_earlier_one_and_by_itself(
    lexicon: Lexicon, text: str
) -> None:
    read = understood(lexicon, text, EARLIER)
    assert read.leans
    assert read.search_text == f"{EARLIER} {read.text}"
    assert read.asked == (read.text,)


def test_a_later_message_is_searched_with_the_one_that_set_the_subject_and_the_last(
    lexicon: Lexicon,
) -> None:
    others = "境外放款的宏观审慎调节系数和登记机关是什么?"
    read = understood(lexicon, "多久?", others, EARLIER, "那要备案吗?", "换成上海呢?")
    assert read.told == (EARLIER, "那要备案吗?", "换成上海呢?", "多久?")
    assert read.search_text == f"{EARLIER} 换成上海呢? 多久?"


def test_several_parts_of_a_message_that_points_back_are_searched_one_by_one(
    lexicon: Lexicon,
) -> None:
    read = understood(lexicon, "那要不要备案？多久能办完？", EARLIER)
    assert read.leans
    assert read.asked == ("那要不要备案", "多久能办完")


def test_a_message_taken_alone_leans_on_nothing(lexicon: Lexicon) -> None:
    read = understood(lexicon, "那要不要备案？")
    assert not read.leans
    assert (read.search_text, read.asked) == (read.text, ())


def test_a_message_that_names_enough_of_the_field_stands_by_itself(lexicon: Lexicon) -> None:
    read = understood(lexicon, "境外放款的宏观审慎调节系数和登记机关是什么？", EARLIER)
    assert not read.leans
    assert read.search_text == read.text


def test_the_first_message_leans_on_nothing(lexicon: Lexicon) -> None:
    assert not understood(lexicon, "那要不要备案？").leans


# --- the day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024年的时候，境外放款额度怎么算？", dt.date(2024, 6, 30)),
        ("２０２４年的時候，境外放款額度怎麼算？", dt.date(2024, 6, 30)),
        ("As of 1 May 2025, what was the overseas lending coefficient?", dt.date(2025, 5, 1)),
        ("去年底境外放款系数是多少？", dt.date(2025, 12, 31)),
    ],
)
def test_the_day_that_a_message_wants_is_read_from_its_words(
    lexicon: Lexicon, text: str, day: dt.date
) -> None:
    read = understood(lexicon, text)
    assert read.as_of is not None
    assert (read.as_of.day, read.as_of.kind) == (day, "day")
    assert not read.asks_change


def test_last_year_is_counted_from_the_askers_day_whatever_day_is_answered_for(
    lexicon: Lexicon,
) -> None:
    question = read_question("去年底境外放款系数是多少？", as_of=dt.date(2020, 1, 1), today=TODAY)
    read = understand(question, lexicon)
    assert read.as_of is not None
    assert read.as_of.day == dt.date(2025, 12, 31)


def test_rules_before_a_change_are_wanted_without_a_day(lexicon: Lexicon) -> None:
    read = understood(lexicon, "What was the lending coefficient before the new measures?")
    assert read.as_of is not None
    assert (read.as_of.day, read.as_of.kind) == (None, "before-change")


def test_a_message_about_today_names_no_day(lexicon: Lexicon) -> None:
    assert understood(lexicon, "境外放款的系数是多少？").as_of is None


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("旧规定被哪个文件取代了？", True),
        ("What replaced the 2016 notice?", True),
        ("2024年的时候境外放款系数是多少，现在呢？", True),  # then and now
        ("2024年的时候境外放款系数是多少？", False),
        ("境外放款的系数是多少？", False),
    ],
)
def test_who_asks_for_both_days_or_for_what_replaced_what_asks_about_change(
    lexicon: Lexicon, text: str, asks: bool
) -> None:
    assert understood(lexicon, text).asks_change is asks
