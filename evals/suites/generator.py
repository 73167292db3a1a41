"""Chance that repeats itself: a generator for each thing that is made, whatever else is made."""

from __future__ import annotations

import hashlib
import random


def generator(seed: int, *names: str) -> random.Random:
    """Return a generator that depends on the seed and on what it is for, and on nothing else.

    So a case is made alike whether it is made alone or in a suite.
    """
    told = "\0".join((str(seed), *names))
    number = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")
    return random.Random(number)
