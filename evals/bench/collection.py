"""Collections: the passages of a data set in the product's own indexes, each language apart.

    <folder>/about.json   what the collection is built from and with
    <folder>/vectors/     embeddings while it is built; an interrupted build goes on from them
    <folder>/chroma/, <folder>/tantivy/
    <folder>/built.json   written last: how many passages, how long each step took

A passage goes by its place in the corpus file: line n is `passage#n`, whatever its own id.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple, Self, TypeVar

import numpy as np
from pydantic import ValidationError

from bot.language import detect_lang, passage_lang, to_simplified
from evals.bench.beir import DataSet, DataSetError, Document
from knowledge.card import FactRef, Frozen, PassageLang
from knowledge.errors import IndexFault
from knowledge.progress import OnProgress, Progress, unreported
from knowledge.search.build import CHROMA, TANTIVY
from knowledge.search.dense import DenseIndex, LangVectors
from knowledge.search.embed import Embedder, Matrix
from knowledge.search.lexical import LexicalIndex
from knowledge.search.passage import PASSAGE_LANGS, Passage
from knowledge.search.segment import Segmenter

LAYOUT = 1
"""Number of the folder layout and of how passages are brought into form; raise it with every change."""
_BATCH = 32
_SAVED_EVERY = 1024
"""Passages between two records of how far embedding has come: at most so many are lost."""
_ABOUT, _BUILT, _VECTORS, _DONE = "about.json", "built.json", "vectors", "done.json"
_CARD = "passage"

_Record = TypeVar("_Record", bound=Frozen)


class About(Frozen):
    """All that decides whether a kept collection may stand for a data set."""

    layout: int
    corpus: str
    """Digest of the corpus file."""
    lang: PassageLang | Literal["detected"]
    embedder: str
    segmenter: str
    chromadb: str
    tantivy: str


class Built(Frozen):
    """Record of a finished collection."""

    passages: Mapping[PassageLang, int]
    seconds: Mapping[Literal["embed", "dense", "lexical"], float]
    """Time spent on each step, over all runs if it was interrupted."""

    @property
    def passages_per_second(self) -> float:
        """Over all steps."""
        return sum(self.passages.values()) / max(sum(self.seconds.values()), 1e-9)


class Collection(NamedTuple):
    """An opened collection."""

    ids: tuple[str, ...]
    dense: DenseIndex
    lexical: LexicalIndex
    built: Built
    reused: bool
    """Whether it was found complete."""

    @classmethod
    def open(
        cls,
        folder: Path,
        data: DataSet,
        lang: PassageLang | None,
        embedder: Embedder,
        segmenter: Segmenter,
        progress: OnProgress = unreported,
    ) -> Self:
        """Open the collection in a folder; build it, or go on building it, where it is not complete.

        Args:
            folder: empty, absent, or of a collection of this data set.
            data: its passages.
            lang: language of all passages; None to detect that of each.
            embedder: embeds passages here and queries later.
            segmenter: splits passages here and queries later.
            progress: told after every batch of every step.

        Raises:
            DataSetError: the folder holds something else, or a damaged collection.
            IndexFault: the indexes cannot be written.
        """
        about = About(
            layout=LAYOUT,
            corpus=data.digest,
            lang=lang or "detected",
            embedder=embedder.name,
            segmenter=segmenter.name,
            chromadb=metadata.version("chromadb"),
            tantivy=metadata.version("tantivy"),
        )
        _claim(folder, about)
        built = _read(folder / _BUILT, Built)
        reused = built is not None
        if built is None:
            built = _build(folder, _Passages(data, lang), embedder, segmenter, progress)
        try:
            lexical = LexicalIndex.open(folder / TANTIVY, segmenter)
            dense = DenseIndex.open(folder / CHROMA)
        except IndexFault as fault:
            raise DataSetError(
                f"{folder}: the collection kept here is damaged. Delete the folder and run again."
            ) from fault
        return cls(data.ids, dense, lexical, built, reused)

    def id_of(self, ref: FactRef) -> str:
        """Return a passage's own id."""
        return self.ids[ref.fact_id - 1]

    def close(self) -> None:
        """Release the files."""
        self.dense.close()
        self.lexical.close()


class _Passages:
    """The passages of a data set in the form in which they are indexed, read one by one."""

    def __init__(self, data: DataSet, lang: PassageLang | None) -> None:
        self._data = data
        self._langs = [lang or _lang_of(document) for document in data.documents()]

    def __iter__(self) -> Iterator[Passage]:
        rows = zip(self._data.documents(), self._langs, strict=True)
        for at, (document, lang) in enumerate(rows, start=1):
            # Questions are searched in simplified characters.
            form = to_simplified if lang == "zh" else str
            yield Passage(
                ref=FactRef.of(_CARD, at),
                lang=lang,
                title=form(document.title),
                text=form(document.text),
            )

    def __len__(self) -> int:
        return len(self._langs)

    def refs(self, lang: PassageLang) -> list[FactRef]:
        return [FactRef.of(_CARD, at) for at, own in enumerate(self._langs, start=1) if own == lang]


class _Done(Frozen):
    """How far embedding has come."""

    passages: int = 0
    seconds: float = 0.0


def _lang_of(document: Document) -> PassageLang:
    return passage_lang(detect_lang(f"{document.title}\n{document.text}"))


def _claim(folder: Path, about: About) -> None:
    """Make the folder ours.

    Raises:
        DataSetError: it holds a collection of something else, or other files.
    """
    path = folder / _ABOUT
    seen = _read(path, About)
    if seen == about:
        return
    if seen is not None:
        differing = [
            f"{name} seen {ours!r}, expected {wanted!r}"
            for name, ours in seen
            if ours != (wanted := getattr(about, name))
        ]
        raise DataSetError(
            f"{folder}: holds a collection built from something else: {'; '.join(differing)}."
            " Name another folder, or delete this one."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DataSetError(
                f"{folder}: seen files that are no collection; expected an empty folder, or one"
                " kept by an earlier run. Name another folder."
            )
        path.write_text(about.model_dump_json(indent=1), encoding="utf-8")
    except OSError as error:
        raise DataSetError(f"{folder}: cannot be written: {error.strerror}.") from error


def _build(
    folder: Path,
    passages: _Passages,
    embedder: Embedder,
    segmenter: Segmenter,
    progress: OnProgress,
) -> Built:
    refs = {lang: passages.refs(lang) for lang in PASSAGE_LANGS}
    sizes = {lang: len(own) for lang, own in refs.items()}
    seconds: dict[Literal["embed", "dense", "lexical"], float] = {}
    matrices, seconds["embed"] = _embed(folder / _VECTORS, passages, sizes, embedder, progress)
    # What an interrupted build left of the indexes is of no use.
    for name in (CHROMA, TANTIVY):
        shutil.rmtree(folder / name, ignore_errors=True)
    started = time.monotonic()
    vectors = {lang: LangVectors(refs[lang], matrices[lang]) for lang in PASSAGE_LANGS}
    DenseIndex.build(folder / CHROMA, vectors, progress)
    seconds["dense"] = time.monotonic() - started
    started = time.monotonic()
    LexicalIndex.build(folder / TANTIVY, passages, segmenter, progress)
    seconds["lexical"] = time.monotonic() - started
    built = Built(passages=sizes, seconds=seconds)
    (folder / _BUILT).write_text(built.model_dump_json(indent=1), encoding="utf-8")
    del vectors, matrices  # closes the files, which Windows does not remove while they are open
    shutil.rmtree(folder / _VECTORS, ignore_errors=True)
    return built


def _embed(
    folder: Path,
    passages: _Passages,
    sizes: Mapping[PassageLang, int],
    embedder: Embedder,
    progress: OnProgress,
) -> tuple[dict[PassageLang, Matrix], float]:
    """Embed all passages into files, going on where an earlier run stopped.

    Returns:
        By language, the vectors in the order of the passages, backed by files; seconds spent.
    """
    done = _read(folder / _DONE, _Done) or _Done()
    folder.mkdir(exist_ok=True)
    matrices = {
        lang: _stored(folder / f"{lang}.npy", rows, embedder.dim, fresh=not done.passages)
        for lang, rows in sizes.items()
    }
    ends = dict.fromkeys(sizes, 0)
    waiting = iter(passages)
    for passage in islice(waiting, done.passages):
        ends[passage.lang] += 1
    at, started = done.passages, time.monotonic() - done.seconds
    progress(Progress(stage="embed", done=at, total=len(passages)))
    while batch := list(islice(waiting, _BATCH)):
        # Without a title the text stands alone, not under an empty line.
        rows = embedder.passages([passage.content.strip() for passage in batch])
        for passage, row in zip(batch, rows, strict=True):
            matrices[passage.lang][ends[passage.lang]] = row
            ends[passage.lang] += 1
        at += len(batch)
        if at % _SAVED_EVERY == 0 or at == len(passages):
            for matrix in matrices.values():
                if isinstance(matrix, np.memmap):
                    matrix.flush()
            reached = _Done(passages=at, seconds=time.monotonic() - started)
            (folder / _DONE).write_text(reached.model_dump_json(), encoding="utf-8")
        progress(Progress(stage="embed", done=at, total=len(passages)))
    return matrices, time.monotonic() - started


def _stored(path: Path, rows: int, dim: int, *, fresh: bool) -> Matrix:
    """Open a matrix that lies in a file; one of no rows has none, for no file can be mapped empty."""
    if rows == 0:
        return np.empty((0, dim), dtype=np.float32)
    mode: Literal["w+", "r+"] = "w+" if fresh else "r+"
    return np.lib.format.open_memmap(path, mode=mode, dtype=np.float32, shape=(rows, dim))


def _read(path: Path, form: type[_Record]) -> _Record | None:
    """Read a record; None where there is none."""
    try:
        return form.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise DataSetError(
            f"{path}: cannot be read: {error}. Delete {path.parent}, or name another folder."
        ) from error
