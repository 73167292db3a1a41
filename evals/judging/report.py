"""What a judge said, in figures: grades, what was not judged, and agreement with the scorers.

It is a page of its own (`judge.md`, `judge.json`) beside the report of the run, so that no
opinion of a model is read among the scores that are worked out in code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evals.judging.judge import ASPECTS, TOP, Aspect, JudgedCase, Judgement, Judging
from evals.markdown import figure_row, one_line, table_lines
from evals.run import CaseResult, Run
from evals.stats import Estimate, estimate_rate, estimate_share
from knowledge.card import Frozen

FAR_APART = 10
"""Most cases listed on which judge and scorer say the opposite."""
_REASON_SHOWN = 160


class Agreement(Frozen):
    """How far the judge and a scorer grade alike."""

    aspect: Aspect
    metric: str
    """The scorer's share, as named in the table."""
    same: Estimate
    """Cases with the same grade / cases with both; Wilson interval."""
    table: tuple[tuple[int, ...], ...]
    """Cases by grade of the judge (rows, 0 to 2) and of the scorer (columns, 0 to 2)."""
    opposite: tuple[str, ...]
    """Ids of cases with 0 from one and 2 from the other."""


class JudgeSummary(Frozen):
    """The figures of a judging."""

    judged: int
    not_judged: Mapping[str, int]
    """Cases by the reason why they were not; they count in no figure below."""
    grades: Mapping[Aspect, Estimate]
    """Mean grade as a share of the best; an aspect is absent where no case was judged."""
    agreements: tuple[Agreement, ...]


class JudgeRecord(Frozen):
    """What `judge.json` holds."""

    summary: JudgeSummary
    judging: Judging


def summarise_judging(judging: Judging, run: Run) -> JudgeSummary:
    """Work out the figures of a judging of a run."""
    graded = [case.judgement for case in judging.cases if case.judgement]
    reasons = Counter(case.not_judged or "" for case in judging.cases if not case.judgement)
    pairs = list(_pairs(judging, run))
    agreements = (
        _agreement("support", "1 - claims_unsupported", pairs),
        _agreement("completeness", "nugget_recall", pairs),
    )
    return JudgeSummary(
        judged=len(graded),
        not_judged=dict(sorted(reasons.items())),
        grades={aspect: _mean_grade(aspect, graded, run) for aspect in ASPECTS if graded},
        agreements=tuple(agreement for agreement in agreements if agreement),
    )


def write_judging(record: JudgeRecord, folder: Path) -> Path:
    """Write `judge.json` and `judge.md` into the folder of the run's report.

    Returns:
        The path of `judge.md`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "judge.json").write_text(record.model_dump_json(indent=1), encoding="utf-8")
    page = folder / "judge.md"
    page.write_text(render_judging(record), encoding="utf-8")
    return page


def render_judging(record: JudgeRecord) -> str:
    """Print a judging for readers."""
    parts = (
        _head(record),
        _grades(record.summary),
        _agreements(record.summary.agreements),
        _opposites(record),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def grade_rows(summary: JudgeSummary) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, count, value and interval of every figure, as printed."""
    for aspect, estimate in summary.grades.items():
        yield figure_row(f"judge: {aspect}", estimate)
    for agreement in summary.agreements:
        yield figure_row(f"agreement: {agreement.aspect} with {agreement.metric}", agreement.same)


_Pair = tuple[JudgedCase, Judgement, CaseResult]


def _pairs(judging: Judging, run: Run) -> Iterator[_Pair]:
    results = {result.case.id: result for result in run.results}
    for case in judging.cases:
        if case.judgement:
            yield case, case.judgement, results[case.id]


def _mean_grade(aspect: Aspect, graded: Sequence[Judgement], run: Run) -> Estimate:
    shares = [getattr(judgement, aspect) / TOP for judgement in graded]
    return estimate_share(shares, seed=run.settings.seed)


def _agreement(aspect: Aspect, metric: str, pairs: Sequence[_Pair]) -> Agreement | None:
    """Compare the cases that both have graded; None where there is no such case."""
    both = [
        (case.id, getattr(judgement, aspect), _grade(share))
        for case, judgement, result in pairs
        if (share := _share(aspect, result)) is not None
    ]
    if not both:
        return None
    cells = Counter((judge, scorer) for _, judge, scorer in both)
    every = range(TOP + 1)
    return Agreement(
        aspect=aspect,
        metric=metric,
        same=estimate_rate([float(judge == scorer) for _, judge, scorer in both]),
        table=tuple(tuple(cells[judge, scorer] for scorer in every) for judge in every),
        opposite=tuple(name for name, judge, scorer in both if abs(judge - scorer) == TOP),
    )


def _share(aspect: Aspect, result: CaseResult) -> float | None:
    """Return the scorer's share for an aspect; None where it does not apply."""
    if aspect == "completeness":
        return result.value("nugget_recall")
    unsupported = result.value("claims_unsupported")
    return None if unsupported is None else 1 - unsupported


def _grade(share: float) -> int:
    """Put a share on the judge's scale: none, in part, all."""
    return 0 if share <= 0 else TOP if share >= 1 else 1


def _head(record: JudgeRecord) -> Iterator[str]:
    judging, summary = record.judging, record.summary
    versions = ", ".join(f"{lang} {version}" for lang, version in judging.prompts.items())
    reasons = ", ".join(f"{reason} {count}" for reason, count in summary.not_judged.items())
    usage = judging.usage
    yield f"# Judge of {judging.run_id}"
    yield ""
    yield f"- model: {_shortened(judging.model)}"
    yield f"- prompt: {versions}; temperature {judging.temperature:g}"
    yield f"- judged: {summary.judged} of {len(judging.cases)}"
    yield f"- not judged, in no figure: {reasons or 'none'}"
    yield f"- tokens: {usage.prompt_tokens} read, {usage.completion_tokens} written"


def _grades(summary: JudgeSummary) -> Iterator[str]:
    yield from ("", "## Grades", "")
    if not summary.grades:
        yield "No case was judged."
        return
    rows = (figure_row(aspect, estimate) for aspect, estimate in summary.grades.items())
    yield from table_lines(("aspect", "n", "mean", "95 % interval"), rows)
    yield ""
    yield (
        "Grades are 0, 1 or 2; the mean is given as a share of 2. Bootstrap by case, Wilson where "
        "every grade is 0 or every one is 2; no width where every one is 1."
    )


def _agreements(agreements: Sequence[Agreement]) -> Iterator[str]:
    if not agreements:
        return
    yield from ("", "## Agreement with the scorers", "")
    rows = (figure_row(f"{item.aspect} with {item.metric}", item.same) for item in agreements)
    yield from table_lines(("judge with scorer", "n", "same grade", "95 % interval"), rows)
    yield ""
    yield (
        "A scorer's share counts as grade 0 where it is 0, 2 where it is 1, else 1. Wilson "
        "interval. Where a scorer gives every case the same grade, agreement says only how often "
        "the judge gives it too."
    )
    for item in agreements:
        yield ""
        yield from table_lines(
            (f"{item.aspect}: judge \\ scorer", *map(str, range(TOP + 1))),
            ((str(grade), *map(str, row)) for grade, row in enumerate(item.table)),
        )


def _opposites(record: JudgeRecord) -> Iterator[str]:
    cases = {case.id: case for case in record.judging.cases}
    for item in record.summary.agreements:
        if not item.opposite:
            continue
        shown = item.opposite[:FAR_APART]
        yield from ("", f"## Opposite on {item.aspect}: {len(shown)} of {len(item.opposite)}", "")
        for name in shown:
            judgement = cases[name].judgement
            assert judgement is not None, "only judged cases are compared"
            yield f"- {name}: judge {getattr(judgement, item.aspect)}. {_shortened(judgement.reason)}"


def _shortened(text: str) -> str:
    return one_line(" ".join(text.split())[:_REASON_SHOWN])
