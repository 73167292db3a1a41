"""`hugang eval compare`, `gate`, `history` and `report`: what kept runs say, alone and side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar, get_args

import typer

from bot.language import Lang
from evals.errors import EvalError, RunNotFound, RunUnusable

if TYPE_CHECKING:
    from evals.archive import RunFolder
    from evals.comparison.compare import Comparison, MetricChange
    from evals.run import Run

P = ParamSpec("P")
T = TypeVar("T")

RUNS = (
    "Id of a kept run, its folder, or its run.json; `latest` and `previous` name the newest "
    "finished run and the one of its suite before it."
)
Common = Annotated[
    bool, typer.Option("--common", help="Compare the cases that both have, passing over others.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
ReportLang = Annotated[
    str, typer.Option(help="Language of the page: en, zh-Hans (or zh), zh-Hant.", metavar="LANG")
]
_KEYS = ("vital_recall", "standing_accuracy", "card_recall", "must_not_said", "latency_ms")
"""Columns of the history, where --metric names none."""
_NAMED = 8


def register(app: typer.Typer) -> None:
    """Put the commands into `hugang eval`."""
    app.command("compare")(compare_command)
    app.command("gate")(gate_command)
    app.command("history")(history_command)
    app.command("report")(report_command)


def compare_command(
    before: Annotated[str, typer.Argument(metavar="A", help=RUNS)],
    after: Annotated[str, typer.Argument(metavar="B", help="The same; A is what it is held to.")],
    common: Common = False,
    lang: ReportLang = "en",
    out: Annotated[
        Path | None, typer.Option(help="The page to write; else compare.html beside the run B.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold two runs of the same cases against each other; the targets may be different ones.

    Prints every metric with the paired difference and the cases that became right or wrong, and
    writes a page on which both answers stand side by side.
    """
    from evals.comparison.compare import compare_runs
    from evals.report import replace_file
    from evals.report.comparison_page import render_comparison

    reader = _language(lang)
    first, second = find_run(before), find_run(after)
    one, other = _told(first.record).run, _told(second.record).run
    made = _told(compare_runs, one, other, common=common)
    page = out or second.path / "compare.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    replace_file(page, render_comparison(made, one, other, lang=reader))
    if as_json:
        typer.echo(made.model_dump_json(indent=2))
        return
    for line in _comparison(made, one, other):
        typer.echo(line)
    typer.echo(f"page: {page}", err=True)


def gate_command(
    baseline: Annotated[str, typer.Option(help=RUNS)],
    run: Annotated[str, typer.Option(help="The run that is to pass.")] = "latest",
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", help="File of the rules.", show_default="evals/comparison/gate.yaml"
        ),
    ] = None,
    common: Common = False,
    as_json: AsJson = False,
) -> None:
    """Hold a run to declared tolerances beside a kept one.

    Exit code 0: every rule holds. 1: one does not. 2: the two cannot be compared.
    """
    from evals.comparison.compare import compare_runs
    from evals.comparison.gate import GATE, hold, outcome, read_gate

    gate = _told(read_gate, rules or GATE, code=2)
    one = _told(find_run(baseline, code=2).record, code=2).run
    other = _told(find_run(run, code=2).record, code=2).run
    findings = hold(gate, _told(compare_runs, one, other, common=common, code=2), other)
    if as_json:
        import json

        typer.echo(json.dumps([finding.model_dump() for finding in findings], indent=2))
    else:
        typer.echo(f"{other.settings.run_id} beside {one.settings.run_id}")
        for finding in findings:
            typer.echo(f"{finding.outcome:<9}{finding.metric:<24}{finding.rule:<24}{finding.told}")
    if _told(outcome, findings, code=2) == "fail":
        failed = sum(finding.outcome == "fail" for finding in findings)
        typer.echo(f"{failed} of {len(findings)} rules do not hold", err=True)
        raise typer.Exit(1)
    typer.echo(f"all {len(findings)} rules hold", err=True)


def history_command(
    suite: Annotated[str | None, typer.Option(help="Only runs of this suite.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="A metric to show; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the kept runs with their figures, and how each figure has gone over time."""
    from evals.archive import Archive
    from evals.comparison.history import list_figures
    from evals.scorers.registry import METRICS

    known = [item.name for item in METRICS]
    for name in metric or ():
        if name not in known:
            raise typer.BadParameter(
                f"{name!r} is not one of {', '.join(known)}", param_hint="--metric"
            )
    figures = list_figures(Archive.of_home().folder, suite)
    if as_json:
        typer.echo("[" + ",\n".join(one.model_dump_json() for one in figures) + "]")
        return
    if not figures:
        typer.echo("no finished run is kept", err=True)
        return
    from evals.comparison.history import sparkline
    from evals.report.plots import figure

    names = tuple(metric or _KEYS)
    wide = max(len(one.settings.run_id) for one in figures)
    for one in figures:
        settings = one.settings
        typer.echo(
            f"{settings.run_id:<{wide}}  {settings.started:%Y-%m-%d %H:%M}  "
            f"{settings.cases_run:>4} cases  {settings.target.name}"
        )
        told = (
            f"{name} {figure(one.headline[name].mean)}" for name in names if name in one.headline
        )
        typer.echo(f"  {', '.join(told)}")
    typer.echo("")
    for line in dict.fromkeys(one.line for one in figures):
        alike = [one for one in figures if one.line == line]
        suite_name, _, cases, target = line
        if len(alike) > 1:
            typer.echo(f"{suite_name}, {cases} cases, {target}: {len(alike)} runs")
        for name in names:
            values = [one.headline[name].mean for one in alike if name in one.headline]
            if len(values) > 1:
                typer.echo(
                    f"  {name:<24}{sparkline(values)}  {figure(values[0])} -> {figure(values[-1])}"
                )


def report_command(
    run: Annotated[str, typer.Argument(help=RUNS)] = "latest",
    lang: ReportLang = "en",
    out: Annotated[
        Path | None, typer.Option(help="The page to write; else report.html in the run's folder.")
    ] = None,
) -> None:
    """Write the report of a kept run as one HTML file that needs no network."""
    from evals.report import write_page

    reader = _language(lang)
    folder = find_run(run)
    _told(folder.record)
    typer.echo(f"page: {write_page(folder.path, reader, out)}")


def find_run(name: str, code: int = 1) -> RunFolder:
    """Return a run by id, folder or file, or by its place among the newest.

    Raises:
        typer.Exit: there is none; why is said.
    """
    from evals.archive import Archive, RunFolder

    path = Path(name)
    if path.name == "run.json" and path.is_file():
        return RunFolder(path.parent.resolve())
    if (path / "run.json").is_file():
        return RunFolder(path.resolve())
    archive = Archive.of_home()
    if name in ("latest", "previous"):
        return _told(_newest, archive.folders(), name, code=code)
    return _told(archive.get, name, code=code)


def _newest(folders: tuple[RunFolder, ...], name: str) -> RunFolder:
    finished = [folder for folder in folders if folder.is_finished]
    if not finished:
        raise RunNotFound(f"{name}: seen no finished run; expected one. Run: hugang eval run")
    latest, *others = finished
    if name == "latest":
        return latest
    suite = latest.settings.suite
    for folder in others:
        if folder.settings.suite == suite:
            return folder
    raise RunUnusable(
        f"previous: seen one finished run of {suite!r} only; expected an earlier one too. "
        "Name a run by its id: hugang eval history"
    )


def _told(do: Callable[P, T], *args: P.args, code: int = 1, **kwargs: P.kwargs) -> T:  # type: ignore[valid-type]
    """Do something, and turn what it finds wrong into a message and an exit code."""
    try:
        return do(*args, **kwargs)
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(code) from error


def _language(name: str) -> Lang:
    wanted = "zh-Hans" if name == "zh" else name
    for lang in get_args(Lang):
        if lang == wanted:
            return lang
    raise typer.BadParameter(f"{name!r} is not one of en, zh-Hans, zh-Hant", param_hint="--lang")


def _comparison(made: Comparison, one: Run, other: Run) -> Iterator[str]:
    yield f"A        {one.settings.run_id} ({one.settings.target.name}), {len(one.results)} cases"
    yield f"B        {other.settings.run_id} ({other.settings.target.name}), {len(other.results)} cases"
    yield f"cases    {made.cases} in both, {len(made.only_before)} only in A, {len(made.only_after)} only in B, {len(made.altered)} altered"
    yield f"changed  {len(made.changes)} answers"
    yield ""
    yield (
        f"{'score':<24}{'n':>5}{'A':>9}{'B':>9}{'B - A':>9}  {'95 % interval':<20}{'p Holm':>7}"
        f"{'lost':>6}{'won':>5}"
    )
    for change in made.metrics:
        yield _change(change)
    yield "* may not become worse; interval: paired bootstrap; p: random exchange, Holm over these"
    yield "lost: cases that were right in A and are wrong in B; won: the other way round"
    for way, title in (("lost", "became wrong"), ("gained", "became right")):
        cases: dict[str, list[str]] = {}
        for flip in made.flips:
            if flip.way == way:
                cases.setdefault(flip.case, []).append(flip.metric)
        yield ""
        yield f"{title}: {len(cases)} cases"
        for name, metrics in list(cases.items())[:_NAMED]:
            yield f"  {name}: {', '.join(metrics)}"
        if len(cases) > _NAMED:
            yield f"  and {len(cases) - _NAMED} more, on the page"
    for ids, what in (
        (made.errored, "answered in A, an error in B"),
        (made.recovered, "an error in A, answered in B"),
    ):
        if ids:
            yield f"{what}: {', '.join(ids)}"


def _change(change: MetricChange) -> str:
    digits = 3 if max(abs(change.before), abs(change.after)) < 10 else 1
    found = change.difference
    span = (
        f"[{found.low:+.{digits}f}, {found.high:+.{digits}f}]" if change.moved else "no case moved"
    )
    p = "" if change.p_holm is None else f"{change.p_holm:.3f}"
    mark = {"better": "+", "worse": "!", "open": " "}[change.verdict]
    return (
        f"{change.name + (' *' if change.counting else ''):<24}{change.n:>5}"
        f"{change.before:>9.{digits}f}{change.after:>9.{digits}f}{found.mean:>+9.{digits}f}{mark} "
        f"{span:<20}{p:>7}{change.count('lost'):>6}{change.count('gained'):>5}"
    )
