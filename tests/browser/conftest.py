"""A real browser on the real page: servers, pages that watch themselves, a loud skip without one."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from bot.advisor import Advisor
from bot.settings import Settings
from evals.bench.chromium import BROWSERS, FLAGS, find_browser
from knowledge.corpus import Corpus
from knowledge.documents.library import DocumentLibrary
from knowledge.glossary import load_glossary
from knowledge.search.embed import Embedder
from knowledge.search.index import SearchIndex
from tests.browser.scripted import ScriptedAdvisor
from tests.conftest import NO_BROWSER

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

HERE = Path(__file__).parent
DEADLINE_MS = 20_000
"""Longest wait for something to appear; a slow machine with other tests beside it."""

LEFT = ("AbortError", "Unexpected error Connection errored out")
"""What Gradio logs of a stream that is open when its page is left."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))
            # Gradio sums up its queue with pandas, in ways that pandas 3 deprecates.
            item.add_marker(pytest.mark.filterwarnings("ignore:.*no_silent_downcasting"))
            item.add_marker(pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"))


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    """One headless Chromium for all tests."""
    path = find_browser()
    if path is None:  # `tests/conftest.py` says so loudly
        pytest.skip(f"none of {', '.join(BROWSERS)} is on PATH; {NO_BROWSER}")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an app on a free port of this machine; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        ready = threading.Event()
        while not server.started and thread.is_alive():
            ready.wait(0.02)
        assert server.started, "the server did not start; its log says why"
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@pytest.fixture(scope="session")
def live_server(
    tmp_path_factory: pytest.TempPathFactory,
    browser: sync_api.Browser,
    corpus: Corpus,
    search_index: SearchIndex,
    embedder: Embedder,
) -> Iterator[str]:
    """The whole app over the real advisor."""
    from ui.api.app import create_app

    settings = Settings(home=tmp_path_factory.mktemp("live"))
    glossary, segmenter = load_glossary(), search_index.lexical.segmenter
    documents = DocumentLibrary.open(settings.home, embedder, segmenter, glossary, gives_way=True)
    advisor = Advisor(corpus, search_index, embedder, glossary, settings, documents=documents)
    with served(create_app(advisor, settings)) as address:
        yield address


@pytest.fixture(scope="session")
def scripted_advisor(browser: sync_api.Browser) -> ScriptedAdvisor:
    """The advisor behind `scripted_server`."""
    return ScriptedAdvisor()


@pytest.fixture(scope="session")
def scripted_server(
    scripted_advisor: ScriptedAdvisor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The page over the scripted advisor."""
    from ui.api.app import create_app

    settings = Settings(home=tmp_path_factory.mktemp("scripted"))
    with served(create_app(scripted_advisor, settings)) as address:
        yield address


class HugangPage:
    """The page as a person uses it."""

    def __init__(self, page: sync_api.Page, trouble: list[str]) -> None:
        self.page = page
        self.trouble = trouble
        """Complaints and foreign requests so far; the fixture wants it empty at the end."""
        self.box = page.get_by_role("textbox").first
        self.answers = page.locator(".hg-answer")
        self.panel = page.locator(".hg-panel")

    def ask(self, question: str) -> None:
        """Type a question and press Enter."""
        self.box.fill(question)
        self.box.press("Enter")

    def ask_and_wait(self, question: str) -> sync_api.Locator:
        """Ask, wait for the end of the answer, return it."""
        before = self.answers.count()
        self.ask(question)
        answer = self.answers.nth(before)
        sync_api.expect(answer).to_have_class(re.compile("hg-(answered|partly|declined|failed)"))
        return answer

    def reload(self) -> None:
        """Load the page anew.

        An answer that is whole on the page may still have its stream open for a moment; Gradio
        breaks it off as the page is left, and logs that.
        """
        self.page.reload()
        self.forgive(*LEFT)

    def forgive(self, *words: str) -> None:
        """Forget the complaints so far that have one of these words, in any case."""
        self.trouble[:] = [
            one for one in self.trouble if not any(word.lower() in one.lower() for word in words)
        ]


OpenPage = Callable[..., HugangPage]


@pytest.fixture
def open_page(browser: sync_api.Browser) -> Iterator[OpenPage]:
    """Open pages that must neither complain nor speak to another host."""
    trouble: list[str] = []
    contexts: list[sync_api.BrowserContext] = []
    sync_api.expect.set_options(timeout=DEADLINE_MS)

    def open_one(address: str, **options: object) -> HugangPage:
        settings = {"viewport": {"width": 1280, "height": 860}, "locale": "zh-CN"} | options
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
        page.on("console", lambda message: _note_console(message, trouble))
        page.on("request", lambda request: _note_foreign(request.url, address, trouble))
        page.goto(address)
        opened = HugangPage(page, trouble)
        opened.box.wait_for()
        return opened

    yield open_one
    for context in contexts:
        context.close()
    assert trouble == []


def _note_console(message: sync_api.ConsoleMessage, trouble: list[str]) -> None:
    if message.type in ("error", "warning"):
        trouble.append(f"console {message.type}: {message.text}")


def _note_foreign(url: str, address: str, trouble: list[str]) -> None:
    if not url.startswith((f"{address}/", "data:", "blob:")):
        trouble.append(f"request to another host: {url}")
