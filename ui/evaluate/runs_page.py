"""The pages of runs: signing in, the list with the form that starts one, one run, two side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

from bot.language import Lang
from evals.case import CaseKind
from evals.labels.task import MOST_DRAWN
from evals.report.words import Words
from evals.scorers.registry import METRICS
from evals.stats import Estimate
from evals.summary import SLICED
from evals.targets.named import ENGINE
from ui.evaluate.book import RunEntry
from ui.evaluate.labelling_page import TaskView, task_rows
from ui.evaluate.parts import (
    bar,
    boxes,
    button,
    field,
    figure,
    form,
    head,
    link,
    moment,
    place,
    select,
    state_badge,
    table,
    text,
    told,
)
from ui.evaluate.person import LASTS, Person
from ui.frame import address
from ui.html import EMPTY, Html, element, join
from ui.strings import LANGS, string

KINDS: tuple[CaseKind, ...] = get_args(CaseKind)
_LISTED = 3
"""How many figures a list shows of each run."""


def sign_in_body(lang: Lang, back: str, fault: str | None = None) -> Html:
    """Write the page on which one signs in.

    Args:
        lang: of the page.
        back: path of the page that was asked for.
        fault: why the last key did not do.
    """
    hours = int(LASTS.total_seconds() // 3600)
    return element(
        "div",
        element("h1", string("eval.name", lang)),
        text("eval.lead", lang, tag="p", class_="ev-lead"),
        told(fault, None),
        element(
            "form",
            element("input", type="hidden", name="back", value=back),
            field(
                "key",
                "eval.key",
                lang,
                element(
                    "input",
                    type="password",
                    name="key",
                    required=True,
                    autocomplete="off",
                    maxlength=200,
                    autofocus=True,
                ),
            ),
            button("eval.sign_in", lang),
            method="post",
            action=address(place("sign-in"), lang),
            class_="ev-sign",
        ),
        text("eval.sign.lead", lang, tag="p", class_="hg-quiet", hours=hours),
        element(
            "p",
            string("eval.no_key", lang),
            " ",
            element("code", string("eval.no_key.command", lang)),
            class_="hg-quiet",
        ),
        class_="ev ev-door",
        data_signed="no",
    )


class Choices(NamedTuple):
    """What a run may be of."""

    suites: Sequence[tuple[str, int]]
    """Name and number of cases."""
    targets: Sequence[str]


def home_body(
    person: Person,
    runs: Sequence[RunEntry],
    hidden: frozenset[str],
    tasks: Sequence[TaskView],
    choices: Choices,
    lang: Lang,
    *,
    notice: str | None = None,
    fault: str | None = None,
) -> Html:
    """Write the page with everything on it.

    Args:
        person: whoever is signed in.
        runs: the latest first.
        hidden: runs whose figures the person must not see yet.
        tasks: of labelling, the latest first.
        choices: what a run may be of.
        lang: of the page.
        notice: what has been done.
        fault: why what was sent could not be done.
    """
    mine = [one for one in tasks if (seat := one.task.seat(person.name)) and not seat.handed_in]
    return element(
        "div",
        head(person, lang, string("eval.name", lang)),
        text("eval.lead", lang, tag="p", class_="ev-lead"),
        told(fault, notice),
        *(_mine(one, person, lang) for one in mine),
        _start(choices, lang, opened=not runs),
        runs_section(runs, hidden, lang),
        element(
            "section",
            text("eval.tasks", lang, tag="h2"),
            task_rows(tasks, person.name, lang)
            if tasks
            else text("eval.no_tasks", lang, tag="p", class_="hg-quiet"),
        ),
        class_="ev",
        data_signed="yes",
    )


def _mine(view: TaskView, person: Person, lang: Lang) -> Html:
    done, whole = view.done.get(person.name, 0), len(view.task.cases)
    name = string("eval.task.name", lang, id=view.task.id[:6])
    return element(
        "section",
        element(
            "p",
            element("strong", string("eval.yours", lang, name=name)),
            element("span", string("eval.done_of", lang, done=done, of=whole), class_="hg-quiet"),
        ),
        bar(done, whole, name),
        link(
            string("eval.go_on" if done else "eval.begin", lang),
            lang,
            "tasks",
            view.task.id,
            *(("label",) if done < whole else ()),
            class_="ev-button",
        ),
        class_="ev-mine",
    )


def _start(choices: Choices, lang: Lang, *, opened: bool) -> Html:
    fields = (
        field(
            "suite",
            "eval.suite",
            lang,
            select(
                "suite",
                [
                    (name, string("eval.suite.cases", lang, name=name, n=n))
                    for name, n in choices.suites
                ],
            ),
        ),
        field(
            "target",
            "eval.target",
            lang,
            select(
                "target",
                [
                    (name, string("eval.target.engine", lang) if name == ENGINE else name)
                    for name in choices.targets
                ],
            ),
        ),
        field(
            "limit",
            "eval.limit",
            lang,
            element("input", type="number", name="limit", min=1, max=100_000, inputmode="numeric"),
            "eval.limit.hint",
        ),
        field(
            "seed",
            "eval.seed",
            lang,
            element("input", type="number", name="seed", min=0, max=2**31 - 1, value=0),
        ),
        boxes(
            "langs", "eval.langs", lang, [(one, string(f"eval.lang.{one}", lang)) for one in LANGS]
        ),
        boxes(
            "kinds", "eval.kinds", lang, [(one, string(f"eval.kind.{one}", lang)) for one in KINDS]
        ),
    )
    return element(
        "details",
        text("eval.start", lang, tag="summary"),
        form(
            lang,
            ("runs",),
            *fields,
            element(
                "div",
                button("eval.start.now", lang),
                text("eval.start.hint", lang, class_="hg-quiet"),
                class_="ev-ways",
            ),
            class_="ev-form",
        ),
        class_="ev-start",
        open=opened,
    )


def runs_section(runs: Sequence[RunEntry], hidden: frozenset[str], lang: Lang) -> Html:
    """Write the list of runs; with a script it renews itself while one is under way."""
    shown = [name for name in SLICED if any(name in one.headline for one in runs)][:_LISTED]
    columns = (
        (string("eval.pick", lang), "ev-pick"),
        (string("eval.run", lang), ""),
        (string("eval.target", lang), ""),
        (string("eval.state", lang), ""),
        *((metric_name(name, lang), "ev-num") for name in shown),
        (string("eval.asked", lang), ""),
    )
    rows = [
        (
            _pick(one, lang) if one.headline and one.run not in hidden else "",
            element(
                "span",
                link(one.suite, lang, "runs", one.run, class_="ev-strong"),
                element("code", one.run[-8:], class_="hg-quiet"),
                class_="ev-named",
            ),
            string("eval.hidden", lang) if one.run in hidden else target_name(one, lang),
            progress_part(one, lang),
            *(
                "" if one.run in hidden else figure(one.headline.get(name), short=True)
                for name in shown
            ),
            join(*((one.by, " · ") if one.by else ()), moment(one.at)),
        )
        for one in runs
    ]
    if not rows:
        return element(
            "section",
            text("eval.runs", lang, tag="h2"),
            text("eval.no_runs", lang, tag="p", class_="hg-quiet"),
            id="ev-runs",
            data_running="no",
        )
    compares = sum(bool(one.headline) for one in runs) > 1
    running = any(one.is_open for one in runs)
    return element(
        "section",
        text("eval.runs", lang, tag="h2"),
        element(
            "form",
            table(columns, rows, string("eval.runs", lang)),
            element("input", type="hidden", name="lang", value=lang),
            element(
                "div",
                button("eval.compare", lang, "ev-quiet ev-compare"),
                text("eval.compare.hint", lang, class_="hg-quiet"),
                class_="ev-ways",
            )
            if compares
            else EMPTY,
            method="get",
            action=place("compare"),
            target="_blank",
        ),
        _looks_again() if running else EMPTY,
        id="ev-runs",
        data_running="yes" if running else "no",
        data_part=address(place("runs"), lang),
    )


def _pick(one: RunEntry, lang: Lang) -> Html:
    name = string("eval.pick.label", lang, name=one.run)
    return element("input", type="checkbox", name="run", value=one.run, aria_label=name)


def progress_part(one: RunEntry, lang: Lang) -> Html:
    """Write the state of a run, with how far it is."""
    parts = [state_badge(one, lang)]
    if one.state in ("working", "cancelled", "failed", "broken") and one.progress:
        done, whole = one.progress
        parts.append(element("span", f"{done}/{whole}", class_="ev-small"))
        if one.state == "working":
            parts.append(bar(done, whole, string("eval.progress", lang)))
    return element("span", *parts, class_="ev-progress")


def _looks_again() -> Html:
    # Without a script the page looks again by itself.
    return element("noscript", element("meta", **{"http-equiv": "refresh", "content": "3"}))


def run_body(
    person: Person,
    one: RunEntry,
    tasks: Sequence[TaskView],
    labels: int,
    lang: Lang,
    *,
    blind: bool,
    notice: str | None = None,
    fault: str | None = None,
) -> Html:
    """Write the page of a run.

    Args:
        person: whoever is signed in.
        one: the run.
        tasks: of labelling its answers.
        labels: how many labels it has.
        lang: of the page.
        blind: whether the person still labels answers of it.
        notice: what has been done.
        fault: why what was sent could not be done.
    """
    title = f"{one.suite} · {one.run[-8:]}"
    shown = one.headline and not blind
    return element(
        "div",
        head(person, lang, title, element("span", title)),
        told(fault, notice),
        run_state(one, lang, blind=blind),
        text("eval.blind.run", lang, tag="p", class_="ev-notice") if blind else EMPTY,
        _ways(one, lang) if shown else EMPTY,
        _settings(one, lang, blind=blind),
        _headline(one.headline, lang) if shown else EMPTY,
        _labelling(one, person, tasks, lang) if one.state == "done" else EMPTY,
        _deleting(one, labels, lang) if not one.is_open and one.folder else EMPTY,
        class_="ev",
        data_signed="yes",
    )


def run_state(one: RunEntry, lang: Lang, *, blind: bool) -> Html:
    """Write how far a run is, with the way to cancel it."""
    cancel = (
        form(lang, ("runs", one.run, "cancel"), button("eval.cancel", lang, "ev-quiet"))
        if one.is_open and one.asked
        else EMPTY
    )
    fault = one.asked.fault if one.asked and not blind else None
    return element(
        "div",
        progress_part(one, lang),
        cancel,
        element("pre", fault, class_="ev-why") if fault else EMPTY,
        _looks_again() if one.is_open else EMPTY,
        id="ev-state",
        class_="ev-state",
        data_running="yes" if one.is_open else "no",
        data_part=address(place("runs", one.run, "state"), lang),
        data_ended=string("eval.ended", lang),
    )


def _ways(one: RunEntry, lang: Lang) -> Html:
    opened = element(
        "a",
        string("eval.report", lang),
        element("span", string("panel.new_tab", lang), class_="hg-hidden"),
        href=address(place("runs", one.run, "report"), lang),
        target="_blank",
        rel="noopener",
        class_="ev-button",
    )
    return element(
        "div",
        opened,
        link(string("eval.download", lang), lang, "runs", one.run, "run.json", class_="ev-quiet"),
        class_="ev-ways",
    )


def _settings(one: RunEntry, lang: Lang, *, blind: bool) -> Html:
    told_of = one.settings
    wish = one.asked.wish if one.asked else None
    rows: list[tuple[str, Html | str]] = [("eval.id", element("code", one.run))]
    if not blind:
        rows.append(("eval.target", target_name(one, lang)))
    if told_of:
        rows += [
            ("eval.suite", f"{told_of.suite} ({told_of.cases_run}/{told_of.cases_in_suite})"),
            ("eval.exclusions", "; ".join(told_of.exclusions) or "—"),
            ("eval.day", told_of.today.isoformat()),
            ("eval.corpus", element("code", told_of.corpus)),
            ("eval.seed", str(told_of.seed)),
            ("eval.revision", told_of.revision or "—"),
        ]
    elif wish:
        rows += [("eval.suite", wish.suite), ("eval.seed", str(wish.seed))]
    rows.append(("eval.asked", join(*((one.by, " · ") if one.by else ()), moment(one.at))))
    return element(
        "dl",
        *(
            element("div", element("dt", string(key, lang)), element("dd", value))
            for key, value in rows
        ),
        class_="ev-facts",
    )


def _headline(headline: Mapping[str, Estimate], lang: Lang) -> Html:
    sorts = {metric.name: metric for metric in METRICS}

    def digits(name: str) -> int:
        return 1 if sorts[name].sort == "quantity" else 3

    columns = (
        (string("eval.metric", lang), ""),
        (string("eval.n", lang), "ev-num"),
        (string("eval.value", lang), "ev-num"),
        (string("eval.interval", lang), "ev-num"),
    )
    rows = [
        (
            join(
                metric_name(name, lang),
                element("span", _ARROWS.get(sorts[name].better, ""), class_="hg-quiet"),
            ),
            str(estimate.n),
            element("strong", f"{estimate.mean:.{digits(name)}f}"),
            _interval(estimate, digits(name)),
        )
        for name, estimate in headline.items()
        if name in sorts and sorts[name].counts
    ]
    return element(
        "section",
        text("eval.headline", lang, tag="h2"),
        table(columns, rows, string("eval.headline", lang)),
        text("eval.headline.note", lang, tag="p", class_="hg-quiet"),
    )


_ARROWS = {"higher": " ↑", "lower": " ↓"}


def _interval(estimate: Estimate, digits: int) -> str:
    return f"{estimate.low:.{digits}f} – {estimate.high:.{digits}f}"


def target_name(one: RunEntry, lang: Lang) -> str:
    """Return what answered, or is to answer, as a reader calls it."""
    if not one.settings:
        name = one.asked.wish.target if one.asked else ""
        return string("eval.target.engine", lang) if name == ENGINE else name
    target = one.settings.target
    name = string("eval.target.engine", lang) if target.kind == ENGINE else target.name
    return f"{name} · {target.model}" if target.model else name


def metric_name(name: str, lang: Lang) -> str:
    """Return what a metric is called."""
    return Words(lang).name("metric", name)


def _labelling(one: RunEntry, person: Person, tasks: Sequence[TaskView], lang: Lang) -> Html:
    new = form(
        lang,
        ("tasks",),
        element("input", type="hidden", name="run", value=one.run),
        field(
            "n",
            "eval.draw.n",
            lang,
            element("input", type="number", name="n", min=1, max=MOST_DRAWN, value=30),
        ),
        field(
            "seed",
            "eval.seed",
            lang,
            element("input", type="number", name="seed", min=0, max=2**31 - 1, value=0),
        ),
        field(
            "settles",
            "eval.settles",
            lang,
            select(
                "settles",
                [
                    ("third", string("eval.settles.third", lang)),
                    ("peers", string("eval.settles.peers", lang)),
                ],
            ),
        ),
        element(
            "div",
            button("eval.draw", lang),
            text("eval.draw.hint", lang, class_="hg-quiet"),
            class_="ev-ways",
        ),
        class_="ev-form",
    )
    return element(
        "section",
        text("eval.tasks", lang, tag="h2"),
        task_rows(tasks, person.name, lang) if tasks else EMPTY,
        element(
            "details",
            text("eval.draw.new", lang, tag="summary"),
            new,
            class_="ev-start",
            open=not tasks,
        ),
    )


def _deleting(one: RunEntry, labels: int, lang: Lang) -> Html:
    asks = (
        element(
            "fieldset",
            text("eval.delete.labels", lang, tag="legend", n=labels),
            *(
                element(
                    "label",
                    element("input", type="radio", name="labels", value=value, required=True),
                    element("span", string(f"eval.delete.{value}", lang)),
                    class_="ev-box",
                )
                for value in ("keep", "drop")
            ),
        )
        if labels
        else EMPTY
    )
    return element(
        "details",
        text("eval.delete", lang, tag="summary"),
        form(
            lang,
            ("runs", one.run, "delete"),
            text("eval.delete.sure", lang, tag="p"),
            asks,
            button("eval.delete.yes", lang, "ev-button ev-danger"),
            class_="ev-form ev-form-delete",
        ),
        class_="ev-start ev-delete",
    )
