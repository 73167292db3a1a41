"""`hugang bench`: the benchmarks, one command each."""

from __future__ import annotations

from evals.bench import (
    ablation,
    damages,
    documents,
    ingest,
    page,
    quotes,
    report,
    retrieval,
    streams,
    writing,
)
from evals.bench.answer import bench_app

__all__ = [
    "ablation",
    "bench_app",
    "damages",
    "documents",
    "ingest",
    "page",
    "quotes",
    "report",
    "retrieval",
    "streams",
    "writing",
]
