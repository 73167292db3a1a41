"""PowerPoint decks: each slide a heading, its texts and tables from top to bottom, its notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pptx import Presentation

from knowledge.documents.page.blocks import clean, heading, paragraph, table
from knowledge.documents.reading.archive import open_archive
from knowledge.documents.reading.faults import remark, unreadable
from knowledge.documents.reading.reading import Reading, Remark, TextBlock
from knowledge.documents.reading.source import Source

_DEEPEST_GROUP = 20
_ROW_EMU = 200_000  # shapes whose tops differ by less stand side by side: about half a centimetre


def read(source: Source) -> Reading:
    """Read a .pptx or .pptm.

    Raises:
        UnreadableFile: its parts do not make a deck, or it has too many slides.
    """
    remarks: list[Remark] = []
    with open_archive(source) as archive:
        if any(name.lower().endswith("vbaproject.bin") for name in archive.namelist()):
            remarks.append(remark("macros-left-out"))
    source.file.seek(0)
    try:
        deck = Presentation(source.file)
        slides = list(deck.slides)
        if len(slides) > source.limits.pages:
            raise unreadable("too-many-pages", seen=len(slides), limit=source.limits.pages)
        blocks: list[TextBlock] = []
        for number, slide in enumerate(slides, start=1):
            blocks += _slide(slide, number)
            source.report(number, len(slides))
        title = clean(deck.core_properties.title or "") or None
    except (ValueError, KeyError, SyntaxError, AttributeError, TypeError, IndexError):
        raise unreadable("damaged", seen="PowerPoint") from None
    if title == "PowerPoint Presentation":
        title = None
    return Reading(
        format="pptx", blocks=tuple(blocks), pages=len(slides), title=title, remarks=tuple(remarks)
    )


def _slide(slide: Any, number: int) -> Iterator[TextBlock]:
    title = slide.shapes.title
    if title is not None:
        yield from heading(title.text_frame.text, 1, number)
    title_id = title.shape_id if title is not None else None
    for shape in _ordered(slide.shapes):
        if shape.shape_id != title_id:
            yield from _shape(shape, number, 0)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        for line in slide.notes_slide.notes_text_frame.text.split("\n"):
            yield from paragraph(line, number)


def _ordered(shapes: Any) -> list[Any]:
    return sorted(shapes, key=lambda shape: ((shape.top or 0) // _ROW_EMU, shape.left or 0))


def _shape(shape: Any, number: int, depth: int) -> Iterator[TextBlock]:
    if shape.shape_type == 6 and depth < _DEEPEST_GROUP:  # MSO_SHAPE_TYPE.GROUP
        for inner in _ordered(shape.shapes):
            yield from _shape(inner, number, depth + 1)
    elif getattr(shape, "has_table", False):
        yield from table(_rows(shape.table), number)
    elif shape.has_text_frame:
        for line in shape.text_frame.paragraphs:
            yield from paragraph("".join(run.text for run in line.runs) or line.text, number)


def _rows(cells: Any) -> list[list[str]]:
    """Return the rows of a table, a merged cell in every place that it covers."""
    rows = [[cell.text for cell in row.cells] for row in cells.rows]
    for top, row in enumerate(cells.rows):
        for left, cell in enumerate(row.cells):
            if cell.is_merge_origin:
                for at in range(top, min(top + cell.span_height, len(rows))):
                    for column in range(left, min(left + cell.span_width, len(rows[at]))):
                        rows[at][column] = cell.text
    return rows
