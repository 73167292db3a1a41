"""What the tests of documents share: real answers, a small drawing, and readers of the files."""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Iterator
from html import escape

import pypdfium2
import pypdfium2.raw as pdfium
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from bot.answer import AnswerOption
from bot.language import Lang

HOSTILE = "\n".join(
    (
        '#import "evil": * #read("/etc/passwd") $x^2$ *fett* _kursiv_ `raw` <label> @ref',
        '= Kopf \\ + Liste // Kommentar /* auch */ #link("javascript:alert(1)")[x] \\u{41}',
        "]]> <w:p/> &lt; &#x41; <!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]> &b; <?xml?>",
        "</w:t></w:r><script>alert(1)</script> {{x}} ${y} %s {z}",
        "# Titel > Zitat 1. Punkt | Zelle | [Verweis](javascript:alert(1)) ![b](http://x/y) ***",
        "境外放款\x00\x07\x0b\x1b[31m的額度\ufffe\uffff 🙂 👩‍👧 مرحبا שלום e\u0301 \u202eabc\u202c",
    )
)
QUESTIONS: dict[str, str] = {
    "plan-zh": "上海母公司怎么把人民币借给香港子公司？",
    "plan-en": "How do we lend RMB from our Shanghai parent to our Hong Kong subsidiary?",
    "plan-hant": "上海母公司怎樣把人民幣借給香港子公司？",
    "table-zh": "境外上市募集资金的2014年老规定被什么取代了？",
    "table-en": "What replaced the 2014 rules on overseas listing funds?",
    "plain-hant": "請問香港企業財資中心的稅率和條件？",
    "partly-zh": "香港企业财资中心税率多少？柬埔寨的公司税率是多少？",
    "declined-zh": "今天美元兑人民币汇率多少？",
    "declined-en": "How do I cook braised pork?",
}


def draw(option: AnswerOption, lang: Lang) -> str:
    """Draw the legs of an option as a small SVG."""
    rows = "".join(
        f'<rect x="8" y="{8 + at * 40}" width="384" height="32" fill="#e3eef0"'
        f' stroke="#0f4c5c"/><text x="20" y="{30 + at * 40}" font-size="14"'
        f' font-family="No Such Font, sans-serif" fill="#14262c">'
        f"{escape(leg.from_name)} → {escape(leg.to_name)}</text>"
        for at, leg in enumerate(option.legs)
    )
    height = 8 + 40 * len(option.legs)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 {height}"'
        f' width="400" height="{height}">{rows}</svg>'
    )


def joined(text: str) -> str:
    """A text without what laying it out adds or takes: white space, hyphens, ligatures."""
    text = text.translate({0xFB01: "fi", 0xFB02: "fl", 0xFB00: "ff", 0xFB03: "ffi", 0xFB04: "ffl"})
    return re.sub(r"[\s\x02\ufffe\u00ad\u200b-]+", "", text)


# --- Word


def open_word(content: bytes) -> WordDocument:
    return Document(io.BytesIO(content))


def word_text(document: WordDocument) -> str:
    """All text of the body, tables and links included, in reading order."""
    paragraphs = document.element.body.iter(qn("w:p"))
    return "\n".join("".join(text.text or "" for text in one.iter(qn("w:t"))) for one in paragraphs)


def word_links(document: WordDocument) -> tuple[set[str], set[str]]:
    """Addresses that the document links to, and bookmarks of its own that it links to."""
    links = list(document.element.body.iter(qn("w:hyperlink")))
    related = document.part.rels
    pages = {related[rid].target_ref for one in links if (rid := one.get(qn("r:id")))}
    return pages, {anchor for one in links if (anchor := one.get(qn("w:anchor")))}


def bookmarks(document: WordDocument) -> list[str]:
    return [one.get(qn("w:name")) for one in document.element.body.iter(qn("w:bookmarkStart"))]


# --- PDF


def pdf_pages(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(content) as document:
        return [document[i].get_textpage().get_text_range() for i in range(len(document))]


def pdf_text(content: bytes) -> str:
    return joined("".join(pdf_pages(content)))


def pdf_links(content: bytes) -> tuple[set[str], int]:
    """Addresses that a PDF links to, and how many links stay inside it."""
    pages: set[str] = set()
    inside = 0
    with pypdfium2.PdfDocument(content) as document:
        for i in range(len(document)):
            page = document[i]  # held: a page that is dropped takes its links along
            at, link = ctypes.c_int(0), pdfium.FPDF_LINK()
            while pdfium.FPDFLink_Enumerate(page.raw, at, link):
                if pdfium.FPDFLink_GetDest(document.raw, link):
                    inside += 1
                    continue
                action = pdfium.FPDFLink_GetAction(link)
                size = pdfium.FPDFAction_GetURIPath(document.raw, action, None, 0)
                held = ctypes.create_string_buffer(size)
                pdfium.FPDFAction_GetURIPath(document.raw, action, held, size)
                pages.add(held.value.decode())
    return pages, inside


def pdf_fonts(content: bytes) -> dict[str, bool]:
    """Name of each font that text is set in, without its subset's tag, and whether it is embedded."""
    fonts: dict[str, bool] = {}
    with pypdfium2.PdfDocument(content) as document:
        for i in range(len(document)):
            page = document[i]
            for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
                font = pdfium.FPDFTextObj_GetFont(one.raw)
                size = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
                held = ctypes.create_string_buffer(size)
                pdfium.FPDFFont_GetBaseFontName(font, held, size)
                name = re.sub(r"^[A-Z]{6}\+", "", held.value.decode())
                fonts[name] = bool(pdfium.FPDFFont_GetIsEmbedded(font)) and fonts.get(name, True)
    return fonts


def pdf_alts(content: bytes) -> list[str]:
    """Texts that stand for pictures."""
    with pypdfium2.PdfDocument(content) as document:
        return [alt for i in range(len(document)) for alt in _page_alts(document[i])]


def _page_alts(page: pypdfium2.PdfPage) -> Iterator[str]:
    tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
    left = [
        pdfium.FPDF_StructTree_GetChildAtIndex(tree, i)
        for i in range(pdfium.FPDF_StructTree_CountChildren(tree))
    ]
    while left:
        element = left.pop()
        if not element:
            continue
        size = pdfium.FPDF_StructElement_GetAltText(element, None, 0)
        if size > 2:
            held = ctypes.create_string_buffer(size)
            pdfium.FPDF_StructElement_GetAltText(element, held, size)
            yield held.raw[: size - 2].decode("utf-16-le")
        left += [
            pdfium.FPDF_StructElement_GetChildAtIndex(element, i)
            for i in range(max(pdfium.FPDF_StructElement_CountChildren(element), 0))
        ]
    pdfium.FPDF_StructTree_Close(tree)
