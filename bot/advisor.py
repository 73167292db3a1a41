"""The whole story of an answer, from question to checked answer."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from copy import copy
from typing import NamedTuple

from bot.answer import AnswerPlan, CheckedAnswer
from bot.assemble import Assembly
from bot.checking.check import Checker
from bot.checking.support import Support
from bot.errors import AdvisorError, RouteNotFound
from bot.events import AnswerEvent, EvidenceFound, Failed, Finished, RoutesPlanned, Understood
from bot.language import Lang, localise, search_form
from bot.model.rewrite import Rewriter
from bot.model.writer import ModelWriter
from bot.present import present_plan
from bot.providers.base import ChatModel
from bot.providers.guarded import Guard
from bot.providers.open_model import open_model
from bot.query.authorities import Directory
from bot.query.profile import Value, known_values, read_profile, read_values
from bot.query.understanding import Lexicon, Understanding, understand
from bot.question import Filters, Question, read_question
from bot.retrieval.along import along_route
from bot.retrieval.evidence import DEFAULT_BOOSTS, Evidence, Library, gather_evidence
from bot.retrieval.gaps import GapFinder
from bot.retrieval.papers import NONE, PaperReader
from bot.retrieval.place import Map
from bot.route_plan import RoutePlan, plan_route
from bot.settings import Settings
from bot.timing import Stopwatch
from bot.writing.changes import replaced_in
from bot.writing.refuse import GIVES_WAY, decline_reason
from bot.writing.suggest import Suggester
from bot.writing.write import GAP_BUDGET, write_draft
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from knowledge.countries import load_countries
from knowledge.documents.library import DocumentLibrary
from knowledge.errors import KnowledgeError
from knowledge.glossary import Glossary, load_glossary
from knowledge.load import load_corpus
from knowledge.official.book import ArticleBook
from knowledge.parsed import ParsedFiles
from knowledge.progress import OnProgress, unreported
from knowledge.search.embed import Embedder, Vector, open_embedder
from knowledge.search.exemplars import Likeness, open_exemplars, questions_of
from knowledge.search.fuse import Weights
from knowledge.search.index import IndexHome, SearchIndex, ensure_index
from knowledge.search.segment import Segmenter
from knowledge.search.spelling import Spelling

log = logging.getLogger(__name__)

_INDEX_FAULT = Bilingual(
    zh="检索索引暂时不可用。请稍后再试；管理员可运行 hugang doctor 查看原因。",
    en="The search index is not available. Try again later; the operator can run hugang doctor.",
)


class _Found(NamedTuple):
    """What was found for a question."""

    question: Question
    """On the day for which it was found."""
    evidence: Evidence
    likeness: Likeness
    """Between the question and the example questions."""


class Advisor:
    """Answers questions from the corpus; safe to call from many threads."""

    def __init__(
        self,
        corpus: Corpus,
        index: SearchIndex,
        embedder: Embedder,
        glossary: Glossary,
        settings: Settings | None = None,
        model: ChatModel | None = None,
        rewriting_model: ChatModel | None = None,
        documents: DocumentLibrary | None = None,
    ) -> None:
        """Take over opened parts; `open` opens them.

        Args:
            corpus: what is answered from.
            index: finds in it.
            embedder: the one the index was built with.
            glossary: the words of the field.
            settings: None = the usual ones.
            model: words the answers; None = facts are said as they stand.
            rewriting_model: rewords follow-ups where the settings allow it; None = `model`.
            documents: papers and official texts that questions with scopes are held against.
        """
        self.corpus = corpus
        self.index = index
        self.settings = settings or Settings()
        self.boosts = DEFAULT_BOOSTS
        """What circumstances add to a fact's score; an ablation takes them out one by one."""
        segmenter, home = index.lexical.segmenter, self.settings.home
        asked = open_exemplars(
            questions_of(corpus), embedder, segmenter, home / "questions", best_of=1
        )
        self._library = Library(corpus, index, embedder, asked)
        countries = load_countries()
        self._suggester = Suggester(corpus, asked)
        self._gaps = GapFinder(self._library, glossary, countries)
        self._directory = Directory(corpus, glossary, countries, segmenter)
        self._map = Map(corpus, embedder, segmenter, home)
        facts = [corpus.fact(ref) for ref in corpus.refs]
        spelling = Spelling.of(
            {"zh": [fact.zh for fact in facts], "en": [fact.en for fact in facts]},
            segmenter,
            asked,
            self._map.examples,
        )
        self._lexicon = Lexicon(corpus, glossary, spelling)
        self._support = Support(corpus, self._lexicon, embedder, home / "facts")
        self.checker = Checker(corpus, glossary, self._support)
        self._take_model(model, rewriting_model)
        self.documents = documents
        self._papers = (
            PaperReader(documents, self._library, glossary, segmenter) if documents else None
        )

    @property
    def weights(self) -> Weights:
        """Shares of the rankings that are merged; an ablation takes them out one by one."""
        return self._library.weights

    @weights.setter
    def weights(self, weights: Weights) -> None:
        self._library.weights = weights

    @classmethod
    def open(cls, settings: Settings | None = None, progress: OnProgress = unreported) -> Advisor:
        """Load the corpus, open the index (building it first where needed), warm the embedder.

        Raises:
            KnowledgeError: a card cannot be read, or the index cannot be built.
        """
        settings = settings or Settings()
        with ParsedFiles(settings.home / "parsed.json") as files:
            corpus, glossary = load_corpus(read=files.read), load_glossary(read=files.read)
        embedder = open_embedder()
        segmenter = Segmenter(glossary.user_words())
        home = IndexHome(settings.home / "index")
        index = ensure_index(home, corpus, embedder, segmenter, progress)
        model = open_model(settings)
        # A rewriting that is late is no failure of the model: it must not put the writer to rest.
        alone = Guard(attempts=1, calls_at_once=settings.model_concurrency)
        rewriting = open_model(settings, alone) if settings.model_rewrites else None
        documents = DocumentLibrary.open(
            settings.home, embedder, segmenter, glossary, gives_way=True
        )
        corpus = corpus.beside(ArticleBook(documents.store.folder, documents.store))
        advisor = cls(corpus, index, embedder, glossary, settings, model, rewriting, documents)
        advisor.warm()
        return advisor

    def written_by(
        self,
        model: ChatModel | None,
        settings: Settings | None = None,
        rewriting_model: ChatModel | None = None,
    ) -> Advisor:
        """Return an advisor on the same library whose answers another model words; None = none."""
        other = copy(self)
        other.settings = settings or self.settings
        other._take_model(model, rewriting_model)
        return other

    def _take_model(self, model: ChatModel | None, rewriting_model: ChatModel | None) -> None:
        self._models = tuple(one for one in (model, rewriting_model) if one)
        self._writer = (
            ModelWriter(model, self.corpus, self.checker, self.settings) if model else None
        )
        rewrites = rewriting_model or model
        self._rewriter = Rewriter(rewrites) if rewrites and self.settings.model_rewrites else None

    def warm(self) -> None:
        """Read everything that is read on first use, so that the first answer does not wait."""
        self._library.offers.warm()
        self._directory.warm()
        self._lexicon.warm()
        if self._writer:
            self._support.warm()
            self._writer.model.warm()
        for text in ("境外放款额度怎么算？", "請問如何開戶？", "How do we lend to our subsidiary?"):
            for _ in self._steps(read_question(text), None):
                pass

    def close(self) -> None:
        """Release the index, the documents, and the model's connections."""
        for model in self._models:
            model.close()
        if self.corpus.articles:
            self.corpus.articles.close()
        if self.documents:
            self.documents.close()
        self.index.close()

    def answer(self, question: Question) -> CheckedAnswer:
        """Answer a question.

        Raises:
            AdvisorError: the question's profile cannot be used.
            KnowledgeError: the index failed.
        """
        for event in self._steps(question, self._writer):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")  # pragma: no cover

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        """Answer a question step by step; ends with `Finished`, or `Failed` after a known error."""
        try:
            yield from self._steps(question, self._writer)
        except AdvisorError as error:
            yield Failed(code=error.code, message=error.user_message(question.lang))
        except KnowledgeError:
            log.exception("answer failed")
            yield Failed(code="index-fault", message=localise(_INDEX_FAULT, question.lang))

    def plan(self, route_id: str, values: Mapping[str, object], lang: Lang) -> AnswerPlan:
        """Hold a route card against what is known about firm and deal.

        Raises:
            RouteNotFound: no such route.
            ProfileError: a value does not fit the route's inputs.
        """
        if route_id not in self.corpus.routes:
            raise RouteNotFound.of(route_id, self.corpus.routes)
        route = self.corpus.routes[route_id]
        return present_plan(plan_route(route, read_values(route, values)), lang)

    def evidence(self, question: Question) -> Evidence:
        """Find the facts that bear on a question, without writing an answer."""
        watch = Stopwatch()
        understanding, vectors = self._understand(question, watch)
        question = _on_the_day_told(question, understanding)
        return self._gather(question, understanding, vectors, watch).evidence

    def instruments_named_in(self, text: str) -> tuple[str, ...]:
        """Return the ids of the instruments that a text names by number, title or popular name."""
        return self._lexicon.named_in(search_form(text))

    def _steps(self, question: Question, writer: ModelWriter | None) -> Iterator[AnswerEvent]:
        watch = Stopwatch()
        understanding, vectors = self._understand(question, watch)
        question = _on_the_day_told(question, understanding)
        yield Understood(
            lang=question.lang,
            as_of=question.as_of,
            parts=understanding.parts,
            terms=tuple(localise(term, question.lang) for term in understanding.terms),
            amounts=understanding.amounts,
        )
        race = self._rewriter.start(question, understanding) if self._rewriter and writer else None
        found = self._gather(question, understanding, vectors, watch)
        yield EvidenceFound(refs=found.evidence.refs, instruments=len(found.evidence.card_ids))
        if race and (standalone := race.take(self.settings.model_rewrite_wait_s)):
            understanding = self._reworded(question, understanding, standalone)
            vectors = self._embedded(found.question, understanding)
            found = self._gather(found.question, understanding, vectors, watch)
            yield EvidenceFound(refs=found.evidence.refs, instruments=len(found.evidence.card_ids))
        question, evidence, likeness = found
        with watch.stage("place"):
            place = self._map.place(likeness, understanding, evidence)
            gaps = self._gaps.find(understanding, evidence)
        papers = NONE
        if self._papers:
            papers = self._papers.read(question, understanding, vectors, evidence, watch)
        assembly = Assembly(
            question,
            evidence,
            self.corpus,
            self.checker,
            self._directory,
            self._suggester,
            watch,
            papers,
        )
        if reason := decline_reason(understanding, evidence, place, gaps):
            if papers.quoted and reason in GIVES_WAY and not understanding.is_greeting:
                yield from assembly.finish_from_papers()
                return
            yield from assembly.decline(reason, gaps, greeted=understanding.is_greeting)
            return
        with watch.stage("plan"):
            plan = self._plan(question, understanding, place.route)
        if plan:
            yield RoutesPlanned(plan=assembly.plan(plan, asked=understanding.wants_plan))
            if understanding.wants_plan:
                with watch.stage("place"):
                    route = self.corpus.routes[plan.route]
                    evidence = along_route(
                        route, understanding, vectors, evidence, self._library, question.as_of
                    )
        with watch.stage("write"):
            draft = write_draft(
                understanding,
                evidence,
                plan,
                self.corpus,
                question.lang,
                assembly.doubts,
                self._library.asked.kinship,
                budget=GAP_BUDGET if gaps or papers.lead else 1.0,
            )
        if writer is None:
            yield from assembly.finish(draft, gaps)
            return
        leads = tuple(ref for claim in draft.leads for ref in claim.refs)
        writing = writer.write(question, understanding, evidence, leads, plan, watch, race)
        yield from assembly.finish_written(writing, draft, gaps)

    def _day_before_change(
        self, question: Question, understanding: Understanding, evidence: Evidence
    ) -> dt.date | None:
        """Return the last day of the rules that a question calls the old ones."""
        told = understanding.as_of
        if question.as_of_given or told is None or told.kind != "before-change":
            return None
        pair = replaced_in(evidence, self.corpus)
        ends = self.corpus.ends(pair[0]) if pair and not told.also_now else None
        return ends - dt.timedelta(days=1) if ends else None

    def _understand(
        self, question: Question, watch: Stopwatch
    ) -> tuple[Understanding, Mapping[str, Vector]]:
        """Read a question and embed what is searched for; a new subject is searched by itself."""
        with watch.stage("understand"):
            understanding = understand(question, self._lexicon)
        with watch.stage("embed"):
            if asides := self._asides(understanding):
                understanding = understand(question, self._lexicon, asides)
            vectors = self._embedded(question, understanding)
            alone = vectors[understanding.text]
            if understanding.leans and self._map.changes_subject(alone, understanding):
                # Read anew: nothing that the earlier question named may count.
                by_itself = question.model_copy(update={"history": ()})
                understanding = understand(by_itself, self._lexicon, asides)
                vectors = self._embedded(question, understanding)
            return understanding, vectors

    def _asides(self, understanding: Understanding) -> tuple[str, ...]:
        """Return the sentences of a message that are about another subject than the field."""
        possible = understanding.possible_asides
        if not possible:
            return ()
        vectors = self._library.embedder.queries([sentence.strip() for sentence in possible])
        lang = understanding.lang
        return tuple(
            sentence
            for sentence, vector in zip(possible, vectors, strict=True)
            if self._map.is_aside(vector, sentence, lang, self._library.nearness(vector, lang))
        )

    def _embedded(self, question: Question, understanding: Understanding) -> Mapping[str, Vector]:
        """Embed at once all that is searched for, whole and by parts; the vectors by text."""
        whole = (understanding.search_text, understanding.text)
        texts = tuple(dict.fromkeys((*whole, *understanding.asked)))
        rows = self._library.embedder.queries([text or question.text for text in texts])
        return dict(zip(texts, rows, strict=True))

    def _reworded(
        self, question: Question, understanding: Understanding, standalone: str
    ) -> Understanding:
        """Search for a follow-up as a model words it; what is asked and told stays as it was."""
        alone = understand(
            question.model_copy(update={"text": standalone, "history": ()}), self._lexicon
        )
        return understanding.model_copy(
            update={
                "search_text": alone.search_text,
                "expansions": alone.expansions,
                "named": alone.named,
            }
        )

    def _gather(
        self,
        question: Question,
        understanding: Understanding,
        vectors: Mapping[str, Vector],
        watch: Stopwatch,
    ) -> _Found:
        """Find the facts, and the day they are found for: the old rules' last, where those are meant."""
        with watch.stage("place"):
            likeness = self._map.likeness(vectors[understanding.search_text], understanding)
            near_facts = self._map.near_facts(likeness)

        def gather(question: Question) -> Evidence:
            return gather_evidence(
                question,
                understanding,
                vectors,
                self._library,
                watch,
                limit=self.settings.evidence_limit,
                near_facts=near_facts,
                boosts=self.boosts,
            )

        evidence = gather(question)
        day = self._day_before_change(question, understanding, evidence)
        if day is None:
            return _Found(question, evidence, likeness)
        question = question.on(day)
        return _Found(question, gather(question), likeness)

    def _plan(
        self, question: Question, understanding: Understanding, route_id: str | None
    ) -> RoutePlan | None:
        # A plan spans both sides; under filters it would say what the asker has left out.
        if route_id is None or question.filters != Filters():
            return None
        route = self.corpus.routes[route_id]
        told: dict[str, Value] = {}
        for said in understanding.told:
            told |= read_profile(said, route)
        return plan_route(route, told | known_values(route, question.profile))


def _on_the_day_told(question: Question, understanding: Understanding) -> Question:
    """Ask for the rules of the day that the message names, unless the asker has set one."""
    told = understanding.as_of
    if told is None or told.day is None or question.as_of_given:
        return question
    return question.on(told.day)
