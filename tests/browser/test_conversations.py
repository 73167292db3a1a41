"""Conversations that the server keeps, as their owner and the readers of a link meet them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.settings import Settings
from knowledge.corpus import Corpus
from tests.browser.conftest import HugangPage, OpenPage, served
from tests.browser.scripted import ScriptedAdvisor
from tests.hostile import PAYLOADS

ROOT = Path(__file__).resolve().parents[2]
TAX = "香港财资中心税率多少？"
SLOW = "慢慢说：" + TAX
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
XSS = tuple(one for one in PAYLOADS if "\n" not in one)[::2]  # a title has one line
BUTTONS = {
    "zh-CN": ("对话记录", "改名", "复制专用链接", "删除", "撤销", "有用", "有问题", "发送"),
    "en-GB": (
        *("Conversations", "Rename", "Copy private link", "Delete", "Undo"),
        *("Useful", "Not right", "Send"),
    ),
}


class KilledServer:
    """A server that dies without warning and starts again at the same address."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.scripted_serve", str(port), str(home)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> None:
        self._tell("start", "ready")

    def kill(self) -> None:
        self._tell("kill", "killed")

    def close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()

    def _tell(self, order: str, answer: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(order, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline().strip() == answer


@pytest.fixture(scope="module")
def killed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KilledServer]:
    server = KilledServer(tmp_path_factory.mktemp("killed"))
    server.start()
    yield server
    server.close()


def quiet(hugang: HugangPage) -> None:
    """Forget what the browser says of a connection that was broken on purpose."""
    hugang.forgive(
        "failed to load resource",
        "network error",
        "abort",
        "connection",
        "net::err",
        "failed to fetch",
        "networkerror",
        "load failed",
    )


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^{name}")).first


def open_list(hugang: HugangPage, name: str = "对话记录") -> Locator:
    shown = hugang.page.locator(".hg-list")
    if not shown.is_visible():
        hugang.page.locator(".hg-list-toggle").click()
    expect(shown.get_by_role("heading", name=name)).to_be_visible()
    return shown


def new(hugang: HugangPage) -> None:
    hugang.page.locator(".hg-new").click()


def cited(answer: Locator) -> dict[str, str]:
    """What each mark of an answer opens, by the mark's permanent name."""
    return answer.evaluate(
        "(answer) => Object.fromEntries(Array.from(answer.querySelectorAll('[data-source]'),"
        " (one) => [one.dataset.source, one.innerHTML]))"
    )


def marks(answer: Locator) -> list[str]:
    return answer.evaluate(
        "(answer) => Array.from(answer.querySelectorAll('.hg-mark'), (one) => one.dataset.cite)"
    )


def conversation_of(hugang: HugangPage) -> str:
    return str(hugang.page.evaluate("sessionStorage.getItem('hugang.conversation')"))


def test_conversations_are_listed_found_renamed_deleted_and_brought_back(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server, permissions=["clipboard-read", "clipboard-write"])
    first = hugang.ask_and_wait(TAX)
    kept, named = cited(first), marks(first)
    new(hugang)
    hugang.ask_and_wait("天气怎么样？")
    shown = open_list(hugang)
    titles = shown.locator(".hg-list-title")
    expect(titles).to_have_text(["天气怎么样？", TAX])
    expect(shown.locator("time").first).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(shown.locator("[aria-current]")).to_contain_text("天气")

    shown.get_by_role("searchbox").fill("税率")
    expect(titles).to_have_text([TAX])
    shown.get_by_role("searchbox").fill("没有的")
    expect(shown).to_contain_text("标题、问题和回答里都没有")
    shown.get_by_role("searchbox").fill("")

    titles.nth(1).hover()
    button(shown, f"改名：{TAX}").click()
    box = shown.get_by_role("textbox", name="新标题")
    expect(box).to_have_value(TAX)
    box.fill("财资中心")
    box.press("Enter")
    expect(titles).to_have_text(["天气怎么样？", "财资中心"])
    titles.nth(1).hover()
    button(shown, "改名：财资中心").click()
    box.fill("不要")
    box.press("Escape")
    expect(titles.nth(1)).to_have_text("财资中心")
    hugang.reload()
    expect(titles).to_have_text(["天气怎么样？", "财资中心"])  # the drawer stays open

    titles.nth(1).click()
    again = hugang.answers.first
    expect(again).to_contain_text("8.25%")
    expect(hugang.answers).to_have_count(1)
    assert (cited(again), marks(again)) == (kept, named)
    button(shown, "复制专用链接：财资中心").click()
    copied = hugang.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{scripted_server}/c/{conversation_of(hugang)}"

    button(shown, "删除：财资中心").click()
    expect(titles).to_have_text(["天气怎么样？"])
    expect(hugang.page.locator(".hg-hero")).to_be_visible()
    button(shown, "撤销").click()
    expect(titles).to_have_text(["天气怎么样？", "财资中心"])
    expect(hugang.answers.first).to_contain_text("8.25%")


@pytest.mark.parametrize("options", [{"locale": "zh-CN"}, {"locale": "en-GB", **PHONE}])
def test_a_search_in_the_list_finds_answers_and_shows_the_line(
    open_page: OpenPage, scripted_server: str, options: dict[str, object]
) -> None:
    hugang = open_page(scripted_server, **options)
    english = options["locale"] == "en-GB"
    hugang.ask_and_wait("What is the tax rate?" if english else TAX)
    open_list(hugang, "Conversations" if english else "对话记录")
    shown = hugang.page.locator(".hg-list")
    if english:
        button(shown, "New conversation").tap()
    else:
        new(hugang)
    hugang.ask_and_wait("天气怎么样？")
    open_list(hugang, "Conversations" if english else "对话记录")
    box, titles, lines = (
        shown.get_by_role("searchbox"),
        shown.locator(".hg-list-title"),
        shown.locator(".hg-list-line"),
    )
    asked = hugang.page.expect_request("**/api/v1/conversations/search")
    with asked as request:
        box.fill("8.25%")
    assert "8.25" not in request.value.url
    expect(titles).to_have_text(["What is the tax rate?" if english else TAX])
    expect(lines).to_contain_text("8.25%")
    expect(lines.locator("mark").first).to_have_text("8.25%")
    assert hugang.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box.fill("(.*<b>")
    expect(shown).to_contain_text("In no title" if english else "标题、问题和回答里都没有")
    box.fill("")
    expect(titles).to_have_count(2)
    expect(lines).to_have_count(0)


def test_on_a_phone_the_list_is_a_sheet_that_keeps_the_keyboard(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server, locale="en-GB", **PHONE)
    page = hugang.page
    hugang.ask_and_wait("What is the tax rate?")
    shown = open_list(hugang, "Conversations")
    expect(shown).to_have_attribute("role", "dialog")
    for _ in range(8):
        page.keyboard.press("Tab")
        inside = shown.evaluate("(l) => l.contains(document.activeElement)")
        assert inside or page.evaluate("document.activeElement === document.body")
    button(shown, "Close conversations").focus()
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    open_list(hugang, "Conversations")
    button(shown, "New conversation").tap()
    expect(shown).to_be_hidden()
    expect(hugang.answers).to_have_count(0)
    open_list(hugang, "Conversations")
    shown.locator(".hg-list-open").first.tap()
    expect(hugang.answers.first).to_contain_text("8.25%")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    overlaps = page.evaluate(
        "document.querySelector('.hg-nav').getBoundingClientRect().right"
        " > document.querySelector('.hg-tools').getBoundingClientRect().left"
    )
    assert not overlaps


def test_whoever_has_the_link_reads_and_changes_nothing(
    open_page: OpenPage, scripted_server: str
) -> None:
    owner = open_page(scripted_server)
    answer = owner.ask_and_wait("财资中心的路线怎么走？")
    kept = cited(answer)
    link = f"{scripted_server}/c/{conversation_of(owner)}"
    reader = open_page_without_box(open_page, link, scripted_server)
    read = reader.answers.first
    expect(read).to_contain_text("8.25%")
    assert cited(read) == kept
    expect(reader.page.locator(".hg-composer")).to_be_hidden()
    expect(reader.page.locator(".hg-thumb")).to_have_count(0)
    expect(read.locator(".hg-open-points")).to_be_hidden()
    expect(reader.page.locator(".hg-shared")).to_contain_text("只能阅读")
    read.locator(".hg-mark").first.click()
    expect(reader.panel.locator("blockquote")).to_have_count(2)
    reader.reload()
    expect(reader.answers.first).to_contain_text("8.25%")
    expect(open_list(reader)).to_contain_text("还没有对话")
    button(reader.page, "自己提问").click()
    reader.ask_and_wait(TAX)
    expect(open_list(reader).locator(".hg-list-title")).to_have_text([TAX])
    expect(owner.answers).to_have_count(1)


def open_page_without_box(open_page: OpenPage, link: str, address: str) -> HugangPage:
    """Open a private link: another browser, where the question box is out of sight."""
    hugang = open_page(address)
    hugang.page.goto(link)
    expect(hugang.page.locator(".hg-shared")).to_be_visible()
    return hugang


def test_a_link_that_leads_nowhere_says_so(open_page: OpenPage, scripted_server: str) -> None:
    hugang = open_page(scripted_server)
    hugang.page.goto(f"{scripted_server}/c/AAAAAAAAAAAAAAAAAAAAAA")
    expect(hugang.page.get_by_role("alert")).to_contain_text("没有这段对话")
    expect(hugang.box).to_be_visible()
    hugang.forgive("404")
    hugang.ask_and_wait(TAX)


def test_a_reload_in_mid_answer_takes_it_up_without_asking_again(
    open_page: OpenPage, scripted_server: str, scripted_advisor: ScriptedAdvisor
) -> None:
    hugang = open_page(scripted_server)
    hugang.ask(SLOW)
    expect(hugang.answers.first.locator(".hg-block")).to_have_count(1)
    asked = len(scripted_advisor.questions)
    hugang.reload()
    expect(hugang.answers.first.locator(".hg-block").first).to_contain_text("8.25%")
    expect(hugang.answers.first).to_have_class(re.compile("hg-answered"))
    expect(hugang.answers.first.locator(".hg-notice")).to_have_count(0)
    assert len(scripted_advisor.questions) == asked
    hugang.ask(SLOW)
    expect(hugang.answers.nth(1).locator(".hg-block")).to_have_count(1)
    new(hugang)  # left behind, it goes on
    open_list(hugang).locator(".hg-list-open").first.click()
    expect(hugang.answers.nth(1)).to_have_class(re.compile("hg-answered"))
    quiet(hugang)


def test_a_stopped_answer_stays_stopped(open_page: OpenPage, scripted_server: str) -> None:
    hugang = open_page(scripted_server)
    hugang.ask_and_wait(TAX)
    hugang.ask(f"极{SLOW}")
    second = hugang.answers.nth(1)
    expect(second.locator(".hg-block")).to_have_count(1)
    hugang.page.get_by_role("button", name="停止").click()
    expect(second).to_contain_text("已停止")
    hugang.reload()
    expect(second).to_contain_text("已停止")
    expect(second.locator(".hg-block")).to_have_count(1)
    quiet(hugang)


@pytest.mark.parametrize("options", [{"locale": "zh-CN"}, {"locale": "en-GB", **PHONE}])
def test_a_server_killed_in_mid_answer_loses_nothing_that_was_shown(
    open_page: OpenPage, killed_server: KilledServer, options: dict[str, object]
) -> None:
    hugang = open_page(killed_server.address, **options)
    english = options["locale"] == "en-GB"
    done = hugang.ask_and_wait("What is the tax rate?" if english else TAX)
    kept, named = cited(done), marks(done)
    hugang.ask("极慢: tax rate?" if english else f"极{SLOW}")
    second = hugang.answers.nth(1)
    expect(second.locator(".hg-block")).to_have_count(1)
    shown = second.locator(".hg-block").first.inner_text()
    killed_server.kill()
    expect(second.locator(".hg-notice")).to_contain_text(
        "connection to the server was lost" if english else "连接中断"
    )
    expect(second.locator(".hg-block").first).to_have_text(shown, use_inner_text=True)
    killed_server.start()
    # The page comes back by itself, with what was shown, and says that it asks again.
    notice = "server was restarted" if english else "服务器重新启动过"
    expect(second.locator(".hg-notice")).to_contain_text(notice)
    expect(second.locator(".hg-block").first).to_have_text(shown, use_inner_text=True)
    expect(second).to_have_class(re.compile("hg-answered"))
    expect(second.locator(".hg-block")).to_have_count(2)
    expect(second.locator(".hg-notice")).to_have_count(0)
    first = hugang.answers.first
    assert (cited(first), marks(first)) == (kept, named)
    quiet(hugang)


def test_a_question_sent_into_a_dead_server_is_answered_when_it_is_back(
    open_page: OpenPage, killed_server: KilledServer
) -> None:
    hugang = open_page(killed_server.address)
    killed_server.kill()
    hugang.ask(TAX)
    expect(hugang.answers.first.locator(".hg-notice")).to_contain_text("连接中断")
    killed_server.start()
    expect(hugang.answers.first).to_have_class(re.compile("hg-answered"))
    expect(hugang.page.locator(".hg-question")).to_have_text(TAX)
    quiet(hugang)


@pytest.mark.parametrize("options", [{"locale": "zh-CN"}, {"locale": "en-GB", **PHONE}])
def test_an_answer_is_rated_with_a_reason_and_the_rating_changed(
    open_page: OpenPage, scripted_server: str, options: dict[str, object]
) -> None:
    hugang = open_page(scripted_server, **options)
    *_, up, down, send = BUTTONS[str(options["locale"])]
    english = options["locale"] == "en-GB"
    answer = hugang.ask_and_wait("What is the tax rate?" if english else TAX)
    thumbs = answer.get_by_role("group").get_by_role("button")
    button(answer, down).click()
    expect(button(answer, down)).to_have_attribute("aria-pressed", "true")
    answer.get_by_role("radio", name="Out of date" if english else "过时了").check()
    answer.get_by_role("textbox").fill("<b>2026</b> & 新规")
    button(answer, send).click()
    expect(answer.get_by_role("status").last).to_contain_text("Thank you" if english else "谢谢")
    hugang.reload()
    expect(button(answer, down)).to_have_attribute("aria-pressed", "true")
    button(answer, down).click()
    expect(answer.get_by_role("radio", name="Out of date" if english else "过时了")).to_be_checked()
    expect(answer.get_by_role("textbox")).to_have_value("<b>2026</b> & 新规")
    button(answer, up).click()
    expect(answer.get_by_role("radio")).to_have_count(0)
    expect(button(answer, up)).to_have_attribute("aria-pressed", "true")
    expect(button(answer, down)).to_have_attribute("aria-pressed", "false")
    button(answer, "Take back" if english else "撤回评价").click()
    expect(thumbs.first).to_have_attribute("aria-pressed", "false")


# In the page, since fifty of each by the hand of a driver would take half a minute.
TYPE_ALL = """async (payloads) => {
  const until = async (found) => {
    for (let i = 0; i < 2000; i += 1) {
      if (found()) return found();
      await new Promise((next) => setTimeout(next, 10));
    }
    throw new Error("waited in vain for " + found);
  };
  const one = (selector) => document.querySelector(selector);
  for (const payload of payloads) {
    one("#hg-question").value = payload + "天气";
    one(".hg-composer").requestSubmit();
    (await until(() => one(".hg-thumb-down"))).click();
    (await until(() => one(".hg-feedback-form textarea"))).value = payload;
    one(".hg-feedback-form").requestSubmit();
    await until(() => one(".hg-feedback-said"));
    one(".hg-new").click();
  }
}"""
RENAME_ALL = """async (titles) => {
  const headers = { "Content-Type": "application/json",
    "X-Hugang-Owner": localStorage.getItem("hugang.owner") };
  const kept = (await (await fetch("api/v1/conversations", { headers })).json()).conversations;
  const send = (one, title) => fetch("api/v1/conversations/" + one.id,
    { method: "PATCH", headers, body: JSON.stringify({ title }) });
  const all = await Promise.all(kept.map((one, i) => send(one, titles[i])));
  if (!all.every((one) => one.ok)) throw new Error("refused");
}"""


def test_nothing_that_anyone_typed_runs(open_page: OpenPage, scripted_server: str) -> None:
    hugang = open_page(scripted_server)
    page = hugang.page
    page.evaluate(TYPE_ALL, list(XSS))
    shown = open_list(hugang)
    titles = shown.locator(".hg-list-title")
    expect(titles).to_have_text([f"{payload}天气" for payload in reversed(XSS)])
    page.evaluate(RENAME_ALL, list(XSS))
    hugang.reload()
    expect(titles).to_have_text(list(XSS))
    for i in range(0, len(XSS), 6):
        titles.nth(i).click()
        answer = hugang.answers.first
        expect(page.locator(".hg-question")).to_have_text(f"{XSS[-1 - i]}天气")
        button(answer, "有问题").click()
        expect(answer.get_by_role("textbox")).to_have_value(XSS[-1 - i])
        assert page.locator(".hg-conversation :is(img, script, iframe)").count() == 0
    shown.locator(".hg-list-item").first.hover()
    button(shown, "改名").click()
    expect(shown.get_by_role("textbox", name="新标题")).to_have_value(XSS[0])
    page.mouse.move(600, 400)
    page.keyboard.press("Escape")
    expect(button(shown, "改名")).to_be_focused()
    button(shown, "删除").click()
    expect(shown.locator(".hg-list-undo span")).to_have_text(f"已删除「{XSS[0]}」")
    foreign = "img, script, iframe, a, details, style, math, body, input:not([type=search])"
    expect(shown.locator(foreign)).to_have_count(0)
    assert page.evaluate("window.__xss") is None


def test_a_server_that_keeps_nothing_works_as_a_tab(
    open_page: OpenPage, corpus: Corpus, tmp_path: Path
) -> None:
    from ui.api.app import create_app

    settings = Settings(home=tmp_path / "none", keep_conversations=False)
    with served(create_app(ScriptedAdvisor(corpus), settings)) as address:
        hugang = open_page(address)
        kept = cited(hugang.ask_and_wait(TAX))
        expect(hugang.page.locator(".hg-list-toggle")).to_be_hidden()
        expect(hugang.page.locator(".hg-thumb")).to_have_count(0)
        foot = hugang.answers.first.locator(".hg-foot")
        expect(foot.get_by_role("button", name="复制")).to_be_visible()
        for name in ("Word", "PDF"):  # no answer is kept of which one could be made
            expect(foot.get_by_role("link", name=name)).to_have_count(0)
        hugang.reload()
        expect(hugang.answers.first).to_contain_text("8.25%")
        assert cited(hugang.answers.first) == kept
        assert hugang.page.evaluate("localStorage.getItem('hugang.owner')") is None
        hugang.ask(SLOW)
        expect(hugang.answers.nth(1).locator(".hg-block")).to_have_count(1)
        hugang.reload()
        expect(hugang.answers.nth(1).get_by_role("alert")).to_contain_text("连接中断")
        quiet(hugang)
    assert not (tmp_path / "none").exists()
