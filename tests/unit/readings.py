"""Readings written by hand: one line a block, `#` before a heading, `|` between cells."""

from __future__ import annotations

from knowledge.documents.reading.reading import Format, Reading, TextBlock


def reading(text: str, format: Format = "docx", page: int | None = None) -> Reading:
    """Make a reading of lines; a line of dashes turns the page; rows that follow make a table."""
    blocks: list[TextBlock] = []
    rows: list[tuple[str, ...]] = []
    for line in [*text.strip("\n").split("\n"), ""]:
        bare = line.strip()
        if " | " in bare:
            rows.append(tuple(cell.strip() for cell in bare.split(" | ")))
            continue
        if rows:
            text_of = "\n".join(" | ".join(row) for row in rows)
            blocks.append(TextBlock(kind="table", text=text_of, rows=tuple(rows), page=page))
            rows = []
        if not bare:
            continue
        if set(bare) == {"-"} and len(bare) >= 3:
            page = (page or 1) + 1
            continue
        level = len(bare) - len(bare.lstrip("#"))
        if level:
            words = bare[level:].strip()
            blocks.append(TextBlock(kind="heading", text=words, level=level, page=page))
        else:
            blocks.append(TextBlock(kind="paragraph", text=line.strip("\n"), page=page))
    return Reading(format=format, blocks=tuple(blocks), pages=page)
