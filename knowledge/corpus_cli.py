"""`hugang corpus`: check the cards, read one, list them as they hold on a day."""

from __future__ import annotations

import contextlib
import datetime as dt
import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from knowledge.card import FactRef, Instrument, Jurisdiction, PassageLang, Status, Topic
from knowledge.check import Problem, check_corpus
from knowledge.corpus import Corpus, Validity
from knowledge.corpus_text import fact_lines, instrument_lines, route_lines
from knowledge.errors import KnowledgeError
from knowledge.home import default_home, documents_folder
from knowledge.load import CORPUS_DIR, load_corpus

corpus_app = typer.Typer(
    name="corpus", help="Check, show and list the cards.", no_args_is_help=True
)

Shown = Literal["zh", "en", "both"]
FolderOption = Annotated[
    Path, typer.Option(help="Corpus folder.", file_okay=False, show_default="the shipped one")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class NoSuchCard(KnowledgeError):
    """No instrument, route or fact has the id asked for."""


@corpus_app.command()
def check(folder: FolderOption = CORPUS_DIR, as_json: JsonOption = False) -> None:
    """List everything that is wrong with the cards; exit code 1 when there is an error."""
    with _known_errors_told():
        problems = check_corpus(folder)
    if as_json:
        typer.echo(_as_json([problem.model_dump() for problem in problems]))
    else:
        for problem in problems:
            typer.echo(str(problem))
    typer.echo(_count_line(problems), err=as_json)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


@corpus_app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Card, route, or card#fact.")],
    lang: Annotated[Shown, typer.Option(help="Language of the texts.")] = "both",
    folder: FolderOption = CORPUS_DIR,
) -> None:
    """Print an instrument, a route or a single fact, with its sources."""
    langs: tuple[PassageLang, ...] = ("zh", "en") if lang == "both" else (lang,)
    with _known_errors_told():
        lines = _lines_of(load_corpus(folder), name, langs)
        console = _console()
        for style, text in lines:
            console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@corpus_app.command(name="list")
def list_cards(
    topic: Annotated[Topic | None, typer.Option(help="Only cards of a topic.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only cards of a status.")] = None,
    jurisdiction: Annotated[
        Jurisdiction | None, typer.Option(help="Only rules of a place.")
    ] = None,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Tell what holds on a day; later rules are left out."
        ),
    ] = None,
    folder: FolderOption = CORPUS_DIR,
    as_json: JsonOption = False,
) -> None:
    """List the instrument cards."""
    with _known_errors_told():
        corpus = load_corpus(folder)
    day = as_of.date() if as_of else None
    rows = [
        (card, standing)
        for card in corpus.instruments.values()
        if (standing := _standing(corpus, card, day)) != "not-yet"
        and (topic is None or topic in card.topics)
        and (status is None or status == standing)
        and (jurisdiction is None or jurisdiction == card.jurisdiction)
    ]
    if as_json:
        typer.echo(_as_json([_row(card, standing) for card, standing in rows]))
    else:
        _console().print(_table(rows, "status" if day is None else f"on {day}"))
    typer.echo(f"{len(rows)} of {len(corpus.instruments)} cards", err=True)


@corpus_app.command(name="confirm")
def confirm_facts(
    refs: Annotated[list[str], typer.Argument(metavar="REF...", help="Facts: card#number.")],
    by: Annotated[str | None, typer.Option(help="Who confirms.")] = None,
    note: Annotated[str | None, typer.Option(help="What was checked, or corrected.")] = None,
) -> None:
    """Confirm that facts hold whose official text has changed; they are no longer under review.

    Correct a card first where its fact does not hold any more. `hugang sync --report` shows what
    changed.
    """
    from knowledge.official.records import Records
    from knowledge.official.review import confirm

    with _known_errors_told():
        corpus = load_corpus()
        with Records(documents_folder(default_home())) as records:
            done = confirm(records, corpus, refs, by, note)
            left = len({review.fact for review in records.reviews()})
    for ref in done:
        typer.echo(f"confirmed  {ref}")
    typer.echo(f"{left} facts under review", err=True)


@contextlib.contextmanager
def _known_errors_told() -> Iterator[None]:
    """Tell a known error in one line and leave with exit code 1."""
    try:
        yield
    except (KnowledgeError, OSError) as error:
        typer.echo(f"hugang corpus: {error}", err=True)
        raise typer.Exit(1) from error


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 160)


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _count_line(problems: list[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    files = len({problem.file for problem in problems})
    return f"{errors} errors, {len(problems) - errors} warnings in {files} files"


def _lines_of(
    corpus: Corpus, name: str, langs: tuple[PassageLang, ...]
) -> Iterator[tuple[str | None, str]]:
    if name in corpus.instruments:
        return instrument_lines(corpus, corpus.instruments[name], langs)
    if name in corpus.routes:
        return route_lines(corpus, corpus.routes[name], langs)
    if name in corpus:
        return fact_lines(corpus, FactRef(name), langs)
    raise NoSuchCard(f"{name!r} is no card, route or fact. {_nearest(corpus, name)}")


def _nearest(corpus: Corpus, name: str) -> str:
    card, _, fact = name.partition("#")
    if fact and card in corpus.instruments:
        numbers = [str(item.id) for item in corpus.instruments[card].facts]
        return f"Facts of {card}: {', '.join(numbers)}."
    names = [*corpus.instruments, *corpus.routes]
    near = difflib.get_close_matches(card, names, n=3, cutoff=0.5)
    return f"Nearest: {', '.join(near)}." if near else "See `hugang corpus list`."


def _standing(corpus: Corpus, card: Instrument, day: dt.date | None) -> Status | Validity:
    return card.status if day is None else corpus.validity(card, day)


def _row(card: Instrument, standing: Status | Validity) -> dict[str, object]:
    head = card.model_dump(
        mode="json",
        include={
            "id",
            "title",
            "number",
            "issuers",
            "jurisdiction",
            "topics",
            "issued",
            "effective",
        },
    )
    return {**head, "status": standing, "facts": len(card.facts)}


def _table(rows: Sequence[tuple[Instrument, Status | Validity]], standing_title: str) -> Table:
    table = Table(box=None, header_style="bold")
    for column in ("id", standing_title, "effective", "jurisdiction"):
        table.add_column(column, no_wrap=True)
    table.add_column("facts", justify="right")
    table.add_column("title", overflow="fold")
    for card, standing in rows:
        effective = str(card.starts or "")
        facts = str(len(card.facts))
        table.add_row(card.id, standing, effective, card.jurisdiction, facts, card.title.zh)
    return table
