"""Own documents in a browser: added, followed, asked about, looked at, corrected, deleted."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DEADLINE_MS, OpenPage
from tests.browser.test_accessibility import SIZES, serious
from tests.component.files_to_read import set_pdf
from tests.hostile import PAYLOADS

CONTRACT = """= 人民币借款合同

合同编号：远资〔2026〕7号

== 第一章 借款

第一条 本合同项下的借款金额为人民币五百万元，用途限于集团内部的流动资金周转，不得转借第三方。

== 第二章 提前还款

第三条 借款人提前还款的，应当提前十个工作日书面通知贷款人，并支付提前还款金额千分之二的补偿金。

#pagebreak()
第四条 借款人逾期付息超过十五日的，贷款人有权宣布全部借款立即到期。
"""
MANUAL = """# 差旅报销办法

第一条 出差香港的住宿费每晚不超过一千八百港元。文中的[12]不是引用。
"""
SHEET = "<html><title>Cash sweep</title><h1>Cash sweep</h1><p>Fee 0.05% a month.</p></html>"
ASKED = {
    "zh-CN": "我们的借款合同提前还款要付多少补偿金？",
    "en-GB": "What does our loan agreement charge for early repayment?",
}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A contract of two pages, a policy, a web page."""
    made = [tmp_path / name for name in ("借款合同.pdf", "报销办法.md", "sweep.html")]
    made[0].write_bytes(set_pdf(CONTRACT))
    made[1].write_text(MANUAL, encoding="utf-8")
    made[2].write_text(SHEET, encoding="utf-8")
    return made


def open_documents(page: Page, address: str, path: str = "/documents") -> None:
    page.goto(address + path)
    # The key is handed over as a cookie, after which the page is loaded once more.
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1")).to_be_visible()


def add(page: Page, *paths: Path) -> None:
    page.set_input_files("#dc-files", [str(path) for path in paths])
    for path in paths:
        row = page.locator("#dc-uploads .dc-row[id]", has_text=path.name).first
        expect(row.locator(".dc-icon")).to_be_visible(timeout=3 * DEADLINE_MS)


@pytest.mark.parametrize(
    ("locale", "options"), [("zh-CN", {}), ("en-GB", {}), ("zh-CN", PHONE)], ids=str
)
def test_papers_are_added_asked_about_looked_at_corrected_and_deleted(
    open_page: OpenPage,
    live_server: str,
    files: list[Path],
    locale: str,
    options: dict[str, object],
) -> None:
    hugang = open_page(live_server, locale=locale, **options)
    page = hugang.page
    open_documents(page, live_server)
    add(page, *files)
    expect(page.locator(".dc-paper")).to_have_count(3)
    contract = page.locator(".dc-paper", has_text="借款合同.pdf")
    expect(contract).to_contain_text("远资〔2026〕7号")

    page.goto(live_server)
    answer = hugang.ask_and_wait(ASKED[locale])
    papers = answer.locator(".hg-papers")
    expect(papers).to_contain_text("千分之二的补偿金")
    papers.locator(".hg-mark").first.click()
    expect(hugang.panel).to_contain_text("人民币借款合同")
    expect(hugang.panel.locator("blockquote")).to_contain_text("千分之二")

    hugang.panel.locator("a.hg-open").click()
    sheet = page.locator(".dc-sheet img")
    expect(sheet).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert sheet.evaluate("image => image.complete && image.naturalWidth > 500")
    spot, whole = page.locator(".dc-spot").first.bounding_box(), sheet.bounding_box()
    assert spot
    assert whole
    assert whole["x"] < spot["x"] < whole["x"] + whole["width"]
    assert whole["y"] < spot["y"] < whole["y"] + whole["height"] / 2
    expect(page.locator(".dc-passage mark")).to_contain_text("千分之二的补偿金")
    expect(page.locator(".dc-path")).to_contain_text("第三条")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("page=2"))
    expect(page.locator(".dc-place").first).to_contain_text("2")
    expect(page.locator(".dc-spot")).to_have_count(0)

    open_documents(page, live_server)
    contract = page.locator(".dc-paper", has_text="借款合同.pdf")
    contract.locator(".dc-correct summary").click()
    contract.locator("input[name=title]").fill("与子公司的借款协议")
    contract.locator(".dc-correct .dc-send").click()
    expect(page.locator(".dc-notice")).to_be_visible()
    contract = page.locator(".dc-paper", has_text="与子公司的借款协议")
    contract.locator(".dc-delete summary").click()
    contract.locator(".dc-danger").click()
    expect(page.locator(".dc-notice")).to_be_visible()
    expect(page.locator(".dc-paper")).to_have_count(2)

    page.goto(live_server)
    kept = page.locator(".hg-answer").first
    expect(kept).to_have_class(re.compile("hg-(answered|partly|declined)"))
    expect(kept).not_to_contain_text("千分之二的补偿金")
    again = hugang.ask_and_wait(ASKED[locale])
    expect(again).not_to_contain_text("千分之二的补偿金")


def test_brackets_in_a_quote_are_no_mark(
    open_page: OpenPage, live_server: str, files: list[Path]
) -> None:
    hugang = open_page(live_server)
    open_documents(hugang.page, live_server)
    add(hugang.page, files[1])
    hugang.page.goto(live_server)
    answer = hugang.ask_and_wait("我们的报销办法里出差香港住宿费每晚多少？")
    quote = answer.locator(".hg-papers blockquote").first
    expect(quote).to_contain_text("[12]不是引用")
    expect(answer.locator(".hg-papers .hg-mark")).to_have_count(1)
    expect(answer.locator(".hg-mark-dead")).to_have_count(0)


def test_words_of_a_text_are_marked_and_scrolled_to(
    open_page: OpenPage, live_server: str, tmp_path: Path
) -> None:
    hugang = open_page(live_server)
    page = hugang.page
    long = tmp_path / "长制度.md"
    articles = (f"第{n}条 本条写明第{n}项要求。" + "此处为正文。" * 90 for n in range(1, 15))
    long.write_text("# 长制度\n\n" + "\n\n".join(articles), encoding="utf-8")
    open_documents(page, live_server)
    add(page, long)
    href = page.locator(".dc-title").get_attribute("href")
    open_documents(page, live_server, f"{href}&passage=25")
    mark = page.locator(".dc-whole mark").first
    expect(mark).to_be_in_viewport()
    expect(mark).to_contain_text("第13条")
    expect(page.locator(".dc-whole mark")).to_have_count(1)


def test_what_cannot_be_added_says_why_and_what_is_cancelled_is_gone(
    open_page: OpenPage, live_server: str, tmp_path: Path
) -> None:
    hugang = open_page(live_server, locale="en-GB")
    page = hugang.page
    broken, large = tmp_path / "broken.pdf", tmp_path / "large.txt"
    broken.write_bytes(b"%PDF-1.7 nothing")
    large.write_bytes(b"a" * 26_000_000)
    open_documents(page, live_server)
    page.set_input_files("#dc-files", [str(broken), str(large)])
    refused = page.locator(".dc-row", has_text="large.txt")
    expect(refused).to_contain_text("more than 25 MB")
    failed = page.locator(".dc-row[id]", has_text="broken.pdf")
    expect(failed.locator(".dc-why")).to_be_visible(timeout=3 * DEADLINE_MS)
    expect(page.locator(".dc-empty").first).to_be_visible()


def test_files_are_dropped_and_chosen_by_key(
    open_page: OpenPage, live_server: str, files: list[Path]
) -> None:
    hugang = open_page(live_server)
    page = hugang.page
    # Playwright does not wait until the browser hands choosers to it: listened to only when the key
    # is pressed, a chooser may have opened already, and nobody is told.
    page.on("filechooser", lambda _: None)
    open_documents(page, live_server)
    carried = page.evaluate_handle(
        "text => { const data = new DataTransfer();"
        " data.items.add(new File([text], '拖来的.md')); return data; }",
        MANUAL,
    )
    page.dispatch_event("#dc-drop", "drop", {"dataTransfer": carried})
    row = page.locator("#dc-uploads .dc-row[id]", has_text="拖来的.md")
    expect(row.locator(".dc-icon")).to_be_visible(timeout=3 * DEADLINE_MS)
    page.locator("#dc-files").focus()
    with page.expect_file_chooser():
        page.keyboard.press("Enter")


def test_a_paper_of_one_conversation_is_quoted_there_alone(
    open_page: OpenPage, live_server: str, files: list[Path]
) -> None:
    hugang = open_page(live_server)
    page = hugang.page
    hugang.ask_and_wait("香港财资中心税率多少？")
    page.locator(".hg-nav-link[href*='/documents']").click()
    page.wait_for_load_state("networkidle")
    page.locator("#dc-talk").check()
    add(page, files[1])
    question = "我们的报销办法里出差香港住宿费每晚多少？"
    page.locator(".hg-nav-link").first.click()
    hugang.box.wait_for()
    expect(hugang.answers).to_have_count(1)
    expect(hugang.ask_and_wait(question).locator(".hg-papers")).to_be_visible()
    page.locator(".hg-tools .hg-new").click()
    expect(hugang.ask_and_wait(question).locator(".hg-papers")).to_have_count(0)


def test_names_and_words_of_papers_run_nothing(
    open_page: OpenPage, live_server: str, tmp_path: Path
) -> None:
    hugang = open_page(live_server)
    page = hugang.page
    open_documents(page, live_server)
    nasty = [one for one in PAYLOADS if "/" not in one and "\n" not in one][:12]
    paths = []
    for at, one in enumerate(nasty):
        path = tmp_path / f"{at} {one}.md"
        path.write_text(f"# 保函办法{at} {one}\n\n第一条 保函由{one}签发。\n", encoding="utf-8")
        paths.append(path)
    page.set_input_files("#dc-files", [str(path) for path in paths])
    until = time.monotonic() + 60
    while page.locator("#dc-uploads .dc-row[id] .dc-icon").count() < len(paths):
        assert time.monotonic() < until
        page.wait_for_timeout(200)
    href = page.locator(".dc-title").first.get_attribute("href")
    page.goto(f"{live_server}{href}&passage=1")
    page.goto(live_server)
    answer = hugang.ask_and_wait("我们的保函办法里保函由谁签发？")
    mark = answer.locator(".hg-papers .hg-mark").first
    mark.click()
    assert page.evaluate("window.__xss === undefined")


@pytest.fixture(
    params=[(size, theme) for size in SIZES for theme in ("light", "dark")], ids="-".join
)
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    size, theme = request.param
    context = browser.new_context(
        viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce", locale="zh-CN"
    )
    yield context.new_page()
    context.close()


def test_the_pages_of_documents_have_no_serious_finding(
    themed: Page, live_server: str, files: list[Path]
) -> None:
    open_documents(themed, live_server)
    found = {"empty": serious(themed)}
    broken = files[0].with_name("broken.pdf")
    broken.write_bytes(b"%PDF-1.7 nothing")
    add(themed, files[0], files[1], broken)
    themed.locator(".dc-correct summary").first.click()
    themed.locator(".dc-delete summary").last.click()
    found["list"] = serious(themed)
    paths = [link.get_attribute("href") for link in themed.locator(".dc-title").all()]
    for path in paths:
        themed.goto(f"{live_server}{path}&passage=1")
        themed.wait_for_load_state("networkidle")
        found[str(path)] = serious(themed)
    assert not any(found.values()), found
    width = themed.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0
