"""`hugang corpus try`: what a card does to the answers, before it joins the corpus."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from evals.case import load_suite
from evals.comparison.compare import ASPECTS, CaseChange, Comparison, MetricChange
from evals.errors import CaseError
from knowledge.card import FactRef, Frozen
from knowledge.errors import CardError, KnowledgeError
from knowledge.load import CORPUS_DIR
from knowledge.progress_bar import progress_bars

if TYPE_CHECKING:
    from evals.change.trial import Trial

_SHOWN_LINES = 6
_NAMED = 5
_LONGEST = 120


class Tried(NamedTuple):
    """The card that was tried."""

    id: str
    how: str
    """`new`, `revised`, `in the corpus`."""
    facts: int
    questions: int
    """Facts with example questions."""


class TrialRecord(Frozen):
    """What `--json` prints."""

    card: Tried
    suite: str
    comparison: Comparison
    fallen: tuple[str, ...]
    citing: tuple[str, ...]
    """Cases whose answer cites the card."""
    seconds: dict[str, float]


def try_card(
    card: Annotated[
        Path,
        typer.Argument(
            help="File of a card: a draft, a changed copy, or one of the corpus.",
            exists=True,
            dir_okay=False,
        ),
    ],
    suite: Annotated[
        str, typer.Option(help="Suite: a file of evals/cases, without .jsonl.")
    ] = "dev",
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many cases, spread over the suite.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Changed answers to print.")] = 10,
    folder: Annotated[
        Path, typer.Option(help="Corpus folder.", file_okay=False, show_default="the shipped one")
    ] = CORPUS_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Answer the cases without a card and with it, and tell what changes.

    Exit code 1 when a score that counts falls, or when the card has errors. Every case is answered
    twice. The corpus, its vectors and your data folder stay as they are.
    """
    try:
        tried, trial = _tried(card, suite, limit, folder)
    except (KnowledgeError, CaseError, OSError) as error:
        typer.echo(f"hugang corpus: {error}", err=True)
        raise typer.Exit(1) from error
    made = trial.comparison
    citing = tuple(
        result.case.id
        for result in trial.after.results
        if result.answer and any(c.ref.card_id == tried.id for c in result.answer.citations)
    )
    if as_json:
        record = TrialRecord(
            card=tried,
            suite=suite,
            comparison=made,
            fallen=tuple(metric.name for metric in made.fallen),
            citing=citing,
            seconds={side: round(taken, 1) for side, taken in trial.seconds.items()},
        )
        typer.echo(record.model_dump_json(indent=2))
    else:
        for line in _report(tried, trial, citing, suite, show):
            typer.echo(line)
    if made.is_worse:
        raise typer.Exit(1)


def _tried(path: Path, suite: str, limit: int | None, folder: Path) -> tuple[Tried, Trial]:
    from evals.change.trial import sides_of, try_corpus
    from knowledge.checking.check import check_drafts
    from knowledge.load import load_corpus, read_draft
    from knowledge.search.embed import open_embedder

    cases = load_suite(suite)
    shipped = path.resolve().is_relative_to(folder.resolve())
    errors = [p for p in check_drafts(folder, [path]) if p.severity == "error"]
    if errors:
        raise CardError(
            f"{path}: {len(errors)} errors, the first of them: {errors[0]} All of them: "
            f"hugang corpus check {path}"
        )
    corpus = load_corpus(folder)
    card, asks = read_draft(path)
    how = "in the corpus" if shipped else "revised" if card.id in corpus.instruments else "new"
    sides = sides_of(corpus, card, asks, shipped=shipped)
    count = min(limit or len(cases), len(cases))
    typer.echo(
        f"{count} cases are answered twice; this takes minutes for a whole suite (--limit 30: "
        "a first look).",
        err=True,
    )
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with progress_bars(*columns) as bars:
        trial = try_corpus(
            sides,
            cases,
            open_embedder(),
            suite=suite,
            limit=limit,
            today=dt.date.today(),  # noqa: DTZ011 - rules hold on the reader's calendar day
            progress=lambda side, what, done, total: bars(f"{side}: {what}", done, total),
        )
    return Tried(card.id, how, len(card.facts), len(asks)), trial


def _report(
    tried: Tried, trial: Trial, citing: tuple[str, ...], suite: str, show: int
) -> Iterator[str]:
    made = trial.comparison
    settings = trial.after.settings
    yield (
        f"card     {tried.id} ({tried.how}): {tried.facts} facts, "
        f"{tried.questions} of them with example questions"
    )
    yield (
        f"cases    {made.cases} of {settings.cases_in_suite} of {suite}, asked on {settings.today}"
    )
    counts = ", ".join(f"{aspect} {made.count(aspect)}" for aspect in ASPECTS)
    yield f"changed  {len(made.changes)} answers ({counts})"
    yield f"cited    {len(citing)} answers cite the card{': ' if citing else ''}{_named(citing)}"
    for change in made.changes[:show]:
        yield ""
        yield from _change(change)
    if len(made.changes) > show:
        yield f"\n… and {len(made.changes) - show} more: --show {len(made.changes)}, or --json"
    yield ""
    yield f"{'score':<24}{'cases':>6}{'before':>9}{'after':>9}{'up':>5}{'down':>6}"
    for metric in made.metrics:
        if metric.name != "latency_ms":
            yield _metric(metric)
    yield "* may not become worse"
    yield ""
    for metric in made.fallen:
        yield f"fell     {metric.name} {metric.before:.3f} -> {metric.after:.3f}: {_moved(metric)}"
    if made.errored:
        yield f"errors   answered before, not after: {_named(made.errored)}"
    if not made.is_worse:
        yield "ok       no score that counts fell"
    seconds = ", ".join(f"{side} {taken:.0f} s" for side, taken in trial.seconds.items())
    yield f"took     {sum(trial.seconds.values()):.0f} s: {seconds}"


def _change(change: CaseChange) -> Iterator[str]:
    yield f"{change.id} · {change.kind} · {change.lang} · {_short(change.question)}"
    for name in ("standing", "route"):
        if name in change.changed:
            before, after = getattr(change, name)
            yield f"  {name}: {before or 'none'} -> {after or 'none'}"
    if change.lost or change.gained:
        yield f"  citations: {' '.join([*_signed('+', change.gained), *_signed('-', change.lost)])}"
    for line in change.text[:_SHOWN_LINES]:
        yield f"  {_short(line)}"
    if len(change.text) > _SHOWN_LINES:
        yield f"  … {len(change.text) - _SHOWN_LINES} more lines"


def _signed(sign: str, refs: tuple[FactRef, ...]) -> Iterator[str]:
    return (f"{sign}{ref}" for ref in refs)


def _metric(metric: MetricChange) -> str:
    up = sum(value.after > value.before for value in metric.moved)
    digits = 3 if abs(metric.before) < 10 else 1
    return (
        f"{metric.name + (' *' if metric.counting else ''):<24}{metric.n:>6}"
        f"{metric.before:>9.{digits}f}{metric.after:>9.{digits}f}"
        f"{up:>5}{len(metric.moved) - up:>6}"
    )


def _moved(metric: MetricChange) -> str:
    worse = [
        value
        for value in metric.moved
        if (value.after < value.before) is (metric.better == "higher")
    ]
    told = (f"{value.case} {value.before:.2f} -> {value.after:.2f}" for value in worse[:_NAMED])
    rest = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
    return ", ".join(told) + rest


def _named(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest


def _short(text: str) -> str:
    # A document's words may hold what a terminal would obey.
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
