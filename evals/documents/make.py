"""`python -m evals.documents.make FOLDER`: the files of the collection, and what is known of them.

Every text was written for this collection: firms, places and rules are invented, and the texts say
so. What a file holds is recorded from the writing, on which page by the program that sets it; no
reader that is measured takes part.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium
from pydantic import TypeAdapter

from evals.documents import markup, office
from evals.documents.manual import manual
from evals.documents.paper import (
    Cell,
    Facts,
    Paper,
    Place,
    Trap,
    Truth,
    cells_of,
    read_paper,
)
from evals.documents.traps import traps
from evals.documents.typeset import Look, Pages, picture_pages, pictures_as_pdf, set_pdf
from evals.documents.workbooks import FEES, RATES
from knowledge.documents.reading.reading import Format

SEED = 6
MANUAL = "manual-300.pdf"
_SECOND_ID = re.compile(rb"(/ID\[.{1,80}<)[0-9A-F]{32}(>\])")
QUESTIONS = Path(__file__).with_name("questions.jsonl")


class Made(NamedTuple):
    """A file and what is in it."""

    truth: Truth
    data: bytes


Maker = Callable[[Paper], tuple[bytes, list[Pages | None]]]


def _pdf(look: Look) -> Maker:
    return lambda paper: set_pdf(paper, look)


def _unpaged(write: Callable[[Paper], bytes]) -> Maker:
    return lambda paper: (write(paper), [None] * len(paper.lines))


def _scan(paper: Paper) -> tuple[bytes, list[Pages | None]]:
    pictures, pages = picture_pages(paper, Look(numbered=False, size=12), SEED)
    return pictures_as_pdf(pictures), pages


def _photo(paper: Paper) -> tuple[bytes, list[Pages | None]]:
    pictures, pages = picture_pages(paper, Look(numbered=False, size=12), SEED)
    out = io.BytesIO()
    pictures[0].save(out, "PNG", dpi=(200, 200))
    return out.getvalue(), pages


def _deck(paper: Paper) -> tuple[bytes, list[Pages | None]]:
    slide, pages = 0, list[Pages | None]()
    for line in paper.lines:
        slide += line.kind in ("title", "heading")
        pages.append(Pages(slide, slide))
    return office.slides(paper), pages


_PLAIN = Look()
FILES: dict[str, tuple[str, Format, Maker]] = {
    # file: text, format, how it is made
    "linlan-pool.pdf": ("linlan-pool", "pdf", _pdf(Look(header="临澜合作区管理委员会公报", contents=True, size=14))),
    "linlan-registration.docx": ("linlan-registration", "docx", _unpaged(office.word)),
    "yunque-settlement.html": ("yunque-settlement", "html", _unpaged(markup.web_page)),
    "linlan-bonds.txt": ("linlan-bonds", "text", _unpaged(markup.plain)),
    "qingwei-leasing.md": ("qingwei-leasing", "markdown", _unpaged(markup.markdown)),
    "luoshan-guarantee.html": ("luoshan-guarantee", "html", _unpaged(lambda p: markup.web_page(p, "gb18030"))),
    "linlan-equity.txt": ("linlan-equity-amend", "text", _unpaged(lambda p: markup.plain(p, "utf-16"))),
    "hanting-trust.pdf": ("hanting-trust", "pdf", _pdf(Look(header="瀚汀特區法例彙編", size=13))),
    "hanting-payment.docx": ("hanting-payment", "docx", _unpaged(lambda p: office.word(p, styled=False))),
    "hanting-insurance.html": ("hanting-insurance", "html", _unpaged(lambda p: markup.web_page(p, "big5"))),
    "tidehaven-stored-value.pdf": ("tidehaven-stored-value", "pdf", _pdf(Look(header="Cap. 812 — Tidehaven Stored Value Ordinance", contents=True))),
    "tidehaven-funds.html": ("tidehaven-funds", "html", _unpaged(markup.web_page)),
    "chaogang-moneylenders.pdf": ("chaogang-ordinance", "pdf", _pdf(Look(header="第655章 《潮港放債人監管條例》"))),
    "tidehaven-outsourcing.pdf": ("tidehaven-outsourcing", "pdf", _pdf(Look(header="PSO/C/2024/17", size=12))),
    "yunque-liquidity.docx": ("yunque-liquidity", "docx", _unpaged(office.word)),
    "tidehaven-guideline.pdf": ("tidehaven-guideline", "pdf", _pdf(_PLAIN)),
    "hanting-guideline.pdf": ("hanting-guideline", "pdf", _pdf(_PLAIN)),
    "qingwei-notice.docx": ("qingwei-notice", "docx", _unpaged(lambda p: office.word(p, styled=False))),
    "luoshan-notice.html": ("luoshan-notice", "html", _unpaged(markup.web_page)),
    "yunque-talent.pdf": ("yunque-talent", "pdf", _pdf(_PLAIN)),
    "qixia-deposits.pdf": ("qixia-deposits", "pdf", _pdf(_PLAIN)),
    "northlight-loans.pdf": ("northlight-loans", "pdf", _pdf(Look(ruled=False))),
    "qixia-guarantees.docx": ("qixia-guarantees", "docx", _unpaged(office.word)),
    "hanting-accounts.pdf": ("hanting-accounts", "pdf", _pdf(_PLAIN)),
    "harbourline-review.pdf": ("harbourline-review", "pdf", _pdf(Look(columns=2))),
    "haiyun-review.pdf": ("haiyun-review", "pdf", _pdf(Look(columns=2))),
    "scan-hans.pdf": ("scan-hans", "scan", _scan),
    "scan-en.pdf": ("scan-en", "scan", _scan),
    "scan-hant.pdf": ("scan-hant", "scan", _scan),
    "counter-notice.png": ("photo-notice", "image", _photo),
    "jingwei-policy.docx": ("jingwei-policy", "docx", _unpaged(office.word)),
    "calder-memo.docx": ("calder-memo", "docx", _unpaged(office.word)),
    "marlow-term-sheet.md": ("marlow-term-sheet", "markdown", _unpaged(markup.markdown)),
    "tidehaven-press.html": ("tidehaven-press", "html", _unpaged(markup.web_page)),
    "holidays.eml": ("mail-en", "email", _unpaged(lambda p: markup.mail(p, "desk@example.com", "Mon, 09 Dec 2024 08:00:00 +0000"))),
    "year-end.eml": ("mail-zh", "email", _unpaged(lambda p: markup.mail(p, "shenyan@example.com", "Wed, 11 Dec 2024 08:00:00 +0800", as_html=True))),
    "pool-training.pptx": ("slides-zh", "pptx", _deck),
    "cash-forecast.pptx": ("slides-en", "pptx", _deck),
    "correspondent-fees.docx": ("injection-memo", "docx", _unpaged(office.word)),
}  # fmt: skip


def make(
    folder: Path, names: frozenset[str] | None = None
) -> tuple[tuple[Truth, ...], tuple[Trap, ...]]:
    """Write the files into a folder, all or those named; return what is in them, and the traps."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = []
    for made in _made(names):
        (folder / made.truth.file).write_bytes(made.data)
        truths.append(made.truth)
    sound = set_pdf(read_paper("tidehaven-guideline"), _PLAIN)[0]
    kept = []
    for trap, data in traps(sound):
        if names is None or trap.file in names:
            (folder / trap.file).write_bytes(data)
            kept.append(trap)
    return tuple(truths), tuple(kept)


def _made(names: frozenset[str] | None) -> Iterator[Made]:
    for file, (text, form, maker) in FILES.items():
        if names is None or file in names:
            paper = read_paper(text)
            data, pages = maker(paper)
            yield Made(_truth(file, form, paper, pages), data)
    for file, made in (
        (MANUAL, _manual),
        ("kestrel-report.pdf", _mixed),
        ("fengqiao-rates.xlsx", lambda: _book("fengqiao-rates.xlsx", RATES)),
        ("kingfisher-fees.xlsx", lambda: _book("kingfisher-fees.xlsx", FEES)),
    ):
        if names is None or file in names:
            yield made()


def _truth(file: str, form: Format, paper: Paper, pages: list[Pages | None]) -> Truth:
    places = [
        Place(
            text=line.text,
            article=line.article,
            first_page=page.first if page else None,
            last_page=page.last if page else None,
        )
        for line, page in zip(paper.lines, pages, strict=True)
        if line.kind != "heading"
    ]
    return Truth(
        file=file,
        format=form,
        facts=paper.facts,
        places=tuple(places),
        cells=tuple(cells_of(paper.lines)),
        recognised=(
            "\n".join(line.text for line in paper.lines) if form in ("scan", "image") else None
        ),
    )


def _manual() -> Made:
    paper = manual(SEED)
    look = Look(header="Thistledown Savings Society", page_a_heading=True)
    data, pages = set_pdf(paper, look)
    return Made(_truth(MANUAL, "pdf", paper, pages), data)


def _mixed() -> Made:
    """Make a report whose last page is a scan of a signed statement."""
    report, annex = read_paper("mixed-report"), read_paper("mixed-annex")
    data, pages = set_pdf(report, _PLAIN)
    pictures, _ = picture_pages(annex, Look(numbered=False, size=12), SEED)
    whole = pdfium.PdfDocument(data)
    last = len(whole) + 1
    whole.import_pages(pdfium.PdfDocument(pictures_as_pdf(pictures)))
    out = io.BytesIO()
    whole.save(out)
    lines = (*report.lines, *annex.lines)
    pages = [*pages, *(Pages(last, last) for _ in annex.lines)]
    truth = _truth("kestrel-report.pdf", "scan", Paper(report.facts, lines), pages)
    # pdfium draws the second of a file's two identifiers anew each time.
    settled = _SECOND_ID.sub(lambda match: match[1] + b"0" * 32 + match[2], out.getvalue())
    return Made(truth.model_copy(update={"recognised": None}), settled)


def _book(file: str, sheets: tuple[office.Sheet, ...]) -> Made:
    places, cells = [], []
    for number, sheet in enumerate(sheets, start=1):
        group = ""
        for row in sheet.rows:
            group = str(row[0]) if row[0] is not None else group
            values = [group, *(str(value) for value in row[1:])]
            merged = any(one[0] is None for one in sheet.rows)
            label = values[1] if merged else values[0]
            places.append(Place(text=" | ".join(values), first_page=number, last_page=number))
            cells += [
                Cell(row=label, column=column, value=value)
                for column, value in zip(sheet.header, values, strict=True)
                if value != label
            ]
    facts = Facts(title=sheets[0].title, lang="zh-Hans" if sheets is RATES else "en")
    truth = Truth(file=file, format="xlsx", facts=facts, places=tuple(places), cells=tuple(cells))
    return Made(truth, office.workbook(sheets))


def main() -> None:
    """Write the files and `truth.json`."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m evals.documents.make FOLDER")
    folder = Path(sys.argv[1])
    truths, traps_made = make(folder)
    known = {"files": truths, "traps": traps_made}
    (folder / "truth.json").write_bytes(TypeAdapter(dict).dump_json(known, indent=1))
    sys.stdout.write(f"{len(truths)} files, {len(traps_made)} broken or hostile ones\n")


if __name__ == "__main__":
    main()
