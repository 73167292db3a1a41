"""A trial of a card: the cases answered without it and with it, from indexes of their own.

Nothing of the corpus, of its vectors or of the reader's data folder is written to.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from bot.advisor import Advisor
from bot.settings import Settings
from evals.case import Case
from evals.comparison.compare import Comparison, compare_runs
from evals.run import Run, run_suite
from knowledge.card import FactRef, Instrument
from knowledge.corpus import Corpus
from knowledge.errors import CardError
from knowledge.glossary import load_glossary
from knowledge.questions import Questions
from knowledge.search.embed import Embedder
from knowledge.search.index import IndexHome, ensure_index
from knowledge.search.segment import Segmenter

Side = Literal["before", "after"]
OnStep = Callable[[Side, Literal["embed", "cases"], int, int], None]
"""Receives the side, what is being counted, how much of it is done, and of how much."""


class Trial(NamedTuple):
    """What came of it."""

    before: Run
    after: Run
    comparison: Comparison
    seconds: Mapping[Side, float]
    """For each side: opening its index and answering its cases."""


def sides_of(
    corpus: Corpus, card: Instrument, asks: Mapping[FactRef, Questions], *, shipped: bool
) -> tuple[Corpus, Corpus]:
    """Return the corpus before and after a card.

    Args:
        corpus: of the corpus folder.
        card: the one to be tried.
        asks: its example questions; none = those that `corpus` has for it.
        shipped: whether `corpus` has this very file: then it is taken out for the side before.

    Raises:
        CardError: a route cites the card that would have to be taken out.
    """
    if not shipped:
        kept = {ref: asked for ref, asked in corpus.asks.items() if ref.card_id == card.id}
        return corpus, corpus.with_card(card, asks or kept)
    citing = [
        route.id
        for route in corpus.routes.values()
        if any(ref.card_id == card.id for ref in route.refs)
    ]
    if citing:
        raise CardError(
            f"{card.id}: seen the corpus's own file, cited by the route {', '.join(citing)}; without "
            "it there is no run to compare with. Change a copy in a folder of drafts and try that."
        )
    return corpus.without(card.id), corpus


def try_corpus(
    sides: tuple[Corpus, Corpus],
    cases: Sequence[Case],
    embedder: Embedder,
    *,
    suite: str,
    limit: int | None,
    today: dt.date,
    progress: OnStep,
) -> Trial:
    """Answer the cases from either corpus and compare.

    Facts are said as they stand; no language model takes part.
    """
    seconds: dict[Side, float] = {}

    def run(side: Side, corpus: Corpus, home: Path) -> Run:
        start = time.perf_counter()
        glossary = load_glossary()
        segmenter = Segmenter(glossary.user_words())
        index = ensure_index(
            IndexHome(home / "index"),
            corpus,
            embedder,
            segmenter,
            lambda step: (
                progress(side, "embed", step.done, step.total) if step.stage == "embed" else None
            ),
        )
        advisor = Advisor(corpus, index, embedder, glossary, Settings(home=home))
        try:
            made = run_suite(
                advisor,
                cases,
                suite=suite,
                limit=limit,
                today=today,
                progress=lambda done, total, _: progress(side, "cases", done, total),
            )
        finally:
            advisor.close()
        seconds[side] = time.perf_counter() - start
        return made

    with tempfile.TemporaryDirectory(prefix="hugang-trial-") as folder:
        before = run("before", sides[0], Path(folder) / "before")
        after = run("after", sides[1], Path(folder) / "after")
    return Trial(before, after, compare_runs(before, after), seconds)
