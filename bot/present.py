"""Presentation: checked claims become Markdown blocks with numbered, openable citations."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from bot.answer import (
    AnswerBlock,
    AnswerLeg,
    AnswerOpenPoint,
    AnswerOption,
    AnswerPlan,
    AnswerRemark,
    AnswerStep,
    CheckedClaim,
    Citation,
    CitedArticle,
    CitedInstrument,
    CitedSource,
    PassageCitation,
)
from bot.language import Lang, in_script, localise, passage_lang
from bot.retrieval.papers import Quoted
from bot.route_plan import OpenPoint, PlannedOption, PlannedStep, RoutePlan
from bot.writing.draft import Block, BlockKind
from bot.writing.wording import HEADINGS, PARTIES, SIDES
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.documents.document import DocumentStatus
from knowledge.route import Leg, Remark

CITATIONS_KEPT = 4096
"""Citations kept between answers: some twenty stand in each."""


class CitationBook:
    """Numbers the sources of one answer, facts and passages together, in order of first use."""

    def __init__(self, corpus: Corpus, lang: Lang, day: dt.date) -> None:
        """Open an empty book."""
        self._corpus = corpus
        self.lang: Lang = lang
        self._day = day
        self._beside = corpus.articles.read() if corpus.articles else {}
        self._entries: dict[FactRef, Citation] = {}
        self._passages: dict[FactRef, PassageCitation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All facts cited so far, by number."""
        return tuple(self._entries.values())

    @property
    def passages(self) -> tuple[PassageCitation, ...]:
        """All passages quoted so far, by number."""
        return tuple(self._passages.values())

    @property
    def _next(self) -> int:
        return len(self._entries) + len(self._passages) + 1

    def cite(self, ref: FactRef) -> Citation:
        """Return a fact's citation, giving it the next number on first use."""
        if ref not in self._entries:
            entry = _citation(self._corpus, ref, self.lang, self._day)
            update = {"n": self._next, **self._official(ref)}
            self._entries[ref] = entry.model_copy(update=update)
        return self._entries[ref]

    def quote(self, quoted: Quoted) -> PassageCitation:
        """Return the source of a quote, giving it the next number on first use."""
        ref = quoted.passage.ref
        if ref not in self._passages:
            self._passages[ref] = quoted.cited(self._next)
        return self._passages[ref]

    def _official(self, ref: FactRef) -> dict[str, object]:
        """Return what the official text of the fact's instrument adds to its citation."""
        beside = self._beside.get(ref)
        if beside is None:
            return {}
        article, review = beside.article, beside.under_review
        return {
            "article": CitedArticle(**article.model_dump(exclude={"refs"})) if article else None,
            "under_review": localise(review, self.lang) if review else None,
        }

    def marks(self, refs: Iterable[FactRef]) -> str:
        """Return the marks that stand behind a sentence: `[1][3]`."""
        return "".join(f"[{self.cite(ref).n}]" for ref in refs)


@lru_cache(CITATIONS_KEPT)
def _citation(corpus: Corpus, ref: FactRef, lang: Lang, day: dt.date) -> Citation:
    """Cite a fact as number 1: the same in every answer of a day but for its number."""
    card, fact = corpus.instrument(ref), corpus.fact(ref)
    source = card.source(fact.source)
    quotes = Bilingual(zh=fact.zh, en=fact.en)
    return Citation(
        n=1,
        ref=ref,
        quote=localise(quotes, lang),
        quotes=quotes,
        locator=fact.locator,
        instrument=CitedInstrument(
            id=card.id,
            title=localise(card.title, lang),
            titles=card.title,
            number=card.number,
            issuers=card.issuers,
            issuer_names=tuple(
                localise(corpus.issuer_name(issuer), lang) for issuer in card.issuers
            ),
            status=corpus.validity(card, day),
            issued=card.issued,
            effective=card.effective,
            superseded_by=card.superseded_by,
        ),
        source=CitedSource(
            publisher=source.publisher,
            title=source.title,
            url=source.url,
            quality=source.quality,
            date=str(source.date) if source.date else None,
            note=source.note,
            further=len(fact.also),
        ),
    )


def present_block(
    block: Block, claims: tuple[CheckedClaim, ...], book: CitationBook
) -> AnswerBlock:
    """Lay out the supported claims of a block as Markdown, citing as it goes."""
    if block.form == "table":
        body = _table(block.columns, claims, book)
        markdown = f"**{block.heading}**\n\n{body}" if block.heading else body
        return AnswerBlock(kind=block.kind, heading=block.heading, markdown=markdown, claims=claims)
    sentences = [with_marks(claim.text, book.marks(claim.refs)) for claim in claims]
    if block.form == "prose":
        joint = " " if passage_lang(book.lang) == "en" else ""
        body = joint.join(sentences)
    elif block.form == "steps":
        body = "\n".join(f"{at}. {text}" for at, text in enumerate(sentences, start=1))
    else:
        body = "\n".join(f"- {text}" for text in sentences)
    markdown = f"**{block.heading}**\n\n{body}" if block.heading else body
    return AnswerBlock(kind=block.kind, heading=block.heading, markdown=markdown, claims=claims)


def _table(columns: tuple[str, ...], claims: tuple[CheckedClaim, ...], book: CitationBook) -> str:
    """Lay out rows as a Markdown table, the marks of a row in its last cell."""
    rows = [columns, ("---",) * len(columns)]
    for claim in claims:
        cells = [cell.replace("|", "/").replace("\n", " ") for cell in claim.cells]
        rows.append((*cells[:-1], with_marks(cells[-1], book.marks(claim.refs))))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def present_papers(
    kind: BlockKind, quoted: Sequence[Quoted], book: CitationBook
) -> tuple[AnswerBlock, tuple[PassageCitation, ...]]:
    """Lay out quotes from documents, each with where it stands; their words are never changed."""
    claims, lines, cited = [], [], []
    for one in quoted:
        passage = book.quote(one)
        text = _quotation(one, book.lang)
        claims.append(CheckedClaim(text=text, refs=(passage.ref,), verdict="supported", block=kind))
        lines.append(f"- {_escaped(text)}[{passage.n}]")
        cited.append(passage)
    heading = localise(HEADINGS[kind], book.lang)
    markdown = f"**{heading}**\n\n" + "\n".join(lines)
    block = AnswerBlock(kind=kind, heading=heading, markdown=markdown, claims=tuple(claims))
    return block, tuple(cited)


def _quotation(one: Quoted, lang: Lang) -> str:
    """Say whose words follow, and where they stand."""
    told, part = one.document.particulars, one.passage.part
    page = part.first_page
    if lang == "en":
        places = [part.article, f"page {page}" if page else None, _ENDED.get(told.status)]
        where = ", ".join((told.title, *(place for place in places if place)))
        return f"{where}: “{one.quote.text}”"
    ended = _ENDED_ZH.get(told.status)
    noted = "，".join(note for note in (f"第{page}页" if page else None, ended) if note)
    bracket = f"（{noted}）" if noted else ""
    title = told.title if told.title.startswith("《") else f"《{told.title}》"
    return f"{in_script(title + (part.article or '') + bracket, lang)}：“{one.quote.text}”"


_ENDED: Mapping[DocumentStatus, str] = {
    "draft": "a draft",
    "superseded": "since replaced",
    "repealed": "no longer in force",
}
_ENDED_ZH: Mapping[DocumentStatus, str] = {
    "draft": "草稿",
    "superseded": "已被取代",
    "repealed": "已失效",
}
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|!~])")


def _escaped(text: str) -> str:
    """Let a text from outside be text: no link, picture or markup of its own."""
    return _MARKDOWN.sub(r"\\\1", text)


def with_marks(sentence: str, marks: str) -> str:
    """Put marks before the closing stop, where both languages expect them."""
    stripped = sentence.rstrip()
    if stripped.endswith(("。", ".", "；", ";")):
        return f"{stripped[:-1]}{marks}{stripped[-1]}"
    return f"{stripped}{marks}"


def present_plan(plan: RoutePlan, lang: Lang, *, asked: bool = True) -> AnswerPlan:
    """Put a route plan into the reader's language.

    Args:
        plan: the plan.
        lang: language and script of the reader.
        asked: whether the question asks how it is done.
    """
    return AnswerPlan(
        route=plan.route,
        title=localise(plan.title, lang),
        summary=localise(plan.summary, lang),
        asked=asked,
        options=tuple(_option(option, lang) for option in plan.options),
        watch=tuple(_remark(remark, lang) for remark in plan.watch),
        open_points=tuple(_open_point(point, lang) for point in plan.open_points),
        known=plan.known,
    )


def _open_point(point: OpenPoint, lang: Lang) -> AnswerOpenPoint:
    """Put a question back to the asker into the reader's language."""
    return AnswerOpenPoint(
        name=point.name,
        type=point.type,
        question=localise(point.question, lang),
        choices=tuple(
            {
                "value": choice.value,
                "label": in_script(choice.text(passage_lang(lang)), lang),
            }
            for choice in point.choices
        ),
    )


def _option(option: PlannedOption, lang: Lang) -> AnswerOption:
    return AnswerOption(
        id=option.id,
        title=localise(option.title, lang),
        applies=option.applies,
        depends_on=option.depends_on,
        blockers=tuple(_remark(remark, lang) for remark in option.blockers),
        possible_blockers=tuple(_remark(remark, lang) for remark in option.possible_blockers),
        legs=tuple(_leg(leg, lang) for leg in option.legs),
        steps=tuple(_step(step, lang) for step in option.steps),
        pros=tuple(_remark(remark, lang) for remark in option.pros),
        cons=tuple(_remark(remark, lang) for remark in option.cons),
    )


def _step(step: PlannedStep, lang: Lang) -> AnswerStep:
    return AnswerStep(
        id=step.id,
        state=step.state,
        side=step.side,
        side_name=localise(SIDES[step.side], lang),
        do=localise(step.do, lang),
        who=localise(step.who, lang),
        authority=step.authority,
        time=localise(step.time, lang) if step.time else None,
        needs=step.needs,
        depends_on=step.depends_on,
        refs=step.refs,
    )


def _leg(leg: Leg, lang: Lang) -> AnswerLeg:
    return AnswerLeg(
        from_=leg.from_,
        to=leg.to,
        from_name=localise(PARTIES[leg.from_], lang),
        to_name=localise(PARTIES[leg.to], lang),
        what=localise(leg.what, lang),
        channel=localise(leg.channel, lang) if leg.channel else None,
        currencies=leg.currencies,
        refs=leg.facts,
    )


def _remark(remark: Remark, lang: Lang) -> AnswerRemark:
    return AnswerRemark(say=localise(remark.say, lang), refs=remark.facts)
