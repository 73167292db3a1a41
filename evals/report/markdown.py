"""A run as Markdown: `report.md`, to be read in a terminal or kept beside code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from evals.markdown import figure_row, one_line, table_lines
from evals.parity import SAME_EVIDENCE, Parity, differences
from evals.run import RunSettings
from evals.scorers.registry import METRICS, metric
from evals.stats import Estimate
from evals.summary import SLICED, STANDINGS, Summary, WorstCase

_ARROW = {"higher": "↑", "lower": "↓", "neither": ""}


FEW = 5
"""A slice of fewer cases is printed without interval: its bootstrap could not draw a wide one."""


def render_markdown(settings: RunSettings, summary: Summary) -> str:
    """Print a run for readers; figures come with their count and 95 % interval."""
    parts = (
        [f"# Evaluation {settings.run_id}", ""],
        _settings(settings, summary),
        ["", "## Headline", ""],
        _headline(summary),
        ["", "## By kind", ""],
        _sliced(summary.by_kind, "kind"),
        ["", "## By language", ""],
        _sliced(summary.by_lang, "language"),
        _parity(summary.parity) if summary.parity else (),
        ["", "## Standing", ""],
        _confusion(summary),
        ["", "## Time", ""],
        _times(summary),
        ["", f"## Errored cases: {len(summary.errored)}", ""],
        _errored(summary),
        ["", f"## Worst cases to read: {len(summary.worst)} of {summary.faulty}", ""],
        _worst(summary.worst),
        ["", "## What the metrics mean", ""],
        table_lines(
            ("metric", "formula", "source"), ((m.name, m.formula, m.source) for m in METRICS)
        ),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def headline_rows(summary: Summary) -> Iterator[tuple[str, str, str, str]]:
    """Yield metric with its better direction, count, mean, interval, as printed."""
    for name, estimate in summary.headline.items():
        item = metric(name)
        digits = 1 if item.sort == "quantity" else 3
        yield figure_row(f"{name} {_ARROW[item.better]}".strip(), estimate, digits)
    if summary.parity:
        yield figure_row(f"parity {_ARROW['higher']}", summary.parity.agreeing)


def _settings(settings: RunSettings, summary: Summary) -> Iterator[str]:
    index = settings.index or {}
    yield f"- suite: {settings.suite} ({settings.cases_in_suite} cases, {settings.suite_digest})"
    yield f"- cases run: {settings.cases_run}, errored: {len(summary.errored)}"
    yield f"- exclusions: {'; '.join(settings.exclusions) or 'none'}"
    scored = f", scored by {settings.scored_by}" if settings.scored_by else ""
    yield f"- corpus: {settings.corpus}{scored}"
    yield f"- target: {_target(settings)}"
    yield f"- prompts: {', '.join(f'{name}@{v}' for name, v in settings.prompts.items()) or 'none'}"
    yield f"- writer: {', '.join(settings.writers) or 'none'}"
    yield f"- index: {', '.join(f'{k} {v}' for k, v in index.items()) or 'not reachable'}"
    yield f"- asked on: {settings.today}, started {settings.started.isoformat(timespec='seconds')}"
    yield f"- seed: {settings.seed}, Python: {settings.python}"
    yield f"- revision: {settings.revision or 'not known'}"
    judge = f"{settings.judge}, on a page of its own" if settings.judge else "none"
    yield f"- judge: {judge}; every score is worked out in code"
    if settings.touched_by:
        yield f"- cases touched by: {settings.touched_by}"


def _target(settings: RunSettings) -> str:
    target = settings.target
    told = [target.name]
    told += [f"model {target.model}"] if target.model else []
    told += [f"at {target.host}"] if target.host else []
    if target.kind == "endpoint":
        told += ["shown our evidence" if target.retrieval else "shown nothing of ours"]
        told += [f"temperature {target.temperature}, seed {target.model_seed}"]
    if target.price_in is not None and target.price_out is not None:
        told += [f"price of a million tokens {target.price_in:g} in, {target.price_out:g} out"]
    return ", ".join(told)


def _headline(summary: Summary) -> Iterator[str]:
    yield from table_lines(("metric", "n", "mean", "95 % interval"), headline_rows(summary))
    yield ""
    yield "↑ higher is better, ↓ lower is better. Rates: Wilson interval. Means: bootstrap by case, Wilson where all are 0 or all 1."


def _sliced(slices: Mapping[str, Mapping[str, Estimate]], title: str) -> Iterator[str]:
    yield from table_lines(
        (title, *SLICED),
        ((name, *(_brief(row.get(column)) for column in SLICED)) for name, row in slices.items()),
    )


def _brief(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.n < FEW:
        return f"{estimate.mean:.2f} n={estimate.n}"
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}] n={estimate.n}"


def _parity(parity: Parity) -> Iterator[str]:
    yield from ("", "## Parity of the languages", "")
    yield from table_lines(
        ("measure", "n", "mean", "95 % interval"),
        (
            figure_row("parity", parity.agreeing),
            figure_row("same verdict", parity.same_verdict),
            figure_row("overlap", parity.overlap),
        ),
    )
    yield ""
    yield (
        "n counts questions, each asked in every language. Same verdict: equal standing, and the "
        "same plan or none. Overlap: facts that two answers both cite, over those of the one that "
        "cites more; the lowest of the pairs. Parity: same verdict and an overlap of at least "
        f"{SAME_EVIDENCE}. Bootstrap by question, Wilson where all are 0 or all 1."
    )
    if parity.incomplete:
        yield ""
        yield f"Without an answer in every language, not counted: {', '.join(parity.incomplete)}."
    yield from ("", f"Apart: {len(parity.apart)} of {parity.agreeing.n}.")
    for triple in parity.apart:
        yield from ("", f"### {triple.group} · {triple.kind}", "")
        yield from _fenced("\n".join(outcome.question for outcome in triple.outcomes.values()))
        yield ""
        for line in differences(triple):
            yield f"- {one_line(line)}"


def _confusion(summary: Summary) -> Iterator[str]:
    yield from table_lines(
        ("expected", *STANDINGS),
        (
            (name, *(str(row[standing]) for standing in STANDINGS))
            for name, row in summary.confusion.items()
        ),
    )


def _times(summary: Summary) -> Iterator[str]:
    rows = dict(summary.stages_ms)
    if summary.wall_ms:
        rows["wall clock"] = summary.wall_ms
    yield from table_lines(
        ("stage", "n", "p50 ms", "p95 ms", "mean ms"),
        (
            (name, str(p.n), f"{p.p50:.1f}", f"{p.p95:.1f}", f"{p.mean:.1f}")
            for name, p in rows.items()
        ),
    )


def _errored(summary: Summary) -> Iterator[str]:
    if not summary.errored:
        yield "None. An errored case would count in no metric above."
        return
    yield "They count in no metric above."
    yield ""
    yield from table_lines(
        ("case", "question", "error"), ((e.id, e.question, e.error) for e in summary.errored)
    )


def _worst(cases: Sequence[WorstCase]) -> Iterator[str]:
    if not cases:
        yield "None."
    for place, case in enumerate(cases):
        if place:
            yield ""
        ranks = (f"{card} {rank or 'absent'}" for card, rank in case.ranks.items())
        yield f"### {case.id} · {case.kind} · {case.lang}"
        yield ""
        yield from _fenced(case.question)
        yield ""
        yield f"- standing: {case.standing}, expected: {case.expected}"
        yield f"- nuggets missed: {_list(case.nuggets_missed)}"
        yield f"- cards expected: {_list(case.cards_expected)}"
        yield f"- cards cited: {_list(case.cards_cited)}"
        yield f"- ranks in the evidence: {_list(ranks)}"
        yield f"- forbidden words said: {_list(_code(match) for match in case.must_not)}"
        for remark in case.remarks:
            yield f"- {one_line(remark)}"
        yield ""
        yield from _fenced(case.text)


def _list(items: Iterable[str]) -> str:
    return ", ".join(items) or "-"


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {text} {ticks}" if longest else f"{ticks}{text}{ticks}"


def _fenced(text: str) -> Iterator[str]:
    """Fence a text off: questions and answers may hold Markdown, HTML, even fences."""
    longest = max((len(run) for run in re.findall("~+", text)), default=0)
    fence = "~" * max(3, longest + 1)
    yield f"{fence}text"
    yield text
    yield fence
