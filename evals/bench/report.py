"""`hugang bench report`: how large a report gets, and how soon it can be read in a real browser.

Kept runs are repeated under other ids until there are as many cases as asked for, so that the
answers are real ones: as long, as often cited and as hostile as they come.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from evals.bench.answer import bench_app
from evals.bench.chromium import open_browser
from evals.comparison.cli import find_run
from evals.run import CaseResult, Run
from knowledge.card import Frozen

OPEN_S = 2.0
"""Longest time until a report of the size asked for can be used."""
MEGABYTES = 5.0
_TIMES = """() => {
  const [shown] = performance.getEntriesByType("navigation");
  return { parsed: shown.domInteractive, ready: performance.getEntriesByName("ready")[0].startTime };
}"""
_FILTERED = """() => {
  const began = performance.now();
  const box = document.querySelector("#filters [name=q]");
  box.value = "2026";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""
_OPENED = """async () => {
  const began = performance.now();
  const one = document.querySelector("#list details");
  one.open = true;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - began;
}"""


class ReportBench(Frozen):
    """The outcome; times are milliseconds in the browser, medians over the openings."""

    cases: int
    megabytes: float
    written_s: float
    """Working out the figures and writing the page."""
    openings: int
    parsed_ms: float
    """From opening the file until all of it is in the page."""
    ready_ms: float
    """Until the cases are listed and can be filtered."""
    slowest_ms: float
    filter_ms: float
    """First search, which reads all texts."""
    case_ms: float
    """Opening one case, until it is drawn."""

    @property
    def is_met(self) -> bool:
        """Whether it opens in time and stays small."""
        return self.slowest_ms <= OPEN_S * 1000 and self.megabytes < MEGABYTES


@bench_app.command("report")
def report(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Kept runs to take answers from; else the latest.")
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="Cases of the report.")] = 1_000,
    openings: Annotated[int, typer.Option(min=1, help="How often it is opened.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a report of many real answers and open it in Chromium.

    Exit code 1 when it takes more than 2 seconds or is 5 MB or larger.
    """
    records = [find_run(name).record().run for name in runs or ["latest"]]
    found = run_report_bench(repeated(records, cases), openings)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        typer.echo(
            f"{found.cases} cases: {found.megabytes:.2f} MB, written in {found.written_s:.1f} s"
        )
        typer.echo(
            f"opened {found.openings} times: in the page {found.parsed_ms:.0f} ms, "
            f"usable {found.ready_ms:.0f} ms (slowest {found.slowest_ms:.0f} ms)"
        )
        typer.echo(f"first search {found.filter_ms:.0f} ms, a case opened {found.case_ms:.0f} ms")
    if not found.is_met:
        raise typer.Exit(1)


def repeated(runs: Sequence[Run], count: int) -> Run:
    """Return a run of so many cases, taken from runs in turn, every one under an id of its own."""
    results = [result for run in runs for result in run.results]
    many = tuple(_copy(results[at % len(results)], at // len(results)) for at in range(count))
    settings = runs[0].settings.model_copy(
        update={"cases_run": count, "cases_in_suite": count, "exclusions": (), "chosen": ()}
    )
    return Run(settings=settings, results=many)


def run_report_bench(run: Run, openings: int) -> ReportBench:
    """Write the report of a run, and open it again and again, each time in a new browser window."""
    from evals.report import RunRecord, render_page, replace_file
    from evals.stats import percentiles
    from evals.summary import summarise

    with tempfile.TemporaryDirectory(prefix="hugang-report-") as folder:
        path = Path(folder) / "report.html"
        began = time.perf_counter()
        replace_file(path, render_page(RunRecord(summary=summarise(run), run=run)))
        written = time.perf_counter() - began
        with open_browser() as browser:
            seen = []
            for _ in range(openings):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                page = context.new_page()
                page.goto(path.as_uri())
                page.wait_for_selector("html[data-ready]")
                times = page.evaluate(_TIMES)
                times |= {"filter": page.evaluate(_FILTERED), "case": page.evaluate(_OPENED)}
                seen.append(times)
                context.close()
        spreads = {name: percentiles([times[name] for times in seen]) for name in seen[0]}
        return ReportBench(
            cases=len(run.results),
            megabytes=round(path.stat().st_size / 1e6, 3),
            written_s=round(written, 1),
            openings=openings,
            parsed_ms=round(spreads["parsed"].p50),
            ready_ms=round(spreads["ready"].p50),
            slowest_ms=round(max(times["ready"] for times in seen)),
            filter_ms=round(spreads["filter"].p50),
            case_ms=round(spreads["case"].p50),
        )


def _copy(result: CaseResult, time: int) -> CaseResult:
    if not time:
        return result
    case = result.case
    group = case.group and f"{case.group}-{time}"
    other = case.model_copy(update={"id": f"{case.id}-{time}", "group": group})
    return result.model_copy(update={"case": other})
