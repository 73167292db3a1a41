from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from knowledge import index_cli
from knowledge.card import Bilingual, Instrument
from knowledge.corpus import Corpus
from knowledge.errors import IndexBusy, IndexFault
from knowledge.home import HOME_VARIABLE, default_home, index_folder
from knowledge.index_cli import shipped_texts
from knowledge.progress import Progress
from knowledge.search.embed import Embedder
from knowledge.search.index import IndexHome, SearchIndex, ensure_index
from knowledge.search.manifest import MANIFEST, IndexSpec, spec_for
from knowledge.search.passage import passages_of
from knowledge.search.segment import Segmenter
from knowledge.search.vectors import VECTORS_DIR, VectorCache

Remake = Callable[[Path], None]


def reduced(corpus: Corpus, first: int, count: int) -> Corpus:
    """Take a few cards out of the shipped ones, as a corpus of its own."""
    cards = dict(list(corpus.instruments.items())[first : first + count])
    return remade(corpus, cards, f"{first:06x}{count:06x}")


def remade(corpus: Corpus, cards: dict[str, Instrument], digest: str) -> Corpus:
    version = corpus.version.model_copy(update={"digest": digest})
    return Corpus(cards, {}, corpus.issuers, version)


@pytest.fixture(scope="module")
def small(corpus: Corpus) -> Corpus:
    return reduced(corpus, 0, 10)


@pytest.fixture(scope="module")
def spec(small: Corpus, embedder: Embedder, segmenter: Segmenter) -> IndexSpec:
    return spec_for(small, embedder, segmenter)


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory,
    small: Corpus,
    embedder: Embedder,
    segmenter: Segmenter,
) -> Path:
    """A finished index of ten cards; tests work on copies."""
    folder = tmp_path_factory.mktemp("built") / "index"
    IndexHome(folder).build(small, embedder, segmenter)
    return folder


@pytest.fixture
def home(built: Path, tmp_path: Path) -> IndexHome:
    return IndexHome(Path(shutil.copytree(built, tmp_path / "index")))


def version_folder(home: IndexHome) -> Path:
    assert home.current is not None
    return home.folder / "versions" / home.current


def assert_whole(index: SearchIndex, corpus: Corpus, embedder: Embedder) -> None:
    """Every passage is counted, reached and found by its own text and vector."""
    cache = VectorCache.load(VECTORS_DIR, embedder.name)
    passages = passages_of(corpus)
    found = cache.lookup(passages).found
    for lang in ("zh", "en"):
        assert index.dense.count(lang) == index.lexical.count(lang) == len(corpus.refs)
        assert index.lexical.refs(lang) == set(corpus.refs)
    for at in range(0, len(passages), 7):
        passage = passages[at]
        dense = index.dense.search(found[at], passage.lang, 10_000)
        assert {hit.ref for hit in dense} == set(corpus.refs)
        assert dense[0].score == pytest.approx(1, abs=1e-3)
        assert passage.ref in {hit.ref for hit in dense[:3]}
        lexical = index.lexical.search(passage.content, passage.lang, 3)
        assert passage.ref in {hit.ref for hit in lexical}


def test_an_absent_index_is_built_and_then_only_opened(
    tmp_path: Path, small: Corpus, embedder: Embedder, segmenter: Segmenter, spec: IndexSpec
) -> None:
    home = IndexHome(tmp_path / "deep" / "index")
    assert home.status(spec).state == "absent"
    assert not home.folder.exists()
    with pytest.raises(IndexFault, match="hugang index build"):
        home.open(segmenter)
    reports: list[Progress] = []
    with ensure_index(home, small, embedder, segmenter, reports.append) as first:
        assert_whole(first, small, embedder)
    ends = [(item.stage, item.total) for item in reports if item.done == item.total]
    wanted = len(small.refs) * 2
    assert list(dict.fromkeys(ends)) == [
        ("embed", 0),  # the shipped vectors cover all
        ("dense", wanted),
        ("lexical", wanted),
        ("check", wanted),
    ]
    reports.clear()
    with ensure_index(home, small, embedder, segmenter, reports.append) as second:
        assert second.version == first.version
    assert reports == []
    assert home.status(spec).state == "ready"
    assert home.status(spec).reasons == ()


def test_the_whole_corpus_is_built_from_the_shipped_vectors_and_opened_in_a_fraction_of_that(
    tmp_path: Path, corpus: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    # Processor time, and of one against the other: a busy machine must not fail the test.
    home = IndexHome(tmp_path / "index")
    began = time.process_time()
    with ensure_index(home, corpus, embedder, segmenter) as index:
        built = time.process_time() - began
        counted = {lang: index.dense.count(lang) for lang in ("zh", "en")}
        assert counted == {"zh": len(corpus.refs), "en": len(corpus.refs)}
    opened = []
    for _ in range(3):
        began = time.process_time()
        ensure_index(home, corpus, embedder, segmenter).close()
        opened.append(time.process_time() - began)
    assert min(opened) < built / 4


def test_the_manifest_tells_what_the_index_was_built_with(home: IndexHome, spec: IndexSpec) -> None:
    manifest = json.loads((version_folder(home) / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["spec"] == spec.model_dump(mode="json")
    assert manifest["built_at"].endswith("Z")
    assert {name.split("/")[0] for name in manifest["files"]} == {"chroma", "tantivy"}


def test_other_cards_other_words_or_another_embedder_make_it_stale(
    home: IndexHome, corpus: Corpus, embedder: Embedder, spec: IndexSpec
) -> None:
    other = spec_for(reduced(corpus, 5, 10), embedder, Segmenter(["点心债"]))
    status = home.status(other.model_copy(update={"embedder": "another-1"}))
    assert status.state == "stale"
    assert {reason.what for reason in status.reasons} >= {"corpus", "segmenter", "embedder"}
    (line,) = [str(reason) for reason in status.reasons if reason.what == "embedder"]
    assert line == f"embedder: seen {spec.embedder!r}, expected 'another-1'"


def test_an_index_fits_as_long_as_the_passages_are_the_same(
    home: IndexHome, corpus: Corpus, small: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    """Routes, issuers and example questions are not indexed: a change there rebuilds nothing."""
    version = small.version.model_copy(update={"digest": "f" * 12})
    routed = Corpus(small.instruments, corpus.routes, {}, version, corpus.asks)
    assert home.status(spec_for(routed, embedder, segmenter)).state == "ready"
    before = home.current
    ensure_index(home, routed, embedder, segmenter).close()
    assert home.current == before


def _with_other_title(card: Instrument) -> Instrument:
    return card.model_copy(update={"title": Bilingual(zh="别的题目", en="Another title")})


def _with_other_fact(card: Instrument) -> Instrument:
    fact = card.facts[0].model_copy(update={"en": "Another sentence."})
    return card.model_copy(update={"facts": (fact, *card.facts[1:])})


@pytest.mark.parametrize("change", [_with_other_title, _with_other_fact])
def test_a_changed_passage_makes_the_index_stale_whatever_the_corpus_is_called(
    home: IndexHome,
    small: Corpus,
    embedder: Embedder,
    segmenter: Segmenter,
    change: Callable[[Instrument], Instrument],
) -> None:
    card_id, card = next(iter(small.instruments.items()))
    other = remade(small, {**small.instruments, card_id: change(card)}, small.version.digest)
    status = home.status(spec_for(other, embedder, segmenter))
    assert status.state == "stale"
    assert [reason.what for reason in status.reasons] == ["corpus"]  # as many passages as before


def test_a_changed_remark_on_a_card_leaves_the_index_as_it_is(
    home: IndexHome, small: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    card_id, card = next(iter(small.instruments.items()))
    other = card.model_copy(update={"notes": ("for the editor",), "status": "pilot"})
    noted = remade(small, {**small.instruments, card_id: other}, "e" * 12)
    assert home.status(spec_for(noted, embedder, segmenter)).state == "ready"


def test_a_stale_index_is_replaced_and_the_one_before_is_kept(
    home: IndexHome, corpus: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    names = [home.current]
    for first in (3, 6, 9):
        other = reduced(corpus, first, 10)
        with ensure_index(home, other, embedder, segmenter) as index:
            assert_whole(index, other, embedder)
        names.append(home.current)
        kept = {path.name for path in (home.folder / "versions").iterdir()}
        assert kept == set(names[-2:])


def test_an_open_index_goes_on_however_many_versions_are_published(
    home: IndexHome, small: Corpus, corpus: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    def names() -> set[str]:
        return {path.name for path in (home.folder / "versions").iterdir()}

    vector = embedder.query("备案")
    with home.open(segmenter) as old:
        for first in (3, 6, 9):
            home.build(reduced(corpus, first, 10), embedder, segmenter)
        assert old.version in names()
        # Many threads at once make Chroma open its database anew.
        with ThreadPoolExecutor(16) as pool:
            found = pool.map(lambda _: len(old.dense.search(vector, "zh", 1000)), range(200))
        assert set(found) == {len(small.refs)}
        assert_whole(old, small, embedder)
    home.build(small, embedder, segmenter)
    assert old.version not in names()
    assert len(names()) == 2


def test_a_lease_of_a_dead_process_keeps_nothing(
    home: IndexHome, corpus: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    old = version_folder(home)
    (old / "readers").mkdir(exist_ok=True)
    (old / "readers" / "0123456789abcdef.lock").touch()  # a lock ends with its process
    for first in (3, 6):
        home.build(reduced(corpus, first, 10), embedder, segmenter)
    assert not old.exists()


def test_only_changed_facts_are_embedded_and_once(
    home: IndexHome, small: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    card_id, card = next(iter(small.instruments.items()))
    fact = card.facts[0].model_copy(update={"zh": "新的一句。", "en": "A new sentence."})
    changed = card.model_copy(update={"facts": (fact, *card.facts[1:])})
    fresh = remade(small, {**small.instruments, card_id: changed}, "0123456789ab")

    def embedded() -> int:
        reports: list[Progress] = []
        home.build(fresh, embedder, segmenter, reports.append)
        return max(item.total for item in reports if item.stage == "embed")

    assert embedded() == 2  # one fact, two languages
    assert embedded() == 0
    with home.open(segmenter) as index:
        (hit,) = index.dense.search(embedder.passages([passages_of(fresh)[0].content])[0], "zh", 1)
        assert hit.ref == fresh.refs[0]
        assert hit.score > 0.999
    home.build(small, embedder, segmenter)
    # What no card says any more is not kept.
    assert len(VectorCache.load(home.folder / "vectors", embedder.name)) == 0


def _truncate(name: str) -> Remake:
    def remake(version: Path) -> None:
        for path in version.rglob(name):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return remake


def _remove(name: str) -> Remake:
    def remake(version: Path) -> None:
        for path in sorted(version.rglob(name), reverse=True):  # what is deeper comes first
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remake


def _overwrite(name: str) -> Remake:
    def remake(version: Path) -> None:
        for path in version.rglob(name):
            path.write_bytes(b"\xff" * path.stat().st_size)

    return remake


def _add_stray_file(version: Path) -> None:
    (version / "tantivy" / "zh" / "stray.idx").write_bytes(b"stray")


DAMAGES = {
    "no manifest": _remove(MANIFEST),
    "half a manifest": _truncate(MANIFEST),
    "no dense index": _remove("chroma"),
    "no database": _remove("chroma.sqlite3"),
    "half a database": _truncate("chroma.sqlite3"),
    "no database at all": _overwrite("chroma.sqlite3"),
    "half the vectors": _truncate("data_level0.bin"),
    "other vectors": _overwrite("data_level0.bin"),
    "no graph header": _remove("header.bin"),
    "half the row names": _truncate("index_metadata.pickle"),
    "no lexical index": _remove("tantivy"),
    "half the terms": _truncate("*.term"),
    "other postings": _overwrite("*.idx"),
    "no list of segments": _remove("meta.json"),
    "a stray file": _add_stray_file,
    "an empty folder": _remove("*"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_index_is_rebuilt_with_a_log_line(
    home: IndexHome,
    small: Corpus,
    embedder: Embedder,
    segmenter: Segmenter,
    damage: Remake,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = home.current
    damage(version_folder(home))
    caplog.set_level("INFO")
    with ensure_index(home, small, embedder, segmenter) as index:
        assert index.version != before
        assert_whole(index, small, embedder)
    assert any(str(before) in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no-such-version\n", b"../../elsewhere"])
def test_a_damaged_pointer_is_rebuilt(
    home: IndexHome, small: Corpus, embedder: Embedder, segmenter: Segmenter, content: bytes
) -> None:
    (home.folder / "current").write_bytes(content)
    with ensure_index(home, small, embedder, segmenter) as index:
        assert index.dense.count("zh") == len(small.refs)


def test_counts_that_differ_from_the_manifest_are_refused(
    home: IndexHome, segmenter: Segmenter
) -> None:
    path = version_folder(home) / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["spec"]["passages"]["en"] += 1
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(IndexFault, match=r"en passages: seen \d+ dense and \d+ lexical"):
        home.open(segmenter)


def test_a_build_that_fails_leaves_the_index_as_it_was(
    home: IndexHome, small: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "lexical":
            raise KeyboardInterrupt

    before = home.current
    with pytest.raises(KeyboardInterrupt):
        home.build(small, embedder, segmenter, stop)
    assert home.current == before
    assert [path.name for path in (home.folder / "versions").iterdir()] == [before]
    assert not home.is_building()
    with home.open(segmenter) as index:
        assert_whole(index, small, embedder)


def test_a_second_builder_is_told_who_builds(
    home: IndexHome, small: Corpus, embedder: Embedder, segmenter: Segmenter, spec: IndexSpec
) -> None:
    with home.writing():
        with pytest.raises(IndexBusy, match=f"held by process {os.getpid()}"):
            home.build(small, embedder, segmenter)
        assert home.is_building()
        assert home.status(spec).state == "ready"  # what is there fits, whatever is being built
        shutil.rmtree(home.folder / "versions")
        status = home.status(spec)
        assert (status.state, status.builder_pid) == ("building", os.getpid())
        with pytest.raises(IndexBusy):
            ensure_index(home, small, embedder, segmenter, wait_s=0)
    assert home.status(spec).state == "damaged"


def test_an_index_of_the_same_cards_is_served_while_another_is_built(
    home: IndexHome, small: Corpus, corpus: Corpus, embedder: Embedder
) -> None:
    with home.writing():
        with ensure_index(home, small, embedder, Segmenter(["点心债"]), wait_s=0) as index:
            assert index.version == home.current
        with pytest.raises(IndexBusy):
            ensure_index(home, reduced(corpus, 5, 10), embedder, Segmenter(["点心债"]), wait_s=0)


def test_a_folder_that_cannot_be_written_is_named_with_a_remedy(
    tmp_path: Path, small: Corpus, embedder: Embedder, segmenter: Segmenter
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(IndexFault, match=HOME_VARIABLE):
        ensure_index(IndexHome(tmp_path / "file" / "index"), small, embedder, segmenter)


def test_the_home_folder_is_the_one_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "mine"))
    assert default_home() == tmp_path / "mine"
    assert index_folder() == tmp_path / "mine" / "index"
    monkeypatch.setenv(HOME_VARIABLE, "  ")
    assert default_home() == Path(__file__).parents[2] / "var"
    monkeypatch.setattr("knowledge.home._ROOT", tmp_path)
    assert default_home().name == "hugang"
    assert not (tmp_path / "mine").exists()


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, small: Corpus) -> CliRunner:
    monkeypatch.setattr(index_cli, "load_corpus", lambda: small)
    return CliRunner()


def test_the_command_builds_and_tells_the_state(cli: CliRunner) -> None:
    absent = cli.invoke(index_cli.index_app, ["status"])
    assert absent.exit_code == 1
    assert absent.stdout.startswith("absent: ")
    built = cli.invoke(index_cli.index_app, ["build"])
    assert built.exit_code == 0, built.output
    assert built.stdout.startswith("ready: ")
    ready = cli.invoke(index_cli.index_app, ["status", "--json"])
    assert ready.exit_code == 0
    assert json.loads(ready.stdout)["state"] == "ready"
    first = IndexHome(index_folder()).current
    assert cli.invoke(index_cli.index_app, ["build"]).exit_code == 0
    assert IndexHome(index_folder()).current == first
    assert cli.invoke(index_cli.index_app, ["build", "--force"]).exit_code == 0
    assert IndexHome(index_folder()).current != first


def test_the_command_tells_a_known_error_in_one_line(
    cli: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "file"))
    result = cli.invoke(index_cli.index_app, ["build"])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


def test_the_command_refreshes_the_shipped_vectors(
    cli: CliRunner,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    small: Corpus,
    corpus: Corpus,
    embedder: Embedder,
) -> None:
    """Half of the vectors stay, one is new, the rest goes."""
    shipped = VectorCache.load(VECTORS_DIR, embedder.name)
    used = shipped_texts(small)
    old = used[1:]
    other = passages_of(reduced(corpus, 9, 3))
    held = [*old, *(item for item in other if item.content not in {one.content for one in used})]
    found = shipped.lookup(held).found
    shipped.of(held, [found[at] for at in range(len(held))]).save(tmp_path)  # type: ignore[arg-type]
    monkeypatch.setattr(index_cli, "VECTORS_DIR", tmp_path)
    result = cli.invoke(index_cli.index_app, ["cache"])
    assert result.exit_code == 0, result.output
    assert f" {len(old)} kept, 1 embedded, {len(held) - len(old)} dropped" in result.stdout
    refreshed = VectorCache.load(tmp_path, embedder.name)
    assert refreshed.lookup(used).missing == ()
    assert len(refreshed) == len({item.content for item in used})
    again = cli.invoke(index_cli.index_app, ["cache"])
    assert " 0 embedded, 0 dropped" in again.stdout
