"""Questions that a new user asks first, in the words of the page, the README and the routes."""

from __future__ import annotations

import pytest

from bot.advisor import Advisor
from bot.language import to_simplified
from bot.question import read_question
from ui.strings import EXAMPLES, string


@pytest.mark.parametrize(
    ("question", "route"),
    [
        (
            "How do we lend RMB from our Shanghai parent to our Hong Kong subsidiary?",
            "lend-to-overseas-subsidiary",
        ),
        (
            "我们要在越南建厂，投2亿美元，国内要办什么手续，钱怎么经香港出去？",
            "fund-overseas-subsidiary",
        ),
    ],
)
def test_a_question_that_asks_how_gets_the_route_it_means(
    advisor: Advisor, question: str, route: str
) -> None:
    answer = advisor.answer(read_question(question))
    assert answer.plan is not None
    assert answer.plan.route == route
    assert any(block.kind == "plan" for block in answer.blocks)


def test_the_treasury_centre_question_gets_rate_and_threshold(advisor: Advisor) -> None:
    answer = advisor.answer(read_question("我们要在香港设财资中心，税率多少？要满足什么条件？"))
    # hk-corporate-treasury-centre-tax#1: 8.25%; #5: safe harbour of 75%.
    assert "8.25%" in answer.blocks[0].markdown
    assert "75%" in answer.text


def test_the_routes_own_questions_are_in_scope_and_find_their_route(advisor: Advisor) -> None:
    """Typical questions, verbatim: none may be declined, nearly all lead to their route."""
    declined, wrong, planned, asked = [], [], 0, 0
    for route in advisor.corpus.routes.values():
        for text in (*route.asks.zh[::27], *route.asks.en[::27]):
            answer = advisor.answer(read_question(text))
            if answer.standing == "declined":
                declined.append(text)
            if any(block.kind == "plan" for block in answer.blocks):
                planned += 1
            if answer.plan is not None:
                asked += 1
                wrong += [text] if answer.plan.route != route.id else []
    assert declined == []
    assert len(wrong) <= asked * 0.05
    assert planned >= 20


@pytest.mark.parametrize("example", [name for _, name in EXAMPLES])
def test_every_example_of_the_page_is_answered_in_the_three_languages(
    advisor: Advisor, example: str
) -> None:
    answers = {
        lang: advisor.answer(read_question(string(f"example.{example}", lang)))
        for lang in ("zh-Hans", "zh-Hant", "en")
    }
    assert {answer.standing for answer in answers.values()} == {"answered"}
    for lang, answer in answers.items():
        assert answer.lang == lang
        assert len(answer.citations) >= 3


def test_the_series_of_a_document_keeps_its_name_in_traditional_script(advisor: Advisor) -> None:
    answer = advisor.answer(read_question("銀發251號文資金池的門檻是多少？"))
    assert "髮" not in answer.text
    assert to_simplified(answer.text) != answer.text


def test_a_past_day_does_not_state_a_later_rule_as_law(advisor: Advisor) -> None:
    import datetime as dt

    question = read_question("境外上市募集资金必须调回吗？", as_of=dt.date(2025, 6, 1))
    answer = advisor.answer(question)
    for claim in answer.claims:
        for ref in claim.refs:
            if ref.card_id == "pboc-safe-2025-252-overseas-listing-funds":
                # In force from 1 April 2026: the sentence must say so.
                assert "2026年4月1日" in claim.text
