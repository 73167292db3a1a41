"""Fusion of rankings: bounded, ordered, and fair to what only one of them found."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knowledge.card import FactRef
from knowledge.search.fuse import (
    DEFAULT_WEIGHTS,
    FLOOR_RANK,
    FusedHit,
    Weights,
    fuse,
    with_feedback,
)
from knowledge.search.passage import Hit


def hits(*pairs: tuple[str, float]) -> list[Hit]:
    return [Hit(FactRef(f"{card}#1"), score) for card, score in pairs]


def order(fused: list[FusedHit]) -> list[str]:
    return [hit.ref.card_id for hit in fused]


def scores(fused: list[FusedHit]) -> dict[str, float]:
    return {hit.ref.card_id: hit.score for hit in fused}


def test_the_weights_of_the_four_rankings_are_shares_of_one_whole() -> None:
    shares = DEFAULT_WEIGHTS
    assert shares.dense + shares.lexical + shares.sense + shares.words == pytest.approx(1.0)
    assert 0 < shares.parts < 1
    assert 0 < shares.feedback < 1


def test_nothing_found_is_nothing_fused() -> None:
    assert fuse([], []) == []


@pytest.mark.parametrize("place", range(4))
def test_one_ranking_alone_keeps_its_order_and_its_whole_score(place: int) -> None:
    # scores stretch from 0 (fewer than 50 hits) to the best; 0.9 -> 1, 0.45 -> 0.5
    rankings: list[list[Hit]] = [[], [], [], []]
    rankings[place] = hits(("a", 0.9), ("b", 0.45))
    fused = fuse(*rankings)
    assert order(fused) == ["a", "b"]
    # the three without hits give their weight to the one that has some
    assert scores(fused) == pytest.approx({"a": 1.0, "b": 0.5})


def test_a_fact_adds_its_share_of_every_ranking() -> None:
    fused = fuse(
        hits(("a", 0.8), ("b", 0.4)),
        hits(("b", 10.0), ("a", 5.0), ("c", 2.0)),
        hits(("c", 0.9), ("a", 0.45)),
        hits(("b", 0.2), ("c", 0.1)),
        weights=Weights(dense=0.4, lexical=0.3, sense=0.2, words=0.1),
    )
    # a: 1, 0.5, 0.5, 0 -> 0.40 + 0.15 + 0.10; b: 0.5, 1, 0, 1 -> 0.20 + 0.30 + 0.10;
    # c: 0, 0.2, 1, 0.5 -> 0.06 + 0.20 + 0.05
    assert scores(fused) == pytest.approx({"a": 0.65, "b": 0.6, "c": 0.31})
    assert order(fused) == ["a", "b", "c"]


def test_a_ranking_without_hits_gives_its_weight_to_the_others_in_proportion() -> None:
    weights = Weights(dense=0.2, lexical=0.3, sense=0.4, words=0.1)
    fused = fuse(hits(("a", 1.0)), hits(("b", 1.0)), weights=weights)
    # dense 0.2 and lexical 0.3 are all there is: 2/5 and 3/5
    assert scores(fused) == pytest.approx({"a": 0.4, "b": 0.6})


def test_ties_keep_the_order_of_the_first_ranking() -> None:
    dense = hits(("a", 1.0), ("b", 0.5))
    lexical = hits(("b", 1.0), ("a", 0.5))
    assert order(fuse(dense, lexical, weights=Weights(0.5, 0.5, 0, 0))) == ["a", "b"]


def test_the_hit_at_the_floor_rank_scores_nothing_and_none_below_it_less() -> None:
    # 60 hits scored 1.00, 0.99, …; rank 50 has 0.51, so rank 1 is (1 - 0.51) / 0.49 = 1
    long = hits(*((f"c{at}", 1 - at / 100) for at in range(FLOOR_RANK + 10)))
    fused = fuse(long, [])
    assert fused[0].score == pytest.approx(1.0)
    assert fused[24].score == pytest.approx((0.76 - 0.51) / 0.49)
    assert [hit.score for hit in fused[FLOOR_RANK - 1 :]] == pytest.approx([0.0] * 11, abs=1e-9)


@pytest.mark.parametrize(("weight", "first"), [(1.0, "a"), (0.0, "b")])
def test_a_weight_at_its_bound_silences_the_other_ranking(weight: float, first: str) -> None:
    dense, lexical = hits(("a", 1.0)), hits(("b", 1.0))
    fused = fuse(dense, lexical, weights=Weights(weight, 1 - weight, 0, 0))
    assert fused[0].ref.card_id == first
    assert [hit.score for hit in fused] == [1.0, 0.0]


def test_a_single_hit_with_score_zero_does_not_divide_by_nothing() -> None:
    assert fuse(hits(("a", 0.0)), [])[0].score == 0.0


_rankings = st.lists(
    st.tuples(st.integers(1, 80), st.floats(0, 100, allow_nan=False)),
    max_size=70,
    unique_by=lambda pair: pair[0],
).map(
    lambda pairs: [
        Hit(FactRef.of("card", number), score)
        for number, score in sorted(pairs, key=lambda pair: -pair[1])
    ]
)
_weights = st.tuples(*[st.floats(0.01, 1)] * 4).map(lambda shares: Weights(*shares))


@given(rankings=st.tuples(*[_rankings] * 4), weights=_weights)
def test_any_rankings_fuse_to_each_fact_once_in_falling_bounded_scores(
    rankings: tuple[list[Hit], ...], weights: Weights
) -> None:
    fused = fuse(*rankings, weights=weights)
    refs = [hit.ref for hit in fused]
    assert len(refs) == len(set(refs))
    assert set(refs) == {hit.ref for ranking in rankings for hit in ranking}
    found = [hit.score for hit in fused]
    assert found == sorted(found, reverse=True)
    for hit in fused:
        assert 0 <= hit.score <= 1 + 1e-9


@given(dense=_rankings, lexical=_rankings, factor=st.floats(0.1, 50))
def test_the_scale_of_a_ranking_does_not_matter(
    dense: list[Hit], lexical: list[Hit], factor: float
) -> None:
    # BM25 scores have no fixed scale: ten times the scores must give the same result.
    scaled = [Hit(hit.ref, hit.score * factor) for hit in lexical]
    assume(not any(hit.score < 1e-3 for hit in lexical[:1]))  # the least span that counts as one
    before = {hit.ref: hit.score for hit in fuse(dense, lexical)}
    after = {hit.ref: hit.score for hit in fuse(dense, scaled)}
    assert after == pytest.approx(before, abs=1e-3)


# --- feedback


def test_facts_near_the_first_ones_rise_and_new_ones_join() -> None:
    fused = fuse(hits(("a", 1.0), ("b", 0.5)), [])
    merged = with_feedback(fused, hits(("c", 0.9), ("b", 0.45)), share=0.4)
    # six tenths of the ranking (a 1, b 0.5), four of the nearness (c 1, b 0.5)
    assert scores(merged) == pytest.approx({"a": 0.6, "b": 0.5, "c": 0.4})
    assert order(merged) == ["a", "b", "c"]


def test_without_neighbours_feedback_leaves_the_ranking_as_it_is() -> None:
    fused = fuse(hits(("a", 1.0), ("b", 0.5)), [])
    assert with_feedback(fused, []) == fused


def test_feedback_can_put_a_neighbour_before_a_weak_hit() -> None:
    fused = fuse(hits(("a", 1.0), ("b", 0.6), ("c", 0.5)), [])
    merged = with_feedback(fused, hits(("a", 1.0), ("c", 0.8)), share=0.4)
    # a 0.6 + 0.4; b 0.36 + 0; c 0.30 + 0.32
    assert scores(merged) == pytest.approx({"a": 1.0, "b": 0.36, "c": 0.62})
    assert order(merged) == ["a", "c", "b"]


@given(found=_rankings, near=_rankings, share=st.floats(0, 1))
def test_feedback_loses_no_fact_and_stays_in_bounds(
    found: list[Hit], near: list[Hit], share: float
) -> None:
    merged = with_feedback(fuse(found, []), near, share)
    refs = [hit.ref for hit in merged]
    assert len(refs) == len(set(refs))
    assert set(refs) == {hit.ref for hit in (*found, *near)}
    assert all(0 <= hit.score <= 1 + 1e-9 for hit in merged)
    assert [hit.score for hit in merged] == sorted((hit.score for hit in merged), reverse=True)
