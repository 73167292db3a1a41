"""Typesetting in a process of its own, which is ended when it takes too long.

The library sets a document in one call that cannot be broken off; a process can. Run as a file,
this module is that process: it needs nothing but the library, so that it starts quickly.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import typst


class Job(NamedTuple):
    """A template with what it reads."""

    source: bytes
    form: Literal["pdf", "png"]
    inputs: Mapping[str, str]
    ppi: float | None = None
    """Pixels per inch of a picture."""
    made: dt.datetime | None = None
    """Moment that a PDF bears."""


class TypesettingTooLong(Exception):
    """A document was not set within the time it may take."""


class TypesettingFailed(Exception):
    """A document cannot be set; the text is the library's."""


def open_fonts(folders: Iterable[str], *, system: bool) -> typst.Fonts:
    """Read the fonts of a machine and those of further folders."""
    return typst.Fonts(
        include_system_fonts=system, include_embedded_fonts=True, font_paths=list(folders)
    )


def typeset(job: Job, fonts: typst.Fonts) -> bytes:
    """Set a document, however long it takes."""
    options: dict[str, Any] = {}
    if job.ppi is not None:
        options["ppi"] = job.ppi
    if job.made is not None:
        options["timestamp"] = job.made
    return typst.compile(
        job.source, format=job.form, font_paths=fonts, sys_inputs=dict(job.inputs), **options
    )


class Typesetter:
    """Sets documents in processes that are kept for the next one; safe to use from many threads."""

    def __init__(self, folders: Iterable[str], *, system: bool) -> None:
        """Take where the fonts are; a process is started with the first document.

        Args:
            folders: with fonts, besides the system's.
            system: whether the system's fonts count.
        """
        self._fonts = (tuple(folders), system)
        self._idle: list[subprocess.Popen[bytes]] = []
        weakref.finalize(self, _end_all, self._idle)

    def typeset(self, job: Job, seconds: float) -> bytes:
        """Set a document.

        Args:
            job: the document.
            seconds: longest time, the start of a process included.

        Raises:
            TypesettingTooLong: it took longer; the process was ended.
            TypesettingFailed: the library refuses it.
        """
        if seconds <= 0:
            raise TypesettingTooLong
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = self._started()
        late = threading.Event()

        def end() -> None:
            late.set()
            worker.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            _send(worker.stdin, job)
            done, result = pickle.load(_there(worker.stdout))
        except BaseException as error:
            _end(worker)
            if late.is_set():
                raise TypesettingTooLong from None
            if isinstance(error, (EOFError, OSError, pickle.UnpicklingError)):
                raise TypesettingFailed("the process ended") from error
            raise
        finally:
            timer.cancel()
        if late.is_set():
            _end(worker)
        else:
            self._idle.append(worker)
        if not done:
            raise TypesettingFailed(result)
        return bytes(result)

    def _started(self) -> subprocess.Popen[bytes]:
        # -P: the folder of this file is no place to import from. A session of its own: Ctrl-C is
        # the server's to handle.
        worker = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        _send(worker.stdin, self._fonts)
        return worker


def _there(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _send(stream: IO[bytes] | None, value: object) -> None:
    pickle.dump(tuple(value) if isinstance(value, Job) else value, _there(stream))
    _there(stream).flush()


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    for stream in (worker.stdin, worker.stdout):
        with contextlib.suppress(OSError):  # what was still to be written has no reader
            _there(stream).close()
    worker.wait()


def _end_all(workers: list[subprocess.Popen[bytes]]) -> None:
    while workers:
        _end(workers.pop())


def _work(orders: IO[bytes], results: IO[bytes]) -> None:
    """Set what comes in until nothing more does."""
    folders, system = pickle.load(orders)
    fonts = open_fonts(folders, system=system)
    while True:
        try:
            job = Job(*pickle.load(orders))
        except EOFError:
            return
        try:
            result: tuple[bool, bytes | str] = (True, typeset(job, fonts))
        except (typst.TypstError, ValueError, TypeError, RuntimeError) as error:
            result = (False, str(error))
        pickle.dump(result, results)
        results.flush()


if __name__ == "__main__":
    _work(sys.stdin.buffer, sys.stdout.buffer)
