"""Papers set by typst: as PDF with a text layer, or as pictures of its pages, as a scanner has them.

On which page a line stands is what typst itself says of it.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import json
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import typst
from PIL import Image, ImageFilter

from evals.documents.paper import Line, Paper, Script
from evals.errors import EvalError

DPI = 200
_NOISE = 6.0
"""Standard deviation of the grey values (of 255) that a scanner adds."""
_FONTS: dict[Script, tuple[str, ...]] = {
    "zh-Hans": ("Libertinus Serif", "Noto Serif CJK SC", "Noto Sans CJK SC"),
    "zh-Hant": ("Libertinus Serif", "Noto Serif CJK HK", "Noto Serif CJK TC", "Noto Sans CJK TC"),
    "en": ("Libertinus Serif",),
}
_FONT_PACKAGE = "manimgx_fonts_cjk"
_MOMENT = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)

_TEMPLATE = """
#let paper = json(bytes(sys.inputs.paper))
#let mark(id) = context [#metadata((id: id, page: here().page()))<spot>]
#set document(title: paper.title)
#set page(
  paper: "a4", margin: (x: 2.4cm, y: 2.6cm), columns: paper.columns,
  header: if paper.header == "" { none } else { align(center, text(0.8em, paper.header)) },
  footer: if paper.numbered { context align(center, text(0.8em, "— " + counter(page).display() + " —")) } else { none },
)
#set text(font: paper.fonts, size: paper.size * 1pt, lang: paper.lang, region: paper.region, hyphenate: paper.columns > 1)
#set par(justify: true, leading: 0.8em, spacing: paper.spacing * 1em, first-line-indent: (amount: paper.indent * 1em, all: true))
#show heading: it => block(above: 1.4em, below: 1em, width: 100%, align(
  if paper.centred { center } else { left }, par(first-line-indent: 0em, it.body)))
#show heading.where(level: 1): set text(1.15em)
#for it in paper.blocks {
  if it.kind == "title" {
    let head = block(width: 100%, below: 1.6em, align(center, par(justify: false, first-line-indent: 0em, text(1.4em, weight: "bold", mark(it.id) + it.text + mark(it.id)))))
    if paper.columns > 1 { place(top + center, scope: "parent", float: true, head) } else { head }
  } else if it.kind == "contents" {
    outline(title: paper.contents_title)
    pagebreak()
  } else if it.kind == "heading" {
    heading(level: it.level, mark(it.id) + it.text + mark(it.id))
  } else if it.kind == "caption" {
    block(width: 100%, above: 1.2em, below: 0.6em, sticky: true, align(center, par(first-line-indent: 0em, mark(it.id) + it.text + mark(it.id))))
  } else if it.kind == "table" {
    set par(first-line-indent: 0em, justify: false)
    block(below: 1.4em, table(
      columns: it.rows.at(0).len(), align: left, inset: 6pt,
      stroke: if paper.ruled { 0.5pt } else { none },
      column-gutter: if paper.ruled { 0pt } else { 1em },
      table.header(..it.rows.at(0).map(cell => strong(cell))),
      ..it.rows.slice(1).enumerate().map(((at, row)) => row.enumerate().map(
        ((column, cell)) => if column == 0 { mark(it.ids.at(at + 1)) + cell + mark(it.ids.at(at + 1)) } else { [#cell] })).flatten(),
    ))
  } else if it.kind == "break" {
    pagebreak(weak: true)
  } else {
    par(mark(it.id) + it.text + mark(it.id))
  }
}
"""


class Look(NamedTuple):
    """How a paper is set."""

    columns: int = 1
    header: str = ""
    numbered: bool = True
    contents: bool = False
    ruled: bool = True
    size: float = 11
    page_a_heading: bool = False
    """Whether every heading begins a page."""


class Pages(NamedTuple):
    """On which pages a line stands, first and last."""

    first: int
    last: int


def set_pdf(paper: Paper, look: Look) -> tuple[bytes, list[Pages | None]]:
    """Set a paper; the pages of its lines come in their order (None for a table's header)."""
    inputs = _inputs(paper, look)
    template = _TEMPLATE.encode()
    made = typst.compile(
        template,
        font_paths=_fonts(),
        sys_inputs=inputs,
        timestamp=_MOMENT,
        pdf_tags=False,
    )
    assert isinstance(made, bytes)
    spots: list[dict[str, Any]] = json.loads(
        typst.query(template, "<spot>", field="value", font_paths=_fonts(), sys_inputs=inputs)
    )
    seen: dict[int, list[int]] = {}
    for spot in spots:
        seen.setdefault(spot["id"], []).append(spot["page"])
    pages = [
        Pages(min(seen[at]), max(seen[at])) if at in seen else None
        for at in range(len(paper.lines))
    ]
    return made, pages


def picture_pages(
    paper: Paper, look: Look, seed: int
) -> tuple[list[Image.Image], list[Pages | None]]:
    """Set a paper and scan it: pages in grey, slightly blurred, with the noise of a seed."""
    _, pages = set_pdf(paper, look)
    # A list of pages, or, of one page, its bytes: more than the library's types say.
    made: Any = typst.compile(
        _TEMPLATE.encode(),
        format="png",
        ppi=DPI,
        font_paths=_fonts(),
        sys_inputs=_inputs(paper, look),
    )
    generator = np.random.default_rng(seed)
    sheets = made if isinstance(made, list) else [made]
    return [_scanned(data, generator) for data in sheets], pages


def pictures_as_pdf(pictures: Sequence[Image.Image]) -> bytes:
    """Put pictures into a PDF without a text layer, as a scanner does."""
    first, *others = pictures
    out = io.BytesIO()
    moment = _MOMENT.timetuple()
    first.save(
        out,
        "PDF",
        resolution=DPI,
        save_all=True,
        append_images=others,
        quality=88,
        creationDate=moment,
        modDate=moment,
    )
    return out.getvalue()


def _scanned(data: bytes, generator: np.random.Generator) -> Image.Image:
    page = Image.open(io.BytesIO(data)).convert("L").filter(ImageFilter.GaussianBlur(0.5))
    grey = np.asarray(page, dtype=np.float32) - 4
    grey += generator.normal(0, _NOISE, grey.shape).astype(np.float32)
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def _inputs(paper: Paper, look: Look) -> dict[str, str]:
    lang = paper.facts.lang
    chinese = lang != "en"
    return {
        "paper": json.dumps(
            {
                "title": paper.facts.title,
                "lang": lang[:2],
                "region": {"zh-Hans": "cn", "zh-Hant": "hk", "en": "gb"}[lang],
                "fonts": _FONTS[lang],
                "columns": look.columns,
                "header": look.header,
                "numbered": look.numbered,
                "contents_title": ("目录" if lang == "zh-Hans" else "目錄")
                if chinese
                else "Contents",
                "ruled": look.ruled,
                "size": look.size,
                "indent": 2 if chinese else 0,
                "spacing": 0.9 if chinese else 1.4,
                "centred": chinese and look.columns == 1,
                "blocks": _blocks(paper.lines, look),
            },
            ensure_ascii=False,
        )
    }


def _blocks(lines: Sequence[Line], look: Look) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for is_row, group in groupby(enumerate(lines), key=lambda item: item[1].kind == "row"):
        if is_row:
            numbered = list(group)
            found.append(
                {
                    "kind": "table",
                    "ids": [at for at, _ in numbered],
                    "rows": [line.cells for _, line in numbered],
                }
            )
            continue
        for at, line in group:
            if line.kind == "heading":
                if look.contents and not any(block["kind"] == "contents" for block in found):
                    found.append({"kind": "contents"})
                if look.page_a_heading:
                    found.append({"kind": "break"})
            found.append({"kind": line.kind, "id": at, "text": line.text, "level": line.level})
    return found


@cache
def _fonts() -> typst.Fonts:
    """Read the fonts of the system, and those of a package where it is installed.

    Raises:
        EvalError: no font draws Chinese.
    """
    spec = importlib.util.find_spec(_FONT_PACKAGE)
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    found = typst.Fonts(font_paths=folders)
    known = set(found.families())
    for lang, fonts in _FONTS.items():
        if not known & set(fonts[lang != "en" :]):
            raise EvalError(
                f"no font draws {lang}: seen none of {', '.join(fonts)}. Install one:"
                " apt-get install fonts-noto-cjk, or pip install 'hugang[fonts]'."
            )
    return found
