"""What a tenant's manager sees and may delete: sums, records, and what is kept of a visitor."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.settings import Settings
from bot.store.store import Store
from bot.store.tenants import TenantProfile
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app
from ui.cli import app
from ui.forget import owner_of_visitor

EN = {"Accept-Language": "en"}
ANSWERED, DECLINED = "企业财资中心的税率？", "天气好吗？"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}", **EN}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HUGANG_HOME", str(tmp_path / "home"))
    return Settings(home=tmp_path / "home")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.of(settings) as opened:
        for tenant in ("bank-a", "bank-b"):
            name = Bilingual(zh=tenant, en=tenant)
            opened.tenants.create(tenant, TenantProfile(name=name))
        yield opened


@pytest.fixture
def client(store: Store, settings: Settings, corpus: Corpus) -> Iterator[TestClient]:
    with TestClient(create_app(ScriptedAdvisor(corpus), settings, web=False)) as opened:
        yield opened


def key(store: Store, *scopes: Any, tenant: str = "bank-a") -> str:
    return store.keys.create(tenant, scopes).secret


@pytest.fixture
def asked(client: TestClient, store: Store) -> str:
    """Two visitors of bank-a and one of bank-b have asked; returns a manager's key of bank-a."""
    for tenant, visitor, questions in (
        ("bank-a", "one", (ANSWERED, DECLINED, DECLINED)),
        ("bank-a", "two", (ANSWERED,)),
        ("bank-b", "one", (ANSWERED,)),
    ):
        wish = {"visitor": visitor}
        secret = key(store, "ask", tenant=tenant)
        token = client.post("/api/v1/sessions", json=wish, headers=bearer(secret)).json()["token"]
        for question in questions:
            body = {"question": question}
            assert client.post("/api/v1/ask", json=body, headers=bearer(token)).status_code == 200
    return key(store, "manage")


def test_the_sums_are_of_the_tenant_alone(client: TestClient, asked: str) -> None:
    found = client.get("/api/v1/usage", headers=bearer(asked)).json()
    total = found["total"]
    assert (total["questions"], total["answered"], total["declined"]) == (4, 2, 2)
    assert found["days"] == [{**total, "day": dt.datetime.now(dt.UTC).date().isoformat()}]
    assert found["unanswered"] == [{"name": DECLINED, "n": 2}]
    assert found["surfaces"] == [{"name": "widget", "n": 4}]
    assert {one["n"] for one in found["instruments"]} <= {2, 4}


def test_days_without_a_question_have_no_sum(client: TestClient, asked: str) -> None:
    past = {"since": "2020-01-01", "until": "2020-02-01"}
    found = client.get("/api/v1/usage", params=past, headers=bearer(asked)).json()
    assert (found["total"], found["days"]) == (None, [])


@pytest.mark.parametrize(
    "period",
    [
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"since": "2020-01-01", "until": "2026-01-01"},
        {"since": "0001-01-01", "until": "0001-01-01", "more": "x"},
        {"since": "yesterday"},
    ],
)
def test_a_period_that_cannot_be_is_refused(client: TestClient, asked: str, period: Any) -> None:
    for path in ("usage", "records"):
        found = client.get(f"/api/v1/{path}", params=period, headers=bearer(asked))
        assert found.status_code == 422
    first = {"since": "0001-01-01", "until": "0001-01-02"}
    assert client.get("/api/v1/usage", params=first, headers=bearer(asked)).status_code == 200


def test_the_records_go_out_a_line_each(client: TestClient, asked: str) -> None:
    found = client.get("/api/v1/records", headers=bearer(asked))
    assert found.headers["Content-Type"].startswith("application/x-ndjson")
    records = [json.loads(line) for line in found.text.splitlines()]
    assert [one["question"] for one in records] == [ANSWERED, DECLINED, DECLINED, ANSWERED]
    assert len({one["visitor"] for one in records}) == 2
    assert all(one["refs"] for one in records if one["standing"] == "answered")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "usage"), ("GET", "records"), ("POST", "visitors/forget")],
)
def test_only_a_manager_may(client: TestClient, store: Store, method: str, path: str) -> None:
    body = {"visitor": "one"} if method == "POST" else None
    for headers, status in (({}, 403), (bearer(key(store, "ask", "read")), 403)):
        found = client.request(method, f"/api/v1/{path}", json=body, headers=headers)
        assert (found.status_code, found.json()["code"]) == (status, "scope-missing")


def test_a_visitor_is_forgotten_whole_and_nobody_else(
    client: TestClient, store: Store, asked: str, settings: Settings
) -> None:
    from bot.store.records import Asked

    talk = "Jm3sZk0p9VtTq1xYc2dUeg"
    marker = "Zinnober-Marker"
    for tenant in ("bank-a", "bank-b"):
        one = Asked(turn="m001", conversation=talk, root="m001", question=marker, lang="en")
        owner = owner_of_visitor(tenant, "one")
        store.of_tenant(tenant).conversations.begin(one, owner, "v1")
    wish = {"visitor": "one"}
    found = client.post("/api/v1/visitors/forget", json=wish, headers=bearer(asked)).json()
    assert found == {"conversations": 1, "documents": 0, "records": 3}
    assert [one.question for one in store.of_tenant("bank-a").audit.records()] == [ANSWERED]
    assert len(list(store.of_tenant("bank-b").audit.records())) == 1
    assert store.of_tenant("bank-b").conversations.known([talk]) == {talk}
    again = client.post("/api/v1/visitors/forget", json=wish, headers=bearer(asked)).json()
    assert again == {"conversations": 0, "documents": 0, "records": 0}
    owner = owner_of_visitor("bank-b", "one")
    store.of_tenant("bank-b").conversations.forget_owner(owner)
    for file in settings.home.glob("hugang.sqlite3*"):
        assert marker.encode() not in file.read_bytes()


def test_whose_data_are_to_go_must_be_said_once(client: TestClient, asked: str) -> None:
    for wish in ({}, {"visitor": "one", "owner": "k" * 43}, {"visitor": ""}, {"owner": "short"}):
        found = client.post("/api/v1/visitors/forget", json=wish, headers=bearer(asked))
        assert found.status_code == 422


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en"])
def test_the_page_shows_a_manager_the_same(client: TestClient, asked: str, lang: str) -> None:
    assert 'name="key"' in client.get(f"/usage?lang={lang}").text
    shown = client.post(f"/usage?lang={lang}", data={"key": asked})
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert "set-cookie" not in shown.headers
    assert DECLINED in shown.text
    assert asked not in shown.text
    assert asked[:13] in shown.text
    assert "bank-b" not in shown.text


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"key": "hk_wrong"}, "There is no such key."),
        ({"key": ""}, "does not hold"),
        ({}, "does not hold"),
    ],
)
def test_the_page_refuses_who_is_no_manager(client: TestClient, form: Any, told: str) -> None:
    found = client.post("/usage", data=form, headers=EN)
    assert found.status_code == 403
    assert told in found.text


def test_the_page_refuses_a_visitor_s_key_and_a_period_that_cannot_be(
    client: TestClient, store: Store, asked: str
) -> None:
    found = client.post("/usage", data={"key": key(store, "ask")}, headers=EN)
    assert "lacks the scope manage" in found.text
    found = client.post("/usage", data={"key": asked, "since": "<b>never</b>"}, headers=EN)
    assert found.status_code == 403
    assert "&lt;b&gt;never" in found.text


def test_the_commands_tell_the_same(asked: str, tmp_path: Path) -> None:
    del asked  # there is something to tell
    cli = CliRunner()
    told = cli.invoke(app, ["usage", "bank-a"])
    assert told.exit_code == 0
    assert "      4         2       0         2" in told.stdout
    summed = json.loads(cli.invoke(app, ["usage", "bank-a", "--json"]).stdout)
    assert summed["total"]["questions"] == 4
    file = tmp_path / "records.jsonl"
    assert cli.invoke(app, ["audit", "export", "bank-a", "-o", str(file)]).exit_code == 0
    assert len(file.read_text(encoding="utf-8").splitlines()) == 4
    assert len(cli.invoke(app, ["audit", "export", "bank-b"]).stdout.splitlines()) == 1
    assert cli.invoke(app, ["usage", "bank-c"]).exit_code == 1


def test_the_command_forgets_documents_too(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    from ui.commands.documents import opened_library
    from ui.papers.scopes import Scopes

    paper = tmp_path / "policy.md"
    paper.write_text("# 资金管理制度\n\n第一条 本制度适用于全公司。\n", encoding="utf-8")
    owner = owner_of_visitor("bank-a", "one")
    for tenant in ("bank-a", "bank-b"):
        with opened_library() as library:
            library.add(paper, scope=Scopes(tenant).owner(owner))
    found = CliRunner().invoke(app, ["audit", "forget", "bank-a", "--visitor", "one"])
    assert "0 conversations, 1 documents and 0 records removed." in found.stdout
    with opened_library() as library:
        assert [one.scope for one in library.documents()] == [Scopes("bank-b").owner(owner)]
    refused = CliRunner().invoke(app, ["audit", "forget", "bank-a"])
    assert refused.exit_code == 1


def test_no_answer_that_stands_ready_to_be_given_again_outlives_a_visitor(
    client: TestClient, store: Store, asked: str, settings: Settings
) -> None:
    marker = "Zinnober-Marker"
    wish = {"visitor": "one"}
    token = client.post("/api/v1/sessions", json=wish, headers=bearer(key(store, "ask"))).json()
    named = {**bearer(token["token"]), "Idempotency-Key": "one"}
    assert client.post("/api/v1/ask", json={"question": marker}, headers=named).status_code == 200
    client.post("/api/v1/visitors/forget", json=wish, headers=bearer(asked))
    for file in settings.home.glob("hugang.sqlite3*"):
        assert marker.encode() not in file.read_bytes()


def test_no_answer_that_stands_ready_to_be_given_again_quotes_a_deleted_document(
    store: Store, tmp_path: Path
) -> None:
    from ui.commands.documents import opened_library
    from ui.papers.scopes import Scopes
    from ui.papers.shelf import Shelf

    paper = tmp_path / "policy.md"
    paper.write_text("# 资金管理制度\n\n第一条 本制度适用于全公司。\n", encoding="utf-8")
    kept = store.of_tenant("bank-a")
    with opened_library() as library:
        document = library.add(paper, scope=Scopes("bank-a").owner("o" * 64)).document.id
        for name, answer in (("quotes", f'{{"ref": "{document}#1"}}'), ("other", "{}")):
            kept.requests.begin("somebody", name, b"")
            kept.requests.end("somebody", name, answer)
        Shelf(library, kept, lambda *_: {}).remove("o" * 64, document)
    assert kept.requests.begin("somebody", "quotes", b"").how == "new"
    assert kept.requests.begin("somebody", "other", b"").how == "answered"


def test_documents_of_a_deleted_conversation_are_forgotten_too(
    store: Store, tmp_path: Path
) -> None:
    from bot.store.records import Asked
    from ui.commands.documents import opened_library
    from ui.papers.scopes import Scopes

    talk, owner = "Jm3sZk0p9VtTq1xYc2dUeg", owner_of_visitor("bank-a", "one")
    talks = store.of_tenant("bank-a").conversations
    one = Asked(turn="m001", conversation=talk, root="m001", question="?", lang="en")
    talks.begin(one, owner, "v1")
    paper = tmp_path / "policy.md"
    paper.write_text("# 资金管理制度\n\n第一条 本制度适用于全公司。\n", encoding="utf-8")
    with opened_library() as library:
        library.add(paper, scope=Scopes("bank-a").conversation(talk))
    talks.delete(talk, owner)
    CliRunner().invoke(app, ["audit", "forget", "bank-a", "--visitor", "one"])
    with opened_library() as library:
        assert library.documents() == ()


def test_an_export_that_is_read_slowly_keeps_nothing_from_being_deleted(
    store: Store, asked: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del asked  # there is something to export
    audit = store.of_tenant("bank-a").audit
    whole = list(audit.records())
    monkeypatch.setattr("bot.store.audit.PAGE", 1)
    assert list(audit.records()) == whole
    assert list(audit.records(limit=3)) == whole[:3]
    slow = audit.records()
    assert next(slow) == whole[0]
    assert audit.forget(owner_of_visitor("bank-a", "one")) == 3
    assert (settings.home / "hugang.sqlite3-wal").stat().st_size == 0
    assert [one.question for one in slow] == [ANSWERED]


def test_the_last_day_of_all_can_be_named(client: TestClient, asked: str) -> None:
    last = {"since": "9999-12-01", "until": "9999-12-31"}
    for path in ("usage", "records"):
        assert client.get(f"/api/v1/{path}", params=last, headers=bearer(asked)).status_code == 200
    told = CliRunner().invoke(app, ["audit", "export", "bank-a", "--until", "9999-12-31"])
    assert len(told.stdout.splitlines()) == 4


def test_no_address_takes_a_body_of_any_size(client: TestClient) -> None:
    many = b"&".join(b"%d=%s" % (n, b"x" * 900_000) for n in range(3))
    form = {"Content-Type": "application/x-www-form-urlencoded", **EN}
    for path in ("/usage", "/login", "/nothing"):
        found = client.post(path, content=many, headers=form)
        assert (found.status_code, found.json()["code"]) == (413, "body-too-large"), path
