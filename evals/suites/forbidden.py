"""Forbidden figures: what a right answer may not state as if it counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.language import in_script
from evals.scorers.text import find, folded
from evals.suites.patterns import any_of, stated_as_current
from evals.suites.replaced import Replaced
from knowledge.corpus import Corpus
from knowledge.glossary import Glossary


def forbidden(
    item: Replaced, figures: Sequence[str], corpus: Corpus, glossary: Glossary
) -> tuple[str, ...]:
    """Return patterns for one version's figures, stated of the same matter and as if they counted.

    A pattern may match no sentence of the corpus but of the version that it forbids: another rule
    may have the same figure. Where the figure alone does, a term that both versions name must stand
    in the sentence; where that does not set them apart either, the figure is not forbidden.

    Args:
        item: the two versions.
        figures: patterns of those of either.
        corpus: whose sentences a right answer may quote.
        glossary: knows the terms.
    """
    ours = item.old.card_id if figures == item.was else item.new.card_id
    found = []
    for figure in figures:
        others = tuple(_sentences(corpus, figure, ours))
        for about in ("", *_terms(item, corpus, glossary)):
            pattern = stated_as_current(figure, about)
            if not any(find((pattern,), text) for text in others):
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


def _terms(item: Replaced, corpus: Corpus, glossary: Glossary) -> Iterator[str]:
    """Yield patterns for the terms that both facts name, the longest name first."""
    named = [
        {hit.term.id: hit.term for hit in glossary.find(corpus.fact(ref).zh, "zh")}
        for ref in (item.old, item.new)
    ]
    both = [term for name, term in named[0].items() if name in named[1]]
    for term in sorted(both, key=lambda term: -len(term.zh)):
        yield any_of([*term.words("zh"), *term.words("en"), *term.abbr])
