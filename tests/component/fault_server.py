"""A real HTTP server that speaks OpenAI's chat protocol and misbehaves as told."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

KEY = "sk-fault-0123456789abcdefghij"
"""The key that the tests use; the server tells it back where a rude endpoint would."""
CLAIMS = {
    "claims": [
        {"section": "lead", "text": "境外放款的系数为0.6。", "facts": ["F1"]},
        {"section": "note", "text": "余额上限随之提高。", "facts": ["F1", "F2"]},
    ]
}
JSON_TEXT = json.dumps(CLAIMS, ensure_ascii=False)
LINES_TEXT = "LEAD: 境外放款的系数为0.6。 [F1]\nNOTE:\n- 余额上限随之提高。 [F1][F2]"
REFUSAL_TEXT = "I'm sorry, but I can't help with that request."
OTHER_LANGUAGE_TEXT = "LEAD: Der Koeffizient für Auslandsdarlehen beträgt 0,6. [F1]"
REASONING = "The user asks about coefficients, let me think of 999 things."
USAGE = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}


class Seen(NamedTuple):
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: dict[str, Any]


class Exchange:
    """One request and the means to answer it in any broken way."""

    def __init__(self, server: FaultServer, handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        self.server, self.handler, self.seen = server, handler, seen

    @property
    def wants_json(self) -> bool:
        return "response_format" in self.seen.body

    def status(self, code: int, message: str, **headers: str) -> None:
        body = json.dumps({"error": {"message": message, "type": "error", "code": str(code)}})
        self.whole(code, body, "application/json", **headers)

    def whole(self, code: int, body: str, content_type: str, **headers: str) -> None:
        data = body.encode()
        self.handler.send_response(code)
        for name, value in {"Content-Type": content_type, **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(data)))
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def open_stream(self, *, chunked: bool = True) -> None:
        self.chunked = chunked
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        if chunked:
            self.handler.send_header("Transfer-Encoding", "chunked")
        else:
            self.handler.send_header("Connection", "close")
            self.handler.close_connection = True
        self.handler.end_headers()
        self.handler.wfile.flush()

    def raw(self, text: str) -> None:
        data = text.encode()
        self.handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)
        self.handler.wfile.flush()

    def event(self, data: object) -> None:
        self.raw(f"data: {json.dumps(data, ensure_ascii=False)}\n\n")

    def delta(self, finish: str | None = None, usage: object = None, **delta: object) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self.event(_chunk([choice], usage))

    def text(self, text: str, *, size: int = 5) -> None:
        self.delta(role="assistant", content="")
        for at in range(0, len(text), size):
            self.delta(content=text[at : at + size])

    def end(self, *, finish: str = "stop", usage: object = USAGE) -> None:
        self.delta(finish=finish)
        if self.seen.body.get("stream_options", {}).get("include_usage"):
            self.event(_chunk([], usage))
        self.raw("data: [DONE]\n\n")
        self.close_stream()

    def close_stream(self) -> None:
        if self.chunked:
            self.handler.wfile.write(b"0\r\n\r\n")

    def cut(self) -> None:
        """Close the socket with the message incomplete."""
        self.handler.close_connection = True

    def hang(self) -> None:
        """Say nothing more until the test is over."""
        self.server.over.wait(30)
        self.handler.close_connection = True

    def until_over(self, every_s: float) -> Iterator[int]:
        """Count for ever, at a pace."""
        count = 0
        while not self.server.over.wait(every_s) and count < 1_000_000:
            yield count
            count += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """As real endpoints have it: with the usual 5, most of 16 calls at once are not let in in time."""


class FaultServer:
    """Answers every call by the same misbehaviour, and keeps what it was asked."""

    def __init__(self, behaviour: str = "ok") -> None:
        self.behaviour = behaviour
        self.seen: list[Seen] = []
        self.hung_up = 0
        """Calls whose client went away before the answer was complete."""
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def calls(self) -> int:
        """Calls that were not refused for a parameter."""
        return len(self.seen)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.path, headers, body)
                with server._lock:
                    server.seen.append(seen)
                try:
                    BEHAVIOURS[server.behaviour](Exchange(server, self, seen))
                except OSError:
                    server.hung_up += 1
                    self.close_connection = True

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle()

            def finish(self) -> None:
                with contextlib.suppress(OSError):
                    super().finish()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _chunk(choices: Sequence[object], usage: object) -> dict[str, object]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": "small",
        "choices": list(choices),
        "usage": usage,
    }


def _ok(x: Exchange) -> None:
    x.open_stream()
    x.text(JSON_TEXT if x.wants_json else LINES_TEXT)
    x.end()


def _says(text: str, *, finish: str = "stop", usage: object = USAGE) -> Callable[[Exchange], None]:
    def behave(x: Exchange) -> None:
        x.open_stream()
        x.text(text)
        x.end(finish=finish, usage=usage)

    return behave


def _status(code: int, message: str, **headers: str) -> Callable[[Exchange], None]:
    return lambda x: x.status(code, message, **headers)


def _429_date(x: Exchange) -> None:
    x.status(429, "slow down", Retry_After=formatdate(time.time() + 20, usegmt=True))


def _500_then_ok(x: Exchange) -> None:
    x.status(500, "try later") if x.server.calls == 1 else _ok(x)


def _dribbled_headers(x: Exchange) -> None:
    x.handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in x.until_over(0.02):
        x.handler.wfile.write(b"a")
        x.handler.wfile.flush()


def _hang_before_first_byte(x: Exchange) -> None:
    x.open_stream()
    x.hang()


def _comments_for_ever(x: Exchange) -> None:
    x.open_stream()
    for _ in x.until_over(0.02):
        x.raw(": keep-alive\n\n")


def _bytes_for_ever(x: Exchange) -> None:
    x.open_stream()
    for _ in x.until_over(0.02):
        x.raw("d")


def _reasoning_for_ever(x: Exchange) -> None:
    x.open_stream()
    for _ in x.until_over(0.02):
        x.delta(reasoning_content=REASONING)


def _dribble(x: Exchange) -> None:
    x.open_stream()
    for _ in x.until_over(0.05):
        x.delta(content="慢")


def _flood(x: Exchange) -> None:
    x.open_stream()
    for _ in x.until_over(0):
        x.delta(content="没完没了" * 20)


def _hang_in_the_middle(x: Exchange) -> None:
    x.open_stream()
    x.text(LINES_TEXT[:20])
    x.hang()


def _hang_after_finish(x: Exchange) -> None:
    x.open_stream()
    x.text(LINES_TEXT)
    x.delta(finish="stop")
    x.hang()


def _cut(x: Exchange) -> None:
    x.open_stream()
    x.text(LINES_TEXT[:20])
    x.cut()


def _cut_politely(x: Exchange) -> None:
    x.open_stream(chunked=False)
    x.text(LINES_TEXT[:20])


def _cut_before_text(x: Exchange) -> None:
    x.open_stream()
    x.cut()


def _malformed_sse(x: Exchange) -> None:
    x.open_stream()
    for _ in range(5):
        x.raw('dada= {"choices": [}\n\n')
    x.close_stream()


def _malformed_json(x: Exchange) -> None:
    x.open_stream()
    x.text(LINES_TEXT[:20])
    x.raw('data: {"choices": [{"delta": {"content": "x"\n\n')
    x.end()


def _html(x: Exchange) -> None:
    x.whole(200, "<html><body>Please log in</body></html>", "text/html")


def _empty(x: Exchange) -> None:
    x.open_stream()
    x.raw("data: [DONE]\n\n")
    x.close_stream()


def _error_event(x: Exchange) -> None:
    x.open_stream()
    x.text(LINES_TEXT[:20])
    x.event({"error": {"message": "worker died", "code": 500}})
    x.close_stream()


def _reasoning(x: Exchange) -> None:
    x.open_stream()
    for _ in range(5):
        x.delta(reasoning_content=REASONING, content=None)
    x.text(LINES_TEXT)
    x.end()


def _refuses(parameter: str, message: str, status: int = 400) -> Callable[[Exchange], None]:
    def behave(x: Exchange) -> None:
        x.status(status, message) if parameter in x.seen.body else _ok(x)

    return behave


def _usage_beside_finish(x: Exchange) -> None:
    x.open_stream()
    x.text(LINES_TEXT)
    x.delta(finish="stop", usage={"prompt_tokens": "many", "completion_tokens": None})
    x.raw("data: [DONE]\n\n")
    x.close_stream()


def _usage_with_every_piece(x: Exchange) -> None:
    x.open_stream()
    for count, character in enumerate(LINES_TEXT, start=1):
        x.delta(content=character, usage={"prompt_tokens": 120, "completion_tokens": count})
    x.end()


def _no_finish_reason(x: Exchange) -> None:
    x.open_stream()
    x.text(LINES_TEXT)
    x.raw("data: [DONE]\n\n")
    x.close_stream()


BEHAVIOURS: dict[str, Callable[[Exchange], None]] = {
    "ok": _ok,
    "ok-lines": _says(LINES_TEXT),
    "401": _status(401, f"Incorrect API key provided: {KEY[:12]}****{KEY[-4:]}."),
    "401-tells-the-key": _status(401, f"Bearer {KEY} is unknown"),
    "403-tells-the-key": _status(403, f"The key {KEY} may not use this model"),
    "429": _status(429, "Rate limit reached", Retry_After="7"),
    "429-date": _429_date,
    "429-bare": _status(429, "Rate limit reached"),
    "500": _status(500, "The server had an error"),
    "503-html": lambda x: x.whole(503, "<html>Bad gateway</html>", "text/html"),
    "500-then-ok": _500_then_ok,
    "404": _status(404, "The model `small` does not exist"),
    "400-echoes": lambda x: x.status(400, f"bad input: {x.seen.body['messages'][-1]['content']}"),
    "hang-before-headers": Exchange.hang,
    "dribbled-headers": _dribbled_headers,
    "hang-before-first-byte": _hang_before_first_byte,
    "comments-for-ever": _comments_for_ever,
    "bytes-for-ever": _bytes_for_ever,
    "reasoning-for-ever": _reasoning_for_ever,
    "dribble": _dribble,
    "flood": _flood,
    "hang-in-the-middle": _hang_in_the_middle,
    "hang-after-finish": _hang_after_finish,
    "cut": _cut,
    "cut-politely": _cut_politely,
    "cut-before-headers": Exchange.cut,
    "cut-before-text": _cut_before_text,
    "length": _says(LINES_TEXT[:20], finish="length"),
    "content-filter": _says(LINES_TEXT[:20], finish="content_filter"),
    "malformed-sse": _malformed_sse,
    "malformed-json": _malformed_json,
    "html": _html,
    "empty": _empty,
    "empty-text": _says(""),
    "blank-text": _says(" \n \n"),
    "error-event": _error_event,
    "refusal": _says(REFUSAL_TEXT),
    "other-language": _says(OTHER_LANGUAGE_TEXT),
    "reasoning": _reasoning,
    "think-tags": _says(f"<think>\n{REASONING}\n</think>\n\n{LINES_TEXT}"),
    "only-thinking": _says(f"<think>{REASONING}"),
    "no-json": _refuses("response_format", "This response_format type is unavailable now"),
    "no-json-openai": _refuses(
        "response_format",
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this "
        "model. Learn more about supported models",
    ),
    "no-stream-options": _refuses("stream_options", "stream_options: extra inputs", status=422),
    "no-temperature": _refuses("temperature", "Unsupported value: 'temperature' must be 1"),
    "wrong-usage": _says(LINES_TEXT, usage={"prompt_tokens": "many", "tokens": [1]}),
    "usage-is-a-list": _says(LINES_TEXT, usage=[1, 2]),
    "wrong-usage-beside-finish": _usage_beside_finish,
    "usage-with-every-piece": _usage_with_every_piece,
    "no-finish-reason": _no_finish_reason,
}
