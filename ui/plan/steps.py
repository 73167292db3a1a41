"""The steps of one way: on which side, by whom, with which authority, in what time, after what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.answer import AnswerOption, AnswerStep
from bot.language import Lang
from knowledge.card import FactRef
from ui.html import EMPTY, Html, element, join, word
from ui.plan.words import PlanWords

Grounds = Callable[[Iterable[FactRef]], Html]
"""Writes out the facts that a step rests on."""


def render_steps(option: AnswerOption, words: PlanWords, grounds: Grounds | None = None) -> Html:
    """Write the steps that are needed or may be, then, folded, those that are not.

    Args:
        option: whose steps.
        words: names, and the marks of the facts.
        grounds: writes the facts of a step out; None = marks behind its sentence.
    """
    ui = words.marks.ui
    before = first_done(option.steps)
    written = [_step(step, before[step.id], words, grounds) for step in option.steps_ahead]
    left_out = [_step(step, (), words, grounds) for step in option.steps_spared]
    return join(
        word("plan.steps", ui, class_="hg-label") if written else EMPTY,
        element("ol", *written, class_="hg-steps") if written else EMPTY,
        element(
            "details",
            word("plan.not_needed", ui, tag="summary", n=len(left_out)),
            element("ol", *left_out, class_="hg-steps"),
            class_="hg-spared",
            data_key=f"spared-{option.id}",
        )
        if left_out
        else EMPTY,
    )


def first_done(steps: Sequence[AnswerStep]) -> Mapping[str, tuple[int, ...]]:
    """Return the numbers of the steps that each step waits for.

    Numbers count the steps that are needed or may be. One that is not needed hands on what it
    waited for itself.
    """
    by_id = {step.id: step for step in steps}
    shown = [step.id for step in steps if step.state != "not-needed"]
    number = {name: n for n, name in enumerate(shown, start=1)}

    def waits_for(name: str, seen: frozenset[str]) -> set[int]:
        found: set[int] = set()
        for need in by_id[name].needs:
            if need in number:
                found.add(number[need])
            elif need in by_id and need not in seen:
                found |= waits_for(need, seen | {need})
        return found - {number.get(name, 0)}

    return {name: tuple(sorted(waits_for(name, frozenset({name})))) for name in by_id}


def _step(
    step: AnswerStep, after: tuple[int, ...], words: PlanWords, grounds: Grounds | None
) -> Html:
    ui = words.marks.ui
    return element(
        "li",
        element(
            "div",
            element("span", step.side_name, class_=f"hg-chip hg-side-{step.side}"),
            word(f"state.{step.state}", ui, class_=f"hg-state hg-state-{step.state}"),
            word("plan.after", ui, class_="hg-after", steps=_numbers(after, ui))
            if after
            else EMPTY,
            class_="hg-step-head",
        ),
        element("p", step.do if grounds else words.marks.after(step.do, step.refs)),
        element(
            "p",
            *(
                _detail(key, value, ui)
                for key, value in (
                    ("plan.who", step.who),
                    ("plan.authority", words.authorities.get(step.authority or "", step.authority)),
                    ("plan.time", step.time),
                    ("plan.hangs_on", _questions(step.depends_on, words)),
                )
            ),
            class_="hg-step-details",
        ),
        grounds(step.refs) if grounds else EMPTY,
        class_=f"hg-step hg-step-{step.state}",
    )


def _numbers(steps: Iterable[int], ui: Lang) -> str:
    return (", " if ui == "en" else "、").join(map(str, steps))


def _questions(names: Iterable[str], words: PlanWords) -> str:
    semicolon = "; " if words.marks.ui == "en" else "；"
    return semicolon.join(words.question(name) for name in names)


def _detail(key: str, value: str | None, ui: Lang) -> Html:
    return element("span", word(key, ui, class_="hg-label"), " ", value) if value else EMPTY
