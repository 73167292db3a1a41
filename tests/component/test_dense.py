from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus
from knowledge.errors import IndexFault
from knowledge.progress import Progress
from knowledge.search.dense import DATABASE, DenseIndex, LangVectors, _hnsw
from knowledge.search.embed import Embedder, Matrix, Vector, unit
from knowledge.search.index import SearchIndex
from knowledge.search.passage import passages_of
from knowledge.search.vectors import VECTORS_DIR, VectorCache, embed_passages

CASES = Path(__file__).parents[2] / "evals/cases/dev.jsonl"


@pytest.fixture(scope="module")
def queries(embedder: Embedder) -> list[tuple[Vector, PassageLang]]:
    """A hundred questions of the development cases, each with its language."""
    lines = CASES.read_text(encoding="utf-8").splitlines()[:100]
    cases = [json.loads(line) for line in lines]
    return [
        (embedder.query(case["question"]), "en" if case["lang"] == "en" else "zh") for case in cases
    ]


@pytest.fixture(scope="module")
def matrices(corpus: Corpus, embedder: Embedder) -> dict[PassageLang, Matrix]:
    """The vectors of the shipped passages, in corpus order."""
    passages = passages_of(corpus)
    cache = VectorCache.load(VECTORS_DIR, embedder.name)
    everything = embed_passages(passages, embedder, cache)
    half = len(corpus.refs)
    return {"zh": everything[:half], "en": everything[half:]}


def random_part(rows: int, seed: int) -> LangVectors:
    values = np.random.default_rng(seed).standard_normal((rows, 8))
    return LangVectors([FactRef(f"card#{at + 1}") for at in range(rows)], unit(values))


def test_the_search_is_exact(
    search_index: SearchIndex,
    corpus: Corpus,
    queries: list[tuple[Vector, PassageLang]],
    matrices: dict[PassageLang, Matrix],
) -> None:
    place = {ref: at for at, ref in enumerate(corpus.refs)}
    for vector, lang in queries:
        true = matrices[lang] @ vector
        fiftieth = np.sort(true)[-50]
        hits = search_index.dense.search(vector, lang, 50)
        assert len({hit.ref for hit in hits}) == 50
        for hit in hits:
            # As near as the fiftieth nearest, and the score is the cosine (float32 rounding).
            assert true[place[hit.ref]] >= fiftieth - 1e-5
            assert hit.score == pytest.approx(float(true[place[hit.ref]]), abs=1e-5)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)


def test_a_search_can_reach_every_passage(search_index: SearchIndex, corpus: Corpus) -> None:
    vector = unit(np.random.default_rng(7).standard_normal((1, 384)))[0]
    for lang in ("zh", "en"):
        found = [hit.ref for hit in search_index.dense.search(vector, lang, 10_000)]
        assert len(found) == search_index.dense.count(lang) == len(corpus.refs)
        assert set(found) == set(corpus.refs) == search_index.dense.refs(lang)


def test_half_of_the_searches_take_less_than_ten_milliseconds(
    search_index: SearchIndex, queries: list[tuple[Vector, PassageLang]]
) -> None:
    taken = []
    for vector, lang in queries:
        started = time.process_time()
        search_index.dense.search(vector, lang, 50)
        taken.append(time.process_time() - started)
    assert float(np.median(taken)) < 0.010


def test_eight_threads_get_what_one_gets(
    search_index: SearchIndex, queries: list[tuple[Vector, PassageLang]]
) -> None:
    def answer(item: tuple[Vector, PassageLang]) -> list[FactRef]:
        return [hit.ref for hit in search_index.dense.search(*item, 20)]

    alone = [answer(item) for item in queries]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(answer, queries * 4))
    assert together == alone * 4


def test_scores_reach_from_one_to_minus_one(tmp_path: Path) -> None:
    part = LangVectors(
        [FactRef("same#1"), FactRef("across#1"), FactRef("opposite#1")],
        unit([[1, 0], [0, 1], [-1, 0]]),
    )
    DenseIndex.build(tmp_path / "chroma", {"en": part})
    index = DenseIndex.open(tmp_path / "chroma")
    hits = index.search(unit([[1, 0]])[0], "en", 9)
    assert [hit.ref for hit in hits] == ["same#1", "across#1", "opposite#1"]
    assert [hit.score for hit in hits] == pytest.approx([1, 0, -1], abs=1e-6)
    assert all(-1 <= hit.score <= 1 for hit in hits)
    assert index.search(unit([[1, 0]])[0], "en", 0) == []
    assert index.search(unit([[1, 0]])[0], "zh", 9) == []
    index.close()


# A batch holds at most 250 rows, Chroma syncs from 2 rows on: sizes around both.
@pytest.mark.parametrize("rows", [1, 2, 3, 250, 251, 501])
def test_no_row_is_lost_whatever_the_number(tmp_path: Path, rows: int) -> None:
    part = random_part(rows, seed=rows)
    reports: list[Progress] = []
    DenseIndex.build(tmp_path / "chroma", {"zh": part}, reports.append)
    index = DenseIndex.open(tmp_path / "chroma")
    found = index.search(part.matrix[0], "zh", rows)
    assert {hit.ref for hit in found} == set(part.refs)
    assert found[0].ref == part.refs[0]
    assert reports[0].done == 0
    assert reports[-1].done == reports[-1].total == rows
    index.close()


def test_more_rows_than_a_search_keeps_in_view_are_searched_as_well(tmp_path: Path) -> None:
    part = random_part(5_000, seed=9)
    DenseIndex.build(tmp_path / "chroma", {"en": part})
    index = DenseIndex.open(tmp_path / "chroma")
    for vector in random_part(20, seed=10).matrix:
        nearest = np.argsort(-(part.matrix @ vector))[:120]
        found = {hit.ref for hit in index.search(vector, "en", 120)}
        assert len(found & {part.refs[at] for at in nearest}) >= 119
    index.close()


@pytest.mark.parametrize(("rows", "kept"), [(0, 2_000), (1_711, 2_000), (300_000, 10_000)])
def test_a_search_keeps_more_rows_in_view_where_there_are_many(rows: int, kept: int) -> None:
    part = LangVectors(range(rows), np.empty((0, 8), dtype=np.float32))  # type: ignore[arg-type]
    assert _hnsw(part)["ef_search"] == kept


def test_opening_and_searching_changes_only_chromas_own_database(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    DenseIndex.build(folder, {"zh": random_part(300, 1), "en": random_part(3, 2)})

    def files() -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(DATABASE)
        }

    before = files()
    for _ in range(3):
        index = DenseIndex.open(folder)
        index.search(random_part(1, 3).matrix[0], "zh", 300)
        index.close()
    assert files() == before
    assert len(before) >= 8  # four files or more a language


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closing_releases_every_file(tmp_path: Path) -> None:
    def held() -> list[str]:
        links = []
        for handle in Path("/proc/self/fd").iterdir():
            try:
                links.append(os.readlink(handle))
            except FileNotFoundError:
                continue
        return [link for link in links if link.startswith(str(tmp_path))]

    DenseIndex.build(tmp_path / "chroma", {"zh": random_part(300, 1)})
    first = DenseIndex.open(tmp_path / "chroma")
    second = DenseIndex.open(tmp_path / "chroma")
    first.close()
    first.close()
    assert len(second.search(random_part(1, 3).matrix[0], "zh", 5)) == 5
    assert held()
    second.close()
    deadline = time.monotonic() + 10  # Chroma's pool closes its connections in the background
    while held() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert held() == []


def test_an_index_can_be_moved_before_it_is_opened(tmp_path: Path) -> None:
    part = random_part(20, 5)
    DenseIndex.build(tmp_path / "here", {"zh": part})
    (tmp_path / "here").rename(tmp_path / "there")
    index = DenseIndex.open(tmp_path / "there")
    assert index.search(part.matrix[3], "zh", 1)[0].ref == part.refs[3]
    index.close()
    assert not (tmp_path / "here").exists()


def test_a_folder_without_an_index_is_refused_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match="hugang index build"):
        DenseIndex.open(tmp_path / "chroma")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_damaged_database_is_refused(tmp_path: Path, content: bytes) -> None:
    DenseIndex.build(tmp_path / "chroma", {"zh": random_part(20, 5)})
    (tmp_path / "chroma" / DATABASE).write_bytes(content)
    with pytest.raises(IndexFault, match="cannot be read"):
        DenseIndex.open(tmp_path / "chroma")
