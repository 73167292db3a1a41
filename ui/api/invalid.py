"""What is wrong with a request that does not fit its description, value by value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from bot.nearest import nearest_names
from knowledge.card import Bilingual
from ui.api.problems import (
    FieldProblem,
    Problem,
    in_language,
    problem,
    problem_response,
    request_id_of,
    request_lang,
)

_MOST = 8
"""More findings than this are not told; the first few show what is meant."""
_KNOWN_KEYS = (
    *("question", "history", "as_of", "lang", "profile", "filters", "values", "role", "content"),
    *("topics", "jurisdictions", "topic", "status", "jurisdiction", "q", "limit", "offset"),
    *("title", "turn", "verdict", "reason", "text"),
    *("issuer", "number", "issued", "effective", "ended", "passage", "at", "start", "length"),
)


TOLD = "told"
"""Type of the findings whose words come along in both languages: `zh` and `en`."""


def told(zh: str, en: str) -> PydanticCustomError:
    """Return what a validator raises to say in its own words what is wrong with a value."""
    return PydanticCustomError(TOLD, "{en}", {"zh": zh, "en": en})


def add_invalid_handler(app: FastAPI) -> None:
    """Make an app answer a request that does not fit with problem+json."""

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_response(invalid_request(request, error))

    app.add_exception_handler(RequestValidationError, on_invalid)


def invalid_request(request: Request, error: RequestValidationError) -> Problem:
    """Put the findings on a request into words."""
    lang = request_lang(request, error.body)
    findings = error.errors()[:_MOST]
    first = findings[0]
    code = _code_of(first, error.body)
    if code == "bad-content-type":
        seen = request.headers.get("content-type", "none")[:120]
        detail = Bilingual(
            zh=f"正文标明为{seen}，未按JSON读取。",
            en=f"The body is declared as {seen} and was not read as JSON.",
        )
        return problem(code, lang, detail, request_id=request_id_of(request))
    explained = [(item, explain(item)) for item in findings]
    return problem(
        code,
        lang,
        Bilingual(
            zh="；".join(f"{_place(item)}：{text.zh}" for item, text in explained) + "。",
            en="; ".join(f"{_place(item)}: {text.en}" for item, text in explained) + ".",
        ),
        request_id=request_id_of(request),
        fields=[
            FieldProblem(
                where=".".join(str(part) for part in item["loc"]),
                message=in_language(text, lang),
                seen=None if item["type"] in {"missing", "json_invalid"} else _seen(item["input"]),
            )
            for item, text in explained
        ],
        nearest=(
            nearest_names(str(first["loc"][-1]), _KNOWN_KEYS) if code == "unknown-key" else ()
        ),
    )


def _code_of(item: Mapping[str, Any], body: object) -> str:
    if item["type"] == "json_invalid":
        return "bad-json"
    if isinstance(body, bytes | bytearray) and item["loc"] == ("body",):
        return "bad-content-type"
    if item["type"] == "extra_forbidden":
        return "unknown-key"
    if item["loc"][-1] == "as_of":
        return "bad-as-of"
    return "bad-question" if item["loc"] == ("body", "question") else "bad-request"


def _place(item: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0])


def explain(item: Mapping[str, Any]) -> Bilingual:
    """Say what is wrong with a value; pydantic's own words are the last resort."""
    context = item.get("ctx", {})
    if item["type"] == TOLD:
        return Bilingual(zh=context["zh"], en=context["en"])
    fault = context.get("error", "")
    expected = str(context.get("expected", "")).replace("'", "")
    known = {
        "missing": ("缺少这一项", "it is missing"),
        "extra_forbidden": ("不认识的字段", "no such key"),
        "json_invalid": (f"不是有效的JSON（{fault}）", f"not valid JSON ({fault})"),
        "literal_error": (f"应为{expected.replace(' or ', '、')}之一", f"expected {expected}"),
        "iso_date": (
            "应为年-月-日（YYYY-MM-DD），如2026-06-30",
            "expected a date as YYYY-MM-DD, such as 2026-06-30",
        ),
    }
    zh, en = known.get(item["type"], (f"不可用（{item['msg']}）", str(item["msg"])))
    return Bilingual(zh=zh, en=en)


def _seen(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:117]}…"
