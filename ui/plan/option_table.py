"""The ways of a route side by side: a column for each, a row for each point of comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.answer import AnswerOption, AnswerPlan
from ui.html import EMPTY, Html, element, join, label, word
from ui.plan.drawing import currency_names
from ui.plan.words import PlanWords, brief, condition_badge, remark_list

MOST_TIMES = 3
"""Times named for one way, of steps that are needed anyway first; the steps tell the rest."""
_Cell = Callable[[AnswerOption, PlanWords], Html]


def option_table(
    plan: AnswerPlan,
    words: PlanWords,
    *,
    links: Mapping[str, str] | None = None,
    chosen: str | None = None,
) -> Html:
    """Write the ways of a plan as a table that scrolls in a box of its own.

    Args:
        plan: whose options; with one only there is nothing to compare, but its row heads help.
        words: names, and the marks of the facts.
        links: where each option, by id, is shown in full.
        chosen: id of the option shown in full.
    """
    ui = words.marks.ui
    heads = (_head(option, words, links or {}, chosen) for option in plan.options)
    rows = (_row(key, cell, plan.options, words, chosen) for key, cell in _ROWS)
    table = element(
        "table",
        element("thead", element("tr", element("th", word("table.way", ui), scope="col"), *heads)),
        element("tbody", *rows),
        class_="hg-ways",
    )
    return element(
        "div", table, class_="hg-ways-box", role="region", tabindex="0", **label("table.label", ui)
    )


def _head(
    option: AnswerOption, words: PlanWords, links: Mapping[str, str], chosen: str | None
) -> Html:
    title = (
        element(
            "a",
            option.title,
            href=links[option.id],
            data_option=option.id,
            aria_current="true" if option.id == chosen else None,
        )
        if option.id in links
        else element("span", option.title)
    )
    return element(
        "th",
        title,
        condition_badge(option, words.marks.ui),
        scope="col",
        class_="hg-way-chosen" if option.id == chosen else None,
    )


def _row(
    key: str, cell: _Cell, options: Iterable[AnswerOption], words: PlanWords, chosen: str | None
) -> Html:
    cells = (
        element(
            "td",
            cell(option, words) or "—",
            class_="hg-way-chosen" if option.id == chosen else None,
        )
        for option in options
    )
    return element("tr", element("th", word(key, words.marks.ui), scope="row"), *cells)


def _decides(option: AnswerOption, words: PlanWords) -> Html:
    ui = words.marks.ui
    deciding = words.deciding.get(option.id, ())
    if not deciding:
        return word("table.always", ui)
    items = (
        element(
            "li",
            element("span", brief(question, ui), title=question),
            " ",
            element("b", known)
            if known is not None
            else word("table.unknown", ui, class_="hg-quiet"),
        )
        for question, known in deciding
    )
    return element("ul", *items)


def _steps(option: AnswerOption, words: PlanWords) -> Html:
    needed = sum(step.state == "required" for step in option.steps)
    hanging = sum(step.state == "depends" for step in option.steps)
    key = "table.steps_hanging" if hanging else "table.steps"
    return word(key, words.marks.ui, n=needed, m=hanging)


def _approvals(option: AnswerOption, words: PlanWords) -> Html:
    names = dict.fromkeys(step.authority for step in option.steps_ahead if step.authority)
    return _list([words.authorities.get(name, name) for name in names])


def _times(option: AnswerOption, words: PlanWords) -> Html:
    ui = words.marks.ui
    colon = ": " if ui == "en" else "："
    told = [
        f"{words.authorities.get(step.authority or '', step.authority) or step.who}{colon}{step.time}"
        for step in sorted(option.steps_ahead, key=lambda step: step.state == "depends")
        if step.time
    ]
    rest = len(told) - MOST_TIMES
    more = element("p", word("table.more_times", ui, n=rest), class_="hg-quiet")
    return join(_list(told[:MOST_TIMES]), more if rest > 0 else EMPTY)


def _currencies(option: AnswerOption, words: PlanWords) -> Html:
    codes = (code for leg in option.legs for code in leg.currencies)
    return join(currency_names(codes, words.marks.ui))


def _pros(option: AnswerOption, words: PlanWords) -> Html:
    return remark_list(option.pros, words.marks)


def _cons(option: AnswerOption, words: PlanWords) -> Html:
    return remark_list(option.cons, words.marks)


def _blockers(option: AnswerOption, words: PlanWords) -> Html:
    marks = words.marks
    holding = remark_list(option.blockers, marks)
    possible = remark_list(option.possible_blockers, marks)
    return join(
        element("div", holding, class_="hg-stop") if holding else EMPTY,
        element("div", word("table.possible", marks.ui, class_="hg-label"), possible)
        if possible
        else EMPTY,
    )


_ROWS: Sequence[tuple[str, _Cell]] = (
    ("table.decides", _decides),
    ("plan.blockers", _blockers),
    ("plan.steps", _steps),
    ("table.approvals", _approvals),
    ("plan.time", _times),
    ("table.currencies", _currencies),
    ("plan.pros", _pros),
    ("plan.cons", _cons),
)


def _list(items: Sequence[str]) -> Html:
    return element("ul", *(element("li", item) for item in items)) if items else EMPTY
