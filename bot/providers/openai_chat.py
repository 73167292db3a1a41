"""Any endpoint that speaks OpenAI's chat protocol, through LangChain's `ChatOpenAI`.

The call runs on an event loop of its own thread, where a deadline holds for everything: name
lookup, connection, headers that dribble, silence, a stream without end. A read timeout of the
HTTP library would start anew with every byte. The caller takes the text from a queue.
"""

from __future__ import annotations

import asyncio
import queue
import re
import ssl
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import SecretStr

from bot.providers.base import (
    Budget,
    ChatModel,
    Delta,
    FormRefused,
    Message,
    ModelError,
    OutputForm,
    Usage,
)
from bot.providers.endpoint_errors import model_error, refused_words, speaks_of_form
from bot.providers.thinking import ThinkingFilter

if TYPE_CHECKING:
    import httpx2
    from langchain_core.messages import BaseMessageChunk
    from langchain_openai import ChatOpenAI

OPENAI_URL = "https://api.openai.com/v1"
MAX_CHARACTERS = 20_000
"""A longer answer is taken for one without end: ours have some 2,000."""
MAX_BYTES = 64_000_000
"""The same for what comes over the wire, hidden reasoning included (some 300 bytes a token)."""
TOKEN_LIMIT = "the answer reached the token limit"
"""Detail of a `cut-off` that asking again would not mend."""
_AFTER_FINISH_S = 1.0
"""How long to wait for the token counts once the text is complete."""
_GRACE_S = 0.25
"""So much longer than the budget does the caller wait for the loop to tell the timeout."""

_Say = Callable[[Delta], None]


class OpenAIChat(ChatModel):
    """A language model at an OpenAI-compatible endpoint; safe to share between threads.

    LangChain and the `openai` library are imported with the first call, or by `warm`: they take
    some 2 s.
    """

    def __init__(
        self,
        model: str,
        api_key: SecretStr,
        *,
        base_url: str | None = None,
        temperature: float = 0.0,
        max_tokens: int = 2_000,
        seed: int | None = None,
    ) -> None:
        """Take the model's name at the endpoint, the key, and where the endpoint is.

        Args:
            model: as the endpoint calls it.
            api_key: sent to this endpoint only.
            base_url: up to and with `/v1`; None = OpenAI. User info in it is sent as such.
            temperature: 0 = the likeliest wording.
            max_tokens: most tokens of an answer.
            seed: for endpoints that sample by one; None = none is sent.

        Raises:
            ValueError: the address is no http(s) URL.
        """
        self._endpoint = _Endpoint.read(base_url or OPENAI_URL)
        self._model = model
        self._key = api_key
        self._temperature = temperature
        self._max_tokens = max_tokens
        self._seed = seed
        self._form: OutputForm = "json"
        self._refused: frozenset[str] = frozenset()
        self._opening = threading.Lock()
        self._line: _Line | None = None

    def __repr__(self) -> str:
        """Name the model, nothing else."""
        return f"OpenAIChat({self.name!r})"

    @property
    def name(self) -> str:
        """Model and host."""
        return f"{self._model} @ {self._endpoint.host}"

    @property
    def form(self) -> OutputForm:
        """JSON until the endpoint has refused it."""
        return self._form

    @property
    def refused(self) -> frozenset[str]:
        """The parameters that the endpoint would not take and that are no longer sent."""
        return self._refused

    @property
    def host(self) -> str:
        """Host of the endpoint."""
        return self._endpoint.host

    def warm(self) -> None:
        """Import the libraries and make the client, ahead of the first call."""
        self._open()

    def close(self) -> None:
        """End running calls and let the connections go; a later call opens anew."""
        with self._opening:
            line, self._line = self._line, None
        if line:
            line.close()

    def stream(
        self, messages: Sequence[Message], budget: Budget, schema: Mapping[str, Any] | None = None
    ) -> Iterator[Delta]:
        """Yield the answer as it comes; see `ChatModel`.

        Silence for longer than `budget.first_byte_s` is a timeout, before the text and within it.
        """
        line = self._open()
        if not budget.left_s():
            raise ModelError("timeout", "no time was left for a call")
        outbox: queue.SimpleQueue[Delta | ModelError | None] = queue.SimpleQueue()
        call = self._call(line.chat, list(messages), budget, schema, outbox.put)
        job = asyncio.run_coroutine_threadsafe(call, line.loop)
        try:
            while True:
                try:
                    said = outbox.get(timeout=budget.left_s() + _GRACE_S)
                except queue.Empty:
                    raise ModelError("timeout", _out_of_time(budget)) from None
                if said is None:
                    return
                if isinstance(said, ModelError):
                    raise said
                yield said
        finally:
            job.cancel()

    async def _call(
        self,
        chat: ChatOpenAI,
        messages: list[Message],
        budget: Budget,
        schema: Mapping[str, Any] | None,
        say: Callable[[Delta | ModelError | None], None],
    ) -> None:
        """Make the call; say its text, then None or the fault."""
        if self._form != "json":
            schema = None
        while True:
            reading = _Reading(say)
            try:
                await self._read(chat, messages, budget, schema, reading)
            except Exception as error:  # noqa: BLE001 - the caller waits at the queue for any of them
                words = refused_words(error)
                fault = model_error(error, secrets=self._secrets(), prompt=_prompt(messages))
                if schema and speaks_of_form(words):
                    self._form = "lines"
                    fault = FormRefused(fault.detail)
                elif self._adapts_to(words):
                    continue
                elif reading.visible and fault.fault in ("unreachable", "server-error"):
                    fault = ModelError("cut-off", f"in the middle of the text: {fault.detail}")
                say(fault)
            else:
                say(None)
            return

    async def _read(
        self,
        chat: ChatOpenAI,
        messages: list[Message],
        budget: Budget,
        schema: Mapping[str, Any] | None,
        reading: _Reading,
    ) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + budget.left_s()
        silence = budget.first_byte_s
        turns = [(message.role, message.content) for message in messages]
        _TALLY.set(reading.tally)
        try:
            async with (
                asyncio.timeout_at(min(end, loop.time() + silence)) as limit,
                aclosing(_astream(chat, turns, self._options(schema))) as chunks,
            ):
                async for chunk in chunks:
                    reading.take(chunk)
                    wait = _AFTER_FINISH_S if reading.finish else silence
                    limit.reschedule(min(end, loop.time() + wait))
        except Exception as error:
            if isinstance(error, TimeoutError) and not reading.finish:
                raise ModelError("timeout", _out_of_time(budget)) from None
            if isinstance(error, ModelError) or not reading.is_over(error):
                raise
        reading.conclude()

    def _options(self, schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the parameters of a call.

        What goes into `extra_body` reaches the endpoint as it is. `response_format` given openly
        would lead LangChain to another client method, which parses the whole answer again with
        every piece and fails where the answer is cut.
        """
        limit = self._endpoint.length_limit
        body: dict[str, Any] = {limit: self._max_tokens, "temperature": self._temperature}
        if self._seed is not None:
            body["seed"] = self._seed
        body = {name: value for name, value in body.items() if name not in self._refused}
        if schema:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": dict(schema), "strict": True},
            }
        return {"extra_body": body, "stream_usage": "stream_options" not in self._refused}

    def _adapts_to(self, words: str) -> bool:
        """Leave out from now on what an endpoint's refusal names and we can do without."""
        if "context" in words:
            return False  # "max_tokens exceeds the context": true of this prompt, not of any
        optional = ("stream_options", "temperature", "seed", self._endpoint.length_limit)
        named = {name for name in optional if name in words} - self._refused
        self._refused |= named
        return bool(named)

    def _secrets(self) -> tuple[str, ...]:
        password = self._endpoint.password
        return tuple(secret.get_secret_value() for secret in (self._key, password) if secret)

    def _open(self) -> _Line:
        with self._opening:
            if self._line is None:
                self._line = _Line.open(self._model, self._key, self._endpoint)
            return self._line


class _Endpoint(NamedTuple):
    """Where the model is."""

    url: str
    """Without user info."""
    host: str
    user: str | None
    password: SecretStr | None

    @classmethod
    def read(cls, url: str) -> _Endpoint:
        parts = urlsplit(url.strip())
        netloc = parts.netloc.rpartition("@")[2]
        clean = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            seen = f"{parts.scheme}://{netloc}"
            raise ValueError(f"the model's address is {seen!r}; expected http(s)://host/v1")
        user, password = parts.username, parts.password
        return cls(
            url=clean,
            host=parts.hostname,
            user=unquote(user) if user else None,
            password=SecretStr(unquote(password)) if password else None,
        )

    @property
    def length_limit(self) -> str:
        """The parameter for most tokens: OpenAI has given up the one that all others know."""
        is_openai = self.host.endswith((".openai.com", ".openai.azure.com"))
        return "max_completion_tokens" if is_openai else "max_tokens"


class _Tally:
    """What has come over the wire in one call."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self.tail = b""

    def add(self, piece: bytes) -> None:
        """Count a piece of the body.

        Raises:
            ModelError: it is more than any answer has.
        """
        self.size += len(piece)
        self.head = (self.head + piece[:256])[:256]
        self.tail = (self.tail + piece[-32:])[-32:]
        if self.size > MAX_BYTES:
            raise ModelError("endless", f"more than {MAX_BYTES:,} bytes")

    @property
    def is_done(self) -> bool:
        """Whether the endpoint closed the stream as the protocol wants it."""
        return self.tail.rstrip().endswith(b"[DONE]")

    @property
    def is_blank(self) -> bool:
        """Whether nothing came but comments and the end mark."""
        return not re.sub(rb"(?m)^(:.*|data: ?\[DONE\])\r?$", b"", self.head).strip()


_TALLY: ContextVar[_Tally] = ContextVar("tally")
"""The call that runs in this task: the client is shared by all."""


class _Reading:
    """Reads the chunks of one call."""

    def __init__(self, say: _Say) -> None:
        self._say = say
        self._filter = ThinkingFilter()
        self._usage: Usage | None = None
        self._chunks = 0
        self._length = 0
        self.tally = _Tally()
        self.visible = False
        """Whether text other than white space has been said."""
        self.finish: str | None = None

    def take(self, chunk: BaseMessageChunk) -> None:
        """Say the text of a chunk.

        Raises:
            ModelError: the text has no end.
        """
        self._chunks += 1
        content = chunk.content
        self._tell(self._filter.feed(content if isinstance(content, str) else str(chunk.text)))
        self.finish = chunk.response_metadata.get("finish_reason") or self.finish
        if counted := getattr(chunk, "usage_metadata", None):
            self._usage = Usage(
                prompt_tokens=counted["input_tokens"], completion_tokens=counted["output_tokens"]
            )

    def is_over(self, error: Exception) -> bool:
        """Tell whether an error comes after the text, or only says that there was none."""
        return bool(self.finish) or (type(error) is ValueError and not self._chunks)

    def conclude(self) -> None:
        """Say what is left and the token counts.

        Raises:
            ModelError: the text is not complete.
        """
        self._tell(self._filter.rest())
        if self._usage:
            self._say(Delta(usage=self._usage))
        if not self._chunks and not self.tally.is_blank:
            raise ModelError("malformed", "the answer is no event stream")
        if self._chunks and not self.finish and not self.tally.is_done:
            raise ModelError("cut-off", "the stream ended without a finish reason")
        if self.finish == "length":
            raise ModelError("cut-off", TOKEN_LIMIT)
        if not self.visible:
            raise ModelError("empty", f"no text (finish reason: {self.finish or 'none'})")
        if self.finish == "content_filter":
            raise ModelError("cut-off", "the endpoint's content filter stopped the answer")

    def _tell(self, text: str) -> None:
        if not text:
            return
        self._length += len(text)
        if self._length > MAX_CHARACTERS:
            raise ModelError("endless", f"more than {MAX_CHARACTERS:,} characters")
        self.visible = self.visible or bool(text.strip())
        self._say(Delta(text=text))


class _Line(NamedTuple):
    """The client and the event loop that it lives on."""

    chat: ChatOpenAI
    http: httpx2.AsyncClient
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread

    @classmethod
    def open(cls, model: str, key: SecretStr, endpoint: _Endpoint) -> _Line:
        import openai

        user, password = endpoint.user, endpoint.password
        http = openai.DefaultAsyncHttpxClient(
            verify=_tls(),
            timeout=None,  # the deadline of each call holds instead
            headers={"Accept-Encoding": "identity"},  # the tally reads the body as it is
            auth=(user, password.get_secret_value() if password else "") if user else None,
            event_hooks={"response": [_tap]},
        )
        chat = _chat_class()(
            model=model,
            api_key=key,
            base_url=endpoint.url,
            max_retries=0,
            timeout=None,
            use_responses_api=False,
            stream_chunk_timeout=None,
            http_async_client=http,
            http_client=openai.DefaultHttpxClient(verify=_tls()),  # not used, but made without fail
        )
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="model-endpoint", daemon=True)
        thread.start()
        return cls(chat, http, loop, thread)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._wind_up(), self.loop).result(timeout=5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=5)
        self.loop.close()

    async def _wind_up(self) -> None:
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.loop.shutdown_asyncgens()
        await self.http.aclose()
        await self.loop.shutdown_default_executor()


@cache
def _tls() -> ssl.SSLContext:
    """Return the context of all clients: reading the authorities' certificates takes some 60 ms."""
    import httpx2

    return httpx2.create_ssl_context()


async def _tap(response: httpx2.Response) -> None:
    """Let the tally of the call see the body."""
    import httpx2

    class Tapped(httpx2.AsyncByteStream):
        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self._stream = stream
            self._tally = _TALLY.get()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for piece in self._stream:
                self._tally.add(piece)
                yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = Tapped(response.stream)


@cache
def _chat_class() -> type[ChatOpenAI]:
    """Return `ChatOpenAI`, but forgiving about token counts that are none."""
    from langchain_core.outputs import ChatGenerationChunk
    from langchain_openai import ChatOpenAI

    class Chat(ChatOpenAI):
        # LangChain's own packages for other endpoints override this to read what is their own.
        def _convert_chunk_to_generation_chunk(
            self, chunk: dict[str, Any], default_chunk_class: type, base: dict[str, Any] | None
        ) -> ChatGenerationChunk | None:
            chunk = {**chunk, "usage": _sound_usage(chunk.get("usage"))}
            return super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base)

    return Chat


def _astream(
    chat: ChatOpenAI, turns: Sequence[tuple[str, str]], options: Mapping[str, Any]
) -> AsyncGenerator[BaseMessageChunk, None]:
    """Return LangChain's stream as the generator that it is: it can be closed."""
    return cast("AsyncGenerator[BaseMessageChunk, None]", chat.astream(list(turns), **options))


def _sound_usage(usage: object) -> dict[str, int] | None:
    """Return the token counts if they are counts: a wrong one must not cost the answer."""
    if not isinstance(usage, dict):
        return None
    counts = {name: usage.get(name) for name in ("prompt_tokens", "completion_tokens")}
    sound = {name: n for name, n in counts.items() if type(n) is int and n >= 0}
    return sound if len(sound) == len(counts) else None


def _out_of_time(budget: Budget) -> str:
    if budget.left_s():
        return f"nothing came for {budget.first_byte_s:g} s"
    return f"not complete within {budget.total_s:g} s"


def _prompt(messages: Sequence[Message]) -> str:
    return "\n".join(message.content for message in messages)
