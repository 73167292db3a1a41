from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.testclient import TestClient

from bot.answer import AnswerPlan, CheckedAnswer
from bot.errors import ProfileError
from bot.events import (
    ANSWER_EVENT,
    AnswerEvent,
    BlockGrowing,
    BlockReady,
    Finished,
    Understood,
)
from bot.providers.base import ModelError
from bot.providers.guarded import Guard, GuardedModel
from bot.providers.openai_chat import OpenAIChat
from bot.providers.scripted import Part, ScriptedModel, fact_echo
from bot.question import Question
from bot.settings import Settings
from knowledge.card import Bilingual
from knowledge.corpus import Corpus
from knowledge.errors import IndexFault
from tests.component.fault_server import KEY, FaultServer
from ui.api.app import MAX_BODY_BYTES, create_app
from ui.api.problems import PROBLEM_JSON, accepted_lang
from ui.serving.serve import listen

SSE = {"Accept": "text/event-stream"}
ZH = {"Accept-Language": "zh-CN"}
EN = {"Accept-Language": "en-GB,en;q=0.9"}
POOL = "mnc-integrated-cash-pool-2025"


class BrokenAdvisor:
    """An advisor that fails where a test wants it to."""

    def __init__(self, corpus: Corpus, error: Exception, *, after: int = 0) -> None:
        self.corpus = corpus
        self.error = error
        self.after = after
        self.closed = threading.Event()

    def answer(self, question: Question) -> CheckedAnswer:
        raise self.error

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        try:
            for _ in range(self.after):
                yield Understood(lang=question.lang, as_of=question.as_of, parts=())
            raise self.error
        finally:
            self.closed.set()

    def plan(self, *_: Any) -> AnswerPlan:
        raise self.error


def client_of(advisor: Any, **settings: Any) -> TestClient:
    return TestClient(create_app(advisor, Settings(**settings), web=False))


@pytest.fixture(scope="module")
def client(advisor: Any) -> TestClient:
    return client_of(advisor)


@pytest.fixture
def broken(corpus: Corpus) -> TestClient:
    return client_of(BrokenAdvisor(corpus, RuntimeError("secret path /x/y")))


def problem_of(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM_JSON
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"urn:hugang:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["remedy"]
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


def events_of(body: str) -> list[tuple[str, str, AnswerEvent]]:
    """Read an event stream as a client would: blocks of lines, comments left out."""
    events = []
    for block in body.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = dict(line.split(": ", 1) for line in lines)
            event = ANSWER_EVENT.validate_json(fields["data"])
            events.append((fields["event"], fields["id"], event))
    return events


def ask(client: TestClient, question: str, headers: Any = None, **more: Any) -> Any:
    return client.post("/api/v1/ask", json={"question": question, **more}, headers=headers)


# --- answers ---------------------------------------------------------------------------------


def test_a_question_is_answered_with_the_whole_contract(client: TestClient) -> None:
    response = ask(client, "境外放款的额度怎么计算？", as_of="2026-11-22")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    answer = CheckedAnswer.model_validate(response.json())
    assert answer.lang == "zh-Hans"
    assert answer.as_of == dt.date(2026, 11, 22)
    assert answer.standing in ("answered", "partly")
    assert [citation.n for citation in answer.citations] == list(
        range(1, len(answer.citations) + 1)
    )


def test_a_leg_of_a_plan_says_from_and_not_from_underscore(client: TestClient) -> None:
    response = ask(client, "我们要在越南建厂，投2亿美元，钱怎么经香港出去？")
    plan = response.json()["plan"]
    legs = [leg for option in plan["options"] for leg in option["legs"]]
    assert legs
    assert all("from" in leg and "from_" not in leg for leg in legs)


def test_the_answer_is_in_the_language_asked_for(client: TestClient) -> None:
    answer = ask(client, "境外放款的额度怎么计算？", lang="en").json()
    assert answer["lang"] == "en"


@pytest.mark.parametrize(
    "question",
    [
        "跨国公司本外币一体化资金池，需要什么条件？",
        "How do we fund our plant in Vietnam from Shanghai?",
    ],
)
def test_events_come_in_order_and_repeat_in_the_finished_answer(
    client: TestClient, question: str
) -> None:
    response = ask(client, question, SSE)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response.text)
    kinds = [kind for kind, _, _ in events]
    assert kinds[:2] == ["understood", "evidence_found"]
    assert kinds[-1] == "finished"
    middle = kinds[2:-1]
    if "routes_planned" in middle:
        assert middle.pop(0) == "routes_planned"
    assert middle
    assert set(middle) == {"block_ready"}
    assert [event_id for _, event_id, _ in events] == [str(n + 1) for n in range(len(events))]
    assert all(kind == event.kind for kind, _, event in events)
    finished = events[-1][2]
    assert isinstance(finished, Finished)
    blocks = [event.block for _, _, event in events if isinstance(event, BlockReady)]
    assert tuple(blocks) == finished.answer.blocks
    cited = [c for _, _, event in events if isinstance(event, BlockReady) for c in event.citations]
    assert {c.n for c in cited} <= {c.n for c in finished.answer.citations}


def test_a_stream_and_a_plain_answer_say_the_same(client: TestClient) -> None:
    question = "What does the integrated cash pool notice require?"
    plain = CheckedAnswer.model_validate(ask(client, question).json())
    finished = events_of(ask(client, question, SSE).text)[-1][2]
    assert isinstance(finished, Finished)
    volatile = {"id", "engine"}
    assert finished.answer.model_dump(exclude=volatile) == plain.model_dump(exclude=volatile)


def test_a_question_outside_the_subject_is_an_answer_and_not_an_error(client: TestClient) -> None:
    response = ask(client, "今天上海天气怎么样？")
    assert response.status_code == 200
    assert response.json()["standing"] == "declined"


def test_many_questions_at_once_are_all_answered(advisor: Any) -> None:
    # Entered as a context, the client serves every request in one event loop, as a server does.
    with client_of(advisor, answer_concurrency=2) as client, ThreadPoolExecutor(8) as pool:
        headers = [SSE, {}] * 4
        answers = [pool.submit(ask, client, "境外放款的额度怎么计算？", one) for one in headers]
        assert [answer.result().status_code for answer in answers] == [200] * 8


# --- with a language model -------------------------------------------------------------------


def test_a_block_grows_before_it_is_ready_and_ends_as_it_grew(advisor: Any) -> None:
    client = client_of(advisor.written_by(ScriptedModel(fact_echo(limit=6))))
    response = ask(client, "境外放款的额度怎么计算？", SSE)
    assert response.status_code == 200
    events = [event for _, _, event in events_of(response.text)]
    steps = [(one, two) for one, two in pairwise(events) if isinstance(one, BlockGrowing)]
    assert any(isinstance(two, BlockGrowing) for _, two in steps)
    for one, two in steps:
        assert isinstance(two, BlockGrowing | BlockReady)
        if isinstance(two, BlockReady):
            assert (two.block, two.citations) == (one.block, one.citations)
        else:
            assert two.block.claims[:-1] == one.block.claims
    finished = events[-1]
    assert isinstance(finished, Finished)
    ready = tuple(event.block for event in events if isinstance(event, BlockReady))
    assert ready == finished.answer.blocks
    assert finished.answer.engine.model is not None
    assert finished.answer.engine.model.name == "scripted"


@pytest.mark.parametrize("headers", [{}, SSE], ids=["json", "events"])
def test_the_key_is_in_no_response_even_when_the_endpoint_tells_it(
    advisor: Any, headers: dict[str, str]
) -> None:
    with FaultServer() as server:
        server.behaviour = "401-tells-the-key"
        chat = OpenAIChat("small", SecretStr(KEY), base_url=server.url)
        model = GuardedModel(chat, Guard(attempts=1))
        worded = advisor.written_by(model, Settings(model="small", api_key=SecretStr(KEY)))
        client = client_of(worded, model="small", api_key=SecretStr(KEY))
        try:
            responses = [
                ask(client, "境外放款的额度怎么计算？", headers),
                *(client.get(path) for path in ("/healthz", "/readyz", "/api/v1/openapi.json")),
            ]
        finally:
            model.close()
    assert [response.status_code for response in responses] == [200] * 4
    assert server.seen
    assert all(KEY not in response.text + str(response.headers) for response in responses)
    assert "访问密钥" in responses[0].text


def test_readiness_asks_no_model_and_does_not_depend_on_it(advisor: Any, corpus: Corpus) -> None:
    down = ScriptedModel([Part("", ModelError("unreachable", "down"))])
    client = client_of(advisor.written_by(down))
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"ready": True, "reasons": [], "corpus": str(corpus.version)}
    assert down.calls == ()


# --- refusals --------------------------------------------------------------------------------


def test_bad_json_is_told_in_the_language_of_the_header(client: TestClient) -> None:
    json_type = {"Content-Type": "application/json"}
    response = client.post("/api/v1/ask", content='{"question": ', headers={**json_type, **ZH})
    assert "不是有效的JSON" in problem_of(response, 400, "bad-json")["title"]
    response = client.post("/api/v1/ask", content='{"question": ', headers={**json_type, **EN})
    assert problem_of(response, 400, "bad-json")["title"] == "The request is not valid JSON"


def test_without_a_language_a_problem_speaks_chinese_then_english(client: TestClient) -> None:
    title = problem_of(ask(client, ""), 422, "bad-question")["title"]
    assert title == "问题无法读取 The question cannot be read"


def test_the_lang_field_beats_the_header(client: TestClient) -> None:
    problem = problem_of(ask(client, "", EN, lang="zh-Hant"), 422, "bad-question")
    assert problem["title"] == "問題無法讀取"


def test_bytes_that_are_no_utf8_are_bad_json(client: TestClient) -> None:
    response = client.post(
        "/api/v1/ask",
        content=b'{"question": "\xff\xfe"}',
        headers={"Content-Type": "application/json"},
    )
    problem_of(response, 400, "bad-json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_not_declared_as_json_is_refused(client: TestClient, content_type: str) -> None:
    response = client.post(
        "/api/v1/ask", content='{"question": "x"}', headers={"Content-Type": content_type, **EN}
    )
    assert "Content-Type" in problem_of(response, 415, "bad-content-type")["remedy"]


def test_an_unknown_key_is_named_with_the_nearest(client: TestClient) -> None:
    problem = problem_of(ask(client, "x", EN, as_off="2026-01-01"), 422, "unknown-key")
    assert problem["fields"][0]["where"] == "body.as_off"
    assert "as_of" in problem["nearest"]


def test_an_unknown_query_key_is_refused_too(client: TestClient) -> None:
    problem_of(client.get("/api/v1/instruments?topik=tax"), 422, "unknown-key")


@pytest.mark.parametrize("question", ["", "  \n ", "\u200b\u200b"])
def test_an_empty_question_is_refused(client: TestClient, question: str) -> None:
    problem_of(ask(client, question), 422, "bad-question")


def test_a_missing_question_is_named(client: TestClient) -> None:
    problem = problem_of(client.post("/api/v1/ask", json={}, headers=EN), 422, "bad-question")
    assert problem["fields"][0]["where"] == "body.question"


def test_a_too_long_question_says_how_long_it_was(client: TestClient) -> None:
    assert "4001" in problem_of(ask(client, "长" * 4001, EN), 422, "bad-question")["detail"]


@pytest.mark.parametrize(
    "day", ["2026-13-01", "22/11/2026", "today", 20261122, 0, True, "2026-02-30"]
)
def test_a_bad_as_of_is_refused_and_never_read_as_seconds(client: TestClient, day: Any) -> None:
    problem = problem_of(ask(client, "额度？", EN, as_of=day), 422, "bad-as-of")
    assert "YYYY-MM-DD" in problem["fields"][0]["message"]


def test_a_bad_as_of_in_the_query_is_refused(client: TestClient) -> None:
    problem_of(client.get("/api/v1/instruments?as_of=2026-13-01"), 422, "bad-as-of")


def test_a_body_over_the_limit_is_refused_by_its_announced_length(client: TestClient) -> None:
    response = ask(client, "x" * MAX_BODY_BYTES, EN)
    assert "256 KB" in problem_of(response, 413, "body-too-large")["remedy"]


def test_a_body_that_announces_no_length_is_cut_off(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x" * 8192

    response = client.post(
        "/api/v1/ask", content=endless(), headers={"Content-Type": "application/json"}
    )
    problem_of(response, 413, "body-too-large")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/ask", "/api/"])
def test_an_unknown_endpoint_is_a_problem(client: TestClient, path: str) -> None:
    problem_of(client.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/v1/ask", "POST"),
        ("DELETE", "/api/v1/instruments", "GET"),
        ("POST", "/api/v1/routes/list-in-hong-kong", "GET"),
        ("GET", "/api/v1/routes/list-in-hong-kong/plan", "POST"),
    ],
)
def test_a_wrong_method_names_the_right_one(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    problem_of(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed


def test_an_unexpected_error_shows_nothing_of_the_inside(
    broken: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask(broken, "额度？", {"X-Request-Id": "trace-7", **EN})
    problem = problem_of(response, 500, "internal-error")
    assert problem["request_id"] == "trace-7"
    assert "secret" not in response.text
    assert "trace-7" in caplog.text
    assert "secret" in caplog.text
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_broken_index_is_not_ready_and_not_internal(corpus: Corpus) -> None:
    client = client_of(BrokenAdvisor(corpus, IndexFault("/private/index is damaged")))
    response = ask(client, "额度？", EN)
    assert "/private" not in response.text
    problem_of(response, 503, "not-ready")
    assert response.headers["retry-after"]


def test_what_the_engine_refuses_at_once_is_no_stream(corpus: Corpus) -> None:
    error = ProfileError(Bilingual(zh="金额不是数。", en="The amount is no number."))
    response = ask(client_of(BrokenAdvisor(corpus, error)), "额度？", {**SSE, **EN})
    assert problem_of(response, 422, "bad-profile")["detail"] == "The amount is no number."


def test_a_stream_that_breaks_ends_with_failed(corpus: Corpus) -> None:
    advisor = BrokenAdvisor(corpus, RuntimeError("secret"), after=2)
    response = ask(client_of(advisor), "额度？", SSE)
    events = events_of(response.text)
    assert [(kind, number) for kind, number, _ in events] == [
        ("understood", "1"),
        ("understood", "2"),
        ("failed", "3"),
    ]
    assert "secret" not in response.text
    assert json.loads(events[-1][2].model_dump_json())["code"] == "internal-error"
    assert advisor.closed.is_set()


# --- corpus ----------------------------------------------------------------------------------


def test_instruments_are_paged_without_loss(client: TestClient, corpus: Corpus) -> None:
    ids: list[str] = []
    for offset in range(0, 400, 100):
        page = client.get(f"/api/v1/instruments?limit=100&offset={offset}").json()
        assert page["total"] == len(corpus.instruments)
        ids += [row["id"] for row in page["items"]]
    assert sorted(ids) == sorted(corpus.instruments)


def test_filters_hold_together(client: TestClient, corpus: Corpus) -> None:
    page = client.get(
        "/api/v1/instruments?topic=fund-management&jurisdiction=mainland&status=in-force&limit=200"
    ).json()
    assert page["items"]
    for row in page["items"]:
        assert "fund-management" in row["topics"]
        assert row["jurisdiction"] == "mainland"
        assert row["status"] == "in-force"


@pytest.mark.parametrize(
    "words", ["银发〔2025〕251号", "银发[2025]251", "銀發（2025）251號", "cash pool advanced", POOL]
)
def test_a_number_is_found_however_its_brackets_are_written(client: TestClient, words: str) -> None:
    page = client.get("/api/v1/instruments", params={"q": words}).json()
    assert POOL in [row["id"] for row in page["items"]]


def test_status_is_that_of_the_day(client: TestClient) -> None:
    before = client.get(f"/api/v1/instruments/{POOL}?as_of=2025-12-25").json()
    after = client.get(f"/api/v1/instruments/{POOL}?as_of=2025-12-26").json()
    assert (before["status"], after["status"]) == ("not-yet", "in-force")


def test_a_card_names_what_replaced_it_and_what_it_replaces(
    client: TestClient, corpus: Corpus
) -> None:
    old = next(card for card in corpus.instruments.values() if card.superseded_by)
    card = client.get(f"/api/v1/instruments/{old.id}").json()
    assert card["replaced_by"]["id"] == old.superseded_by
    new = client.get(f"/api/v1/instruments/{old.superseded_by}").json()
    assert old.id in [replaced["id"] for replaced in new["replaces"]]


def test_a_card_names_the_routes_that_stand_on_it(client: TestClient, corpus: Corpus) -> None:
    card = client.get(f"/api/v1/instruments/{POOL}").json()
    expected = {
        route.id for route in corpus.routes.values() if POOL in {ref.card_id for ref in route.refs}
    }
    assert {route["id"] for route in card["routes"]} == expected
    assert expected


def test_editors_notes_and_unconfirmed_beliefs_never_leave_any_card(
    client: TestClient, corpus: Corpus
) -> None:
    for card in corpus.instruments.values():
        body = client.get(f"/api/v1/instruments/{card.id}").json()
        assert "notes" not in body
        assert "unconfirmed" not in body
        assert len(body["facts"]) == len(card.facts)


def test_a_fact_opens_with_its_sources(client: TestClient, corpus: Corpus) -> None:
    fact = client.get(f"/api/v1/instruments/{POOL}/facts/4").json()
    assert fact["ref"] == f"{POOL}#4"
    assert fact["text"]["zh"]
    assert fact["text"]["en"]
    assert fact["source"]["url"].startswith("http")
    assert fact["instrument"]["status"] == "in-force"


def test_unknown_ids_name_the_nearest(client: TestClient) -> None:
    problem = problem_of(
        client.get("/api/v1/instruments/mnc-integrated-cash-pool-2024"), 404, "instrument-not-found"
    )
    assert POOL in problem["nearest"]
    problem = problem_of(client.get("/api/v1/routes/list-hong-kong"), 404, "route-not-found")
    assert "list-in-hong-kong" in problem["nearest"]
    problem_of(client.get(f"/api/v1/instruments/{POOL}/facts/999"), 404, "fact-not-found")
    problem_of(client.post("/api/v1/routes/x/plan", json={}), 404, "route-not-found")


# --- routes ----------------------------------------------------------------------------------


def test_all_routes_are_listed_and_open(client: TestClient, corpus: Corpus) -> None:
    listed = client.get("/api/v1/routes").json()
    assert [route["id"] for route in listed["items"]] == list(corpus.routes)
    for route in listed["items"]:
        card = client.get(f"/api/v1/routes/{route['id']}").json()
        assert card["options"][0]["legs"][0]["from"]
        assert card["instruments"]


def test_a_plan_is_made_for_what_is_known(client: TestClient) -> None:
    response = client.post(
        "/api/v1/routes/acquire-overseas-company/plan",
        json={"values": {"mainland_support": True, "price_usd": 3e7}, "lang": "en"},
    )
    assert response.status_code == 200
    made = response.json()
    assert made["plan"]["route"] == "acquire-overseas-company"
    assert made["lang"] == "en"
    assert made["plan"]["options"]
    assert len(made["plan"]["open_points"]) <= 2
    asked = {point["name"] for point in made["plan"]["open_points"]}
    assert not asked & {"mainland_support", "price_usd"}
    assert made["instruments"]


def test_a_plan_speaks_the_language_of_the_header(client: TestClient) -> None:
    made = client.post("/api/v1/routes/list-in-hong-kong/plan", json={}, headers=EN).json()
    assert made["lang"] == "en"


@pytest.mark.parametrize("values", [{"no_such_input": 1}, {"price_usd": "plenty"}])
def test_a_value_that_does_not_fit_is_told(client: TestClient, values: Any) -> None:
    response = client.post(
        "/api/v1/routes/acquire-overseas-company/plan", json={"values": values}, headers=EN
    )
    assert next(iter(values)) in problem_of(response, 422, "bad-profile")["detail"]


# --- around it -------------------------------------------------------------------------------


def test_it_lives_and_is_ready(client: TestClient, corpus: Corpus) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.head("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"ready": True, "reasons": [], "corpus": str(corpus.version)}


def test_not_ready_says_why(broken: TestClient) -> None:
    response = broken.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == ["search: index or embedder failed"]
    assert "secret" not in response.text
    assert broken.get("/healthz").status_code == 200


def test_every_response_carries_an_id_and_the_security_headers(client: TestClient) -> None:
    for path in ("/healthz", "/api/v1/routes", "/api/v1/nothing", "/docs"):
        response = client.get(path, headers={"X-Request-Id": "abc-123"})
        assert response.headers["x-request-id"] == "abc-123"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'self'" in response.headers["content-security-policy"]


def test_a_request_id_that_could_forge_a_log_line_is_replaced(client: TestClient) -> None:
    given = client.get("/healthz", headers={"X-Request-Id": "a b\tforged"}).headers["x-request-id"]
    assert given != "a b\tforged"
    assert len(given) == 32


@pytest.mark.parametrize("path", ["/api/v1/routes", "/healthz", "/docs"])
def test_no_foreign_origin_may_read(client: TestClient, path: str) -> None:
    response = client.get(path, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers
    preflight = client.options(
        "/api/v1/ask",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers


def test_the_docs_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/docs-assets/{name}" in page.text
        assert client.get(f"/docs-assets/{name}").status_code == 200
    assert client.get("/redoc").status_code == 404


def test_the_description_is_versioned_and_shows_examples(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert described["info"]["version"]
    asked = described["paths"]["/api/v1/ask"]["post"]
    assert asked["requestBody"]["content"]["application/json"]["examples"]
    assert "text/event-stream" in asked["responses"]["200"]["content"]
    assert "application/problem+json" in asked["responses"]["422"]["content"]
    assert set(described["paths"]) == {
        "/api/v1/ask",
        "/api/v1/conversations",
        "/api/v1/conversations/search",
        "/api/v1/conversations/{conversation}",
        "/api/v1/conversations/{conversation}/restore",
        "/api/v1/conversations/{conversation}/turns/{turn}/undo",
        "/api/v1/documents",
        "/api/v1/documents/uploads",
        "/api/v1/documents/uploads/{upload}",
        "/api/v1/documents/{document}",
        "/api/v1/documents/{document}/pages/{page}",
        "/api/v1/documents/{document}/passages",
        "/api/v1/documents/{document}/text",
        "/api/v1/feedback",
        "/api/v1/feedback/{turn}",
        "/api/v1/instruments",
        "/api/v1/instruments/{card_id}",
        "/api/v1/instruments/{card_id}/facts/{fact_id}",
        "/api/v1/routes",
        "/api/v1/routes/{route_id}",
        "/api/v1/routes/{route_id}/plan",
        "/api/v1/records",
        "/api/v1/sessions",
        "/api/v1/sessions/anonymous",
        "/api/v1/usage",
        "/api/v1/visitors/forget",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/{model}",
        "/healthz",
        "/readyz",
    }


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("en-US,en;q=0.5", "en"),
        ("fr,en;q=0.3,zh;q=0.7", "zh-Hans"),
        ("fr", None),
        ("en;q=0", None),
        ("", None),
        ("*", None),
        (";;;,,q=", None),
    ],
)
def test_the_reader_s_language_is_the_best_that_we_speak(header: str, lang: str | None) -> None:
    assert accepted_lang(header) == lang


# --- with a real server, and with the page ---------------------------------------------------


class EndlessAdvisor(BrokenAdvisor):
    """An advisor that goes on until somebody stops it."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__(corpus, RuntimeError())

    def stream(self, question: Question) -> Iterator[AnswerEvent]:
        try:
            while True:
                time.sleep(0.01)
                yield Understood(lang=question.lang, as_of=question.as_of, parts=())
        finally:
            self.closed.set()


@contextmanager
def serving(advisor: Any) -> Iterator[int]:
    listener = listen("127.0.0.1", 0)
    app = create_app(advisor, Settings(), web=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def test_a_client_that_leaves_stops_the_engine(corpus: Corpus) -> None:
    advisor = EndlessAdvisor(corpus)
    with serving(advisor) as port:
        body = b'{"question": "quota?"}'
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(
                b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            assert b"200 OK" in client.recv(4096)
            assert not advisor.closed.is_set()
        assert advisor.closed.wait(10)


def test_a_body_that_does_not_arrive_is_not_waited_for(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.api.guard.BODY_S", 0.2)
    with (
        serving(EndlessAdvisor(corpus)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as client,
    ):
        client.sendall(
            b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 500\r\n\r\n{"question": '
        )
        answer = client.recv(8192)
        assert b" 408 " in answer.split(b"\r\n")[0]
        assert b"body-too-slow" in answer + client.recv(8192)


@pytest.fixture(scope="module")
def page(advisor: Any) -> Iterator[TestClient]:
    with TestClient(create_app(advisor, Settings())) as client:
        yield client


def test_the_page_and_the_api_share_one_server(page: TestClient) -> None:
    assert "<html" in page.get("/").text
    assert page.get("/api/v1/routes").status_code == 200
    problem_of(page.get("/api/v1/nothing"), 404, "not-found")
    response = page.delete("/api/v1/instruments")
    problem_of(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize("path", ["/", "/gradio_api/info", "/config"])
@pytest.mark.parametrize("host", ["localhost:7860", "hugang.example.com"])
def test_the_page_gives_no_foreign_origin_leave(page: TestClient, path: str, host: str) -> None:
    # Left alone, Gradio reflects any origin on a public host name, with credentials.
    headers = {"Origin": "https://evil.example", "Host": host}
    response = page.get(path, headers=headers)
    assert "access-control-allow-origin" not in response.headers
    assert "access-control-allow-credentials" not in response.headers
    assert "frame-ancestors 'self'" in response.headers["content-security-policy"]
