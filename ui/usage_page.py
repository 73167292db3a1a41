"""The page on which the manager of a tenant sees what was asked, how it was answered, from what.

The key comes with the form and is gone with the answer: no cookie, no address holds it. The page
needs no script.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.language import Lang, localise
from bot.store.audit import UNWORDED, Count, DayUsage, Usage
from bot.store.keys import ApiKey
from bot.store.store import Store
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from ui.access import Access
from ui.api.problems import ProblemError
from ui.api.usage import Period
from ui.frame import address, language_of, page
from ui.html import EMPTY, Html, element, join, word
from ui.strings import string

PATH = "/usage"
_MOST_FORM_BYTES = 4_096


def usage_pages(store: Store, access: Access, corpus: Corpus, *, staff: bool) -> APIRouter:
    """Make the page.

    Args:
        store: of all tenants.
        access: knows whose a key is.
        corpus: names the instruments that were cited.
        staff: whether the pages of the web app are there to lead to.
    """
    pages = APIRouter(include_in_schema=False)

    def written(request: Request, body: Html, status: int = 200) -> HTMLResponse:
        lang = language_of(request)
        answer = page(
            request,
            string("usage.title", lang),
            body,
            here="usage",
            styles=("usage.css",),
            status=status,
            nav=staff,
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @pages.get(PATH)
    def empty(request: Request) -> Response:
        return written(request, _form(language_of(request)))

    @pages.post(PATH)
    async def shown(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=4, max_part_size=_MOST_FORM_BYTES)
        told = {name: str(value).strip() for name, value in form.items()}
        return await to_thread.run_sync(show, request, told)

    def show(request: Request, told: dict[str, str]) -> Response:
        lang = language_of(request)
        try:
            caller = access.caller(request, told.get("key", "") or "-")
            if "manage" not in caller.scopes:
                raise ProblemError("scope-missing", _NO_SCOPE)
            since, until = Period(
                since=_day(told.get("since")), until=_day(told.get("until"))
            ).days()
        except ProblemError as error:
            body = _form(lang, told, localise(error.detail, lang))
            return written(request, body, 403)
        kept = store.of_tenant(caller.tenant.id)
        usage = kept.audit.usage(since, until)
        told |= {"since": since.isoformat(), "until": until.isoformat()}
        name = localise(caller.tenant.profile.name, lang)
        keys = store.keys.listed(caller.tenant.id)
        body = join(
            _form(lang, told),
            _usage(usage, name, corpus, lang, linked=staff),
            _keys(keys, lang),
        )
        return written(request, body)

    return pages


_NO_SCOPE = Bilingual(
    zh="此密钥没有manage权限；请管理员用hugang key create --scope manage新建一个。",
    en="This key lacks the scope manage; ask the operator for one: hugang key create --scope manage.",
)


def _day(text: str | None) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ProblemError(
            "bad-period",
            Bilingual(zh=f"{text[:40]!r}不是日期。", en=f"{text[:40]!r} is not a date."),
        ) from None


def _form(lang: Lang, told: dict[str, str] | None = None, fault: str | None = None) -> Html:
    told = told or {}

    def field(name: str, kind: str, **more: str | int | bool) -> Html:
        return element(
            "label",
            word(f"usage.{name}", lang),
            element(
                "input",
                name=name,
                type=kind,
                value=None if kind == "password" else told.get(name),
                class_="hg-field",
                **more,
            ),
            class_=f"us-{name}",
        )

    return join(
        word("usage.title", lang, tag="h1"),
        word("usage.lead", lang, tag="p", class_="us-lead"),
        element("p", fault, class_="us-fault", role="alert") if fault else EMPTY,
        element(
            "form",
            field("key", "password", required=True, autocomplete="off", maxlength=200),
            field("since", "date"),
            field("until", "date"),
            element("button", word("usage.show", lang), class_="hg-button us-show"),
            method="post",
            action=address(PATH, lang),
            class_="us-form",
        ),
    )


def _usage(usage: Usage, name: str, corpus: Corpus, lang: Lang, *, linked: bool) -> Html:
    head = word(
        "usage.of",
        lang,
        tag="h2",
        name=name,
        since=usage.since.isoformat(),
        until=usage.until.isoformat(),
    )
    if usage.total is None:
        return join(head, word("usage.none", lang, tag="p"))

    def instrument(one: str) -> Html | str:
        card = corpus.instruments.get(one)
        title = localise(card.title, lang) if card else one
        return (
            element("a", title, href=address(f"/rules/{one}", lang)) if linked and card else title
        )

    def question(one: str) -> Html | str:
        return word("usage.unworded", lang) if one == UNWORDED else one

    return join(
        head,
        _total(usage.total, lang),
        element(
            "div",
            _ranked("unanswered", usage.unanswered, question, lang),
            _ranked("instruments", usage.instruments, instrument, lang),
            _ranked("surfaces", usage.surfaces, lambda n: word(f"usage.surface.{n}", lang), lang),
            _ranked("languages", usage.languages, lambda n: word(f"usage.lang.{n}", lang), lang),
            class_="us-lists",
        ),
        _days(usage.days, lang),
    )


def _total(total: DayUsage, lang: Lang) -> Html:
    shares = (
        ("answered", total.answered),
        ("partly", total.partly),
        ("declined", total.declined),
    )
    figures = [
        ("questions", f"{total.questions:,}"),
        *((name, f"{n:,} ({n / total.questions:.0%})") for name, n in shares),
        ("wait", string("usage.ms", lang, n=f"{total.p50_ms:,.0f}")),
        ("slow", string("usage.ms", lang, n=f"{total.p95_ms:,.0f}")),
    ]
    if total.prompt_tokens or total.completion_tokens:
        figures.append(("tokens", f"{total.prompt_tokens:,} / {total.completion_tokens:,}"))
    if total.cost is not None:
        figures.append(("cost", f"{total.cost:,.2f}"))
    return join(
        element(
            "dl",
            *(
                element("div", word(f"usage.{name}", lang, tag="dt"), element("dd", value))
                for name, value in figures
            ),
            class_="us-total",
        ),
        _bar(shares, total.questions),
    )


def _bar(shares: Sequence[tuple[str, int]], whole: int) -> Html:
    """Draw the shares of the standings; their figures stand beside it in words."""
    at, parts = 0.0, []
    for name, n in shares:
        width = 100 * n / whole
        parts.append(
            element("rect", x=f"{at:.2f}", y=0, width=f"{width:.2f}", height=4, class_=f"us-{name}")
        )
        at += width
    return element(
        "svg",
        *parts,
        viewBox="0 0 100 4",
        preserveAspectRatio="none",
        class_="us-bar",
        aria_hidden="true",
    )


def _ranked(
    name: str, counts: Iterable[Count], shown: Callable[[str], Html | str], lang: Lang
) -> Html:
    rows = [
        element("tr", element("td", shown(one.name), dir="auto"), _figure(f"{one.n:,}"))
        for one in counts
    ]
    if not rows:
        return EMPTY
    head = element(
        "tr",
        word(f"usage.{name}", lang, tag="th"),
        word("usage.times", lang, tag="th", class_="us-n"),
    )
    return element("table", element("thead", head), element("tbody", *rows))


def _days(days: Sequence[DayUsage], lang: Lang) -> Html:
    names = ("questions", "answered", "partly", "declined", "wait", "slow")
    head = element(
        "tr",
        word("usage.day", lang, tag="th"),
        *(word(f"usage.{name}", lang, tag="th", class_="us-n") for name in names),
    )
    rows = (
        element(
            "tr",
            element("th", one.day.isoformat(), scope="row"),
            *(
                _figure(f"{value:,}")
                for value in (one.questions, one.answered, one.partly, one.declined)
            ),
            *(
                _figure(string("usage.ms", lang, n=f"{value:,.0f}"))
                for value in (one.p50_ms, one.p95_ms)
            ),
        )
        for one in reversed(days)
    )
    return _scrolling("usage.days", head, rows, lang)


def _keys(keys: Sequence[ApiKey], lang: Lang) -> Html:
    names = ("keys", "key.label", "key.scopes", "key.state", "key.used")
    head = element("tr", *(word(f"usage.{name}", lang, tag="th") for name in names))
    rows = (
        element(
            "tr",
            element("td", element("code", f"{one.prefix}…")),
            element("td", one.label, dir="auto"),
            element("td", " ".join(one.scopes)),
            element("td", _state(one, lang)),
            element(
                "td",
                f"{one.used:%Y-%m-%d %H:%M}" if one.used else word("usage.key.never", lang),
            ),
        )
        for one in keys
    )
    return _scrolling("usage.keys", head, rows, lang)


def _scrolling(title: str, head: Html, rows: Iterable[Html], lang: Lang) -> Html:
    """Write a table under its title, in a box of its own that scrolls sideways."""
    return join(
        word(title, lang, tag="h2"),
        element(
            "div",
            element("table", element("thead", head), element("tbody", *rows)),
            class_="us-scroll",
            tabindex=0,
            role="region",
            aria_label=string(title, lang),
        ),
    )


def _state(key: ApiKey, lang: Lang) -> Html:
    if key.revoked:
        return word("usage.key.revoked", lang, day=f"{key.revoked:%Y-%m-%d}")
    if key.expires is None:
        return word("usage.key.valid", lang)
    gone = key.expires <= dt.datetime.now(dt.UTC)
    name = "expired" if gone else "until"
    return word(f"usage.key.{name}", lang, day=f"{key.expires:%Y-%m-%d}")


def _figure(text: str) -> Html:
    return element("td", text, class_="us-n")
