"""HTML that cannot be broken into: whatever is not already `Html` is escaped on its way in."""

from __future__ import annotations

import html


class Html(str):
    """Text that is safe to put into the page as it stands."""

    __slots__ = ()


EMPTY = Html("")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


def safe(text: str) -> Html:
    """Escape a text; `Html` passes as it is."""
    return text if isinstance(text, Html) else Html(html.escape(text, quote=True))


def join(*parts: str) -> Html:
    """Put parts one after the other, escaping those that are not `Html`."""
    return Html("".join(safe(part) for part in parts))


def element(tag: str, /, *children: str, **attributes: str | float | bool | None) -> Html:
    """Build an element.

    Args:
        tag: its name.
        children: text, which is escaped, or `Html`.
        attributes: `class_` stands for `class`, `data_cite` for `data-cite`; None and False
            leave the attribute out, True writes it without a value.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>")


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.removesuffix("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{html.escape(str(value))}"'
