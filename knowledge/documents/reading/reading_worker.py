"""The program of the child process that reads one file: `python -m knowledge.documents.reading.reading_worker`.

Takes the descriptor of the pipe as argument, the task from the pipe and the file as standard input.
It binds itself before it looks at the first byte. Readers are imported when their format has been
seen, unless the process was forked from one that has them.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from typing import NoReturn

from knowledge.documents.reading.faults import unreadable
from knowledge.documents.reading.formats import reader_of
from knowledge.documents.reading.reading import Reading, UnreadableFile
from knowledge.documents.reading.sandbox import Fault, Task
from knowledge.documents.reading.source import Source

_FORBIDDEN = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen",
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "webbrowser.open",
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree",
)  # fmt: skip
_PICTURED = ("pdf", "image")
_ADDRESS_SPACE = 6_000_000_000
_PR_SET_PDEATHSIG = 1


def main() -> NoReturn:
    """Read one file in a process that was started for it."""
    work(Connection(int(sys.argv[1])))


def work(pipe: Connection) -> NoReturn:
    """Take a task, do it on standard input, send its outcome, and end."""
    _end_with_parent()
    task = Task.model_validate_json(pipe.recv_bytes())
    _bind(task)
    try:
        pipe.send_bytes(b"r" + _do(task, pipe))
    except UnreadableFile as fault:
        _send(pipe, fault)
    except MemoryError:
        _send(pipe, unreadable("too-much-memory"))
    except RecursionError:
        _send(pipe, unreadable("damaged", seen=task.name.rpartition(".")[2] or "?"))
    _end()


def _do(task: Task, pipe: Connection) -> bytes:
    with os.fdopen(0, "rb", closefd=False) as file:
        source = Source(
            file=file,
            name=task.name,
            limits=task.limits,
            report=lambda done, total: pipe.send_bytes(b"p%d %d" % (done, total)),
        )
        name = reader_of(source)
        reader = importlib.import_module(f"knowledge.documents.reading.readers.{name}")
        if task.page is not None:
            if name not in _PICTURED:
                raise unreadable("no-pages")
            picture: bytes = reader.picture(source, task.page, task.width_px)
            return picture
        reading: Reading = reader.read(source)
        if not any(block.text.strip() for block in reading.blocks):
            raise unreadable("no-text")
        return reading.model_dump_json().encode()


def _send(pipe: Connection, fault: UnreadableFile) -> None:
    pipe.send_bytes(b"f" + Fault(code=fault.code, message=fault.message).model_dump_json().encode())


def _end_with_parent() -> None:
    """Die with the process that started this one, also where that is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _bind(task: Task) -> None:
    """Give up what reading does not need."""
    if sys.platform == "linux":
        # Anonymous memory only: the libraries of text recognition map gigabytes that they never touch.
        _limit(resource.RLIMIT_DATA, 2 * task.limits.memory_bytes)
        _limit(resource.RLIMIT_AS, _ADDRESS_SPACE)
    _limit(resource.RLIMIT_CPU, 2 * task.limits.seconds)
    _limit(resource.RLIMIT_FSIZE, 0)  # it may write into the pipe, and into no file
    _limit(resource.RLIMIT_CORE, 0)
    sys.addaudithook(_refuse)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(what, (most, most))


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"a reader may not use {event}")


def _end() -> NoReturn:
    os._exit(0)  # the libraries' own tidying up costs time and can crash on what they have read


if __name__ == "__main__":
    main()
