"""What Prometheus reads: counted by route, tenant and standing, closed to whoever has no token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr, ValidationError
from starlette.testclient import TestClient

from bot.settings import Settings
from bot.store.store import Store
from bot.store.tenants import Limits, TenantProfile
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from tests.browser.scripted import ScriptedAdvisor
from ui.api.app import create_app

TOKEN = "t" * 24
ASK = {"question": "税率多少？"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", metrics_token=SecretStr(TOKEN))


@pytest.fixture
def client(settings: Settings, corpus: Corpus) -> Iterator[TestClient]:
    app = create_app(ScriptedAdvisor(corpus), settings, web=False)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def samples(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert found.status_code == 200
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(found.text)
        for one in family.samples
    }


def of(found: dict, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_without_a_token_there_are_no_metrics_and_with_one_only_it_opens_them(
    client: TestClient, corpus: Corpus, tmp_path: Path
) -> None:
    off = create_app(ScriptedAdvisor(corpus), Settings(home=tmp_path / "off"), web=False)
    assert TestClient(off).get("/metrics").status_code == 404
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer ü".encode()}):
        assert client.get("/metrics", headers=headers).status_code == 401
    with pytest.raises(ValidationError):
        Settings(metrics_token=SecretStr("short"))


def test_requests_and_answers_are_counted_by_route_tenant_and_standing(
    client: TestClient, settings: Settings
) -> None:
    with Store.of(settings) as store:
        limited = TenantProfile(name=Bilingual(zh="甲", en="A"), limits=Limits(per_minute=2))
        store.tenants.create("bank-a", limited)
        key = {"Authorization": f"Bearer {store.keys.create('bank-a', ('ask',)).secret}"}
    for _ in range(3):
        client.post("/api/v1/ask", json=ASK, headers=key)
    client.post("/api/v1/ask", json={"question": "今天天气"})
    client.post("/api/v1/ask", json={"question": "失败"}, headers={"Accept": "text/event-stream"})
    for number in range(5):
        client.get(f"/api/v1/instruments/no-such-{number}")
        client.get(f"/nowhere/{number}")
    found = samples(client)
    asked = {"method": "POST", "route": "/api/v1/ask"}
    assert of(found, "hugang_requests_total", **asked, status="200") == 4
    assert of(found, "hugang_requests_total", **asked, status="429") == 1
    assert of(found, "hugang_refused_total", route="/api/v1/ask", status="429") == 1
    told = {"tenant": "bank-a", "surface": "api"}
    assert of(found, "hugang_answers_total", **told, standing="answered") == 2
    own = {"tenant": "local", "surface": "api"}
    assert of(found, "hugang_answers_total", **own, standing="declined") == 1
    assert of(found, "hugang_answers_total", **own, standing="failed") == 1
    routes = {dict(labels)["route"] for name, labels in found if name == "hugang_requests_total"}
    # Five instruments, one route; five addresses that nobody serves, one name.
    assert {"/api/v1/instruments/{card_id}", "unmatched"} <= routes
    assert not any("no-such" in route or "nowhere" in route for route in routes)
    assert of(found, "hugang_request_seconds_count", **asked) == 5
    assert of(found, "hugang_answers_open") == of(found, "hugang_answers_waiting") == 0


def test_version_and_state_are_told(client: TestClient, settings: Settings, corpus: Corpus) -> None:
    found = samples(client)
    (info,) = [dict(labels) for name, labels in found if name == "hugang_info"]
    assert info["corpus"] == str(corpus.version)
    assert of(found, "hugang_store_faults_total") == 0
    assert of(found, "process_resident_memory_bytes") > 0


def test_stages_tokens_and_cost_of_a_model_are_counted(advisor: object, settings: Settings) -> None:
    from bot.providers.scripted import ScriptedModel, fact_echo

    priced = settings.model_copy(update={"model_price_in": 1.0, "model_price_out": 2.0})
    written = advisor.written_by(ScriptedModel(fact_echo()), priced)  # type: ignore[attr-defined]
    with TestClient(create_app(written, priced, web=False)) as client:
        answer = client.post("/api/v1/ask", json={"question": "境外放款的额度怎么计算？"}).json()
        found = samples(client)
    use = answer["engine"]["model"]
    tokens = "hugang_model_tokens_total"
    assert of(found, tokens, tenant="local", direction="in") == use["prompt_tokens"]
    assert of(found, tokens, tenant="local", direction="out") == use["completion_tokens"]
    assert of(found, "hugang_model_cost_total", tenant="local") == pytest.approx(use["cost"])
    assert of(found, "hugang_answer_stage_seconds_count", stage="model") == 1
    assert of(found, "hugang_answer_seconds_count", surface="api") == 1
