"""Plots as SVG, drawn in code: each has a title, a description, and its figures in words.

Whole plots are 360 units wide, so that on a phone a letter is as tall as the text around it; wider
screens show them side by side. Colours come from the style sheet, by class.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evals.stats import Estimate
from knowledge.html import EMPTY, Html, element, join

WIDTH = 360
FEW = 5
"""Fewer cases get no interval: their bootstrap could not draw a wide one."""
_LEFT = 98
_RIGHT = 84
_ROW = 24


class Bar(NamedTuple):
    """A line of a bar plot."""

    label: str
    estimate: Estimate
    tone: str = "main"


class Stack(NamedTuple):
    """A line of a plot of shares: counts by the name of their part."""

    label: str
    parts: Mapping[str, int]


class Point(NamedTuple):
    """A run in a trend."""

    label: str
    estimate: Estimate


def interval_strip(estimate: Estimate, low: float, high: float, zero: float | None = None) -> Html:
    """Draw one interval as wide as its table cell; the figures stand beside it.

    Args:
        estimate: what is drawn.
        low: left end of the scale.
        high: right end.
        zero: where a line marks "no difference"; None = nowhere.
    """
    span = high - low or 1.0

    def x(value: float) -> str:
        return f"{100 * min(max((value - low) / span, 0), 1):.2f}"

    parts = [element("line", x1=0, x2=100, y1=8, y2=8, class_="r-track")]
    if zero is not None:
        parts.append(element("line", x1=x(zero), x2=x(zero), y1=0, y2=16, class_="r-zero"))
    if estimate.n >= FEW:
        parts.append(
            element("line", x1=x(estimate.low), x2=x(estimate.high), y1=8, y2=8, class_="r-range")
        )
    at = x(estimate.mean)
    parts.append(element("line", x1=at, x2=at, y1=2.5, y2=13.5, class_="r-point"))
    return element(
        "svg",
        *parts,
        viewBox="0 0 100 16",
        preserveAspectRatio="none",
        class_="r-strip",
        aria_hidden="true",
        focusable="false",
    )


def bars(name: str, title: str, description: str, rows: Sequence[Bar]) -> Html:
    """Draw shares from 0 to 1 as bars with their intervals."""
    room = WIDTH - _LEFT - _RIGHT
    height = _ROW * len(rows) + 22
    parts = [_axis(_LEFT, room, height - 20)]
    for place, row in enumerate(rows):
        y = place * _ROW + 4
        estimate = row.estimate
        middle = y + 8
        parts += [
            element("text", row.label, x=_LEFT - 8, y=middle + 4, class_="r-label r-end"),
            element(
                "rect",
                x=_LEFT,
                y=y,
                width=_n(room * _share(estimate.mean)),
                height=16,
                class_=f"r-bar r-{row.tone}",
            ),
            _whisker(estimate, _LEFT, room, middle) if estimate.n >= FEW else EMPTY,
            element(
                "text", f"{estimate.mean:.2f}", x=_LEFT + room + 10, y=middle + 4, class_="r-value"
            ),
            element("text", f"n={estimate.n}", x=WIDTH, y=middle + 4, class_="r-count r-end"),
        ]
    return _plot(name, title, description, height, parts)


def stacks(
    name: str, title: str, description: str, rows: Sequence[Stack], legend: Mapping[str, str]
) -> Html:
    """Draw counts as shares of their line; every part that is wide enough carries its count."""
    room = WIDTH - _LEFT
    parts: list[Html] = []
    at = 0.0
    for part, label in legend.items():
        parts += [
            element("rect", x=_n(at), y=2, width=11, height=11, class_=f"r-bar r-{part}"),
            element("text", label, x=_n(at + 16), y=12, class_="r-label"),
        ]
        at += 34 + _width(label)
    for place, row in enumerate(rows):
        y = place * 32 + 26
        whole = sum(row.parts.values()) or 1
        parts.append(element("text", row.label, x=_LEFT - 8, y=y + 16, class_="r-label r-end"))
        x = float(_LEFT)
        for part, count in row.parts.items():
            width = room * count / whole
            if not count:
                continue
            parts.append(
                element("rect", x=_n(x), y=y, width=_n(width), height=24, class_=f"r-bar r-{part}")
            )
            if width > 18:
                parts.append(
                    element(
                        "text",
                        str(count),
                        x=_n(x + width / 2),
                        y=y + 16,
                        class_=f"r-middle r-on-{part}",
                    )
                )
            x += width
    return _plot(name, title, description, len(rows) * 32 + 28, parts)


def histogram(
    name: str,
    title: str,
    description: str,
    values: Sequence[float],
    marks: Mapping[str, float],
    unit: str,
) -> Html:
    """Draw how a quantity is spread, on a scale of logarithms where it spans more than 20 times.

    Args:
        name: makes the ids of the plot unique on its page.
        title: what is shown.
        description: the same in figures.
        values: at least one, none negative.
        marks: places to mark, by their label.
        unit: of the values.
    """
    height, base, top = 168, 136, 34
    bins = 24
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low > 20

    def scaled(value: float) -> float:
        return math.log(value) if logarithmic else value

    first, last = scaled(low), scaled(high)
    span = (last - first) or 1.0

    def x(value: float) -> float:
        return 8 + (WIDTH - 16) * (scaled(value) - first) / span

    counts = [0] * bins
    for value in values:
        counts[min(int((scaled(value) - first) / span * bins), bins - 1)] += 1
    most = max(counts)
    wide = (WIDTH - 16) / bins
    parts = [element("line", x1=8, x2=WIDTH - 8, y1=base, y2=base, class_="r-axis")]
    for place, count in enumerate(counts):
        if count:
            tall = (base - top) * count / most
            parts.append(
                element(
                    "rect",
                    x=_n(8 + place * wide + 0.75),
                    y=_n(base - tall),
                    width=_n(wide - 1.5),
                    height=_n(tall),
                    class_="r-bar r-main",
                )
            )
    for place, (label, value) in enumerate(marks.items()):
        at = x(min(max(value, low), high))
        text = f"{label} {value:,.0f} {unit}"
        right = at + _width(text) + 6 < WIDTH
        y = 12 + 15 * place
        parts += [
            element("line", x1=_n(at), x2=_n(at), y1=y - 8, y2=base, class_="r-mark"),
            element(
                "text",
                text,
                x=_n(at + 5 if right else at - 5),
                y=y,
                class_="r-value" if right else "r-value r-end",
            ),
        ]
    parts += [
        element("text", f"{low:,.0f} {unit}", x=8, y=base + 18, class_="r-label"),
        element("text", f"{high:,.0f} {unit}", x=WIDTH - 8, y=base + 18, class_="r-label r-end"),
    ]
    return _plot(name, title, description, height, parts)


def trend(name: str, title: str, description: str, points: Sequence[Point]) -> Html:
    """Draw a figure over runs, oldest first, each with its interval."""
    height, top, base = 132, 22, 100
    low = min(p.estimate.low for p in points)
    high = max(p.estimate.high for p in points)
    span = (high - low) or 1.0
    step = (WIDTH - 110) / max(len(points) - 1, 1)
    places = [
        (55 + step * place, base - (base - top) * (p.estimate.mean - low) / span)
        for place, p in enumerate(points)
    ]
    parts = [
        element("polyline", points=" ".join(f"{_n(x)},{_n(y)}" for x, y in places), class_="r-line")
    ]
    for point, (x, y) in zip(points, places, strict=True):
        ends = [
            base - (base - top) * (v - low) / span
            for v in (point.estimate.low, point.estimate.high)
        ]
        parts += [
            element("line", x1=_n(x), x2=_n(x), y1=_n(ends[0]), y2=_n(ends[1]), class_="r-thin"),
            element(
                "circle",
                element("title", f"{point.label}: {figure(point.estimate.mean)}"),
                cx=_n(x),
                cy=_n(y),
                r=3.5,
                class_="r-dot",
            ),
        ]
    for place in sorted({0, len(points) - 1}):
        x, y = places[place]
        first = place == 0
        parts += [
            element(
                "text",
                figure(points[place].estimate.mean),
                x=_n(x - 9 if first else x + 9),
                y=_n(y + 4),
                class_="r-value r-end" if first else "r-value",
            ),
            element("text", points[place].label, x=_n(x), y=height - 8, class_="r-label r-middle"),
        ]
    return _plot(name, title, description, height, parts)


def in_words(rows: Sequence[Bar]) -> str:
    """Say what bars show, for those who do not see them."""
    return "; ".join(f"{bar.label} {bar.estimate.mean:.2f} (n={bar.estimate.n})" for bar in rows)


def figure(value: float) -> str:
    """Print a share with three digits after the point, a quantity above ten with one."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def _plot(name: str, title: str, description: str, height: int, parts: Sequence[Html]) -> Html:
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *parts,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        class_="r-plot",
        aria_labelledby=f"{name}-title {name}-desc",
        focusable="false",
    )


def _axis(left: int, room: int, base: int) -> Html:
    lines = []
    for share in (0, 0.5, 1):
        x = _n(left + room * share)
        lines += [
            element("line", x1=x, x2=x, y1=0, y2=base, class_="r-grid"),
            element("text", f"{share:g}", x=x, y=base + 15, class_="r-label r-middle"),
        ]
    return join(*lines)


def _whisker(estimate: Estimate, left: int, room: int, y: float) -> Html:
    low, high = (_n(left + room * _share(end)) for end in (estimate.low, estimate.high))
    return join(
        element("line", x1=low, x2=high, y1=y, y2=y, class_="r-thin"),
        *(element("line", x1=x, x2=x, y1=y - 4, y2=y + 4, class_="r-thin") for x in (low, high)),
    )


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _width(text: str) -> float:
    """Return about how wide a label runs at 12 units: a Chinese character twice a letter."""
    return sum(12.0 if ord(letter) > 0x2E7F else 6.4 for letter in text)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
