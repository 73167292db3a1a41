"""What two labellers agree on, in figures; how automatic verdicts go with theirs, and set right by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.language import Lang
from bot.store.labels import LabelTask
from evals.labels.agreement import WORTHWHILE, Agreement
from evals.labels.calibration import Calibrated, Calibration
from evals.stats import Estimate
from ui.evaluate.labelling_page import CORRECTNESS, GROUNDEDNESS
from ui.evaluate.parts import link, table, text
from ui.html import EMPTY, Html, element, join
from ui.strings import string

_WORDS: Mapping[str, Sequence[str]] = {
    "correctness": CORRECTNESS,
    "groundedness": (*GROUNDEDNESS, "none"),
}


def figures_part(task: LabelTask, found: Calibration | None, lang: Lang) -> Html:
    """Write agreement, calibration and the ways to take the labels along.

    Args:
        task: handed in by both.
        found: what the labels say; None where the run is gone.
        lang: of the page.
    """
    return join(
        _people(task, found.people, lang) if found else EMPTY,
        _graders(found, len(task.cases), lang) if found and found.graders else EMPTY,
        _exports(task, lang),
    )


def _people(task: LabelTask, people: Mapping[str, Agreement], lang: Lang) -> Html:
    columns = (
        (string("eval.agreement.of", lang), ""),
        (string("eval.n", lang), "ev-num"),
        (string("eval.agreement.percent", lang), "ev-num"),
        (string("eval.agreement.kappa", lang), "ev-num"),
    )
    rows = [
        (
            string(f"eval.{name}", lang),
            str(one.same.n),
            _share(one.same),
            _kappa(one.kappa, lang),
        )
        for name, one in people.items()
    ]
    return element(
        "section",
        text("eval.agreement", lang, tag="h2"),
        table(columns, rows, string("eval.agreement", lang)),
        text("eval.agreement.note", lang, tag="p", class_="hg-quiet", least=f"{WORTHWHILE:.2f}"),
        element(
            "div",
            *(_confusion(task, name, one, lang) for name, one in people.items()),
            class_="ev-tables",
        ),
        id="ev-agreement",
    )


def _kappa(kappa: Estimate | None, lang: Lang) -> Html:
    if kappa is None:
        return text("eval.agreement.one_word", lang, class_="hg-quiet")
    return join(
        element("strong", _signed(kappa.mean)),
        " ",
        element("span", f"[{_signed(kappa.low)}, {_signed(kappa.high)}]", class_="ev-interval"),
    )


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _share(one: Estimate | None) -> Html | str:
    if one is None:
        return "—"
    return join(
        element("strong", f"{one.mean:.0%}"),
        " ",
        element("span", f"[{one.low:.0%}, {one.high:.0%}]", class_="ev-interval"),
    )


def _confusion(task: LabelTask, aspect: str, one: Agreement, lang: Lang) -> Html:
    words = [word for word in _WORDS[aspect] if word in one.confusion]
    # Rows are of the labeller whose name comes first in the alphabet, as `labellers_agree` has them.
    first, second = sorted(seat.name for seat in task.seats)
    title = string(
        "eval.agreement.table",
        lang,
        of=string(f"eval.{aspect}", lang),
        first=first,
        second=second,
    )

    def named(word: str) -> str:
        return "—" if word == "none" else string(f"eval.{aspect}.{word}", lang)

    head = element(
        "tr", element("td"), *(element("th", named(word), scope="col") for word in words)
    )
    rows = (
        element(
            "tr",
            element("th", named(row), scope="row"),
            *(
                element(
                    "td",
                    str(one.confusion[row][column]),
                    class_="ev-same" if row == column else None,
                )
                for column in words
            ),
        )
        for row in words
    )
    return element("table", element("caption", title), head, *rows)


def _graders(found: Calibration, drawn: int, lang: Lang) -> Html:
    columns = (
        (string("eval.machine", lang), ""),
        (string("eval.machine.same", lang), "ev-num"),
        (string("eval.agreement.kappa", lang), "ev-num"),
        (string("eval.machine.raw", lang), "ev-num"),
        (string("eval.machine.people", lang), "ev-num"),
        (string("eval.machine.corrected", lang), "ev-num"),
    )
    notes = [string("eval.machine.note", lang)]
    if found.labelled < drawn:
        notes.append(string("eval.machine.unsettled", lang, n=found.unsettled, used=found.labelled))
    return element(
        "section",
        text("eval.calibration", lang, tag="h2"),
        table(columns, _grader_rows(found.graders, lang), string("eval.calibration", lang)),
        *(element("p", one, class_="hg-quiet") for one in notes),
        id="ev-calibration",
    )


def _grader_rows(graders: Iterable[Calibrated], lang: Lang) -> Iterable[Sequence[Html | str]]:
    for one in graders:
        who = string(f"eval.machine.{one.grader}", lang)
        what = string(f"eval.asks.{one.question}", lang)
        corrected = one.corrected
        yield (
            f"{who} · {what}",
            _share(one.matching.agreement.same),
            _kappa(one.matching.agreement.kappa, lang),
            _share(corrected.raw) if corrected else "—",
            _share(corrected.human) if corrected else "—",
            _share(corrected.corrected) if corrected else text("eval.machine.few", lang),
        )


def _exports(task: LabelTask, lang: Lang) -> Html:
    ways = (
        link(
            string(f"eval.export.{ending}", lang),
            lang,
            "tasks",
            task.id,
            f"labels.{ending}",
            class_="ev-quiet",
        )
        for ending in ("csv", "jsonl")
    )
    return element(
        "section",
        text("eval.export", lang, tag="h2"),
        element("div", *ways, class_="ev-ways"),
    )
