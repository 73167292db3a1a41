"""The server's log on stderr: lines to read or JSON for programs, without anybody's words.

No line holds a question, an answer, a title, a key, a token, an id that opens something, or an
address. An exception is told by its kind and its place in the code, since its text may repeat what
was sent; `HUGANG_DEBUG=1` tells all of it.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any, Literal

from pythonjsonlogger.json import JsonFormatter

from bot.answer import CheckedAnswer
from ui.access import Caller
from ui.api.guard import request_id
from ui.desk import Outcome
from ui.serving.traffic import Seen

Style = Literal["text", "json"]
requests = logging.getLogger("hugang.request")
answers = logging.getLogger("hugang.answer")
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_Exception = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def set_up(style: Style, *, debug: bool = False) -> None:
    """Write all that is logged in this process to stderr.

    Args:
        style: `text`, what is wrong; `json`, each request and answer too.
        debug: all there is, exceptions with their texts.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(debug=debug) if style == "json" else _Text(debug=debug))
    handler.addFilter(_add_request)
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.WARNING, handlers=[handler], force=True
    )
    for one in (requests, answers):
        one.setLevel(logging.INFO if style == "json" else logging.NOTSET)
    logging.captureWarnings(True)


def log_request(seen: Seen, *, addresses: bool = False) -> None:
    """Write the line of a request; probes are left out, as they come all the time."""
    if seen.route in _PROBES and seen.status < 400:
        return
    told: dict[str, Any] = {
        "request_id": seen.request_id,
        "method": seen.method,
        "path": seen.path,
        "status": seen.status,
        "ms": round(seen.seconds * 1000, 1),
        "bytes": seen.bytes,
        **_caller(seen.caller),
    }
    if addresses:
        told["address"] = seen.address
    requests.info("request", extra=told)


def log_answer(caller: Caller, outcome: Outcome, answer: CheckedAnswer | None) -> None:
    """Write the line of an answer that ended."""
    told: dict[str, Any] = {"outcome": outcome, **_caller(caller)}
    if answer is not None:
        engine = answer.engine
        told |= {
            "lang": answer.lang,
            "decline_reason": answer.decline_reason,
            "writer": engine.writer,
            "corpus": engine.corpus,
            "refs": len(answer.citations),
            "timings_ms": dict(engine.timings_ms),
        }
        if engine.model:
            told["model_fault"] = engine.model.fault
    answers.info("answer", extra=told)


def _caller(caller: Caller | None) -> dict[str, str | None]:
    if caller is None:
        return {}
    return {"tenant": caller.tenant.id, "surface": caller.surface, "key": caller.key}


def _add_request(record: logging.LogRecord) -> bool:
    """Name the request in whose course something is logged."""
    if not hasattr(record, "request_id") and (own := request_id.get()):
        record.request_id = own
    return True


class _Discreet(logging.Formatter):
    """Tells an exception without its text."""

    debug = False

    def formatException(self, ei: _Exception) -> str:
        """Tell where it was raised and what kind it is, and the same of what caused it."""
        if self.debug or ei[1] is None:
            return super().formatException(ei)
        told: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None and len(told) < 10:
            frames = "".join(traceback.format_tb(error.__traceback__))
            told.append(f"{frames}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n\nwhile handling:\n".join(told)

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        if record.name == "asyncio" and not self.debug:
            # Its further lines show the task with the text of its exception.
            record.msg, record.args = record.getMessage().partition("\n")[0], None
        return super().format(record)


class _Text(_Discreet):
    def __init__(self, *, debug: bool) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self.debug = debug


class _Json(_Discreet, JsonFormatter):
    def __init__(self, *, debug: bool) -> None:
        super().__init__(
            ("levelname", "name", "message"),
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
            timestamp="at",
            json_ensure_ascii=False,
        )
        self.debug = debug
