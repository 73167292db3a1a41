"""Refusals in OpenAI's own form: `{"error": {"message", "type", "code", "param"}}`."""

from __future__ import annotations

import re
from typing import Any

from knowledge.card import Frozen


class ErrorDetail(Frozen):
    """Why a request was refused."""

    message: str
    """What was seen, and what to do."""
    type: str
    code: str
    """The code of `docs/api.md` with `_` for `-`, or OpenAI's own name for the same."""
    param: str | None
    """The value of the request that is meant, such as `messages[0].content`."""


class ErrorBody(Frozen):
    """The JSON of a refusal."""

    error: ErrorDetail


_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {
    "bad-key": "invalid_api_key",
    "key-missing": "invalid_api_key",
    "rate-limited": "rate_limit_exceeded",
}
_PARAMS = {
    "model-not-found": "model",
    "bad-question": "messages",
    "bad-profile": "hugang.profile",
    "topic-not-offered": "hugang.filters.topics",
}
_INDEX = re.compile(r"\.(\d+)")


def error_body(code: str, message: str, status: int = 500, param: str | None = None) -> ErrorBody:
    """Put a refusal into OpenAI's form.

    Args:
        code: of `ui.api.problems`.
        message: what was seen, and what to do.
        status: of the response.
        param: where in the request, as `fields` of a problem name it; None = as the code implies.
    """
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    place = _INDEX.sub(r"[\1]", param.partition(".")[2]) if param else _PARAMS.get(code)
    named = _CODES.get(code, code.replace("-", "_"))
    return ErrorBody(error=ErrorDetail(message=message, type=kind, code=named, param=place or None))


def reworded(status: int, problem: dict[str, Any]) -> tuple[int, ErrorBody]:
    """Put a problem into OpenAI's form, whose clients know 400 for a value that cannot be used."""
    status = 400 if status == 422 else status
    code = problem["code"]
    field = next(iter(problem.get("fields", ())), None)
    # What to do about a question stands in the detail; the remedy speaks of another endpoint.
    parts = ("detail",) if code == "bad-question" else ("detail", "remedy")
    message = " ".join(problem[part] for part in parts)
    return status, error_body(code, message, status, field["where"] if field else None)
