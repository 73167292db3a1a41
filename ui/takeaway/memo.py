"""The document that leaves the house: an answer or a plan as headings, lines, tables and sources.

Everything a reader sees stands in it, in the answer's language and free of markup; the writers
(`word`, `pdf`, `markdown`) only lay it out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from bot.answer import (
    AnswerBlock,
    AnswerPlan,
    CheckedAnswer,
    Citation,
    PassageCitation,
    Standing,
)
from bot.language import Lang, in_script, localise
from bot.present import CitationBook
from bot.writing.write import WRITER
from knowledge.card import FactRef, Frozen, Quality
from knowledge.corpus import Corpus, Validity
from ui.ask.source_panel import lineage
from ui.html import web_address
from ui.strings import string
from ui.takeaway.elements import (
    Draw,
    Element,
    Heading,
    Items,
    Line,
    Paragraph,
    Run,
    Table,
    clean,
    flat,
    plain,
    read_body,
)
from ui.takeaway.route import plan_elements

LONGEST_TITLE = 60
"""Characters of a question that may stand as the title; a longer one is shown in full below."""


class Quote(Frozen):
    """The cited fact in one language; `label` names it."""

    label: str
    lang: Lang
    text: str


class MemoSource(Frozen):
    """One numbered source."""

    n: int
    title: str
    details: str
    """Number and article."""
    validity: Validity
    status: str
    """What it counts for on the memo's day, since when, and what replaced it."""
    issuers: str
    publisher: str
    quality: Quality
    quality_name: str
    url: str | None
    """None where the card's address is none that may be linked to."""
    host: str
    quotes: tuple[Quote, Quote]
    """In the memo's language first."""
    note: str | None


class MemoPassage(Frozen):
    """One numbered passage of a document, quoted."""

    n: int
    title: str
    """Of the document."""
    details: str
    """Number, headings above it, article, page."""
    status: str
    """Whose document it is, and what it counts for where that is told."""
    lang: Lang
    """Language of the quote."""
    quote: str
    name: str
    """File name."""


class Memo(Frozen):
    """A document for the reader."""

    lang: Lang
    product: str
    label: str
    """What kind of document it is."""
    title: str
    topic: str
    """A few words for the name of the file."""
    question: str | None
    """In full, where the title does not hold it."""
    standing: Standing | None
    """None: a plan that belongs to no answer."""
    facts: tuple[tuple[str, str], ...]
    """Name and value of what holds for the whole: day, standing."""
    body: tuple[Element, ...]
    sources_title: str
    sources: tuple[MemoSource, ...]
    passages_title: str = ""
    passages: tuple[MemoPassage, ...] = ()
    about_title: str
    about: tuple[tuple[str, str], ...]
    """Name and value: corpus version, how it was written, day on which it was made."""
    scope: tuple[str, ...]
    corpus: str
    as_of: dt.date
    made: dt.date


def memo_of_answer(
    answer: CheckedAnswer, corpus: Corpus, made: dt.date, draw: Draw | None = None
) -> Memo:
    """Make the document of an answer; a plan that was asked for is told by its open ways.

    Args:
        answer: the answer.
        corpus: for full names of authorities, for what replaced what, for the plan's questions.
        made: day on which the document is made.
        draw: draws the ways that are told; None leaves the drawings out.
    """
    lang = answer.lang
    question = clean(answer.question).strip()
    plan = answer.plan
    told = [block for block in answer.blocks if not (plan and plan.asked and block.kind == "plan")]
    leads = [block for block in told if block.kind == "lead"]
    known = (*answer.citations, *answer.plan_citations)
    told_plan: tuple[Element, ...] = ()
    if plan and plan.asked:
        said = plan.model_copy(update={"summary": ""}) if leads else plan
        told_plan = plan_elements(said, corpus, lang, known, draw, whole=False, day=answer.as_of)
    quoted = {one.ref: one for one in answer.passages}
    body = (
        *_sections(leads, quoted, lang),
        *told_plan,
        *_sections((block for block in told if block.kind != "lead"), quoted, lang),
        *_still_open(answer, any(block.kind == "missing" for block in told)),
        *_offer(plan, lang),
        *_listed("warnings.title", answer.warnings, lang),
    )
    wanted = {citation.n for citation in answer.citations} | _marks_of(body)
    title = question if len(question) <= LONGEST_TITLE and "\n" not in question else None
    topic = plan.title if plan and plan.asked else question
    return Memo(
        lang=lang,
        product=string("app.title", lang),
        label=string("takeaway.answer", lang),
        title=flat(title or (topic if topic != question else _shortened(question))),
        topic=flat(topic),
        question=None if title else question,
        standing=answer.standing,
        facts=(
            (string("takeaway.as_of", lang), answer.as_of.isoformat()),
            (string("takeaway.standing", lang), _standing(answer)),
        ),
        body=body,
        sources_title=string("takeaway.sources", lang),
        sources=tuple(_source(one, corpus, lang) for one in known if one.n in wanted),
        passages_title=string("papers.title", lang),
        passages=tuple(_passage(one, lang) for one in answer.passages),
        about_title=string("takeaway.about", lang),
        about=_about(answer.engine.corpus, made, lang, _writer(answer)),
        scope=_scope(lang),
        corpus=answer.engine.corpus,
        as_of=answer.as_of,
        made=made,
    )


def memo_of_plan(
    plan: AnswerPlan,
    corpus: Corpus,
    lang: Lang,
    as_of: dt.date,
    made: dt.date,
    draw: Draw | None = None,
) -> Memo:
    """Make the document of a plan by itself: every way with its drawing and its steps.

    Args:
        plan: the plan, in `lang`.
        corpus: what the plan stands on.
        lang: language of plan and document.
        as_of: day for which it is told what the sources count for.
        made: day on which the document is made.
        draw: draws the ways; None leaves the drawings out.
    """
    book = CitationBook(corpus, lang, as_of)
    known = tuple(book.cite(ref) for ref in plan.refs_told(plan.options) if ref in corpus)
    version = str(corpus.version)
    return Memo(
        lang=lang,
        product=string("app.title", lang),
        label=string("takeaway.plan", lang),
        title=flat(plan.title),
        topic=flat(plan.title),
        question=None,
        standing=None,
        facts=((string("takeaway.as_of", lang), as_of.isoformat()),),
        body=plan_elements(plan, corpus, lang, known, draw, whole=True, day=as_of),
        sources_title=string("takeaway.sources", lang),
        sources=tuple(_source(one, corpus, lang) for one in known),
        passages_title=string("papers.title", lang),
        about_title=string("takeaway.about", lang),
        about=_about(version, made, lang, string("takeaway.writer.cards", lang)),
        scope=_scope(lang),
        corpus=version,
        as_of=as_of,
        made=made,
    )


def _shortened(question: str) -> str:
    text = flat(question)
    return text if len(text) <= LONGEST_TITLE else f"{text[:LONGEST_TITLE].rstrip()}…"


def _sections(
    blocks: Iterable[AnswerBlock], quoted: Mapping[FactRef, PassageCitation], lang: Lang
) -> Iterator[Element]:
    for block in blocks:
        if block.heading:
            yield Heading(level=1, text=flat(block.heading))
        passages = [quoted[ref] for claim in block.claims for ref in claim.refs if ref in quoted]
        if passages:
            # From the passages, not the Markdown: nothing in a quote is markup or a mark.
            yield Items(items=tuple(_quotation(one, lang) for one in passages))
        else:
            yield from read_body(block.markdown.removeprefix(f"**{block.heading}**"))


def _quotation(passage: PassageCitation, lang: Lang) -> Line:
    page = string("papers.page", lang, page=passage.page) if passage.page else None
    where = _beside(flat(one) for one in (passage.article, page) if one)
    quote = f"“{flat(passage.quote)}”"
    colon = ": " if lang == "en" else "："
    return (
        Run(text=flat(passage.document.title), bold=True),
        Run(text=f" {where}{colon}" if where else colon),
        Run(text=quote, marks=(passage.n,)),
    )


def _passage(passage: PassageCitation, lang: Lang) -> MemoPassage:
    document = passage.document
    kind = "official" if document.kind == "official" else "own"
    page = string("papers.page", lang, page=passage.page) if passage.page else None
    status = [string(f"papers.whose.{kind}", lang)]
    if document.status != "unknown":
        status.append(string(f"papers.status.{document.status}", lang))
    return MemoPassage(
        n=passage.n,
        title=flat(document.title),
        details=_beside(
            flat(one) for one in (document.number, *passage.path, passage.article, page) if one
        ),
        status=_beside(status),
        lang="en" if document.lang == "en" else "zh-Hans",
        quote=flat(passage.quote),
        name=flat(document.name),
    )


def _standing(answer: CheckedAnswer) -> str:
    lang = answer.lang
    name = string(f"standing.{answer.standing}", lang)
    if answer.standing == "declined":
        return name
    note = string(f"standing.{answer.standing}.note", lang)
    return string("takeaway.standing.noted", lang, standing=name, note=note)


def _still_open(answer: CheckedAnswer, missing_told: bool) -> Iterator[Element]:
    lang = answer.lang
    if not missing_told:
        yield from _listed("missing.title", answer.missing, lang)
    if answer.decline_reason == "not-in-corpus":
        yield from _listed(
            "decline.next.label", (string("decline.not-in-corpus.next", lang),), lang
        )


def _offer(plan: AnswerPlan | None, lang: Lang) -> Iterator[Element]:
    """Name a plan that nobody asked for: it is a document of its own."""
    if plan and not plan.asked:
        yield Heading(level=1, text=string("plan.offered", lang))
        yield Paragraph(line=plain(plan.title, bold=True))
        if plan.summary:
            yield Paragraph(line=plain(plan.summary))


def _listed(key: str, lines: Iterable[str], lang: Lang) -> Iterator[Element]:
    items = tuple(plain(line) for line in lines)
    if items:
        yield Heading(level=1, text=string(key, lang))
        yield Items(items=items)


def _marks_of(body: Iterable[Element]) -> set[int]:
    return {n for element in body for line in _lines(element) for run in line for n in run.marks}


def _lines(element: Element) -> Iterator[Line]:
    match element:
        case Paragraph():
            yield element.line
        case Items():
            yield from element.items
        case Table():
            yield from element.head
            for row in element.rows:
                yield from row


def _source(citation: Citation, corpus: Corpus, lang: Lang) -> MemoSource:
    instrument, source = citation.instrument, citation.source
    details = (instrument.number, citation.locator)
    status = [string(f"status.{instrument.status}", lang)]
    if instrument.effective:
        status.append(string("panel.effective", lang, date=instrument.effective.isoformat()))
    successor = lineage(corpus, instrument.id).replaced_by
    if successor and instrument.status == "superseded":
        title = localise(successor.title, lang)
        status.append(string("takeaway.replaced_by", lang, title=title))
    address = web_address(source.url)
    chinese = Quote(
        label=string("panel.quote.zh", lang),
        lang="zh-Hant" if lang == "zh-Hant" else "zh-Hans",
        text=flat(in_script(citation.quotes.zh, lang)),
    )
    english = Quote(label=string("panel.quote.en", lang), lang="en", text=flat(citation.quotes.en))
    published = (source.publisher, source.date)
    return MemoSource(
        n=citation.n,
        title=flat(instrument.title),
        details=_beside(flat(one) for one in details if one),
        validity=instrument.status,
        status=_beside(flat(one) for one in status),
        issuers=("; " if lang == "en" else "、").join(
            flat(one) for one in instrument.issuer_names or instrument.issuers
        ),
        publisher=_beside(flat(one) for one in published if one),
        quality=source.quality,
        quality_name=string(f"quality.{source.quality}", lang),
        url=address,
        host=(urlsplit(address).hostname or "") if address else "",
        quotes=(english, chinese) if lang == "en" else (chinese, english),
        note=flat(source.note) if source.note else None,
    )


def _beside(parts: Iterable[str]) -> str:
    return " · ".join(parts)


def _writer(answer: CheckedAnswer) -> str:
    model = answer.engine.model
    if model is None or answer.engine.writer == WRITER:
        return string("takeaway.writer.cards", answer.lang)
    return string("takeaway.writer.model", answer.lang, model=flat(model.name))


def _about(corpus: str, made: dt.date, lang: Lang, writer: str) -> tuple[tuple[str, str], ...]:
    return (
        (string("takeaway.corpus", lang), corpus),
        (string("takeaway.writer", lang), writer),
        (string("takeaway.made", lang), made.isoformat()),
    )


def _scope(lang: Lang) -> tuple[str, ...]:
    return (string("takeaway.scope", lang), string("footer.disclaimer", lang))
