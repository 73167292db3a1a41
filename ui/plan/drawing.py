"""The picture of one way: its legs between mainland, Shanghai, Hong Kong and destination, as SVG.

Two layouts of the same legs. The wide one has a column for each place, in a fixed order, and a row
for each leg, so that two ways compare at a glance; it is also the one for print and for files. The
tall one has the stations one under the other, for a phone.

An SVG stands by itself: plain shapes, no style sheet, no marker, no foreign object, so that any
program can draw it. The classes let `plan.css` colour it anew in the dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from bot.answer import AnswerLeg, AnswerOption
from bot.language import Lang, localise
from bot.writing.wording import CURRENCIES, SIDES
from knowledge.route import Party
from ui.html import EMPTY, Html, element, join
from ui.plan.lettering import text_width, wrap_text
from ui.strings import string

Place = Literal["mainland", "shanghai", "hongkong", "destination", "insurance"]
PLACES: tuple[Place, ...] = ("mainland", "shanghai", "hongkong", "destination", "insurance")
"""From left to right. An insurer may sit anywhere, which the route does not tell: a place by itself."""
_PLACE_OF: Mapping[Party, Place] = {
    "mainland_parent": "mainland",
    "mainland_subsidiary": "mainland",
    "shanghai_ft_account": "shanghai",
    "shanghai_bank": "shanghai",
    "cips": "shanghai",
    "hk_company": "hongkong",
    "hk_treasury_centre": "hongkong",
    "hk_bank": "hongkong",
    "hk_market": "hongkong",
    "overseas_subsidiary": "destination",
    "overseas_supplier": "destination",
    "overseas_customer": "destination",
    "offshore_lender": "destination",
    "insurer": "insurance",
}

WIDE, TALL = 720, 330
"""Widths of the two layouts in units of the drawing: about the pixels of the box each stands in."""
_EDGE = 8
_UNUSED = 84
"""Width of the column of a place that no leg touches."""
_FONT = (
    "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', "
    "Helvetica, Arial, sans-serif"
)
_GROUND, _INK, _QUIET = "#ffffff", "#14262c", "#43565c"
_LINE, _ARROW, _MONEY = "#b3c0bd", "#0f4c5c", "#8a5f14"
_PLACE_FILL: Mapping[Place, str] = {
    "mainland": "#eceff0",
    "shanghai": "#e3eef0",
    "hongkong": "#f8efdc",
    "destination": "#e9eee6",
    "insurance": "#f0ecf1",
}


class _Line(NamedTuple):
    """A line of text with how it is written."""

    text: str
    size: float
    bold: bool
    role: Literal["ink", "quiet", "money"]

    @property
    def width(self) -> float:
        return text_width(self.text, self.size, bold=self.bold)

    @property
    def height(self) -> float:
        return self.size * 1.36


def draw_option(option: AnswerOption, lang: Lang, *, tall: bool = False) -> Html:
    """Draw the legs of one way as a self-contained `<svg>`.

    Args:
        option: in the language `lang`.
        lang: language of the few words that the drawing adds.
        tall: for a narrow place (330 units wide); else for a wide one (720 units).
    """
    height, shapes = (_tall if tall else _wide)(option.legs, lang)
    width = TALL if tall else WIDE
    size = f"{width} {_number(height)}"
    title = string("drawing.title", lang, option=option.title)
    return element(
        "svg",
        element("title", title),
        element("desc", _told(option.legs, lang)),
        _rectangle(0, 0, width, height, "ground", _GROUND),
        *shapes,
        **{"viewBox": f"0 0 {size}", "font-family": _FONT},
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=_number(height),
        lang=lang,
        role="img",
        class_="hg-route hg-route-tall" if tall else "hg-route hg-route-wide",
    )


def drawing(option: AnswerOption, lang: Lang) -> Html:
    """Write both layouts of a way; the style sheet shows the one that fits."""
    if not option.legs:
        return EMPTY
    layouts = (draw_option(option, lang, tall=tall) for tall in (False, True))
    return element("div", *layouts, class_="hg-drawing")


def currency_names(codes: Iterable[str], lang: Lang) -> str:
    """Name currencies in the reader's language, each once."""
    names = (localise(CURRENCIES[c], lang) if c in CURRENCIES else c for c in dict.fromkeys(codes))
    return (", " if lang == "en" else "、").join(names)


# --- wide: a column for each place, a row for each leg


def _wide(legs: Sequence[AnswerLeg], lang: Lang) -> tuple[float, list[Html]]:
    at, columns = _columns(legs)
    names = _names(legs)
    shapes = [_band(place, left, width, lang) for place, (left, width) in columns.items()]
    boxes = {
        party: wrap_text(names[party], 13, _box_width(columns, party, at) - 16, bold=True)
        for party in at
    }
    bottom = 46 + max(len(lines) for lines in boxes.values()) * 17.5 + 14
    top = bottom + 14
    rows: list[Html] = []
    for n, leg in enumerate(legs, start=1):
        top, row = _row(n, leg, at, top, lang)
        rows += row
    for party, lines in boxes.items():
        width = _box_width(columns, party, at)
        shapes += _station(at[party], width, bottom, lines, _PLACE_OF[party])
        shapes.append(_line(at[party], bottom, at[party], top, "line", _LINE, dashed=True))
    return top + _EDGE, [*shapes, *rows]


def _columns(
    legs: Sequence[AnswerLeg],
) -> tuple[dict[Party, float], dict[Place, tuple[float, float]]]:
    """Return where each party's line stands, and left edge and width of each place's column."""
    named = dict.fromkeys(party for leg in legs for party in (leg.from_, leg.to))
    of_place = {place: [p for p in named if _PLACE_OF[p] == place] for place in PLACES}
    shown = [place for place in PLACES if of_place[place] or place != "insurance"]
    unused = sum(not of_place[place] for place in shown)
    each = (WIDE - 2 * _EDGE - unused * _UNUSED) / len(named)
    at: dict[Party, float] = {}
    columns: dict[Place, tuple[float, float]] = {}
    left: float = _EDGE
    for place in shown:
        parties = of_place[place]
        width = each * len(parties) or _UNUSED
        columns[place] = (left, width)
        at |= {party: left + each * (i + 0.5) for i, party in enumerate(parties)}
        left += width
    return at, columns


def _box_width(
    columns: Mapping[Place, tuple[float, float]], party: Party, at: Mapping[Party, float]
) -> float:
    place = _PLACE_OF[party]
    fellows = sum(_PLACE_OF[other] == place for other in at)
    return min(columns[place][1] / fellows - 12, 168)


def _band(place: Place, left: float, width: float, lang: Lang) -> Html:
    return join(
        _rectangle(left + 2, 8, width - 4, 26, f"at-{place}", _PLACE_FILL[place], round_=4),
        _text(_Line(_place_name(place, lang), 12, False, "quiet"), left + width / 2, 25.5),
    )


def _station(
    x: float, width: float, bottom: float, lines: Sequence[str], place: Place
) -> Iterable[Html]:
    yield _rectangle(
        x - width / 2,
        44,
        width,
        bottom - 44,
        f"at-{place}",
        _PLACE_FILL[place],
        round_=6,
    )
    first = (44 + bottom) / 2 - len(lines) * 17.5 / 2 + 13
    for i, line in enumerate(lines):
        yield _text(_Line(line, 13, True, "ink"), x, first + i * 17.5)


def _row(
    n: int, leg: AnswerLeg, at: Mapping[Party, float], top: float, lang: Lang
) -> tuple[float, list[Html]]:
    """Draw a leg below `top`; return where the next may begin."""
    start, end = at[leg.from_], at[leg.to]
    if start == end:
        return _loop(n, leg, start, top, lang)
    room = max(abs(end - start) - 34, 170)
    above, below = _lettering(leg, room, lang)
    middle = _within((start + end) / 2, max(line.width for line in (*above, *below)))
    lines = sorted(at.values())
    y = top + sum(line.height for line in above) + 9
    heading = 1 if end > start else -1
    shapes = [
        *_block(above, middle, top, lines),
        *_block(below, middle, y + 9, lines),
        _line(start + heading * 9, y, end - heading * 8, y, "arrow", _ARROW),
        _head(end, y, heading, 0),
        *_counter(n, start, y),
    ]
    return y + 9 + sum(line.height for line in below) + 14, shapes


def _loop(n: int, leg: AnswerLeg, x: float, top: float, lang: Lang) -> tuple[float, list[Html]]:
    """Draw a leg from a party to one of its own kind, its words beside the arrow."""
    out = 1 if x < WIDE / 2 else -1
    above, below = _lettering(leg, 170, lang)
    lines = (*above, *below)
    height = sum(line.height for line in lines)
    y = top + max(height / 2 - 14, 9)
    turn = x + out * 46
    path = f"M{_number(x + out * 9)} {_number(y)}H{_number(turn)}V{_number(y + 28)}H{_number(x + out * 8)}"
    beside = turn + out * (12 + max(line.width for line in lines) / 2)
    shapes = [
        *_block(lines, beside, top, ()),
        element(
            "path", d=path, fill="none", stroke=_ARROW, stroke_width="1.6", class_="hg-r-arrow"
        ),
        _head(x, y + 28, -out, 0),
        *_counter(n, x, y),
    ]
    return max(top + height, y + 37) + 14, shapes


# --- tall: the stations one under the other


def _tall(legs: Sequence[AnswerLeg], lang: Lang) -> tuple[float, list[Html]]:
    shapes: list[Html] = []
    top: float = _EDGE
    names = _names(legs)
    reached: Party | None = None
    for n, leg in enumerate(legs, start=1):
        if leg.from_ != reached:
            top += 14 if reached else 0
            top, box = _stop(leg.from_, names[leg.from_], top, lang)
            shapes.append(box)
        above, below = _lettering(leg, TALL - 2 * _EDGE - 52, lang)
        height = sum(line.height for line in (*above, *below)) + 18
        shapes += _block((*above, *below), _EDGE + 46, top + 8, (), anchor="start")
        shapes.append(_line(_EDGE + 22, top, _EDGE + 22, top + height - 8, "arrow", _ARROW))
        shapes.append(_head(_EDGE + 22, top + height, 0, 1))
        shapes += _counter(n, _EDGE + 22, top + 17)
        top, box = _stop(leg.to, names[leg.to], top + height, lang)
        shapes.append(box)
        reached = leg.to
    return top + _EDGE, shapes


def _stop(party: Party, name: str, top: float, lang: Lang) -> tuple[float, Html]:
    """Draw a station over the whole width below `top`; return its lower edge."""
    place = _PLACE_OF[party]
    where = _Line(_place_name(place, lang), 12, False, "quiet")
    width = TALL - 2 * _EDGE
    lines = wrap_text(name, 13.5, width - where.width - 36, bold=True)
    height = len(lines) * 18.5 + 12
    return top + height, join(
        _rectangle(_EDGE, top, width, height, f"at-{place}", _PLACE_FILL[place], round_=6),
        *(
            _text(_Line(line, 13.5, True, "ink"), _EDGE + 12, top + 20 + i * 18.5, "start")
            for i, line in enumerate(lines)
        ),
        _text(where, _EDGE + width - 12, top + 20, "end"),
    )


# --- what both layouts are made of


def _names(legs: Sequence[AnswerLeg]) -> dict[Party, str]:
    names: dict[Party, str] = {}
    for leg in legs:
        names |= {leg.from_: leg.from_name, leg.to: leg.to_name}
    return {party: capital(name) for party, name in names.items()}


def capital(name: str) -> str:
    """Begin a name with a capital letter, where its script has them."""
    return name[:1].upper() + name[1:]


def _place_name(place: Place, lang: Lang) -> str:
    return (
        string("drawing.insurance", lang) if place == "insurance" else localise(SIDES[place], lang)
    )


def _told(legs: Sequence[AnswerLeg], lang: Lang) -> str:
    """Say the legs in words, for whoever does not see the drawing."""
    colon, comma, stop = (": ", ", ", "; ") if lang == "en" else ("：", "，", "；")
    said = []
    for n, leg in enumerate(legs, start=1):
        parts = (leg.what, leg.channel, currency_names(leg.currencies, lang))
        said.append(
            f"{n}. {leg.from_name} → {leg.to_name}{colon}{comma.join(one for one in parts if one)}"
        )
    return stop.join(said)


def _lettering(leg: AnswerLeg, room: float, lang: Lang) -> tuple[list[_Line], list[_Line]]:
    """Return what is written above and below an arrow."""
    money = currency_names(leg.currencies, lang)
    channel = leg.channel or ""
    above = [
        _Line(text, 13, True, "ink") for text in wrap_text(capital(leg.what), 13, room, bold=True)
    ]
    below = [
        *(_Line(text, 12, False, "quiet") for text in wrap_text(channel, 12, room)),
        *(_Line(text, 12, False, "money") for text in wrap_text(money, 12, room)),
    ]
    return above, below


def _within(middle: float, width: float) -> float:
    """Move the middle of a text as far as it must to stay inside the wide drawing."""
    return min(max(middle, _EDGE + width / 2), WIDE - _EDGE - width / 2)


def _block(
    lines: Sequence[_Line],
    x: float,
    top: float,
    crossed: Iterable[float],
    *,
    anchor: Literal["start", "middle"] = "middle",
) -> Iterable[Html]:
    """Write lines one under the other; where a station's line would cross them, it is covered."""
    width = max((line.width for line in lines), default=0)
    if any(abs(at - x) < width / 2 + 3 for at in crossed):
        height = sum(line.height for line in lines)
        yield _rectangle(x - width / 2 - 3, top, width + 6, height, "ground", _GROUND)
    y = top
    for line in lines:
        yield _text(line, x, y + line.size, anchor)
        y += line.height


_FILL = {"ink": _INK, "quiet": _QUIET, "money": _MONEY}


def _text(
    line: _Line, x: float, y: float, anchor: Literal["start", "middle", "end"] = "middle"
) -> Html:
    """Write a line with its foot at `y`."""
    return element(
        "text",
        line.text,
        x=_number(x),
        y=_number(y),
        font_size=_number(line.size),
        font_weight="600" if line.bold else None,
        text_anchor=anchor,
        fill=_FILL[line.role],
        class_=f"hg-r-{line.role}",
    )


def _rectangle(
    x: float, y: float, width: float, height: float, role: str, fill: str, *, round_: int = 0
) -> Html:
    return element(
        "rect",
        x=_number(x),
        y=_number(y),
        width=_number(width),
        height=_number(height),
        rx=round_ or None,
        fill=fill,
        class_=f"hg-r-{role}",
    )


def _line(
    x1: float, y1: float, x2: float, y2: float, role: str, stroke: str, *, dashed: bool = False
) -> Html:
    return element(
        "line",
        x1=_number(x1),
        y1=_number(y1),
        x2=_number(x2),
        y2=_number(y2),
        stroke=stroke,
        stroke_width="1" if dashed else "1.6",
        stroke_dasharray="3 3" if dashed else None,
        class_=f"hg-r-{role}",
    )


def _head(x: float, y: float, right: int, down: int) -> Html:
    """Draw the point of an arrow that ends at (x, y), going right (1, -1) or down (1)."""
    back, side = 9, 4.5
    corners = (
        (x, y),
        (x - right * back - down * side, y - down * back - right * side),
        (x - right * back + down * side, y - down * back + right * side),
    )
    points = " ".join(f"{_number(one)},{_number(other)}" for one, other in corners)
    return element("polygon", points=points, fill=_ARROW, class_="hg-r-head")


def _counter(n: int, x: float, y: float) -> Iterable[Html]:
    yield element("circle", cx=_number(x), cy=_number(y), r=9, fill=_ARROW, class_="hg-r-head")
    yield element(
        "text",
        str(n),
        x=_number(x),
        y=_number(y + 4),
        font_size="11.5",
        font_weight="600",
        text_anchor="middle",
        fill=_GROUND,
        class_="hg-r-count",
    )


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
