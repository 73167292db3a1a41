"""Assembly: blocks are checked and presented one by one, and closed into the answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from bot.answer import (
    AnswerBlock,
    AnswerPlan,
    CheckedAnswer,
    CheckedClaim,
    DeclineReason,
    Engine,
    Standing,
)
from bot.authorities import Directory
from bot.check import Checker
from bot.draft import Block, Claim, Draft
from bot.events import AnswerEvent, BlockReady, Finished
from bot.evidence import Evidence
from bot.gaps import Gap, word_gap
from bot.language import localise
from bot.present import CitationBook, present_block, present_plan
from bot.question import Question
from bot.refuse import SHOWS_RULES, word_refusal
from bot.route_plan import RoutePlan
from bot.timing import Stopwatch
from bot.warn import warnings_for
from bot.wording import HEADINGS
from bot.write import WRITER, rules_block
from knowledge.card import FactRef
from knowledge.corpus import Corpus

NEAREST_SHOWN = 3
"""Instruments named when a question is declined."""


class Assembly:
    """One answer in the making."""

    def __init__(
        self,
        question: Question,
        evidence: Evidence,
        corpus: Corpus,
        checker: Checker,
        directory: Directory,
        watch: Stopwatch,
    ) -> None:
        """Start with nothing said."""
        self._question = question
        self._evidence = evidence
        self._corpus = corpus
        self._checker = checker
        self._directory = directory
        self._watch = watch
        self._book = CitationBook(corpus, question.lang, question.as_of)
        self._blocks: list[AnswerBlock] = []
        self._plan: AnswerPlan | None = None
        self._plan_refs: tuple[FactRef, ...] = ()
        self._refused: list[CheckedClaim] = []

    def plan(self, plan: RoutePlan, *, asked: bool) -> AnswerPlan:
        """Take in the route plan; `asked` tells whether the question asks how it is done."""
        self._plan = present_plan(plan, self._question.lang, asked=asked)
        self._plan_refs = plan.refs
        return self._plan

    def doubts(self, claim: Claim) -> int:
        """Count the checker's objections to a claim."""
        return sum(1 for _ in self._checker.findings(claim, self._question.as_of))

    def finish(self, draft: Draft, gaps: tuple[Gap, ...]) -> Iterator[AnswerEvent]:
        """Check and present a draft block by block, then close the answer."""
        for block in draft.blocks:
            yield from self._say(block)
        missing = self._word(gaps)
        if missing:
            yield self._tell(missing)
        supported = any(block.claims for block in self._blocks)
        standing: Standing = (
            "declined" if not supported else "partly" if missing or self._refused else "answered"
        )
        yield self._close(standing, missing, None if supported else "not-in-corpus", draft.writer)

    def decline(
        self, reason: DeclineReason, gaps: tuple[Gap, ...], *, greeted: bool = False
    ) -> Iterator[AnswerEvent]:
        """Say why a question is not answered, and show the rules where they help."""
        lang = self._question.lang
        nearest = self._evidence.card_ids[:NEAREST_SHOWN]
        missing = self._word(gaps) if reason == "not-in-corpus" else ()
        titles = tuple(localise(self._corpus.instrument(card).title, lang) for card in nearest)
        shown = titles if reason == "not-in-corpus" else ()
        block = AnswerBlock(
            kind="lead",
            heading=None,
            markdown=word_refusal(reason, shown, lang, greeted=greeted),
            claims=(),
        )
        self._blocks.append(block)
        yield BlockReady(block=block, citations=())
        if missing:
            yield self._tell(missing)
        if reason in SHOWS_RULES and (rules := rules_block(self._evidence, self._corpus, lang)):
            yield from self._say(rules)
        yield self._close("declined", missing, reason, WRITER, nearest)

    def _say(self, block: Block) -> Iterator[AnswerEvent]:
        """Check a block; show its supported claims, if any are left."""
        with self._watch.stage("check"):
            day = self._question.as_of
            checked = [self._checker.check(claim, block.kind, day) for claim in block.claims]
        supported = tuple(claim for claim in checked if claim.verdict == "supported")
        self._refused += [claim for claim in checked if claim.verdict != "supported"]
        if not supported:
            return
        known = len(self._book.citations)
        shown = present_block(block, supported, self._book)
        self._blocks.append(shown)
        yield BlockReady(block=shown, citations=self._book.citations[known:])

    def _tell(self, lines: tuple[str, ...]) -> BlockReady:
        """Show lines of the engine's own; they state nothing about the rules."""
        heading = localise(HEADINGS["missing"], self._question.lang)
        body = "\n".join(f"- {line}" for line in lines)
        block = AnswerBlock(
            kind="missing", heading=heading, markdown=f"**{heading}**\n\n{body}", claims=()
        )
        self._blocks.append(block)
        return BlockReady(block=block, citations=())

    def _word(self, gaps: tuple[Gap, ...]) -> tuple[str, ...]:
        asked, lang = self._question.text, self._question.lang
        lines = (word_gap(gap, asked, self._evidence, self._directory, lang) for gap in gaps)
        return tuple(dict.fromkeys(lines))

    def _close(
        self,
        standing: Standing,
        missing: tuple[str, ...],
        reason: DeclineReason | None,
        writer: str,
        nearest: tuple[str, ...] = (),
    ) -> Finished:
        question, citations = self._question, self._book.citations
        for ref in self._plan_refs:
            self._book.cite(ref)
        answer = CheckedAnswer(
            id=uuid.uuid4().hex,
            question=question.text,
            lang=question.lang,
            as_of=question.as_of,
            standing=standing,
            decline_reason=reason,
            text="\n\n".join(block.markdown for block in self._blocks),
            blocks=tuple(self._blocks),
            claims=tuple(claim for block in self._blocks for claim in block.claims),
            citations=citations,
            plan=self._plan,
            plan_citations=self._book.citations[len(citations) :],
            open_points=self._plan.open_points if self._plan and self._plan.asked else (),
            missing=missing,
            warnings=warnings_for(question, citations, self._corpus),
            nearest=nearest,
            evidence=self._evidence.refs,
            engine=Engine(
                writer=writer,
                corpus=str(self._corpus.version),
                corpus_as_of=self._corpus.version.as_of,
                timings_ms=self._watch.read(),
                dropped_claims=len(self._refused),
            ),
        )
        return Finished(answer=answer)
