"""What two labellers agree on, in figures; what comes of automatic scores held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.language import Lang
from bot.store.labels import KeptLabel, LabelTask
from evals.run import CaseResult
from ui.evaluate.parts import link, text
from ui.html import Html, element
from ui.strings import string


def figures_part(
    task: LabelTask, labels: Sequence[KeptLabel], results: Mapping[str, CaseResult], lang: Lang
) -> Html:
    """Write agreement, calibration and the ways to take the labels along.

    Args:
        task: handed in by both.
        labels: everything said in it.
        results: of the run, by case; empty where the run is gone.
        lang: of the page.
    """
    exports = (
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
        element("div", *exports, class_="ev-ways"),
    )
