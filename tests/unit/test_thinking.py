from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.thinking import ThinkingFilter

PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "<THINKING>", "a", "系数", "<", "</th", ">"])
)


def shown(*pieces: str) -> str:
    thinking = ThinkingFilter()
    return "".join(thinking.feed(piece) for piece in pieces) + thinking.rest()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>why</think>0.6", "0.6"),
        ("a<thinking>b</thinking>c<THINK>d</Think>e", "ace"),
        ("0.6 < 0.8 and <b>bold</b>", "0.6 < 0.8 and <b>bold</b>"),
        ("ends with <thin", "ends with <thin"),
        ("<think>never closed", ""),
        ("template opened it</think>answer", "template opened itanswer"),
    ],
)
def test_the_reasoning_is_left_out_and_nothing_else(text: str, answer: str) -> None:
    assert shown(text) == answer


@given(pieces=PIECES)
def test_it_does_not_matter_where_the_text_is_split(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert shown(*pieces) == shown(whole) == shown(*whole)


def test_what_cannot_be_a_tag_is_passed_on_at_once() -> None:
    thinking = ThinkingFilter()
    assert thinking.feed("系数为0.6") == "系数为0.6"
    assert thinking.feed(" <") == " "
    assert thinking.feed("5") == "<5"
