"""Where quoted words stand on a page and in a text."""

from __future__ import annotations

import pytest

from knowledge.documents.reading.reading import Box, Reading, Spot, TextBlock
from ui.papers.viewing import (
    WINDOW,
    Window,
    blocks_of_page,
    lit_boxes,
    read_range,
    window_at,
    windows,
)


def block(text: str, *spots: Spot, page: int | None = None) -> TextBlock:
    return TextBlock(kind="paragraph", text=text, spots=spots, page=page)


TWO_LINES = Reading(
    format="pdf",
    pages=2,
    blocks=(
        block("标题", Spot(0, 2, 1, Box(0.1, 0.1, 0.3, 0.15)), page=1),
        block(
            "甲乙丙丁abcd戊己",
            Spot(0, 4, 1, Box(0.1, 0.2, 0.9, 0.25)),
            Spot(4, 10, 2, Box(0.1, 0.1, 0.9, 0.15)),
            page=1,
        ),
    ),
)


def test_whole_lines_are_lit_whole() -> None:
    boxes = lit_boxes(TWO_LINES, 3, 13)
    assert [(one.page, one.box) for one in boxes] == [
        (1, Box(0.1, 0.2, 0.9, 0.25)),
        (2, Box(0.1, 0.1, 0.9, 0.15)),
    ]


def test_a_part_of_a_line_is_lit_by_the_width_of_its_characters() -> None:
    (one,) = lit_boxes(TWO_LINES, 7, 11)  # abcd: half of the line's width of eight halves
    assert one.page == 2
    assert (one.box.left, one.box.right) == (pytest.approx(0.1), pytest.approx(0.5))
    (other,) = lit_boxes(TWO_LINES, 5, 7)
    assert (other.box.left, other.box.right) == (pytest.approx(0.5), pytest.approx(0.9))


def test_words_without_a_place_light_nothing() -> None:
    assert lit_boxes(Reading(format="text", blocks=(block("甲乙"),)), 0, 2) == ()
    assert lit_boxes(TWO_LINES, 40, 50) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3-5", (3, 5)),
        ("0-9", (0, 9)),
        ("5-5", None),
        ("5-3", None),
        ("3-99", None),
        ("-1-4", None),
        ("３-５", (3, 5)),
        ("a-b", None),
        ("3", None),
        ("", None),
        (None, None),
    ],
)
def test_a_range_is_one_of_the_text_or_none(
    text: str | None, found: tuple[int, int] | None
) -> None:
    assert read_range(text, 10) == found


def test_a_long_text_is_cut_between_blocks_and_every_character_is_in_one_stretch() -> None:
    blocks = tuple(block("字" * (WINDOW // 2)) for _ in range(5))
    reading = Reading(format="text", blocks=blocks)
    cut = windows(reading)
    assert cut == (Window(0, 2), Window(2, 4), Window(4, 5))
    for number, at in enumerate(reading.starts):
        assert cut[window_at(reading, at)].first <= number < cut[window_at(reading, at)].last


def test_a_page_has_the_blocks_that_reach_onto_it() -> None:
    assert list(blocks_of_page(TWO_LINES, 1)) == [0, 1]
    assert list(blocks_of_page(TWO_LINES, 2)) == [1]
