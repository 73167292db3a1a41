"""axe-core finds nothing serious on the pages that the server writes; `test_ask` has that of questions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

PAGES = {
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
        found[name] = serious(page)
    assert not any(found.values()), found
