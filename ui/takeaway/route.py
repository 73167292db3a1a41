"""The plan of a document: the ways side by side, then each way's drawing, legs and steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from bot.answer import AnswerLeg, AnswerOption, AnswerPlan, AnswerRemark, AnswerStep, Citation
from bot.language import Lang, localise
from bot.query.profile import Value
from bot.writing.plan_text import MOST_TIMES
from knowledge.card import FactRef
from knowledge.corpus import Corpus
from ui.plan.day import not_held
from ui.plan.drawing import capital, currency_names
from ui.plan.form import said_value
from ui.plan.steps import first_done
from ui.plan.words import what_decides
from ui.strings import string
from ui.takeaway.elements import (
    Draw,
    Element,
    Heading,
    Items,
    Line,
    Paragraph,
    Picture,
    Run,
    Table,
    flat,
    marked,
    plain,
    text_of,
)

MOST_UPRIGHT = 5
"""Ways that an upright page can hold side by side."""
_NONE = "—"
_STEP_COLUMNS = (
    "takeaway.step.no",
    "takeaway.step.do",
    "takeaway.step.side",
    "takeaway.step.authority",
    "takeaway.step.time",
    "takeaway.step.needs",
)


def plan_elements(
    plan: AnswerPlan,
    corpus: Corpus,
    lang: Lang,
    citations: Iterable[Citation],
    draw: Draw | None,
    *,
    whole: bool,
    day: dt.date,
) -> tuple[Element, ...]:
    """Tell a plan.

    Args:
        plan: in `lang`.
        corpus: for full names of authorities and the questions behind the plan's values.
        lang: language of the document.
        citations: gives the facts their numbers.
        draw: draws a way; None leaves the drawings out.
        whole: whether the plan is the document: every way is told step by step. In that of an
            answer only those that are open are, and the headings stand a level lower.
        day: a step none of whose rules was in force on it says so.
    """
    return tuple(_Teller(plan, corpus, lang, citations, draw, day).tell(whole))


class _Teller:
    def __init__(
        self,
        plan: AnswerPlan,
        corpus: Corpus,
        lang: Lang,
        citations: Iterable[Citation],
        draw: Draw | None,
        day: dt.date,
    ) -> None:
        self.day = day
        self.plan = plan
        self.corpus = corpus
        self.lang = lang
        self.numbers = {citation.ref: citation.n for citation in citations}
        self.draw = draw
        self.comma = ", " if lang == "en" else "、"
        self.semicolon = "; " if lang == "en" else "；"
        self.route = corpus.routes.get(plan.route)
        self.inputs = {one.name: one for one in self.route.inputs} if self.route else {}

    def tell(self, whole: bool) -> Iterator[Element]:
        lang, plan = self.lang, self.plan
        chosen = plan.chosen
        if not whole:
            title = string("takeaway.route", lang, title=plan.title)
            yield Heading(level=1, text=flat(title))
        if plan.summary:
            yield Paragraph(line=plain(plan.summary))
        if plan.known:
            yield self._title("takeaway.known")
            yield Items(items=tuple(self._known(*one) for one in plan.known.items()))
        if chosen is None:
            yield Paragraph(line=plain(string("plan.none", lang)), style="warning")
        if plan.options:
            yield self._comparison(chosen)
        for option in plan.options:
            if whole or option.is_open:
                yield from self._option(option, chosen=option is chosen, whole=whole)
        if plan.watch:
            yield self._title("plan.watch")
            yield Items(items=tuple(self._said(remark) for remark in plan.watch))
        if plan.open_points:
            yield self._title("takeaway.open")
            yield Items(items=tuple(plain(point.question) for point in plan.open_points))

    def _title(self, key: str) -> Heading:
        return Heading(level=2, text=string(key, self.lang))

    def _known(self, name: str, value: Value) -> Line:
        asked = self.inputs.get(name)
        question = localise(asked.question, self.lang) if asked else name
        colon = ": " if self.lang == "en" else "："
        said = said_value(asked, value, self.lang)
        return (
            Run(text=f"{flat(question).rstrip('？?：:')}{colon}"),
            Run(text=flat(said), bold=True),
        )

    # --- the ways side by side

    def _comparison(self, chosen: AnswerOption | None) -> Table:
        """Put the ways side by side: a column for each, a row for what is weighed."""
        options = self.plan.options
        rows: tuple[tuple[str, tuple[Line, ...]], ...] = (
            ("takeaway.row.state", tuple(plain(self._state(o, o is chosen)) for o in options)),
            ("takeaway.row.decides", tuple(self._decides(o) for o in options)),
            ("takeaway.row.steps", tuple(plain(self._count(o)) for o in options)),
            ("takeaway.row.approvals", tuple(plain(self._approvals(o)) for o in options)),
            ("takeaway.row.time", tuple(self._times(o) for o in options)),
            ("takeaway.row.currencies", tuple(plain(self._currencies(o)) for o in options)),
            ("plan.pros", tuple(self._all_said(o.pros) for o in options)),
            ("plan.cons", tuple(self._all_said(o.cons) for o in options)),
            ("plan.blockers", tuple(self._all_said(o.blockers) for o in options)),
            ("plan.possible_blockers", tuple(self._all_said(o.possible_blockers) for o in options)),
        )
        told = [
            (plain(string(key, self.lang)), *cells)
            for key, cells in rows
            if any(text_of(cell) != _NONE for cell in cells)
        ]
        first = 0.65 if len(options) > 1 else 0.25
        return Table(
            title=string("takeaway.options", self.lang),
            head=(
                plain(string("takeaway.row.way", self.lang)),
                *(plain(one.title) for one in options),
            ),
            rows=tuple(told),
            widths=(first, *(1.0 for _ in options)),
            wide=len(options) > MOST_UPRIGHT,
            row_heads=True,
        )

    def _state(self, option: AnswerOption, is_chosen: bool) -> str:
        if not option.is_open:
            return string("plan.closed", self.lang)
        names = ["plan.chosen"] if is_chosen else []
        if option.applies is None:
            names.append("plan.conditional")
        return self.comma.join(string(one, self.lang) for one in names or ["plan.open"])

    def _decides(self, option: AnswerOption) -> Line:
        """Name what opens or closes a way; what closes this one has a row of its own."""
        deciding = what_decides(option, self.plan, self.route, self.lang)
        if not deciding:
            return plain(string("table.always", self.lang))
        colon = ": " if self.lang == "en" else "："
        unknown = string("table.unknown", self.lang)
        runs: list[Run] = []
        for question, known in deciding:
            between = self.semicolon if runs else ""
            runs.append(Run(text=f"{between}{flat(question)}{colon}"))
            runs.append(Run(text=flat(known or unknown), bold=known is not None))
        return tuple(runs)

    def _count(self, option: AnswerOption) -> str:
        states = [step.state for step in option.steps_ahead]
        depends = states.count("depends")
        key = "takeaway.steps.some" if depends else "takeaway.steps.all"
        return string(key, self.lang, n=len(states), depends=depends)

    def _approvals(self, option: AnswerOption) -> str:
        names = dict.fromkeys(
            self._authority(step) for step in option.steps_ahead if step.authority is not None
        )
        return self.semicolon.join(names) or _NONE  # English names hold commas

    def _times(self, option: AnswerOption) -> Line:
        """Name the first times; the steps tell the rest."""
        timed = {step.time: step.refs for step in reversed(option.steps_ahead) if step.time}
        first = list(reversed(timed.items()))[:MOST_TIMES]
        return self._joined(first) if first else plain(_NONE)

    def _currencies(self, option: AnswerOption) -> str:
        codes = (code for leg in option.legs for code in leg.currencies)
        return currency_names(codes, self.lang) or _NONE

    def _all_said(self, remarks: Iterable[AnswerRemark]) -> Line:
        told = [(remark.say, remark.refs) for remark in remarks]
        return self._joined(told) if told else plain(_NONE)

    def _joined(self, told: Iterable[tuple[str, tuple[FactRef, ...]]]) -> Line:
        """Put sentences behind each other, each with its marks."""
        runs: list[Run] = []
        for text, refs in told:
            if runs:
                between = self.semicolon if not runs[-1].text.endswith(("。", ".")) else " "
                runs.append(Run(text=between if self.lang == "en" else between.strip()))
            runs += marked(text, refs, self.numbers)
        return tuple(run for run in runs if run.text or run.marks)

    def _said(self, remark: AnswerRemark) -> Line:
        return marked(remark.say, remark.refs, self.numbers)

    # --- one way

    def _option(self, option: AnswerOption, *, chosen: bool, whole: bool) -> Iterator[Element]:
        state = self._state(option, chosen)
        title = string("takeaway.way", self.lang, title=option.title, state=state)
        yield Heading(level=1 if whole else 2, text=flat(title))
        if self.draw and option.legs:
            yield Picture(svg=self.draw(option, self.lang), alt=self._alt(option))
        if option.legs:
            yield Items(items=tuple(self._leg(leg) for leg in option.legs))
        if option.steps_ahead:
            yield self._steps(option)
        if option.steps_spared:
            said = self.semicolon.join(flat(step.do).rstrip("。.") for step in option.steps_spared)
            label = string("plan.not_needed", self.lang, n=len(option.steps_spared))
            colon = ": " if self.lang == "en" else "："
            yield Paragraph(line=plain(f"{label}{colon}{said}"), style="quiet")

    def _leg(self, leg: AnswerLeg) -> Line:
        details = (
            leg.what,
            leg.channel,
            " / ".join(currency_names([one], self.lang) for one in leg.currencies),
        )
        said = self.semicolon.join(flat(one) for one in details if one)
        colon = ": " if self.lang == "en" else "："
        ends = Run(text=f"{capital(leg.from_name)} → {capital(leg.to_name)}{colon}", bold=True)
        return (ends, *marked(said, leg.refs, self.numbers))

    def _alt(self, option: AnswerOption) -> str:
        legs = (
            f"{capital(leg.from_name)} → {capital(leg.to_name)} ({leg.what})" for leg in option.legs
        )
        return flat(string("takeaway.drawing", self.lang, legs=self.semicolon.join(legs)))

    def _steps(self, option: AnswerOption) -> Table:
        before = first_done(option.steps)
        return Table(
            head=tuple(plain(string(key, self.lang)) for key in _STEP_COLUMNS),
            rows=tuple(
                self._step(n, step, before[step.id])
                for n, step in enumerate(option.steps_ahead, start=1)
            ),
            widths=(0.42, 2.6, 1.0, 1.15, 1.25, 0.6),
        )

    def _step(self, n: int, step: AnswerStep, after: tuple[int, ...]) -> tuple[Line, ...]:
        state = string(f"state.{step.state}", self.lang)
        where: Line = (Run(text=f"{step.side_name} · {flat(step.who)}"),)
        if step.state == "depends":
            where = (Run(text=state, bold=True), Run(text=f" · {where[0].text}"))
        return (
            plain(str(n)),
            self._do(step),
            where,
            plain(self._authority(step) if step.authority else _NONE),
            plain(step.time or _NONE),
            plain(", ".join(map(str, after)) or _NONE),  # which lines break at, unlike 、,
        )

    def _do(self, step: AnswerStep) -> Line:
        said = marked(step.do, step.refs, self.numbers)
        warning = not_held(step.refs, self.corpus, self.day, self.lang)
        return (*said, Run(text=f" {flat(warning)}", bold=True)) if warning else said

    def _authority(self, step: AnswerStep) -> str:
        assert step.authority is not None
        return flat(localise(self.corpus.issuer_name(step.authority), self.lang))
