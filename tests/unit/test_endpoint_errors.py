from __future__ import annotations

import datetime as dt
import json

import httpx2
import openai
import pytest

from bot.providers.base import ModelError
from bot.providers.endpoint_errors import model_error, retry_after_s

NOW = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
KEY = "a1b2c3d4-e5f6-7890-abcd-ef0123456789"
PROMPT = "境外放款的系数现在是多少？请根据以下事实回答，并注明出处。"


def told(status: int, body: object) -> ModelError:
    """Return the error of an endpoint that answers with a status and a JSON body."""
    response = httpx2.Response(
        status, text=json.dumps(body), request=httpx2.Request("POST", "http://llm.example/v1")
    )
    client = openai.OpenAI(api_key="none", base_url="http://llm.example/v1")
    error = client._make_status_error_from_response(response)
    client.close()
    return model_error(error, secrets=(KEY,), prompt=PROMPT)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0.5 ", 0.5),
        ("Mon, 23 Nov 2026 08:00:20 GMT", 20),
        ("Mon, 23 Nov 2026 07:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 08:00:20", 20),
        ("soon", None),
        ("-3", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_a_wait_is_read_or_there_is_none(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ("no key sk-abc_DEF-123", "no key ***"),
        ("header Bearer abc.def", "header ***"),
        ('{"api_key": "abcdef"}', '{"***"}'),
        ("Your api key: ****6789 is invalid", "Your *** is invalid"),
        ("at http://me:pw@llm.example", "at http://***llm.example"),
        (f"no {KEY} here", "no *** here"),
        (f"no {KEY[:9]} here", None),
        (f"cannot read {PROMPT}", None),
        ("<html>nginx</html>", None),
        ("  several\n\n lines ", "several lines"),
    ],
)
def test_what_looks_like_a_secret_is_masked_and_what_was_sent_is_left_out(
    said: str, detail: str | None
) -> None:
    error = told(403, {"error": {"message": said}})
    assert error.detail == (f"status 403: {detail}" if detail else "status 403")


def test_a_401_never_repeats_the_endpoint() -> None:
    assert told(401, {"error": {"message": "your key ends with 6789"}}).detail == "status 401"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "too long"}},
        {"error": "too long"},
        {"message": "too long"},
        {"detail": "too long"},
        {"object": "error", "message": "too long"},
    ],
)
def test_a_message_is_found_however_it_is_wrapped(body: object) -> None:
    assert str(told(400, body)) == "refused-request: status 400: too long"


def test_a_long_message_is_cut() -> None:
    assert len(told(400, {"error": {"message": "long " * 200}}).detail) < 180


def test_the_cause_is_found_behind_other_errors() -> None:
    wrapped = RuntimeError("within")
    wrapped.__context__ = ModelError("endless", "as told")
    assert model_error(wrapped, secrets=(), prompt="").fault == "endless"
    assert model_error(KeyError("delta"), secrets=(), prompt="").fault == "malformed"
