"""Leases: who has a version of the index open, so that nobody removes it beneath them.

Chroma opens its database anew whenever more threads search at once; in a removed folder that fails
("unable to open database file"). A lease is a locked file, and the system drops the lock when its
process ends, in whatever way.
"""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

import filelock

_READERS = "readers"


class Lease:
    """Keeps one version from being removed until it is released or the process ends."""

    def __init__(self, version: Path) -> None:
        """Take a lease on a version's folder.

        Where the folder may only be read there is none, and none is needed: nobody removes it.
        """
        self._path = version / _READERS / f"{secrets.token_hex(8)}.lock"
        self._lock = filelock.FileLock(self._path, thread_local=False)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(exist_ok=True)
            self._lock.acquire(timeout=0)

    def release(self) -> None:
        """Give the lease back. Releasing twice does nothing."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._lock.release()


def is_leased(version: Path) -> bool:
    """Tell whether a living process has a version open."""
    for path in (version / _READERS).glob("*.lock"):
        try:
            with filelock.FileLock(path, timeout=0):
                continue  # its process is dead
        except filelock.Timeout:
            return True
        except OSError:
            continue  # released this moment
    return False
