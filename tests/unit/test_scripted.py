from __future__ import annotations

import json
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.base import Budget, FormRefused, Message, ModelError
from bot.providers.scripted import Part, ScriptedModel, count_tokens, fact_echo

BRIEF = """<facts>
F1: 境外放款的宏观审慎调节系数为0.6。
F2: The cap is 0.6 of equity: since March 2026.
F3: 须在所在地外汇局登记。
</facts>

F question: what is F1?"""
MESSAGES = (
    Message(role="system", content="Write."),
    Message(role="user", content=BRIEF),
)
SCHEMA = {"type": "object"}


def play(model: ScriptedModel, *, schema: bool = False, budget: Budget | None = None) -> str:
    stream = model.stream(MESSAGES, budget or Budget(10, 60), SCHEMA if schema else None)
    return "".join(delta.text for delta in stream)


@given(st.text(max_size=80))
def test_a_text_is_played_as_it_stands_in_tokens(text: str) -> None:
    deltas = list(ScriptedModel([text]).stream(MESSAGES, Budget(10, 60)))
    assert "".join(delta.text for delta in deltas) == text
    assert deltas[-1].usage is not None
    assert deltas[-1].usage.completion_tokens == len(deltas) - 1 == count_tokens(text)


def test_a_token_is_two_chinese_or_four_other_characters() -> None:
    assert [d.text for d in ScriptedModel(["境外放款 of 12"]).stream(MESSAGES, Budget(1, 1))] == [
        "境外",
        "放款",
        " of ",
        "12",
        "",
    ]


def test_each_call_plays_the_next_text_and_the_last_again_and_again() -> None:
    model = ScriptedModel(["one", "two"])
    assert [play(model) for _ in range(4)] == ["one", "two", "two", "two"]
    assert model.calls == (MESSAGES,) * 4


def test_calls_at_once_each_get_their_own_text() -> None:
    model, told = ScriptedModel([str(n) for n in range(50)]), []
    threads = [threading.Thread(target=lambda: told.append(play(model))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told, key=int) == [str(n) for n in range(50)]


def test_an_error_comes_where_the_text_ends() -> None:
    model = ScriptedModel([Part("half a sen", ModelError("cut-off", "as told")), "whole"])
    stream = model.stream(MESSAGES, Budget(10, 60))
    assert "".join(next(stream).text for _ in range(3)) == "half a sen"
    with pytest.raises(ModelError, match="as told"):
        next(stream)
    assert play(model) == "whole"


def test_the_pace_is_kept_over_the_whole_text() -> None:
    start = time.monotonic()
    play(ScriptedModel(["境外" * 20], tokens_per_s=100))
    assert 0.2 <= time.monotonic() - start < 0.4


def test_a_script_slower_than_the_budget_is_a_timeout_inside_it() -> None:
    start = time.monotonic()
    with pytest.raises(ModelError, match="timeout"):
        play(ScriptedModel(["境外" * 20], tokens_per_s=10), budget=Budget(1, 0.3))
    with pytest.raises(ModelError, match="timeout"):
        play(ScriptedModel(["境外"], first_token_s=9), budget=Budget(0.1, 9))
    assert time.monotonic() - start < 0.7


def test_json_is_refused_once_where_it_is_not_known() -> None:
    model = ScriptedModel(lambda _, form: form, knows_json=False)
    with pytest.raises(FormRefused):
        play(model, schema=True)
    assert model.form == "lines"
    assert play(model, schema=True) == "lines"
    assert len(model.calls) == 1


def test_the_echo_says_the_first_facts_with_their_names_as_json() -> None:
    said = json.loads(play(ScriptedModel(fact_echo(2)), schema=True))
    assert said == {
        "claims": [
            {"section": "lead", "text": "境外放款的宏观审慎调节系数为0.6。", "facts": ["F1"]},
            {
                "section": "conditions",
                "text": "The cap is 0.6 of equity: since March 2026.",
                "facts": ["F2"],
            },
        ]
    }


def test_the_echo_says_them_in_lines_where_no_schema_is_given() -> None:
    assert play(ScriptedModel(fact_echo())).splitlines() == [
        "LEAD: 境外放款的宏观审慎调节系数为0.6。 [F1]",
        "CONDITIONS:",
        "- The cap is 0.6 of equity: since March 2026. [F2]",
        "PROCEDURE:",
        "- 须在所在地外汇局登记。 [F3]",
    ]


def test_a_scripted_model_without_a_text_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="got no text"):
        ScriptedModel([])


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("境外放款系数为0.6。 〔《办法》；有效〕", "简单说，境外放款系数为0.6。"),
        ("The coefficient is 0.6. 〔Measures; in force〕", "In short: The coefficient is 0.6."),
    ],
)
def test_an_echo_in_own_words_is_no_longer_the_facts_own_sentence(fact: str, said: str) -> None:
    asked = [Message(role="user", content=f"F1: {fact}")]
    told = json.loads(fact_echo(in_own_words=True)(asked, "json"))
    assert told["claims"][0]["text"] == said
