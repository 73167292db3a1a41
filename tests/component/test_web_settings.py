"""Settings that are set on purpose: who may read, frame, upload to and queue at the web page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.settings import Settings
from knowledge.corpus import Corpus
from ui.api.app import MAX_PAGE_BODY_BYTES, create_app

FOREIGN = {"Origin": "https://elsewhere.test"}
JOIN = "/gradio_api/queue/join"


class SilentAdvisor:
    """An advisor that is never asked."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus


@pytest.fixture(scope="module")
def app(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(home=tmp_path_factory.mktemp("settings"), answers_open=24)
    return create_app(SilentAdvisor(corpus), settings)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/healthz", "/site/base.css"])
def test_a_foreign_origin_may_read_nothing(client: TestClient, path: str) -> None:
    response = client.get(path, headers=FOREIGN)
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", [JOIN, "/gradio_api/upload", "/api/v1/ask"])
def test_a_foreign_origin_may_send_nothing(client: TestClient, path: str) -> None:
    asked = {**FOREIGN, "Access-Control-Request-Method": "POST"}
    response = client.options(path, headers=asked)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/", "/?lang=en", "/config", "/docs"])
def test_no_other_site_may_frame_a_page(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert "frame-ancestors 'self'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("size", [0, 5, 2_000])
def test_no_file_is_taken(client: TestClient, size: int) -> None:
    response = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * size)})
    assert response.status_code == 403
    assert response.text == "No files are taken here."


def test_no_file_of_the_machine_is_served(client: TestClient, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    response = client.get(f"/gradio_api/file={secret}")
    assert response.status_code in (403, 404)
    assert "secret" not in response.text.replace(str(secret), "")


def test_a_body_that_no_conversation_fills_is_refused(client: TestClient) -> None:
    body = b'{"data": ["' + b"x" * MAX_PAGE_BODY_BYTES + b'"]}'
    response = client.post(JOIN, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def test_no_history_of_runs_no_analytics_no_open_endpoint(client: TestClient) -> None:
    assert client.get("/gradio_api/runs").status_code == 404
    assert client.get("/monitoring").status_code == 403
    assert client.get("/gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["show_error"] is False
    assert {one["api_visibility"] for one in config["dependencies"]} == {"private"}


def test_the_queue_is_as_long_as_the_settings_say_and_listening_takes_no_place_in_it(
    app: FastAPI,
) -> None:
    apps = (getattr(route, "app", None) for route in app.routes)
    blocks = next(one.get_blocks() for one in apps if hasattr(one, "get_blocks"))
    assert blocks._queue.max_size == 24
    asking = [one for one in blocks.fns.values() if one.api_name == "ask"]
    # How many answers are made at once is the business of `Answers`: see test_answering.
    assert [one.concurrency_limit for one in asking] == [None]
