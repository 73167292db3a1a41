"""A document as a Word file: real styles, lists, tables with a repeated head, links and bookmarks."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.image.image import Image
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Inches, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from bot.language import Lang
from ui.strings import string
from ui.takeaway.elements import Element, Heading, Items, Line, Paragraph, Picture, Table
from ui.takeaway.memo import Memo, MemoPassage, MemoSource

DrawPng = Callable[[str], bytes]
"""Draws an SVG as PNG."""
PICTURE_PPI = 192
"""Pixels an inch of these PNGs: twice the nominal size, so that they print sharp."""

_LATIN = "Calibri"
_EAST_ASIAN: Mapping[Lang, str] = {
    "zh-Hans": "Microsoft YaHei",
    "zh-Hant": "Microsoft JhengHei",
    "en": "Microsoft YaHei",
}
_TAGS: Mapping[Lang, str] = {"zh-Hans": "zh-CN", "zh-Hant": "zh-HK", "en": "en-GB"}
_INK, _INK_2 = RGBColor(0x14, 0x26, 0x2C), RGBColor(0x43, 0x56, 0x5C)
_TEAL, _OCHRE = RGBColor(0x0F, 0x4C, 0x5C), RGBColor(0x8A, 0x5F, 0x14)
_HAIR, _SOFT = "CFD8D6", "EEF3F3"
_MARGIN = Cm(2.3)
_A4 = (Cm(21), Cm(29.7))
_STYLES = (
    "Normal",
    "Title",
    "Heading 1",
    "Heading 2",
    "List Bullet",
    "List Number",
    "Header",
    "Footer",
)
_SIZES = {"Title": 18, "Heading 1": 13, "Heading 2": 11, "Header": 8, "Footer": 8}


def write_word(memo: Memo, draw_png: DrawPng | None = None) -> bytes:
    """Write a document as .docx.

    Args:
        memo: the document.
        draw_png: turns its drawings into pictures; None leaves them out.
    """
    writer = _Writer(memo, draw_png)
    writer.write()
    held = io.BytesIO()
    writer.word.save(held)
    return held.getvalue()


class _Writer:
    def __init__(self, memo: Memo, draw_png: DrawPng | None) -> None:
        self.memo = memo
        self.draw_png = draw_png
        self.word = Document()
        self.known = frozenset(
            (*(one.n for one in memo.sources), *(one.n for one in memo.passages))
        )
        self._bookmarks = 0
        self._drawn = 0

    def write(self) -> None:
        memo = self.memo
        self._set_properties()
        self._set_styles()
        self._set_page(self.word.sections[0], wide=False)
        self._head_and_foot()
        label = self.word.add_paragraph()
        self._run(label, f"{memo.product} · {memo.label}", size=8.5, colour=_TEAL)
        label.paragraph_format.space_after = Pt(2)
        self.word.add_paragraph(memo.title, style="Title")
        self._pairs(memo.facts)
        if memo.question:
            self._small_title(string("takeaway.question", memo.lang))
            for row in memo.question.split("\n"):
                said = self.word.add_paragraph(row)
                said.paragraph_format.left_indent = Cm(0.5)
        for element in memo.body:
            self._element(element)
        if memo.sources:
            self.word.add_heading(memo.sources_title, level=1)
            for source in memo.sources:
                self._source(source)
        if memo.passages:
            self.word.add_heading(memo.passages_title, level=1)
            for passage in memo.passages:
                self._passage(passage)
        self.word.add_heading(memo.about_title, level=2)
        self._pairs(memo.about)
        for note in memo.scope:
            self._run(self.word.add_paragraph(), note, size=8, colour=_INK_2)

    # --- the whole

    def _set_properties(self) -> None:
        memo, held = self.memo, self.word.core_properties
        held.title = memo.title[:255]
        held.author = held.last_modified_by = memo.product
        held.subject = memo.label
        held.keywords = memo.corpus
        held.comments = memo.scope[-1]
        held.language = _TAGS[memo.lang]
        held.created = held.modified = dt.datetime.combine(memo.made, dt.time(), tzinfo=dt.UTC)

    def _set_styles(self) -> None:
        for name in _STYLES:
            style = self.word.styles[name]
            self._set_fonts(style.element.get_or_add_rPr(), self.memo.lang)
            style.font.size = Pt(_SIZES.get(name, 10.5))
            style.font.color.rgb = _TEAL if name == "Heading 2" else _INK
        normal = self.word.styles["Normal"].paragraph_format
        normal.space_after, normal.line_spacing = Pt(6), 1.25
        title = self.word.styles["Title"]
        title.font.bold = True
        title.paragraph_format.space_after = Pt(8)
        for border in title.element.xpath(".//w:pBdr"):
            border.getparent().remove(border)

    def _set_fonts(self, properties: Any, lang: Lang) -> None:
        """Name the fonts of a style or run: Latin, and the East Asian one of the language."""
        fonts = properties.get_or_add_rFonts()
        for name in list(fonts.attrib):
            if name.endswith("Theme"):  # a theme's font would win over the named one
                del fonts.attrib[name]
        for name in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{name}"), _LATIN)
        fonts.set(qn("w:eastAsia"), _EAST_ASIAN[lang])
        for old in properties.findall(qn("w:lang")):
            properties.remove(old)
        tongue = OxmlElement("w:lang")
        tongue.set(qn("w:val"), "en-GB")
        tongue.set(qn("w:eastAsia"), "zh-CN" if lang == "en" else _TAGS[lang])
        properties.append(tongue)

    def _set_page(self, section: Any, *, wide: bool) -> None:
        short, long = _A4
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (long, short) if wide else (short, long)
        section.left_margin = section.right_margin = _MARGIN
        section.top_margin = section.bottom_margin = Cm(2.2)

    def _head_and_foot(self) -> None:
        section, memo = self.word.sections[0], self.memo
        section.header.paragraphs[0].text = f"{memo.product} · {memo.title[:60]}"
        foot = section.footer.paragraphs[0]
        foot.add_run(f"{string('foot.corpus', memo.lang, version=memo.corpus)}   ")
        before, _, rest = string("takeaway.page", memo.lang, n="\x00", total="\x01").partition(
            "\x00"
        )
        between, _, after = rest.partition("\x01")
        foot.add_run(before)
        self._field(foot, "PAGE")
        foot.add_run(between)
        self._field(foot, "NUMPAGES")
        foot.add_run(after)

    def _field(self, paragraph: WordParagraph, name: str) -> None:
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), name)
        run = OxmlElement("w:r")
        text = OxmlElement("w:t")
        text.text = "1"
        run.append(text)
        field.append(run)
        paragraph._p.append(field)

    # --- elements

    def _element(self, element: Element) -> None:
        match element:
            case Heading():
                self.word.add_heading(element.text, level=element.level)
            case Paragraph():
                paragraph = self.word.add_paragraph()
                quiet = element.style == "quiet"
                self._line(paragraph, element.line, 9 if quiet else None, _INK_2 if quiet else None)
                if element.style == "warning":
                    _shade(paragraph._p.get_or_add_pPr(), "F8EFDC")
            case Items():
                self._items(element)
            case Table():
                self._table(element)
            case Picture():
                self._picture(element)

    def _items(self, items: Items) -> None:
        style = "List Number" if items.ordered else "List Bullet"
        number = self._new_numbering() if items.ordered else None
        for item in items.items:
            paragraph = self.word.add_paragraph(style=style)
            paragraph.paragraph_format.space_after = Pt(3)
            if number is not None:
                properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
                properties.get_or_add_ilvl().val = 0
                properties.get_or_add_numId().val = number
            self._line(paragraph, item)

    def _new_numbering(self) -> int:
        """Make a numbering that starts at 1: a style's own would go on counting."""
        part = self.word.part.numbering_part.element
        own = self.word.styles["List Number"].element.pPr.numPr.numId.val
        abstract = part.num_having_numId(own).abstractNumId.val
        number = part.add_num(abstract)
        number.add_lvlOverride(ilvl=0).add_startOverride(1)
        return number.numId

    def _table(self, table: Table) -> None:
        if table.wide:
            self._set_page(self.word.add_section(WD_SECTION.NEW_PAGE), wide=True)
        if table.title:
            self.word.add_heading(table.title, level=2)
        columns = len(table.head)
        made = self.word.add_table(rows=0, cols=columns)
        made.autofit = False
        long, short = max(_A4), min(_A4)
        room = (long if table.wide else short) - 2 * _MARGIN
        shares = table.widths if len(table.widths) == columns else (1.0,) * columns
        widths = [Emu(int(room * share / sum(shares))) for share in shares]
        for column, width in zip(made.columns, widths, strict=True):
            column.width = width
        _rule(made)
        self._row(made, table.head, widths, head=True)
        for row in table.rows:
            self._row(made, row, widths, names_row=table.row_heads)
        if table.wide:
            self._set_page(self.word.add_section(WD_SECTION.NEW_PAGE), wide=False)
        else:
            self.word.add_paragraph().paragraph_format.space_after = Pt(2)

    def _row(
        self,
        table: Any,
        cells: Iterable[Line],
        widths: list[Emu],
        *,
        head: bool = False,
        names_row: bool = False,
    ) -> None:
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if head:
            properties.append(OxmlElement("w:tblHeader"))
        for i, (cell, line) in enumerate(zip(row.cells, cells, strict=True)):
            cell.width = widths[i]
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(1)
            paragraph.paragraph_format.line_spacing = 1.1
            strong = head or (names_row and i == 0)
            self._line(paragraph, line, 8.5, _TEAL if head else None, bold=strong)
            if head:
                _shade(cell._tc.get_or_add_tcPr(), _SOFT)

    def _picture(self, picture: Picture) -> None:
        if self.draw_png is None:
            return
        paragraph = self.word.add_paragraph()
        drawn = Image.from_blob(self.draw_png(picture.svg))
        width, height = Inches(drawn.px_width / PICTURE_PPI), Inches(drawn.px_height / PICTURE_PPI)
        shrink = min(1.0, (_A4[0] - 2 * _MARGIN) / width, Cm(12) / height)
        shape = paragraph.add_run().add_picture(io.BytesIO(drawn.blob), Emu(int(width * shrink)))
        self._drawn += 1
        described = shape._inline.docPr
        described.set("descr", picture.alt)
        described.set("name", f"{string('plan.legs', self.memo.lang)} {self._drawn}")

    # --- lines

    def _line(
        self,
        paragraph: WordParagraph,
        line: Line,
        size: float | None = None,
        colour: RGBColor | None = None,
        *,
        bold: bool = False,
    ) -> None:
        for run in line:
            if run.text:
                self._run(paragraph, run.text, size, colour, bold=bold or run.bold)
            for n in run.marks:
                self._mark(paragraph, n)

    def _run(
        self,
        paragraph: WordParagraph,
        text: str,
        size: float | None = None,
        colour: RGBColor | None = None,
        *,
        bold: bool = False,
        lang: Lang | None = None,
    ) -> Any:
        run = paragraph.add_run(text)
        if size:
            run.font.size = Pt(size)
        if colour is not None:
            run.font.color.rgb = colour
        if bold:
            run.font.bold = True
        if lang:
            self._set_fonts(run._r.get_or_add_rPr(), lang)
        return run

    def _mark(self, paragraph: WordParagraph, n: int) -> None:
        run = self._run(paragraph, f"[{n}]", colour=_TEAL)
        run.font.superscript = True
        if n in self.known:
            _wrap_link(paragraph, run, anchor=f"source-{n}")

    def _passage(self, passage: MemoPassage) -> None:
        self._source_title(passage)
        self._run(self._source_line(), passage.status, 8, _OCHRE)
        self._run(self._source_line(), passage.quote, 9, lang=passage.lang)
        self._run(self._source_line(), passage.name, 8, _INK_2)

    def _source_title(self, source: MemoSource | MemoPassage) -> None:
        first = self.word.add_paragraph()
        first.paragraph_format.space_before, first.paragraph_format.space_after = Pt(6), Pt(0)
        first.paragraph_format.keep_with_next = True
        number = self._run(first, f"[{source.n}]", 9, _TEAL)
        self._bookmark(number, f"source-{source.n}")
        self._run(first, f" {source.title}", 9, bold=True)
        if source.details:
            self._run(first, f"  {source.details}", 9, _INK_2)

    def _source(self, source: MemoSource) -> None:
        self._source_title(source)
        told = self._source_line()
        self._run(told, source.status, 8, _TEAL if source.validity == "in-force" else _OCHRE)
        if source.issuers:
            colon = ": " if self.memo.lang == "en" else "："
            name = string("panel.issuers", self.memo.lang)
            self._run(told, f"  {name}{colon}{source.issuers}", 8, _INK_2)
        for i, quote in enumerate(source.quotes):
            colour = _INK_2 if i else None
            self._run(self._source_line(), quote.text, 9 if not i else 8, colour, lang=quote.lang)
        origin = self._source_line()
        self._run(origin, f"{source.publisher} ({source.quality_name})  ", 8, _INK_2)
        if source.url:
            run = self._run(origin, source.host, 8, _TEAL)
            run.font.underline = True
            _wrap_link(origin, run, url=source.url)
        if source.note:
            self._run(origin, f"  {source.note}", 8, _INK_2)

    def _source_line(self) -> WordParagraph:
        paragraph = self.word.add_paragraph()
        paragraph.paragraph_format.left_indent = Cm(0.8)
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = 1.1
        return paragraph

    def _bookmark(self, run: Any, name: str) -> None:
        self._bookmarks += 1
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (start, end):
            mark.set(qn("w:id"), str(self._bookmarks))
        start.set(qn("w:name"), name)
        run._r.addprevious(start)
        run._r.addnext(end)

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        colon = ": " if self.memo.lang == "en" else "："
        for name, value in pairs:
            paragraph = self.word.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(1)
            self._run(paragraph, f"{name}{colon}", 9, _INK_2)
            self._run(paragraph, value, 9)
        self.word.paragraphs[-1].paragraph_format.space_after = Pt(10)

    def _small_title(self, text: str) -> None:
        paragraph = self.word.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(8)
        paragraph.paragraph_format.keep_with_next = True
        self._run(paragraph, text, 8.5, _INK_2)


def _wrap_link(paragraph: WordParagraph, run: Any, *, url: str = "", anchor: str = "") -> None:
    """Make a run a link, to a page or to a bookmark of the document."""
    link = OxmlElement("w:hyperlink")
    if url:
        related = paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link.set(qn("r:id"), related)
    else:
        link.set(qn("w:anchor"), anchor)
    link.set(qn("w:history"), "1")
    run._r.addprevious(link)
    link.append(run._r)


def _shade(properties: Any, fill: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{name}"), value)
    properties.append(shade)


def _rule(table: Any) -> None:
    """Draw thin lines between the rows, none between the columns."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _HAIR)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)
