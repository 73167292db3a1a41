"""`hugang index`: build the search index, look at it, and refresh the shipped vectors."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import numpy as np
import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from knowledge.corpus import Corpus
from knowledge.errors import KnowledgeError
from knowledge.glossary import GlossaryError, load_glossary
from knowledge.home import index_folder
from knowledge.load import load_corpus
from knowledge.progress import OnProgress, Stage
from knowledge.progress_bar import progress_bars
from knowledge.scope import load_scope_examples
from knowledge.search.centre import Centres, spread
from knowledge.search.embed import Embedder, open_embedder
from knowledge.search.exemplars import examples_of, questions_of
from knowledge.search.index import IndexHome, ensure_index
from knowledge.search.manifest import spec_for
from knowledge.search.passage import PASSAGE_LANGS, passages_of
from knowledge.search.segment import Segmenter
from knowledge.search.vectors import VECTORS_DIR, Embeddable, VectorCache, embed_passages

index_app = typer.Typer(
    name="index", help="Build and inspect the search index.", no_args_is_help=True
)

_CENTRE_OF = 200
"""Example questions of a language whose mean stands for all."""
_STAGE_NAMES: dict[Stage, str] = {
    "read": "Reading",
    "embed": "Embedding",
    "dense": "Dense index",
    "lexical": "Lexical index",
    "check": "Checking",
}


class _Tools(NamedTuple):
    corpus: Corpus
    embedder: Embedder
    segmenter: Segmenter
    home: IndexHome


@index_app.command()
def build(
    force: Annotated[bool, typer.Option(help="Build even if the index is ready.")] = False,
) -> None:
    """Build the search index where it is absent, stale or damaged."""
    with _known_errors_told():
        tools = _open_tools()
        started = time.monotonic()
        with _progress_bar() as progress:
            if force:
                tools.home.build(tools.corpus, tools.embedder, tools.segmenter, progress)
            with ensure_index(
                tools.home, tools.corpus, tools.embedder, tools.segmenter, progress
            ) as index:
                version, passages = index.version, index.manifest.spec.passages
    counts = ", ".join(f"{count} {lang}" for lang, count in passages.items())
    typer.echo(f"ready: {version}, passages {counts}, {time.monotonic() - started:.1f} s")


@index_app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell how the index stands against the cards; exit code 1 when it is not ready."""
    with _known_errors_told():
        tools = _open_tools()
        found = tools.home.status(spec_for(tools.corpus, tools.embedder, tools.segmenter))
    if as_json:
        typer.echo(found.model_dump_json(indent=2, exclude={"manifest": {"files"}}))
    else:
        typer.echo(f"{found.state}: {found.version or 'no index'} in {tools.home.folder}")
        for reason in found.reasons:
            typer.echo(f"  {reason}")
        if found.state == "building":
            typer.echo(f"  process {found.builder_pid or 'unknown'} is building; wait for it.")
        elif found.state != "ready":
            typer.echo("  Build it: hugang index build")
    if found.state != "ready":
        raise typer.Exit(1)


@index_app.command()
def cache() -> None:
    """Rewrite the shipped vectors: keep what is used, embed what is new, drop the rest."""
    with _known_errors_told():
        embedder, corpus = open_embedder(), load_corpus()
        passages = shipped_texts(corpus)
        shipped = VectorCache.load(VECTORS_DIR, embedder.name)
        found = shipped.lookup(passages).found
        kept = shipped.of([passages[at] for at in found], np.array([*found.values()]))
        with _progress_bar() as progress:
            fresh = shipped.of(passages, embed_passages(passages, embedder, shipped, progress))
        path = fresh.save(VECTORS_DIR)
        centres_of(corpus, fresh, embedder).save(embedder.name, VECTORS_DIR)
    embedded, dropped = len(fresh) - len(kept), len(shipped) - len(kept)
    typer.echo(f"{path.name}: {len(kept)} kept, {embedded} embedded, {dropped} dropped")


def shipped_texts(corpus: Corpus) -> list[Embeddable]:
    """List everything whose vectors are shipped: passages and example questions."""
    return [
        *passages_of(corpus),
        *examples_of(load_scope_examples(), corpus),
        *questions_of(corpus),
    ]


def centres_of(corpus: Corpus, vectors: VectorCache, embedder: Embedder) -> Centres:
    """Take the means of the cards' passages and of some of their example questions."""
    passages = passages_of(corpus)
    found = vectors.lookup(passages).found
    questions = questions_of(corpus)
    return Centres.of(
        {
            lang: embedder.queries(
                spread([one.content for one in questions if one.lang == lang], _CENTRE_OF)
            )
            for lang in PASSAGE_LANGS
        },
        {
            lang: np.array([found[at] for at, one in enumerate(passages) if one.lang == lang])
            for lang in PASSAGE_LANGS
        },
    )


def _open_tools() -> _Tools:
    return _Tools(
        load_corpus(),
        open_embedder(),
        Segmenter(load_glossary().user_words()),
        IndexHome(index_folder()),
    )


@contextlib.contextmanager
def _known_errors_told() -> Iterator[None]:
    """Tell a known error in its own words, without a trace, and leave with code 1."""
    try:
        yield
    except (KnowledgeError, GlossaryError, OSError) as error:
        typer.echo(f"hugang index: {error}", err=True)
        raise typer.Exit(1) from error


@contextlib.contextmanager
def _progress_bar() -> Iterator[OnProgress]:
    """Show each stage of building the index as a bar."""
    columns = (
        TextColumn("{task.description:<14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with progress_bars(*columns) as show:
        yield lambda progress: show(_STAGE_NAMES[progress.stage], progress.done, progress.total)
