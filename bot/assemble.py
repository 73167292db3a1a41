"""Assembly: blocks are checked and presented one by one, and closed into the answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from bot.answer import (
    AnswerBlock,
    AnswerBody,
    AnswerPlan,
    CheckedAnswer,
    CheckedClaim,
    DeclineReason,
    Engine,
    ModelUse,
    Standing,
)
from bot.checking.check import Checker
from bot.events import AnswerEvent, BlockGrowing, BlockReady, Finished, StillWriting
from bot.language import localise
from bot.model.writer import AtWork, Writing
from bot.present import CitationBook, present_block, present_papers, present_plan
from bot.query.authorities import Directory
from bot.question import Question
from bot.retrieval.evidence import Evidence
from bot.retrieval.gaps import Gap, body_to_ask, word_gap
from bot.retrieval.papers import NONE, Papers, Quoted
from bot.route_plan import RoutePlan
from bot.timing import Stopwatch
from bot.writing.draft import Block, BlockKind, Claim, Draft
from bot.writing.refuse import ONLY_PAPERS, SHOWS_RULES, word_refusal
from bot.writing.suggest import Suggester
from bot.writing.warn import warnings_for
from bot.writing.wording import HEADINGS, PAPERS_FAILED, word_fault
from bot.writing.write import WRITER, rules_block
from knowledge.card import FactRef
from knowledge.corpus import Corpus

NEAREST_SHOWN = 3
"""Instruments named when a question is declined."""
_NO_SUGGESTIONS: frozenset[DeclineReason | None] = frozenset({"out-of-scope", "injection"})
"""Reasons after which nothing found is near to what was wanted."""


class Assembly:
    """One answer in the making."""

    def __init__(
        self,
        question: Question,
        evidence: Evidence,
        corpus: Corpus,
        checker: Checker,
        directory: Directory,
        suggester: Suggester,
        watch: Stopwatch,
        papers: Papers = NONE,
    ) -> None:
        """Start with nothing said."""
        self._papers = papers
        self._question = question
        self._evidence = evidence
        self._corpus = corpus
        self._checker = checker
        self._directory = directory
        self._suggester = suggester
        self._watch = watch
        self._book = CitationBook(corpus, question.lang, question.as_of)
        self._blocks: list[AnswerBlock] = []
        self._plan: AnswerPlan | None = None
        self._plan_refs: tuple[FactRef, ...] = ()
        self._refused: list[CheckedClaim] = []
        self._model: ModelUse | None = None
        self._notices: list[str] = []
        if papers.failed:
            self._notices.append(localise(PAPERS_FAILED, question.lang))
        self._whom: tuple[AnswerBody, ...] = ()

    def plan(self, plan: RoutePlan, *, asked: bool) -> AnswerPlan:
        """Take in the route plan; `asked` tells whether the question asks how it is done."""
        self._plan = present_plan(plan, self._question.lang, asked=asked)
        self._plan_refs = plan.refs
        return self._plan

    def doubts(self, claim: Claim) -> int:
        """Count the checker's objections to a claim."""
        return self._checker.doubts(claim, self._question.as_of)

    def finish(self, draft: Draft, gaps: tuple[Gap, ...]) -> Iterator[AnswerEvent]:
        """Check and present a draft block by block, then close the answer."""
        yield from self._quote(first=True)
        for block in draft.blocks:
            yield from self._say(block)
        yield from self._end(gaps, draft.writer)

    def _end(self, gaps: tuple[Gap, ...], writer: str) -> Iterator[AnswerEvent]:
        """Quote the papers, tell what is missing, and close with the standing that follows."""
        yield from self._quote(first=False)
        missing = self._word(gaps)
        if missing:
            yield self._tell(missing)
        supported = any(block.claims for block in self._blocks)
        standing: Standing = (
            "declined" if not supported else "partly" if missing or self._refused else "answered"
        )
        yield self._close(standing, missing, None if supported else "not-in-corpus", writer)

    def finish_written(
        self, writing: Writing, draft: Draft, gaps: tuple[Gap, ...]
    ) -> Iterator[AnswerEvent]:
        """Let a language model word the answer beside what is ours, then close the answer.

        Corrections, replacements, plan and notes stay as drafted. What leads the draft is said
        where the model leaves it out; all of it, where the model breaks off.
        """
        yield from self._quote(first=True)
        for block in draft.blocks:
            if first := _said_first(block):
                yield from self._say(first)
        yield from self._stream(writing)
        cited = self._cited
        whole = writing.error is not None or not writing.said
        for block in draft.blocks:
            if rest := _still_to_say(block, cited, whole=whole):
                yield from self._say(self._without_heading_told(rest))
        self._model = writing.use
        if whole:
            self._notices.append(word_fault(self._model.fault, self._question.lang))
        yield from self._end(gaps, writing.writer if writing.said else draft.writer)

    def finish_from_papers(self) -> Iterator[AnswerEvent]:
        """Answer from documents where the curated facts decide nothing."""
        lang = self._question.lang
        told = AnswerBlock(
            kind="lead", heading=None, markdown=localise(ONLY_PAPERS, lang), claims=()
        )
        self._blocks.append(told)
        yield BlockReady(block=told, citations=())
        yield from self._quote(first=True)
        yield from self._quote(first=False)
        standing: Standing = "answered" if self._papers.lead else "partly"
        yield self._close(standing, (), None, WRITER)

    def _quote(self, *, first: bool) -> Iterator[AnswerEvent]:
        """Quote what documents say: official texts and papers that lead first, the others last.

        Of an instrument whose facts are cited, the text opens beside them: it is not quoted too.
        """
        cited = {ref.card_id for ref in self._cited}
        official = [
            one for one in self._papers.of("official") if one.document.instrument not in cited
        ]
        own = self._papers.of("own")
        turns: tuple[tuple[BlockKind, Sequence[Quoted], bool], ...] = (
            ("official-text", official, False),
            ("own-papers", own, self._papers.lead),
        )
        for kind, quoted, leads in turns:
            if quoted and leads == first:
                block, passages = present_papers(kind, quoted, self._book)
                self._blocks.append(block)
                yield BlockReady(block=block, citations=(), passages=passages)

    def _stream(self, writing: Writing) -> Iterator[AnswerEvent]:
        """Show a model's sentences as they are confirmed, a block for each run of one section."""
        growing: Block | None = None
        claims: list[CheckedClaim] = []
        known = len(self._book.citations)
        with self._watch.stage("model"):
            for told in writing.claims():
                if isinstance(told, AtWork):
                    yield StillWriting(characters=told.characters)
                    continue
                section, claim = told
                if growing is None or section != growing.kind:
                    if growing:
                        yield self._ready(growing, claims, known)
                    known, claims = len(self._book.citations), []
                    growing = self._opened(section)
                claims.append(claim)
                block = present_block(growing, tuple(claims), self._book)
                yield BlockGrowing(block=block, citations=self._book.citations[known:])
        if growing:
            yield self._ready(growing, claims, known)

    def _opened(self, section: BlockKind) -> Block:
        heading = HEADINGS.get(section)
        return self._without_heading_told(
            Block(
                kind=section,
                heading=localise(heading, self._question.lang) if heading else None,
                form="prose" if section == "lead" else "bullets",
                claims=(),
            )
        )

    def _without_heading_told(self, block: Block) -> Block:
        """Let a block that goes on under a heading already told do so without it."""
        told = {shown.heading for shown in self._blocks}
        return block.model_copy(update={"heading": None}) if block.heading in told else block

    def _ready(self, block: Block, claims: Sequence[CheckedClaim], known: int) -> BlockReady:
        """Show a block; `known` citations stood before it."""
        shown = present_block(block, tuple(claims), self._book)
        self._blocks.append(shown)
        return BlockReady(block=shown, citations=self._book.citations[known:])

    @property
    def _cited(self) -> frozenset[FactRef]:
        claims = (claim for block in self._blocks for claim in block.claims)
        return frozenset(ref for claim in claims for ref in claim.refs)

    def decline(
        self, reason: DeclineReason, gaps: tuple[Gap, ...], *, greeted: bool = False
    ) -> Iterator[AnswerEvent]:
        """Say why a question is not answered, and show the rules where they help."""
        lang = self._question.lang
        nearest = self._evidence.card_ids[:NEAREST_SHOWN]
        missing = self._word(gaps) if reason == "not-in-corpus" else ()
        if reason == "not-in-corpus" and not gaps:
            self._whom = self._bodies((Gap(part=self._question.text),))
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
        yield self._ready(block, supported, len(self._book.citations))

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
        self._whom = self._bodies(gaps)
        lines = (word_gap(gap, asked, self._evidence, self._directory, lang) for gap in gaps)
        return tuple(dict.fromkeys(lines))

    def _bodies(self, gaps: tuple[Gap, ...]) -> tuple[AnswerBody, ...]:
        """Return whom to ask what stays open, each body once."""
        asked, lang = self._question.text, self._question.lang
        found = (body_to_ask(gap, asked, self._evidence, self._directory) for gap in gaps)
        bodies = (
            AnswerBody(name=localise(body.name, lang), site=self._directory.site_of(body))
            for body in found
            if body
        )
        return tuple(dict.fromkeys(bodies))

    def _suggest(self, standing: Standing, reason: DeclineReason | None) -> tuple[str, ...]:
        if reason in _NO_SUGGESTIONS:
            return ()
        with self._watch.stage("suggest"):
            found = self._evidence.refs
            if standing == "declined":
                return self._suggester.instead(self._question, found)
            said = tuple(citation.ref for citation in self._book.citations)
            return self._suggester.after(self._question, said, found)

    def _close(
        self,
        standing: Standing,
        missing: tuple[str, ...],
        reason: DeclineReason | None,
        writer: str,
        nearest: tuple[str, ...] = (),
    ) -> Finished:
        question, citations = self._question, self._book.citations
        suggestions = self._suggest(standing, reason)
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
            passages=self._book.passages,
            plan_citations=self._book.citations[len(citations) :],
            open_points=self._plan.open_points if self._plan and self._plan.asked else (),
            missing=missing,
            warnings=(*self._notices, *warnings_for(question, citations, self._corpus)),
            nearest=nearest,
            whom=self._whom,
            suggestions=suggestions,
            evidence=self._evidence.refs,
            engine=Engine(
                writer=writer,
                corpus=str(self._corpus.version),
                corpus_as_of=self._corpus.version.as_of,
                timings_ms=self._watch.read(),
                dropped_claims=len(self._refused),
                model=self._model,
            ),
        )
        return Finished(answer=answer)


def _said_first(block: Block) -> Block | None:
    """Return what of a draft's block comes before a model's words: corrections, replacements."""
    fixed = tuple(claim for claim in block.claims if claim.fixed)
    return _with_claims(block, fixed) if block.kind == "lead" else None


def _still_to_say(block: Block, cited: frozenset[FactRef], *, whole: bool) -> Block | None:
    """Return what of a draft's block is said after a model's words.

    Args:
        block: of the draft.
        cited: facts that have been cited.
        whole: whether all of the draft is said, since the model broke off or nothing was confirmed.
    """
    if block.kind == "plan" or block.form == "table":
        return block
    is_lead = block.kind == "lead"
    left = tuple(
        claim
        for claim in block.claims
        if (not is_lead if claim.fixed else (whole or is_lead) and not cited.issuperset(claim.refs))
    )
    return _with_claims(block, left)


def _with_claims(block: Block, claims: tuple[Claim, ...]) -> Block | None:
    return block.model_copy(update={"claims": claims}) if claims else None
