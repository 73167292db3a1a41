"""The chat in a portal: a real Chromium, the Hugang server, and a portal on another origin."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Page, expect

from bot.settings import Settings
from bot.store.store import Store
from bot.store.tenants import Limits, TenantProfile
from knowledge.card import Bilingual
from tests.browser.conftest import DEADLINE_MS, served
from tests.browser.portal import SESSION, Portal, portal
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app
from ui.sessions import new_token

TAX = "香港财资中心税率多少？"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
WECHAT = (
    "Mozilla/5.0 (Linux; Android 13; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160065 MMWEBSDK/20231202 "
    "MicroMessenger/8.0.47.2560(0x28002F30) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN"
)
REFUSES_STORAGE = """
if (window !== window.top) for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("refused", "SecurityError"); } });
}
"""
GUIDE = Path(__file__).parents[2] / "docs" / "embedding.md"
HOST = "https://hugang.example.com"
HALF_AN_HOUR = dt.timedelta(minutes=30)
EVENTS = ("ready", "open", "close", "asked", "answered", "declined", "error")
LISTEN = f"""
window.told = [];
for (const name of {json.dumps(EVENTS)}) window.Hugang.on(name, (detail) => window.told.push([name, detail]));
void 0;
"""


class Hugang:
    """The server with its tenants."""

    def __init__(self, address: str, store: Store, advisor: ScriptedAdvisor) -> None:
        self.address = address
        self.store = store
        self.advisor = advisor

    def token(self, tenant: str, **changes: Any) -> dict[str, object]:
        """What the portal's server gets from `POST /api/v1/sessions`."""
        lasts = changes.pop("lasts", HALF_AN_HOUR)
        token, session = new_token(tenant, self.store.tenants.secret(tenant), lasts, **changes)
        return {"token": token, "expires": session.expires.isoformat(), "tenant": tenant}

    @property
    def policy(self) -> str:
        """The strictest policy that the guide's lines make."""
        lines = snippet("policy").replace(HOST, self.address).replace("\n", " ")
        return f"default-src 'none'; style-src 'self'; img-src 'self'; {lines}".replace(
            "script-src", "script-src 'self'"
        )


def snippet(name: str) -> str:
    """Return a snippet of the guide as it stands there."""
    pattern = rf"<!-- snippet: {name} -->\n\s*```\w+\n(.*?)\n\s*```"
    found = re.search(pattern, GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture(scope="module")
def site() -> Iterator[Portal]:
    with portal() as one:
        yield one


@pytest.fixture(scope="module")
def stranger() -> Iterator[Portal]:
    """A site that is no portal of any tenant."""
    with portal() as one:
        yield one


@pytest.fixture(scope="module")
def hugang(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, site: Portal
) -> Iterator[Hugang]:
    settings = Settings(home=tmp_path_factory.mktemp("widget"), staff=False)
    advisor = ScriptedAdvisor()

    def tenant(name: str, **changes: Any) -> None:
        named = Bilingual(zh=f"{name}银行", en=f"Bank {name}")
        limits = changes.pop("limits", Limits())
        profile = TenantProfile(name=named, origins=(site.address,), limits=limits, **changes)
        store.tenants.create(f"bank-{name.lower()}", profile)

    with Store.of(settings) as store:
        tenant("A", public=True, accent="#8a1c1c", examples=(Bilingual(zh=TAX, en="What tax?"),))
        tenant("B")
        tenant("Few", public=True, limits=Limits(visitor_per_minute=1))
        with served(create_app(advisor, settings, web=False)) as address:
            yield Hugang(address, store, advisor)


class Visit:
    """A visitor's browser on a page of the portal."""

    def __init__(self, context: BrowserContext, trouble: list[str]) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.trouble = trouble
        """What the console said, and requests that carried a token in their address."""
        self.page.set_default_timeout(DEADLINE_MS)
        self.page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
        self.page.on("console", lambda said: self._note(said.type, said.text, said.location["url"]))
        self.page.on("request", lambda sent: "eyJ" in sent.url and trouble.append(sent.url))

    def _note(self, kind: str, text: str, at: str) -> None:
        if kind in ("error", "warning"):
            self.trouble.append(f"{kind}: {text} ({at})")

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def frame(self) -> Frame:
        [found] = [one for one in self.page.frames if "/embed/" in one.url]
        return found

    @property
    def box(self) -> Any:
        return self.chat.get_by_role("textbox").first

    @property
    def bubble(self) -> Any:
        return self.page.get_by_role("button", name=re.compile("^(打开|打開|Open|关闭|關閉|Close)"))

    @property
    def told(self) -> list[list[Any]]:
        return self.page.evaluate("window.told")

    def heard(self, name: str) -> dict[str, Any]:
        """Wait for an event; returns what the latest of its name told."""
        for _ in range(DEADLINE_MS // 50):
            found = [detail for one, detail in self.told if one == name]
            if found:
                return found[-1]
            self.page.wait_for_timeout(50)
        raise AssertionError(f"no event {name}: {self.told}, {self.trouble}")

    def go(self, address: str, listen: bool = True) -> None:
        self.page.goto(address)
        if listen:
            self.page.evaluate(LISTEN)

    def open(self) -> None:
        self.bubble.click()
        expect(self.box).to_be_visible()

    def ask(self, question: str) -> Any:
        """Ask, wait for the end of the answer, return it."""
        before = self.chat.locator(".hg-answer").count()
        self.box.fill(question)
        self.box.press("Enter")
        answer = self.chat.locator(".hg-answer").nth(before)
        expect(answer).to_have_class(re.compile("hg-(answered|partly|declined|failed)"))
        return answer


Visiting = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visiting]:
    """Visits; none may end with a complaint on the console that its test did not clear."""
    expect.set_options(timeout=DEADLINE_MS)
    visits: list[Visit] = []

    def begin(**options: Any) -> Visit:
        settings = {"viewport": {"width": 1280, "height": 860}, "locale": "zh-CN"} | options
        made = Visit(browser.new_context(**settings), [])
        visits.append(made)
        return made

    yield begin
    for one in visits:
        cookies = one.context.cookies()
        one.context.close()
        assert cookies == []
    assert [one.trouble for one in visits if one.trouble] == []


def tag(hugang: Hugang, tenant: str = "bank-a", **attributes: str) -> str:
    written = "".join(f' data-{name.replace("_", "-")}="{it}"' for name, it in attributes.items())
    return f'<script src="{hugang.address}/widget.js" data-tenant="{tenant}"{written}></script>'


def page(
    site: Portal, hugang: Hugang, *body: str, policy: str | None = None, path: str = "/"
) -> str:
    html = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>Portal</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"></head><body><main><h1>Portal</h1>'
        f'<a href="#x" id="before">link</a></main>{"".join(body)}</body></html>'
    )
    return site.put(path, html, policy or hugang.policy.replace("img-src", "img-src data:"))


def test_a_bubble_opens_the_chat_under_a_strict_policy(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang, lang="zh-Hans")))
    expect(visitor.bubble).to_have_accessible_name("打开A银行问答")
    expect(visitor.bubble).to_have_css("background-color", "rgb(138, 28, 28)")
    visitor.open()
    expect(visitor.page.get_by_role("dialog")).to_have_accessible_name("A银行：沪港金融问答")
    expect(visitor.box).to_be_focused()
    visitor.chat.get_by_role("button", name=TAX).click()
    answer = visitor.chat.locator(".hg-answer")
    expect(answer).to_have_class(re.compile("hg-answered"))
    answer.locator(".hg-mark").first.click()
    panel = visitor.chat.locator(".hg-panel")
    expect(panel).to_contain_text("中文")
    assert panel.locator("a[href^='/']").count() == 0  # no page that a visitor cannot open
    assert answer.locator("a[href^='/']").count() == 0
    panel.get_by_role("button", name="关闭").click()
    visitor.heard("answered")
    assert [name for name, _ in visitor.told] == ["ready", "open", "asked", "answered"]
    message = visitor.told[2][1]["message"]
    assert visitor.told[3][1] == {"message": message, "standing": "answered"}
    [record, *_] = hugang.store.of_tenant("bank-a").audit.records()
    assert record.surface == "widget"


def test_inline_fills_the_element_that_is_named(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    style = site.put("/low.css", "#tall{height:500px}", kind="text/css")
    visitor = visit()
    for name, height in (("low", 640), ("tall", 500)):
        body = f'<link rel="stylesheet" href="{style}"><div id="{name}"></div>'
        inline = tag(hugang, mode="inline", target=f"#{name}", question="境外放款<b>", lang="en")
        visitor.go(page(site, hugang, body, inline))
        expect(visitor.box).to_have_value("境外放款<b>")
        frame = visitor.page.locator(f"#{name} iframe").bounding_box()
        assert frame is not None
        assert frame["height"] == height
        expect(visitor.chat.get_by_role("button", name="Close the chat")).to_be_hidden()
        expect(visitor.chat.locator(".hg-question")).to_have_count(0)  # only a person sends it


def test_a_target_that_is_not_there_is_told(visit: Visiting, hugang: Hugang, site: Portal) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang, mode="inline", target="#nowhere")))
    [said] = visitor.trouble
    assert 'data-target "#nowhere" names no element of this page' in said
    visitor.trouble.clear()


def test_on_a_phone_the_chat_covers_the_page_and_holds_the_focus(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit(**PHONE)
    visitor.go(page(site, hugang, tag(hugang)))
    visitor.open()
    dialog = visitor.page.get_by_role("dialog")
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(dialog).to_have_attribute("aria-modal", "true")
    expect(visitor.page.locator("html")).to_have_css("overflow", "hidden")
    expect(visitor.bubble).to_be_hidden()
    for press in ["Tab"] * 12 + ["Shift+Tab"] * 12:
        visitor.page.keyboard.press(press)
        visitor.page.wait_for_timeout(20)
        assert visitor.page.evaluate("document.activeElement.shadowRoot !== null")
    visitor.chat.get_by_role("button", name="关闭问答").click()
    expect(dialog).to_be_hidden()
    expect(visitor.bubble).to_be_focused()
    expect(visitor.page.locator("html")).to_have_css("overflow", "visible")


def test_the_keyboard_opens_closes_and_comes_back_to_where_it_was(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang)))
    visitor.bubble.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.box).to_be_focused()
    visitor.ask(TAX)
    visitor.chat.locator(".hg-mark").first.press("Enter")
    expect(visitor.chat.locator(".hg-panel")).to_be_visible()
    visitor.page.keyboard.press("Escape")  # the source first, then the chat
    expect(visitor.chat.locator(".hg-panel")).to_be_hidden()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_be_hidden()
    expect(visitor.bubble).to_be_focused()
    visitor.page.locator("#before").focus()
    visitor.page.evaluate("Hugang.open()")
    expect(visitor.box).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("#before")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [{}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(
    visit: Visiting, hugang: Hugang, site: Portal, theme: str, size: dict[str, Any]
) -> None:
    visitor = visit(reduced_motion="reduce", **size)
    visitor.go(page(site, hugang, tag(hugang, theme=theme, lang="en")))
    found = [*serious(visitor.page.main_frame)]
    visitor.open()
    found += serious(visitor.frame)
    visitor.ask("the route, 部分")
    found += serious(visitor.frame)
    visitor.chat.locator(".hg-mark").first.click()
    expect(visitor.chat.locator(".hg-panel")).to_be_visible()
    found += serious(visitor.frame) + serious(visitor.page.main_frame)
    assert found == []
    assert visitor.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


def serious(frame: Frame) -> list[str]:
    frame.evaluate(AXE_SCRIPT)
    found = frame.evaluate("axe.run({ resultTypes: ['violations'], iframes: false })")["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:300]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_the_portal_asks_and_hears_what_became_of_it(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.page.goto(page(site, hugang, tag(hugang)))
    visitor.page.evaluate(LISTEN + "Hugang.ask('慢慢说：税率')")  # before the chat is ready
    visitor.page.evaluate("Hugang.ask('今天天气如何？')")  # waits for the answer before
    answers = visitor.chat.locator(".hg-answer")
    expect(answers.nth(1)).to_have_class(re.compile("hg-declined"))
    visitor.heard("declined")
    names = [name for name, _ in visitor.told]
    assert names[-4:] == ["asked", "answered", "asked", "declined"]
    visitor.page.evaluate("Hugang.ask('请失败')")
    expect(answers.nth(2)).to_have_class(re.compile("hg-failed"))
    assert visitor.heard("error")["code"] == "answer-failed"
    assert not any("税率" in json.dumps(detail) for _, detail in visitor.told)  # no text goes out
    visitor.page.evaluate("Hugang.destroy()")
    expect(visitor.page.locator("iframe")).to_have_count(0)
    assert visitor.page.evaluate("window.Hugang === undefined")


def test_messages_of_others_are_not_heard(
    visit: Visiting, hugang: Hugang, site: Portal, stranger: Portal
) -> None:
    speaks = stranger.put(
        "/speaks",
        "<script>for (const it of ['close', 'reload']) parent.postMessage({hugang: 1, do: it}, '*');"
        "parent.frames[0].postMessage({hugang: 1, do: 'ask', text: 'forged'}, '*');"
        "parent.frames[0].postMessage({hugang: 1, do: 'hello', mode: 'inline'}, '*')</script>",
    )
    visitor = visit()
    policy = hugang.policy.replace("frame-src", f"frame-src {stranger.address}")
    visitor.go(page(site, hugang, tag(hugang), policy=policy.replace("img-src", "img-src data:")))
    visitor.open()
    visitor.page.evaluate(
        "(at) => new Promise((done) => { const one = document.createElement('iframe');"
        "one.onload = done; one.src = at; document.body.append(one); })",
        speaks,
    )
    visitor.page.wait_for_timeout(300)
    chat = visitor.page.get_by_role("dialog").frame_locator("iframe")
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    expect(chat.locator(".hg-question")).to_have_count(0)
    expect(chat.get_by_role("button", name="关闭问答")).to_be_visible()


def test_a_foreign_site_can_neither_frame_nor_call(
    visit: Visiting, hugang: Hugang, stranger: Portal
) -> None:
    token = hugang.token("bank-a")["token"]
    visitor = visit()
    framed = f'<iframe src="{hugang.address}/embed/bank-a"></iframe>'
    everything = "default-src * 'unsafe-inline' 'unsafe-eval' data:"
    visitor.page.goto(page(stranger, hugang, framed, policy=everything))
    assert "frame-ancestors" in " ".join(visitor.trouble)
    expect(visitor.page.frame_locator("iframe").get_by_role("textbox")).to_have_count(0)
    called = """async ([path, token]) => {
      const headers = { "Content-Type": "application/json", Authorization: "Bearer " + token };
      const body = JSON.stringify({ tenant: "bank-a", text: "x", question: "x", message: "m1", ui: "en" });
      try { return (await fetch(path, { method: "POST", headers, body })).status; }
      catch { return "refused"; }
    }"""
    for path in ("/api/v1/sessions/anonymous", "/api/v1/ask", "/embed/bank-a/ask"):
        assert visitor.page.evaluate(called, [hugang.address + path, token]) == "refused"
    visitor.trouble.clear()
    visitor.go(page(stranger, hugang, tag(hugang), policy=everything))
    assert visitor.heard("error")["code"] == "unreachable"
    expect(visitor.bubble).to_have_count(0)
    assert any("among its origins" in one for one in visitor.trouble)
    visitor.trouble.clear()


def test_opened_by_itself_the_chat_refuses_politely(visit: Visiting, hugang: Hugang) -> None:
    visitor = visit(locale="en-GB")
    visitor.page.goto(f"{hugang.address}/embed/bank-a")
    expect(visitor.page.get_by_text("Please open this chat from a page of Bank A.")).to_be_visible()
    expect(visitor.page.get_by_role("textbox")).to_be_hidden()


def test_a_session_is_fetched_renewed_and_names_the_visitor(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    given = [hugang.token("bank-b", visitor="f" * 64, lasts=-HALF_AN_HOUR)]
    given += [hugang.token("bank-b", visitor="f" * 64)] * 5
    site.session = lambda: (200, given.pop(0))
    site.sessions = 0
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang, "bank-b", session_url=SESSION)))
    expect(visitor.bubble).to_be_visible()
    assert site.sessions == 0  # whoever never opens the chat needs no session
    visitor.open()
    answer = visitor.ask(TAX)
    expect(answer).to_have_class(re.compile("hg-answered"))
    assert site.sessions == 2
    assert visitor.frame.evaluate("localStorage.length") == 0
    answer.get_by_role("button", name="有用").first.click()
    expect(answer.locator('.hg-thumb[aria-pressed="true"]')).to_have_count(1)
    # On another page of the portal the conversation goes on.
    visitor.go(page(site, hugang, tag(hugang, "bank-b", session_url=SESSION), path="/other"))
    visitor.open()
    expect(visitor.chat.locator(".hg-answered")).to_have_count(1)
    expect(visitor.chat.locator('.hg-thumb[aria-pressed="true"]')).to_have_count(1)
    # The browser itself says of the expired one that it was refused.
    assert all("401" in one for one in visitor.trouble)
    visitor.trouble.clear()


@pytest.mark.parametrize("kind", ["expired", "forged"])
def test_a_token_that_does_not_hold_is_refused_and_reloading_offered(
    visit: Visiting, hugang: Hugang, site: Portal, kind: str
) -> None:
    if kind == "expired":
        token = str(hugang.token("bank-b", lasts=-HALF_AN_HOUR)["token"])
    else:
        token = new_token("bank-b", "x" * 43, HALF_AN_HOUR)[0]
    asked = len(hugang.advisor.questions)
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang, "bank-b", token=token, lang="en")))
    visitor.open()
    answer = visitor.ask("What tax?")
    expect(answer.get_by_role("alert")).to_contain_text("Your session has ended")
    assert visitor.heard("error")["code"] == "session-ended"
    assert len(hugang.advisor.questions) == asked
    with visitor.page.expect_navigation():
        answer.get_by_role("button", name="Reload the page").click()
    assert all("401" in one for one in visitor.trouble)
    visitor.trouble.clear()


def test_a_token_that_holds_is_taken_as_it_is(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    token = str(hugang.token("bank-b", visitor="a" * 64)["token"])
    visitor.go(page(site, hugang, tag(hugang, "bank-b", token=token)))
    visitor.open()
    expect(visitor.ask(TAX)).to_have_class(re.compile("hg-answered"))


def test_a_tenant_that_is_not_public_takes_nobody_unknown(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang, "bank-b", lang="en")))
    visitor.open()
    answer = visitor.ask("What tax?")
    expect(answer.get_by_role("alert")).to_contain_text("cannot begin right now")
    assert visitor.heard("error")["code"] == "not-public"
    visitor.trouble.clear()


def test_an_anonymous_visitor_has_a_key_and_nothing_else_in_the_browser(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang)))
    visitor.open()
    visitor.ask(TAX)
    assert visitor.frame.evaluate("Object.keys(localStorage)") == ["hugang.owner.bank-a"]
    assert visitor.frame.evaluate("Object.keys(sessionStorage)") == ["hugang.conversation.bank-a"]
    assert visitor.page.evaluate("localStorage.length + sessionStorage.length") == 0


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh-Hans", "秒后再试"), ("zh-Hant", "秒後再試"), ("en", "Please try again in")],
)
def test_a_limit_says_when_to_try_again(
    visit: Visiting, hugang: Hugang, site: Portal, lang: str, words: str
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang, "bank-few", lang=lang)))
    visitor.open()
    visitor.ask(TAX)  # one a minute from this address: the other languages used it up already
    answer = visitor.ask("第二个问题")
    expect(answer.get_by_role("alert")).to_contain_text(words)
    assert visitor.heard("error")["code"] == "rate-limited"
    assert all("429" in one for one in visitor.trouble)
    visitor.trouble.clear()


def test_an_answer_goes_on_after_the_connection_was_lost(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang)))
    visitor.open()
    asked = len(hugang.advisor.questions)
    visitor.box.fill("慢慢说：" + TAX)
    visitor.box.press("Enter")
    answer = visitor.chat.locator(".hg-answer")
    expect(answer.locator(".hg-trace span")).not_to_have_count(0)
    visitor.context.set_offline(True)
    expect(answer.locator(".hg-notice")).to_contain_text("连接中断")
    visitor.context.set_offline(False)
    expect(answer).to_have_class(re.compile("hg-answered"))
    expect(answer.locator(".hg-notice")).to_have_count(0)
    expect(answer.locator(".hg-block")).to_have_count(2)
    assert len(hugang.advisor.questions) == asked + 1
    visitor.trouble.clear()


def test_stopping_retrying_and_beginning_anew(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang)))
    visitor.open()
    visitor.box.fill("慢慢说：" + TAX)
    visitor.box.press("Enter")
    visitor.chat.get_by_role("button", name="停止").click()
    answer = visitor.chat.locator(".hg-answer")
    expect(answer).to_have_class(re.compile("hg-stopped"))
    answer.get_by_role("button", name="再试一次").click()
    expect(answer).to_have_class(re.compile("hg-answered"))
    visitor.chat.get_by_role("button", name="新对话").click()
    expect(answer).to_have_count(0)
    expect(visitor.chat.get_by_role("button", name=TAX)).to_be_visible()
    visitor.ask("财资中心的路线怎么走？")
    answer.locator("[data-point] [data-do=choose]").first.click()
    expect(
        answer.locator(".hg-chip-drop").or_(visitor.chat.locator(".hg-given"))
    ).not_to_have_count(0)
    expect(answer).to_have_class(re.compile("hg-answered"))


def test_what_is_hostile_stays_text(visit: Visiting, hugang: Hugang, site: Portal) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, tag(hugang)))
    visitor.open()
    visitor.ask("<img src=x onerror='window.__xss=1'>")
    assert visitor.frame.evaluate("window.__xss") is None
    assert visitor.chat.locator("img").count() == 0


# --- the snippets of the guide


def guide(name: str, hugang: Hugang) -> str:
    return snippet(name).replace(HOST, hugang.address)


def test_the_tag_of_the_guide_is_all_that_is_needed(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    visitor = visit()
    visitor.go(page(site, hugang, guide("public", hugang)), listen=False)
    visitor.open()
    expect(visitor.ask(TAX)).to_have_class(re.compile("hg-answered"))


@pytest.mark.parametrize("server", ["python", "node", "curl"])
def test_plain_html_with_each_snippet_for_the_server(
    visit: Visiting,
    hugang: Hugang,
    site: Portal,
    server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = hugang.store.keys.create("bank-a", ("ask", "read")).secret
    monkeypatch.setenv("HUGANG_KEY", key)
    site.session = lambda: (200, session_by(server, hugang, tmp_path))
    html = guide("html", hugang).replace("<head>", '<head><link rel="icon" href="data:,">')
    site.put("/portal.js", guide("html-script", hugang), kind="text/javascript")
    policy = hugang.policy.replace("img-src", "img-src data:")
    visitor = visit()
    visitor.go(site.put("/plain", html, policy), listen=False)
    visitor.page.get_by_role("button", name="境外放款额度怎么算？").click()
    expect(visitor.chat.locator(".hg-answer")).to_have_class(re.compile("hg-answered"))
    assert visitor.frame.evaluate("localStorage.length") == 0
    [record, *_] = hugang.store.of_tenant("bank-a").audit.records()
    assert record.surface == "widget"


def session_by(server: str, hugang: Hugang, folder: Path) -> object:
    """Get a session with a snippet of the guide."""
    text = guide(f"server-{server}", hugang)
    if server == "python":
        names: dict[str, Any] = {}
        exec(text, names)
        return names["hugang_session"]("user-4711")
    if server == "node":
        program = folder / "session.mjs"
        program.write_text(
            f"{text}\nconsole.log(JSON.stringify(await hugangSession('user-4711')));", "utf-8"
        )
        command = ["node", str(program)]
    else:
        command = ["bash", "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return json.loads(done.stdout)


def test_wordpress(visit: Visiting, hugang: Hugang, site: Portal) -> None:
    # What a block of custom HTML puts into a post, inside the theme's own elements.
    block = f'<div class="entry-content wp-block-post-content">\n{guide("wordpress", hugang)}\n\n<p>…</p></div>'
    visitor = visit()
    visitor.go(page(site, hugang, f"<article>{block}</article>"), listen=False)
    expect(visitor.ask(TAX)).to_have_class(re.compile("hg-answered"))
    assert visitor.page.locator("#hugang-chat iframe").bounding_box()["height"] == 640


def react_effect(hugang: Hugang) -> str:
    """The guide's effect as a classic script."""
    module = guide("react", hugang)
    imports = re.compile(r"^import .* from \"react\";\n", re.MULTILINE)
    assert imports.search(module)
    return re.sub(r"^export ", "", imports.sub("", module), flags=re.MULTILINE)


def test_the_react_effect_mounts_leaves_and_mounts_again(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    """The vanilla function that the component's effect calls; React itself is in the next test."""
    site.put("/effect.js", react_effect(hugang), kind="text/javascript")
    visitor = visit()
    place = '<div id="hugang-chat"></div><script src="/effect.js"></script>'
    visitor.go(page(site, hugang, place), listen=False)
    options = "{ tenant: 'bank-a', lang: 'en', mode: 'inline', target: '#hugang-chat' }"
    visitor.page.evaluate(
        f"() => {{ const place = document.getElementById('hugang-chat');"
        f"window.mount = () => mountHugang(place, {options});"
        "window.mount()(); window.leave = window.mount(); }"
    )
    expect(visitor.ask("What tax?")).to_have_class(re.compile("hg-answered"))
    expect(visitor.page.locator("iframe")).to_have_count(1)
    visitor.page.evaluate("window.leave()")
    expect(visitor.page.locator("iframe")).to_have_count(0)
    expect(visitor.page.locator("#hugang-chat *")).to_have_count(0)


REACT = Path(os.environ.get("HUGANG_REACT", ""))


@pytest.mark.skipif(
    not os.environ.get("HUGANG_REACT"),
    reason="HUGANG_REACT names no folder with react.development.js and react-dom.development.js, "
    "the umd files of react and react-dom 18",
)
def test_react_itself_in_strict_mode(visit: Visiting, hugang: Hugang, site: Portal) -> None:
    for name in ("react", "react-dom"):
        text = (REACT / f"{name}.development.js").read_text(encoding="utf-8")
        site.put(f"/{name}.js", text, kind="text/javascript")
    start = """
    const { createElement, useEffect, useRef, useState, StrictMode } = React;
    %s
    function App() {
      const [shown, show] = useState(true);
      return createElement("div", null,
        createElement("button", { onClick: () => show(!shown), id: "toggle" }, "toggle"),
        shown && createElement(HugangChat, { tenant: "bank-a", lang: "en" }));
    }
    ReactDOM.createRoot(document.getElementById("app")).render(
      createElement(StrictMode, null, createElement(App)));
    """
    site.put("/app.js", start % react_effect(hugang), kind="text/javascript")
    scripts = "".join(f'<script src="/{one}.js"></script>' for one in ("react", "react-dom", "app"))
    visitor = visit()
    visitor.go(page(site, hugang, f'<div id="app"></div>{scripts}'), listen=False)
    expect(visitor.ask("What tax?")).to_have_class(re.compile("hg-answered"))
    for frames in (0, 1, 0):
        visitor.page.locator("#toggle").click()
        expect(visitor.page.locator("iframe")).to_have_count(frames)
    assert visitor.page.evaluate("window.Hugang === undefined")


def test_a_page_like_in_wechat_without_third_party_storage(
    visit: Visiting, hugang: Hugang, site: Portal
) -> None:
    site.put("/chat.css", snippet("wechat-style"), kind="text/css")
    visitor = visit(user_agent=WECHAT, **PHONE)
    visitor.context.add_init_script(REFUSES_STORAGE)
    html = guide("wechat", hugang).replace("<head>", '<head><link rel="icon" href="data:,">')
    visitor.go(site.put("/wechat", html, hugang.policy.replace("img-src", "img-src data:")))
    frame = visitor.page.locator("iframe").bounding_box()
    assert frame == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(visitor.ask(TAX)).to_have_class(re.compile("hg-answered"))
    answer = visitor.ask("慢慢说：" + TAX)
    answer.get_by_role("button", name="有用").first.click()
    expect(answer.locator('.hg-thumb[aria-pressed="true"]')).to_have_count(1)
    assert hugang.advisor.questions[-1].history  # the second question knew of the first
    assert not visitor.frame.evaluate(
        "() => { try { return !!localStorage } catch { return false } }"
    )
