"""The rulebook as a reader uses it: search, filters, the day, chains, the Action Plan, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import DEADLINE_MS

POOL, PILOTS = "mnc-integrated-cash-pool-2025", "mnc-integrated-pool-pilots"
LISTING_FUNDS = "pboc-safe-2025-252-overseas-listing-funds"
PHONE = {"width": 390, "height": 844}

OpenRules = Callable[..., Page]


@pytest.fixture
def open_rules(browser: Browser, live_server: str) -> Iterator[OpenRules]:
    """Open a page of the server; none may complain or speak to another host."""
    trouble: list[str] = []
    contexts: list[BrowserContext] = []
    expect.set_options(timeout=DEADLINE_MS)

    def open_one(path: str, *, fails: bool = False, **options: object) -> Page:
        settings = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"} | options
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
        page.on(
            "console",
            lambda said: (
                trouble.append(said.text)
                if said.type in ("error", "warning") and not fails
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(f"{live_server}/")
                else trouble.append(f"request to another host: {request.url}")
            ),
        )
        page.goto(live_server + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert trouble == []


def row(page: Page, card_id: str) -> Locator:
    return page.locator(f'.rb-row[data-id="{card_id}"]')


def fits(page: Page) -> bool:
    """Tell whether the page is no wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def slide_to(page: Page, year: int, month: int) -> None:
    """Move the slider as a hand does."""
    page.locator("#rb-month").evaluate(
        """(slider, [year, month]) => {
            const [first, of] = slider.dataset.first.split("-").map(Number);
            slider.value = (year - first) * 12 + month - of;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            slider.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        [year, month],
    )


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-Hans", "银发251号"), ("en", "Yinfa 2025 No. 251")]
)
def test_a_number_typed_loosely_finds_its_instrument_without_loading_anew(
    open_rules: OpenRules, lang: str, words: str
) -> None:
    page = open_rules(f"/rules?lang={lang}")
    page.evaluate("window.stayed = true")
    page.locator("#rb-q").press_sequentially(words)
    expect(page.locator(".rb-row").first).to_have_attribute("data-id", POOL)
    expect(page).to_have_url(re.compile(r"[?&]q="))
    assert page.evaluate("window.stayed")
    page.reload()
    expect(page.locator(".rb-row").first).to_have_attribute("data-id", POOL)
    page.locator(".rb-row a").first.click()
    expect(page.locator("h1")).to_have_attribute("lang", lang)


def test_filters_narrow_the_list_and_their_counts_follow(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=zh-Hans")
    tax = page.locator('.rb-count[data-of="topic:tax"]')
    expected = int(tax.inner_text())
    page.locator("#rb-topic-tax").check()
    expect(page.locator(".rb-found h2")).to_contain_text(f"{expected} 份文件")
    hongkong = page.locator('.rb-count[data-of="jurisdiction:hongkong"]')
    expect(hongkong).not_to_have_text("51")
    left = int(hongkong.inner_text())
    page.locator("#rb-jurisdiction-hongkong").check()
    expect(page.locator(".rb-row")).to_have_count(left)
    page.locator("#rb-issuer").select_option("IRD")
    expect(page.locator(".rb-row-meta").first).to_contain_text("香港特别行政区政府税务局")
    page.get_by_role("link", name="时间线：税务").click()
    expect(page.locator("h1")).to_have_text("时间线：税务")
    page.go_back()
    expect(page.locator("#rb-topic-tax")).to_be_checked()
    page.get_by_role("link", name="清除搜索和筛选").click()
    expect(page.locator(".rb-found h2")).to_contain_text("181")


def test_the_slider_shows_a_replaced_rule_in_force_before_its_end(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=en&q=cash+pool")
    badge = row(page, PILOTS).locator(".hg-badge")
    expect(badge).to_have_text("Superseded")
    slide_to(page, 2025, 11)
    expect(badge).to_have_text("In force")
    expect(row(page, POOL).locator(".hg-badge")).to_have_text("Not yet effective")
    expect(page.locator("#rb-day")).to_have_value("2025-11-30")
    slide_to(page, 2025, 12)
    expect(badge).to_have_text("Superseded")
    page.locator("#rb-day").fill("2025-12-25")
    expect(badge).to_have_text("In force")
    row(page, PILOTS).locator("h3 a").click()
    expect(page.locator(".rb-day-note")).to_contain_text("2025-12-25")
    expect(page.locator(".rb-head .hg-badge")).to_have_text("In force")
    page.get_by_role("link", name="Show as of today").click()
    expect(page.locator(".rb-head .hg-badge")).to_have_text("Superseded")


def test_the_day_goes_back_to_today_by_a_button(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=zh-Hans&as_of=2020-06-30")
    expect(page.locator(".rb-found")).to_contain_text("2020-06-30")
    page.locator("#rb-today").click()
    expect(page.locator(".rb-found")).not_to_contain_text("2020-06-30")
    expect(page).not_to_have_url(re.compile("as_of"))


def test_the_chain_leads_to_the_old_rule_and_back(open_rules: OpenRules) -> None:
    page = open_rules(f"/rules/{LISTING_FUNDS}?lang=zh-Hant")
    chain = page.locator(".rb-chain li")
    expect(chain).to_have_count(2)
    expect(chain.nth(1)).to_have_class("rb-here")
    chain.nth(0).get_by_role("link").click()
    expect(page.locator(".rb-head .hg-badge")).to_have_text("已被取代")
    expect(chain.nth(0)).to_have_class("rb-here")
    chain.nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile(LISTING_FUNDS))
    # A fact has an address of its own, and stands out when opened by it.
    page.get_by_role("link", name="事實 2", exact=True).first.click()
    expect(page).to_have_url(re.compile("#fact-2$"))
    plain = page.locator("#fact-1").evaluate("one => getComputedStyle(one).backgroundColor")
    marked = page.locator("#fact-2").evaluate("one => getComputedStyle(one).backgroundColor")
    assert plain != marked
    assert page.locator("#fact-2 .rb-pair > p").count() == 2
    expect(page.locator("#fact-2 mark").first).to_contain_text("30")


def test_the_action_plan_shows_what_serves_each_measure_and_what_has_nothing(
    open_rules: OpenRules,
) -> None:
    page = open_rules("/rules?lang=zh-Hans")
    page.get_by_role("link", name="各项措施由哪些文件落实").click()
    expect(page.locator("#measure-green-finance")).to_contain_text("尚无文件")
    page.locator("#measure-e-cny-cross-border-payments a").first.click()
    expect(page.locator("h1")).to_have_text("数字人民币国际运营中心")
    page.get_by_role("link", name="数字人民币跨境支付").click()
    expect(page).to_have_url(re.compile("#measure-e-cny-cross-border-payments$"))


@pytest.mark.parametrize(("lang", "theme"), [("zh-Hans", "light"), ("en", "dark")])
def test_on_a_phone_every_page_fits_and_the_filters_fold(
    open_rules: OpenRules, lang: str, theme: str
) -> None:
    page = open_rules(f"/rules?lang={lang}", viewport=PHONE, color_scheme=theme)
    box = page.locator('input[name="topic"][value="insurance"]')
    expect(box).to_be_hidden()
    page.locator(".rb-filters > summary").click()
    box.check()
    expect(page.locator("#rb-chosen")).to_contain_text("1")
    expect(page.locator(".rb-found")).to_contain_text("11")
    assert fits(page)
    for path in (f"/rules/{LISTING_FUNDS}", "/rules/topics/financing", "/rules/action-plan"):
        page.goto(f"{page.url.split('/rules')[0]}{path}?lang={lang}")
        expect(page.locator("h1")).to_be_visible()
        assert fits(page), path
        small = page.locator("main").evaluate(
            "main => [...main.querySelectorAll('p, a, li, span')]"
            ".filter(one => parseFloat(getComputedStyle(one).fontSize) < 12).length"
        )
        assert small == 0, path


def test_the_keyboard_alone_searches_filters_and_opens(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=en")
    page.locator("#rb-q").focus()
    page.keyboard.type("reinsurance")
    page.keyboard.press("Enter")
    expect(page.locator(".rb-found h2")).not_to_contain_text("181")
    page.locator("#rb-month").focus()
    page.keyboard.press("Home")
    expect(page.locator("#rb-day")).to_have_value(re.compile("^2003"))
    page.keyboard.press("End")
    page.locator("#rb-topic-insurance").focus()
    page.keyboard.press("Space")
    expect(page.locator("#rb-topic-insurance")).to_be_focused()
    expect(page).to_have_url(re.compile("topic=insurance"))
    page.locator(".rb-row a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".rb-instrument h1")).to_be_visible()


def test_without_script_the_form_searches_and_filters(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=en", java_script_enabled=False)
    expect(page.locator(".rb-slider")).to_be_hidden()
    page.locator("#rb-q").fill("cash pool")
    page.locator("#rb-day").fill("2025-11-30")
    page.locator("#rb-topic-fund-management").check()
    page.get_by_role("button", name="Search").click()
    expect(row(page, PILOTS).locator(".hg-badge")).to_have_text("In force")
    expect(page.locator("#rb-topic-fund-management")).to_be_checked()
    page.get_by_role("link", name="繁").click()
    expect(row(page, PILOTS).locator(".hg-badge")).to_have_text("現行")


def test_the_pages_of_a_long_list_turn_in_place(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=en&sort=title")
    first = page.locator(".rb-row").first.get_attribute("data-id") or ""
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".rb-pager")).to_contain_text("Page 2 of 7")
    expect(page.locator(".rb-row").first).not_to_have_attribute("data-id", first)
    expect(page).to_have_url(re.compile("page=2"))
    page.get_by_role("link", name="简").click()
    expect(page.locator(".rb-pager")).to_contain_text("第 2 页")


def test_a_lost_connection_is_told_and_what_was_found_stays(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=en&q=reinsurance", fails=True)
    before = page.locator(".rb-row").count()
    page.route("**/rules?*fragment=1*", lambda route: route.abort())
    page.locator("#rb-topic-insurance").check()
    expect(page.get_by_role("alert")).to_contain_text("Check the connection")
    assert page.locator(".rb-row").count() == before
    page.unroute_all()
    page.locator("#rb-sort").select_option("newest")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page).to_have_url(re.compile("topic=insurance&sort=newest|sort=newest&topic=insurance"))


def test_what_is_typed_runs_nothing(open_rules: OpenRules) -> None:
    page = open_rules("/rules?lang=en")
    for payload in ('"><img src=x onerror=alert(1)>', "<script>alert(1)</script>"):
        page.locator("#rb-q").fill(payload)
        page.locator("#rb-q").press("Enter")
        expect(page).to_have_url(re.compile("alert"))
        assert page.locator("main img, main script").count() == 0
