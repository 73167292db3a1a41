"""Exemplars: example questions with a label, compared with a question by vector and by words.

Examples of one label differ in subject, examples of different labels often only in a word
("lend to" and "borrow from" a subsidiary): vectors find the subject, words tell the label.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowledge.card import PassageLang
from knowledge.corpus import Corpus
from knowledge.progress import unreported
from knowledge.scope import ScopeExamples
from knowledge.search.array_file import read_arrays, write_arrays
from knowledge.search.embed import Embedder, Matrix, Vector, unit
from knowledge.search.passage import PASSAGE_LANGS
from knowledge.search.segment import Segmenter
from knowledge.search.vectors import embed_with_caches
from knowledge.search.word_index import WEIGHING, WordIndex

BEST_OF = 5
"""Examples of a label whose words count: one alike sentence may be chance."""


class Exemplar(NamedTuple):
    """An example question and what it stands for."""

    label: str
    lang: PassageLang
    content: str
    """The question; named as in a passage, so that the vector cache serves both."""


class Likeness(NamedTuple):
    """How like a question is to the examples of each label."""

    cosines: Mapping[str, float]
    """Cosine of the nearest example, by label."""
    near: Mapping[str, float]
    """Mean cosine of the `best_of` nearest examples, by label."""
    words: Mapping[str, float]
    """Mean tf-idf cosine of the `best_of` examples most alike in words, by label; in [0, 1]."""


def examples_of(scope: ScopeExamples, corpus: Corpus) -> list[Exemplar]:
    """Label every example question: `ask:<route>`, `in`, `out:<category>`, `beyond:<category>`."""
    return [
        *(
            Exemplar(f"ask:{route.id}", lang, text)
            for route in corpus.routes.values()
            for lang in PASSAGE_LANGS
            for text in route.asks.texts(lang)
        ),
        *(
            Exemplar("in", lang, text)
            for lang in PASSAGE_LANGS
            for text in scope.in_scope.texts(lang)
        ),
        *(
            Exemplar(f"{kind}:{group.category}", lang, text)
            for kind, groups in (("out", scope.out_of_scope), ("beyond", scope.beyond_corpus))
            for group in groups
            for lang in PASSAGE_LANGS
            for text in group.texts(lang)
        ),
    ]


def questions_of(corpus: Corpus) -> list[Exemplar]:
    """Label every fact's example questions with the fact's reference."""
    return [
        Exemplar(ref, lang, text)
        for ref, asks in corpus.asks.items()
        for lang in PASSAGE_LANGS
        for text in asks.texts(lang)
    ]


def open_exemplars(
    examples: Sequence[Exemplar],
    embedder: Embedder,
    segmenter: Segmenter,
    own_cache: Path,
    best_of: int = BEST_OF,
) -> Exemplars:
    """Embed examples and weigh their words, or take up what was kept of that in `own_cache`.

    Vectors come from the shipped ones where these have them. What was worked out is looked up by
    the examples' texts and the names of embedder and segmenter: 0.1 s where working it out takes 1.
    """
    path, key = own_cache / "opened.npz", _key(examples, embedder, segmenter)
    kept = read_arrays(path, key)
    if kept is None:
        matrix = embed_with_caches(examples, embedder, own_cache, unreported)
        indexes = _indexes(examples, segmenter)
        kept = {"matrix": matrix} | {
            f"{lang}.{name}": array
            for lang, index in indexes.items()
            for name, array in index.arrays().items()
        }
        write_arrays(path, key, kept)
        return Exemplars(examples, matrix, segmenter, best_of, indexes)
    indexes = {
        lang: WordIndex(
            {
                name.removeprefix(f"{lang}."): array
                for name, array in kept.items()
                if name.startswith(f"{lang}.")
            }
        )
        for lang in PASSAGE_LANGS
    }
    return Exemplars(examples, kept["matrix"], segmenter, best_of, indexes)


def _key(examples: Sequence[Exemplar], embedder: Embedder, segmenter: Segmenter) -> str:
    """Return the SHA-256 over all that decides about vectors and weights."""
    parts = [str(WEIGHING), embedder.name, segmenter.name]
    parts += (f"{example.lang}\0{example.content}" for example in examples)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _indexes(examples: Sequence[Exemplar], segmenter: Segmenter) -> dict[PassageLang, WordIndex]:
    """Index the words of each language's examples, in their order."""
    return {
        lang: WordIndex.of(
            _terms(lang, segmenter)(example.content) for example in examples if example.lang == lang
        )
        for lang in PASSAGE_LANGS
    }


_KIN_SPAN = 0.1


class Found(NamedTuple):
    """Labels with their likeness to a question, best first; those without any are left out."""

    sense: list[tuple[str, float]]
    words: list[tuple[str, float]]


class Exemplars:
    """Labelled examples of both languages, searched within a language."""

    def __init__(
        self,
        examples: Sequence[Exemplar],
        matrix: Matrix,
        segmenter: Segmenter,
        best_of: int = BEST_OF,
        indexes: Mapping[PassageLang, WordIndex] | None = None,
    ) -> None:
        """Take the examples, and weigh their words where that was not done.

        Args:
            examples: of any language.
            matrix: their vectors, row i of `examples[i]`.
            segmenter: splits examples and questions.
            best_of: how many examples of a label must be alike in words.
            indexes: of the words of each language's examples.
        """
        indexes = indexes or _indexes(examples, segmenter)
        self._parts = {
            lang: _Part(
                [examples[at] for at in rows],
                matrix[rows],
                _terms(lang, segmenter),
                indexes[lang],
                best_of,
            )
            for lang in PASSAGE_LANGS
            for rows in [[at for at, e in enumerate(examples) if e.lang == lang]]
        }
        rows_of = _rows_by_label(examples)
        self._labels = list(rows_of)
        self._row = {label: at for at, label in enumerate(self._labels)}
        means = [matrix[rows].mean(axis=0) for rows in rows_of.values()]
        self._centres = unit(means or np.empty((0, 1)))

    def likeness(self, vector: Vector, text: str, lang: PassageLang) -> Likeness:
        """Compare a question with every example of its language."""
        return self._parts[lang].likeness(vector, text)

    def search(self, vector: Vector, text: str, lang: PassageLang, limit: int) -> Found:
        """Rank the labels of a language by the nearest of their examples, in sense and in words.

        Does what `likeness` does where only the first few of thousands of labels matter.
        """
        return self._parts[lang].search(vector, text, limit)

    def nearest_in_words(self, text: str, lang: PassageLang, limit: int) -> list[str]:
        """Return the labels of a language whose examples share the rarest words with a text."""
        return [label for label, _ in self._parts[lang].nearest_in_words(text, limit)]

    def uses(self, lang: PassageLang) -> dict[str, int]:
        """Return the number of examples of a language that use each of their words."""
        return self._parts[lang].uses()

    def cover(self, question: str, text: str, lang: PassageLang) -> float:
        """Tell which share of a question's words a text has, those rare in the examples counting more.

        Args:
            question: in the language `lang`, Chinese in simplified characters.
            text: the same.
            lang: of both.
        """
        return self._parts[lang].cover(question, text)

    def near(self, weights: Mapping[str, float], limit: int) -> list[tuple[str, float]]:
        """Rank the labels near to some given ones, whatever the language.

        Args:
            weights: label and how much it counts; labels without examples do not.
            limit: most labels wanted.

        Returns:
            Labels with the cosine of their centre to the weighted centre of the given, best first.
        """
        known = {label: weight for label, weight in weights.items() if label in self._row}
        if not any(weight > 0 for weight in known.values()):
            return []
        given = (weight * self._centres[self._row[label]] for label, weight in known.items())
        cosines = self._centres @ unit([sum(given)])[0]
        best = np.argsort(-cosines)[:limit]
        return [(self._labels[at], cosine) for at, cosine in _pairs(best, cosines)]

    def kinship(self, one: str, other: str) -> float:
        """Tell how alike two labels are, whatever the language: in [0, 1], 0 without examples.

        Compared are the mean vectors of their examples in all languages; between a like and an
        unlike pair the cosine of E5 varies by about `_KIN_SPAN`.
        """
        if one not in self._row or other not in self._row:
            return 0.0
        cosine = float(self._centres[self._row[one]] @ self._centres[self._row[other]])
        return min(1.0, max(0.0, 1 - (1 - cosine) / _KIN_SPAN))


class _Part:
    """The examples of one language, in the order of their labels."""

    def __init__(
        self,
        examples: Sequence[Exemplar],
        matrix: Matrix,
        terms: Callable[[str], Iterable[str]],
        index: WordIndex,
        best_of: int,
    ) -> None:
        self._matrix = matrix
        self._terms = terms
        self._index = index
        self._best_of = best_of
        rows = _rows_by_label(examples)
        self._labels = list(rows)
        # One row a label, filled up with the number of a place that stays empty.
        width = max((best_of, *map(len, rows.values())))
        self._places = np.full((len(rows), width), len(examples))
        for label, places in enumerate(rows.values()):
            self._places[label, : len(places)] = places

    def likeness(self, vector: Vector, text: str) -> Likeness:
        cosines = np.sort(np.append(self._matrix @ vector, -1.0)[self._places], axis=1)
        near = cosines[:, -self._best_of :].mean(axis=1)
        words = self._words(text)
        return Likeness(
            dict(zip(self._labels, cosines[:, -1].tolist(), strict=True)),
            dict(zip(self._labels, near.tolist(), strict=True)),
            dict(zip(self._labels, words.tolist(), strict=True)),
        )

    def search(self, vector: Vector, text: str, limit: int) -> Found:
        cosines = np.append(self._matrix @ vector, -1.0)[self._places].max(axis=1)
        return Found(self._first(cosines, limit), self._first(self._words(text), limit))

    def nearest_in_words(self, text: str, limit: int) -> list[tuple[str, float]]:
        return self._first(self._words(text), limit)

    def uses(self) -> dict[str, int]:
        return self._index.uses()

    def cover(self, question: str, text: str) -> float:
        return self._index.cover(self._terms(question), self._terms(text))

    def _first(self, scores: Matrix, limit: int) -> list[tuple[str, float]]:
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(self._labels[at], score) for at, score in _pairs(best, scores) if score > 0]

    def _words(self, text: str) -> Matrix:
        """Give every label the mean of its `best_of` examples most alike in words."""
        found = np.append(self._index.alike(self._terms(text)), 0.0)[self._places]
        if self._best_of == 1:
            return np.asarray(found.max(axis=1, initial=0.0))
        return np.asarray(np.sort(found, axis=1)[:, -self._best_of :].mean(axis=1))


def _pairs(places: npt.NDArray[np.intp], scores: Matrix) -> Iterable[tuple[int, float]]:
    """Give each place with its score, as Python's own numbers: one by one they take longer."""
    return zip(places.tolist(), scores[places].tolist(), strict=True)


def _rows_by_label(examples: Sequence[Exemplar]) -> Mapping[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for at, example in enumerate(examples):
        rows[example.label].append(at)
    return rows


def _terms(lang: PassageLang, segmenter: Segmenter) -> Callable[[str], Iterable[str]]:
    if lang == "en":
        return segmenter.english
    return lambda text: (*segmenter.words(text), *segmenter.grams(text))
