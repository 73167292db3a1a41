"""Drafts of cards from real files: what the document says is laid out, and nothing else."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path
from typing import Any

import docx
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from knowledge import corpus_cli
from knowledge.card import Instrument
from knowledge.corpus import Corpus
from knowledge.errors import CardError
from knowledge.load import read_instrument
from knowledge.official import fetch
from tests.component.files_to_read import pictured_pdf, scanned, set_pdf
from tests.component.law_server import law_server, page
from tests.component.paper_texts import PRODUCT_SHEET, write
from tests.component.test_fetch import QUICK
from ui.cli import app

NOTICE = (
    "国家外汇管理局关于规范示例业务外汇管理的通知",
    "汇发〔2031〕77号",
    "国家外汇管理局各省、自治区、直辖市分局：",
    "第一条　银行应当审核示例业务的真实性，留存材料五年。",
    "第二条　企业应当在三十个工作日内办理示例业务登记。",
    "第三条　本通知自2031年6月1日起施行。",
    "国家外汇管理局",
    "2031年5月20日",
)
CIRCULAR = """# Circular on Sample Reporting by Authorized Institutions

Hong Kong Monetary Authority

20 May 2031

## 1. Scope

1.1 This circular applies to all authorized institutions.

## 2. Reporting

2.1 Sample positions are reported within 14 days after each quarter.
"""


@pytest.fixture(autouse=True)
def cards_are_read_only_once(monkeypatch: pytest.MonkeyPatch, corpus: Corpus) -> None:
    """The shipped cards serve all tests here."""
    monkeypatch.setattr(corpus_cli, "load_corpus", lambda folder: corpus)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def drafted(folder: Path, document: object, *options: str, topic: str = "payments") -> Any:
    made = run("corpus", "new", document, "--topic", topic, "--into", folder / "drafts", *options)
    assert made.exit_code == 0, made.output
    path = Path(made.stdout.strip())
    with pytest.raises(CardError):
        read_instrument(path)
    return yaml.safe_load(path.read_text("utf-8"))


def as_pdf(folder: Path) -> Path:
    path = folder / "notice.pdf"
    title, number, *lines, signed, day = NOTICE
    path.write_bytes(
        set_pdf(
            f"#align(center, text(size: 18pt)[{title}])\n\n#align(center)[{number}]\n\n"
            + "\n\n".join(lines)
            + f"\n\n#align(right)[{signed}]\n\n#v(12pt)\n\n#align(right)[{day}]"
        )
    )
    return path


def as_word(folder: Path) -> Path:
    document = docx.Document()
    for line in NOTICE:
        document.add_paragraph(line)
    document.save(str(folder / "notice.docx"))
    return folder / "notice.docx"


def as_gb18030_html(folder: Path) -> Path:
    lines = "".join(f"<p>{line}</p>" for line in NOTICE[1:])
    path = folder / "notice.html"
    path.write_bytes(f"<html><body><h1>{NOTICE[0]}</h1>{lines}</body></html>".encode("gb18030"))
    return path


def as_text(folder: Path) -> Path:
    return write(folder, "notice.txt", "\n\n".join(NOTICE))


@pytest.mark.parametrize("made", [as_pdf, as_word, as_gb18030_html, as_text])
def test_a_notice_in_any_format_gives_its_particulars_and_a_stub_for_each_article(
    tmp_path: Path, made: Any
) -> None:
    card = drafted(tmp_path, made(tmp_path))
    assert card["id"] == "safe-2031-77"
    assert card["title"] == {"zh": NOTICE[0], "en": None}
    assert card["number"] == "汇发〔2031〕77号"
    assert card["issuers"] == ["SAFE"]
    assert card["jurisdiction"] == "mainland"
    assert (card["issued"], card["effective"]) == (dt.date(2031, 5, 20), dt.date(2031, 6, 1))
    assert card["status"] is None
    assert card["facts"] == [
        {"id": number, "locator": f"第{name}条"} for number, name in enumerate("一二三", start=1)
    ]


def test_a_scan_is_drafted_from_what_is_read_off_its_pages(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    path = tmp_path / "scan.pdf"
    path.write_bytes(pictured_pdf(scanned(set_pdf("\n\n".join(NOTICE)))))
    card = drafted(tmp_path, path, "--id", "sample")
    assert [fact["locator"] for fact in card["facts"]] == ["第一条", "第二条", "第三条"]


def test_an_english_circular_is_named_by_its_title_and_has_its_chinese_to_be_written(
    tmp_path: Path,
) -> None:
    card = drafted(tmp_path, write(tmp_path, "circular.md", CIRCULAR))
    assert card["id"] == "circular-on-sample-reporting-by-authorized"
    assert card["title"]["zh"] is None
    assert card["issuers"] == ["HKMA"]
    assert card["jurisdiction"] == "hongkong"
    assert [fact["locator"] for fact in card["facts"]] == ["1.1", "2.1"]


def test_a_document_without_articles_has_a_stub_for_each_part_under_its_heading(
    tmp_path: Path,
) -> None:
    text = PRODUCT_SHEET.replace("1. ", "").replace("2. ", "")
    card = drafted(tmp_path, write(tmp_path, "sheet.md", text))
    assert [fact["locator"] for fact in card["facts"]] == ["Fees", "Cut-off"]


def test_the_check_tells_each_open_field_and_article_once(tmp_path: Path) -> None:
    drafted(tmp_path, as_text(tmp_path))
    path = tmp_path / "drafts/cards/payments/safe-2031-77.yaml"
    told = run("corpus", "check", path)
    assert told.exit_code == 1
    lines = told.stdout.splitlines()
    for place in (
        "fact 1 (第一条)",
        "fact 2 (第二条)",
        "fact 3 (第三条)",
        "kind",
        "status",
        "title.en",
    ):
        assert sum(f": {place}: unwritten: " in line for line in lines) == 1
    assert not any(": schema: " in line for line in lines)


@pytest.mark.parametrize(
    "title",
    [
        "# Rules: {a: b} [c]\nstatus: in-force",
        "# 'quoted' \"twice\" # and a comment",
        "# *anchor &alias !!python/object:os.system",
        "# tab\tbell\u0007 next\u0085line para\u2029graph",
    ],
)
def test_what_a_document_says_cannot_become_part_of_the_card_s_structure(
    tmp_path: Path, title: str
) -> None:
    text = f"{title}\n\n第一条 甲\u2028  - id: 9\u0085    aspect: limit\n\n第二条 乙。\n"
    card = drafted(tmp_path, write(tmp_path, "a\n- b: c.md", text), "--id", "sample")
    known = {*Instrument.model_fields} - {"notes", "measures", "unconfirmed"}
    assert set(card) == known
    assert card["status"] is None
    assert all(set(fact) == {"id", "locator"} for fact in card["facts"])


def test_an_instrument_that_the_corpus_has_is_named_by_its_number(tmp_path: Path) -> None:
    text = "\n\n".join(NOTICE).replace("汇发〔2031〕77号", "汇发[2025]43号")
    told = run("corpus", "new", write(tmp_path, "n.txt", text), "--topic", "payments")
    assert told.exit_code == 1
    assert "safe-2025-43-cross-border-investment-financing" in told.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--id", "stock-connect"), "the corpus has 'stock-connect' already"),
        (("--id", "Stock_Connect"), "small letters, digits and hyphens"),
        (("--url", "example.org/a"), "begins with https:// or http://"),
    ],
)
def test_a_wrong_id_or_address_is_told_in_one_line(
    tmp_path: Path, options: tuple[str, str], said: str
) -> None:
    path = as_text(tmp_path)
    told = run("corpus", "new", path, "--topic", "payments", "--into", tmp_path / "d", *options)
    assert told.exit_code == 1
    assert said in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert not (tmp_path / "d").exists()


def test_without_issuer_number_or_english_title_an_id_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "n.txt", "关于示例的说明\n\n第一条 甲。\n")
    told = run("corpus", "new", path, "--topic", "payments", "--into", tmp_path / "d")
    assert told.exit_code == 1
    assert "--id" in told.stderr


def test_a_file_that_cannot_be_read_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(set_pdf("text")[:200])
    told = run("corpus", "new", path, "--topic", "payments", "--into", tmp_path / "d")
    assert told.exit_code == 1
    assert told.stderr.startswith("hugang corpus: ")
    assert not (tmp_path / "d").exists()


def test_a_page_of_the_web_becomes_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with law_server() as server:
        lines = "".join(f"<p>{line}</p>" for line in NOTICE[1:])
        body = f"<html><head><meta charset=utf-8></head><body><h1>{NOTICE[0]}</h1>{lines}</body></html>"
        server.pages["/law"] = page(body)
        monkeypatch.setattr(fetch, "Fetcher", partial(fetch.Fetcher, QUICK, allowed=[server.place]))
        card = drafted(tmp_path, server.url("/law"))
    assert card["sources"][0]["url"] == server.url("/law")
    assert len(card["facts"]) == 3
