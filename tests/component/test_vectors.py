from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.card import FactRef
from knowledge.corpus import Corpus
from knowledge.index_cli import shipped_texts
from knowledge.progress import Progress
from knowledge.search.centre import Centres
from knowledge.search.embed import Embedder, Matrix, Vector, unit
from knowledge.search.passage import PASSAGE_LANGS, Passage, passages_of
from knowledge.search.vectors import VECTORS_DIR, VectorCache, embed_passages


class CountingEmbedder:
    """Makes a vector of a text's length and remembers what it was asked for."""

    dim = 2

    def __init__(self, name: str = "counting-1") -> None:
        self.name = name
        self.asked: list[str] = []

    def query(self, text: str) -> Vector:
        return self.queries([text])[0]

    def queries(self, texts: Sequence[str]) -> Matrix:
        return unit([[len(text), 1] for text in texts])

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        return unit([[len(text), 1] for text in texts])


def passage(card: str, text: str) -> Passage:
    return Passage(ref=FactRef(f"{card}#1"), lang="zh", title="办法", text=text)


ONE, TWO, THREE = passage("a", "备案"), passage("b", "核准登记"), passage("c", "汇出不设上限")


def test_the_shipped_vectors_cover_every_passage_and_example(
    corpus: Corpus, embedder: Embedder
) -> None:
    texts = shipped_texts(corpus)
    missing = VectorCache.load(VECTORS_DIR, embedder.name).lookup(texts).missing
    assert len(missing) == 0, (
        f"{len(missing)} of {len(texts)} texts have no shipped vector, the first is"
        f" {texts[missing[0]].content!r}. Run: hugang index cache"
    )


def test_the_shipped_vectors_are_what_the_embedder_gives_today(
    corpus: Corpus, embedder: Embedder
) -> None:
    sample = random.Random(20261122).sample(passages_of(corpus), 12)
    cached = VectorCache.load(VECTORS_DIR, embedder.name).lookup(sample).found
    fresh = embedder.passages([item.content for item in sample])
    cosines = [float(cached[at] @ fresh[at]) for at in range(len(sample))]
    assert min(cosines) > 0.999


def test_the_shipped_vectors_hold_nothing_else(corpus: Corpus, embedder: Embedder) -> None:
    distinct = {item.content for item in shipped_texts(corpus)}
    assert len(VectorCache.load(VECTORS_DIR, embedder.name)) == len(distinct)


def test_a_question_and_a_passage_get_unit_vectors_of_the_same_space(embedder: Embedder) -> None:
    question = embedder.query("境外直接投资怎么备案")
    near, far = embedder.passages(["境外直接投资实行备案管理。", "保险公司须每年披露偿付能力。"])
    assert question.shape == near.shape == (embedder.dim,)
    assert question.dtype == near.dtype == np.float32
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
    assert question @ near > question @ far


@pytest.mark.parametrize("text", ["", " ", "\ud800", "a\0b"])
def test_odd_text_can_be_embedded(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.query(text)).all()
    assert np.isfinite(embedder.passages([text])).all()


def test_text_after_a_nul_is_embedded_too(embedder: Embedder) -> None:
    assert embedder.query("备案\0核准") @ embedder.query("备案 核准") == pytest.approx(1, abs=1e-4)


def test_only_missing_passages_are_embedded() -> None:
    embedder = CountingEmbedder()
    cache = VectorCache(embedder.name, {}).of([TWO], unit([[1, 2]]))
    reports: list[Progress] = []
    matrix = embed_passages([ONE, TWO, THREE], embedder, cache, reports.append)
    assert embedder.asked == [ONE.content, THREE.content]
    assert matrix == pytest.approx(unit([[len(ONE.content), 1], [1, 2], [len(THREE.content), 1]]))
    assert [(item.done, item.total) for item in reports] == [(0, 2), (2, 2)]


def test_a_vector_belongs_to_title_and_text_whatever_the_fact() -> None:
    cache = VectorCache("counting-1", {}).of([ONE], unit([[1, 2]]))
    moved = ONE.model_copy(update={"ref": FactRef("z#9")})
    retitled = ONE.model_copy(update={"title": "规定"})
    assert cache.lookup([moved]).missing == ()
    assert cache.lookup([retitled]).missing == (0,)


def test_a_saved_cache_comes_back_with_unit_vectors(tmp_path: Path) -> None:
    saved = VectorCache("counting/1 β", {}).of([ONE, TWO], unit([[1, 2], [-3, 1]]))
    path = saved.save(tmp_path / "new")
    loaded = VectorCache.load(tmp_path / "new", "counting/1 β")
    assert loaded.lookup([ONE, TWO, THREE]).missing == (2,)
    found = loaded.lookup([ONE, TWO]).found
    assert found[1] == pytest.approx(unit([[-3, 1]])[0], abs=1e-3)
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-6)
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_equal_vectors_give_an_equal_file(tmp_path: Path) -> None:
    rows = unit([[1, 2], [-3, 1]])
    empty = VectorCache("counting-1", {})
    first = empty.of([ONE, TWO], rows).save(tmp_path / "a").read_bytes()
    second = empty.of([TWO, ONE], rows[::-1]).save(tmp_path / "b").read_bytes()
    assert first == second


def test_embedders_do_not_share_vectors(tmp_path: Path) -> None:
    VectorCache("counting-1", {}).of([ONE], unit([[1, 2]])).save(tmp_path)
    assert len(VectorCache.load(tmp_path, "counting-2")) == 0
    with pytest.raises(ValueError, match=r"counting-1.*counting-2"):
        embed_passages([ONE], CountingEmbedder("counting-2"), VectorCache("counting-1", {}))


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 cut off"])
def test_a_damaged_cache_costs_time_and_not_the_start(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    VectorCache.path(tmp_path, "counting-1").write_bytes(content)
    assert len(VectorCache.load(tmp_path, "counting-1")) == 0
    assert "cannot be read" in caplog.text


def test_a_truncated_cache_costs_time_and_not_the_start(tmp_path: Path) -> None:
    path = VectorCache("counting-1", {}).of([ONE, TWO], unit([[1, 2], [3, 4]])).save(tmp_path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        assert len(VectorCache.load(tmp_path, "counting-1")) == 0


def test_no_passages_give_an_empty_matrix() -> None:
    embedder = CountingEmbedder()
    assert embed_passages([], embedder, VectorCache(embedder.name, {})).shape == (0, 2)


def test_the_shipped_means_are_those_of_the_shipped_cards(
    corpus: Corpus, embedder: Embedder
) -> None:
    passages = passages_of(corpus)
    found = VectorCache.load(VECTORS_DIR, embedder.name).lookup(passages).found
    centres = Centres.load(embedder.name, embedder.dim)
    for lang in PASSAGE_LANGS:
        own = np.array([found[at] for at, one in enumerate(passages) if one.lang == lang])
        # A few edited cards move it less than this; another collection moves it more.
        assert np.linalg.norm(own.astype(np.float32).mean(axis=0) - centres.passages[lang]) < 0.02
        assert np.linalg.norm(centres.queries[lang]) > 0.5
