"""Files that keep what was worked out, for the next start: whole or not there, and never needed."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)


def keep(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Replace a file in one step; one that cannot be written costs time at every start, and is logged.

    Args:
        path: of the file; its folder need not exist.
        write: writes the content.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            write(file)
        draft.replace(path)
    except OSError as error:
        log.warning("%s: cannot be written, its content is worked out anew: %s", path, error)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
