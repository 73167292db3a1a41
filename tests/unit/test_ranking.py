"""Our measures of a ranking are those of trec_eval, on random rankings and on ones worked out by hand."""

from __future__ import annotations

import math
import random

import pytest
import pytrec_eval

from evals.scorers import ranking

SEEDS = range(200)


def random_ranking(seed: int) -> tuple[list[str], frozenset[str]]:
    """Draw up to 30 items in an order, and relevant ones of which some are not found."""
    draw = random.Random(seed)
    items = [f"card-{n}" for n in range(40)]
    found = draw.sample(items, draw.randint(0, 30))
    return found, frozenset(draw.sample(items, draw.randint(1, 12)))


def trec(measure: str, found: list[str], relevant: frozenset[str]) -> float:
    evaluator = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(relevant, 1)}, {measure})
    # trec_eval breaks ties by name, so every item has a score of its own
    result = evaluator.evaluate({"q": {item: float(-rank) for rank, item in enumerate(found)}})
    return next(iter(result["q"].values())) if found else 0.0


@pytest.mark.parametrize(
    ("measure", "ours"),
    [
        ("recall.5", lambda found, relevant: ranking.recall(found, relevant, 5)),
        ("recall.10", lambda found, relevant: ranking.recall(found, relevant, 10)),
        ("ndcg_cut.10", lambda found, relevant: ranking.ndcg(found, relevant, 10)),
        ("recip_rank", ranking.reciprocal_rank),
        ("map", ranking.average_precision),
    ],
)
def test_a_measure_agrees_with_trec_eval_on_random_rankings(measure: str, ours) -> None:
    values = []
    for seed in SEEDS:
        found, relevant = random_ranking(seed)
        values.append(ours(found, relevant))
        assert values[-1] == pytest.approx(trec(measure, found, relevant), abs=1e-6), seed
    assert len({round(value, 6) for value in values}) > 10


def test_measures_of_a_ranking_worked_out_by_hand() -> None:
    found, relevant = ["x", "a", "y", "b"], {"a", "b", "c"}
    assert ranking.recall(found, relevant, 2) == pytest.approx(1 / 3)
    assert ranking.reciprocal_rank(found, relevant) == 1 / 2
    assert ranking.average_precision(found, relevant) == pytest.approx((1 / 2 + 2 / 4) / 3)
    best = 1 + 1 / math.log2(3) + 1 / 2
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    assert ranking.ndcg(found, relevant, 10) == pytest.approx(gained / best)
