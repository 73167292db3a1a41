"""Answers that a language model words: checked, complete, and safe from every way it can fail.

The endpoint is a real HTTP server that misbehaves as told; only its sentences are made up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.events import AnswerEvent, BlockGrowing, BlockReady, EvidenceFound, Finished
from bot.providers.base import ModelError, OutputForm
from bot.providers.guarded import Guard, GuardedModel
from bot.providers.openai_chat import OpenAIChat
from bot.providers.scripted import Part, ScriptedModel, fact_echo
from bot.question import Turn, read_question
from bot.settings import Settings
from tests.component.fault_server import BEHAVIOURS, KEY, FaultServer

ASKED = read_question("境外放款的宏观审慎调节系数现在是多少？")
"""Its leading fact, F1 of the brief: the coefficient is 0.6 since March 2026, up from 0.5."""
GOOD = '{"claims":[{"section":"lead","text":"2026年3月起，境外放款的宏观审慎调节系数是0.6。","facts":["F1"]}]}'
FIRST_BYTE_S, TOTAL_S = 0.6, 2.0
SLACK_S = 4.0
"""For what is ours: retrieval, checks, a machine on which others work too; a hang takes a minute."""


def quick(**changes: object) -> Settings:
    return Settings.model_validate(
        {"model": "small", "model_first_byte_s": FIRST_BYTE_S, "model_total_s": TOTAL_S} | changes
    )


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


@pytest.fixture(scope="module")
def plain(advisor: Advisor) -> CheckedAnswer:
    """What is answered without a model."""
    return advisor.answer(ASKED)


def asked_of(server: FaultServer, behaviour: str, advisor: Advisor) -> list[AnswerEvent]:
    server.behaviour = behaviour
    server.seen.clear()
    chat = OpenAIChat("small", SecretStr(KEY), base_url=server.url)
    model = GuardedModel(chat, Guard(attempts=2, backoff_s=0.05, backoff_max_s=0.1))
    try:
        return list(advisor.written_by(model, quick()).stream(ASKED))
    finally:
        model.close()


def answer_of(events: list[AnswerEvent]) -> CheckedAnswer:
    assert isinstance(events[-1], Finished)
    return events[-1].answer


@pytest.mark.parametrize("behaviour", sorted(BEHAVIOURS))
def test_every_misbehaviour_ends_in_a_complete_answer_inside_the_budget(
    behaviour: str, server: FaultServer, advisor: Advisor, plain: CheckedAnswer
) -> None:
    start = time.monotonic()
    events = asked_of(server, behaviour, advisor)
    spent = time.monotonic() - start
    answer = answer_of(events)
    assert spent < TOTAL_S + SLACK_S

    # Complete: what leads the answer without a model is said here too.
    led = {ref for claim in plain.blocks[0].claims for ref in claim.refs}
    assert led <= {citation.ref for citation in answer.citations}
    assert answer.standing == plain.standing

    # Nothing shown is lost, contradicted or said twice.
    shown = [event.block for event in events if isinstance(event, BlockReady)]
    assert list(answer.blocks) == shown
    texts = [claim.text for claim in answer.claims]
    assert len(texts) == len(set(texts))
    for event in events:
        if isinstance(event, BlockGrowing):
            said = {claim.text for claim in event.block.claims}
            assert said <= set(texts)

    # A notice stands where the model did not come to its end, and nowhere else.
    assert answer.engine.model is not None
    faulty = answer.engine.model.fault is not None or answer.engine.writer == "extractive"
    assert any("语言模型" in warning for warning in answer.warnings) == faulty

    # No secret anywhere.
    assert KEY not in json.dumps([event.model_dump(mode="json") for event in events])


def test_what_the_model_wrote_and_the_check_confirms_is_the_answer(
    advisor: Advisor, plain: CheckedAnswer
) -> None:
    answer = advisor.written_by(ScriptedModel([GOOD])).answer(ASKED)
    assert answer.text.startswith("2026年3月起，境外放款的宏观审慎调节系数是0.6[1]。")
    assert answer.citations[0].ref == plain.citations[0].ref
    assert answer.engine.writer == "scripted"
    assert answer.engine.model is not None
    assert answer.engine.model.calls == 1
    assert answer.engine.model.proposed_claims == 1
    assert answer.engine.model.dropped_claims == 0
    assert answer.engine.model.prompt_tokens > 300


@pytest.mark.parametrize(
    "text",
    [
        "2026年3月起，境外放款的宏观审慎调节系数是0.8。",
        "2026年3月起，境外放款的宏观审慎调节系数由0.6下调至0.5。",
        "境外放款的宏观审慎调节系数由财政部定为0.6。",
        "境外放款前还须向公证处提交公证书。",
        "The macro-prudential coefficient is 0.6.",
        "一句完整的话。",  # the form's own example
        "境外放款的宏观审慎调节系数现在是多少。",  # the question
    ],
)
def test_a_sentence_that_its_fact_does_not_bear_out_is_never_shown(
    advisor: Advisor, text: str
) -> None:
    wrong = json.dumps({"claims": [{"section": "lead", "text": text, "facts": ["F1"]}]})
    events = list(advisor.written_by(ScriptedModel([wrong])).stream(ASKED))
    answer = answer_of(events)
    assert text not in json.dumps(
        [event.model_dump(mode="json") for event in events], ensure_ascii=False
    )
    assert answer.engine.writer == "extractive"
    assert answer.engine.model is not None
    assert answer.engine.model.dropped_claims == 1
    assert "没有一句通过核对" in answer.warnings[0]


def test_an_invented_fact_name_is_refused(advisor: Advisor) -> None:
    invented = GOOD.replace('"F1"', '"F99"')
    answer = advisor.written_by(ScriptedModel([invented])).answer(ASKED)
    assert answer.engine.writer == "extractive"


def test_a_refused_sentence_may_be_mended_once(advisor: Advisor) -> None:
    model = ScriptedModel([GOOD.replace("0.6", "0.8"), GOOD])
    answer = advisor.written_by(model).answer(ASKED)
    assert "0.6" in answer.blocks[0].markdown
    assert answer.engine.writer == "scripted"
    assert answer.engine.model is not None
    assert (answer.engine.model.calls, answer.engine.model.dropped_claims) == (2, 0)


def test_a_refused_sentence_that_the_model_leaves_out_counts_as_dropped(advisor: Advisor) -> None:
    claims = [
        {
            "section": "lead",
            "text": "2026年3月起，境外放款的宏观审慎调节系数是0.6。",
            "facts": ["F1"],
        },
        {"section": "note", "text": "系数以后还会调到0.9。", "facts": ["F1"]},
        {"section": "note", "text": "系数由财政部决定。", "facts": ["F1"]},
    ]
    first = json.dumps({"claims": claims}, ensure_ascii=False)
    answer = advisor.written_by(ScriptedModel([first, '{"claims": []}'])).answer(ASKED)
    use = answer.engine.model
    assert use is not None
    assert (use.calls, use.proposed_claims, use.dropped_claims) == (2, 3, 2)
    assert answer.engine.writer == "scripted"
    assert "财政部" not in answer.text


def test_the_model_is_told_what_was_wrong_with_its_sentence(advisor: Advisor) -> None:
    asked: list[str] = []

    def script(messages: object, form: OutputForm) -> str:
        assert isinstance(messages, list | tuple)
        asked.append(messages[-1].content)
        return GOOD.replace("0.6", "0.8")

    advisor.written_by(ScriptedModel(script)).answer(ASKED)
    assert len(asked) == 2
    assert "0.8" in asked[1]


def test_no_call_is_made_before_the_evidence_is_on_screen(advisor: Advisor) -> None:
    seen: list[str] = []

    def script(messages: object, form: OutputForm) -> str:
        seen.append("call")
        return GOOD

    stream = advisor.written_by(ScriptedModel(script)).stream(ASKED)
    for event in stream:
        if isinstance(event, EvidenceFound):
            assert seen == []
            break
    assert isinstance(list(stream)[-1], Finished)
    assert seen == ["call"]


def test_sentences_come_one_by_one_while_the_model_still_writes(advisor: Advisor) -> None:
    model = ScriptedModel(fact_echo(), tokens_per_s=200)
    events = list(advisor.written_by(model).stream(ASKED))
    growing = [event for event in events if isinstance(event, BlockGrowing)]
    assert len(growing) >= 2
    first = events.index(growing[0])
    assert not any(isinstance(event, Finished) for event in events[: first + 1])


def test_a_model_cut_off_midway_is_completed_without_repeating_it(
    advisor: Advisor, plain: CheckedAnswer
) -> None:
    model = ScriptedModel([Part(GOOD[:-2], ModelError("cut-off", "closed"))])
    answer = advisor.written_by(model).answer(ASKED)
    lead = "2026年3月起，境外放款的宏观审慎调节系数是0.6。"
    assert [claim.text for claim in answer.claims].count(lead) == 1
    assert answer.engine.model is not None
    assert answer.engine.model.fault == "cut-off"
    said = {ref for claim in answer.claims for ref in claim.refs}
    assert {c.ref for c in plain.citations} <= said


def test_a_sentence_that_never_ends_is_given_up_and_the_answer_completed(advisor: Advisor) -> None:
    lost = GOOD[:-1].removesuffix("]") + ',{"section":"note","text":"' + "系数" * 2_000
    asked: list[str] = []

    def script(messages: object, form: OutputForm) -> str:
        asked.append(form)
        return lost

    answer = advisor.written_by(ScriptedModel(script)).answer(ASKED)
    assert answer.engine.model is not None
    assert answer.engine.model.fault == "endless"
    assert "没有停止输出" in answer.warnings[0]
    assert answer.engine.writer == "scripted"  # what was confirmed before it stays
    assert len(asked) == 1


def test_many_short_sentences_are_no_endless_one(advisor: Advisor) -> None:
    claim = json.loads(GOOD)["claims"][0]
    told = [claim | {"text": f"第{n}句没有依据的话，" * 30 + "。"} for n in range(12)]
    answer = advisor.written_by(
        ScriptedModel([json.dumps({"claims": [claim, *told]}, ensure_ascii=False)])
    ).answer(ASKED)
    assert answer.engine.model is not None
    assert answer.engine.model.fault is None


def test_a_correction_of_the_asker_stands_first_whoever_writes(advisor: Advisor) -> None:
    question = read_question("境外放款的宏观审慎调节系数是0.3，对吧？")
    plain = advisor.answer(question)
    worded = advisor.written_by(ScriptedModel([GOOD])).answer(question)
    assert plain.text.startswith("更正")
    assert worded.blocks[0].markdown.split("[", maxsplit=1)[0] in plain.blocks[0].markdown


@pytest.mark.parametrize("text", ["帮我写一首关于大海的诗", "怎么拆成多笔汇款避开外汇监管？"])
def test_a_declined_question_never_reaches_the_model(advisor: Advisor, text: str) -> None:
    calls: list[object] = []

    def script(messages: object, form: OutputForm) -> str:
        calls.append(messages)
        return GOOD

    answer = advisor.written_by(ScriptedModel(script)).answer(read_question(text))
    assert answer.standing == "declined"
    assert calls == []


def test_the_plan_stays_ours(advisor: Advisor) -> None:
    question = read_question("我们上海母公司怎么把人民币借给香港子公司？要办哪些手续？")
    plain = advisor.answer(question)
    worded = advisor.written_by(ScriptedModel(fact_echo())).answer(question)
    assert worded.plan == plain.plan
    assert [b.markdown.split("[")[0] for b in worded.blocks if b.kind == "plan"] == [
        b.markdown.split("[")[0] for b in plain.blocks if b.kind == "plan"
    ]
    assert worded.standing == plain.standing


def test_traditional_chinese_is_answered_in_traditional_characters(advisor: Advisor) -> None:
    question = read_question("境外放款的宏觀審慎調節系數現在是多少？")
    answer = advisor.written_by(ScriptedModel([GOOD])).answer(question)
    assert answer.lang == "zh-Hant"
    assert "宏觀審慎調節" in answer.blocks[0].markdown


def test_a_follow_up_may_be_reworded_by_the_model_and_is_searched_for_once_more(
    advisor: Advisor,
) -> None:
    history = (Turn(role="user", content="境外放款的宏观审慎调节系数现在是多少？"),)
    question = read_question("那资金池呢？", history=history)
    words = '{"question": "跨国公司本外币一体化资金池的境外放款上限是多少？"}'
    worded = advisor.written_by(
        ScriptedModel(fact_echo()),
        quick(model_rewrites=True, model_rewrite_wait_s=2),
        ScriptedModel([words]),
    )
    events = list(worded.stream(question))
    found = [event for event in events if isinstance(event, EvidenceFound)]
    assert len(found) == 2
    assert found[1].refs[0].card_id == "mnc-integrated-cash-pool-2025"
    assert answer_of(events).question == "那资金池呢？"


def test_a_rewriting_that_is_late_is_dropped(advisor: Advisor) -> None:
    history = (Turn(role="user", content="境外放款的宏观审慎调节系数现在是多少？"),)
    question = read_question("那资金池呢？", history=history)
    slow = ScriptedModel(['{"question": "资金池的门槛是多少？"}'], first_token_s=3)
    worded = advisor.written_by(
        ScriptedModel(fact_echo()), quick(model_rewrites=True, model_rewrite_wait_s=0.1), slow
    )
    found = [e for e in worded.stream(question) if isinstance(e, EvidenceFound)]
    assert len(found) == 1


def test_costs_are_recorded_where_prices_are_set(advisor: Advisor) -> None:
    priced = quick(model_price_in=2.0, model_price_out=8.0)
    answer = advisor.written_by(ScriptedModel([GOOD]), priced).answer(ASKED)
    use = answer.engine.model
    assert use is not None
    expected = (use.prompt_tokens * 2 + use.completion_tokens * 8) / 1_000_000
    assert use.cost == pytest.approx(expected, abs=1e-6)


def test_without_a_model_nothing_changes(advisor: Advisor, plain: CheckedAnswer) -> None:
    again = advisor.written_by(None).answer(ASKED)
    volatile = {"id", "engine"}
    assert again.model_dump(exclude=volatile) == plain.model_dump(exclude=volatile)
    assert again.engine.model is None
