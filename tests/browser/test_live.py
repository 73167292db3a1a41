"""The whole app in the browser: real cards, real index, real advisor."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage


@pytest.mark.parametrize(
    ("question", "first", "other"),
    [
        ("香港企业财资中心的税率是多少？", "zh", "en"),
        ("What tax rate does a Hong Kong corporate treasury centre pay?", "en", "zh"),
    ],
)
def test_a_question_is_answered_and_its_sources_read_in_both_languages(
    open_page: OpenPage, live_server: str, question: str, first: str, other: str
) -> None:
    hugang = open_page(live_server)
    answer = hugang.ask_and_wait(question)
    expect(answer).to_have_class(re.compile("hg-(answered|partly)"))
    expect(answer).to_contain_text("8.25%")
    answer.locator(".hg-mark").first.click()
    quotes = hugang.panel.locator("blockquote")
    expect(quotes).to_have_count(2)
    expect(quotes.nth(0)).to_have_attribute("lang", re.compile(f"^{first}"))
    expect(quotes.nth(1)).to_have_attribute("lang", re.compile(f"^{other}"))
    expect(hugang.panel.locator(".hg-open")).to_have_attribute("href", re.compile("^https?://"))


def test_every_mark_of_an_answer_opens_the_source_of_its_number(
    open_page: OpenPage, live_server: str
) -> None:
    hugang = open_page(live_server)
    answer = hugang.ask_and_wait("我们要在越南建厂，投2亿美元，国内要办什么手续？")
    marks = answer.locator(".hg-mark:visible")
    for i in range(min(marks.count(), 8)):
        marks.nth(i).click()
        expect(hugang.panel.locator(".hg-position")).to_contain_text(
            f" {marks.nth(i).inner_text()} "
        )
        expect(marks.nth(i)).to_have_attribute("aria-expanded", "true")


def test_a_follow_up_stays_in_the_conversation(open_page: OpenPage, live_server: str) -> None:
    hugang = open_page(live_server)
    hugang.ask_and_wait("香港企业财资中心的税率是多少？")
    second = hugang.ask_and_wait("要满足什么条件？")
    expect(second.locator(".hg-mark").first).to_be_visible()
    expect(hugang.answers).to_have_count(2)


def test_the_api_stays_reachable_beside_the_page(live_server: str) -> None:
    def get(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(live_server + path) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    assert json.loads(get("/healthz")[1])["status"] == "ok"
    assert get("/docs")[0] == 200
    assert get("/api/v1/instruments?limit=1")[0] == 200
    assert get("/api/v1/nothing")[0] == 404
    assert get("/gradio_api/runs")[0] == 404  # no history of runs is kept
