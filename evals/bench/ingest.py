"""`hugang bench ingest`: taking in papers, against LangChain's ordinary way with the same embedder.

LangChain's way is the one of its documentation: `DirectoryLoader` with `TextLoader`, the recursive
splitter with 1,000 characters and 200 of overlap, Chroma. Both take in the same files, group by
group in turns, so that a machine that is busy for a while is busy for both. The second pass comes
after one passage in a hundred was changed: ordinary use loads everything again; with the record
manager of LangChain's indexing API, shown beside it, only what is new is embedded.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast

import typer
from rich.console import Console
from rich.table import Table

from evals.bench.answer import bench_app
from evals.documents.rulebooks import ARTICLES, change_paragraphs, write_rulebooks
from evals.errors import EvalError
from knowledge.card import Frozen
from knowledge.documents.library import DocumentLibrary
from knowledge.errors import KnowledgeError
from knowledge.glossary import load_glossary
from knowledge.search.embed import Embedder, Matrix, Vector, open_embedder
from knowledge.search.segment import Segmenter

if TYPE_CHECKING:
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings

GROUPS = 4
"""In which the files are taken in by turns."""
SEED = 6
CHUNK, OVERLAP = 1_000, 200
"""Characters, as LangChain's documentation has them."""
CHANGED_SHARE = 0.01
CHANGED_PER_FILE = 2
FIRST_GOAL, SECOND_GOAL = 1.5, 20.0


class Intake(Frozen):
    """What taking in the files took, by one way and pass."""

    way: str
    passages: int
    """In the index afterwards."""
    embedded: int
    """Texts that were embedded."""
    characters: int
    """That were embedded."""
    seconds: float
    by_group: tuple[float, ...]
    embedding_seconds: float
    """Of these, in the embedder."""


class IngestBench(Frozen):
    """The outcome of one benchmark."""

    files: int
    characters: int
    """Of the files, before anything is said twice."""
    changed: int
    """Passages changed for the second pass."""
    first: tuple[Intake, Intake]
    """Ours and LangChain's."""
    second: tuple[Intake, Intake, Intake]
    """Ours, LangChain's, and LangChain's with its record manager."""

    @property
    def first_ratio(self) -> float:
        """How many times as long LangChain takes for a first pass."""
        return self.first[1].seconds / self.first[0].seconds

    @property
    def second_ratio(self) -> float:
        """How many times as long LangChain takes for a second pass."""
        return self.second[1].seconds / self.second[0].seconds

    @property
    def managed_ratio(self) -> float:
        """The same against LangChain with its record manager."""
        return self.second[2].seconds / self.second[0].seconds


class _Counting:
    """An embedder that counts what passes through it; LangChain's `Embeddings` as well."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.dim = inner.name, inner.dim
        self.texts = self.characters = 0
        self.seconds = 0.0
        self.known: dict[str, list[float]] = {}
        """Vectors that need not be computed, by text."""

    def query(self, text: str) -> Vector:
        return self._inner.query(text)

    def queries(self, texts: Sequence[str]) -> Matrix:
        return self._inner.queries(texts)

    def passages(self, texts: Sequence[str]) -> Matrix:
        begin = time.perf_counter()
        matrix = self._inner.passages(texts)
        self.seconds += time.perf_counter() - begin
        self.texts += len(texts)
        self.characters += sum(map(len, texts))
        return matrix

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if not all(text in self.known for text in texts):
            self.known.update(zip(texts, self.passages(texts).tolist(), strict=True))
        return [self.known[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.query(text).tolist()


class _Way(NamedTuple):
    """A way of taking in a folder, and how much it holds afterwards."""

    name: str
    counting: _Counting
    take: Callable[[Path], None]
    passages: Callable[[], int]


def bench_ingest(
    folder: Path, files: int, told: Callable[[str], None] = lambda _step: None
) -> IngestBench:
    """Write files and take them in by every way, twice.

    Args:
        folder: empty; texts and indexes are put there.
        files: how many, of 20 articles each.
        told: receives what is being done.

    Raises:
        EvalError: LangChain's loaders are not installed.
        KnowledgeError: the embedder is missing.
    """
    texts = folder / "texts"
    written = write_rulebooks(texts, files, SEED)
    characters = sum(len(path.read_text(encoding="utf-8")) for path in written)
    groups = [folder / f"group-{number}" for number in range(GROUPS)]
    for at, path in enumerate(written):
        group = groups[at * GROUPS // files]
        group.mkdir(exist_ok=True)
        shutil.move(path, group / path.name)
    embedder = open_embedder()
    embedder.passages(["warm", "热身"])
    segmenter = Segmenter(load_glossary().user_words())
    ours = _Counting(embedder)
    with DocumentLibrary.open(folder / "home", ours, segmenter) as library:
        ordinary = _langchain(folder / "first", embedder)
        first = _pass([_ours(library, ours), ordinary], groups, told, "first")
        managed = _managed(folder / "managed", embedder)
        managed.counting.known.update(ordinary.counting.known)
        told("first pass of the record manager, not timed")
        for group in groups:
            managed.take(group)
        changed = _change(groups, files)
        second = _pass(
            [_ours(library, ours), _langchain(folder / "second", embedder), managed],
            groups,
            told,
            "second",
        )
    return IngestBench(
        files=files,
        characters=characters,
        changed=changed,
        first=(first[0], first[1]),
        second=(second[0], second[1], second[2]),
    )


def _pass(
    ways: Sequence[_Way], groups: Sequence[Path], told: Callable[[str], None], name: str
) -> list[Intake]:
    """Let the ways take in the groups by turns, each beginning as often as the others."""
    before = {
        way.name: (way.counting.texts, way.counting.characters, way.counting.seconds)
        for way in ways
    }
    times: dict[str, list[float]] = {way.name: [] for way in ways}
    for number, group in enumerate(groups):
        turn = number % len(ways)
        for way in (*ways[turn:], *ways[:turn]):
            told(f"{name} pass, group {number + 1} of {len(groups)}: {way.name}")
            begin = time.perf_counter()
            way.take(group)
            times[way.name].append(time.perf_counter() - begin)
    return [
        Intake(
            way=way.name,
            passages=way.passages(),
            embedded=way.counting.texts - before[way.name][0],
            characters=way.counting.characters - before[way.name][1],
            seconds=sum(times[way.name]),
            by_group=tuple(times[way.name]),
            embedding_seconds=way.counting.seconds - before[way.name][2],
        )
        for way in ways
    ]


def _ours(library: DocumentLibrary, counting: _Counting) -> _Way:
    def take(group: Path) -> None:
        for path in sorted(group.iterdir()):
            library.add(path)
        library.index.settle()

    def passages() -> int:
        return sum(document.passages for document in library.documents())

    return _Way("Hugang", counting, take, passages)


def _langchain(folder: Path, embedder: Embedder) -> _Way:
    counting = _Counting(embedder)
    store = _chroma(folder, counting)

    def take(group: Path) -> None:
        store.add_documents(_chunks(group))

    return _Way("LangChain", counting, take, lambda: len(store.get(include=[])["ids"]))


def _managed(folder: Path, embedder: Embedder) -> _Way:
    from langchain_core.indexing import InMemoryRecordManager, index

    counting = _Counting(embedder)
    store = _chroma(folder, counting)
    records = InMemoryRecordManager("bench")
    records.create_schema()

    def take(group: Path) -> None:
        index(
            _chunks(group),
            records,
            store,
            cleanup="incremental",
            source_id_key="source",
            key_encoder="sha256",
        )

    return _Way("LangChain, records", counting, take, lambda: len(store.get(include=[])["ids"]))


def _chroma(folder: Path, counting: _Counting) -> Chroma:
    from langchain_chroma import Chroma

    return Chroma(
        "bench",
        embedding_function=cast("Embeddings", counting),
        persist_directory=str(folder),
    )


def _chunks(group: Path) -> list[Document]:
    import warnings

    try:
        with warnings.catch_warnings():
            # It says at every import that it is no longer looked after.
            warnings.simplefilter("ignore", DeprecationWarning)
            from langchain_community.document_loaders import DirectoryLoader, TextLoader
        from langchain_text_splitters import RecursiveCharacterTextSplitter
    except ImportError as error:
        raise EvalError(
            f"{error.name} is not installed; the comparison needs LangChain's loaders. Install"
            " them: pip install langchain-community langchain-text-splitters."
        ) from error
    loader = DirectoryLoader(
        str(group), glob="**/*", loader_cls=TextLoader, loader_kwargs={"encoding": "utf-8"}
    )
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)
    return splitter.split_documents(loader.load())


def _change(groups: Sequence[Path], files: int) -> int:
    """Change one passage in a hundred, two in a file, in files spread over the groups."""
    paths = sorted(path for group in groups for path in group.iterdir())
    wanted = max(1, round(files * ARTICLES * CHANGED_SHARE / CHANGED_PER_FILE))
    step = max(1, len(paths) // wanted)
    chosen = paths[::step][:wanted]
    for number, path in enumerate(chosen):
        change_paragraphs(path, CHANGED_PER_FILE, SEED + number)
    return len(chosen) * CHANGED_PER_FILE


@bench_app.command("ingest")
def ingest_command(
    passages: Annotated[
        int,
        typer.Option(
            min=GROUPS * ARTICLES, help=f"At least so many, in files of {ARTICLES} articles each."
        ),
    ] = 2_000,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", dir_okay=False, help="Write JSON too.")
    ] = None,
) -> None:
    """Take in papers, and again with 1 % changed, beside LangChain's ordinary way."""
    console = Console(stderr=True)
    try:
        with (
            tempfile.TemporaryDirectory(
                prefix="hugang-bench-", ignore_cleanup_errors=True
            ) as folder,
            console.status("writing the files") as status,
        ):
            outcome = bench_ingest(Path(folder), -(-passages // ARTICLES), status.update)
    except (EvalError, KnowledgeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    Console().print(_table(outcome))
    if json_file:
        json_file.write_text(outcome.model_dump_json(indent=1), encoding="utf-8")
    missed = [
        f"{name} pass {ratio:.2f}, goal {goal}"
        for name, ratio, goal in (
            ("first", outcome.first_ratio, FIRST_GOAL),
            ("second", outcome.second_ratio, SECOND_GOAL),
        )
        if ratio < goal
    ]
    if missed:
        typer.echo(f"missed: {'; '.join(missed)}", err=True)
        raise typer.Exit(1)


def _table(outcome: IngestBench) -> Table:
    table = Table(
        title=f"{outcome.files} files of {outcome.characters:,} characters; second pass with"
        f" {outcome.changed} passages changed",
        title_justify="left",
    )
    table.caption = (
        "ratio: time beside Hugang's for the same files; characters a second: of the files;"
        " passages are not of equal length"
    )
    table.add_column("pass")
    table.add_column("way")
    for column in (
        "passages",
        "embedded",
        "characters",
        "seconds",
        "in engine",
        "ratio",
        "files / s",
        "characters / s",
        "passages / s",
    ):
        table.add_column(column, justify="right")
    for name, intakes in (("first", outcome.first), ("second", outcome.second)):
        for intake in intakes:
            table.add_row(
                name,
                intake.way,
                str(intake.passages),
                str(intake.embedded),
                f"{intake.characters:,}",
                f"{intake.seconds:.1f}",
                f"{intake.embedding_seconds:.1f}",
                f"{intake.seconds / intakes[0].seconds:.2f}",
                f"{outcome.files / intake.seconds:.2f}",
                f"{outcome.characters / intake.seconds:,.0f}",
                f"{intake.passages / intake.seconds:.2f}",
            )
        table.add_section()
    return table
