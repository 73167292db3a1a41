"""A target: what answers the cases of a run, and what has to be known of it to read the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, runtime_checkable
from urllib.parse import urlsplit

from bot.answer import CheckedAnswer
from bot.question import Question
from evals.errors import TargetError
from evals.provenance import index_manifest
from knowledge.card import Frozen
from knowledge.corpus import Corpus

TIMEOUT_S = 120.0
"""Longest time of one attempt at a server or an endpoint, in seconds."""
MAX_TOKENS = 1_500
"""Most tokens of an endpoint's answer: some 14 sentences with room to spare."""
TargetKind = Literal["engine", "hugang", "endpoint"]


class TargetRecord(Frozen):
    """What answered; keys and addresses beyond the host are never in it."""

    kind: TargetKind = "engine"
    """`engine`: this process; `hugang`: a running Hugang; `endpoint`: an OpenAI-compatible one."""
    name: str = "this process"
    """What people are shown."""
    model: str | None = None
    """Language model as its endpoint calls it; None where none writes, or a server does not say."""
    retrieval: bool = True
    """Whether it answers from the corpus; a bare model does not."""
    host: str | None = None
    """Host and port; None for this process."""
    address: str | None = None
    """Where a broken-off run goes on: URL without user info, query and key."""
    version: str | None = None
    """Release of a running Hugang, as it tells."""
    temperature: float | None = None
    """As sent to an `endpoint`; None where it refused to take one."""
    max_tokens: int | None = None
    """Most tokens of an answer, as sent to an `endpoint`."""
    model_seed: int | None = None
    """As sent to an `endpoint`; whether it is heeded, only its operator knows."""
    price_in: float | None = None
    """Price of a million tokens sent, as the evaluator gave it."""
    price_out: float | None = None
    """Price of a million tokens received."""


class Answering(Protocol):
    """The least that a run needs: `bot.advisor.Advisor` has it."""

    @property
    def corpus(self) -> Corpus:
        """The corpus that answers are scored against."""

    def answer(self, question: Question) -> CheckedAnswer:
        """Answer a question."""


@runtime_checkable
class Target(Answering, Protocol):
    """Answers questions, and tells what it is; safe to call from several threads."""

    @property
    def record(self) -> TargetRecord:
        """What the run's settings tell of it."""

    @property
    def prompts(self) -> Mapping[str, str]:
        """Version of each prompt that the model is given, by name; empty where we give none."""

    @property
    def corpus_version(self) -> str:
        """Version of the corpus that it answers from; of the one it is scored by, if from none."""

    @property
    def index(self) -> Mapping[str, Any] | None:
        """What its index says of itself; None if out of reach."""


class Engine(Target):
    """This process: an advisor as it is."""

    def __init__(self, advisor: Answering, name: str = TargetRecord().name) -> None:
        """Take the advisor, whose own settings decide writer and index, and a name for people."""
        self._advisor = advisor
        self._name = name

    @property
    def corpus(self) -> Corpus:
        """The advisor's."""
        return self._advisor.corpus

    @property
    def corpus_version(self) -> str:
        """Of the advisor's corpus."""
        return str(self.corpus.version)

    @property
    def record(self) -> TargetRecord:
        """This process, with the model that its settings name."""
        return TargetRecord(name=self._name, model=getattr(self._settings, "model", None))

    @property
    def prompts(self) -> Mapping[str, str]:
        """Those of the model that writes; none where facts are said as they stand."""
        if self.record.model is None:
            return {}
        from bot.model.prompt import PROMPTS_DIR, read_prompt

        read = (read_prompt(path) for path in sorted(PROMPTS_DIR.glob("*.md")))
        return {f"{p.id}.{p.lang}": p.version for p in read if p.id in _WRITING}

    @property
    def index(self) -> Mapping[str, Any] | None:
        """The manifest of the advisor's index."""
        return index_manifest(self._advisor)

    def answer(self, question: Question) -> CheckedAnswer:
        """Have the advisor answer."""
        return self._advisor.answer(question)

    @property
    def _settings(self) -> object:
        return getattr(self._advisor, "settings", None)


_WRITING = frozenset({"writer", "form-json", "form-lines", "repair", "rewrite"})
"""Prompts of the product's own writing."""


def read_address(url: str) -> str:
    """Return an http(s) address without a slash at its end.

    Raises:
        TargetError: it is none, or holds user info or a query, which would be written down.
    """
    try:
        parts = urlsplit(url.strip())
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise TargetError(f"target: seen {url!r}; expected http(s)://host[:port] or `endpoint`.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise TargetError(
            f"target: seen user info, a query or a fragment in the address of {parts.hostname}; "
            "expected the bare address, for it is recorded. Give a key with --key-env or --key-file."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
