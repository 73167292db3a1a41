"""The file that a report is: one HTML document that fetches nothing and runs one known script.

Its own Content-Security-Policy names style sheet and script by their digests. Whatever a question
or an answer holds can therefore neither run nor load anything, even were it to become markup.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from evals.report.words import Words
from knowledge.html import EMPTY, Html, element, join

HERE = Path(__file__).parent
_LOGO = Html(
    '<svg viewBox="0 0 40 24" aria-hidden="true" focusable="false" class="r-logo">'
    '<path d="M5 19 C 12 3, 28 3, 35 19"/>'
    '<circle cx="5" cy="19" r="3.4" class="r-one"/>'
    '<circle cx="35" cy="19" r="3.4" class="r-two"/></svg>'
)


def document(
    words: Words,
    *,
    title: str,
    lead: Html,
    sections: tuple[tuple[str, str, Html], ...],
    data: dict[str, Any],
) -> str:
    """Put a report together.

    Args:
        words: the reader's language.
        title: of the page and its first heading.
        lead: what stands under the title.
        sections: id, heading and content of each; one without content is left out.
        data: what the script shows on demand: the cases.
    """
    shown = [(name, head, body) for name, head, body in sections if body]
    links = [element("a", head, href=f"#{name}") for name, head, _ in shown]
    body = join(
        element("a", words("skip"), href="#main", class_="r-skip"),
        element(
            "header",
            element("div", _LOGO, element("span", words("brand")), class_="r-brand"),
            element("h1", title),
            lead,
            class_="r-head",
        ),
        element("nav", *links, class_="r-nav", aria_label=words("nav")),
        element(
            "main",
            *(
                element(
                    "section",
                    element("h2", head),
                    content,
                    id=name,
                )
                for name, head, content in shown
            ),
            id="main",
        ),
        element("footer", words("foot"), class_="r-foot"),
        _island("data", data),
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{words.lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"{element('title', title)}\n<style>{_asset('report.css')}</style>\n</head>\n"
        f"<body>\n{body}\n<script>{_asset('report.js')}</script>\n</body>\n</html>\n"
    )


@cache
def content_policy() -> str:
    """Return the policy that a report states for itself.

    Who serves the file may send it as a header too, or a wider one: of two policies a browser
    heeds both. Reports written by other versions carry other digests, so that a header for all
    of them says `default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'`
    with `sandbox allow-scripts`, and leaves the digests to the file.
    """
    return (
        f"default-src 'none'; style-src '{_digest('report.css')}'; "
        f"script-src '{_digest('report.js')}'; base-uri 'none'; form-action 'none'"
    )


def _island(name: str, data: dict[str, Any]) -> Html:
    """Write data beside the page that no text in it can break out of."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Html(f'<script type="application/json" id="{name}">{text}</script>') if data else EMPTY


def _digest(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
