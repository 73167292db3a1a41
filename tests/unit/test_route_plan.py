"""A route held against what is known: three states, hard stops, and questions that change something."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.query.profile import Value
from bot.route_plan import MAX_OPEN_POINTS, PlannedOption, RoutePlan, plan_route
from knowledge.card import Bilingual, FactRef
from knowledge.corpus import Corpus
from knowledge.expression import parse_expression
from knowledge.route import (
    Blocker,
    Choice,
    Leg,
    Option,
    Questions,
    RouteCard,
    RouteInput,
    Step,
)

WORDS = Bilingual(zh="说", en="say")
FACTS = (FactRef("card#1"),)


def step(name: str, when: str | None) -> Step:
    return Step(
        id=name,
        side="mainland",
        do=WORDS,
        who=WORDS,
        authority=None,
        time=None,
        when=when,
        needs=(),
        facts=FACTS,
    )


def option(
    name: str,
    *steps: Step,
    applies_when: str | None = None,
    blocked_when: tuple[str, ...] = (),
) -> Option:
    leg = Leg.model_validate(
        {
            "from": "mainland_parent",
            "to": "hk_company",
            "what": WORDS,
            "currencies": ["CNY"],
            "facts": FACTS,
        }
    )
    return Option(
        id=name,
        title=WORDS,
        applies_when=applies_when,
        blockers=tuple(Blocker(say=WORDS, facts=FACTS, when=when) for when in blocked_when),
        legs=(leg,),
        steps=steps or (step("always", None),),
        pros=(),
        cons=(),
    )


def route(*options: Option) -> RouteCard:
    kinds = (Choice(value="private", zh="民企", en="private"),)
    kinds += (Choice(value="state", zh="国企", en="state"),)
    return RouteCard(
        id="a-route",
        goal="invest",
        title=WORDS,
        asks=Questions(zh=("问？",), en=("ask?",)),
        summary=WORDS,
        inputs=(
            RouteInput(name="amount", type="number", question=WORDS),
            RouteInput(name="sensitive", type="bool", question=WORDS),
            RouteInput(name="green", type="bool", question=WORDS),
            RouteInput(name="kind", type="choice", choices=kinds, question=WORDS),
        ),
        options=options,
        watch=(),
    )


def states(plan: RoutePlan) -> dict[str, str]:
    return {s.id: s.state for o in plan.options for s in o.steps}


def asked(plan: RoutePlan) -> list[str]:
    return [point.name for point in plan.open_points]


STEPS = option(
    "one",
    step("always", None),
    step("large", "amount >= 300"),
    step("both", "sensitive and amount >= 300"),
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"always": "required", "large": "depends", "both": "depends"}),
        ({"amount": 300}, {"always": "required", "large": "required", "both": "depends"}),
        # a small amount decides the conjunction, whatever the project
        ({"amount": 299}, {"always": "required", "large": "not-needed", "both": "not-needed"}),
        ({"sensitive": False}, {"always": "required", "large": "depends", "both": "not-needed"}),
        (
            {"amount": 300, "sensitive": True},
            {"always": "required", "large": "required", "both": "required"},
        ),
    ],
)
def test_a_step_is_required_not_needed_or_depends(
    values: dict[str, Value], expected: dict[str, str]
) -> None:
    assert states(plan_route(route(STEPS), values)) == expected


def test_a_step_names_what_it_depends_on_and_nothing_once_decided() -> None:
    def depends(values: dict[str, Value]) -> tuple[str, ...]:
        return plan_route(route(STEPS), values).options[0].steps[2].depends_on

    assert depends({}) == ("amount", "sensitive")
    assert depends({"amount": 300}) == ("sensitive",)
    assert depends({"amount": 1}) == ()


BLOCKED = option("blocked", blocked_when=("kind == 'state'",))


def test_a_blocker_is_possible_until_it_is_known_to_hold_or_not() -> None:
    def first(values: dict[str, Value]) -> PlannedOption:
        return plan_route(route(BLOCKED), values).options[0]

    unknown = first({})
    assert (len(unknown.blockers), len(unknown.possible_blockers)) == (0, 1)
    assert unknown.possible_blockers[0].depends_on == ("kind",)
    assert unknown.is_open
    holds = first({"kind": "state"})
    assert (len(holds.blockers), len(holds.possible_blockers)) == (1, 0)
    assert not holds.is_open
    clear = first({"kind": "private"})
    assert (len(clear.blockers), len(clear.possible_blockers)) == (0, 0)
    assert clear.is_open


def test_open_options_stand_before_uncertain_ones_and_closed_ones_last() -> None:
    card = route(
        option("not-for-us", applies_when="green"),
        option("blocked", blocked_when=("not green",)),
        option("perhaps", applies_when="sensitive"),
        option("open"),
    )
    plan = plan_route(card, {"green": False})
    assert [o.id for o in plan.options] == ["open", "perhaps", "not-for-us", "blocked"]
    assert plan.chosen is not None
    assert plan.chosen.id == "open"


def test_no_option_is_chosen_when_all_are_closed() -> None:
    card = route(option("a", applies_when="green"), option("b", blocked_when=("not green",)))
    assert plan_route(card, {"green": False}).chosen is None


def test_at_most_two_questions_those_on_which_most_depends() -> None:
    card = route(
        option(
            "a", step("s", "green"), applies_when="kind == 'state'", blocked_when=("sensitive",)
        ),
        option("b", step("t", "amount > 1"), step("u", "amount > 2"), step("v", "amount > 3")),
    )
    # weights: kind 3 (option), amount 3 (three steps), sensitive 2 (blocker), green 1 (step);
    # kind and amount tie, and amount stands first among the inputs
    assert asked(plan_route(card, {})) == ["amount", "kind"]
    assert asked(plan_route(card, {"amount": 0, "kind": "state"})) == ["sensitive", "green"]


def test_nothing_is_asked_that_is_known_or_that_no_open_option_needs() -> None:
    card = route(option("a", step("s", "green"), blocked_when=("amount > 5",)))
    assert asked(plan_route(card, {})) == ["amount", "green"]
    assert asked(plan_route(card, {"green": True, "amount": 1})) == []
    # blocked for certain: whether its step is needed changes nothing
    assert asked(plan_route(card, {"amount": 6})) == []


def test_a_blocked_option_asks_nothing_about_whether_it_applies() -> None:
    # It is closed either way, so that the answer would change nothing.
    card = route(option("a", applies_when="green", blocked_when=("amount > 5",)), option("b"))
    assert asked(plan_route(card, {"amount": 6})) == []


def test_the_plan_says_what_it_was_made_with() -> None:
    assert plan_route(route(STEPS), {"amount": 5.0}).known == {"amount": 5.0}


# --- the shipped routes -----------------------------------------------------------------------


def conditions(card: RouteCard) -> Iterator[str]:
    for one in card.options:
        found = (
            one.applies_when,
            *(blocker.when for blocker in one.blockers),
            *(item.when for item in one.steps),
        )
        yield from (text for text in found if text is not None)


def candidates(card: RouteCard, item: RouteInput) -> list[Value]:
    """Return values on both sides of everything the route compares an input with."""
    if item.type == "bool":
        return [True, False]
    if item.type == "choice":
        return [choice.value for choice in item.choices]
    edges = {
        float(value)
        for text in conditions(card)
        for comparison in parse_expression(text).comparisons
        if comparison.name == item.name
        for value in comparison.values
        if isinstance(value, int | float)
    }
    return sorted({edge + shift for edge in edges or {0.0} for shift in (-1, 0, 1)})


@st.composite
def profiles(draw: st.DrawFn, card: RouteCard) -> dict[str, Value]:
    """Draw what may be known: any of the inputs, each with a value that matters."""
    known: dict[str, Value] = {}
    for item in card.inputs:
        if draw(st.booleans()):
            known[item.name] = draw(st.sampled_from(candidates(card, item)))
    return known


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_knowing_more_never_unsettles_what_was_settled(corpus: Corpus, data: st.DataObject) -> None:
    card = data.draw(st.sampled_from(list(corpus.routes.values())))
    known = data.draw(profiles(card))
    unknown = [item for item in card.inputs if item.name not in known]
    if not unknown:
        return
    item = data.draw(st.sampled_from(unknown))
    more = known | {item.name: data.draw(st.sampled_from(candidates(card, item)))}
    before = {o.id: o for o in plan_route(card, known).options}
    after = {o.id: o for o in plan_route(card, more).options}
    for name, one in before.items():
        other = after[name]
        if one.applies is not None:
            assert other.applies is one.applies
        assert {b.say.en for b in one.blockers} <= {b.say.en for b in other.blockers}
        for old, new in zip(one.steps, other.steps, strict=True):
            if old.state != "depends":
                assert new.state == old.state, (card.id, name, old.id, known, item.name)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_every_question_of_a_shipped_route_bears_on_an_option_that_is_still_open(
    corpus: Corpus, data: st.DataObject
) -> None:
    card = data.draw(st.sampled_from(list(corpus.routes.values())))
    known = data.draw(profiles(card))
    plan = plan_route(card, known)
    assert len(plan.open_points) <= MAX_OPEN_POINTS
    bears = {
        name
        for one in plan.options
        if one.is_open
        for names in (
            one.depends_on,
            *(blocker.depends_on for blocker in one.possible_blockers),
            *(item.depends_on for item in one.steps),
        )
        for name in names
    }
    assert set(asked(plan)) <= bears - known.keys(), (card.id, known)


def test_answering_every_question_settles_every_shipped_route(corpus: Corpus) -> None:
    choose = random.Random(7)
    for card in corpus.routes.values():
        known: dict[str, Value] = {}
        for _ in range(len(card.inputs) + 1):
            plan = plan_route(card, known)
            if not plan.open_points:
                break
            for point in plan.open_points:
                known[point.name] = choose.choice(candidates(card, card.input(point.name)))
        assert not plan.open_points, card.id
        assert all(
            item.state != "depends" for one in plan.options if one.is_open for item in one.steps
        ), card.id
