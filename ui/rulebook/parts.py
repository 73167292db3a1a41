"""Pieces that several pages of the rulebook show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.language import Lang, in_script, localise
from knowledge.card import Bilingual, Fact, Instrument, Source
from knowledge.corpus import Corpus, Validity
from knowledge.figures.figure import read_figures
from ui.ask.source_panel import highlight
from ui.html import EMPTY, Html, element, join, outward, web_address
from ui.rulebook.query import Notice, card_address
from ui.strings import string

_FIGURES = frozenset({"number", "date", "percent"})
"""Kinds of figures that a reader looks for; numbers of documents and articles are none."""


def text(
    key: str, lang: Lang, /, tag: str = "span", class_: str | None = None, **values: object
) -> Html:
    """Write a string of the interface; these pages change language by loading anew."""
    return element(tag, string(key, lang, **values), class_=class_)


def status_badge(validity: Validity, lang: Lang) -> Html:
    """Write what an instrument counts for as a badge."""
    return text(f"status.{validity}", lang, class_=f"hg-badge hg-status-{validity}")


def card_link(card: Instrument, lang: Lang, day: dt.date | None = None) -> Html:
    """Write an instrument's title as a link to its page."""
    return element("a", localise(card.title, lang), href=card_address(card.id, lang, day))


def issuer_names(corpus: Corpus, card: Instrument, lang: Lang) -> str:
    """Return the full names of an instrument's issuers in one line."""
    names = (localise(corpus.issuer_name(body), lang) for body in card.issuers)
    return ("; " if lang == "en" else "、").join(names)


def number_of(card: Instrument, lang: Lang) -> str | None:
    """Return an instrument's number in the reader's script; None where it has none."""
    return in_script(card.number, lang) if card.number else None


def start_of(card: Instrument, lang: Lang) -> str:
    """Say since when an instrument counts, as far as the card tells."""
    if card.effective:
        return string("panel.effective", lang, date=card.effective.isoformat())
    if card.issued:
        return string("rules.issued_on", lang, date=card.issued.isoformat())
    return string("rules.undated", lang)


def in_both(statement: Bilingual | Fact, lang: Lang) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return a statement as (language tag, text), the reader's language first."""
    script = "zh-Hant" if lang == "zh-Hant" else "zh-Hans"
    chinese, english = (script, in_script(statement.zh, lang)), ("en", statement.en)
    return (english, chinese) if lang == "en" else (chinese, english)


def with_figures(words: str) -> Html:
    """Write a statement with its amounts, shares and dates marked."""
    figures = frozenset(
        (figure.kind, figure.value) for figure in read_figures(words) if figure.kind in _FIGURES
    )
    return highlight(words, figures)


def quality_badge(source: Source, lang: Lang) -> Html:
    """Write who runs a source's page as a badge."""
    return text(f"quality.{source.quality}", lang, class_=f"hg-badge hg-quality-{source.quality}")


def source_link(source: Source, words: str, lang: Lang) -> Html:
    """Write a link to a source's page in a new tab; plain text where its address cannot be opened."""
    address = web_address(source.url)
    if address is None:
        return element("span", words)
    return outward(
        address,
        lang,
        words,
        element("span", " ↗", aria_hidden="true"),
        title=urlsplit(address).hostname,
    )


def notices(found: Iterable[Notice], lang: Lang) -> Html:
    """Say which values of the address could not be used."""
    items = [element("p", string(one.key, lang, seen=one.seen)) for one in found]
    return element("div", *items, class_="rb-notice", role="status") if items else EMPTY


def trail(lang: Lang, *further: Html) -> Html:
    """Write where the reader is: the rulebook, then what stands below it."""
    home = element("a", string("rules.title", lang), href=f"/rules?lang={lang}")
    return element(
        "nav",
        element("ol", *(element("li", part) for part in (home, *further))),
        class_="rb-trail",
        aria_label=string("rules.trail", lang),
    )


def day_note(day: dt.date | None, today_address: str, lang: Lang) -> Html:
    """Say that a page shows the state of another day than today, with the way back."""
    if day is None:
        return EMPTY
    return element(
        "p",
        string("rules.day_note", lang, date=day.isoformat()),
        " ",
        element("a", string("rules.day_today", lang), href=today_address),
        class_="rb-day-note",
    )


def dotted(*parts: Html | str | None) -> Html:
    """Write what there is of several short pieces in one line."""
    return join(*(element("span", part) for part in parts if part))
