"""The JSON of an answer is a public contract: keys are added, never renamed or removed."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, get_args

import pytest

from bot.advisor import Advisor
from bot.answer import AnswerLeg, CheckedAnswer, DeclineReason, Standing, Verdict
from bot.events import ANSWER_EVENT
from bot.question import read_question
from bot.route_plan import StepState
from knowledge.card import FactRef

TODAY = dt.date(2026, 11, 22)
QUESTIONS = {
    "lookup": "境外放款的系数是多少？",
    "plan": "How do we lend to our overseas subsidiary?",
    "declined": "明天上海会下雨吗？",
    "partly": "境外放款的系数是多少？越南的预提税率是多少？",
}

ANSWER = {
    *("id", "question", "lang", "as_of", "standing", "decline_reason", "text", "blocks"),
    *("claims", "citations", "plan", "plan_citations", "open_points", "missing", "warnings"),
    *("nearest", "whom", "suggestions", "evidence", "engine", "passages"),
}
BODY = {"name", "site"}
BLOCK = {"kind", "heading", "markdown", "claims"}
CLAIM = {"text", "refs", "verdict", "block", "cells"}
CITATION = {
    *("n", "ref", "quote", "quotes", "locator", "instrument", "source", "article"),
    "under_review",
}
INSTRUMENT = {
    *("id", "title", "titles", "number", "issuers", "issuer_names", "status", "issued"),
    *("effective", "superseded_by"),
}
SOURCE = {"publisher", "title", "url", "quality", "date", "note", "further"}
PLAN = {"route", "asked", "title", "summary", "options", "watch", "open_points", "known"}
OPTION = {
    *("id", "title", "applies", "depends_on", "blockers", "possible_blockers", "legs", "steps"),
    *("pros", "cons"),
}
STEP = {
    *(
        "id",
        "state",
        "side",
        "side_name",
        "do",
        "who",
        "authority",
        "time",
        "needs",
        "depends_on",
        "refs",
    ),
}
LEG = {"from", "to", "from_name", "to_name", "what", "channel", "currencies", "refs"}
REMARK = {"say", "refs"}
OPEN_POINT = {"name", "type", "question", "choices"}
ENGINE = {"writer", "corpus", "corpus_as_of", "timings_ms", "dropped_claims", "model"}

DOCUMENTED = {
    "answer": {
        *("id", "question", "lang", "as_of", "standing", "text", "claims", "citations", "plan"),
        *("open_points", "missing", "warnings", "engine"),
    },
    "claim": {"text", "refs", "verdict"},
    "citation": {"n", "ref", "quote", "locator", "instrument", "source"},
    "instrument": {"id", "title", "number", "issuers", "status", "effective"},
    "source": {"publisher", "url", "quality", "date"},
    "plan": {"route", "options"},
    "option": {"id", "applies", "blockers", "steps"},
    "step": {"id", "state", "refs"},
    "open_point": {"name", "question", "choices"},
    "engine": {"writer", "corpus", "timings_ms"},
}
"""Keys of the contract in the design document; the sets above may only hold more."""


@pytest.fixture(scope="module")
def answers(advisor: Advisor) -> dict[str, CheckedAnswer]:
    return {
        name: advisor.answer(read_question(text, as_of=TODAY)) for name, text in QUESTIONS.items()
    }


@pytest.fixture(scope="module")
def parsed(answers: dict[str, CheckedAnswer]) -> dict[str, dict[str, Any]]:
    return {name: json.loads(answer.model_dump_json()) for name, answer in answers.items()}


@pytest.mark.parametrize(
    ("pinned", "name"),
    [
        (ANSWER, "answer"),
        (CLAIM, "claim"),
        (CITATION, "citation"),
        (INSTRUMENT, "instrument"),
        (SOURCE, "source"),
        (PLAN, "plan"),
        (OPTION, "option"),
        (STEP, "step"),
        (OPEN_POINT, "open_point"),
        (ENGINE, "engine"),
    ],
)
def test_the_pinned_keys_hold_all_that_is_documented(pinned: set[str], name: str) -> None:
    assert pinned >= DOCUMENTED[name]


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_has_exactly_the_pinned_keys(
    parsed: dict[str, dict[str, Any]], name: str
) -> None:
    answer = parsed[name]
    assert answer.keys() == ANSWER
    assert answer["engine"].keys() == ENGINE
    assert all(block.keys() == BLOCK for block in answer["blocks"])
    assert all(body.keys() == BODY for body in answer["whom"])
    for claim in (*answer["claims"], *(c for b in answer["blocks"] for c in b["claims"])):
        assert claim.keys() == CLAIM
    for citation in (*answer["citations"], *answer["plan_citations"]):
        assert citation.keys() == CITATION
        assert citation["quotes"].keys() == {"zh", "en"}
        assert citation["instrument"].keys() == INSTRUMENT
        assert citation["instrument"]["titles"].keys() == {"zh", "en"}
        assert citation["source"].keys() == SOURCE


def test_the_cells_of_a_claim_are_its_text_over_the_columns_of_a_table(
    parsed: dict[str, dict[str, Any]],
) -> None:
    rows = [claim for claim in parsed["plan"]["claims"] if claim["cells"]]
    assert rows
    assert all(claim["text"] == " | ".join(claim["cells"]) for claim in rows)
    assert not any(claim["cells"] for claim in parsed["lookup"]["claims"])


def test_a_plan_has_exactly_the_pinned_keys(parsed: dict[str, dict[str, Any]]) -> None:
    plan = parsed["plan"]["plan"]
    assert plan.keys() == PLAN
    for point in (*plan["open_points"], *parsed["plan"]["open_points"]):
        assert point.keys() == OPEN_POINT
        assert all(choice.keys() == {"value", "label"} for choice in point["choices"])
    for option in plan["options"]:
        assert option.keys() == OPTION
        assert all(step.keys() == STEP for step in option["steps"])
        assert all(leg.keys() == LEG for leg in option["legs"])
        remarks = ("blockers", "possible_blockers", "pros", "cons")
        assert all(remark.keys() == REMARK for name in remarks for remark in option[name])
    assert all(remark.keys() == REMARK for remark in plan["watch"])


def test_the_questions_reach_every_part_of_the_contract(
    parsed: dict[str, dict[str, Any]],
) -> None:
    # otherwise an empty list would satisfy the tests above
    assert parsed["lookup"]["citations"]
    assert parsed["plan"]["plan"]["options"][0]["legs"]
    assert parsed["plan"]["plan"]["options"][0]["steps"]
    assert parsed["plan"]["open_points"]
    assert parsed["plan"]["plan"]["watch"]
    assert parsed["plan"]["plan_citations"]
    assert parsed["declined"]["decline_reason"] == "out-of-scope"
    assert parsed["partly"]["missing"]
    assert parsed["partly"]["whom"]
    assert parsed["lookup"]["suggestions"]
    assert {name: answer["standing"] for name, answer in parsed.items()} == {
        "lookup": "answered",
        "plan": "answered",
        "declined": "declined",
        "partly": "partly",
    }


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_comes_back_whole_from_its_json(
    answers: dict[str, CheckedAnswer], name: str
) -> None:
    answer = answers[name]
    back = CheckedAnswer.model_validate_json(answer.model_dump_json())
    assert back == answer
    assert back.model_dump_json() == answer.model_dump_json()
    assert all(isinstance(ref, FactRef) for ref in back.evidence)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_json_is_plain(answers: dict[str, CheckedAnswer], name: str) -> None:
    """Neither NaN nor a type of our own: what a program in another language can read."""
    text = json.dumps(answers[name].model_dump(mode="json"), ensure_ascii=False, allow_nan=False)
    assert json.loads(text) == json.loads(answers[name].model_dump_json())


def test_a_reference_is_a_plain_string(parsed: dict[str, dict[str, Any]]) -> None:
    answer = parsed["lookup"]
    refs = [ref for claim in answer["claims"] for ref in claim["refs"]]
    refs += [citation["ref"] for citation in answer["citations"]] + answer["evidence"]
    assert refs
    assert all(FactRef(ref) == ref for ref in refs)


def test_a_leg_calls_its_beginning_from_and_is_read_by_that_name() -> None:
    given = {
        "from": "mainland_parent",
        "to": "hk_company",
        "from_name": "mainland parent",
        "to_name": "Hong Kong company",
        "what": "equity",
        "channel": None,
        "currencies": ["CNY"],
        "refs": ["a-card#1"],
    }
    leg = AnswerLeg.model_validate(given)
    assert leg.from_ == "mainland_parent"
    assert json.loads(leg.model_dump_json()) == given
    assert leg.model_dump(mode="json") == given
    assert "from" in AnswerLeg.model_json_schema()["properties"]


def test_days_are_written_as_iso_dates(parsed: dict[str, dict[str, Any]]) -> None:
    assert parsed["lookup"]["as_of"] == "2026-11-22"
    for citation in parsed["lookup"]["citations"]:
        for name in ("issued", "effective"):
            day = citation["instrument"][name]
            assert day is None or dt.date.fromisoformat(day)


def test_the_words_a_program_may_meet_are_these() -> None:
    assert set(get_args(Standing)) == {"answered", "partly", "declined"}
    assert set(get_args(Verdict)) == {"supported", "unsupported"}
    assert set(get_args(StepState)) == {"required", "not-needed", "depends"}
    assert set(get_args(DeclineReason)) == {
        *("out-of-scope", "not-in-corpus", "evasion", "injection", "legal-guarantee"),
    }


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_event_of_a_stream_comes_back_from_its_json(advisor: Advisor, name: str) -> None:
    for event in advisor.stream(read_question(QUESTIONS[name], as_of=TODAY)):
        assert ANSWER_EVENT.validate_json(event.model_dump_json()) == event
