"""`hugang add` and `hugang documents`: one's own papers, searched beside the cards."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, get_args

import typer

from bot.language import localise
from knowledge.card import Bilingual, PassageLang
from knowledge.documents.document import PUBLIC, TENANT, DocumentStatus, StoredPassage
from knowledge.documents.errors import DocumentError, UnknownSource
from knowledge.documents.reading.reading import UnreadableFile
from knowledge.home import default_home
from knowledge.progress import OnProgress
from knowledge.progress_bar import progress_bars
from ui.commands.memory import plain
from ui.commands.system_lang import system_lang

if TYPE_CHECKING:
    from knowledge.documents.document import Document, Particulars
    from knowledge.documents.library import DocumentLibrary
    from knowledge.official.fetch import Fetcher

documents_app = typer.Typer(no_args_is_help=True, help="Documents kept on this installation.")

State = Literal["added", "updated", "unchanged", "failed"]
STATES: tuple[State, ...] = get_args(State)
SHOWN = 10
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_SNIPPET = 160

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
ScopeOption = Annotated[
    str,
    typer.Option(
        help="Who sees it: tenant (everybody on this installation), owner:<hash>,"
        " conversation:<id>."
    ),
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="See `hugang documents list`.")]


class Source(NamedTuple):
    """A file to be added, or a page of the web."""

    path: Path | None
    """None for a page: it is fetched when its turn comes."""
    name: str
    """By which it is known: its own, under that of the folder it was found in; an address."""


def add(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|URL...", help="Files, folders with all in them, pages of the public web."
        ),
    ],
    scope: ScopeOption = TENANT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Read, split and index files, so that answers can cite them; exit code 1 when one failed.

    What is known already is left alone, what has changed is replaced. Interrupted, the same command
    goes on where it stopped.
    """
    _check_scope(scope)
    files = list(found_files(sources))
    counts = dict.fromkeys(STATES, 0)
    from knowledge.official.fetch import Fetcher

    with opened_library() as library, Fetcher() as fetcher:
        try:
            for source in files:
                counts[_add(library, fetcher, source, scope, as_json=as_json)] += 1
        except KeyboardInterrupt:
            left = len(files) - sum(counts.values())
            typer.echo(f"stopped; {left} left. The same command goes on from here.", err=True)
            raise typer.Exit(130) from None
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    typer.echo(told or "no files found", err=True)
    if counts["failed"] or not files:
        raise typer.Exit(1)


def found_files(sources: Sequence[str]) -> Iterator[Source]:
    """List the files that paths name, folders in order of name; hidden ones are left out.

    Raises:
        UnknownSource: a path names nothing.
    """
    for text in sources:
        path = Path(text)
        if _ADDRESS.match(text):
            yield Source(None, text)
        elif path.is_dir():
            yield from _below(path)
        elif path.exists():
            yield Source(path, path.name)
        else:
            raise UnknownSource(
                Bilingual(
                    zh=f"没有{text!r}这个文件或文件夹；请检查路径。",
                    en=f"no file or folder {text!r}. Check the path.",
                )
            )


@documents_app.command("list")
def list_documents(
    scope: Annotated[str | None, typer.Option(help="Only those of a scope.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List documents, the last added first."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    with opened_library() as library:
        documents = library.documents((scope,) if scope else None)
    if as_json:
        typer.echo(_as_json([document.model_dump(mode="json") for document in documents]))
        return
    table = Table(box=None, header_style="bold")
    for column in ("id", "added", "scope", "format"):
        table.add_column(column, no_wrap=True)
    table.add_column("passages", justify="right")
    table.add_column("title", overflow="fold")
    for document in documents:
        table.add_row(
            document.id,
            f"{document.added:%Y-%m-%d}",
            document.scope,
            document.format,
            str(document.passages),
            Text(plain(document.particulars.title)),  # what stands in brackets is no style
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    typer.echo(f"{len(documents)} documents", err=True)


@documents_app.command()
def show(document_id: IdArgument, as_json: JsonOption = False) -> None:
    """Print what is known of a document."""
    with opened_library() as library:
        document = library.document(document_id)
    if as_json:
        typer.echo(document.model_dump_json(indent=2))
        return
    for name, value in _particulars_of(document):
        typer.echo(f"{name:<12}{plain(str(value))}")
    for remark in document.remarks:
        typer.echo(f"! {localise(remark.message, system_lang())}")


@documents_app.command()
def passages(document_id: IdArgument, as_json: JsonOption = False) -> None:
    """Print a document's passages in reading order, each with what it is cited by."""
    with opened_library() as library:
        found = library.passages(document_id)
    if as_json:
        typer.echo(_as_json([passage.model_dump(mode="json") for passage in found]))
        return
    for passage in found:
        typer.echo(f"{passage.ref}  {_place(passage)}")
        typer.echo(f"  {plain(passage.part.text)}")


@documents_app.command()
def search(
    text: Annotated[list[str], typer.Argument(help="What you look for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="Whose documents; repeatable. Tenant and public.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most passages.")] = SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Search the documents, in both languages."""
    scopes = tuple(scope or (TENANT, PUBLIC))
    for one in scopes:
        _check_scope(one)
    with opened_library() as library:
        library.index.settle()
        hits = library.find(" ".join(text), scopes, limit)
        found = [(hit, library.passage(hit.ref)) for hit in hits]
    if as_json:
        typer.echo(
            _as_json(
                [
                    {**hit._asdict(), "passage": passage.model_dump(mode="json")}
                    for hit, passage in found
                ]
            )
        )
        return
    for hit, passage in found:
        typer.echo(f"{hit.score:.2f}  {passage.ref}  {plain(passage.title)}  {_place(passage)}")
        typer.echo(f"      {plain(passage.part.text)[:_SNIPPET]}")
    typer.echo(f"{len(found)} passages", err=True)


@documents_app.command()
def correct(
    document_id: IdArgument,
    title: Annotated[str | None, typer.Option(help="Its title.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Who issued it.")] = None,
    number: Annotated[str | None, typer.Option(help="Document number, as printed.")] = None,
    issued: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")] = None,
    effective: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")] = None,
    ended: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="First day on which it is void.")
    ] = None,
    status: Annotated[DocumentStatus | None, typer.Option(help="What it counts for.")] = None,
    lang: Annotated[PassageLang | None, typer.Option(help="Language of most of it.")] = None,
) -> None:
    """Correct what was proposed from the text; what is not named stays. "" empties a field.

    Without an option it confirms what was proposed.
    """
    from pydantic import ValidationError

    from knowledge.documents.document import Particulars

    given = {
        "title": title,
        "issuer": issuer,
        "number": number,
        "issued": _day("--issued", issued),
        "effective": _day("--effective", effective),
        "ended": _day("--ended", ended),
        "status": status,
        "lang": lang,
    }
    named = {name: value or None for name, value in given.items() if value is not None}
    with opened_library() as library, progress_bar() as progress:
        known = library.document(document_id).particulars
        try:
            corrected = Particulars.model_validate({**known.model_dump(), **named})
        except ValidationError as error:
            raise _unfit(error.errors()[0]["loc"][0]) from error
        document = library.correct(document_id, corrected, progress)
    typer.echo(f"corrected  {document.id}  {plain(document.particulars.title)}")


@documents_app.command()
def remove(
    document_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="One or more.")],
) -> None:
    """Remove documents for good: from index, store and disk."""
    with opened_library() as library:
        library.remove(*document_ids)
    for document_id in document_ids:
        typer.echo(f"removed  {document_id}")


@documents_app.command()
def renew() -> None:
    """Embed again what another version of the embedder has embedded."""
    with opened_library() as library, progress_bar() as progress:
        renewed = library.renew(progress)
    typer.echo(f"{renewed} documents embedded again")


@documents_app.command()
def verify() -> None:
    """Check that database, files, vectors and words agree; exit code 1 when they do not."""
    with opened_library() as library:
        faults = library.faults()
        kept = len(library.documents())
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"{kept} documents, {len(faults)} faults", err=True)
    if faults:
        raise typer.Exit(1)


def _add(
    library: DocumentLibrary, fetcher: Fetcher, source: Source, scope: str, *, as_json: bool
) -> State:
    name = plain(source.name)
    try:
        with _on_disk(source, fetcher) as path, progress_bar() as progress:
            added = library.add(path, source.name, scope, progress)
    except (UnreadableFile, DocumentError) as error:
        _tell("failed", name, localise(error.message, system_lang()), as_json=as_json)
        return "failed"
    document = added.document
    if as_json:
        _tell(added.state, name, "", as_json=True, id=document.id, passages=document.passages)
    else:
        remarks = "".join(f"; {localise(r.message, system_lang())}" for r in document.remarks)
        _tell(added.state, name, f"{document.id}, {document.passages} passages{remarks}")
    return added.state


def _tell(state: State, name: str, told: str, *, as_json: bool = False, **more: object) -> None:
    """Print the outcome of one file at once: who reads along may rely on it."""
    if as_json:
        line = {"state": state, "name": name, **more, **({"reason": told} if told else {})}
        typer.echo(json.dumps(line, ensure_ascii=False))
    else:
        typer.echo(f"{state:<10}{name}  ({told})")
    sys.stdout.flush()


def _below(folder: Path) -> Iterator[Source]:
    top = folder.resolve()
    for path, folders, names in os.walk(folder):
        # In order, so that a run that is given again meets the files as before.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(path) / name
            if not name.startswith(".") and file.is_file():
                yield Source(file, (Path(top.name) / file.relative_to(folder)).as_posix())


@contextlib.contextmanager
def opened_library() -> Iterator[DocumentLibrary]:
    """Open the documents of this installation."""
    from knowledge.documents.library import DocumentLibrary
    from knowledge.glossary import load_glossary
    from knowledge.search.embed import open_embedder
    from knowledge.search.segment import Segmenter

    embedder, glossary = open_embedder(), load_glossary()
    segmenter = Segmenter(glossary.user_words())
    # A server on the same machine goes first.
    with DocumentLibrary.open(
        default_home(), embedder, segmenter, glossary, gives_way=True
    ) as library:
        yield library


@contextlib.contextmanager
def progress_bar() -> Iterator[OnProgress]:
    """Show reading and embedding as bars with the time left, until the file is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<6}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with progress_bars(*columns, transient=True) as show:
        yield lambda progress: show(progress.stage, progress.done, progress.total)


def _check_scope(scope: str) -> None:
    from knowledge.documents.document import is_scope

    if not is_scope(scope):
        raise DocumentError(
            Bilingual(
                zh=f"{scope!r}不是可见范围；应为tenant、owner:<标识>或conversation:<标识>。",
                en=f"{scope!r} is no scope; expected tenant, owner:<hash> or conversation:<id>.",
            )
        )


@contextlib.contextmanager
def _on_disk(source: Source, fetcher: Fetcher) -> Iterator[Path]:
    """Have a source as a file: a page is fetched, as `hugang sync` fetches, and thrown away after.

    Raises:
        DocumentError: the page must not be fetched, or was not to be had.
    """
    if source.path is not None:
        yield source.path
        return
    from knowledge.official.download import downloaded

    with downloaded(source.name, fetcher) as path:
        yield path


def _day(option: str, text: str | None) -> dt.date | str | None:
    if not text:
        return text
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise DocumentError(
            Bilingual(
                zh=f"{option} {text!r}不是日期；请写作年-月-日，如2026-06-30。",
                en=f"{option} {text!r} is not a date; write it as YYYY-MM-DD, such as 2026-06-30.",
            )
        ) from error


def _unfit(field: object) -> DocumentError:
    return DocumentError(
        Bilingual(
            zh=f"--{field}的值不合要求：标题须为1至300个字符，状态和语言须为所列之一。",
            en=f"--{field}: does not fit; a title has 1 to 300 characters, status and language are"
            " one of those listed.",
        )
    )


def _particulars_of(document: Document) -> Iterator[tuple[str, object]]:
    told: Particulars = document.particulars
    yield "id", document.id
    yield from ((name, value) for name, value in told if value is not None)
    yield "corrected", "yes" if document.corrected else "no, proposed from the text"
    yield "name", document.name
    yield "scope", document.scope
    yield "kind", document.kind
    yield "format", document.format
    if document.pages is not None:
        yield "pages", document.pages
    yield "passages", document.passages
    yield "added", f"{document.added:%Y-%m-%d %H:%M} UTC"
    yield "updated", f"{document.updated:%Y-%m-%d %H:%M} UTC"


def _place(passage: StoredPassage) -> str:
    part = passage.part
    places = [*part.path, part.article or ""]
    if part.first_page is not None:
        last = f"–{part.last_page}" if part.last_page not in {None, part.first_page} else ""
        places.append(f"p. {part.first_page}{last}")
    return plain(" · ".join(filter(None, places)))


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
