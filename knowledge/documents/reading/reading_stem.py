"""The program of the process that forks one for each file: `python -m knowledge.documents.reading.reading_stem`.

Takes the descriptor of its line as argument. Every byte on it asks for a process and brings three
descriptors: a line for this process alone, the pipe for its task, and the open file. That line is
told the number of the process and, when it has ended, its exit status; when the other end of the
line closes, the process is killed. The stem ends with its parent, and what it has forked with it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import select
import signal
import socket
import sys
from multiprocessing.connection import Connection
from typing import NamedTuple, NoReturn

from knowledge.documents.reading.reading_process import NUMBER
from knowledge.documents.reading.reading_worker import work

_READERS = ("pdf", "word", "web", "markdown", "sheets", "slides", "mail", "image")
"""Without text recognition, which takes 100 MB."""
_PIPE = 3
_IDLE_S = 600
"""Without a file for so long, it would hold 90 MB for nothing."""


class _Fork(NamedTuple):
    pid: int
    line: socket.socket


def main() -> NoReturn:
    """Fork when asked and kill when told, until the parent is gone."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    woken = _woken_by_exits()
    running: list[_Fork] = []
    killed: set[int] = set()
    to_import, files = list(_READERS), 0
    while True:
        lines = {fork.line: fork.pid for fork in running if fork.pid not in killed}
        # Who reads two files reads more: from then on the readers are imported, one whenever there
        # is nothing else to do. Who reads a single file does not pay for all of them.
        imports = bool(to_import) and files > 1
        patience = 0 if imports else None if running else _IDLE_S
        ready, _, _ = select.select([requests, woken, *lines], (), (), patience)
        if imports and not ready:
            _import(to_import.pop(0))
        elif not ready:
            os._exit(0)  # the next file has another stem started
        for line in lines.keys() & set(ready):
            os.kill(lines[line], signal.SIGKILL)
            killed.add(lines[line])
        if woken in ready:
            woken.recv(4_096)
            running = [fork for fork in running if not _ended(fork)]
            killed &= {fork.pid for fork in running}
        if requests in ready:
            files += 1
            running += _forked(requests)


def _import(name: str) -> None:
    reader = importlib.import_module(f"knowledge.documents.reading.readers.{name}")
    if hasattr(reader, "prepare"):
        reader.prepare()


def _woken_by_exits() -> socket.socket:
    """Return a socket on which a byte arrives when a process that was forked has ended."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.detach(), warn_on_full_buffer=False)
    return woken


def _ended(fork: _Fork) -> bool:
    """Take leave of a process that has ended, and tell its line."""
    pid, status = os.waitpid(fork.pid, os.WNOHANG)
    if pid:
        _tell(fork.line, os.waitstatus_to_exitcode(status))
        fork.line.close()
    return bool(pid)


def _forked(requests: socket.socket) -> list[_Fork]:
    """Take a request and fork for it; none where the system gives no more processes."""
    asked, descriptors, _, _ = socket.recv_fds(requests, 1, 3)
    if not asked:
        os._exit(0)
    line, (pipe, file) = socket.socket(fileno=descriptors[0]), descriptors[1:]
    try:
        pid = os.fork()
    except OSError:
        line.close()
        return []
    else:
        if pid == 0:
            _read(pipe, file)
        _tell(line, pid)
        return [_Fork(pid, line)]
    finally:
        os.close(pipe)
        os.close(file)


def _read(pipe: int, file: int) -> NoReturn:
    """Be the process that reads: hold nothing but the file and the pipe, and do the task."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(file, 0)
        os.dup2(pipe, _PIPE)
        os.closerange(_PIPE + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        work(Connection(_PIPE))
    finally:
        os._exit(1)


def _tell(line: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody waits any more
        line.send(NUMBER.pack(number))


if __name__ == "__main__":
    main()
