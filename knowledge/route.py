"""Route cards: how the rules are used together to move money from here to there.

The file format is told in `docs/ROUTE_FORMAT.md`; these types are its exact image in memory.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from knowledge.card import Bilingual, FactRef, Frozen, PassageLang
from knowledge.questions import Questions

Goal = Literal[
    "invest",
    "borrow",
    "issue-bonds",
    "list",
    "acquire",
    "pay",
    "collect",
    "pool",
    "lend-abroad",
    "hedge",
    "repatriate",
    "invest-funds",
    "insure",
    "guarantee",
]
Side = Literal["mainland", "shanghai", "hongkong", "destination"]
Party = Literal[
    "mainland_parent",
    "mainland_subsidiary",
    "shanghai_ft_account",
    "shanghai_bank",
    "hk_company",
    "hk_treasury_centre",
    "hk_bank",
    "hk_market",
    "overseas_subsidiary",
    "overseas_supplier",
    "overseas_customer",
    "insurer",
    "cips",
    "offshore_lender",
]


class Choice(Frozen):
    """One value that a choice input can take."""

    value: str
    zh: str
    en: str

    def text(self, lang: PassageLang) -> str:
        """Return the label in the language asked for."""
        return self.zh if lang == "zh" else self.en


class RouteInput(Frozen):
    """A circumstance of the firm or the deal that decides the route."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["number", "bool", "choice", "date"]
    choices: tuple[Choice, ...] = ()
    question: Bilingual

    @model_validator(mode="after")
    def _choices_fit_type(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError(f"input {self.name!r}: choices are for type choice, and needed there")
        return self


class Remark(Frozen):
    """An advantage, drawback or warning, with the facts it stands on."""

    say: Bilingual
    facts: tuple[FactRef, ...] = Field(min_length=1)


class Blocker(Remark):
    """A hard stop: when the expression holds, the option cannot be used."""

    when: str


class Leg(Frozen):
    """One arrow of the picture: money moving between two parties."""

    from_: Party = Field(alias="from")
    to: Party
    what: Bilingual
    channel: Bilingual | None = None
    currencies: tuple[str, ...]
    facts: tuple[FactRef, ...] = Field(min_length=1)


class Step(Frozen):
    """One thing to do, by whom, with which authority, in what time."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    side: Side
    do: Bilingual
    who: Bilingual
    authority: str | None
    time: Bilingual | None
    """How long it takes; None when no fact gives it."""
    when: str | None
    """Expression over the inputs under which the step is needed; None = always."""
    needs: tuple[str, ...]
    """Ids of steps that come first."""
    facts: tuple[FactRef, ...] = Field(min_length=1)


class Option(Frozen):
    """One alternative way to reach the goal."""

    id: str
    title: Bilingual
    applies_when: str | None
    blockers: tuple[Blocker, ...]
    legs: tuple[Leg, ...] = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    pros: tuple[Remark, ...]
    cons: tuple[Remark, ...]

    @property
    def refs(self) -> tuple[FactRef, ...]:
        """Every fact the option stands on, in order of first use."""
        holders: tuple[Blocker | Leg | Step | Remark, ...] = (
            *self.blockers,
            *self.legs,
            *self.steps,
            *self.pros,
            *self.cons,
        )
        return tuple(dict.fromkeys(ref for holder in holders for ref in holder.facts))


class RouteCard(Frozen):
    """One kind of "how do we …" question: alternatives, legs, steps and what decides."""

    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    goal: Goal
    title: Bilingual
    asks: Questions
    """Typical questions that the route answers."""
    summary: Bilingual
    inputs: tuple[RouteInput, ...]
    options: tuple[Option, ...] = Field(min_length=1, max_length=5)
    watch: tuple[Remark, ...]

    def input(self, name: str) -> RouteInput:
        """Return an input by name.

        Raises:
            KeyError: the route has no such input.
        """
        for item in self.inputs:
            if item.name == name:
                return item
        raise KeyError(f"{self.id}: {name}")

    def option(self, option_id: str) -> Option:
        """Return an option by id.

        Raises:
            KeyError: the route has no such option.
        """
        for option in self.options:
            if option.id == option_id:
                return option
        raise KeyError(f"{self.id}: {option_id}")

    @property
    def refs(self) -> tuple[FactRef, ...]:
        """Every fact the route stands on, in order of first use."""
        seen: dict[FactRef, None] = {}
        for option in self.options:
            seen.update(dict.fromkeys(option.refs))
        for remark in self.watch:
            seen.update(dict.fromkeys(remark.facts))
        return tuple(seen)
