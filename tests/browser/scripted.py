"""An advisor that follows a script over the real cards, slow or failing at will.

Words of the question choose the scene: 慢 streams slowly (极慢 lingers after the first block, but
not where it is the first question that the process is asked), 失败 fails, 崩溃 breaks, 天气 is declined,
路线 or "route" brings a plan and open points; everything else is answered in two blocks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from bot.answer import AnswerBlock, AnswerBody, AnswerPlan, CheckedAnswer, CheckedClaim, Engine
from bot.events import (
    AnswerEvent,
    BlockReady,
    EvidenceFound,
    Failed,
    Finished,
    RoutesPlanned,
    Understood,
)
from bot.language import in_script, localise
from bot.present import CitationBook, present_block, present_plan
from bot.query.profile import known_values
from bot.question import Question
from bot.route_plan import plan_route
from bot.writing.draft import Block, BlockKind
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from tests.shipped import shipped_corpus

CENTRE = "hk-corporate-treasury-centre-tax"
LEAD = (FactRef.of(CENTRE, 1), FactRef.of(CENTRE, 2))
MORE = (FactRef.of(CENTRE, 3), FactRef.of(CENTRE, 4), FactRef("safe-2014-54-overseas-listing-fx#1"))
CONDITIONS = Bilingual(zh="条件", en="Conditions")
WARNING = Bilingual(zh="第5条依据已被取代。", en="Source 5 has been superseded.")
REFUSAL = Bilingual(zh="资料里没有依据。", en="Nothing in the corpus decides this.")
MISSING = Bilingual(zh="认定要多久：请问税务局。", en="How long it takes: ask the IRD.")
NEXT = Bilingual(zh="企业财资中心要牌照吗？", en="Does a treasury centre need a licence?")
NASTY = "<img src=x onerror='window.__xss=1'>"
BODY = AnswerBody(name="税务局", site="https://www.ird.gov.hk/")
PAUSE_S = 0.5


class ScriptedAdvisor:
    """Answers from the script and keeps the questions it was asked."""

    def __init__(self, corpus: Corpus | None = None) -> None:
        self.corpus: Corpus = corpus or shipped_corpus()
        self.questions: list[Question] = []
        self._never = threading.Event()

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        self.questions.append(question)
        lingers = "极慢" in question.text and len(self.questions) > 1
        for number, event in enumerate(self._events(question)):
            if "慢" in question.text:
                self._never.wait(PAUSE_S * (8 if lingers and number > 2 else 1))
            yield event

    def answer(self, question: Question) -> CheckedAnswer:
        *_, last = self.stream(question)
        assert isinstance(last, Finished)
        return last.answer

    def _events(self, question: Question) -> Iterator[AnswerEvent]:
        yield Understood(
            lang=question.lang,
            as_of=question.as_of,
            parts=(question.text,),
            terms=("企业财资中心", NASTY),
            amounts=("2亿美元",),
        )
        if "失败" in question.text:
            yield Failed(code="scripted", message="检索暂时不可用。")
            return
        yield EvidenceFound(refs=LEAD + MORE, instruments=2)
        if "崩溃" in question.text:
            raise RuntimeError("scripted")
        plan = self._plan(question)
        if plan:
            yield RoutesPlanned(plan=plan)
        book = CitationBook(self.corpus, question.lang, question.as_of)
        blocks: list[AnswerBlock] = []
        known = 0
        for block in self._blocks(question, plan, book):
            blocks.append(block)
            yield BlockReady(block=block, citations=book.citations[known:])
            known = len(book.citations)
        yield Finished(answer=self._close(question, plan, tuple(blocks), book))

    def _blocks(
        self, question: Question, plan: AnswerPlan | None, book: CitationBook
    ) -> Iterator[AnswerBlock]:
        if "天气" in question.text:
            text = localise(REFUSAL, question.lang)
            yield AnswerBlock(kind="lead", heading=None, markdown=text, claims=())
            return
        yield self._block("lead", None, LEAD, question, book)
        if plan:
            refs = tuple(dict.fromkeys(step.refs[0] for step in plan.options[0].steps))
            yield self._block("plan", plan.title, refs, question, book)
        yield self._block("conditions", localise(CONDITIONS, question.lang), MORE, question, book)

    def _block(
        self,
        kind: BlockKind,
        heading: str | None,
        refs: tuple[FactRef, ...],
        question: Question,
        book: CitationBook,
    ) -> AnswerBlock:
        passage = "en" if question.lang == "en" else "zh"
        claims = tuple(
            CheckedClaim(
                text=in_script(self.corpus.fact(ref).text(passage), question.lang),
                refs=(ref,),
                verdict="supported",
                block=kind,
            )
            for ref in refs
        )
        form = "prose" if kind == "lead" else "bullets"
        return present_block(Block(kind=kind, heading=heading, form=form, claims=()), claims, book)

    def _plan(self, question: Question) -> AnswerPlan | None:
        if "路线" not in question.text and "route" not in question.text:
            return None
        route = self.corpus.routes["hong-kong-treasury-centre"]
        known = known_values(route, question.profile)
        return present_plan(plan_route(route, known), question.lang)

    def _close(
        self,
        question: Question,
        plan: AnswerPlan | None,
        blocks: tuple[AnswerBlock, ...],
        book: CitationBook,
    ) -> CheckedAnswer:
        declined, partly = "天气" in question.text, "部分" in question.text
        version = self.corpus.version
        return CheckedAnswer(
            id=f"answer-{len(self.questions)}",
            question=question.text,
            lang=question.lang,
            as_of=question.as_of,
            standing="declined" if declined else "partly" if partly else "answered",
            decline_reason="not-in-corpus" if declined else None,
            text="\n\n".join(block.markdown for block in blocks),
            blocks=blocks,
            claims=tuple(claim for block in blocks for claim in block.claims),
            citations=book.citations,
            plan=plan,
            open_points=plan.open_points if plan else (),
            missing=(localise(MISSING, question.lang),) if partly else (),
            warnings=() if declined else (localise(WARNING, question.lang),),
            nearest=(CENTRE, "qdii-quota") if declined else (),
            whom=(BODY,) if declined or partly else (),
            suggestions=(localise(NEXT, question.lang), NASTY),
            engine=Engine(
                writer="scripted",
                corpus=str(version),
                corpus_as_of=version.as_of,
                timings_ms={},
            ),
        )
