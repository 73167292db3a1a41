"""Every route card planned for firms and deals that differ, kept in files one can read.

The profiles are in `route_profiles.yaml`; `routes/*.md` holds what each is told: the recommended
option, what decides each verdict, the steps that stay and those that drop out, what is asked back.
To accept a change: `pytest tests/golden --update-golden`, then read the diff.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.advisor import Advisor
from bot.answer import AnswerOption, AnswerPlan, AnswerStep
from bot.language import Lang
from bot.present import present_plan
from bot.query.profile import Value, read_values
from bot.route_plan import RoutePlan, plan_route
from bot.settings import Settings
from knowledge.card import FactRef
from knowledge.expression import parse_expression
from knowledge.load import read_yaml
from knowledge.route import Option, RouteCard
from tests.shipped import shipped_corpus
from ui.api.app import create_app
from ui.cli import app

HERE = Path(__file__).parent
ROUTES = HERE / "routes"
PROFILES: dict[str, dict[str, dict[str, Any]]] = read_yaml(HERE / "route_profiles.yaml")
FEWEST, MOST = 3, 6
NOTHING_KNOWN = "nothing-known"
LANGS: tuple[Lang, ...] = ("zh-Hans", "en")


class Planned(NamedTuple):
    """A route held against one profile, as data and as both readers get it."""

    card: RouteCard
    values: Mapping[str, Value]
    plan: RoutePlan
    zh: AnswerPlan
    en: AnswerPlan


@cache
def firms(route: str) -> dict[str, Planned]:
    """Plan a route for each of its profiles."""
    card, made = cards()[route], {}
    for profile, given in PROFILES[route].items():
        values = read_values(card, given)
        plan = plan_route(card, values)
        shown = [present_plan(plan, lang) for lang in LANGS]
        made[profile] = Planned(card, values, plan, *shown)
    return made


@cache
def cards() -> dict[str, RouteCard]:
    return dict(shipped_corpus().routes)


each_route = pytest.mark.parametrize("route", PROFILES)


# --- what each firm is told -------------------------------------------------------------------


@each_route
def test_a_plan_reads_as_it_did(route: str, update_golden: bool) -> None:
    shown = "\n\n".join(render(route)) + "\n"
    path = ROUTES / f"{route}.md"
    if update_golden:
        ROUTES.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing; write it with --update-golden"
    assert shown == path.read_text(encoding="utf-8")


def test_every_route_has_its_golden_file_and_none_is_left_over() -> None:
    assert set(PROFILES) == set(cards())
    assert {path.stem for path in ROUTES.glob("*.md")} == set(PROFILES)


@each_route
def test_the_profiles_of_a_route_make_plans_that_differ(route: str) -> None:
    assert FEWEST <= len(PROFILES[route]) <= MOST
    assert PROFILES[route][NOTHING_KNOWN] == {}
    told = {profile: outcome(made.plan) for profile, made in firms(route).items()}
    assert len(set(told.values())) == len(told), told


@each_route
def test_a_route_with_blockers_is_seen_with_one_that_holds(route: str) -> None:
    if any(option.blockers for option in cards()[route].options):
        plans = [made.plan for made in firms(route).values()]
        assert any(option.blockers for plan in plans for option in plan.options)


# --- what holds for every route and every firm ------------------------------------------------


@each_route
def test_both_languages_tell_the_same_plan(route: str) -> None:
    for profile, made in firms(route).items():
        assert skeleton(made.zh) == skeleton(made.en), profile
        for mine, other in zip(texts(made.zh), texts(made.en), strict=True):
            assert mine
            assert other
            assert mine != other, profile


@each_route
def test_the_first_option_is_recommended_unless_all_are_closed(route: str) -> None:
    for profile, made in firms(route).items():
        closed = [not option.is_open for option in made.plan.options]
        assert closed == sorted(closed), profile
        assert made.plan.chosen is (None if all(closed) else made.plan.options[0]), profile


@each_route
def test_a_step_drops_out_exactly_when_its_condition_is_known_false(route: str) -> None:
    for profile, made in firms(route).items():
        for option in made.zh.options:
            false = {
                step.id
                for step in made.card.option(option.id).steps
                if step.when and parse_expression(step.when).evaluate(made.values) is False
            }
            out = {step.id for step in option.steps if step.state == "not-needed"}
            assert out == false, f"{profile}: {option.id}"


@each_route
def test_a_step_stands_after_the_steps_that_it_needs(route: str) -> None:
    for profile, made in firms(route).items():
        for option in made.zh.options:
            earlier: set[str] = set()
            for step in option.steps:
                assert set(step.needs) <= earlier, f"{profile}: {option.id}/{step.id}"
                earlier.add(step.id)


@each_route
def test_at_most_two_things_are_asked_and_none_that_was_said(route: str) -> None:
    card = cards()[route]
    for values in learnt_one_by_one(route):
        asked = [point.name for point in plan_route(card, values).open_points]
        assert len(asked) == len(set(asked)) <= 2, values
        assert set(asked) <= {item.name for item in card.inputs} - values.keys(), values


@each_route
def test_what_is_asked_makes_a_difference(route: str) -> None:
    card = cards()[route]
    for values in learnt_one_by_one(route):
        for point in plan_route(card, values).open_points:
            outcomes = {
                outcome(plan_route(card, {**values, point.name: answer}))
                for answer in answers(card, point.name)
            }
            assert len(outcomes) > 1, f"{point.name} changes nothing for {values}"


@each_route
@pytest.mark.parametrize("which", [0, -1], ids=["first answers", "last answers"])
def test_nothing_is_asked_once_everything_is_said(route: str, which: int) -> None:
    card = cards()[route]
    said = {item.name: answers(card, item.name)[which] for item in card.inputs}
    for profile, made in firms(route).items():
        plan = plan_route(card, {**said, **made.values})
        assert plan.open_points == (), profile
        for option in plan.options:
            assert option.applies is not None, profile
            assert not option.possible_blockers, profile
            assert all(step.state != "depends" for step in option.steps), profile


@each_route
def test_answering_what_is_asked_settles_the_recommended_option(route: str) -> None:
    card = cards()[route]
    for profile, made in firms(route).items():
        values = dict(made.values)
        for _ in card.inputs:
            points = plan_route(card, values).open_points
            values |= {point.name: answers(card, point.name)[-1] for point in points}
        plan = plan_route(card, values)
        assert plan.open_points == (), profile
        if plan.chosen:
            assert plan.chosen.applies, profile
            assert not plan.chosen.possible_blockers, profile
            assert all(step.state != "depends" for step in plan.chosen.steps), profile


@pytest.mark.parametrize(
    ("route", "values", "recommended"),
    [
        # a last resort that is open to everyone does not lead while the kind of deal is open
        ("collect-export-proceeds", {}, "rmb"),
        ("pay-overseas-supplier-goods", {}, "rmb-cips"),
        ("hk-company-borrows-with-mainland-guarantee", {}, "bank-guarantee"),
        # but what is known to fit does
        ("collect-export-proceeds", {"business_form": "ecommerce"}, "new-forms"),
        ("acquire-overseas-company", {"mainland_support": False}, "overseas-own-resources"),
        ("fund-overseas-subsidiary", {"overseas_funds_only": True}, "overseas-own-funds"),
        ("issue-panda-bond-for-group", {"use_of_funds": "onshore"}, "proceeds-used-onshore"),
        ("invest-group-surplus", {"invest_direction": "onshore"}, "back-onshore"),
        # what the rules forbid is closed on every way
        ("acquire-overseas-company", {"prohibited_project": True}, None),
        ("fund-overseas-subsidiary", {"prohibited_project": True}, None),
        ("hk-company-borrows-with-mainland-guarantee", {"use_of_funds": "securities"}, None),
        ("list-in-hong-kong", {"barred": True}, None),
        ("issue-panda-bond-for-group", {"issuer_is_overseas": False}, None),
        # both sides of a threshold
        ("cash-pool-cross-border", {"onshore_cross_border_cny": 7e9}, "integrated-251"),
        ("cash-pool-cross-border", {"onshore_cross_border_cny": 7e9 - 1}, "rmb-two-way-279"),
        ("lend-to-overseas-subsidiary", {"loan_to_equity": 0.6}, "direct-overseas-lending"),
        ("lend-to-overseas-subsidiary", {"loan_to_equity": 0.61}, "mainland-bank-overseas-loan"),
    ],
)
def test_what_is_known_leads_to_the_way_that_fits(
    route: str, values: dict[str, Value], recommended: str | None
) -> None:
    chosen = plan_route(cards()[route], values).chosen
    assert (chosen.id if chosen else None) == recommended


@pytest.mark.parametrize(
    ("route", "profile", "lang"),
    [
        ("fund-overseas-subsidiary", "local-soe-at-300-million-in-renminbi-with-technology", "en"),
        ("list-in-hong-kong", "profitable-chip-designer-below-the-18c-value", "zh-Hans"),
        ("lend-to-overseas-subsidiary", NOTHING_KNOWN, "zh-Hant"),
    ],
)
def test_command_line_api_and_python_give_the_same_plan(
    advisor: Advisor, route: str, profile: str, lang: Any
) -> None:
    values = PROFILES[route][profile]
    expected = advisor.plan(route, values, lang).model_dump(mode="json", by_alias=True)

    client = TestClient(create_app(advisor, Settings(), web=False))
    body = {"values": values, "lang": lang}
    answered = client.post(f"/api/v1/routes/{route}/plan", json=body)
    assert answered.json()["plan"] == expected

    words = [f"{name}={value}" for name, value in values.items()]
    spoken = "zh" if lang == "zh-Hans" else lang
    printed = CliRunner().invoke(app, ["plan", route, *words, "--lang", spoken, "--json"])
    assert json.loads(printed.stdout) == expected


# --- plans compared ---------------------------------------------------------------------------


def learnt_one_by_one(route: str) -> Iterator[dict[str, Value]]:
    """Yield what is known of every firm as it is told, from nothing to the whole profile."""
    for made in firms(route).values():
        told = list(made.values.items())
        yield from (dict(told[:count]) for count in range(len(told) + 1))


def answers(card: RouteCard, name: str) -> list[Value]:
    """Return the values an input can take; of a number, both sides of every threshold."""
    item = card.input(name)
    if item.type == "bool":
        return [True, False]
    if item.type == "choice":
        return [choice.value for choice in item.choices]
    edges = {
        float(value)
        for condition in conditions(card.options)
        for comparison in parse_expression(condition).comparisons
        if comparison.name == name
        for value in comparison.values
        if isinstance(value, int | float)
    }
    return sorted({edge * share for edge in edges for share in (0.5, 1.0, 2.0)})


def conditions(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        whens = [option.applies_when, *(step.when for step in option.steps)]
        whens += [blocker.when for blocker in option.blockers]
        yield from (when for when in whens if when)


def outcome(plan: RoutePlan) -> tuple[object, ...]:
    """Return what an asker can tell plans apart by: order, verdicts, steps of what is not closed."""
    return tuple(
        (
            option.id,
            option.applies,
            tuple(remark.say.en for remark in option.blockers),
            tuple(remark.say.en for remark in option.possible_blockers),
            tuple((step.id, step.state) for step in option.steps) if option.is_open else (),
        )
        for option in plan.options
    )


def skeleton(plan: AnswerPlan) -> object:
    """Return a plan without its words."""
    worded = {"title", "summary", "side_name", "do", "who", "time", "say", "what", "channel"}
    worded |= {"from_name", "to_name", "question", "label"}

    def without_words(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: without_words(value) for key, value in part.items() if key not in worded}
        return [without_words(item) for item in part] if isinstance(part, list) else part

    return without_words(plan.model_dump(mode="json"))


def texts(plan: AnswerPlan) -> Iterator[str]:
    """Yield the sentences of a plan, in order."""
    yield from (plan.title, plan.summary)
    for option in plan.options:
        yield option.title
        yield from (step.do for step in option.steps)
        for remarks in (option.blockers, option.possible_blockers, option.pros, option.cons):
            yield from (remark.say for remark in remarks)
    yield from (remark.say for remark in plan.watch)
    yield from (point.question for point in plan.open_points)


# --- plans on paper ---------------------------------------------------------------------------


def render(route: str) -> Iterator[str]:
    """Lay out what every profile of a route is told, in both languages."""
    title = cards()[route].title
    yield f"# {route}"
    yield f"{title.zh} / {title.en}"
    for profile, made in firms(route).items():
        yield f"## {profile}"
        yield f"Known: {named(made.values) or 'nothing'}"
        yield f"Recommended: {recommended(made)}"
        yield "\n".join(verdicts(made))
        yield from section("Closed by", blockers(made))
        yield from section("Perhaps closed by", possible_blockers(made))
        for option in made.zh.options:
            if is_open(option):
                yield from section(f"Steps of {option.id}", steps(option))
        yield from section("Asked", questions(made))


def is_open(option: AnswerOption) -> bool:
    return option.applies is not False and not option.blockers


def section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    if listed := [f"- {line}" for line in lines]:
        yield f"### {heading}\n\n" + "\n".join(listed)


def named(values: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} = {shown(value)}" for name, value in values.items())


def shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def recommended(made: Planned) -> str:
    zh, en = made.zh.options[0], made.en.options[0]
    return f"**{zh.id}**, {zh.title} / {en.title}" if is_open(zh) else "none, all are closed"


def verdicts(made: Planned) -> Iterator[str]:
    yield "| option | verdict | decided by |"
    yield "|---|---|---|"
    for option in made.zh.options:
        source = made.card.option(option.id)
        blocked = {
            blocker.when: parse_expression(blocker.when).evaluate(made.values)
            for blocker in source.blockers
        }
        if option.applies is False:
            verdict, by = "not for this firm", because(source.applies_when, made.values)
        elif option.blockers:
            held = (when for when, holds in blocked.items() if holds)
            verdict, by = "blocked", "; ".join(because(when, made.values) for when in held)
        elif option.applies is None:
            verdict = "depends"
            by = f"{', '.join(option.depends_on)} not known: `{source.applies_when}`"
        else:
            verdict, by = "open", because(source.applies_when, made.values)
            clear = (f"`{when}`" for when, holds in blocked.items() if holds is False)
            by += "".join(f"; clear of {when}" for when in clear)
        yield f"| {option.id} | {verdict} | {by} |"


def because(condition: str | None, values: Mapping[str, Value]) -> str:
    if condition is None:
        return "no condition"
    names = parse_expression(condition).names
    return f"`{condition}` with {named({n: v for n, v in values.items() if n in names})}"


def blockers(made: Planned) -> Iterator[str]:
    """Tell what closes options, once for all that it closes."""
    closed: dict[str, list[str]] = {}
    for zh, en in zip(made.zh.options, made.en.options, strict=True):
        for mine, other in zip(zh.blockers, en.blockers, strict=True):
            closed.setdefault(f"{mine.say} / {other.say} {cited(mine.refs)}", []).append(zh.id)
    yield from (f"{', '.join(options)}: {said}" for said, options in closed.items())


def possible_blockers(made: Planned) -> Iterator[str]:
    """Tell what may close options, by what is not known."""
    closed: dict[str, list[str]] = {}
    for option, zh, en in zip(made.plan.options, made.zh.options, made.en.options, strict=True):
        if option.is_open:
            remarks = zip(zh.possible_blockers, en.possible_blockers, strict=True)
            for source, (mine, other) in zip(option.possible_blockers, remarks, strict=True):
                said = f"{', '.join(source.depends_on)}: {mine.say} / {other.say}"
                closed.setdefault(said, []).append(option.id)
    yield from (f"{', '.join(options)}, by {said}" for said, options in closed.items())


def cited(refs: Iterable[FactRef]) -> str:
    return f"[{', '.join(map(str, refs))}]"


def steps(option: AnswerOption) -> Iterator[str]:
    states: dict[str, list[AnswerStep]] = {"required": [], "depends": [], "not-needed": []}
    for step in option.steps:
        states[step.state].append(step)
    yield "kept: " + ", ".join(map(step_name, states["required"]))
    for step in states["depends"]:
        yield f"by {', '.join(step.depends_on)}: {step_name(step)}"
    if out := states["not-needed"]:
        yield "drop out: " + ", ".join(map(step_name, out))


def step_name(step: AnswerStep) -> str:
    return f"{step.id} ({step.authority})" if step.authority else step.id


def questions(made: Planned) -> Iterator[str]:
    for zh, en in zip(made.zh.open_points, made.en.open_points, strict=True):
        labels = [
            f"{mine['value']} ({mine['label']} / {other['label']})"
            for mine, other in zip(zh.choices, en.choices, strict=True)
        ]
        choices = f": {'; '.join(labels)}" if labels else ""
        yield f"{zh.name} ({zh.type}) {zh.question} / {en.question}{choices}"
