"""Proposals: nuggets for a new case, taken from the facts that its author chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals.case import Nugget
from evals.suites.patterns import figure_pattern, point_pattern
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.figures.figure import Figure, read_figures
from knowledge.glossary import Glossary


def proposed_nuggets(
    refs: Sequence[FactRef], corpus: Corpus, glossary: Glossary
) -> tuple[Nugget, ...]:
    """Return a nugget for each figure that a fact is about, or for the words of one without.

    Numbers of documents and articles say where a fact stands, not what it says; a date counts
    where there is no other figure.
    """
    found = [nugget for ref in refs for nugget in _of_fact(ref, corpus, glossary)]
    return tuple({nugget.any: nugget for nugget in found}.values())


def _of_fact(ref: FactRef, corpus: Corpus, glossary: Glossary) -> Iterator[Nugget]:
    fact = corpus.fact(ref)
    figures = [one for one in read_figures(fact.zh) if one.kind not in ("document", "article")]
    told = [one for one in figures if one.kind != "date"] or figures
    if told:
        for figure in told:
            yield Nugget(name=_name(ref, figure), any=(figure_pattern(figure),))
        return
    ways = tuple(dict.fromkeys(point_pattern(text, glossary) for text in (fact.zh, fact.en)))
    yield Nugget(name=f"{ref} in words", any=ways)


def _name(ref: FactRef, figure: Figure) -> str:
    return f"{ref} {figure.text}"
