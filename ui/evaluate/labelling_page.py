"""The pages of labels: a task with its figures, one answer to be labelled, one to be settled.

Who labels sees the question, its day, the answer and what it cites: not what gave it, no score, no
case's kind, nobody else's label.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, get_args

from bot.answer import CheckedAnswer, Citation, PassageCitation
from bot.language import Lang, in_script, passage_lang
from bot.store.labels import SEATS, KeptLabel, LabelTask, Verdict
from bot.store.records import MAX_NOTE, Correctness, Groundedness
from evals.case import Case
from knowledge.card import PassageLang
from ui.ask.marks import markdown_html
from ui.ask.render import render_block
from ui.ask.source_panel import quality_badge, status_badge
from ui.evaluate.parts import bar, button, form, head, link, moment, place, table, text, told
from ui.evaluate.person import Person
from ui.frame import address
from ui.html import EMPTY, Html, element, join, outward, web_address
from ui.plan.sources import LinkedMarks
from ui.strings import string

CORRECTNESS: tuple[Correctness, ...] = get_args(Correctness)
GROUNDEDNESS: tuple[Groundedness, ...] = get_args(Groundedness)
_COUNTED = {"label": "eval.done_of", "settle": "eval.settled_of"}


class Shown(NamedTuple):
    """One answer as a labeller sees it."""

    case: Case
    answer: CheckedAnswer
    day: dt.date
    """The day it was asked for."""
    at: int
    """Place in this labeller's order, from 1."""
    of: int


def label_body(
    person: Person,
    task: LabelTask,
    shown: Shown,
    said: Verdict | None,
    whole: Sequence[bool],
    lang: Lang,
    fault: str | None = None,
) -> Html:
    """Write the page on which one answer is labelled.

    Args:
        person: who labels.
        task: theirs.
        shown: the answer.
        said: what the person has said of it so far.
        whole: of each answer in the person's order, whether it is labelled.
        lang: of the page.
        fault: why what was sent could not be kept.
    """
    title = string("eval.label.title", lang, at=shown.at, of=shown.of)
    aside = element(
        "aside",
        _places(task, shown.at, whole, lang),
        _verdict_form(("tasks", task.id, "label", str(shown.at)), said, shown, lang),
        class_="ev-side",
        aria_label=string("eval.label.yours", lang),
    )
    return _beside_answer(person, task, shown, title, aside, lang, fault, "ev ev-label")


def settle_body(
    person: Person,
    task: LabelTask,
    shown: Shown,
    pair: Sequence[KeptLabel],
    said: KeptLabel | None,
    whole: Sequence[bool],
    lang: Lang,
    fault: str | None = None,
) -> Html:
    """Write the page on which it is settled what two labellers saw differently.

    Args:
        person: who settles.
        task: handed in by both.
        shown: the answer.
        pair: what the two said, in an order that does not tell whose is which.
        said: what settles it so far.
        whole: of each case in dispute, whether it is settled.
        lang: of the page.
        fault: why what was sent could not be kept.
    """
    opinions = element(
        "div",
        *(_opinion(name, one, lang) for name, one in zip("AB", pair, strict=True)),
        class_="ev-pair",
    )
    title = string("eval.settle.title", lang, at=shown.at, of=shown.of)
    aside = element(
        "aside",
        _places(task, shown.at, whole, lang, "settle"),
        opinions,
        _verdict_form(("tasks", task.id, "settle", str(shown.at)), said, shown, lang),
        class_="ev-side",
        aria_label=string("eval.settle.yours", lang),
    )
    return _beside_answer(person, task, shown, title, aside, lang, fault, "ev ev-label ev-settle")


def _beside_answer(
    person: Person,
    task: LabelTask,
    shown: Shown,
    title: str,
    aside: Html,
    lang: Lang,
    fault: str | None,
    class_: str,
) -> Html:
    """Write an answer with what is said of it at its side."""
    trail = (link(string("eval.task.name", lang, id=task.id[:6]), lang, "tasks", task.id),)
    return element(
        "div",
        head(person, lang, title, *trail, element("span", title)),
        told(fault, None),
        element("div", answer_part(shown, lang), aside, class_="ev-split"),
        class_=class_,
        data_signed="yes",
    )


def answer_part(shown: Shown, lang: Lang) -> Html:
    """Write question and answer with what the answer cites."""
    case, answer = shown.case, shown.answer
    marks = LinkedMarks(
        message="label",
        ui=lang,
        titles={one.n: one.instrument.title for one in answer.citations}
        | {one.n: one.document.title for one in answer.passages},
        numbers={one.ref: one.n for one in answer.citations},
        links={
            n: f"#source-{n}"
            for n in (*(c.n for c in answer.citations), *(p.n for p in answer.passages))
        },
    )
    history = [
        element(
            "div",
            text(f"eval.turn.{turn.role}", lang, class_="hg-label"),
            element("p", turn.content, dir="auto"),
            class_="ev-turn",
        )
        for turn in case.history
    ]
    body = (
        [render_block(block, marks) for block in answer.blocks]
        if answer.blocks
        else [markdown_html(answer.text, marks)]
    )
    remarks = [*answer.missing, *answer.warnings]
    return element(
        "article",
        element(
            "section",
            text("eval.question", lang, tag="h2", class_="hg-label"),
            *history,
            element("p", case.question, class_="ev-question", lang=case.lang),
            element("p", string("eval.as_of", lang, day=shown.day.isoformat()), class_="hg-quiet"),
            class_="ev-asked",
        ),
        element(
            "section",
            text("eval.answer", lang, tag="h2", class_="hg-label"),
            element("div", *body, class_="hg-body ev-answer", lang=answer.lang, dir="auto"),
            element("ul", *(element("li", one) for one in remarks), class_="ev-remarks")
            if remarks
            else EMPTY,
        ),
        _sources(answer, lang),
        class_="ev-read",
    )


def _sources(answer: CheckedAnswer, lang: Lang) -> Html:
    if not answer.citations and not answer.passages:
        return text("eval.no_sources", lang, tag="p", class_="hg-quiet")
    return element(
        "section",
        text("eval.sources", lang, tag="h2", class_="hg-label"),
        element(
            "ol",
            *(_cited(one, answer.lang, lang) for one in answer.citations),
            *(_passage(one) for one in answer.passages),
            class_="ev-sources",
        ),
        class_="ev-grounds",
    )


def _cited(one: Citation, lang: Lang, ui: Lang) -> Html:
    first = passage_lang(lang)
    other: PassageLang = "en" if first == "zh" else "zh"
    quotes = [(which, one.quotes.text(which)) for which in (first, other)]
    instrument = one.instrument
    small = [instrument.number, one.locator, str(instrument.effective or instrument.issued or "")]
    reached = web_address(one.source.url)
    origin = outward(reached, ui, one.source.publisher) if reached else one.source.publisher
    return element(
        "li",
        element(
            "p",
            element("span", str(one.n), class_="ev-n"),
            element("strong", instrument.title),
            class_="ev-source-title",
        ),
        *(
            element(
                "blockquote",
                in_script(quote, lang) if which == "zh" else quote,
                lang="en" if which == "en" else lang if lang != "en" else "zh-Hans",
            )
            for which, quote in quotes
            if quote
        ),
        element(
            "p",
            status_badge(instrument.status, ui),
            quality_badge(one.source.quality, ui),
            element("span", " · ".join(part for part in small if part)),
            origin,
            class_="ev-small",
        ),
        id=f"source-{one.n}",
        tabindex="-1",
    )


def _passage(one: PassageCitation) -> Html:
    return element(
        "li",
        element(
            "p",
            element("span", str(one.n), class_="ev-n"),
            element("strong", one.document.title),
            class_="ev-source-title",
        ),
        element("blockquote", one.quote, dir="auto"),
        id=f"source-{one.n}",
        tabindex="-1",
    )


def _places(
    task: LabelTask, at: int, whole: Sequence[bool], lang: Lang, way: str = "label"
) -> Html:
    """Write how much is done, and the way to each answer."""
    done = sum(whole)
    steps = (
        element(
            "a",
            str(n),
            href=address(place("tasks", task.id, way, str(n)), lang),
            class_="ev-done" if is_whole else None,
            aria_current="step" if n == at else None,
            aria_label=string("eval.place.done" if is_whole else "eval.place.open", lang, n=n),
        )
        for n, is_whole in enumerate(whole, start=1)
    )
    return element(
        "div",
        element(
            "p",
            element("span", string(_COUNTED[way], lang, done=done, of=len(whole)), id="ev-count"),
            element("span", "", id="ev-saved", role="status"),
            class_="ev-counted",
        ),
        bar(done, len(whole), string("eval.progress", lang)),
        element(
            "details",
            text("eval.places", lang, tag="summary"),
            element("nav", *steps, class_="ev-steps", aria_label=string("eval.places", lang)),
            class_="ev-places",
        ),
    )


def _verdict_form(parts: Sequence[str], said: Verdict | None, shown: Shown, lang: Lang) -> Html:
    """Write the form; its script saves each choice at once, its buttons work without."""

    def back(n: int) -> str:
        return address(place(*parts[:-1], str(n)), lang)

    return element(
        "form",
        _choices("correctness", CORRECTNESS, said.correctness if said else None, 1, lang),
        _choices("groundedness", GROUNDEDNESS, said.groundedness if said else None, 5, lang),
        element(
            "label",
            element("span", string("eval.note", lang), " ", _key("N"), class_="hg-label"),
            element(
                "textarea",
                said.note if said else "",
                name="note",
                rows=2,
                maxlength=MAX_NOTE,
            ),
            class_="ev-note",
        ),
        text("eval.keys", lang, tag="p", class_="hg-quiet ev-hint"),
        element(
            "div",
            element(
                "a",
                string("eval.back", lang),
                href=back(shown.at - 1) if shown.at > 1 else None,
                class_="ev-quiet ev-go",
                aria_disabled="true" if shown.at == 1 else None,
                data_go="back",
            ),
            button("eval.save_next" if shown.at < shown.of else "eval.save", lang, data_go="next"),
            class_="ev-ways",
        ),
        method="post",
        action=address(place(*parts), lang),
        class_="ev-verdict",
        data_saved=string("eval.saved", lang),
        data_saving=string("eval.saving", lang),
        data_failed=string("eval.not_saved", lang),
        data_part=string("eval.part_saved", lang),
        autocomplete="off",
    )


def _choices(name: str, values: Sequence[str], chosen: str | None, first: int, lang: Lang) -> Html:
    return element(
        "fieldset",
        text(f"eval.{name}", lang, tag="legend", class_="hg-label"),
        *(
            element(
                "label",
                element(
                    "input",
                    type="radio",
                    name=name,
                    value=value,
                    checked=value == chosen,
                    data_key=str(first + n),
                ),
                element(
                    "span",
                    element("strong", string(f"eval.{name}.{value}", lang)),
                    element("span", string(f"eval.{name}.{value}.hint", lang), class_="ev-hint"),
                ),
                _key(str(first + n)),
                class_="ev-choice",
            )
            for n, value in enumerate(values)
        ),
        class_=f"ev-choices ev-of-{name}",
    )


def _key(name: str) -> Html:
    return element("kbd", name, aria_hidden="true")


def _opinion(name: str, one: KeptLabel, lang: Lang) -> Html:
    return element(
        "section",
        element("h3", string("eval.labeller", lang, name=name)),
        element("p", *verdict_badges(one, lang), class_="hg-badges"),
        element("p", one.note, class_="ev-said", dir="auto") if one.note else EMPTY,
    )


def verdict_badges(one: Verdict, lang: Lang) -> Iterable[Html]:
    """Write a verdict as badges."""
    yield element(
        "span",
        string(f"eval.correctness.{one.correctness}", lang),
        class_=f"hg-badge ev-is-{one.correctness}",
    )
    if one.groundedness:
        yield element(
            "span",
            string(f"eval.groundedness.{one.groundedness}", lang),
            class_=f"hg-badge ev-is-{one.groundedness}",
        )


class TaskView(NamedTuple):
    """A task as one person sees it."""

    task: LabelTask
    suite: str
    done: Mapping[str, int]
    """Whole labels, by labeller."""
    disputed: int
    settled: int
    blind: bool
    """Whether the person labels and has not handed in: others' labels are not for their eyes."""


def task_rows(views: Iterable[TaskView], name: str, lang: Lang) -> Html:
    """Write the list of tasks."""
    columns = (
        (string("eval.task", lang), ""),
        (string("eval.answers", lang), "ev-num"),
        (string("eval.labellers", lang), ""),
        (string("eval.state", lang), ""),
        (string("eval.asked", lang), ""),
        ("", "ev-act"),
    )
    return table(
        columns,
        (
            (
                link(
                    string("eval.task.name", lang, id=view.task.id[:6]),
                    lang,
                    "tasks",
                    view.task.id,
                ),
                str(len(view.task.cases)),
                _seats_line(view, lang),
                task_state(view, lang),
                join(view.task.by, " · ", moment(view.task.created)),
                _next_step(view, name, lang),
            )
            for view in views
        ),
        string("eval.tasks", lang),
    )


def _seats_line(view: TaskView, lang: Lang) -> Html:
    whole = len(view.task.cases)
    told = [
        join(
            element("span", seat.name, dir="auto"),
            f" {view.done.get(seat.name, 0)}/{whole}",
            Html(' <span aria-hidden="true">✓</span>') if seat.handed_in else EMPTY,
        )
        for seat in view.task.seats
    ]
    told += [text("eval.free", lang, class_="hg-quiet")] * (SEATS - len(told))
    return join(told[0], " · ", told[1])


def task_state(view: TaskView, lang: Lang) -> Html:
    """Write how far a task is."""
    if not view.task.is_handed_in:
        return text("eval.task.labelling", lang, class_="hg-badge ev-state-working")
    if view.settled < view.disputed:
        left = view.disputed - view.settled
        return text("eval.task.disputed", lang, class_="hg-badge ev-state-queued", n=left)
    return text("eval.task.done", lang, class_="hg-badge ev-state-done")


def _next_step(view: TaskView, name: str, lang: Lang) -> Html:
    task, seat = view.task, view.task.seat(name)
    if seat and not seat.handed_in:
        return link(string("eval.go_on", lang), lang, "tasks", task.id, class_="ev-strong")
    if seat is None and len(task.seats) < SEATS:
        return link(string("eval.take_seat", lang), lang, "tasks", task.id)
    if task.may_settle(name) and view.settled < view.disputed:
        return link(string("eval.settle", lang), lang, "tasks", task.id, class_="ev-strong")
    return link(string("eval.read", lang), lang, "tasks", task.id)


def task_body(
    person: Person,
    view: TaskView,
    figures: Html,
    lang: Lang,
    *,
    notice: str | None = None,
    fault: str | None = None,
) -> Html:
    """Write the page of a task: who labels, what is next, and once both are done what they found."""
    task = view.task
    title = string("eval.task.name", lang, id=task.id[:6])
    facts = [
        (string("eval.suite", lang), view.suite),
        (string("eval.answers", lang), str(len(task.cases))),
        (string("eval.seed", lang), str(task.seed)),
        (string("eval.asked", lang), join(task.by, " · ", moment(task.created))),
        (
            string("eval.settles", lang),
            string("eval.settles.peers" if task.peers_settle else "eval.settles.third", lang),
        ),
    ]
    if not view.blind:
        facts.insert(0, (string("eval.run", lang), link(task.run, lang, "runs", task.run)))
    return element(
        "div",
        head(person, lang, title, element("span", title)),
        told(fault, notice),
        element(
            "dl",
            *(element("div", element("dt", name), element("dd", value)) for name, value in facts),
            class_="ev-facts",
        ),
        _seats_part(view, lang),
        _steps_part(person, view, lang),
        figures,
        class_="ev",
        data_signed="yes",
    )


def _seats_part(view: TaskView, lang: Lang) -> Html:
    task = view.task
    rows = []
    for n in range(SEATS):
        seat = task.seats[n] if n < len(task.seats) else None
        name = seat.name if seat else string("eval.free", lang)
        done = view.done.get(seat.name, 0) if seat else 0
        state = (
            join(string("eval.handed_in", lang), " · ", moment(seat.handed_in))
            if seat and seat.handed_in
            else string("eval.done_of", lang, done=done, of=len(task.cases))
        )
        rows.append(
            element(
                "li",
                element("strong", name, dir="auto") if seat else element("span", name),
                bar(done, len(task.cases), name),
                element("span", state, class_="hg-quiet"),
            )
        )
    return element(
        "section",
        text("eval.labellers", lang, tag="h2"),
        element("ul", *rows, class_="ev-seats"),
    )


def _steps_part(person: Person, view: TaskView, lang: Lang) -> Html:
    task = view.task
    seat = task.seat(person.name)
    parts: list[Html] = []
    if seat is None and len(task.seats) < SEATS:
        parts.append(text("eval.blind", lang, tag="p", class_="ev-lead"))
        parts.append(form(lang, ("tasks", task.id, "seat"), button("eval.take_seat", lang)))
    elif seat and not seat.handed_in:
        parts.append(text("eval.blind", lang, tag="p", class_="ev-lead"))
        left = len(task.cases) - view.done.get(person.name, 0)
        go = link(
            string("eval.go_on" if view.done.get(person.name) else "eval.begin", lang),
            lang,
            "tasks",
            task.id,
            "label",
            class_="ev-button" if left else "ev-quiet",
        )
        hand = (
            form(lang, ("tasks", task.id, "hand-in"), button("eval.hand_in", lang))
            if not left
            else EMPTY
        )
        parts.append(element("div", go, hand, class_="ev-ways"))
        if not left:
            parts.append(text("eval.hand_in.final", lang, tag="p", class_="hg-quiet"))
    elif task.is_handed_in and view.disputed:
        key = "eval.disputed" if view.settled < view.disputed else "eval.all_settled"
        parts.append(text(key, lang, tag="p", class_="ev-lead", n=view.disputed, done=view.settled))
        if task.may_settle(person.name):
            settle = link(
                string("eval.settle", lang),
                lang,
                "tasks",
                task.id,
                "settle",
                class_="ev-button" if view.settled < view.disputed else "ev-quiet",
            )
            parts.append(element("div", settle, class_="ev-ways"))
        else:
            parts.append(text("eval.settle.third", lang, tag="p", class_="hg-quiet"))
    elif seat and seat.handed_in and not task.is_handed_in:
        parts.append(text("eval.wait", lang, tag="p", class_="ev-lead"))
    return element("section", *parts, class_="ev-next") if parts else EMPTY
