"""A question is cleaned, bounded and dated before anything else looks at it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.errors import QuestionError
from bot.question import MAX_CHARS, MAX_TURNS, Filters, Turn, read_question

TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("境外\x00放款", "境外放款"),  # NUL
        ("lend\x1b[31m abroad", "lend[31m abroad"),  # escape: the rest of the sequence is harmless
        ("境外\u200b放款", "境外放款"),  # zero-width space
        ("\u202eodi\u202c", "odi"),  # direction overrides
        ("\ufeff境外放款", "境外放款"),  # byte order mark
        ("境外\ue000放款", "境外放款"),  # private use
        ("a\nb\tc", "a\nb\tc"),  # line breaks and tabs stay
        ("  境外放款？ \n", "境外放款？"),
        ("Ｏ Ｄ Ｉ １００％", "Ｏ Ｄ Ｉ １００％"),  # wording stays as typed
    ],
)
def test_what_cannot_be_printed_is_dropped(text: str, kept: str) -> None:
    assert read_question(text).text == kept


@given(text=st.text(max_size=200))
def test_no_control_character_is_ever_kept(text: str) -> None:
    try:
        question = read_question(text)
    except QuestionError:
        return
    assert question.text == question.text.strip() != ""
    assert not set(question.text) & {chr(code) for code in (*range(9), *range(11, 32), 127)}


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00\x07", "\u200b\u200d", "\u3000"])
def test_an_empty_question_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(QuestionError) as caught:
        read_question(text)
    assert caught.value.code == "bad-question"
    assert "问题是空的" in caught.value.user_message("zh-Hans")
    assert "問題是空的" in caught.value.user_message("zh-Hant")
    assert "question is empty" in caught.value.user_message("en")


def test_a_question_of_the_greatest_length_is_read_and_one_more_is_refused() -> None:
    assert len(read_question("问" * MAX_CHARS).text) == MAX_CHARS
    with pytest.raises(QuestionError) as caught:
        read_question("问" * (MAX_CHARS + 1))
    for lang in ("zh-Hans", "zh-Hant", "en"):
        message = caught.value.user_message(lang)
        # what was seen and what is allowed
        assert str(MAX_CHARS + 1) in message
        assert str(MAX_CHARS) in message.replace(str(MAX_CHARS + 1), "")
    assert "Shorten" in caught.value.user_message("en")
    assert "缩短" in caught.value.user_message("zh-Hans")


def test_characters_that_are_dropped_do_not_count_towards_the_length() -> None:
    assert len(read_question("问" * MAX_CHARS + "\u200b" * 50).text) == MAX_CHARS


def test_the_day_is_today_unless_the_asker_names_one() -> None:
    default = read_question("资金池门槛？", today=TODAY)
    assert (default.as_of, default.as_of_given) == (TODAY, False)
    named = read_question("资金池门槛？", as_of=dt.date(2025, 6, 1), today=TODAY)
    assert (named.as_of, named.as_of_given) == (dt.date(2025, 6, 1), True)


def test_without_a_given_today_the_clock_decides() -> None:
    before = dt.date.today()  # noqa: DTZ011 - rules hold on the reader's calendar day
    asked = read_question("资金池门槛？").as_of
    assert before <= asked <= dt.date.today()  # noqa: DTZ011


def test_naming_today_still_counts_as_naming_a_day() -> None:
    assert read_question("资金池门槛？", as_of=TODAY, today=TODAY).as_of_given


def test_the_askers_own_day_is_kept_beside_the_day_asked_for() -> None:
    day = dt.date(2025, 6, 1)
    assert read_question("资金池门槛？", as_of=day, today=TODAY).today == TODAY
    assert read_question("资金池门槛？", today=TODAY).today == TODAY


def test_a_question_can_be_asked_for_another_day_and_stays_the_same_otherwise() -> None:
    asked = read_question("资金池门槛？", today=TODAY, profile={"amount_usd": 1})
    day = dt.date(2024, 6, 30)
    then = asked.on(day)
    assert (then.as_of, then.as_of_given, then.today) == (day, True, TODAY)
    assert then == asked.model_copy(update={"as_of": day, "as_of_given": True})
    assert (asked.as_of, asked.as_of_given) == (TODAY, False)


def test_the_language_is_that_of_the_question_unless_another_is_wanted() -> None:
    assert read_question("資金池門檻？").lang == "zh-Hant"
    assert read_question("資金池門檻？", lang="en").lang == "en"


def test_only_the_latest_turns_are_kept() -> None:
    turns = tuple(Turn(role="user", content=str(at)) for at in range(MAX_TURNS + 3))
    kept = read_question("还有呢？", history=turns).history
    # 43 turns given, 40 kept: the first three are gone
    assert len(kept) == MAX_TURNS
    assert kept[0].content == "3"
    assert kept[-1] == turns[-1]


def test_full_width_digits_are_folded_for_reading_and_kept_for_showing() -> None:
    question = read_question("金额１００万")
    assert question.folded == "金额100万"
    assert question.text == "金额１００万"


def test_a_question_cannot_be_changed_and_owns_its_profile() -> None:
    profile = {"amount_usd": 1}
    question = read_question("资金池门槛？", profile=profile)
    profile["amount_usd"] = 2
    assert question.profile == {"amount_usd": 1}
    with pytest.raises(ValidationError):
        question.text = "x"  # type: ignore[misc]


def test_unknown_filters_are_refused() -> None:
    assert Filters() == read_question("资金池门槛？").filters
    with pytest.raises(ValidationError):
        Filters.model_validate({"topics": ["astrology"]})
    with pytest.raises(ValidationError):
        Filters.model_validate({"country": ["hongkong"]})
