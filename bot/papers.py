"""Papers: what documents beside the cards say to a question, quoted word for word.

A firm's own papers say what the firm has laid down, not what the law is: they are quoted under a
heading of their own, after the curated facts, or before them where the question is about the
paper. They are never given to a language model, so that neither their content leaves the machine
nor anything written in them can instruct one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bot.answer import CitedDocument, PassageCitation
from bot.evidence import Evidence
from bot.language import search_form
from bot.question import Question
from bot.quote import Quote, choose_quote
from bot.timing import Stopwatch
from bot.understanding import Understanding
from knowledge.card import FactRef, Frozen
from knowledge.documents.document import Document, Kind, StoredPassage
from knowledge.documents.library import DocumentLibrary
from knowledge.documents.search import PassageHit
from knowledge.embed import Vector
from knowledge.segment import Segmenter

SEARCHED = 12
"""Passages looked at."""
MOST_QUOTES = 3
LIFT = {True: -0.03, False: 0.0}
"""How much nearer than the five nearest facts, in cosine, a passage must be to be quoted; by whether
the question asks for what the paper says."""
ACROSS = 0.03
"""By how much two texts of different languages are farther apart than two of one."""
SHARE = 0.6
"""Share of the best passage's score from which another is quoted beside it."""
MOST_TITLE = 60
"""Characters of a title that is looked for in a question."""


class Quoted(NamedTuple):
    """A passage that is quoted, and the words."""

    document: Document
    passage: StoredPassage
    quote: Quote

    def cited(self, n: int) -> PassageCitation:
        """Return it as source number `n`."""
        part, told = self.passage.part, self.document.particulars
        return PassageCitation(
            n=n,
            ref=self.passage.ref,
            quote=self.quote.text,
            path=part.path,
            article=part.article,
            page=part.first_page,
            start=part.start + self.quote.start,
            end=part.start + self.quote.end,
            document=CitedDocument(
                id=self.document.id,
                kind=self.document.kind,
                title=told.title,
                name=self.document.name,
                lang=told.lang,
                issuer=told.issuer,
                number=told.number,
                issued=told.issued,
                effective=told.effective,
                ended=told.ended,
                status=told.status,
                instrument=self.document.instrument,
            ),
        )


class Papers(Frozen):
    """What documents say to one question."""

    quoted: tuple[Quoted, ...] = ()
    asked: bool = False
    """Whether the question is about a paper of the asker's own."""

    def of(self, kind: Kind) -> tuple[Quoted, ...]:
        """Return the quotes of one kind of document."""
        return tuple(one for one in self.quoted if one.document.kind == kind)


NONE = Papers()


class PaperReader:
    """Finds what documents say; safe to use from many threads."""

    def __init__(self, documents: DocumentLibrary, segmenter: Segmenter) -> None:
        """Take the documents, and how texts are cut into terms."""
        self._documents = documents
        self._segmenter = segmenter

    def read(
        self,
        question: Question,
        understanding: Understanding,
        vectors: Mapping[str, Vector],
        evidence: Evidence,
        watch: Stopwatch,
    ) -> Papers:
        """Find the passages that bear on a question and choose their words.

        Args:
            question: its scopes say whose documents are looked at.
            understanding: what is searched for.
            vectors: the search text, embedded.
            evidence: the facts found; a passage must be about as near as they are.
            watch: told the time spent.
        """
        if not question.scopes:
            return NONE
        with watch.stage("papers"):
            visible = self._documents.documents(question.scopes)
            if not visible:
                return NONE
            asked = asks_for_papers(understanding.text, visible)
            text = understanding.search_text
            hits = self._documents.search(
                text,
                vectors[text],
                understanding.lang,
                question.scopes,
                SEARCHED,
                understanding.expansions,
            )
            near = [hit for hit in hits if _is_near(hit, evidence.nearness, asked=asked)]
            floor = SHARE * near[0].score if near else 0.0
            kept = [hit for hit in near if hit.score >= floor][:MOST_QUOTES]
            return Papers(
                quoted=tuple(self._quoted(hit.ref, understanding) for hit in kept), asked=asked
            )

    def _quoted(self, ref: FactRef, understanding: Understanding) -> Quoted:
        passage = self._documents.passage(ref)
        terms = self._segmenter.grams if passage.lang == "zh" else self._segmenter.english

        def in_form(text: str) -> Collection[str]:
            return terms(search_form(text))

        asked = in_form("\n".join((understanding.search_text, *understanding.expansions)))
        quote = choose_quote(passage.part, asked, in_form)
        return Quoted(self._documents.document(ref.card_id), passage, quote)


def asks_for_papers(text: str, documents: Sequence[Document]) -> bool:
    """Tell whether a question is about a paper of the asker's own: by its words or by its title.

    Args:
        text: the question, folded, Chinese simplified.
        documents: those that the asker sees.
    """
    if _OWN_PAPERS.search(text):
        return True
    folded = text.casefold()
    titles = (search_form(one.particulars.title).casefold() for one in documents)
    return any(4 <= len(title) <= MOST_TITLE and title in folded for title in titles)


_OWN_PAPERS = re.compile(
    r"(?:我们|我司|本公司|公司|集团|内部|贵司|自家)(?:自己|现行|内部)?的?(?:[一-鿿]{0,8})(?:制度|手册|办法|流程|政策|授权表|指引|章程|备忘录|合同|协议|说明书|方案|报告|台账)"
    r"|(?:这份|该份|那份|上传的?|附件|自有资料|文件里|文件中|资料里|手册里|手册中|制度里|制度中|合同里|合同中|备忘录里|备忘录中|说明书)"
    r"|\b(?:our|the company's|my|internal|in-house|group)\s+(?:\w+\s+){0,3}(?:polic(?:y|ies)|manual|handbook|procedures?|memo|memorandum|guidelines?|contract|agreement|brochure|mandate|report|sheet)\b"
    r"|\b(?:the|this|that|attached|uploaded)\s+(?:\w+\s+){0,2}(?:memo|memorandum|manual|handbook|document|file|brochure|product sheet|attachment|upload|slides?|spreadsheet)\b",
    re.IGNORECASE,
)


def _is_near(hit: PassageHit, nearness: float, *, asked: bool) -> bool:
    across = 0.0 if hit.own_lang else ACROSS
    return hit.cosine + across >= nearness + LIFT[asked]
