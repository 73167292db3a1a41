"""Issuers: the bodies that make the rules, apply them, or can say what no card does."""

from __future__ import annotations

from typing import Literal

from knowledge.card import Bilingual
from knowledge.questions import Questions

Place = Literal["mainland", "shanghai", "hongkong", "elsewhere"]
"""Where a body is in charge: `shanghai` there only, `elsewhere` in a third country or place."""


class Remits(Questions):
    """What a body is competent for: subjects as people name them, in short phrases."""


class Issuer(Bilingual):
    """One body of `issuers.yaml`, with its full name in both languages."""

    place: Place
    generic: bool = False
    """Whether it stands for whichever body is in charge: "the tax office in charge of the firm"."""
    remits: Remits | None = None
    """None for a body that nobody turns to with a question: a predecessor, a legislature."""

    @property
    def name(self) -> Bilingual:
        """The name alone."""
        return Bilingual(zh=self.zh, en=self.en)
