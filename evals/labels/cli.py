"""`hugang eval labels`: what people said of the answers of a run, taken along."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

labels_app = typer.Typer(no_args_is_help=True, help="What people said of the answers of a run.")


class Form(StrEnum):
    """A form in which labels are written."""

    CSV = "csv"
    JSONL = "jsonl"


@labels_app.command("export")
def export_command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")],
    form: Annotated[Form, typer.Option("--format", help="CSV or JSON Lines.")] = Form.JSONL,
    out: Annotated[Path | None, typer.Option(help="File to write; else stdout.")] = None,
    tenant: Annotated[str, typer.Option(help="Whose labels.")] = "local",
) -> None:
    """Write all whole labels of a run, of all its tasks; exit code 1 where it has none."""
    from bot.settings import Settings
    from bot.store.store import Store
    from evals.labels.label import labels_csv, labels_jsonl
    from evals.labels.task import exported

    with Store.of(Settings.load()) as opened:
        kept = opened.of_tenant(tenant).labels
        labels = [one for task in kept.tasks(run) for one in exported(task, kept.labels(task.id))]
    if not labels:
        typer.echo(
            f"run {run!r}: seen no labels of tenant {tenant}; expected some. Label answers at "
            "/evaluate, or check the id: hugang eval history",
            err=True,
        )
        raise typer.Exit(1)
    text = labels_csv(labels) if form is Form.CSV else labels_jsonl(labels)
    if out is None:
        typer.echo(text, nl=False)
        return
    # With a byte order mark: without, a spreadsheet takes Chinese for something else.
    mark = "\ufeff" if form is Form.CSV else ""
    out.write_bytes(f"{mark}{text}".encode())
    typer.echo(f"{len(labels)} labels: {out}", err=True)
