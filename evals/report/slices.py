"""Metrics by kind and language: a heat map with counts, and bars with intervals."""

from __future__ import annotations

from collections.abc import Sequence

from evals.report import parts, plots
from evals.report.words import Words
from evals.run import CaseResult
from evals.scorers.registry import Metric, metric
from evals.stats import Estimate
from evals.summary import SLICED, estimate_metric
from knowledge.html import EMPTY, Html, element, join

SHADES = (0.5, 0.7, 0.85, 0.95)
"""Where the shades of a heat map begin."""


def slices(results: Sequence[CaseResult], seed: int, words: Words) -> Html:
    """Write each sliced metric by kind and language; a script shows one at a time."""
    shown = [
        metric(name) for name in SLICED if any(result.value(name) is not None for result in results)
    ]
    if not shown:
        return EMPTY
    picker = element(
        "div",
        element("label", words("slices.pick"), for_="pick"),
        element(
            "select",
            *(element("option", words.name("metric", m.name), value=m.name) for m in shown),
            id="pick",
        ),
        class_="r-pick",
        hidden=True,
    )
    return join(picker, *(_slice(item, results, seed, words) for item in shown))


def _slice(item: Metric, results: Sequence[CaseResult], seed: int, words: Words) -> Html:
    title = words.name("metric", item.name)
    kinds = list(dict.fromkeys(result.case.kind for result in results))
    langs = list(dict.fromkeys(result.case.lang for result in results))

    def estimate(kind: str | None, lang: str | None) -> Estimate | None:
        chosen = [
            result
            for result in results
            if kind in (None, result.case.kind) and lang in (None, result.case.lang)
        ]
        return estimate_metric(item, chosen, seed)

    by_kind = [(kind, found) for kind in kinds if (found := estimate(kind, None)) is not None]
    bars = [plots.Bar(words.name("kind", kind), found) for kind, found in by_kind]
    heat_rows = [
        element(
            "tr",
            element("th", words.name("kind", kind), scope="row"),
            *(_heat(item, estimate(kind, lang), kind, lang) for lang in langs),
            _heat(item, whole, kind, None),
        )
        for kind, whole in by_kind
    ]
    head = parts.heads(
        words("col.kind"), *(words.name("lang", lang) for lang in langs), words("col.all")
    )
    caption = words("slices.heat", metric=title)
    heat = element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", head),
            element("tbody", *heat_rows),
            class_="r-heat",
        ),
        class_="r-scroll",
        tabindex=0,
        role="region",
        aria_label=caption,
    )
    drawing = parts.drawing(
        words("slices.bars", metric=title),
        words("slices.bars_sub"),
        plots.bars(
            f"bars-{item.name}",
            words("slices.bars", metric=title),
            words("slices.desc", told=plots.in_words(bars)),
            bars,
        ),
    )
    return element(
        "div",
        element("div", element("div", heat, _legend(item, words)), drawing, class_="r-plots"),
        data_metric=item.name,
    )


def _heat(item: Metric, estimate: Estimate | None, kind: str, lang: str | None) -> Html:
    if estimate is None:
        return element("td", "–")
    good = 1 - estimate.mean if item.better == "lower" else estimate.mean
    shade = sum(good >= step for step in SHADES)
    filters = {"kind": kind} | ({"lang": lang} if lang else {})
    return element(
        "td",
        element("b", f"{estimate.mean:.2f}"),
        parts.showing(f"n={estimate.n}", **filters),
        class_=f"r-h{shade}",
    )


def _legend(item: Metric, words: Words) -> Html:
    names = ("low", "mid", "good", "high", "top")
    swatches = (
        element("span", words(f"slices.{name}"), class_=f"r-h{at}") for at, name in enumerate(names)
    )
    turned = parts.note(words("slices.lower_note")) if item.better == "lower" else EMPTY
    return join(element("p", *swatches, class_="r-legend"), turned)
