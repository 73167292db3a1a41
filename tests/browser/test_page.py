"""The page as its users meet it, over a scripted advisor."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import HugangPage, OpenPage
from tests.browser.scripted import ScriptedAdvisor

TAX = "香港财资中心税率多少？"
ROUTE = "财资中心的路线怎么走？"


def position(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["y"]


def test_the_question_shows_at_once_then_stages_then_blocks_then_the_standing(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    hugang.ask("慢慢说：" + TAX)
    expect(hugang.page.locator(".hg-question")).to_have_text("慢慢说：" + TAX)
    answer = hugang.answers.first
    doing = answer.locator(".hg-standing")
    expect(doing).to_contain_text("正在理解问题")
    expect(answer.locator(".hg-trace")).to_contain_text("找到 5 条依据，来自 2 份文件")
    expect(answer.locator(".hg-block")).to_have_count(1)
    expect(doing).to_contain_text("撰写并核对")
    expect(answer.locator(".hg-block")).to_have_count(2)
    expect(answer.get_by_text("已回答", exact=True)).to_be_visible()
    expect(doing).not_to_contain_text("撰写并核对")
    expect(answer).to_contain_text("答案按")


def test_a_running_answer_can_be_stopped_and_the_next_one_asked(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    hugang.ask("慢慢说：" + TAX)
    hugang.page.get_by_role("button", name="停止").click()
    expect(hugang.answers.first).to_contain_text("已停止")
    answer = hugang.ask_and_wait(TAX)
    expect(answer).to_contain_text("8.25%")
    expect(hugang.answers.first.locator(".hg-foot")).to_have_count(0)


def test_an_example_is_asked_with_a_click(open_page: OpenPage, scripted_server: str) -> None:
    hugang = open_page(scripted_server)
    hugang.page.get_by_role("button", name="跨境支付通企业能不能用？").click()
    expect(hugang.page.locator(".hg-question")).to_have_text("跨境支付通企业能不能用？")
    expect(hugang.page.locator(".hg-hero")).to_be_hidden()


def test_enter_on_a_mark_opens_its_source_and_escape_goes_back(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    answer = hugang.ask_and_wait(TAX)
    mark = answer.get_by_role("button", name="来源 1", exact=True).first
    mark.focus()
    mark.press("Enter")
    panel = hugang.page.get_by_role("complementary", name="来源")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("合资格财资利润按8.25%征利得税")
    expect(panel).to_contain_text("taxed at 8.25%")
    expect(panel.locator("mark", has_text="8.25%")).to_have_count(2)
    expect(panel).to_contain_text("现行")
    expect(panel).to_contain_text("自 2016-04-01 起施行")
    expect(panel.locator("h2")).to_be_focused()
    expect(mark).to_have_attribute("aria-expanded", "true")
    hugang.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(mark).to_be_focused()


def test_the_panel_walks_through_the_sources_of_its_answer(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    hugang.ask_and_wait(TAX).get_by_role("button", name="来源 4", exact=True).first.click()
    expect(hugang.panel).to_contain_text("来源 4 / 5")
    hugang.panel.get_by_role("button", name="下一个来源").click()
    expect(hugang.panel).to_contain_text("来源 5 / 5")
    expect(hugang.panel).to_contain_text("已被取代")
    expect(hugang.panel).to_contain_text("已由以下文件取代")
    expect(hugang.panel.get_by_role("button", name="下一个来源")).to_be_disabled()
    link = hugang.panel.locator(".hg-open")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener"))


def test_each_answer_of_a_conversation_opens_its_own_sources(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    chinese = hugang.ask_and_wait(TAX)
    english = hugang.ask_and_wait("What is the tax rate?")
    english.get_by_role("button", name="来源 1", exact=True).first.click()
    expect(hugang.panel.locator("blockquote").first).to_contain_text("taxed at")
    chinese.get_by_role("button", name="来源 1", exact=True).first.click()
    expect(hugang.panel.locator("blockquote").first).to_contain_text("征利得税")


def test_a_follow_up_brings_the_conversation_along(
    open_page: OpenPage, scripted_server: str, scripted_advisor: ScriptedAdvisor
) -> None:
    hugang = open_page(scripted_server)
    hugang.ask_and_wait(TAX)
    hugang.ask_and_wait("那上海呢？")
    history = scripted_advisor.questions[-1].history
    assert [turn.role for turn in history] == ["user", "assistant"]
    assert history[0].content == TAX
    assert "8.25%" in history[1].content


def test_a_new_conversation_starts_empty(
    open_page: OpenPage, scripted_server: str, scripted_advisor: ScriptedAdvisor
) -> None:
    hugang = open_page(scripted_server)
    hugang.ask_and_wait(TAX)
    hugang.page.get_by_role("button", name="新对话").click()
    expect(hugang.answers).to_have_count(0)
    expect(hugang.page.get_by_role("heading", level=1)).to_be_visible()
    hugang.ask_and_wait("那上海呢？")
    assert scripted_advisor.questions[-1].history == ()


def test_the_language_changes_every_word_but_not_the_answers(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    page = hugang.page
    answer = hugang.ask_and_wait(TAX + "部分")
    answer.get_by_role("button", name="来源 1", exact=True).first.click()
    page.get_by_role("button", name="EN", exact=True).click()
    expect(answer.get_by_text("Partly answered", exact=True)).to_be_visible()
    expect(answer).to_contain_text("征利得税")
    expect(hugang.panel).to_contain_text("In force")
    expect(hugang.panel).to_contain_text("Source 1 of 5")
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="繁", exact=True).click()
    expect(answer.get_by_text("部分回答", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="您的問題")).to_be_visible()
    hugang.reload()
    expect(page.get_by_role("textbox", name="您的問題")).to_be_visible()


def test_a_conversation_outlives_a_reload_but_not_its_tab(
    open_page: OpenPage, scripted_server: str, scripted_advisor: ScriptedAdvisor
) -> None:
    hugang = open_page(scripted_server)
    hugang.ask_and_wait(TAX)
    hugang.ask("慢慢说：" + ROUTE)
    hugang.reload()
    expect(hugang.answers).to_have_count(2)
    expect(hugang.answers.nth(1)).to_have_class(re.compile("hg-answered"))
    hugang.answers.nth(0).get_by_role("button", name="来源 1", exact=True).first.click()
    expect(hugang.panel).to_contain_text("征利得税")
    hugang.ask_and_wait("那上海呢？")
    assert scripted_advisor.questions[-1].history[0].content == TAX
    other = hugang.page.context.new_page()
    other.goto(scripted_server)
    expect(other.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "heading"),
    [
        ("zh-CN", "资金出海，经上海与香港怎么走"),
        ("zh-HK", "資金出海，經上海與香港怎麼走"),
        ("en-GB", "Going global through Shanghai and Hong Kong"),
        ("fr-FR", "资金出海，经上海与香港怎么走"),
    ],
)
def test_the_first_language_is_that_of_the_browser(
    open_page: OpenPage, scripted_server: str, locale: str, heading: str
) -> None:
    page = open_page(scripted_server, locale=locale).page
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_html_in_a_question_is_shown_as_text(open_page: OpenPage, scripted_server: str) -> None:
    hugang = open_page(scripted_server)
    nasty = "<img src=x onerror=\"document.title='owned'\"> ${1+1} {{x}} 天气"
    hugang.ask_and_wait(nasty)
    expect(hugang.page.locator(".hg-question")).to_have_text(nasty)
    expect(hugang.page.locator(".hg-conversation img")).to_have_count(0)
    assert "owned" not in hugang.page.title()


def test_a_declined_question_offers_the_nearest_instruments(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    answer = hugang.ask_and_wait("天气怎么样？")
    expect(answer).to_have_class(re.compile("hg-declined"))
    expect(answer).to_contain_text("接下来")
    answer.get_by_role("button", name=re.compile("QDII")).click()
    expect(hugang.page.locator(".hg-question").nth(1)).to_contain_text("主要规定了什么？")


@pytest.mark.parametrize(
    ("question", "said"),
    [("失败", "检索暂时不可用"), ("崩溃", "这次没有答成"), ("长" * 4000 + "甲", None)],
)
def test_a_failure_is_said_and_the_question_kept(
    open_page: OpenPage, scripted_server: str, question: str, said: str | None
) -> None:
    hugang = open_page(scripted_server)
    if said is None:
        # The box takes 4,000 characters; a longer text can only come from a script.
        hugang.box.evaluate("(box) => box.removeAttribute('maxlength')")
        said = "最多4000个"
    answer = hugang.ask_and_wait(question)
    expect(answer.get_by_role("alert")).to_contain_text(said)
    answer.get_by_role("button", name="再试一次").click()
    expect(answer).to_have_class(re.compile("hg-failed"))
    expect(hugang.page.locator(".hg-question")).to_have_text([question])


def test_a_plan_shows_its_first_choice_and_folds_the_others(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    plan = hugang.ask_and_wait(ROUTE).locator(".hg-plan")
    expect(plan).to_have_count(1)
    expect(plan.get_by_text("首选", exact=True)).to_be_visible()
    expect(plan.get_by_text("国家发展和改革委员会").first).to_be_visible()
    other = plan.locator(".hg-others > details").first
    expect(other.locator(".hg-option")).to_be_hidden()
    other.locator("summary").first.click()
    expect(other.locator(".hg-option")).to_be_visible()
    plan.locator(".hg-mark:visible").first.click()
    expect(hugang.panel).to_be_visible()


def test_an_answer_is_copied_as_markdown(open_page: OpenPage, scripted_server: str) -> None:
    hugang = open_page(scripted_server, permissions=["clipboard-read", "clipboard-write"])
    answer = hugang.ask_and_wait(TAX)
    answer.get_by_role("button", name="复制为 Markdown").click()
    expect(answer.get_by_text("已复制")).to_be_visible()
    copied = hugang.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"**{TAX}**")
    assert "\n[1] 香港企业财资中心税制" in copied


def no_sideways_scroll(page: Page) -> bool:
    return page.evaluate(
        "[document.documentElement, document.querySelector('.hg-scroll')]"
        ".every((one) => one.scrollWidth <= one.clientWidth)"
    )


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_phone_needs_no_sideways_scroll_and_the_source_is_a_sheet(
    open_page: OpenPage, scripted_server: str, locale: str
) -> None:
    hugang = open_page(
        scripted_server, locale=locale, viewport={"width": 390, "height": 844}, has_touch=True
    )
    page = hugang.page
    assert no_sideways_scroll(page)
    answer = hugang.ask_and_wait(ROUTE if locale == "zh-CN" else "Which route for a centre?")
    assert no_sideways_scroll(page)
    mark = answer.locator(".hg-mark").first
    mark.tap()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    expect(sheet).to_have_attribute("aria-modal", "true")
    assert position(sheet) > 50
    for _ in range(12):
        page.keyboard.press("Tab")
        assert sheet.evaluate("(panel) => panel.contains(document.activeElement)")
    page.locator(".hg-backdrop").tap(position={"x": 20, "y": 20})
    expect(sheet).to_be_hidden()
    expect(mark).to_be_focused()


def test_light_and_dark_follow_the_system_until_chosen(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server, color_scheme="dark")
    page, body = hugang.page, hugang.page.locator("body")
    expect(body).to_have_class(re.compile(r"\bdark\b"))
    page.get_by_role("button", name="切换明暗").click()
    expect(body).not_to_have_class(re.compile(r"\bdark\b"))
    hugang.reload()
    hugang.box.wait_for()
    expect(body).not_to_have_class(re.compile(r"\bdark\b"))


def test_enter_that_ends_a_composed_word_does_not_send(
    open_page: OpenPage, scripted_server: str
) -> None:
    hugang = open_page(scripted_server)
    hugang.box.fill("shuilv")
    hugang.box.evaluate(
        "(box) => box.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    expect(hugang.box).to_have_value("shuilv")
    hugang.box.press("Shift+Enter")
    expect(hugang.answers).to_have_count(0)
    expect(hugang.box).to_have_value("shuilv\n")


def test_nothing_of_gradio_is_seen(open_page: OpenPage, scripted_server: str) -> None:
    hugang: HugangPage = open_page(scripted_server)
    expect(hugang.page.get_by_text(re.compile("gradio|Use via API", re.IGNORECASE))).to_have_count(
        0
    )
    expect(hugang.page.locator("footer:visible")).to_have_count(0)
    assert hugang.page.title() == "沪港通途 · 沪港金融路线问答"
