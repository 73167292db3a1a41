"""`hugang bench writing`: what checking adds to a model's sentences, and many answers at once.

The model is scripted, so that only our own work is timed: it says facts of the brief at a steady
pace, each with a word of its own in front, since a fact's own sentence needs no judging. Overhead is the time from the last character of a sentence in the model's stream to the event
that shows it; the raw stream is what a program without a checker would show.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bot.events import BlockGrowing, Finished
from bot.model.claim_stream import ClaimReader
from bot.providers.base import Budget, Delta, Message, OutputForm
from bot.providers.scripted import ScriptedModel, fact_echo
from bot.question import Question
from evals.bench.answer import BASELINES, bench_app
from evals.bench.baseline import baseline_ms
from evals.bench.spread import Spread, add_spreads
from evals.case import load_suite
from knowledge.card import Frozen

if TYPE_CHECKING:
    from bot.advisor import Advisor

TOKENS_PER_S = 50


class WritingBench(Frozen):
    """The outcome of one benchmark."""

    questions: int
    at_once: int
    errors: int
    """Answers that failed or that the model did not word."""
    shown: int
    """Sentences that the check confirmed and that are timed."""
    fairness: float
    """Jain's index of the answers' paces when all run at once; 1 = all equally fast."""
    baseline_ms: float
    spreads: tuple[Spread, ...]


class _Clocked(ScriptedModel):
    """Notes when each sentence was complete in the raw stream, by thread."""

    def __init__(self, tokens_per_s: float) -> None:
        super().__init__(fact_echo(in_own_words=True), tokens_per_s=tokens_per_s)
        self.seen = threading.local()

    def stream(
        self, messages: Sequence[Message], budget: Budget, schema: Mapping[str, Any] | None = None
    ) -> Iterator[Delta]:
        form: OutputForm = "json" if schema else "lines"
        reader = ClaimReader(form)
        times: dict[str, float] = {}
        self.seen.times = times
        for delta in super().stream(messages, budget, schema):
            for claim in reader.feed(delta.text):
                times.setdefault(claim.text, time.perf_counter())
            yield delta


class _Timed(Frozen):
    """One answer on the clock."""

    first_ms: float | None
    """From the question to its first checked sentence."""
    overheads_ms: tuple[float, ...]
    """For each sentence shown, from its end in the raw stream; the first one first."""
    whole_ms: float
    worded: bool


def bench_writing(
    advisor: Advisor, questions: Sequence[Question], *, at_once: int, tokens_per_s: float
) -> WritingBench:
    """Answer the questions one after the other, then `at_once` of them at a time.

    Args:
        advisor: its model is replaced by the scripted one.
        questions: answerable ones.
        at_once: answers under way at the same time in the second part.
        tokens_per_s: pace of the model.
    """
    model = _Clocked(tokens_per_s)
    written = advisor.written_by(model)
    _timed(written, model, questions[0])
    baseline = sorted(baseline_ms() for _ in range(BASELINES))[BASELINES // 2]
    alone = [_timed(written, model, question) for question in questions]
    many = [questions[at % len(questions)] for at in range(at_once)]
    with ThreadPoolExecutor(at_once) as pool:
        together = list(pool.map(lambda question: _timed(written, model, question), many))
    paces = [1 / one.whole_ms for one in together]
    return WritingBench(
        questions=len(questions),
        at_once=at_once,
        errors=sum(not one.worded for one in (*alone, *together)),
        shown=sum(len(one.overheads_ms) for one in (*alone, *together)),
        fairness=sum(paces) ** 2 / (len(paces) * sum(pace**2 for pace in paces)),
        baseline_ms=baseline,
        spreads=tuple(
            Spread.of(name, values)
            for name, values in (
                ("alone: overhead, first sentence", _overheads(alone, 1)),
                ("alone: overhead, every sentence", _overheads(alone, None)),
                ("alone: question to first sentence", _firsts(alone)),
                ("at once: overhead, first sentence", _overheads(together, 1)),
                ("at once: question to first sentence", _firsts(together)),
                ("at once: whole answer", [one.whole_ms for one in together]),
            )
            if values
        ),
    )


@bench_app.command("writing")
def writing_command(
    questions: Annotated[int, typer.Option(min=1, help="Questions of the suite.")] = 40,
    at_once: Annotated[int, typer.Option(min=1, help="Answers at the same time.")] = 50,
    tokens_per_s: Annotated[float, typer.Option(min=1, help="Pace of the model.")] = TOKENS_PER_S,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time the checking of a scripted model's sentences, alone and many at once."""
    from bot.advisor import Advisor

    today = dt.date.today()  # noqa: DTZ011 - rules hold on the reader's calendar day
    cases = [case for case in load_suite("dev") if case.expect == "answer" and not case.history]
    step = max(1, len(cases) // questions)
    asked = [case.to_question(today) for case in cases[::step]][:questions]
    advisor = Advisor.open()
    try:
        outcome = bench_writing(advisor, asked, at_once=at_once, tokens_per_s=tokens_per_s)
    finally:
        advisor.close()
    if as_json:
        typer.echo(outcome.model_dump_json(indent=1))
    else:
        Console().print(_table(outcome))
    if outcome.errors:
        typer.echo(f"{outcome.errors} answers failed or were not worded by the model", err=True)
        raise typer.Exit(1)


def _timed(advisor: Advisor, model: _Clocked, question: Question) -> _Timed:
    start = time.perf_counter()
    first: float | None = None
    shown: dict[str, float] = {}
    worded = False
    for event in advisor.stream(question):
        now = time.perf_counter()
        if isinstance(event, BlockGrowing):
            first = first or now
            for claim in event.block.claims:
                shown.setdefault(claim.text, now)
        if isinstance(event, Finished):
            worded = event.answer.engine.writer == model.name
    raw = getattr(model.seen, "times", {})
    overheads = [(at - raw[text]) * 1000 for text, at in shown.items() if text in raw]
    return _Timed(
        first_ms=(first - start) * 1000 if first else None,
        overheads_ms=tuple(overheads),
        whole_ms=(time.perf_counter() - start) * 1000,
        worded=worded,
    )


def _overheads(answers: Sequence[_Timed], most: int | None) -> list[float]:
    return [overhead for one in answers for overhead in one.overheads_ms[:most]]


def _firsts(answers: Sequence[_Timed]) -> list[float]:
    return [one.first_ms for one in answers if one.first_ms is not None]


def _table(outcome: WritingBench) -> Table:
    table = Table(
        title=f"{outcome.questions} questions alone, then {outcome.at_once} at once",
        caption=f"errors {outcome.errors}; {outcome.shown} sentences; fairness {outcome.fairness:.3f}; "
        f"baseline {outcome.baseline_ms:.1f} ms",
    )
    return add_spreads(table, outcome.spreads)
