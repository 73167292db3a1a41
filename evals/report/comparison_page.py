"""Two runs held against each other as a page: what moved, by how much, and both answers to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.language import Lang
from evals.comparison.compare import Comparison, MetricChange, way_of
from evals.report import parts, plots
from evals.report.differing import side_by_side
from evals.report.frame import document
from evals.report.words import Words
from evals.run import CaseResult, Run
from evals.scorers.registry import metric
from evals.scorers.standing import expected_standing
from evals.summary import SLICED
from knowledge.html import EMPTY, Html, element, join

LEVEL = 0.05
"""Adjusted p below which a difference is no chance."""
_FILTERS = ("kind", "lang", "lost", "gained", "changed")


def render_comparison(comparison: Comparison, before: Run, after: Run, *, lang: Lang = "en") -> str:
    """Write a comparison as one HTML document that needs no network.

    Args:
        comparison: of the two runs.
        before: the first.
        after: the second.
        lang: the reader's language.
    """
    words = Words(lang)
    names = side_names(before, after)
    rows = _rows(comparison, before, after)
    data = {
        **parts.script_words(words),
        "compared": True,
        "sides": [f"A · {names[0]}", f"B · {names[1]}"],
        "metrics": [],
        "texts": [],
        "filters": parts.filter_options(
            rows,
            {
                "kind": words.family("kind"),
                "lang": words.family("lang"),
                "lost": words.family("metric"),
                "gained": words.family("metric"),
                "changed": words.family("aspect_of"),
            },
        ),
        "cases": rows,
    }
    return document(
        words,
        title=words("title.compare", a=names[0], b=names[1]),
        lead=_lead(comparison, before, after, names, words),
        sections=(
            ("differences", words("section.differences"), _differences(comparison, words)),
            ("slices", words("section.slices"), _slices(comparison, words)),
            ("cases", words("section.cases"), parts.case_list(_FILTERS, words)),
            ("only", words("section.only"), _only(comparison, names, words)),
            ("runs", words("section.runs"), _runs(before, after, names, words)),
        ),
        data=data,
    )


def side_names(before: Run, after: Run) -> tuple[str, str]:
    """Name the two sides for people: by target where those differ, else by when they ran."""
    first, second = before.settings, after.settings
    if first.target.name != second.target.name:
        return first.target.name, second.target.name
    if first.run_id == second.run_id:
        return f"{first.run_id} (1)", f"{second.run_id} (2)"
    return first.run_id, second.run_id


def _lead(
    comparison: Comparison, before: Run, after: Run, names: tuple[str, str], words: Words
) -> Html:
    worse = [m for m in comparison.metrics if m.counting and m.verdict == "worse"]
    better = [m for m in comparison.metrics if m.counting and m.verdict == "better"]
    flips = comparison.flips
    lost = {flip.case for flip in flips if flip.way == "lost"}
    gained = {flip.case for flip in flips if flip.way == "gained"}

    def listed(changes: Sequence[MetricChange]) -> str:
        return words("comma").join(words.name("metric", m.name) for m in changes)

    verdict = [
        words("compare.worse", metrics=listed(worse)) if worse else "",
        words("compare.better", metrics=listed(better)) if better else "",
        "" if worse or better else words("compare.open"),
        _after_holm([*worse, *better], words),
        words("compare.errored", n=len(comparison.errored)) if comparison.errored else "",
    ]
    bad = bool(worse or comparison.errored)
    tone = "r-is-bad" if bad else "r-is-good" if better else ""
    return join(
        element(
            "p",
            words(
                "lead.compare",
                cases=comparison.cases,
                a=names[0],
                b=names[1],
                before=len(before.results),
                after=len(after.results),
            ),
            class_="r-lead",
        ),
        element("p", " ".join(filter(None, verdict)), class_=f"r-verdict {tone}".strip()),
        parts.key_figures(
            [
                (
                    words("compare.changed"),
                    str(len(comparison.changes)),
                    words("compare.of", n=comparison.cases),
                    None,
                ),
                (
                    words("way.lost"),
                    str(len(lost)),
                    words("compare.any"),
                    "r-down" if lost else None,
                ),
                (
                    words("way.gained"),
                    str(len(gained)),
                    words("compare.any"),
                    "r-up" if gained else None,
                ),
                (
                    words("compare.fell"),
                    str(len(worse)),
                    words("compare.beyond"),
                    "r-down" if worse else None,
                ),
                (
                    words("compare.rose"),
                    str(len(better)),
                    words("compare.beyond"),
                    "r-up" if better else None,
                ),
            ]
        ),
    )


def _after_holm(beyond: Sequence[MetricChange], words: Words) -> str:
    """Say which of the differences beyond chance stay so when all metrics are read together."""
    if not beyond:
        return ""
    left = [m for m in beyond if m.p_holm is not None and m.p_holm < LEVEL]
    if not left:
        return words("compare.holm_none")
    names = words("comma").join(words.name("metric", m.name) for m in left)
    return words("compare.holm", metrics=names)


def _differences(comparison: Comparison, words: Words) -> Html:
    head = parts.heads(
        words("col.metric"),
        words("col.n"),
        "A",
        "B",
        words("col.difference"),
        words("col.interval"),
        words("col.worse_better"),
        words("col.p"),
        words("way.lost"),
        words("way.gained"),
        figures=(1, 2, 3, 4, 5, 7, 8, 9),
        wide=(6,),
    )
    by_name = {change.name: change for change in comparison.metrics}
    bodies = [
        element(
            "tbody",
            parts.group_head(group, 10, words),
            *(_difference(by_name[item.name], words) for item in items),
        )
        for group, items in parts.grouped(by_name).items()
    ]
    return join(
        parts.scrolling(words("section.differences"), head, *bodies),
        parts.note(words("compare.note")),
    )


def _difference(change: MetricChange, words: Words) -> Html:
    item = metric(change.name)
    lost, gained = change.count("lost"), change.count("gained")
    tone = {"better": "r-ok", "worse": "r-bad", "open": None}[change.verdict]
    shown = parts.told(change.difference.mean, sign=True)
    return element(
        "tr",
        parts.metric_head(item, words),
        element("td", str(change.n), class_="r-n"),
        element("td", parts.told(change.before), class_="r-n"),
        element("td", parts.told(change.after), class_="r-n"),
        element(
            "td",
            element("span", shown, class_=f"r-badge {tone}") if tone else element("b", shown),
            class_="r-n",
        ),
        element(
            "td",
            parts.interval(change.difference, sign=True) if change.moved else words("compare.same"),
            class_="r-n",
        ),
        element("td", _strip(change), class_="r-wide"),
        element("td", "–" if change.p_holm is None else f"{change.p_holm:.3f}", class_="r-n"),
        element("td", parts.showing(str(lost), lost=change.name) if lost else "–", class_="r-n"),
        element(
            "td", parts.showing(str(gained), gained=change.name) if gained else "–", class_="r-n"
        ),
    )


def _strip(change: MetricChange) -> Html:
    """Draw a difference so that right is better, whichever way the metric runs."""
    if metric(change.name).sort == "quantity" or change.better == "neither":
        return EMPTY
    found = change.difference
    if change.better == "lower":
        found = found.model_copy(
            update={"mean": -found.mean, "low": -found.high, "high": -found.low}
        )
    reach = 0.1
    while reach < max(abs(found.low), abs(found.high)) and reach < 2:
        reach *= 2.5 if reach == 0.1 else 2
    tone = "r-better" if change.verdict == "better" else "r-worse"
    strip = plots.interval_strip(found, -reach, reach, zero=0)
    return strip if change.verdict == "open" else element("div", strip, class_=tone)


def _slices(comparison: Comparison, words: Words) -> Html:
    moved = {change.name for change in comparison.metrics if change.moved and change.counting}
    wanted = moved & set(SLICED)
    names = [name for name in SLICED if name in wanted]
    if not names:
        return EMPTY
    tables = []
    for title, family, slices in (
        (words("filter.kind"), "kind", comparison.by_kind),
        (words("filter.lang"), "lang", comparison.by_lang),
    ):
        rows = [
            element(
                "tr",
                element("th", words.name(family, key), scope="row"),
                *(
                    _cell(next((c for c in changes if c.name == name), None), family, key)
                    for name in names
                ),
            )
            for key, changes in slices.items()
        ]
        head = parts.heads(title, *(words.name("metric", name) for name in names))
        tables.append(parts.scrolling(title, head, element("tbody", *rows), class_="r-heat"))
    return join(*tables, parts.note(words("compare.slices")))


def _cell(change: MetricChange | None, family: str, key: str) -> Html:
    if change is None:
        return element("td", "–")
    told = parts.told(change.difference.mean, sign=True)
    filters = {family: key}
    sign = {"better": " ▲", "worse": " ▼", "open": ""}[change.verdict]
    shade = {"better": "r-gain", "worse": "r-loss", "open": None}[change.verdict]
    return element(
        "td",
        element("b", f"{told if change.moved else '0'}{sign}"),
        parts.showing(f"n={change.n}", **filters),
        class_=shade,
    )


def _only(comparison: Comparison, names: tuple[str, str], words: Words) -> Html:
    lists = (
        (words("compare.only", name=names[0]), comparison.only_before),
        (words("compare.only", name=names[1]), comparison.only_after),
        (words("compare.altered"), comparison.altered),
    )
    return join(
        *(
            join(
                element("h3", f"{title}: {len(ids)}"),
                element("p", element("code", ", ".join(ids))),
            )
            for title, ids in lists
            if ids
        )
    )


def _runs(before: Run, after: Run, names: tuple[str, str], words: Words) -> Html:
    sides = [
        dict(parts.settings_rows(run.settings.model_dump(mode="json"), words))
        for run in (before, after)
    ]

    def rows() -> Iterator[Html]:
        for name in dict.fromkeys((*sides[0], *sides[1])):
            one, other = (side.get(name, "–") for side in sides)
            told = element("span", words("compare.differs"), class_="r-badge r-warn")
            yield element(
                "tr",
                element("th", name, scope="row"),
                element("td", one),
                element("td", other),
                element("td", told if one != other else EMPTY),
            )

    head = parts.heads(
        words("col.setting"),
        *(f"{side} · {name}" for side, name in zip("AB", names, strict=True)),
        words("compare.alike"),
    )
    return parts.scrolling(words("section.runs"), head, element("tbody", *rows()), class_="r-prose")


def _rows(comparison: Comparison, before: Run, after: Run) -> list[dict[str, Any]]:
    """Return the cases that both have, those that became wrong first, then those that changed."""
    was = {result.case.id: result for result in before.results}
    now = {result.case.id: result for result in after.results}
    moves: dict[str, list[tuple[str, float, float, str]]] = {}
    for change in comparison.metrics:
        for moved in change.moved:
            if way := way_of(change, moved):
                told = (change.name, round(moved.before, 4), round(moved.after, 4), way)
                moves.setdefault(moved.case, []).append(told)
    changed = {change.id: change.changed for change in comparison.changes}
    left_out = {*comparison.altered}
    rows = [
        _row(was[name], now[name], moves.get(name, []), changed.get(name, ()))
        for name in was
        if name in now and name not in left_out
    ]
    return sorted(
        rows,
        key=lambda row: (
            -len(row.get("lost", ())),
            -len(row.get("moved", ())),
            "changed" not in row,
        ),
    )


def _row(
    old: CaseResult,
    new: CaseResult,
    moves: Sequence[tuple[str, float, float, str]],
    changed: Sequence[str],
) -> dict[str, Any]:
    case = old.case
    texts = [result.answer.text if result.answer else "" for result in (old, new)]
    stretches = side_by_side(*texts)
    cited = [
        list(dict.fromkeys(c.ref for c in result.answer.citations)) if result.answer else []
        for result in (old, new)
    ]
    broken = bool(old.answer) != bool(new.answer)
    row: dict[str, Any] = {
        "id": case.id,
        "kind": case.kind,
        "lang": case.lang,
        "question": case.question,
        "history": [[turn.role, turn.content] for turn in case.history],
        "day": case.as_of and case.as_of.isoformat(),
        "profile": {name: str(value) for name, value in case.profile.items()},
        "expected": expected_standing(case),
        "moved": sorted(moves, key=lambda move: move[3] not in ("lost", "gained")),
        "lost": [name for name, _, _, way in moves if way == "lost"],
        "gained": [name for name, _, _, way in moves if way == "gained"],
        "changed": [*changed, *(["error"] if broken else [])],
        "a": _side(old, stretches[0], cited[0], cited[1]),
        "b": _side(new, stretches[1], cited[1], cited[0]),
    }
    return {key: value for key, value in row.items() if value not in (None, "", [], {})}


def _side(
    result: CaseResult,
    text: Sequence[tuple[bool, str]],
    cited: Sequence[str],
    others: Sequence[str],
) -> Mapping[str, Any]:
    answer = result.answer
    return {
        "standing": answer.standing if answer else "error",
        "route": answer.plan.route if answer and answer.plan else None,
        "error": result.error,
        "text": [[int(differs), stretch] for differs, stretch in text],
        "cited": [[ref, ref not in others] for ref in cited],
    }
