"""Statistics against values worked out elsewhere."""

from __future__ import annotations

import pytest

from evals.stats import (
    bootstrap_mean,
    estimate_mean,
    estimate_rate,
    estimate_share,
    mean,
    percentiles,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Worked out by hand from the formula with z = 1.96, and as printed by statsmodels
        (5, 10, 0.2366, 0.7634),
        (90, 100, 0.8256, 0.9448),
        (0, 120, 0.0, 0.0310),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_wilson_gives_the_known_intervals(successes: int, n: int, low: float, high: float):
    interval = wilson(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 3), (4, 3)])
def test_wilson_refuses_what_is_not_a_rate(successes: int, n: int):
    with pytest.raises(ValueError, match="is not a rate"):
        wilson(successes, n)


def test_the_bootstrap_of_equal_values_has_no_width():
    interval = bootstrap_mean([0.4] * 20)
    assert (interval.low, interval.high) == pytest.approx((0.4, 0.4))


def test_the_bootstrap_comes_near_the_normal_interval_of_a_large_sample():
    # 400 zeros and ones, half each: 0.5 +- 1.96 * 0.5 / sqrt(400) = 0.451 to 0.549
    interval = bootstrap_mean([0.0, 1.0] * 200)
    assert interval.low == pytest.approx(0.451, abs=0.006)
    assert interval.high == pytest.approx(0.549, abs=0.006)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    values = [0.1, 0.7, 0.3, 0.9, 0.2]
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3)
    assert bootstrap_mean(values, seed=3, resamples=99) != bootstrap_mean(
        values, seed=4, resamples=99
    )


def test_observations_of_one_cluster_are_drawn_together():
    # Twenty copies of two cases say no more than two cases: every mean in between is a mixture
    # of 0 and 1, and a quarter of the samples each is all 0 and all 1.
    values = [0.0] * 20 + [1.0] * 20
    apart = bootstrap_mean(values)
    together = bootstrap_mean(values, clusters=["a"] * 20 + ["b"] * 20)
    assert (together.low, together.high) == (0, 1)
    assert apart.high - apart.low < 0.35


def test_clusters_of_different_size_keep_their_weight():
    estimate = estimate_mean([1.0, 1.0, 1.0, 0.0], clusters=["a", "a", "a", "b"])
    assert estimate.mean == 0.75
    assert (estimate.low, estimate.high) == (0, 1)
    with pytest.raises(ValueError, match="1 clusters for 2 values"):
        bootstrap_mean([1.0, 2.0], clusters=["a"])


def test_estimates_carry_their_count():
    assert estimate_rate([1, 0, 1, 1]).n == 4
    assert estimate_rate([1, 0, 1, 1]).mean == 0.75
    assert estimate_rate([1, 1]).high == 1
    assert estimate_mean([2.0, 4.0]).mean == 3


def test_shares_that_are_all_alike_at_an_end_do_not_pretend_to_certainty():
    assert estimate_share([0.0] * 10) == estimate_rate([0] * 10)
    assert estimate_share([1.0]) == estimate_rate([1])
    assert estimate_share([0.0, 0.5]) == estimate_mean([0.0, 0.5])


def test_percentiles_lie_between_neighbours():
    # 1 to 100: median 50.5; 95th percentile at position 0.95 * 99 = 94.05, so 95.05
    spread = percentiles([float(n) for n in range(100, 0, -1)])
    assert (spread.n, spread.mean) == (100, 50.5)
    assert spread.p50 == pytest.approx(50.5)
    assert spread.p95 == pytest.approx(95.05)


def test_nothing_has_neither_mean_nor_interval_nor_percentiles():
    for function in (mean, bootstrap_mean, percentiles):
        with pytest.raises(ValueError, match="at least one value"):
            function([])
