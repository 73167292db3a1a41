"""A route plan: the route card held against what is known about the firm and the deal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Literal

from bot.query.profile import Value
from knowledge.card import Bilingual, FactRef, Frozen
from knowledge.expression import Expression, parse_expression
from knowledge.route import (
    Blocker,
    Choice,
    Goal,
    Leg,
    Option,
    Remark,
    RouteCard,
    RouteInput,
    Side,
    Step,
)

StepState = Literal["required", "not-needed", "depends"]


class PlannedStep(Frozen):
    """A step of an option, with whether this firm needs it."""

    id: str
    state: StepState
    side: Side
    do: Bilingual
    who: Bilingual
    authority: str | None
    time: Bilingual | None
    needs: tuple[str, ...]
    depends_on: tuple[str, ...] = ()
    """Inputs not yet known that decide the step."""
    refs: tuple[FactRef, ...]


class PossibleBlocker(Remark):
    """A hard stop that hangs on inputs not yet known."""

    depends_on: tuple[str, ...]


class PlannedOption(Frozen):
    """One alternative, with whether it is open to this firm and what stands in the way."""

    id: str
    title: Bilingual
    applies: bool | None
    """None: depends on inputs not yet known."""
    depends_on: tuple[str, ...] = ()
    blockers: tuple[Remark, ...] = ()
    """Hard stops that hold for this firm."""
    possible_blockers: tuple[PossibleBlocker, ...] = ()
    legs: tuple[Leg, ...]
    steps: tuple[PlannedStep, ...]
    pros: tuple[Remark, ...]
    cons: tuple[Remark, ...]

    @property
    def is_open(self) -> bool:
        """Whether nothing known closes the option."""
        return self.applies is not False and not self.blockers


class OpenPoint(Frozen):
    """A circumstance that would change the plan, as a question to the asker."""

    name: str
    type: Literal["number", "bool", "choice", "date"]
    question: Bilingual
    choices: tuple[Choice, ...] = ()


class RoutePlan(Frozen):
    """The alternatives of a route for this firm, open ones first."""

    route: str
    goal: Goal
    title: Bilingual
    summary: Bilingual
    options: tuple[PlannedOption, ...]
    watch: tuple[Remark, ...]
    open_points: tuple[OpenPoint, ...]
    """At most two, the ones that change most first."""
    known: Mapping[str, Value]
    """Values of route inputs that the plan was made with."""

    @property
    def refs(self) -> tuple[FactRef, ...]:
        """Every fact the plan stands on, in order of first use."""
        held: list[FactRef] = []
        for option in self.options:
            for remark in (*option.blockers, *option.possible_blockers):
                held += remark.facts
            for leg in option.legs:
                held += leg.facts
            for step in option.steps:
                held += step.refs
            for remark in (*option.pros, *option.cons):
                held += remark.facts
        for remark in self.watch:
            held += remark.facts
        return tuple(dict.fromkeys(held))

    @property
    def chosen(self) -> PlannedOption | None:
        """The first open option; None when everything known closes all of them."""
        return next((option for option in self.options if option.is_open), None)


MAX_OPEN_POINTS = 2
# What hangs on an unknown input: a whole option, a hard stop, a single step.
_WEIGHTS = {"option": 3, "blocker": 2, "step": 1}


def plan_route(route: RouteCard, values: Mapping[str, Value]) -> RoutePlan:
    """Hold a route card against what is known about the firm and the deal.

    Args:
        route: the route card.
        values: known inputs by name; an input that is absent is unknown, and what it decides is
            shown as depending on it.

    Returns:
        The options in the card's order, open ones first and closed ones last; at most
        `MAX_OPEN_POINTS` questions, those on which most depends.
    """
    options = tuple(_plan_option(option, values) for option in route.options)
    return RoutePlan(
        route=route.id,
        goal=route.goal,
        title=route.title,
        summary=route.summary,
        options=_in_order(route, options),
        watch=route.watch,
        open_points=_open_points(route, options, values),
        known=dict(values),
    )


def _plan_option(option: Option, values: Mapping[str, Value]) -> PlannedOption:
    holds = {blocker: _holds(blocker.when, values) for blocker in option.blockers}
    return PlannedOption(
        id=option.id,
        title=option.title,
        applies=_holds(option.applies_when, values),
        depends_on=_unknown(option.applies_when, values),
        blockers=tuple(_remark(b) for b, held in holds.items() if held is True),
        possible_blockers=tuple(
            _possible(b, _unknown(b.when, values)) for b, held in holds.items() if held is None
        ),
        legs=option.legs,
        steps=tuple(_plan_step(step, values) for step in option.steps),
        pros=option.pros,
        cons=option.cons,
    )


def _plan_step(step: Step, values: Mapping[str, Value]) -> PlannedStep:
    needed = _holds(step.when, values)
    state: StepState = "required" if needed else "not-needed" if needed is False else "depends"
    return PlannedStep(
        id=step.id,
        state=state,
        side=step.side,
        do=step.do,
        who=step.who,
        authority=step.authority,
        time=step.time,
        needs=step.needs,
        depends_on=_unknown(step.when, values),
        refs=step.facts,
    )


def _in_order(route: RouteCard, options: tuple[PlannedOption, ...]) -> tuple[PlannedOption, ...]:
    """Put open options first, then those that depend, then the closed ones.

    An option for one kind of deal (a currency, a guarantor) counts as open until another is known
    to fit: the card puts the best general case first, and a last resort that is open to everyone
    would lead it only because it asks nothing.
    """
    conditions = {option.id: option.applies_when for option in route.options}
    is_one_known_to_fit = any(o.is_open and o.applies and conditions[o.id] for o in options)

    def place(option: PlannedOption) -> int:
        if not option.is_open:
            return 2
        condition = conditions[option.id]
        if option.applies or condition is None:
            return 0
        names = _parsed(condition).names
        is_of_a_kind = any(route.input(name).type == "choice" for name in names)
        return 0 if is_of_a_kind and not is_one_known_to_fit else 1

    return tuple(sorted(options, key=place))


def _open_points(
    route: RouteCard, options: tuple[PlannedOption, ...], values: Mapping[str, Value]
) -> tuple[OpenPoint, ...]:
    """Ask for the inputs on which most depends, of those that by themselves change the plan."""
    weights: Counter[str] = Counter()
    still_open = [option for option in options if option.is_open]
    for option in still_open:
        for name in option.depends_on:
            weights[name] += _WEIGHTS["option"]
        for blocker in option.possible_blockers:
            # One that hangs on whether the option applies at all waits for that.
            if set(blocker.depends_on).isdisjoint(option.depends_on):
                for name in blocker.depends_on:
                    weights[name] += _WEIGHTS["blocker"]
        for step in option.steps:
            for name in step.depends_on:
                weights[name] += _WEIGHTS["step"]
    conditions = _conditions(tuple(route.option(option.id) for option in still_open))
    order = {item.name: place for place, item in enumerate(route.inputs)}
    ranked = sorted(weights, key=lambda name: (-weights[name], order[name]))
    telling = (item for item in map(route.input, ranked) if _is_telling(item, conditions, values))
    return tuple(
        OpenPoint(name=item.name, type=item.type, question=item.question, choices=item.choices)
        for item in islice(telling, MAX_OPEN_POINTS)
    )


def _is_telling(item: RouteInput, conditions: tuple[str, ...], values: Mapping[str, Value]) -> bool:
    """Tell whether two answers to a question would make two different plans."""
    outcomes = {
        tuple(
            _holds(condition, {**values, item.name: answer})
            for condition in conditions
            if item.name in _parsed(condition).names
        )
        for answer in _answers(item, conditions)
    }
    return len(outcomes) > 1


def _answers(item: RouteInput, conditions: tuple[str, ...]) -> Iterator[Value]:
    """Yield answers that between them reach every outcome an input can have by itself."""
    if item.type == "bool":
        yield from (True, False)
    elif item.type == "choice":
        yield from (choice.value for choice in item.choices)
    else:
        bounds = (
            value
            for condition in conditions
            for comparison in _parsed(condition).comparisons
            if comparison.name == item.name
            for value in comparison.values
        )
        for bound in bounds:
            if isinstance(bound, int | float):
                yield from (bound - 1, float(bound), bound + 1)


def _conditions(options: tuple[Option, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            condition
            for option in options
            for condition in (
                option.applies_when,
                *(blocker.when for blocker in option.blockers),
                *(step.when for step in option.steps),
            )
            if condition
        )
    )


def _holds(condition: str | None, values: Mapping[str, Value]) -> bool | None:
    if condition is None:
        return True
    return _outcome(condition, *(values.get(name) for name in sorted(_parsed(condition).names)))


@lru_cache(maxsize=8192, typed=True)
def _outcome(condition: str, *values: Value | None) -> bool | None:
    """Evaluate a condition for the values of its inputs by name: few there are, and often asked."""
    expression = _parsed(condition)
    return expression.evaluate(dict(zip(sorted(expression.names), values, strict=True)))


def _unknown(condition: str | None, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Name the unknown inputs on which a condition hangs; none once it is decided."""
    if condition is None or _holds(condition, values) is not None:
        return ()
    return tuple(sorted(_parsed(condition).names - values.keys()))


@lru_cache(maxsize=1024)
def _parsed(condition: str) -> Expression:
    return parse_expression(condition)


def _remark(blocker: Blocker) -> Remark:
    return Remark(say=blocker.say, facts=blocker.facts)


def _possible(blocker: Blocker, depends_on: tuple[str, ...]) -> PossibleBlocker:
    return PossibleBlocker(say=blocker.say, facts=blocker.facts, depends_on=depends_on)
