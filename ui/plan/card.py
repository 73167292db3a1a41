"""A route plan as a card: the ways side by side, the one to take first, the others folded beneath."""

from __future__ import annotations

from collections.abc import Iterable

from bot.answer import AnswerLeg, AnswerOption, AnswerPlan, AnswerRemark
from bot.language import Lang
from ui.ask.marks import Marks
from ui.frame import address
from ui.html import EMPTY, Html, element, join, word
from ui.plan.drawing import currency_names, drawing
from ui.plan.option_table import option_table
from ui.plan.steps import Grounds, render_steps
from ui.plan.words import PlanWords, condition_badge, remark_list


def render_plan(plan: AnswerPlan, words: PlanWords) -> Html:
    """Write a plan as a card."""
    marks = words.marks
    ui = marks.ui
    chosen = plan.chosen
    others = [option for option in plan.options if option is not chosen]
    body = (
        option_table(plan, words, chosen=chosen.id if chosen else None)
        if len(plan.options) > 1
        else EMPTY,
        _chosen(chosen, words) if chosen else word("plan.none", ui, tag="p", class_="hg-note"),
        _others(others, words) if others else EMPTY,
        remarks("plan.watch", plan.watch, marks, class_="hg-watch"),
        _page_link(plan, ui),
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


def _page_link(plan: AnswerPlan, ui: Lang) -> Html:
    """Lead to the page of the route, with what is known filled in; the answer stays open."""
    known = {
        name: f"{value:.12g}" if isinstance(value, float) else str(value).lower()
        for name, value in plan.known.items()
    }
    link = element(
        "a",
        word("plan.open_page", ui),
        href=address(f"/plan/{plan.route}", ui, **known),
        target="_blank",
        rel="noopener",
    )
    return element("p", link, class_="hg-plan-more")


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


def _chosen(option: AnswerOption, words: PlanWords) -> Html:
    ui = words.marks.ui
    return element(
        "div",
        element(
            "div",
            word("plan.chosen", ui, class_="hg-badge hg-option-open"),
            condition_badge(option, ui) if option.applies is None else EMPTY,
            class_="hg-badges",
        ),
        element("h4", option.title),
        option_body(option, words),
        class_="hg-option",
    )


def _others(options: Iterable[AnswerOption], words: PlanWords) -> Html:
    folded = (
        element(
            "details",
            element(
                "summary",
                element("span", option.title, class_="hg-option-title"),
                condition_badge(option, words.marks.ui),
            ),
            element("div", option_body(option, words), class_="hg-option"),
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


def option_body(option: AnswerOption, words: PlanWords, grounds: Grounds | None = None) -> Html:
    """Write one way: what closes it, how the money moves, the steps, what may close it.

    Args:
        option: the way.
        words: names, and the marks of the facts.
        grounds: writes the facts of a step out; None = marks behind its sentence.
    """
    marks = words.marks
    return join(
        remarks("plan.blockers", option.blockers, marks, class_="hg-blockers"),
        _legs(option, marks),
        render_steps(option, words, grounds),
        remarks(
            "plan.possible_blockers", option.possible_blockers, marks, class_="hg-possible-blockers"
        ),
    )


def _legs(option: AnswerOption, marks: Marks) -> Html:
    """Draw the legs, and beneath the picture tell them with their marks."""
    if not option.legs:
        return EMPTY
    return join(
        word("plan.legs", marks.ui, class_="hg-label"),
        drawing(option, marks.ui),
        element(
            "details",
            word("drawing.text", marks.ui, tag="summary"),
            element("ul", *(_leg(leg, marks) for leg in option.legs), class_="hg-legs"),
            class_="hg-spared",
            data_key=f"legs-{option.id}",
        ),
    )


def _leg(leg: AnswerLeg, marks: Marks) -> Html:
    details = (leg.what, leg.channel, currency_names(leg.currencies, marks.ui))
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


def remarks(key: str, said: Iterable[AnswerRemark], marks: Marks, *, class_: str) -> Html:
    """Write remarks under a label; nothing where there are none."""
    items = remark_list(said, marks)
    if not items:
        return EMPTY
    return element("div", word(key, marks.ui, class_="hg-label"), items, class_=class_)
