"""The page of one instrument: what it is, what replaced what, every fact, every source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from bot.language import Lang, in_script, localise
from knowledge.card import Fact, Instrument, Source
from knowledge.corpus import Corpus
from ui.frame import address
from ui.html import EMPTY, Html, element, join
from ui.rulebook.action_plan import measure_key, plan_view
from ui.rulebook.catalogue import chain_of
from ui.rulebook.parts import (
    card_link,
    day_note,
    dotted,
    in_both,
    notices,
    number_of,
    quality_badge,
    source_link,
    start_of,
    status_badge,
    text,
    trail,
    with_figures,
)
from ui.rulebook.query import PATH, Notice, card_address, topic_address
from ui.rulebook.uses import OptionUses, RouteUses, uses_of
from ui.strings import string

_FOLDED_FROM = 7
"""Places of a route from which they are folded under its title."""


def instrument_body(
    corpus: Corpus,
    card: Instrument,
    day: dt.date | None,
    today: dt.date,
    found: Iterable[Notice],
    lang: Lang,
) -> Html:
    """Write the page.

    Args:
        corpus: all instruments.
        card: the one shown.
        day: on which it is looked at; None = today.
        today: the day that counts where none is named.
        found: what of the address could not be used.
        lang: language of the page.
    """
    return element(
        "article",
        trail(lang, element("span", localise(card.title, lang), aria_current="page")),
        notices(found, lang),
        day_note(day, card_address(card.id, lang), lang),
        _head(corpus, card, day, today, lang),
        element(
            "div",
            # In this order on a phone; beside wide facts, both stand in a column of their own.
            element(
                "div",
                _about(corpus, card, day, lang),
                _chain(corpus, card, day, today, lang),
                class_="rb-side rb-first",
            ),
            element("div", _facts(card, lang), _sources(card, lang), class_="rb-main"),
            element(
                "div",
                _routes(corpus, card, lang),
                _related(corpus, card, day, today, lang),
                _measures(corpus, card, lang),
                class_="rb-side rb-second",
            ),
            class_="rb-open",
        ),
        class_="rb rb-instrument",
    )


def _head(
    corpus: Corpus, card: Instrument, day: dt.date | None, today: dt.date, lang: Lang
) -> Html:
    (first_lang, first), (second_lang, second) = in_both(card.title, lang)
    question = string("nearest.ask", lang, title=localise(card.title, lang))
    return element(
        "header",
        element(
            "div",
            status_badge(corpus.validity(card, day or today), lang),
            element("span", start_of(card, lang), class_="hg-starts"),
            class_="hg-badges",
        ),
        element("h1", first, lang=first_lang),
        element("p", second, lang=second_lang, class_="rb-other-title"),
        element("p", localise(card.summary, lang), class_="rb-summary"),
        element(
            "p",
            element(
                "a",
                string("rules.ask", lang),
                href=address("/", lang, q=question),
                class_="rb-ask",
            ),
            element("a", string("rules.facts", lang), href="#facts"),
            element("a", string("rules.sources", lang), href="#sources"),
            element("a", string("rules.routes", lang), href="#routes"),
            class_="rb-jump",
        ),
        class_="rb-head",
    )


def _about(corpus: Corpus, card: Instrument, day: dt.date | None, lang: Lang) -> Html:
    ends = corpus.ends(card)
    issuers = [
        element("li", localise(corpus.issuer_name(body), lang), _place(corpus, body, lang))
        for body in card.issuers
    ]
    topics = [
        element("a", string(f"topic.{topic}", lang), href=topic_address(topic, lang, day))
        for topic in card.topics
    ]
    rows = (
        ("panel.number", number_of(card, lang) or string("rules.no_number", lang)),
        ("panel.issuers", element("ul", *issuers, class_="rb-plain")),
        ("rules.kind", string(f"rules.kind.{card.kind}", lang)),
        ("rules.facet.jurisdiction", string(f"place.{card.jurisdiction}", lang)),
        ("panel.issued", _date(card.issued, lang)),
        ("rules.effective", _date(card.effective, lang)),
        ("rules.ends", ends.isoformat() if ends else None),
        ("rules.facet.topic", element("span", dotted(*topics), class_="rb-dotted")),
        ("panel.ref", element("code", card.id)),
    )
    return _box(
        "rules.about",
        element(
            "dl",
            *(
                element("div", text(key, lang, tag="dt"), element("dd", value))
                for key, value in rows
                if value is not None
            ),
            class_="rb-about",
        ),
        lang,
    )


def _place(corpus: Corpus, body: str, lang: Lang) -> Html:
    issuer = corpus.issuers.get(body)
    if issuer is None:
        return EMPTY
    return text(f"rules.seat.{issuer.place}", lang, class_="hg-quiet")


def _date(day: dt.date | None, lang: Lang) -> str:
    return day.isoformat() if day else string("rules.unknown_date", lang)


def _chain(
    corpus: Corpus, card: Instrument, day: dt.date | None, today: dt.date, lang: Lang
) -> Html:
    chain = chain_of(corpus, card)
    if not (chain.earlier or chain.later):
        return EMPTY
    links = [
        element(
            "li",
            element(
                "span",
                element("strong", localise(one.title, lang)),
                aria_current="true",
            )
            if one is card
            else card_link(one, lang, day),
            element(
                "span",
                dotted(number_of(one, lang), start_of(one, lang)),
                class_="rb-dotted hg-quiet",
            ),
            status_badge(corpus.validity(one, day or today), lang),
            _end(corpus, one, lang),
            class_="rb-here" if one is card else None,
        )
        for one in (*chain.earlier, card, *chain.later)
    ]
    return _box("rules.chain", element("ol", *links, class_="rb-chain"), lang)


def _end(corpus: Corpus, card: Instrument, lang: Lang) -> Html:
    if card.superseded_by is None:
        return EMPTY
    ends = corpus.ends(card)
    said = (
        string("rules.replaced_on", lang, date=ends.isoformat())
        if ends
        else string("rules.replaced", lang)
    )
    return element("span", said, class_="rb-end")


def _facts(card: Instrument, lang: Lang) -> Html:
    return element(
        "section",
        element(
            "h2",
            string("rules.facts", lang),
            element("small", str(len(card.facts))),
        ),
        *(_fact(card, fact, lang) for fact in card.facts),
        id="facts",
    )


def _fact(card: Instrument, fact: Fact, lang: Lang) -> Html:
    sides = (element("p", with_figures(words), lang=tag) for tag, words in in_both(fact, lang))
    return element(
        "article",
        element(
            "header",
            element(
                "h3",
                element(
                    "a",
                    string("rules.fact_n", lang, n=fact.id),
                    href=f"#fact-{fact.id}",
                    class_="rb-fact-no",
                ),
            ),
            text(f"rules.aspect.{fact.aspect}", lang, class_="hg-chip"),
            element("span", in_script(fact.locator, lang), class_="hg-quiet")
            if fact.locator
            else EMPTY,
        ),
        element("div", *sides, class_="rb-pair"),
        element(
            "p",
            text("rules.source", lang, class_="hg-label"),
            *(_brief(card.source(source), lang) for source in (fact.source, *fact.also)),
            class_="rb-fact-sources",
        ),
        id=f"fact-{fact.id}",
        class_="rb-fact",
    )


def _brief(source: Source, lang: Lang) -> Html:
    return element(
        "span",
        source_link(source, source.publisher, lang),
        quality_badge(source, lang),
        element("span", str(source.date), class_="hg-quiet") if source.date else EMPTY,
        class_="rb-brief",
    )


def _sources(card: Instrument, lang: Lang) -> Html:
    used: Mapping[str, list[int]] = {
        source.id: [f.id for f in card.facts if source.id in (f.source, *f.also)]
        for source in card.sources
    }
    return element(
        "section",
        element(
            "h2",
            string("rules.sources", lang),
            element("small", str(len(card.sources))),
        ),
        element(
            "ol",
            *(_source(source, used[source.id], lang) for source in card.sources),
            class_="rb-sources",
        ),
        id="sources",
    )


def _source(source: Source, used: Iterable[int], lang: Lang) -> Html:
    facts = [element("a", str(n), href=f"#fact-{n}") for n in used]
    return element(
        "li",
        element("p", source_link(source, source.title, lang)),
        element(
            "p",
            element("span", source.publisher),
            quality_badge(source, lang),
            element("span", str(source.date) if source.date else string("rules.no_day", lang)),
            element("span", string("rules.for_facts", lang), " ", *_spaced(facts))
            if facts
            else EMPTY,
            class_="rb-source-meta",
        ),
        element("p", source.note, class_="hg-quiet") if source.note else EMPTY,
        id=f"source-{source.id}",
    )


def _spaced(links: Iterable[Html]) -> Iterable[str]:
    for i, link in enumerate(links):
        if i:
            yield ", "
        yield link


def _routes(corpus: Corpus, card: Instrument, lang: Lang) -> Html:
    routes = uses_of(corpus, card.id)
    inner = (
        element("ul", *(_route(one, lang) for one in routes), class_="rb-routes")
        if routes
        else text("rules.no_routes", lang, tag="p", class_="hg-quiet")
    )
    return _box("rules.routes", inner, lang, place="routes")


def _route(route: RouteUses, lang: Lang) -> Html:
    places = join(*(_option(option, lang) for option in route.options))
    folded = element(
        "details",
        element("summary", string("rules.places_n", lang, n=route.places)),
        places,
        open=route.places < _FOLDED_FROM,
    )
    return element(
        "li",
        element("a", localise(route.title, lang), href=address(f"/plan/{route.route}", lang)),
        folded,
    )


def _option(option: OptionUses, lang: Lang) -> Html:
    title = localise(option.title, lang) if option.title else string("rules.whole_route", lang)
    return join(
        element("p", title, class_="rb-option"),
        element(
            "ul",
            *(
                element(
                    "li",
                    text(f"rules.use.{use.part}", lang, class_="hg-label"),
                    element("span", localise(use.say, lang)),
                    element(
                        "span",
                        *_spaced(
                            element("a", string("rules.fact_n", lang, n=n), href=f"#fact-{n}")
                            for n in use.facts
                        ),
                        class_="rb-use-facts",
                    ),
                )
                for use in option.uses
            ),
        ),
    )


def _related(
    corpus: Corpus, card: Instrument, day: dt.date | None, today: dt.date, lang: Lang
) -> Html:
    ids = dict.fromkeys(
        [*card.related, *(c.id for c in corpus.instruments.values() if card.id in c.related)]
    )
    others = [corpus.instruments[one] for one in ids if one in corpus.instruments]
    if not others:
        return EMPTY
    items = (
        element(
            "li",
            card_link(one, lang, day),
            " ",
            status_badge(corpus.validity(one, day or today), lang),
        )
        for one in others
    )
    return _box("rules.related", element("ul", *items, class_="rb-related"), lang)


def _measures(corpus: Corpus, card: Instrument, lang: Lang) -> Html:
    if not card.measures:
        return EMPTY
    view = plan_view(corpus)
    links = (
        element(
            "li",
            element(
                "a",
                string(f"rules.measure.{measure_key(name)}", lang),
                href=f"{PATH}/action-plan?lang={lang}#measure-{measure_key(view.heading(name).name)}",
            ),
        )
        for name in card.measures
    )
    return _box("rules.serves", element("ul", *links, class_="rb-related"), lang)


def _box(key: str, inner: Html, lang: Lang, *, place: str | None = None) -> Html:
    return element("section", text(key, lang, tag="h2"), inner, class_="rb-box", id=place)
