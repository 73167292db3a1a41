"""Excel workbooks: each sheet a heading and its tables, merged cells filled."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

from knowledge.documents.page.blocks import clean, heading, paragraph, table
from knowledge.documents.reading.archive import open_archive
from knowledge.documents.reading.faults import remark, unreadable
from knowledge.documents.reading.reading import Reading, Remark, TextBlock
from knowledge.documents.reading.source import Source

_ROWS_A_TABLE = 40
_MOST_MERGED = (
    10_000  # cells filled from one merged range: a title over a sheet needs a few hundred
)
_MOST_RANGES = 20_000
_MERGED = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}mergeCell"
_GROUPED = re.compile(r"#,##0(?:\.(0+))?")
_DECIMALS = re.compile(r"0(?:\.(0+))?%")

Row = list[str]


def read(source: Source) -> Reading:
    """Read a .xlsx or .xlsm: values as last computed, formulas not run.

    Raises:
        UnreadableFile: its parts do not make a workbook, or it has too many sheets or characters.
    """
    remarks: list[Remark] = []
    with open_archive(source) as archive:
        if any(name.lower().endswith("vbaproject.bin") for name in archive.namelist()):
            remarks.append(remark("macros-left-out"))
        try:
            return _read(source, archive, remarks)
        except (ValueError, KeyError, SyntaxError, AttributeError, TypeError, IndexError):
            raise unreadable("damaged", seen="Excel") from None


def _read(source: Source, archive: zipfile.ZipFile, remarks: list[Remark]) -> Reading:
    source.file.seek(0)
    book = load_workbook(source.file, read_only=True, data_only=True, keep_links=False)
    sheets = book.worksheets
    if len(sheets) > source.limits.pages:
        raise unreadable("too-many-pages", seen=len(sheets), limit=source.limits.pages)
    blocks: list[TextBlock] = []
    characters = 0
    for number, sheet in enumerate(sheets, start=1):
        sheet.reset_dimensions()  # what the file claims is not believed
        rows = _filled(_cells(sheet), _merged(archive, sheet))
        made = [
            *heading(sheet.title, 1, number),
            *(block for group in _groups(rows) for block in _tables(group, number)),
        ]
        characters += sum(len(block.text) for block in made)
        if characters > source.limits.characters:
            raise unreadable("too-much-text", limit=f"{source.limits.characters:,}")
        blocks += made if len(made) > 1 else []
        source.report(number, len(sheets))
    if hidden := [sheet.title for sheet in sheets if sheet.sheet_state != "visible"]:
        remarks.append(remark("hidden-sheets", names=", ".join(hidden)))
    return Reading(
        format="xlsx",
        blocks=tuple(blocks),
        pages=len(sheets),
        title=clean(book.properties.title or "") or None,
        remarks=tuple(remarks),
    )


def _cells(sheet: Any) -> dict[int, dict[int, str]]:
    """Return the texts of a sheet by row and column, from 1."""
    found: dict[int, dict[int, str]] = {}
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None and (text := _shown(cell.value, cell.number_format or "")):
                found.setdefault(cell.row, {})[cell.column] = text
    return found


def _merged(archive: zipfile.ZipFile, sheet: Any) -> Iterator[tuple[int, int, int, int]]:
    """Give merged ranges; openpyxl does not when it reads row by row."""
    with archive.open(sheet._worksheet_path.lstrip("/")) as part:
        for count, (_, element) in enumerate(
            etree.iterparse(part, tag=_MERGED, resolve_entities=False, no_network=True)
        ):
            if count >= _MOST_RANGES:
                return
            left, top, right, bottom = range_boundaries(element.get("ref", "A1"))
            if None not in {left, top, right, bottom}:
                yield left, top, right, bottom  # type: ignore[misc]


def _filled(
    cells: dict[int, dict[int, str]], merged: Iterator[tuple[int, int, int, int]]
) -> list[tuple[int, Row]]:
    """Put rows together, every merged cell saying its text wherever it reaches."""
    for left, top, right, bottom in merged:
        text = cells.get(top, {}).get(left)
        if text and (right - left + 1) * (bottom - top + 1) <= _MOST_MERGED:
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    cells.setdefault(row, {}).setdefault(column, text)
    columns = sorted({column for row in cells.values() for column in row})
    return [
        (number, [cells[number].get(column, "") for column in columns]) for number in sorted(cells)
    ]


def _groups(rows: list[tuple[int, Row]]) -> Iterator[list[Row]]:
    """Part a sheet at its empty rows."""
    group: list[Row] = []
    last = 0
    for number, row in rows:
        if group and number > last + 1:
            yield group
            group = []
        group.append(row)
        last = number
    if group:
        yield group


def _tables(rows: list[Row], page: int) -> Iterator[TextBlock]:
    """Make the table of a group: lines of one text in front are its caption, or paragraphs."""
    lead: list[str] = []
    while rows and len(texts := {cell for cell in rows[0] if cell}) == 1 and len(rows[0]) > 1:
        lead += texts
        rows = rows[1:]
    tail: list[str] = []
    while (
        len(rows) > 1
        and len(texts := {cell for cell in rows[-1] if cell}) == 1
        and len(rows[-1]) > 2
    ):
        tail = [*texts, *tail]
        rows = rows[:-1]
    caption = lead.pop() if lead and rows else None
    for text in lead:
        yield from paragraph(text, page)
    header, body = rows[:1], rows[1:]
    for at in range(0, max(len(body), 1), _ROWS_A_TABLE):
        yield from table([*header, *body[at : at + _ROWS_A_TABLE]], page, caption)
    for text in tail:
        yield from paragraph(text, page)


def _shown(value: Any, form: str) -> str:
    """Write a value as its cell shows it, as far as its number format is a usual one."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return (
            value.isoformat(" ", "minutes")
            if value.time() != dt.time()
            else value.date().isoformat()
        )
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        if percent := _DECIMALS.search(form):
            return f"{value * 100:.{len(percent[1] or '')}f}%"
        if grouped := _GROUPED.search(form):
            return f"{value:,.{len(grouped[1] or '')}f}"
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    return clean(str(value))
