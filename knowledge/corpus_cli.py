"""`hugang corpus`: draft a card, check the cards, read one, list them as they hold on a day."""

from __future__ import annotations

import contextlib
import datetime as dt
import difflib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from knowledge.card import FactRef, Instrument, Jurisdiction, PassageLang, Status, Topic
from knowledge.checking.check import Problem, check_corpus, check_drafts
from knowledge.corpus import Corpus, Validity
from knowledge.corpus_text import fact_lines, instrument_lines, route_lines
from knowledge.errors import KnowledgeError
from knowledge.home import default_home, documents_folder
from knowledge.load import CORPUS_DIR, load_corpus

if TYPE_CHECKING:
    from knowledge.documents.reading.reading import Reading

corpus_app = typer.Typer(
    name="corpus", help="Draft, check, try, compare, show and list the cards.", no_args_is_help=True
)

Shown = Literal["zh", "en", "both"]
FolderOption = Annotated[
    Path, typer.Option(help="Corpus folder.", file_okay=False, show_default="the shipped one")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


class NoSuchCard(KnowledgeError):
    """No instrument, route or fact has the id asked for."""


@corpus_app.command()
def check(
    cards: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CARD]...",
            help="Files of cards outside the corpus, looked at as if they were in it.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    folder: FolderOption = CORPUS_DIR,
    as_json: JsonOption = False,
) -> None:
    """List everything that is wrong with the cards; exit code 1 when there is an error."""
    with _known_errors_told():
        problems = check_drafts(folder, cards) if cards else check_corpus(folder)
    if as_json:
        typer.echo(_as_json([problem.model_dump() for problem in problems]))
    else:
        for problem in problems:
            typer.echo(str(problem))
    typer.echo(_count_line(problems), err=as_json)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


@corpus_app.command()
def new(
    document: Annotated[
        str,
        typer.Argument(help="File (PDF, Word, HTML, Markdown, text, …) or address of a document."),
    ],
    topic: Annotated[Topic, typer.Option(help="Folder of the card and its first topic.")],
    card_id: Annotated[
        str | None, typer.Option("--id", help="Id of the card; else issuer, year and number.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Page that a file was taken from.")
    ] = None,
    into: Annotated[
        Path, typer.Option(help="Folder of drafts, laid out as the corpus is.", file_okay=False)
    ] = Path("drafts"),
    folder: FolderOption = CORPUS_DIR,
) -> None:
    """Draft a card from a document: what it says of itself, and a stub for each article.

    The facts are written by a person. `hugang corpus check` lists what is still to be written.
    """
    from knowledge.draft import DraftError, draft_card

    with _known_errors_told():
        if url and not _ADDRESS.match(url):
            raise DraftError(
                f"--url: seen {url!r}; expected an address that begins with https:// or http://."
            )
        reading, name = _read_document(document)
        draft = draft_card(
            reading,
            name,
            load_corpus(folder),
            topic,
            dt.date.today(),  # noqa: DTZ011 - the day on the curator's calendar
            card_id=card_id,
            url=url or (document if _ADDRESS.match(document) else None),
        )
        path = into / draft.place
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(draft.text)
        except FileExistsError as error:
            raise DraftError(
                f"{path}: there is a draft already; it is not overwritten. Go on with it, delete "
                "it, or name another id with --id."
            ) from error
    typer.echo(path)
    typer.echo(
        f"{draft.stubs} facts to be written; what else is open: hugang corpus check {path}",
        err=True,
    )
    for remark in reading.remarks:
        typer.echo(remark.message.en, err=True)


def _read_document(document: str) -> tuple[Reading, str]:
    """Read a file, or a page of the web, and tell its name."""
    from knowledge.documents.reading.read import read_file

    if not _ADDRESS.match(document):
        path = Path(document)
        return read_file(path), path.name
    from knowledge.official.download import downloaded
    from knowledge.official.fetch import Fetcher

    with Fetcher() as fetcher, downloaded(document, fetcher) as page:
        return read_file(page, document), document


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
