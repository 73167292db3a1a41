"""`hugang eval calibrate`: a run's scorers and judge held against people's labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.comparison.cli import RUNS, AsJson, find_run
from evals.errors import EvalError

if TYPE_CHECKING:
    from evals.labels.calibration import Calibrated, Calibration
    from evals.stats import Estimate


_AGREEMENT = ("grader", "asked", "n", "same", "kappa", "sensitivity", "specificity", "good")
_SHARES = ("grader", "asked", "by machine alone", "by people alone", "corrected", "weight")


def register(app: typer.Typer) -> None:
    """Put the command into `hugang eval`."""
    app.command("calibrate")(calibrate_command)


def calibrate_command(
    labels: Annotated[Path, typer.Argument(help="Exported labels, .jsonl or .csv.")],
    run: Annotated[str, typer.Option(help=RUNS)] = "latest",
    as_json: AsJson = False,
) -> None:
    """Tell how far scorers and judge say what people say, and the run's shares corrected by them."""
    from evals.judging.report import JudgeRecord
    from evals.labels.calibration import calibrate
    from evals.labels.label import read_labels

    folder = find_run(run)
    try:
        found = read_labels(labels)
        record = folder.record()
    except EvalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    judged = folder.path / "judge.json"
    judging = (
        JudgeRecord.model_validate_json(judged.read_text(encoding="utf-8")).judging
        if judged.is_file()
        else None
    )
    made = calibrate(found, record.run, judging)
    if as_json:
        typer.echo(made.model_dump_json(indent=2))
    else:
        for line in render_calibration(made):
            typer.echo(line)
    if not made.labelled:
        typer.echo(f"no label of {labels.name} is of an answer of {made.run_id}", err=True)
        raise typer.Exit(1)


def render_calibration(made: Calibration) -> Iterator[str]:
    """Print a calibration in Markdown."""
    from evals.markdown import table_lines

    yield f"# Calibration of {made.run_id}"
    yield ""
    yield (
        f"{made.labelled} answers labelled; {made.unsettled} left open by labellers who differ; "
        f"{made.unanswered} labels without an answer."
    )
    if made.people:
        yield from ("", "## People with each other", "")
        rows = (
            (name, str(found.same.n), _told(found.same), _told(found.kappa))
            for name, found in made.people.items()
        )
        yield from table_lines(("aspect", "pairs", "same verdict", "kappa"), rows)
    if made.graders:
        yield from ("", "## Machines with people", "")
        yield from table_lines(_AGREEMENT, map(_agreement_row, made.graders))
        yield from ("", "## Shares of the run", "")
        yield from table_lines(_SHARES, map(_share_row, made.graders))
        yield ""
        yield (
            "Intervals of 95 %. The corrected share holds for the whole run if the labelled answers "
            "are a random sample of it."
        )


def _agreement_row(one: Calibrated) -> tuple[str, ...]:
    found = one.matching
    return (
        one.grader,
        f"{one.question}?",
        str(found.agreement.same.n),
        _told(found.agreement.same),
        _told(found.agreement.kappa),
        _told(found.sensitivity),
        _told(found.specificity),
        "yes" if one.is_good else "no",
    )


def _share_row(one: Calibrated) -> tuple[str, ...]:
    found = one.corrected
    if found is None:
        return (one.grader, f"{one.question}?", *("too few labels",) * 3, "-")
    shares = (found.raw, found.human, found.corrected)
    return (one.grader, f"{one.question}?", *map(_told, shares), f"{found.weight:.2f}")


def _told(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate.mean:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
