"""Instrument cards: what a rule says, in two languages, each statement tied to a source.

The file format is told in `docs/CARD_FORMAT.md`; these types are its exact image in memory.
All are frozen and refuse keys that the format does not know.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

PassageLang = Literal["zh", "en"]
"""Language of a corpus text: cards are written in simplified Chinese and in English."""

Jurisdiction = Literal["mainland", "shanghai", "hongkong", "both"]
Kind = Literal[
    "law",
    "regulation",
    "notice",
    "scheme",
    "action-plan",
    "exchange-rule",
    "tax",
    "programme",
    "announcement",
]
Topic = Literal[
    "action-plan",
    "financing",
    "payments",
    "fund-management",
    "investment",
    "tax",
    "insurance",
    "market-access",
    "fintech",
    "compliance",
    "support",
]
Status = Literal["in-force", "pilot", "announced", "draft", "superseded", "repealed"]
Aspect = Literal[
    "definition",
    "eligibility",
    "permission",
    "limit",
    "procedure",
    "documents",
    "timing",
    "authority",
    "tax",
    "cost",
    "risk",
    "background",
]
Quality = Literal["official", "professional", "press", "mirror"]
"""Who runs the page: the issuer or another authority, a profession, a newspaper, a repost."""

_KEBAB = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_FACT_REF = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)#([1-9][0-9]*)")


class Frozen(BaseModel):
    """Base of every value in the project: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FactRef(str):
    """Permanent name of one fact, printed `card-id#fact-id`, for example `ndrc-2017-11-odi#1`."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        """Read a reference.

        Raises:
            ValueError: the text is not `card-id#fact-id`.
        """
        if not _FACT_REF.fullmatch(value):
            raise ValueError(f"{value!r} is not a fact reference; expected card-id#number")
        return super().__new__(cls, value)

    @classmethod
    def of(cls, card_id: str, fact_id: int) -> Self:
        """Build the reference of fact `fact_id` on card `card_id`."""
        return cls(f"{card_id}#{fact_id}")

    @property
    def card_id(self) -> str:
        """The instrument card that holds the fact."""
        return self.partition("#")[0]

    @property
    def fact_id(self) -> int:
        """The fact's number on its card."""
        return int(self.partition("#")[2])

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Validate from a string; a plain string in JSON."""
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(pattern=f"^{_FACT_REF.pattern}$"),
            serialization=core_schema.to_string_ser_schema(),
        )


class Bilingual(Frozen):
    """One statement in both languages, so that neither can be forgotten."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def text(self, lang: PassageLang) -> str:
        """Return the statement in the language asked for."""
        return self.zh if lang == "zh" else self.en


class FactValue(Frozen):
    """A machine-readable figure of a fact: exactly one of amount, date and value is given."""

    name: str
    amount: int | float | str | None = None
    unit: str | None = None
    """`CNY`, `USD`, `%`, `working days`, `date`, …: the unit in which `amount` counts."""
    date: dt.date | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(part is not None for part in (self.amount, self.date, self.value)) != 1:
            raise ValueError(f"value {self.name!r} needs exactly one of amount, date, value")
        return self


class Source(Frozen):
    """A page that facts rest on."""

    id: str = Field(pattern=r"^s[0-9]+$")
    publisher: str
    title: str
    url: str = Field(pattern=r"^https?://")
    official: bool
    quality: Quality
    note: str | None = None
    """What a reader should know before relying on the page."""
    date: dt.date | str | None = None
    """Publication date; a string where only the year or month is known."""


class Fact(Frozen):
    """One self-contained statement of an instrument: the unit that is retrieved and cited."""

    id: int = Field(ge=1)
    aspect: Aspect
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    source: str
    also: tuple[str, ...] = ()
    """Further sources of the card that independently say the same."""
    locator: str | None = None
    values: tuple[FactValue, ...] = ()

    def text(self, lang: PassageLang) -> str:
        """Return the statement in the language asked for."""
        return self.zh if lang == "zh" else self.en


class Unconfirmed(Frozen):
    """What an editor believes but could not see on any page: never shown as fact."""

    zh: str | None = None
    en: str
    why: str


class Instrument(Frozen):
    """A law, notice, scheme, tax arrangement or programme, with its facts and sources."""

    id: str = Field(pattern=_KEBAB)
    title: Bilingual
    number: str | None
    issuers: tuple[str, ...] = Field(min_length=1)
    jurisdiction: Jurisdiction
    kind: Kind
    topics: tuple[Topic, ...] = Field(min_length=1)
    issued: dt.date | None
    effective: dt.date | None
    status: Status
    superseded_by: str | None
    summary: Bilingual
    sources: tuple[Source, ...] = Field(min_length=1)
    facts: tuple[Fact, ...] = Field(min_length=1)
    related: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Remarks for the editor, never shown as fact."""
    measures: tuple[str, ...] = ()
    """Areas or measures of the Shanghai-Hong Kong Action Plan that the instrument serves."""
    unconfirmed: tuple[Unconfirmed, ...] = ()

    @property
    def starts(self) -> dt.date | None:
        """First day on which the instrument counts: effective, else issued, else not known."""
        return self.effective or self.issued

    def fact(self, fact_id: int) -> Fact:
        """Return a fact by its number.

        Raises:
            KeyError: the card has no such fact.
        """
        for fact in self.facts:
            if fact.id == fact_id:
                return fact
        raise KeyError(FactRef.of(self.id, fact_id))

    def source(self, source_id: str) -> Source:
        """Return a source by its id.

        Raises:
            KeyError: the card has no such source.
        """
        for source in self.sources:
            if source.id == source_id:
                return source
        raise KeyError(f"{self.id}: {source_id}")
