"""Splitting: a reading cut into the parts that are searched and cited.

What holds of every part:

- `text` ends with `reading.text[start:end]`. What stands before it is said again: caption and
  header of a table that was cut by rows, the introduction of a list that was cut by items.
- Two parts overlap by a sentence at most, where a paragraph was too long for one.
- Every character of the reading is in a part, but for headings (they are in the `path` of what
  stands under them; one with nothing under it is a part), the table of contents, and blanks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from knowledge.card import PassageLang
from knowledge.documents.document import Part
from knowledge.documents.reading.reading import Reading, TextBlock
from knowledge.documents.splitting.lines import Line, lines_of
from knowledge.documents.splitting.outline import Section, outline
from knowledge.documents.splitting.pieces import pieces_of
from knowledge.documents.splitting.sentences import LONGEST, shorter, units
from knowledge.language import has_words, is_chinese

_CAPTION = re.compile(r"(?:附?表|Table|TABLE|图表|圖表)\s*[\d一二三四五六七八九十A-Z]", re.ASCII)
_CAPTION_LENGTH = 120
_CHINESE_SAMPLE = 4000


def split(reading: Reading) -> tuple[Part, ...]:
    """Cut a reading by its own structure, in reading order."""
    return tuple(_Splitter(reading).parts())


class _Splitter:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.text = reading.text
        self.starts = reading.starts
        self.lang: PassageLang = "zh" if is_chinese(self.text[:_CHINESE_SAMPLE]) else "en"

    def parts(self) -> Iterator[Part]:
        for section in outline(lines_of(self.reading)):
            for lines in self._runs(section):
                if lines[-1].kind == "table":
                    yield from self._table(section, lines)
                else:
                    yield from self._prose(section._replace(lines=tuple(lines)), section.lines[0])

    def _runs(self, section: Section) -> Iterator[list[Line]]:
        """Part tables, with their captions, from prose; and slides from each other."""
        run: list[Line] = []
        for line in section.lines:
            if line.kind == "table":
                caption = [run.pop()] if run and _is_caption(run[-1]) else []
                if run and not _is_heading_only(section, run):
                    yield run
                yield [*caption, line]
                run = []
                continue
            if run and self.reading.format == "pptx" and line.page != run[-1].page:
                yield run
                run = []
            run.append(line)
        if run:
            yield run

    def _prose(self, section: Section, opening: Line) -> Iterator[Part]:
        for piece in pieces_of(section, self.text):
            path = section.path
            begins = piece.first and section.lines[0] is opening
            if section.heading and not begins:
                path = (*path, section.heading)
            lead = f"{self.text[slice(*piece.lead)]}\n" if piece.lead else ""
            yield from self._part(path, piece.article, "text", lead, piece.start, piece.end)

    def _table(self, section: Section, lines: list[Line]) -> Iterator[Part]:
        block = self.reading.blocks[lines[-1].block]
        start, end = lines[0].start, lines[-1].end
        path = section.path
        if section.heading and lines[0] is not section.lines[0]:
            path = (*path, section.heading)
        if units(self.text[start:end]) <= LONGEST:
            yield from self._part(path, section.article, "table", "", start, end)
            return
        rows = self._rows(block, lines[-1])
        top = 1 + (block.caption is not None) if len(rows) > 2 else 0
        header = self.text[start : rows[top - 1][1]] if top else ""
        if units(header) > LONGEST / 2:
            header, top = "", 0
        room = LONGEST - units(header)
        first = True
        for low, high in self._row_groups(rows[top:], room):
            if first:
                yield from self._part(path, section.article, "table", "", start, high)
            else:
                lead = f"{header}\n" if header else ""
                yield from self._part(path, section.article, "table", lead, low, high)
            first = False

    def _rows(self, block: TextBlock, line: Line) -> list[tuple[int, int]]:
        """Find the rows of a table, each a line of its text."""
        found, at = [], line.start
        for row in self.text[line.start : line.end].split("\n"):
            if row.strip():
                found.append((at, at + len(row)))
            at += len(row) + 1
        return found

    def _row_groups(self, rows: list[tuple[int, int]], room: float) -> Iterator[tuple[int, int]]:
        begin = stop = None
        size = 0.0
        for low, high in rows:
            own = units(self.text[low:high])
            if begin is not None and stop is not None and size + own > room:
                yield begin, stop
                begin, size = None, 0.0
            if own > LONGEST:
                yield from shorter(self.text, low, high)
                continue
            begin = low if begin is None else begin
            stop, size = high, size + own
        if begin is not None and stop is not None:
            yield begin, stop

    def _part(
        self, path: tuple[str, ...], article: str | None, kind: str, lead: str, start: int, end: int
    ) -> Iterator[Part]:
        text = self.text[start:end]
        bare = text.strip()
        if not bare:
            return
        start += text.index(bare)
        end = start + len(bare)
        lang: PassageLang = self.lang
        if has_words(bare):
            lang = "zh" if is_chinese(bare) else "en"
        yield Part(
            path=path,
            article=article,
            kind="table" if kind == "table" else "text",
            text=lead + bare,
            lang=lang,
            first_page=self._page(start),
            last_page=self._page(end - 1),
            start=start,
            end=end,
        )

    def _page(self, at: int) -> int | None:
        """Tell on which page a character stands."""
        number = bisect_right(self.starts, at) - 1
        block, offset = self.reading.blocks[number], at - self.starts[number]
        page = block.page
        for spot in block.spots:
            if spot.start > offset:
                break
            page = spot.page
        return page


def _is_heading_only(section: Section, run: list[Line]) -> bool:
    """Whether nothing but the heading stands before a table, in whose path it is as well."""
    heading = section.heading
    return (
        heading is not None
        and run[0] is section.lines[0]
        and " ".join(line.text for line in run) == heading
    )


def _is_caption(line: Line) -> bool:
    return len(line.text) <= _CAPTION_LENGTH and bool(_CAPTION.match(line.folded))
