"""The words of many short texts, weighed by tf-idf: how alike a question is to each of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

WEIGHING = 1
"""Number of the weights below; raise it with every change that alters one."""

Numbers: TypeAlias = npt.NDArray[Any]


class _Arrays(NamedTuple):
    """What an index consists of; pairs are those of a text and a term in it, sorted by term."""

    terms: Numbers
    """UTF-8 of all terms, one a line."""
    ends: Numbers
    """Shape (terms,): where the pairs of a term end."""
    rows: Numbers
    """Shape (pairs,): number of the text."""
    weights: Numbers
    """Shape (pairs,): weight of the term in it; the weights of a text have length 1."""
    texts: Numbers
    """Shape (): how many texts there are."""


class WordIndex:
    """An index of texts by their terms."""

    def __init__(self, arrays: Mapping[str, Numbers]) -> None:
        """Take what `arrays` gave; `of` builds an index from texts."""
        self._arrays = _Arrays(**arrays)
        terms = self._arrays.terms.tobytes().decode().split("\n") if len(self._arrays.ends) else []
        ends = self._arrays.ends
        starts = np.concatenate(([0], ends[:-1])) if terms else ends
        self._texts = int(self._arrays.texts)
        rarity = np.log((self._texts + 1) / (ends - starts + 0.5))
        self._spans = dict(
            zip(terms, zip(starts.tolist(), ends.tolist(), strict=True), strict=True)
        )
        self._rarity = dict(zip(terms, rarity.tolist(), strict=True))
        self._unknown = math.log(2 * (self._texts + 1))

    @classmethod
    def of(cls, texts: Iterable[Iterable[str]]) -> Self:
        """Weigh the terms of texts.

        Args:
            texts: the terms of each, repeated as they occur; none holds a line break.
        """
        # In arrays over all pairs: a start would otherwise wait for a million steps.
        documents = [Counter(terms) for terms in texts]
        numbers: dict[str, int] = {}
        terms = np.array(
            [numbers.setdefault(term, len(numbers)) for document in documents for term in document],
            dtype=np.intp,
        )
        counts = np.array(list(chain.from_iterable(map(Counter.values, documents))), dtype=float)
        rows = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
        uses = np.bincount(terms, minlength=len(numbers))
        rarity = np.log((len(documents) + 1) / (uses + 0.5))
        weights = (1 + np.log(counts)) * rarity[terms]
        lengths = np.sqrt(np.bincount(rows, weights**2, minlength=len(documents)))
        weights /= np.where(lengths > 0, lengths, 1.0)[rows]
        by_term = np.argsort(terms, kind="stable")
        arrays = _Arrays(
            terms=np.frombuffer("\n".join(numbers).encode(), dtype=np.uint8),
            ends=np.cumsum(uses),
            rows=rows[by_term],
            weights=weights[by_term],
            texts=np.array(len(documents)),
        )
        return cls(arrays._asdict())

    def arrays(self) -> dict[str, Numbers]:
        """Return the index as arrays by name, to be kept in a file."""
        return self._arrays._asdict()

    def uses(self) -> dict[str, int]:
        """Return the number of texts that use each term."""
        return {term: end - start for term, (start, end) in self._spans.items()}

    def alike(self, terms: Iterable[str]) -> npt.NDArray[np.float64]:
        """Compare a question, given by its terms, with every text.

        Returns:
            Shape (texts,): cosine of the weights, in [0, 1].
        """
        alike = np.zeros(self._texts)
        for term, weight in self._weighed(Counter(terms)).items():
            if term in self._spans:
                span = slice(*self._spans[term])
                alike[self._arrays.rows[span]] += weight * self._arrays.weights[span]
        return alike

    def cover(self, asked: Iterable[str], told: Iterable[str]) -> float:
        """Tell which share of a question's terms a text has, rare ones counting more: in [0, 1].

        A term that no text of the index has counts as the rarest.
        """
        weights = {term: self._rarity.get(term, self._unknown) for term in asked}
        total = sum(weights.values())
        return sum(weights.get(term, 0.0) for term in set(told)) / total if total else 0.0

    def _weighed(self, document: Mapping[str, int]) -> dict[str, float]:
        weights = {
            term: (1 + math.log(count)) * self._rarity.get(term, self._unknown)
            for term, count in document.items()
        }
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {term: weight / norm for term, weight in weights.items()}
