"""`hugang add` is killed with SIGKILL at ten moments; what it told is there, the rest follows.

With sixty files; `FILES=200 pytest tests/component/test_documents_killed.py` takes in two hundred.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

import pytest

from knowledge.documents.document import TENANT
from knowledge.documents.keeping.store import DocumentStore
from knowledge.documents.library import DocumentLibrary
from knowledge.search.embed import Embedder
from knowledge.search.segment import Segmenter
from tests.component.paper_texts import write
from tests.served import CommandProcess, start

FILES, KILLS = int(os.environ.get("FILES", "60")), 10

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kills"),
    pytest.mark.timeout(900),  # about a minute of two idle cores, most of it starting readers
]


class Adding(NamedTuple):
    """`hugang add`, and what it tells line by line."""

    process: CommandProcess
    told: TextIO


@contextmanager
def adding(home: Path, folder: Path) -> Iterator[Adding]:
    """Start the command; at the end it is waited for."""
    with tempfile.TemporaryDirectory() as place:
        told, faults = Path(place, "told"), Path(place, "faults")
        os.mkfifo(told)
        process = start(["add", str(folder), "--json"], home, told, faults)
        with told.open(encoding="utf-8") as lines:
            yield Adding(process, lines)
        process.wait()


def vectors(home: Path) -> int:
    connection = sqlite3.connect(home / "documents" / "documents.sqlite3")
    (count,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    connection.close()
    return int(count)


@pytest.mark.early
def test_what_was_told_is_there_after_a_kill_and_the_rest_follows(
    tmp_path: Path, embedder: Embedder, segmenter: Segmenter
) -> None:
    home, folder = tmp_path / "home", tmp_path / "papers"
    for n in range(FILES):
        write(folder, f"{n % 7}/paper-{n:03}.txt", f"第一条 事项{n}由部门{n}办理。")
    chance = random.Random(7)
    told: dict[str, str] = {}
    for kill in range(KILLS):
        wanted = (kill + 1) * FILES // (KILLS + 1)
        with adding(home, folder) as (process, lines):
            while len(told) < wanted:
                line = json.loads(lines.readline())
                assert line["state"] in {"added", "unchanged"}
                assert told.setdefault(line["name"], line["id"]) == line["id"]
            time.sleep(chance.uniform(0, 0.3))  # anywhere between two files
            os.kill(process.pid, signal.SIGKILL)
            for rest in lines:
                if rest.endswith("\n"):
                    line = json.loads(rest)
                    told[line["name"]] = line["id"]
        store = DocumentStore(home / "documents")
        kept = {document.name: document.id for document in store.documents()}
        assert told.items() <= kept.items()
        assert len(kept) <= len(told) + 1  # kept, and killed before it was told
        assert store.faults() == []
        assert len(list((home / "documents" / "files").iterdir())) == len(kept)
        store.close()
        # At most one paper was on its way.
        assert vectors(home) <= len(kept) + 1
    with adding(home, folder) as (process, lines):
        told_last = [json.loads(line) for line in lines]
    assert process.wait() == 0
    assert len(told_last) == FILES
    assert {line["name"]: line["id"] for line in told_last}.items() >= told.items()
    with DocumentLibrary.open(home, embedder, segmenter) as library:
        assert library.faults() == []
        assert len(library.documents((TENANT,))) == vectors(home) == FILES
        asked = FILES * 2 // 3
        question = f"事项{asked}由哪个部门办理"
        first = library.search(question, embedder.query(question), "zh", (TENANT,), 3)[0]
        assert f"部门{asked}办理" in library.passage(first.ref).part.text


def test_two_processes_add_side_by_side_and_neither_loses_a_paper(
    tmp_path: Path, embedder: Embedder, segmenter: Segmenter
) -> None:
    home = tmp_path / "home"
    for name in ("left", "right"):
        for n in range(6):
            write(tmp_path / name, f"paper-{n}.txt", f"第一条 {name}事项{n}由部门{n}办理。")
    with adding(home, tmp_path / "left") as left, adding(home, tmp_path / "right") as right:
        told = [one.told.read() for one in (left, right)]
    assert [one.process.wait() for one in (left, right)] == [0, 0], told
    with DocumentLibrary.open(home, embedder, segmenter) as library:
        assert len({document.name for document in library.documents()}) == 12
        assert library.faults() == []
