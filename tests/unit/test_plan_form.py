"""The form of a plan and the order of its steps."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.answer import AnswerStep
from knowledge.corpus import Corpus
from knowledge.route import RouteCard, RouteInput
from ui.plan.form import RESERVED, read_form, said_value, unit_of
from ui.plan.steps import first_done
from ui.plan.words import brief, deciding_inputs, short_question

TODAY = dt.datetime.now().astimezone().date()


def route(corpus: Corpus, name: str = "fund-overseas-subsidiary") -> RouteCard:
    return corpus.routes[name]


def dated(corpus: Corpus) -> RouteCard:
    """A route that asks for a date; none of the shipped ones does."""
    item = RouteInput.model_validate(
        {"name": "filed_on", "type": "date", "question": {"zh": "哪天备案？", "en": "Filed when?"}}
    )
    return route(corpus).model_copy(update={"inputs": (item,)})


def test_no_input_has_a_name_that_the_page_needs(corpus: Corpus) -> None:
    names = {item.name for one in corpus.routes.values() for item in one.inputs}
    assert names.isdisjoint(RESERVED)


def test_every_number_has_a_unit(corpus: Corpus) -> None:
    without = {
        item.name
        for one in corpus.routes.values()
        for item in one.inputs
        if item.type == "number" and unit_of(item) is None
    }
    assert without == set()


def test_the_last_of_several_values_counts(corpus: Corpus) -> None:
    form = read_form(route(corpus), [("amount_usd", "1"), ("amount_usd", " 2 ")], "en")
    assert form.values == {"amount_usd": 2.0}
    assert form.query() == {"amount_usd": "2"}


def test_nothing_given_is_nothing_known(corpus: Corpus) -> None:
    form = read_form(
        route(corpus), [("amount_usd", ""), ("as_of", TODAY.isoformat()), ("lang", "en")], "en"
    )
    assert (form.values, form.problems, form.strangers, form.query()) == ({}, {}, (), {})
    assert form.as_of == TODAY


def test_a_date_is_read_or_refused(corpus: Corpus) -> None:
    assert read_form(dated(corpus), [("filed_on", "2026-01-31")], "en").values == {
        "filed_on": "2026-01-31"
    }
    assert (
        "is no date"
        in read_form(dated(corpus), [("filed_on", "31.1.26")], "en").problems["filed_on"]
    )


def test_a_value_is_said_in_the_readers_words(corpus: Corpus) -> None:
    one = route(corpus)
    assert said_value(one.input("amount_usd"), 123_456_789.0, "zh-Hans") == (
        "1.2346亿美元（123,456,789）"
    )
    assert said_value(one.input("amount_usd"), 1.5e9, "en") == "USD 1.5 billion (1,500,000,000)"
    assert said_value(one.input("loan_to_equity"), 0.8, "zh-Hant") == "0.8倍"
    assert said_value(one.input("send_in_cny"), False, "en") == "No"
    assert said_value(one.input("enterprise_type"), "central_soe", "zh-Hant") == "中央企業"
    share = route(corpus, "acquire-overseas-company").input("loan_share_pct")
    assert said_value(share, 60.0, "en") == "60%"
    # Of a route that has changed since the plan was made.
    assert said_value(None, 60.0, "en") == "60"
    assert said_value(one.input("enterprise_type"), "gone", "en") == "gone"


def step(name: str, state: str, *needs: str) -> AnswerStep:
    return AnswerStep.model_validate(
        {
            "id": name,
            "state": state,
            "side": "mainland",
            "side_name": "内地",
            "do": "办",
            "who": "企业",
            "authority": None,
            "time": None,
            "needs": needs,
            "depends_on": (),
            "refs": (),
        }
    )


def test_a_step_that_is_not_needed_hands_on_what_it_waited_for() -> None:
    steps = (
        step("a", "required"),
        step("b", "not-needed", "a"),
        step("c", "not-needed", "b"),
        step("d", "depends", "c", "a"),
        step("e", "required", "d", "b", "gone"),
    )
    assert first_done(steps) == {"a": (), "b": (1,), "c": (1,), "d": (1,), "e": (1, 2)}


def test_steps_that_wait_for_each_other_do_not_hang() -> None:
    steps = (step("a", "not-needed", "b"), step("b", "not-needed", "a"), step("c", "required", "a"))
    assert first_done(steps)["c"] == ()


def test_no_step_of_a_route_comes_before_one_it_waits_for(corpus: Corpus) -> None:
    from bot.present import present_plan
    from bot.route_plan import plan_route

    late = [
        (one.id, option.id, name)
        for one in corpus.routes.values()
        for option in present_plan(plan_route(one, {}), "en").options
        for name, before in first_done(option.steps).items()
        for n in before
        if n >= 1 + [each.id for each in option.steps].index(name)
    ]
    assert late == []


def test_what_decides_an_option_is_told_in_the_routes_order(corpus: Corpus) -> None:
    one = route(corpus)
    assert deciding_inputs(one, one.option("shareholder-loan")) == (
        *("prohibited_project", "loan_to_equity", "overseas_funds_only"),
    )


@pytest.mark.parametrize(
    ("question", "short"),
    [
        (
            "项目是否属于禁止类（如博彩），或被列入负面清单？",
            "项目是否属于禁止类，或被列入负面清单",
        ),
        ("Is it (or will it be) listed (soon)?", "Is it listed"),
    ],
)
def test_a_question_is_shortened(question: str, short: str) -> None:
    assert short_question(question) == short


def test_a_cut_question_says_that_it_goes_on() -> None:
    assert brief("是否以人民币出资", "zh-Hans") == "是否以人民币出资"
    assert brief("拟" * 40, "zh-Hans") == "拟" * 18 + "…"
    cut = brief("What multiple of the mainland lender's audited equity will it be", "en")
    assert cut == "What multiple of the mainland lender's audited equity…"
