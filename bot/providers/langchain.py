"""Hugang inside LangChain: a retriever over the facts, and the advisor as a Runnable."""

from __future__ import annotations

from collections.abc import Iterator

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict

from bot.advisor import Advisor
from bot.errors import AdvisorError
from bot.events import BlockGrowing, BlockReady, Failed
from bot.language import passage_lang
from bot.question import Question, read_question
from bot.retrieval.evidence import FactHit
from knowledge.card import Bilingual


class HugangRetriever(BaseRetriever):
    """Finds the facts that bear on a question, as LangChain documents.

    A document's text is the fact in the question's language; its metadata name fact, instrument,
    number, validity today, source address and quality. The order is that of our own answers.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    advisor: Advisor
    k: int = 10
    """Most facts wanted."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        question = read_question(query)
        hits = self.advisor.evidence(question).hits[: self.k]
        return [self._document(hit, question) for hit in hits]

    def _document(self, hit: FactHit, question: Question) -> Document:
        corpus = self.advisor.corpus
        card, fact = corpus.instrument(hit.ref), corpus.fact(hit.ref)
        source = card.source(fact.source)
        lang = passage_lang(question.lang)
        return Document(
            id=str(hit.ref),
            page_content=fact.text(lang),
            metadata={
                "ref": str(hit.ref),
                "title": card.title.text(lang),
                "number": card.number,
                "validity": hit.validity,
                "locator": fact.locator,
                "url": source.url,
                "quality": source.quality,
                "score": round(hit.score, 4),
            },
        )


def advisor_runnable(advisor: Advisor) -> Runnable[str, dict[str, object]]:
    """Return the advisor as a Runnable: question text in, the answer's JSON contract out."""

    def answer(text: str) -> dict[str, object]:
        return advisor.answer(read_question(text)).model_dump(mode="json")

    return RunnableLambda(answer)


def advisor_text_runnable(advisor: Advisor) -> Runnable[str, str]:
    """Return the advisor as a Runnable that streams: question text in, Markdown out.

    `stream` yields the answer as its sentences and blocks are checked; `invoke` gives it whole.

    Raises:
        AdvisorError: when run, for a question that cannot be read or answered.
    """

    def pieces(text: str) -> Iterator[str]:
        shown, done = "", ""
        for event in advisor.stream(read_question(text)):
            if isinstance(event, BlockGrowing | BlockReady):
                so_far = done + event.block.markdown
                if so_far != shown and so_far.startswith(shown):
                    yield so_far[len(shown) :]
                    shown = so_far
                if isinstance(event, BlockReady):
                    done = f"{so_far}\n\n"
            elif isinstance(event, Failed):
                raise AdvisorError(Bilingual(zh=event.message, en=event.message))

    return RunnableLambda(pieces)
