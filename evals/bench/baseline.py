"""A fixed piece of work, timed beside every benchmark, so that runs can be compared.

A time divided by that of the baseline on the same machine in the same run says how slow the
engine is, not how slow the machine was. The work resembles what the engine does without a model:
a matrix by a vector, a sort, regular expressions over Chinese text, dictionaries.
"""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from functools import cache

import numpy as np
import numpy.typing as npt

ROWS, DIM = 3_000, 384
ROUNDS = 20
_TEXT = "境外放款余额上限为所有者权益的0.8倍，办理时限20个工作日。" * 40
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:倍|个工作日|%)?")


def baseline_ms() -> float:
    """Do the work once, in one thread, and return the milliseconds it took."""
    matrix = _matrix()
    start = time.perf_counter()
    for row in range(ROUNDS):
        # einsum and not @: the threads of a BLAS library are as fast as the machine is idle.
        np.argsort(np.einsum("ij,j->i", matrix, matrix[row]))
        Counter(_FIGURE.findall(_TEXT))
        Counter(a + b for a, b in itertools.pairwise(_TEXT))
    return (time.perf_counter() - start) * 1000


@cache
def _matrix() -> npt.NDArray[np.float32]:
    return np.random.default_rng(7).standard_normal((ROWS, DIM), dtype=np.float32)
