"""Conversations and feedback over HTTP, and what of them no log may tell."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.settings import Settings
from bot.store.records import Asked, owner_of
from bot.store.store import Store
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app
from ui.api.problems import PROBLEM_JSON

KEY, OTHER = "k" * 43, "x" * 43
MINE, THEIRS = {"X-Hugang-Owner": KEY}, {"X-Hugang-Owner": OTHER}
TALK = "Jm3sZk0p9VtTq1xYc2dUeg"
AT = f"/api/v1/conversations/{TALK}"
SHOWN = {
    "lang": "en", "text": "said", "markdown": "**said**", "parts": [["head", "<p>ok</p>"]],
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def client(settings: Settings, corpus: Corpus) -> Iterator[TestClient]:
    with Store.of(settings) as store:
        asked = Asked(turn="m001", conversation=TALK, root="m001", question="q?", lang="en")
        store.conversations.begin(asked, owner_of(KEY), "v1")
        store.conversations.end("m001", "answered", SHOWN)
    with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as opened:
        yield opened


def test_a_conversation_is_listed_to_its_owner_and_read_by_its_link(client: TestClient) -> None:
    (line,) = client.get("/api/v1/conversations", headers=MINE).json()["conversations"]
    assert (line["id"], line["title"], line["turns"]) == (TALK, "q?", 1)
    assert client.get("/api/v1/conversations", headers=THEIRS).json() == {"conversations": []}
    for headers, owned in ((MINE, True), (THEIRS, False), ({}, False)):
        read = client.get(AT, headers=headers)
        assert read.headers["Cache-Control"] == "no-store"
        assert read.json()["owned"] is owned
        (turn,) = read.json()["asked"]
        assert (turn["message"], turn["parts"]) == ("m001", [["head", "<p>ok</p>"]])
        assert "owner" not in read.text
        assert owner_of(KEY) not in read.text


def test_the_owner_searches_with_the_words_in_the_body(client: TestClient) -> None:
    def search(words: str, headers: dict[str, str] = MINE) -> list[dict[str, object]]:
        answer = client.post("/api/v1/conversations/search", headers=headers, json={"words": words})
        assert answer.headers["Cache-Control"] == "no-store"
        return list(answer.json()["conversations"])

    (line,) = search("SAID")
    assert (line["id"], line["title"], line["line"]) == (TALK, "q?", "said")
    assert search("ok") == []  # HTML of the page is no text of the answer
    assert search("said", THEIRS) == []
    refused = client.post("/api/v1/conversations/search", json={"words": "said"})
    assert refused.status_code == 401 or refused.json()["code"] == "bad-owner"
    for words in ("", "x" * 101):
        wish = {"words": words}
        assert client.post("/api/v1/conversations/search", headers=MINE, json=wish).is_error


def test_the_owner_renames_deletes_and_brings_back(client: TestClient) -> None:
    assert client.patch(AT, headers=MINE, json={"title": "新"}).json()["title"] == "新"
    assert client.delete(AT, headers=MINE).status_code == 204
    assert client.get(AT).json()["code"] == "conversation-not-found"
    assert client.post(f"{AT}/restore", headers=MINE).json()["title"] == "新"
    assert client.get(AT).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", AT, {"title": "x"}),
        ("DELETE", AT, None),
        ("POST", f"{AT}/restore", None),
        ("POST", "/api/v1/feedback", {"turn": "m001", "verdict": "up"}),
        ("DELETE", "/api/v1/feedback/m001", None),
    ],
)
def test_whoever_is_not_the_owner_changes_nothing(
    client: TestClient, method: str, path: str, body: Any
) -> None:
    refused = client.request(method, path, headers=THEIRS, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-owner")
    assert refused.headers["Content-Type"] == PROBLEM_JSON
    for headers in ({}, {"X-Hugang-Owner": "short"}, {"X-Hugang-Owner": "a" * 500}):
        nobody = client.request(method, path, headers=headers, json=body)
        assert (nobody.status_code, nobody.json()["code"]) == (401, "bad-owner")
    (line,) = client.get("/api/v1/conversations", headers=MINE).json()["conversations"]
    assert line["title"] == "q?"


def test_feedback_is_given_shown_to_its_owner_and_taken_back(client: TestClient) -> None:
    wish = {"turn": "m001", "verdict": "down", "reason": "outdated", "text": " <b>alt</b> "}
    given = client.post("/api/v1/feedback", headers=MINE, json=wish)
    assert given.json()["text"] == "<b>alt</b>"
    assert given.json()["corpus"] == "v1"
    assert client.get(AT, headers=MINE).json()["asked"][0]["feedback"]["reason"] == "outdated"
    assert client.get(AT).json()["asked"][0]["feedback"] is None
    assert client.delete("/api/v1/feedback/m001", headers=MINE).status_code == 204
    assert client.get(AT, headers=MINE).json()["asked"][0]["feedback"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/v1/feedback", {"turn": "m001", "verdict": "maybe"}, 422, "bad-request"),
        ("/api/v1/feedback", {"turn": "m001", "verdict": "up", "reason": "x"}, 422, "bad-request"),
        ("/api/v1/feedback", {"turn": "M1'--", "verdict": "up"}, 422, "bad-request"),
        ("/api/v1/feedback", {"turn": "m404", "verdict": "up"}, 404, "turn-not-found"),
        ("/api/v1/feedback", {"turn": "m001", "verdict": "up", "txt": ""}, 422, "unknown-key"),
        (
            "/api/v1/feedback",
            {"turn": "m001", "verdict": "up", "text": "长" * 2001},
            422,
            "bad-request",
        ),
        (
            "/api/v1/feedback",
            {"turn": "m001", "verdict": "up", "text": "x" * 300_000},
            413,
            "body-too-large",
        ),
        (
            "/api/v1/conversations/unknown-conversation-here/restore",
            None,
            404,
            "conversation-not-found",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(
    client: TestClient, path: str, body: Any, status: int, code: str
) -> None:
    refused = client.post(path, headers=MINE, json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["Content-Type"] == PROBLEM_JSON


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_a_title_has_words_and_an_end(client: TestClient, title: str) -> None:
    assert client.patch(AT, headers=MINE, json={"title": title}).status_code == 422


def test_a_private_link_leads_to_the_page_with_the_id_behind_the_hash(client: TestClient) -> None:
    led = client.get(f"/c/{TALK}?lang=en", follow_redirects=False)
    assert led.headers["Location"] == f"/?lang=en#c={TALK}"
    assert led.headers["Referrer-Policy"] == "no-referrer"
    odd = client.get("/c/<script>alert(1)?lang=%22x", follow_redirects=False)
    assert odd.headers["Location"] == "/#c=unknown"


def test_no_log_names_a_key_or_a_conversation(
    client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    with caplog.at_level(logging.DEBUG):
        client.get(AT, headers=MINE)
        client.get(f"/c/{TALK}")
        client.post("/api/v1/feedback", headers=MINE, json={"turn": "m404", "verdict": "up"})
        monkeypatch.setattr("bot.store.conversations.Conversations.read", broken)
        assert client.get(AT, headers=MINE).status_code == 500
    ours = "\n".join(
        logging.Formatter().format(record)
        for record in caplog.records
        if not record.name.startswith(("httpx", "httpcore"))  # the test's own client
    )
    assert "/conversations/… failed" in ours
    assert not any(secret in ours for secret in (KEY, TALK, owner_of(KEY)))


def test_a_server_told_to_keep_nothing_has_no_such_endpoints_and_no_database(
    tmp_path: Path, corpus: Corpus
) -> None:
    settings = Settings(home=tmp_path / "none", keep_conversations=False)
    with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as client:
        for path in ("/api/v1/conversations", AT, "/api/v1/feedback", f"/c/{TALK}"):
            assert client.get(path, headers=MINE).status_code == 404
    assert not (tmp_path / "none").exists()


def test_the_description_names_the_endpoints_with_examples(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    rated = paths["/api/v1/feedback"]["post"]
    examples = rated["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        wish = example["value"] | {"turn": "m001"}
        assert client.post("/api/v1/feedback", headers=MINE, json=wish).status_code == 200
    assert {"200", "401", "403", "404", "422"} <= set(rated["responses"])
    assert "/api/v1/conversations/{conversation}" in paths
