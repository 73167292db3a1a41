"""One run: every case of a suite put to a target, its answers scored."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, NamedTuple

from bot.answer import CheckedAnswer
from bot.language import Lang
from evals.case import Case, CaseKind, suite_digest, suite_title
from evals.errors import RunUnusable, TargetError
from evals.provenance import git_revision, python_version
from evals.scorers import Score, Scorer, build_scorers, metric
from evals.targets.fair import unscored
from evals.targets.target import Answering, Engine, Target, TargetRecord
from knowledge.card import Frozen


class RunSettings(Frozen):
    """What has to be known to read the figures of a run, or to repeat it."""

    run_id: str
    """Safe as the name of a folder, and of this run alone."""
    suite: str
    suite_digest: str
    """Over the whole suite, whatever part of it was run."""
    cases_in_suite: int
    cases_run: int
    exclusions: tuple[str, ...]
    """Each filter with the number of cases it left out."""
    chosen: tuple[str, ...] = ()
    """Ids of the cases run, in the order of the suite; empty in runs of before it was kept."""
    started: dt.datetime
    today: dt.date
    """The day that cases without `as_of` were asked on."""
    seed: int
    """Starts the bootstrap of every interval."""
    corpus: str
    """Version of the corpus answered from."""
    scored_by: str | None = None
    """Version of the corpus that answers were scored by, where that is another."""
    writers: tuple[str, ...]
    """Of the answers; none while the run is under way."""
    index: Mapping[str, Any] | None
    """What the index says of itself, the embedder among it; None if out of reach."""
    python: str
    revision: str | None
    target: TargetRecord = TargetRecord()
    prompts: Mapping[str, str] = {}
    """Version of each prompt that a model was given, by name; empty where none was."""
    judge: str | None = None
    """Model that grades the answers too; its grades enter no score."""
    touched_by: str | None = None
    """The change of the corpus that the cases were chosen for."""


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
        """The cases on which the target raised; they count in no metric."""
        return tuple(result for result in self.results if result.answer is None)


OnCase = Callable[[int, int, CaseResult], None]
"""Receives the number of cases done, the number to do, and the result just made."""
OnResult = Callable[[CaseResult], None]
"""Keeps a result as soon as it is made."""


class Plan(NamedTuple):
    """What a run will do: its settings, and the cases to answer."""

    settings: RunSettings
    cases: tuple[Case, ...]


def plan_run(
    target: Target,
    cases: Sequence[Case],
    *,
    suite: str = "unnamed",
    limit: int | None = None,
    kinds: Collection[CaseKind] = (),
    langs: Collection[Lang] = (),
    ids: Collection[str] | None = None,
    touched_by: str | None = None,
    seed: int = 0,
    today: dt.date | None = None,
    judge: str | None = None,
) -> Plan:
    """Choose the cases of a run and set down everything that decides its figures.

    Args:
        target: what will answer.
        cases: a whole suite.
        suite: its name, for the record.
        limit: most cases run, spread evenly over the suite; None = all.
        kinds: kinds to run; empty = all.
        langs: languages to run; empty = all.
        ids: cases to run; None = all.
        touched_by: name of the change of the corpus that `ids` were chosen for.
        seed: starts the bootstrap of every interval.
        today: the day that cases without `as_of` are asked on; None = the clock.
        judge: name of the model that will grade the answers too.

    Raises:
        TargetError: the target cannot be asked on that day.
    """
    started = dt.datetime.now(tz=dt.UTC)
    today = today or _today()
    _check_day(target, today)
    chosen, exclusions = _choose(cases, limit, kinds, langs, ids)
    digest = suite_digest(cases)
    settings = RunSettings(
        run_id=_new_id(suite, started, digest),
        suite=suite,
        suite_digest=digest,
        cases_in_suite=len(cases),
        cases_run=len(chosen),
        exclusions=exclusions,
        chosen=tuple(case.id for case in chosen),
        started=started,
        today=today,
        seed=seed,
        corpus=target.corpus_version,
        scored_by=_scored_by(target),
        writers=(),
        index=target.index,
        python=python_version(),
        revision=git_revision(),
        target=target.record,
        prompts=dict(target.prompts),
        judge=judge,
        touched_by=touched_by,
    )
    return Plan(settings, chosen)


def resumed(begun: RunSettings, target: Target, cases: Sequence[Case]) -> Plan:
    """Return the plan of a run that was broken off, to go on with it as it was begun.

    Raises:
        RunUnusable: the suite, the corpus, the prompts or the target are no longer the same.
        TargetError: the target cannot be asked on the day of the run.
    """
    _check_day(target, begun.today)
    changed = [
        f"{name}: begun with {was}, seen {now}"
        for name, was, now in (
            ("suite", begun.suite_digest, suite_digest(cases)),
            ("corpus", begun.corpus, target.corpus_version),
            ("scored by", begun.scored_by, _scored_by(target)),
            ("target", begun.target, target.record),
            ("prompts", dict(begun.prompts), dict(target.prompts)),
        )
        if was != now
    ]
    if changed:
        raise RunUnusable(
            f"{begun.run_id}: cannot go on, for its answers would not be of one kind. "
            f"{'; '.join(changed)}. Put back what changed, or start a new run."
        )
    by_id = {case.id: case for case in cases}
    return Plan(begun, tuple(by_id[case] for case in begun.chosen))


def _check_day(target: Target, day: dt.date) -> None:
    if target.record.kind == "hugang" and day != _today():
        raise TargetError(
            f"{target.record.name}: seen {day} as the day to ask on; expected {_today()}, for a "
            "running server knows only its own day. Leave --today out, or start a new run."
        )


def _today() -> dt.date:
    return dt.date.today()  # noqa: DTZ011 - rules hold on the reader's calendar day


def _scored_by(target: Target) -> str | None:
    version = str(target.corpus.version)
    return None if version == target.corpus_version else version


def carry_out(
    plan: Plan,
    target: Target,
    *,
    done: Sequence[CaseResult] = (),
    keep: OnResult | None = None,
    progress: OnCase | None = None,
    concurrency: int = 1,
    stop: threading.Event | None = None,
) -> Run:
    """Answer and score the cases of a plan.

    A case on which the target raises is kept with the text of the exception, and takes part in
    no metric.

    Args:
        plan: what to do.
        target: what answers.
        done: results of these cases from before; they are not answered again.
        keep: given every new result as soon as it is there, one at a time.
        progress: told after every new case.
        concurrency: cases answered at once.
        stop: once set, no further case is begun; the run is of those that were answered.
    """
    found = {result.case.id: result for result in done}
    left = [case for case in plan.cases if case.id not in found]
    scorers = build_scorers(target.corpus)
    for result in _answered(left, target, scorers, plan.settings.today, concurrency, stop):
        found[result.case.id] = result
        if keep:
            keep(result)
        if progress:
            progress(len(found), len(plan.cases), result)
    results = tuple(found[case.id] for case in plan.cases if case.id in found)
    writers = sorted({r.answer.engine.writer for r in results if r.answer})
    # The record again: what an endpoint would not take is known only now.
    settings = plan.settings.model_copy(update={"writers": tuple(writers), "target": target.record})
    return Run(settings=settings, results=results)


def run_suite(
    target: Target | Answering,
    cases: Sequence[Case],
    *,
    progress: OnCase | None = None,
    concurrency: int = 1,
    **choice: Any,
) -> Run:
    """Answer and score cases, keeping nothing: `plan_run` and `carry_out` in one.

    Args:
        target: what answers; an advisor is one too.
        cases: a whole suite.
        progress: told after every case.
        concurrency: cases answered at once.
        choice: what `plan_run` takes.
    """
    target = as_target(target)
    plan = plan_run(target, cases, **choice)
    return carry_out(plan, target, progress=progress, concurrency=concurrency)


def as_target(answering: Target | Answering) -> Target:
    """Return a target as it is, and an advisor as the engine of this process."""
    return answering if isinstance(answering, Target) else Engine(answering)


def _answered(
    cases: Sequence[Case],
    target: Target,
    scorers: Mapping[str, Scorer],
    today: dt.date,
    concurrency: int,
    stop: threading.Event | None,
) -> Iterator[CaseResult]:
    """Yield results as they are made; with several at once, not in the order of the cases."""

    def run(case: Case) -> CaseResult | None:
        return None if stop and stop.is_set() else _run_case(target, case, scorers, today)

    if concurrency == 1:
        made: Iterator[CaseResult | None] = map(run, cases)
        yield from (result for result in made if result)
        return
    with ThreadPoolExecutor(concurrency, thread_name_prefix="case") as pool:
        running = [pool.submit(run, case) for case in cases]
        try:
            for future in as_completed(running):
                if result := future.result():
                    yield result
        finally:
            for future in running:
                future.cancel()


def _run_case(
    target: Target, case: Case, scorers: Mapping[str, Scorer], today: dt.date
) -> CaseResult:
    answer: CheckedAnswer | None = None
    error: str | None = None
    start = time.perf_counter()
    try:
        answer = target.answer(case.to_question(today))
    except Exception as raised:  # noqa: BLE001 - whatever it is, the record of the run must hold it
        error = f"{type(raised).__name__}: {raised}"
    wall_ms = (time.perf_counter() - start) * 1000
    scores: dict[str, Score] = {}
    if answer:
        record = target.record
        for name, scorer in scorers.items():
            why = unscored(record, case, metric(name))
            scores[name] = Score.unscored(why) if why else scorer(case, answer)
    return CaseResult(case=case, answer=answer, error=error, scores=scores, wall_ms=wall_ms)


def _choose(
    cases: Sequence[Case],
    limit: int | None,
    kinds: Collection[CaseKind],
    langs: Collection[Lang],
    ids: Collection[str] | None,
) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Return the cases to run, and for each filter how many it left out."""
    chosen = tuple(cases)
    exclusions: list[str] = []
    if ids is not None:
        kept = tuple(case for case in chosen if case.id in ids)
        exclusions.append(f"cases that were not asked for: {len(chosen) - len(kept)} cases")
        chosen = kept
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


def _new_id(suite: str, started: dt.datetime, digest: str) -> str:
    """Return an id that no other run has, begun in the same second or not."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", suite_title(suite)).strip("-")[:40] or "unnamed"
    return f"{name}-{started:%Y%m%dT%H%M%S}-{digest[:6]}-{secrets.token_hex(2)}"
