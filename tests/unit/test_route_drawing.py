"""Every way of every route is drawn, in three languages and two layouts, and can be read."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

import pytest

from bot.answer import AnswerLeg, AnswerOption
from bot.language import Lang
from bot.present import present_plan
from bot.route_plan import plan_route
from knowledge.corpus import Corpus
from tests.shipped import shipped_corpus
from ui.plan.drawing import draw_option, drawing
from ui.plan.lettering import text_width, wrap_text
from ui.strings import LANGS

SVG = "{http://www.w3.org/2000/svg}"
ROUTES = sorted(shipped_corpus().routes)
SHAPES = {"svg", "title", "desc", "rect", "line", "path", "circle", "polygon", "text"}


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    text: str

    def meets(self, other: Box) -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > 0.5
            and min(self.bottom, other.bottom) - max(self.top, other.top) > 0.5
        )


def box_of(text: ET.Element) -> Box:
    size, said = float(text.attrib["font-size"]), text.text or ""
    width = text_width(said, size, bold=text.get("font-weight") == "600")
    x, y = float(text.attrib["x"]), float(text.attrib["y"])
    share = {"start": 0, "middle": 0.5, "end": 1}[text.attrib["text-anchor"]]
    return Box(x - share * width, y - 0.88 * size, x + (1 - share) * width, y + 0.22 * size, said)


def options(corpus: Corpus, route: str, lang: Lang) -> tuple[AnswerOption, ...]:
    return present_plan(plan_route(corpus.routes[route], {}), lang).options


def option(*legs: dict[str, object]) -> AnswerOption:
    made = tuple(
        AnswerLeg.model_validate({"currencies": ("CNY",), "refs": (), **leg}) for leg in legs
    )
    return AnswerOption(
        id="o", title="办法", applies=None, depends_on=(), blockers=(), possible_blockers=(),
        legs=made, steps=(), pros=(), cons=(),
    )  # fmt: skip


def leg(what: str = "资本金", channel: str | None = None) -> dict[str, object]:
    return {
        "from": "mainland_parent",
        "to": "hk_company",
        "from_name": "内地母公司",
        "to_name": "香港公司",
        "what": what,
        "channel": channel,
    }


@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("route", ROUTES)
def test_every_way_of_every_route_is_drawn(
    corpus: Corpus, route: str, lang: Lang, tall: bool
) -> None:
    for one in options(corpus, route, lang):
        root = ET.fromstring(draw_option(one, lang, tall=tall))
        assert {part.tag.removeprefix(SVG) for part in root.iter()} <= SHAPES
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        boxes = [box_of(text) for text in root.iter(f"{SVG}text")]
        for box in boxes:
            assert box.left >= 0, box
            assert box.top >= 0, box
            assert box.right <= width, box
            assert box.bottom <= height, box
        met = [(a.text, b.text) for a, b in itertools.combinations(boxes, 2) if a.meets(b)]
        assert met == []
        # Every leg: its counter, its words (however they are broken), its place in the description.
        shown = re.sub(r"\s", "", "".join(box.text for box in boxes)).lower()
        told = root.find(f"{SVG}desc")
        assert told is not None
        for n, each in enumerate(one.legs, start=1):
            assert str(n) in [box.text for box in boxes]
            assert re.sub(r"\s", "", each.what).lower() in shown
            assert re.sub(r"\s", "", each.channel or "").lower() in shown
            assert f"{each.from_name} → {each.to_name}" in (told.text or "")
        arrows = [part for part in root.iter() if part.get("class") == "hg-r-arrow"]
        assert len(arrows) == len(one.legs)


@pytest.mark.parametrize("lang", LANGS)
def test_places_stand_in_the_same_order_in_every_wide_drawing(corpus: Corpus, lang: Lang) -> None:
    for route in ROUTES:
        for one in options(corpus, route, lang):
            root = ET.fromstring(draw_option(one, lang))
            bands = [
                float(part.attrib["x"])
                for place in ("mainland", "shanghai", "hongkong", "destination")
                for part in root.iter(f"{SVG}rect")
                if part.get("class") == f"hg-r-at-{place}" and part.get("y") == "8"
            ]
            assert len(bands) == 4
            assert bands == sorted(bands)


def test_a_drawing_stands_by_itself_and_has_a_name(corpus: Corpus) -> None:
    one = options(corpus, "fund-overseas-subsidiary", "zh-Hans")[0]
    svg = draw_option(one, "zh-Hans")
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == f"资金怎么走：{one.title}"
    for foreign in ("href", "style", "var(", "url(", " id="):
        assert foreign not in svg


def test_hostile_words_of_a_card_are_drawn_as_text() -> None:
    nasty = "<script>alert(1)</script>\"'&"
    for tall in (False, True):
        root = ET.fromstring(draw_option(option(leg(nasty, nasty)), "en", tall=tall))
        assert not list(root.iter(f"{SVG}script"))
        shown = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
        assert "alert(1)" in shown.replace(" ", "")


def test_a_way_without_legs_has_no_drawing() -> None:
    assert drawing(option(), "en") == ""
    assert drawing(option(leg()), "en").count("<svg") == 2


def test_lines_are_broken_where_both_languages_allow_it() -> None:
    assert wrap_text("", 12, 100) == ()
    assert wrap_text("银行办理（登记）。", 12, 52) == ("银行办", "理（登", "记）。")
    assert wrap_text("sent after the bank registers", 12, 100) == (
        "sent after the",
        "bank registers",
    )
    for line in wrap_text("银发〔2022〕27号境外贷款，凭iPAu99.99HK、指令办理", 12, 90):
        assert text_width(line, 12) <= 90
        assert line[0] not in "，、〕"
        assert line[-1] != "〔"


def test_a_word_longer_than_a_line_is_cut() -> None:
    lines = wrap_text("A" * 40, 12, 60)
    assert "".join(lines) == "A" * 40
    assert max(text_width(line, 12) for line in lines) <= 60
