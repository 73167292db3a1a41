"""The log of a real server: a line of JSON for each request and answer, and nobody's words in it."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import Settings
from bot.store.store import Store
from bot.store.tenants import TenantProfile
from knowledge.card import Bilingual
from tests.served import Served, served
from ui.serving.logs import set_up

pytestmark = pytest.mark.timeout(300)
QUESTION = "蓝鲸计划境外放款的额度怎么计算？"
TITLE, FEEDBACK, EARLIER = "白鹭并购案", "青鸟反馈意见", "黑曜石集团的前一句话"
OWNER, TALK, TURN = "ownersecret" * 4, "talksecretTALKsecret12", "msecretturn01"
TYPED, VISITOR, FILE = "紫藤搜索词", "visitor-zhang-san", "玄武内部制度.txt"
WORDS = (
    "蓝鲸", TITLE, FEEDBACK, "黑曜石", OWNER, TALK, TURN, TYPED, VISITOR, "玄武", "赤兔",
)  # fmt: skip


@pytest.fixture(scope="module")
def key(indexed_home: Path) -> str:
    with Store.of(Settings(home=indexed_home)) as store:
        store.tenants.create("bank-a", TenantProfile(name=Bilingual(zh="甲", en="A")))
        return store.keys.create("bank-a", ("ask", "read", "manage")).secret


@pytest.fixture(scope="module")
def server(
    indexed_home: Path, key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("log") / "log"
    with served(indexed_home, log, log="json", model="scripted:500") as running:
        yield running


def requests(token: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What is sent to the endpoints by hand: words wherever words can be."""
    ask = {"question": QUESTION, "history": [{"role": "user", "content": EARLIER}]}
    yield "POST", "/api/v1/ask", {"json": ask}
    yield "POST", "/api/v1/ask", {"json": ask, "headers": {"Accept": "text/event-stream"}}
    yield "POST", "/api/v1/ask", {"json": ask | {"赤兔": "赤兔"}}
    yield "POST", "/api/v1/ask", {"json": ask | {"profile": {"amount_usd": "赤兔"}}}
    yield "POST", "/api/v1/ask", {"content": f'{{"question": "{QUESTION}"'.encode()}
    yield "POST", "/api/v1/ask", {"json": ask, "headers": {"Authorization": f"Bearer {token}x"}}
    yield "GET", "/api/v1/instruments", {"params": {"q": TYPED}}
    yield "GET", f"/api/v1/instruments/{TYPED}", {}
    yield "GET", f"/{TYPED}/{TALK}", {}
    yield "GET", f"/api/v1/{TYPED}", {}
    yield "GET", "/plan/no-such-route", {"params": {"amount_usd": "赤兔"}}
    yield "GET", "/rules", {"params": {"q": TYPED}}
    yield "POST", "/api/v1/conversations/search", {"json": {"words": TYPED}}
    yield "PATCH", f"/api/v1/conversations/{TALK}", {"json": {"title": TITLE}}
    feedback = {"turn": TURN, "verdict": "down", "text": FEEDBACK}
    yield "POST", "/api/v1/feedback", {"json": feedback}
    yield "POST", "/api/v1/sessions", {"json": {"visitor": VISITOR}}
    files = {"files": (FILE, "第一条 玄武集团的资金由财务部管理。".encode(), "text/plain")}
    yield "POST", "/api/v1/documents", {"files": files}
    yield "POST", "/gradio_api/queue/join", {"json": {"event_data": {"text": QUESTION}, "data": []}}
    yield "GET", "/gradio_api/queue/data", {"params": {"session_hash": TALK}, "timeout": 1.0}


def every_endpoint(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each endpoint that the API describes, with secrets for ids and a body of secrets."""
    for path, methods in description["paths"].items():
        for method in methods:
            place = path
            for name in ("conversation", "turn", "document", "upload", "id", "message"):
                place = place.replace(f"{{{name}}}", TALK if name != "turn" else TURN)
            body = {} if method in {"get", "delete"} else {"json": {"words": TYPED, "赤兔": TITLE}}
            yield method.upper(), place.replace("{", "").replace("}", ""), body


def test_no_line_holds_what_anybody_wrote_or_what_opens_something(server: Served, key: str) -> None:
    sent = 0
    with httpx.Client(base_url=server.url, timeout=120) as client:
        bearer = {"Authorization": f"Bearer {key}"}
        token = client.post("/api/v1/sessions", json={"visitor": VISITOR}, headers=bearer).json()
        description = client.get("/api/v1/openapi.json").json()
        wanted = [*requests(token["token"]), *every_endpoint(description)]
        for credentials in (bearer, {"Authorization": f"Bearer {token['token']}"}, {}):
            for method, path, more in wanted:
                headers = {"X-Hugang-Owner": OWNER} | credentials | more.get("headers", {})
                try:
                    client.request(method, path, **more | {"headers": headers})
                except httpx.HTTPError:  # a page that nobody opened has no stream
                    assert "queue/data" in path
                sent += path not in {"/healthz", "/readyz"}
    until(lambda: server.told().count('"hugang.request"') >= sent)
    told = server.told()
    lines = [json.loads(line) for line in told.splitlines()]
    for word in (*WORDS, key, key[13:], token["token"], token["token"].rpartition(".")[2]):
        assert word not in told, [line for line in lines if word in str(line)][:2]
    assert "127.0.0.1" not in told.replace(server.url, "")
    logged = [line for line in lines if line["logger"] == "hugang.request"]
    assert len(logged) >= sent
    one = next(line for line in logged if line["path"] == "/api/v1/ask" and line["status"] == 200)
    assert {"request_id", "method", "ms", "bytes", "tenant", "surface", "key", "at"} <= set(one)
    assert (one["tenant"], one["key"]) == ("bank-a", key[:13])
    assert any(line["path"] == "/api/v1/conversations/{conversation}" for line in logged)
    answers = [line for line in lines if line["logger"] == "hugang.answer"]
    written = next(line for line in answers if line.get("writer") == "scripted")
    assert (written["outcome"], written["tenant"]) == ("answered", "bank-a")
    assert written["refs"] > 0
    assert written["timings_ms"]["total"] > 0
    assert any(line["request_id"] == one["request_id"] for line in answers)


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.mark.parametrize("style", ["json", "text"])
def test_an_exception_is_told_by_kind_and_place_without_its_text(
    style: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        set_up(style)
        try:
            try:
                raise ValueError(QUESTION)
            except ValueError as error:
                raise LookupError(TITLE) from error
        except LookupError:
            logging.getLogger("ui.test").exception("it failed")
        logging.getLogger("asyncio").error("Task failed\nfuture: <Task exception=%r>", TITLE)
        logging.getLogger("hugang.request").info("request")
    finally:
        logging.getLogger().handlers[:] = before[0]
        logging.getLogger().setLevel(before[1])
        logging.captureWarnings(False)
    told = stream.getvalue()
    assert "蓝鲸" not in told
    assert TITLE not in told
    assert "LookupError" in told
    assert "ValueError" in told
    assert "test_logs.py" in told
    assert "Task failed" in told
    # Requests are told where programs read.
    assert ("hugang.request" in told) == (style == "json")


def test_an_address_is_logged_where_that_is_asked_for(indexed_home: Path, tmp_path: Path) -> None:
    with served(indexed_home, tmp_path / "log", log="json", log_addresses="true") as server:
        forwarded = {"X-Forwarded-For": "203.0.113.9"}
        httpx.get(f"{server.url}/api/v1/routes", headers=forwarded)
        # A line is written when the last byte is sent: the client may be first.
        until(lambda: "203.0.113.9" in server.told())
    line = json.loads(server.told().splitlines()[-1])
    # The proxy on this machine is believed; another is named in HUGANG_TRUSTED_PROXIES.
    assert line["address"] == "203.0.113.9"
