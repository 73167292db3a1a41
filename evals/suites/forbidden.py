"""Forbidden figures: what a right answer may not state as if it counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.language import in_script
from evals.scorers.text import find, folded
from evals.suites.patterns import any_of, stated_as_current
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.glossary import Glossary


def forbidden(
    figures: Sequence[str],
    own: FactRef,
    other: FactRef,
    corpus: Corpus,
    glossary: Glossary,
) -> tuple[str, ...]:
    """Return patterns for one version's figures, stated of the same matter and as if they counted.

    A pattern may match no sentence of the corpus but of the version that it forbids: another rule
    may have the same figure. Where the figure alone does, a term that both versions name must stand
    in the sentence; where that does not set them apart either, the figure is not forbidden.

    Args:
        figures: patterns of the figures.
        own: fact that says them.
        other: fact of the other version.
        corpus: whose sentences a right answer may quote.
        glossary: knows the terms.
    """
    found = []
    terms = tuple(_terms(own, other, corpus, glossary))
    for figure in figures:
        quotes = tuple(_sentences(corpus, figure, own.card_id))
        for about in ("", *terms):
            pattern = stated_as_current(figure, about)
            if not any(find((pattern,), text) for text in quotes):
                found.append(pattern)
                break
    return tuple(found)


def _sentences(corpus: Corpus, figure: str, but: str) -> Iterator[str]:
    """Yield what the other cards say with a figure, in every language."""
    for card in corpus.instruments.values():
        if card.id == but:
            continue
        for fact in card.facts:
            # A figure's pattern reads both scripts; few facts have the figure.
            if find((figure,), folded(fact.zh)):
                yield from (folded(fact.zh), folded(in_script(fact.zh, "zh-Hant")))
            if find((figure,), folded(fact.en)):
                yield folded(fact.en)


def _terms(own: FactRef, other: FactRef, corpus: Corpus, glossary: Glossary) -> Iterator[str]:
    """Yield patterns for the terms that both facts name in both languages, the longest first."""
    facts = [corpus.fact(ref) for ref in (own, other)]
    texts = [folded(text) for fact in facts for text in (fact.zh, fact.en)]
    terms = {hit.term.id: hit.term for hit in glossary.find(facts[0].zh, "zh")}
    for term in sorted(terms.values(), key=lambda term: -len(term.zh)):
        pattern = any_of([*term.words("zh"), *term.words("en"), *term.abbr])
        if all(find((pattern,), text) for text in texts):
            yield pattern
