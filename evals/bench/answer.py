"""`hugang bench answer`: time whole answers and their stages, in process, without a network."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.question import Question
from evals.bench.baseline import baseline_ms
from evals.case import load_suite
from evals.errors import CaseError
from evals.provenance import git_revision, index_manifest, python_version
from evals.stats import percentiles
from evals.targets.target import Answering
from knowledge.card import Frozen

bench_app = typer.Typer(name="bench", help="Time the engine.", no_args_is_help=True)

WARM_UP = 5
"""Questions answered before the clock counts: they fill caches and load what is lazy."""


BASELINES = 7
"""Timings of the fixed workload at each pause: single ones vary by half on a busy machine."""


class StageTime(Frozen):
    """How long one stage took, over all questions and repeats."""

    stage: str
    """A key of the engine's `timings_ms`, or `wall clock`."""
    n: int
    p50_ms: float
    p95_ms: float
    mean_ms: float
    ratio: float
    """p50 over the time of the baseline in the same run: comparable between machines."""


class AnswerBench(Frozen):
    """The outcome of one benchmark."""

    suite: str
    questions: int
    repeats: int
    errored: int
    """Answers that failed; their times are left out."""
    baseline_ms: float
    """Median time of the fixed workload, measured before, between and after the repeats."""
    stages: tuple[StageTime, ...]
    """In the order of the engine, the wall clock last."""
    corpus: str
    writers: tuple[str, ...]
    index: dict[str, object] | None
    python: str
    revision: str | None
    started: dt.datetime


def bench_answers(
    advisor: Answering,
    questions: Sequence[Question],
    *,
    repeats: int,
    suite: str = "unnamed",
    baseline: Callable[[], float] = baseline_ms,
) -> AnswerBench:
    """Answer every question `repeats` times, one after the other, after a warm-up.

    Args:
        advisor: what answers.
        questions: what is asked.
        repeats: rounds over all questions, at least 1.
        suite: name of the questions, for the record.
        baseline: the fixed workload; returns its milliseconds.
    """
    started = dt.datetime.now(tz=dt.UTC).replace(microsecond=0)
    times: dict[str, list[float]] = {}
    writers: set[str] = set()
    errored = 0
    for question in questions[:WARM_UP]:
        _answer(advisor, question)
    baselines = [baseline() for _ in range(BASELINES)]
    for _ in range(repeats):
        for question in questions:
            timed = _answer(advisor, question)
            if timed is None:
                errored += 1
                continue
            stages, writer = timed
            writers.add(writer)
            for stage, value in stages.items():
                times.setdefault(stage, []).append(value)
        baselines += [baseline() for _ in range(BASELINES)]
    middle = statistics.median(baselines)
    manifest = index_manifest(advisor)
    return AnswerBench(
        suite=suite,
        questions=len(questions),
        repeats=repeats,
        errored=errored,
        baseline_ms=middle,
        stages=tuple(_stage(name, values, middle) for name, values in _in_order(times)),
        corpus=str(advisor.corpus.version),
        writers=tuple(sorted(writers)),
        index=dict(manifest) if manifest else None,
        python=python_version(),
        revision=git_revision(),
        started=started,
    )


@bench_app.callback()
def bench() -> None:
    """Time the engine."""


@bench_app.command("answer")
def answer_command(
    repeats: Annotated[int, typer.Option(min=1, help="Rounds over all questions.")] = 3,
    suite: Annotated[str, typer.Option(help="Suite whose questions are asked.")] = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Answer the questions of a suite in process and print times by stage."""
    try:
        cases = load_suite(suite)
    except CaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    from bot.advisor import Advisor

    today = dt.date.today()  # noqa: DTZ011 - rules hold on the reader's calendar day
    advisor = Advisor.open()
    try:
        outcome = bench_answers(
            advisor, [case.to_question(today) for case in cases], repeats=repeats, suite=suite
        )
    finally:
        advisor.close()
    if as_json:
        typer.echo(outcome.model_dump_json(indent=1))
    else:
        Console().print(_table(outcome))
    if outcome.errored:
        typer.echo(f"{outcome.errored} answers errored and are not timed", err=True)
    if not outcome.stages:
        raise typer.Exit(1)


def _answer(advisor: Answering, question: Question) -> tuple[dict[str, float], str] | None:
    """Return the times of one answer by stage, and its writer; None if it failed."""
    start = time.perf_counter()
    try:
        answer = advisor.answer(question)
    except Exception:  # noqa: BLE001 - counted and told; `hugang eval run` shows what it was
        return None
    wall = (time.perf_counter() - start) * 1000
    return {**answer.engine.timings_ms, "wall clock": wall}, answer.engine.writer


def _in_order(times: dict[str, list[float]]) -> list[tuple[str, list[float]]]:
    """Keep the order of first occurrence, totals last."""
    last = {"total": 1, "wall clock": 2}
    return sorted(times.items(), key=lambda item: last.get(item[0], 0))


def _stage(name: str, values: list[float], baseline: float) -> StageTime:
    spread = percentiles(values)
    return StageTime(
        stage=name,
        n=spread.n,
        p50_ms=spread.p50,
        p95_ms=spread.p95,
        mean_ms=spread.mean,
        ratio=spread.p50 / baseline,
    )


def _table(outcome: AnswerBench) -> Table:
    table = Table(
        title=f"{outcome.suite}: {outcome.questions} questions, {outcome.repeats} repeats",
        caption=f"baseline {outcome.baseline_ms:.1f} ms; ratio = p50 / baseline",
    )
    table.add_column("stage")
    for column in ("n", "p50 ms", "p95 ms", "mean ms", "ratio"):
        table.add_column(column, justify="right")
    for row in outcome.stages:
        table.add_row(
            row.stage,
            str(row.n),
            f"{row.p50_ms:.1f}",
            f"{row.p95_ms:.1f}",
            f"{row.mean_ms:.1f}",
            f"{row.ratio:.2f}",
        )
    return table
