"""A running Hugang as a target: its HTTP API, and its JSON read back into checked answers."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr, ValidationError

from bot.answer import CheckedAnswer
from bot.providers.endpoint_errors import retry_after_s
from bot.question import Question
from bot.version import installed_version
from evals.errors import TargetError
from evals.targets.patience import Patience, Unanswered
from evals.targets.target import TIMEOUT_S, Target, TargetRecord, read_address
from knowledge.corpus import Corpus

MOST_BYTES = 16_000_000
"""Of an answer; ours have some 50,000."""
_MAY_PASS = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""409: the question is still being answered; it is sent again under its own name."""
_GREETING = "你好"
_WORDS = 200


class HugangServer(Target):
    """Puts questions to `POST /api/v1/ask`; safe to call from several threads.

    The server answers, records and counts these questions like anybody's.
    """

    def __init__(
        self,
        url: str,
        corpus: Corpus,
        *,
        key: SecretStr | None = None,
        name: str | None = None,
        timeout_s: float = TIMEOUT_S,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the address; nothing is sent yet.

        Args:
            url: of the server, without `/api/v1`.
            corpus: answers are scored by this one; the server's may be another.
            key: sent to this server only, and kept nowhere.
            name: what people are shown; None = the host.
            timeout_s: longest time that one attempt may take.
            patience: with what may pass; None = the usual one.
            sleep: waits so many seconds.

        Raises:
            TargetError: the address is no http(s) URL, or holds a password.
        """
        self._url = read_address(url)
        self._corpus = corpus
        self._key = key
        self._timeout_s = timeout_s
        self._patience = patience or Patience()
        self._sleep = sleep
        self._client = httpx2.Client(timeout=timeout_s, follow_redirects=False)
        host = urlsplit(self._url).netloc
        self._record = TargetRecord(
            kind="hugang", name=name or f"Hugang at {host}", host=host, address=self._url
        )
        self._corpus_version: str | None = None

    @property
    def record(self) -> TargetRecord:
        """What is known of the server; more of it after `greet`."""
        return self._record

    @property
    def corpus(self) -> Corpus:
        """The one that answers are scored by."""
        return self._corpus

    @property
    def prompts(self) -> Mapping[str, str]:
        """None known: a server does not tell the prompts of its model."""
        return {}

    @property
    def corpus_version(self) -> str:
        """The server's corpus, as its answer to the greeting told."""
        return self._corpus_version or str(self.corpus.version)

    @property
    def index(self) -> None:
        """Out of reach."""

    def greet(self) -> Self:
        """Ask the server how it does and greet it: address, key and form of the answers are tried.

        Raises:
            TargetError: it cannot be reached, refuses, or answers in a form of its own.
        """
        try:
            told = self._patience.insist(
                lambda: self._sent("GET", "/healthz", None, {}), self._sleep
            )
            greeted = self._patience.insist(lambda: self._ask({"question": _GREETING}), self._sleep)
        except Unanswered as error:
            raise TargetError(
                f"{self._url}: {error}. Expected a running Hugang that takes questions. Check the "
                "address, whether `hugang serve` runs there, and the key (--key-env, --key-file)."
            ) from error
        model = greeted.engine.model
        self._corpus_version = greeted.engine.corpus
        self._record = self._record.model_copy(
            update={
                "version": str(told.get("version", "")) or None,
                "model": model.name if model else None,
            }
        )
        return self

    def answer(self, question: Question) -> CheckedAnswer:
        """Put a question to the server.

        Raises:
            Unanswered: it gave no answer that can be read.
        """
        asked: dict[str, Any] = {
            "question": question.text,
            "history": [turn.model_dump() for turn in question.history],
            "profile": dict(question.profile),
            "filters": question.filters.model_dump(mode="json"),
        }
        if question.as_of_given:
            asked["as_of"] = question.as_of.isoformat()
        # By one name, so that a question whose answer got lost is not answered a second time.
        name = uuid.uuid4().hex
        return self._patience.insist(lambda: self._ask(asked, name), self._sleep)

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def _ask(self, asked: Mapping[str, Any], name: str | None = None) -> CheckedAnswer:
        headers = {"Idempotency-Key": name} if name else {}
        found = self._sent("POST", "/api/v1/ask", asked, headers)
        try:
            return CheckedAnswer.model_validate(found)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            theirs = self._record.version or "not known"
            raise Unanswered(
                f"the answer has another form than here, at {place}: {first['msg']}. Its release "
                f"is {theirs}, this one {installed_version()}: evaluate it with its own release"
            ) from error

    def _sent(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Send one request; return the JSON object of the answer."""
        end = time.monotonic() + self._timeout_s
        if self._key:
            headers = {**headers, "Authorization": f"Bearer {self._key.get_secret_value()}"}
        content = None if body is None else json.dumps(body).encode()
        headers = {**headers, "Accept": "application/json", "Content-Type": "application/json"}
        data = b""
        try:
            with self._client.stream(
                method, f"{self._url}{path}", content=content, headers=headers
            ) as response:
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > MOST_BYTES:
                        raise Unanswered(f"more than {MOST_BYTES:,} bytes came")
                    if time.monotonic() > end:
                        raise Unanswered(f"not complete within {self._timeout_s:g} s", passes=True)
        except httpx2.TimeoutException as error:
            raise Unanswered(f"no answer within {self._timeout_s:g} s", passes=True) from error
        except httpx2.HTTPError as error:
            told = f"the connection failed ({type(error).__name__})"
            raise Unanswered(told, passes=True) from error
        if response.status_code != 200:
            raise self._refused(response, data)
        try:
            found = json.loads(data)
        except ValueError as error:
            raise Unanswered("the answer is no JSON") from error
        if not isinstance(found, dict):
            raise Unanswered(f"the answer is a JSON {type(found).__name__}, expected an object")
        return found

    def _refused(self, response: httpx2.Response, data: bytes) -> Unanswered:
        status = response.status_code
        wait = retry_after_s(response.headers.get("retry-after"), dt.datetime.now(dt.UTC))
        return Unanswered(
            f"status {status}{self._reason(data)}", passes=status in _MAY_PASS, retry_after_s=wait
        )

    def _reason(self, data: bytes) -> str:
        """Return what a refusal says of itself; nothing of what was sent."""
        try:
            problem = json.loads(data)
        except ValueError:
            return ""
        words = [problem.get(name) for name in ("code", "title")] if type(problem) is dict else []
        said = ": ".join(" ".join(str(word).split()) for word in words if word)[:_WORDS]
        secret = self._key.get_secret_value() if self._key else None
        return f" ({said})" if said and not (secret and secret in said) else ""
