"""The timeline of a topic: its instruments by the day on which they took effect, the latest first."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import get_args

from bot.language import Lang
from knowledge.card import Instrument, Topic
from knowledge.corpus import Corpus
from ui.html import EMPTY, Html, element
from ui.rulebook.parts import (
    card_link,
    day_note,
    dotted,
    issuer_names,
    notices,
    number_of,
    status_badge,
    text,
    trail,
)
from ui.rulebook.query import PATH, Notice, topic_address
from ui.strings import string


def topic_body(
    corpus: Corpus,
    topic: Topic,
    day: dt.date | None,
    today: dt.date,
    found: Iterable[Notice],
    lang: Lang,
) -> Html:
    """Write the page.

    Args:
        corpus: all instruments.
        topic: the one shown.
        day: on which the instruments are looked at; None = today.
        today: the day that counts where none is named.
        found: what of the address could not be used.
        lang: language of the page.
    """
    name = string(f"topic.{topic}", lang)
    cards = [card for card in corpus.instruments.values() if topic in card.topics]
    dated = sorted((c for c in cards if c.starts), key=lambda c: c.starts or dt.date.min)[::-1]
    undated = [card for card in cards if not card.starts]
    shown = day or today
    years = [
        (year, tuple(group))
        for year, group in groupby(dated, key=lambda c: c.starts.year if c.starts else 0)
    ]
    return element(
        "div",
        trail(lang, element("span", name, aria_current="page")),
        notices(found, lang),
        day_note(day, topic_address(topic, lang), lang),
        element(
            "header",
            element("h1", string("rules.timeline_of", lang, topic=name)),
            element(
                "p",
                string("rules.timeline_note", lang, n=len(cards), date=shown.isoformat()),
                " ",
                element(
                    "a",
                    string("rules.as_list", lang),
                    href=f"{PATH}?topic={topic}&lang={lang}",
                ),
                class_="hg-quiet",
            ),
            class_="rb-head",
        ),
        _topics(corpus, topic, day, lang),
        _years(years, lang),
        *(_year(corpus, year, group, shown, day, lang) for year, group in years),
        _undated(corpus, undated, shown, day, lang),
        class_="rb rb-topic",
    )


def _topics(corpus: Corpus, here: Topic, day: dt.date | None, lang: Lang) -> Html:
    counts = Counter(topic for card in corpus.instruments.values() for topic in card.topics)
    links = (
        element(
            "a",
            string(f"topic.{topic}", lang),
            element("span", str(counts[topic]), class_="rb-count"),
            href=topic_address(topic, lang, day),
            aria_current="page" if topic == here else None,
        )
        for topic in get_args(Topic)
    )
    return element("nav", *links, class_="rb-tabs", aria_label=string("rules.facet.topic", lang))


def _years(years: Sequence[tuple[int, Sequence[Instrument]]], lang: Lang) -> Html:
    """Draw how many instruments took effect in each year, as links down to them."""
    most = max((len(group) for _, group in years), default=1)
    bars = (
        element(
            "li",
            element(
                "a",
                element(
                    "span",
                    str(len(group)),
                    class_="rb-bar",
                    style=f"--rb-share:{len(group) / most:.3f}",
                ),
                element("span", str(year)),
                href=f"#year-{year}",
            ),
        )
        for year, group in years
    )
    return element(
        "nav",
        element("ol", *bars, class_="rb-bars"),
        aria_label=string("rules.by_year", lang),
    )


def _year(
    corpus: Corpus,
    year: int,
    cards: Sequence[Instrument],
    shown: dt.date,
    day: dt.date | None,
    lang: Lang,
) -> Html:
    items = []
    for card in cards:
        later = card.starts is not None and card.starts > shown
        items.append(_entry(corpus, card, shown, day, lang, later=later))
    return element(
        "section",
        element("h2", str(year), id=f"year-{year}"),
        element("ol", *items, class_="rb-line"),
        class_="rb-year",
    )


def _entry(
    corpus: Corpus,
    card: Instrument,
    shown: dt.date,
    day: dt.date | None,
    lang: Lang,
    *,
    later: bool = False,
) -> Html:
    validity = corpus.validity(card, shown)
    state = "later" if later else "over" if validity in ("superseded", "repealed") else None
    return element(
        "li",
        element(
            "p",
            element("time", card.starts.isoformat()[5:], datetime=card.starts.isoformat())
            if card.starts
            else EMPTY,
            text("rules.date.effective" if card.effective else "rules.date.issued", lang)
            if card.starts
            else EMPTY,
            class_="rb-date",
        ),
        element(
            "div",
            element(
                "div",
                element("h3", card_link(card, lang, day)),
                status_badge(validity, lang),
                class_="rb-row-head",
            ),
            element(
                "p",
                dotted(number_of(card, lang), issuer_names(corpus, card, lang)),
                class_="rb-dotted rb-row-meta",
            ),
            _links("panel.replaces", corpus.predecessors(card), day, lang),
            _successor(corpus, card, day, lang),
        ),
        class_=f"rb-{state}" if state else None,
    )


def _successor(corpus: Corpus, card: Instrument, day: dt.date | None, lang: Lang) -> Html:
    successor = corpus.instruments.get(card.superseded_by or "")
    return _links("panel.replaced_by", (successor,) if successor else (), day, lang)


def _links(key: str, cards: Sequence[Instrument], day: dt.date | None, lang: Lang) -> Html:
    if not cards:
        return EMPTY
    items = (
        element(
            "span",
            card_link(card, lang, day),
            " ",
            element("span", card.starts.isoformat(), class_="hg-quiet") if card.starts else EMPTY,
        )
        for card in cards
    )
    return element(
        "p",
        element("span", text(key, lang, class_="hg-label"), *items),
        class_="rb-relatives",
    )


def _undated(
    corpus: Corpus,
    cards: Sequence[Instrument],
    shown: dt.date,
    day: dt.date | None,
    lang: Lang,
) -> Html:
    if not cards:
        return EMPTY
    return element(
        "section",
        element("h2", string("rules.undated", lang)),
        element(
            "ol", *(_entry(corpus, card, shown, day, lang) for card in cards), class_="rb-line"
        ),
        class_="rb-year rb-undated",
    )
