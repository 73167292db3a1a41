"""Reasoning that a model writes into its text between `<think>` and `</think>`: left out."""

from __future__ import annotations

import re

_NAMES = ("think", "thinking")
_TAG = re.compile(rf"<(/?)(?:{'|'.join(_NAMES)})>", re.IGNORECASE)
_TAGS = tuple(f"<{slash}{name}>" for name in _NAMES for slash in ("", "/"))


class ThinkingFilter:
    """Passes on a text that comes in pieces, without the reasoning in it.

    A tag may be split over pieces: what could be the start of one is held back until the next.
    """

    def __init__(self) -> None:
        """Start outside any reasoning."""
        self._held = ""
        self._inside = False

    def feed(self, piece: str) -> str:
        """Take the next piece; return what is known to be answer."""
        text, self._held = self._held + piece, ""
        shown, at = "", 0
        for tag in _TAG.finditer(text):
            shown += self._seen(text[at : tag.start()])
            self._inside = not tag[1]
            at = tag.end()
        cut = max(at, len(text) - _start_of_tag(text))
        self._held = text[cut:]
        return shown + self._seen(text[at:cut])

    def rest(self) -> str:
        """Return what was held back: the text is over, so no tag comes of it."""
        text, self._held = self._held, ""
        return self._seen(text)

    def _seen(self, text: str) -> str:
        return "" if self._inside else text


def _start_of_tag(text: str) -> int:
    """Return the length of the end of a text that may be the start of a tag."""
    at = text.rfind("<")
    tail = text[at:].lower()
    return len(tail) if at >= 0 and any(tag.startswith(tail) for tag in _TAGS) else 0
