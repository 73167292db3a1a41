"""Fixtures that every test may ask for: the shipped cards, the embedder, an index of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.advisor import Advisor
from bot.settings import Settings
from knowledge.corpus import Corpus
from knowledge.documents.library import DocumentLibrary
from knowledge.embed import Embedder, open_embedder
from knowledge.glossary import load_glossary
from knowledge.home import HOME_VARIABLE
from knowledge.index import IndexHome, SearchIndex, ensure_index
from knowledge.load import load_corpus
from knowledge.segment import Segmenter
from tests.postgresql import NO_POSTGRESQL

NO_BROWSER = "`make browser` installs one"
"""Ends the reason of every test that was skipped for want of a browser."""
NO_CURL = "curl is not on PATH"
"""Reason of the tests that were skipped for want of curl."""

# On a machine with other work a single call may take long: that is no fault of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


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
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the developer's own data folder."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The shipped cards and routes."""
    return load_corpus()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The embedder that works without key and network; its model is read on first use."""
    return open_embedder()


@pytest.fixture(scope="session")
def segmenter() -> Segmenter:
    """The segmenter with the shipped glossary's words."""
    return Segmenter(load_glossary().user_words())


@pytest.fixture(scope="session")
def search_index(
    tmp_path_factory: pytest.TempPathFactory,
    corpus: Corpus,
    embedder: Embedder,
    segmenter: Segmenter,
) -> Iterator[SearchIndex]:
    """An index of the shipped cards, built once from the shipped vectors."""
    home = IndexHome(tmp_path_factory.mktemp("search") / "index")
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
    glossary = load_glossary()
    segmenter = search_index.lexical.segmenter
    documents = DocumentLibrary.open(settings.home, embedder, segmenter, glossary)
    return Advisor(corpus, search_index, embedder, glossary, settings, documents=documents)
