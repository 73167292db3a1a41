"""The Action Plan's measures, and the instruments whose cards say that they serve them.

Nothing is concluded from what an instrument is about: a card names the measures that it serves.
Cards were written over time and word a measure more widely or more narrowly than the plan's own
card does; such are told apart, and their own wording is shown.
"""

from __future__ import annotations

import re

from knowledge.card import Frozen, Instrument
from knowledge.corpus import Corpus

ACTION_PLAN = "sh-hk-ifc-action-plan-2025"
"""The Shanghai-Hong Kong Action Plan's card."""


class Serving(Frozen):
    """An instrument, and the names by which its card gives the measure."""

    card: Instrument
    names: tuple[str, ...]


class Measure(Frozen):
    """A measure or area, as a card names it."""

    name: str
    same: tuple[Instrument, ...]
    """Instruments whose cards name it in the same words."""
    akin: tuple[Serving, ...] = ()
    """Those whose cards name it in wider or narrower words: one name has all words of the other."""

    @property
    def has_nothing(self) -> bool:
        """Whether no instrument names it."""
        return not (self.same or self.akin)


class PlanView(Frozen):
    """The plan, and what serves it."""

    plan: Instrument
    measures: tuple[Measure, ...]
    """In the order of the plan's card."""
    further: tuple[Measure, ...]
    """Measures that other cards name and the plan's card does not."""
    linked: tuple[Instrument, ...]
    """Instruments tied to the plan (`related`, either way) that name no measure."""

    def heading(self, name: str) -> Measure:
        """Return the first measure under which a card's name for one stands.

        Raises:
            KeyError: no card names it.
        """
        for one in (*self.measures, *self.further):
            if one.name == name or any(name in serving.names for serving in one.akin):
                return one
        raise KeyError(name)


def plan_view(corpus: Corpus) -> PlanView:
    """Read from the cards what serves which measure of the Action Plan.

    Raises:
        KeyError: the corpus has no such card.
    """
    plan = corpus.instruments[ACTION_PLAN]
    serving = [card for card in corpus.instruments.values() if card.measures and card != plan]
    measures = tuple(_measure(name, serving) for name in plan.measures)
    taken = set(plan.measures) | {
        name for measure in measures for one in measure.akin for name in one.names
    }
    further = dict.fromkeys(name for card in serving for name in card.measures if name not in taken)
    return PlanView(
        plan=plan,
        measures=measures,
        further=tuple(
            Measure(name=name, same=tuple(card for card in serving if name in card.measures))
            for name in further
        ),
        linked=tuple(
            card
            for card in corpus.instruments.values()
            if card != plan
            and not card.measures
            and (plan.id in card.related or card.id in plan.related)
        ),
    )


def _measure(name: str, serving: list[Instrument]) -> Measure:
    same = tuple(card for card in serving if name in card.measures)
    akin = []
    for card in serving:
        names = tuple(other for other in card.measures if _is_akin(name, other))
        if card not in same and names:
            akin.append(Serving(card=card, names=names))
    return Measure(name=name, same=same, akin=tuple(akin))


def _is_akin(measure: str, name: str) -> bool:
    """Tell whether a card's name for a measure has all words of the plan's, or the other way round.

    "Bond Connect and Swap Connect" is two things, of which a card may name one.
    """
    words = _words(name)
    return words <= _words(measure) or any(
        _words(part) <= words for part in re.split(r"\band\b", measure)
    )


def _words(name: str) -> frozenset[str]:
    english = name.rpartition(" / ")[2].casefold()
    words = re.findall(r"[a-z][a-z-]*", english)
    return frozenset(word.removesuffix("s") for word in words if word not in ("and", "in"))


def measure_key(name: str) -> str:
    """Return the name of a measure as it stands in addresses: `e-cny-cross-border-payments`."""
    english = name.rpartition(" / ")[2].casefold()
    return "-".join(re.findall(r"[a-z0-9]+", english))
