"""What the web app writes beside plain elements: words by their key, links that lead outward."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from bot.language import Lang
from knowledge.html import EMPTY, Html, element, join, safe
from ui.strings import string

__all__ = ["EMPTY", "Html", "element", "join", "label", "outward", "safe", "web_address", "word"]


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
