"""Parts that every report is built from: tables, key figures, the list of cases, settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals.report.plots import figure
from evals.report.words import Words
from evals.scorers.registry import METRICS, Metric
from evals.stats import Estimate
from knowledge.html import EMPTY, Html, element, join

_ARROWS = {"higher": "↑", "lower": "↓", "neither": ""}


def scrolling(label: str, head: Html, *bodies: Html, class_: str | None = None) -> Html:
    """Write a table in a box of its own that scrolls sideways, by keyboard too."""
    return element(
        "div",
        element("table", element("thead", head), *bodies, class_=class_),
        class_="r-scroll",
        tabindex=0,
        role="region",
        aria_label=label,
    )


def heads(*names: str, figures: Iterable[int] = (), wide: Iterable[int] = ()) -> Html:
    """Write the head of a table; `figures` and `wide` are places of columns."""
    right, broad = set(figures), set(wide)
    return element(
        "tr",
        *(
            element(
                "th",
                name,
                scope="col",
                class_="r-n" if at in right else "r-wide" if at in broad else None,
            )
            for at, name in enumerate(names)
        ),
    )


def cells(*texts: str, figures: Iterable[int] = ()) -> Html:
    """Write a row whose first cell is its head."""
    right = set(figures)
    first, *rest = texts
    return element(
        "tr",
        element("th", first, scope="row"),
        *(
            element("td", text, class_="r-n" if at in right else None)
            for at, text in enumerate(rest, start=1)
        ),
    )


def metric_head(metric: Metric, words: Words) -> Html:
    """Write the name of a metric with the direction that is better, and its identifier."""
    arrow = _ARROWS[metric.better]
    told = words(f"better.{metric.better}")
    sign = element("span", f" {arrow}", title=told, role="img", aria_label=told) if arrow else EMPTY
    return element(
        "th",
        words.name("metric", metric.name),
        sign,
        element("code", metric.name),
        scope="row",
        class_="r-name",
    )


def grouped(metrics: Iterable[str]) -> Mapping[str, Sequence[Metric]]:
    """Return the metrics of these names by their group, in the order of the registry."""
    wanted = set(metrics)
    groups: dict[str, list[Metric]] = {}
    for metric in METRICS:
        if metric.name in wanted:
            groups.setdefault(metric.group, []).append(metric)
    return groups


def group_head(group: str, columns: int, words: Words) -> Html:
    """Write the row that names a group of metrics."""
    return element(
        "tr",
        element("th", words.name("group", group), colspan=columns, scope="rowgroup"),
        class_="r-group",
    )


def interval(estimate: Estimate, sign: bool = False) -> str:
    """Print the bounds of an interval; with signs in brackets, where a dash would read as one more."""
    low, high = told(estimate.low, sign), told(estimate.high, sign)
    return f"[{low}, {high}]" if sign else f"{low} – {high}"


def told(value: float, sign: bool = False) -> str:
    """Print a figure, on wish with its sign; the minus is a real one."""
    text = figure(abs(value))
    if not text.strip("0.,"):
        return text
    return f"−{text}" if value < 0 else f"+{text}" if sign else text


def key_figures(rows: Iterable[tuple[str, str, str, str | None]]) -> Html:
    """Write the figures to see first: label, value, what is said of it, tone."""
    shown = list(rows)
    return element(
        "dl",
        *(
            element(
                "div",
                element("dt", label),
                element("dd", element("b", value), element("small", said)),
                class_=tone,
            )
            for label, value, said, tone in shown
        ),
        class_="r-keys r-five" if len(shown) == 5 else "r-keys",
    )


def drawing(title: str, sub: str, plot: Html) -> Html:
    """Write a plot below its title and what it shows."""
    return element("figure", element("figcaption", title, element("small", sub)), plot)


def note(text: str) -> Html:
    """Write a remark on what stands above or below."""
    return element("p", text, class_="r-note")


def showing(text: str, **filters: str) -> Html:
    """Write a link that narrows the list of cases."""
    wanted = json.dumps(filters, ensure_ascii=False, separators=(",", ":"))
    return element("a", text, href="#cases", data_show=wanted)


def case_list(filters: Sequence[str], words: Words) -> Html:
    """Write the place of the cases; the script fills it, and says so where it may not run."""
    return join(
        # Not <noscript>: a page may also be shown where scripts are only kept from running.
        element("p", words("noscript"), class_="r-note", id="noscript"),
        element(
            "form",
            _field(
                words("search"),
                element("input", type="search", name="q", id="by-q", autocomplete="off"),
                "by-q",
                "r-search",
            ),
            *(
                _field(
                    words(f"filter.{name}"),
                    element(
                        "select",
                        element("option", words("any"), value=""),
                        name=name,
                        id=f"by-{name}",
                    ),
                    f"by-{name}",
                )
                for name in filters
            ),
            element("button", words("clear"), type="button", id="clear", class_="r-button"),
            id="filters",
            class_="r-filters",
            role="search",
            hidden=True,
        ),
        element("p", id="shown", class_="r-shown", role="status", tabindex=-1),
        element("div", id="list"),
        element(
            "button", words("more"), type="button", id="more", class_="r-button r-more", hidden=True
        ),
    )


def _field(label: str, field: Html, name: str, class_: str | None = None) -> Html:
    # Not the field within its label: the label would be named by all that the field offers.
    return element("div", element("label", label, for_=name), field, class_=class_)


def filter_options(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Return what each filter offers, with how many cases have it, the most frequent first.

    Args:
        rows: cases as data.
        names: words for the values, by the key of the filter.
    """
    found = []
    for key, words in names.items():
        counts: dict[str, int] = {}
        for row in rows:
            value = row.get(key, ())
            for one in (value,) if isinstance(value, str) else value:
                counts[one] = counts.get(one, 0) + 1
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        options = [[value, words.get(value, value.replace("_", " ")), n] for value, n in ordered]
        found.append({"name": key, "options": options})
    return found


def script_words(words: Words) -> dict[str, Any]:
    """Return what the script says, in the reader's language."""
    return {
        "words": words.family("js"),
        "kinds": words.family("kind"),
        "langs": words.family("lang"),
        "standings": words.family("standing"),
        "statuses": words.family("status"),
        "reasons": words.family("reason"),
        "stages": words.family("stage"),
        "roles": words.family("role"),
        "aspects": words.family("aspect"),
        "ways": words.family("way"),
        "titles": words.family("metric") | {"error": words("js.error")},
        "wrongs": words.family("fault"),
    }


def settings_rows(settings: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """Return every setting of a run with its name; one within another is told by its path."""
    rows: list[tuple[str, str]] = []

    def walk(name: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{name} · {key}" if name else str(key), inner)
            if not value:
                rows.append((name, "–"))
        elif isinstance(value, list | tuple):
            rows.append((name, "; ".join(map(str, value)) or "–"))
        else:
            rows.append((name, "–" if value is None else str(value)))

    walk("", settings)
    return [(words.name("setting", name), value) for name, value in rows if name != "chosen"]
