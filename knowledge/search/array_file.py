"""Arrays kept in a file under a key: what was worked out from a content, for the next start."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.kept_file import keep

log = logging.getLogger(__name__)

_KEY = "key"


def read_arrays(path: Path, key: str) -> dict[str, npt.NDArray[Any]] | None:
    """Read the arrays that were kept under a key, by name.

    Returns:
        None where none are kept, or not under this key, or the file is damaged (which is logged).
    """
    try:
        # numpy leaves a file open that it opened itself and then cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored[_KEY]) != key:
                return None
            return {name: stored[name] for name in stored.files if name != _KEY}
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        log.warning("%s: cannot be read, what it held is worked out again: %s", path, error)
        return None


def write_arrays(path: Path, key: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Replace what a file keeps, in one step; where it cannot be written, that is logged."""
    named: dict[str, Any] = {_KEY: np.array(key), **arrays}
    keep(path, lambda file: np.savez(file, **named))
