"""`hugang eval`: run a suite and print its figures; check the cases of a suite."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.errors import SettingsError
from bot.language import Lang
from evals.archive import Archive, RunFolder
from evals.case import Case, CaseKind, load_suite
from evals.change.impact import touching
from evals.check import check_cases
from evals.comparison import cli as comparison_cli
from evals.errors import EvalError
from evals.judging.judge import Judge, JudgedCase, judge_run
from evals.judging.report import (
    JudgeRecord,
    JudgeSummary,
    grade_rows,
    summarise_judging,
    write_judging,
)
from evals.labels import calibration_cli
from evals.labels.cli import labels_app
from evals.report import headline_rows, write_page
from evals.run import CaseResult, Plan, Run, carry_out, plan_run, resumed
from evals.suites import cli as suites_cli
from evals.suites.cli import check_draft_file
from evals.summary import Summary, summarise
from evals.targets import Target
from evals.targets.choice import TIMEOUT_S, opened, read_key, record_of

P = ParamSpec("P")
T = TypeVar("T")

eval_app = typer.Typer(
    name="eval", help="Measure answer quality on a suite of cases.", no_args_is_help=True
)

Suite = Annotated[
    str, typer.Option(help="Suite: a file of evals/cases without .jsonl, or the path of a file.")
]


@eval_app.command("run")
def run_command(
    suite: Suite = "dev",
    target: Annotated[
        str,
        typer.Option(
            metavar="TARGET",
            help="`engine` (this process), `endpoint`, or URL of a running Hugang.",
        ),
    ] = "engine",
    base_url: Annotated[
        str | None, typer.Option(help="Endpoint: its address, up to and with /v1.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Endpoint: the model, as the endpoint calls it.")
    ] = None,
    with_retrieval: Annotated[
        bool, typer.Option("--with-retrieval", help="Endpoint: show the model our evidence.")
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="What reports call the target; else model or host.")
    ] = None,
    key_env: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Environment variable with the target's key."),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="File with the target's key and nothing else.")
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=64, help="Cases put to the target at once.")
    ] = 1,
    timeout: Annotated[
        float, typer.Option(min=1, help="Server, endpoint: seconds for one attempt.")
    ] = TIMEOUT_S,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Endpoint: most tokens of an answer.")
    ] = None,
    price_in: Annotated[
        float | None, typer.Option(min=0, help="Endpoint: price of a million tokens sent.")
    ] = None,
    price_out: Annotated[
        float | None, typer.Option(min=0, help="Endpoint: price of a million tokens received.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind of case; may be repeated.")
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option(help="Only this language; may be repeated.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many cases, spread over the suite.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to put a copy of the finished run into.")
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN_ID", help="Go on with a run that was broken off, as it was begun."
        ),
    ] = None,
    touched_by: Annotated[
        Path | None,
        typer.Option(
            metavar="DIFF.json",
            help="Only the cases that a change of the corpus touches: what hugang corpus diff --json "
            "wrote.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap; sent to an endpoint too.")] = 0,
    today: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day to ask on; else the present day."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Have this model grade the answers too, at the endpoint of OPENAI_BASE_URL and "
            "OPENAI_API_KEY. Questions, answers and cited facts are sent there.",
        ),
    ] = None,
) -> None:
    """Answer every case, score the answers, print the headline table, write the report.

    The target is this process; or a running Hugang by its address; or `endpoint`, any
    OpenAI-compatible one: --target endpoint --base-url http://127.0.0.1:9000/v1 --model NAME.
    The run is kept case by case in Hugang's home: --resume goes on with one that was broken off.
    """
    archive = Archive.of_home()
    begun = _told(archive.get, resume).settings if resume else None
    record = (
        begun.target
        if begun
        else _told(
            record_of,
            target,
            base_url=base_url,
            model=model,
            with_retrieval=with_retrieval,
            name=name,
            model_seed=seed,
            max_tokens=max_tokens,
            price_in=price_in,
            price_out=price_out,
        )
    )
    key = _told(read_key, key_env, key_file)
    kinds = _among(kind, get_args(CaseKind), "--kind")
    langs = _among(lang, get_args(Lang), "--lang")
    cases = _cases(begun.suite if begun else suite)
    judge = begun.judge if begun else judge
    touched = _told(touching, touched_by, archive, cases) if touched_by else None
    if touched and not touched.cases:
        typer.echo(f"no case of {suite} is touched by {touched.change}", err=True)
        return
    judging = None if judge is None else _open_judge(judge)
    try:
        with opened(record, key=key, timeout_s=timeout) as at:
            if begun:
                folder, plan = archive.get(begun.run_id), resumed(begun, at, cases)
            else:
                plan = plan_run(
                    at,
                    cases,
                    suite=suite,
                    limit=limit,
                    kinds=kinds,
                    langs=langs,
                    ids=touched.cases if touched else None,
                    touched_by=touched.change if touched else None,
                    seed=seed,
                    today=today.date() if today else None,
                    judge=judge,
                )
                folder = archive.start(plan)
            run = _run_with_bar(folder, plan, at, concurrency)
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    _print_headline(run, summarise(run))
    report = folder.finish(run)
    typer.echo(f"report: {report}", err=True)
    if judging:
        _judge_with_bar(run, judging, report.parent)
        write_page(report.parent)  # once more, with what the judge said
    typer.echo(f"page: {report.with_suffix('.html')}", err=True)
    if out:
        shutil.copytree(folder.path, out, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
        typer.echo(f"copy: {out}", err=True)
    if run.errored:
        typer.echo(f"{len(run.errored)} of {len(run.results)} cases errored", err=True)
    if not run.answered:
        raise typer.Exit(1)


@eval_app.command("check")
def check_command(
    path: Annotated[
        Path | None, typer.Argument(help="File of cases, or of drafts (.draft.jsonl).")
    ] = None,
    suite: Suite = "dev",
) -> None:
    """Check the cases of a suite, and that the cards and routes they name exist."""
    if path is not None and path.name.endswith(".draft.jsonl"):
        check_draft_file(path)
        return
    suite = str(path) if path is not None else suite
    from knowledge.load import load_corpus

    cases = _cases(suite)
    findings = check_cases(cases, load_corpus())
    for finding in findings:
        typer.echo(str(finding))
    errors = sum(finding.severity == "error" for finding in findings)
    typer.echo(
        f"{suite}: {len(cases)} cases, {errors} errors, {len(findings) - errors} warnings", err=True
    )
    if errors:
        raise typer.Exit(1)


def _cases(suite: str) -> tuple[Case, ...]:
    return _told(load_suite, suite)


def _among(values: list[str] | None, known: tuple[str, ...], option: str) -> tuple:
    for value in values or ():
        if value not in known:
            raise typer.BadParameter(
                f"{value!r} is not one of {', '.join(known)}", param_hint=option
            )
    return tuple(values or ())


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))


def _told(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something of evaluation; tell what is wrong on stderr and leave with 1."""
    try:
        return do(*args, **kwargs)
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _run_with_bar(folder: RunFolder, plan: Plan, target: Target, concurrency: int) -> Run:
    """Run with a bar on stderr, where it does not mix with the figures."""
    typer.echo(
        f"run {folder.run_id}: broken off, it goes on with --resume {folder.run_id}", err=True
    )
    with folder.writing() as keep, _bar() as bar:
        done = folder.results()
        task = bar.add_task("cases", total=len(plan.cases), completed=len(done))

        def told(done: int, total: int, result: CaseResult) -> None:
            bar.update(task, completed=done, total=total, description=result.case.id)

        return carry_out(plan, target, done=done, keep=keep, progress=told, concurrency=concurrency)


def _open_judge(name: str) -> Judge:
    """Open the judge's model, before any case is answered for it."""
    from bot.providers.guarded import Guard
    from bot.providers.open_model import open_model
    from bot.settings import Settings

    # It must not rest: the cases that come up meanwhile would not be judged.
    guard = Guard(failures=sys.maxsize)
    try:
        model = open_model(Settings.load().model_copy(update={"model": name}), guard)
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--judge") from error
    if model is None:
        raise typer.BadParameter("seen no name; expected that of a model", param_hint="--judge")
    return Judge(model)


def _judge_with_bar(run: Run, judge: Judge, folder: Path) -> None:
    """Grade a run whose report is written already, so that no fault of a model can lose it."""
    with _bar() as bar:
        task = bar.add_task("judge", total=len(run.results))

        def told(done: int, total: int, case: JudgedCase) -> None:
            bar.update(task, completed=done, description=f"judge {case.id}")

        judging = judge_run(run, judge, told)
    record = JudgeRecord(summary=summarise_judging(judging, run), judging=judging)
    _print_grades(judging.model, record.summary)
    typer.echo(f"judge: {write_judging(record, folder)}", err=True)


def _print_grades(model: str, summary: JudgeSummary) -> None:
    table = _figures(f"{model}: {summary.judged} judged")
    for row in grade_rows(summary):
        table.add_row(*row)
    if summary.not_judged:
        reasons = (f"{reason} {count}" for reason, count in summary.not_judged.items())
        table.caption = f"not judged, in no figure: {', '.join(reasons)}"
    Console().print(table)


def _print_headline(run: Run, summary: Summary) -> None:
    table = _figures(f"{run.settings.run_id}: {len(run.answered)} of {len(run.results)} answered")
    for row in headline_rows(summary):
        table.add_row(*row)
    latency = summary.stages_ms.get("total")
    if latency:
        table.caption = f"latency p50 {latency.p50:.0f} ms, p95 {latency.p95:.0f} ms"
    Console().print(table)


def _figures(title: str) -> Table:
    table = Table(title=title)
    table.add_column("metric")
    for column in ("n", "mean", "95 % interval"):
        table.add_column(column, justify="right")
    return table


for commands in (comparison_cli, calibration_cli, suites_cli):
    commands.register(eval_app)
eval_app.add_typer(labels_app, name="labels")
