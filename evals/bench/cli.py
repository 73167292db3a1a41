"""`hugang bench`: the benchmarks, one command each."""

from __future__ import annotations

from evals.bench import ablation, page, retrieval, writing
from evals.bench.answer import bench_app

__all__ = ["ablation", "bench_app", "page", "retrieval", "writing"]
