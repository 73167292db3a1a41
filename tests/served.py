"""Real commands in processes of their own; above all `hugang serve`, a real server."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
START_S = 120
"""No server takes as long to be ready, be the machine as busy as it may."""

# Nothing is imported twice: a command is ready in a third of the time.
_forks = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
if sys.platform != "win32":
    _forks.set_forkserver_preload(["tests.preloaded"])


class CommandProcess:
    """The process of a command; it is asked and told as `subprocess.Popen` is."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return its exit status, negative for a signal; None while it lives."""
        self._process.join(0)
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status once it has ended.

        Raises:
            subprocess.TimeoutExpired: it lives on.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("hugang", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal; nothing where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once, as SIGKILL does."""
        self._process.kill()


class Served(NamedTuple):
    """A server that takes requests."""

    process: CommandProcess
    url: str
    log: Path

    def told(self) -> str:
        """What it has written to stderr so far."""
        return self.log.read_text(encoding="utf-8")


@contextmanager
def served(home: Path, told_to: Path, port: int = 0, **settings: str) -> Iterator[Served]:
    """Run a server on a data folder; killed at the end, if it still lives.

    Args:
        home: data folder; an index in it saves seconds.
        told_to: file for its stderr: a pipe that nobody reads would hold it up.
        port: 0 = any free one.
        settings: more `HUGANG_…` variables, by the name of the field.
    """
    said = told_to.with_name(f"{told_to.name}.out")
    said.write_bytes(b"")
    server = start(["serve", "--port", str(port)], home, said, told_to, **settings)
    try:
        over = time.monotonic() + START_S
        while not (url := said.read_text(encoding="utf-8")).endswith("\n"):
            assert server.poll() is None, told_to.read_text(encoding="utf-8")
            assert time.monotonic() < over, told_to.read_text(encoding="utf-8")
            time.sleep(0.02)
        yield Served(server, url.strip(), told_to)
    finally:
        server.kill()
        server.wait()


def start(
    arguments: Sequence[str], home: Path, out: Path, err: Path, **settings: str
) -> CommandProcess:
    """Start `hugang` on a data folder; it ends with the tests at the latest.

    Args:
        arguments: its own.
        home: data folder.
        out: file or named pipe for its stdout.
        err: the same for its stderr.
        settings: more `HUGANG_…` variables, by the name of the field.
    """
    environment = os.environ | {"HUGANG_HOME": str(home), "LANG": "en_US.UTF-8"}
    environment |= {f"HUGANG_{name.upper()}": value for name, value in settings.items()}
    process = _forks.Process(target=_run, args=(arguments, environment, out, err), daemon=True)
    process.start()
    return CommandProcess(process)


def _run(arguments: Sequence[str], environment: dict[str, str], out: Path, err: Path) -> None:
    """Be `hugang`: its arguments, its environment, its two streams."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.argv = ["hugang", *arguments]
    from ui.cli import main

    main()
