"""Questions are compared with labelled examples: by vector for the subject, by words for the label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus import Corpus
from knowledge.scope import load_scope_examples
from knowledge.search.embed import Embedder, Matrix, Vector, unit
from knowledge.search.exemplars import (
    BEST_OF,
    Exemplar,
    Exemplars,
    examples_of,
    open_exemplars,
    questions_of,
)
from knowledge.search.segment import Segmenter
from knowledge.search.word_index import WordIndex

EXAMPLES = [
    Exemplar("ask:lend", "en", "How do we lend money to our overseas subsidiary?"),
    Exemplar("ask:lend", "en", "May the parent lend to a subsidiary abroad?"),
    Exemplar("ask:borrow", "en", "How do we borrow money from our overseas subsidiary?"),
    Exemplar("ask:borrow", "en", "May the parent borrow from a subsidiary abroad?"),
    Exemplar("out:weather", "en", "Will it rain tomorrow?"),
    Exemplar("ask:lend", "zh", "怎么借钱给境外子公司？"),
    Exemplar("out:weather", "zh", "明天会下雨吗？"),
]


def vectors(examples: Sequence[Exemplar]) -> Matrix:
    """Money lies on the first axis, weather on the second: it cannot tell lend from borrow."""
    rows = [[0.0, 1.0] if "weather" in e.label else [1.0, 0.0] for e in examples]
    return np.array(rows, dtype=np.float32)


MONEY: Vector = np.array([1.0, 0.0], dtype=np.float32)
BETWEEN: Vector = np.array([0.6, 0.8], dtype=np.float32)


@pytest.fixture(scope="module")
def exemplars(segmenter: Segmenter) -> Exemplars:
    return Exemplars(EXAMPLES, vectors(EXAMPLES), segmenter)


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
    # an example repeated is fully like itself (1.0) and one of BEST_OF: a third
    likeness = exemplars.likeness(MONEY, "Will it rain tomorrow?", "en")
    assert likeness.words["out:weather"] == pytest.approx(1 / BEST_OF)
    assert all(0 <= value <= 1 + 1e-9 for value in likeness.words.values())


def test_with_a_best_of_one_a_single_alike_example_is_enough(segmenter: Segmenter) -> None:
    alone = Exemplars(EXAMPLES, vectors(EXAMPLES), segmenter, best_of=1)
    likeness = alone.likeness(BETWEEN, "Will it rain tomorrow?", "en")
    assert likeness.words["out:weather"] == pytest.approx(1.0)
    # the mean of one is the best one
    assert likeness.near == pytest.approx(likeness.cosines)


def test_near_is_the_mean_cosine_of_the_best_few_of_a_label(segmenter: Segmenter) -> None:
    # cosines of the question: 1, 0.8, 0.6, 0.0 for the first label, 0.8 and nothing for the other
    rows: Matrix = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1], [0.8, 0.6]], dtype=np.float32)
    examples = [*(Exemplar("a", "en", f"text {at}") for at in range(4)), Exemplar("b", "en", "b")]
    likeness = Exemplars(examples, rows, segmenter, best_of=3).likeness(MONEY, "", "en")
    # the fourth of "a" is left out; what "b" lacks counts as unlike as can be (-1)
    assert likeness.near == pytest.approx({"a": (1 + 0.8 + 0.6) / 3, "b": (0.8 - 1 - 1) / 3})
    assert likeness.cosines == pytest.approx({"a": 1.0, "b": 0.8})


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
    space = Exemplars(mixed, np.eye(4, dtype=np.float32), segmenter)
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


# --- the first of many labels


def test_a_search_ranks_labels_by_their_nearest_example_and_by_words(segmenter: Segmenter) -> None:
    alone = Exemplars(EXAMPLES, vectors(EXAMPLES), segmenter, best_of=1)
    found = alone.search(BETWEEN, "Will it rain tomorrow?", "en", 5)
    # the vector (0.6, 0.8): weather 0.8, both kinds of money 0.6 in the order of the examples
    assert [label for label, _ in found.sense] == ["out:weather", "ask:lend", "ask:borrow"]
    assert [score for _, score in found.sense] == pytest.approx([0.8, 0.6, 0.6])
    # no other example has a word of the question
    ((label, alike),) = found.words
    assert label == "out:weather"
    assert alike == pytest.approx(1.0)


def test_a_search_gives_no_more_labels_than_wanted_and_none_that_is_unlike(
    segmenter: Segmenter,
) -> None:
    space = Exemplars(EXAMPLES, vectors(EXAMPLES), segmenter, best_of=1)
    assert [label for label, _ in space.search(BETWEEN, "", "en", 1).sense] == ["out:weather"]
    # money lies at a right angle to the weather: cosine 0
    found = space.search(MONEY, "", "en", 5)
    assert [label for label, _ in found.sense] == ["ask:lend", "ask:borrow"]
    assert found.words == []


@pytest.mark.parametrize("text", ["Can we lend to the subsidiary?", "Rain in May?", "money"])
def test_a_search_agrees_with_the_likeness_to_every_label(exemplars: Exemplars, text: str) -> None:
    likeness = exemplars.likeness(BETWEEN, text, "en")
    found = exemplars.search(BETWEEN, text, "en", 10)
    assert dict(found.sense) == pytest.approx(dict(likeness.cosines))
    alike = {label: value for label, value in likeness.words.items() if value > 0}
    assert dict(found.words) == pytest.approx(alike)
    for ranked in found:
        scores = [score for _, score in ranked]
        assert scores == sorted(scores, reverse=True)


# --- labels beside labels


NORTH, EAST = [0.0, 1.0], [1.0, 0.0]


def compass(segmenter: Segmenter) -> Exemplars:
    """Labels whose centres lie north, north-east and east; the middle one asks in two languages."""
    examples = [
        Exemplar("north", "en", "n"),
        Exemplar("between", "zh", "北"),
        Exemplar("between", "en", "e"),
        Exemplar("east", "zh", "东"),
    ]
    return Exemplars(examples, np.array([NORTH, NORTH, EAST, EAST], dtype=np.float32), segmenter)


DIAGONAL = 0.5**0.5


def test_labels_near_to_one_are_ranked_over_all_languages(segmenter: Segmenter) -> None:
    near = compass(segmenter).near({"north": 1.0}, 3)
    assert [label for label, _ in near] == ["north", "between", "east"]
    assert [cosine for _, cosine in near] == pytest.approx([1.0, DIAGONAL, 0.0], abs=1e-6)


def test_labels_near_to_several_are_those_near_their_weighted_centre(segmenter: Segmenter) -> None:
    # 3 north and 1 east: the middle (1, 3)/sqrt(10) is nearer to north than to the diagonal's end
    near = dict(compass(segmenter).near({"north": 3.0, "east": 1.0}, 3))
    length = 10**0.5
    assert near == pytest.approx(
        {"north": 3 / length, "between": 4 * DIAGONAL / length, "east": 1 / length}
    )


def test_no_more_labels_are_given_than_wanted(segmenter: Segmenter) -> None:
    assert [label for label, _ in compass(segmenter).near({"east": 1.0}, 1)] == ["east"]


@pytest.mark.parametrize("weights", [{}, {"unheard-of": 1.0}, {"north": 0.0}])
def test_nothing_is_near_to_labels_without_examples_or_weight(
    segmenter: Segmenter, weights: dict[str, float]
) -> None:
    assert compass(segmenter).near(weights, 3) == []


def test_a_label_without_examples_does_not_move_the_centre(segmenter: Segmenter) -> None:
    space = compass(segmenter)
    assert space.near({"north": 1.0, "unheard-of": 5.0}, 3) == space.near({"north": 1.0}, 3)


def test_kinship_falls_from_one_to_none_over_a_tenth_of_cosine(segmenter: Segmenter) -> None:
    # cosines to the first: 0.96 -> 1 - 0.04 / 0.1 = 0.6; 0.8 is 0.2 away and so no kin at all
    rows: Matrix = np.array([[1, 0], [0.96, 0.28], [0.8, 0.6]], dtype=np.float32)
    examples = [Exemplar(label, "en", label) for label in ("one", "kin", "other")]
    space = Exemplars(examples, rows, segmenter)
    assert space.kinship("one", "kin") == pytest.approx(0.6, abs=1e-5)
    assert space.kinship("kin", "one") == pytest.approx(0.6, abs=1e-5)
    assert space.kinship("one", "one") == pytest.approx(1.0, abs=1e-5)
    assert space.kinship("one", "other") == 0.0


def test_labels_without_examples_have_no_kin(segmenter: Segmenter) -> None:
    assert compass(segmenter).kinship("north", "unheard-of") == 0.0
    assert compass(segmenter).kinship("unheard-of", "unheard-of") == 0.0


@given(angles=st.lists(st.floats(0, 3.1), min_size=2, max_size=6))
def test_kinship_is_the_same_both_ways_and_bounded(
    segmenter: Segmenter, angles: list[float]
) -> None:
    rows = unit([[np.cos(angle), np.sin(angle)] for angle in angles])
    examples = [Exemplar(str(at), "en", "x") for at in range(len(angles))]
    space = Exemplars(examples, rows, segmenter)
    for one in range(len(angles)):
        for other in range(len(angles)):
            kinship = space.kinship(str(one), str(other))
            assert 0 <= kinship <= 1
            assert kinship == pytest.approx(space.kinship(str(other), str(one)), abs=1e-5)


def test_without_examples_nothing_is_like_anything(segmenter: Segmenter) -> None:
    none = Exemplars([], np.empty((0, 2), dtype=np.float32), segmenter)
    assert none.likeness(MONEY, "money", "en") == ({}, {}, {})
    assert none.search(MONEY, "money", "en", 3) == ([], [])
    assert none.near({"a": 1.0}, 3) == []
    assert none.kinship("a", "a") == 0.0


# --- the facts' own questions


def test_every_question_of_a_fact_is_labelled_with_the_fact(corpus: Corpus) -> None:
    labelled = questions_of(corpus)
    assert len(labelled) == sum(
        len(asks.texts(lang)) for asks in corpus.asks.values() for lang in ("zh", "en")
    )
    ref, asks = next(iter(corpus.asks.items()))
    assert [e.content for e in labelled if e.label == ref and e.lang == "zh"] == list(asks.zh)
    assert [e.content for e in labelled if e.label == ref and e.lang == "en"] == list(asks.en)


def test_what_is_not_shipped_is_embedded_once_and_kept(
    embedder: Embedder, segmenter: Segmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = [Exemplar("a", "en", "Is this a sentence that nobody ships?")]
    opened = open_exemplars(examples, embedder, segmenter, tmp_path, best_of=1)
    vector = embedder.passages([examples[0].content])[0]
    assert opened.likeness(vector, "", "en").cosines["a"] == pytest.approx(1.0, abs=1e-3)

    def refuse(texts: Sequence[str]) -> Matrix:
        raise AssertionError(f"embedded again: {texts}")

    monkeypatch.setattr(embedder, "passages", refuse)
    again = open_exemplars(examples, embedder, segmenter, tmp_path, best_of=1)
    assert again.likeness(vector, "", "en").cosines["a"] == pytest.approx(1.0, abs=1e-3)


def opened_by(embedder: Embedder, segmenter: Segmenter, home: Path) -> Exemplars:
    examples = [
        Exemplar("a", "en", "How do we lend abroad?"),
        Exemplar("b", "en", "May we borrow?"),
        Exemplar("a", "zh", "境外放款怎么办？"),
    ]
    return open_exemplars(examples, embedder, segmenter, home)


def test_exemplars_taken_up_from_what_was_kept_answer_as_those_worked_out(
    embedder: Embedder, segmenter: Segmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened_by(embedder, segmenter, tmp_path)

    def refuse(texts: object) -> object:
        raise AssertionError("weighed again")

    monkeypatch.setattr(WordIndex, "of", refuse)
    again = opened_by(embedder, segmenter, tmp_path)
    vector = embedder.query("How do we lend to our subsidiary?")
    for text, lang in (("How do we lend to it? lend", "en"), ("境外放款额度", "zh"), ("", "en")):
        assert again.likeness(vector, text, lang) == first.likeness(vector, text, lang)
        assert again.search(vector, text, lang, 2) == first.search(vector, text, lang, 2)
    assert again.kinship("a", "b") == first.kinship("a", "b")


def test_kept_exemplars_are_left_aside_when_words_are_cut_otherwise_or_the_file_is_damaged(
    embedder: Embedder, segmenter: Segmenter, tmp_path: Path
) -> None:
    question = "境外放款怎么办？"
    vector = embedder.query(question)
    first = opened_by(embedder, segmenter, tmp_path).likeness(vector, question, "zh")
    path = tmp_path / "opened.npz"
    other = opened_by(embedder, Segmenter(["款怎"]), tmp_path).likeness(vector, question, "zh")
    assert other.words["a"] == pytest.approx(1 / BEST_OF)  # cut in the same way as the example
    path.write_bytes(path.read_bytes()[:200])
    again = opened_by(embedder, segmenter, tmp_path).likeness(vector, question, "zh")
    assert again.words == first.words
    assert again.cosines == pytest.approx(first.cosines, abs=1e-3)
