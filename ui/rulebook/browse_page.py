"""The list of instruments: search box, filters with counts, day, results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from bot.language import Lang, in_script, localise
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from ui.html import EMPTY, Html, element, join
from ui.rulebook.catalogue import SORTS, Count, Facet, Listing, Month, Row
from ui.rulebook.parts import (
    card_link,
    dotted,
    issuer_names,
    notices,
    number_of,
    start_of,
    status_badge,
    text,
    with_figures,
)
from ui.rulebook.query import MAX_TEXT, PATH, Asked, card_address, list_address, topic_address
from ui.strings import string

_TICK_YEARS = 5
"""Years between the labels under the slider."""
_BOX_FACETS: tuple[Facet, ...] = ("status", "topic", "jurisdiction")
"""Facets of few values, shown as boxes to tick."""


def browse_body(
    corpus: Corpus,
    asked: Asked,
    found: Listing,
    months: Sequence[Month],
    today: dt.date,
    lang: Lang,
) -> Html:
    """Write the page.

    Args:
        corpus: all instruments.
        asked: what the address asks for.
        found: the page of results.
        months: the months of the slider.
        today: the day that counts where none is named.
        lang: language of the page.
    """
    version = corpus.version
    return element(
        "div",
        element(
            "header",
            text("rules.title", lang, tag="h1"),
            text(
                "hero.corpus",
                lang,
                tag="p",
                class_="hg-quiet",
                instruments=version.instruments,
                facts=f"{version.facts:,}",
                as_of=version.as_of.isoformat(),
            ),
            element(
                "p",
                dotted(
                    element(
                        "a",
                        string("rules.plan.open", lang),
                        href=f"{PATH}/action-plan?lang={lang}",
                    ),
                    element(
                        "a", string("rules.timelines", lang), href=topic_address("financing", lang)
                    ),
                ),
                class_="rb-dotted rb-door",
            ),
            class_="rb-head",
        ),
        element(
            "form",
            element("input", type="hidden", name="lang", value=lang),
            _search_row(asked, lang),
            _day_panel(asked, months, today, lang),
            element(
                "div",
                _filters(corpus, found, lang),
                element(
                    "section",
                    _results(corpus, asked, found, lang),
                    id="rb-results",
                    class_="rb-results",
                    aria_label=string("rules.results", lang),
                ),
                class_="rb-columns",
            ),
            action=PATH,
            method="get",
            id="rb-form",
            role="search",
            aria_label=string("rules.search", lang),
            data_failed=string("rules.failed", lang),
        ),
        class_="rb",
    )


def _search_row(asked: Asked, lang: Lang) -> Html:
    options = (
        element(
            "option",
            string(f"rules.sort.{sort}", lang),
            value=sort,
            selected=sort == asked.query.sort,
        )
        for sort in SORTS
    )
    return element(
        "div",
        element("label", string("rules.search", lang), for_="rb-q", class_="hg-hidden"),
        element(
            "input",
            id="rb-q",
            type="search",
            name="q",
            value=asked.query.text,
            maxlength=MAX_TEXT,
            placeholder=string("rules.placeholder", lang),
            autocomplete="off",
            class_="rb-q",
        ),
        element("button", string("rules.go", lang), type="submit", class_="rb-go"),
        element(
            "label",
            element("span", string("rules.sort", lang), class_="hg-label"),
            element("select", *options, name="sort", id="rb-sort"),
            class_="rb-sort",
        ),
        class_="rb-search",
    )


def _day_panel(asked: Asked, months: Sequence[Month], today: dt.date, lang: Lang) -> Html:
    day = asked.query.as_of
    at = max(0, min(len(months) - 1, _month_index(months, day)))
    first = months[0]
    return element(
        "div",
        element(
            "div",
            element("label", string("rules.day", lang), for_="rb-day", class_="hg-label"),
            element(
                "input",
                id="rb-day",
                type="date",
                name="as_of",
                value=day.isoformat(),
                min="1990-01-01",
                max="2100-12-31",
            ),
            element(
                "button",
                string("rules.today", lang),
                type="button",
                id="rb-today",
                class_="rb-today",
            ),
            class_="rb-day",
        ),
        element(
            "div",
            _strip(months, today),
            element(
                "input",
                type="range",
                id="rb-month",
                min=0,
                max=len(months) - 1,
                value=at,
                data_first=f"{first.year}-{first.month:02d}",
                data_today=today.isoformat(),
                aria_label=string("rules.slider", lang),
                aria_valuetext=day.isoformat()[:7],
            ),
            _ticks(months),
            class_="rb-slider",
        ),
        text("rules.day_hint", lang, tag="p", class_="hg-quiet rb-day-hint"),
        class_="rb-when",
    )


def _month_index(months: Sequence[Month], day: dt.date) -> int:
    return (day.year - months[0].year) * 12 + day.month - months[0].month


def _strip(months: Sequence[Month], today: dt.date) -> Html:
    """Draw how many instruments start in each month."""
    most = max(month.starts for month in months) or 1
    now = _month_index(months, today)
    bars = [
        element(
            "rect",
            x=f"{i + 0.12:.2f}",
            y=f"{20 - 18 * month.starts / most:.2f}",
            width="0.76",
            height=f"{18 * month.starts / most:.2f}",
        )
        for i, month in enumerate(months)
        if month.starts
    ]
    line = element("rect", x=f"{now + 0.35:.2f}", y=0, width="0.3", height=20, class_="rb-now")
    return element(
        "svg",
        *bars,
        line,
        viewBox=f"0 0 {len(months)} 20",
        preserveAspectRatio="none",
        class_="rb-strip",
        aria_hidden="true",
    )


def _ticks(months: Sequence[Month]) -> Html:
    marks = (
        element("span", str(month.year), style=f"left:{100 * (i + 0.5) / len(months):.2f}%")
        for i, month in enumerate(months)
        if month.month == 1 and month.year % _TICK_YEARS == 0
    )
    return element("div", *marks, class_="rb-ticks", aria_hidden="true")


def _filters(corpus: Corpus, found: Listing, lang: Lang) -> Html:
    chosen = sum(count.chosen for counts in found.facets.values() for count in counts)
    return element(
        "details",
        element(
            "summary",
            string("rules.filters", lang),
            element("span", f" · {chosen}" if chosen else "", id="rb-chosen"),
        ),
        element(
            "div",
            *(_boxes(facet, found.facets[facet], lang) for facet in _BOX_FACETS),
            _issuers(corpus, found.facets["issuer"], lang),
            element(
                "a", string("rules.reset", lang), href=f"{PATH}?lang={lang}", class_="rb-reset"
            ),
            class_="rb-filter-list",
        ),
        class_="rb-filters",
    )


def _boxes(facet: Facet, counts: Iterable[Count], lang: Lang) -> Html:
    items = [
        element(
            "li",
            element(
                "label",
                element(
                    "input",
                    type="checkbox",
                    name=facet,
                    value=count.value,
                    checked=count.chosen,
                    id=f"rb-{facet}-{count.value}",
                ),
                element("span", facet_word(facet, count.value, lang)),
                element("span", str(count.n), class_="rb-count", data_of=f"{facet}:{count.value}"),
                class_=None if count.n or count.chosen else "rb-none",
            ),
        )
        for count in counts
    ]
    return element(
        "fieldset",
        text(f"rules.facet.{facet}", lang, tag="legend", class_="hg-label"),
        element("ul", *items),
    )


def _issuers(corpus: Corpus, counts: Iterable[Count], lang: Lang) -> Html:
    options = [element("option", string("rules.all_issuers", lang), value="")]
    options += [
        element(
            "option",
            f"{localise(corpus.issuer_name(count.value), lang)} ({count.n})",
            value=count.value,
            selected=count.chosen,
        )
        for count in counts
    ]
    return element(
        "div",
        element("label", string("rules.facet.issuer", lang), for_="rb-issuer", class_="hg-label"),
        element("select", *options, name="issuer", id="rb-issuer"),
        class_="rb-issuers",
    )


def facet_word(facet: Facet, value: str, lang: Lang) -> str:
    """Return the words of a facet's value; issuers have names, no words."""
    family = {"status": "status", "topic": "topic", "jurisdiction": "place"}[facet]
    return string(f"{family}.{value}", lang)


def _results(corpus: Corpus, asked: Asked, found: Listing, lang: Lang) -> Html:
    date = asked.query.as_of.isoformat()
    return join(
        notices(asked.notices, lang),
        element(
            "div",
            element(
                "h2",
                string("rules.found", lang, n=found.total),
                element("small", string("rules.found_on", lang, date=date)),
                aria_live="polite",
            ),
            _timelines(asked, lang),
            class_="rb-found",
        ),
        element("ol", *(_row(corpus, row, asked, lang) for row in found.rows), class_="rb-rows")
        if found.rows
        else _nothing(lang),
        _pager(asked, found, lang),
    )


def _timelines(asked: Asked, lang: Lang) -> Html:
    """Link to the timelines of the chosen topics."""
    links = [
        element(
            "a",
            string("rules.timeline_of", lang, topic=facet_word("topic", topic, lang)),
            href=topic_address(topic, lang, asked.day),
        )
        for topic in asked.query.selection.topics
    ]
    return element("p", dotted(*links), class_="rb-dotted") if links else EMPTY


def _nothing(lang: Lang) -> Html:
    return element(
        "div",
        text("rules.nothing", lang, tag="p"),
        element("p", element("a", string("rules.reset", lang), href=f"{PATH}?lang={lang}")),
        class_="rb-nothing",
    )


def _row(corpus: Corpus, row: Row, asked: Asked, lang: Lang) -> Html:
    card = row.card
    return element(
        "li",
        element(
            "div",
            element("h3", card_link(card, lang, asked.day)),
            status_badge(row.validity, lang),
            class_="rb-row-head",
        ),
        element(
            "p",
            dotted(
                number_of(card, lang),
                issuer_names(corpus, card, lang),
                start_of(card, lang),
                string("rules.facts_n", lang, n=len(card.facts)),
            ),
            class_="rb-dotted rb-row-meta",
        ),
        element("p", localise(card.summary, lang), class_="rb-gist"),
        _hit(corpus, row.fact, asked.day, lang) if row.fact else EMPTY,
        _relatives(row, asked.day, lang),
        class_="rb-row",
        data_id=card.id,
    )


def _hit(corpus: Corpus, ref: FactRef, day: dt.date | None, lang: Lang) -> Html:
    fact = corpus.fact(ref)
    said = fact.en if lang == "en" else in_script(fact.zh, lang)
    return element(
        "p",
        element(
            "a",
            string("rules.fact_n", lang, n=fact.id),
            href=card_address(ref.card_id, lang, day, fact.id),
        ),
        element("span", with_figures(said)),
        class_="rb-hit",
    )


def _relatives(row: Row, day: dt.date | None, lang: Lang) -> Html:
    parts: list[Html] = []
    if row.replaced_by:
        parts.append(
            element(
                "span",
                text("panel.replaced_by", lang, class_="hg-label"),
                card_link(row.replaced_by, lang, day),
            )
        )
    if row.replaces:
        parts.append(
            element(
                "span",
                text("panel.replaces", lang, class_="hg-label"),
                *(card_link(old, lang, day) for old in row.replaces),
            )
        )
    return element("p", *parts, class_="rb-relatives") if parts else EMPTY


def _pager(asked: Asked, found: Listing, lang: Lang) -> Html:
    if found.pages == 1:
        return EMPTY
    steps = []
    if found.page > 1:
        address = list_address(asked, lang, page=found.page - 1)
        steps.append(element("a", string("rules.previous", lang), href=address, rel="prev"))
    steps.append(element("span", string("rules.page_n", lang, n=found.page, pages=found.pages)))
    if found.page < found.pages:
        address = list_address(asked, lang, page=found.page + 1)
        steps.append(element("a", string("rules.next", lang), href=address, rel="next"))
    return element("nav", *steps, class_="rb-pager", aria_label=string("rules.pages", lang))
