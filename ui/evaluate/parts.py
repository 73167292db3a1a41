"""What the pages of evaluators have in common: addresses, forms, tables, words for a figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from bot.language import Lang
from evals.stats import Estimate
from ui.evaluate.book import RunEntry
from ui.evaluate.person import PATH, Person
from ui.frame import address
from ui.html import EMPTY, Html, element, join
from ui.strings import string


def place(*parts: str) -> str:
    """Return the path of one of these pages."""
    return "/".join((PATH, *parts))


def link(text: str, lang: Lang, *parts: str, class_: str | None = None, **query: str) -> Html:
    """Write a link to one of these pages."""
    return element("a", text, href=address(place(*parts), lang, **query), class_=class_)


def text(
    key: str, lang: Lang, tag: str = "span", class_: str | None = None, **values: object
) -> Html:
    """Write a string of the interface."""
    return element(tag, string(key, lang, **values), class_=class_)


def form(lang: Lang, parts: Sequence[str], *fields: Html, class_: str | None = None) -> Html:
    """Write a form that is sent to one of these pages."""
    return element(
        "form", *fields, method="post", action=address(place(*parts), lang), class_=class_
    )


def button(key: str, lang: Lang, class_: str = "ev-button", **more: str | None) -> Html:
    """Write the button that sends a form."""
    return element("button", string(key, lang), type="submit", class_=class_, **more)


def field(name: str, key: str, lang: Lang, control: Html, hint: str | None = None) -> Html:
    """Write a control under its label."""
    return element(
        "label",
        element("span", string(key, lang), class_="hg-label"),
        control,
        element("span", string(hint, lang), class_="hg-quiet ev-hint") if hint else EMPTY,
        class_=f"ev-field ev-field-{name}",
    )


def select(name: str, options: Iterable[tuple[str, str]], chosen: str = "") -> Html:
    """Write a choice of one."""
    return element(
        "select",
        *(element("option", shown, value=code, selected=code == chosen) for code, shown in options),
        name=name,
    )


def boxes(name: str, key: str, lang: Lang, options: Iterable[tuple[str, str]]) -> Html:
    """Write a choice of any number; none stands for all."""
    return element(
        "fieldset",
        element("legend", string(key, lang), class_="hg-label"),
        element(
            "div",
            *(
                element(
                    "label",
                    element("input", type="checkbox", name=name, value=code),
                    element("span", shown),
                    class_="ev-box",
                )
                for code, shown in options
            ),
            class_="ev-boxes",
        ),
        class_="ev-field",
    )


def head(person: Person, lang: Lang, title: str, *trail: Html) -> Html:
    """Write the head of a page: where one is, who one is, and the way out."""
    whose = "" if person.tenant.id == "local" else f" · {person.tenant.id}"
    crumbs = (
        element(
            "nav",
            link(string("eval.name", lang), lang),
            *(join(Html('<span aria-hidden="true">›</span>'), one) for one in trail),
            class_="ev-trail",
            aria_label=string("eval.trail", lang),
        )
        if trail
        else EMPTY
    )
    return join(
        element(
            "div",
            crumbs,
            form(
                lang,
                ("sign-out",),
                element("span", f"{person.name}{whose}", class_="ev-who", dir="auto"),
                button("eval.sign_out", lang, "ev-quiet"),
                class_="ev-person",
            ),
            class_="ev-bar",
        ),
        element("h1", title),
    )


def told(fault: str | None, notice: str | None) -> Html:
    """Write what went wrong with what was sent, or what has been done."""
    if fault:
        return element("p", fault, class_="ev-fault", role="alert")
    return element("p", notice, class_="ev-notice", role="status") if notice else EMPTY


def table(
    columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Html | str]], name: str
) -> Html:
    """Write a table in a box that scrolls sideways; on a phone its rows are cards.

    Args:
        columns: title and class of each.
        rows: a cell for each column.
        name: what the table is of, for who hears it.
    """
    heading = element("tr", *(element("th", title, class_=c, scope="col") for title, c in columns))
    body = (
        element(
            "tr",
            *(
                element("td", element("span", cell) if cell else EMPTY, class_=c, data_title=title)
                for cell, (title, c) in zip(row, columns, strict=True)
            ),
        )
        for row in rows
    )
    return element(
        "div",
        element("table", element("thead", heading), element("tbody", *body)),
        class_="ev-table",
        tabindex=0,
        role="region",
        aria_label=name,
    )


def figure(estimate: Estimate | None, digits: int = 3, *, short: bool = False) -> Html | str:
    """Write a figure with its interval; a dash where nothing was scored."""
    if estimate is None:
        return "—"
    mean = f"{estimate.mean:.{digits}f}"
    interval = f"{estimate.low:.{digits}f}–{estimate.high:.{digits}f}"
    if short:
        return element("span", mean, title=f"{interval} (n = {estimate.n})")
    return join(
        element("strong", mean), " ", element("span", f"[{interval}]", class_="ev-interval")
    )


def moment(at: dt.datetime | None) -> Html | str:
    """Write a moment to the minute, in UTC."""
    if at is None:
        return "—"
    return element("time", f"{at:%Y-%m-%d %H:%M}", datetime=at.isoformat(), title="UTC")


def state_badge(entry: RunEntry, lang: Lang) -> Html:
    """Write how far a run is, as a badge."""
    return element(
        "span",
        string(f"eval.state.{entry.state}", lang),
        class_=f"hg-badge ev-state-{entry.state}",
    )


def bar(done: int, whole: int, name: str) -> Html:
    """Draw how much of something is done."""
    return element("progress", value=done, max=max(whole, 1), aria_label=name)
