"""Files that the tests of reading make: real ones, by the libraries that write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cn2an
import pypdfium2
import typst
from PIL import Image

ARTICLE = (
    "境内企业境外放款余额不得超过其上年度经审计所有者权益的百分之六十，银行应当对放款的真实性、合规性"
    "进行审核，并留存相关材料备查，保存期限不少于五年"
)
SUBPARAGRAPH = "本条所称银行，是指依法设立的银行业金融机构。"
RULE = (
    "The applicant shall maintain adequate cross-border liquidity arrangements and shall notify the"
    " Monetary Authority of any material change within fourteen days of becoming aware of it"
)
_TEXT = '#set text(font: "Noto Serif CJK SC", size: 10.5pt, lang: "zh")\n#set par(justify: true)\n'


def articles(count: int, first: int = 1) -> list[str]:
    """Articles as they must be read: each ends in words of its own."""
    return [
        f"第{cn2an.an2cn(number)}条 {ARTICLE}，编号为甲{number}号。"
        for number in range(first, first + count)
    ]


def set_pdf(body: str, *, columns: int = 1, header: str = "", footer: str = "") -> bytes:
    """Set a PDF on A4."""
    page = (
        f'#set page(paper: "a4", columns: {columns}, header: [{header}],'
        f" footer: context align(center)[{footer}])\n"
    )
    return typst.compile((page + _TEXT + body).encode())


def scanned(pdf: bytes, dpi: int = 200) -> list[Image.Image]:
    """Picture every page, as a scanner would."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dpi / 72).to_pil().convert("L") for page in document]


def pictured_pdf(images: Sequence[Image.Image], dpi: int = 200) -> bytes:
    """Bind pictures to a PDF without a text layer."""
    buffer = io.BytesIO()
    images[0].save(buffer, "PDF", save_all=True, append_images=list(images[1:]), resolution=dpi)
    return buffer.getvalue()


def repacked(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Copy an archive member by member, each as `change` makes it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def accuracy(expected: str, seen: str) -> float:
    """One minus the edit distance over the length of what was expected, blanks left out."""
    expected, seen = "".join(expected.split()), "".join(seen.split())
    row = list(range(len(seen) + 1))
    for at, char in enumerate(expected, start=1):
        new = [at]
        for other, one in enumerate(seen, start=1):
            new.append(min(row[other] + 1, new[-1] + 1, row[other - 1] + (char != one)))
        row = new
    return 1 - row[-1] / len(expected)
