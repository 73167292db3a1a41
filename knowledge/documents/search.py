"""Searching documents: their vectors and words in memory, as the store has them at the moment.

The store is the only truth; what is held here is read from it at opening and, document by document,
whenever somebody has written since, in this process or another. Nothing is written to the disk, so
that what is deleted from the store is gone from the search with it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowledge.card import FactRef, PassageLang
from knowledge.documents.document import StoredPassage
from knowledge.documents.errors import NoSuchDocument
from knowledge.documents.keeping.store import DocumentStore, Shelf, State
from knowledge.glossary import Glossary
from knowledge.language import search_form, to_simplified
from knowledge.search.across import OTHER, across, translated
from knowledge.search.centre import Centres
from knowledge.search.embed import Embedder, Matrix, Vector
from knowledge.search.fuse import FusedHit, Weights, fuse
from knowledge.search.lexical import Entry, GrowingLexicalIndex
from knowledge.search.passage import PASSAGE_LANGS, Hit
from knowledge.search.segment import Segmenter

SEARCH_LIMIT = 120
"""Hits taken from each ranking before they are merged, as for the cards."""
AT_ONCE = 1000
"""Passages whose words are taken in before a search goes on, 0.2 s; more are taken in beside it, and
until then found by their vectors alone."""
WEIGHTS = Weights(dense=0.6, lexical=0.4)
"""Papers have no example questions, which carry half of the ranking of the cards; their sense weighs
more than their words. By the 120 questions of `hugang bench documents`, recall@5 within the language
and across at a dense share of 0.44 (as on the cards) / 0.6 / 0.75: 70 and 30 / 73 and 31 / 72 and 31
of 80 and 40."""
TRANSLATION_GAP = 1.3
"""How much nearer the right passage is in the question's language.

Means taken off, the other language's best is 0.55 times as near as the own's where the answer is in
the own (median of 80 questions), 1.03 times where it is in the other (40). At 1.3 / 2.0, recall@5
within and across: 73 and 31 / 70 and 31. On cards, each fact left in one language by lot (400
example questions), recall@5 of those in the question's own is 0.970 / 0.960, in the other 0.470 /
0.525."""
_FEW = 0.3
"""Share of the rows below which those that may be seen are picked out before they are compared."""


class PassageHit(NamedTuple):
    """A passage that a search found."""

    ref: FactRef
    score: float
    """In [0, 1], 1 for the best possible within the query's language."""
    cosine: float
    """Of the passage's vector and the query's, in [-1, 1]."""
    own_lang: bool
    """Whether the passage is in the query's language."""


class DocumentIndex:
    """The search over a store; may be used from many threads at once."""

    def __init__(
        self, store: DocumentStore, embedder: Embedder, segmenter: Segmenter, glossary: Glossary
    ) -> None:
        """Read the vectors of all documents; their words are taken in beside it."""
        self._store = store
        self._embedder = embedder
        self._glossary = glossary
        self._changing = threading.Lock()
        self._version: int | None = None
        self._states: Mapping[str, State] = {}
        self._centres = Centres.load(embedder.name, embedder.dim)
        self._held = {lang: _Held(mean, {}, {}) for lang, mean in self._centres.passages.items()}
        self._words = _Words(store, segmenter)
        self.refresh()

    def refresh(self) -> None:
        """Take over what has changed in the store; a few microseconds where nothing has."""
        if self._store.version() == self._version:
            return
        with self._changing:
            # Asked first: what is written meanwhile is seen by the next search.
            version = self._store.version()
            if version == self._version:
                return
            states = self._store.states()
            changed = [name for name, state in states.items() if self._states.get(name) != state]
            gone = self._states.keys() - states.keys()
            if changed or gone:
                self._take_over(states, changed, gone)
            self._states, self._version = states, version

    def search(
        self,
        text: str,
        vector: Vector,
        lang: PassageLang,
        scopes: Collection[str],
        limit: int,
        expansions: Iterable[str] = (),
    ) -> list[PassageHit]:
        """Rank passages for a query: those of its own language, and the other's by a quota.

        Args:
            text: what is asked; any text, it has no syntax.
            vector: of the text as a query, shape (dim,), unit length.
            lang: of the text.
            scopes: whose documents the asker may see; no others take part in any way.
            limit: most hits wanted.
            expansions: synonyms in the query's language; they count less.

        Returns:
            Best first.
        """
        self.refresh()
        held, form = self._held, search_form(text)
        own, other = held[lang], held[OTHER[lang]]
        centred = self._centres.query(vector, lang)
        near, far = (one.nearest(centred, scopes, SEARCH_LIMIT) for one in (own, other))
        abroad = translated(form, lang, self._glossary)
        guests = fuse(far, self._worded(other, abroad, OTHER[lang], scopes, ()), weights=WEIGHTS)
        ranked = across(
            fuse(near, self._worded(own, form, lang, scopes, expansions), weights=WEIGHTS),
            _weakened(guests, near, far),
            share=1.0,
        )
        return [
            PassageHit(
                hit.ref,
                hit.score,
                (own if hit.ref in own.places else other).cosine(hit.ref, vector),
                hit.ref in own.places,
            )
            for hit in ranked[:limit]
        ]

    def settle(self) -> None:
        """Wait until the words of all documents are taken in."""
        self.refresh()
        self._words.settle()

    def count(self, lang: PassageLang) -> int:
        """Tell how many passages of a language are held."""
        return len(self._held[lang].refs)

    def faults(self) -> list[str]:
        """List where vectors and words differ in what they hold; empty when sound."""
        self.settle()
        return [
            f"{lang}: {self.count(lang)} passages by vector, {seen} by words"
            for lang in PASSAGE_LANGS
            if (seen := self._words.index.count(lang)) != self.count(lang)
        ]

    def close(self) -> None:
        """Stop taking in words; searching afterwards is an error. Closing twice does nothing."""
        self._words.close()

    def _worded(
        self,
        held: _Held,
        text: str,
        lang: PassageLang,
        scopes: Collection[str],
        expansions: Iterable[str],
    ) -> list[Hit]:
        worded = self._words.index.search(text, lang, SEARCH_LIMIT, scopes, expansions)
        # Words of what was deleted a moment ago may still be searched; its vectors are not.
        return [hit for hit in worded if hit.ref in held.places]

    def _take_over(
        self, states: Mapping[str, State], changed: Sequence[str], gone: Collection[str]
    ) -> None:
        fresh = self._store.shelves(self._embedder.name, changed if self._states else None)
        leaving = {*gone, *changed} if self._states else set[str]()
        self._held = {
            lang: _Held(
                held.mean,
                {
                    **{name: block for name, block in held.blocks.items() if name not in leaving},
                    **{name: _of_lang(shelf, lang, held.mean) for name, shelf in fresh.items()},
                },
                states,
            )
            for lang, held in self._held.items()
        }
        self._words.take(
            {name: states[name].scope for name in changed},
            leaving,
            sum(len(shelf.refs) for shelf in fresh.values()),
        )


class _Block(NamedTuple):
    """A document's passages of one language: row i of `matrix` is of `refs[i]`."""

    refs: tuple[FactRef, ...]
    matrix: Matrix
    """The language's mean taken off, then of unit length."""
    lengths: npt.NDArray[np.float32]
    """Of the rows, before they were brought to unit length."""


class _Held:
    """The passages of one language; never changed, replaced as a whole."""

    def __init__(
        self, mean: Vector, blocks: Mapping[str, _Block], states: Mapping[str, State]
    ) -> None:
        self.mean = mean
        blocks = {name: block for name, block in blocks.items() if block.refs}
        self.refs = tuple(itertools.chain.from_iterable(block.refs for block in blocks.values()))
        self._matrix = (
            np.concatenate([block.matrix for block in blocks.values()])
            if blocks
            else np.empty((0, 0), dtype=np.float32)
        )
        self._lengths = np.array(
            [length for block in blocks.values() for length in block.lengths], dtype=np.float32
        )
        self._codes: dict[str, int] = {}
        codes = [self._codes.setdefault(states[name].scope, len(self._codes)) for name in blocks]
        sizes = [len(block.refs) for block in blocks.values()]
        self._scopes = np.repeat(np.array(codes, dtype=np.int32), sizes)
        ends = np.cumsum(sizes, dtype=np.int64).tolist()
        self.blocks = {
            # A view of the matrix: held once, not twice.
            name: _Block(block.refs, self._matrix[end - size : end], block.lengths)
            for (name, block), size, end in zip(blocks.items(), sizes, ends, strict=True)
        }

    @cached_property
    def places(self) -> dict[FactRef, int]:
        """Row of each passage."""
        return {ref: row for row, ref in enumerate(self.refs)}

    def cosine(self, ref: FactRef, vector: Vector) -> float:
        """Compare a passage with a query as they are, nothing taken off."""
        row = self.places[ref]
        own = self._matrix[row] * self._lengths[row] + self.mean
        return float(np.clip(own @ vector, -1.0, 1.0))

    def nearest(self, vector: Vector, scopes: Collection[str], limit: int) -> list[Hit]:
        """Find the passages of some scopes that are nearest to a centred query, best first.

        What is as far as texts that have nothing in common is left out.
        """
        seen = [self._codes[scope] for scope in scopes if scope in self._codes]
        if not seen:
            return []
        if len(seen) == len(self._codes):
            rows, cosines = None, _cosines(self._matrix, vector)
        else:
            rows = np.flatnonzero(np.isin(self._scopes, seen))
            cosines = (
                _cosines(self._matrix[rows], vector)
                if len(rows) < _FEW * len(self.refs)
                else _cosines(self._matrix, vector)[rows]
            )
        best = _best(cosines, limit)
        places = best if rows is None else rows[best]
        return [
            Hit(self.refs[place], cosine)
            for place, cosine in zip(
                places.tolist(), np.clip(cosines[best], -1.0, 1.0).tolist(), strict=True
            )
            if cosine > 0
        ]


class _Words:
    """Takes in the words of documents, in a thread of its own."""

    def __init__(self, store: DocumentStore, segmenter: Segmenter) -> None:
        self.index = GrowingLexicalIndex(segmenter)
        self._store = store
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="document-words")
        self._closed = threading.Event()
        self._last: Future[None] | None = None

    def take(self, joining: Mapping[str, str], leaving: Collection[str], passages: int) -> None:
        """Take in documents, given with their scopes, after others have left; wait for few."""
        self._last = self._worker.submit(self._take, joining, leaving)
        if passages <= AT_ONCE:
            self._last.result()

    def settle(self) -> None:
        if self._last is not None:
            self._last.result()

    def close(self) -> None:
        self._closed.set()
        self._worker.shutdown(cancel_futures=True)

    def _take(self, joining: Mapping[str, str], leaving: Collection[str]) -> None:
        self.index.remove(leaving)
        taken = 0
        for name, scope in joining.items():
            if self._closed.is_set():
                return
            try:
                passages = self._store.passages(name)
            except NoSuchDocument:
                continue  # gone meanwhile, as the next refresh sees
            self.index.add(name, scope, [_entry(passage) for passage in passages])
            taken += len(passages)
            if taken >= AT_ONCE:
                self.index.commit()
                taken = 0
        self.index.commit()


def _entry(passage: StoredPassage) -> Entry:
    content = passage.content
    return Entry(
        passage.ref, passage.lang, to_simplified(content) if passage.lang == "zh" else content
    )


def _of_lang(shelf: Shelf, lang: PassageLang, mean: Vector) -> _Block:
    rows = [row for row, own in enumerate(shelf.langs) if own == lang]
    off = shelf.matrix[rows] - mean
    lengths = np.linalg.norm(off, axis=1)
    return _Block(
        tuple(shelf.refs[row] for row in rows),
        np.asarray(off / np.where(lengths > 0, lengths, 1)[:, np.newaxis], dtype=np.float32),
        np.asarray(lengths, dtype=np.float32),
    )


def _weakened(guests: list[FusedHit], near: Sequence[Hit], far: Sequence[Hit]) -> list[FusedHit]:
    """Let the other language count by how near its best is beside the best of the own.

    Else the only passage of a language would rank high for every question.
    """
    if not near or not guests:
        return guests
    reached = TRANSLATION_GAP * far[0].score / near[0].score if far else 0.0
    return [hit._replace(score=hit.score * min(1.0, reached)) for hit in guests]


def _cosines(matrix: Matrix, vector: Vector) -> npt.NDArray[np.float32]:
    # `@` shares the rows out to threads that wait for each other: on busy cores 16 ms for 30,000
    # rows, where one thread takes 4.
    return np.asarray(np.einsum("ij,j->i", matrix, vector), dtype=np.float32)


def _best(scores: npt.NDArray[np.float32], limit: int) -> npt.NDArray[np.intp]:
    """Give the places of the highest scores, best first; ties in order of place."""
    if len(scores) > 4 * limit:
        top = np.sort(np.argpartition(-scores, limit)[:limit])
        return top[np.argsort(-scores[top], kind="stable")]
    return np.argsort(-scores, kind="stable")[:limit]
