from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableLambda

from bot.advisor import Advisor
from bot.answer import AnswerBlock
from bot.errors import AdvisorError, QuestionError
from bot.events import BlockGrowing, BlockReady, Failed
from bot.providers.langchain import HugangRetriever, advisor_runnable, advisor_text_runnable
from bot.question import read_question
from tests.loops import run

ASKED = "境外放款的宏观审慎调节系数现在是多少？"
PAGE = Path(__file__).parents[2] / "docs" / "langchain.md"
EXAMPLE = re.compile(
    r"^```python\n(.*?)^```\n(?:\s*^```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL
)


def test_the_retriever_gives_the_facts_in_the_order_of_our_own_evidence(advisor: Advisor) -> None:
    found = HugangRetriever(advisor=advisor, k=5).invoke(ASKED)
    own = advisor.evidence(read_question(ASKED)).refs[:5]
    assert [document.id for document in found] == list(own)


def test_a_document_names_its_instrument_and_how_it_stands(advisor: Advisor) -> None:
    found = HugangRetriever(advisor=advisor).invoke(ASKED)
    coefficient = next(d for d in found if d.id == "pbc-safe-2026-overseas-lending#2")
    # The fact: from March 2026 the coefficient is 0.6, up from 0.5.
    assert "0.6" in coefficient.page_content
    assert coefficient.metadata["validity"] == "in-force"
    assert coefficient.metadata["url"].startswith("https://")


def test_the_runnable_can_be_chained_and_gives_the_answer_contract(advisor: Advisor) -> None:
    chain = advisor_runnable(advisor) | RunnableLambda(lambda answer: answer["citations"])
    citations = chain.invoke(ASKED)
    assert citations
    assert citations[0]["n"] == 1


def test_the_text_streams_block_by_block_and_is_the_answers_whole_text(advisor: Advisor) -> None:
    own = advisor.answer(read_question(ASKED))
    pieces = list(advisor_text_runnable(advisor).stream(ASKED))
    assert len(pieces) == len(own.blocks) > 1
    assert "".join(pieces) == own.text


def test_a_growing_block_streams_sentence_by_sentence_and_nothing_twice(
    advisor: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def block(markdown: str) -> AnswerBlock:
        return AnswerBlock(kind="lead", heading=None, markdown=markdown, claims=())

    events = [
        BlockGrowing(block=block("One[1]."), citations=()),
        BlockGrowing(block=block("One[1]. Two[2]."), citations=()),
        BlockReady(block=block("One[1]. Two[2]."), citations=()),
        BlockReady(block=block("- Three[3]."), citations=()),
    ]
    monkeypatch.setattr(advisor, "stream", lambda question: iter(events))
    pieces = list(advisor_text_runnable(advisor).stream(ASKED))
    assert pieces == ["One[1].", " Two[2].", "\n\n- Three[3]."]


def in_a_thread_of_its_own(work: Callable[[], None]) -> None:
    """Run where no event loop runs: the browser of other tests may keep one in the main thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def test_the_text_can_be_had_whole_chained_and_from_async_code(advisor: Advisor) -> None:
    in_a_thread_of_its_own(lambda: _whole_chained_and_async(advisor))


def _whole_chained_and_async(advisor: Advisor) -> None:
    text = advisor_text_runnable(advisor)
    own = advisor.answer(read_question(ASKED)).text
    assert text.invoke(ASKED) == own
    assert run(text.ainvoke(ASKED)) == own
    assert "".join((text | RunnableLambda(str.upper)).stream(ASKED)) == own.upper()


def test_a_question_that_cannot_be_read_raises_as_everywhere(advisor: Advisor) -> None:
    with pytest.raises(QuestionError, match="empty"):
        list(advisor_text_runnable(advisor).stream("  "))


def test_an_answer_that_fails_on_the_way_raises_with_its_message(
    advisor: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Failed(code="index-fault", message="检索索引暂时不可用。")
    monkeypatch.setattr(advisor, "stream", lambda question: iter([failed]))
    with pytest.raises(AdvisorError, match="检索索引暂时不可用"):
        advisor_text_runnable(advisor).invoke(ASKED)


def test_the_examples_of_the_page_run_and_print_what_it_shows(
    advisor: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Advisor, "open", classmethod(lambda cls: advisor))
    examples = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(examples) == 5
    in_a_thread_of_its_own(lambda: _run_examples(examples))


def _run_examples(examples: Sequence[tuple[str, str]]) -> None:
    names: dict[str, object] = {}
    for code, shown in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(PAGE), "exec"), names)
        assert printed.getvalue() == shown
