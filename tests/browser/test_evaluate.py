"""Evaluators in a browser: a run that outlives its server, answers labelled blind by two and settled."""

from __future__ import annotations

import csv
import io
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.settings import Settings
from bot.store.store import Store
from evals.archive import Archive
from evals.errors import RunNotFound
from evals.labels.label import read_labels
from knowledge.corpus import Corpus
from tests.browser.conftest import DEADLINE_MS, served
from tests.browser.scripted import ScriptedAdvisor
from tests.browser.test_accessibility import SIZES, serious
from tests.kept_runs import kept_run
from tests.served import served as served_by_itself

SignIn = Callable[..., Page]
CASES = 12


class Site(NamedTuple):
    """A server with one finished run."""

    address: str
    store: Store
    run: str


@pytest.fixture(scope="module")
def site(
    browser: Browser, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    from ui.api.app import create_app

    settings = Settings(home=tmp_path_factory.mktemp("evaluators"))
    run = kept_run(settings.home / "evals", corpus, limit=40)
    app = create_app(ScriptedAdvisor(corpus), settings)
    with Store.of(settings) as store, served(app) as address:
        yield Site(address, store, run.run_id)


@pytest.fixture
def sign_in(browser: Browser) -> Iterator[SignIn]:
    """Sign people in, each in a browser of their own; no page may complain."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def enter(store: Store, address: str, name: str, **options: object) -> Page:
        context = browser.new_context(**({"locale": "zh-CN"} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(f"{address}/evaluate")
        page.fill("input[name=key]", store.keys.create("local", ("evaluate",), name).secret)
        page.keyboard.press("Enter")
        expect(page.locator(".ev-who")).to_have_text(name)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert trouble == []


def new_task(page: Page, site: Site, n: int) -> str:
    page.goto(f"{site.address}/evaluate/runs/{site.run}")
    drawing = page.locator("details", has=page.locator("input[name=n]"))
    if drawing.get_attribute("open") is None:
        drawing.locator("summary").click()
    page.fill("input[name=n]", str(n))
    drawing.locator(".ev-button").click()
    page.wait_for_url(re.compile("/evaluate/tasks/"))
    return page.url.partition("?")[0]


def label(page: Page, keys: str) -> str:
    """Label the answer that is shown by its keys, go on; returns the question."""
    question = page.locator(".ev-question").inner_text()
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("#ev-saved")).to_have_class("ev-ok")
    at = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != at)
    return question


def test_two_label_blind_a_third_settles_and_the_figures_are_there(
    site: Site, sign_in: SignIn, tmp_path: Path
) -> None:
    third = sign_in(site.store, site.address, "王五")
    task = new_task(third, site, CASES)
    seen: dict[str, list[str]] = {}
    for name, locale in (("张三", "zh-CN"), ("李四", "en-GB")):
        page = sign_in(site.store, site.address, name, locale=locale)
        page.goto(f"{task}?lang={'en' if locale == 'en-GB' else 'zh-Hans'}")
        page.locator(".ev-next .ev-button").click()
        page.wait_for_selector(".ev-verdict")
        questions = []
        for n in range(CASES):
            if n == 3:
                # Left in the middle and taken up again, in another browser window.
                page = page.context.new_page()
                page.goto(f"{task}/label")
                expect(page).to_have_url(re.compile("/label/4"))
                page.keyboard.press("ArrowLeft")
                page.wait_for_url(re.compile("/label/3"))
                expect(page.locator("input:checked")).to_have_count(2)
                page.keyboard.press("ArrowRight")
                page.wait_for_url(re.compile("/label/4"))
            question = page.locator(".ev-question").inner_text()
            differs = name == "李四" and question == min(seen["张三"])
            questions.append(label(page, "37" if differs else "15"))
        seen[name] = questions
        page.locator(".ev-next .ev-button").click()
        expect(page.locator(".ev-notice")).to_be_visible()
    assert sorted(seen["张三"]) == sorted(seen["李四"])
    assert seen["张三"] != seen["李四"]

    third.goto(task)
    agreement = third.locator("#ev-agreement")
    expect(agreement.locator("tbody tr").first).to_contain_text("92%")
    expect(third.locator(".ev-next")).to_contain_text("两人在1条上意见不一，已裁定0条")
    third.locator(".ev-next .ev-button").click()
    expect(third.locator(".ev-pair section")).to_have_count(2)
    opinions = third.locator(".ev-pair").inner_text()
    assert "张三" not in opinions
    assert "李四" not in opinions
    third.keyboard.press("2")
    third.keyboard.press("5")
    expect(third.locator("#ev-saved")).to_have_class("ev-ok")
    third.keyboard.press("ArrowRight")
    third.wait_for_url(lambda url: "settle" not in url)
    expect(third.locator(".ev-next")).to_contain_text("均已裁定")
    expect(third.locator("#ev-calibration tbody tr").first).to_contain_text("%")

    with third.expect_download() as download:
        third.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(rows) == 2 * CASES + 1
    assert [
        (row["labeller"], row["correctness"]) for row in rows if row["adjudicated"] == "true"
    ] == [("王五", "incomplete")]
    with third.expect_download() as download:
        third.get_by_role("link", name="JSONL").click()
    kept = tmp_path / "labels.jsonl"
    download.value.save_as(kept)
    assert len(read_labels(kept)) == len(rows)


def test_what_is_chosen_is_kept_at_once_and_a_refusal_is_said(site: Site, sign_in: SignIn) -> None:
    page = sign_in(site.store, site.address, "赵六")
    task = new_task(page, site, 2)
    page.locator(".ev-next .ev-button").click()
    page.wait_for_selector(".ev-verdict")
    page.keyboard.press("1")
    expect(page.locator("#ev-saved")).to_have_class("ev-part")
    page.keyboard.press("6")
    page.keyboard.press("n")
    page.keyboard.type("引用与原文不符 1")
    page.keyboard.press("Escape")
    expect(page.locator("#ev-saved")).to_have_class("ev-ok")
    page.wait_for_timeout(800)  # a note is kept once its writer pauses
    (kept,) = site.store.labels.labels(task.rpartition("/")[2])
    assert (kept.correctness, kept.groundedness) == ("correct", "misgrounded")
    assert kept.note == "引用与原文不符 1"
    page.keyboard.press("4")  # an answer that declines rests on nothing
    expect(page.locator(".ev-of-groundedness")).to_be_hidden()
    expect(page.locator("#ev-saved")).to_have_class("ev-ok")
    page.keyboard.press("1")
    expect(page.locator(".ev-of-groundedness input:checked")).to_have_count(0)
    for key in site.store.keys.listed("local"):
        if key.label == "赵六":
            site.store.keys.revoke(key.prefix)
    page.keyboard.press("3")
    expect(page.locator("#ev-saved")).to_have_class("ev-bad")
    expect(page.locator("#ev-saved")).to_contain_text("登录已结束")


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_no_page_of_evaluators_has_a_serious_finding_or_scrolls_sideways(
    site: Site, sign_in: SignIn, size: str, theme: str
) -> None:
    options = {"viewport": SIZES[size], "color_scheme": theme, "reduced_motion": "reduce"}
    name = f"{size}-{theme}"
    page = sign_in(site.store, site.address, name, **options)
    found = {"home": serious(page)}
    task = new_task(page, site, 3)
    found["task"] = serious(page)
    page.goto(f"{site.address}/evaluate/runs/{site.run}")
    found["run"] = serious(page)
    page.goto(task)
    page.locator(".ev-next .ev-button").click()
    page.wait_for_selector(".ev-verdict")
    found["label"] = serious(page)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.context.clear_cookies()
    page.goto(f"{site.address}/evaluate")
    found["door"] = serious(page)
    assert not any(found.values()), found
    assert wide <= 0


def test_only_a_browser_that_signs_in_is_led_to_the_page(site: Site, sign_in: SignIn) -> None:
    page = sign_in(site.store, site.address, "导航")
    page.goto(f"{site.address}/plan")
    expect(page.locator(".hg-nav-evaluate")).to_be_visible()
    page.goto(f"{site.address}/evaluate")
    page.locator(".ev-person button").click()
    expect(page.locator("input[name=key]")).to_be_visible()
    page.goto(f"{site.address}/plan")
    expect(page.locator(".hg-nav-evaluate")).to_be_hidden()


@pytest.mark.timeout(600)
@pytest.mark.early
def test_a_run_goes_on_when_its_server_was_killed_and_its_report_is_shut_in(
    indexed_home: Path, sign_in: SignIn, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    archive = Archive(indexed_home / "evals")
    with Store.of(Settings(home=indexed_home)) as store:
        with served_by_itself(indexed_home, tmp_path / "log", port) as server:
            page = sign_in(store, server.url, "张三")
            page.fill("input[name=limit]", "20")  # enough to be killed among them
            page.locator(".ev-start .ev-button").click()
            page.wait_for_url(re.compile("/evaluate/runs/"))
            run = re.findall(r"/runs/([\w-]+)", page.url)[0]
            wait_until(lambda: has_results(archive, run))
            server.process.kill()
            server.process.wait()
        wait_until(lambda: not archive.get(run).is_running)
        before = [one.answer.id for one in archive.get(run).results() if one.answer]
        assert not archive.get(run).is_finished
        with served_by_itself(indexed_home, tmp_path / "log", port) as server:
            # The page was left open: it finds the server again, and shows the end.
            report = page.locator("a[href*='/report']")
            expect(report).to_be_visible(timeout=180_000)
            after = [one.answer.id for one in archive.get(run).results() if one.answer]
            assert len(after) == 20
            assert set(before) <= set(after)
            with page.context.expect_page() as opened:
                report.click()
            shut = opened.value
            shut.wait_for_load_state()
            expect(shut.locator("h1")).to_be_visible()
            assert shut.evaluate("window.origin") == "null"
            with pytest.raises(Exception, match="sandboxed"):
                shut.evaluate("document.cookie")
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")


def has_results(archive: Archive, run: str) -> bool:
    try:
        return archive.get(run).done >= 2
    except RunNotFound:
        return False


def wait_until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)
