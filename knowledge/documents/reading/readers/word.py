"""Word documents: headings by style, list numbers as printed, tables in place, footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.part import PartFactory
from docx.oxml.ns import qn
from docx.package import Package
from docx.parts.document import DocumentPart

from knowledge.documents.page.blocks import clean, heading, paragraph, table
from knowledge.documents.reading.archive import open_archive
from knowledge.documents.reading.faults import remark, unreadable
from knowledge.documents.reading.readers.word_numbers import Numbering
from knowledge.documents.reading.reading import Reading, Remark, TextBlock
from knowledge.documents.reading.source import Source

_MAIN_TYPES = tuple(
    f"application/vnd.{kind}+xml"
    for kind in (
        "ms-word.document.macroEnabled.main",
        "ms-word.template.macroEnabledTemplate.main",
        "openxmlformats-officedocument.wordprocessingml.template.main",
    )
)
_HEADING = re.compile(r"(?:heading|标题|標題)\s*(\d)", re.IGNORECASE)
_SKIPPED_STYLE = re.compile(r"(?:toc|目录|目錄)\s*\d", re.IGNORECASE)
_CAPTION_STYLE = re.compile(r"caption|题注|題注", re.IGNORECASE)
_DEEPEST_TABLE = 20
_BREAKS = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_LEFT_OUT = {
    qn("w:del"), qn("w:moveFrom"), qn("w:rPr"), qn("w:pPr"), qn("w:txbxContent"),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}  # fmt: skip


def read(source: Source) -> Reading:
    """Read a .docx, .docm or a template.

    Raises:
        UnreadableFile: its parts do not make a document.
    """
    remarks: list[Remark] = []
    with open_archive(source) as archive:
        if any(name.lower().endswith("vbaproject.bin") for name in archive.namelist()):
            remarks.append(remark("macros-left-out"))
    source.file.seek(0)
    document = _open(source)
    blocks = list(_Body(document).blocks())
    return Reading(
        format="docx",
        blocks=tuple(blocks),
        title=clean(document.core_properties.title or "") or None,
        remarks=tuple(remarks),
    )


def _open(source: Source) -> WordDocument:
    for content_type in _MAIN_TYPES:
        PartFactory.part_type_for[content_type] = DocumentPart
    try:
        part = Package.open(source.file).main_document_part
        if not isinstance(part, DocumentPart):
            raise unreadable("damaged", seen="Word")
        document: WordDocument = part.document
        return document
    except (ValueError, KeyError, SyntaxError, AttributeError, TypeError, IndexError):
        raise unreadable("damaged", seen="Word") from None


class _Body:
    def __init__(self, document: WordDocument) -> None:
        self._document = document
        self._numbering = Numbering(document)
        self._styles = {style.style_id: style for style in document.styles}
        self._notes = _footnotes(document)

    def blocks(self) -> Iterator[TextBlock]:
        yield from self._inside(self._document.element.body)
        for number, note in self._notes.items():
            yield from paragraph(f"[{number}] {note}")

    def _inside(self, parent: Any) -> Iterator[TextBlock]:
        caption: TextBlock | None = None
        for child in parent:
            if child.tag == qn("w:p"):
                if caption:
                    yield caption
                    caption = None
                made = list(self._paragraph(child))
                if len(made) == 1 and _CAPTION_STYLE.search(self._style_name(child)):
                    caption = made[0]
                else:
                    yield from made
            elif child.tag == qn("w:tbl"):
                yield from table(_rows(child), caption=caption.text if caption else None)
                caption = None
            elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")}:
                yield from self._inside(child)
        if caption:
            yield caption

    def _paragraph(self, element: Any) -> Iterator[TextBlock]:
        style = self._style_name(element)
        if not _SKIPPED_STYLE.match(style):
            text = clean(text_of(element))
            number = self._numbering.next_number(element)
            if text and number:
                text = f"{number}{'' if number[-1] in '、）' else ' '}{text}"
            level = self._level(element, style)
            yield from heading(text, level) if level else paragraph(text)
        for box in element.iter(qn("w:txbxContent")):
            if not any(parent.tag.endswith("}Fallback") for parent in box.iterancestors()):
                yield from self._inside(box)

    def _style_name(self, element: Any) -> str:
        style = self._styles.get(element.style) if element.style else None
        return str(style.name or "") if style is not None else ""

    def _level(self, element: Any, style: str) -> int | None:
        if style.lower() in {"title", "标题", "標題"}:
            return 1
        if found := _HEADING.match(style):
            return int(found[1])
        outline = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None and (value := outline.get(qn("w:val"), "")).isdigit():
            return int(value) + 1 if int(value) < 9 else None
        return None


def text_of(element: Any) -> str:
    """Return the text of a paragraph as it stands after all changes, footnote marks in brackets."""
    parts: list[str] = []
    for child in element:
        tag = child.tag
        if tag in _LEFT_OUT or not isinstance(tag, str):
            continue
        if tag == qn("w:t"):
            parts.append(child.text or "")
        elif tag in _BREAKS:
            parts.append(_BREAKS[tag])
        elif tag == qn("w:footnoteReference"):
            parts.append(f"[{child.get(qn('w:id'))}]")
        else:
            parts.append(text_of(child))
    return "".join(parts)


def _rows(element: Any, depth: int = 0) -> Iterator[list[str]]:
    """Give the rows of a table; a merged cell says its text in every place that it covers."""
    above: list[str] = []
    for row in element.iter(qn("w:tr")):
        if next(row.iterancestors(qn("w:tbl"))) is not element:
            continue
        cells: list[str] = []
        for cell in row.iter(qn("w:tc")):
            if next(cell.iterancestors(qn("w:tr"))) is not row:
                continue
            span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
            width = min(int(span.get(qn("w:val"), "1")) if span is not None else 1, 200)
            merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            if merge is not None and merge.get(qn("w:val"), "continue") == "continue":
                cells += (above[len(cells) : len(cells) + width] + [""] * width)[:width]
            else:
                cells += [_cell_text(cell, depth)] * width
        above = cells
        yield cells


def _cell_text(cell: Any, depth: int) -> str:
    parts = []
    for child in cell:
        if child.tag == qn("w:p"):
            parts.append(text_of(child))
        elif child.tag == qn("w:tbl") and depth < _DEEPEST_TABLE:
            parts += ["; ".join(filter(None, row)) for row in _rows(child, depth + 1)]
    return " ".join(filter(None, parts))


def _footnotes(document: WordDocument) -> dict[str, str]:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.FOOTNOTES and not relation.is_external:
            notes = parse_xml(relation.target_part.blob)
            return {
                str(note.get(qn("w:id"))): text
                for note in notes.iter(qn("w:footnote"))
                if note.get(qn("w:type")) in {None, "normal"}
                and (text := clean(" ".join(text_of(p) for p in note.iter(qn("w:p")))))
            }
    return {}
