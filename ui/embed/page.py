"""The page in the frame: whose chat it is, what it offers, and who may frame it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from fastapi import Request
from fastapi.responses import HTMLResponse

from bot.language import Lang, localise
from bot.store.tenants import Tenant
from ui.api.problems import request_lang
from ui.embed.palette import HOUSE, style_sheet
from ui.embed.scripts import chat_script, stamp
from ui.frame import STATIC, asset
from ui.html import EMPTY, Html, element, join, label, word
from ui.strings import LANGS, string

_STYLES = (
    *("base.css", "plan.css", "source.css", "ask/ask.css", "ask/memory.css", "embed/embed.css"),
)
_EXAMPLES = ("lend-to-hong-kong", "treasury-centre", "payment-connect", "dividends")
"""Of the page of questions, for tenants that name none and leave no topic out."""
_THEMES = ("light", "dark", "auto")
_NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept-Language"}


def chat_page(request: Request, tenant: Tenant) -> HTMLResponse:
    """Write the chat of a tenant."""
    lang = _language(request, tenant)
    name = localise(tenant.profile.name, lang)
    title = string("widget.title", lang, name=name)
    theme = request.query_params.get("theme")
    props = {
        "tenant": tenant.id,
        "lang": lang,
        "origins": tenant.profile.origins,
        "title": title,
        "labels": {
            "open": string("widget.open", lang, name=name),
            "close": string("widget.close", lang),
        },
        "accent": tenant.profile.accent or HOUSE,
    }
    body = element(
        "div",
        element("a", href="#hg-question", class_="hg-skip", data_t="skip"),
        _header(tenant, name, lang),
        element(
            "div",
            element("main", _scroller(tenant, lang), _dock(tenant, lang), class_="hg-main"),
            _panel(),
            class_="hg-body",
        ),
        element("p", word("widget.alone", lang, name=name), class_="hg-alone-note"),
        element("p", class_="hg-hidden", data_announce=True, aria_live="polite"),
        class_="hg hg-embed",
        data_props=json.dumps(props, ensure_ascii=False),
    )
    colours = style_sheet(tenant.profile.accent)
    head = join(
        _links(*(asset(name) for name in _STYLES)),
        _links(f"{tenant.id}/look.css?v={stamp(colours)}"),
        element("script", src=asset("embed/theme.js")),
        element("script", src=f"chat.js?lang={lang}&v={stamp(chat_script(lang))}", defer=True),
    )
    origins = " ".join(("'self'", *tenant.profile.origins))
    return _page(
        lang,
        title,
        head,
        join(body, element("noscript", word("widget.script", lang, tag="p"))),
        theme if theme in _THEMES else "auto",
        frame_ancestors=origins,
    )


def no_chat_page(request: Request) -> HTMLResponse:
    """Say that there is no such chat, or none any more; the two are not told apart."""
    lang = request_lang(request) or "zh-Hans"
    body = element(
        "main",
        element("h1", string("widget.none", lang)),
        element("p", string("widget.none.text", lang)),
        class_="hg hg-none",
    )
    head = join(
        _links(asset("base.css"), asset("embed/embed.css")),
        element("script", src=asset("embed/theme.js")),
    )
    # Nothing on it can be misused in a foreign frame, and a portal's visitor reads what is wrong.
    return _page(
        lang, string("widget.none", lang), head, body, "auto", frame_ancestors="*", status=404
    )


def _page(
    lang: Lang,
    title: str,
    head: Html,
    body: Html,
    theme: str,
    *,
    frame_ancestors: str,
    status: int = 200,
) -> HTMLResponse:
    written = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element(
                "meta",
                name="viewport",
                content="width=device-width, initial-scale=1, viewport-fit=cover",
            ),
            element("meta", name="robots", content="noindex"),
            element("link", rel="icon", href=asset("favicon.png")),
            element("title", title),
            head,
        ),
        element("body", body),
        lang=lang,
        data_theme=theme,
    )
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none';"
        f" frame-ancestors {frame_ancestors}"
    )
    return HTMLResponse(
        f"<!doctype html>\n{written}",
        status_code=status,
        headers={"Content-Security-Policy": policy, **_NO_STORE},
    )


def _language(request: Request, tenant: Tenant) -> Lang:
    """Return the language of the address, else the tenant's, else the browser's."""
    told = request.query_params.get("lang")
    if told in LANGS:
        return told
    return tenant.profile.lang or request_lang(request) or "zh-Hans"


def _header(tenant: Tenant, name: str, lang: Lang) -> Html:
    logo = tenant.profile.logo
    picture = EMPTY
    if logo is not None:
        picture = element(
            "img",
            src=f"{tenant.id}/logo?v={sha256(logo.data).hexdigest()[:16]}",
            alt="",
            class_="hg-logo",
        )
    return element(
        "header",
        picture,
        element("span", name, class_="hg-embed-name"),
        _tool("new", "conversation.new", "M10 4v12M4 10h12", lang, hidden=True),
        _tool("shutdown", "widget.close", "M5 5l10 10M15 5L5 15", lang),
        class_="hg-embed-header",
    )


def _tool(action: str, key: str, path: str, lang: Lang, *, hidden: bool = False) -> Html:
    return element(
        "button",
        _drawing(f'<path d="{path}"/>'),
        type="button",
        class_=f"hg-tool hg-{action}",
        data_do=action,
        hidden=hidden,
        **label(key, lang),
    )


def _scroller(tenant: Tenant, lang: Lang) -> Html:
    profile = tenant.profile
    if profile.welcome is not None:
        welcome = element("h1", localise(profile.welcome, lang))
    else:
        welcome = word("widget.welcome", lang, tag="h1")
    questions: Sequence[str] = [localise(one, lang) for one in profile.examples]
    if not questions and not profile.topics:
        questions = [string(f"example.{name}", lang) for name in _EXAMPLES]
    examples = join(
        *(
            element(
                "button",
                text,
                type="button",
                class_="hg-example",
                data_do="ask",
                data_question=text,
            )
            for text in questions
        )
    )
    return element(
        "div",
        element(
            "section",
            welcome,
            word("widget.welcome.text", lang, tag="p"),
            word("examples.title", lang, tag="h2", class_="hg-label") if questions else EMPTY,
            element("div", examples, class_="hg-embed-examples"),
            class_="hg-hero",
        ),
        element(
            "div",
            class_="hg-conversation",
            role="region",
            **label("conversation.label", lang),
        ),
        class_="hg-scroll",
    )


def _dock(tenant: Tenant, lang: Lang) -> Html:
    own = tenant.profile.disclaimer
    return element(
        "div",
        element(
            "form",
            element(
                "textarea",
                id="hg-question",
                rows="1",
                maxlength="4000",
                enterkeyhint="send",
                placeholder=string("composer.placeholder", lang),
                data_t_placeholder="composer.placeholder",
                **label("composer.label", lang),
            ),
            element(
                "button",
                _drawing('<path d="M10 16V4.5M5 9l5-5 5 5"/>'),
                type="submit",
                class_="hg-send",
                **label("composer.send", lang),
            ),
            element(
                "button",
                _drawing('<rect x="5.5" y="5.5" width="9" height="9" rx="1.5" class="hg-filled"/>'),
                type="button",
                class_="hg-stop",
                data_do="stop",
                hidden=True,
                **label("composer.stop", lang),
            ),
            class_="hg-composer",
            autocomplete="off",
        ),
        element(
            "p",
            join(localise(own, lang), " ") if own else EMPTY,
            word("footer.disclaimer", lang),
            class_="hg-disclaimer",
        ),
        class_="hg-dock",
    )


def _drawing(shapes: str) -> Html:
    return Html(f'<svg viewBox="0 0 20 20" aria-hidden="true">{shapes}</svg>')


def _links(*addresses: str) -> Html:
    return join(*(element("link", rel="stylesheet", href=one) for one in addresses))


@cache
def _panel() -> Html:
    """Return the source panel, the same as on the page of questions."""
    return Html((STATIC / "ask" / "panel.html").read_text(encoding="utf-8"))
