"""Files of every format, made by the libraries that write them, and what is read out of them."""

from __future__ import annotations

import datetime as dt
import email.message
import io
import unicodedata
from pathlib import Path

import opencc
import pypdfium2
import pytest
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from openpyxl import Workbook
from PIL import Image
from pptx import Presentation
from pptx.util import Inches

from knowledge.documents.reading.read import page_picture, read_file
from knowledge.documents.reading.reading import Reading, UnreadableFile
from knowledge.progress import Progress
from tests.component.files_to_read import (
    RULE,
    SUBPARAGRAPH,
    accuracy,
    articles,
    pictured_pdf,
    scanned,
    set_pdf,
)


def read(tmp_path: Path, name: str, content: bytes) -> Reading:
    path = tmp_path / name
    path.write_bytes(content)
    return read_file(path)


def texts(reading: Reading, kind: str | None = None) -> list[str]:
    return [block.text for block in reading.blocks if kind in {None, block.kind}]


# --- PDF


def test_articles_over_page_ends_are_whole_and_running_heads_are_gone(tmp_path: Path) -> None:
    wanted = [text for one in articles(30) for text in (one, SUBPARAGRAPH)]
    body = "#set par(first-line-indent: (amount: 2em, all: true))\n= 第一章 总则\n" + "\n\n".join(
        wanted
    )
    pdf = set_pdf(body, header="某银行 #h(1fr) 内部资料", footer="第 #counter(page).display() 页")
    reading = read(tmp_path, "办法.pdf", pdf)
    assert reading.format == "pdf"
    assert reading.pages == 3
    assert texts(reading, "heading") == ["第一章 总则"]
    assert texts(reading, "paragraph") == wanted


def test_two_columns_are_read_one_after_the_other_and_divided_words_are_whole(
    tmp_path: Path,
) -> None:
    wanted = [f"{number}. {RULE}, item {number}." for number in range(1, 31)]
    body = "#set enum(indent: 0pt)\n" + "\n\n".join(one.replace(". ", "\\. ", 1) for one in wanted)
    reading = read(tmp_path, "two.pdf", set_pdf(body, columns=2))
    assert texts(reading) == wanted


def test_a_column_that_is_nearly_empty_is_still_a_column(tmp_path: Path) -> None:
    wanted = [f"({number}) {RULE}, item {number}." for number in range(1, 14)]
    reading = read(tmp_path, "lopsided.pdf", set_pdf("\n\n".join(wanted), columns=2))
    assert texts(reading) == wanted


def test_tables_with_and_without_rules_keep_cells_and_caption(tmp_path: Path) -> None:
    cells = "[项目], [费率], [最低收费], [汇出汇款], [0.10%], [50元], [信用证], [0.15%], [300元]"
    body = (
        f"以下为费率。\n\n表1 汇款费率\n\n#table(columns: 3, {cells})\n\n其间一段文字，说明上表。\n\n"
        f"表2 另一费率\n\n#table(columns: 3, stroke: none, column-gutter: 1em, {cells})\n\n表后一段文字。\n\n"
        "#table(columns: 3, [币种], table.cell(colspan: 2)[额度], [元], [1], [2])"
    )
    reading = read(tmp_path, "tables.pdf", set_pdf(body))
    tables = [block for block in reading.blocks if block.kind == "table"]
    rows = (
        ("项目", "费率", "最低收费"),
        ("汇出汇款", "0.10%", "50元"),
        ("信用证", "0.15%", "300元"),
    )
    assert [table.rows for table in tables[:2]] == [rows, rows]
    assert [table.caption for table in tables] == ["表1 汇款费率", "表2 另一费率", None]
    assert tables[2].rows == (("币种", "额度", "额度"), ("元", "1", "2"))
    assert texts(reading, "paragraph") == [
        "以下为费率。",
        "其间一段文字，说明上表。",
        "表后一段文字。",
    ]


def test_a_table_that_goes_on_over_a_page_has_its_header_and_caption_again(tmp_path: Path) -> None:
    cells = "".join(f"[行{number}], [{number * 10}], " for number in range(70))
    body = f"表1 长表\n\n#table(columns: 2, [名], [额], {cells})"
    reading = read(tmp_path, "long.pdf", set_pdf(body, footer="#counter(page).display()"))
    assert [(block.page, block.caption, block.rows[0]) for block in reading.blocks] == [
        (page, "表1 长表", ("名", "额")) for page in (1, 2)
    ]
    assert sum(len(block.rows) - 1 for block in reading.blocks) == 70


def test_spots_lie_on_the_words_they_stand_for(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(set_pdf("\n\n".join(articles(25))))
    reading = read_file(tmp_path / "a.pdf")
    checked = 0
    with pypdfium2.PdfDocument(tmp_path / "a.pdf") as document:
        for block in reading.blocks:
            for spot in block.spots:
                page = document[spot.page - 1]
                width, height = page.get_size()
                box = spot.box
                seen = page.get_textpage().get_text_bounded(
                    box.left * width - 1, height - box.bottom * height - 1,
                    box.right * width + 1, height - box.top * height + 1,
                )  # fmt: skip
                assert "".join(block.text[spot.start : spot.end].split()) in "".join(seen.split())
                checked += 1
    assert checked >= 50


def test_pages_are_reported_as_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(set_pdf("#pagebreak()\n".join(articles(5))))
    seen: list[Progress] = []
    read_file(tmp_path / "a.pdf", progress=seen.append)
    assert [(one.stage, one.done, one.total) for one in seen] == [
        ("read", at, 5) for at in range(1, 6)
    ]


# --- scans


HANT = opencc.OpenCC("s2hk")


@pytest.mark.parametrize(
    ("paragraphs", "columns"),
    [
        ([HANT.convert(one) for one in articles(4)], 1),
        ([f"{number}\\. {RULE}, item {number}." for number in range(1, 7)], 2),
    ],
    ids=["traditional", "english-two-columns"],
)
def test_a_clean_scan_is_recognised(tmp_path: Path, paragraphs: list[str], columns: int) -> None:
    pdf = set_pdf("\n\n".join(paragraphs), columns=columns)
    reading = read(tmp_path, "scan.pdf", pictured_pdf(scanned(pdf)))
    assert reading.format == "scan"
    assert [one.code for one in reading.remarks] == ["recognised"]
    wanted = unicodedata.normalize("NFKC", "".join(paragraphs)).replace("\\", "")
    assert accuracy(wanted, unicodedata.normalize("NFKC", reading.text)) >= 0.97
    assert all(block.spots for block in reading.blocks)


def test_only_the_page_without_text_is_recognised(tmp_path: Path) -> None:
    text, scan = set_pdf(articles(1)[0]), pictured_pdf(scanned(set_pdf("只在图上的一句话。")))
    both = pypdfium2.PdfDocument(text)
    both.import_pages(pypdfium2.PdfDocument(scan))
    both.save(buffer := io.BytesIO())
    reading = read(tmp_path, "mixed.pdf", buffer.getvalue())
    assert texts(reading)[0] == articles(1)[0]
    assert "只在图上" in texts(reading)[1]
    assert reading.blocks[1].page == 2
    assert reading.remarks[0].message.en.startswith("Pages without a text layer, recognised")
    assert "2" in reading.remarks[0].message.zh


def test_a_picture_is_recognised_and_shown(tmp_path: Path) -> None:
    image = scanned(set_pdf("境外放款额度为净资产的百分之六十。"))[0].crop((0, 0, 1654, 500))
    image.save(tmp_path / "a.png")
    reading = read_file(tmp_path / "a.png")
    assert reading.format == "image"
    assert "境外放款额度为净资产的百分之六十" in reading.text
    assert Image.open(io.BytesIO(page_picture(tmp_path / "a.png", 1, 300))).width == 300


def test_a_page_of_a_pdf_is_pictured_and_a_page_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(set_pdf("一页"))
    picture = Image.open(io.BytesIO(page_picture(tmp_path / "a.pdf", 1, 500)))
    assert picture.format == "PNG"
    assert picture.width == 500
    with pytest.raises(UnreadableFile, match="no page 2; the file has 1"):
        page_picture(tmp_path / "a.pdf", 2, 500)


# --- Office


def numbered(document: Document, pattern: str) -> str:
    """Define a list whose numbers look like `pattern`; returns its name."""
    numbering = document.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
            f'<w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="{pattern}"/></w:lvl></w:abstractNum>'
        ),
    )
    number = OxmlElement("w:num")
    number.set(qn("w:numId"), "77")
    abstract = OxmlElement("w:abstractNumId")
    abstract.set(qn("w:val"), "77")
    number.append(abstract)
    numbering.append(number)
    return "77"


def test_word_gives_headings_counted_numbers_and_tables_in_place(tmp_path: Path) -> None:
    document = Document()
    document.core_properties.title = "管理办法"
    document.sections[0].header.paragraphs[0].text = "页眉"
    document.add_heading("第一章 总则", 1)
    name = numbered(document, "第%1条")
    for number in range(1, 13):
        paragraph = document.add_paragraph(f"内容{number}。")
        paragraph._p.get_or_add_pPr().append(
            parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{name}"/></w:numPr>'
            )
        )
    changed = document.add_paragraph("保留")
    changed._p.append(
        parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>删去</w:delText></w:r></w:del>")
    )
    changed._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>加上</w:t></w:r></w:ins>"))
    document.add_paragraph("表一 额度", style="Caption")
    table = document.add_table(3, 3)
    for row in range(3):
        for column in range(3):
            table.cell(row, column).text = f"{row}{column}"
    table.cell(0, 0).merge(table.cell(0, 1)).text = "并"
    table.cell(1, 2).merge(table.cell(2, 2)).text = "竖"
    document.add_paragraph("表后")
    document.save(tmp_path / "a.docx")
    reading = read_file(tmp_path / "a.docx")
    assert reading.title == "管理办法"
    assert (reading.blocks[0].kind, reading.blocks[0].level) == ("heading", 1)
    assert texts(reading)[1] == "第一条 内容1。"
    assert texts(reading)[10:14] == [
        "第十条 内容10。",
        "第十一条 内容11。",
        "第十二条 内容12。",
        "保留加上",
    ]
    assert reading.blocks[14].rows == (("并", "并", "02"), ("10", "11", "竖"), ("20", "21", "竖"))
    assert reading.blocks[14].caption == "表一 额度"
    assert texts(reading)[15:] == ["表后"]


def test_excel_gives_values_as_shown_and_parts_long_sheets_under_their_header(
    tmp_path: Path,
) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "额度"
    sheet.append(["额度表", None, None, None])
    sheet.merge_cells("A1:D1")
    sheet.append(["币种", "金额", "占比", "日期"])
    for row in range(90):
        sheet.append([f"C{row}", 1234567.5 + row, 0.125, dt.date(2026, 4, 1)])
    for row in sheet.iter_rows(min_row=3):
        row[1].number_format, row[2].number_format = "#,##0.00", "0.0%"
    sheet.merge_cells("A3:A4")
    book.save(tmp_path / "a.xlsx")
    reading = read_file(tmp_path / "a.xlsx")
    assert texts(reading, "heading") == ["额度"]
    tables = [block for block in reading.blocks if block.kind == "table"]
    assert [len(table.rows) for table in tables] == [41, 41, 11]
    assert {table.caption for table in tables} == {"额度表"}
    assert {table.rows[0] for table in tables} == {("币种", "金额", "占比", "日期")}
    assert tables[0].rows[1] == ("C0", "1,234,567.50", "12.5%", "2026-04-01")
    assert tables[0].rows[2][0] == "C0"  # merged with the row above
    assert tables[2].rows[-1][0] == "C89"


def test_powerpoint_gives_slides_tables_and_notes(tmp_path: Path) -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "资金池"
    slide.placeholders[1].text = "要点一\n要点二"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    for at, text in enumerate(("币种", "额度", "元", "70亿")):
        table.cell(at // 2, at % 2).text = text
    slide.notes_slide.notes_text_frame.text = "讲稿"
    deck.save(tmp_path / "a.pptx")
    reading = read_file(tmp_path / "a.pptx")
    assert texts(reading) == ["资金池", "要点一", "要点二", "币种 | 额度\n元 | 70亿", "讲稿"]
    assert {block.page for block in reading.blocks} == {1}


# --- web, mail, text


PAGE = """<html><head><meta charset="{declared}"><title>通知</title><script>var a = "脚本";</script></head>
<body><div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/a">机构概况</a></li></ul></div>
<div id="content"><h1>{title}</h1>{paragraphs}<ol start="3"><li>第三项</li><li>第四项</li></ol>
<table><caption>利率表</caption><tr><th>币种</th><th>利率</th></tr><tr><td rowspan="2">元</td><td>3%</td></tr>
<tr><td>4%</td></tr></table></div><footer>版权所有 网站地图</footer></body></html>"""


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("gb2312", "gb18030"),
        ("big5", "big5hkscs"),
        ("utf-8", "utf-8"),
        ("utf-8", "gb18030"),
        ("gb2312", "utf-8"),
    ],
)
def test_a_web_page_is_read_in_its_encoding_and_without_what_surrounds_it(
    tmp_path: Path, declared: str, written: str
) -> None:
    convert = HANT.convert if "big5" in written else str
    paragraphs = [convert(one) for one in articles(12)]
    page = PAGE.format(
        declared=declared, title=convert("关于境外放款的通知"),
        paragraphs="".join(f"<p>{one}</p>" for one in paragraphs),
    )  # fmt: skip
    reading = read(tmp_path, "page.html", convert(page).encode(written))
    assert texts(reading) == [
        convert("关于境外放款的通知"), *paragraphs, convert("3. 第三项"), convert("4. 第四项"),
        convert("利率表\n币种 | 利率\n元 | 3%\n元 | 4%"),
    ]  # fmt: skip
    assert reading.title == "通知"
    assert reading.remarks == ()


def test_markdown_gives_headings_lists_and_tables(tmp_path: Path) -> None:
    reading = read(
        tmp_path, "a.md",
        "---\ntitle: 手册\n---\n# 一级\n\n正文**加粗**。\n\n1. 甲\n2. 乙\n\n| 币种 | 额度 |\n|---|---|\n| 元 | 70亿 |\n".encode(),
    )  # fmt: skip
    assert texts(reading) == ["一级", "正文加粗。", "1. 甲", "2. 乙", "币种 | 额度\n元 | 70亿"]
    assert reading.title == "手册"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_gives_its_paragraphs_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text = "第一条 为规范境外放款，制定本办法。\n第二条 本办法自发布之日起施行。\n"
    assert texts(read(tmp_path, "a.txt", text.encode(encoding))) == text.split("\n")[:2]


def test_lines_broken_at_a_width_are_joined(tmp_path: Path) -> None:
    text = (
        "The applicant shall maintain adequate liquidity and shall\nnotify the Authority of any change"
        " within fourteen days of\nit.\n\n1. First item which is long enough to be broken at the\nwidth."
        "\n2. Second item.\n"
    )
    assert texts(read(tmp_path, "a.txt", text.encode())) == [
        "The applicant shall maintain adequate liquidity and shall notify the Authority of any change"
        " within fourteen days of it.",
        "1. First item which is long enough to be broken at the width.",
        "2. Second item.",
    ]


def test_an_e_mail_gives_head_and_body_and_names_its_attachments(tmp_path: Path) -> None:
    message = email.message.EmailMessage()
    message["Subject"], message["From"] = "关于放款额度", "甲 <a@example.com>"
    message["Date"] = "Mon, 01 Jun 2026 10:00:00 +0800"
    message.set_content("您好：\n\n请查收额度表。\n")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="额度.pdf")
    reading = read(tmp_path, "a.eml", bytes(message))
    assert texts(reading) == [
        "关于放款额度", "From: 甲 <a@example.com>\nDate: Mon, 01 Jun 2026 10:00:00 +0800", "您好：",
        "请查收额度表。",
    ]  # fmt: skip
    assert "额度.pdf" in reading.remarks[0].message.zh


def test_the_content_tells_the_format_and_not_the_name(tmp_path: Path) -> None:
    assert read(tmp_path, "a.docx", set_pdf("文字")).format == "pdf"
    assert read(tmp_path, "b.pdf", b"<html><body><p>text</p></body></html>").format == "html"
    assert read(tmp_path, "c", "# 标题\n\n正文".encode()).format == "markdown"
    assert read(tmp_path, "d.txt", "# 不是标题\n\n正文".encode()).format == "text"
