"""Any OpenAI-compatible endpoint as a target: a bare model, or one that is given our evidence.

With evidence, the model is shown the facts that our search finds, within the room that our own
writer has, and writes freely; nothing that it writes is checked, mended or left out. Either way it
is told what a good answer is here, in a prompt of its own, and its words are read by `reading`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from pydantic import SecretStr

from bot.advisor import Advisor
from bot.answer import CheckedAnswer, Engine, ModelUse
from bot.language import in_script, passage_lang
from bot.model.brief import LANGUAGES, fact_lines, within
from bot.model.prompt import fence, load_prompt
from bot.providers.base import Budget, Fault, Message, ModelError, Usage
from bot.providers.open_model import NO_KEY
from bot.providers.openai_chat import TOKEN_LIMIT, OpenAIChat
from bot.question import Question
from bot.writing.labels import en_date, zh_date
from evals.errors import TargetError
from evals.provenance import index_manifest
from evals.targets.patience import Patience, Unanswered
from evals.targets.reading import AnswerReader
from evals.targets.target import MAX_TOKENS, TIMEOUT_S, Target, TargetRecord, read_address
from knowledge.card import FactRef, PassageLang
from knowledge.corpus import Corpus

_MAY_PASS: frozenset[Fault] = frozenset(
    {"timeout", "rate-limited", "server-error", "unreachable", "cut-off"}
)
_LANGS: tuple[PassageLang, ...] = ("zh", "en")


class Endpoint(Target):
    """Puts questions to a model as they are asked; safe to call from several threads."""

    def __init__(
        self,
        model: OpenAIChat,
        advisor: Advisor,
        record: TargetRecord,
        *,
        timeout_s: float = TIMEOUT_S,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the model and what searches and checks.

        Args:
            model: at the endpoint.
            advisor: its search gives the evidence, its checker the verdicts; it writes nothing.
            record: what the run's settings tell; whether there is evidence is said here.
            timeout_s: longest time that one attempt may take.
            patience: with what may pass; None = the usual one.
            sleep: waits so many seconds.
        """
        self._model = model
        self._advisor = advisor
        self._record = record
        self._timeout_s = timeout_s
        self._patience = patience or Patience()
        self._sleep = sleep
        self._reader = AnswerReader(advisor)

    @classmethod
    def open(
        cls,
        record: TargetRecord,
        advisor: Advisor,
        *,
        key: SecretStr | None = None,
        timeout_s: float = TIMEOUT_S,
        patience: Patience | None = None,
    ) -> Self:
        """Open the endpoint that a record tells of; nothing is sent yet.

        Raises:
            TargetError: the record names no model or no http(s) address.
        """
        if not record.model or not record.address:
            raise TargetError(
                "target endpoint: seen no model or no address; expected both. Name them: "
                "--target endpoint --base-url http://127.0.0.1:9000/v1 --model NAME"
            )
        model = OpenAIChat(
            record.model,
            key or NO_KEY,
            base_url=read_address(record.address),
            temperature=record.temperature or 0.0,
            max_tokens=record.max_tokens or MAX_TOKENS,
            seed=record.model_seed,
        )
        return cls(model, advisor, record, timeout_s=timeout_s, patience=patience)

    @property
    def corpus(self) -> Corpus:
        """The one that answers are scored by and, with evidence, given from."""
        return self._advisor.corpus

    @property
    def corpus_version(self) -> str:
        """Of this corpus; a bare model knows nothing of it."""
        return str(self.corpus.version)

    @property
    def record(self) -> TargetRecord:
        """What is known of the endpoint; what it would not take is no longer named as sent."""
        refused = self._model.refused
        sent = {"temperature": "temperature", "model_seed": "seed", "max_tokens": "max_tokens"}
        return self._record.model_copy(
            update={field: None for field, name in sent.items() if name in refused}
        )

    @property
    def prompts(self) -> Mapping[str, str]:
        """The prompt in both languages."""
        prompts = (load_prompt(self._prompt_id, lang) for lang in _LANGS)
        return {f"{prompt.id}.{prompt.lang}": prompt.version for prompt in prompts}

    @property
    def index(self) -> Mapping[str, Any] | None:
        """Of the search that gives the evidence; None for a bare model."""
        return index_manifest(self._advisor) if self._record.retrieval else None

    def answer(self, question: Question) -> CheckedAnswer:
        """Put a question to the model, and read its answer.

        Raises:
            Unanswered: the endpoint gave no text.
        """
        start = time.perf_counter()
        facts = self._evidence(question) if self._record.retrieval else {}
        found = time.perf_counter()
        call = self._patience.insist(
            lambda: _Call(self._model, self._messages(question, facts), self._timeout_s),
            self._sleep,
        )
        timings = {"retrieval": (found - start) * 1000} if facts else {}
        timings |= {"first_token": call.first_token_ms, "model": call.total_ms}
        timings["total"] = timings.get("retrieval", 0.0) + call.total_ms
        return self._reader.read(
            call.text, question, tuple(facts), self._engine(question, call, timings)
        )

    def close(self) -> None:
        """Let the connections go; the advisor stays open."""
        self._model.close()

    @property
    def _prompt_id(self) -> str:
        return "rival-facts" if self._record.retrieval else "rival"

    def _evidence(self, question: Question) -> dict[FactRef, str]:
        """Return the facts that the model is shown, best first, each with its source and status."""
        refs = self._advisor.evidence(question).refs
        lines = fact_lines(refs, self.corpus, question)
        return dict(within(lines, self._advisor.settings.model_tokens))

    def _messages(self, question: Question, facts: Mapping[FactRef, str]) -> tuple[Message, ...]:
        lang = question.lang
        day = en_date(question.as_of) if lang == "en" else zh_date(question.as_of)
        prompt = load_prompt(self._prompt_id, passage_lang(lang))
        asked = question.text
        if self._record.retrieval:
            told = "\n".join(f"[{n}] {line}" for n, line in enumerate(facts.values(), start=1))
            asked = f"{fence('facts', told)}\n\n{fence('question', asked)}"
        return (
            Message(
                role="system",
                content=in_script(prompt.render(day=day, language=LANGUAGES[lang]), lang),
            ),
            *(Message(role=turn.role, content=turn.content) for turn in question.history),
            Message(role="user", content=asked),
        )

    def _engine(self, question: Question, call: _Call, timings: Mapping[str, float]) -> Engine:
        record, usage = self._record, call.usage
        cost = None
        if record.price_in is not None and record.price_out is not None:
            spent = (
                usage.prompt_tokens * record.price_in + usage.completion_tokens * record.price_out
            )
            cost = round(spent / 1_000_000, 6)
        prompt = load_prompt(self._prompt_id, passage_lang(question.lang))
        return Engine(
            writer="endpoint",
            corpus=self.corpus_version,
            corpus_as_of=self.corpus.version.as_of,
            timings_ms=timings,
            model=ModelUse(
                name=self._model.name,
                prompt=prompt.name,
                calls=1,
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                cost=cost if usage != Usage() else None,
                proposed_claims=0,
                dropped_claims=0,
                fault=call.fault,
            ),
        )


class _Call:
    """One attempt at a model: its text, its tokens and its times in milliseconds."""

    def __init__(self, model: OpenAIChat, messages: Sequence[Message], timeout_s: float) -> None:
        """Make it.

        Raises:
            Unanswered: it brought no text, or not all of it.
        """
        start = time.perf_counter()
        first: float | None = None
        pieces: list[str] = []
        self.usage = Usage()
        self.fault: Fault | None = None
        try:
            for delta in model.stream(messages, Budget(timeout_s, timeout_s)):
                if delta.text and first is None:
                    first = time.perf_counter()
                pieces.append(delta.text)
                self.usage = delta.usage or self.usage
        except ModelError as error:
            # An answer that has no end within the limit is still what the model answers.
            if error.detail != TOKEN_LIMIT or not any(pieces):
                raise Unanswered(
                    str(error), passes=error.fault in _MAY_PASS, retry_after_s=error.retry_after_s
                ) from error
            self.fault = error.fault
        end = time.perf_counter()
        self.text = re.sub(r"\n{3,}", "\n\n", "".join(pieces)).strip()
        self.first_token_ms = ((first or end) - start) * 1000
        self.total_ms = (end - start) * 1000
