"""What the tools take and give; the field descriptions are what a language model chooses by."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from bot.answer import (
    AnswerOpenPoint,
    CheckedAnswer,
    Citation,
    DeclineReason,
    PassageCitation,
    Standing,
)
from bot.language import Lang
from bot.question import Turn
from knowledge.card import FactRef, Frozen, Jurisdiction, Topic
from knowledge.corpus import Validity
from ui.api.catalogue import AsOf, InstrumentRow
from ui.api.invalid import told


def _object(value: object) -> object:
    """Read an object that a client sends as JSON in a string, as some do."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            pass
    return value


Values = Annotated[
    dict[str, bool | int | float | str],
    BeforeValidator(_object),
    Field(
        description="What is known about firm and deal, by names of route inputs, such as "
        '{"amount_usd": 20000000}; leave out what is unknown. plan_route tells the names.'
    ),
]
AnswerLang = Annotated[
    Lang | None,
    Field(description="Language of the reply: zh-Hans, zh-Hant or en."),
]


class AskWish(Frozen):
    """A question."""

    question: str = Field(
        description="One question in Chinese or English, in full sentences and with what is known, "
        "such as 境外放款的额度怎么计算？"
    )
    history: tuple[Turn, ...] = Field((), description="Earlier turns, oldest first.")
    lang: AnswerLang = None
    as_of: AsOf = None
    profile: Values = Field(default_factory=dict)


class SourceCited(Frozen):
    """A numbered source of an answer; `get_instrument` opens the instrument."""

    n: int
    ref: FactRef
    """`card-id#fact-id`, or the passage of a document."""
    quote: str
    instrument: str | None
    """Id; None for a document that is no instrument's text."""
    title: str
    number: str | None
    status: str | None
    """What the instrument counts for on the day of the answer."""
    locator: str | None
    """Article."""
    url: str | None


class AskReply(Frozen):
    """An answer, as much of it as an assistant passes on."""

    id: str
    text: str
    """Markdown with [1] marks."""
    lang: Lang
    as_of: dt.date
    standing: Standing
    decline_reason: DeclineReason | None
    sources: tuple[SourceCited, ...]
    route: str | None
    """Route that answers how it is done; `plan_route` tells its steps."""
    open_points: tuple[AnswerOpenPoint, ...]
    """Questions back; what is answered goes into `profile`."""
    missing: tuple[str, ...]
    warnings: tuple[str, ...]
    nearest: tuple[str, ...]
    """Ids of the instruments nearest to a declined question."""
    suggestions: tuple[str, ...]
    corpus: str

    @classmethod
    def of(cls, answer: CheckedAnswer) -> AskReply:
        """Take what an assistant passes on."""
        sources = (*map(_of_fact, answer.citations), *map(_of_passage, answer.passages))
        return cls(
            id=answer.id,
            text=answer.text,
            lang=answer.lang,
            as_of=answer.as_of,
            standing=answer.standing,
            decline_reason=answer.decline_reason,
            sources=tuple(sorted(sources, key=lambda one: one.n)),
            route=answer.plan.route if answer.plan else None,
            open_points=answer.open_points,
            missing=answer.missing,
            warnings=answer.warnings,
            nearest=answer.nearest,
            suggestions=answer.suggestions,
            corpus=answer.engine.corpus,
        )


def _of_fact(cited: Citation) -> SourceCited:
    return SourceCited(
        n=cited.n,
        ref=cited.ref,
        quote=cited.quote,
        instrument=cited.instrument.id,
        title=cited.instrument.title,
        number=cited.instrument.number,
        status=cited.instrument.status,
        locator=cited.locator,
        url=cited.source.url,
    )


def _of_passage(quoted: PassageCitation) -> SourceCited:
    document = quoted.document
    return SourceCited(
        n=quoted.n,
        ref=quoted.ref,
        quote=quoted.quote,
        instrument=document.instrument,
        title=document.title,
        number=document.number,
        status=document.status,
        locator=quoted.article,
        url=None,
    )


class PlanWish(Frozen):
    """A route by its id, or a question that a route answers."""

    route: str | None = Field(None, description="Id of a route; the tool's description lists them.")
    question: str | None = Field(
        None, description="Instead of a route: what the firm wants to do, in its own words."
    )
    values: Values = Field(default_factory=dict)
    lang: AnswerLang = None
    as_of: AsOf = None

    @model_validator(mode="after")
    def _one_of_both(self) -> PlanWish:
        if (self.route is None) == (self.question is None):
            raise told("请写route或question之一，只写一个", "give route or question, one of them")
        return self


class SearchWish(Frozen):
    """Words and limits of a search; without words, the latest instruments."""

    query: str = Field(
        "",
        max_length=500,
        description="Words, a title, a document number or a popular name, in Chinese or English.",
    )
    topic: Topic | None = None
    jurisdiction: Jurisdiction | None = None
    status: Validity | None = Field(None, description="What an instrument counts for on as_of.")
    as_of: AsOf = None
    limit: int = Field(20, ge=1, le=100)


class FoundRule(InstrumentRow):
    """An instrument that was found."""

    fact: FactRef | None
    """The fact that answers the words best; None where the instrument's name does."""


class FoundRules(Frozen):
    """Instruments, the best first."""

    as_of: dt.date
    corpus: str
    total: int
    """How many were found; `items` holds the first of them."""
    items: tuple[FoundRule, ...]


class InstrumentWish(Frozen):
    """Which instrument."""

    id: str = Field(
        min_length=1,
        max_length=300,
        description="Its id as search_rules gives it, or its document number or full title, such "
        "as 汇发〔2019〕7号.",
    )
    as_of: AsOf = None


def schema_of(kind: type[Frozen], mode: Any) -> Mapping[str, Any]:
    """Return the JSON schema of what a tool takes (`validation`) or gives (`serialization`)."""
    return kind.model_json_schema(mode=mode, by_alias=True)
