"""`hugang bench damages`: does the evaluation see it when the adviser is broken on purpose?

The undamaged system answers once. For each damage the same cases are answered or altered, scored
by the same scorers over the true corpus, and compared pair by pair.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.answer import CheckedAnswer
from evals.bench.answer import bench_app
from evals.bench.damage import Answer, Damage, altered, damaged, find_damages
from evals.case import Case, load_suite
from evals.markdown import table_lines
from evals.scorers import METRICS, Scorer, build_scorers
from evals.stats import Estimate, holm, paired_bootstrap, randomisation_p
from knowledge.card import Frozen

if TYPE_CHECKING:
    from bot.advisor import Advisor

_LEFT_OUT = frozenset(
    {"latency_ms", "tokens", "cost", "chinese_characters", "english_words", "figures_without_fact"}
)
"""Time and length; and the search of every fact for every false figure, which takes minutes."""
SMALLEST = 1e-9


class Shift(Frozen):
    """How far a metric moved, over the cases that both systems scored."""

    metric: str
    before: float
    after: float
    difference: Estimate
    """After less before, by paired bootstrap; `n` cases, clustered by question."""
    p: float
    """Two-sided, by random exchange of the two systems."""
    moved: int
    """Cases on which it moved."""

    @property
    def is_seen(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        return self.difference.low > 0 or self.difference.high < 0


class Observed(Frozen):
    """What the evaluation saw of one damage."""

    name: str
    what: str
    expected: Shift | None
    """The metric named in advance; None where no case is scored by it."""
    stays: tuple[Shift, ...]
    """Those that should stay."""
    others: tuple[Shift, ...]
    """All others that moved, the farthest first."""

    @property
    def is_seen(self) -> bool:
        """Whether the metric named in advance sees the damage, and in the direction of worse."""
        if self.expected is None or not self.expected.is_seen:
            return False
        better = next(m.better for m in METRICS if m.name == self.expected.metric)
        return (self.expected.difference.mean < 0) == (better == "higher")


Scores = Mapping[str, Mapping[str, float | None]]
"""By case, then by metric."""
OnPass = Callable[[str], None]
"""Told what is measured next."""


def observe(
    advisor: Advisor,
    cases: Sequence[Case],
    damages: Iterable[Damage],
    *,
    today: dt.date,
    seed: int = 0,
    progress: OnPass = lambda _: None,
) -> list[Observed]:
    """Break the adviser in each way in turn and compare its scores; it is left as it was.

    Args:
        advisor: the undamaged system.
        cases: asked of all systems.
        damages: what is broken.
        today: the day that cases without one of their own are asked on.
        seed: starts the bootstrap.
        progress: told the name of each system before it answers.
    """
    corpus = advisor.corpus
    names = [metric.name for metric in METRICS if metric.name not in _LEFT_OUT]
    every = build_scorers(corpus)
    scorers = {name: every[name] for name in names}
    progress("undamaged")
    sound = _answers(advisor.answer, cases, today)
    before = _scores(cases, sound, scorers)
    observed = []
    for damage in damages:
        progress(damage.name)
        with damaged(damage, advisor) as answer:
            given = sound if damage.within is None else _answers(answer, cases, today)
        given = {case.id: altered(damage, case, given[case.id], corpus) for case in cases}
        after = _scores(cases, given, scorers)
        observed.append(_compare(damage, cases, before, after, seed))
    return observed


def _answers(answer: Answer, cases: Sequence[Case], today: dt.date) -> dict[str, CheckedAnswer]:
    return {case.id: answer(case.to_question(today)) for case in cases}


def _scores(
    cases: Sequence[Case], answers: Mapping[str, CheckedAnswer], scorers: Mapping[str, Scorer]
) -> Scores:
    return {
        case.id: {name: scorer(case, answers[case.id]).value for name, scorer in scorers.items()}
        for case in cases
    }


def _compare(
    damage: Damage, cases: Sequence[Case], before: Scores, after: Scores, seed: int
) -> Observed:
    shifts = {}
    for metric in METRICS:
        if metric.name not in _LEFT_OUT:
            shift = _shift(metric.name, cases, before, after, seed)
            if shift:
                shifts[metric.name] = shift
    named = {damage.metric, *damage.stays}
    others = [shift for name, shift in shifts.items() if name not in named and shift.is_seen]
    return Observed(
        name=damage.name,
        what=damage.what,
        expected=shifts.get(damage.metric),
        stays=tuple(shifts[name] for name in damage.stays if name in shifts),
        others=tuple(sorted(others, key=lambda shift: -abs(shift.difference.mean))),
    )


def _shift(
    name: str, cases: Sequence[Case], before: Scores, after: Scores, seed: int
) -> Shift | None:
    pairs = [
        (case.group or case.id, was, now)
        for case in cases
        if (was := before[case.id][name]) is not None and (now := after[case.id][name]) is not None
    ]
    if not pairs:
        return None
    clusters, old, new = (list(column) for column in zip(*pairs, strict=True))
    return Shift(
        metric=name,
        before=sum(old) / len(old),
        after=sum(new) / len(new),
        difference=paired_bootstrap(old, new, clusters=clusters, seed=seed),
        p=randomisation_p(old, new, clusters=clusters, seed=seed),
        moved=sum(abs(now - was) > SMALLEST for _, was, now in pairs),
    )


def render(observed: Sequence[Observed]) -> str:
    """Print the table in Markdown, then what else moved."""
    adjusted = holm({one.name: one.expected.p for one in observed if one.expected})
    rows = (_row(one, adjusted) for one in observed)
    head = ("damage", "metric named in advance", "n", "before", "after", "difference [95 %]")
    lines = list(table_lines((*head, "cases moved", "p (Holm)", "seen", "should stay"), rows))
    lines += ["", "What else moved, the interval clear of zero:", ""]
    for one in observed:
        told = ", ".join(f"{s.metric} {s.difference.mean:+.3f}" for s in one.others)
        lines.append(f"- {one.name}: {told or 'nothing'}")
    return "\n".join(lines)


def _row(one: Observed, adjusted: Mapping[str, float]) -> tuple[str, ...]:
    stirred = [f"{s.metric} {s.difference.mean:+.3f}" for s in one.stays if s.is_seen]
    stays = f"{len(one.stays) - len(stirred)} of {len(one.stays)} stay"
    stays += f"; moved: {', '.join(stirred)}" if stirred else ""
    found = one.expected
    if found is None:
        return (one.name, "no case is scored", *("-",) * 6, "no", stays)
    low, high = found.difference.low, found.difference.high
    return (
        one.name,
        found.metric,
        str(found.difference.n),
        f"{found.before:.3f}",
        f"{found.after:.3f}",
        f"{found.difference.mean:+.3f} [{low:+.3f}, {high:+.3f}]",
        str(found.moved),
        f"{adjusted[one.name]:.4f}",
        "yes" if one.is_seen else "NO",
        stays,
    )


def suite_of_damages() -> tuple[Case, ...]:
    """Return the development cases with the questions of time of the parity suite."""
    temporal = (case for case in load_suite("parity") if case.kind in ("temporal", "injection"))
    return (*load_suite("dev"), *temporal)


@bench_app.command("damages")
def damages_command(
    only: Annotated[
        list[str] | None, typer.Option(help="Only this damage; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap intervals.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the figures here too, as JSON.")] = None,
) -> None:
    """Break the adviser in ten ways and print whether the evaluation sees each of them."""
    try:
        chosen = find_damages(only or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--only") from error
    from bot.advisor import Advisor

    advisor = Advisor.open()
    try:
        observed = observe(
            advisor,
            suite_of_damages(),
            chosen,
            today=advisor.corpus.version.as_of,
            seed=seed,
            progress=lambda name: typer.echo(f"measuring: {name}", err=True),
        )
    finally:
        advisor.close()
    typer.echo(render(observed))
    if out:
        rows = ",\n".join(one.model_dump_json() for one in observed)
        out.write_text(f"[{rows}]\n", encoding="utf-8")
    unseen = [one.name for one in observed if not one.is_seen]
    if unseen:
        typer.echo(f"not seen: {', '.join(unseen)}", err=True)
        raise typer.Exit(1)
