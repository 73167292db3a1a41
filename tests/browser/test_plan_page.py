"""The pages of plans as a person uses them, and the drawings as a browser sets them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bot.language import Lang
from bot.present import present_plan
from bot.route_plan import plan_route
from knowledge.corpus import Corpus
from tests.hostile import PAYLOADS
from ui.plan.drawing import draw_option
from ui.strings import LANGS

FUND = "/plan/fund-overseas-subsidiary"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, live_server: str) -> Iterator[Open]:
    """Open a page of the live server; it must not complain, call others or raise a dialog."""
    trouble: list[str] = []
    contexts = []
    expect.set_options(timeout=20_000)

    def visit(path: str, **options: object) -> Page:
        context = browser.new_context(
            **({"viewport": DESKTOP, "locale": "zh-CN", "base_url": live_server} | options)
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
        page.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda message: (
                trouble.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(live_server) else trouble.append(asked.url),
        )
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert trouble == []


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_treasurer_finds_the_route_and_sees_the_plan_change_as_she_types(visit: Open) -> None:
    page = visit("/plan?lang=zh-Hans")
    page.get_by_role("link", name="给境外工厂或子公司出资和供款").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("给境外工厂或子公司出资和供款")
    expect(page.get_by_role("button", name="更新路线")).to_be_hidden()
    steps = page.locator(".hg-steps").first.locator("> li")
    before = steps.count()
    page.get_by_role("textbox", name=re.compile("中方投资总额")).press_sequentially("2亿", delay=30)
    expect(page.locator("#note-amount_usd")).to_have_text("读作 2亿美元（200,000,000）")
    page.get_by_label(re.compile("境内投资主体")).select_option(label="民营或其他地方企业")
    page.locator("#f-sensitive_project").get_by_label("否").check()
    expect(steps).not_to_have_count(before)
    expect(page.get_by_text("按您的情况不需要的步骤")).to_be_visible()
    # What stands in the way is said at once, in a place that is read out.
    page.locator("#f-prohibited_project").get_by_label("是", exact=True).check()
    expect(page.get_by_role("status")).to_have_text("按已知情况，下列办法都走不通；原因见各项。")
    # The address can be passed on, also into another language.
    expect(page).to_have_url(re.compile("amount_usd=.*prohibited_project=true"))
    page.get_by_role("group", name="界面语言").get_by_role("link", name="EN").click()
    expect(page.locator("#i-amount_usd")).to_have_value("2亿")
    expect(page.locator("#f-prohibited_project").get_by_label("Yes")).to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("every way below is closed")
    away = page.locator(".hg-takeaway a").first.get_attribute("href") or ""
    assert away.startswith(f"{FUND}.docx?amount_usd=")
    assert "prohibited_project=true" in away


def test_a_founder_on_a_phone_reads_a_way_and_its_sources(visit: Open) -> None:
    page = visit(f"{FUND}?lang=en", viewport=PHONE, locale="en-GB", has_touch=True)
    assert no_sideways_scroll(page)
    expect(page.locator(".hg-plan-now")).to_be_in_viewport()  # below the form, yet in sight
    expect(page.locator(".hg-route-tall")).to_be_visible()
    expect(page.locator(".hg-route-wide")).to_be_hidden()
    table = page.get_by_role("region", name=re.compile("side by side"))
    assert table.evaluate("box => box.scrollWidth > box.clientWidth")
    page.get_by_role("link", name="Shareholder loan on top of the equity").click()
    expect(
        page.get_by_role("heading", name="Shareholder loan on top of the equity")
    ).to_be_focused()
    picture = page.get_by_role("img", name="How the money moves: Shareholder loan")
    expect(picture).to_be_in_viewport()
    smallest = picture.evaluate(
        "svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width"
    )
    assert smallest * 12 >= 11  # the smallest letters, in pixels
    source = page.locator(".hg-grounds a").first
    expect(source).to_have_attribute("href", re.compile(r"^/rules/[a-z0-9-]+\?lang=en#fact-\d+$"))
    expect(page.locator(".hg-grounds .hg-badge").first).to_have_text("In force")
    assert no_sideways_scroll(page)


def test_a_wrong_value_is_told_beside_its_field_and_nothing_is_lost(visit: Open) -> None:
    page = visit(f"{FUND}?lang=zh-Hant&send_in_cny=true")
    amount = page.locator("#i-amount_usd")
    amount.fill("很多錢")
    note = page.locator("#note-amount_usd")
    expect(note).to_contain_text("沒讀懂「很多錢」")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_value("很多錢")
    expect(page.locator("#f-send_in_cny").get_by_label("是", exact=True)).to_be_checked()
    amount.fill("三千萬")
    expect(note).to_have_text("讀作 3,000萬美元（30,000,000）")
    assert amount.get_attribute("aria-invalid") is None


def test_without_script_the_form_is_sent_by_its_button(visit: Open) -> None:
    page = visit(f"{FUND}?lang=zh-Hans", java_script_enabled=False)
    page.locator("#i-amount_usd").fill("3亿欧元")
    page.locator("#f-overseas_funds_only").get_by_label("否").check()
    page.get_by_role("button", name="更新路线").click()
    expect(page.locator("#note-amount_usd")).to_contain_text("请填以美元计")
    expect(page.locator("#i-amount_usd")).to_have_value("3亿欧元")
    expect(page.locator("#f-overseas_funds_only").get_by_label("否")).to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("1 种走不通")
    page.get_by_role("link", name="用境外自有资金").click()
    expect(page.get_by_role("heading", name="用境外自有资金")).to_be_visible()
    expect(page.locator("#i-amount_usd")).to_have_value("3亿欧元")


def test_the_newest_answer_wins_and_a_lost_server_is_told(visit: Open) -> None:
    page = visit(f"{FUND}?lang=en")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "amount_usd=1&" in route.request.url:
            held.append(route)  # answered only after the next
        else:
            route.continue_()

    page.route("**/*fragment=1*", hold)
    amount, note = page.locator("#i-amount_usd"), page.locator("#note-amount_usd")
    with page.expect_request(re.compile("amount_usd=1&")):
        amount.fill("1")
    amount.fill("2 million")
    expect(note).to_have_text("Read as USD 2 million (2,000,000)")
    for route in held:
        route.abort()
    expect(page.locator("#result[aria-busy]")).to_have_count(0)
    expect(note).to_have_text("Read as USD 2 million (2,000,000)")
    # A server that answers with an error: what was typed stays, and a line says so.
    page.unroute("**/*fragment=1*")
    page.route("**/*fragment=1*", lambda route: route.fulfill(status=200, body="<html>"))
    amount.fill("3 million")
    expect(page.get_by_role("status")).to_contain_text("Not updated")
    expect(amount).to_have_value("3 million")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_a_day_before_the_rules_marks_the_steps_that_rest_on_them(
    visit: Open, viewport: dict[str, int]
) -> None:
    page = visit(f"{FUND}?lang=zh-Hans", viewport=viewport)
    marked = page.locator(".hg-step .hg-not-held")
    expect(page.locator(".hg-step").first).to_be_visible()
    expect(marked).to_have_count(0)
    page.locator("#i-as_of").fill("2012-01-01")
    expect(marked.first).to_contain_text("在 2012-01-01，这一步的依据都不适用：“")
    expect(marked.first).to_contain_text(re.compile(r"自 20\d\d-\d\d-\d\d 起适用"))
    expect(page.locator("#result")).to_contain_text(
        f"其中 {marked.count()} 步所依据的规定在 2012-01-01 都不适用"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.emulate_media(media="print")
    expect(marked.first).to_be_visible()


def test_on_paper_the_plan_is_light_wide_and_without_its_form(visit: Open) -> None:
    page = visit(f"{FUND}?lang=zh-Hans&amount_usd=2亿", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".hg-plan-form")).to_be_hidden()
    expect(page.locator(".hg-plan-known")).to_contain_text("2亿美元（200,000,000）")
    expect(page.locator(".hg-route-wide")).to_be_visible()
    for part, want in ((".hg-r-ink", "rgb(20, 38, 44)"), (".hg-r-ground", "rgb(255, 255, 255)")):
        found = page.locator(f".hg-route-wide {part}").first.evaluate(
            "e => getComputedStyle(e).fill"
        )
        assert found == want
    page.emulate_media(media="screen", color_scheme="dark")
    ink = page.locator(".hg-route-wide .hg-r-ink").first.evaluate("e => getComputedStyle(e).fill")
    assert ink == "rgb(230, 237, 236)"


def test_nothing_typed_or_linked_is_run(visit: Open) -> None:
    page = visit(f"{FUND}?lang=en")
    amount, note = page.locator("#i-amount_usd"), page.locator("#note-amount_usd")
    for n, payload in enumerate(PAYLOADS[::2]):  # the rest, and these again, by the address
        with page.expect_response(re.compile("fragment=1")):
            amount.fill(f"{payload}{n} 7 8")  # never a number, always another message
            amount.press("Enter")
        expect(note).to_contain_text("was not understood")
    for at in range(0, len(PAYLOADS), 14):
        some = PAYLOADS[at : at + 14]
        query = "&".join(f"{quote(one)}={quote(one)}&enterprise_type={quote(one)}" for one in some)
        page.goto(f"{FUND}?lang=en&{query}&send_in_cny={quote(some[0])}&option={quote(some[-1])}")
        expect(page.locator(".hg-strangers")).to_contain_text("This route has no")
    assert page.evaluate("document.querySelectorAll('#main :is(script, iframe, img)').length") == 0


MEASURE = """() => [...document.querySelectorAll('svg')].flatMap((svg) => {
  const view = svg.viewBox.baseVal;
  const boxes = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBBox()]);
  const out = boxes.filter(([, b]) => b.x < 0 || b.x + b.width > view.width
    || b.y < 0 || b.y + b.height > view.height).map(([said]) => ['outside', said]);
  for (const [i, [one, a]] of boxes.entries()) for (const [other, b] of boxes.slice(i + 1))
    if (Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1
      && Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > a.height / 4)
      out.push([one, other]);
  return out;
})"""


@pytest.mark.parametrize("lang", LANGS)
def test_a_browser_sets_every_drawing_without_overlap(
    browser: Browser, corpus: Corpus, lang: Lang
) -> None:
    plans = (present_plan(plan_route(route, {}), lang) for route in corpus.routes.values())
    drawn = [
        draw_option(option, lang, tall=tall)
        for plan in plans
        for option in plan.options
        for tall in (False, True)
    ]
    assert len(drawn) > 200
    page = browser.new_page()
    page.set_content(f"<html lang={lang}><body>{''.join(drawn)}")
    assert page.evaluate(MEASURE) == []
    page.close()
