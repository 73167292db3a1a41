"""A real server: `hugang serve` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Served(NamedTuple):
    """A server that takes requests."""

    process: subprocess.Popen[str]
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
    environment = os.environ | {"HUGANG_HOME": str(home), "LANG": "en_US.UTF-8"}
    environment |= {f"HUGANG_{name.upper()}": value for name, value in settings.items()}
    with (
        told_to.open("a", encoding="utf-8") as told,
        subprocess.Popen(
            [sys.executable, "-m", "ui", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, told_to.read_text(encoding="utf-8")
            yield Served(process, url, told_to)
        finally:
            process.kill()
