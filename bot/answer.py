"""The checked answer: the one value that web page, API, CLI, exports and evaluation read.

Its JSON form is the public contract (`docs/answer.md`). Numbers of citations are given in order
of first use; the permanent name of a source is its `ref`, never its number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, Field

from bot.language import Lang
from bot.route_plan import StepState
from bot.writing.draft import BlockKind
from knowledge.card import Bilingual, FactRef, Frozen, PassageLang, Quality
from knowledge.corpus import Validity
from knowledge.documents.document import DocumentStatus
from knowledge.documents.document import Kind as DocumentKind
from knowledge.route import Party, Side

Standing = Literal["answered", "partly", "declined"]
DeclineReason = Literal["out-of-scope", "not-in-corpus", "evasion", "injection", "legal-guarantee"]
Verdict = Literal["supported", "unsupported"]


class CheckedClaim(Frozen):
    """One sentence, the facts it rests on, and what the checker found."""

    text: str
    refs: tuple[FactRef, ...]
    verdict: Verdict
    block: BlockKind
    cells: tuple[str, ...] = ()
    """The text over the columns of a table; empty outside tables."""


class CitedInstrument(Frozen):
    """The instrument of a citation, as it stands on the answer's date."""

    id: str
    title: str
    titles: Bilingual
    number: str | None
    issuers: tuple[str, ...]
    issuer_names: tuple[str, ...]
    status: Validity
    issued: dt.date | None
    effective: dt.date | None
    superseded_by: str | None


class CitedSource(Frozen):
    """The page that a cited fact rests on."""

    publisher: str
    title: str
    url: str
    quality: Quality
    date: str | None
    note: str | None = None
    further: int = 0
    """How many other pages independently say the same."""


class CitedArticle(Frozen):
    """The article of the official text in which a cited fact stands, word for word."""

    text: str
    article: str | None
    """第十二条; None for a passage without a number."""
    page: int | None
    """First page, where the text has pages."""
    ref: FactRef
    """Of the passage in the kept document, which opens there."""
    fetched: dt.date
    """Day on which the text was fetched."""
    changed: dt.date | None
    """Day on which the article was last found to read otherwise than before."""


class Citation(Frozen):
    """One numbered source of the answer: a fact, quoted in both languages."""

    n: int
    ref: FactRef
    quote: str
    quotes: Bilingual
    locator: str | None
    instrument: CitedInstrument
    source: CitedSource
    article: CitedArticle | None = None
    """Where the official text is kept and the fact's place in it is known."""
    under_review: str | None = None
    """Why a person has yet to confirm the fact, since its official text has changed."""


class CitedDocument(Frozen):
    """The document of a quoted passage."""

    id: str
    kind: DocumentKind
    """`own`: added by the asker's side; `official`: the text of an instrument of the corpus."""
    title: str
    name: str
    """File name or address it was added by."""
    lang: PassageLang
    issuer: str | None
    number: str | None
    issued: dt.date | None
    effective: dt.date | None
    ended: dt.date | None
    status: DocumentStatus
    instrument: str | None = None
    """Of an official text: id of its card."""


class PassageCitation(Frozen):
    """One numbered source of the answer that is no fact: a passage of a document, word for word."""

    n: int
    ref: FactRef
    quote: str
    path: tuple[str, ...]
    """Headings above the passage, the outermost first."""
    article: str | None
    page: int | None
    """From 1; None where the document has no pages."""
    start: int
    """First character of the quote in the document's text."""
    end: int
    document: CitedDocument


class AnswerBlock(Frozen):
    """A checked block of the answer as Markdown, with the claims in it."""

    kind: BlockKind
    heading: str | None
    markdown: str
    claims: tuple[CheckedClaim, ...]


class AnswerStep(Frozen):
    """A step of a plan in the answer's language."""

    id: str
    state: StepState
    side: Side
    side_name: str
    do: str
    who: str
    authority: str | None
    time: str | None
    needs: tuple[str, ...]
    depends_on: tuple[str, ...]
    refs: tuple[FactRef, ...]


class AnswerRemark(Frozen):
    """A blocker, advantage, drawback or warning in the answer's language."""

    say: str
    refs: tuple[FactRef, ...]


class AnswerLeg(Frozen):
    """One arrow of the picture, in the answer's language; `from_` is `from` in JSON."""

    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    from_: Party = Field(alias="from")
    to: Party
    from_name: str
    to_name: str
    what: str
    channel: str | None
    currencies: tuple[str, ...]
    refs: tuple[FactRef, ...]


class AnswerOption(Frozen):
    """One alternative of a plan in the answer's language."""

    id: str
    title: str
    applies: bool | None
    depends_on: tuple[str, ...]
    blockers: tuple[AnswerRemark, ...]
    possible_blockers: tuple[AnswerRemark, ...]
    legs: tuple[AnswerLeg, ...]
    steps: tuple[AnswerStep, ...]
    pros: tuple[AnswerRemark, ...]
    cons: tuple[AnswerRemark, ...]

    @property
    def is_open(self) -> bool:
        """Whether nothing known closes it."""
        return self.applies is not False and not self.blockers

    @property
    def steps_ahead(self) -> tuple[AnswerStep, ...]:
        """The steps that are needed or may be."""
        return tuple(step for step in self.steps if step.state != "not-needed")

    @property
    def steps_spared(self) -> tuple[AnswerStep, ...]:
        """The steps that are not needed."""
        return tuple(step for step in self.steps if step.state == "not-needed")


class AnswerOpenPoint(Frozen):
    """A question back to the asker; answering it changes the plan."""

    name: str
    type: Literal["number", "bool", "choice", "date"]
    question: str
    choices: tuple[Mapping[str, str], ...] = ()
    """Each `{"value": …, "label": …}`."""


class AnswerPlan(Frozen):
    """A route plan in the answer's language."""

    route: str
    title: str
    summary: str
    asked: bool = True
    """Whether the question asks how it is done; otherwise the plan is an offer beside the answer."""
    options: tuple[AnswerOption, ...]
    watch: tuple[AnswerRemark, ...]
    open_points: tuple[AnswerOpenPoint, ...]
    """At most two, the one that changes most first."""
    known: Mapping[str, Any]
    """Values of route inputs that the plan was made with."""

    @property
    def chosen(self) -> AnswerOption | None:
        """The way to take first; None when all are closed."""
        return next((option for option in self.options if option.is_open), None)

    def refs_told(self, in_full: Sequence[AnswerOption]) -> tuple[FactRef, ...]:
        """Return the facts of a telling, in its order, each once.

        Args:
            in_full: options whose legs and steps are told; of the others only what speaks for and
                against them.
        """
        found: list[FactRef] = []
        for option in self.options:
            for remark in (*option.blockers, *option.possible_blockers, *option.pros, *option.cons):
                found += remark.refs
        for option in in_full:
            for leg in option.legs:
                found += leg.refs
            for step in option.steps:
                found += step.refs
        for remark in self.watch:
            found += remark.refs
        return tuple(dict.fromkeys(found))


class ModelUse(Frozen):
    """A language model's part in an answer."""

    name: str
    """Model and host."""
    prompt: str
    """Id and version of the prompt."""
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    """In the currency of the operator's prices; None where none are set."""
    proposed_claims: int
    """Sentences it wrote."""
    dropped_claims: int
    """Of them, those that the checker refused and that were not mended."""
    fault: str | None
    """What cut it short; None where it came to its end."""


class Engine(Frozen):
    """How the answer was made."""

    writer: str
    corpus: str
    """Corpus version: as-of date and content hash."""
    corpus_as_of: dt.date
    timings_ms: Mapping[str, float]
    dropped_claims: int = 0
    """Sentences the checker refused."""
    model: ModelUse | None = None
    """The language model that wrote along; None without one."""


class AnswerBody(Frozen):
    """A body that may say what the corpus does not."""

    name: str
    site: str | None
    """Front page of its own site, where the corpus has seen a page of it."""


class CheckedAnswer(Frozen):
    """An answer of which every sentence was checked against the facts it cites."""

    id: str
    question: str
    lang: Lang
    as_of: dt.date
    standing: Standing
    decline_reason: DeclineReason | None = None
    text: str
    """The whole answer as Markdown with [1] marks."""
    blocks: tuple[AnswerBlock, ...]
    claims: tuple[CheckedClaim, ...]
    citations: tuple[Citation, ...]
    plan: AnswerPlan | None = None
    passages: tuple[PassageCitation, ...] = ()
    """Passages of documents that the answer quotes, numbered on from `citations`."""
    plan_citations: tuple[Citation, ...] = ()
    """Facts that the plan stands on and the text does not cite, numbered on from the others."""
    open_points: tuple[AnswerOpenPoint, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    """Ids of the instruments nearest to a declined question."""
    whom: tuple[AnswerBody, ...] = ()
    """Whom to ask what stays open."""
    suggestions: tuple[str, ...] = ()
    """Questions to ask next, in the answer's language; at most three."""
    evidence: tuple[FactRef, ...] = ()
    """Facts that retrieval found, best first, whether or not the answer cites them."""
    engine: Engine
