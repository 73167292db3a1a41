"""A run on paper: `run.json` for programs, `report.md` and `report.html` for readers."""

from evals.report.files import write_page, write_report
from evals.report.markdown import headline_rows, render_markdown
from evals.report.page import render_page
from evals.report.record import RunRecord, read_record, replace_file

__all__ = [
    "RunRecord",
    "headline_rows",
    "read_record",
    "render_markdown",
    "render_page",
    "replace_file",
    "write_page",
    "write_report",
]
