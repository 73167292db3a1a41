"""Hand-made cases, answers and an advisor that returns them: for tests of scorers, ours and others'."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from bot.answer import (
    AnswerBlock,
    AnswerPlan,
    CheckedAnswer,
    CheckedClaim,
    Citation,
    CitedInstrument,
    CitedSource,
    Engine,
)
from bot.question import Question
from evals.case import Case
from evals.run import CaseResult, Run, RunSettings
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus

AS_OF = dt.date(2026, 11, 22)


def make_case(number: int, **fields: object) -> Case:
    """Make a case of which only what matters to a test need be named; its id is `t<number>`."""
    whole = {
        "id": f"t{number}",
        "kind": "lookup",
        "lang": "zh-Hans",
        "topic": "financing",
        "question": f"第{number}问：额度怎么算？",
        "expect": "answer",
        "nuggets": [{"name": "cap", "any": ["80%"]}],
        "cards": ["rule-a"],
    }
    return Case.model_validate({**whole, **fields})


def make_answer(
    text: str = "上限为80%。[1]",
    *,
    cited: Sequence[str] = (),
    evidence: Sequence[str] = (),
    route: str | None = None,
    plan_markdown: str | None = None,
    **fields: Any,
) -> CheckedAnswer:
    """Make an answer of which only what matters to a test need be named.

    Args:
        text: the whole answer.
        cited: references of the facts it cites; one supported claim rests on all of them.
        evidence: references of the facts that retrieval found, best first.
        route: route of its plan; None = no plan.
        plan_markdown: the plan's lines within the text.
        fields: any field of `CheckedAnswer`.
    """
    refs = tuple(FactRef(ref) for ref in cited)
    claim = CheckedClaim(text=text or "-", refs=refs, verdict="supported", block="lead")
    blocks = [AnswerBlock(kind="lead", heading=None, markdown=text, claims=(claim,))]
    if plan_markdown is not None:
        blocks.append(AnswerBlock(kind="plan", heading=None, markdown=plan_markdown, claims=()))
    whole: dict[str, Any] = {
        "id": "a1",
        "question": "?",
        "lang": "zh-Hans",
        "as_of": AS_OF,
        "standing": "answered",
        "text": text,
        "blocks": tuple(blocks),
        "claims": (claim,),
        "citations": tuple(_citation(n, ref) for n, ref in enumerate(refs, start=1)),
        "plan": _plan(route) if route else None,
        "evidence": tuple(FactRef(ref) for ref in evidence),
        "engine": make_engine({"total": 12.0}),
    }
    return CheckedAnswer(**{**whole, **fields})


def make_engine(timings_ms: Mapping[str, float]) -> Engine:
    """Make the record of how an answer was made."""
    return Engine(
        writer="extractive",
        corpus="2026-11-22.0123456789ab",
        corpus_as_of=AS_OF,
        timings_ms=timings_ms,
    )


def make_run(run_id: str, results: Sequence[CaseResult]) -> Run:
    """Make a run of prepared results."""
    settings = RunSettings(
        run_id=run_id,
        suite="made",
        suite_digest="abcdef012345",
        cases_in_suite=len(results),
        cases_run=len(results),
        exclusions=(),
        started=dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC),
        today=AS_OF,
        seed=7,
        corpus="2026-11-22.0123456789ab",
        writers=("extractive",),
        index=None,
        python="CPython 3.11.9",
        revision=None,
    )
    return Run(settings=settings, results=tuple(results))


class ScriptedAdvisor:
    """Returns prepared answers by question; raises a prepared exception where one stands."""

    def __init__(self, corpus: Corpus, answers: Mapping[str, CheckedAnswer | Exception]) -> None:
        """Take the answers by the text of their question."""
        self.corpus = corpus
        self.asked: list[Question] = []
        self._answers = answers

    def answer(self, question: Question) -> CheckedAnswer:
        """Return the answer prepared for a question.

        Raises:
            KeyError: none is prepared.
        """
        self.asked.append(question)
        outcome = self._answers[question.text]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def _citation(n: int, ref: FactRef) -> Citation:
    title = Bilingual(zh="《办法》", en="Measures")
    return Citation(
        n=n,
        ref=ref,
        quote="-",
        quotes=Bilingual(zh="-", en="-"),
        locator=None,
        instrument=CitedInstrument(
            id=ref.card_id,
            title=title.zh,
            titles=title,
            number=None,
            issuers=("PBOC",),
            issuer_names=("中国人民银行",),
            status="in-force",
            issued=None,
            effective=None,
            superseded_by=None,
        ),
        source=CitedSource(
            publisher="-", title="-", url="https://example.org/", quality="official", date=None
        ),
    )


def _plan(route: str) -> AnswerPlan:
    return AnswerPlan(
        route=route, title="-", summary="-", options=(), watch=(), open_points=(), known={}
    )
