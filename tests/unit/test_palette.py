"""A tenant's colour as the chat wears it can be read, whatever it is."""

from __future__ import annotations

import random

import pytest

from bot.store.tenants import MIN_CONTRAST, contrast_with_white
from ui.embed.palette import LEAST, contrast, shades, style_sheet

SURFACES = {False: ("#ffffff", "#fbfbf9", "#f3f5f3"), True: ("#152125", "#0e171a", "#1a282d")}
"""What letters stand on, of `base.css`: in the light and in the dark theme."""


def accents(count: int) -> list[str]:
    """Colours that a tenant may name."""
    draw = random.Random(7)
    found = ["#000000", "#0000ff", "#757575"]
    while len(found) < count:
        colour = f"#{draw.randrange(1 << 24):06x}"
        if contrast_with_white(colour) >= MIN_CONTRAST:
            found.append(colour)
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_colour_that_a_tenant_may_name_can_be_read(dark: bool) -> None:
    for accent in accents(400):
        found = shades(accent, dark=dark)
        for ground in (found.soft, *SURFACES[dark]):
            assert contrast(found.text, ground) >= LEAST, (accent, found, ground)
        assert contrast(found.on, found.text) >= LEAST, (accent, found)


def test_the_style_sheet_keeps_the_tenants_colour_for_its_head() -> None:
    assert "--hg-brand: #8a1c1c;" in style_sheet("#8a1c1c")
    assert style_sheet(None) != style_sheet("#8a1c1c")
