"""What clients of OpenAI's chat completions send, as far as it bears on an answer.

What such clients set by habit (`temperature`, `max_tokens`, `seed`, `stop`, …) is ignored;
what would change the form of the reply is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from bot.language import Lang
from bot.question import Filters, Turn
from knowledge.card import Bilingual, Frozen
from ui.api.catalogue import AsOf
from ui.api.invalid import told
from ui.api.problems import ProblemError
from ui.reply import bare_text

ProfileValue = bool | int | float | str


class _Open(BaseModel):
    """Reads what it knows and leaves the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _text_of(content: object) -> object:
    """Return the text of a content that may be a list of parts."""
    if content is None:
        return ""
    if not isinstance(content, list):
        return content
    texts = []
    for part in content:
        if not isinstance(part, Mapping) or part.get("type") != "text":
            seen = str(part.get("type") if isinstance(part, Mapping) else part)[:60]
            raise told(
                f"只读文字，不读{seen!r}；请只发送type为text的部分",
                f"only text is read, not {seen!r}; send parts of type text only",
            )
        if not isinstance(part.get("text"), str):
            raise told(
                "type为text的部分缺少文字text", "a part of type text has no string in its text"
            )
        texts.append(part["text"])
    return "\n".join(texts)


Content = Annotated[
    str,
    BeforeValidator(_text_of),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
                        "required": ["type", "text"],
                    },
                },
                {"type": "null"},
            ]
        }
    ),
]


class ChatMessage(_Open):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = Field(
        description="`user` asks. Messages of `system` and `developer` are not followed: answers "
        "come from the corpus alone. `tool` and `function` are passed over."
    )
    content: Content = Field("", description="Text, or a list of parts of type `text`.")


class StreamOptions(_Open):
    """How a stream is sent."""

    include_usage: StrictBool | None = Field(None, description="Send a last chunk with `usage`.")


class HugangWish(Frozen):
    """What can be said to Hugang beyond OpenAI's fields; unknown keys are refused."""

    as_of: AsOf = None
    lang: Lang | None = Field(None, description="Language of the answer; that of the model.")
    profile: dict[str, ProfileValue] = Field(
        default_factory=dict, description="Values for route inputs by name, where known."
    )
    filters: Filters = Filters()
    sources: Literal["list", "none"] = Field(
        "list",
        description="`list`: warnings, questions back and the numbered sources stand below the "
        "text. `none`: the text alone; all of that is in the field `hugang` of the reply.",
    )


class _Only:
    """Lets a field be told with a few harmless values only."""

    def __init__(self, *allowed: object, zh: str, en: str) -> None:
        """Take the values, and what to say to another."""
        self._allowed = allowed
        self._zh, self._en = zh, en

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        """Check a value as it came: `true` is not 1."""
        return core_schema.no_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: Any) -> dict[str, Any]:
        """Describe the values."""
        return {"enum": list(self._allowed)}

    def _checked(self, value: object) -> object:
        if any(type(value) is type(one) and value == one for one in self._allowed):
            return value
        raise told(self._zh, self._en)


_NO_TOOLS = _Only(
    None, [], zh="不支持工具调用，请不要发送", en="tools are not called here; leave it out"
)
_ONE = _Only(None, 1, zh="每次只有一个答案，请写1", en="there is one answer; write 1")
_NO_LOGPROBS = _Only(
    None, False, zh="没有对数概率，请写false", en="there are no log probabilities; write false"
)
_TEXT = _Only(
    None,
    {"type": "text"},
    zh='答案是文字，数据在字段hugang里；请写{"type": "text"}',
    en='the answer is text, its data stand in the field hugang; write {"type": "text"}',
)
_TEXT_ONLY = _Only(
    None, ["text"], zh='只有文字，请写["text"]', en='there is text only; write ["text"]'
)


class ChatRequest(_Open):
    """A conversation whose last user message is the question; other fields of OpenAI are ignored."""

    model: str = Field(examples=["hugang"])
    messages: tuple[ChatMessage, ...] = Field(json_schema_extra={"minItems": 1})
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    user: str | None = Field(
        None, max_length=512, description="Your name for who asks: tells visitors apart for limits."
    )
    n: Annotated[Any, _ONE] = None
    tools: Annotated[Any, _NO_TOOLS] = None
    functions: Annotated[Any, _NO_TOOLS] = None
    logprobs: Annotated[Any, _NO_LOGPROBS] = None
    response_format: Annotated[Any, _TEXT] = None
    modalities: Annotated[Any, _TEXT_ONLY] = None
    hugang: HugangWish | None = None

    @property
    def wish(self) -> HugangWish:
        """What is said to Hugang."""
        return self.hugang or HugangWish()

    @property
    def counts_tokens(self) -> bool:
        """Whether a stream ends with a chunk of usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def turns(self) -> tuple[str, tuple[Turn, ...]]:
        """Return the question and the turns before it.

        Raises:
            ProblemError: there is no message of a user.
        """
        said = [one for one in self.messages if one.role in ("user", "assistant")]
        while said and said[-1].role != "user":
            said.pop()
        if not said:
            raise ProblemError(
                "bad-question",
                Bilingual(
                    zh="messages里没有role为user的消息；请把问题写成这样一条。",
                    en="messages holds none of role user; put the question into one.",
                ),
            )
        *before, question = said
        history = (
            Turn(role="user", content=one.content)
            if one.role == "user"
            else Turn(role="assistant", content=bare_text(one.content))
            for one in before
            if one.content
        )
        return question.content, tuple(history)
