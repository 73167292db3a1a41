"""`hugang bench documents`: reading, splitting, citing and finding, over files with known answers.

The files of `evals/documents` go through the pipeline that `hugang add` uses, into a library of
their own, and its 120 questions are asked of the search that answers use.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.table import Table

from evals.bench.answer import bench_app
from evals.documents.make import MANUAL, QUESTIONS, make
from evals.documents.paper import Script, Trap, Truth
from evals.documents.score import (
    Outcome,
    article_bounds,
    bare,
    base_of,
    edits,
    holds,
    page_of,
    particulars,
    place_of,
    right_page,
    whole_words,
)
from evals.documents.traps import NAMES
from evals.errors import EvalError
from evals.stats import Count, count
from knowledge.card import Frozen
from knowledge.documents.document import TENANT, StoredPassage
from knowledge.documents.library import DocumentLibrary
from knowledge.documents.reading.reading import UnreadableFile
from knowledge.errors import KnowledgeError
from knowledge.glossary import load_glossary
from knowledge.search.embed import open_embedder
from knowledge.search.segment import Segmenter

TRAPS = "conversation:broken-and-hostile"
"""Scope of broken and hostile files: some have the bytes of sound ones."""
FIRST = 5
"""Passages of a search that count."""
MEMORY_GOAL_MB = 1_500
GOALS: Mapping[str, float] = {
    "article boundaries": 0.99,
    "article boundaries, 300 pages": 0.99,
    "English paragraphs, word by word": 0.97,
    "citation: article and page": 0.97,
    "table cells found": 0.95,
    "scans: characters": 0.97,
    "recall@5, same language": 0.90,
    "recall@5, across languages": 0.75,
    "broken and hostile files": 1.0,
}


class DocumentQuestion(Frozen):
    """A question to the collection and where its answer stands."""

    ask: str
    lang: Script
    file: str
    article: str | None = None
    """By which the answer is cited; None outside articles. Its page is in the file's truth."""
    words: str
    """What the passage that answers must say."""


class FormatTime(Frozen):
    """What adding the files of a format took."""

    format: str
    files: int
    pages: int
    passages: int
    seconds: float


class DocumentBench(Frozen):
    """The outcome of one benchmark."""

    files: int
    passages: int
    rows: tuple[Count, ...]
    times: tuple[FormatTime, ...]
    peak_mb: float
    """Most memory resident at once, of the process and its children."""
    own_mb: float
    """Of it, in the process itself."""
    wrong: Mapping[str, tuple[Outcome, ...]]
    """What was wrong, by row."""

    @property
    def missed(self) -> tuple[str, ...]:
        """What falls short."""
        short = [row.name for row in self.rows if row.is_missed]
        return (*short, *(["memory"] if self.peak_mb >= MEMORY_GOAL_MB else []))


def load_questions() -> tuple[DocumentQuestion, ...]:
    """Read the questions."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    return tuple(DocumentQuestion.model_validate_json(line) for line in lines if line)


def bench_documents(
    folder: Path,
    *,
    names: frozenset[str] | None = None,
    told: Callable[[str], None] = lambda _name: None,
) -> DocumentBench:
    """Make the files, add them, ask the questions, and count.

    Args:
        folder: where files and library are put; emptied by the caller.
        names: files to take; None for all. Only their questions are asked.
        told: receives the name of each file before it is added.

    Raises:
        KnowledgeError: the embedder is missing, or the library cannot be written.
        EvalError: no font draws Chinese.
    """
    # In a process of its own: what drawing pages takes is no memory of adding them.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as maker:
        truths, traps = maker.submit(make, folder / "files", names).result()
    embedder, glossary = open_embedder(), load_glossary()
    segmenter = Segmenter(glossary.user_words())
    found: dict[str, list[Outcome]] = defaultdict(list)
    with (
        _Memory() as memory,
        DocumentLibrary.open(folder / "home", embedder, segmenter, glossary) as library,
    ):
        ids, times = _add(library, folder / "files", truths, found, told)
        for trap in traps:
            told(trap.file)
            found["broken and hostile files"].append(_trapped(library, folder / "files", trap))
        if traps:
            found["broken and hostile files"] += _named(library, folder)
        library.index.settle()
        _measure_search(library, ids, truths, found)
        passages = sum(document.passages for document in library.documents())
    return DocumentBench(
        files=len(truths) + len(traps),
        passages=passages,
        rows=tuple(_rows(found)),
        times=times,
        peak_mb=memory.peak / 1e6,
        own_mb=memory.own / 1e6,
        wrong={
            name: tuple(one for one in outcomes if not one.right)
            for name, outcomes in found.items()
        },
    )


def _add(
    library: DocumentLibrary,
    folder: Path,
    truths: Sequence[Truth],
    found: dict[str, list[Outcome]],
    told: Callable[[str], None],
) -> tuple[dict[str, str], tuple[FormatTime, ...]]:
    """Add the files and hold what was read, split and proposed against the truth."""
    ids: dict[str, str] = {}
    spent: dict[str, list[tuple[float, int, int]]] = defaultdict(list)
    for truth in truths:
        told(truth.file)
        begin = time.perf_counter()
        document = library.add(folder / truth.file).document
        seconds = time.perf_counter() - begin
        ids[truth.file] = document.id
        spent[document.format].append((seconds, document.pages or 0, document.passages))
        reading = library.reading(document.id)
        parts = [passage.part for passage in library.passages(document.id)]
        # Apart, lest the 900 numbered steps of one file speak for all.
        bounds = "article boundaries" + ", 300 pages" * (truth.file == MANUAL)
        found[bounds] += article_bounds(truth, reading, parts)
        if truth.facts.lang == "en" and not truth.cells and truth.recognised is None:
            found["English paragraphs, word by word"] += whole_words(truth, reading)
        if truth.recognised:
            found["scans: characters"] += _characters(truth, reading.text)
        found["format"].append(
            Outcome(what=truth.file, right=document.format == truth.format, seen=document.format)
        )
        for field, outcome in particulars(truth.file, truth.facts, document.particulars):
            found[f"particulars: {field}"].append(outcome)
    times = tuple(
        FormatTime(
            format=name,
            files=len(rows),
            pages=sum(pages for _, pages, _ in rows),
            passages=sum(passages for _, _, passages in rows),
            seconds=sum(seconds for seconds, _, _ in rows),
        )
        for name, rows in sorted(spent.items())
    )
    return ids, times


def _characters(truth: Truth, text: str) -> Iterator[Outcome]:
    """Count every character of a scan; a wrong one is told once, by the file."""
    expected, seen = bare(truth.recognised or ""), bare(text)
    wrong = min(len(expected), edits(seen, expected))
    for at in range(len(expected)):
        yield Outcome(what=truth.file, right=at >= wrong, seen="" if at else f"{wrong} edits")


def _searched(library: DocumentLibrary, text: str) -> list[StoredPassage]:
    return [library.passage(hit.ref) for hit in library.find(text, (TENANT,), FIRST)]


def _measure_search(
    library: DocumentLibrary,
    ids: Mapping[str, str],
    truths: Sequence[Truth],
    found: dict[str, list[Outcome]],
) -> None:
    by_file = {truth.file: truth for truth in truths}
    for truth in truths:
        for cell in truth.cells:
            asked = f"{cell.row} {cell.column}"
            hits = _searched(library, asked)
            right = any(holds(hit.part, cell.value) and holds(hit.part, cell.row) for hit in hits)
            found["table cells found"].append(
                Outcome(what=f"{truth.file} {asked}", right=right, seen=_told(hits))
            )
    for question in load_questions():
        if question.file not in by_file:
            continue
        truth = by_file[question.file]
        hits = _searched(library, question.ask)
        own = ids[question.file]
        answer = next(
            (hit for hit in hits if hit.ref.startswith(own) and holds(hit.part, question.words)),
            None,
        )
        within = question.lang[:2] == truth.facts.lang[:2]
        name = "same language" if within else "across languages"
        outcome = Outcome(what=question.ask, right=answer is not None, seen=_told(hits))
        found[f"recall@5, {name}"].append(outcome)
        if within:
            found[f"  of these {question.lang}"].append(outcome)
        if answer is not None:
            found["citation: article and page"].append(_cited(library, question, truth, answer))


def _cited(
    library: DocumentLibrary, question: DocumentQuestion, truth: Truth, answer: StoredPassage
) -> Outcome:
    place = place_of(truth, question.words)
    reading = library.reading(answer.ref.partition("#")[0])
    page = page_of(reading, answer.part, question.words)
    article = base_of(answer.part.article)
    return Outcome(
        what=f"{question.file}: {question.ask}",
        right=article == question.article and right_page(place, page),
        seen=f"{answer.part.article}, page {page}; wanted {question.article},"
        f" pages {place.first_page}–{place.last_page}",
    )


def _trapped(library: DocumentLibrary, folder: Path, trap: Trap) -> Outcome:
    """Add a broken or hostile file; refused with a clear message, or read without what is hostile."""
    try:
        document = library.add(folder / trap.file, scope=TRAPS).document
    except UnreadableFile as fault:
        clear = bool(fault.message.zh and fault.message.en)
        return Outcome(
            what=trap.file, right=clear and fault.code in trap.codes, seen=f"refused: {fault.code}"
        )
    text = library.reading(document.id).text
    kept = [words for words in trap.absent if words in text]
    codes = [remark.code for remark in document.remarks]
    library.remove(document.id)
    may = not trap.codes or "read" in trap.codes
    right = may and not kept and (trap.remark is None or trap.remark in codes)
    return Outcome(what=trap.file, right=right, seen=f"read; kept {kept}, remarks {codes}")


def _named(library: DocumentLibrary, folder: Path) -> Iterator[Outcome]:
    """Add a sound file under names that climb out of a folder."""
    sound = folder / "sound.txt"
    sound.write_text("Wires above 640 crowns are called back before release.\n", encoding="utf-8")
    for name, known in NAMES.items():
        document = library.add(sound, name, TRAPS).document
        inside = library.file(document.id).resolve().is_relative_to(folder.resolve())
        yield Outcome(
            what=f"name {name!r}",
            right=inside and document.name == known,
            seen=document.name,
        )
        library.remove(document.id)


def _rows(found: Mapping[str, Sequence[Outcome]]) -> Iterator[Count]:
    for name in (*GOALS, *sorted(name for name in found if name not in GOALS)):
        if outcomes := found.get(name):
            yield count(name, [outcome.right for outcome in outcomes], GOALS.get(name))


def _told(hits: Iterable[StoredPassage]) -> str:
    return " / ".join(f"{hit.title[:16]} {hit.part.article or ''}" for hit in hits)


class _Memory:
    """Watches how much memory this process and its children hold."""

    def __init__(self) -> None:
        self.peak = 0
        """Bytes resident at once, the most that was seen."""
        self.own = 0
        """Of these, in this process."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bench-memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.05):
            own, *others = map(_resident, _tree(os.getpid()))
            if own + sum(others) > self.peak:
                self.peak, self.own = own + sum(others), own


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text(encoding="ascii").split()
        except OSError:
            continue  # the thread has ended meanwhile
        for child in children:
            yield from _tree(int(child))


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@bench_app.command("documents")
def documents_command(
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", file_okay=False, help="Empty folder in which files and library are kept."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", dir_okay=False, help="Write JSON too.")
    ] = None,
) -> None:
    """Read, split, cite and find over files with known answers; exit code 1 below a goal."""
    if folder and folder.is_dir() and any(folder.iterdir()):
        raise typer.BadParameter(f"{folder} is not empty", param_hint="--folder")
    console = Console(stderr=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="hugang-bench-") as temporary,
            console.status("making the files") as status,
        ):
            outcome = bench_documents(folder or Path(temporary), told=status.update)
    except (EvalError, KnowledgeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for table in _tables(outcome):
        Console().print(table)
    for name, wrong in outcome.wrong.items():
        for one in wrong:
            if one.seen:
                typer.echo(f"{name}: {one.what} -> {one.seen}", err=True)
    if json_file:
        json_file.write_text(outcome.model_dump_json(indent=1), encoding="utf-8")
    if outcome.missed:
        typer.echo(f"missed: {', '.join(outcome.missed)}", err=True)
        raise typer.Exit(1)


def _tables(outcome: DocumentBench) -> Iterator[Table]:
    figures = Table(
        title=f"{outcome.files} files, {outcome.passages} passages", title_justify="left"
    )
    figures.add_column("measure")
    for column in ("n", "right", "share", "95 %", "goal"):
        figures.add_column(column, justify="right")
    for row in outcome.rows:
        goal = "" if row.goal is None else f"{row.goal:.2f}{' missed' if row.is_missed else ''}"
        bounds = f"{row.interval.low:.3f}–{row.interval.high:.3f}"
        figures.add_row(row.name, str(row.n), str(row.right), f"{row.share:.3f}", bounds, goal)
    figures.caption = (
        f"peak memory {outcome.peak_mb:,.0f} MB ({outcome.own_mb:,.0f} of it outside of the readers),"
        f" goal below {MEMORY_GOAL_MB:,}"
    )
    yield figures
    times = Table(title="adding, by format", title_justify="left")
    times.add_column("format")
    for column in ("files", "pages", "passages", "seconds", "passages/s"):
        times.add_column(column, justify="right")
    for spent in outcome.times:
        times.add_row(
            spent.format,
            str(spent.files),
            str(spent.pages or "—"),
            str(spent.passages),
            f"{spent.seconds:.1f}",
            f"{spent.passages / spent.seconds:.1f}",
        )
    yield times
