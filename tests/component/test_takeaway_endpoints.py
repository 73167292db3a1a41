"""The addresses that hand out documents: names, types, refusals in the reader's language, limits."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.advisor import Advisor
from bot.answer import CheckedAnswer
from bot.question import read_question
from tests.component.taken_away import draw, joined, open_word, pdf_text, word_text
from ui.api.problems import PROBLEM_JSON, add_problem_handlers
from ui.takeaway.endpoints import takeaway_endpoints
from ui.takeaway.fonts import FontShelf, open_shelf
from ui.takeaway.typesetting import Job, Typesetter, TypesettingFailed, TypesettingTooLong

ROUTE = "fund-overseas-subsidiary"
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "md": "text/markdown; charset=utf-8",
}


@pytest.fixture(scope="module")
def answer(advisor: Advisor) -> CheckedAnswer:
    return advisor.answer(read_question("香港企业财资中心的税率是多少？"))


def client_of(advisor: Advisor, known: dict[str, CheckedAnswer], **options: Any) -> TestClient:
    app = FastAPI()
    add_problem_handlers(app)
    app.include_router(takeaway_endpoints(known.get, advisor, draw, **options))

    @app.get("/plan/{route}")
    async def page(route: str) -> str:
        return f"page of {route}"

    return TestClient(app)


@pytest.fixture(scope="module")
def client(advisor: Advisor, answer: CheckedAnswer) -> Iterator[TestClient]:
    if not open_shelf().draws_chinese:
        pytest.skip("no font on this machine draws Chinese; `make browser` installs one")
    with client_of(advisor, {answer.id: answer}) as client:
        yield client


def problem_of(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM_JSON
    problem: dict[str, Any] = response.json()
    assert problem["code"] == code
    return problem


def text_in(content: bytes, form: str) -> str:
    if form == "docx":
        return joined(word_text(open_word(content)))
    return pdf_text(content) if form == "pdf" else joined(content.decode())


@pytest.mark.parametrize("form", TYPES)
def test_an_answer_is_handed_out_as_a_named_file(
    client: TestClient, answer: CheckedAnswer, form: str
) -> None:
    response = client.get(f"/answers/{answer.id}.{form}")
    assert response.status_code == 200
    assert response.headers["content-type"] == TYPES[form]
    assert response.headers["cache-control"] == "no-store"
    named = response.headers["content-disposition"]
    assert named.startswith("attachment; ")
    name = unquote(named.partition("filename*=UTF-8''")[2])
    assert name.startswith("沪港通途-香港企业财资中心的税率是多少-")
    assert name.endswith(f"{answer.as_of}.{form}")
    text = text_in(response.content, form)
    assert "8.25%" in text
    assert joined(answer.question) in text


@pytest.mark.parametrize("form", TYPES)
def test_a_plan_is_computed_from_the_query(client: TestClient, form: str) -> None:
    query = {"amount_usd": "200 million USD", "lang": "en", "as_of": "2026-06-30", "option": "x"}
    response = client.get(f"/plan/{ROUTE}.{form}", params=query)
    assert response.status_code == 200, response.text
    text = text_in(response.content, form)
    assert "200,000,000" in text
    assert joined("2026-06-30") in text
    assert joined("What is known") in text


@pytest.mark.parametrize(
    ("lang", "title"),
    [("zh-Hans", "没有这份答复"), ("zh-Hant", "沒有這份答覆"), ("en", "No such answer")],
)
def test_an_unknown_answer_is_refused_in_the_reader_s_language(
    client: TestClient, lang: str, title: str
) -> None:
    problem = problem_of(
        client.get("/answers/nobody.pdf", params={"lang": lang}), 404, "answer-not-found"
    )
    assert problem["title"] == title
    assert "nobody" in problem["detail"]


@pytest.mark.parametrize(
    ("address", "status", "code", "seen"),
    [
        ("/plan/no-such-route.pdf", 404, "route-not-found", "no-such-route"),
        (f"/plan/{ROUTE}.pdf?amount_usd=plenty", 422, "bad-profile", "plenty"),
        (f"/plan/{ROUTE}.docx?amount_uds=5", 422, "bad-profile", "amount_uds"),
        (f"/plan/{ROUTE}.docx?enterprise_type=charity", 422, "bad-profile", "charity"),
        (f"/plan/{ROUTE}.docx?as_of=June", 422, "bad-as-of", "June"),
        (f"/plan/{ROUTE}.md?as_of=2026-02-30", 422, "bad-as-of", "2026-02-30"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_seen(
    client: TestClient, address: str, status: int, code: str, seen: str
) -> None:
    problem = problem_of(client.get(address, headers={"Accept-Language": "en"}), status, code)
    assert seen in problem["detail"]


def test_the_page_of_a_plan_keeps_its_address(client: TestClient) -> None:
    assert client.get(f"/plan/{ROUTE}").json() == f"page of {ROUTE}"
    assert client.get(f"/plan/{ROUTE}.xlsx").json() == f"page of {ROUTE}.xlsx"
    assert client.get("/answers/abc").status_code == 404


def test_without_a_chinese_font_the_word_file_is_still_made(
    advisor: Advisor, answer: CheckedAnswer
) -> None:
    bare = FontShelf(system=False)
    with client_of(advisor, {answer.id: answer}, shelf=lambda: bare) as client:
        refused = client.get(f"/answers/{answer.id}.pdf", params={"lang": "zh-Hans"})
        assert "fonts-noto-cjk" in problem_of(refused, 503, "no-chinese-font")["detail"]
        assert client.get(f"/answers/{answer.id}.docx").status_code == 200
        assert client.get(f"/plan/{ROUTE}.docx").status_code == 200


def test_a_document_that_is_too_long_is_refused(advisor: Advisor, answer: CheckedAnswer) -> None:
    long = answer.model_copy(update={"warnings": ("长" * 300_000,) * 2})
    with client_of(advisor, {"long": long}) as client:
        problem_of(client.get("/answers/long.docx?lang=en"), 413, "takeaway-too-large")


def slow_job() -> Job:
    rows = b"#for i in range(40000) [ #i #box(width: 1pt) ]"
    return Job(rows * 40, "pdf", {})


@pytest.mark.parametrize(
    ("lang", "said"), [("zh-Hans", "已中止"), ("zh-Hant", "排版超過"), ("en", "was broken off")]
)
@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_document_that_takes_too_long_is_broken_off_and_the_reader_told(
    advisor: Advisor, answer: CheckedAnswer, form: str, lang: str, said: str
) -> None:
    if not open_shelf().draws_chinese:
        pytest.skip("no font on this machine draws Chinese; `make browser` installs one")
    with client_of(advisor, {answer.id: answer}, typesetting_s=0.01) as client:
        refused = client.get(f"/plan/{ROUTE}.{form}", params={"lang": lang})
        problem = problem_of(refused, 503, "takeaway-too-slow")
        assert said in problem["detail"]
        assert "0.01" in problem["detail"]
        assert "HUGANG_TYPESETTING_S" in problem["remedy"]
        assert client.get(f"/plan/{ROUTE}.md", params={"lang": lang}).status_code == 200


def test_typesetting_is_ended_at_its_time_and_the_next_document_is_set() -> None:
    typesetter = Typesetter((), system=False)
    start = time.monotonic()
    with pytest.raises(TypesettingTooLong):
        typesetter.typeset(slow_job(), 1.5)
    assert 1.4 < time.monotonic() - start < 6
    for _ in range(2):
        assert typesetter.typeset(Job(b"next", "pdf", {}), 30).startswith(b"%PDF")
    (worker,) = typesetter._idle  # kept, not started anew
    with pytest.raises(TypesettingFailed, match="unknown variable"):
        typesetter.typeset(Job(b"#nobody", "pdf", {}), 30)
    assert typesetter._idle == [worker]
    worker.kill()
    worker.wait()
    with pytest.raises(TypesettingFailed):
        typesetter.typeset(Job(b"next", "pdf", {}), 30)
    assert typesetter.typeset(Job(b"next", "pdf", {}), 30).startswith(b"%PDF")
    (worker,) = typesetter._idle
    del typesetter
    gc.collect()
    assert worker.poll() is not None, "no process is left behind"


def test_two_documents_are_made_at_once_and_who_waits_too_long_is_told(
    advisor: Advisor, answer: CheckedAnswer
) -> None:
    going, go_on = threading.Semaphore(0), threading.Event()
    most = [0, 0]

    class Slow(dict[str, CheckedAnswer]):
        def get(self, key: str, default: Any = None) -> Any:
            most[0] += 1
            most[1] = max(most)
            going.release()
            go_on.wait(20)
            most[0] -= 1
            return answer

    with (
        client_of(advisor, Slow(), at_once=2, patience_s=0.3) as client,
        ThreadPoolExecutor(3) as pool,
    ):
        first = [pool.submit(client.get, "/answers/a.md") for _ in range(2)]
        for _ in first:
            assert going.acquire(timeout=10)
        refused = client.get("/answers/b.md", headers={"Accept-Language": "zh-CN"})
        go_on.set()
        problem = problem_of(refused, 503, "takeaway-busy")
        assert "没有轮到" in problem["detail"]
        assert [one.result().status_code for one in first] == [200, 200]
        assert most[1] == 2
        assert client.get("/answers/c.md").status_code == 200
