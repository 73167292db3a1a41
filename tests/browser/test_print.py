"""The page of questions on paper: the whole answer, unfolded, its sources written out."""

from __future__ import annotations

import re

import pypdfium2
import pytest

from tests.browser.conftest import OpenPage


def joined(text: str) -> str:
    """A text without what breaking it into lines adds or takes: white space and hyphens."""
    return re.sub(r"[\s\x02\ufffe\u00ad-]+", "", text)


def on_paper(pdf: bytes) -> str:
    """Text of a printed page."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [document[i].get_textpage().get_text_range() for i in range(len(document))]
    return joined("".join(pages))


@pytest.mark.parametrize(
    ("question", "locale", "scheme", "shown", "screen_only"),
    [
        ("上海母公司怎么把人民币借给香港子公司？", "zh-CN", "dark", "按2026年办法", "复制"),
        (
            "What tax rate does a Hong Kong corporate treasury centre pay?",
            "en-GB",
            "light",
            "8.25%",
            "Copy",
        ),
    ],
    ids=["zh", "en"],
)
def test_an_answer_prints_whole_with_every_source_written_out(
    open_page: OpenPage,
    live_server: str,
    question: str,
    locale: str,
    scheme: str,
    shown: str,
    screen_only: str,
) -> None:
    hugang = open_page(live_server, locale=locale, color_scheme=scheme)
    answer = hugang.ask_and_wait(question)
    numbers = answer.locator("[data-source]").evaluate_all("all => all.map(one => one.dataset.n)")
    links = answer.locator("[data-source] .hg-open").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    folded = answer.locator("details:not(.hg-cited) li").evaluate_all(
        "all => all.slice(0, 5).map(one => one.querySelector('p, span')?.textContent ?? '')"
    )
    text = on_paper(hugang.page.pdf(format="A4"))
    assert joined(question) in text
    assert joined(shown) in text
    assert numbers
    assert [n for n in numbers if f"[{n}]" not in text] == []
    assert [link for link in links if joined(link) not in text] == []
    assert [one for one in folded if joined(one) not in text] == []
    for control in (screen_only, "简繁EN"):
        assert control not in text


def test_a_dark_page_prints_dark_ink_on_white(open_page: OpenPage, live_server: str) -> None:
    hugang = open_page(live_server, color_scheme="dark")
    hugang.ask_and_wait("香港企业财资中心的税率是多少？")
    pdf = hugang.page.pdf(format="A4", print_background=True)
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[0].render(scale=1).to_pil().convert("L")
    histogram = picture.histogram()
    dark = sum(histogram[:100]) / sum(histogram)
    light = sum(histogram[250:]) / sum(histogram)
    assert 0.002 < dark < 0.2
    assert light > 0.7
