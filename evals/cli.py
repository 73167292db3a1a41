"""`hugang eval`: run a suite and print its figures; check the cases of a suite."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.language import Lang
from evals.case import Case, CaseKind, load_suite
from evals.check import check_cases
from evals.errors import CaseError
from evals.report import headline_rows, write_report
from evals.run import Answering, CaseResult, Run, run_suite
from evals.summary import Summary, summarise

eval_app = typer.Typer(
    name="eval", help="Measure answer quality on a suite of cases.", no_args_is_help=True
)

Suite = Annotated[str, typer.Option(help="Suite: a file of evals/cases, without .jsonl.")]


@eval_app.command("run")
def run_command(
    suite: Suite = "dev",
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
        Path | None, typer.Option(help="Folder of the report; else one in Hugang's home.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap intervals.")] = 0,
    today: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day to ask on; else the present day."),
    ] = None,
) -> None:
    """Answer every case, score the answers, print the headline table, write the report."""
    kinds = _among(kind, get_args(CaseKind), "--kind")
    langs = _among(lang, get_args(Lang), "--lang")
    cases = _cases(suite)
    from bot.advisor import Advisor

    advisor = Advisor.open()
    try:
        run = _run_with_bar(
            advisor,
            cases,
            suite=suite,
            limit=limit,
            kinds=kinds,
            langs=langs,
            seed=seed,
            today=today.date() if today else None,
        )
    finally:
        advisor.close()
    _print_headline(run, summarise(run))
    typer.echo(f"report: {write_report(run, out)}", err=True)
    if run.errored:
        typer.echo(f"{len(run.errored)} of {len(run.results)} cases errored", err=True)
    if not run.answered:
        raise typer.Exit(1)


@eval_app.command("check")
def check_command(suite: Suite = "dev") -> None:
    """Check the cases of a suite, and that the cards and routes they name exist."""
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
    try:
        return load_suite(suite)
    except CaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _among(values: list[str] | None, known: tuple[str, ...], option: str) -> tuple:
    for value in values or ():
        if value not in known:
            raise typer.BadParameter(
                f"{value!r} is not one of {', '.join(known)}", param_hint=option
            )
    return tuple(values or ())


def _run_with_bar(advisor: Answering, cases: tuple[Case, ...], **options: object) -> Run:
    """Run with a bar on stderr, where it does not mix with the figures."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("cases", total=len(cases))

        def told(done: int, total: int, result: CaseResult) -> None:
            bar.update(task, completed=done, total=total, description=result.case.id)

        return run_suite(advisor, cases, progress=told, **options)  # type: ignore[arg-type]


def _print_headline(run: Run, summary: Summary) -> None:
    table = Table(
        title=f"{run.settings.run_id}: {len(run.answered)} of {len(run.results)} answered"
    )
    table.add_column("metric")
    for column in ("n", "mean", "95 % interval"):
        table.add_column(column, justify="right")
    for row in headline_rows(summary):
        table.add_row(*row)
    latency = summary.stages_ms.get("total")
    if latency:
        table.caption = f"latency p50 {latency.p50:.0f} ms, p95 {latency.p95:.0f} ms"
    Console().print(table)
