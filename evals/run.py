"""One run: every case of a suite answered through `Advisor.answer` and scored."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from bot.answer import CheckedAnswer
from bot.language import Lang
from bot.question import Question
from evals.case import Case, CaseKind, suite_digest
from evals.provenance import git_revision, index_manifest, python_version
from evals.scorers import Score, Scorer, build_scorers
from knowledge.card import Frozen
from knowledge.corpus import Corpus


class Answering(Protocol):
    """What a run needs of `bot.advisor.Advisor`."""

    @property
    def corpus(self) -> Corpus:
        """The corpus that answers rest on."""

    def answer(self, question: Question) -> CheckedAnswer:
        """Answer a question."""


class RunSettings(Frozen):
    """What has to be known to read the figures of a run, or to repeat it."""

    run_id: str
    suite: str
    suite_digest: str
    """Over the whole suite, whatever part of it was run."""
    cases_in_suite: int
    cases_run: int
    exclusions: tuple[str, ...]
    """Each filter with the number of cases it left out."""
    started: dt.datetime
    today: dt.date
    """The day that cases without `as_of` were asked on."""
    seed: int
    """Starts the bootstrap of every interval."""
    corpus: str
    writers: tuple[str, ...]
    index: Mapping[str, Any] | None
    """What the index says of itself, the embedder among it; None if out of reach."""
    python: str
    revision: str | None


class CaseResult(Frozen):
    """One case with its answer and scores, or with the error that took their place."""

    case: Case
    answer: CheckedAnswer | None
    error: str | None
    scores: Mapping[str, Score]
    wall_ms: float
    """Milliseconds by the runner's clock."""

    def value(self, metric: str) -> float | None:
        """Return the value of a metric; None where it is unscored or the case errored."""
        score = self.scores.get(metric)
        return score.value if score else None


class Run(Frozen):
    """Settings and results, in the order of the suite."""

    settings: RunSettings
    results: tuple[CaseResult, ...]

    @property
    def answered(self) -> tuple[CaseResult, ...]:
        """The cases that got an answer, of whatever standing."""
        return tuple(result for result in self.results if result.answer is not None)

    @property
    def errored(self) -> tuple[CaseResult, ...]:
        """The cases on which the advisor raised; they count in no metric."""
        return tuple(result for result in self.results if result.answer is None)


OnCase = Callable[[int, int, CaseResult], None]
"""Receives the number of cases done, the number to do, and the result just made."""


def run_suite(
    advisor: Answering,
    cases: Sequence[Case],
    *,
    suite: str = "unnamed",
    limit: int | None = None,
    kinds: Collection[CaseKind] = (),
    langs: Collection[Lang] = (),
    seed: int = 0,
    today: dt.date | None = None,
    progress: OnCase | None = None,
) -> Run:
    """Answer and score cases, one after the other.

    A case on which the advisor raises is kept with the text of the exception, and takes part in
    no metric.

    Args:
        advisor: what answers; its own settings decide writer and index.
        cases: a whole suite.
        suite: its name, for the record.
        limit: most cases run, spread evenly over the suite; None = all.
        kinds: kinds to run; empty = all.
        langs: languages to run; empty = all.
        seed: starts the bootstrap of every interval.
        today: the day that cases without `as_of` are asked on; None = the clock.
        progress: told after every case.
    """
    day = today or dt.date.today()  # noqa: DTZ011 - rules hold on the reader's calendar day
    started = dt.datetime.now(tz=dt.UTC)
    chosen, exclusions = _choose(cases, limit, kinds, langs)
    scorers = build_scorers(advisor.corpus)
    results: list[CaseResult] = []
    for case in chosen:
        results.append(_run_case(advisor, case, scorers, day))
        if progress:
            progress(len(results), len(chosen), results[-1])
    digest = suite_digest(cases)
    settings = RunSettings(
        run_id=f"{suite}-{started:%Y%m%dT%H%M%S}-{digest[:6]}",
        suite=suite,
        suite_digest=digest,
        cases_in_suite=len(cases),
        cases_run=len(chosen),
        exclusions=exclusions,
        started=started.replace(microsecond=0),
        today=day,
        seed=seed,
        corpus=str(advisor.corpus.version),
        writers=tuple(sorted({r.answer.engine.writer for r in results if r.answer})),
        index=index_manifest(advisor),
        python=python_version(),
        revision=git_revision(),
    )
    return Run(settings=settings, results=tuple(results))


def _run_case(
    advisor: Answering, case: Case, scorers: Mapping[str, Scorer], today: dt.date
) -> CaseResult:
    answer: CheckedAnswer | None = None
    error: str | None = None
    start = time.perf_counter()
    try:
        answer = advisor.answer(case.to_question(today))
    except Exception as raised:  # noqa: BLE001 - whatever it is, the record of the run must hold it
        error = f"{type(raised).__name__}: {raised}"
    wall_ms = (time.perf_counter() - start) * 1000
    scores = {name: scorer(case, answer) for name, scorer in scorers.items()} if answer else {}
    return CaseResult(case=case, answer=answer, error=error, scores=scores, wall_ms=wall_ms)


def _choose(
    cases: Sequence[Case],
    limit: int | None,
    kinds: Collection[CaseKind],
    langs: Collection[Lang],
) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Return the cases to run, and for each filter how many it left out."""
    chosen = tuple(cases)
    exclusions: list[str] = []
    for name, wanted in (("kind", kinds), ("lang", langs)):
        if wanted:
            kept = tuple(case for case in chosen if getattr(case, name) in wanted)
            shown = ", ".join(sorted(wanted))
            exclusions.append(f"{name} other than {shown}: {len(chosen) - len(kept)} cases")
            chosen = kept
    if limit is not None and limit < len(chosen):
        exclusions.append(f"limit {limit}, spread evenly: {len(chosen) - limit} cases")
        chosen = tuple(_spread(chosen, limit))
    return chosen, tuple(exclusions)


def _spread(cases: Sequence[Case], limit: int) -> Iterator[Case]:
    """Take cases at even distances: suites are sorted by kind, so the first ones are all alike."""
    for place in range(limit):
        yield cases[place * len(cases) // limit]
