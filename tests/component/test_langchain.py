from __future__ import annotations

from langchain_core.runnables import RunnableLambda

from bot.advisor import Advisor
from bot.providers.langchain import FactRetriever, advisor_runnable
from bot.question import read_question

ASKED = "境外放款的宏观审慎调节系数现在是多少？"


def test_the_retriever_gives_the_facts_in_the_order_of_our_own_evidence(advisor: Advisor) -> None:
    found = FactRetriever(advisor=advisor, k=5).invoke(ASKED)
    own = advisor.evidence(read_question(ASKED)).refs[:5]
    assert [document.id for document in found] == list(own)


def test_a_document_names_its_instrument_and_how_it_stands(advisor: Advisor) -> None:
    found = FactRetriever(advisor=advisor).invoke(ASKED)
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
