"""What the page shows of one answer so far: the events of a stream, folded part by part.

Each state is complete: the page may miss one and still be right after the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from bot.answer import (
    AnswerBlock,
    AnswerPlan,
    CheckedAnswer,
    CheckedClaim,
    Citation,
    PassageCitation,
)
from bot.events import (
    AnswerEvent,
    BlockGrowing,
    BlockReady,
    EvidenceFound,
    Failed,
    Finished,
    RoutesPlanned,
    StillWriting,
    Understood,
    Waiting,
)
from bot.language import Lang, localise
from bot.question import Filters
from knowledge.corpus import Corpus
from ui.ask.marks import Marks
from ui.ask.render import (
    marks_for,
    render_block,
    render_cited,
    render_failure,
    render_foot,
    render_missing,
    render_next,
    render_open_points,
    render_sources,
    render_standing,
    render_suggestions,
    render_warnings,
    render_working,
)
from ui.ask.source_panel import lineage
from ui.days import today
from ui.html import EMPTY, Html, join, safe, word
from ui.papers.quoting import PAPER_BLOCKS, render_papers, render_quoted
from ui.plan.card import render_plan
from ui.plan.words import PlanWords
from ui.takeaway.markdown import write_markdown
from ui.takeaway.memo import memo_of_answer

Parts: TypeAlias = list[tuple[str, Html]]
"""Key and HTML of each part, in reading order."""


class AnswerView:
    """One answer on the page, as it grows."""

    def __init__(
        self, message: str, ui: Lang, corpus: Corpus, filters: Filters | None = None
    ) -> None:
        """Start with nothing known.

        Args:
            message: the page's permanent name of the answer; marks are keyed by it.
            ui: language of the interface.
            corpus: for the titles of instruments that an answer names by id only.
            filters: what the evidence is limited to.
        """
        self.message = message
        self.ui = ui
        self.corpus = corpus
        self.lang = ui
        self.state = "working"
        self._filters = filters or Filters()
        self._trace: dict[str, Html] = {}
        """What is known of the work so far, by kind of event: a later one takes its place."""
        self._now: Html = word("stage.reading", ui)
        self._blocks: list[BlockReady] = []
        self._growing: BlockGrowing | None = None
        self._plan: AnswerPlan | None = None
        self._answer: CheckedAnswer | None = None
        self._failure: Html | None = None

    @property
    def answer(self) -> CheckedAnswer | None:
        """The checked answer, once it is finished."""
        return self._answer

    def take(self, event: AnswerEvent) -> None:
        """Take in one event of the stream."""
        match event:
            case Waiting() if not self._trace:
                self._now = word("stage.waiting", self.ui, n=event.ahead)
            case Understood():
                self.lang = event.lang
                self._step("understood", self._understood(event), "stage.searching")
            case EvidenceFound():
                found = word(
                    "stage.found", self.ui, n=len(event.refs), instruments=event.instruments
                )
                self._step("found", found, "stage.writing")
            case RoutesPlanned():
                self._plan = event.plan
                planned = word("stage.planned", self.ui, title=event.plan.title)
                self._step("planned", planned, "stage.writing")
            case BlockGrowing():
                self._growing = event
            case BlockReady():
                self._growing = None
                self._blocks.append(event)
            case Finished():
                self._answer = event.answer
                self._plan = event.answer.plan
                self.lang = event.answer.lang
                self.state = event.answer.standing
            case Waiting() | StillWriting():
                pass  # nothing new to show
            case Failed():
                # An index fault is worded for the operator's log, not for a reader.
                inner = event.code == "index-fault"
                self.fail(word("failed.general", self.ui) if inner else safe(event.message))

    def fail(self, message: Html) -> None:
        """End with a failure; what was shown so far stays."""
        self._failure = message
        self.state = "failed"

    def payload(self) -> dict[str, Any]:
        """Return the state for the page: parts in reading order, each a key and its HTML."""
        parts = self._finished(self._answer) if self._answer else self._working()
        if self._failure is not None:
            parts.append(("failed", render_failure(self._failure, self.ui)))
        return {
            "message": self.message,
            "state": self.state,
            "lang": self.lang,
            "parts": [[key, html] for key, html in parts if html],
            "text": _told_text(self._answer) if self._answer else "",
            "markdown": self._markdown(),
        }

    def _markdown(self) -> str:
        if self._answer is None:
            return ""
        return write_markdown(memo_of_answer(self._answer, self.corpus, today()))

    def _step(self, kind: str, done: Html, now: str) -> None:
        self._trace[kind] = done
        self._now = word(now, self.ui)

    def _understood(self, event: Understood) -> Html:
        """Say in a few words what the question was taken for."""
        ui, comma = self.ui, "; " if event.lang == "en" else "、"
        about = comma.join((*event.terms, *event.amounts))
        limits = [
            *(word(f"topic.{one}", ui) for one in self._filters.topics),
            *(word(f"place.{one}", ui) for one in self._filters.jurisdictions),
        ]
        said = (
            word("stage.about", ui, what=about) if about else word("stage.understood", ui),
            word("stage.day", ui, date=event.as_of.isoformat())
            if event.as_of != today()
            else EMPTY,
            join(word("stage.limits", ui), " ", Html(" · ".join(limits))) if limits else EMPTY,
        )
        return Html(" · ".join(one for one in said if one))

    def _working(self) -> Parts:
        shown: list[BlockReady | BlockGrowing] = [*self._blocks]
        if self._growing:
            shown.append(self._growing)
        blocks = [one.block for one in shown]
        citations = tuple(citation for one in shown for citation in one.citations)
        passages = tuple(passage for one in self._blocks for passage in one.passages)
        claims = tuple(claim for block in blocks for claim in block.claims)
        now = None if self._failure is not None else self._now
        return [
            ("head", render_working(now, tuple(self._trace.values()))),
            *self._body(blocks, citations, passages),
            ("sources", self._sources(citations, claims, passages)),
        ]

    def _finished(self, answer: CheckedAnswer) -> Parts:
        ui = self.ui
        marks = marks_for(answer.citations, self.message, ui, answer.passages)
        openable = (*answer.citations, *answer.plan_citations)
        nearest = self._titles(answer.nearest)
        blocks = [_without_titles(one, nearest) for one in answer.blocks]
        told = any(block.kind == "missing" for block in blocks)
        return [
            ("head", render_standing(answer, self._told(answer), ui)),
            *self._body(blocks, openable, answer.passages, finished=True),
            ("missing", EMPTY if told else render_missing(answer.missing, ui)),
            ("next", render_next(answer, nearest, ui)),
            ("open", render_open_points(answer.open_points, ui)),
            ("warnings", render_warnings(answer.warnings, ui)),
            ("cited", render_cited(answer.citations, marks)),
            ("quoted", render_quoted(answer.passages, marks)),
            ("foot", render_foot(answer, ui)),
            ("follow", render_suggestions(answer.suggestions, ui)),
            ("sources", self._sources(openable, answer.claims, answer.passages)),
        ]

    def _told(self, answer: CheckedAnswer) -> tuple[Html, ...]:
        """Return what was found on the way, unless the answer rests on none of it."""
        kept = ("understood",) if answer.standing == "declined" and not answer.citations else None
        return tuple(told for kind, told in self._trace.items() if kept is None or kind in kept)

    def _body(
        self,
        blocks: Sequence[AnswerBlock],
        citations: tuple[Citation, ...],
        passages: tuple[PassageCitation, ...],
        *,
        finished: bool = False,
    ) -> Parts:
        """Write the blocks; the plan's card stands where the blocks that tell the plan would.

        While the answer grows, the card waits for its place, so that nothing a reader has begun
        to read is pushed down.
        """
        marks = marks_for(citations, self.message, self.ui, passages)
        parts: Parts = []
        plan, at = self._plan, None
        for i, block in enumerate(blocks):
            # The card says both: the ways side by side and the steps.
            if block.kind in PAPER_BLOCKS:
                parts.append((f"block-{i}", render_papers(block, passages, marks)))
            elif block.kind != "plan" or plan is None:
                parts.append((f"block-{i}", render_block(block, marks)))
            elif at is None:
                at = len(parts)
        if plan and at is None and finished:
            # A plan nobody asked for is an offer: folded, after the answer.
            at = min(1, len(parts)) if plan.asked else len(parts)
        if plan and at is not None:
            told = any(block.kind == "lead" for block in blocks)
            parts.insert(at, ("plan", self._card(plan, marks, summary=not told)))
        return parts

    def _card(self, plan: AnswerPlan, marks: Marks, *, summary: bool) -> Html:
        if not summary:  # a block has said it already
            plan = plan.model_copy(update={"summary": ""})
        # Inside the answer its own language is spoken, whatever that of the page.
        marks = marks.model_copy(update={"ui": self.lang})
        return render_plan(plan, PlanWords.of(plan, marks, self.corpus))

    def _titles(self, ids: Iterable[str]) -> tuple[str, ...]:
        cards = self.corpus.instruments
        return tuple(localise(cards[one].title, self.lang) for one in ids if one in cards)

    def _sources(
        self,
        citations: tuple[Citation, ...],
        claims: tuple[CheckedClaim, ...],
        passages: tuple[PassageCitation, ...],
    ) -> Html:
        ids = {citation.instrument.id for citation in citations}
        return render_sources(
            citations,
            claims,
            {one: lineage(self.corpus, one) for one in ids},
            self.lang,
            marks_for(citations, self.message, self.ui, passages),
            passages,
        )


def _told_text(answer: CheckedAnswer) -> str:
    """Return the text that later questions bring along: own papers leave this server in none."""
    if not any(block.kind == "own-papers" for block in answer.blocks):
        return answer.text
    return "\n\n".join(one.markdown for one in answer.blocks if one.kind != "own-papers")


def _without_titles(block: AnswerBlock, titles: Sequence[str]) -> AnswerBlock:
    """Drop the paragraph that lists the nearest instruments: the page shows them as buttons."""
    paragraphs = block.markdown.split("\n\n")
    kept = [one for one in paragraphs if not titles or not all(title in one for title in titles)]
    if block.kind != "lead" or block.claims or len(kept) == len(paragraphs):
        return block
    return block.model_copy(update={"markdown": "\n\n".join(kept)})
