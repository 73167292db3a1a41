"""`make shots`: pictures of every page, wide and narrow, light and dark, in Chinese and English.

Starts the server by itself and writes PNG files and an index page to `reports/shots`.
"""

from __future__ import annotations

import argparse
import html
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple

import typst
from playwright.sync_api import Page, sync_playwright

from evals.bench.chromium import FLAGS, find_browser

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "reports" / "shots"
PORT = 7983
SIZES = {"desktop": (1440, 1000), "phone": (390, 844)}
THEMES = ("light", "dark")
LANGS = ("zh-Hans", "zh-Hant", "en")
LOCALES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-HK", "en": "en-GB"}
DONE = ".hg-answer:not(.hg-working)"


class Scene(NamedTuple):
    """One picture: where it is taken, and what is done before."""

    name: str
    path: str
    prepare: Callable[[Page, str], None]
    whole: bool = False
    """The whole page, not only the window."""


def _ask(zh: str, en: str) -> Callable[[Page, str], None]:
    def prepare(page: Page, lang: str) -> None:
        page.fill(".hg-composer textarea", en if lang == "en" else zh)
        page.press(".hg-composer textarea", "Enter")
        page.wait_for_selector(DONE, timeout=30_000)

    return prepare


def _asked_and_opened(zh: str, en: str) -> Callable[[Page, str], None]:
    def prepare(page: Page, lang: str) -> None:
        _ask(zh, en)(page, lang)
        page.locator(".hg-mark").first.click()
        page.wait_for_selector(".hg-panel:not([hidden])")

    return prepare


def _papers_added(page: Page, lang: str) -> None:
    """Add three papers, unless this browser has them already."""
    if page.locator(".dc-paper").count():
        return
    contract = typst.compile(CONTRACT.encode())
    page.set_input_files(
        "#dc-files",
        [
            {"name": "借款合同.pdf", "mimeType": "application/pdf", "buffer": contract},
            {"name": "差旅报销办法.md", "mimeType": "text/markdown", "buffer": POLICY.encode()},
            {"name": "damaged.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"},
        ],
    )
    page.wait_for_function(
        "() => document.querySelectorAll('#dc-uploads .dc-row[id] .dc-icon').length === 3",
        timeout=120_000,
    )


def _papers_unfolded(page: Page, lang: str) -> None:
    _papers_added(page, lang)
    page.locator(".dc-correct summary").first.click()
    page.locator(".dc-delete summary").last.click()


def _papers_looked_at(page: Page, lang: str) -> None:
    _papers_added(page, lang)
    page.locator(".dc-title").last.click()
    page.goto(f"{page.url}&passage=4", wait_until="networkidle")


def _papers_asked(page: Page, lang: str) -> None:
    _papers_added(page, lang)
    page.locator(".hg-nav-link").first.click()
    page.wait_for_selector(".hg-composer textarea")
    _asked_and_opened(*PREPAY)(page, lang)


def _nothing(page: Page, lang: str) -> None:
    return None


LEND = (
    "上海母公司怎么把人民币借给香港子公司？",
    "How do we lend RMB from Shanghai to our Hong Kong subsidiary?",
)
RATE = (
    "香港企业财资中心的税率是多少？要满足什么条件？",
    "What tax rate does a Hong Kong corporate treasury centre pay?",
)
PREPAY = (
    "我们的借款合同提前还款要付多少补偿金？",
    "What does our loan agreement charge for early repayment?",
)
CONTRACT = """#set text(font: "Noto Serif CJK SC", size: 11pt, lang: "zh")
= 人民币借款合同

合同编号：远资〔2026〕7号

== 第一章 借款

第一条 本合同项下的借款金额为人民币五百万元，用途限于集团内部的流动资金周转，不得转借第三方。

第二条 借款利率为年百分之三点一，按季付息，付息日为每季末月的二十日。

== 第二章 提前还款

第三条 借款人提前还款的，应当提前十个工作日书面通知贷款人，并支付提前还款金额千分之二的补偿金。
"""
POLICY = "# 差旅报销办法\n\n第一条 出差香港的住宿费每晚不超过一千八百港元。\n"
PARTLY = (
    "境外放款的宏观审慎系数是多少？巴西央行对这笔借款要收多少税？",
    "What is the overseas lending coefficient, and what tax does Brazil charge on the loan?",
)
DECLINED = ("今天上海天气怎么样？", "What is the weather in Shanghai today?")

SCENES = (
    Scene("ask-welcome", "/", _nothing),
    Scene("ask-answer", "/", _ask(*RATE)),
    Scene("ask-plan", "/", _ask(*LEND)),
    Scene("ask-source", "/", _asked_and_opened(*RATE)),
    Scene("ask-partly", "/", _ask(*PARTLY)),
    Scene("ask-declined", "/", _ask(*DECLINED)),
    Scene("documents-empty", "/documents", _nothing),
    Scene("documents", "/documents", _papers_unfolded, whole=True),
    Scene("documents-viewer", "/documents", _papers_looked_at),
    Scene("ask-papers", "/documents", _papers_asked),
    Scene("plan", "/plan", _nothing, whole=True),
    Scene("plan-lend", "/plan/lend-to-overseas-subsidiary", _nothing, whole=True),
    Scene("rules", "/rules", _nothing),
    Scene("rules-search", "/rules?q=汇发〔2025〕43号", _nothing),
    Scene("rules-instrument", "/rules/pbc-safe-2026-overseas-lending", _nothing, whole=True),
    Scene("rules-topic", "/rules/topics/financing", _nothing, whole=True),
    Scene("rules-action-plan", "/rules/action-plan", _nothing, whole=True),
)


def main() -> None:
    """Take the pictures that the arguments name, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="scenes whose name contains this")
    parser.add_argument(
        "--lang", choices=LANGS, action="append", help="repeatable; default zh-Hans, en"
    )
    parser.add_argument("--size", choices=tuple(SIZES), action="append", help="repeatable")
    parser.add_argument("--theme", choices=THEMES, action="append", help="repeatable")
    given = parser.parse_args()
    browser = find_browser()
    if browser is None:
        sys.exit("no chromium on PATH; run `make browser`")
    scenes = [scene for scene in SCENES if given.only in scene.name]
    OUT.mkdir(parents=True, exist_ok=True)
    taken: list[str] = []
    with _server() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        for lang, size, theme in product(
            given.lang or ("zh-Hans", "en"), given.size or tuple(SIZES), given.theme or THEMES
        ):
            width, height = SIZES[size]
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                locale=LOCALES[lang],
                color_scheme="dark" if theme == "dark" else "light",
                reduced_motion="reduce",
            )
            for scene in scenes:
                page = context.new_page()
                joint = "&" if "?" in scene.path else "?"
                page.goto(f"{address}{scene.path}{joint}lang={lang}", wait_until="networkidle")
                page.wait_for_selector(".hg-header")
                scene.prepare(page, lang)
                page.wait_for_timeout(300)
                name = f"{scene.name}-{size}-{theme}-{lang}.png"
                page.screenshot(path=OUT / name, full_page=scene.whole)
                taken.append(name)
                page.close()
            context.close()
        chromium.close()
    (OUT / "index.html").write_text(_index(taken), encoding="utf-8")
    sys.stdout.write(f"{len(taken)} pictures; reports/shots/index.html shows them\n")


@contextmanager
def _server() -> Iterator[str]:
    address = f"http://127.0.0.1:{PORT}"
    command = [sys.executable, "-m", "ui", "serve", "--port", str(PORT)]
    with subprocess.Popen(command, cwd=ROOT) as server:
        try:
            for _ in range(300):
                if server.poll() is not None:
                    sys.exit(f"the server ended with {server.returncode}; its words stand above")
                try:
                    urllib.request.urlopen(f"{address}/readyz", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.2)
            else:
                sys.exit("the server was not ready within a minute")
            yield address
        finally:
            server.terminate()


def _index(names: list[str]) -> str:
    figures = "".join(
        f'<figure><img src="{html.escape(name)}" loading="lazy" alt=""><figcaption>{html.escape(name)}'
        "</figcaption></figure>"
        for name in names
    )
    style = "body{font-family:sans-serif;display:flex;flex-wrap:wrap;gap:1rem}img{width:360px;border:1px solid #ccc}"
    return (
        f'<!doctype html><meta charset="utf-8"><title>Hugang</title><style>{style}</style>{figures}'
    )


if __name__ == "__main__":
    main()
