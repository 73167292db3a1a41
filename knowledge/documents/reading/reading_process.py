"""The process in which a file is read: where it comes from, and how it is ended.

On Linux a process that has the readers imported already, the stem, forks a new one for each file:
a copy costs milliseconds, a start with its imports a third of a second. The stem sees no file and
no name of one: the task goes to the copy through a pipe of its own, so that nothing of one file is
there to be found in the process that reads the next. Where a copy cannot be had, or not safely (the
system libraries of macOS do not stand it), each process is started by itself.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

_ROOT = Path(__file__).parents[3]
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TZ")
_FORKS = sys.platform == "linux"
NUMBER = struct.Struct("=i")
"""A process number or an exit status, as the stem tells it."""


class ReadingProcess(Protocol):
    """A process that reads one file."""

    @property
    def pid(self) -> int:
        """Its number."""

    def kill(self) -> None:
        """End it, whatever it does; nothing where it has ended."""

    def wait(self) -> int:
        """Return its exit status once it has ended: negative, the number of the signal it died of."""


def start_reading(file: int) -> tuple[ReadingProcess, Connection]:
    """Start a process that waits for its task.

    Args:
        file: descriptor of the open file, its standard input; it stays open.

    Returns:
        The process, and the pipe that takes the task and gives what came of it.
    """
    if _FORKS:
        with contextlib.suppress(OSError):  # the stem is gone, or may start no more processes
            return _stem().fork(file)
    ours, theirs = multiprocessing.Pipe()
    with theirs:
        return _start("reading_worker", theirs.fileno(), file), ours


def _start(module: str, connection: int, stdin: int) -> subprocess.Popen[bytes]:
    """Start a program of this package without anything that is not its business."""
    env = {name: value for name in _PASSED_ON if (value := os.environ.get(name))}
    # Threads of a library that counts with several would be missing from every copy of the stem.
    env |= {"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-s", "-B", "-P", "-m", f"{__package__}.{module}", str(connection)],
        stdin=stdin,
        stdout=subprocess.DEVNULL,  # libraries print what they stumble on, and that is content
        stderr=subprocess.DEVNULL,
        pass_fds=(connection,),
        cwd="/",
        env=env,
        start_new_session=True,  # Ctrl-C reaches the parent alone, which then ends the child
    )


class _Stem:
    """The process that forks, seen from ours. It ends when our end of its line is closed."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = _start("reading_stem", theirs.fileno(), subprocess.DEVNULL)

    def fork(self, file: int) -> tuple[ReadingProcess, Connection]:
        """Have a process forked.

        Raises:
            OSError: the stem is gone or could not.
        """
        ours, theirs = multiprocessing.Pipe()
        line, far = socket.socketpair()
        try:
            with theirs, far:
                socket.send_fds(self._line, [b"f"], [far.fileno(), theirs.fileno(), file])
            return _Forked(line), ours
        except OSError:
            ours.close()
            line.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be asked. After a fork of our own process it is our parent's, not ours."""
        return self._owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """End it, and with it what it has forked."""
        self._line.close()
        self._process.wait()


class _Forked:
    """A copy of the stem, which alone may end it: only there is its number sure to be its own."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._status: int | None = None
        pid = self._number()
        if pid is None:
            raise ChildProcessError("no process could be forked")
        self.pid = pid

    def kill(self) -> None:
        with contextlib.suppress(OSError):  # the stem has closed its end
            self._line.shutdown(socket.SHUT_WR)

    def wait(self) -> int:
        with self._lock:
            if self._status is None:
                told = self._number()
                # The stem died, and what it has forked with it.
                self._status = -signal.SIGKILL if told is None else told
                self._line.close()
            return self._status

    def _number(self) -> int | None:
        told = self._line.recv(NUMBER.size, socket.MSG_WAITALL)
        return NUMBER.unpack(told)[0] if len(told) == NUMBER.size else None


_lock = threading.Lock()
_kept: _Stem | None = None


def _stem() -> _Stem:
    """Return the one stem of this process, started when first asked for."""
    global _kept
    with _lock:
        if _kept is None or not _kept.alive:
            _kept = _Stem()
        return _kept


@atexit.register
def end_stem() -> None:
    """End the stem, where there is one; the next file has a new one started."""
    global _kept
    with _lock:
        if _kept is not None and _kept.alive:
            _kept.close()
        _kept = None
