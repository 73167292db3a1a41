"""The page of the Action Plan: its measures, with the instruments that serve each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from bot.language import Lang, in_script, localise
from knowledge.card import Instrument
from knowledge.corpus import Corpus
from ui.html import EMPTY, Html, element, join
from ui.rulebook.action_plan import Measure, PlanView, Serving, measure_key, plan_view
from ui.rulebook.parts import (
    card_link,
    dotted,
    number_of,
    start_of,
    status_badge,
    text,
    trail,
    with_figures,
)
from ui.rulebook.query import card_address
from ui.strings import string

_SAID = ("definition", "permission")
"""Aspects of the facts that tell what the plan contains."""


def action_plan_body(corpus: Corpus, today: dt.date, lang: Lang) -> Html:
    """Write the page."""
    view = plan_view(corpus)
    served = sum(not measure.has_nothing for measure in view.measures)
    return element(
        "div",
        trail(lang, text("rules.plan.title", lang)),
        element(
            "header",
            text("rules.plan.title", lang, tag="h1"),
            element("p", localise(view.plan.summary, lang), class_="rb-summary"),
            element(
                "p",
                card_link(view.plan, lang),
                " ",
                status_badge(corpus.validity(view.plan, today), lang),
                " ",
                element("span", start_of(view.plan, lang), class_="hg-starts"),
            ),
            class_="rb-head",
        ),
        _said(view.plan, lang),
        element(
            "section",
            element(
                "h2",
                string("rules.plan.measures", lang),
                element(
                    "small",
                    string("rules.plan.served", lang, n=len(view.measures), served=served),
                ),
            ),
            text("rules.plan.how", lang, tag="p", class_="hg-quiet"),
            element(
                "ol",
                *(_measure(corpus, one, view, today, lang) for one in view.measures),
                class_="rb-measures",
            ),
        ),
        element(
            "section",
            text("rules.plan.further", lang, tag="h2"),
            text("rules.plan.further_note", lang, tag="p", class_="hg-quiet"),
            element(
                "ol",
                *(_measure(corpus, one, view, today, lang) for one in view.further),
                class_="rb-measures",
            ),
        ),
        _linked(corpus, view.linked, today, lang),
        class_="rb rb-plan",
    )


def _said(plan: Instrument, lang: Lang) -> Html:
    facts = [fact for fact in plan.facts if fact.aspect in _SAID]
    items = (
        element(
            "li",
            with_figures(fact.en if lang == "en" else in_script(fact.zh, lang)),
            " ",
            element(
                "a",
                string("rules.fact_n", lang, n=fact.id),
                href=card_address(plan.id, lang, fact=fact.id),
                class_="rb-cite",
            ),
        )
        for fact in facts
    )
    return element(
        "details",
        element("summary", string("rules.plan.said", lang, n=len(facts))),
        element("ul", *items),
        class_="rb-said",
    )


def _measure(corpus: Corpus, one: Measure, view: PlanView, today: dt.date, lang: Lang) -> Html:
    key = measure_key(one.name)
    inner = (
        text("rules.plan.nothing", lang, tag="p", class_="rb-nothing-yet")
        if one.has_nothing
        else join(
            element(
                "ul",
                *(_serving(corpus, Serving(card=c, names=()), view, today, lang) for c in one.same),
            )
            if one.same
            else EMPTY,
            _akin(corpus, one.akin, view, today, lang),
        )
    )
    return element(
        "li",
        element(
            "h3",
            string(f"rules.measure.{key}", lang),
            element("span", one.name.rpartition(" / ")[2], lang="en", class_="hg-quiet")
            if lang != "en"
            else EMPTY,
        ),
        element("div", inner),
        id=f"measure-{key}",
        class_="rb-open-measure" if one.has_nothing else None,
    )


def _akin(
    corpus: Corpus, akin: Sequence[Serving], view: PlanView, today: dt.date, lang: Lang
) -> Html:
    if not akin:
        return EMPTY
    return join(
        text("rules.plan.akin", lang, tag="p", class_="hg-label"),
        element("ul", *(_serving(corpus, one, view, today, lang) for one in akin)),
    )


def _serving(corpus: Corpus, one: Serving, view: PlanView, today: dt.date, lang: Lang) -> Html:
    card = one.card
    is_linked = view.plan.id in card.related or card.id in view.plan.related
    worded = ", ".join(string(f"rules.measure.{measure_key(name)}", lang) for name in one.names)
    return element(
        "li",
        element(
            "span", card_link(card, lang), " ", status_badge(corpus.validity(card, today), lang)
        ),
        element(
            "span",
            dotted(
                number_of(card, lang),
                start_of(card, lang),
                string("rules.plan.worded", lang, words=worded) if worded else None,
                string("rules.plan.is_linked", lang) if is_linked else None,
            ),
            class_="rb-dotted rb-row-meta",
        ),
    )


def _linked(corpus: Corpus, cards: Iterable[Instrument], today: dt.date, lang: Lang) -> Html:
    items = [
        element("li", card_link(card, lang), " ", status_badge(corpus.validity(card, today), lang))
        for card in cards
    ]
    if not items:
        return EMPTY
    return element(
        "section",
        text("rules.plan.linked", lang, tag="h2"),
        element("ul", *items, class_="rb-related"),
    )
