"""The page of questions in whole journeys: limits, open points, editing, sources, what to do next."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import HugangPage, OpenPage
from tests.browser.scripted import ScriptedAdvisor
from tests.hostile import PAYLOADS

TAX = "香港财资中心税率多少？"
ROUTE = "财资中心的路线怎么走？"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}

WATCH_SHIFTS = """
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    if (!one.hadRecentInput) window.__shifts.push({ at: one.startTime, value: one.value });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def finished(answer: Locator) -> None:
    expect(answer.locator(".hg-foot")).to_be_visible()


def fits(page: Page) -> bool:
    return page.evaluate(
        "[document.documentElement, document.querySelector('.hg-scroll')]"
        ".every((one) => one.scrollWidth <= one.clientWidth)"
    )


@pytest.mark.parametrize(
    ("locale", "size", "role", "question"),
    [
        ("zh-CN", DESKTOP, "顾问", "香港公司在内地发熊猫债，募集资金能汇出境外吗？"),
        ("en-GB", PHONE, "Adviser", "Can a Hong Kong issuer of panda bonds take the proceeds"),
    ],
)
def test_each_of_five_roles_finds_a_first_question(
    open_page: OpenPage,
    scripted_server: str,
    locale: str,
    size: dict[str, object],
    role: str,
    question: str,
) -> None:
    hugang = open_page(scripted_server, locale=locale, **size)
    groups = hugang.page.locator(".hg-role-group")
    expect(groups).to_have_count(5)
    group = groups.filter(has=hugang.page.get_by_role("heading", name=role))
    group.get_by_role("button", name=question).click()
    expect(hugang.page.locator(".hg-question")).to_contain_text(question)
    finished(hugang.answers.first)
    assert fits(hugang.page)


def test_a_question_in_the_address_waits_in_the_box(
    open_page: OpenPage, scripted_server: str, scripted_advisor: ScriptedAdvisor
) -> None:
    asked = len(scripted_advisor.questions)
    page = open_page(scripted_server).page
    page.goto(f"{scripted_server}/?q=%E5%A2%83%E5%A4%96%E6%94%BE%E6%AC%BE%3Cb%3E&lang=en")
    box = page.get_by_role("textbox", name="Your question")
    expect(box).to_have_value("境外放款<b>")
    expect(box).to_be_focused()
    expect(page.locator(".hg-answer")).to_have_count(0)
    assert len(scripted_advisor.questions) == asked
    assert "q=" not in page.url
    assert "lang=en" in page.url


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_read_moves_while_an_answer_streams(
    open_page: OpenPage, scripted_server: str, size: dict[str, object]
) -> None:
    hugang = open_page(scripted_server, **size)
    hugang.page.evaluate(WATCH_SHIFTS)
    hugang.ask("慢慢说：" + ROUTE)
    expect(hugang.answers.first.locator(".hg-block")).to_have_count(1)
    first = hugang.page.evaluate("performance.now()")
    finished(hugang.answers.first)
    hugang.page.wait_for_timeout(300)
    shifts = hugang.page.evaluate("window.__shifts")
    assert sum(one["value"] for one in shifts if one["at"] > first) < 0.02


def test_what_was_understood_and_found_is_told_and_stays(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    answer = hugang.ask_and_wait(ROUTE)
    trace = answer.locator(".hg-trace")
    expect(trace).to_contain_text("理解为：企业财资中心")
    expect(trace).to_contain_text("2亿美元")
    expect(trace).to_contain_text("找到 5 条依据，来自 2 份文件")
    expect(trace).to_contain_text("路线：")
    # Said once for each state, and never the whole answer.
    said = hugang.page.locator("[data-announce]")
    expect(said).to_contain_text("已回答")
    assert len(said.inner_text()) < 60
    assert hugang.page.locator(".hg-conversation[aria-live]").count() == 0


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_day_and_filters_hold_for_follow_ups_until_cleared(
    open_page: OpenPage,
    scripted_server: str,
    scripted_advisor: ScriptedAdvisor,
    size: dict[str, object],
) -> None:
    hugang = open_page(scripted_server, **size)
    page = hugang.page
    page.get_by_role("button", name="按今天").first.click()
    day = page.get_by_role("dialog").locator("input[type=date]")
    expect(day).to_be_focused()
    day.fill("1999-12-31")
    page.get_by_role("button", name="按这一天").click()
    expect(page.get_by_role("alert")).to_contain_text("2000年至2100年")
    day.fill("2025-06-01")
    page.get_by_role("button", name="按这一天").click()
    expect(page.get_by_role("button", name="去掉：按 2025-06-01")).to_be_visible()
    page.get_by_role("button", name="主题与地区").click()
    page.get_by_role("checkbox", name="税务").check()
    page.get_by_role("checkbox", name="香港").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert fits(page)
    answer = hugang.ask_and_wait(TAX)
    expect(answer).to_contain_text("答案按 2025-06-01 的规定")
    expect(answer.locator(".hg-trace")).to_contain_text("按 2025-06-01 的规定")
    expect(answer.locator(".hg-trace")).to_contain_text("税务")
    expect(page.locator(".hg-given")).to_contain_text("按 2025-06-01")
    hugang.ask_and_wait("那上海呢？")
    for question in scripted_advisor.questions[-2:]:
        assert question.as_of.isoformat() == "2025-06-01"
        assert question.filters.topics == ("tax",)
        assert question.filters.jurisdictions == ("hongkong",)
    hugang.reload()
    expect(page.get_by_role("button", name="去掉：税务")).to_be_visible()
    for name in ("去掉：按 2025-06-01", "去掉：税务", "去掉：香港"):
        page.get_by_role("button", name=name).click()
    hugang.ask_and_wait(TAX)
    last = scripted_advisor.questions[-1]
    assert last.as_of == last.today
    assert last.filters.topics == last.filters.jurisdictions == ()


@pytest.mark.parametrize(
    ("locale", "question", "yes"), [("zh-CN", ROUTE, "是"), ("en-GB", "Which route?", "Yes")]
)
def test_an_open_point_plans_again_in_place_and_can_be_taken_back(
    open_page: OpenPage,
    scripted_server: str,
    scripted_advisor: ScriptedAdvisor,
    locale: str,
    question: str,
    yes: str,
) -> None:
    hugang = open_page(scripted_server, locale=locale)
    page = hugang.page
    answer = hugang.ask_and_wait(question)
    told = page.locator(".hg-given").get_by_role("button")
    answer.get_by_role("group").get_by_role("button", name=yes, exact=True).first.click()
    expect(told).to_have_count(1)
    box = answer.get_by_role("spinbutton").first
    expect(box).to_be_visible()
    expect(page.locator(".hg-question")).to_have_text([question])
    expect(answer).to_have_class(re.compile("hg-answered"))
    asked = scripted_advisor.questions[-1]
    assert asked.text == question
    assert list(asked.profile.values()) == [True]
    assert asked.history == ()  # the same question, better told: not a follow-up
    box.fill("800000000")
    expect(answer.locator("output").first).to_contain_text("800,000,000 (")
    box.press("Enter")
    expect(told).to_have_count(2)
    finished(answer)
    expect(answer).to_have_class(re.compile("hg-answered"))
    assert set(scripted_advisor.questions[-1].profile.values()) == {True, 800_000_000}
    told.first.click()
    expect(told).to_have_count(1)
    finished(answer)
    expect(answer).to_have_class(re.compile("hg-answered"))
    assert list(scripted_advisor.questions[-1].profile.values()) == [800_000_000]
    expect(hugang.answers).to_have_count(1)


def test_an_edited_question_replaces_what_followed_and_can_be_undone(
    open_page: OpenPage, scripted_server: str, scripted_advisor: ScriptedAdvisor
) -> None:
    hugang = open_page(scripted_server)
    page, questions = hugang.page, hugang.page.locator(".hg-question")
    hugang.ask_and_wait(TAX)
    hugang.ask_and_wait("那上海呢？")
    page.get_by_role("button", name="修改问题").first.click()
    expect(hugang.box).to_have_value(TAX)
    page.keyboard.press("Escape")
    expect(hugang.box).to_have_value("")
    page.get_by_role("button", name="修改问题").first.click()
    hugang.ask("香港财资中心要什么条件？")
    expect(questions).to_have_text(["香港财资中心要什么条件？"])
    expect(hugang.answers.first).to_have_class(re.compile("hg-answered"))
    assert scripted_advisor.questions[-1].history == ()
    page.get_by_role("button", name="撤销").click()
    expect(questions).to_have_text([TAX, "那上海呢？"])
    hugang.answers.first.get_by_role("button", name="来源 1", exact=True).first.click()
    expect(hugang.panel).to_contain_text("征利得税")
    hugang.ask_and_wait("再问一句？")
    assert len(scripted_advisor.questions[-1].history) == 4


def test_a_stopped_answer_is_taken_up_again_and_one_asked_anew_comes_back(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    page = hugang.page
    hugang.ask("慢慢说：" + TAX)
    page.get_by_role("button", name="停止").click()
    expect(hugang.answers.first).to_contain_text("已停止")
    hugang.answers.first.get_by_role("button", name="再试一次").click()
    finished(hugang.answers.first)
    expect(hugang.answers.first).to_have_class(re.compile("hg-answered"))
    hugang.answers.first.get_by_role("button", name="再答一次").click()
    expect(hugang.answers.first.locator(".hg-foot")).to_be_visible()  # what it said stays in sight
    page.get_by_role("button", name="停止").click()
    expect(hugang.answers.first).to_have_class(re.compile("hg-answered"))
    finished(hugang.answers.first)


@pytest.mark.parametrize(
    ("question", "state", "said", "next_"),
    [
        ("今天的天气？", "declined", "未作回答", "请换一种问法"),
        (TAX + "部分", "partly", "部分回答", "单独再问"),
    ],
)
def test_what_is_not_answered_looks_different_and_says_what_to_do(
    open_page: OpenPage, scripted_server: str, question: str, state: str, said: str, next_: str
) -> None:
    hugang = open_page(scripted_server)
    good, other = hugang.ask_and_wait(TAX), hugang.ask_and_wait(question)
    expect(other).to_have_class(re.compile(f"hg-{state}"))
    expect(other.locator(".hg-standing strong")).to_have_text(said)
    assert good.locator(".hg-standing-icon").inner_html() != (
        other.locator(".hg-standing-icon").inner_html()
    )
    line = "(one) => getComputedStyle(one).borderLeftStyle"
    assert good.evaluate(line) != other.evaluate(line)
    todo = other.locator(".hg-next")
    expect(todo).to_contain_text(next_)
    expect(todo).to_contain_text("税务局")
    expect(todo.get_by_role("link")).to_have_attribute("href", "https://www.ird.gov.hk/")
    expect(good.locator(".hg-next")).to_have_count(0)


def test_a_suggestion_is_asked_with_a_click_and_the_foot_takes_away(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server, locale="en-GB")
    answer = hugang.ask_and_wait("What is the tax rate?")
    foot = answer.locator(".hg-foot")
    expect(foot).to_contain_text("Facts word for word")
    for name, ending in (("Word", "docx"), ("PDF", "pdf")):
        link = foot.get_by_role("link", name=f"Download {name}")
        address = re.compile(rf"^/answers/answer-\d+\.{ending}\?lang=en$")
        expect(link).to_have_attribute("href", address)
    hugang.page.get_by_role("button", name="繁", exact=True).click()
    expect(foot.get_by_role("link").first).to_have_attribute("href", re.compile("lang=zh-Hant$"))
    answer.locator(".hg-follow").get_by_role("button").first.click()
    expect(hugang.page.locator(".hg-question").nth(1)).to_have_text(
        "Does a treasury centre need a licence?"
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_source_panel_leads_into_the_rulebook(
    open_page: OpenPage, scripted_server: str, size: dict[str, object]
) -> None:
    hugang = open_page(scripted_server, **size)
    panel = hugang.panel
    hugang.ask_and_wait(TAX).get_by_role("button", name="来源 5", exact=True).first.click()
    expect(panel).to_contain_text("2026-04-01 起被取代")
    expect(panel.locator(".hg-family a")).to_have_attribute(
        "href", "/rules/pboc-safe-2025-252-overseas-listing-funds?lang=zh-Hans"
    )
    everything = panel.get_by_role("link", name="这份文件的全部事实")
    place = "/rules/safe-2014-54-overseas-listing-fx?lang=zh-Hans#fact-1"
    expect(everything).to_have_attribute("href", place)
    hugang.page.evaluate("document.querySelector('[data-lang=en]').click()")
    everything = panel.get_by_role("link", name="All facts of this instrument")
    expect(everything).to_have_attribute("href", place.replace("zh-Hans", "en"))
    if "has_touch" in size:
        expect(panel.locator(".hg-handle")).to_be_visible()
        expect(panel.get_by_role("button", name="Close source")).to_be_visible()
        body = panel.locator(".hg-panel-body")
        assert body.evaluate("(one) => one.scrollHeight > one.clientHeight")
        assert panel.evaluate("(one) => one.getBoundingClientRect().top > 40")
    hugang.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_everything_is_reached_and_seen_by_keyboard(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    page = hugang.page
    hugang.ask_and_wait(ROUTE)
    page.locator(".hg-skip").focus()
    unseen: list[str] = []
    names: set[str] = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        at = page.evaluate(
            """() => {
              const one = document.activeElement;
              const style = getComputedStyle(one);
              const box = one.closest(".hg-composer");
              const ring = style.outlineStyle !== "none" || (one.tagName === "TEXTAREA" && box);
              return { name: (one.getAttribute("aria-label") || one.textContent || one.placeholder || "").trim(),
                       seen: Boolean(ring), end: one === document.body };
            }"""
        )
        if at["end"]:
            break
        names.add(at["name"])
        if not at["seen"]:
            unseen.append(at["name"])
    assert unseen == []
    assert "" not in names
    for wanted in (
        "修改问题",
        "来源 1",
        "是",
        "下载 Word",
        "复制为 Markdown（含来源）",
        "您的问题",
    ):
        assert any(wanted in name for name in names), wanted
    for wanted in ("按今天", "主题与地区", "企业财资中心要牌照吗？"):
        assert any(wanted in name for name in names), wanted


@pytest.mark.parametrize(
    ("locale", "scheme", "size"),
    [("zh-CN", "light", DESKTOP), ("en-GB", "dark", DESKTOP), ("zh-HK", "dark", PHONE)],
)
def test_axe_finds_nothing_serious_in_any_state_of_the_page(
    open_page: OpenPage, scripted_server: str, locale: str, scheme: str, size: dict[str, object]
) -> None:
    axe = Axe()
    hugang = open_page(scripted_server, locale=locale, color_scheme=scheme, **size)
    page = hugang.page
    page.emulate_media(reduced_motion="reduce", color_scheme=scheme)

    def check(state: str) -> None:
        found = axe.run(page).response["violations"]
        serious = [
            f"{one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert serious == [], state

    check("welcome")
    page.locator('[data-pop="hg-filter"]').click()
    check("filters")
    page.get_by_role("checkbox").first.check()
    page.locator('[data-pop="hg-day"]').click()
    check("day")
    page.keyboard.press("Escape")
    first = hugang.ask_and_wait(ROUTE if locale != "en-GB" else "Which route?")
    first.get_by_role("group").get_by_role("button").first.click()
    expect(page.locator(".hg-given").get_by_role("button")).to_have_count(1)
    expect(first).to_have_class(re.compile("hg-answered"))
    check("answered, with a plan and a told point")
    hugang.ask_and_wait("今天的天气？")
    hugang.ask_and_wait(TAX + "部分")
    check("declined and partly answered")
    hugang.answers.last.locator(".hg-mark").first.click()
    check("source")
    page.keyboard.press("Escape")
    page.locator(".hg-edit").last.click()
    check("editing")


def test_bad_values_from_a_meddler_are_refused_in_words(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    for change, said in (
        ({"as_of": "2025-13-40"}, "日期「2025-13-40」用不了"),
        ({"as_of": "<img src=x onerror=window.__xss=1>"}, "用不了"),
        ({"filters": {"topics": ["<svg onload=window.__xss=1>"]}}, "没有「<svg"),
        ({"filters": {"jurisdictions": [f"{'长' * 500}"]}}, "没有「长"),
        ({"profile": {"a": ["<svg onload=window.__xss=1>"]}}, "没有读懂这次提交"),
    ):
        meddle(hugang.page, change)
        answer = hugang.ask_and_wait(TAX)
        expect(answer.get_by_role("alert")).to_contain_text(said)
    assert hugang.page.evaluate("window.__xss") is None


def meddle(page: Page, change: dict[str, object]) -> None:
    """Change what the page sends for its next questions."""

    def changed(value: object) -> object:
        if isinstance(value, dict):
            whole = {key: changed(one) for key, one in value.items()}
            return whole | change if "as_of" in whole and "message" in whole else whole
        return [changed(one) for one in value] if isinstance(value, list) else value

    def send(route: Route) -> None:
        route.continue_(post_data=json.dumps(changed(route.request.post_data_json)))

    page.unroute_all()
    page.route(re.compile("queue/join"), send)


def no_harm(hugang: HugangPage, dialogs: list[str]) -> None:
    page = hugang.page
    assert page.evaluate("window.__xss") is None
    assert dialogs == []
    bad = (
        ".hg-conversation :is(script, img, iframe, object, embed, link, style, base, form, math),"
        ".hg-conversation [onerror], .hg-conversation [onload], .hg-conversation [onclick],"
        ".hg-conversation [onfocus], .hg-conversation [style*=url],"
        '.hg-conversation a[href^="javascript:"], .hg-chips *:not(button, span)'
    )
    assert page.locator(bad).count() == 0


def test_no_payload_runs_as_question_history_profile_or_address(
    open_page: OpenPage, scripted_server: str, scripted_advisor: ScriptedAdvisor
) -> None:
    hugang = open_page(scripted_server)
    page = hugang.page
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    # All at once as question, and then as history of a follow-up.
    for start in range(0, len(PAYLOADS), 8):
        several = "\n".join(PAYLOADS[start : start + 8])
        hugang.ask_and_wait(several)
        expect(page.locator(".hg-question").last).to_contain_text(PAYLOADS[start].split("\n")[0])
        no_harm(hugang, dialogs)
    assert len(scripted_advisor.questions[-1].history) >= 8

    # In what the server has kept: question, told points, limits and profile.
    def meddle(route: Route) -> None:
        answered = route.fetch()
        kept = answered.json()
        for turn, payload in zip(kept["asked"], PAYLOADS, strict=False):
            turn["as_of"] = payload
            turn["filters"] = {"topics": [payload], "jurisdictions": [payload]}
            turn["told"] = [{"name": payload, "asked": payload, "shown": payload}]
            turn["profile"] = {payload[:40]: payload}
            turn["question"] = payload
        route.fulfill(response=answered, json=kept)

    page.route("**/api/v1/conversations/*", meddle)
    hugang.reload()
    expect(page.locator(".hg-question").first).to_have_text(PAYLOADS[0])
    no_harm(hugang, dialogs)
    page.unroute("**/api/v1/conversations/*")
    page.get_by_role("button", name="新对话").click()
    for payload in PAYLOADS:
        page.evaluate(
            "(q) => history.replaceState(null, '', '/?q=' + encodeURIComponent(q))", payload
        )
    hugang.reload()
    expect(hugang.box).to_have_value(PAYLOADS[-1])
    no_harm(hugang, dialogs)
