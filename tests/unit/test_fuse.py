"""Fusion of two rankings: bounded, ordered, and fair to what only one of them found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.card import FactRef
from knowledge.fuse import FLOOR_RANK, fuse
from knowledge.passage import Hit


def hits(*pairs: tuple[str, float]) -> list[Hit]:
    return [Hit(FactRef(f"{card}#1"), score) for card, score in pairs]


def order(fused: list) -> list[str]:
    return [hit.ref.card_id for hit in fused]


def test_nothing_found_is_nothing_fused() -> None:
    assert fuse([], []) == []


def test_one_ranking_alone_keeps_its_order_and_half_its_score() -> None:
    # one list: scores stretch from 0 (fewer than 50 hits) to the best; 0.9 -> 1, 0.45 -> 0.5
    dense = hits(("a", 0.9), ("b", 0.45))
    fused = fuse(dense, [], dense_weight=0.5)
    assert order(fused) == ["a", "b"]
    assert [hit.score for hit in fused] == pytest.approx([0.5, 0.25])
    assert [hit.lexical for hit in fused] == [0.0, 0.0]
    assert order(fuse([], dense)) == ["a", "b"]


def test_a_fact_in_both_rankings_adds_both_shares() -> None:
    dense = hits(("a", 0.8), ("b", 0.4))
    lexical = hits(("b", 10.0), ("a", 5.0), ("c", 2.0))
    fused = {hit.ref.card_id: hit for hit in fuse(dense, lexical, dense_weight=0.25)}
    # a: dense 1, lexical 0.5 -> 0.25 + 0.375; b: 0.5 and 1 -> 0.125 + 0.75; c: 0.75 * 0.2
    assert fused["a"].score == pytest.approx(0.625)
    assert fused["b"].score == pytest.approx(0.875)
    assert fused["c"].score == pytest.approx(0.15)
    assert (fused["c"].dense, fused["c"].lexical) == (0.0, pytest.approx(0.2))


def test_ties_keep_the_order_of_the_dense_ranking() -> None:
    dense = hits(("a", 1.0), ("b", 0.5))
    lexical = hits(("b", 1.0), ("a", 0.5))
    assert order(fuse(dense, lexical, dense_weight=0.5)) == ["a", "b"]


def test_the_hit_at_the_floor_rank_scores_nothing_and_none_below_it_less() -> None:
    # 60 hits scored 1.00, 0.99, …; rank 50 has 0.51, so rank 1 is (1 - 0.51) / 0.49 = 1
    long = hits(*((f"c{at}", 1 - at / 100) for at in range(FLOOR_RANK + 10)))
    fused = fuse(long, [], dense_weight=1.0)
    assert fused[0].score == pytest.approx(1.0)
    assert fused[24].score == pytest.approx((0.76 - 0.51) / 0.49)
    assert [hit.score for hit in fused[FLOOR_RANK - 1 :]] == pytest.approx([0.0] * 11, abs=1e-9)


@pytest.mark.parametrize(("weight", "first"), [(1.0, "a"), (0.0, "b")])
def test_a_weight_at_its_bound_silences_the_other_ranking(weight: float, first: str) -> None:
    dense, lexical = hits(("a", 1.0)), hits(("b", 1.0))
    fused = fuse(dense, lexical, dense_weight=weight)
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


@given(dense=_rankings, lexical=_rankings, weight=st.floats(0, 1))
def test_any_two_rankings_fuse_to_each_fact_once_in_falling_bounded_scores(
    dense: list[Hit], lexical: list[Hit], weight: float
) -> None:
    fused = fuse(dense, lexical, dense_weight=weight)
    refs = [hit.ref for hit in fused]
    assert len(refs) == len(set(refs))
    assert set(refs) == {hit.ref for hit in (*dense, *lexical)}
    scores = [hit.score for hit in fused]
    assert scores == sorted(scores, reverse=True)
    for hit in fused:
        assert 0 <= hit.dense <= 1
        assert 0 <= hit.lexical <= 1
        assert 0 <= hit.score <= 1 + 1e-9


@given(dense=_rankings, lexical=_rankings, factor=st.floats(0.1, 50))
def test_the_scale_of_a_ranking_does_not_matter(
    dense: list[Hit], lexical: list[Hit], factor: float
) -> None:
    # BM25 scores have no fixed scale: ten times the scores must give the same result.
    scaled = [Hit(hit.ref, hit.score * factor) for hit in lexical]
    if any(hit.score < 1e-3 for hit in lexical[:1]):
        return  # below the least span that counts as one
    before = {hit.ref: hit.score for hit in fuse(dense, lexical)}
    after = {hit.ref: hit.score for hit in fuse(dense, scaled)}
    assert after == pytest.approx(before, abs=1e-3)
