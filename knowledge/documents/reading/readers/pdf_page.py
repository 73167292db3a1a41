"""One page of a PDF as pdfium sees it: characters with their boxes, rules, and whether it is a picture."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.documents.page.layout import Segment

_MAPPED = (
    20_000  # points of pdfium's device raster over a page: shares to a fiftieth of a per mille
)
_RADICALS = range(0x2E80, 0x2FE0)
_COMPATIBLE = (range(0xF900, 0xFB07), _RADICALS)
_MOST_RULES = 4_000  # drawings have more; a table has some hundred
_THIN = 2.5  # points: a rectangle no wider is a rule
_DEEPEST_FORM = 4
_NO_CHARACTER = frozenset({0x00, 0x0D})
_BLANKS = frozenset({0x09, 0x0A, 0x20, 0xA0})
_HYPHENS = frozenset({0x02, 0xFFFE})  # what pdfium makes of a hyphen at the end of a line
_AIR = "\u2009"  # a blank that pdfium puts where it sees a gap, and no writer typed
_ASCENT, _DESCENT = 0.88, 0.2  # of the size of type, as most fonts have them
_CJK = range(0x2E80, 0xA000)
_MANY_SHAPES = 50  # more than a frame and some rules: letters drawn as shapes


class Char(NamedTuple):
    """A character on the page; in points, from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Rule(NamedTuple):
    """A straight line that is drawn level or upright."""

    left: float
    top: float
    right: float
    bottom: float


class Mapping(NamedTuple):
    """From a page's own coordinates to points from the upper left corner of the page as shown."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def box(
        self, left: float, bottom: float, right: float, top: float
    ) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom of a rectangle."""
        x0, y0 = self.a * left + self.c * bottom + self.e, self.b * left + self.d * bottom + self.f
        x1, y1 = self.a * right + self.c * top + self.e, self.b * right + self.d * top + self.f
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def mapping_of(page: pypdfium2.PdfPage) -> Mapping:
    """Measure how a page's coordinates lie on the page as shown: rotated, cropped."""
    width, height = page.get_size()
    x, y = ctypes.c_int(), ctypes.c_int()

    def shown(at_x: float, at_y: float) -> tuple[float, float]:
        pdfium.FPDF_PageToDevice(page, 0, 0, _MAPPED, _MAPPED, 0, at_x, at_y, x, y)
        return x.value * width / _MAPPED, y.value * height / _MAPPED

    far = 1_000.0
    e, f = shown(0, 0)
    ax, bx = shown(far, 0)
    cx, dx = shown(0, far)
    return Mapping((ax - e) / far, (bx - f) / far, (cx - e) / far, (dx - f) / far, e, f)


def chars_of(page: pypdfium2.PdfPage, mapping: Mapping) -> list[Char]:
    """Return the characters of a page in the order of its text; blanks between words have no width.

    Text that stands askew to most of the page, such as a watermark, or outside of it is left out.
    """
    textpage = page.get_textpage()
    measure = _Measure(textpage, mapping)
    found: list[Char] = []
    turns: list[int] = []
    for at in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, at)
        if code in _NO_CHARACTER:
            continue
        box = None if code in _BLANKS else measure.box(at)
        if box is None:
            measure.start_word()
            if found and not found[-1].text.isspace():
                blank = _AIR if pdfium.FPDFText_IsGenerated(textpage, at) == 1 else " "
                found.append(Char(blank, *found[-1][1:]))
                turns.append(measure.turn)
        else:
            found.append(Char(_plain(code), *box))
            turns.append(measure.turn)
    textpage.close()
    if not found:
        return []
    usual = Counter(turns).most_common(1)[0][0]
    width, height = page.get_size()
    return [
        char
        for char, one in zip(found, turns, strict=True)
        if abs(one - usual) < 3
        and 0 <= (char.left + char.right) / 2 <= width
        and 0 <= (char.top + char.bottom) / 2 <= height
    ]


class _Measure:
    """Where the characters of a page stand, by baseline and size of type.

    The boxes that pdfium gives are as high as each glyph, so that lines would seem to vary in size.
    """

    def __init__(self, textpage: pypdfium2.PdfTextPage, mapping: Mapping) -> None:
        self.turn = 0
        """Degrees by which the last character stood askew."""
        self._textpage, self._mapping = textpage, mapping
        self._rect, self._matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._scale = 1.0
        self._fresh = True

    def start_word(self) -> None:
        """Take the next character's turn and scale anew."""
        self._fresh = True

    def box(self, at: int) -> tuple[float, float, float, float] | None:
        """Return left, top, right, bottom of a character; None where it has no place."""
        rect, textpage = self._rect, self._textpage
        if not pdfium.FPDFText_GetLooseCharBox(textpage, at, rect):
            return None
        if self._fresh:
            self.turn = round(math.degrees(pdfium.FPDFText_GetCharAngle(textpage, at)))
            known = pdfium.FPDFText_GetMatrix(textpage, at, self._matrix)
            self._scale = math.hypot(self._matrix.c, self._matrix.d) if known else 1.0
            self._fresh = False
        left, top, right, bottom = self._mapping.box(rect.left, rect.bottom, rect.right, rect.top)
        size = pdfium.FPDFText_GetFontSize(textpage, at) * self._scale
        if not pdfium.FPDFText_GetCharOrigin(textpage, at, self._x, self._y) or size <= 0:
            return left, top, right, bottom
        _, baseline, _, _ = self._mapping.box(
            self._x.value, self._y.value, self._x.value, self._y.value
        )
        if not top - size <= baseline <= bottom + size:  # set upright on a turned page
            return left, top, right, bottom
        return left, baseline - _ASCENT * size, right, baseline + _DESCENT * size


def _plain(code: int) -> str:
    """Write a character; radicals and ligatures that only fonts have as the letters they stand for."""
    if code in _HYPHENS:
        return "-"
    if any(code in those for those in _COMPATIBLE):
        import unicodedata

        return unicodedata.normalize("NFKC", chr(code))
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def segments_of(chars: list[Char]) -> Iterator[Segment]:
    """Put characters together that stand side by side on one line."""
    held: list[Char] = []
    blank = ""
    for char in chars:
        if char.text.isspace():
            blank = char.text if held else ""
            continue
        if held and not _follows(held[-1], char, bool(blank)):
            yield _segment(held)
            held, blank = [], ""
        if blank and not (blank == _AIR and _is_mixed_gap(held[-1], char)):
            held.append(Char(" ", *held[-1][1:]))
        blank = ""
        held.append(char)
    if held:
        yield _segment(held)


def _follows(before: Char, after: Char, blank: bool) -> bool:
    size = max(before.bottom - before.top, after.bottom - after.top)
    middles = abs((before.top + before.bottom) - (after.top + after.bottom)) / 2
    # The letters of a ligature all have its box.
    gap = (
        0.0
        if (after.left, after.right) == (before.left, before.right)
        else after.left - before.right
    )
    # Justified print stretches the blanks between words; Chinese has none.
    latin = ord(before.text[-1]) not in _CJK and ord(after.text[0]) not in _CJK
    return middles < 0.4 * size and -0.6 * size < gap < (0.9 if blank and latin else 0.7) * size


def _is_mixed_gap(before: Char, after: Char) -> bool:
    """Whether a blank is only the air that a program sets between Chinese and Latin letters."""
    mixed = (ord(before.text[-1]) in _CJK) != (ord(after.text[0]) in _CJK)
    return mixed and after.left - before.right < 0.4 * (after.bottom - after.top)


def _segment(chars: list[Char]) -> Segment:
    tallest = max(chars, key=lambda char: char.bottom - char.top)
    return Segment(
        text="".join(char.text for char in chars),
        left=min(char.left for char in chars),
        top=tallest.top,
        right=max(char.right for char in chars),
        bottom=tallest.bottom,
    )


def rules_of(page: pypdfium2.PdfPage, mapping: Mapping) -> list[Rule]:
    """Return the level and upright lines that are drawn on a page; none of a drawing."""
    found: list[Rule] = []
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=_DEEPEST_FORM):
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        if not pdfium.FPDFPageObj_GetBounds(shape, left, bottom, right, top):
            continue
        box = mapping.box(left.value, bottom.value, right.value, top.value)
        found += _sides(Rule(*box), pdfium.FPDFPath_CountSegments(shape))
        if len(found) > _MOST_RULES:
            return []
    return found


def _sides(box: Rule, points: int) -> list[Rule]:
    """Return the rules in a path's box: itself where it is thin, the sides of a rectangle."""
    left, top, right, bottom = box
    if right - left <= _THIN and bottom - top > 2 * _THIN:
        return [Rule((left + right) / 2, top, (left + right) / 2, bottom)]
    if bottom - top <= _THIN and right - left > 2 * _THIN:
        return [Rule(left, (top + bottom) / 2, right, (top + bottom) / 2)]
    if points in {4, 5} and right - left > 2 * _THIN and bottom - top > 2 * _THIN:
        return [
            Rule(left, top, right, top), Rule(left, bottom, right, bottom),
            Rule(left, top, left, bottom), Rule(right, top, right, bottom),
        ]  # fmt: skip
    return []


def has_pictures(page: pypdfium2.PdfPage) -> bool:
    """Whether anything is drawn on a page that could show text: a picture, or letters as shapes."""
    return any(
        one.type == pdfium.FPDF_PAGEOBJ_IMAGE or number > _MANY_SHAPES
        for number, one in enumerate(page.get_objects(max_depth=_DEEPEST_FORM))
    )
