"""Numbers that Word counts by itself: 第一条, （二）, 3.1, (a)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import cn2an
from docx.document import Document as WordDocument
from docx.oxml.ns import qn

_PLACE = re.compile(r"%([1-9])")
_CHINESE = {
    "chineseCounting", "chineseCountingThousand", "chineseLegalSimplified", "ideographDigital",
    "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand",
    "koreanCounting", "japaneseLegal", "ideographLegalTraditional",
}  # fmt: skip
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_DEEPEST_STYLE = 20


class _Level(NamedTuple):
    form: str
    text: str
    start: int


class Numbering:
    """The running counts of a document's lists."""

    def __init__(self, document: WordDocument) -> None:
        """Load the lists that a document defines."""
        self._lists: dict[str, str] = {}
        self._levels: dict[tuple[str, int], _Level] = {}
        self._restarts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._seen: set[str] = set()
        self._styles = {
            style.get(qn("w:styleId")): style
            for style in document.styles.element.iter(qn("w:style"))
        }
        for relation in document.part.rels.values():
            if relation.reltype.endswith("/numbering") and not relation.is_external:
                self._load(relation.target_part.element)

    def next_number(self, paragraph: Any) -> str | None:
        """Count a paragraph and return its number as printed; None where it has none or a bullet."""
        number_id, depth = self._place(paragraph)
        abstract = self._lists.get(number_id or "")
        level = self._levels.get((abstract, depth)) if abstract is not None else None
        if number_id is None or abstract is None or level is None:
            return None
        counts = self._counts.setdefault(abstract, {})
        if number_id not in self._seen:
            self._seen.add(number_id)
            for (restarted, at), start in self._restarts.items():
                if restarted == number_id:
                    counts[at] = start - 1
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [at for at in counts if at > depth]:
            del counts[deeper]
        if level.form in {"bullet", "none"}:
            return None
        return (
            _PLACE.sub(lambda place: self._written(abstract, int(place[1]) - 1), level.text) or None
        )

    def _written(self, abstract: str, depth: int) -> str:
        level = self._levels.get((abstract, depth))
        if level is None:
            return ""
        return _written(self._counts[abstract].get(depth, level.start), level.form)

    def _place(self, paragraph: Any) -> tuple[str | None, int]:
        """Return the list and depth of a paragraph, its own or its style's."""
        number_id, depth = _number_property(paragraph.find(qn("w:pPr")))
        style = paragraph.style
        for _ in range(_DEEPEST_STYLE):
            if number_id is not None or style not in self._styles:
                break
            element = self._styles[style]
            number_id, of_style = _number_property(element.find(qn("w:pPr")))
            depth = of_style if depth is None else depth
            base = element.find(qn("w:basedOn"))
            style = base.get(qn("w:val")) if base is not None else None
        return number_id, depth or 0

    def _load(self, numbering: Any) -> None:
        for abstract in numbering.iter(qn("w:abstractNum")):
            for level in abstract.iter(qn("w:lvl")):
                key = (str(abstract.get(qn("w:abstractNumId"))), int(level.get(qn("w:ilvl"), "0")))
                self._levels[key] = _Level(
                    form=_value(level, "w:numFmt") or "decimal",
                    text=_value(level, "w:lvlText") or "",
                    start=_number(_value(level, "w:start"), 1),
                )
        for number in numbering.iter(qn("w:num")):
            number_id = str(number.get(qn("w:numId")))
            self._lists[number_id] = _value(number, "w:abstractNumId") or ""
            for override in number.iter(qn("w:lvlOverride")):
                start = _value(override, "w:startOverride")
                if start:
                    depth = _number(override.get(qn("w:ilvl")), 0)
                    self._restarts[number_id, depth] = _number(start, 1)


def _number_property(properties: Any) -> tuple[str | None, int | None]:
    place = properties.find(qn("w:numPr")) if properties is not None else None
    if place is None:
        return None, None
    depth = _value(place, "w:ilvl")
    return _value(place, "w:numId"), _number(depth, 0) if depth else None


def _value(element: Any, tag: str) -> str | None:
    child = element.find(qn(tag))
    return child.get(qn("w:val")) if child is not None else None


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 7 else otherwise


def _written(count: int, form: str) -> str:
    if form in _CHINESE and 0 < count < 100_000:
        return str(cn2an.an2cn(count)).removeprefix("一" if 10 <= count < 20 else "\0")
    if form in {"upperLetter", "lowerLetter"} and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form in {"upperRoman", "lowerRoman"} and 0 < count < 4_000:
        roman = _roman(count)
        return roman.upper() if form == "upperRoman" else roman
    if form.startswith("decimalEnclosedCircle") and 0 < count <= len(_CIRCLED):
        return _CIRCLED[count - 1]
    if form == "decimalZero":
        return f"{count:02d}"
    return str(count)


def _roman(count: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        times, count = divmod(count, value)
        written += letters * times
    return written
