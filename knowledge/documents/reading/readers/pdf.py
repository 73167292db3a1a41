"""PDFs: text with its places in reading order, tables, and pages that are only pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.documents.page.blocks import clean, table
from knowledge.documents.page.furniture import is_contents_entry, without_furniture
from knowledge.documents.page.layout import Line, Segment, lines_in_order
from knowledge.documents.page.paragraphs import PageSize, blocks_of, body_of, box_of
from knowledge.documents.reading.faults import listed, remark, unreadable
from knowledge.documents.reading.readers.pdf_page import (
    Char,
    chars_of,
    has_pictures,
    mapping_of,
    rules_of,
    segments_of,
)
from knowledge.documents.reading.readers.pdf_tables import FoundTable, aligned_tables, ruled_tables
from knowledge.documents.reading.reading import Reading, Remark, Spot, TextBlock
from knowledge.documents.reading.source import Source

_DPI = 200
_FEW_CHARS = 10  # a stamp or a page number over a picture is no text layer
_GARBLED = re.compile("[\ufffd\ue000-\uf8ff\x00-\x1f]")
_CAPTION = re.compile(
    r"(?:续|續|附)?表\s*[\d一二三四五六七八九十]|[（(]?(?:金[额額])?[单單]位\s*[:：]|(?:TABLE|Table|Exhibit|Unit)\b.{0,80}$"
    r"|.{2,30}(?:一[览覽]表|明[细細]表|[标標][准準]表|[费費]率表|利率表|[额額]度表|[对對]照表)$"
)
_MOST_PIXELS = 24_000_000  # of a rendered page: A4 with a width of 4,000
_LARGEST_PAGE = 14_400  # points, the most the format allows


class _PageText(NamedTuple):
    size: PageSize
    lines: list[Line]
    tables: list[FoundTable]


def read(source: Source) -> Reading:
    """Read a PDF, recognising pages without a text layer where that is installed.

    Raises:
        UnreadableFile: encrypted, damaged, too long, or without text.
    """
    document = open_pdf(source)
    count = len(document)
    pages: list[_PageText] = []
    to_recognise: list[int] = []
    damaged: list[int] = []
    characters = 0
    for number in range(1, count + 1):
        try:
            page = document[number - 1]
            text, is_scan = _read_page(page, number)
            page.close()
        except pypdfium2.PdfiumError:
            text, is_scan = _PageText(PageSize(595.0, 842.0), [], []), False
            damaged.append(number)
        if is_scan:
            to_recognise.append(number)
        characters += sum(len(line.text) for line in text.lines)
        if characters > source.limits.characters:
            raise unreadable("too-much-text", limit=f"{source.limits.characters:,}")
        pages.append(text)
        source.report(number, count)
    if len(damaged) == count:
        raise unreadable("damaged", seen="PDF")
    remarks: list[Remark] = []
    if damaged:
        remarks.append(remark("pages-unreadable", pages=listed(damaged)))
    if to_recognise:
        remarks.append(_recognise(document, pages, to_recognise, source))
    blocks = _blocks(pages)
    recognised = any(one.code == "recognised" for one in remarks)
    return Reading(
        format="scan" if recognised else "pdf",
        blocks=tuple(blocks),
        pages=count,
        title=clean(document.get_metadata_value("Title")) or None,
        remarks=tuple(remarks),
    )


def picture(source: Source, page: int, width_px: int) -> bytes:
    """Picture a page as PNG, `width_px` wide.

    Raises:
        UnreadableFile: there is no such page.
    """
    import io

    document = open_pdf(source)
    if not 1 <= page <= len(document):
        raise unreadable("no-such-page", seen=page, limit=len(document))
    try:
        image = _rendered(document[page - 1], width_px, source)
    except pypdfium2.PdfiumError:
        raise unreadable("damaged", seen="PDF") from None
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def open_pdf(source: Source) -> pypdfium2.PdfDocument:
    """Open a PDF whose page count is believable.

    Raises:
        UnreadableFile: encrypted, damaged or too long.
    """
    try:
        document = pypdfium2.PdfDocument(source.data())
    except pypdfium2.PdfiumError as fault:
        if getattr(fault, "err_code", None) in {
            pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY,
        } or "assword" in str(fault):  # fmt: skip
            raise unreadable("encrypted") from None
        raise unreadable("damaged", seen="PDF") from None
    if len(document) > source.limits.pages:
        raise unreadable(
            "too-many-pages", seen=f"{len(document):,}", limit=f"{source.limits.pages:,}"
        )
    if not len(document):
        raise unreadable("damaged", seen="PDF")
    return document


def _read_page(page: pypdfium2.PdfPage, number: int) -> tuple[_PageText, bool]:
    """Return the text of a page, and whether it must be recognised from its picture."""
    width, height = page.get_size()
    size = PageSize(width, height)
    if not (0 < width <= _LARGEST_PAGE and 0 < height <= _LARGEST_PAGE):
        return _PageText(PageSize(595.0, 842.0), [], []), False
    mapping = mapping_of(page)
    chars = chars_of(page, mapping)
    solid = [char for char in chars if not char.text.isspace()]
    garbled = sum(bool(_GARBLED.match(char.text)) for char in solid) > 0.3 * len(solid)
    if len(solid) < _FEW_CHARS or garbled:
        is_scan = has_pictures(page) or garbled
        if is_scan or not solid:
            return _PageText(size, [], []), is_scan
    rules = rules_of(page, mapping)
    tables = ruled_tables(rules, chars, width, height) if rules else []
    outside = [char for char in chars if not _within(char, tables)]
    lines, aligned = aligned_tables(_lines(list(segments_of(outside)), number))
    return _PageText(size, lines, [*tables, *aligned]), False


def _lines(segments: Sequence[Segment], number: int) -> list[Line]:
    """Return the lines of a page, without the entries of a table of contents."""
    return [line for line in lines_in_order(segments, number) if not is_contents_entry(line)]


def _within(char: Char, tables: Sequence[FoundTable]) -> bool:
    x, y = (char.left + char.right) / 2, (char.top + char.bottom) / 2
    return any(t.left <= x <= t.right and t.top <= y <= t.bottom for t in tables)


def _recognise(
    document: pypdfium2.PdfDocument, pages: list[_PageText], numbers: list[int], source: Source
) -> Remark:
    """Put the text of pictured pages into `pages`; a remark says which they are."""
    from knowledge.documents.reading.readers import ocr

    if not ocr.is_installed():
        if len(numbers) == len(pages) or not any(page.lines or page.tables for page in pages):
            raise unreadable("no-text-layer")
        return remark("pages-without-text", pages=listed(numbers))
    if len(numbers) > source.limits.ocr_pages:
        raise unreadable("too-many-scans", seen=len(numbers), limit=source.limits.ocr_pages)
    for done, number in enumerate(numbers, start=1):
        page = document[number - 1]
        size = pages[number - 1].size
        image = _rendered(page, round(size.width / 72 * _DPI), source)
        scale = size.width / image.width
        segments = [
            Segment(s.text, s.left * scale, s.top * scale, s.right * scale, s.bottom * scale)
            for s in ocr.recognise(image)
        ]
        pages[number - 1] = _PageText(size, *aligned_tables(_lines(segments, number)))
        source.report(done, len(numbers))
    return remark("recognised", pages=listed(numbers))


def _rendered(page: pypdfium2.PdfPage, width_px: int, source: Source):  # type: ignore[no-untyped-def]
    width, height = page.get_size()
    scale = width_px / width
    most = min(source.limits.pixels, _MOST_PIXELS)
    if width * height * scale * scale > most:
        scale = (most / (width * height)) ** 0.5
    return page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")


def _blocks(pages: Sequence[_PageText]) -> list[TextBlock]:
    sizes = [page.size for page in pages]
    bare = without_furniture([page.lines for page in pages], [size.height for size in sizes])
    body = body_of(bare)
    blocks: list[TextBlock] = []
    held: list[Line] = []
    for number, (page, lines) in enumerate(zip(pages, bare, strict=True), start=1):
        rest = lines
        for found in sorted(page.tables, key=lambda one: one.top):
            cut = next((at for at, line in enumerate(rest) if _is_below(line, found)), len(rest))
            held += rest[:cut]
            rest = rest[cut:]
            blocks += blocks_of(held, body, sizes)
            held = []
            goes_on = cut == 0 and found.top == min(one.top for one in page.tables) and number > 1
            _add_table(blocks, found, number, page.size, goes_on=goes_on)
        held += rest
    return blocks + blocks_of(held, body, sizes)


def _is_below(line: Line, found: FoundTable) -> bool:
    return line.middle > found.bottom


def _add_table(
    blocks: list[TextBlock], found: FoundTable, number: int, size: PageSize, *, goes_on: bool
) -> None:
    """Add a table under its caption; one that goes on from the page before gets its header again.

    Args:
        blocks: what was read so far; a caption at its end goes into the table.
        found: the table.
        number: of its page.
        size: of its page.
        goes_on: whether nothing stands between it and the end of the page before.
    """
    caption: TextBlock | None = None
    title: str | None = None
    header: tuple[tuple[str, ...], ...] = ()
    last = blocks[-1] if blocks else None
    if last is not None and last.kind != "table" and _CAPTION.match(last.text):
        caption = blocks.pop()
        title = caption.text
    elif (
        last is not None
        and goes_on
        and last.kind == "table"
        and last.spots
        and last.spots[-1].page == number - 1
        and len(last.rows[0]) == len(found.rows[0])
    ):
        title = last.caption
        header = last.rows[:1] if last.rows[0] != found.rows[0] else ()
    made = table((*header, *found.rows), number, title)
    if len(made) != 1 or made[0].kind != "table":
        blocks += made
        return
    blocks.append(
        made[0].model_copy(update={"spots": _spots(made[0], found, caption, number, size)})
    )


def _spots(
    made: TextBlock, found: FoundTable, caption: TextBlock | None, number: int, size: PageSize
) -> tuple[Spot, ...]:
    """Say where the rows stand; a header that was added stands nowhere."""
    spots = list(caption.spots) if caption else []
    edges = [
        edge
        for edge, row in zip(found.row_edges, found.rows, strict=True)
        if any(map(str.strip, row))
    ]
    lines = made.text.split("\n")
    at = len(made.text)
    ends: list[Spot] = []
    for line, (top, bottom) in zip(reversed(lines), reversed(edges), strict=False):
        at -= len(line)
        place = Segment("", found.left, top, found.right, bottom)
        ends.append(Spot(at, at + len(line), number, box_of(place, size)))
        at -= 1
    return (*spots, *reversed(ends))
