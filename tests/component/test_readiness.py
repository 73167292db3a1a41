"""`/readyz`: not ready without index, store or room on the disk, or once the server stops."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

import ui.api.health
from bot.settings import Settings
from bot.store.store import Store
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(ui.api.health, "_FRESH_S", 0.0)
    return Settings(home=tmp_path / "home")


def reasons(client: TestClient) -> tuple[int, list[str]]:
    found = client.get("/readyz")
    return found.status_code, found.json()["reasons"]


def test_a_server_that_can_do_everything_is_ready(settings: Settings, corpus: Corpus) -> None:
    with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as client:
        assert reasons(client) == (200, [])


def test_a_database_that_takes_nothing_is_found_by_writing_to_it(
    settings: Settings, corpus: Corpus
) -> None:
    with (
        TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as client,
        Store.of(settings) as store,
    ):
        with store._database.writing() as session:
            session.execute(
                text(
                    "CREATE TRIGGER full BEFORE UPDATE ON schema_version"
                    " BEGIN SELECT RAISE(ABORT, 'full'); END"
                )
            )
        assert reasons(client) == (503, ["store: the database cannot be read and written"])
        assert client.get("/healthz").status_code == 200
        with store._database.writing() as session:
            session.execute(text("DROP TRIGGER full"))
        assert reasons(client) == (200, [])


def test_a_full_disk_is_told_before_anything_is_lost(
    settings: Settings, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(settings.home.parent)._replace(free=42_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as client:
        assert reasons(client) == (503, ["disk: 42 MB are free in the data folder, 100 needed"])


def test_a_server_that_stops_says_so_at_once_and_takes_no_question(
    settings: Settings, corpus: Corpus
) -> None:
    app = create_app(ScriptedAdvisor(corpus), settings, web=False)
    with TestClient(app) as client:
        assert reasons(client) == (200, [])
        app.state.work.stop()
        assert reasons(client) == (503, ["stopping"])
        found = client.post("/api/v1/ask", json={"question": "税率多少？"})
        assert (found.status_code, found.json()["code"]) == (503, "stopping")
        assert int(found.headers["Retry-After"]) > 0


def test_more_answers_than_may_be_under_way_are_refused(settings: Settings, corpus: Corpus) -> None:
    bounded = settings.model_copy(update={"answers_open": 1})
    app = create_app(ScriptedAdvisor(corpus), bounded, web=False)
    with TestClient(app) as client, app.state.work.one():
        found = client.post("/api/v1/ask", json={"question": "税率多少？"})
        assert (found.status_code, found.json()["code"]) == (503, "busy")
