"""What a process that reads a file is told, how it is watched, and what is believed of its answer.

What a file can do to a reader ends in that process: it has no secrets in its environment, may write
no file, start no program and open no connection, and dies of its limits. The file is its standard
input, already open, so that it neither knows the path nor can be handed another file; what it makes
comes back through a pipe. It is a new process for each file (`reading_process.py`).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from knowledge.card import Bilingual, Frozen
from knowledge.documents.reading.faults import unreadable
from knowledge.documents.reading.limits import Limits
from knowledge.documents.reading.reading import UnreadableFile
from knowledge.documents.reading.reading_process import ReadingProcess, start_reading

_TICK = 0.05  # seconds between two looks at the child


class Task(Frozen):
    """What the child is to do with its standard input."""

    name: str
    """Of the file: decides only where its content leaves the format open."""
    limits: Limits
    page: int | None = None
    """Page to picture, from 1; None to read the file."""
    width_px: int = 0


class Fault(Frozen):
    """An `UnreadableFile` on its way through the pipe."""

    code: str
    message: Bilingual


def run_task(task: Task, file: int, report: Callable[[int, int], None]) -> bytes:
    """Do a task in a child process and return what it made.

    Args:
        task: what to do.
        file: descriptor of the open file; it stays open.
        report: takes pages done and pages in all.

    Raises:
        UnreadableFile: the child said so, or died of a limit.
    """
    child, pipe = start_reading(file)
    with pipe, _Watch(child, task.limits) as watch:
        try:
            pipe.send_bytes(task.model_dump_json().encode())
            return _outcome(pipe, watch, task.limits, report)
        except (EOFError, OSError, ValueError) as fault:
            watch.stop()  # also where it is still alive and sends what is no message
            raise _cause_of_death(watch, child.wait()) from fault


def _outcome(
    pipe: Connection, watch: _Watch, limits: Limits, report: Callable[[int, int], None]
) -> bytes:
    """Take messages until the last: `p`rogress, the `r`esult, or a `f`ault."""
    while True:
        message = pipe.recv_bytes(limits.result_bytes)
        kind, body = message[:1], message[1:]
        if kind == b"p":
            watch.progressed()
            done, total = (int(number) for number in body.split())
            report(done, total)
        elif kind == b"f":
            fault = Fault.model_validate_json(body)
            raise UnreadableFile(fault.code, fault.message)
        elif kind == b"r":
            return body
        else:
            raise ValueError("no message of the worker")


def _cause_of_death(watch: _Watch, status: int) -> UnreadableFile:
    if watch.code:
        return unreadable(watch.code)
    if -status == signal.SIGXCPU:
        return unreadable("too-slow")
    return unreadable("crashed")


class _Watch:
    """A thread that ends the child when it takes too much memory or time."""

    def __init__(self, child: ReadingProcess, limits: Limits) -> None:
        self.code: str | None = None
        """Why the child was ended, once it was."""
        self._child, self._limits = child, limits
        self._started = self._heard = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reading-watch", daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._over.set()
        self._thread.join()
        self._child.wait()

    def progressed(self) -> None:
        """Note a sign of life."""
        self._heard = time.monotonic()

    def stop(self) -> None:
        """End the child, whatever it does."""
        self._child.kill()

    def _run(self) -> None:
        while not self._over.wait(_TICK):
            now = time.monotonic()
            if _resident_bytes(self._child.pid) > self._limits.memory_bytes:
                self.code = "too-much-memory"
            elif (
                now - self._started > self._limits.seconds
                or now - self._heard > self._limits.silent_seconds
            ):
                self.code = "too-slow"
            else:
                continue
            self._child.kill()
            return


def _resident_bytes(pid: int) -> int:
    """Return the resident memory of a process; 0 where the system has no /proc."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
