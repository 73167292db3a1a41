"""The files of a finished run, in its folder."""

from __future__ import annotations

from pathlib import Path

from bot.language import Lang
from evals.comparison.history import earlier_figures
from evals.judging.report import JudgeRecord
from evals.report.markdown import render_markdown
from evals.report.page import render_page
from evals.report.record import RunRecord, read_record, replace_file
from evals.run import Run
from evals.summary import summarise

TRAIL = 20
"""Most earlier runs that a report shows."""


def write_report(run: Run, folder: Path | None = None) -> Path:
    """Write `report.md`, `report.html` and, last, `run.json`.

    Args:
        run: a finished run.
        folder: where to; None = `evals/<run-id>` in Hugang's home folder.

    Returns:
        The path of `report.md`.
    """
    if folder is None:
        from knowledge.home import default_home

        folder = default_home() / "evals" / run.settings.run_id
    folder.mkdir(parents=True, exist_ok=True)
    record = RunRecord(summary=summarise(run), run=run)
    report = folder / "report.md"
    report.write_text(render_markdown(run.settings, record.summary), encoding="utf-8")
    _write_page(record, folder, "en", folder / "report.html")
    # Last, and in one step: a run with a record is a finished one.
    replace_file(folder / "run.json", record.model_dump_json(by_alias=True, indent=1))
    return report


def write_page(folder: Path, lang: Lang = "en", out: Path | None = None) -> Path:
    """Write `report.html` of a finished run anew, with what a judge has said since.

    Args:
        folder: of the run.
        lang: the reader's language.
        out: where to; None = the folder itself.

    Returns:
        The path of the page.
    """
    return _write_page(
        read_record(folder / "run.json"), folder, lang, out or folder / "report.html"
    )


def _write_page(record: RunRecord, folder: Path, lang: Lang, out: Path) -> Path:
    opinion = folder / "judge.json"
    judge = JudgeRecord.model_validate_json(opinion.read_bytes()) if opinion.is_file() else None
    earlier = earlier_figures(folder.parent, record.run.settings)[-TRAIL:]
    replace_file(out, render_page(record, lang=lang, judge=judge, earlier=earlier))
    return out
