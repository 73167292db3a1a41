"""Thousands of requests made from the API's own description: none breaks it, each answer fits it."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.settings import Settings
from bot.store.keys import SCOPES, NewKey
from bot.store.records import owner_of
from bot.store.store import Store
from bot.store.tenants import Limits, TenantProfile
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app
from ui.papers.scopes import Scopes
from ui.serving.serve import listen

EXAMPLES = 65
"""Requests to each endpoint; at least `WANTED` in all."""
FEW = 15
"""To those that take files: each is read in a process of its own."""
WANTED = 2_000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OWNER = {"X-Hugang-Owner": "k" * 43}


@pytest.fixture(scope="module")
def advisor(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from ui.commands.documents import opened_library

    scripted: Any = ScriptedAdvisor(corpus)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGANG_HOME", str(tmp_path_factory.mktemp("library")))
        with opened_library() as library:
            scripted.documents = library
            yield scripted


@pytest.fixture(scope="module")
def server(advisor: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Store]]:
    chosen = Settings(home=tmp_path_factory.mktemp("generated"))
    listener = listen("127.0.0.1", 0)
    app = create_app(advisor, chosen)
    served = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with Store.of(chosen) as store:
            for tenant in ("bank-a", "bank-b"):
                profile = TenantProfile(name=Bilingual(zh=tenant, en=tenant), limits=Limits())
                store.tenants.create(tenant, profile)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", store
    finally:
        served.should_exit = True
        thread.join(20)
        listener.close()


def bearer(store: Store, tenant: str = "bank-a") -> dict[str, str]:
    return {"Authorization": f"Bearer {new_key(store, tenant).secret}"}


def new_key(store: Store, tenant: str) -> NewKey:
    return store.keys.create(tenant, SCOPES, label=secrets.token_hex(8))


def operations(url: str) -> Iterator[Any]:
    described = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    for one in described.get_all_operations():
        assert isinstance(one, Ok), one
        yield one.ok()


@pytest.mark.timeout(300)
@pytest.mark.early
def test_no_request_breaks_it_and_each_answer_is_as_described(server: tuple[str, Store]) -> None:
    url, store = server
    headers = {**bearer(store), **OWNER}
    sent: Counter[str] = Counter()
    with requests.Session() as session:
        session.trust_env = False  # each request would look for proxies and a file of passwords
        for operation in operations(url):

            @settings(
                max_examples=FEW if "multipart" in str(operation.body) else EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def send(case: Case) -> None:
                case.headers = {**(case.headers or {}), **headers}
                answer = case.call(base_url=url, session=session, timeout=30)
                sent[answer.status_code // 100 * 100, case.operation.label] += 1
                case.validate_response(answer, checks=CHECKS)

            send()
    assert sum(sent.values()) >= WANTED, sent
    assert not [one for one in sent if one[0] == 500]


@pytest.mark.parametrize("who", ["nobody", "revoked", "forged"])
def test_no_endpoint_of_the_api_answers_without_a_key_that_holds(
    server: tuple[str, Store], advisor: Any, who: str
) -> None:
    """Only `/healthz` and `/readyz` are open; the token of an unknown visitor needs an origin."""
    url, store = server
    made = new_key(store, "bank-a")
    store.keys.revoke(made.key.prefix)
    forged = f"{made.secret[:-1]}{'A' if made.secret[-1] != 'A' else 'B'}"
    given_key = {"nobody": None, "revoked": made.secret, "forged": forged}[who]
    headers = {**OWNER, **({"Authorization": f"Bearer {given_key}"} if given_key else {})}
    if who == "nobody":
        # Staff need none; a server that has no staff answers nobody.
        closed = create_app(advisor, store_settings(store, staff=False))
        from starlette.testclient import TestClient

        with TestClient(closed) as client:
            found = {
                one.label: client.request(one.method, filled(one.path), headers=headers, json={})
                for one in operations(url)
            }
    else:
        found = {
            one.label: requests.request(
                one.method, url + filled(one.path), headers=headers, json={}, timeout=30
            )
            for one in operations(url)
        }
    told = {name: answer.status_code for name, answer in found.items()}
    open_to_all = {"GET /healthz": 200, "GET /readyz": 200}
    unknown_visitor = {"POST /api/v1/sessions/anonymous": 422}
    expected = dict.fromkeys(told, 401) | unknown_visitor | open_to_all
    assert told == {name: expected[name] for name in told}


def filled(path: str) -> str:
    """Put something that fits into the places of a path."""
    places = {
        "conversation": "c" * 22,
        "turn": "m001",
        "document": "doc-0123456789abcdef",
        "upload": "0" * 16,
        "page": "1",
        "card_id": "mnc-integrated-cash-pool-2025",
        "fact_id": "1",
        "route_id": "list-in-hong-kong",
        "model": "hugang",
    }
    for name, value in places.items():
        path = path.replace("{" + name + "}", value)
    return path


def store_settings(store: Store, **changes: Any) -> Settings:
    database = store._database._url.database
    assert database is not None
    return Settings(database_url=f"sqlite:///{database}", home=database + "-home", **changes)


@pytest.mark.parametrize("scope", ["owner", "tenant"])
def test_no_endpoint_shows_or_changes_the_papers_of_another_tenant(
    server: tuple[str, Store], advisor: Any, tmp_path: Path, scope: str
) -> None:
    """The same owner, the same id: only the tenant differs."""
    url, store = server
    owner, scopes = owner_of(OWNER["X-Hugang-Owner"]), Scopes("bank-a")
    paper = tmp_path / "policy.md"
    paper.write_text(f"# 制度（{scope}）\n\n第一条 保密条款甲。\n", encoding="utf-8")
    whose = scopes.owner(owner) if scope == "owner" else scopes.shared
    document = advisor.documents.add(paper, scope=whose).document.id
    at = f"{url}/api/v1/documents/{document}"
    foreign = {**bearer(store, "bank-b"), **OWNER}
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "taken over"}),
        ("DELETE", "", None),
        ("GET", "/passages", None),
        ("GET", "/text", None),
        ("GET", "/pages/1", None),
    ):
        for headers in (foreign, OWNER):  # the second is staff
            found = requests.request(method, at + path, json=body, headers=headers, timeout=30)
            assert found.status_code == 404, (method, path)
    for headers in (foreign, OWNER):
        listed = requests.get(f"{url}/api/v1/documents", headers=headers, timeout=30).json()
        assert document not in [one["id"] for one in listed["documents"]]
    seen = {**bearer(store), **OWNER}
    own = requests.get(at, headers=seen, timeout=30).json()
    assert (own["id"], own["own"]) == (document, scope == "owner")
    asked: list[Any] = advisor.questions
    requests.post(f"{url}/api/v1/ask", json={"question": "x?"}, headers=foreign, timeout=30)
    assert whose not in asked[-1].scopes
    requests.post(f"{url}/api/v1/ask", json={"question": "x?"}, headers=seen, timeout=30)
    assert whose in asked[-1].scopes
