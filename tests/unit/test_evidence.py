"""Evidence: the whole question and its parts, what is near to the first facts, and the day's circumstances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bot.query.understanding import Lexicon, Understanding, understand
from bot.question import Filters, Question, read_question
from bot.retrieval.evidence import (
    FEEDBACK_OF,
    PART_RANKING,
    SCORED,
    Boosts,
    Evidence,
    Library,
    gather_evidence,
    passes,
)
from bot.timing import Stopwatch
from knowledge.card import FactRef, Instrument, PassageLang
from knowledge.corpus import Corpus
from knowledge.search.embed import Matrix, Vector
from knowledge.search.exemplars import Exemplar, Exemplars
from knowledge.search.fuse import Weights
from knowledge.search.index import SearchIndex
from knowledge.search.passage import Hit
from knowledge.search.segment import Segmenter
from tests.shipped import shipped_glossary
from tests.unit.small_cards import corpus_of, small_card, small_fact

TODAY = dt.date(2026, 11, 22)
GLOSSARY = shipped_glossary()
NO_BOOSTS = Boosts(*[0.0] * len(Boosts._fields))
WEIGHTS = Weights(parts=0.5, feedback=0.4)
Ranked = Mapping[str, Mapping[str, float]]
"""What the lexical index finds for a text: score by card, for the card's first fact."""


def card(card_id: str, *texts: str, **fields: Any) -> Instrument:
    numbered = enumerate(texts or ("可",), start=1)
    return small_card(card_id, *(small_fact(at, zh, f"says {at}") for at, zh in numbered), **fields)


def first_of(card_id: str) -> FactRef:
    return FactRef.of(card_id, 1)


class ScriptedIndex:
    """Finds by text what it was told to; its dense half finds the same few whatever is asked."""

    def __init__(
        self, ranked: Ranked, corpus: Corpus, near: Sequence[float], only_english: set[FactRef]
    ) -> None:
        self.asked: list[str] = []
        self._ranked = ranked
        self._refs = {"zh": set(corpus.refs) - only_english, "en": set(corpus.refs)}
        self._near = near
        self.dense = SimpleNamespace(search=self._dense)
        self.lexical = SimpleNamespace(search=self._lexical, refs=lambda lang: self._refs[lang])

    def _dense(self, vector: Vector, lang: PassageLang, limit: int) -> list[Hit]:
        refs = sorted(self._refs[lang])
        return [Hit(ref, score) for ref, score in zip(refs, self._near, strict=False)]

    def _lexical(
        self, text: str, lang: PassageLang, limit: int, expansions: tuple[str, ...]
    ) -> list[Hit]:
        self.asked.append(text)
        found = self._ranked.get(text, {})
        return [Hit(first_of(one), score) for one, score in found.items()]


class StubEmbedder:
    """Every text lies on an axis of its own, at a right angle to all examples."""

    name, dim = "stub-1", 3

    def query(self, text: str) -> Vector:
        return np.array([0, 0, 1], dtype=np.float32)

    def queries(self, texts: Sequence[str]) -> Matrix:
        return np.array([self.query(text) for text in texts])

    def passages(self, texts: Sequence[str]) -> Matrix:
        return np.array([[0, 0, 1]] * len(texts), dtype=np.float32)


class Asking:
    """A library whose rankings are told beforehand, and a way to ask it."""

    def __init__(
        self,
        ranked: Ranked,
        *cards: Instrument,
        examples: Mapping[str, tuple[float, float]] | None = None,
        near: Sequence[float] = (),
        only_english: frozenset[FactRef] = frozenset(),
        segmenter: Segmenter,
    ) -> None:
        names = dict.fromkeys(name for found in ranked.values() for name in found)
        self.corpus = corpus_of(*(cards or [card(name) for name in names]))
        self.index = ScriptedIndex(ranked, self.corpus, near, set(only_english))
        held = examples or {}
        rows = [[*pair, 0.0] for pair in held.values()]
        asked = Exemplars(
            [Exemplar(first_of(name), "zh", "例") for name in held],
            np.array(rows, dtype=np.float32).reshape(-1, 3),
            segmenter,
            best_of=1,
        )
        self.library = Library(self.corpus, cast(SearchIndex, self.index), StubEmbedder(), asked)
        self.library.weights = WEIGHTS

    def understood(self, text: str, **fields: Any) -> Understanding:
        read = understand(read_question("甲", today=TODAY), Lexicon(self.corpus, GLOSSARY))
        known: dict[str, Any] = {"text": text, "search_text": text, "parts": (text,), **fields}
        known.setdefault("part_texts", known["parts"])
        return read.model_copy(update=known)

    def evidence(
        self,
        text: str = "问",
        question: Question | None = None,
        *,
        boosts: Boosts = NO_BOOSTS,
        near_facts: Mapping[FactRef, float] | None = None,
        limit: int = 50,
        **fields: Any,
    ) -> Evidence:
        understood = self.understood(text, **fields)
        texts = (understood.search_text, *understood.asked)
        return gather_evidence(
            question or read_question("甲", today=TODAY),
            understood,
            {text: self.library.embedder.query(text) for text in texts},
            self.library,
            Stopwatch(),
            limit=limit,
            near_facts=near_facts,
            boosts=boosts,
        )


def scores(evidence: Evidence) -> dict[str, float]:
    return {hit.ref.card_id: hit.score for hit in evidence.hits}


def parts_of(evidence: Evidence) -> dict[str, tuple[float, ...]]:
    return {hit.ref.card_id: hit.part_scores for hit in evidence.hits}


# --- one question


def test_facts_come_best_first_with_their_fused_score(segmenter: Segmenter) -> None:
    asking = Asking({"问": {"a": 8.0, "b": 2.0, "c": 4.0}}, segmenter=segmenter)
    found = asking.evidence()
    assert scores(found) == pytest.approx({"a": 1.0, "c": 0.5, "b": 0.25})
    assert found.card_ids == ("a", "c", "b")
    assert asking.index.asked == ["问"]
    assert {hit.part_scores for hit in found.hits} == {()}


def test_no_more_facts_are_given_than_wanted(segmenter: Segmenter) -> None:
    asking = Asking({"问": {"a": 8.0, "b": 4.0, "c": 2.0}}, segmenter=segmenter)
    assert asking.evidence(limit=2).card_ids == ("a", "b")


def test_nearness_is_the_mean_of_the_five_nearest_passages(segmenter: Segmenter) -> None:
    near = (0.9, 0.9, 0.8, 0.8, 0.6, 0.1)
    cards = [card(name) for name in "abcdef"]
    assert Asking({}, *cards, near=near, segmenter=segmenter).evidence().nearness == pytest.approx(
        0.8
    )
    assert Asking({}, *cards, segmenter=segmenter).evidence().nearness == 0.0


def test_an_instrument_is_as_strong_as_its_best_facts_beside_the_strongest(
    segmenter: Segmenter,
) -> None:
    asking = Asking({"问": {"a": 4.0, "b": 1.0}}, segmenter=segmenter)
    found = asking.evidence(boosts=NO_BOOSTS._replace(instrument_strong=0.2))
    assert {hit.ref.card_id: hit.strength for hit in found.hits} == pytest.approx(
        {"a": 1.0, "b": 0.25}
    )
    # fused 1 and 0.25, and a fifth of the strength
    assert scores(found) == pytest.approx({"a": 1.2, "b": 0.3})


def test_a_fact_of_a_route_near_to_the_question_rises_with_that_nearness(
    segmenter: Segmenter,
) -> None:
    asking = Asking({"问": {"a": 4.0, "b": 2.0}}, segmenter=segmenter)
    boosts = NO_BOOSTS._replace(route_near=0.2)
    assert scores(asking.evidence(boosts=boosts, near_facts={first_of("b"): 0.5})) == pytest.approx(
        {"a": 1.0, "b": 0.6}
    )


def test_facts_that_exist_in_the_other_language_alone_follow_at_half_their_score(
    segmenter: Segmenter,
) -> None:
    # the dense half finds a and b in English; only b has no Chinese passage
    asking = Asking(
        {"问": {"a": 4.0}},
        card("a"),
        card("b"),
        near=(0.9, 0.8),
        only_english=frozenset({first_of("b")}),
        segmenter=segmenter,
    )
    assert scores(asking.evidence()) == pytest.approx({"a": 1.0, "b": 0.5})


# --- several parts

SEVERAL: dict[str, Any] = {"parts": ("甲", "乙"), "part_texts": ("丙 甲", "丙 乙")}
"""Two parts, each searched for with the subject in front."""
PARTS: Ranked = {
    "甲？乙？": {"a": 1.0, "b": 0.5},
    "丙 甲": {"a": 1.0},
    "丙 乙": {"b": 1.0, "c": 0.5},
}


def test_each_part_is_searched_for_with_the_subject_in_front(segmenter: Segmenter) -> None:
    asking = Asking(PARTS, segmenter=segmenter)
    asking.evidence("甲？乙？", **SEVERAL)
    assert asking.index.asked == ["甲？乙？", "丙 甲", "丙 乙"]


def test_a_fact_counts_for_the_whole_and_for_the_part_it_fits_best(segmenter: Segmenter) -> None:
    found = Asking(PARTS, segmenter=segmenter).evidence("甲？乙？", **SEVERAL)
    # half the whole and half the best part: a 0.5 + 0.5, b 0.25 + 0.5, c only 0.25
    assert scores(found) == pytest.approx({"a": 1.0, "b": 0.75, "c": 0.25})


def test_each_fact_tells_how_well_it_fits_each_part(segmenter: Segmenter) -> None:
    found = Asking(PARTS, segmenter=segmenter).evidence("甲？乙？", **SEVERAL)
    # neither part asks for a kind of thing: what is left is the share of the ranking
    assert PART_RANKING == 0.7
    told = parts_of(found)
    assert told["a"] == pytest.approx((0.7, 0.0))
    assert told["b"] == pytest.approx((0.0, 0.7))
    assert told["c"] == pytest.approx((0.0, 0.35))


def test_a_fact_of_the_kind_that_a_part_asks_for_fits_it_better(segmenter: Segmenter) -> None:
    ranked: Ranked = {"问": {"a": 1.0, "b": 1.0}, "要多久": {"a": 1.0, "b": 1.0}}
    asking = Asking(ranked, card("a", "可"), card("b", "5个工作日。"), segmenter=segmenter)
    told = parts_of(asking.evidence(parts=("要多久", "问")))
    # the first part asks for a span of time, which only b gives
    assert told["a"][0] == pytest.approx(0.7)
    assert told["b"][0] == pytest.approx(1.0)


def test_what_a_part_asks_for_is_told_from_its_own_words(segmenter: Segmenter) -> None:
    ranked: Ranked = {"问": {"a": 1.0, "b": 1.0}, "要多久 问": {"a": 1.0, "b": 1.0}}
    asking = Asking(ranked, card("a", "可"), card("b", "5个工作日。"), segmenter=segmenter)
    told = parts_of(asking.evidence(parts=("要多久", "问"), part_texts=("问", "要多久 问")))
    # the subject in front of the second part asks for a span of time, the part itself does not
    assert told["b"] == pytest.approx((1.0, 0.7))


def test_a_message_that_leans_on_an_earlier_one_is_searched_with_it_and_by_itself(
    segmenter: Segmenter,
) -> None:
    ranked: Ranked = {"先前 如今": {"a": 1.0, "b": 0.5}, "如今": {"b": 1.0}}
    asking = Asking(ranked, segmenter=segmenter)
    found = asking.evidence("如今", search_text="先前 如今")
    assert asking.index.asked == ["先前 如今", "如今"]
    # a 0.5; b 0.25 + 0.5: the earlier question does not drown the new one
    assert scores(found) == pytest.approx({"b": 0.75, "a": 0.5})
    assert parts_of(found)["b"] == pytest.approx((0.7,))


# --- what is near to the first facts


def test_facts_asked_for_like_the_first_ones_are_found_too(segmenter: Segmenter) -> None:
    asking = Asking(
        {"问": {"a": 1.0}},
        card("a"),
        card("c"),
        examples={"a": (1.0, 0.0), "c": (0.8, 0.6)},
        segmenter=segmenter,
    )
    # six tenths of the ranking and four of the nearness to a: 0.6 + 0.4; 0.4 * 0.8
    assert scores(asking.evidence()) == pytest.approx({"a": 1.0, "c": 0.32})


def test_the_first_facts_count_by_the_square_of_their_score(segmenter: Segmenter) -> None:
    asking = Asking(
        {"问": {"a": 1.0, "b": 0.5}},
        card("a"),
        card("b"),
        card("c"),
        examples={"a": (1.0, 0.0), "b": (0.0, 1.0), "c": (0.6, 0.8)},
        segmenter=segmenter,
    )
    # middle (1, 0.25) of length 1.03: cosines a 0.970, c (0.6 + 0.2) / 1.03 = 0.776, b 0.243;
    # stretched to the best they are 1, 0.8 and 0.25
    assert FEEDBACK_OF == 2
    assert scores(asking.evidence()) == pytest.approx(
        {"a": 0.6 + 0.4, "b": 0.3 + 0.1, "c": 0.4 * 0.8}, abs=1e-5
    )


def test_first_facts_that_nobody_asks_for_by_example_bring_no_others(
    segmenter: Segmenter,
) -> None:
    asking = Asking(
        {"问": {"a": 1.0, "b": 0.5}},
        card("a"),
        card("b"),
        card("c"),
        examples={"c": (1.0, 0.0)},
        segmenter=segmenter,
    )
    assert scores(asking.evidence()) == pytest.approx({"a": 1.0, "b": 0.5})


# --- circumstances

OLD = card("old", status="superseded", superseded_by="new")
NEW = card("new", effective=dt.date(2026, 3, 20))
BOOSTS = NO_BOOSTS._replace(
    replaced=-0.25, not_yet=-0.35, governed_then=0.15, proposal=-0.08, instrument_named=0.25
)


def on(day: dt.date) -> Question:
    return read_question("甲", as_of=day, today=TODAY)


@pytest.mark.parametrize(
    ("day", "old", "new"),
    [(TODAY, 0.75, 1.0), (dt.date(2026, 3, 19), 1.15, 0.65), (dt.date(2026, 3, 20), 0.75, 1.0)],
)
def test_what_governs_on_the_day_counts_more_than_what_came_before_or_after(
    segmenter: Segmenter, day: dt.date, old: float, new: float
) -> None:
    asking = Asking({"问": {"old": 1.0, "new": 1.0}}, OLD, NEW, segmenter=segmenter)
    found = asking.evidence(question=on(day), boosts=BOOSTS)
    assert scores(found) == pytest.approx({"old": old, "new": new})


def test_who_asks_what_changed_is_shown_both_sides(segmenter: Segmenter) -> None:
    asking = Asking({"问": {"old": 1.0, "new": 1.0}}, OLD, NEW, segmenter=segmenter)
    # the replaced rule loses a quarter of what it would, a rule to come nothing
    found = asking.evidence(wants=("change",), boosts=BOOSTS)
    assert scores(found) == pytest.approx({"new": 1.0, "old": 1 - 0.25 / 4})
    before = asking.evidence(wants=("change",), question=on(dt.date(2026, 3, 19)), boosts=BOOSTS)
    assert scores(before) == pytest.approx({"old": 1.15, "new": 1.0})


def test_a_named_instrument_rises_and_is_spared_when_it_was_replaced(segmenter: Segmenter) -> None:
    asking = Asking({"问": {"old": 1.0, "new": 1.0}}, OLD, NEW, segmenter=segmenter)
    found = asking.evidence(named=("old",), boosts=BOOSTS)
    assert scores(found) == pytest.approx({"old": 1 + 0.25 - 0.25 / 4, "new": 1.0})


def test_being_named_does_not_raise_what_hardly_fits(segmenter: Segmenter) -> None:
    # fused scores of 0.2 and 0.1: the least that is raised is 0.15
    ranked: Ranked = {"问": {"a": 10.0, "b": 2.0, "c": 1.0}}
    asking = Asking(ranked, segmenter=segmenter)
    found = asking.evidence(named=("b", "c"), boosts=BOOSTS)
    assert scores(found) == pytest.approx({"a": 1.0, "b": 0.45, "c": 0.1})


@pytest.mark.parametrize("status", ["draft", "announced"])
def test_a_proposal_counts_less_than_law(segmenter: Segmenter, status: str) -> None:
    asking = Asking(
        {"问": {"plan": 1.0, "law": 1.0}},
        card("plan", status=status),
        card("law"),
        segmenter=segmenter,
    )
    assert scores(asking.evidence(boosts=BOOSTS)) == pytest.approx({"law": 1.0, "plan": 0.92})


def test_a_fact_of_the_kind_asked_for_rises_by_the_share_of_the_kinds_it_gives(
    segmenter: Segmenter,
) -> None:
    asking = Asking(
        {"问": {"a": 1.0, "b": 1.0}}, card("a", "可"), card("b", "5个工作日。"), segmenter=segmenter
    )
    found = asking.evidence(wants=("span", "money"), boosts=NO_BOOSTS._replace(kind_asked_for=0.15))
    # b gives the span and no amount
    assert scores(found) == pytest.approx({"b": 1.075, "a": 1.0})


# --- filters


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(), True),
        (Filters(topics=("financing",)), True),
        (Filters(topics=("tax", "financing")), True),
        (Filters(topics=("tax",)), False),
        (Filters(jurisdictions=("mainland",)), True),
        (Filters(jurisdictions=("hongkong",)), False),
        (Filters(topics=("financing",), jurisdictions=("hongkong",)), False),
    ],
)
def test_an_instrument_passes_the_filters_that_name_its_topic_and_side(
    filters: Filters, kept: bool
) -> None:
    assert passes(card("a"), filters) is kept


def test_an_instrument_of_both_sides_passes_any_side() -> None:
    both = card("a", jurisdiction="both")
    assert passes(both, Filters(jurisdictions=("hongkong",)))
    assert passes(both, Filters(jurisdictions=("mainland",)))


def test_what_the_filters_leave_out_is_no_evidence(segmenter: Segmenter) -> None:
    asking = Asking(
        {"问": {"a": 1.0, "b": 0.5}}, card("a"), card("b", topics=("tax",)), segmenter=segmenter
    )
    question = read_question("甲", today=TODAY, filters=Filters(topics=("tax",)))
    assert asking.evidence(question=question).card_ids == ("b",)


def test_the_filters_come_before_the_cut(segmenter: Segmenter) -> None:
    # more facts outside the filters than may be scored stand before the one inside
    others = [f"a{at}" for at in range(SCORED + 1)]
    cards = [card(name) for name in others] + [card("b", topics=("tax",))]
    found = {**dict.fromkeys(others, 1.0), "b": 0.5}
    question = read_question("甲", today=TODAY, filters=Filters(topics=("tax",)))
    assert Asking({"问": found}, *cards, segmenter=segmenter).evidence(
        question=question
    ).card_ids == ("b",)
