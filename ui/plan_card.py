"""A route plan as a card: the way to take first, the others folded beneath it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.answer import AnswerLeg, AnswerOption, AnswerPlan, AnswerRemark, AnswerStep
from bot.language import Lang
from knowledge.card import Frozen
from ui.html import EMPTY, Html, element, join, word
from ui.marks import Marks
from ui.strings import string


class PlanWords(Frozen):
    """What a plan needs besides itself: marks, and full names of the authorities it abbreviates."""

    marks: Marks
    """`marks.ui` is the language of the labels; the plan brings its own."""
    authorities: Mapping[str, str] = {}


def render_plan(plan: AnswerPlan, words: PlanWords) -> Html:
    """Write a plan as a card."""
    marks = words.marks
    ui = marks.ui
    chosen = next((option for option in plan.options if _is_open(option)), None)
    others = [option for option in plan.options if option is not chosen]
    body = (
        _chosen(chosen, words) if chosen else word("plan.none", ui, tag="p", class_="hg-note"),
        _others(others, words) if others else EMPTY,
        _remarks("plan.watch", plan.watch, marks, class_="hg-watch"),
    )
    if not plan.asked:
        return _offer(plan, body, ui)
    return element(
        "section",
        element(
            "header",
            word("plan.title", ui, class_="hg-label"),
            element("h3", plan.title),
            element("p", plan.summary, class_="hg-quiet") if plan.summary else EMPTY,
        ),
        *body,
        class_="hg-plan",
    )


def _offer(plan: AnswerPlan, body: Iterable[Html], ui: Lang) -> Html:
    """Write a plan that nobody asked for: one line that opens."""
    return element(
        "details",
        element(
            "summary",
            word("plan.offered", ui, class_="hg-label"),
            element("span", plan.title, class_="hg-option-title"),
        ),
        *body,
        class_="hg-plan hg-plan-offered",
        data_key=f"plan-{plan.route}",
    )


def _is_open(option: AnswerOption) -> bool:
    return option.applies is not False and not option.blockers


def _chosen(option: AnswerOption, words: PlanWords) -> Html:
    ui = words.marks.ui
    return element(
        "div",
        element(
            "div",
            word("plan.chosen", ui, class_="hg-badge hg-option-open"),
            _condition(option, ui) if option.applies is None else EMPTY,
            class_="hg-badges",
        ),
        element("h4", option.title),
        _body(option, words),
        class_="hg-option",
    )


def _others(options: Iterable[AnswerOption], words: PlanWords) -> Html:
    folded = (
        element(
            "details",
            element(
                "summary",
                element("span", option.title, class_="hg-option-title"),
                _condition(option, words.marks.ui),
            ),
            element("div", _body(option, words), class_="hg-option"),
            data_key=f"option-{option.id}",
        )
        for option in options
    )
    return element(
        "div",
        word("plan.others", words.marks.ui, class_="hg-label"),
        *folded,
        class_="hg-others",
    )


def _condition(option: AnswerOption, ui: Lang) -> Html:
    if not _is_open(option):
        return word("plan.closed", ui, class_="hg-badge hg-option-closed")
    if option.applies is None:
        return word("plan.conditional", ui, class_="hg-badge hg-option-conditional")
    return word("plan.open", ui, class_="hg-badge hg-option-plain")


def _body(option: AnswerOption, words: PlanWords) -> Html:
    marks = words.marks
    return join(
        _remarks("plan.blockers", option.blockers, marks, class_="hg-blockers"),
        _legs(option.legs, marks),
        _steps(option, words),
        _remarks(
            "plan.possible_blockers", option.possible_blockers, marks, class_="hg-possible-blockers"
        ),
        _weighing(option, marks),
    )


def _legs(legs: Iterable[AnswerLeg], marks: Marks) -> Html:
    written = [_leg(leg, marks) for leg in legs]
    if not written:
        return EMPTY
    return join(
        word("plan.legs", marks.ui, class_="hg-label"), element("ul", *written, class_="hg-legs")
    )


def _leg(leg: AnswerLeg, marks: Marks) -> Html:
    local = string("plan.local", marks.ui)
    currencies = (local if one == "local" else one for one in leg.currencies)
    details = (leg.what, leg.channel, " / ".join(currencies))
    return element(
        "li",
        element(
            "span",
            element("span", _capital(leg.from_name)),
            element("span", "→", class_="hg-arrow", aria_hidden="true"),
            element("span", _capital(leg.to_name)),
            class_="hg-ends",
        ),
        element(
            "span",
            *(element("span", part) for part in details if part),
            marks.after("", leg.refs),
            class_="hg-leg-details",
        ),
    )


def _capital(party: str) -> str:
    return party[:1].upper() + party[1:]


def _steps(option: AnswerOption, words: PlanWords) -> Html:
    ui = words.marks.ui
    needed = [_step(step, words) for step in option.steps if step.state != "not-needed"]
    spared = [_step(step, words) for step in option.steps if step.state == "not-needed"]
    return join(
        word("plan.steps", ui, class_="hg-label") if needed else EMPTY,
        element("ol", *needed, class_="hg-steps") if needed else EMPTY,
        element(
            "details",
            word("plan.not_needed", ui, tag="summary", n=len(spared)),
            element("ol", *spared, class_="hg-steps"),
            class_="hg-spared",
            data_key=f"spared-{option.id}",
        )
        if spared
        else EMPTY,
    )


def _step(step: AnswerStep, words: PlanWords) -> Html:
    ui = words.marks.ui
    authority = words.authorities.get(step.authority or "", step.authority)
    return element(
        "li",
        element(
            "div",
            element("span", step.side_name, class_=f"hg-chip hg-side-{step.side}"),
            word(f"state.{step.state}", ui, class_=f"hg-state hg-state-{step.state}"),
            class_="hg-step-head",
        ),
        element("p", words.marks.after(step.do, step.refs)),
        element(
            "p",
            *(
                _detail(key, value, ui)
                for key, value in (
                    ("plan.who", step.who),
                    ("plan.authority", authority),
                    ("plan.time", step.time),
                )
            ),
            class_="hg-step-details",
        ),
        class_=f"hg-step hg-step-{step.state}",
    )


def _detail(key: str, value: str | None, ui: Lang) -> Html:
    return element("span", word(key, ui, class_="hg-label"), " ", value) if value else EMPTY


def _remarks(key: str, remarks: Iterable[AnswerRemark], marks: Marks, *, class_: str) -> Html:
    items = [element("li", marks.after(remark.say, remark.refs)) for remark in remarks]
    if not items:
        return EMPTY
    return element(
        "div", word(key, marks.ui, class_="hg-label"), element("ul", *items), class_=class_
    )


def _weighing(option: AnswerOption, marks: Marks) -> Html:
    sides = (
        _remarks("plan.pros", option.pros, marks, class_="hg-pros"),
        _remarks("plan.cons", option.cons, marks, class_="hg-cons"),
    )
    return element("div", *sides, class_="hg-weighing") if any(sides) else EMPTY
