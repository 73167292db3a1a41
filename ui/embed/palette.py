"""A tenant's colour as the chat wears it: every text drawn in it can be read, light or dark."""

from __future__ import annotations

from typing import NamedTuple

from bot.store.tenants import contrast_with_white

HOUSE = "#0f4c5c"
"""The product's own colour, for tenants that name none."""
LEAST = 4.5
"""Contrast of text: WCAG 2.2, level AA."""
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_SUNK = (243, 245, 243)
_DARK_SURFACE, _DARK_PAPER, _DARK_SUNK = (21, 33, 37), (14, 23, 26), (26, 40, 45)
"""Grounds of `base.css`."""
_STEP = 0.04

_Colour = tuple[int, int, int]


class Shades(NamedTuple):
    """Colours as #rrggbb."""

    text: str
    """Letters, lines and buttons on paper and on `soft`."""
    hover: str
    """The same under the pointer."""
    soft: str
    """Ground of marks and of the visitor's questions."""
    on: str
    """Letters on `text`."""


def shades(accent: str | None, *, dark: bool) -> Shades:
    """Work out the colours of a theme from one colour; its hue stays."""
    colour = _read(accent or HOUSE)
    if dark:
        soft = _mix(colour, _DARK_SURFACE, 0.72)
        text = _readable(colour, (soft, _DARK_SUNK), _WHITE)
        return Shades(_hex(text), _hex(_mix(text, _WHITE, 0.2)), _hex(soft), _hex(_DARK_PAPER))
    soft = _mix(colour, _WHITE, 0.9)
    text = _readable(colour, (soft, _SUNK), _BLACK)
    return Shades(_hex(text), _hex(_mix(text, _WHITE, 0.12)), _hex(soft), "#ffffff")


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (#rrggbb), by WCAG 2.2: 1 to 21."""
    a, b = contrast_with_white(one), contrast_with_white(other)
    return max(a, b) / min(a, b)


def style_sheet(accent: str | None) -> str:
    """Write the colours as a style sheet that follows `base.css`."""
    brand = accent or HOUSE
    rules = (
        (":root", f"--hg-brand: {brand}; ", shades(accent, dark=False)),
        (".dark", "", shades(accent, dark=True)),
    )
    return "\n".join(
        f"{where} {{ {more}--hg-teal: {one.text}; --hg-teal-2: {one.hover};"
        f" --hg-teal-soft: {one.soft}; --hg-on-teal: {one.on}; }}"
        for where, more, one in rules
    )


def _readable(colour: _Colour, grounds: tuple[_Colour, ...], towards: _Colour) -> _Colour:
    share = 0.0
    found = colour
    while share < 1 and min(contrast(_hex(found), _hex(one)) for one in grounds) < LEAST:
        share += _STEP
        found = _mix(colour, towards, min(share, 1.0))
    return found


def _mix(one: _Colour, other: _Colour, share: float) -> _Colour:
    r, g, b = (round(a + (z - a) * share) for a, z in zip(one, other, strict=True))
    return r, g, b


def _read(text: str) -> _Colour:
    r, g, b = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    return r, g, b


def _hex(colour: _Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
