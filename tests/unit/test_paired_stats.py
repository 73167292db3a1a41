"""Comparisons, agreement and correction against scipy, scikit-learn and published examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap, permutation_test
from sklearn.metrics import cohen_kappa_score

from evals.stats import bootstrap_mean, cohen_kappa, holm, paired_bootstrap, randomisation_p


def paired_scores(seed: int, n: int = 120, gain: float = 0.05) -> tuple[list[float], list[float]]:
    draw = np.random.default_rng(seed)
    before = draw.uniform(0, 1, n)
    after = np.clip(before + draw.normal(gain, 0.2, n), 0, 1)
    return before.tolist(), after.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_the_bootstrap_of_a_mean_is_scipys(seed: int) -> None:
    values, _ = paired_scores(seed)
    theirs = bootstrap(
        (values,), np.mean, method="percentile", n_resamples=10_000, rng=np.random.default_rng(1)
    ).confidence_interval
    ours = bootstrap_mean(values, seed=seed)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.004)


@pytest.mark.parametrize("seed", range(4))
def test_the_paired_bootstrap_is_scipys(seed: int) -> None:
    before, after = paired_scores(seed)
    theirs = bootstrap(
        (after, before),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=10_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    ours = paired_bootstrap(before, after, seed=seed)
    assert ours.mean == pytest.approx(np.mean(after) - np.mean(before))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_pairing_is_narrower_than_two_systems_measured_apart() -> None:
    before, after = paired_scores(5)
    paired, alone = paired_bootstrap(before, after), bootstrap_mean(after)
    assert paired.high - paired.low < alone.high - alone.low


def test_three_languages_of_one_question_count_as_one_in_a_difference() -> None:
    before, after = [0.0] * 6, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    together = paired_bootstrap(before, after, clusters=["a"] * 3 + ["b"] * 3)
    assert (together.mean, together.low, together.high) == (0.5, 0, 1)


@pytest.mark.parametrize("seed", range(3))
def test_the_randomisation_test_is_scipys(seed: int) -> None:
    before, after = paired_scores(seed, n=40, gain=0.06)
    theirs = permutation_test(
        (after, before),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=10_000,
        rng=np.random.default_rng(2),
    ).pvalue
    assert randomisation_p(before, after, seed=seed) == pytest.approx(theirs, abs=0.015)


def test_equal_scores_have_no_difference_and_no_significance() -> None:
    same = paired_bootstrap([0.2, 0.8], [0.2, 0.8])
    assert (same.mean, same.low, same.high) == (0, 0, 0)
    assert randomisation_p([0.2, 0.8], [0.2, 0.8]) == 1
    with pytest.raises(ValueError, match="2 scores before, 1 after"):
        paired_bootstrap([0.1, 0.2], [0.1])


def test_holm_gives_the_values_that_r_gives() -> None:
    # p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm") = 0.04 0.06 0.06 0.06
    # p.adjust(c(0.005, 0.3, 0.04), "holm") = 0.015 0.3 0.08
    assert list(holm({"a": 0.01, "b": 0.02, "c": 0.03, "d": 0.04}).values()) == pytest.approx(
        [0.04, 0.06, 0.06, 0.06]
    )
    assert holm({"a": 0.005, "b": 0.3, "c": 0.04}) == pytest.approx(
        {"a": 0.015, "b": 0.3, "c": 0.08}
    )
    assert holm({"a": 0.7, "b": 0.8}) == {"a": 1, "b": 1}


@pytest.mark.parametrize("seed", range(20))
def test_kappa_is_scikit_learns(seed: int) -> None:
    draw = np.random.default_rng(seed)
    words = np.array(["correct", "incomplete", "wrong", "abstained"])
    one = draw.choice(words, 60, p=[0.6, 0.2, 0.1, 0.1])
    other = np.where(draw.uniform(size=60) < 0.7, one, draw.choice(words, 60))
    ours = cohen_kappa(one.tolist(), other.tolist())
    assert ours is not None
    assert ours.mean == pytest.approx(cohen_kappa_score(one, other))
    assert ours.low < ours.mean < ours.high


def test_the_interval_of_kappa_is_that_of_a_published_example() -> None:
    # R package statpsych, ci.kappa(.05, 31, 12, 4, 58): 0.6756757, 0.5317210 to 0.8196303
    one = [0] * 43 + [1] * 62
    other = [0] * 31 + [1] * 12 + [0] * 4 + [1] * 58
    kappa = cohen_kappa(one, other)
    assert kappa is not None
    assert kappa.n == 105
    assert kappa.mean == pytest.approx(0.6756757, abs=1e-7)
    assert (kappa.low, kappa.high) == pytest.approx((0.5317210, 0.8196303), abs=1e-6)


def test_the_interval_of_kappa_with_more_categories_is_near_that_of_a_bootstrap() -> None:
    draw = np.random.default_rng(3)
    one = draw.integers(3, size=300)
    other = np.where(draw.uniform(size=300) < 0.75, one, draw.integers(3, size=300))
    theirs = bootstrap(
        (one, other),
        cohen_kappa_score,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=500,
        rng=np.random.default_rng(4),
    ).confidence_interval
    ours = cohen_kappa(one.tolist(), other.tolist())
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_kappa_of_raters_who_only_ever_say_one_thing_is_not_known() -> None:
    assert cohen_kappa(["a", "a"], ["a", "a"]) is None
    disagreeing = cohen_kappa(["a", "a"], ["b", "b"])
    assert disagreeing is not None
    assert disagreeing.mean == 0
    with pytest.raises(ValueError, match="at least one"):
        cohen_kappa([], [])
