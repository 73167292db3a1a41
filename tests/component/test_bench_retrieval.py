"""`hugang bench retrieval`: data sets in BEIR's form through the real embedder and indexes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from evals.bench import collection as collection_module
from evals.bench.beir import MOST_PROBLEMS, DataSet, DataSetError, read_data_set
from evals.bench.cli import bench_app
from evals.bench.collection import Collection
from evals.bench.retrieval import (
    RetrievalBench,
    Searcher,
    bench_retrieval,
    measure,
)
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.glossary import load_glossary
from knowledge.progress import Progress
from knowledge.search.across import OTHER_LANGUAGE_QUOTA, OTHER_LANGUAGE_SHARE, across
from knowledge.search.embed import Embedder, Matrix, Vector
from knowledge.search.fuse import FusedHit
from knowledge.search.passage import passages_of
from knowledge.search.segment import Segmenter
from knowledge.search.vectors import VECTORS_DIR, VectorCache, embed_passages


class Files(NamedTuple):
    corpus: Path
    queries: Path
    qrels: Path

    @property
    def options(self) -> list[str]:
        return [part for name, path in self._asdict().items() for part in (f"--{name}", str(path))]


def write_set(
    folder: Path,
    corpus: Sequence[dict[str, Any]],
    queries: Sequence[dict[str, Any]],
    qrels: Sequence[tuple[str, str, int]],
) -> Files:
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels.tsv")
    for path, lines in ((files.corpus, corpus), (files.queries, queries)):
        path.write_text(
            "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8"
        )
    rows = [("query-id", "corpus-id", "score"), *qrels]
    path = files.qrels
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return files


def run(files: Files, *options: str) -> Any:
    return CliRunner().invoke(bench_app, ["retrieval", *files.options, *options])


def outcome_of(files: Files, folder: Path, *options: str) -> RetrievalBench:
    written = folder / "outcome.json"
    done = run(files, "--json", str(written), *options)
    assert done.exit_code == 0, done.output
    return RetrievalBench.model_validate_json(written.read_bytes())


# --- a small set from the cards: 60 passages, 20 queries; half ask for what the other language has


@pytest.fixture(scope="module")
def files(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Files:
    texts = {(passage.ref, passage.lang): passage for passage in passages_of(corpus)}
    picked = [ref for ref in corpus.refs if ref in corpus.asks][::42][:40]
    held: dict[FactRef, tuple[PassageLang, ...]] = {
        ref: ("zh", "en") if at < 20 else ("zh",) if at < 30 else ("en",)
        for at, ref in enumerate(picked)
    }
    asked: list[tuple[PassageLang, FactRef]] = [
        *(("zh", ref) for ref in picked[:5]),
        *(("en", ref) for ref in picked[5:10]),
        *(("zh", ref) for ref in picked[30:35]),
        *(("en", ref) for ref in picked[20:25]),
    ]
    return write_set(
        tmp_path_factory.mktemp("cards"),
        [
            {"_id": f"{ref}/{lang}", "title": passage.title, "text": passage.text, "metadata": {}}
            for ref, langs in held.items()
            for lang in langs
            for passage in [texts[ref, lang]]
        ],
        [
            {"_id": f"{lang} asks {ref}", "text": corpus.asks[ref].texts(lang)[0]}
            for lang, ref in asked
        ],
        [(f"{lang} asks {ref}", f"{ref}/{own}", 1) for lang, ref in asked for own in held[ref]],
    )


class Shipped(NamedTuple):
    """The embedder, with the shipped vectors of the cards' passages: the same, in no time."""

    embedder: Embedder
    cache: VectorCache
    asked: list[str]

    @property
    def name(self) -> str:
        return self.embedder.name

    @property
    def dim(self) -> int:
        return self.embedder.dim

    def query(self, text: str) -> Vector:
        return self.embedder.query(text)

    def queries(self, texts: Sequence[str]) -> Matrix:
        return self.embedder.queries(texts)

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.asked.extend(texts)
        return embed_passages([Text(text) for text in texts], self.embedder, self.cache)


class Text(NamedTuple):
    content: str


@pytest.fixture(scope="module")
def data(files: Files) -> DataSet:
    return read_data_set(*files)


@pytest.fixture(scope="module")
def kept(
    data: DataSet,
    embedder: Embedder,
    segmenter: Segmenter,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "index"
    shipped = Shipped(embedder, VectorCache.load(VECTORS_DIR, embedder.name), [])
    Collection.open(folder, data, None, shipped, segmenter).close()
    return folder


def test_the_command_prints_and_writes_every_figure(
    files: Files, kept: Path, tmp_path: Path
) -> None:
    written = tmp_path / "outcome.json"
    done = run(files, "--keep", str(kept), "--json", str(written))
    assert done.exit_code == 0, done.output
    for told in ("30 zh, 30 en", "recall@5", "MRR@10", "nDCG@10", "MAP@10", "passages/s", "embed"):
        assert told in done.stdout
    outcome = RetrievalBench.model_validate_json(written.read_bytes())
    assert outcome.passages == {"zh": 30, "en": 30}
    assert outcome.queries == {"zh": 10, "en": 10}
    assert (outcome.unjudged, outcome.lang) == (0, "detected")
    assert outcome.passages_per_second > 0
    assert set(outcome.build_seconds) == {"embed", "dense", "lexical"}
    for stage in ("embed", "dense", "lexical", "fuse", "total"):
        assert outcome.query_ms[stage].n == 20
        assert 0 < outcome.query_ms[stage].p50 <= outcome.query_ms[stage].p95
    assert set(outcome.measures) == {"all", "zh", "en"}
    fused = outcome.measures["all"]["fused"]
    assert fused.recall_at_10 >= 0.9
    assert fused.recall_at_10 >= fused.recall_at_5 > 0.5
    for measures in outcome.measures["all"].values():
        assert measures.map_at_10 <= measures.ndcg_at_10 <= 1


def test_a_passage_that_only_the_other_language_has_is_found(
    data: DataSet, kept: Path, embedder: Embedder, segmenter: Segmenter
) -> None:
    with closing(Collection.open(kept, data, None, embedder, segmenter)) as collection:
        searcher = Searcher(collection, embedder, load_glossary())
        reached = 0
        for query in data.queries[10:]:
            (wanted,) = data.qrels[query.id]
            found = searcher.search(query.text)
            assert found.lang == query.id[:2] != wanted[-2:]
            # Neither language starves the other, whatever the scale of its scores.
            for method in ("dense", "fused"):
                assert {id_[-2:] for id_ in found.ids[method]} == {"zh", "en"}
            assert found.ids["fused"][0].endswith(found.lang)
            reached += wanted in found.ids["fused"]
    assert reached >= 8


def test_a_query_of_the_own_language_finds_its_passage_among_both(
    data: DataSet, kept: Path, embedder: Embedder, segmenter: Segmenter
) -> None:
    with closing(Collection.open(kept, data, None, embedder, segmenter)) as collection:
        searcher = Searcher(collection, embedder, load_glossary())
        for query in data.queries[:10]:
            found = searcher.search(query.text)
            own = next(id_ for id_ in data.qrels[query.id] if id_.endswith(found.lang))
            assert own in found.ids["fused"][:5]


def test_a_given_language_is_that_of_all(files: Files, tmp_path: Path) -> None:
    outcome = outcome_of(files, tmp_path, "--lang", "zh")
    assert outcome.passages == {"zh": 60, "en": 0}
    assert outcome.queries == {"zh": 20, "en": 0}
    assert outcome.lang == "zh"
    assert set(outcome.measures) == {"all", "zh"}


# --- a kept collection


def test_a_kept_collection_is_found_again_and_only_by_its_own_data_set(
    files: Files, kept: Path, tmp_path: Path
) -> None:
    before = sorted(path for path in kept.rglob("*") if "chroma" not in path.name)
    first, second = (outcome_of(files, tmp_path, "--keep", str(kept)) for _ in range(2))
    assert first.reused
    assert second.reused
    assert first.measures == second.measures
    assert first.build_seconds == second.build_seconds
    assert sorted(path for path in kept.rglob("*") if "chroma" not in path.name) == before
    other = write_set(
        tmp_path / "other",
        [{"_id": "a", "text": "b"}],
        [{"_id": "q", "text": "b"}],
        [("q", "a", 1)],
    )
    for refused, why in (
        (run(other, "--keep", str(kept)), "corpus seen"),
        (run(files, "--keep", str(kept), "--lang", "en"), "lang seen 'detected', expected 'en'"),
        (run(files, "--keep", str(tmp_path)), "seen files that are no collection"),
    ):
        assert refused.exit_code == 1
        assert why in refused.stderr
        assert "another folder" in refused.stderr


class Stop(Exception):
    pass


@pytest.mark.parametrize(("stage", "left"), [("embed", 28), ("dense", 0), ("lexical", 0)])
def test_an_interrupted_build_goes_on_where_it_stopped(
    data: DataSet,
    kept: Path,
    embedder: Embedder,
    segmenter: Segmenter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    left: int,
) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == stage and progress.done:
            raise Stop

    monkeypatch.setattr(collection_module, "_SAVED_EVERY", 32)
    shipped = Shipped(embedder, VectorCache.load(VECTORS_DIR, embedder.name), [])
    with pytest.raises(Stop):
        Collection.open(tmp_path / "index", data, None, shipped, segmenter, stop)
    shipped.asked.clear()
    whole = Collection.open(kept, data, None, shipped, segmenter)
    resumed = Collection.open(tmp_path / "index", data, None, shipped, segmenter)
    with closing(whole), closing(resumed):
        assert len(shipped.asked) == left
        assert not resumed.reused
        searchers = [Searcher(one, embedder, load_glossary()) for one in (whole, resumed)]
        for query in data.queries:
            one, other = (searcher.search(query.text) for searcher in searchers)
            assert one.ids == other.ids


def test_a_damaged_collection_is_named(
    data: DataSet, embedder: Embedder, segmenter: Segmenter, kept: Path, tmp_path: Path
) -> None:
    for name in ("about.json", "built.json"):
        (tmp_path / name).write_bytes((kept / name).read_bytes())
    with pytest.raises(DataSetError, match="is damaged"):
        Collection.open(tmp_path, data, None, embedder, segmenter)
    (tmp_path / "built.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataSetError, match=r"built\.json: cannot be read"):
        Collection.open(tmp_path, data, None, embedder, segmenter)


# --- figures that can be worked out by hand


def test_the_measures_are_those_of_trec_eval() -> None:
    outcome = measure(
        {
            "two": {"a": 1, "b": 1, "x": 0},
            "graded": {"a": 2, "b": 1},
            "nothing found": {"a": 1},
            "too late": {"a": 1},
        },
        {
            "two": ["x", "a", "y", "b"],
            "graded": ["u", "v", "w", "x", "y", "b"],
            "nothing found": [],
            "too late": [*"bcdefghijk", "a"],
        },
    )
    log = math.log2
    ndcg_two = (1 / log(3) + 1 / log(5)) / (1 + 1 / log(3))
    ndcg_graded = (1 / log(7)) / (2 + 1 / log(3))
    assert outcome.recall_at_5 == pytest.approx((1 + 0) / 4)
    assert outcome.recall_at_10 == pytest.approx((1 + 1 / 2) / 4)
    assert outcome.mrr_at_10 == pytest.approx((1 / 2 + 1 / 6) / 4)
    assert outcome.ndcg_at_10 == pytest.approx((ndcg_two + ndcg_graded) / 4)
    assert outcome.map_at_10 == pytest.approx(((1 / 2 + 2 / 4) / 2 + (1 / 6) / 2) / 4)


def test_words_alone_find_what_shares_words_and_nothing_else(tmp_path: Path) -> None:
    # Ids of any form; lines of other keys, an empty line and a mark of byte order do no harm.
    files = write_set(
        tmp_path,
        [
            {"_id": "MED-10", "title": "Fruit", "text": "Apples ripen in autumn."},
            {"_id": 7, "title": None, "text": "The quota is reviewed every year."},
            {"_id": "d #3/甲", "text": "A lender is a bank.\u2028It is licensed.\0"},
            {"_id": "empty", "text": ""},
        ],
        [
            {"_id": "found", "text": "ripening apples"},
            {"_id": "second", "text": "apples ripen under a quota"},
            {"_id": "hidden", "text": "credit institutions"},
            {"_id": "unjudged", "text": "who reviews it"},
        ],
        [
            ("found", "MED-10", 1),
            ("second", "7", 1),
            ("hidden", "d #3/甲", 2),
            ("unjudged", "7", 0),
        ],
    )
    corpus = files.corpus.read_bytes()
    files.corpus.write_bytes(b"\xef\xbb\xbf" + corpus.replace(b"\n", b"\r\n\r\n"))
    outcome = outcome_of(files, tmp_path)
    assert outcome.passages == {"zh": 0, "en": 4}
    assert outcome.queries == {"zh": 0, "en": 3}
    assert outcome.unjudged == 1
    # Found first, found second, not found.
    lexical = outcome.measures["all"]["lexical"]
    assert lexical.recall_at_5 == lexical.recall_at_10 == pytest.approx(2 / 3)
    assert lexical.mrr_at_10 == lexical.map_at_10 == pytest.approx((1 + 1 / 2) / 3)
    assert lexical.ndcg_at_10 == pytest.approx((1 + 1 / math.log2(3)) / 3)
    # Sense reaches all four passages.
    assert outcome.measures["all"]["dense"].recall_at_5 == 1


def test_either_script_is_found_in_either(tmp_path: Path) -> None:
    files = write_set(
        tmp_path,
        [{"_id": "hant", "text": "離岸貿易結算"}, {"_id": "hans", "text": "债券发行登记"}],
        [{"_id": "s", "text": "离岸贸易结算"}, {"_id": "t", "text": "債券發行登記"}],
        [("s", "hant", 1), ("t", "hans", 1)],
    )
    outcome = outcome_of(files, tmp_path)
    assert outcome.passages == {"zh": 2, "en": 0}
    assert outcome.measures["all"]["lexical"].mrr_at_10 == 1


def hits(name: str, scores: Sequence[float]) -> list[FusedHit]:
    return [FusedHit(FactRef.of(name, at), score) for at, score in enumerate(scores, start=1)]


def test_the_other_language_comes_by_its_quota_and_below_the_best() -> None:
    own = hits("own", [1.0, 0.8, 0.1])
    other = hits("other", [1.0] * OTHER_LANGUAGE_QUOTA + [1.0])
    merged = across(own, other)
    assert [hit.ref for hit in merged[:3]] == ["own#1", "own#2", "other#1"]
    assert merged[2].score == OTHER_LANGUAGE_SHARE
    assert merged[-1].ref == "own#3"
    assert len(merged) == len(own) + OTHER_LANGUAGE_QUOTA
    assert [hit.ref for hit in across([], hits("other", [1.0, 0.5]))] == ["other#1", "other#2"]
    assert across(own, []) == own


# --- input that cannot be used

GOOD = {
    "corpus": '{"_id": "d", "title": "", "text": "t"}\n',
    "queries": '{"_id": "q", "text": "t"}\n',
    "qrels": "query-id\tcorpus-id\tscore\nq\td\t1\n",
}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("corpus", '{"_id": "d", "text": "t"}\n{"_id": \n', "corpus.jsonl line 2: seen text that"),
        ("corpus", '{"_id": "d"}\n', "corpus.jsonl line 1, text: seen nothing"),
        ("corpus", '{"text": "t"}\n', "corpus.jsonl line 1, _id: seen nothing"),
        ("corpus", '{"_id": "", "text": "t"}\n', "line 1, _id: seen an empty string"),
        ("corpus", '{"_id": "d", "text": ["t"]}\n', "line 1, text: seen ['t']"),
        ("corpus", "[1]\n", "line 1: seen [1]; expected a JSON object"),
        ("corpus", b'{"_id": "d", "text": "\xff"}\n', "line 1: seen text that is not JSON (bytes"),
        ("corpus", GOOD["corpus"] * 2, "line 2, _id: seen 'd' a second time"),
        ("corpus", "\n", "corpus.jsonl: seen an empty file"),
        ("queries", "", "queries.jsonl: seen an empty file"),
        ("queries", '{"_id": "q", "text": " "}\n', "queries.jsonl line 1, text: seen ' '"),
        ("queries", '{"_id": "q"}\n', "queries.jsonl line 1, text: seen nothing"),
        ("qrels", "q\td\t1\n", "qrels.tsv line 1: seen 'q\\td\\t1'; expected the header"),
        ("qrels", "", "expected the header query-id <tab> corpus-id <tab> score"),
        ("qrels", "query-id\tcorpus-id\tscore\n", "seen a header and nothing below it"),
        ("qrels", f"{GOOD['qrels']}q d 1\n", "line 3: seen 'q d 1'; expected three columns"),
        ("qrels", f"{GOOD['qrels']}q\td\tyes\n", "line 3, score: seen 'yes'"),
        ("qrels", f"{GOOD['qrels']}q\td\t2\n", "line 3, score: seen 2; expected 1, as on line 2"),
        ("qrels", f"{GOOD['qrels']}q\tx\t1\n", "line 3, corpus-id: seen 'x'"),
        ("qrels", f"{GOOD['qrels']}x\td\t1\n", "line 3, query-id: seen 'x'"),
        ("qrels", GOOD["qrels"].replace("\t1", "\t0"), "seen no score above 0"),
    ],
)
def test_bad_input_is_told_by_file_and_line(
    tmp_path: Path, name: str, content: str | bytes, told: str
) -> None:
    files = Files(tmp_path / "corpus.jsonl", tmp_path / "queries.jsonl", tmp_path / "qrels.tsv")
    for path, (kind, good) in zip(files, GOOD.items(), strict=True):
        given = content if kind == name else good
        path.write_bytes(given if isinstance(given, bytes) else given.encode())
    done = run(files)
    assert done.exit_code == 1
    assert told in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


def test_a_file_of_the_wrong_kind_is_told_by_its_first_lines(tmp_path: Path) -> None:
    files = write_set(tmp_path, [{"body": n} for n in range(99)], [{"_id": "q", "text": "t"}], [])
    files.qrels.write_text(GOOD["qrels"], encoding="utf-8")
    told = run(files).stderr.splitlines()
    assert len(told) == MOST_PROBLEMS + 1
    assert told[-1] == "There may be more: reading stopped here."


def test_wrong_options_are_told_before_anything_is_read(tmp_path: Path) -> None:
    files = write_set(tmp_path, [{"_id": "d", "text": "t"}], [{"_id": "q", "text": "t"}], [])
    absent = files._replace(corpus=tmp_path / "absent.jsonl")
    assert run(absent).exit_code == 2
    assert run(files, "--json", str(tmp_path / "none" / "out.json")).exit_code == 2
    assert run(files, "--lang", "fr").exit_code == 2


def test_without_a_folder_to_keep_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    small = write_set(
        tmp_path, [{"_id": "d", "text": "quota"}], [{"_id": "q", "text": "quota"}], [("q", "d", 1)]
    )
    outcome = outcome_of(small, tmp_path)
    assert not outcome.reused
    assert outcome.measures["all"]["fused"].mrr_at_10 == 1
    assert list((tmp_path / "temporary").iterdir()) == []


def test_progress_is_told_to_the_end(data: DataSet, kept: Path) -> None:
    asked: list[tuple[int, int]] = []
    bench_retrieval(data, kept, asking=lambda done, total: asked.append((done, total)))
    assert asked == [(at, 20) for at in range(1, 21)]
