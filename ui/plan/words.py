"""What a plan is written with: marks, full names, and what its conditions are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self

from bot.answer import AnswerOption, AnswerPlan, AnswerRemark
from bot.language import Lang, localise
from knowledge.card import Frozen
from knowledge.corpus import Corpus
from knowledge.expression import parse_expression
from knowledge.route import Option, RouteCard
from ui.ask.marks import Marks
from ui.html import EMPTY, Html, element, word
from ui.plan.form import said_value


class Deciding(NamedTuple):
    """An input on which a way hangs, as a reader is told of it."""

    question: str
    """Short."""
    known: str | None
    """What is known of it; None: nothing."""


class PlanWords(Frozen):
    """What a plan needs besides itself; a plan that is not of the corpus does without."""

    marks: Marks
    """`marks.ui` is the language of the labels; the plan brings its own."""
    authorities: Mapping[str, str] = {}
    """Full names of the authorities that the plan abbreviates."""
    questions: Mapping[str, str] = {}
    """What each input asks, short."""
    deciding: Mapping[str, tuple[Deciding, ...]] = {}
    """What each option, by id, hangs on, in the route's order."""

    @classmethod
    def of(cls, plan: AnswerPlan, marks: Marks, corpus: Corpus) -> Self:
        """Look up what the plan's route says."""
        lang = marks.ui
        named = {step.authority for option in plan.options for step in option.steps}
        authorities = {one: localise(corpus.issuer_name(one), lang) for one in named if one}
        route = corpus.routes.get(plan.route)
        if route is None:
            return cls(marks=marks, authorities=authorities)
        return cls(
            marks=marks,
            authorities=authorities,
            questions={
                item.name: short_question(localise(item.question, lang)) for item in route.inputs
            },
            deciding={
                option.id: what_decides(option, plan, route, lang) for option in plan.options
            },
        )

    def question(self, name: str) -> str:
        """Return what an input asks, short."""
        return self.questions.get(name, name)


def what_decides(
    option: AnswerOption, plan: AnswerPlan, route: RouteCard | None, lang: Lang
) -> tuple[Deciding, ...]:
    """Tell what opens or closes an option, with what is known of it.

    Args:
        option: of the plan.
        plan: knows the values that it was made with.
        route: its card; None where the corpus has none (any more): then nothing is told.
        lang: language of the reader.
    """
    own = next((one for one in route.options if one.id == option.id), None) if route else None
    if route is None or own is None:
        return ()
    inputs = (route.input(name) for name in deciding_inputs(route, own))
    return tuple(
        Deciding(
            short_question(localise(item.question, lang)),
            said_value(item, plan.known[item.name], lang) if item.name in plan.known else None,
        )
        for item in inputs
    )


def deciding_inputs(route: RouteCard, option: Option) -> tuple[str, ...]:
    """Name the inputs that open or close an option, in the route's order."""
    conditions = (option.applies_when, *(blocker.when for blocker in option.blockers))
    named = {name for one in conditions if one for name in parse_expression(one).names}
    return tuple(item.name for item in route.inputs if item.name in named)


def short_question(question: str) -> str:
    """Leave out what a question explains in brackets, and its question mark."""
    return re.sub(r"（[^）]*）|\s*\([^)]*\)", "", question).strip().rstrip("？?")


_BRIEF_ZH, _BRIEF_EN = 18, 54
"""Letters of a question where there is little room."""


def brief(question: str, lang: Lang) -> str:
    """Cut a short question to what a cell of a table takes; `…` says that it goes on."""
    room = _BRIEF_EN if lang == "en" else _BRIEF_ZH
    if len(question) <= room + 3:
        return question
    cut = question[:room].rsplit(" ", 1)[0] if lang == "en" else question[:room]
    return f"{cut.rstrip('，、,( ')}…"


def condition_badge(option: AnswerOption, ui: Lang) -> Html:
    """Write whether an option applies, is closed, or depends on what is not known."""
    if not option.is_open:
        return word("plan.closed", ui, class_="hg-badge hg-option-closed")
    if option.applies is None:
        return word("plan.conditional", ui, class_="hg-badge hg-option-conditional")
    return word("plan.open", ui, class_="hg-badge hg-option-plain")


def remark_list(remarks: Iterable[AnswerRemark], marks: Marks) -> Html:
    """Write remarks as a list with the marks of their facts; nothing where there are none."""
    items = [element("li", marks.after(remark.say, remark.refs)) for remark in remarks]
    return element("ul", *items) if items else EMPTY
