"""The grounds of a plan on its page: numbered, linked to the rulebook, with what each counts for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from bot.answer import AnswerOption, AnswerPlan, Citation
from bot.language import Lang
from bot.present import CitationBook
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from ui.ask.marks import Marks
from ui.ask.source_panel import quality_badge, status_badge
from ui.html import EMPTY, Html, element, join, label, word
from ui.plan.day import not_held
from ui.rulebook.query import card_address


class LinkedMarks(Marks):
    """Marks that lead to the rulebook instead of opening a panel."""

    links: Mapping[int, str]
    """Address of the fact behind each number."""

    def mark(self, n: int) -> Html:
        """Write the mark of a number as a link."""
        if n not in self.links:
            return EMPTY
        return element(
            "a",
            str(n),
            href=self.links[n],
            class_="hg-mark hg-mark-second" if n in self.second_hand else "hg-mark",
            title=self.titles[n],
            **label("mark.label", self.ui, n=n),
        )


class PlanSources:
    """The facts that a page of a plan shows, numbered in order of use."""

    def __init__(
        self, plan: AnswerPlan, shown: AnswerOption, corpus: Corpus, lang: Lang, day: dt.date
    ) -> None:
        """Number what the page says.

        Args:
            plan: its options are compared, its warnings said.
            shown: the option that is shown in full.
            corpus: holds the facts.
            lang: language of the page.
            day: for which it is told what the instruments count for.
        """
        book = CitationBook(corpus, lang, day)
        for ref in plan.refs_told((shown,)):
            book.cite(ref)
        self._book = book
        self._corpus, self._day = corpus, day
        self._lang: Lang = book.lang
        cited = book.citations
        self.marks = LinkedMarks(
            message="plan",
            ui=book.lang,
            titles={one.n: one.instrument.title for one in cited},
            numbers={one.ref: one.n for one in cited},
            second_hand=frozenset(c.n for c in cited if c.source.quality in ("press", "mirror")),
            links={
                one.n: card_address(one.ref.card_id, book.lang, fact=one.ref.fact_id)
                for one in cited
            },
        )

    def grounds(self, refs: Iterable[FactRef]) -> Html:
        """Write out the facts of a step: each instrument once, with its status and their links.

        Where none of them was in force on the day, that comes first.
        """
        refs = tuple(dict.fromkeys(refs))
        warning = self.not_held(refs)
        cited = (self._book.cite(ref) for ref in refs)
        lines = [
            element(
                "li",
                element("span", facts[0].instrument.title),
                " ",
                status_badge(facts[0].instrument.status, self._lang),
                " ",
                *(self.marks.mark(fact.n) for fact in facts),
            )
            for facts in _by_instrument(cited)
        ]
        return join(
            element("p", warning, class_="hg-not-held") if warning else EMPTY,
            element("ul", *lines, class_="hg-grounds") if lines else EMPTY,
        )

    def not_held(self, refs: Iterable[FactRef]) -> str | None:
        """Say why a step on these facts is none of the day's; None where it may be."""
        return not_held(refs, self._corpus, self._day, self._lang)

    def listed(self) -> Html:
        """List every fact that the page cites, by instrument."""
        lang = self._lang
        items = (self._instrument(facts) for facts in _by_instrument(self._book.citations))
        return element(
            "details",
            word("plan.sources", lang, tag="summary", n=len(self._book.citations)),
            element("ul", *items, class_="hg-plan-sources"),
            class_="hg-plan-part hg-plan-grounds",
            data_key="grounds",
        )

    def _instrument(self, facts: list[Citation]) -> Html:
        lang = self._lang
        first = facts[0].instrument
        return element(
            "li",
            element("a", first.title, href=card_address(first.id, lang)),
            " ",
            element("span", first.number, class_="hg-quiet") if first.number else EMPTY,
            " ",
            status_badge(first.status, lang),
            element("ul", *(self._fact(fact) for fact in facts)),
        )

    def _fact(self, fact: Citation) -> Html:
        return element(
            "li",
            self.marks.mark(fact.n),
            " ",
            join(fact.locator, " ") if fact.locator else EMPTY,
            element("span", fact.source.publisher, class_="hg-quiet"),
            " ",
            quality_badge(fact.source.quality, self._lang),
        )


def _by_instrument(cited: Iterable[Citation]) -> Iterator[list[Citation]]:
    """Gather facts by instrument, in order of each instrument's first."""
    facts = list(cited)
    order = {one: at for at, one in enumerate(dict.fromkeys(fact.instrument.id for fact in facts))}
    ranked = sorted(facts, key=lambda fact: order[fact.instrument.id])
    for _, group in groupby(ranked, key=lambda fact: fact.instrument.id):
        yield list(group)
