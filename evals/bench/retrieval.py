"""`hugang bench retrieval`: the product's own search on any data set in BEIR's form.

What is measured is finding alone: both indexes, their fusion, and the query side (folding,
simplified characters, synonyms). What only cards have takes no part: example questions of facts
and the feedback that rests on them, boosts, dates.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.language import detect_lang, passage_lang, search_form
from bot.retrieval.evidence import SEARCH_LIMIT
from bot.timing import Stopwatch
from evals.bench.answer import WARM_UP, bench_app
from evals.bench.beir import DataSet, DataSetError, read_data_set
from evals.bench.collection import Collection
from evals.provenance import git_revision, python_version
from evals.stats import Percentiles, mean, percentiles
from knowledge.card import Frozen, PassageLang
from knowledge.errors import KnowledgeError
from knowledge.glossary import Glossary, load_glossary
from knowledge.progress import OnProgress, unreported
from knowledge.progress_bar import progress_bars
from knowledge.search.across import OTHER, above_floor, across, translated
from knowledge.search.embed import Embedder, open_embedder
from knowledge.search.fuse import FusedHit, fuse
from knowledge.search.passage import PASSAGE_LANGS, Hit
from knowledge.search.segment import Segmenter

Method = Literal["lexical", "dense", "fused"]
METHODS: tuple[Method, ...] = get_args(Method)
CUT = 10
"""Ranks that count."""


class Measures(Frozen):
    """Figures of one method over all queries, as trec_eval has them."""

    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float
    ndcg_at_10: float
    map_at_10: float


class RetrievalBench(Frozen):
    """The outcome of one benchmark."""

    corpus: str
    """Name of the corpus file."""
    digest: str
    lang: PassageLang | Literal["detected"]
    passages: Mapping[PassageLang, int]
    queries: Mapping[PassageLang, int]
    """Queries asked, by language."""
    unjudged: int
    """Queries left out, because no passage is relevant to them."""
    measures: Mapping[Literal["all", "zh", "en"], Mapping[Method, Measures]]
    """Over all queries, and over those of each language."""
    passages_per_second: float
    build_seconds: Mapping[Literal["embed", "dense", "lexical"], float]
    reused: bool
    """Whether the index was kept from an earlier run, so that the two figures above are its."""
    query_ms: Mapping[str, Percentiles]
    """By stage, `total` last."""
    embedder: str
    segmenter: str
    python: str
    revision: str | None
    started: dt.datetime


class Ranked(NamedTuple):
    """What one query found."""

    lang: PassageLang
    ids: Mapping[Method, Sequence[str]]
    """The first `CUT` passages of each method, best first."""
    times_ms: Mapping[str, float]


class Searcher:
    """Asks a collection as the adviser asks its cards."""

    def __init__(self, collection: Collection, embedder: Embedder, glossary: Glossary) -> None:
        """Take over the opened parts."""
        self._collection = collection
        self._embedder = embedder
        self._glossary = glossary

    def search(self, query: str, lang: PassageLang | None = None) -> Ranked:
        """Rank passages for a query: those of its own language, and the other's by a quota.

        The other language is searched by the same vector and by what the glossary translates.

        Args:
            query: what is asked.
            lang: its language; None to detect it.
        """
        watch = Stopwatch()
        with watch.stage("understand"):
            own = lang or passage_lang(detect_lang(query))
            other = OTHER[own]
            text = search_form(query)
            expansions = self._glossary.expansions(text, own)
            abroad = translated(text, own, self._glossary)
        with watch.stage("embed"):
            vector = self._embedder.query(text)
        dense, lexical = self._collection.dense, self._collection.lexical
        with watch.stage("dense"):
            near = above_floor(dense.search(vector, own, SEARCH_LIMIT))
            far = above_floor(dense.search(vector, other, SEARCH_LIMIT))
        with watch.stage("lexical"):
            worded = lexical.search(text, own, SEARCH_LIMIT, expansions)
            reworded = lexical.search(abroad, other, SEARCH_LIMIT)
        with watch.stage("fuse"):
            fused = across(fuse(near, worded), fuse(far, reworded))
        times = watch.read()
        return Ranked(
            lang=own,
            ids={
                "lexical": self._first(across(_alone(worded), _alone(reworded))),
                "dense": self._first(across(_alone(near), _alone(far))),
                "fused": self._first(fused),
            },
            times_ms=times,
        )

    def _first(self, hits: Sequence[FusedHit]) -> list[str]:
        return [self._collection.id_of(hit.ref) for hit in hits[:CUT]]


def _alone(hits: Sequence[Hit]) -> list[FusedHit]:
    return fuse(hits, ())


def measure(
    qrels: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]]
) -> Measures:
    """Hold rankings against judgements.

    Args:
        qrels: score by passage, by query; every query has a relevant passage.
        rankings: passages best first, by query; the same queries. A query that found nothing
            counts 0. Only the first `CUT` count.
    """
    import pytrec_eval  # 0.4 s to import, and only a run needs it

    evaluator = pytrec_eval.RelevanceEvaluator(
        {query: dict(scores) for query, scores in qrels.items()},
        {f"recall.5,{CUT}", "recip_rank", f"ndcg_cut.{CUT}", f"map_cut.{CUT}"},
    )
    # The reciprocal rank has no cut of its own, so that what lies beyond is left out of the run.
    found = evaluator.evaluate(
        {
            query: {passage: float(-rank) for rank, passage in enumerate(ranking[:CUT])}
            for query, ranking in rankings.items()
        }
    )

    def over(name: str) -> float:
        return mean([float(found.get(query, {}).get(name, 0.0)) for query in qrels])

    return Measures(
        recall_at_5=over("recall_5"),
        recall_at_10=over(f"recall_{CUT}"),
        mrr_at_10=over("recip_rank"),
        ndcg_at_10=over(f"ndcg_cut_{CUT}"),
        map_at_10=over(f"map_cut_{CUT}"),
    )


def bench_retrieval(
    data: DataSet,
    folder: Path,
    *,
    lang: PassageLang | None = None,
    building: OnProgress = unreported,
    asking: Callable[[int, int], None] = lambda _done, _total: None,
) -> RetrievalBench:
    """Index a data set, ask its queries one after the other, and measure.

    Args:
        data: what `read_data_set` has read.
        folder: where the indexes lie, or are to lie.
        lang: language of all passages and queries; None to detect that of each.
        building: told while the index is built.
        asking: told how many queries are done, and of how many.

    Raises:
        DataSetError: the folder holds something else.
        KnowledgeError: the embedder is missing, or the index cannot be written.
    """
    started = dt.datetime.now(tz=dt.UTC).replace(microsecond=0)
    embedder, glossary = open_embedder(), load_glossary()
    segmenter = Segmenter(glossary.user_words())
    with contextlib.closing(
        Collection.open(folder, data, lang, embedder, segmenter, building)
    ) as collection:
        searcher = Searcher(collection, embedder, glossary)
        for query in data.queries[:WARM_UP]:
            searcher.search(query.text, lang)
        ranked: dict[str, Ranked] = {}
        for query in data.queries:
            ranked[query.id] = searcher.search(query.text, lang)
            asking(len(ranked), len(data.queries))
    groups: dict[Literal["all", "zh", "en"], list[str]] = {"all": list(ranked)}
    for own in PASSAGE_LANGS:
        if ids := [query for query, found in ranked.items() if found.lang == own]:
            groups[own] = ids
    return RetrievalBench(
        corpus=data.corpus.name,
        digest=data.digest,
        lang=lang or "detected",
        passages=collection.built.passages,
        queries={own: len(groups.get(own, ())) for own in PASSAGE_LANGS},
        unjudged=data.unjudged,
        measures={
            group: {
                method: measure(
                    {query: data.qrels[query] for query in ids},
                    {query: ranked[query].ids[method] for query in ids},
                )
                for method in METHODS
            }
            for group, ids in groups.items()
        },
        passages_per_second=collection.built.passages_per_second,
        build_seconds=collection.built.seconds,
        reused=collection.reused,
        query_ms={
            stage: percentiles([found.times_ms[stage] for found in ranked.values()])
            for stage in next(iter(ranked.values())).times_ms
        },
        embedder=embedder.name,
        segmenter=segmenter.name,
        python=python_version(),
        revision=git_revision(),
        started=started,
    )


@bench_app.command("retrieval")
def retrieval_command(
    corpus: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Passages: corpus.jsonl.")
    ],
    queries: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Queries: queries.jsonl.")
    ],
    qrels: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Judgements: qrels.tsv.")
    ],
    lang: Annotated[
        PassageLang | None,
        typer.Option(help="Language of all passages and queries; else that of each is detected."),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="Folder in which the index is kept and found again, also a half-built one;"
            " else it is built in a temporary one.",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", dir_okay=False, help="Write JSON too.")
    ] = None,
) -> None:
    """Index a data set in BEIR's form with the product's own retriever, and measure it."""
    if json_file and not json_file.absolute().parent.is_dir():
        raise typer.BadParameter(f"{json_file.parent} is no folder", param_hint="--json")
    try:
        data = read_data_set(corpus, queries, qrels)
        with _folder(keep) as folder, _bar() as (building, asking):
            outcome = bench_retrieval(data, folder, lang=lang, building=building, asking=asking)
    except (DataSetError, KnowledgeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for table in _tables(outcome):
        Console().print(table)
    if json_file:
        try:
            json_file.write_text(outcome.model_dump_json(indent=1), encoding="utf-8")
        except OSError as error:
            typer.echo(f"{json_file}: cannot be written: {error.strerror}.", err=True)
            raise typer.Exit(1) from error


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        yield keep
        return
    # Windows does not remove what Chroma's background threads have not closed yet.
    with tempfile.TemporaryDirectory(
        prefix="hugang-bench-", ignore_cleanup_errors=True
    ) as temporary:
        yield Path(temporary)


@contextlib.contextmanager
def _bar() -> Iterator[tuple[OnProgress, Callable[[int, int], None]]]:
    """Show each step of building the index, and the queries, as a bar."""
    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with progress_bars(*columns) as show:
        yield (
            lambda progress: show(progress.stage, progress.done, progress.total),
            lambda done, total: show("queries", done, total),
        )


def _tables(outcome: RetrievalBench) -> Iterator[Table]:
    held = ", ".join(f"{count} {lang}" for lang, count in outcome.passages.items())
    asked = ", ".join(f"{count} {lang}" for lang, count in outcome.queries.items())
    left_out = f"; {outcome.unjudged} without a relevant passage left out" * bool(outcome.unjudged)
    found = Table(
        title=f"{outcome.corpus}: {held} passages; {asked} queries{left_out}",
        title_justify="left",
    )
    found.add_column("queries")
    found.add_column("method")
    for column in ("recall@5", "recall@10", "MRR@10", "nDCG@10", "MAP@10"):
        found.add_column(column, justify="right")
    groups = outcome.measures if len(outcome.measures) > 2 else {"all": outcome.measures["all"]}
    for group, methods in groups.items():
        for method, measures in methods.items():
            found.add_row(group, method, *(f"{value:.3f}" for _, value in measures))
        found.add_section()
    yield found
    spent = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in outcome.build_seconds.items())
    kept = " (kept from an earlier run)" * outcome.reused
    times = Table(
        title=f"{outcome.passages_per_second:.1f} passages/s{kept}: {spent}",
        title_justify="left",
    )
    times.add_column("query stage")
    for column in ("p50 ms", "p95 ms", "mean ms"):
        times.add_column(column, justify="right")
    for stage, spread in outcome.query_ms.items():
        times.add_row(stage, f"{spread.p50:.1f}", f"{spread.p95:.1f}", f"{spread.mean:.1f}")
    yield times
