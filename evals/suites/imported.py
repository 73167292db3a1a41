"""Imports: question sets of other forms read as cases, with every bad row told and none half read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from evals.suites.source import Imported, Source

Format = Literal["beir", "sheet", "rgb", "financebench"]
FORMATS: tuple[Format, ...] = ("beir", "sheet", "rgb", "financebench")


def read_imported(form: Format, source: Source) -> Imported:
    """Read a question set.

    Raises:
        CaseError: with every problem: file, line, field, what was seen, expected, the remedy.
    """
    # Each brings a library along that the other forms need not wait for.
    from evals.suites.beir import read_beir
    from evals.suites.financebench import read_financebench
    from evals.suites.rgb import read_rgb
    from evals.suites.sheet import read_sheet

    readers: Mapping[Format, Callable[[Source], Imported]] = {
        "beir": read_beir,
        "sheet": read_sheet,
        "rgb": read_rgb,
        "financebench": read_financebench,
    }
    return readers[form](source)
