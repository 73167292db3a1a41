"""Real processes are killed with SIGKILL while they build; the next start must not notice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from knowledge.corpus import Corpus
from knowledge.errors import IndexBusy
from knowledge.search.embed import Embedder
from knowledge.search.index import IndexHome, SearchIndex, ensure_index
from knowledge.search.manifest import spec_for
from knowledge.search.passage import passages_of
from knowledge.search.segment import Segmenter
from knowledge.search.vectors import VECTORS_DIR, VectorCache, embed_passages
from tests.component.index_builder import some_cards

ROOT = Path(__file__).parents[2]
OLD = {"first": 0, "count": 10, "changed": False}
NEW = {"first": 5, "count": 10, "changed": False}
NEW_TEXTS = {**NEW, "changed": True}

MOMENTS = [
    "dense:0",
    "dense:end",
    "lexical:0",
    "lexical:end",
    "check:0",
    "check:end",
    "before sync:versions",  # the finished version has its final name, nobody points at it
    "before sync:.current-draft",
    "after sync:.current-draft",
    "before sync:index",  # `current` names the new version
    "after sync:index",  # the old versions are about to be removed
]
SWITCHED = {"before sync:index", "after sync:index"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and kills")


class Child(NamedTuple):
    """One process that builds."""

    number: int
    pid: int

    def kill(self) -> None:
        """Kill at once and wait until the process is gone, and its lock with it.

        Raises:
            ProcessLookupError: it ended by itself before.
        """
        os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.005)
        raise AssertionError(f"{self} did not die")


class Builder:
    """Talks to `index_builder.py`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._started = 0
        self._hear(0, "ready")

    def start(self, home: IndexHome, cards: dict[str, Any], halt: str | None = None) -> Child:
        """Let a child build; with `halt`, wait until it stands still at that moment."""
        assert self._process.stdin is not None
        self._started += 1
        number = self._started
        command = {"n": number, "home": str(home.folder), "halt": halt, **cards}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        pid = int(self._hear(number, "pid"))
        if halt:
            assert self._hear(number, "reached") == halt
        return Child(number, pid)

    def finished(self, *children: Child) -> set[str]:
        """Wait for children to finish; return the versions that they opened."""
        waiting = {child.number for child in children}
        versions = set()
        for message in self._messages():
            if "built" in message and message["n"] in waiting:
                waiting.remove(message["n"])
                versions.add(str(message["built"]))
                if not waiting:
                    break
        return versions

    def _hear(self, number: int, key: str) -> Any:
        for message in self._messages():
            if message["n"] == number and key in message:
                return message[key]
        raise AssertionError

    def _messages(self) -> Iterator[dict[str, Any]]:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            yield json.loads(line)
        raise AssertionError(f"the builder ended with {self._process.poll()}")


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.component.index_builder"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Builder(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def plain() -> Segmenter:
    return Segmenter()


@pytest.fixture(scope="module")
def old(corpus: Corpus) -> Corpus:
    return some_cards(corpus, **OLD)


@pytest.fixture(scope="module")
def new(corpus: Corpus) -> Corpus:
    return some_cards(corpus, **NEW)


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, old: Corpus, embedder: Embedder, plain: Segmenter
) -> Path:
    folder = tmp_path_factory.mktemp("built") / "index"
    IndexHome(folder).build(old, embedder, plain)
    return folder


@pytest.fixture
def home(built: Path, tmp_path: Path) -> IndexHome:
    return IndexHome(Path(shutil.copytree(built, tmp_path / "index")))


def assert_whole(index: SearchIndex, corpus: Corpus, embedder: Embedder) -> None:
    """Every passage is counted, reached by a search, and found by its own text and vector."""
    passages = passages_of(corpus)
    matrix = embed_passages(passages, embedder, VectorCache.load(VECTORS_DIR, embedder.name))
    for lang in ("zh", "en"):
        assert index.dense.count(lang) == index.lexical.count(lang) == len(corpus.refs)
        assert index.lexical.refs(lang) == set(corpus.refs)
    for at in range(0, len(passages), 23):
        passage = passages[at]
        dense = index.dense.search(matrix[at], passage.lang, 10_000)
        assert {hit.ref for hit in dense} == set(corpus.refs)
        assert passage.ref in {hit.ref for hit in dense[:3]}
        lexical = index.lexical.search(passage.content, passage.lang, 3)
        assert passage.ref in {hit.ref for hit in lexical}


def assert_recovers(
    home: IndexHome, old: Corpus, new: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    """What is current is whole; the next start gets what it wants, and clears up."""
    with home.open(segmenter) as index:
        served = index.manifest.spec.corpus
        assert_whole(
            index, new if served == spec_for(new, embedder, segmenter).corpus else old, embedder
        )
    with ensure_index(home, new, embedder, segmenter, wait_s=0) as index:
        assert_whole(index, new, embedder)
    left = {path.name for path in (home.folder / "versions").iterdir()}
    assert home.current in left
    assert len(left) <= 2
    assert not any(name.startswith(".") for name in left)
    assert home.status(spec_for(new, embedder, segmenter)).state == "ready"


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_killed_at_this_moment_does_no_harm(
    moment: str,
    builder: Builder,
    home: IndexHome,
    old: Corpus,
    new: Corpus,
    embedder: Embedder,
    plain: Segmenter,
) -> None:
    before = home.current
    builder.start(home, NEW, halt=moment).kill()
    assert (home.current != before) == (moment in SWITCHED)
    if moment not in SWITCHED:
        with ensure_index(home, old, embedder, plain, wait_s=0) as index:
            assert index.version == before  # the old index is served as it was
    assert_recovers(home, old, new, embedder, plain)


@pytest.mark.parametrize("moment", ["embed:0", "embed:end"])
def test_a_build_killed_while_it_embeds_does_no_harm(
    moment: str,
    builder: Builder,
    home: IndexHome,
    old: Corpus,
    corpus: Corpus,
    embedder: Embedder,
    plain: Segmenter,
) -> None:
    new = some_cards(corpus, **NEW_TEXTS)
    builder.start(home, NEW_TEXTS, halt=moment).kill()
    assert_recovers(home, old, new, embedder, plain)


@pytest.mark.parametrize("seed", range(6))
def test_a_build_killed_at_any_moment_does_no_harm(
    seed: int,
    builder: Builder,
    home: IndexHome,
    old: Corpus,
    new: Corpus,
    embedder: Embedder,
    plain: Segmenter,
) -> None:
    # A build of ten cards takes about half a second.
    delay_s = random.Random(seed).uniform(0.02, 0.7)
    child = builder.start(home, NEW)
    time.sleep(delay_s)
    try:
        child.kill()
    except ProcessLookupError:
        assert home.status(spec_for(new, embedder, plain)).state == "ready"  # it was done
    assert_recovers(home, old, new, embedder, plain)


def test_a_first_build_killed_leaves_nothing_that_disturbs(
    builder: Builder, tmp_path: Path, new: Corpus, embedder: Embedder, plain: Segmenter
) -> None:
    home = IndexHome(tmp_path / "index")
    builder.start(home, NEW, halt="check:end").kill()
    assert home.status(spec_for(new, embedder, plain)).state == "absent"
    with ensure_index(home, new, embedder, plain, wait_s=0) as index:
        assert_whole(index, new, embedder)
    assert [path.name for path in (home.folder / "versions").iterdir()] == [home.current]


def test_a_living_builder_is_waited_for_and_a_dead_one_is_replaced(
    builder: Builder,
    home: IndexHome,
    old: Corpus,
    new: Corpus,
    embedder: Embedder,
    plain: Segmenter,
) -> None:
    child = builder.start(home, NEW, halt="lexical:0")
    status = home.status(spec_for(new, embedder, plain))
    assert (status.state, status.builder_pid) == ("building", child.pid)
    with pytest.raises(IndexBusy, match=str(child.pid)):
        home.build(new, embedder, plain)
    with pytest.raises(IndexBusy, match=str(child.pid)):
        ensure_index(home, new, embedder, plain, wait_s=0)
    with ensure_index(home, old, embedder, plain, wait_s=0) as index:
        assert_whole(index, old, embedder)
    child.kill()
    assert not home.is_building()
    assert_recovers(home, old, new, embedder, plain)


def test_of_three_builders_one_builds_and_all_open_its_index(
    builder: Builder, home: IndexHome, new: Corpus, embedder: Embedder, plain: Segmenter
) -> None:
    before = home.current
    children = [builder.start(home, NEW) for _ in range(3)]
    assert builder.finished(*children) == {home.current}
    assert {path.name for path in (home.folder / "versions").iterdir()} == {before, home.current}
    with home.open(plain) as index:
        assert_whole(index, new, embedder)
