"""Papers as Word, Excel and PowerPoint files, the same bytes on every run.

The libraries that write them are imported where they write: `hugang` imports this module for the
benchmark's command at every start, and they take a tenth of a second.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from evals.documents.paper import Line, Paper

_STAMP = "2025-01-01T00:00:00Z"
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")


class Sheet(NamedTuple):
    """A sheet of a workbook: title line, header, rows; a cell None belongs to the one above it."""

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


def word(paper: Paper, *, styled: bool = True) -> bytes:
    """Write a paper as Word; unstyled, headings are only bold and centred, as many offices write."""
    import docx

    file = docx.Document()
    for is_row, group in groupby(paper.lines, key=lambda line: line.kind == "row"):
        if is_row:
            _word_table(file, [line.cells for line in group])
            continue
        for line in group:
            _word_line(file, line, styled=styled)
    file.core_properties.title = paper.facts.title
    return _saved(file)


def slides(paper: Paper) -> bytes:
    """Write a paper as PowerPoint: a slide for its title, one for each heading."""
    import pptx

    deck = pptx.Presentation()
    body: Any = None
    for line in paper.lines:
        if line.kind in ("title", "heading"):
            slide = deck.slides.add_slide(deck.slide_layouts[0 if line.kind == "title" else 1])
            slide.shapes.title.text = line.text
            body = slide.placeholders[1].text_frame
            fresh = True
            continue
        if fresh:
            body.text, fresh = line.text, False
        else:
            body.add_paragraph().text = line.text
    return _saved(deck)


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """Write sheets, each with a merged title and a group in its first column that is merged."""
    import openpyxl

    book = openpyxl.Workbook()
    del book["Sheet"]
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.append([sheet.title])
        page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(sheet.header))
        page.append(list(sheet.header))
        for row in sheet.rows:
            page.append(list(row))
        begin = None
        for at, row in enumerate([*sheet.rows, ("",)], start=3):
            if row[0] is None:
                continue
            if begin is not None and at - begin > 1:
                page.merge_cells(start_row=begin, start_column=1, end_row=at - 1, end_column=1)
            begin = at
    return _saved(book)


def settled(data: bytes, more: Mapping[str, bytes] = {}) -> bytes:
    """Write a zip file anew with fixed times, and more members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        members = {name: old.read(name) for name in old.namelist()} | dict(more)
        for name, content in members.items():
            if name == "docProps/core.xml":
                content = _MOMENT.sub(_STAMP.encode(), content)
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return out.getvalue()


def _word_line(file: Any, line: Line, *, styled: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    if line.kind == "title" or (line.kind == "heading" and not styled):
        paragraph = file.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(line.text).bold = True
    elif line.kind == "heading":
        file.add_heading(line.text, level=line.level)
    else:
        file.add_paragraph(line.text)


def _word_table(file: Any, rows: list[tuple[str, ...]]) -> None:
    table = file.add_table(rows=len(rows), cols=len(rows[0]))
    table.style = "Table Grid"
    for at, row in enumerate(rows):
        for cell, text in zip(table.rows[at].cells, row, strict=True):
            cell.text = text


def _saved(file: Any) -> bytes:
    out = io.BytesIO()
    file.save(out)
    return settled(out.getvalue())
