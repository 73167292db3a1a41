"""Questions are compared with labelled examples: by vector for the subject, by words for the label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from knowledge.corpus import Corpus
from knowledge.embed import Matrix, Vector
from knowledge.exemplars import BEST_OF, Exemplar, Exemplars, examples_of
from knowledge.scope import load_scope_examples
from knowledge.segment import Segmenter

EXAMPLES = [
    Exemplar("ask:lend", "en", "How do we lend money to our overseas subsidiary?"),
    Exemplar("ask:lend", "en", "May the parent lend to a subsidiary abroad?"),
    Exemplar("ask:borrow", "en", "How do we borrow money from our overseas subsidiary?"),
    Exemplar("ask:borrow", "en", "May the parent borrow from a subsidiary abroad?"),
    Exemplar("out:weather", "en", "Will it rain tomorrow?"),
    Exemplar("ask:lend", "zh", "怎么借钱给境外子公司？"),
    Exemplar("out:weather", "zh", "明天会下雨吗？"),
]


def tiny_embedder(examples: Sequence[Exemplar]) -> Matrix:
    """Money lies on the first axis, weather on the second: it cannot tell lend from borrow."""
    rows = [[0.0, 1.0] if "weather" in e.label else [1.0, 0.0] for e in examples]
    return np.array(rows, dtype=np.float32)


MONEY: Vector = np.array([1.0, 0.0], dtype=np.float32)
BETWEEN: Vector = np.array([0.6, 0.8], dtype=np.float32)


@pytest.fixture(scope="module")
def exemplars(segmenter: Segmenter) -> Exemplars:
    return Exemplars(EXAMPLES, tiny_embedder, segmenter)


def test_the_cosine_of_a_label_is_that_of_its_nearest_example(exemplars: Exemplars) -> None:
    likeness = exemplars.likeness(BETWEEN, "anything", "en")
    # the vector (0.6, 0.8) against the axes
    assert likeness.cosines == pytest.approx(
        {"ask:lend": 0.6, "ask:borrow": 0.6, "out:weather": 0.8}
    )


def test_words_tell_apart_what_the_vector_cannot(exemplars: Exemplars) -> None:
    lend = exemplars.likeness(MONEY, "Can we lend to the subsidiary?", "en")
    assert lend.cosines["ask:lend"] == lend.cosines["ask:borrow"]
    assert lend.words["ask:lend"] > lend.words["ask:borrow"]
    borrow = exemplars.likeness(MONEY, "Can we borrow from the subsidiary?", "en")
    assert borrow.words["ask:borrow"] > borrow.words["ask:lend"]


def test_a_question_is_compared_only_with_examples_of_its_language(exemplars: Exemplars) -> None:
    likeness = exemplars.likeness(MONEY, "怎么借钱给境外子公司？", "zh")
    assert likeness.cosines.keys() == {"ask:lend", "out:weather"}  # no Chinese ask:borrow exists
    assert likeness.words["ask:lend"] > likeness.words["out:weather"]


def test_likeness_in_words_is_a_mean_over_the_best_few_and_at_most_one(
    exemplars: Exemplars,
) -> None:
    # an example repeated is fully like itself (1.0) and one of BEST_OF: at least a third
    likeness = exemplars.likeness(MONEY, "Will it rain tomorrow?", "en")
    assert likeness.words["out:weather"] == pytest.approx(1 / BEST_OF)
    assert all(0 <= value <= 1 + 1e-9 for value in likeness.words.values())


def test_words_that_no_example_has_are_like_nothing(exemplars: Exemplars) -> None:
    likeness = exemplars.likeness(MONEY, "zzz qqq", "en")
    assert set(likeness.words.values()) == {0.0}
    assert set(exemplars.likeness(MONEY, "", "en").words.values()) == {0.0}


def test_rows_of_the_matrix_belong_to_their_own_language(segmenter: Segmenter) -> None:
    # English and Chinese examples alternate: mixing up rows would swap the labels
    mixed = [
        Exemplar("a", "zh", "甲公司"),
        Exemplar("b", "en", "company b"),
        Exemplar("c", "zh", "丙公司"),
        Exemplar("d", "en", "company d"),
    ]
    space = Exemplars(mixed, lambda examples: np.eye(4, dtype=np.float32), segmenter)
    third: Vector = np.array([0, 0, 1, 0], dtype=np.float32)
    assert space.likeness(third, "", "zh").cosines == {"a": 0.0, "c": 1.0}
    assert space.likeness(third, "", "en").cosines == {"b": 0.0, "d": 0.0}


def test_every_route_and_every_class_of_the_shipped_examples_gets_a_label_in_both_languages(
    corpus: Corpus,
) -> None:
    scope = load_scope_examples()
    examples = examples_of(scope, corpus)
    expected = {f"ask:{route}" for route in corpus.routes} | {"in"}
    expected |= {f"out:{group.category}" for group in scope.out_of_scope}
    expected |= {f"beyond:{group.category}" for group in scope.beyond_corpus}
    for lang in ("zh", "en"):
        assert {example.label for example in examples if example.lang == lang} == expected
