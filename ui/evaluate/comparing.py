"""Two runs held against each other, in a process of its own: minutes of figures hold up nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bot.errors import AdvisorError
from bot.language import Lang
from evals.archive import RunFolder
from knowledge.card import Bilingual
from ui.evaluate.jobs import worker_environment

_LONGEST_S = 120


class NotComparable(AdvisorError):
    """The two cannot be compared."""

    code = "not-comparable"


def comparison(before: RunFolder, after: RunFolder, lang: Lang) -> Path:
    """Return the page of a comparison, made at the first look; the cases that both have count.

    Raises:
        NotComparable: they have no cases in common, or a file cannot be read.
    """
    page = after.path / f"compare-{before.run_id}.{lang}.html"
    if page.is_file():
        return page
    command = ["evals.worker", "compare", str(before.path), str(after.path), lang, str(page)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            env=worker_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotComparable(
            Bilingual(
                zh=f"比较超过{_LONGEST_S}秒仍未完成；请用hugang eval compare。",
                en=f"The comparison takes more than {_LONGEST_S} s; use hugang eval compare.",
            )
        ) from None
    if done.returncode or not page.is_file():
        told = done.stderr.strip().rpartition("\n")[2][:500]
        raise NotComparable(Bilingual(zh=f"无法比较：{told}", en=f"Cannot be compared: {told}"))
    return page
