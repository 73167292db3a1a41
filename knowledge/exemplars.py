"""Exemplars: example questions with a label, compared with a question by vector and by words.

Examples of one label differ in subject, examples of different labels often only in a word
("lend to" and "borrow from" a subsidiary): vectors find the subject, words tell the label.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from knowledge.card import PassageLang
from knowledge.corpus import Corpus
from knowledge.embed import Matrix, Vector
from knowledge.passage import PASSAGE_LANGS
from knowledge.scope import ScopeExamples
from knowledge.segment import Segmenter

BEST_OF = 3
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
    words: Mapping[str, float]
    """Mean tf-idf cosine of the `BEST_OF` examples most alike in words, by label; in [0, 1]."""


EmbedAll = Callable[[Sequence[Exemplar]], Matrix]


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


class Exemplars:
    """Labelled examples of both languages, searched within a language."""

    def __init__(self, examples: Sequence[Exemplar], embed: EmbedAll, segmenter: Segmenter) -> None:
        """Embed the examples and weigh their words.

        Args:
            examples: at least one of each language.
            embed: examples to unit vectors, from the cache where it has them.
            segmenter: splits examples and questions.
        """
        matrix = embed(examples)
        self._parts = {
            lang: _Part([e for e in examples if e.lang == lang], matrix, rows, lang, segmenter)
            for lang in PASSAGE_LANGS
            for rows in [[at for at, e in enumerate(examples) if e.lang == lang]]
        }

    def likeness(self, vector: Vector, text: str, lang: PassageLang) -> Likeness:
        """Compare a question with every example of its language."""
        return self._parts[lang].likeness(vector, text)


class _Part:
    def __init__(
        self,
        examples: Sequence[Exemplar],
        matrix: Matrix,
        rows: Sequence[int],
        lang: PassageLang,
        segmenter: Segmenter,
    ) -> None:
        self._labels = [example.label for example in examples]
        self._matrix = matrix[list(rows)]
        self._terms = _terms(lang, segmenter)
        documents = [Counter(self._terms(example.content)) for example in examples]
        seen = Counter(term for document in documents for term in document)
        self._rarity = {
            term: math.log((len(documents) + 1) / (count + 0.5)) for term, count in seen.items()
        }
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, document in enumerate(documents):
            for term, weight in self._weighed(document).items():
                self._postings[term].append((at, weight))

    def likeness(self, vector: Vector, text: str) -> Likeness:
        cosines: dict[str, float] = {}
        for label, cosine in zip(self._labels, (self._matrix @ vector).tolist(), strict=True):
            cosines[label] = max(cosine, cosines.get(label, -1.0))
        alike = [0.0] * len(self._labels)
        for term, weight in self._weighed(Counter(self._terms(text))).items():
            for at, other in self._postings.get(term, ()):
                alike[at] += weight * other
        by_label: dict[str, list[float]] = defaultdict(list)
        for label, value in zip(self._labels, alike, strict=True):
            by_label[label].append(value)
        words = {
            label: sum(sorted(values, reverse=True)[:BEST_OF]) / BEST_OF
            for label, values in by_label.items()
        }
        return Likeness(cosines, words)

    def _weighed(self, document: Mapping[str, int]) -> dict[str, float]:
        unknown = math.log(2 * (len(self._labels) + 1))
        weights = {
            term: (1 + math.log(count)) * self._rarity.get(term, unknown)
            for term, count in document.items()
        }
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {term: weight / norm for term, weight in weights.items()}


def _terms(lang: PassageLang, segmenter: Segmenter) -> Callable[[str], Iterable[str]]:
    if lang == "en":
        return segmenter.english
    return lambda text: (*segmenter.words(text), *segmenter.grams(text))
