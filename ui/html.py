"""HTML that cannot be broken into: whatever is not already `Html` is escaped on its way in."""

from __future__ import annotations

import html
import json
from urllib.parse import urlsplit

from bot.language import Lang
from ui.strings import string


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


def element(tag: str, /, *children: str, **attributes: str | int | bool | None) -> Html:
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


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.removesuffix("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{html.escape(str(value))}"'


def word(
    key: str, ui: Lang, /, tag: str = "span", class_: str | None = None, **values: str | int
) -> Html:
    """Write a string of the interface; the page can rewrite it in another language by its key."""
    return element(
        tag,
        string(key, ui, **values),
        class_=class_,
        data_t=key,
        data_a=_arguments(values),
    )


def outward(
    address: str, ui: Lang, /, *children: str, **attributes: str | int | bool | None
) -> Html:
    """Write a link to a page that is not ours: it opens in a new tab, and says so.

    Args:
        address: from `web_address`.
        ui: language of the interface.
        children: what is shown.
        attributes: as of `element`.
    """
    return element(
        "a",
        *children,
        word("panel.new_tab", ui, class_="hg-hidden"),
        href=address,
        target="_blank",
        rel="noopener noreferrer",
        **attributes,
    )


def label(key: str, ui: Lang, /, **values: str | int) -> dict[str, str | None]:
    """Return the attributes of an accessible name that follows the interface language."""
    return {
        "aria_label": string(key, ui, **values),
        "data_t_label": key,
        "data_a": _arguments(values),
    }


def _arguments(values: dict[str, str | int]) -> str | None:
    return json.dumps(values, ensure_ascii=False) if values else None


def web_address(url: str) -> str | None:
    """Return an address that may be linked to: http or https with a host; None for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None
