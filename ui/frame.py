"""The frame of the pages that the server writes whole: head, header with navigation, main, footer.

The page of questions has a shell of its own, since Gradio carries it; these pages share its style
sheet, its words and its header. They work without their scripts: every form can be sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from bot.language import Lang
from ui.api.problems import request_lang
from ui.html import EMPTY, Html, element, join, label, word
from ui.strings import LANGS, string

STATIC = Path(__file__).parent / "static"
ASSETS = "/site"
"""Not `/assets` and not `/static`: these are Gradio's."""
_NAV = (("ask", "/"), ("plan", "/plan"), ("rules", "/rules"), ("documents", "/documents"))
"""Name and path of each page in the header; the words are `nav.<name>`."""
_EVALUATE = ("evaluate", "/evaluate")
"""Shown on its own page, and elsewhere where the browser knows that somebody signs in there."""
_TONGUES: Mapping[Lang, str] = {"zh-Hans": "简", "zh-Hant": "繁", "en": "EN"}

# No inline script, no other host. Styles may be inline: the drawings bring theirs.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


def mount_assets(app: FastAPI) -> None:
    """Serve style sheets, scripts and pictures under `/site`."""
    app.mount(ASSETS, StaticFiles(directory=STATIC), name="assets")


def language_of(request: Request) -> Lang:
    """Return the language of a page: that of `?lang=`, else the browser's first that we have."""
    return request_lang(request) or "zh-Hans"


def page(
    request: Request,
    title: str,
    body: Html,
    *,
    here: str,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    status: int = 200,
    nav: bool = True,
) -> HTMLResponse:
    """Write a whole page in the language that was asked for.

    Args:
        request: its address is kept when the language changes.
        title: plain text, before the product's name in the browser's tab.
        body: what stands in `<main>`.
        here: name of the page in the navigation.
        styles: further style sheets below `ui/static`, such as `plan.css`.
        scripts: further scripts below `ui/static`, run when the page has been read.
        status: of the response.
        nav: whether the web app's other pages are there to lead to.
    """
    lang = language_of(request)
    head = join(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} · {string('app.title', lang)}"),
        element("link", rel="icon", href=asset("favicon.png")),
        *(
            element("link", rel="stylesheet", href=asset(name))
            for name in ("base.css", "frame.css", *styles)
        ),
        # Before the first paint, so that a dark page does not flash white.
        element("script", src=asset("theme.js")),
        *(element("script", src=asset(name), defer=True) for name in ("frame.js", *scripts)),
    )
    written = element(
        "html",
        element("head", head),
        element(
            "body",
            element(
                "div",
                element("a", word("frame.skip", lang), href="#main", class_="hg-skip"),
                _header(request, lang, here, nav=nav),
                element("main", body, id="main", class_="hg-page-main", tabindex="-1"),
                element(
                    "footer",
                    word("footer.disclaimer", lang),
                    class_="hg-page-foot",
                ),
                class_="hg hg-page",
            ),
        ),
        lang=lang,
    )
    return HTMLResponse(
        f"<!doctype html>\n{written}",
        status_code=status,
        headers={"Content-Security-Policy": _POLICY, "Vary": "Accept-Language"},
    )


def address(path: str, lang: Lang, **query: str | None) -> str:
    """Return the address of one of our pages in a language; empty values are left out."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode({**given, 'lang': lang})}"


def asset(name: str) -> str:
    """Return the address of a file below `ui/static`; it changes with the file, so caches may keep it."""
    return f"{ASSETS}/{name}?v={_stamp(name)}"


@cache
def _stamp(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def _header(request: Request, lang: Lang, here: str, *, nav: bool) -> Html:
    links = (
        element(
            "a",
            word(f"nav.{name}", lang),
            href=address(path, lang),
            class_="hg-nav-link hg-nav-evaluate"
            if name == "evaluate" and here != name
            else "hg-nav-link",
            aria_current="page" if name == here else None,
        )
        for name, path in (*_NAV, _EVALUATE)
    )
    tongues = (
        element(
            "a",
            _TONGUES[one],
            href=str(request.url.include_query_params(lang=one).replace(scheme="", netloc="")),
            lang=one,
            hreflang=one,
            data_lang=one,
            aria_current="true" if one == lang else None,
        )
        for one in LANGS
    )
    return element(
        "header",
        element(
            "a",
            _LOGO,
            word("app.title", lang, class_="hg-brand-name"),
            href=address("/" if nav else request.url.path, lang),
            class_="hg-brand",
            **label("app.title", lang),  # a narrow header shows the mark only
        ),
        element("nav", *links, class_="hg-nav", **label("nav.label", lang)) if nav else EMPTY,
        element(
            "div",
            element(
                "div", *tongues, class_="hg-langs", role="group", **label("language.label", lang)
            ),
            element(
                "button",
                _THEME,
                type="button",
                class_="hg-tool hg-theme",
                data_do="theme",
                **label("theme.label", lang),
            ),
            class_="hg-tools",
        ),
        class_="hg-header",
    )


_LOGO = Html(
    '<svg viewBox="0 0 40 24" aria-hidden="true" focusable="false">'
    '<path d="M5 19 C 12 3, 28 3, 35 19" fill="none" stroke="currentColor"'
    ' stroke-width="2.2" stroke-linecap="round"/>'
    '<circle cx="5" cy="19" r="3.4" class="hg-brand-one"/>'
    '<circle cx="35" cy="19" r="3.4" class="hg-brand-two"/></svg>'
)
_THEME = Html(
    '<svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="6.5"/>'
    '<path d="M10 3.5a6.5 6.5 0 0 1 0 13z" class="hg-filled"/></svg>'
)
