"""What the pages offer to take away arrives as a file that opens and says what the page said."""

from __future__ import annotations

from pathlib import Path

import docx
import pypdfium2
import pytest

from tests.browser.conftest import OpenPage


def saved(page: object, link: object, folder: Path) -> Path:
    with page.expect_download() as coming:
        link.click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def words_of_pdf(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as pages:
        return "".join(page.get_textpage().get_text_bounded() for page in pages)


@pytest.mark.parametrize(
    ("locale", "size", "question", "figure"),
    [
        ("zh-CN", (1440, 900), "香港企业财资中心的税率是多少？", "8.25%"),
        ("en-GB", (390, 844), "What tax rate does a Hong Kong treasury centre pay?", "8.25%"),
    ],
    ids=["zh-desktop", "en-phone"],
)
def test_an_answer_is_taken_away_as_word_and_as_pdf(
    open_page: OpenPage,
    live_server: str,
    tmp_path: Path,
    locale: str,
    size: tuple[int, int],
    question: str,
    figure: str,
) -> None:
    hugang = open_page(live_server, locale=locale, viewport={"width": size[0], "height": size[1]})
    answer = hugang.ask_and_wait(question)
    word = saved(hugang.page, answer.get_by_role("link", name="Word"), tmp_path)
    pdf = saved(hugang.page, answer.get_by_role("link", name="PDF"), tmp_path)
    told = "\n".join(one.text for one in docx.Document(str(word)).paragraphs)
    for text in (told, words_of_pdf(pdf)):
        plain = "".join(text.split())
        assert "".join(question.split()) in plain
        assert figure in plain


def test_a_plan_is_taken_away_with_what_was_filled_in(
    open_page: OpenPage, live_server: str, tmp_path: Path
) -> None:
    page = open_page(live_server).page
    page.goto(f"{live_server}/plan/lend-to-overseas-subsidiary?loan_to_equity=0.4&lang=zh-Hant")
    word = saved(page, page.locator(".hg-takeaway").get_by_role("link", name="Word"), tmp_path)
    document = docx.Document(str(word))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    told = "\n".join([*(one.text for one in document.paragraphs), *cells])
    assert "把錢借給境外子公司" in told
    assert "0.4" in told
    assert document.inline_shapes, "the drawing of the legs"
