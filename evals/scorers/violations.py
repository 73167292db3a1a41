"""Violations: what no answer may say, and figures that stand nowhere in the corpus.

The two are counted apart. The first rests on patterns that the author of the case wrote; the
second can be proved by reading the corpus, and its explanation names each figure as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from bot.answer import CheckedAnswer
from evals.case import Case
from evals.scorers.score import Score, Scorer, listed
from evals.scorers.text import find, folded, source_lines
from knowledge.card import Instrument
from knowledge.corpus import Corpus


def must_not_matches(case: Case, answer: CheckedAnswer) -> tuple[str, ...]:
    """Return what each forbidden pattern matches in the answer's text."""
    text = folded(answer.text)
    found = (find((pattern,), text) for pattern in case.must_not)
    return tuple(match for match in found if match is not None)


def must_not_said(case: Case, answer: CheckedAnswer) -> Score:
    """Whether the answer says something that the case forbids."""
    if not case.must_not:
        return Score.unscored("the case forbids nothing")
    matches = must_not_matches(case, answer)
    return Score.of(bool(matches), f"said: {' | '.join(matches) or '-'}")


def figures_without_fact(corpus: Corpus) -> Scorer:
    """Make the scorer that finds answers with a figure of which no fact knows.

    A fact's sentence in both languages counts, with the title, number and dates of its
    instrument. So do the asker's own words and the answer's date: an answer may repeat them.
    """

    @cache
    def texts() -> tuple[str, ...]:
        return tuple(_corpus_texts(corpus))

    def score(case: Case, answer: CheckedAnswer) -> Score:
        from knowledge.figures.figure import missing_figures

        near = [*_own_words(case, answer), *_cited_texts(corpus, answer)]
        # Addresses and dates of publication are no statements.
        listing = set(source_lines(answer.text))
        said = "\n".join(line for line in answer.text.splitlines() if line not in listing)
        if not missing_figures(said, near):  # nearly always, and 100 times faster
            return Score.of(False, "figures: -")
        missing = missing_figures(said, (*near, *texts()))
        return Score.of(bool(missing), f"figures: {listed([f.text for f in missing])}")

    return score


def _own_words(case: Case, answer: CheckedAnswer) -> Iterator[str]:
    yield case.question
    yield from (turn.content for turn in case.history)
    yield answer.as_of.isoformat()
    yield answer.engine.corpus_as_of.isoformat()


def _cited_texts(corpus: Corpus, answer: CheckedAnswer) -> Iterator[str]:
    for citation in answer.citations:
        if citation.ref in corpus:
            card = corpus.instrument(citation.ref)
            fact = corpus.fact(citation.ref)
            yield f"{_heading(card)}\n{fact.zh}\n{fact.en}"


def _corpus_texts(corpus: Corpus) -> Iterator[str]:
    for card in corpus.instruments.values():
        heading = _heading(card)
        for fact in card.facts:
            yield f"{heading}\n{fact.zh}\n{fact.en}"


def _heading(card: Instrument) -> str:
    dates = [day.isoformat() for day in (card.issued, card.effective) if day]
    return "\n".join([card.title.zh, card.title.en, card.number or "", *dates])
