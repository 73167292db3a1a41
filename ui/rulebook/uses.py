"""Where routes stand on an instrument: option by option, the steps and remarks that cite it."""

from __future__ import annotations

from typing import Literal

from knowledge.card import Bilingual, FactRef, Frozen
from knowledge.corpus import Corpus
from knowledge.route import Option, RouteCard

Part = Literal["step", "leg", "pro", "con", "blocker", "watch"]


class Use(Frozen):
    """One place of a route that stands on the instrument."""

    part: Part
    say: Bilingual
    facts: tuple[int, ...]
    """Numbers of the facts that it cites."""


class OptionUses(Frozen):
    """The places in one option; `title` is None for what is said of the route as a whole."""

    title: Bilingual | None
    uses: tuple[Use, ...]


class RouteUses(Frozen):
    """The places in one route."""

    route: str
    title: Bilingual
    options: tuple[OptionUses, ...]

    @property
    def places(self) -> int:
        """How many places there are."""
        return sum(len(option.uses) for option in self.options)


def uses_of(corpus: Corpus, card_id: str) -> tuple[RouteUses, ...]:
    """Find every place of every route that stands on a fact of an instrument."""
    found = []
    for route in corpus.routes.values():
        if any(ref.card_id == card_id for ref in route.refs):
            found.append(
                RouteUses(route=route.id, title=route.title, options=_options(route, card_id))
            )
    return tuple(found)


def _options(route: RouteCard, card_id: str) -> tuple[OptionUses, ...]:
    watched = _cited([("watch", one.say, one.facts) for one in route.watch], card_id)
    every = [
        OptionUses(title=option.title, uses=_uses(option, card_id)) for option in route.options
    ]
    every.append(OptionUses(title=None, uses=watched))
    return tuple(one for one in every if one.uses)


def _uses(option: Option, card_id: str) -> tuple[Use, ...]:
    places: list[tuple[Part, Bilingual, tuple[FactRef, ...]]] = [
        ("step", step.do, step.facts) for step in option.steps
    ]
    places += [("leg", leg.what, leg.facts) for leg in option.legs]
    places += [("blocker", one.say, one.facts) for one in option.blockers]
    places += [("pro", one.say, one.facts) for one in option.pros]
    places += [("con", one.say, one.facts) for one in option.cons]
    return _cited(places, card_id)


def _cited(
    places: list[tuple[Part, Bilingual, tuple[FactRef, ...]]], card_id: str
) -> tuple[Use, ...]:
    return tuple(
        Use(part=part, say=say, facts=numbers)
        for part, say, facts in places
        if (numbers := tuple(sorted({ref.fact_id for ref in facts if ref.card_id == card_id})))
    )
