"""Papers: what documents beside the cards say to a question, quoted word for word.

A firm's own papers say what the firm has laid down, not what the law is: they are quoted under a
heading of their own, after the curated facts, or before them where the question is about the
paper. They are never given to a language model, so that neither their content leaves the machine
nor anything written in them can instruct one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bot.answer import CitedDocument, PassageCitation
from bot.language import search_form
from bot.query.understanding import Understanding
from bot.question import Question
from bot.retrieval.evidence import Evidence, Library
from bot.retrieval.quote import Quote, choose_quote
from bot.timing import Stopwatch
from knowledge.card import Frozen
from knowledge.documents.document import Document, Kind, StoredPassage
from knowledge.documents.library import DocumentLibrary
from knowledge.documents.search import PassageHit
from knowledge.errors import KnowledgeError
from knowledge.glossary import Glossary
from knowledge.search.across import translated
from knowledge.search.embed import Vector
from knowledge.search.segment import Segmenter

log = logging.getLogger(__name__)

SEARCHED = 6
"""Passages looked at."""
MOST_QUOTES = 3
COVERED = 0.3
"""Share of the question's words that a passage must have to be quoted. On 180 development questions,
which none of three papers answers, the best passage had 0.22 of them at most; of 18 questions to those
papers in their own language, the right one had 0.25 to 0.92."""
COVERED_ASKED = 0.15
"""The same where the question asks for what the paper says."""
LIFT = -0.03
"""How much nearer than the five nearest facts, in cosine, it must be."""
CLEAR_LIFT = 0.02
"""Nearer by this, it is quoted whatever its words."""
AHEAD = 0.15
"""By how much more of the question's words than any of the first facts a passage leads the answer."""
COMPARED = 5
"""Facts, best first, that a passage is held against."""
ACROSS = 0.05
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
    lead: bool = False
    """Whether they come before the facts: the question is about a paper, or no fact fits it so well."""
    failed: bool = False
    """Whether documents could not be searched."""

    def of(self, kind: Kind) -> tuple[Quoted, ...]:
        """Return the quotes of one kind of document."""
        return tuple(one for one in self.quoted if one.document.kind == kind)


NONE = Papers()
_FAILED = Papers(failed=True)


class PaperReader:
    """Finds what documents say; safe to use from many threads."""

    def __init__(
        self, documents: DocumentLibrary, library: Library, glossary: Glossary, segmenter: Segmenter
    ) -> None:
        """Take the documents, and what their passages are held against.

        Args:
            documents: where to search.
            library: the facts, and which words are rare.
            glossary: translates the terms of a question.
            segmenter: splits texts into terms.
        """
        self._documents = documents
        self._library = library
        self._glossary = glossary
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
            evidence: the facts found.
            watch: told the time spent.
        """
        if not question.scopes:
            return NONE
        try:
            with watch.stage("papers"):
                return self._read(question, understanding, vectors, evidence)
        except KnowledgeError:
            log.exception("documents were not searched")
            return _FAILED  # the law is told all the same, and the reader that papers were not

    def _read(
        self,
        question: Question,
        understanding: Understanding,
        vectors: Mapping[str, Vector],
        evidence: Evidence,
    ) -> Papers:
        visible = self._documents.documents(question.scopes)
        if not visible:
            return NONE
        text = understanding.search_text
        hits = self._documents.search(
            text,
            vectors[text],
            understanding.lang,
            question.scopes,
            SEARCHED,
            understanding.expansions,
        )
        asked = asks_for_papers(understanding.text, visible)
        weighed = [self._weigh(hit, understanding, evidence.nearness) for hit in hits]
        near = [one for one in weighed if one.is_near(asked=asked)]
        if not near:
            return NONE
        floor = SHARE * near[0].hit.score
        kept = [one for one in near if one.hit.score >= floor][:MOST_QUOTES]
        ahead = max(one.cover for one in kept) >= AHEAD + self._best_fact(understanding, evidence)
        return Papers(
            quoted=tuple(self._quoted(one.passage, understanding) for one in kept),
            lead=asked or ahead,
        )

    def _weigh(self, hit: PassageHit, understanding: Understanding, nearness: float) -> _Weighed:
        passage = self._documents.passage(hit.ref)
        question = understanding.search_text
        if not hit.own_lang:
            question = translated(question, understanding.lang, self._glossary)
        cover = self._library.asked.cover(question, search_form(passage.content), passage.lang)
        lift = hit.cosine - nearness + (0.0 if hit.own_lang else ACROSS)
        return _Weighed(hit, passage, cover, lift)

    def _best_fact(self, understanding: Understanding, evidence: Evidence) -> float:
        """Return the largest share of the question's words that one of the first facts has."""
        corpus, lang = self._library.corpus, understanding.lang
        texts = (
            f"{corpus.instrument(ref).title.text(lang)}\n{corpus.fact(ref).text(lang)}"
            for ref in evidence.refs[:COMPARED]
        )
        asked = self._library.asked
        covers = (asked.cover(understanding.search_text, text, lang) for text in texts)
        return max(covers, default=0.0)

    def _quoted(self, passage: StoredPassage, understanding: Understanding) -> Quoted:
        terms = self._segmenter.grams if passage.lang == "zh" else self._segmenter.english

        def in_form(text: str) -> Collection[str]:
            return terms(search_form(text))

        asked = in_form("\n".join((understanding.search_text, *understanding.expansions)))
        quote = choose_quote(passage.part, asked, in_form)
        return Quoted(self._documents.document(passage.ref.card_id), passage, quote)


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


class _Weighed(NamedTuple):
    """A passage found, and how well it fits."""

    hit: PassageHit
    passage: StoredPassage
    cover: float
    """Share of the question's words that it has."""
    lift: float
    """How much nearer in sense it is than the nearest facts."""

    def is_near(self, *, asked: bool) -> bool:
        if self.lift >= CLEAR_LIFT:
            return True
        return self.lift >= LIFT and self.cover >= (COVERED_ASKED if asked else COVERED)
