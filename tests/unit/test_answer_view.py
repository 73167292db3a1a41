"""The page's view of an answer as its events come in."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.answer import AnswerBlock, AnswerPlan, CheckedAnswer, CheckedClaim, Engine
from bot.events import (
    AnswerEvent,
    BlockGrowing,
    BlockReady,
    EvidenceFound,
    Failed,
    Finished,
    RoutesPlanned,
    Understood,
)
from bot.present import CitationBook, present_block
from bot.writing.draft import Block
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from tests.loops import run
from ui.ask.answer_view import AnswerView
from ui.ask.answering import Answers
from ui.ask.handlers import answer_handler
from ui.ask.page_request import PageRequest
from ui.html import Html

DAY = dt.date(2026, 11, 22)
REF = FactRef("hk-corporate-treasury-centre-tax#1")


def block(kind: str, text: str) -> AnswerBlock:
    said = CheckedClaim.model_validate(
        {"text": text, "refs": (REF,), "verdict": "supported", "block": kind}
    )
    return AnswerBlock.model_validate(
        {"kind": kind, "heading": None, "markdown": text, "claims": (said,)}
    )


PLAN = AnswerPlan(
    route="r", title="路线名", summary="概要。", options=(), watch=(), open_points=(), known={}
)
BLOCKS = (block("lead", "概要。"), block("plan", "一步。"), block("note", "后话。"))


def finished(**changes: object) -> Finished:
    values: dict[str, object] = {
        "id": "a1",
        "question": "怎么走？",
        "lang": "zh-Hans",
        "as_of": DAY,
        "standing": "answered",
        "text": "概要。",
        "blocks": BLOCKS,
        "claims": (),
        "citations": (),
        "plan": PLAN,
        "engine": Engine(writer="x", corpus="v", corpus_as_of=DAY, timings_ms={}),
    }
    return Finished(answer=CheckedAnswer.model_validate(values | changes))


STREAM: tuple[AnswerEvent, ...] = (
    Understood(lang="zh-Hans", as_of=DAY, parts=("怎么走？",)),
    EvidenceFound(refs=(REF,), instruments=1),
    RoutesPlanned(plan=PLAN),
    *(BlockReady(block=one, citations=()) for one in BLOCKS),
    finished(),
)


@pytest.fixture
def view(corpus: Corpus) -> AnswerView:
    return AnswerView("m123", "zh-Hans", corpus)


def keys(view: AnswerView) -> list[str]:
    return [key for key, _ in view.payload()["parts"]]


def test_parts_keep_their_order_from_the_first_block_to_the_end(view: AnswerView) -> None:
    seen: list[list[str]] = []
    for event in STREAM:
        view.take(event)
        seen.append([key for key in keys(view) if key in {"head", "plan"} or "block" in key])
    assert seen[2] == ["head"]  # the plan's card waits for its place
    assert seen[3] == ["head", "block-0"]
    assert seen[4] == ["head", "block-0", "plan"]
    assert seen[5] == seen[6] == ["head", "block-0", "plan", "block-2"]


def test_a_block_does_not_change_once_it_is_shown(view: AnswerView) -> None:
    shown: dict[str, str] = {}
    for event in STREAM:
        view.take(event)
        for key, html in view.payload()["parts"]:
            if "block" in key:
                assert shown.setdefault(key, html) == html


def test_a_growing_block_is_shown_replaced_and_gone_when_it_is_ready(view: AnswerView) -> None:
    def shown(event: AnswerEvent) -> dict[str, str]:
        view.take(event)
        return {key: html for key, html in view.payload()["parts"] if "block" in key}

    first, both = block("lead", "一句。"), block("lead", "一句。又一句。")
    assert shown(BlockReady(block=BLOCKS[2], citations=())).keys() == {"block-0"}
    grown = [shown(BlockGrowing(block=one, citations=())) for one in (first, both)]
    assert [one.keys() for one in grown] == [{"block-0", "block-1"}] * 2
    assert "又一句" not in grown[0]["block-1"]
    assert "又一句" in grown[1]["block-1"]
    # Ready, it stands where it grew, once.
    assert shown(BlockReady(block=both, citations=())) == grown[1]
    # What follows takes the next place.
    assert shown(BlockGrowing(block=first, citations=())).keys() == {
        "block-0",
        "block-1",
        "block-2",
    }


def test_the_sources_of_a_growing_block_can_be_opened_at_once(
    view: AnswerView, corpus: Corpus
) -> None:
    book = CitationBook(corpus, "zh-Hans", DAY)
    claim = CheckedClaim(text="一句。", refs=(REF,), verdict="supported", block="lead")
    drafted = Block(kind="lead", heading=None, form="prose", claims=())
    growing = present_block(drafted, (claim,), book)
    view.take(BlockGrowing(block=growing, citations=book.citations))
    sources = dict(view.payload()["parts"])["sources"]
    assert corpus.instrument(REF).title.zh in sources
    view.take(BlockReady(block=growing, citations=book.citations))
    assert dict(view.payload()["parts"])["sources"] == sources


def test_the_summary_of_a_plan_is_not_said_twice(view: AnswerView) -> None:
    for event in STREAM:
        view.take(event)
    assert "".join(html for _, html in view.payload()["parts"]).count("概要。") == 1


def test_a_plan_that_no_block_tells_still_has_its_card(view: AnswerView) -> None:
    view.take(finished(blocks=(BLOCKS[2],)))
    assert keys(view)[:3] == ["head", "block-0", "plan"]


def test_what_is_missing_is_listed_once(view: AnswerView) -> None:
    told = block("missing", "- 乙")
    view.take(finished(standing="partly", blocks=(told,), missing=("乙",)))
    assert "missing" not in keys(view)
    view.take(finished(standing="partly", blocks=(BLOCKS[2],), missing=("乙",)))
    assert "missing" in keys(view)


def test_the_nearest_instruments_are_buttons_instead_of_a_sentence(
    view: AnswerView, corpus: Corpus
) -> None:
    title = corpus.instrument(REF).title.zh
    refusal = AnswerBlock(
        kind="lead", heading=None, markdown=f"没有依据。\n\n最接近的资料：{title}。", claims=()
    )
    view.take(
        finished(
            standing="declined",
            decline_reason="not-in-corpus",
            blocks=(refusal,),
            plan=None,
            nearest=(REF.card_id, "no-such-card"),
        )
    )
    html = dict(view.payload()["parts"])
    assert title not in html["block-0"]
    assert title in html["next"]


@pytest.mark.parametrize(
    ("code", "said"), [("bad-profile", "金额不对"), ("index-fault", "没有答成")]
)
def test_a_failure_is_told_in_words_for_a_reader(view: AnswerView, code: str, said: str) -> None:
    view.take(Failed(code=code, message="金额不对"))
    assert view.payload()["state"] == "failed"
    assert said in dict(view.payload()["parts"])["failed"]


def test_a_hostile_message_of_a_failure_is_escaped(view: AnswerView) -> None:
    view.take(Failed(code="x", message="<script>"))
    assert "<script" not in dict(view.payload()["parts"])["failed"]


def test_every_part_is_safe_html(view: AnswerView) -> None:
    for event in STREAM:
        view.take(event)
    assert all(isinstance(html, Html) for _, html in view.payload()["parts"])


@pytest.mark.parametrize("message", ["", "M1", "<b>ab", "a" * 41, "m1:2x"])
def test_a_page_may_not_choose_a_harmful_name_for_an_answer(message: str) -> None:
    with pytest.raises(ValueError, match="message"):
        PageRequest(text="问", message=message, ui="en")


class Meddled:
    """What Gradio hands over when a page sends it."""

    def __init__(self, data: object) -> None:
        self._data = data


GOOD = {"text": "问", "message": "m123", "ui": "en"}


class Noting:
    """An advisor that notes what it is asked and says what it understood."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    def stream(self, question: object) -> object:
        self.question = question
        yield Understood(
            lang="en", as_of=dt.date(2025, 6, 1), parts=(), terms=("<b>", "loan"), amounts=("$2",)
        )


def states(advisor: Noting, sent: dict) -> list[dict]:
    """Return what the page is told of a request; of states that follow fast, perhaps the last."""

    async def listen() -> list[dict]:
        return [state async for state in answer_handler(Answers(advisor, 1))(Meddled(sent))]

    return run(listen())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"as_of": "2025-13-40"}, "2025-13-40"),
        ({"as_of": 1_700_000_000}, "1700000000"),
        ({"as_of": "<script>"}, "&lt;script&gt;"),
        ({"filters": {"topics": ["nothing"]}}, "nothing"),
        ({"filters": {"jurisdictions": ["x" * 500]}}, "x" * 60),
        ({"filters": {"colour": []}}, "no topic or place"),
        ({"extra": 1}, "could not be read"),
        ({"ui": "fr"}, "没有读懂"),
    ],
)
def test_a_bad_value_is_refused_in_words(corpus: Corpus, change: dict, said: str) -> None:
    (state,) = states(Noting(corpus), GOOD | change)
    assert state["state"] == "failed"
    failed = dict(state["parts"])["failed"]
    assert said in failed
    assert "<script" not in failed
    assert "x" * 61 not in failed


def test_a_day_and_filters_reach_the_advisor_and_are_told(corpus: Corpus) -> None:
    advisor = Noting(corpus)
    asked = GOOD | {"as_of": "2025-06-01", "filters": {"topics": ["tax"]}}
    state = states(advisor, asked)[-1]
    assert advisor.question.as_of == dt.date(2025, 6, 1)
    assert advisor.question.as_of_given
    assert advisor.question.filters.topics == ("tax",)
    head = dict(state["parts"])["head"]
    for said in ("About: &lt;b&gt;; loan; $2", "rules of 2025-06-01", "Tax"):
        assert said in head
