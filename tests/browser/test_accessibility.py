"""axe-core finds nothing serious on any page, in either theme, wide or narrow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

PAGES = {
    "ask": "/",
    "goals": "/plan",
    "plan": "/plan/lend-to-overseas-subsidiary?loan_to_equity=0.4",
    "rulebook": "/rules?q=境外放款",
    "instrument": "/rules/pbc-safe-2026-overseas-lending",
    "timeline": "/rules/topics/financing",
    "measures": "/rules/action-plan",
}
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(params=[*product(SIZES, ("light", "dark"))], ids="-".join)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    size, theme = request.param
    context = browser.new_context(
        viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce", locale="zh-CN"
    )
    yield context.new_page()
    context.close()


def serious(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical, with the first place of each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}, {len(one['nodes'])}): {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_no_page_has_a_serious_finding(page: Page, live_server: str) -> None:
    found = {}
    for name, path in PAGES.items():
        response = page.goto(live_server + path)
        assert response is not None
        assert response.ok, path
        page.wait_for_selector(".hg-header")
        if name == "ask":
            page.wait_for_selector(".hg-examples button")
        found[name] = serious(page)
    assert not any(found.values()), found


def test_an_answer_with_its_plan_and_an_open_source_has_no_serious_finding(
    page: Page, live_server: str
) -> None:
    page.goto(live_server + "/?lang=en")
    page.fill(
        ".hg-composer textarea", "How do we lend RMB from Shanghai to our Hong Kong subsidiary?"
    )
    page.press(".hg-composer textarea", "Enter")
    page.wait_for_selector(".hg-answer:not(.hg-working)", timeout=30_000)
    assert serious(page) == []
    page.locator(".hg-mark").first.click()
    page.wait_for_selector(".hg-panel:not([hidden])")
    assert serious(page) == []
