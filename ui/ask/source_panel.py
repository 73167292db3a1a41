"""The source behind a mark: one card a citation, both languages, status and date in front."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from bot.answer import Citation, CitedArticle, CitedInstrument, CitedSource
from bot.language import Lang, in_script, localise
from knowledge.card import Bilingual, Frozen, PassageLang
from knowledge.corpus import Corpus
from knowledge.figures.figure import read_figures
from ui.html import EMPTY, Html, element, join, outward, web_address, word


class Relative(Frozen):
    """An instrument that came before or after the one cited."""

    id: str
    title: Bilingual
    number: str | None


class Lineage(Frozen):
    """What an instrument replaced, and what replaced it."""

    replaces: tuple[Relative, ...] = ()
    replaced_by: Relative | None = None
    ends: dt.date | None = None
    """First day on which it no longer counts."""


def lineage(corpus: Corpus, instrument_id: str) -> Lineage:
    """Look up what an instrument replaced and what replaced it; empty when it is not a card."""
    card = corpus.instruments.get(instrument_id)
    if card is None:
        return Lineage()
    successor = corpus.instruments.get(card.superseded_by or "")
    return Lineage(
        replaces=tuple(
            Relative(id=old.id, title=old.title, number=old.number)
            for old in corpus.predecessors(card)
        ),
        replaced_by=Relative(id=successor.id, title=successor.title, number=successor.number)
        if successor
        else None,
        ends=corpus.ends(card),
    )


@lru_cache(maxsize=1024)  # while an answer grows, each of its states has the same sources again
def render_source(
    citation: Citation, claims: tuple[str, ...], family: Lineage, lang: Lang, ui: Lang
) -> Html:
    """Write the card of one citation.

    Args:
        citation: the cited fact with its instrument and source.
        claims: sentences of the answer that cite it; the figures they share with the quote are
            highlighted.
        family: what the instrument replaced, and what replaced it.
        lang: language of the answer; its quote comes first.
        ui: language of the interface.
    """
    instrument = citation.instrument
    first: PassageLang = "en" if lang == "en" else "zh"
    second: PassageLang = "zh" if first == "en" else "en"
    figures = cited_figures(claims)
    title, other_title = _in_both(instrument.titles, lang)
    return join(
        element(
            "div",
            status_badge(instrument.status, ui),
            word("panel.under_review", ui, class_="hg-badge hg-under-review")
            if citation.under_review
            else EMPTY,
            _days(instrument, family, ui),
            class_="hg-badges",
        ),
        element("h2", title, class_="hg-source-title", tabindex="-1"),
        element("p", other_title, class_="hg-source-other"),
        _family(family, lang, ui),
        element(
            "dl",
            _row("panel.number", instrument.number, ui),
            _row("panel.issuers", _names(instrument, lang), ui),
            _row("panel.locator", citation.locator, ui),
            _row("panel.issued", str(instrument.issued) if instrument.issued else None, ui),
            class_="hg-facts",
        ),
        *(_quote(citation.quotes, which, lang, figures, ui) for which in (first, second)),
        element("p", citation.under_review, class_="hg-review") if citation.under_review else EMPTY,
        _article(citation.article, figures, ui) if citation.article else EMPTY,
        rulebook_link(
            instrument.id,
            word("panel.all_facts", ui),
            ui,
            fact=citation.ref.fact_id,
            class_="hg-all-facts",
        ),
        _origin(citation.source, ui),
        element(
            "p",
            word("panel.ref", ui),
            " ",
            element("code", str(citation.ref)),
            class_="hg-ref",
        ),
    )


def rulebook_link(
    instrument_id: str, text: str, ui: Lang, *, fact: int | None = None, class_: str | None = None
) -> Html:
    """Write a link to an instrument's page in the rulebook, at one of its facts if wanted."""
    path, place = f"/rules/{instrument_id}", f"#fact-{fact}" if fact else ""
    return element(
        "a",
        text,
        href=f"{path}?lang={ui}{place}",
        data_page=path,
        data_place=place or None,
        class_=class_,
    )


def status_badge(status: str, ui: Lang) -> Html:
    """Write what an instrument counts for as a badge."""
    return word(f"status.{status}", ui, class_=f"hg-badge hg-status-{status}")


def quality_badge(quality: str, ui: Lang) -> Html:
    """Write who runs a source's page as a badge."""
    return word(f"quality.{quality}", ui, class_=f"hg-badge hg-quality-{quality}")


def cited_figures(claims: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Read the figures of sentences as kind and value, whatever script or scale they stand in."""
    return frozenset(
        (figure.kind, figure.value) for claim in claims for figure in read_figures(claim)
    )


def highlight(text: str, figures: frozenset[tuple[str, str]]) -> Html:
    """Mark those figures of a text that are among `figures`; everything is escaped."""
    pieces: list[str] = []
    position = 0
    for figure in read_figures(text):
        if (figure.kind, figure.value) in figures and figure.start >= position:
            marked = element("mark", text[figure.start : figure.end])
            pieces += (text[position : figure.start], marked)
            position = figure.end
    return join(*pieces, text[position:])


def _article(article: CitedArticle, figures: frozenset[tuple[str, str]], ui: Lang) -> Html:
    """Write the article of the official text beside the fact, folded."""
    number = element("span", article.article, dir="auto") if article.article else EMPTY
    page = word("papers.page", ui, page=article.page) if article.page else EMPTY
    changed = (
        word("panel.article.changed", ui, tag="p", class_="hg-review", date=f"{article.changed}")
        if article.changed
        else EMPTY
    )
    path = f"/documents/{article.ref.card_id}"
    query = f"passage={article.ref.fact_id}"
    return element(
        "details",
        element("summary", word("panel.article", ui), number, page),
        changed,
        element("blockquote", highlight(article.text, figures), dir="auto"),
        word("panel.article.fetched", ui, tag="p", class_="hg-quiet", date=f"{article.fetched}"),
        element(
            "a",
            word("papers.open", ui),
            href=f"{path}?{query}&lang={ui}",
            data_page=path,
            data_query=query,
            class_="hg-all-facts",
        ),
        class_="hg-article",
    )


def _in_both(text: Bilingual, lang: Lang) -> tuple[str, str]:
    chinese, english = in_script(text.zh, lang), text.en
    return (english, chinese) if lang == "en" else (chinese, english)


def _names(instrument: CitedInstrument, lang: Lang) -> str:
    return ("; " if lang == "en" else "、").join(instrument.issuer_names or instrument.issuers)


def _days(instrument: CitedInstrument, family: Lineage, ui: Lang) -> Html:
    days = (("panel.effective", instrument.effective), ("panel.ended", family.ends))
    return join(
        *(
            word(key, ui, class_="hg-starts", date=day.isoformat())
            for key, day in days
            if day is not None
        )
    )


def _row(key: str, value: str | None, ui: Lang) -> Html:
    if not value:
        return EMPTY
    return element("div", word(key, ui, tag="dt"), element("dd", value))


def _family(family: Lineage, lang: Lang, ui: Lang) -> Html:
    return join(
        _relatives("panel.replaced_by", (family.replaced_by,), lang, ui)
        if family.replaced_by
        else EMPTY,
        _relatives("panel.replaces", family.replaces, lang, ui) if family.replaces else EMPTY,
    )


def _relatives(key: str, relatives: Iterable[Relative | None], lang: Lang, ui: Lang) -> Html:
    items = (
        element(
            "li",
            rulebook_link(one.id, localise(one.title, lang), ui),
            element("span", one.number, class_="hg-quiet") if one.number else EMPTY,
        )
        for one in relatives
        if one
    )
    return element(
        "div", word(key, ui, class_="hg-label"), element("ul", *items), class_="hg-family"
    )


def _quote(
    quotes: Bilingual,
    which: PassageLang,
    lang: Lang,
    figures: frozenset[tuple[str, str]],
    ui: Lang,
) -> Html:
    text = in_script(quotes.zh, lang) if which == "zh" else quotes.en
    script = "en" if which == "en" else ("zh-Hant" if lang == "zh-Hant" else "zh-Hans")
    return element(
        "figure",
        word(f"panel.quote.{which}", ui, tag="figcaption", class_="hg-label"),
        element("blockquote", highlight(text, figures), lang=script),
        class_="hg-quote",
    )


def _origin(source: CitedSource, ui: Lang) -> Html:
    address = web_address(source.url)
    link = (
        outward(
            address,
            ui,
            word("panel.open", ui),
            element("span", urlsplit(address).hostname or "", class_="hg-host"),
            element("span", "↗", aria_hidden="true"),
            class_="hg-open",
        )
        if address
        else EMPTY
    )
    note = (
        element("p", word("panel.note", ui, class_="hg-label"), source.note, class_="hg-note")
        if source.note
        else EMPTY
    )
    return element(
        "section",
        word("panel.source", ui, tag="h3", class_="hg-label"),
        element(
            "p",
            quality_badge(source.quality, ui),
            element("strong", source.publisher),
            element("time", source.date, class_="hg-quiet") if source.date else EMPTY,
            class_="hg-publisher",
        ),
        element("p", source.title, class_="hg-quiet"),
        link,
        word("panel.further", ui, tag="p", class_="hg-quiet", n=source.further)
        if source.further
        else EMPTY,
        note,
        class_="hg-origin",
    )
