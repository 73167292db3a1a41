"""The Model Context Protocol's own client against a real server, and against `hugang mcp`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError

from bot.advisor import Advisor
from bot.settings import Settings
from bot.store.store import Store
from bot.store.tenants import Limits, TenantProfile
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from tests.browser.scripted import CENTRE, ScriptedAdvisor
from tests.component.served import served
from tests.loops import run
from ui.reply import FOOT

ASKED = "境外放款的额度怎么计算？"
TREASURY = "hong-kong-treasury-centre"
PORTAL = "https://portal.bank-a.example"
NAMES = ["ask", "plan_route", "search_rules", "get_instrument"]
Use = Callable[[Client], Awaitable[Any]]


class Served:
    """A server, its store and the key of its tenant."""

    def __init__(self, url: str, store: Store) -> None:
        self.url, self.store = url, store
        self.key = self.new_key()

    def new_key(self, *scopes: Any) -> str:
        return self.store.keys.create("bank-a", scopes or ("ask", "read")).secret

    def use(self, use: Use, *, mode: str = "auto", **headers: str) -> Any:
        """Connect, do something, go."""

        async def connected() -> Any:
            told = {"Authorization": f"Bearer {self.key}"} | headers
            async with create_mcp_http_client({k: v for k, v in told.items() if v}) as http:
                transport = streamable_http_client(f"{self.url}/mcp", http_client=http)
                async with Client(transport, mode=mode) as client:
                    return await use(client)

        try:
            return run(connected())
        except BaseExceptionGroup as group:
            error: BaseException = group
            while isinstance(error, BaseExceptionGroup):
                (error,) = error.exceptions
            raise error from None

    def call(self, tool: str, key: str | None = None, **arguments: Any) -> Any:
        authorization = {"Authorization": f"Bearer {key or self.key}"}
        return self.use(lambda client: client.call_tool(tool, arguments), **authorization)

    def post(self, **headers: str) -> httpx.Response:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        told = {"Accept": "application/json, text/event-stream", **headers}
        return httpx.post(f"{self.url}/mcp", json=body, headers=told)


@contextmanager
def serving(
    advisor: Any, home: Path, limits: Limits | None = None, **more: Any
) -> Iterator[Served]:
    settings = Settings(home=home, **more)
    profile = TenantProfile(
        name=Bilingual(zh="甲", en="A"), origins=(PORTAL,), limits=limits or Limits()
    )
    with Store.of(settings) as store:
        store.tenants.create("bank-a", profile)
        with served(advisor, settings) as url:
            yield Served(url, store)


@pytest.fixture(scope="module")
def server(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(ScriptedAdvisor(corpus), tmp_path_factory.mktemp("scripted")) as started:
        yield started


@pytest.fixture(scope="module")
def real(advisor: Advisor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(advisor, tmp_path_factory.mktemp("real")) as started:
        yield started


def text_of(result: Any) -> str:
    (content,) = result.content
    return str(content.text)


def refused(result: Any) -> str:
    assert result.is_error
    assert result.structured_content is None
    return text_of(result)


async def tools_of(client: Client) -> list[Any]:
    return list((await client.list_tools()).tools)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_four_tools_that_only_read_are_offered_to_old_and_new_clients(
    server: Served, mode: str
) -> None:
    tools = server.use(tools_of, mode=mode)
    assert [tool.name for tool in tools] == NAMES
    for tool in tools:
        hints = tool.annotations
        assert (hints.read_only_hint, hints.idempotent_hint) == (True, True)
        assert (hints.destructive_hint, hints.open_world_hint) == (False, False)
        assert tool.description
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema["type"] == "object"
    assert TREASURY in tools[1].description


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_answer_comes_as_text_with_sources_and_as_data(server: Served, mode: str) -> None:
    wish = {"question": ASKED, "lang": "en", "as_of": "2025-03-01", "profile": '{"amount_usd": 1}'}
    result = server.use(lambda client: client.call_tool("ask", wish), mode=mode)
    text, _, below = text_of(result).partition(FOOT)
    data = result.structured_content
    assert data["text"] == text
    assert (data["lang"], data["as_of"], data["standing"]) == ("en", "2025-03-01", "answered")
    assert [one["n"] for one in data["sources"]] == [1, 2, 3, 4, 5]
    for source in data["sources"]:
        assert source["title"] in below
        assert source["url"] in below
    *_, record = server.store.of_tenant("bank-a").audit.records()
    assert (record.answer, record.surface, record.key) == (data["id"], "mcp", server.key[:13])


def test_a_plan_is_made_from_a_route_or_from_a_question(real: Served) -> None:
    known = real.call("plan_route", route=TREASURY, values={"in_shanghai_ftz": True}, lang="en")
    assert known.structured_content["route"] == TREASURY
    assert known.structured_content["plan"]["known"] == {"in_shanghai_ftz": True}
    assert known.structured_content["plan"]["title"] in text_of(known)
    asked = real.call("plan_route", question="我们要在越南建厂，投2亿美元，钱怎么经香港出去？")
    assert asked.structured_content["route"] == "fund-overseas-subsidiary"
    assert asked.structured_content["lang"] == "zh-Hans"


def test_rules_are_found_by_number_word_and_sense_within_limits(real: Served) -> None:
    (named, *_) = real.call("search_rules", query="汇发〔2019〕7号").structured_content["items"]
    assert (named["id"], named["number"]) == ("safe-2019-7-mnc-fund-pool", "汇发〔2019〕7号")
    sense = real.call("search_rules", query="lending to a subsidiary abroad", status="in-force")
    found = sense.structured_content
    assert "pbc-safe-2026-overseas-lending" in [one["id"] for one in found["items"]]
    assert {one["status"] for one in found["items"]} == {"in-force"}
    assert all(one["title"]["zh"] and one["title"]["en"] for one in found["items"])
    limited = real.call("search_rules", topic="tax", jurisdiction="hongkong", limit=3)
    rows = limited.structured_content["items"]
    assert len(rows) == 3 < limited.structured_content["total"]
    assert all("tax" in one["topics"] for one in rows)
    before = real.call("search_rules", query="境外放款", as_of="2025-01-01").structured_content
    status = {one["id"]: one["status"] for one in before["items"]}
    assert status["pbc-2016-306-overseas-lending-old"] == "in-force"


def test_an_instrument_is_opened_by_id_number_or_title(real: Served, corpus: Corpus) -> None:
    card = corpus.instruments["safe-2019-7-mnc-fund-pool"]
    for name in (card.id, "汇发[2019]7号", card.title.en):
        opened = real.call("get_instrument", id=name)
        data = opened.structured_content
        assert data["id"] == card.id
        assert [one["text"] for one in data["facts"]] == [
            {"zh": fact.zh, "en": fact.en} for fact in card.facts
        ]
        assert [one["url"] for one in data["sources"]] == [one.url for one in card.sources]
        assert all(fact.zh in text_of(opened) and fact.en in text_of(opened) for fact in card.facts)
    one_of_two = real.call("get_instrument", id="银发〔2016〕306号", as_of="2025-01-01")
    assert one_of_two.structured_content["id"] == "pbc-2016-306-overseas-lending-old"
    assert one_of_two.structured_content["status"] == "in-force"


def test_what_is_not_known_names_the_nearest(real: Served) -> None:
    assert "safe-2019-7-mnc-fund-pool" in refused(
        real.call("get_instrument", id="汇发〔2019〕71号")
    )
    near = refused(real.call("get_instrument", id="safe-2014-54-overseas-listing"))
    assert "safe-2014-54-overseas-listing-fx" in near
    assert "search_rules" in near
    assert TREASURY in refused(real.call("plan_route", route="hong-kong-treasury", lang="en"))
    no_route = refused(real.call("plan_route", question="今天上海天气怎么样？", lang="en"))
    assert no_route.startswith("No route fits the question. All routes: ")
    assert "group_revenue_eur" in refused(real.call("plan_route", route=TREASURY, values={"x": 1}))
    with pytest.raises(MCPError, match="there is: search_rules"):
        real.call("search_rule")


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("ask", {}, "question: it is missing"),
    ("ask", {"question": "  "}, "The question is empty"),
    ("ask", {"question": ASKED, "frage": 1}, "frage: no such key"),
    ("ask", {"question": ASKED, "as_of": "2025"}, "expected a date as YYYY-MM-DD"),
    ("plan_route", {}, "give route or question"),
    ("plan_route", {"route": TREASURY, "question": ASKED}, "give route or question"),
    ("search_rules", {"topic": "taxes"}, "expected action-plan, financing"),
    ("search_rules", {"limit": 0}, "limit"),
    ("get_instrument", {"id": ""}, "id"),
]


@pytest.mark.parametrize(("tool", "arguments", "said"), WRONG)
def test_what_cannot_be_used_is_told_as_an_error_of_the_tool(
    server: Served, tool: str, arguments: dict[str, Any], said: str
) -> None:
    assert said in refused(server.call(tool, **arguments))


def test_a_failure_tells_nothing_of_the_inside(server: Served) -> None:
    told = refused(server.call("ask", question="崩溃", lang="en"))
    assert told == "The call failed; the cause is in the log. Try again later."


def test_a_key_uses_the_tools_that_its_scopes_name(server: Served) -> None:
    reads = server.new_key("read")
    authorization = {"Authorization": f"Bearer {reads}"}
    assert [one.name for one in server.use(tools_of, **authorization)] == NAMES[1:]
    assert "lacks the scope ask" in refused(server.call("ask", reads, question=ASKED))
    assert "lacks the scope ask" in refused(server.call("plan_route", reads, question=ASKED))
    assert not server.call("get_instrument", reads, id=CENTRE).is_error
    asks = server.new_key("ask")
    assert "lacks the scope read" in refused(server.call("get_instrument", asks, id=CENTRE))
    assert not server.call("plan_route", asks, question="路线怎么走？").is_error


def test_keys_are_checked_before_the_protocol_begins(server: Served) -> None:
    revoked = server.new_key()
    server.store.keys.revoke(revoked[:13])
    for key in ("hk_nonsense", revoked, "a.b.c"):
        found = server.post(Authorization=f"Bearer {key}")
        assert (found.status_code, found.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert found.json()["error"]["data"]["code"] in ("bad-key", "bad-token")
        with pytest.raises(MCPError) as failed:
            server.call("ask", key, question=ASKED)
        assert failed.value.message == found.json()["error"]["message"]


def test_without_staff_nobody_is_served_without_a_key(corpus: Corpus, tmp_path: Path) -> None:
    with serving(ScriptedAdvisor(corpus), tmp_path, staff=False) as server:
        assert server.post().status_code == 401
        assert server.use(tools_of)


def test_staff_need_no_key(server: Served) -> None:
    assert len(server.use(tools_of, Authorization="")) == len(NAMES)
    assert server.post().status_code == 200


def test_pages_call_from_origins_of_their_tenant_only(server: Served) -> None:
    key = {"Authorization": f"Bearer {server.key}"}
    assert server.post(**key, Origin=PORTAL).status_code == 200
    assert server.post(**key, Origin="https://evil.example").status_code == 403
    # Behind a name of its own, and with no key: as a page whose name was made to point here.
    rebound = {"Origin": "http://evil.example:7860", "Host": "evil.example:7860"}
    assert server.post(**rebound).status_code == 403
    assert server.post(**key, Host="hugang.bank-a.example").status_code == 200
    asked = {"Access-Control-Request-Method": "POST", "Origin": PORTAL}
    before = httpx.options(f"{server.url}/mcp", headers=asked)
    assert before.headers["Access-Control-Allow-Origin"] == PORTAL


def test_a_limit_that_is_reached_is_told_to_the_model(corpus: Corpus, tmp_path: Path) -> None:
    limits = Limits(per_minute=2)
    with serving(ScriptedAdvisor(corpus), tmp_path, limits) as server:
        assert not server.call("ask", question=ASKED).is_error
        assert not server.call("plan_route", question="路线怎么走？").is_error
        told = refused(server.call("ask", question=ASKED, lang="en"))
        assert "The 2 questions that this site may ask in a minute are used up" in told
        assert "Try again in" in told
        assert not server.call("get_instrument", id=CENTRE).is_error


def test_only_messages_are_taken(server: Served) -> None:
    key = {"Authorization": f"Bearer {server.key}"}
    for method in ("GET", "DELETE"):
        found = httpx.request(method, f"{server.url}/mcp", headers=key)
        assert (found.status_code, found.headers["Allow"]) == (405, "POST")
    long = httpx.post(f"{server.url}/mcp", headers=key, content=b"x" * 300_000)
    assert long.status_code == 413
    for body in (b"{", b"[]", b"{}", b"\xff"):
        told = {**key, "Content-Type": "application/json", "Accept": "application/json"}
        found = httpx.post(f"{server.url}/mcp", headers=told, content=body)
        assert 400 <= found.status_code < 500


# --- on stdin and stdout -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stdio")


def test_an_assistant_on_this_machine_is_served_on_stdin_and_stdout(home: Path) -> None:
    folder = Path(__file__).parents[2]
    started = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ui", "mcp"],
        # Progress of the index and debug messages are what could stray into stdout.
        env={**os.environ, "HUGANG_HOME": str(home), "HUGANG_DEBUG": "1"},
        cwd=folder,
    )

    async def talk(errors: Any) -> tuple[list[str], Any, Any, Any]:
        async with Client(stdio_client(started, errlog=errors)) as client:
            names = [tool.name for tool in await tools_of(client)]
            answer = await client.call_tool("ask", {"question": ASKED})
            rule = await client.call_tool("get_instrument", {"id": CENTRE})
            wrong = await client.call_tool("get_instrument", {"id": "nonsense"})
            return names, answer, rule, wrong

    log = home / "stderr.txt"
    with log.open("w", encoding="utf-8") as errors:
        names, answer, rule, wrong = run(talk(errors))
    assert names == NAMES
    assert answer.structured_content["standing"] in ("answered", "partly")
    assert FOOT in text_of(answer)
    assert rule.structured_content["id"] == CENTRE
    assert "search_rules" in refused(wrong)
    assert log.read_text(encoding="utf-8")
    with Store.of(Settings(home=home)) as store:
        (record,) = store.of_tenant("local").audit.records()
    assert (record.surface, record.answer) == ("mcp", answer.structured_content["id"])


def test_nothing_but_the_protocol_reaches_stdout(home: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    }
    done = subprocess.run(
        [sys.executable, "-m", "ui", "mcp"],
        input=f"{json.dumps(hello)}\nthis is no message\n".encode(),
        capture_output=True,
        timeout=240,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HUGANG_HOME": str(home), "HUGANG_DEBUG": "1"},
    )
    told = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert all(one["jsonrpc"] == "2.0" for one in told)
    (first,) = [one for one in told if one.get("id") == 1]
    assert first["result"]["serverInfo"]["name"] == "hugang"
