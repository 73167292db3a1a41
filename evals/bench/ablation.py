"""`hugang bench ablation`: what each ranking and boost of the retrieval is worth, one by one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from bot.retrieval.evidence import Boosts
from evals.bench.answer import bench_app
from evals.case import Case, load_suite
from evals.run import run_suite
from evals.stats import mean
from knowledge.card import Frozen
from knowledge.search.fuse import Weights

if TYPE_CHECKING:
    from bot.advisor import Advisor

SHOWN = ("recall_at_10", "ndcg_at_10", "card_recall", "card_precision", "nugget_recall")


class Ablated(Frozen):
    """The figures of one suite without one ranking or boost."""

    without: str
    """Its name; empty for all in place."""
    means: dict[str, float]
    """By metric."""
    n: int
    """Cases scored for nugget recall."""


def ablate(
    advisor: Advisor, cases: tuple[Case, ...], *, suite: str, today: dt.date
) -> list[Ablated]:
    """Run a suite with everything and without each; the advisor is left as it was."""
    boosts, weights = advisor.boosts, advisor.weights
    rows = [_row("", advisor, cases, suite, today)]
    try:
        for name in Weights._fields:
            advisor.weights = weights._replace(**{name: 0.0})
            rows.append(_row(name, advisor, cases, suite, today))
        advisor.weights = weights
        for name in Boosts._fields:
            advisor.boosts = boosts._replace(**{name: 0.0})
            rows.append(_row(name, advisor, cases, suite, today))
    finally:
        advisor.boosts, advisor.weights = boosts, weights
    return rows


def _row(
    name: str, advisor: Advisor, cases: tuple[Case, ...], suite: str, today: dt.date
) -> Ablated:
    run = run_suite(advisor, cases, suite=suite, today=today)
    values = {
        metric: [v for r in run.results if (v := r.value(metric)) is not None] for metric in SHOWN
    }
    return Ablated(
        without=name,
        means={metric: mean(found) for metric, found in values.items()},
        n=len(values["nugget_recall"]),
    )


@bench_app.command("ablation")
def ablation_command(
    suite: Annotated[str, typer.Option(help="Suite of cases.")] = "dev",
) -> None:
    """Print a Markdown table: the suite's figures without each ranking and each boost."""
    from bot.advisor import Advisor

    advisor = Advisor.open()
    try:
        today = advisor.corpus.version.as_of
        rows = ablate(advisor, load_suite(suite), suite=suite, today=today)
    finally:
        advisor.close()
    typer.echo(f"| without | {' | '.join(SHOWN)} |")
    typer.echo(f"|---|{'--:|' * len(SHOWN)}")
    for row in rows:
        figures = " | ".join(f"{row.means[metric]:.3f}" for metric in SHOWN)
        typer.echo(f"| {row.without or 'nothing'} | {figures} |")
