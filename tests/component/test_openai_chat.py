from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from pydantic import SecretStr

from bot.providers.base import Budget, Fault, FormRefused, Message, ModelError, Usage
from bot.providers.guarded import Guard, GuardedModel
from bot.providers.openai_chat import MAX_CHARACTERS, OpenAIChat
from tests.component.fault_server import (
    BEHAVIOURS,
    JSON_TEXT,
    KEY,
    LINES_TEXT,
    OTHER_LANGUAGE_TEXT,
    REASONING,
    REFUSAL_TEXT,
    FaultServer,
)

QUESTION = "境外放款的系数现在是多少？ F1: the coefficient is 0.6 from March 2026"
MESSAGES = (Message(role="system", content="Write."), Message(role="user", content=QUESTION))
SCHEMA = {"type": "object", "properties": {"claims": {"type": "array"}}, "required": ["claims"]}
SLACK_S = 0.8
"""What a loaded machine may add to a budget."""


class Outcome(NamedTuple):
    text: str
    usage: tuple[Usage, ...]
    error: ModelError | None
    took_s: float


# The openai library serialises what an endpoint sends; of a wrong type it warns, and goes on.
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """The import of LangChain, once, outside every budget."""
    with contextlib.closing(OpenAIChat("small", SecretStr(KEY))) as model:
        model.warm()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def model(server: FaultServer) -> Iterator[OpenAIChat]:
    with contextlib.closing(OpenAIChat("small", SecretStr(KEY), base_url=server.url)) as model:
        model.warm()
        yield model


def ask(model: OpenAIChat | GuardedModel, budget: Budget, *, schema: bool = False) -> Outcome:
    start = time.monotonic()
    text, usage, error = "", [], None
    try:
        for delta in model.stream(MESSAGES, budget, SCHEMA if schema else None):
            text += delta.text
            usage += [delta.usage] if delta.usage else []
    except ModelError as raised:
        error = raised
    return Outcome(text, tuple(usage), error, time.monotonic() - start)


class Cell(NamedTuple):
    """How a misbehaviour must end."""

    fault: Fault | None
    text: str = ""
    within_s: float | None = None
    """Where it would last for ever: its end without the slack; None = it ends by itself."""


MATRIX = {
    "ok": Cell(None, LINES_TEXT),
    "ok-lines": Cell(None, LINES_TEXT),
    "401": Cell("unauthorised"),
    "401-tells-the-key": Cell("unauthorised"),
    "403-tells-the-key": Cell("unauthorised"),
    "429": Cell("rate-limited"),
    "429-date": Cell("rate-limited"),
    "429-bare": Cell("rate-limited"),
    "500": Cell("server-error"),
    "503-html": Cell("server-error"),
    "500-then-ok": Cell("server-error"),
    "404": Cell("refused-request"),
    "400-echoes": Cell("refused-request"),
    "hang-before-headers": Cell("timeout", within_s=0.3),
    "dribbled-headers": Cell("timeout", within_s=0.3),
    "hang-before-first-byte": Cell("timeout", within_s=0.3),
    "comments-for-ever": Cell("timeout", within_s=0.3),
    "bytes-for-ever": Cell("timeout", within_s=0.3),
    "reasoning-for-ever": Cell("timeout", within_s=0.7),
    "dribble": Cell("timeout", "慢", within_s=0.7),
    "flood": Cell("endless", "没完没了"),
    "hang-in-the-middle": Cell("timeout", LINES_TEXT[:20], within_s=0.3),
    "hang-after-finish": Cell(None, LINES_TEXT, within_s=0.7),
    "cut": Cell("cut-off", LINES_TEXT[:20]),
    "cut-politely": Cell("cut-off", LINES_TEXT[:20]),
    "cut-before-headers": Cell("unreachable"),
    "cut-before-text": Cell("unreachable"),
    "length": Cell("cut-off", LINES_TEXT[:20]),
    "content-filter": Cell("cut-off", LINES_TEXT[:20]),
    "malformed-sse": Cell("malformed"),
    "malformed-json": Cell("malformed", LINES_TEXT[:20]),
    "html": Cell("malformed"),
    "empty": Cell("empty"),
    "empty-text": Cell("empty"),
    "blank-text": Cell("empty", " \n \n"),
    "error-event": Cell("cut-off", LINES_TEXT[:20]),
    "refusal": Cell(None, REFUSAL_TEXT),
    "other-language": Cell(None, OTHER_LANGUAGE_TEXT),
    "reasoning": Cell(None, LINES_TEXT),
    "think-tags": Cell(None, f"\n\n{LINES_TEXT}"),
    "only-thinking": Cell("empty"),
    "no-json": Cell(None, LINES_TEXT),
    "no-json-openai": Cell(None, LINES_TEXT),
    "no-stream-options": Cell(None, LINES_TEXT),
    "no-temperature": Cell(None, LINES_TEXT),
    "wrong-usage": Cell(None, LINES_TEXT),
    "usage-is-a-list": Cell(None, LINES_TEXT),
    "wrong-usage-beside-finish": Cell(None, LINES_TEXT),
    "usage-with-every-piece": Cell(None, LINES_TEXT),
    "no-finish-reason": Cell(None, LINES_TEXT),
}


def test_the_matrix_has_every_misbehaviour_of_the_server() -> None:
    assert set(MATRIX) == set(BEHAVIOURS)


@pytest.mark.parametrize("behaviour", MATRIX)
def test_every_misbehaviour_ends_with_its_fault_inside_its_budget(
    behaviour: str, server: FaultServer, model: OpenAIChat, caplog: pytest.LogCaptureFixture
) -> None:
    cell, server.behaviour = MATRIX[behaviour], behaviour
    budget = Budget(first_byte_s=0.3, total_s=0.7) if cell.within_s else Budget(5, 5)
    with caplog.at_level(logging.DEBUG):
        got = ask(model, budget)
    assert (got.error and got.error.fault) == cell.fault
    if behaviour in ("dribble", "flood"):
        assert got.text
        assert not got.text.replace(cell.text, "")
    else:
        assert got.text == cell.text
    assert got.took_s < (cell.within_s or 1) + SLACK_S
    told = [caplog.text, repr(model), str(vars(model)), *map(str, server.seen[0].body.items())]
    if got.error:
        told += [str(got.error), repr(got.error), *traceback.format_exception(got.error)]
        assert QUESTION[:20] not in str(got.error)
    for piece in (KEY, KEY[:12], KEY[-6:]):
        assert not [text for text in told if piece in text]
    assert REASONING[:12] not in got.text


@pytest.mark.parametrize(
    "behaviour", ["ok", "cut", "401", "500", "hang-before-first-byte", "empty"]
)
def test_one_answer_is_one_request(behaviour: str, server: FaultServer, model: OpenAIChat) -> None:
    server.behaviour = behaviour
    ask(model, Budget(0.4, 0.6))
    assert len(server.seen) == 1


def test_the_request_says_what_was_configured_and_the_key_only_in_its_header(
    server: FaultServer, model: OpenAIChat
) -> None:
    ask(model, Budget(2, 2), schema=True)
    (seen,) = server.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(seen.body)
    assert seen.body["model"] == "small"
    assert seen.body["temperature"] == 0
    assert seen.body["max_tokens"] == 2_000
    assert seen.body["stream"] is True
    assert seen.body["messages"] == [
        {"role": "system", "content": "Write."},
        {"role": "user", "content": QUESTION},
    ]
    assert seen.body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_json_comes_once_and_as_it_was_streamed(model: OpenAIChat) -> None:
    got = ask(model, Budget(2, 2), schema=True)
    assert (got.text, got.error) == (JSON_TEXT, None)


@pytest.mark.parametrize("behaviour", ["ok", "usage-with-every-piece", "length"])
def test_tokens_are_told_once(behaviour: str, server: FaultServer, model: OpenAIChat) -> None:
    server.behaviour = behaviour
    got = ask(model, Budget(2, 2))
    assert got.usage == (Usage(prompt_tokens=120, completion_tokens=30),)


@pytest.mark.parametrize(
    "behaviour", ["wrong-usage", "usage-is-a-list", "wrong-usage-beside-finish"]
)
def test_tokens_that_are_no_counts_are_not_told(
    behaviour: str, server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = behaviour
    assert ask(model, Budget(2, 2)).usage == ()


@pytest.mark.parametrize("behaviour", ["no-json", "no-json-openai"])
def test_an_endpoint_that_refuses_json_is_asked_in_lines_from_then_on(
    behaviour: str, server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = behaviour
    assert model.form == "json"
    first = ask(model, Budget(2, 2), schema=True)
    assert isinstance(first.error, FormRefused)
    assert first.text == ""
    assert model.form == "lines"
    again = ask(model, Budget(2, 2), schema=True)
    assert (again.text, again.error) == (LINES_TEXT, None)
    assert ["response_format" in seen.body for seen in server.seen] == [True, False]


@pytest.mark.parametrize("parameter", ["stream_options", "temperature"])
def test_a_parameter_that_the_endpoint_refuses_is_left_out_from_then_on(
    parameter: str, server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = f"no-{parameter.replace('_', '-')}"
    for _ in range(2):
        assert ask(model, Budget(2, 2)).text == LINES_TEXT
    assert [parameter in seen.body for seen in server.seen] == [True, False, False]


def test_a_wait_is_read_from_seconds_and_from_a_date(
    server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = "429"
    seconds = ask(model, Budget(2, 2)).error
    server.behaviour = "429-date"
    date = ask(model, Budget(2, 2)).error
    assert seconds is not None
    assert date is not None
    assert seconds.retry_after_s == 7
    assert date.retry_after_s == pytest.approx(20, abs=2)


def test_the_endpoints_own_words_are_told_where_they_hold_no_secret(
    server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = "404"
    error = ask(model, Budget(2, 2)).error
    assert str(error) == "refused-request: status 404: The model `small` does not exist"
    server.behaviour = "403-tells-the-key"
    error = ask(model, Budget(2, 2)).error
    assert str(error) == "unauthorised: status 403: The key *** may not use this model"


def test_text_comes_while_the_endpoint_still_writes(server: FaultServer, model: OpenAIChat) -> None:
    server.behaviour = "hang-in-the-middle"
    stream = model.stream(MESSAGES, Budget(5, 5))
    start = time.monotonic()
    assert next(stream).text
    assert time.monotonic() - start < 1
    stream.close()  # type: ignore[attr-defined]


def test_a_stream_given_up_hangs_up(server: FaultServer, model: OpenAIChat) -> None:
    server.behaviour = "dribble"
    stream = model.stream(MESSAGES, Budget(5, 5))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    end = time.monotonic() + 2
    while not server.hung_up and time.monotonic() < end:
        time.sleep(0.02)
    assert server.hung_up == 1


def test_a_flood_is_stopped_at_the_cap(server: FaultServer, model: OpenAIChat) -> None:
    server.behaviour = "flood"
    assert len(ask(model, Budget(2, 2)).text) <= MAX_CHARACTERS


def test_no_call_is_made_when_no_time_is_left(server: FaultServer, model: OpenAIChat) -> None:
    got = ask(model, Budget(1, 0))
    assert got.error is not None
    assert got.error.fault == "timeout"
    assert server.seen == []


def test_a_closed_port_is_unreachable_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with contextlib.closing(OpenAIChat("small", SecretStr(KEY), base_url=url)) as model:
            got = ask(model, Budget(2, 2))
    assert got.error is not None
    assert got.error.fault == "unreachable"


def test_a_host_that_accepts_and_says_nothing_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        with contextlib.closing(OpenAIChat("small", SecretStr(KEY), base_url=url)) as model:
            model.warm()
            got = ask(model, Budget(0.3, 2))
    assert got.error is not None
    assert got.error.fault == "timeout"
    assert got.took_s < 0.3 + SLACK_S


def test_many_calls_at_once_do_not_mix_their_texts(server: FaultServer, model: OpenAIChat) -> None:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda n: ask(model, Budget(8, 8), schema=n % 2 == 0), range(32)))
    assert [outcome.error for outcome in got] == [None] * 32
    assert [outcome.text for outcome in got] == [JSON_TEXT, LINES_TEXT] * 16


def test_a_closed_model_opens_again_with_the_next_call(model: OpenAIChat) -> None:
    model.close()
    assert ask(model, Budget(4, 4)).text == LINES_TEXT


def test_the_name_tells_model_and_host_only(server: FaultServer) -> None:
    url = "https://me:hunter2secret@llm.example:8443/deep/v1?key=abc"
    model = OpenAIChat("qwen-max", SecretStr(KEY), base_url=url)
    assert model.name == "qwen-max @ llm.example"
    assert OpenAIChat("gpt", SecretStr(KEY)).name == "gpt @ api.openai.com"
    assert "hunter2secret" not in str(vars(model))


def test_user_info_in_the_address_is_sent_and_not_logged(
    server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.url.replace("http://", "http://me:hunter2secret@")
    with (
        caplog.at_level(logging.DEBUG),
        contextlib.closing(OpenAIChat("small", SecretStr(KEY), base_url=url)) as model,
    ):
        assert ask(model, Budget(4, 4)).text == LINES_TEXT
    assert server.seen[0].headers["authorization"].startswith("Basic ")
    assert "hunter2secret" not in caplog.text


@pytest.mark.parametrize(
    "url",
    ["llm.example/v1", "ftp://llm.example", "https://", "file:///v1", "http://llm.example:port/v1"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected http|[Pp]ort"):
        OpenAIChat("small", SecretStr(KEY), base_url=url)


def test_langchain_is_not_imported_before_it_is_needed() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pydantic import SecretStr\n"
            "from bot.providers.openai_chat import OpenAIChat\n"
            "OpenAIChat('small', SecretStr('k'))\n"
            "print([m for m in ('openai', 'langchain_openai', 'httpx2') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert told.stdout.strip() == "[]"


def test_guarded_a_passing_server_error_is_not_noticed(
    server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = "500-then-ok"
    guarded = GuardedModel(model, Guard(backoff_s=0.05))
    assert ask(guarded, Budget(2, 2)).text == LINES_TEXT
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "behaviour", ["500", "429", "429-bare", "hang-before-headers", "dribbled-headers", "dribble"]
)
def test_guarded_retries_stay_inside_the_budget(
    behaviour: str, server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = behaviour
    # What ends by itself has time to, however busy the machine is: the retries use up the rest.
    budget = Budget(0.4, 0.8) if MATRIX[behaviour].within_s else Budget(2, 2)
    got = ask(GuardedModel(model, Guard(backoff_s=0.1, attempts=9)), budget)
    assert got.error is not None
    assert got.error.fault == MATRIX[behaviour].fault
    assert got.took_s < budget.total_s + SLACK_S


@pytest.mark.parametrize(
    "behaviour", ["cut", "hang-in-the-middle", "error-event", "malformed-json"]
)
def test_guarded_no_text_is_told_twice(
    behaviour: str, server: FaultServer, model: OpenAIChat
) -> None:
    server.behaviour = behaviour
    got = ask(GuardedModel(model, Guard(backoff_s=0.01)), Budget(0.3, 0.8))
    assert got.text == LINES_TEXT[:20]
    assert len(server.seen) == 1
