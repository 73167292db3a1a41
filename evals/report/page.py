"""The report of one run as a page: what came out, how sure that is, and every case to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from bot.language import Lang
from evals.comparison.history import RunFigures
from evals.judging.report import JudgeRecord, grade_rows
from evals.labels.label import Correctness, Groundedness
from evals.parity import SAME_EVIDENCE, Parity, differences
from evals.report import parts, plots
from evals.report.cases import CaseTable
from evals.report.frame import document
from evals.report.record import RunRecord
from evals.report.slices import slices
from evals.report.words import Words
from evals.run import CaseResult, RunSettings
from evals.scorers.registry import METRICS, Metric, metric
from evals.scorers.standing import expected_standing
from evals.scorers.verdict import read_verdict
from evals.stats import Estimate, estimate_rate, percentiles
from evals.summary import STANDINGS, Summary, estimate_metric, faults
from knowledge.html import EMPTY, Html, element, join

KEYS = (
    "right_and_grounded",
    "hallucinated",
    "truthfulness",
    "vital_recall",
    "standing_accuracy",
    "citation_recall",
    "must_not_said",
)
"""Figures to see first, where a run has them."""


def render_page(
    record: RunRecord,
    *,
    lang: Lang = "en",
    judge: JudgeRecord | None = None,
    earlier: Sequence[RunFigures] = (),
) -> str:
    """Write a run as one HTML document that needs no network.

    Args:
        record: the run with its summary.
        lang: the reader's language.
        judge: what a judge said of the run; None = no judge.
        earlier: kept runs of the suite, the oldest first.
    """
    words = Words(lang)
    summary, run = record.summary, record.run
    table = CaseTable()
    opinions = _opinions(judge)
    rows = [table.row(result, opinions.get(result.case.id)) for result in run.results]
    data = {
        **parts.script_words(words),
        "metrics": [[m.name, words.name("metric", m.name)] for m in METRICS],
        "filters": parts.filter_options(
            rows,
            {
                "kind": words.family("kind"),
                "lang": words.family("lang"),
                "standing": words.family("standing"),
                "faults": words.family("fault"),
            },
        ),
        **table.tables(),
        "cases": rows,
    }
    settings = run.settings
    this = RunFigures(settings=settings, headline=summary.headline)
    trail = [*earlier, this] if earlier else []
    return document(
        words,
        title=words("title.run", suite=settings.suite),
        lead=_lead(record, words),
        sections=(
            ("headline", words("section.headline"), _headline(summary, words)),
            ("faults", words("section.faults"), _faults(run.results, words)),
            ("slices", words("section.slices"), slices(run.answered, settings.seed, words)),
            ("standing", words("section.standing"), _standing(run.answered, settings.seed, words)),
            ("verdict", words("section.verdict"), _verdict(run.answered, words)),
            ("time", words("section.time"), _time(summary, run.answered, words)),
            ("parity", words("section.parity"), _parity(summary.parity, words)),
            ("judge", words("section.judge"), _judge(judge, words)),
            ("history", words("section.history"), _history(trail, words)),
            ("errors", words("section.errors"), _errors(summary, words)),
            (
                "cases",
                words("section.cases"),
                parts.case_list(("kind", "lang", "standing", "faults"), words),
            ),
            ("metrics", words("section.metrics"), _metrics(summary, words)),
            ("settings", words("section.settings"), _settings(settings, words)),
        ),
        data=data,
    )


def _opinions(judge: JudgeRecord | None) -> dict[str, dict[str, Any] | str]:
    if judge is None:
        return {}
    return {
        case.id: case.judgement.model_dump() if case.judgement else case.not_judged or "-"
        for case in judge.judging.cases
    }


def _lead(record: RunRecord, words: Words) -> Html:
    settings = record.run.settings
    results = record.run.results
    errored = len(record.run.errored)
    sound = sum(not faults(result) for result in record.run.answered)
    keys = parts.key_figures(_keys(record.summary, words))
    return join(
        element(
            "p",
            words(
                "lead.run",
                target=words.name("target", settings.target.name),
                answered=len(record.run.answered),
                cases=len(results),
                suite=settings.suite,
                day=settings.started.date().isoformat(),
                today=settings.today.isoformat(),
                corpus=settings.corpus,
            ),
            class_="r-lead",
        ),
        element(
            "p",
            words(
                "lead.faults",
                sound=sound,
                faulty=len(record.run.answered) - sound,
                errored=errored,
            ),
            class_="r-lead",
        ),
        keys,
    )


def _keys(summary: Summary, words: Words) -> Iterator[tuple[str, str, str, str | None]]:
    for name in KEYS:
        if estimate := summary.headline.get(name):
            form = "+.2f" if name == "truthfulness" else ".1%"
            yield (
                words.name("metric", name),
                f"{estimate.mean:{form}}",
                f"{estimate.low:{form}} – {estimate.high:{form}} · n={estimate.n}",
                None,
            )
    if summary.parity:
        agreeing = summary.parity.agreeing
        yield (
            words("section.parity"),
            f"{agreeing.mean:.1%}",
            f"{agreeing.low:.1%} – {agreeing.high:.1%} · n={agreeing.n}",
            None,
        )
    if total := summary.stages_ms.get("total") or summary.wall_ms:
        yield (
            words("time.title"),
            f"{total.p50:,.0f} ms",
            f"p50 · p95 {total.p95:,.0f} ms · n={total.n}",
            None,
        )


def _headline(summary: Summary, words: Words) -> Html:
    head = parts.heads(
        *(words(f"col.{name}") for name in ("metric", "n", "value", "interval", "plot")),
        figures=(1, 2, 3),
        wide=(4,),
    )
    bodies = [
        element(
            "tbody",
            parts.group_head(group, 5, words),
            *(_headline_row(item, summary.headline[item.name], words) for item in metrics),
        )
        for group, metrics in parts.grouped(summary.headline).items()
    ]
    return join(
        parts.scrolling(words("section.headline"), head, *bodies),
        parts.note(words("lead.intervals")),
    )


def _headline_row(item: Metric, estimate: Estimate, words: Words) -> Html:
    # Truthfulness counts a wrong answer as minus one, and so its scale begins there.
    least = -1 if item.name == "truthfulness" else 0
    strip = (
        EMPTY
        if item.sort == "quantity"
        else plots.interval_strip(estimate, least, 1, zero=0 if least else None)
    )
    return element(
        "tr",
        parts.metric_head(item, words),
        element("td", str(estimate.n), class_="r-n"),
        element("td", element("b", parts.told(estimate.mean)), class_="r-n"),
        element("td", parts.interval(estimate), class_="r-n"),
        element("td", strip, class_="r-wide"),
    )


def _faults(results: Sequence[CaseResult], words: Words) -> Html:
    counts: dict[str, int] = {}
    for result in results:
        for name in faults(result) if result.answer else ("error",):
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return parts.note(words("faults.none"))
    names = words.family("fault")
    rows = [
        element(
            "tr",
            element("th", names.get(name, name), scope="row"),
            element("td", parts.showing(str(n), faults=name), class_="r-n"),
            element("td", f"{n / len(results):.1%}", class_="r-n"),
            element(
                "td",
                plots.interval_strip(estimate_rate([1.0] * n + [0.0] * (len(results) - n)), 0, 1),
                class_="r-wide",
            ),
        )
        for name, n in sorted(counts.items(), key=lambda item: -item[1])
    ]
    head = parts.heads(
        *(words(f"col.{name}") for name in ("fault", "cases", "share", "plot")),
        figures=(1, 2),
        wide=(3,),
    )
    return join(
        parts.note(words("faults.note")),
        parts.scrolling(words("section.faults"), head, element("tbody", *rows)),
    )


def _standing(results: Sequence[CaseResult], seed: int, words: Words) -> Html:
    if not results:
        return EMPTY
    table: dict[str, dict[str, int]] = {}
    said: dict[str, list[CaseResult]] = {}
    for result in results:
        assert result.answer is not None, "only answered cases are looked at"
        row = table.setdefault(expected_standing(result.case), dict.fromkeys(STANDINGS, 0))
        row[result.answer.standing] += 1
        said.setdefault(result.answer.standing, []).append(result)
    stacks = [plots.Stack(words(f"standing.{name}"), row) for name, row in table.items()]
    legend: dict[str, str] = {name: words(f"standing.{name}") for name in STANDINGS}
    head = parts.heads(words("col.expected"), *legend.values(), figures=(1, 2, 3))
    rows = (
        parts.cells(words(f"standing.{name}"), *map(str, row.values()), figures=(1, 2, 3))
        for name, row in table.items()
    )
    right = [
        plots.Bar(legend[name], found, name)
        for name in STANDINGS
        if (found := estimate_metric(metric("standing_accuracy"), said.get(name, ()), seed))
    ]
    vital = [
        plots.Bar(legend[name], found, name)
        for name in STANDINGS
        if (found := estimate_metric(metric("vital_recall"), said.get(name, ()), seed))
    ]
    confusion = "; ".join(
        f"{words(f'standing.{name}')}: " + ", ".join(f"{legend[one]} {n}" for one, n in row.items())
        for name, row in table.items()
    )
    return element(
        "div",
        element(
            "div",
            parts.drawing(
                words("standing.title"),
                words("standing.sub"),
                plots.stacks("confusion", words("standing.title"), confusion, stacks, legend),
            ),
            parts.scrolling(words("standing.title"), head, element("tbody", *rows)),
        ),
        element(
            "div",
            *(
                parts.drawing(
                    words(f"standing.{name}"),
                    words(f"standing.{name}_sub"),
                    plots.bars(name, words(f"standing.{name}"), plots.in_words(bars), bars),
                )
                for name, bars in (("reliable", right), ("vital", vital))
                if bars
            ),
        ),
        class_="r-plots",
    )


def _verdict(results: Sequence[CaseResult], words: Words) -> Html:
    counts: dict[str, dict[str, int]] = {}
    for result in results:
        if score := result.scores.get("hallucinated"):
            found, ground = read_verdict(score)
            row = counts.setdefault(found, {})
            row[ground or "none"] = row.get(ground or "none", 0) + 1
    if not counts:
        return EMPTY
    grounds = [*get_args(Groundedness), "none"]
    whole = sum(sum(row.values()) for row in counts.values())
    legend = {ground: words(f"verdict.{ground}") for ground in grounds}
    order = [found for found in get_args(Correctness) if found in counts]
    head = parts.heads(
        words("verdict.answers"), *legend.values(), words("col.share"), figures=range(1, 6)
    )
    rows = (
        parts.cells(
            words(f"verdict.{found}"),
            *(str(counts[found].get(ground, 0)) for ground in grounds),
            f"{sum(counts[found].values()) / whole:.1%}",
            figures=range(1, 6),
        )
        for found in order
    )
    stacks = [
        plots.Stack(
            words(f"verdict.{found}"), {ground: counts[found].get(ground, 0) for ground in grounds}
        )
        for found in order
    ]
    told = "; ".join(
        f"{stack.label}: " + ", ".join(f"{legend[name]} {n}" for name, n in stack.parts.items())
        for stack in stacks
    )
    title = words("verdict.title")
    return element(
        "div",
        parts.drawing(
            title, words("verdict.sub"), plots.stacks("verdicts", title, told, stacks, legend)
        ),
        parts.scrolling(title, head, element("tbody", *rows)),
        class_="r-plots",
    )


def _time(summary: Summary, results: Sequence[CaseResult], words: Words) -> Html:
    if not results:
        return EMPTY
    engine = [ms for r in results if r.answer and (ms := r.answer.engine.timings_ms.get("total"))]
    values = engine or [result.wall_ms for result in results]
    spread = percentiles(values)
    plot = parts.drawing(
        words("time.title"),
        words("time.sub" if engine else "time.sub_wall"),
        plots.histogram(
            "latency",
            words("time.title"),
            words("time.desc", n=spread.n, p50=spread.p50, p95=spread.p95),
            values,
            {"p50": spread.p50, "p95": spread.p95},
            "ms",
        ),
    )
    stages = dict(summary.stages_ms)
    if summary.wall_ms:
        stages["wall"] = summary.wall_ms
    head = parts.heads(
        *(words(f"col.{name}") for name in ("stage", "n", "p50", "p95", "mean")),
        figures=(1, 2, 3, 4),
    )
    rows = (
        parts.cells(
            words.name("stage", name),
            str(p.n),
            *(f"{value:,.1f}" for value in (p.p50, p.p95, p.mean)),
            figures=(1, 2, 3, 4),
        )
        for name, p in stages.items()
    )
    table = parts.scrolling(words("section.time"), head, element("tbody", *rows))
    return join(element("div", plot, table, class_="r-plots"), _usage(results, words))


def _usage(results: Sequence[CaseResult], words: Words) -> Html:
    uses = [r.answer.engine.model for r in results if r.answer and r.answer.engine.model]
    if not uses:
        return EMPTY
    costs = [use.cost for use in uses if use.cost is not None]
    return parts.note(
        words(
            "time.model",
            calls=len(uses),
            read=sum(use.prompt_tokens for use in uses),
            written=sum(use.completion_tokens for use in uses),
            cost=words("time.cost", cost=sum(costs)) if costs else "",
        )
    )


def _parity(parity: Parity | None, words: Words) -> Html:
    if parity is None:
        return EMPTY
    head = parts.heads(
        *(words(f"col.{name}") for name in ("measure", "n", "value", "interval", "plot")),
        figures=(1, 2, 3),
        wide=(4,),
    )
    rows = [
        element(
            "tr",
            element("th", words(f"parity.{name}"), scope="row"),
            element("td", str(found.n), class_="r-n"),
            element("td", element("b", parts.told(found.mean)), class_="r-n"),
            element("td", parts.interval(found), class_="r-n"),
            element("td", plots.interval_strip(found, 0, 1), class_="r-wide"),
        )
        for name in ("agreeing", "same_verdict", "overlap")
        for found in [getattr(parity, name)]
    ]
    apart = [
        element(
            "tr",
            element(
                "th", triple.group, element("code", words.name("kind", triple.kind)), scope="row"
            ),
            element("td", next(iter(triple.outcomes.values())).question, dir="auto"),
            element(
                "td",
                *(element("p", line, class_="r-small") for line in differences(triple)),
            ),
        )
        for triple in parity.apart
    ]
    title = words("parity.apart", n=len(parity.apart), all=parity.agreeing.n)
    return join(
        parts.scrolling(words("section.parity"), head, element("tbody", *rows)),
        parts.note(words("parity.note", least=SAME_EVIDENCE)),
        parts.note(words("parity.incomplete", names=", ".join(parity.incomplete)))
        if parity.incomplete
        else EMPTY,
        join(
            element("h3", title),
            parts.scrolling(
                title,
                parts.heads(words("col.group"), words("col.question"), words("parity.differs")),
                element("tbody", *apart),
                class_="r-prose",
            ),
        )
        if apart
        else EMPTY,
    )


def _judge(judge: JudgeRecord | None, words: Words) -> Html:
    if judge is None:
        return EMPTY
    summary = judge.summary
    head = parts.heads(
        *(words(f"col.{name}") for name in ("measure", "n", "value", "interval")),
        figures=(1, 2, 3),
    )
    rows = (parts.cells(*row, figures=(1, 2, 3)) for row in grade_rows(summary))
    reasons = ", ".join(f"{reason} {count}" for reason, count in summary.not_judged.items())
    return join(
        parts.note(words("judge.note", model=judge.judging.model, judged=summary.judged)),
        parts.scrolling(words("section.judge"), head, element("tbody", *rows)),
        parts.note(words("judge.missing", reasons=reasons)) if reasons else EMPTY,
    )


def _history(trail: Sequence[RunFigures], words: Words) -> Html:
    if not trail:
        return EMPTY
    # A line is drawn through runs of one target on the same cases; the table lists all.
    alike = [one for one in trail if one.line == trail[-1].line]
    drawn = []
    for name in (*KEYS, "latency_ms"):
        points = [
            plots.Point(one.settings.started.strftime("%m-%d"), one.headline[name])
            for one in alike
            if name in one.headline
        ]
        if len(points) > 1:
            title = words.name("metric", name)
            told = words(
                "history.desc",
                n=len(points),
                first=plots.figure(points[0].estimate.mean),
                last=plots.figure(points[-1].estimate.mean),
            )
            drawn.append(
                parts.drawing(title, told, plots.trend(f"trend-{name}", title, told, points))
            )
    head = parts.heads(
        *(words(f"col.{name}") for name in ("run", "target", "date", "cases")),
        *(words.name("metric", name) for name in KEYS),
        figures=range(3, 4 + len(KEYS)),
    )
    rows = (
        parts.cells(
            settings.run_id,
            words.name("target", settings.target.name),
            f"{settings.started:%Y-%m-%d %H:%M}",
            str(settings.cases_run),
            *(plots.figure(headline[name].mean) if name in headline else "–" for name in KEYS),
            figures=range(3, 4 + len(KEYS)),
        )
        for one in trail
        for settings, headline in [(one.settings, one.headline)]
    )
    return join(
        parts.note(words("history.note")),
        element("div", *drawn, class_="r-plots"),
        parts.scrolling(words("section.history"), head, element("tbody", *rows)),
    )


def _errors(summary: Summary, words: Words) -> Html:
    if not summary.errored:
        return EMPTY
    rows = (
        element(
            "tr",
            element("th", element("a", one.id, href=f"#case-{one.id}"), scope="row"),
            element("td", one.question, dir="auto"),
            element("td", element("code", one.error)),
        )
        for one in summary.errored
    )
    head = parts.heads(*(words(f"col.{name}") for name in ("case", "question", "error")))
    return join(
        parts.note(words("errors.note")),
        parts.scrolling(words("section.errors"), head, element("tbody", *rows), class_="r-prose"),
    )


def _metrics(summary: Summary, words: Words) -> Html:
    head = parts.heads(*(words(f"col.{name}") for name in ("metric", "formula", "source", "n")))
    bodies = [
        element(
            "tbody",
            parts.group_head(group, 4, words),
            *(
                element(
                    "tr",
                    parts.metric_head(item, words),
                    element("td", item.formula, lang="en"),
                    element("td", item.source, lang="en"),
                    element(
                        "td",
                        str(found.n) if (found := summary.headline.get(item.name)) else "–",
                        class_="r-n",
                    ),
                )
                for item in metrics
            ),
        )
        for group, metrics in parts.grouped(item.name for item in METRICS).items()
    ]
    return join(
        parts.note(words("metrics.note")),
        parts.scrolling(words("section.metrics"), head, *bodies, class_="r-prose"),
    )


def _settings(settings: RunSettings, words: Words) -> Html:
    rows = (
        parts.cells(name, value)
        for name, value in parts.settings_rows(settings.model_dump(mode="json"), words)
    )
    return join(
        parts.note(words("settings.note")),
        parts.scrolling(
            words("section.settings"),
            parts.heads(words("col.setting"), words("col.value")),
            element("tbody", *rows),
        ),
    )
