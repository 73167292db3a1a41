"""Lexical index: passages that share words with the question (BM25), in tantivy.

No other module imports tantivy. One index for each language: in a common one, half of the passages
lack every field of the other language, which falsifies BM25's average length and document counts
(card recall@10 on the development questions 0.878 against 0.893).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from knowledge.card import FactRef, PassageLang
from knowledge.errors import IndexFault
from knowledge.progress import OnProgress, Progress, unreported
from knowledge.search.passage import PASSAGE_LANGS, Hit, Passage
from knowledge.search.segment import Segmenter

if TYPE_CHECKING:
    from tantivy import (
        DocAddress,
        Document,
        Index,
        IndexWriter,
        Query,
        Schema,
        Searcher,
        TextAnalyzer,
    )

_FIELDS: dict[PassageLang, tuple[str, ...]] = {"zh": ("words", "grams"), "en": ("stems",)}
_HEAP_BYTES = 64_000_000
_GROUP, _SCOPE = "group", "scope"
_REPORT_EVERY = 250
MAX_CHARS = 4000
"""How much of a question, or of one expansion, is searched for."""
MAX_TERMS = 400
"""Distinct terms of a field that are searched for, the first ones of the question."""
# Only questions lose these words (English recall@10 0.904 → 0.915, recall@3 0.778 → 0.816).
# `us` stays: folded to lower case, it is also the United States.
_STOP_WORD = re.compile(
    "a|an|and|any|are|as|at|be|by|can|do|does|for|from|had|has|have|how|i|if|in|is|it|its|may|must"
    "|my|not|of|on|or|our|that|the|there|this|to|was|we|were|what|when|which|who|will|with|would"
    "|you|your"
)


class LexicalWeights(NamedTuple):
    """How much a term of each field counts; expansions are scaled down on top."""

    words: float = 1.0
    grams: float = 1.0
    stems: float = 1.0
    expansion: float = 0.3


DEFAULT_WEIGHTS = LexicalWeights()


class Passages(Protocol):
    """Passages whose number is known; they may come one by one, as from a file."""

    def __len__(self) -> int:
        """Tell how many there are."""

    def __iter__(self) -> Iterator[Passage]:
        """Start over with the first."""


class Entry(NamedTuple):
    """A passage as a growing index takes it in."""

    ref: FactRef
    lang: PassageLang
    content: str
    """What is searched; Chinese in simplified characters."""


class LexicalIndex:
    """An opened lexical index; searches may run in many threads at once."""

    def __init__(self, folder: Path, segmenter: Segmenter) -> None:
        """Open an index; `open` is the name to use.

        Raises:
            IndexFault: the folder holds no such index, or tantivy cannot read it.
        """
        self.segmenter = segmenter
        """Splits questions as it split the passages."""
        self._terms = _Terms(segmenter)
        self._indexes = {lang: _opened(folder / lang) for lang in PASSAGE_LANGS}
        self._refs: dict[tuple[PassageLang, int, int], FactRef] = {}

    @classmethod
    def open(cls, folder: Path, segmenter: Segmenter) -> LexicalIndex:
        """Open an index that `build` has written.

        Args:
            folder: as given to `build`.
            segmenter: of the same name as the one it was built with.

        Raises:
            IndexFault: the folder holds no such index, or tantivy cannot read it.
        """
        return cls(folder, segmenter)

    @staticmethod
    def build(
        folder: Path,
        passages: Passages,
        segmenter: Segmenter,
        progress: OnProgress = unreported,
    ) -> None:
        """Write a new index.

        Args:
            folder: must not hold an index yet.
            passages: of any language, in the order in which ties are to be ranked; gone through
                once a language.
            segmenter: splits passages here and questions later.
            progress: told after every few hundred passages.
        """
        terms = _Terms(segmenter)
        done, total = 0, len(passages)
        progress(Progress(stage="lexical", done=0, total=total))
        for lang in PASSAGE_LANGS:
            part = (passage for passage in passages if passage.lang == lang)
            for _ in _write(folder / lang, lang, part, terms):
                done += 1
                if done % _REPORT_EVERY == 0 or done == total:
                    progress(Progress(stage="lexical", done=done, total=total))

    def search(
        self,
        text: str,
        lang: PassageLang,
        limit: int,
        expansions: Iterable[str] = (),
        weights: LexicalWeights = DEFAULT_WEIGHTS,
    ) -> list[Hit]:
        """Find the passages of one language that share terms with a question, best first.

        Args:
            text: any text; it has no syntax. Beyond `MAX_CHARS` it is not read.
            lang: whose passages to search; the text should be in this language, and Chinese in
                simplified characters.
            limit: most hits wanted.
            expansions: synonyms; their terms may raise a passage but count less.
            weights: how much each field counts.

        Returns:
            Hits with their BM25 score; none when no term of the text is known.
        """
        if limit < 1:
            return []
        index = self._indexes[lang]
        query = _any_of(index.schema, self._terms.boosts(text, lang, tuple(expansions), weights))
        if query is None:
            return []
        searcher = index.searcher()
        return [
            Hit(self._ref(lang, searcher, address), score)
            for score, address in searcher.search(query, limit=limit, count=False).hits
        ]

    def count(self, lang: PassageLang) -> int:
        """Tell how many passages of a language are held."""
        return self._indexes[lang].searcher().num_docs

    def refs(self, lang: PassageLang) -> set[FactRef]:
        """List the facts held in a language."""
        from tantivy import Query

        searcher = self._indexes[lang].searcher()
        found = searcher.search(Query.all_query(), limit=max(1, searcher.num_docs), count=False)
        return {self._ref(lang, searcher, address) for _, address in found.hits}

    def close(self) -> None:
        """Release the files; searching afterwards is an error. Closing twice does nothing."""
        self._indexes = {}

    def _ref(self, lang: PassageLang, searcher: Searcher, address: DocAddress) -> FactRef:
        """Tell whose passage stands at an address; unpacked once, since an index never changes."""
        place = (lang, address.segment_ord, address.doc)
        if place not in self._refs:
            self._refs[place] = FactRef(searcher.doc(address)["ref"][0])
        return self._refs[place]


class GrowingLexicalIndex:
    """A lexical index in memory, to which groups of passages are added and from which they go.

    A group is a document; a search sees the groups of the scopes that it names and no others. May
    be searched in many threads while one thread changes it.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        """Make an empty index."""
        from tantivy import Index

        self._terms = _Terms(segmenter)
        self._indexes = {lang: Index(_schema(lang, _GROUP, _SCOPE)) for lang in PASSAGE_LANGS}
        self._writers: dict[PassageLang, IndexWriter] = {}
        self._seen = {lang: _Seen(index) for lang, index in self._indexes.items()}

    def add(self, group: str, scope: str, passages: Iterable[Entry]) -> None:
        """Take in passages of a group; searches see them after `commit`."""
        for passage in passages:
            fields = {_GROUP: group, _SCOPE: scope}
            self._writer(passage.lang).add_document(
                _document(passage.ref, passage.lang, passage.content, self._terms, fields)
            )

    def remove(self, groups: Iterable[str]) -> None:
        """Take out all passages of groups; searches miss them after `commit`."""
        for group in groups:
            for writer in self._writers.values():
                writer.delete_documents_by_term(_GROUP, group)

    def commit(self) -> None:
        """Let searches see what has changed."""
        for lang, writer in self._writers.items():
            writer.commit()
            self._indexes[lang].reload()
            self._seen[lang] = _Seen(self._indexes[lang])

    def search(
        self,
        text: str,
        lang: PassageLang,
        limit: int,
        scopes: Iterable[str],
        expansions: Iterable[str] = (),
        weights: LexicalWeights = DEFAULT_WEIGHTS,
    ) -> list[Hit]:
        """Find passages as `LexicalIndex.search` does, among the groups of some scopes only."""
        from tantivy import Occur, Query

        index = self._indexes[lang]
        asked = _any_of(index.schema, self._terms.boosts(text, lang, tuple(expansions), weights))
        allowed = [
            (Occur.Should, Query.term_query(index.schema, _SCOPE, scope, "basic"))
            for scope in scopes
        ]
        if limit < 1 or asked is None or not allowed:
            return []
        # The scope decides only whether a passage is seen, not how high it ranks.
        within = Query.boost_query(Query.boolean_query(allowed), 0.0)
        query = Query.boolean_query([(Occur.Must, asked), (Occur.Must, within)])
        seen = self._seen[lang]
        return [
            Hit(seen.ref(address), score)
            for score, address in seen.searcher.search(query, limit=limit, count=False).hits
        ]

    def count(self, lang: PassageLang) -> int:
        """Tell how many passages of a language are seen."""
        return self._seen[lang].searcher.num_docs

    def _writer(self, lang: PassageLang) -> IndexWriter:
        if lang not in self._writers:
            self._writers[lang] = self._indexes[lang].writer(_HEAP_BYTES, 1)
        return self._writers[lang]


class _Seen:
    """What searches see of a growing index until its next commit."""

    def __init__(self, index: Index) -> None:
        self.searcher = index.searcher()
        self._refs: dict[tuple[int, int], FactRef] = {}

    def ref(self, address: DocAddress) -> FactRef:
        """Tell whose passage stands at an address; unpacked once, 40 µs each."""
        place = (address.segment_ord, address.doc)
        if place not in self._refs:
            self._refs[place] = FactRef(self.searcher.doc(address)["ref"][0])
        return self._refs[place]


class _Terms:
    """The terms of a text in each field."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._stemmer = _english_stemmer()

    def of_passage(self, field: str, text: str) -> list[str]:
        if field == "words":
            return self._segmenter.words(text)
        if field == "grams":
            return self._segmenter.grams(text)
        return self._stemmer.analyze(" ".join(self._segmenter.english(text)))

    def of_question(self, field: str, text: str) -> list[str]:
        """Give the distinct terms, without stop words unless the text has nothing else."""
        if field != "stems":
            return list(dict.fromkeys(self.of_passage(field, text)))
        words = self._segmenter.english(text)
        told = [word for word in words if not _STOP_WORD.fullmatch(word)] or words
        return list(dict.fromkeys(self._stemmer.analyze(" ".join(told))))

    def boosts(
        self, text: str, lang: PassageLang, expansions: tuple[str, ...], weights: LexicalWeights
    ) -> dict[tuple[str, str], float]:
        """Weigh every (field, term) to search for; a term of the question keeps its full weight."""
        boosts: dict[tuple[str, str], float] = {}
        for field in _FIELDS[lang]:
            weight: float = getattr(weights, field)
            if weight <= 0:
                continue
            asked = self.of_question(field, text[:MAX_CHARS])
            terms = dict.fromkeys(asked[:MAX_TERMS], weight)
            for expansion in expansions:
                for term in self.of_question(field, expansion[:MAX_CHARS]):
                    if len(terms) < 2 * MAX_TERMS:
                        terms.setdefault(term, weight * weights.expansion)
            boosts.update({(field, term): boost for term, boost in terms.items() if boost > 0})
        return boosts


def _english_stemmer() -> TextAnalyzer:
    """Snowball's English stemmer as tantivy carries it: no further library, 0.5 µs a word."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english")).build()


def _schema(lang: PassageLang, *labels: str) -> Schema:
    """Describe a language's fields; `labels` are compared as a whole, as `ref` is."""
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    builder.add_text_field("ref", stored=True, tokenizer_name="raw", index_option="basic")
    for label in labels:
        builder.add_text_field(label, tokenizer_name="raw", index_option="basic")
    for field in _FIELDS[lang]:
        # The terms come ready, so that only white space is left to split at.
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(
    ref: FactRef,
    lang: PassageLang,
    content: str,
    terms: _Terms,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> Document:
    from tantivy import Document

    document = Document()
    document.add_text("ref", str(ref))
    for label, value in labels.items():
        document.add_text(label, value)
    for field in _FIELDS[lang]:
        document.add_text(field, " ".join(terms.of_passage(field, content)))
    return document


def _write(
    folder: Path, lang: PassageLang, passages: Iterable[Passage], terms: _Terms
) -> Iterator[Passage]:
    """Write one language's index; yields every passage once it is in."""
    from tantivy import Index

    folder.mkdir(parents=True)
    try:
        index = Index(_schema(lang), path=str(folder))
        # One thread and one commit: one segment, in which ties keep the order of the passages.
        writer = index.writer(_HEAP_BYTES, 1)
        for passage in passages:
            writer.add_document(_document(passage.ref, lang, passage.content, terms))
            yield passage
        writer.commit()
        writer.wait_merging_threads()
    except ValueError as error:  # tantivy's name for every failure, also of the disk
        raise IndexFault(f"{folder}: cannot be written: {error}. Is the disk full?") from error


def _opened(folder: Path) -> Index:
    from tantivy import Index

    try:
        return Index.open(str(folder))
    except (ValueError, OSError) as error:
        raise IndexFault(
            f"{folder}: cannot be read: {error}. Rebuild the index: hugang index build."
        ) from error


def _any_of(schema: Schema, boosts: dict[tuple[str, str], float]) -> Query | None:
    """Build the query as objects: no text of a user meets a query parser."""
    from tantivy import Occur, Query

    clauses = [
        (Occur.Should, Query.boost_query(Query.term_query(schema, field, term, "freq"), boost))
        for (field, term), boost in boosts.items()
    ]
    return Query.boolean_query(clauses) if clauses else None
