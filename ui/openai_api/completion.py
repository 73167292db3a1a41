"""What clients of OpenAI's chat completions are sent: a completion, or its chunks."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from bot.answer import CheckedAnswer
from bot.events import AnswerEvent, BlockGrowing, BlockReady, Finished
from knowledge.card import Frozen
from ui.openai_api.request import ChatRequest
from ui.reply import ReplyData, foot


class ReplyMessage(Frozen):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    """Markdown with [1] marks; below it, unless left out, warnings, questions back and sources."""
    refusal: None = None


class Choice(Frozen):
    """The only choice."""

    index: Literal[0] = 0
    message: ReplyMessage
    finish_reason: Literal["stop"] = "stop"
    """Of a declined question too: `hugang.standing` tells."""
    logprobs: None = None


class Usage(Frozen):
    """Tokens that a language model read and wrote for the answer; zeros where none wrote."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, answer: CheckedAnswer) -> Usage:
        """Take what the endpoint of the language model counted."""
        use = answer.engine.model
        read, wrote = (use.prompt_tokens, use.completion_tokens) if use else (0, 0)
        return cls(prompt_tokens=read, completion_tokens=wrote, total_tokens=read + wrote)


class ChatCompletion(Frozen):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    """Seconds since 1970."""
    model: str
    system_fingerprint: str
    """Corpus version."""
    choices: tuple[Choice]
    usage: Usage
    hugang: ReplyData


class Delta(Frozen):
    """What a chunk adds to the answer."""

    role: Literal["assistant"] | None = None
    content: str | None = None

    @model_serializer(mode="wrap")
    def _told(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not told, as OpenAI does."""
        return {name: value for name, value in serialise(self).items() if value is not None}


class ChunkChoice(Frozen):
    """The only choice."""

    index: Literal[0] = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None
    logprobs: None = None


class ChatChunk(Frozen):
    """A piece of an answer. What was sent is never taken back: `delta.content` only adds."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    system_fingerprint: str
    choices: tuple[ChunkChoice, ...]
    usage: Usage | None = None
    """In the last chunk, where `stream_options.include_usage` asks for it."""
    hugang: ReplyData | None = None
    """In the chunk with the `finish_reason`."""


class Completion:
    """One completion in the making."""

    def __init__(self, asked: ChatRequest, corpus: str) -> None:
        """Start with nothing said.

        Args:
            asked: the request.
            corpus: version of the corpus.
        """
        self.id = f"chatcmpl-{uuid.uuid4().hex}"
        self.created = int(time.time())
        self._asked = asked
        self._corpus = corpus
        self._done = ""
        """What was sent of the block in the making."""
        self._begun = False
        """Whether a block was ended."""

    def whole(self, answer: CheckedAnswer) -> ChatCompletion:
        """Return a whole answer."""
        return ChatCompletion(
            id=self.id,
            created=self.created,
            model=self._asked.model,
            system_fingerprint=self._corpus,
            choices=(Choice(message=ReplyMessage(content=answer.text + self._foot(answer))),),
            usage=Usage.of(answer),
            hugang=ReplyData.of(answer),
        )

    def begin(self) -> ChatChunk:
        """Return the chunk that says who speaks."""
        return self._chunk(Delta(role="assistant", content=""))

    def chunks(self, event: AnswerEvent) -> Iterator[ChatChunk]:
        """Return what an event adds; what a block tells first and then again is sent once."""
        match event:
            case BlockGrowing(block=block):
                yield from self._said(block.markdown)
            case BlockReady(block=block):
                yield from self._said(block.markdown)
                self._done, self._begun = "", True
            case Finished(answer=answer):
                if below := self._foot(answer):
                    yield self._chunk(Delta(content=below))
                ended = self._chunk(Delta(), finish_reason="stop")
                yield ended.model_copy(update={"hugang": ReplyData.of(answer)})
                if self._asked.counts_tokens:
                    counted = {"choices": (), "usage": Usage.of(answer)}
                    yield ended.model_copy(update=counted)
            case _:
                pass

    def _said(self, markdown: str) -> Iterator[ChatChunk]:
        between = "\n\n" if self._begun and not self._done else ""
        added = markdown.removeprefix(self._done)
        self._done = markdown
        if added:
            yield self._chunk(Delta(content=between + added))

    def _foot(self, answer: CheckedAnswer) -> str:
        return foot(answer) if self._asked.wish.sources == "list" else ""

    def _chunk(self, delta: Delta, finish_reason: Literal["stop"] | None = None) -> ChatChunk:
        return ChatChunk(
            id=self.id,
            created=self.created,
            model=self._asked.model,
            system_fingerprint=self._corpus,
            choices=(ChunkChoice(delta=delta, finish_reason=finish_reason),),
        )
